"""Single sign-on: a login at the office's identity provider (OpenID Connect), and which account it opens.

An account is bound once, by an administrator's invitation, to the issuer, the subject and the organisation of a token;
from then on these alone count. A mail address opens nothing: it must fit at the binding, so that a link in the wrong
hands binds no colleague. No account is made by a login, and no role comes from the provider.

The answer of the provider reaches the browser that asked: a signed cookie, the trip, holds the state, from which nonce
and PKCE's secret are derived. Each state is used once.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from worker.accounts.login import (
    BY_THE_PROGRAM,
    FORGOTTEN_AFTER,
    MINUTE,
    LoggedIn,
    LoginRefused,
    console_key,
    count_address,
    count_try,
    open_session,
    renew_session,
)
from worker.accounts.people import author_of, find_invitation, record_change
from worker.accounts.ports import SsoRefused, SsoRequest
from worker.accounts.second_factor import needs_code, use_code
from worker.accounts.sessions import token_hash
from worker.config.sso_settings import GOOGLE, SecondFactor, SsoProvider, SsoSettings
from worker.core.accounts import FRESH, Account, Attempts, Identity, LoginSession, Role, japanese_day
from worker.core.clock import is_over
from worker.core.errors import NotAllowed
from worker.core.json_values import read_json, write_json
from worker.core.states import NoteEvent
from worker.store.ports import Author, Reading, Store, Writing

TRIP_FOR: Final = dt.timedelta(minutes=10)
"""Time for a login at the provider: a password, a code, a telephone that lies elsewhere."""
CLOCK_SKEW: Final = dt.timedelta(minutes=2)
"""Difference of two clocks that are kept by NTP, with much to spare; a token lives an hour."""
MAX_TRIP: Final = 3_500
"""Characters of the cookie that are looked at; ours have some 800, with a long Japanese path some 2,500."""
MAX_CLAIM: Final = 255
"""Characters of a subject at most (OpenID Connect Core §2); of an issuer as many are enough."""
_PROVEN_BY_PROVIDER: Final = "mfa"
"""The value of ``amr`` that says that there were several factors (RFC 8176 §2)."""
_GOOGLE_OF_OLD: Final = GOOGLE.removeprefix("https://")
"""The other name that Google's tokens may bear."""
_WORD: Final = re.compile(r"[a-z_]{1,40}")
"""An ``error`` of RFC 6749 §4.1.2.1; anything else is not shown."""


class Purpose(StrEnum):
    """The end of a trip to the provider."""

    LOGIN = "login"
    PROOF = "proof"
    """The person decides, and the last proof is older than ``FRESH``."""
    BINDING = "binding"
    """The person came by an invitation."""
    CODE = "code"
    """The provider's part is done; the code of the second factor is awaited."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """The browser as the session's list shows it."""

    address: str = ""
    agent: str = ""
    is_outside: bool = False
    """True from outside ``[console] networks``."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One way to the provider and back, as its cookie holds it."""

    purpose: Purpose
    state: str = field(repr=False)
    begun_at: dt.datetime
    then: str = "/"
    """The page that was asked for."""
    is_kept: bool = False
    """「この端末で続ける」"""
    kept: str = field(default="", repr=False)
    """The name of the form that is given back."""
    invitation: str = field(default="", repr=False)
    account: int = 0
    """The account that the provider's part has opened, if a code is awaited."""
    proven_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A token's person, once the token has been judged."""

    identity: Identity
    has_second: bool
    authenticated_at: dt.datetime | None
    """When the provider asked the person; None: it does not say."""
    addresses: tuple[str, ...] = field(default=(), repr=False)
    """The addresses for which the provider vouches, in small letters."""
    is_mail_unverified: bool = False


@dataclass(frozen=True, slots=True)
class CodeNeeded:
    """The provider's part is done; ``cookie`` holds it until the code comes."""

    cookie: str = field(repr=False)


# --- The trip ------------------------------------------------------------------------------------------------


