"""The rotation keeps a set of each day, week and month, and never removes what a person may still need."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable

import pytest

from tests.support.world import START
from worker.core.model import JST
from worker.store.backups import (
    DAILY,
    MONTHLY,
    TROUBLES,
    WEEKLY,
    KeptFile,
    Manifest,
    SetMark,
    Trouble,
    choose_removed,
    read_manifest,
    read_set_mark,
    read_trouble,
)

NIGHT = dt.datetime(2026, 11, 30, 2, 30, tzinfo=JST)


def a_set(moment: dt.datetime, form: str = "0009") -> Manifest:
    stem = f"hoshobin-{moment.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}-1-abcdef01"
    return Manifest(moment, "aa", form, 1, "ab" * 32, KeptFile(f"{stem}.sqlite3", 1, "cd"), None)


def kept(sets: Iterable[Manifest], *also: Manifest) -> list[Manifest]:
    sets = list(sets)
    removed = choose_removed(sets, {each.stem for each in also})
    return [each for each in sets if each not in removed]


def test_of_a_year_of_nights_7_days_4_weeks_and_3_months_are_kept() -> None:
    nights = [a_set(NIGHT - dt.timedelta(days=days)) for days in range(365)]
    days = [f"{each.made_at.astimezone(JST):%m-%d}" for each in kept(nights)]
    assert days == [
        *("11-30", "11-29", "11-28", "11-27", "11-26", "11-25", "11-24"),  # the days
        *("11-22", "11-15"),  # the weeks before; 11-30 is a Monday, and 11-29 the last day of its week
        *("10-31", "09-30"),  # the months before
    ]


def test_what_was_removed_day_by_day_is_what_a_year_at_once_keeps() -> None:
    """A set that a later night would need was not removed on an earlier one."""
    left: list[Manifest] = []
    for days in range(365, -1, -1):
        left = kept([*left, a_set(NIGHT - dt.timedelta(days=days))])
    assert left == kept([a_set(NIGHT - dt.timedelta(days=days)) for days in range(365, -1, -1)])


def test_a_backup_a_minute_leaves_one_of_the_day() -> None:
    minutes = [a_set(NIGHT + dt.timedelta(minutes=number)) for number in range(600)]
    assert kept(minutes) == minutes[-1:]


def test_a_day_in_japan_is_a_day() -> None:
    midnight = dt.datetime(2026, 11, 21, 15, tzinfo=dt.UTC)
    evening, morning = a_set(midnight - dt.timedelta(minutes=1)), a_set(midnight)
    assert kept([evening, morning]) == [evening, morning]


def test_after_a_long_pause_the_old_ones_stay_until_new_ones_have_come() -> None:
    old = [a_set(NIGHT - dt.timedelta(days=200 + days)) for days in range(DAILY)]
    assert kept([*old, a_set(NIGHT)])[: DAILY - 1] == old[: DAILY - 1]


def test_the_set_just_made_and_the_last_checked_stay_whatever_the_clock_says() -> None:
    later = [a_set(NIGHT + dt.timedelta(days=days)) for days in range(1, 200)]
    made, checked = a_set(NIGHT), a_set(NIGHT - dt.timedelta(days=60))
    assert made not in kept([*later, made, checked])
    assert {made, checked} <= set(kept([*later, made, checked], made, checked))


def test_the_last_set_of_the_version_before_stays_so_that_an_update_can_be_taken_back() -> None:
    before = [a_set(NIGHT - dt.timedelta(hours=2), "0008"), a_set(NIGHT - dt.timedelta(hours=1), "0008")]
    assert kept([*before, a_set(NIGHT)]) == [before[1], a_set(NIGHT)]


def test_however_sets_lie_the_newest_stays_and_so_many_at_most(pytestconfig: pytest.Config) -> None:
    seed = pytestconfig.getoption("hypothesis_seed")
    chance = random.Random(f"{seed}")
    for _ in range(50):
        sets = [a_set(NIGHT - dt.timedelta(minutes=chance.randrange(10**6))) for _ in range(chance.randrange(1, 80))]
        stay = kept(sets)
        assert max(sets, key=lambda each: each.made_at) in stay, f"--hypothesis-seed={seed}"
        assert len({each.stem for each in stay}) <= DAILY + WEEKLY + MONTHLY, f"--hypothesis-seed={seed}"


def test_a_manifest_is_read_as_it_was_written() -> None:
    made = a_set(START)
    assert read_manifest(made.text().encode()) == made
    packed = KeptFile("a.config.tar", 2, "ef")
    full = Manifest(START, "aa", "0009", 3, "ab", made.database, packed, ("/etc/hoshobin/issuers/x.toml",))
    assert read_manifest(full.text().encode()) == full
    assert [each.name for each in full.files] == [made.database.name, "a.config.tar"]


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, a_set(START).text().replace("hoshobin-", "../hoshobin-").encode()],
    ids=["empty", "a list", "no field", "no text", "deep", "a file elsewhere"],
)
def test_what_is_no_manifest_is_none(content: bytes) -> None:
    assert read_manifest(content) is None


def test_the_stores_values_are_read_as_they_were_written() -> None:
    assert read_set_mark(SetMark(START, "hoshobin-x").text()) == SetMark(START, "hoshobin-x")
    assert read_set_mark(None) is read_set_mark("") is None
    for code in TROUBLES:
        trouble = Trouble(START, code, "/srv/写し", "detail", 1, 2)
        assert read_trouble(trouble.text()) == trouble
    assert read_trouble(None) is read_trouble("") is None
