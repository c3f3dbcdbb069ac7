"""Tests of the intervals between reports of strangers' actions."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from tests.support.tables import every_case
from tests.support.world import START
from worker.core.alarms import (
    CALM,
    QUICK_PAUSE,
    QUICK_TELLINGS,
    SLOW_PAUSE,
    cause_about,
    is_about_strangers,
    next_report_time,
)
from worker.core.model import Alarm, Source, Submission
from worker.core.states import AlarmCause, State


def test_the_first_is_told_at_once_the_next_by_the_quarter_of_an_hour_and_then_by_the_hour() -> None:
    told: list[dt.datetime] = []
    now, end = START, START + dt.timedelta(hours=24)
    while now < end:
        if next_report_time(told[-QUICK_TELLINGS:], now) <= now:
            told.append(now)
        now += dt.timedelta(seconds=5)
    pauses = [later - earlier for earlier, later in itertools.pairwise(told)]
    assert told[0] == START
    assert pauses[: QUICK_TELLINGS - 1] == [QUICK_PAUSE] * (QUICK_TELLINGS - 1)
    assert {*pauses[QUICK_TELLINGS - 1 :]} == {SLOW_PAUSE}
    assert len(told) <= 27


def test_after_a_calm_the_next_is_told_at_once_again() -> None:
    told = [START, START + QUICK_PAUSE]
    assert next_report_time(told, told[-1] + CALM) == told[-1] + CALM
    just_before = told[-1] + CALM - dt.timedelta(seconds=1)
    assert next_report_time(told, just_before) == told[-1] + QUICK_PAUSE
    assert next_report_time((), START) == START


def test_a_clock_that_is_set_back_silences_nothing() -> None:
    yesterday = START - dt.timedelta(days=1)
    assert next_report_time([START], yesterday) == yesterday


STRANGERS = Submission(1, State.HELD)
PROVEN = Submission(2, State.HELD, source=Source(proven=True))


@every_case("cause", AlarmCause)
def test_no_alarm_about_what_may_expire_or_leave_waits(cause: AlarmCause) -> None:
    about = {1: STRANGERS, 2: PROVEN}
    of_strangers = Alarm(1, cause_about(cause, "x"), (1,), START)
    may_wait = {AlarmCause.BEGAN_TO_WAIT, AlarmCause.UNPROVEN_NEWCOMER, AlarmCause.PUT_OFF}
    assert is_about_strangers(of_strangers, about) is (cause in may_wait)


@pytest.mark.parametrize(("numbers", "expected"), [((1,), True), ((1, 2), False), ((2,), False), ((), False)])
def test_a_mail_about_one_that_is_proven_does_not_wait(numbers: tuple[int, ...], expected: bool) -> None:
    alarm = Alarm(1, AlarmCause.BEGAN_TO_WAIT, numbers, START)
    assert is_about_strangers(alarm, {1: STRANGERS, 2: PROVEN}) is expected