def begin_trip(store: Store, trip: Trip, address: str, now: dt.datetime) -> tuple[str, SsoRequest]:
    """Returns the cookie of a new trip like ``trip``, and what is asked of the provider. Raises LoginRefused."""
    with store.writing() as writing:
        count_address(writing, address, now)
        begun = dataclasses.replace(trip, state=writing.new_token(), begun_at=now)
    return _seal(store, begun), request_of(store, begun)


def request_of(reading: Reading, trip: Trip) -> SsoRequest:
    """Returns what a trip asked of the provider: the same each time."""

    def derive(word: str) -> str:
        return _text(hmac.new(console_key(reading), f"{word}\n{trip.state}".encode(), hashlib.sha256).digest())

    return SsoRequest(trip.state, derive("nonce"), derive("verifier"), trip.purpose is Purpose.PROOF)


def take_answer(store: Store, cookie: str, state: str, now: dt.datetime) -> Trip:
    """Returns the trip to which this answer belongs, and uses it up.

    Raises SsoRefused ``sso_state`` for an answer to another browser or after ten minutes, and ``sso_replayed``.
    """
    trip = _open(store, cookie, now)
    if trip is None or not hmac.compare_digest(trip.state.encode(), state.encode("utf-8", "replace")):
        raise SsoRefused("sso_state")
    if trip.purpose is Purpose.CODE:
        raise SsoRefused("sso_state")
    _use_up(store, trip, now)
    return trip


def _use_up(store: Store, trip: Trip, now: dt.datetime) -> None:
    with store.writing() as writing:
        writing.drop_old_attempts(now - FORGOTTEN_AFTER)
        name = f"sso:{token_hash(trip.state)}"
        if writing.attempts(name) is not None:
            raise SsoRefused("sso_replayed")
        writing.put_attempts(Attempts(name, 1, now))


def _seal(reading: Reading, trip: Trip) -> str:
    text = _text(write_json(trip).encode())
    return f"{text}.{_sign(reading, text)}"


def _open(reading: Reading, cookie: str, now: dt.datetime) -> Trip | None:
    """Returns the trip of a cookie that is ours and not too old."""
    text, _, signature = cookie.partition(".") if len(cookie) <= MAX_TRIP and cookie.isascii() else ("", "", "")
    if not text or not hmac.compare_digest(_sign(reading, text), signature):
        return None
    trip = read_json(Trip, base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return None if trip is None or is_over(trip.begun_at, trip.begun_at + TRIP_FOR, now) else trip


def _sign(reading: Reading, text: str) -> str:
    return hmac.new(console_key(reading), f"trip\n{text}".encode(), hashlib.sha256).hexdigest()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


# --- The answer ----------------------------------------------------------------------------------------------


def refusal_of(error: str, detail: str = "") -> SsoRefused:
    """Returns the refusal for an ``error`` with which the provider sent the browser back (RFC 6749 §4.1.2.1)."""
    said = error if _WORD.fullmatch(error) else "?"
    if said == "access_denied":
        return SsoRefused("sso_cancelled", detail)
    return SsoRefused("sso_denied", detail, said=said)


def judge_claims(claims: Mapping[str, Any], settings: SsoSettings, nonce: str, now: dt.datetime) -> Person:
    """Returns the person of an ID token whose signature holds (OpenID Connect Core §3.1.3.7). Raises SsoRefused."""
    issuer, subject = claims.get("iss"), claims.get("sub")
    if issuer == _GOOGLE_OF_OLD and settings.issuer == GOOGLE:
        issuer = GOOGLE
    if issuer != settings.issuer:
        raise SsoRefused("sso_issuer", f"iss {_short(issuer)}")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_CLAIM or not subject.isprintable():
        raise SsoRefused("sso_claims", "sub")
    audience = claims.get("aud")
    meant_for = audience if isinstance(audience, list) else [audience]
    is_ours = settings.client_id in meant_for
    if (
        not is_ours
        or (len(meant_for) > 1 and "azp" not in claims)
        or claims.get("azp", settings.client_id) != (settings.client_id)
    ):
        raise SsoRefused("sso_audience", f"aud {_short(audience)} azp {_short(claims.get('azp'))}")
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode("utf-8", "replace"), nonce.encode()):
        raise SsoRefused("sso_nonce")
    _judge_times(claims, now)
    tenant = _tenant_of(claims, settings)
    authenticated = claims.get("auth_time")
    return Person(
        Identity(str(issuer), subject, tenant),
        _has_second(claims, settings),
        _moment(claims, "auth_time") if authenticated is not None else None,
        *_addresses_of(claims, settings),
    )


