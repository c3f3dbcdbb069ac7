"""The login by a company account: links to the identity provider, and the page to which it sends the browser back."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from starlette.responses import RedirectResponse, Response

from worker.accounts import sso
from worker.accounts.login import LoggedIn
from worker.accounts.people import find_invitation
from worker.accounts.ports import SsoRefused
from worker.accounts.sessions import MAX_TOKEN
from worker.accounts.sso import CodeNeeded, Purpose, Trip, Visitor
from worker.console.desk import Desk, SingleSignOn
from worker.console.login import comes_from_outside, within
from worker.console.visit import Visit
from worker.core.errors import NotAllowed

CALLBACK: Final = "/sso/callback"
"""The path to register at the provider, behind ``[console] url``."""
_TRIP_SECONDS: Final = int(sso.TRIP_FOR.total_seconds())
_LONGEST_ANSWER: Final = 8_000
"""Characters of a code that are passed on; Microsoft's have some 1,500."""
_LONGEST_PATH: Final = 300
"""Characters of a path that a trip keeps: browsers drop a cookie of more than 4,096 bytes."""
_LOG: Final = logging.getLogger(__name__)


def trip_cookie(desk: Desk) -> str:
    """The name of the cookie that holds a trip; for the prefix see ``guards.session_cookie``."""
    return "hoshobin-trip" if desk.is_loopback_http else "__Host-hoshobin-trip"


# --- Links to the provider -----------------------------------------------------------------------------------


def begin_login(visit: Visit) -> Response:
    """Sends the browser to the provider."""
    then = within(visit.query.get("then", "/"))
    then = then if len(then) <= _LONGEST_PATH else "/"
    return _begin(visit, Purpose.LOGIN, then=then, is_kept=bool(visit.query.get("keep")))


def begin_proof(visit: Visit) -> Response:
    """Sends the browser to the provider, which must ask the person again."""
    return _begin(visit, Purpose.PROOF)


def begin_binding(visit: Visit) -> Response:
    """Sends the browser of an invited person to the provider. The invitation is used up by the answer alone."""
    return _begin(visit, Purpose.BINDING, invitation=str(visit.params["token"])[:MAX_TOKEN])


def leave_provider(visit: Visit) -> Response:
    """Sends the browser to the provider's logout; to our login if it has none."""
    try:
        address = _single_sign_on(visit).provider.logout_address()
    except SsoRefused as refused:
        return _refuse(visit, refused, "")
    return RedirectResponse(address, HTTPStatus.SEE_OTHER) if address else visit.go("/login")


def _begin(visit: Visit, purpose: Purpose, *, then: str = "/", is_kept: bool = False, invitation: str = "") -> Response:
    kept = visit.query.get("kept", "")[:MAX_TOKEN]
    trip = Trip(purpose, "", visit.now, then, is_kept, kept, invitation)
    try:
        provider = _single_sign_on(visit).provider
        cookie, asked = sso.begin_trip(visit.store, trip, visit.address, visit.now)
        address = provider.authorization_address(asked)
    except NotAllowed as refused:
        return _refuse(visit, refused, visit.account.login if visit.account else "")
    visit.cookies[trip_cookie(visit.desk)] = (cookie, _TRIP_SECONDS)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def _single_sign_on(visit: Visit) -> SingleSignOn:
    if visit.desk.sso is None:
        raise SsoRefused("sso_off")
    return visit.desk.sso


# --- The answer ----------------------------------------------------------------------------------------------


def come_back(visit: Visit) -> Response:
    """Judges the provider's answer, and opens what it opens."""
    user = visit.account.login if visit.account else ""
    try:
        sign_on = _single_sign_on(visit)
        answer = {name: visit.query.get(name, "") for name in ("state", "code", "error", "iss")}
        trip = sso.take_answer(visit.store, visit.trip, answer["state"][:MAX_TOKEN], visit.now)
        _end_trip(visit)
        user = _user_of(visit, trip) or user
        _refuse_other_answers(answer, sign_on)
        asked = sso.request_of(visit.store, trip)
        claims = sign_on.provider.redeem(answer["code"], asked.verifier)
        person = sso.judge_claims(claims, sign_on.settings, asked.nonce, visit.desk.clock.now())
        if trip.purpose is Purpose.LOGIN and (owner := sso.find_owner(visit.store, person.identity)) is not None:
            user = owner.login
        return _arrive(visit, sign_on, trip, person)
    except NotAllowed as refused:
        return _refuse(visit, refused, user)


