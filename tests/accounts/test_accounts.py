"""Roles, rights and sessions as values."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.people import NOW, account, replaced
from tests.support.tables import every_case
from worker.core.accounts import RIGHTS, LoginSession, Right, Role

TODAY = NOW.date()
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def session(*, is_kept: bool = False, opened: dt.datetime = NOW, seen: dt.datetime = NOW) -> LoginSession:
    return LoginSession("0" * 64, 1, opened, seen, opened, is_kept)


def test_every_role_has_its_rights_and_no_right_is_without_a_role() -> None:
    assert RIGHTS.keys() == {*Role}
    assert frozenset().union(*RIGHTS.values()) == {*Right}


def test_only_an_approver_decides() -> None:
    assert [role for role in Role if Right.DECIDE in RIGHTS[role]] == [Role.APPROVER]


def test_an_auditor_changes_nothing_and_an_administrator_sees_no_submission_and_no_key() -> None:
    assert RIGHTS[Role.AUDITOR] == {Right.OWN, Right.SEE, Right.EXPORT, Right.AUDIT, Right.KEY}
    assert RIGHTS[Role.ADMIN] == {Right.OWN, Right.HEALTH, Right.PEOPLE, Right.ABSENCE, Right.REHEARSE}


def test_an_account_has_the_union_of_its_roles() -> None:
    both = account("a", "山田", Role.STAFF, Role.ADMIN)
    assert both.rights == RIGHTS[Role.STAFF] | RIGHTS[Role.ADMIN]
    assert both.may(Right.PEOPLE, TODAY)
    assert not both.may(Right.DECIDE, TODAY)


def test_an_account_is_usable_through_its_last_day_and_never_when_stopped() -> None:
    auditor = account("a", "監査", Role.AUDITOR, until=TODAY)
    assert auditor.is_usable(TODAY)
    assert not auditor.is_usable(TODAY + DAY)
    assert not auditor.may(Right.SEE, TODAY + DAY)
    assert not replaced(auditor, is_stopped=True).is_usable(TODAY)


@every_case(
    ("made", "after", "is_over"),
    [
        (session(), 12 * HOUR - dt.timedelta(seconds=1), False),
        (session(), 12 * HOUR, True),
        (session(is_kept=True), 12 * HOUR, False),
        (session(is_kept=True), 7 * DAY, True),  # not seen for a week
        (session(is_kept=True, seen=NOW + 29 * DAY), 29 * DAY, False),
        (session(is_kept=True, seen=NOW + 30 * DAY), 30 * DAY, True),
        (session(), -12 * HOUR, True),  # the clock was set back
        (session(), -HOUR, False),
    ],
)
def test_a_session_ends(made: LoginSession, after: dt.timedelta, is_over: bool) -> None:
    assert made.is_over(NOW + after) is is_over


@pytest.mark.parametrize(("minutes", "is_fresh"), [(0, True), (29, True), (30, False), (-1, False)])
def test_a_proof_is_fresh_for_half_an_hour(minutes: int, is_fresh: bool) -> None:
    assert session().is_fresh(NOW + dt.timedelta(minutes=minutes)) is is_fresh


def test_no_secret_of_a_person_is_printed() -> None:
    secret = account(password="$argon2id$secret", totp="JBSWY3DP")
    assert "argon2id" not in repr(secret)
    assert "JBSW" not in repr(secret)
    assert "0" * 64 not in repr(session())
