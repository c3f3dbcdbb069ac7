"""Each entry of the log is counted once, from one look to the next; a value that is not sound begins again."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from tests.support.world import START
from worker.core.model import Entry, HealthRecord, Hold
from worker.core.states import Event, NoteEvent, Reason
from worker.views.log_counts import BUCKETS, LogCounts, read_counts


def an_entry(number: int, event: str, reasons: tuple[Hold, ...] = (), at: dt.datetime = START) -> Entry:
    holds = [{"reason": each.reason.value, "params": {}} for each in reasons]
    return Entry(number, at, event, 1, "hoshobin", "x", {}, {"reasons": holds}, "", "")


def counted(*entries: Entry, read: dt.datetime | None = START) -> LogCounts:
    counts = LogCounts()
    for each in entries:
        counts.add(each, lambda submission: read)
    return counts


def test_the_results_of_attempts_are_those_of_their_entries() -> None:
    events = [Event.ACCEPTED, Event.REFUSED, Event.NOT_NOW, Event.NOT_NOW, NoteEvent.NO_ANSWER, Event.REHEARSAL_ENDED]
    counts = counted(*(an_entry(number, event) for number, event in enumerate([*events, Event.APPROVED], 1)))
    assert counts.attempts == {
        "accepted": 1,
        "refused": 1,
        "not_now": 2,
        "no_answer": 1,
        "rehearsed": 1,
        "account_refused": 0,
    }
    assert counts.entry == 7


def test_a_notice_that_could_not_be_read_is_told_from_one_that_waits() -> None:
    waits, unread = Hold(Reason.APPROVAL), Hold(Reason.NO_TEXT)
    counts = counted(an_entry(1, Event.NOTICE_READ, (waits,)), an_entry(2, Event.NOTICE_READ, (unread,)))
    assert counts.notices == {"read": 1, "refused": 1}
    assert counts.of_a_day(START) == (1, 1)
    assert counts.of_a_day(START + dt.timedelta(hours=25)) == (0, 0)


def test_the_hours_are_those_of_a_day_and_do_not_grow() -> None:
    entries = [an_entry(n, Event.NOTICE_READ, at=START + dt.timedelta(hours=n)) for n in range(1, 100)]
    counts = counted(*entries)
    assert len(counts.hours) <= 25
    assert sum(counts.of_a_day(START + dt.timedelta(hours=99))) == 24


def test_hours_from_before_the_clock_was_set_back_count_neither_now_nor_once_it_comes_to_them() -> None:
    two_days_ahead = an_entry(1, Event.NOTICE_READ, at=START + dt.timedelta(days=2))
    assert counted(two_days_ahead).of_a_day(START) == (0, 0)
    counts = counted(two_days_ahead, an_entry(2, Event.NOTICE_READ, at=START))
    assert counts.of_a_day(START) == (1, 0)
    assert counts.of_a_day(START + dt.timedelta(days=2)) == (0, 0)


def test_the_time_from_notice_to_acceptance_is_in_its_buckets() -> None:
    times = (60, 1_000, 10**6)
    entries = [an_entry(n, Event.ACCEPTED, at=START + dt.timedelta(seconds=each)) for n, each in enumerate(times, 1)]
    counts = counted(*entries)
    assert counts.buckets == [1, 1, *[2] * (len(BUCKETS) - 2)]
    assert (counts.accepted, counts.seconds) == (3, sum(times))
    assert counted(an_entry(1, Event.ACCEPTED), read=None).accepted == 0, "an announcement without a notice"


def test_each_refusal_of_the_account_is_counted_once() -> None:
    counts = LogCounts()
    look = HealthRecord("smtp", last_error=START, error="535 no", told=("account_refused",))
    assert counts.add_refusal(look)
    assert not counts.add_refusal(look)
    assert counts.add_refusal(HealthRecord("smtp", last_error=START.replace(minute=5), error="535", told=look.told))
    assert not counts.add_refusal(HealthRecord("smtp", last_error=START.replace(minute=9), error="timed out"))
    assert not counts.add_refusal(None)
    assert (counts.attempts["account_refused"], counts.last_refusal()) == (2, START.replace(minute=5))


def test_counts_of_a_program_that_did_not_follow_the_held_ones_begin_again() -> None:
    kept = json.loads(counted(an_entry(1, Event.ACCEPTED)).text())
    del kept["held"]
    assert read_counts(json.dumps(kept), 1) == LogCounts()


def test_the_counts_are_read_as_they_were_kept() -> None:
    counts = counted(an_entry(1, Event.ACCEPTED), an_entry(2, Event.NOTICE_READ))
    assert read_counts(counts.text(), 2) == counts


@pytest.mark.parametrize("text", [None, "", "x", "[]", '{"x": 1}', '{"buckets": []}'])
def test_what_is_no_value_begins_again(text: str | None) -> None:
    assert read_counts(text, 5) == LogCounts()


def test_counts_of_more_entries_than_the_log_has_begin_again() -> None:
    assert read_counts(counted(an_entry(7, Event.ACCEPTED)).text(), 6) == LogCounts()
