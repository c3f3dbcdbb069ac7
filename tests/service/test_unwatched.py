"""When a mailbox is deaf, and how often that is told; the clock is a fake and the store is real."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.fakes import FakeClock
from tests.support.world import START
from worker.core.errors import Unavailable
from worker.core.model import Alarm, Look
from worker.pipeline.reachability import Health
from worker.service.status import Hearing
from worker.service.unwatched import deaf_since, is_told, unwatched
from worker.store.sqlite import SqlStore, create_or_migrate, open_store

MINUTE = dt.timedelta(minutes=1)
LIMIT = 15 * MINUTE
NOW = START + dt.timedelta(hours=5)
WELL = Look("mail:main", last_ok=NOW - MINUTE)


@pytest.mark.parametrize(
    ("look", "begun", "awake", "since"),
    [
        (WELL, START, None, None),
        (replace(WELL, last_ok=NOW - LIMIT), START, None, NOW - LIMIT),
        (replace(WELL, last_ok=NOW - LIMIT + MINUTE), START, None, None),
        (None, NOW - LIMIT, None, NOW - LIMIT),
        (None, NOW - MINUTE, None, None),
        (replace(WELL, last_ok=START), NOW - MINUTE, None, None),  # the program was off for the night
        (replace(WELL, last_ok=START, error="x", failing_since=NOW - LIMIT), NOW - MINUTE, None, NOW - LIMIT),
        (replace(WELL, last_ok=START, error="x", failing_since=START), START, NOW - MINUTE, None),
        (replace(WELL, last_ok=START), START, NOW - MINUTE, None),
        (replace(WELL, last_ok=START), START, NOW - LIMIT, NOW - LIMIT),
        (replace(WELL, last_ok=NOW + LIMIT), NOW - LIMIT, None, NOW - LIMIT),  # the clock was set back
    ],
)
def test_deaf_is_what_no_look_succeeded_at_for_so_long(
    look: Look | None, begun: dt.datetime, awake: dt.datetime | None, since: dt.datetime | None
) -> None:
    assert deaf_since(look, begun, awake, NOW, LIMIT) == since


def test_from_outside_a_program_that_does_not_run_is_deaf_as_well() -> None:
    looks = (
        replace(WELL, last_ok=START),
        replace(WELL, name="mail:other"),
        Look("mail:never"),
        Look("folder", last_ok=START),
        Look("smtp", last_ok=START, error="x", failing_since=START),
        Look("mail:failing", last_ok=NOW - MINUTE, error="x", failing_since=NOW - LIMIT),
    )
    assert dict(unwatched(looks, NOW, LIMIT)) == {"mail:main": START, "mail:failing": NOW - LIMIT}


def test_an_alarm_is_about_this_silence_while_no_look_succeeded_after_it() -> None:
    alarm = Alarm(1, "deaf:mail:main", (), NOW)
    assert not is_told(None, WELL)
    assert is_told(alarm, WELL)
    assert is_told(alarm, None)
    assert not is_told(alarm, replace(WELL, last_ok=NOW + MINUTE))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[SqlStore]:
    create_or_migrate(tmp_path)
    opened = open_store(tmp_path, clock)
    yield opened
    opened.close()


NAME = "mail:main"


def pass_minutes(hearing: Hearing, clock: FakeClock, minutes: float) -> int:
    """Check every minute; how many alarms were raised."""
    raised = 0
    for _ in range(int(minutes)):
        clock.let_pass(minutes=1)
        raised += hearing.check([NAME], LIMIT, {})
    return raised


def alarms(store: SqlStore) -> list[str]:
    return [alarm.cause for alarm in store.alarms_waiting()]


def test_a_mailbox_that_fails_is_told_once_after_the_minutes_and_again_after_it_recovered(
    store: SqlStore, clock: FakeClock
) -> None:
    hearing, health = Hearing(store, clock), Health(store)
    health.reached(NAME, clock.now())
    pass_minutes(hearing, clock, 1)
    health.failed(NAME, Unavailable("imap", "away"), clock.now())
    assert pass_minutes(hearing, clock, 14) == 0
    assert pass_minutes(hearing, clock, 300) == 1
    assert alarms(store) == ["deaf:mail:main"]
    assert store.alarms_waiting()[0].detail == "2026-11-21 09:01 imap: away"
    assert list(hearing.deaf) == [NAME]

    again = Hearing(store, clock)
    assert pass_minutes(again, clock, 60) == 0, "counted across restarts"
    health.reached(NAME, clock.now())
    assert pass_minutes(again, clock, 14) == 0
    assert again.deaf == {}
    health.failed(NAME, Unavailable("imap", "away again"), clock.now())
    assert pass_minutes(again, clock, 60) == 1
    assert len(alarms(store)) == 2


def test_a_look_that_never_comes_back_is_told_though_nothing_failed(store: SqlStore, clock: FakeClock) -> None:
    hearing = Hearing(store, clock)
    assert pass_minutes(hearing, clock, 14) == 0
    assert pass_minutes(hearing, clock, 1) == 1


def test_a_program_restarted_every_five_minutes_is_deaf_all_the_same(store: SqlStore, clock: FakeClock) -> None:
    raised = 0
    for _ in range(6):
        hearing = Hearing(store, clock)
        Health(store).failed(NAME, Unavailable("imap", "away"), clock.now())
        raised += pass_minutes(hearing, clock, 5)
    assert raised == 1


def test_a_computer_that_slept_is_given_the_time_for_a_look_first(store: SqlStore, clock: FakeClock) -> None:
    hearing = Hearing(store, clock)
    Health(store).reached(NAME, clock.now())
    pass_minutes(hearing, clock, 3)
    clock.let_pass(hours=9)
    assert pass_minutes(hearing, clock, 15) == 0
    assert pass_minutes(hearing, clock, 1) == 1


def test_looks_at_the_folder_that_were_not_recorded_count(store: SqlStore, clock: FakeClock) -> None:
    hearing = Hearing(store, clock)
    Health(store).reached("folder", clock.now())
    for _ in range(20):
        heard = clock.let_pass(minutes=1)
        assert not hearing.check(["folder"], 2 * MINUTE, {"folder": heard})
