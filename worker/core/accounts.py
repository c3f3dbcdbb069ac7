"""People's accounts, their roles and rights, and their sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from worker.core.model import JST
from worker.core.text import match_key

DESK_HOURS: Final = dt.timedelta(hours=12)
"""Longest session at a desk: a working day with its overtime."""
KEPT_DAYS: Final = dt.timedelta(days=30)
"""Longest session on a device that the person keeps."""
KEPT_IDLE: Final = dt.timedelta(days=7)
"""Longest time without a page on such a device: a holiday, and a lost phone is soon of no use."""
FRESH: Final = dt.timedelta(minutes=30)
"""Time after a password in which its person may decide without giving it again."""


class Role(StrEnum):
    """The task of a person; an account may have several."""

    STAFF = "staff"
    """担当"""
    APPROVER = "approver"
    """承認"""
    AUDITOR = "auditor"
    """監査: sees and takes away, changes nothing."""
    ADMIN = "admin"
    """管理: people and health; sees no submission and no key, and approves nothing."""


class Right(StrEnum):
    """The permission that a page or a form asks for."""

    SEE = "see"
    """Submissions, projects, issuers and the log."""
    PREPARE = "prepare"
    """Drop, register, edit, confirm, done, hand over, join, withdraw, stop."""
    DECIDE = "decide"
    """Approve, resolve, resend."""
    KEY = "key"
    """The key and the originals, each recorded; who works on no submission gives a reason."""
    EXPORT = "export"
    """The log as a table."""
    AUDIT = "audit"
    """Verify, originals of what was found (with a reason), the log of views."""
    HEALTH = "health"
    """Health, resume."""
    ABSENCE = "absence"
    """The absence of another person, and the deputy."""
    REHEARSE = "rehearse"
    """Begin and end the rehearsal."""
    PEOPLE = "people"
    """Accounts."""
    OWN = "own"
    """The person's own settings and sessions."""


class MailKind(StrEnum):
    """The kinds of mails that a person may want. Alarms of the gravest kind come to everybody who can act on them."""

    WAITING = "waiting"
    """What waits for a person, leaves by itself or expires."""
    SENT = "sent"
    """The daily list of what was sent."""
    WARNINGS = "warnings"
    """What is wrong with the program or its servers."""


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.STAFF: frozenset({Right.OWN, Right.SEE, Right.PREPARE, Right.KEY, Right.EXPORT}),
    Role.APPROVER: frozenset(
        {Right.OWN, Right.SEE, Right.PREPARE, Right.KEY, Right.EXPORT, Right.DECIDE, Right.ABSENCE, Right.REHEARSE}
    ),
    Role.AUDITOR: frozenset({Right.OWN, Right.SEE, Right.EXPORT, Right.AUDIT, Right.KEY}),
    Role.ADMIN: frozenset({Right.OWN, Right.HEALTH, Right.PEOPLE, Right.ABSENCE, Right.REHEARSE}),
}
"""The rights of each role; an account has the union of its roles."""


MAILS_FOR: Final[Mapping[MailKind, frozenset[Right]]] = {
    MailKind.WAITING: frozenset({Right.PREPARE}),
    MailKind.SENT: frozenset({Right.SEE}),
    MailKind.WARNINGS: frozenset({Right.PREPARE, Right.HEALTH}),
}
"""For each kind of mail the rights of which its reader needs one."""


@dataclass(frozen=True, slots=True)
class AwayPeriod:
    """The days on which a person is away (不在), both included."""

    first: dt.date
    last: dt.date
    deputy: int | None = None
    """The id of the account that approves meanwhile (代理)."""

    def meets(self, first: dt.date, last: dt.date) -> bool:
        """Returns whether the person is away on one of these days, both included."""
        return self.first <= last and first <= self.last


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the office's identity provider knows him or her; a mail address is no part of it."""

    issuer: str
    subject: str
    """Unique at the issuer, and never given to another person (OpenID Connect Core §2)."""
    tenant: str = ""
    """The organisation, if the issuer names one."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may use the console, and decide at the command line."""

    id: int
    """0: not recorded yet."""
    login: str
    """The name typed at the login, folded (``accounts.people.fold_login``)."""
    name: str
    """氏名, as entries name the person."""
    reading: str = ""
    """フリガナ"""
    mail: str = ""
    roles: frozenset[Role] = frozenset()
    until: dt.date | None = None
    """The last day of use."""
    is_stopped: bool = False
    password: str = field(default="", repr=False)
    """The Argon2id hash in PHC form; empty: no password was chosen yet."""
    language: Literal["ja", "en"] = "ja"
    totp: str = field(default="", repr=False)
    """The secret of the second factor; empty: none."""
    recovery: tuple[str, ...] = field(default=(), repr=False)
    """The SHA-256 of each recovery code that was not used yet."""
    created_at: dt.datetime | None = None
    password_at: dt.datetime | None = None
    """When the password was chosen."""
    away: AwayPeriod | None = None
    """The present or next absence, or the last one."""
    mails: frozenset[MailKind] = frozenset()
    """The mails that the person wants."""
    identity: Identity | None = None
    """The company account by which the person logs in; None: none is bound."""

    @property
    def rights(self) -> frozenset[Right]:
        """The union of the rights of its roles, usable or not."""
        return frozenset().union(*(RIGHTS[role] for role in self.roles))

    @property
    def mails_to_choose(self) -> tuple[MailKind, ...]:
        """The kinds of mails that its roles may have."""
        return tuple(kind for kind in MailKind if self.rights & MAILS_FOR[kind])

    def is_usable(self, today: dt.date) -> bool:
        """Returns whether the person may use it on this day."""
        return not self.is_stopped and (self.until is None or today <= self.until)

    def may(self, right: Right, today: dt.date) -> bool:
        """Returns whether the person has this right on this day."""
        return self.is_usable(today) and right in self.rights

    def is_away(self, today: dt.date) -> bool:
        """Returns whether the person is absent on this day."""
        return self.away is not None and self.away.meets(today, today)

    def may_act(self, right: Right, today: dt.date) -> bool:
        """Returns whether the person has this right on this day and is there."""
        return self.may(right, today) and not self.is_away(today)


