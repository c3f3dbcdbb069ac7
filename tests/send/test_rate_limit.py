"""The rate of mails: the cap per minute, a server's requests to wait, and the hours in which mail leaves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tests.support.fakes import FakeClock
from tests.support.registered import drafted
from tests.support.tables import every_case
from tests.support.world import START
from worker.core.business_hours import OfficeHours, usual_windows
from worker.core.model import Address, Submission
from worker.core.states import State
from worker.send.rate_limit import ASKED_LIMIT, RateLimiter, asked_by_failure, asked_delay, leaves_at, may_leave

HOURS = OfficeHours(usual_windows())
"""START is a Saturday, and the Monday after it a holiday."""
TUESDAY = START.replace(day=24, hour=8, minute=30)


@every_case(
    ("answer", "seconds"),
    [
        ("450 4.2.0 Greylisted, please try again in 5 minutes", 300),
        ("451 4.7.1 Greylisting in action, please come back in 00:04:59", 299),
        ("450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted for 300 seconds", 300),
        ("421 too many mails, retry after 60s", 60),
        ("451 try again later in 1 hour, 30 minutes", 5400),
        ("450 Please try again in 4 min 30 sec", 270),
        ("452 4.3.1 wait 2 mins", 120),
        ("450 greylisted, retry=90 seconds", 90),
        ("451 try again in 3 days 100000 hours", None),
        ("451 try again in 99999 seconds", ASKED_LIMIT.total_seconds()),
        ("451 4.3.0 try again later", None),
        ("452 4.2.2 mailbox is full, 5 minutes ago", None),
        ("450 greylisted, see http://list.example/help?retry", None),
        ("550 try again in 5 minutes", None),
        ("connection closed", None),
    ],
)
def test_the_time_that_a_server_names_is_read_and_bounded(answer: str, seconds: float | None) -> None:
    asked = asked_delay(answer)
    assert (asked.total_seconds() if asked else None) == seconds


def test_the_time_is_read_of_a_greeting_too() -> None:
    assert asked_by_failure("127.0.0.1:4210: greeting: 421 busy, try again in 10 minutes") == dt.timedelta(minutes=10)
    assert asked_by_failure("127.0.0.1:25: connect: refused, retry in 10 minutes") is None


def test_within_any_minute_no_more_begin_than_the_cap() -> None:
    pace, clock = RateLimiter(), FakeClock()
    begun = []
    for _ in range(2000):
        if pace.next_slot(30, clock.now()) == clock.now():
            pace.begin(clock.now())
            begun.append(clock.now())
        clock.let_pass(seconds=0.1)
    for first, last in zip(begun, begun[30:], strict=False):
        assert last - first >= dt.timedelta(minutes=1)
    assert len(begun) == 120


def test_the_slot_that_is_named_is_free_then() -> None:
    pace = RateLimiter()
    pace.begin(START)
    pace.begin(START + dt.timedelta(seconds=20))
    slot = pace.next_slot(2, START + dt.timedelta(seconds=30))
    assert slot == START + dt.timedelta(minutes=1)
    assert pace.next_slot(2, slot) == slot


def test_no_cap_never_waits_and_a_clock_set_back_does_not_either() -> None:
    pace = RateLimiter()
    for _ in range(100):
        pace.begin(START)
    assert pace.next_slot(0, START) == START
    earlier = START - dt.timedelta(hours=1)
    assert pace.next_slot(30, earlier) == earlier


def test_a_pause_ends_at_its_time_or_with_a_clock_that_is_set_back() -> None:
    pace = RateLimiter()
    pace.hear("421 try again in 10 minutes", START)
    pace.hear("421 try again later", START)
    assert pace.is_paused(START)
    assert not pace.is_paused(START + dt.timedelta(minutes=10))
    assert not pace.is_paused(START - dt.timedelta(days=1))


def approved(due: dt.datetime, *, rehearsal: bool = False) -> Submission:
    submission = drafted().submission
    assert submission.composed.draft is not None
    draft = replace(submission.composed.draft, rehearsal_for=(Address("doboku@mihon.example"),) if rehearsal else ())
    return replace(
        submission,
        state=State.APPROVED,
        approval=replace(submission.approval, due_at=due),
        composed=replace(submission.composed, draft=draft),
    )


def test_what_is_approved_on_a_holiday_leaves_as_the_office_opens() -> None:
    assert not may_leave(approved(START), HOURS, START)
    assert leaves_at(approved(START), HOURS, START) == TUESDAY
    assert may_leave(approved(START), HOURS, TUESDAY)


def test_what_was_due_before_leaves_now_where_the_office_is_open() -> None:
    now = TUESDAY + dt.timedelta(hours=1)
    assert leaves_at(approved(START), HOURS, now) == now
    assert leaves_at(replace(approved(START), state=State.HELD), HOURS, now) is None


def test_a_rehearsal_leaves_at_any_hour() -> None:
    assert may_leave(approved(START, rehearsal=True), HOURS, START)
    assert leaves_at(approved(START, rehearsal=True), HOURS, START) == START
