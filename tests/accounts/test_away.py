"""Absences: recorded with the account and an entry; a deputy is another approver who is there."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from tests.accounts.test_people import DAY, TODAY, admin, details, refused
from tests.support.people import NOW, ROOT, add
from worker.accounts.away import LONGEST_AWAY, set_absence
from worker.accounts.people import stop_account
from worker.core.accounts import (
    Account,
    AwayPeriod,
    Right,
    Role,
    approvers_present,
    day_without_approver,
    represented_by,
)
from worker.core.text import match_key
from worker.store.sqlite.store import SqlStore

__all__ = ["admin"]

WEEK = 7 * DAY


@pytest.fixture
def second(store: SqlStore, admin: Account) -> Account:
    return add(store, "yuki", "佐藤 雪", Role.APPROVER)


def test_an_absence_is_kept_with_the_account_and_an_entry_names_its_days_and_deputy(
    store: SqlStore, admin: Account, second: Account
) -> None:
    period = AwayPeriod(TODAY + DAY, TODAY + WEEK, second.id)
    for _ in range(2):
        assert set_absence(store, admin.id, period, ROOT, NOW).away == period
    assert store.account(admin.id) == dataclasses.replace(admin, away=period)
    assert details(store)[-1] == {
        "user": "hanako",
        "change": "away",
        "away_from": (TODAY + DAY).isoformat(),
        "away_until": (TODAY + WEEK).isoformat(),
        "deputy": "佐藤 雪",
    }
    before = len(details(store))
    for _ in range(2):
        assert set_absence(store, admin.id, None, ROOT, NOW).away is None
    assert details(store)[before:] == [{"user": "hanako", "change": "present"}]


def test_an_absence_that_cannot_be_meant_is_refused_and_changes_nothing(
    store: SqlStore, admin: Account, second: Account
) -> None:
    staff = add(store, "jiro", "鈴木 次郎", Role.STAFF)
    leaving = add(store, "until", "高橋 三郎", Role.APPROVER, until=TODAY + DAY)
    stopped = add(store, "stopped", "田中 四郎", Role.APPROVER)
    stop_account(store, stopped.id, ROOT, NOW)
    before = details(store)
    for code, period in (
        ("away_order", AwayPeriod(TODAY + DAY, TODAY)),
        ("away_past", AwayPeriod(TODAY - WEEK, TODAY - DAY)),
        ("away_long", AwayPeriod(TODAY, TODAY + LONGEST_AWAY + DAY)),
        ("deputy_self", AwayPeriod(TODAY, TODAY + WEEK, admin.id)),
        ("deputy_may_not", AwayPeriod(TODAY, TODAY + WEEK, staff.id)),
        ("deputy_may_not", AwayPeriod(TODAY, TODAY + WEEK, leaving.id)),
        ("deputy_may_not", AwayPeriod(TODAY, TODAY + WEEK, stopped.id)),
        ("no_such_account", AwayPeriod(TODAY, TODAY + WEEK, 99)),
    ):
        with refused(code):
            set_absence(store, admin.id, period, ROOT, NOW)
    with refused("no_such_account"):
        set_absence(store, 99, AwayPeriod(TODAY, TODAY), ROOT, NOW)
    assert details(store) == before
    assert store.account(admin.id) == admin


@pytest.mark.parametrize(("first", "last", "meets"), [(0, 0, True), (3, 9, True), (-3, -1, False), (4, 9, False)])
def test_a_deputy_is_there_on_every_day(
    store: SqlStore, admin: Account, second: Account, first: int, last: int, meets: bool
) -> None:
    set_absence(store, second.id, AwayPeriod(TODAY + (first + 5) * DAY, TODAY + (last + 5) * DAY), ROOT, NOW)
    period = AwayPeriod(TODAY + 5 * DAY, TODAY + 8 * DAY, second.id)
    if meets:
        with refused("deputy_away"):
            set_absence(store, admin.id, period, ROOT, NOW)
    else:
        assert set_absence(store, admin.id, period, ROOT, NOW).away == period


def test_the_deputy_stands_for_the_absent_approver_on_the_days_of_the_absence_alone(
    store: SqlStore, admin: Account, second: Account
) -> None:
    set_absence(store, admin.id, AwayPeriod(TODAY + DAY, TODAY + WEEK, second.id), ROOT, NOW)
    accounts = store.accounts()
    for day, stands in ((TODAY, False), (TODAY + DAY, True), (TODAY + WEEK, True), (TODAY + WEEK + DAY, False)):
        assert represented_by(accounts, "佐藤　雪", day) == (("山田 花子",) if stands else ())
        assert represented_by(accounts, "山田 花子", day) == ()
        assert approvers_present(accounts, day) == (("佐藤 雪",) if stands else ("山田 花子", "佐藤 雪"))
    assert approvers_present(accounts, TODAY, {match_key("佐藤 雪")}) == ("山田 花子",)


def test_a_deputy_who_is_away_too_stands_for_no_one(store: SqlStore, admin: Account, second: Account) -> None:
    set_absence(store, admin.id, AwayPeriod(TODAY, TODAY + WEEK, second.id), ROOT, NOW)
    set_absence(store, second.id, AwayPeriod(TODAY + DAY, TODAY + DAY), ROOT, NOW)
    accounts = store.accounts()
    assert represented_by(accounts, second.name, TODAY) == (admin.name,)
    assert represented_by(accounts, second.name, TODAY + DAY) == ()
    assert approvers_present(accounts, TODAY + DAY) == ()


def test_the_first_day_without_an_approver_is_found(store: SqlStore, admin: Account, second: Account) -> None:
    set_absence(store, second.id, AwayPeriod(TODAY + 3 * DAY, TODAY + 4 * DAY), ROOT, NOW)
    period = AwayPeriod(TODAY - WEEK, TODAY + WEEK)
    assert day_without_approver(store.accounts(), period, TODAY) is None
    set_absence(store, admin.id, period, ROOT, NOW)
    assert day_without_approver(store.accounts(), period, TODAY) == TODAY + 3 * DAY
    assert day_without_approver(store.accounts(), AwayPeriod(TODAY, TODAY + DAY), TODAY) is None


def test_an_absence_takes_no_right_away(store: SqlStore, admin: Account, second: Account) -> None:
    away = set_absence(store, admin.id, AwayPeriod(TODAY, TODAY), ROOT, NOW)
    assert away.is_away(TODAY)
    assert away.may(Right.DECIDE, TODAY)
    assert not away.may_act(Right.DECIDE, TODAY)
    assert away.may_act(Right.DECIDE, TODAY + dt.timedelta(days=1))
