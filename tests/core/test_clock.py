"""A recorded wait under a clock that may be set."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.world import START
from worker.core.clock import AHEAD, elapsed, is_over

MINUTES = [dt.timedelta(minutes=minutes) for minutes in range(-60 * 24 * 41, 60 * 24 * 41, 7)]


@pytest.mark.parametrize(("minute", "over"), [(0, False), (9, False), (10, True), (60, True)])
def test_a_wait_is_over_when_its_time_has_passed(minute: int, over: bool) -> None:
    assert is_over(START, START + dt.timedelta(minutes=10), START + dt.timedelta(minutes=minute)) is over


def test_however_the_clock_is_set_no_wait_is_longer_than_it_was() -> None:
    until = START + dt.timedelta(minutes=10)
    for span in MINUTES:
        left = until - (START + span)
        assert is_over(START, until, START + span) or left <= dt.timedelta(minutes=10)


def test_a_mark_ahead_of_the_clock_is_older_than_any_limit_and_one_of_another_clock_is_new() -> None:
    assert elapsed(START, START + dt.timedelta(minutes=3)) == dt.timedelta(minutes=3)
    assert elapsed(START + AHEAD, START) == -AHEAD
    assert elapsed(START + AHEAD + dt.timedelta(seconds=1), START) > dt.timedelta(days=9999)
