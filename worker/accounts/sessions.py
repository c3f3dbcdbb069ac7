"""Sessions: found by their token, renewed by use, ended by the person or by a change of the account."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
from typing import Final

from worker.core.accounts import Account, LoginSession, japanese_day
from worker.core.errors import Unavailable
from worker.store.ports import Store

SEEN_EVERY: Final = dt.timedelta(minutes=1)
"""Time between two records of use: a page with twenty pictures is one use."""
MAX_TOKEN: Final = 100
"""Characters of a token that is looked up; ours have 43."""


def token_hash(token: str) -> str:
    """Returns the SHA-256 by which a token is stored."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find_session(store: Store, token: str, now: dt.datetime) -> tuple[LoginSession, Account] | None:
    """Returns the session of this token and its account; None if it is over or its account is no longer usable.

    Records the use, at most once a minute. A database that cannot be written keeps no person from looking.
    """
    if not token or len(token) > MAX_TOKEN:
        return None
    session = store.session(token_hash(token))
    if session is None or session.is_over(now):
        return None
    account = store.account(session.account)
    if account is None or not account.is_usable(japanese_day(now)):
        return None
    if abs(now - session.seen_at) >= SEEN_EVERY:
        with contextlib.suppress(Unavailable):
            session = _record_use(store, session, now)
    return session, account


def _record_use(store: Store, session: LoginSession, now: dt.datetime) -> LoginSession:
    seen = dataclasses.replace(session, seen_at=now)
    with store.writing() as writing:
        if writing.session(session.token_sha256) is not None:  # a logout meanwhile stays one
            writing.put_session(seen)
    return seen


def log_out(store: Store, token: str) -> None:
    """Ends the session of this token."""
    with store.writing() as writing:
        writing.drop_session(token_hash(token))


def log_out_everywhere(store: Store, account_id: int) -> None:
    """Ends every session of this account."""
    with store.writing() as writing:
        writing.drop_sessions_of(account_id)


def sessions_of(store: Store, account_id: int) -> tuple[LoginSession, ...]:
    """Returns the sessions of this account, the last used first."""
    found = store.sessions_of(account_id)
    return tuple(sorted(found, key=lambda session: session.seen_at, reverse=True))
