"""Silence and time: too long without news, stuck, a near deadline; only open hours count."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from tests.support.parts import with_fields
from tests.support.registered import REGISTER, drafted
from tests.support.tables import every_case
from worker.config.settings import Settings
from worker.core.business_hours import OfficeHours, usual_windows
from worker.core.model import JST, FollowUps, Hold, Receipt, ReceiptKind, Requested, Submission
from worker.core.states import Reason, State
from worker.track.overdue import is_stuck, overdue_from, unanswered_from, warn_from

HOURS = OfficeHours(usual_windows())
SETTINGS: Settings = replace(REGISTER.active_config().configuration.settings, hours=HOURS)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=JST)


FRIDAY = at("2026-11-20 16:15")
"""An hour before the office closes until Tuesday."""


def one(state: State, **changes: Any) -> Submission:
    known = {"sent_at": FRIDAY, "due_at": FRIDAY, "created_at": FRIDAY, "duties": FollowUps(closes="answer")}
    return with_fields(drafted().submission, state=state, **{**known, **changes})


@pytest.mark.parametrize("state", [State.SENT, State.DELAYED, State.RELAYED])
@pytest.mark.parametrize("closes", ["answer", "call"])
def test_silence_is_too_long_after_a_day_and_a_night_of_open_hours(state: State, closes: str) -> None:
    silent = one(state, duties=FollowUps(closes=closes))
    # 1 h on Friday, none on the week-end and the holiday, 8.75 h each on Tuesday and Wednesday, 5.5 h on Thursday
    assert overdue_from(silent, SETTINGS) == at("2026-11-26 14:00")


def test_where_nothing_is_awaited_silence_is_never_too_long() -> None:
    assert overdue_from(one(State.SENT, duties=FollowUps(closes="none")), SETTINGS) is None


@every_case("state", sorted(set(State) - {State.SENT, State.DELAYED, State.RELAYED}))
def test_what_has_not_left_or_was_heard_of_is_not_silent(state: State) -> None:
    assert overdue_from(one(state), SETTINGS) is None


def test_news_begin_the_silence_anew_and_what_a_machine_says_by_itself_does_not() -> None:
    heard = at("2026-11-24 08:30")
    for kind in (ReceiptKind.DELAYED, ReceiptKind.RELAYED, ReceiptKind.DELIVERED, ReceiptKind.REPLY):
        moment = overdue_from(one(State.DELAYED, receipts=(Receipt(kind, heard),)), SETTINGS)
        assert moment == at("2026-11-26 15:00")
    for kind in (ReceiptKind.AUTOMATIC, ReceiptKind.READ, ReceiptKind.ANOTHERS):
        moment = overdue_from(one(State.SENT, receipts=(Receipt(kind, heard),)), SETTINGS)
        assert moment == at("2026-11-26 14:00")


def test_what_is_put_off_for_four_open_hours_is_stuck() -> None:
    put_off = one(State.APPROVED, deferrals=7, first_date=FRIDAY, due_at=at("2026-11-24 12:00"))
    assert not is_stuck(put_off, SETTINGS, at("2026-11-24 11:29"))
    assert is_stuck(put_off, SETTINGS, at("2026-11-24 11:30"))


def test_what_no_server_could_be_reached_for_is_stuck_as_well() -> None:
    assert is_stuck(one(State.APPROVED), SETTINGS, at("2026-11-24 11:30"))
    assert not is_stuck(one(State.HELD), SETTINGS, at("2026-11-24 11:30"))


@pytest.mark.parametrize(
    ("deadline", "warned"),
    [
        ("2026-11-25", "2026-11-25 13:15"),
        ("2026-11-23", "2026-11-20 13:15"),  # a holiday: the last open day before it
        ("2026-11-28", "2026-11-27 13:15"),  # a Saturday
    ],
)
def test_a_person_is_warned_four_open_hours_before_the_last_closing_within_the_deadline(
    deadline: str, warned: str
) -> None:
    pressed = one(State.HELD, duties=FollowUps(deadline=dt.date.fromisoformat(deadline)))
    assert warn_from(pressed, HOURS) == at(warned)
    assert warn_from(pressed, OfficeHours()) == at(warned)  # people are there in the usual hours all the same


def test_no_deadline_presses_what_has_left_or_came_after_it() -> None:
    duties = FollowUps(deadline=dt.date(2026, 11, 25))
    assert warn_from(one(State.SENT, duties=duties), HOURS) is None
    assert warn_from(one(State.HELD), HOURS) is None
    late = one(State.HELD, duties=FollowUps(deadline=dt.date(2026, 5, 1)))
    assert warn_from(late, HOURS) is None


def asked_for(at_: dt.datetime, deadline: str = "", **changes: Any) -> Submission:
    """A submission whose approval was requested at that moment."""
    held = one(State.HELD, duties=FollowUps(deadline=dt.date.fromisoformat(deadline) if deadline else None))
    requested = Requested("佐藤 次郎", at_, held.composed.draft_hash, ("山田 花子",))
    return with_fields(held, reasons=(Hold(Reason.APPROVAL),), requested=requested, **changes)


@pytest.mark.parametrize(
    ("requested", "deadline", "unanswered"),
    [
        ("2026-11-24 10:00", "", "2026-11-24 12:00"),
        ("2026-11-20 16:15", "", "2026-11-24 09:30"),  # an hour on Friday, then a week-end and a holiday
        ("2026-11-24 22:00", "", "2026-11-25 10:30"),  # at night the office is closed
        ("2026-11-24 12:30", "2026-11-24", "2026-11-24 13:15"),  # 4 open hours before the last closing
        ("2026-11-24 15:00", "2026-11-24", "2026-11-24 15:00"),  # too near already: at once
        ("2026-11-24 10:00", "2026-11-30", "2026-11-24 12:00"),  # a later deadline presses nothing
    ],
)
def test_a_request_waits_two_open_hours_or_until_its_deadline_is_near(
    requested: str, deadline: str, unanswered: str
) -> None:
    assert unanswered_from(asked_for(at(requested), deadline), HOURS) == at(unanswered)
    assert unanswered_from(asked_for(at(requested), deadline), OfficeHours()) == at(unanswered)


def test_only_a_request_for_the_draft_as_it_is_waits_for_an_answer() -> None:
    moment = at("2026-11-24 10:00")
    assert unanswered_from(one(State.HELD), HOURS) is None
    assert unanswered_from(asked_for(moment, draft_hash="f" * 64), HOURS) is None
    assert unanswered_from(asked_for(moment, state=State.APPROVED), HOURS) is None
    lacks = (Hold(Reason.APPROVAL), Hold(Reason.INVOICE_MISSING))
    assert unanswered_from(with_fields(asked_for(moment), reasons=lacks), HOURS) is None
