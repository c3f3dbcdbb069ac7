"""Mail and files from before the product watched are named as such; time is a value."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.tables import every_case
from worker.core.model import JST, NO_DATE
from worker.match.match import AHEAD, SAVED_EARLY, WatchedMailbox, file_from_before, mail_from_before, update_watched
from worker.watch.plan import saved_at
from worker.watch.ports import ListedFile

FIRST = dt.datetime(2026, 4, 1, 9, 0, 0, 700_000, tzinfo=JST)
LATER = FIRST + dt.timedelta(days=60)
NOW = FIRST + dt.timedelta(days=90)
SECOND = dt.timedelta(seconds=1)
DAY = dt.timedelta(days=1)
SINCE = "2026-03-01"
AT_FIRST = WatchedMailbox("soumu", "INBOX", SINCE, FIRST, FIRST)
CHANGED = WatchedMailbox("soumu", "INBOX", SINCE, FIRST, LATER)
MOVED = WatchedMailbox("soumu", "Hosho", SINCE, LATER, LATER)


@every_case("watched", [None, AT_FIRST, CHANGED, MOVED])
@every_case("is_new", [True, False])
@every_case("zone", [JST, dt.UTC, dt.timezone(dt.timedelta(hours=-8))])
def test_a_mail_before_the_first_start_is_from_before_however_it_came_in(
    watched: WatchedMailbox | None, is_new: bool, zone: dt.tzinfo
) -> None:
    for early in (SECOND, DAY, 400 * DAY):
        came_at = (FIRST - early).replace(microsecond=0).astimezone(zone)
        found = mail_from_before(came_at, FIRST, watched, NOW, is_new=is_new)
        assert found == f"mail: {came_at.astimezone(JST).date()}"


@pytest.mark.parametrize("is_new", [True, False])
def test_a_mail_of_the_second_of_the_start_or_later_is_not(is_new: bool) -> None:
    for late in (dt.timedelta(), SECOND, DAY):
        assert mail_from_before(FIRST.replace(microsecond=0) + late, FIRST, AT_FIRST, NOW, is_new=is_new) == ""


def test_a_mail_that_only_a_changed_since_brings_in_is_from_before_where_it_is_older_than_the_change() -> None:
    came_at = LATER - DAY
    assert mail_from_before(came_at, FIRST, CHANGED, NOW, is_new=False) == f"since: {came_at.date()}"
    assert mail_from_before(came_at, FIRST, CHANGED, NOW, is_new=True) == ""
    assert mail_from_before(LATER + SECOND, FIRST, CHANGED, NOW, is_new=False) == ""


@pytest.mark.parametrize("is_new", [True, False])
def test_what_lay_in_a_folder_or_account_before_it_was_watched_is_from_before(is_new: bool) -> None:
    assert mail_from_before(LATER - DAY, FIRST, MOVED, NOW, is_new=is_new).startswith("since: ")
    assert mail_from_before(LATER + DAY, FIRST, MOVED, NOW, is_new=is_new) == ""


def test_a_mail_without_a_readable_date_is_asked_about_unless_its_number_says_that_it_is_new() -> None:
    assert mail_from_before(NO_DATE, FIRST, AT_FIRST, NOW, is_new=False) == "undated"
    assert mail_from_before(NO_DATE, FIRST, AT_FIRST, NOW, is_new=True) == ""


def test_a_date_to_come_is_asked_about_unless_the_number_says_that_the_mail_is_new() -> None:
    ahead = NOW + AHEAD
    assert mail_from_before(ahead, FIRST, AT_FIRST, NOW, is_new=False) == ""
    assert mail_from_before(ahead + SECOND, FIRST, AT_FIRST, NOW, is_new=False) == f"future: {ahead.date()}"
    assert mail_from_before(ahead + SECOND, FIRST, AT_FIRST, NOW, is_new=True) == ""


def test_where_no_first_start_is_recorded_everything_is_asked_about() -> None:
    assert mail_from_before(LATER, None, None, NOW, is_new=True)
    assert file_from_before(LATER, None, LATER)


def test_a_file_is_from_before_more_than_an_hour_before_the_first_start() -> None:
    assert file_from_before(FIRST - SAVED_EARLY, FIRST, FIRST) == ""
    assert file_from_before(FIRST - SAVED_EARLY - SECOND, FIRST, FIRST) == "file: 2026-04-01"
    assert file_from_before(FIRST + DAY, FIRST, FIRST) == ""


def test_a_file_in_a_folder_read_for_the_first_time_is_from_before_that_moment() -> None:
    assert file_from_before(LATER - SECOND, FIRST, LATER) == f"folder: {LATER.date()}"
    assert file_from_before(LATER, FIRST, LATER) == ""


@pytest.mark.parametrize("mtime_ns", [-(2**63), -1, 0, 2**63 - 1, 2**70])
def test_no_modification_time_is_too_odd_to_be_judged(mtime_ns: int) -> None:
    moment = saved_at(ListedFile("a.pdf", 1, mtime_ns, 1))
    assert file_from_before(moment, FIRST, FIRST) == ("" if mtime_ns > 10**18 else f"file: {moment.date()}")


MAIN = {"main": ("soumu", "INBOX", SINCE)}


def test_the_mailboxes_of_the_first_configuration_begin_with_the_first_start() -> None:
    assert update_watched(None, MAIN, frozenset(), FIRST, LATER) == {"main": AT_FIRST}


def test_after_an_upgrade_what_a_since_brings_in_counts_from_the_upgrade() -> None:
    assert update_watched(None, MAIN, frozenset({"main"}), FIRST, LATER) == {"main": CHANGED}


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        (("soumu", "INBOX", SINCE), AT_FIRST),
        (("soumu", "INBOX", "2026-01-01"), WatchedMailbox("soumu", "INBOX", "2026-01-01", FIRST, LATER)),
        (("soumu", "INBOX", ""), WatchedMailbox("soumu", "INBOX", "", FIRST, LATER)),
        (("soumu", "Hosho", SINCE), MOVED),
        (("keiri", "INBOX", SINCE), WatchedMailbox("keiri", "INBOX", SINCE, LATER, LATER)),
    ],
)
def test_what_changes_in_the_configuration_begins_with_the_change(
    configured: tuple[str, str, str], expected: WatchedMailbox
) -> None:
    watched = update_watched({"main": AT_FIRST}, {"main": configured}, frozenset({"main"}), FIRST, LATER)
    assert watched == {"main": expected}
    assert update_watched(watched, {"main": configured}, frozenset(), FIRST, LATER + DAY) == watched


def test_a_mailbox_that_is_added_or_taken_out_and_put_back_begins_again() -> None:
    added = update_watched({"main": AT_FIRST}, {**MAIN, "second": ("keiri", "INBOX", SINCE)}, frozenset(), FIRST, LATER)
    assert added["second"].begun_at == LATER
    without = update_watched(added, MAIN, frozenset(), FIRST, LATER + DAY)
    assert set(without) == {"main"}
    again = update_watched(
        without, {"second": ("keiri", "INBOX", SINCE)}, frozenset({"second"}), FIRST, LATER + 2 * DAY
    )
    assert again["second"].begun_at == LATER + 2 * DAY