def _refuse_other_answers(answer: Mapping[str, str], sign_on: SingleSignOn) -> None:
    """Raises SsoRefused for an answer without a code, and for that of another provider (RFC 9207)."""
    if answer["iss"] and answer["iss"] != sign_on.settings.issuer:
        raise SsoRefused("sso_issuer", f"iss {answer['iss'][:80]}")
    if answer["error"]:
        raise sso.refusal_of(answer["error"])
    if not 0 < len(answer["code"]) <= _LONGEST_ANSWER:
        raise SsoRefused("sso_provider_answer", "no code")


def _user_of(visit: Visit, trip: Trip) -> str:
    """Returns the login of the account of an invitation; empty if there is none."""
    invited = find_invitation(visit.store, trip.invitation, visit.now) if trip.invitation else None
    return invited.login if invited is not None else ""


def _arrive(visit: Visit, sign_on: SingleSignOn, trip: Trip, person: sso.Person) -> Response:
    visitor = Visitor(visit.address, visit.agent, comes_from_outside(visit))
    match trip.purpose:
        case Purpose.PROOF:
            if visit.session is None:
                raise NotAllowed("session_over")
            proven = sso.prove_by_identity(visit.store, visit.session, trip, person, visit.now)
            return _go_on(visit, proven, trip, "sso_proven")
        case Purpose.BINDING:
            bound = sso.bind_identity(visit.store, trip, person, sign_on.settings, visitor, visit.now)
            if bound is None:
                return visit.go("/login", "identity_bound")
            visit.keep_session(bound)
            is_to_register = not bound.account.totp and not sso.can_prove(bound.account, sign_on.settings)
            return visit.go("/me", "identity_bound_code") if is_to_register else visit.go("/", "identity_bound")
        case _:
            opened = sso.log_in_by_identity(visit.store, trip, person, sign_on.settings, visitor, visit.now)
            if isinstance(opened, CodeNeeded):
                visit.cookies[trip_cookie(visit.desk)] = (opened.cookie, _TRIP_SECONDS)
                return visit.page("sso_code.html", failed="")
            return _go_on(visit, opened, trip)


def give_code(visit: Visit) -> Response:
    """Opens the session of a person whom the provider knows, once the code is right."""
    visitor = Visitor(visit.address, visit.agent, comes_from_outside(visit))
    try:
        _single_sign_on(visit)
        opened, trip = sso.open_by_code(visit.store, visit.trip, visit.form.text("code"), visitor, visit.now)
    except SsoRefused as refused:
        return _refuse(visit, refused, "")
    except NotAllowed as refused:
        return visit.page("sso_code.html", 422, failed=visit.refusal(refused))
    _end_trip(visit)
    return _go_on(visit, opened, trip)


def _go_on(visit: Visit, done: LoggedIn, trip: Trip, said: str = "") -> Response:
    """Gives back the form that was kept for this person; else goes to the page that was asked for."""
    visit.keep_session(done)
    kept = visit.desk.kept_forms.take(trip.kept, done.account.id, visit.now) if trip.kept else None
    if kept is None:
        return visit.go(trip.then, said) if said else visit.go(trip.then)
    why = "sso_proven_why" if said else "again_why"
    return visit.page("again.html", path=kept.path, typed=kept.typed, why=why)


def _end_trip(visit: Visit) -> None:
    visit.cookies[trip_cookie(visit.desk)] = ("", 0)


def _refuse(visit: Visit, refused: NotAllowed, user: str) -> Response:
    """Shows the sentence of a refusal, records it, and writes what it was into the journal."""
    detail = refused.detail if isinstance(refused, SsoRefused) else ""
    _LOG.warning("console_sso_refused %s %s", refused.code, detail)
    if refused.code != "sso_off":
        sso.record_refusal(visit.store, refused, user, visit.address, visit.now)
    return visit.page("sso_failed.html", HTTPStatus.FORBIDDEN, failed=visit.refusal(refused))
