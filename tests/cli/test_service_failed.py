"""The alarm about a failed service: one for each end, and one an hour for a row of failing starts."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.world import START
from worker.cli.service_failed import SHORT, _row, is_reported
from worker.service.absence import UNKNOWN, Absence

DISK = Absence("unavailable", START, "disk: full")
AT_ONCE = dt.timedelta(seconds=2)
NOW = START + dt.timedelta(seconds=1)


def later(absence: Absence, **passed: float) -> Absence:
    since = absence.since + dt.timedelta(**passed) if absence.since else None
    return Absence(absence.why, since, absence.detail)


def test_the_first_end_is_not_told_yet() -> None:
    assert not is_reported({}, DISK, AT_ONCE, NOW)


def test_one_end_that_systemd_reports_twice_is_told_once() -> None:
    """By ExecStopPost= and by OnFailure=."""
    wrong = Absence("configuration", START)
    for each in (DISK, wrong):
        assert is_reported(_row(each, NOW), each, dt.timedelta(days=3), NOW)


def test_starts_that_fail_one_after_the_other_are_told_once_an_hour() -> None:
    told = _row(DISK, NOW)
    assert is_reported(told, later(DISK, minutes=59), AT_ONCE, NOW + dt.timedelta(minutes=59))
    assert not is_reported(told, later(DISK, minutes=61), AT_ONCE, NOW + dt.timedelta(minutes=61))


@pytest.mark.parametrize(
    ("absence", "lived"),
    [
        (later(DISK, minutes=30), SHORT),  # it was well in between
        (Absence("fault", START + dt.timedelta(minutes=1)), AT_ONCE),  # it is another fault
    ],
)
def test_another_trouble_is_told_at_once(absence: Absence, lived: dt.timedelta) -> None:
    assert not is_reported(_row(DISK, NOW), absence, lived, NOW + dt.timedelta(minutes=30))


def test_a_wrong_configuration_is_told_at_each_start() -> None:
    """No automatic restart follows, so there is no row of failures."""
    wrong = Absence("configuration", START)
    assert not is_reported(_row(wrong, NOW), later(wrong, minutes=1), AT_ONCE, NOW + dt.timedelta(minutes=1))


def test_an_end_that_no_disk_could_record_is_told_once_an_hour_as_well() -> None:
    dead = Absence(UNKNOWN)
    assert is_reported(_row(dead, NOW), dead, dt.timedelta(0), NOW + dt.timedelta(minutes=1))
    assert not is_reported(_row(dead, NOW), dead, dt.timedelta(0), NOW + dt.timedelta(hours=2))


def test_a_memory_from_the_future_or_unreadable_silences_nothing() -> None:
    """The clock was set back, or the file is of something else."""
    again = later(DISK, minutes=1)
    assert not is_reported(_row(DISK, NOW + dt.timedelta(days=1)), again, AT_ONCE, NOW)
    assert not is_reported({"why": DISK.why, "at": "x"}, again, AT_ONCE, NOW)
    assert not is_reported({"why": DISK.why, "at": "2026-11-21T09:00:00"}, again, AT_ONCE, NOW)