@dataclass(frozen=True, slots=True)
class LoginSession:
    """One login of one browser. The id itself is never stored: ``token_sha256`` is its hash."""

    token_sha256: str = field(repr=False)
    account: int
    opened_at: dt.datetime
    seen_at: dt.datetime
    """The last page, to the minute."""
    proven_at: dt.datetime
    """The last time that the password was given."""
    is_kept: bool = False
    """「この端末で続ける」"""
    address: str = ""
    """The client's address at the login."""
    agent: str = ""
    """The browser's name for itself at the login."""
    has_second: bool = False
    """True if the identity provider asked for a second factor at the login."""

    def is_over(self, now: dt.datetime) -> bool:
        """Returns whether the person must log in again. A clock that was set back lengthens no session."""
        if self.is_kept:
            return abs(now - self.opened_at) >= KEPT_DAYS or abs(now - self.seen_at) >= KEPT_IDLE
        return abs(now - self.opened_at) >= DESK_HOURS

    def is_fresh(self, now: dt.datetime) -> bool:
        """Returns whether the password was given shortly before ``now``, so that the person may decide."""
        return dt.timedelta(0) <= now - self.proven_at < FRESH


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link by which a person chooses a password, once."""

    token_sha256: str = field(repr=False)
    account: int
    made_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Attempts:
    """Wrong passwords in a row for one account, one known browser or one address."""

    name: str
    """``account:ID``, ``device:…``, ``unknown:…`` or ``address:…``."""
    count: int
    at: dt.datetime
    """The last one; of an address, the begin of its minute."""


@dataclass(frozen=True, slots=True)
class TakenWork:
    """Work that a person has taken on (担当); it ends by itself after a working day without an act of the person."""

    about: str
    """A submission's id, or a project's id and the product of a missing guarantee (``work_key``)."""
    by: str
    """The person's name."""
    at: dt.datetime


def work_key(submission: int | None, project: str, product: str) -> str:
    """Returns the text by which a piece of work is taken on: the submission, else the guarantee that is missing."""
    return str(submission) if submission is not None else f"{project}/{product}"


def japanese_day(now: dt.datetime) -> dt.date:
    """Returns the day in Japan, by which an account's last day is meant."""
    return now.astimezone(JST).date()


# --- Absence and deputies ------------------------------------------------------------------------------------


def represented_by(accounts: Sequence[Account], by: str, today: dt.date) -> tuple[str, ...]:
    """Returns the names of the approvers who are away on this day and whose deputy is the person ``by``."""
    deputies = {each.id for each in accounts if match_key(each.name) == match_key(by)}
    deputies &= {each.id for each in accounts if each.may_act(Right.DECIDE, today)}
    return tuple(
        each.name
        for each in accounts
        if each.may(Right.DECIDE, today) and each.is_away(today) and each.away and each.away.deputy in deputies
    )


def approvers_present(
    accounts: Iterable[Account], today: dt.date, but: AbstractSet[str] = frozenset()
) -> tuple[str, ...]:
    """Returns the names of the approvers who are there on this day, but for those ``but`` names (``match_key``)."""
    present = (each.name for each in accounts if each.may_act(Right.DECIDE, today))
    return tuple(name for name in present if match_key(name) not in but)


def day_without_approver(accounts: Sequence[Account], period: AwayPeriod, today: dt.date) -> dt.date | None:
    """Returns the first day of the absence, from today on, on which no approver is there; None if there is none."""
    day = max(period.first, today)
    while day <= period.last:
        if not approvers_present(accounts, day):
            return day
        day += dt.timedelta(days=1)
    return None
