"""Sessions in a real store."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.support.people import NOW, PASSWORD, ROOT, PlainHasher, add, replaced
from worker.accounts.login import Attempt, LoggedIn, log_in
from worker.accounts.people import change_account, stop_account
from worker.accounts.sessions import find_session, log_out, log_out_everywhere, sessions_of
from worker.core.accounts import Account, Role
from worker.core.errors import Unavailable
from worker.store.sqlite.store import SqlStore, open_store

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def hanako(store: SqlStore) -> Account:
    return add(store)


def login(store: SqlStore, owner: Account, now: dt.datetime = NOW, **fields: bool) -> LoggedIn:
    return log_in(store, Attempt(owner.login, PASSWORD, "192.0.2.1", "Firefox", **fields), PlainHasher(), now)


def test_a_session_is_found_by_its_token_alone(store: SqlStore, hanako: Account) -> None:
    made = login(store, hanako)
    assert find_session(store, made.token, NOW) == (made.session, hanako)
    for other in ("", made.token[:-1], made.token + "x", made.session.token_sha256, "x" * 10_000_000, "\ud800"):
        assert find_session(store, other, NOW) is None


def test_use_is_recorded_once_a_minute(store: SqlStore, hanako: Account) -> None:
    made = login(store, hanako)
    for after, seen in ((59, 0), (60, 60), (119, 60), (121, 121)):
        found = find_session(store, made.token, NOW + dt.timedelta(seconds=after))
        assert found is not None
        assert found[0].seen_at == NOW + dt.timedelta(seconds=seen)
    assert store.sessions_of(hanako.id)[0].seen_at == NOW + dt.timedelta(seconds=121)


def test_a_database_that_is_being_written_keeps_nobody_from_looking(store: SqlStore, tmp_path: Path) -> None:
    made = login(store, add(store))
    impatient = open_store(tmp_path / "var", store._clock, patience=0.01)
    with store.writing() as writing:
        writing.set_property("x", "y")
        found = find_session(impatient, made.token, NOW + HOUR)
        with pytest.raises(Unavailable):
            log_out(impatient, made.token)
    impatient.close()
    assert found is not None


@pytest.mark.parametrize(
    ("is_kept", "seen", "is_found"),
    [
        (False, [12 * HOUR - MINUTE], True),
        (False, [12 * HOUR], False),
        (False, [6 * HOUR, 12 * HOUR], False),  # use lengthens no session at a desk
        (True, [6 * DAY], True),
        (True, [7 * DAY], False),
        (True, [6 * DAY, 12 * DAY, 18 * DAY, 24 * DAY, 30 * DAY - MINUTE], True),
        (True, [6 * DAY, 12 * DAY, 18 * DAY, 24 * DAY, 30 * DAY], False),
    ],
)
def test_a_session_lasts_a_working_day_and_on_a_kept_device_a_month(
    store: SqlStore, hanako: Account, is_kept: bool, seen: list[dt.timedelta], is_found: bool
) -> None:
    made = login(store, hanako, is_kept=is_kept)
    found = [find_session(store, made.token, NOW + after) is not None for after in seen]
    assert found == [*([True] * (len(seen) - 1)), is_found]


def test_the_last_day_of_an_account_ends_its_sessions(store: SqlStore, hanako: Account) -> None:
    evening = NOW.replace(hour=23, minute=59)
    auditor = add(store, "audit", "監査 人", Role.AUDITOR, until=NOW.date())
    made = login(store, auditor, evening)
    assert find_session(store, made.token, evening) is not None
    assert find_session(store, made.token, evening + MINUTE) is None


def test_a_day_is_a_japanese_one_also_for_a_clock_of_another_zone(store: SqlStore, hanako: Account) -> None:
    auditor = add(store, "audit", "監査 人", Role.AUDITOR, until=NOW.date())
    made = login(store, auditor, is_kept=True)
    midnight = dt.datetime(2026, 11, 30, 15, 0, tzinfo=dt.UTC)  # 2026-12-01 00:00 in Japan
    assert find_session(store, made.token, midnight - MINUTE) is not None
    assert find_session(store, made.token, midnight) is None


def test_stopping_or_another_role_ends_the_session(store: SqlStore, hanako: Account) -> None:
    jiro = add(store, "jiro", "鈴木", Role.STAFF)
    first = login(store, jiro)
    jiro = change_account(store, jiro, replaced(jiro, roles=frozenset({Role.AUDITOR})), ROOT, NOW)
    second = login(store, jiro)
    assert find_session(store, first.token, NOW) is None
    assert find_session(store, second.token, NOW) is not None
    stop_account(store, jiro.id, ROOT, NOW)
    assert find_session(store, second.token, NOW) is None


def test_a_logout_ends_one_session_and_all_devices_ends_all_of_that_person(store: SqlStore, hanako: Account) -> None:
    jiro = add(store, "jiro", "鈴木", Role.STAFF)
    first, second, other = login(store, hanako), login(store, hanako, NOW + MINUTE), login(store, jiro)
    assert [each.opened_at for each in sessions_of(store, hanako.id)] == [NOW + MINUTE, NOW]
    log_out(store, first.token)
    log_out(store, first.token)  # twice is no fault
    assert find_session(store, first.token, NOW) is None
    assert find_session(store, second.token, NOW) is not None
    log_out_everywhere(store, hanako.id)
    assert find_session(store, second.token, NOW) is None
    assert find_session(store, other.token, NOW) is not None


def test_a_session_that_ended_while_a_page_was_made_stays_ended(store: SqlStore, hanako: Account) -> None:
    made = login(store, hanako)
    reads = store.account

    def log_out_meanwhile(number: int) -> Account | None:
        log_out(store, made.token)
        return reads(number)

    store.account = log_out_meanwhile  # type: ignore[method-assign]
    find_session(store, made.token, NOW + HOUR)
    assert store.session(made.session.token_sha256) is None


def test_sessions_that_are_over_are_removed_at_the_next_login(store: SqlStore, hanako: Account) -> None:
    login(store, hanako)
    kept = login(store, hanako, is_kept=True)
    latest = login(store, hanako, NOW + 13 * HOUR)
    assert {each.token_sha256 for each in store.sessions_of(hanako.id)} == {
        kept.session.token_sha256,
        latest.session.token_sha256,
    }
