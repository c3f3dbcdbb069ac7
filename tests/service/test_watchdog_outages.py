"""The outage of a mailbox and the number of its alarms; the clock is a fake and the store is real."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.fakes import FakeClock
from tests.support.stores import open_store
from tests.support.world import START
from worker.core.errors import AccountRefused, Unavailable
from worker.core.model import HealthRecord
from worker.pipeline.health import Health
from worker.service.watchdog import OutageMonitor, unwatched
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore, create_or_migrate

MINUTE = dt.timedelta(minutes=1)
LIMIT = 15 * MINUTE
NOW = START + dt.timedelta(hours=5)
WELL = HealthRecord("mail:main", last_ok=NOW - MINUTE)


def test_from_outside_a_program_that_does_not_run_is_deaf_as_well() -> None:
    looks = (
        replace(WELL, last_ok=START),
        replace(WELL, name="mail:other"),
        HealthRecord("mail:never"),
        HealthRecord("folder", last_ok=NOW - LIMIT - 4 * MINUTE),
        HealthRecord("smtp", last_ok=START, error="x", failing_since=START),
        HealthRecord("mail:failing", last_ok=NOW - MINUTE, error="x", failing_since=NOW - LIMIT),
    )
    assert dict(unwatched(looks, NOW, LIMIT)) == {"mail:main": START, "mail:failing": NOW - LIMIT}


def test_a_look_from_before_the_clock_was_set_back_is_no_proof_that_anything_is_watched() -> None:
    ahead = (replace(WELL, last_ok=NOW + 3 * 24 * 60 * MINUTE), replace(WELL, name="mail:other", last_ok=NOW + MINUTE))
    assert [name for name, _ in unwatched(ahead, NOW, LIMIT)] == ["mail:main"]


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


def pass_minutes(hearing: OutageMonitor, clock: FakeClock, minutes: float) -> int:
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
    hearing, health = OutageMonitor(store, clock), Health(store)
    health.reached(NAME, clock.now())
    pass_minutes(hearing, clock, 1)
    health.failed(NAME, Unavailable("imap", "away"), clock.now())
    assert pass_minutes(hearing, clock, 14) == 0
    assert pass_minutes(hearing, clock, 300) == 1
    assert alarms(store) == ["deaf:mail:main"]
    assert store.alarms_waiting()[0].detail == "2026-11-21 09:01 imap: away"
    assert list(hearing.deaf) == [NAME]

    again = OutageMonitor(store, clock)
    assert pass_minutes(again, clock, 60) == 0, "counted across restarts"
    health.reached(NAME, clock.now())
    assert pass_minutes(again, clock, 14) == 0
    assert again.deaf == {}
    health.failed(NAME, Unavailable("imap", "away again"), clock.now())
    assert pass_minutes(again, clock, 60) == 1
    assert len(alarms(store)) == 2


def test_a_mailbox_whose_account_is_refused_is_told_once_as_that_and_not_as_deaf_too(
    store: SqlStore, clock: FakeClock
) -> None:
    hearing, health = OutageMonitor(store, clock), Health(store)
    assert health.failed(NAME, AccountRefused("imap", "NO wrong password"), clock.now())
    assert pass_minutes(hearing, clock, 300) == 0
    assert (alarms(store), list(hearing.deaf)) == ([f"account_refused:{NAME}"], [NAME])
    health.reached(NAME, clock.now())
    health.failed(NAME, Unavailable("imap", "away"), clock.now())
    assert pass_minutes(hearing, clock, 60) == 1, "another silence is another alarm"


def test_a_look_that_never_comes_back_is_told_though_nothing_failed(store: SqlStore, clock: FakeClock) -> None:
    hearing = OutageMonitor(store, clock)
    assert pass_minutes(hearing, clock, 14) == 0
    assert pass_minutes(hearing, clock, 1) == 1


def test_a_program_restarted_every_five_minutes_is_deaf_all_the_same(store: SqlStore, clock: FakeClock) -> None:
    raised = 0
    for _ in range(6):
        hearing = OutageMonitor(store, clock)
        Health(store).failed(NAME, Unavailable("imap", "away"), clock.now())
        raised += pass_minutes(hearing, clock, 5)
    assert raised == 1


def test_a_computer_that_slept_is_given_the_time_for_a_look_first(store: SqlStore, clock: FakeClock) -> None:
    hearing = OutageMonitor(store, clock)
    Health(store).reached(NAME, clock.now())
    pass_minutes(hearing, clock, 3)
    clock.let_pass(hours=9)
    assert pass_minutes(hearing, clock, 15) == 0
    assert pass_minutes(hearing, clock, 1) == 1


def test_a_sleep_that_ends_while_the_store_cannot_be_read_is_remembered(
    store: SqlStore, clock: FakeClock, tmp_path: Path
) -> None:
    hearing = OutageMonitor(store, clock)
    Health(store).reached(NAME, clock.now())
    pass_minutes(hearing, clock, 3)
    clock.let_pass(hours=9)
    store.close()
    database = tmp_path / FILE_NAME
    database.rename(database.with_suffix(".away"))
    with pytest.raises(Unavailable):
        hearing.check([NAME], LIMIT, {})
    database.with_suffix(".away").rename(database)
    assert pass_minutes(hearing, clock, 15) == 0
    assert pass_minutes(hearing, clock, 1) == 1


def test_looks_at_the_folder_that_were_not_recorded_count(store: SqlStore, clock: FakeClock) -> None:
    hearing = OutageMonitor(store, clock)
    Health(store).reached("folder", clock.now())
    for _ in range(20):
        clock.let_pass(minutes=1)
        assert not hearing.check(["folder"], 2 * MINUTE, {"folder": clock.uptime()})


def test_a_program_that_was_off_for_the_night_has_the_time_for_a_look_first(store: SqlStore, clock: FakeClock) -> None:
    Health(store).reached(NAME, clock.now())
    clock.let_pass(hours=12)
    hearing = OutageMonitor(store, clock)
    assert pass_minutes(hearing, clock, 14) == 0
    assert pass_minutes(hearing, clock, 1) == 1


SET = [pytest.param({"hours": sign * hours}, id=f"{sign * hours:+}h") for hours in (1, 24, 40 * 24) for sign in (1, -1)]
"""An hour: a clock in local time, or summer time. A day, 40 days: a battery that ended, a restored machine."""


@pytest.mark.parametrize("span", SET)
@pytest.mark.parametrize("fails", [True, False], ids=["fails", "hangs"])
def test_a_clock_that_is_set_neither_delays_nor_hastens_the_alarm(
    store: SqlStore, clock: FakeClock, span: dict[str, float], fails: bool
) -> None:
    hearing, health = OutageMonitor(store, clock), Health(store)
    health.reached(NAME, clock.now())
    pass_minutes(hearing, clock, 1)
    if fails:
        health.failed(NAME, Unavailable("imap", "away"), clock.now())
    assert pass_minutes(hearing, clock, 7) == 0
    clock.set_by(**span)
    assert pass_minutes(hearing, clock, 6) == 0
    assert pass_minutes(hearing, clock, 2) == 1
    assert pass_minutes(hearing, clock, 100) == 0


@pytest.mark.parametrize("span", SET)
def test_what_is_watched_is_not_deaf_when_the_clock_is_set(
    store: SqlStore, clock: FakeClock, span: dict[str, float]
) -> None:
    hearing, health = OutageMonitor(store, clock), Health(store)
    for minute in range(60):
        if minute == 20:
            clock.set_by(**span)
        health.reached(NAME, clock.now())
        assert pass_minutes(hearing, clock, 1) == 0


@pytest.mark.parametrize("span", SET)
def test_a_silence_after_the_clock_was_set_is_another_one_and_is_told(
    store: SqlStore, clock: FakeClock, span: dict[str, float]
) -> None:
    hearing, health = OutageMonitor(store, clock), Health(store)
    health.failed(NAME, Unavailable("imap", "away"), clock.now())
    assert pass_minutes(hearing, clock, 16) == 1
    clock.set_by(**span)
    health.reached(NAME, clock.now())
    assert pass_minutes(hearing, clock, 1) == 0
    health.failed(NAME, Unavailable("imap", "away again"), clock.now())
    assert pass_minutes(hearing, clock, 16) == 1
    assert len(alarms(store)) == 2


@pytest.mark.parametrize("span", SET)
def test_an_account_refused_again_after_the_clock_was_set_is_told_again(
    store: SqlStore, clock: FakeClock, span: dict[str, float]
) -> None:
    health = Health(store)
    assert health.failed(NAME, AccountRefused("imap", "not you"), clock.now())
    clock.set_by(**span)
    assert not health.failed(NAME, AccountRefused("imap", "not you"), clock.now())
    health.reached(NAME, clock.now())
    clock.let_pass(hours=2)
    assert health.failed(NAME, AccountRefused("imap", "not you"), clock.now())


def test_from_outside_a_failure_is_told_although_the_clock_was_set_back(store: SqlStore, clock: FakeClock) -> None:
    health = Health(store)
    health.failed(NAME, Unavailable("imap", "away"), clock.now())
    clock.set_by(days=-40)
    health.failed(NAME, Unavailable("imap", "away"), clock.now())
    clock.let_pass(minutes=16)
    assert dict(unwatched(store.health_records(), clock.now(), LIMIT)) == {NAME: clock.now() - 16 * MINUTE}
