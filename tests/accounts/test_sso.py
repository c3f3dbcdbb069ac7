"""Single sign-on in a real store: which token opens which account, once, and for whom nothing opens."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.people import NOW, PASSWORD, ROOT, PlainHasher, account, add, replaced
from tests.support.stores import make_store
from tests.support.tables import every_case
from worker.accounts.login import PER_ADDRESS, Attempt, LoggedIn, LoginRefused, log_in, prove_by_code
from worker.accounts.people import add_account, change_account, find_invitation, invite, stop_account
from worker.accounts.ports import SsoRefused
from worker.accounts.second_factor import STEP_SECONDS, code_of, register_code
from worker.accounts.sessions import find_session
from worker.accounts.sso import (
    CLOCK_SKEW,
    TRIP_FOR,
    CodeNeeded,
    Person,
    Purpose,
    Trip,
    Visitor,
    begin_trip,
    bind_identity,
    can_prove,
    forget_identity,
    judge_claims,
    log_in_by_identity,
    open_by_code,
    prove_by_identity,
    record_refusal,
    refusal_of,
    request_of,
    take_answer,
)
from worker.config.sso_settings import GOOGLE, SecondFactor, SsoProvider, SsoSettings
from worker.core.accounts import FRESH, Account, Identity, Role
from worker.core.errors import NotAllowed
from worker.core.messages import say_refusal
from worker.core.states import NoteEvent
from worker.store.sqlite.store import SqlStore

ISSUER = "https://id.contractor.example"
TENANT = "11111111-2222-3333-4444-555555555555"
MAIL = "hanako@contractor.example"
NONCE = "n" * 43
SETTINGS = SsoSettings(SsoProvider.OPENID, "client", "x", issuer=ISSUER)
MICROSOFT = SsoSettings(SsoProvider.MICROSOFT, "client", "x", tenant=TENANT, issuer=ISSUER)
AT_GOOGLE = SsoSettings(SsoProvider.GOOGLE, "client", "x", domain="contractor.example", issuer=GOOGLE)
INSIDE = Visitor("192.168.1.7", "Firefox")
OUTSIDE = dataclasses.replace(INSIDE, address="203.0.113.9", is_outside=True)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    made = make_store(tmp_path / "var")
    add(made, "admin", "鈴木 一郎", Role.ADMIN)
    yield made
    made.close()


def claims(**changed: Any) -> dict[str, Any]:
    """Of a token that is in order, with these in place of the truth; None: without it."""
    at = int(NOW.timestamp())
    good = {
        "iss": ISSUER,
        "sub": "subject",
        "aud": "client",
        "iat": at,
        "exp": at + 3600,
        "auth_time": at,
        "nonce": NONCE,
        "email": MAIL,
        "email_verified": True,
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def judged(settings: SsoSettings = SETTINGS, now: dt.datetime = NOW, **changed: Any) -> Person:
    return judge_claims(claims(**changed), settings, NONCE, now)


def code_of_refusal(settings: SsoSettings = SETTINGS, now: dt.datetime = NOW, **changed: Any) -> str:
    with pytest.raises(SsoRefused) as refused:
        judged(settings, now, **changed)
    assert say_refusal(refused.value.code, "ja", **refused.value.params)
    assert say_refusal(refused.value.code, "en", **refused.value.params)
    return refused.value.code


def staff(store: SqlStore, mail: str = MAIL, *roles: Role) -> Account:
    """One who was added and has chosen no password."""
    return add_account(store, account("hanako", "山田 花子", *(roles or {Role.STAFF}), mail=mail), ROOT, NOW)


def bound(store: SqlStore, person: Person | None = None, *roles: Role, now: dt.datetime = NOW) -> LoggedIn:
    added = staff(store, MAIL, *roles)
    done = bind(store, added, person or judged(), now)
    assert done is not None
    return done


def bind(
    store: SqlStore,
    invited: Account,
    person: Person,
    now: dt.datetime = NOW,
    visitor: Visitor = INSIDE,
    settings: SsoSettings = SETTINGS,
) -> LoggedIn | None:
    trip = Trip(Purpose.BINDING, "s", now, invitation=invite(store, invited.id, ROOT, now))
    return bind_identity(store, trip, person, settings, visitor, now)


def enter(
    store: SqlStore,
    person: Person,
    now: dt.datetime = NOW,
    visitor: Visitor = INSIDE,
    settings: SsoSettings = SETTINGS,
) -> LoggedIn | CodeNeeded:
    return log_in_by_identity(store, Trip(Purpose.LOGIN, "s", now), person, settings, visitor, now)


def entered(store: SqlStore, person: Person, now: dt.datetime = NOW) -> LoggedIn:
    done = enter(store, person, now)
    assert isinstance(done, LoggedIn)
    return done


def refused_by(store: SqlStore, person: Person, **more: Any) -> str:
    before = sessions(store)
    with pytest.raises(NotAllowed) as refused:
        enter(store, person, **more)
    assert sessions(store) == before
    return refused.value.code


def sessions(store: SqlStore) -> int:
    return sum(len(store.sessions_of(each.id)) for each in store.accounts())


def details(store: SqlStore, event: NoteEvent) -> list[dict[str, Any]]:
    return [dict(entry.detail) for entry in store.entries(events=[event])]


# --- Tokens --------------------------------------------------------------------------------------------------


def test_a_token_in_order_names_its_person_by_issuer_and_subject() -> None:
    person = judged()
    assert person.identity == Identity(ISSUER, "subject")
    assert (person.addresses, person.authenticated_at, person.has_second) == ((MAIL,), NOW, False)


@every_case(
    ("changed", "code"),
    [
        ({"iss": "https://elsewhere.example"}, "sso_issuer"),
        ({"iss": ISSUER + "/"}, "sso_issuer"),
        ({"iss": None}, "sso_issuer"),
        ({"aud": "another"}, "sso_audience"),
        ({"aud": None}, "sso_audience"),
        ({"aud": ["another"]}, "sso_audience"),
        ({"aud": ["client", "another"]}, "sso_audience"),
        ({"aud": ["client", "another"], "azp": "another"}, "sso_audience"),
        ({"azp": "another"}, "sso_audience"),
        ({"nonce": "m" * 43}, "sso_nonce"),
        ({"nonce": None}, "sso_nonce"),
        ({"nonce": 7}, "sso_nonce"),
        ({"sub": None}, "sso_claims"),
        ({"sub": ""}, "sso_claims"),
        ({"sub": 7}, "sso_claims"),
        ({"sub": "x" * 256}, "sso_claims"),
        ({"sub": "a\nb"}, "sso_claims"),
        ({"exp": None}, "sso_claims"),
        ({"iat": None}, "sso_claims"),
        ({"iat": "now"}, "sso_claims"),
        ({"exp": True}, "sso_claims"),
        ({"exp": 1e300}, "sso_claims"),
        ({"auth_time": []}, "sso_claims"),
    ],
)
def test_a_token_that_is_not_in_order_is_refused(changed: dict[str, Any], code: str) -> None:
    assert code_of_refusal(**changed) == code


def test_a_token_for_several_is_taken_if_it_was_given_to_us() -> None:
    assert judged(aud=["another", "client"], azp="client").identity.subject == "subject"


def test_a_token_that_has_expired_is_refused_but_for_the_skew_of_two_clocks() -> None:
    ends = NOW + dt.timedelta(hours=1)
    assert judged(now=ends + CLOCK_SKEW - dt.timedelta(seconds=1))
    assert code_of_refusal(now=ends + CLOCK_SKEW) == "sso_expired"


def test_a_clock_that_is_wrong_is_told_as_such() -> None:
    assert judged(now=NOW - CLOCK_SKEW)
    with pytest.raises(SsoRefused) as refused:
        judged(now=NOW - 7 * MINUTE)
    assert (refused.value.code, refused.value.params["minutes"]) == ("sso_clock", 7)
    assert "時計が7分ほどずれている" in say_refusal("sso_clock", "ja", **refused.value.params)
    assert code_of_refusal(nbf=int(NOW.timestamp()) + 600) == "sso_clock"


@pytest.mark.parametrize(
    ("settings", "name", "expected"),
    [(MICROSOFT, "tid", TENANT), (AT_GOOGLE, "hd", "contractor.example")],
    ids=["microsoft", "google"],
)
def test_a_token_of_another_tenant_is_refused_and_one_of_none(settings: SsoSettings, name: str, expected: str) -> None:
    own = {"iss": settings.issuer}
    assert judged(settings, **own, **{name: expected.upper()}).identity.tenant == expected
    assert code_of_refusal(settings, **own, **{name: "another"}) == "sso_tenant"
    assert code_of_refusal(settings, **own) == "sso_tenant"


def test_googles_other_name_is_the_same_issuer() -> None:
    person = judged(AT_GOOGLE, iss="accounts.google.com", hd="contractor.example")
    assert person.identity.issuer == GOOGLE
    assert code_of_refusal(iss="id.contractor.example") == "sso_issuer"


@pytest.mark.parametrize(
    ("changed", "is_second"),
    [
        ({"amr": ["pwd", "mfa"]}, True),
        ({"acr": "2"}, True),
        ({"acrs": ["c1", "2"]}, True),
        ({"amr": ["pwd"]}, False),
        ({"acr": "1"}, False),
        ({"amr": "pwd mfa"}, False),
        ({}, False),
    ],
)
def test_the_provider_s_second_factor_is_believed_in_its_own_words_alone(
    changed: dict[str, Any], is_second: bool
) -> None:
    settings = dataclasses.replace(SETTINGS, second_factor=SecondFactor.PROVIDER, acr_values=("2",))
    assert judged(settings, **changed).has_second is is_second
    assert judged(SETTINGS, **changed).has_second is False


# --- The trip ------------------------------------------------------------------------------------------------


def trip_of(purpose: Purpose = Purpose.LOGIN, **more: Any) -> Trip:
    return Trip(purpose, "", NOW, **more)


def test_an_answer_comes_back_to_its_browser_with_what_was_asked(store: SqlStore) -> None:
    cookie, asked = begin_trip(store, trip_of(then="/s/7", is_kept=True, kept="k"), "192.0.2.1", NOW)
    back = take_answer(store, cookie, asked.state, NOW + MINUTE)
    assert (back.purpose, back.then, back.is_kept, back.kept) == (Purpose.LOGIN, "/s/7", True, "k")
    assert request_of(store, back) == asked
    for secret in (asked.nonce, asked.verifier):
        assert secret not in cookie
    assert len({asked.state, asked.nonce, asked.verifier}) == 3
    assert 43 <= len(asked.verifier) <= 128


def test_a_state_is_used_once(store: SqlStore) -> None:
    cookie, asked = begin_trip(store, trip_of(), "192.0.2.1", NOW)
    take_answer(store, cookie, asked.state, NOW)
    with pytest.raises(SsoRefused) as refused:
        take_answer(store, cookie, asked.state, NOW)
    assert refused.value.code == "sso_replayed"


def test_an_answer_to_another_browser_is_refused(store: SqlStore) -> None:
    mine, _ = begin_trip(store, trip_of(), "192.0.2.1", NOW)
    _, theirs = begin_trip(store, trip_of(), "192.0.2.2", NOW)
    for cookie, state in ((mine, theirs.state), ("", theirs.state), (mine, ""), (mine[:-1] + "0", ""), ("x.y", "")):
        with pytest.raises(SsoRefused) as refused:
            take_answer(store, cookie, state, NOW)
        assert refused.value.code == "sso_state"


def test_a_cookie_that_was_changed_is_none_of_ours(store: SqlStore) -> None:
    cookie, asked = begin_trip(store, trip_of(), "192.0.2.1", NOW)
    text, _, mac = cookie.partition(".")
    for changed in (f"{text}A.{mac}", f"{text}.{'0' * 64}", f"{text}.", text, f"{text}.{mac}" + "x" * 4000, "あ.い"):
        with pytest.raises(SsoRefused) as refused:
            take_answer(store, changed, asked.state, NOW)
        assert refused.value.code == "sso_state"


def test_a_trip_ends_after_ten_minutes_and_with_a_clock_that_was_set_back(store: SqlStore) -> None:
    cookie, asked = begin_trip(store, trip_of(), "192.0.2.1", NOW)
    for moment in (NOW + TRIP_FOR, NOW - dt.timedelta(days=400)):
        with pytest.raises(SsoRefused):
            take_answer(store, cookie, asked.state, moment)
    assert take_answer(store, cookie, asked.state, NOW + TRIP_FOR - dt.timedelta(seconds=1))


def test_one_address_begins_so_many_trips_a_minute(store: SqlStore) -> None:
    for _ in range(PER_ADDRESS):
        begin_trip(store, trip_of(), "192.0.2.1", NOW)
    with pytest.raises(LoginRefused):
        begin_trip(store, trip_of(), "192.0.2.1", NOW)
    assert begin_trip(store, trip_of(), "192.0.2.2", NOW)


def test_the_provider_s_own_word_is_shown_if_it_is_one() -> None:
    assert refusal_of("access_denied").code == "sso_cancelled"
    assert refusal_of("login_required").params == {"said": "login_required"}
    assert refusal_of("<script>").params == {"said": "?"}


# --- Binding -------------------------------------------------------------------------------------------------


def test_an_invited_person_is_bound_once_and_logs_in(store: SqlStore) -> None:
    done = bound(store)
    assert done.account.identity == Identity(ISSUER, "subject")
    assert done.session.is_fresh(NOW)
    assert details(store, NoteEvent.USER_CHANGED)[-1] == {
        "user": "hanako",
        "change": "identity_bound",
        "provider": ISSUER,
        "identity": "subject",
    }
    assert details(store, NoteEvent.LOGGED_IN)[-1] == {"user": "hanako", "address": INSIDE.address, "provider": ISSUER}
    assert entered(store, judged()).account.id == done.account.id


def test_the_invitation_is_used_up_and_no_other_person_binds_by_it(store: SqlStore) -> None:
    added = staff(store)
    token = invite(store, added.id, ROOT, NOW)
    trip = Trip(Purpose.BINDING, "s", NOW, invitation=token)
    assert bind_identity(store, trip, judged(), SETTINGS, INSIDE, NOW)
    assert find_invitation(store, token, NOW) is None
    with pytest.raises(NotAllowed) as refused:
        bind_identity(store, trip, judged(), SETTINGS, INSIDE, NOW)
    assert refused.value.code == "invitation_over"


@pytest.mark.parametrize(
    ("mail", "changed", "code"),
    [
        (MAIL, {"email": "jiro@contractor.example"}, "sso_mail_differs"),
        (MAIL, {"email_verified": False}, "sso_mail_unverified"),
        (MAIL, {"email_verified": "true"}, "sso_mail_unverified"),
        (MAIL, {"email_verified": None}, "sso_mail_unverified"),
        (MAIL, {"email": None}, "sso_mail_differs"),
        ("", {}, "sso_mail_missing"),
    ],
)
def test_a_link_in_other_hands_binds_nobody(store: SqlStore, mail: str, changed: dict[str, Any], code: str) -> None:
    added = staff(store, mail)
    with pytest.raises(SsoRefused) as refused:
        bind(store, added, judged(**changed))
    assert refused.value.code == code
    assert store.account(added.id) == added
    assert sessions(store) == 0


def test_microsoft_s_names_of_the_own_tenant_count_as_the_address(store: SqlStore) -> None:
    added = staff(store)
    person = judged(MICROSOFT, tid=TENANT, email=None, email_verified=None, preferred_username=MAIL.upper())
    assert bind(store, added, person, settings=MICROSOFT)


def test_a_company_account_opens_one_account_and_an_account_has_one(store: SqlStore) -> None:
    done = bound(store)
    other = add_account(store, account("jiro", "佐藤 次郎", Role.STAFF, mail=MAIL), ROOT, NOW)
    with pytest.raises(SsoRefused) as refused:
        bind(store, other, judged())
    assert refused.value.code == "sso_taken"
    with pytest.raises(SsoRefused) as refused:
        bind(store, done.account, judged(sub="another"))
    assert refused.value.code == "sso_bound_other"
    assert bind(store, done.account, judged()), "the same once more"


def test_binding_ends_other_sessions_and_the_password_of_all_but_administrators(store: SqlStore) -> None:
    person = add(store, "hanako", "山田 花子", Role.STAFF, mail=MAIL)
    before = log_in(store, Attempt("hanako", PASSWORD), PlainHasher(), NOW)
    assert bind(store, person, judged())
    assert find_session(store, before.token, NOW) is None
    with pytest.raises(LoginRefused):
        log_in(store, Attempt("hanako", PASSWORD), PlainHasher(), NOW)
    chief = add(store, "chief", "総務 部長", Role.ADMIN, Role.APPROVER, mail="chief@contractor.example")
    assert bind(store, chief, judged(sub="chief", email="chief@contractor.example"))
    assert log_in(store, Attempt("chief", PASSWORD), PlainHasher(), NOW).account.identity


def test_binding_from_outside_opens_nothing_without_a_code(store: SqlStore) -> None:
    added = staff(store)
    assert bind(store, added, judged(), visitor=OUTSIDE) is None
    held = store.account(added.id)
    assert held is not None
    assert held.identity == Identity(ISSUER, "subject")
    assert sessions(store) == 0


def test_a_binding_is_removed_by_an_administrator_and_the_sessions_end(store: SqlStore) -> None:
    done = bound(store)
    changed = forget_identity(store, done.account.id, ROOT)
    assert changed.identity is None
    assert find_session(store, done.token, NOW) is None
    assert refused_by(store, judged()) == "sso_unbound"
    assert details(store, NoteEvent.USER_CHANGED)[-1]["change"] == "identity_removed"
    entries = len(list(store.entries()))
    assert forget_identity(store, done.account.id, ROOT) == changed, "twice"
    assert len(list(store.entries())) == entries


def test_a_changed_account_keeps_its_binding(store: SqlStore) -> None:
    done = bound(store)
    sent = replaced(done.account, name="山田 華子", identity=Identity("x", "y"))
    assert change_account(store, done.account, sent, ROOT, NOW).identity == done.account.identity


# --- Logging in ----------------------------------------------------------------------------------------------


def test_afterwards_the_subject_alone_counts_and_no_address(store: SqlStore) -> None:
    bound(store)
    assert entered(store, judged(email="married@contractor.example", email_verified=False))
    assert refused_by(store, judged(sub="another")) == "sso_unbound"
    assert refused_by(store, dataclasses.replace(judged(), identity=Identity("https://b.example", "subject"))) == (
        "sso_unbound"
    )


def test_no_account_is_made_by_a_login(store: SqlStore) -> None:
    staff(store)
    before = store.accounts()
    assert refused_by(store, judged()) == "sso_unbound"
    assert store.accounts() == before


def test_a_person_whose_account_was_stopped_or_is_over_does_not_get_in(store: SqlStore) -> None:
    done = bound(store)
    stop_account(store, done.account.id, ROOT, NOW)
    assert refused_by(store, judged()) == "account_stopped"
    restarted = replaced(stopped(store, done), is_stopped=False, until=NOW.date())
    change_account(store, stopped(store, done), restarted, ROOT, NOW)
    assert refused_by(store, judged(), now=NOW + dt.timedelta(days=1)) == "account_stopped"


def stopped(store: SqlStore, done: LoggedIn) -> Account:
    held = store.account(done.account.id)
    assert held is not None
    return held


def test_each_login_has_a_session_of_its_own(store: SqlStore) -> None:
    bound(store)
    one, other = (entered(store, judged()) for _ in range(2))
    assert one.token != other.token
    assert find_session(store, one.token, NOW)


@pytest.mark.parametrize(("auth_time", "is_fresh"), [(0, True), (-29 * 60, True), (-31 * 60, False), (None, False)])
def test_a_login_may_decide_if_the_provider_asked_lately(
    store: SqlStore, auth_time: int | None, is_fresh: bool
) -> None:
    bound(store)
    at = None if auth_time is None else int(NOW.timestamp()) + auth_time
    assert entered(store, judged(auth_time=at)).session.is_fresh(NOW) is is_fresh


# --- The second factor ---------------------------------------------------------------------------------------


def with_code(store: SqlStore, *roles: Role) -> Account:
    done = bound(store, None, *roles)
    register_code(
        store, done.account.id, SECRET, code_at(NOW - dt.timedelta(hours=1)), ROOT, NOW - dt.timedelta(hours=1)
    )
    return stopped(store, done)


def code_at(now: dt.datetime) -> str:
    return code_of(SECRET, int(now.timestamp()) // STEP_SECONDS)


def test_from_outside_the_code_of_the_console_is_asked_for_and_opens_once(store: SqlStore) -> None:
    with_code(store)
    assert isinstance(enter(store, judged()), LoggedIn), "inside none is needed"
    waiting = enter(store, judged(), visitor=OUTSIDE)
    assert isinstance(waiting, CodeNeeded)
    with pytest.raises(NotAllowed) as refused:
        open_by_code(store, waiting.cookie, "000000", OUTSIDE, NOW)
    assert refused.value.code == "code_wrong"
    opened, trip = open_by_code(store, waiting.cookie, code_at(NOW), OUTSIDE, NOW)
    assert (opened.account.login, trip.then) == ("hanako", "/")
    assert opened.session.is_fresh(NOW)
    for cookie in (waiting.cookie, "", begin_trip(store, trip_of(), "192.0.2.1", NOW)[0]):
        with pytest.raises(SsoRefused):
            open_by_code(store, cookie, code_at(NOW + 5 * MINUTE), OUTSIDE, NOW + 5 * MINUTE)


def test_what_awaits_a_code_is_no_trip_to_the_provider(store: SqlStore) -> None:
    with_code(store)
    waiting = enter(store, judged(), visitor=OUTSIDE)
    assert isinstance(waiting, CodeNeeded)
    text = waiting.cookie.partition(".")[0]
    state = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))["state"]
    with pytest.raises(SsoRefused) as refused:
        take_answer(store, waiting.cookie, state, NOW)
    assert refused.value.code == "sso_state"


def test_guessing_codes_is_slowed_down(store: SqlStore) -> None:
    with_code(store)
    waiting = enter(store, judged(), visitor=OUTSIDE)
    assert isinstance(waiting, CodeNeeded)
    for _ in range(5):
        with pytest.raises(NotAllowed):
            open_by_code(store, waiting.cookie, "000000", OUTSIDE, NOW)
    with pytest.raises(LoginRefused):
        open_by_code(store, waiting.cookie, code_at(NOW), OUTSIDE, NOW)


def test_a_person_stopped_or_unbound_meanwhile_does_not_get_in_by_the_code(store: SqlStore) -> None:
    person = with_code(store)
    waiting = enter(store, judged(), visitor=OUTSIDE)
    assert isinstance(waiting, CodeNeeded)
    forget_identity(store, person.id, ROOT)
    with pytest.raises(SsoRefused):
        open_by_code(store, waiting.cookie, code_at(NOW), OUTSIDE, NOW)
    assert sessions(store) == 0


def test_an_administrator_needs_a_code_inside_as_well(store: SqlStore) -> None:
    with_code(store, Role.ADMIN)
    assert isinstance(enter(store, judged()), CodeNeeded)


def test_from_outside_without_a_registered_code_nothing_opens(store: SqlStore) -> None:
    bound(store)
    assert refused_by(store, judged(), visitor=OUTSIDE) == "code_unregistered"


def test_where_the_provider_asks_for_the_second_factor_its_token_must_say_so(store: SqlStore) -> None:
    settings = dataclasses.replace(SETTINGS, second_factor=SecondFactor.PROVIDER)
    bound(store, None, Role.ADMIN)
    with_second = judged(settings, amr=["mfa"])
    for visitor in (INSIDE, OUTSIDE):
        assert refused_by(store, judged(settings), visitor=visitor, settings=settings) == "sso_second_factor"
        opened = enter(store, with_second, visitor=visitor, settings=settings)
        assert isinstance(opened, LoggedIn)
        assert opened.session.has_second


# --- Proving again -------------------------------------------------------------------------------------------


def test_a_proof_renews_the_session_of_the_same_person(store: SqlStore) -> None:
    done = bound(store)
    later = NOW + FRESH
    assert not done.session.is_fresh(later)
    trip = Trip(Purpose.PROOF, "s", later)
    at = int(later.timestamp())
    proven = prove_by_identity(store, done.session, trip, judged(auth_time=at, iat=at, now=later), later)
    assert proven.session.is_fresh(later)
    assert proven.token != done.token
    assert find_session(store, done.token, later) is None
    assert proven.session.opened_at == done.session.opened_at


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"sub": "another"}, "sso_other_person"),
        ({"auth_time": None}, "sso_not_renewed"),
        ({"auth_time": int(NOW.timestamp())}, "sso_not_renewed"),
    ],
)
def test_a_proof_of_another_person_or_of_before_is_none(store: SqlStore, changed: dict[str, Any], code: str) -> None:
    done = bound(store)
    later = NOW + FRESH
    at = int(later.timestamp())
    with pytest.raises(SsoRefused) as refused:
        prove_by_identity(
            store,
            done.session,
            Trip(Purpose.PROOF, "s", later),
            judged(now=later, **{"iat": at, "exp": at + 60, "auth_time": at} | changed),
            later,
        )
    assert refused.value.code == code
    assert find_session(store, done.token, later)


def test_google_cannot_prove_and_a_code_does_in_its_place(store: SqlStore) -> None:
    person = with_code(store)
    assert can_prove(person, SETTINGS)
    assert not can_prove(person, dataclasses.replace(SETTINGS, provider=SsoProvider.GOOGLE))
    assert not can_prove(person, None)
    done = entered(store, judged(auth_time=None))
    assert not done.session.is_fresh(NOW)
    with pytest.raises(NotAllowed) as refused:
        prove_by_code(store, done.session, "000000", NOW)
    assert refused.value.code == "code_wrong"
    assert prove_by_code(store, done.session, code_at(NOW), NOW).session.is_fresh(NOW)
    with pytest.raises(NotAllowed):
        prove_by_code(store, done.session, code_at(NOW), NOW)


# --- The log -------------------------------------------------------------------------------------------------


def test_a_refused_login_is_recorded_once_a_minute_of_each_kind(store: SqlStore) -> None:
    for moment in (NOW, NOW + MINUTE / 2, NOW + MINUTE):
        record_refusal(store, SsoRefused("sso_nonce"), "", "192.0.2.1", moment)
        record_refusal(store, SsoRefused("sso_tenant"), "hanako", "192.0.2.1", moment)
    record_refusal(store, LoginRefused(3), "", "192.0.2.1", NOW)
    noted = details(store, NoteEvent.LOGIN_FAILED)
    assert (
        noted
        == [
            {"address": "192.0.2.1", "refusal": "sso_nonce"},
            {"user": "hanako", "address": "192.0.2.1", "refusal": "sso_tenant"},
        ]
        * 2
    )
