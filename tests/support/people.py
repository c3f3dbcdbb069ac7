"""Accounts for tests, and a hasher without work: the slow one is tested once, in tests/accounts/test_argon2.py."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

from tests.support.world import HANAKO
from worker.accounts.people import accept_invitation, add_account, invite
from worker.core.accounts import Account, Role
from worker.core.model import JST
from worker.store.ports import Author, Store

NOW = dt.datetime(2026, 11, 30, 9, 0, tzinfo=JST)
ROOT = Author("導入担当", "root")
COMPANY = "株式会社みほん建設"
PASSWORD = "つゆくさと青い自転車で駅まで行く"
"""One that every rule lets pass."""


class PlainHasher:
    """``Hasher`` without work; counts the checks."""

    def __init__(self) -> None:
        self.checked: list[str] = []

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def verify(self, hashed: str, password: str) -> bool:
        self.checked.append(hashed)
        return hashed == f"plain:{password}"


def account(login: str = "hanako", name: str = HANAKO.by, *roles: Role, **fields: Any) -> Account:
    """Returns an account as it is given to ``add_account``."""
    return Account(0, login, name, roles=frozenset(roles or {Role.ADMIN}), **fields)


def add(store: Store, *given: Any, password: str = PASSWORD, now: dt.datetime = NOW, **fields: Any) -> Account:
    """Returns an account that has chosen its password."""
    added = add_account(store, account(*given, **fields), ROOT, now)
    return accept_invitation(store, invite(store, added.id, ROOT, now), password, PlainHasher(), now)


def replaced(before: Account, **fields: Any) -> Account:
    return dataclasses.replace(before, **fields)
