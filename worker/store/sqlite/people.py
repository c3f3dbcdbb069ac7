"""The rows of people: accounts, sessions, invitations, wrong passwords, work taken on; no entry is made of them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import secrets
from typing import Final

from worker.audit.chain import canonical
from worker.core.accounts import Account, Attempts, Invitation, LoginSession, TakenWork
from worker.core.model import JST
from worker.core.text import encodable
from worker.store.sqlite import compiled
from worker.store.sqlite.queries import Reads

TOKEN_BYTES: Final = 32
"""256 random bits, which cannot be guessed."""


class PeopleReads(Reads):
    """``ports.PeopleReading``."""

    def accounts(self) -> tuple[Account, ...]:
        return self._each(Account, compiled.EVERY_ACCOUNT)

    def account(self, number: int) -> Account | None:
        return self._first(Account, compiled.ACCOUNT, {"id": number})

    def account_of(self, login: str) -> Account | None:
        return self._first(Account, compiled.ACCOUNT_OF, {"login": encodable(login)})

    def session(self, token_sha256: str) -> LoginSession | None:
        return self._first(LoginSession, compiled.SESSION, {"token": token_sha256})

    def sessions_of(self, account: int) -> tuple[LoginSession, ...]:
        return self._each(LoginSession, compiled.SESSIONS_OF, {"account": account})

    def invitation(self, token_sha256: str) -> Invitation | None:
        return self._first(Invitation, compiled.INVITATION, {"token": token_sha256})

    def attempts(self, name: str) -> Attempts | None:
        return self._first(Attempts, compiled.ATTEMPTS, {"name": name})

    def taken_on(self) -> tuple[TakenWork, ...]:
        return self._each(TakenWork, compiled.EVERY_TAKEN)


class PeopleWrites(Reads):
    """``ports.PeopleWriting``."""

    def put_account(self, account: Account) -> Account:
        if not account.id:
            highest = self._rows(compiled.HIGHEST_ACCOUNT)[0][0] or 0
            account = dataclasses.replace(account, id=highest + 1)
        fields = {each.name: getattr(account, each.name) for each in dataclasses.fields(account)}
        row = canonical({**fields, "roles": sorted(account.roles), "mails": sorted(account.mails)})
        self._rows(compiled.PUT_ACCOUNT, {"id": account.id, "row": row})
        return account

    def put_session(self, session: LoginSession) -> None:
        self._rows(compiled.PUT_SESSION, {"token_sha256": session.token_sha256, "row": canonical(session)})

    def drop_session(self, token_sha256: str) -> None:
        self._rows(compiled.DROP_SESSION, {"token": token_sha256})

    def drop_sessions_of(self, account: int) -> None:
        self._rows(compiled.DROP_SESSIONS_OF, {"account": account})

    def put_invitation(self, invitation: Invitation) -> None:
        self._rows(compiled.PUT_INVITATION, {"token_sha256": invitation.token_sha256, "row": canonical(invitation)})

    def drop_invitations_of(self, account: int) -> None:
        self._rows(compiled.DROP_INVITATIONS_OF, {"account": account})

    def put_attempts(self, attempts: Attempts) -> None:
        self._rows(compiled.PUT_ATTEMPTS, {"name": attempts.name, "row": canonical(attempts)})

    def drop_attempts(self, name: str) -> None:
        self._rows(compiled.DROP_ATTEMPTS, {"name": name})

    def drop_old_attempts(self, before: dt.datetime) -> None:
        self._rows(compiled.DROP_OLD_ATTEMPTS, {"before": before.astimezone(JST).isoformat()})

    def put_taken_on(self, taken: TakenWork) -> None:
        self._rows(compiled.PUT_TAKEN, {"about": encodable(taken.about), "row": canonical(taken)})

    def drop_taken_on(self, about: str) -> None:
        self._rows(compiled.DROP_TAKEN, {"about": encodable(about)})

    def new_token(self) -> str:
        return secrets.token_urlsafe(TOKEN_BYTES)
