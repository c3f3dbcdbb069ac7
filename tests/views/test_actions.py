"""A task says what is done and what only a person can add; the command is made of it, in the reader's language."""

from __future__ import annotations

import itertools
import re

import click

from tests.support.tables import every_case
from tests.support.world import START
from worker.cli import cli
from worker.core.model import Delivery, FollowUpRecord, FollowUps, Hold, Receipt, ReceiptKind, Submission
from worker.core.states import HoldKind, Reason, State, kind_of
from worker.views.actions import Action, ActionKind, Input, action_for, follow_up_action, join_action, news_action
from worker.views.commands import command_line

REPLY = Receipt(ReceiptKind.REPLY, START, "<a.0@contractor.example>", text="x", sender="t@kawa.example")
SAID = (Input.BY, Input.WHOM_AND_WHEN)
OF_STATE = {
    State.IN_DOUBT: (ActionKind.RESOLVE, (Input.OUTCOME, Input.BY)),
    State.REFUSED: (ActionKind.RESEND, (Input.BY, Input.WHY)),
    State.BOUNCED: (ActionKind.RESEND, (Input.BY, Input.WHY)),
    State.ANNOUNCED: (ActionKind.JOIN, (Input.ANSWER, Input.BY)),
    State.HANDED_OVER: (ActionKind.CONFIRM, SAID),
    State.OVERDUE: (ActionKind.CONFIRM, SAID),
}
OF_KIND = {
    HoldKind.ANSWER: (ActionKind.APPROVE, (Input.BY,)),
    HoldKind.CORRECT: (ActionKind.SHOW, ()),
    HoldKind.NEVER: (ActionKind.WITHDRAW, (Input.BY, Input.WHY)),
}
# Frozen: offices paste these from mails that lie in their mailboxes.
LINES = [
    (Action(ActionKind.APPROVE, 1, (Input.BY,), label="1@ABCDE"), "approve 1@ABCDE --by 氏名"),
    (Action(ActionKind.WITHDRAW, 1, (Input.BY, Input.WHY)), "withdraw 1 --by 氏名 --why 理由"),
    (Action(ActionKind.SHOW, 1), "show 1"),
    (Action(ActionKind.RESEND, 1, (Input.BY, Input.WHY)), "resend 1 --by 氏名 --why 理由"),
    (Action(ActionKind.JOIN, 1, (Input.ANSWER, Input.BY)), "join 1 届いた番号 --by 氏名"),
    (Action(ActionKind.JOIN, 1, (Input.BY,), answer=2), "join 1 2 --by 氏名"),
    (Action(ActionKind.CONFIRM, 1, SAID), "confirm 1 --by 氏名 --note 相手方・日時"),
    (Action(ActionKind.DONE, 1, (Input.BY, Input.WHEN_AND_HOW)), "done 1 --by 氏名 --note いつ・どのように"),
    (
        Action(ActionKind.DONE, 1, (Input.BY, Input.WHAT_WAS_SEEN), what=3),
        "done 1 --what 3 --by 氏名 --note 確認したこと",
    ),
]
OF_BOTH = [
    (
        Action(ActionKind.RESOLVE, 1, (Input.OUTCOME, Input.BY)),
        "hoshobin resolve 1 --sent --by 氏名 / hoshobin resolve 1 --not-sent --by 氏名",
    ),
    (
        Action(ActionKind.CONFIRM, 1, (Input.OUTCOME, *SAID)),
        "hoshobin confirm 1 --by 氏名 --note 相手方・日時 / hoshobin confirm 1 --failed --by 氏名 --note 相手方・日時",
    ),
]
EVERY_LINE = [*((action, f"hoshobin {line}") for action, line in LINES), *OF_BOTH]


@every_case("state", [state for state in State if state is not State.HELD])
def test_each_state_has_its_one_action_with_what_it_lacks_or_none(state: State) -> None:
    action = action_for(Submission(7, state))
    found = (action.kind, action.missing) if action else None
    assert found == OF_STATE.get(state)
    assert action is None or action.submission == 7


@every_case("reasons", [*itertools.combinations(Reason, 1), *itertools.combinations(Reason, 2)], ids=str)
def test_what_is_held_is_approved_only_where_an_answer_ends_every_reason(reasons: tuple[Reason, ...]) -> None:
    held = Submission(1, State.HELD, reasons=tuple(map(Hold, reasons)))
    worst = min((kind_of(each) for each in reasons), key=[HoldKind.NEVER, HoldKind.CORRECT, HoldKind.ANSWER].index)
    action = action_for(held)
    assert action is not None
    assert (action.kind, action.missing) == OF_KIND[worst]
    assert action.label == (held.label if worst is HoldKind.ANSWER else "")


@every_case(("action", "line"), EVERY_LINE, ids=lambda each: str(getattr(each, "kind", "")))
def test_the_command_is_the_one_that_the_action_is(action: Action, line: str) -> None:
    assert command_line(action, "ja") == line


@every_case(("action", "line"), EVERY_LINE, ids=lambda each: str(getattr(each, "kind", "")))
def test_a_command_is_wholly_in_the_language_asked_for(action: Action, line: str) -> None:
    english = command_line(action, "en")
    assert english.isascii()
    assert len(english.split()) == len(line.split())
    assert re.sub("[ぁ-んァ-ヶ一-龥・]+", "_", line) == re.sub(r"(?<= )[A-Z][A-Z-]+(?= |$)", "_", english)


def test_where_there_is_nothing_to_do_there_is_no_command() -> None:
    assert command_line(None, "ja") == ""


def test_every_kind_of_action_is_written_out_above_and_is_a_command_with_these_options() -> None:
    assert {action.kind for action, _ in EVERY_LINE} == set(ActionKind)
    for action, line in EVERY_LINE:
        command = cli.get_command(click.Context(cli), action.kind.value)
        assert command is not None
        options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        assert {word for word in line.split() if word.startswith("--")} <= options


def test_every_input_is_missing_somewhere() -> None:
    assert {each for action, _ in EVERY_LINE for each in action.missing} == set(Input)


def test_only_one_notice_that_can_be_meant_is_no_question() -> None:
    announced = Submission(1, State.ANNOUNCED)
    assert join_action(announced, 2) == Action(ActionKind.JOIN, 1, (Input.BY,), answer=2)


def test_a_duty_has_its_number_where_there_are_several() -> None:
    only = Submission(1, State.SENT, follow_ups=FollowUpRecord(duties=FollowUps(after=("一",))))
    several = Submission(
        1, State.SENT, follow_ups=FollowUpRecord(duties=FollowUps(after=("一",))), delivery=Delivery(unread=(REPLY,))
    )
    assert follow_up_action(only, 1).what is None
    assert follow_up_action(several, 1).what == 1
    assert news_action(several, 2, is_reply=False).what == 2


@every_case("state", State)
def test_a_reply_asks_for_an_outcome_where_the_state_can_still_take_one(state: State) -> None:
    answered = Submission(1, state, delivery=Delivery(unread=(REPLY,)))
    takes_one = state in {State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED}
    assert (Input.OUTCOME in news_action(answered, 1, is_reply=True).missing) is takes_one
    assert Input.OUTCOME not in news_action(answered, 1, is_reply=False).missing