def _judge_times(claims: Mapping[str, Any], now: dt.datetime) -> None:
    issued, ends, starts = (_moment(claims, name) for name in ("iat", "exp", "nbf"))
    if issued is None or ends is None:
        raise SsoRefused("sso_claims", "iat exp")
    ahead = max(issued, starts or issued) - now
    if ahead > CLOCK_SKEW:
        raise SsoRefused("sso_clock", f"iat {issued.isoformat()}", minutes=round(ahead / MINUTE))
    if now - ends >= CLOCK_SKEW:
        # A token comes at once: one that was made long ago is of a clock that goes behind ours, or is an old one.
        raise SsoRefused("sso_expired", f"exp {ends.isoformat()}")


def _moment(claims: Mapping[str, Any], name: str) -> dt.datetime | None:
    """Returns the moment of a claim; None if it is missing. Raises SsoRefused for one that is no moment."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SsoRefused("sso_claims", name)
    try:
        return dt.datetime.fromtimestamp(value, dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise SsoRefused("sso_claims", name) from None


def _tenant_of(claims: Mapping[str, Any], settings: SsoSettings) -> str:
    """Returns the organisation of the token. Raises SsoRefused ``sso_tenant`` for another one, and for none."""
    name, expected = {
        SsoProvider.MICROSOFT: ("tid", settings.tenant),
        SsoProvider.GOOGLE: ("hd", settings.domain),
        SsoProvider.OPENID: ("", ""),
    }[settings.provider]
    if not name:
        return ""
    found = claims.get(name)
    if not isinstance(found, str) or found.lower() != expected:
        raise SsoRefused("sso_tenant", f"{name} {_short(found)}")
    return expected


def _has_second(claims: Mapping[str, Any], settings: SsoSettings) -> bool:
    """Returns whether the token says that there was a second factor, in the words that the settings believe."""
    if settings.second_factor is not SecondFactor.PROVIDER:
        return False
    said = {*_texts(claims.get("acr")), *_texts(claims.get("acrs"))}
    return _PROVEN_BY_PROVIDER in _texts(claims.get("amr")) or not said.isdisjoint(settings.acr_values)


def _addresses_of(claims: Mapping[str, Any], settings: SsoSettings) -> tuple[tuple[str, ...], bool]:
    """Returns the addresses for which the provider vouches, and whether there is one for which it does not.

    Microsoft vouches for none (its ``email`` may be anything); in the office's own tenant the sign-in name and the
    address are what its administrators gave, and the invitation is what binds.
    """
    mail = _texts(claims.get("email"))
    if settings.provider is SsoProvider.MICROSOFT:
        return tuple(each.lower() for each in (*_texts(claims.get("preferred_username")), *mail)), False
    if claims.get("email_verified") is not True:
        return (), bool(mail)
    return tuple(each.lower() for each in mail), False


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(each for each in values if isinstance(each, str) and each)


def _short(value: object) -> str:
    return repr(value)[:80]


# --- Binding and unbinding -----------------------------------------------------------------------------------


def bind_identity(
    store: Store, trip: Trip, person: Person, settings: SsoSettings, visitor: Visitor, now: dt.datetime
) -> LoggedIn | None:
    """Binds the person's company account to the account of the invitation, and logs in; the invitation is used up.

    The password of a person who is no administrator ends: who leaves the company has no other way in. An
    administrator's stays for an emergency. Returns None if the next login must ask for a code. Raises SsoRefused,
    and NotAllowed ``invitation_over``.
    """
    with store.writing() as writing:
        account = find_invitation(writing, trip.invitation, now)
        if account is None:
            raise NotAllowed("invitation_over")
        if not account.mail:
            raise SsoRefused("sso_mail_missing")
        if person.is_mail_unverified:
            raise SsoRefused("sso_mail_unverified")
        if account.mail.lower() not in person.addresses:
            raise SsoRefused("sso_mail_differs")
        owner = find_owner(writing, person.identity)
        if owner is not None and owner.id != account.id:
            raise SsoRefused("sso_taken", f"account {owner.login}")
        if account.identity not in {None, person.identity}:
            raise SsoRefused("sso_bound_other", name=account.name)
        password = account.password if Role.ADMIN in account.roles else ""
        bound = writing.put_account(dataclasses.replace(account, identity=person.identity, password=password))
        writing.drop_invitations_of(account.id)
        writing.drop_sessions_of(account.id)
        known_as = {"provider": person.identity.issuer, "identity": person.identity.subject}
        detail = {"change": "identity_bound", **known_as}
        record_change(writing, bound, author_of(bound, visitor.address), detail)
        if _needs_more(bound, person, settings, visitor):
            return None
        session = _session_of(bound, visitor, now, now, has_second=person.has_second)
        return open_session(writing, bound, session, provider=person.identity.issuer)


def forget_identity(store: Store, account_id: int, author: Author) -> Account:
    """Removes the binding of an account to a company account; every session of the account ends."""
    with store.writing() as writing:
        account = writing.account(account_id)
        if account is None:
            raise NotAllowed("no_such_account", login=str(account_id))
        if account.identity is None:
            return account
        changed = writing.put_account(dataclasses.replace(account, identity=None))
        writing.drop_sessions_of(account_id)
        record_change(writing, changed, author, {"change": "identity_removed", "provider": account.identity.issuer})
        return changed


def find_owner(reading: Reading, identity: Identity) -> Account | None:
    """Returns the account that is bound to this person, stopped or not; None if there is none."""
    return next((each for each in reading.accounts() if each.identity == identity), None)


# --- Logging in and proving ----------------------------------------------------------------------------------


def log_in_by_identity(
    store: Store, trip: Trip, person: Person, settings: SsoSettings, visitor: Visitor, now: dt.datetime
) -> LoggedIn | CodeNeeded:
    """Opens a session for the account that is bound to this person, or says that a code is needed first.

    Raises SsoRefused ``sso_unbound``, ``sso_second_factor``, and NotAllowed ``account_stopped``.
    """
    with store.writing() as writing:
        account = find_owner(writing, person.identity)
        if account is None:
            raise SsoRefused("sso_unbound", f"sub {_short(person.identity.subject)}")
        _refuse_stopped(account, now)
        # Without the moment, the provider may have asked the person long ago: no decision follows from that.
        proven_at = min(now, person.authenticated_at) if person.authenticated_at else now - FRESH
        if _needs_more(account, person, settings, visitor):
            if settings.second_factor is SecondFactor.PROVIDER:
                raise SsoRefused("sso_second_factor", f"account {account.login}")
            if not account.totp:
                raise NotAllowed("code_unregistered")
            waiting = dataclasses.replace(
                trip, purpose=Purpose.CODE, state=writing.new_token(), account=account.id, proven_at=proven_at
            )
            return CodeNeeded(_seal(writing, dataclasses.replace(waiting, begun_at=now)))
        session = _session_of(account, visitor, now, proven_at, is_kept=trip.is_kept, has_second=person.has_second)
        return open_session(writing, account, session, provider=person.identity.issuer)


def open_by_code(store: Store, cookie: str, typed: str, visitor: Visitor, now: dt.datetime) -> tuple[LoggedIn, Trip]:
    """Opens the session for which a code was awaited; the code proves the person.

    Raises SsoRefused ``sso_state``, LoginRefused for a try that came too soon, and NotAllowed as ``use_code``.
    """
    trip = _open(store, cookie, now)
    if trip is None or trip.purpose is not Purpose.CODE:
        raise SsoRefused("sso_state")
    name = f"sso-code:{trip.account}"
    with store.writing() as writing:  # the count stays where the code is refused
        count_try(writing, name, now)
    with store.writing() as writing:
        account = writing.account(trip.account)
        if account is None or account.identity is None:
            raise SsoRefused("sso_state")
        _refuse_stopped(account, now)
        spent = f"sso:{token_hash(trip.state)}"
        if writing.attempts(spent) is not None:
            raise SsoRefused("sso_replayed")
        used = use_code(writing, account, typed, now, visitor.address)
        writing.put_attempts(Attempts(spent, 1, now))
        writing.drop_attempts(name)
        session = _session_of(used, visitor, now, now, is_kept=trip.is_kept)
        return open_session(writing, used, session, provider=account.identity.issuer), trip


def prove_by_identity(store: Store, session: LoginSession, trip: Trip, person: Person, now: dt.datetime) -> LoggedIn:
    """Returns the session under a new token after its person was asked again by the provider.

    Raises SsoRefused ``sso_other_person``, ``sso_not_renewed``, and NotAllowed ``session_over``.
    """
    with store.writing() as writing:
        account = writing.account(session.account)
        if writing.session(session.token_sha256) is None or account is None:
            raise NotAllowed("session_over")
        if account.identity != person.identity:
            raise SsoRefused("sso_other_person", f"sub {_short(person.identity.subject)}", name=account.name)
        if person.authenticated_at is None or person.authenticated_at < trip.begun_at - CLOCK_SKEW:
            raise SsoRefused("sso_not_renewed", f"auth_time {person.authenticated_at}")
        return renew_session(writing, session, account, now)


def can_prove(account: Account, settings: SsoSettings | None) -> bool:
    """Returns whether the provider can ask this person again, and say that it did; Google cannot."""
    is_bound = account.identity is not None and settings is not None and account.identity.issuer == settings.issuer
    return is_bound and settings is not None and settings.provider is not SsoProvider.GOOGLE


def _needs_more(account: Account, person: Person, settings: SsoSettings, visitor: Visitor) -> bool:
    """Returns whether this login lacks a second factor; an administrator at the desk registers the first one inside."""
    if person.has_second or not needs_code(account, outside=visitor.is_outside):
        return False
    return settings.second_factor is SecondFactor.PROVIDER or bool(account.totp) or visitor.is_outside


def _refuse_stopped(account: Account, now: dt.datetime) -> None:
    if not account.is_usable(japanese_day(now)):
        raise NotAllowed("account_stopped", name=account.name)


def _session_of(
    account: Account,
    visitor: Visitor,
    now: dt.datetime,
    proven_at: dt.datetime,
    *,
    is_kept: bool = False,
    has_second: bool = False,
) -> LoginSession:
    return LoginSession("", account.id, now, now, proven_at, is_kept, visitor.address, visitor.agent, has_second)


# --- Refusals in the log -------------------------------------------------------------------------------------


def record_refusal(store: Store, refused: NotAllowed, user: str, address: str, now: dt.datetime) -> None:
    """Records a login that the provider's answer did not open, once a minute of each kind and person.

    ``user`` is the login of the account concerned; empty: none is known. A try that came too soon is no entry.
    """
    if isinstance(refused, LoginRefused):
        return
    with store.writing() as writing:
        _record(writing, refused.code, user, address, now)


def _record(writing: Writing, code: str, user: str, address: str, now: dt.datetime) -> None:
    name = f"noted:{code}:{user}"
    noted = writing.attempts(name)
    if noted is not None and not is_over(noted.at, noted.at + MINUTE, now):
        return
    writing.put_attempts(Attempts(name, 1, now))
    known = {"user": user} if user else {}
    writing.note(NoteEvent.LOGIN_FAILED, None, BY_THE_PROGRAM, {**known, "address": address, "refusal": code})
