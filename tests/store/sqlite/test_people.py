"""The rows of people: read back equal, strictly, and brought back by no restore."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from pathlib import Path

import pytest

from tests.support.people import NOW, account, replaced
from tests.support.stores import SteppingClock
from worker.core.accounts import Account, Attempts, Invitation, LoginSession, Role
from worker.core.errors import LogBroken
from worker.store.sqlite.backup import back_up, replace_store
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore, open_store

WHOLE = Account(
    0,
    "hanako",
    "山田 花子",
    "ヤマダ ハナコ",
    "hanako@mihon.example",
    frozenset(Role),
    dt.date(2027, 3, 31),
    is_stopped=True,
    password="$argon2id$v=19$m=19456,t=2,p=1$AAAA$BBBB",
    language="en",
    totp="JBSWY3DP",
    created_at=NOW,
    password_at=NOW,
)
SESSION = LoginSession("a" * 64, 1, NOW, NOW, NOW, is_kept=True, address="2001:db8::1", agent="Firefox")


@pytest.mark.parametrize("given", [WHOLE, account(), replaced(WHOLE, roles=frozenset(), until=None)])
def test_an_account_is_read_back_equal(store: SqlStore, given: Account) -> None:
    with store.writing() as writing:
        put = writing.put_account(given)
        assert writing.account(put.id) == put  # within the transaction
    assert store.account(1) == store.account_of(given.login) == replaced(given, id=1)
    assert store.account(2) is store.account_of("other") is None


def test_sessions_invitations_and_counts_are_read_back_equal_and_dropped(store: SqlStore) -> None:
    invitation, attempts = Invitation("b" * 64, 1, NOW), Attempts("account:1", 7, NOW)
    other = replaced_session(token_sha256="c" * 64, account=2)
    with store.writing() as writing:
        writing.put_session(SESSION)
        writing.put_session(other)
        writing.put_invitation(invitation)
        writing.put_attempts(attempts)
    assert (store.session("a" * 64), store.sessions_of(1)) == (SESSION, (SESSION,))
    assert (store.invitation("b" * 64), store.attempts("account:1")) == (invitation, attempts)
    with store.writing() as writing:
        writing.drop_sessions_of(1)
        writing.drop_invitations_of(1)
        writing.drop_attempts("account:1")
    assert (store.sessions_of(1), store.sessions_of(2)) == ((), (other,))
    assert store.invitation("b" * 64) is store.attempts("account:1") is None


def replaced_session(**fields: object) -> LoginSession:
    return LoginSession(**{name: getattr(SESSION, name) for name in LoginSession.__slots__} | fields)  # type: ignore[arg-type]


def test_what_a_rolled_back_transaction_put_is_not_there(store: SqlStore) -> None:
    def fail() -> None:
        with store.writing() as writing:
            writing.put_account(WHOLE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.accounts() == ()


def test_two_accounts_of_one_login_are_refused_by_the_database_itself(store: SqlStore) -> None:
    def put_again() -> None:
        with store.writing() as writing:
            writing.put_account(WHOLE)

    put_again()
    with pytest.raises(LogBroken):
        put_again()
    assert len(store.accounts()) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("roles", ["god"]), ("roles", "admin"), ("roles", [1]), ("language", "fr"), ("until", "soon"), ("login", None)],
)
def test_a_row_that_was_changed_by_hand_is_no_account_and_its_hash_is_not_told(
    store: SqlStore, tmp_path: Path, field: str, value: object
) -> None:
    with store.writing() as writing:
        writing.put_account(WHOLE)
    with contextlib.closing(sqlite3.connect(tmp_path / "var" / FILE_NAME)) as database:
        row = json.loads(database.execute('SELECT "row" FROM accounts').fetchone()[0])
        database.execute('UPDATE accounts SET "row" = ?', [json.dumps(row | {field: value})])
        database.commit()
    with pytest.raises(LogBroken) as broken:
        store.accounts()
    assert broken.value.code == "row_unreadable"
    assert field in broken.value.detail
    assert "argon2" not in broken.value.detail


def test_no_two_tokens_are_alike(store: SqlStore) -> None:
    with store.writing() as writing:
        tokens = {writing.new_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert {len(token) for token in tokens} == {43}


def test_a_restore_brings_back_accounts_and_no_session_or_invitation(store: SqlStore, tmp_path: Path) -> None:
    """A person who was stopped since, or a link that was used since, must not be let in again by it."""
    with store.writing() as writing:
        writing.put_account(WHOLE)
        writing.put_session(SESSION)
        writing.put_invitation(Invitation("b" * 64, 1, NOW))
    copy = back_up(tmp_path / "var", tmp_path / "backups", SteppingClock())
    store.close()
    replace_store(tmp_path / "var", copy.file, SteppingClock(), "root")
    with contextlib.closing(open_store(tmp_path / "var", SteppingClock())) as restored:
        assert restored.accounts() == (replaced(WHOLE, id=1),)
        assert restored.sessions_of(1) == ()
        assert restored.invitation("b" * 64) is None
