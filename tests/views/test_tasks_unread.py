"""A receipt that waits for a person is a task with a sentence in office words."""

from __future__ import annotations

import dataclasses

import pytest

from tests.support.overviews import Among
from tests.support.small_office import Settings, configuration_of
from tests.support.tables import every_case
from tests.support.world import START
from worker.approve.decisions import choose_follow_up
from worker.core.errors import NotAllowed
from worker.core.messages import name_receipt
from worker.core.messages.receipts import KINDS, name_status
from worker.core.model import Delivery, FollowUpRecord, FollowUps, Receipt, ReceiptKind, Submission
from worker.core.states import State
from worker.views.commands import command_line
from worker.views.tasks import TaskKind, Urgency, open_tasks

REPLY = Receipt(ReceiptKind.REPLY, START, "<a.0@contractor.example>", text="届いて\nいません", sender="t@kawa.example")
FAILED = Receipt(ReceiptKind.FAILED, START, "<a.0@contractor.example>", "genba@contractor.example", "5.1.1", "550 no")


def tasks_of(state: State, *unread: Receipt, after: tuple[str, ...] = ()) -> list[tuple[TaskKind, Urgency, str]]:
    submission = Submission(
        1,
        state,
        delivery=Delivery(sent_at=START, unread=unread),
        follow_ups=FollowUpRecord(duties=FollowUps(after=after)),
    )
    found = open_tasks(Among(submission), configuration_of(Settings(works=())), START)
    news = [each for each in found if each.kind in {TaskKind.REPLY, TaskKind.NEWS}]
    return [(each.kind, each.urgency, command_line(each.action, "ja")) for each in news]


@pytest.mark.parametrize("state", [State.SENT, State.OVERDUE, State.RELAYED, State.DELIVERED])
def test_a_reply_asks_for_one_step_confirmed_or_not_accepted(state: State) -> None:
    signed = "--by 氏名 --note 相手方・日時"
    command = f"hoshobin confirm 1 {signed} / hoshobin confirm 1 --failed {signed}"
    assert tasks_of(state, REPLY) == [(TaskKind.REPLY, Urgency.TODAY, command)]


@pytest.mark.parametrize("state", [State.CONFIRMED, State.BOUNCED, State.WITHDRAWN])
def test_a_reply_to_what_has_its_end_is_taken_note_of(state: State) -> None:
    ((kind, _, command),) = tasks_of(state, REPLY)
    assert (kind, command) == (TaskKind.REPLY, "hoshobin done 1 --by 氏名 --note 確認したこと")


def test_the_number_in_the_command_is_the_one_that_done_takes() -> None:
    ((_, _, first), (_, _, second)) = sorted(tasks_of(State.CONFIRMED, REPLY, FAILED, after=("原本を郵送",)))[::-1]
    assert ("--what 2" in first, "--what 3" in second) == (True, True)
    submission = Submission(
        1,
        State.CONFIRMED,
        delivery=Delivery(unread=(REPLY, FAILED)),
        follow_ups=FollowUpRecord(duties=FollowUps(after=("原本を郵送",))),
    )
    assert [choose_follow_up(submission, what) for what in (2, 3)] == [REPLY, FAILED]
    with pytest.raises(NotAllowed, match="which_duty"):
        choose_follow_up(submission, None)


def test_a_reply_to_a_mail_that_was_corrected_since_is_still_a_task() -> None:
    old = Submission(1, State.BOUNCED, delivery=Delivery(unread=(REPLY,)))
    new = Submission(2, State.SENT, corrects=1)
    found = open_tasks(Among(old, new), configuration_of(Settings(works=())), START)
    assert (TaskKind.REPLY, 1) in {(each.kind, each.submission) for each in found}


def test_the_task_holds_the_text_of_the_reply_on_one_line() -> None:
    submission = Submission(1, State.SENT, delivery=Delivery(sent_at=START, unread=(REPLY,)))
    (task,) = [
        each
        for each in open_tasks(Among(submission), configuration_of(Settings(works=())), START)
        if each.kind is TaskKind.REPLY
    ]
    assert "届いて いません" in task.text("ja")
    assert "t@kawa.example" in task.text("en")


@every_case(
    ("status", "words"),
    [
        ("5.1.1", "アドレスの誤り、または廃止（5.1.1）"),
        ("5.2.2", "宛先の容量超過（5.2.2）"),
        ("4.2.2", "宛先の容量超過（4.2.2）"),
        ("5.7.1", "先方の方針により受信拒否（5.7.1）"),
        ("5.1.99", "宛先の問題（5.1.99）"),
        ("4.4.99", "経路・通信の問題（4.4.99）"),
        ("5.9.9", "5.9.9"),
        ("", ""),
    ],
)
def test_a_code_is_told_in_office_words_with_the_code(status: str, words: str) -> None:
    assert name_status(status, "ja") == words


@every_case("kind", list(ReceiptKind))
def test_every_kind_of_receipt_has_words_in_both_languages(kind: ReceiptKind) -> None:
    receipt = dataclasses.replace(FAILED, kind=kind)
    words = KINDS[kind]
    if kind is ReceiptKind.FAILED:
        words = f"{FAILED.recipient} に届きませんでした", f"not delivered to {FAILED.recipient}"
    assert name_receipt(receipt, "ja").startswith(words[0])
    assert name_receipt(receipt, "en").startswith(words[1])


def test_a_long_reply_is_cut_in_a_list() -> None:
    assert len(name_receipt(dataclasses.replace(REPLY, text="あ" * 5000), "ja")) < 300
