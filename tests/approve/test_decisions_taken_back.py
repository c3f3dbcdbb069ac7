"""A confirmation or a duty recorded by mistake is taken back by a named person; a memo and a call put a task off."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from tests.approve.test_decisions import PAPER, Desk, desk, empty_database, refusal
from tests.support.world import HANAKO, JIRO, START
from worker.approve import decisions
from worker.core.model import Receipt, ReceiptKind, Submission
from worker.core.states import Event, NoteEvent, State

__all__ = ["desk", "empty_database"]

REPLY = Receipt(ReceiptKind.REPLY, START, text="受領しました", sender="doboku@mihon.example")


def confirm(desk: Desk, number: int = 1) -> Submission:
    return decisions.confirm(desk.store, number, HANAKO, "電話", None)


def correct(desk: Desk, why: str = "", what: int | None = None) -> Submission:
    return decisions.correct(desk.store, 1, JIRO, why, desk.clock.now(), what)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (None, State.SENT),
        (Event.DELAYED, State.DELAYED),
        (Event.OVERDUE, State.OVERDUE),
        (Event.RELAYED, State.RELAYED),
        (Event.DELIVERED, State.DELIVERED),
        (Event.BOUNCED, State.BOUNCED),
    ],
)
def test_a_confirmation_taken_back_leaves_the_state_before_it(desk: Desk, event: Event | None, state: State) -> None:
    before = desk.sent()
    if event is not None:
        before = desk.send(1, (event, state))
    confirm(desk)
    after = correct(desk)
    assert (after.state, after.delivery) == (state, before.delivery)
    entry = desk.entries(1)[-1]
    assert (entry.event, entry.by, entry.detail) == ("ConfirmationCorrected", JIRO.by, {})
    assert confirm(desk).state is State.CONFIRMED
    assert correct(desk).state is state


def test_one_handed_in_is_to_be_handed_in_again(desk: Desk) -> None:
    assert desk.arrive(PAPER).state is State.HANDED_OVER
    confirm(desk)
    assert correct(desk, "別の案件でした").state is State.HANDED_OVER
    assert desk.entries(1)[-1].detail == {"why": "別の案件でした"}


def test_what_nobody_had_read_before_the_confirmation_is_unread_again(desk: Desk) -> None:
    sent = desk.sent()
    with desk.store.writing() as writing:
        writing.note(NoteEvent.CAME_BACK, 1, JIRO, {}, {"unread": (REPLY,), "receipts": (REPLY,)})
    assert confirm(desk).delivery.unread == ()
    assert correct(desk).delivery.unread == (REPLY,)
    assert sent.delivery.unread == ()


def test_after_ten_minutes_a_reason_is_asked_for(desk: Desk) -> None:
    desk.sent()
    confirm(desk)
    desk.clock.let_pass(minutes=10)
    assert refusal(correct, desk).code == "why_needed"
    assert refusal(correct, desk, "  ").code == "why_needed"
    assert correct(desk, "番号違い").state is State.SENT


def test_what_was_not_confirmed_is_not_taken_back(desk: Desk) -> None:
    desk.sent()
    assert refusal(correct, desk, "誤り").code == "nothing_to_correct"
    confirm(desk)
    correct(desk, "誤り")
    assert refusal(correct, desk, "誤り").code == "nothing_to_correct"
    assert refusal(correct, desk, "誤り", 1).code == "nothing_to_correct"


def test_a_duty_recorded_by_mistake_is_open_again(desk: Desk) -> None:
    sent = desk.sent()
    with desk.store.writing() as writing:
        told = dataclasses.replace(sent.follow_ups.duties, after=("請求書を持参",))
        writing.note(NoteEvent.STEPS_RENEWED, 1, JIRO, {}, {"duties": told})
    done, _ = decisions.record_done(desk.store, 1, HANAKO, "持参した")
    assert done.follow_ups.done == ("請求書を持参",)
    assert refusal(correct, desk, "", 2).code == "nothing_to_correct"
    assert correct(desk, "", 1).follow_ups.done == ()
    assert desk.entries(1)[-1].event == "DoneCorrected"


# --- Memo and calls ----------------------------------------------------------------------------------------------

TOMORROW = START.date() + dt.timedelta(days=1)


def test_a_memo_rests_until_its_day_and_news_or_another_state_wakes_it(desk: Desk) -> None:
    desk.arrive()
    noted = decisions.note_memo(desk.store, 1, JIRO, " 市の　担当者が\u00a0休み ", START, TOMORROW)
    assert noted.follow_ups.memo is not None
    assert noted.follow_ups.memo.text == "市の 担当者が 休み"
    assert desk.entries(1)[-1].detail == {"note": "市の 担当者が 休み", "next_look": TOMORROW.isoformat()}
    assert noted.rests(START)
    assert not noted.rests(START + dt.timedelta(days=1))
    assert not desk.approve(1).rests(START)
    assert not decisions.note_memo(desk.store, 1, JIRO, "見た", START).rests(START)


def test_a_memo_with_a_day_changes_no_label(desk: Desk) -> None:
    label = desk.arrive().label
    assert decisions.note_memo(desk.store, 1, JIRO, "後で", START, TOMORROW).label == label


@pytest.mark.parametrize("text", ["", "  ", "あ" * 201, "a\u202eb", "a\x00b"])
def test_a_memo_is_one_readable_line(desk: Desk, text: str) -> None:
    desk.arrive()
    assert refusal(decisions.note_memo, desk.store, 1, JIRO, text, START).code == "memo_text"


def test_a_call_that_reached_nobody_rests_until_the_next_one(desk: Desk) -> None:
    desk.sent()
    later = START + dt.timedelta(hours=3)
    called = decisions.note_not_reached(desk.store, 1, JIRO, "担当者不在", later)
    assert (called.state, called.follow_ups.call_again) == (State.SENT, later)
    assert called.rests(START)
    assert not called.rests(later)
    assert not confirm(desk).rests(START)


def test_a_call_about_what_was_not_sent_is_refused(desk: Desk) -> None:
    desk.arrive()
    assert refusal(decisions.note_not_reached, desk.store, 1, JIRO, "不在", None).code == "not_in_this_state"
