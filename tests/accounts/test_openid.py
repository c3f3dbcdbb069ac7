"""The adapter of OpenID Connect against a real provider on loopback: what it asks, believes, refuses and bounds."""

from __future__ import annotations

import datetime as dt
import urllib.parse
from collections.abc import Iterator

import pytest

from tests.support.fakes import FakeClock
from tests.support.identity_provider import (
    CLIENT,
    SECRET,
    SUBJECT,
    TENANT,
    IdentityProvider,
    changed_after_signing,
    identity_provider,
    of_hanako,
    signed_by_another,
    signed_by_the_public_key,
    signed_by_the_secret,
    unsigned,
    with_its_own_key,
)
from worker.accounts.openid import AT_ONCE, KEPT_FOR, OpenIdProvider
from worker.accounts.ports import SsoRefused, SsoRequest
from worker.config.sso_settings import SecondFactor, SsoProvider, SsoSettings
from worker.oauth.bounded_session import ANSWER_LIMIT

CALLBACK = "http://127.0.0.1:8480/sso/callback"
ASKED = SsoRequest("s" * 43, "n" * 43, "v" * 43)
DOCUMENT, KEYS, TOKEN = "/.well-known/openid-configuration", "/keys", "/token"


@pytest.fixture(scope="module")
def served() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def provider(served: IdentityProvider) -> IdentityProvider:
    """One that behaves, with its first key."""
    served.behave()
    served.callback, served.person = CALLBACK, of_hanako()
    served.signs_with, served.publishes = "first", ("first",)
    served.visited.clear()
    return served


def client(provider: IdentityProvider, secret: str = SECRET, clock: FakeClock | None = None, **more: object):
    settings = SsoSettings(SsoProvider.OPENID, CLIENT, "x", **({"issuer": provider.issuer} | more))  # type: ignore[arg-type]
    return OpenIdProvider(settings, secret, CALLBACK, "", clock or FakeClock(dt.datetime.now(dt.UTC)))


def code_for(provider: IdentityProvider, used: OpenIdProvider) -> str:
    """The code that the browser brings back."""
    back = provider.authorize(used.authorization_address(ASKED))
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["code"]


def refusal(provider: IdentityProvider, used: OpenIdProvider | None = None) -> SsoRefused:
    used = used or client(provider)
    with pytest.raises(SsoRefused) as caught:
        used.redeem(code_for(provider, used), ASKED.verifier)
    assert SECRET not in f"{caught.value} {caught.value.detail}"
    return caught.value


def query(address: str) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))


# --- What is asked -------------------------------------------------------------------------------------------


def test_a_person_logs_in_with_pkce_state_and_nonce(provider: IdentityProvider) -> None:
    used = client(provider)
    claims = used.redeem(code_for(provider, used), ASKED.verifier)
    assert (claims["sub"], claims["nonce"], claims["iss"]) == (SUBJECT, ASKED.nonce, provider.issuer)
    asked = next(iter(provider.grants.values())).asked
    assert ASKED.verifier not in str(asked)


def test_a_login_lets_the_person_choose_and_a_proof_asks_again(provider: IdentityProvider) -> None:
    used = client(provider)
    assert query(used.authorization_address(ASKED))["prompt"] == "select_account"
    proof = query(used.authorization_address(SsoRequest("s", "n", "v" * 43, is_proof=True)))
    assert (proof["prompt"], proof["max_age"]) == ("login", "60")


def test_each_provider_is_asked_in_its_own_words(provider: IdentityProvider) -> None:
    settings = SsoSettings(SsoProvider.GOOGLE, CLIENT, "x", domain="contractor.example", issuer=provider.issuer)
    asked = query(OpenIdProvider(settings, SECRET, CALLBACK, "", FakeClock()).authorization_address(ASKED))
    assert (asked["hd"], asked["scope"]) == ("contractor.example", "openid email")
    settings = SsoSettings(
        SsoProvider.MICROSOFT,
        CLIENT,
        "x",
        tenant=TENANT,
        issuer=provider.issuer,
        second_factor=SecondFactor.PROVIDER,
        acr_values=("c1",),
    )
    asked = query(OpenIdProvider(settings, SECRET, CALLBACK, "", FakeClock()).authorization_address(ASKED))
    assert asked["scope"] == "openid email profile"
    assert '"acrs": {"essential": true, "value": "c1"}' in asked["claims"]
    asked = query(client(provider, second_factor=SecondFactor.PROVIDER, acr_values=("2",)).authorization_address(ASKED))
    assert asked["acr_values"] == "2"


def test_the_secret_is_sent_in_the_body_to_a_provider_that_takes_no_other(provider: IdentityProvider) -> None:
    provider.change_document = lambda found: {**found, "token_endpoint_auth_methods_supported": ["client_secret_post"]}
    used = client(provider)
    assert used.redeem(code_for(provider, used), ASKED.verifier)["sub"] == SUBJECT


def test_the_provider_s_logout_comes_back_to_the_console(provider: IdentityProvider) -> None:
    address = client(provider).logout_address()
    assert address.startswith(f"{provider.issuer}/logout?")
    assert query(address) == {"client_id": CLIENT, "post_logout_redirect_uri": "http://127.0.0.1:8480"}
    provider.change_document = lambda found: {**found, "end_session_endpoint": None}
    assert client(provider).logout_address() == ""


# --- What is believed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sign",
    [
        unsigned,
        signed_by_another,
        signed_by_the_secret,
        signed_by_the_public_key,
        with_its_own_key,
        changed_after_signing,
        lambda _claims, _key: "no token",
        lambda _claims, _key: "a.b.c",
    ],
    ids=["none", "stranger", "secret", "public key", "own key", "changed", "no token", "broken"],
)
def test_a_token_without_a_signature_of_the_provider_is_refused(provider: IdentityProvider, sign) -> None:
    provider.sign = sign
    assert refusal(provider).code == "sso_signature"


def test_keys_change_and_are_asked_for_again(provider: IdentityProvider) -> None:
    used = client(provider)
    used.redeem(code_for(provider, used), ASKED.verifier)
    used.redeem(code_for(provider, used), ASKED.verifier)
    assert (provider.visited.count(DOCUMENT), provider.visited.count(KEYS)) == (1, 1)
    provider.signs_with, provider.publishes = "second", ("second", "first")
    assert used.redeem(code_for(provider, used), ASKED.verifier)["sub"] == SUBJECT
    assert provider.visited.count(KEYS) == 2


def test_a_key_that_was_withdrawn_is_believed_for_an_hour_at_most(provider: IdentityProvider) -> None:
    clock = FakeClock(dt.datetime.now(dt.UTC))
    used = client(provider, clock=clock)
    used.redeem(code_for(provider, used), ASKED.verifier)
    provider.publishes = ("second",)
    clock.moment += KEPT_FOR
    assert refusal(provider, used).code == "sso_signature"


def test_a_token_of_a_key_that_is_not_published_asks_once_more_and_is_refused(provider: IdentityProvider) -> None:
    provider.signs_with = "second"
    assert refusal(provider).code == "sso_signature"
    assert provider.visited.count(KEYS) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": "http://elsewhere.example/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"jwks_uri": 7},
    ],
)
def test_a_description_that_is_not_the_issuer_s_own_is_refused(
    provider: IdentityProvider, changed: dict[str, object]
) -> None:
    provider.change_document = lambda found: {**found, **changed}
    used = client(provider)
    with pytest.raises(SsoRefused) as caught:
        used.redeem(code_for(provider, used), ASKED.verifier)
    assert caught.value.code == "sso_provider_answer"


def test_an_issuer_of_https_has_no_address_of_http(provider: IdentityProvider) -> None:
    used = client(provider, issuer="https://127.0.0.1")
    used._kept["https://127.0.0.1/.well-known/openid-configuration"] = (
        used._clock.now(),
        {**provider.document(), "issuer": "https://127.0.0.1"},
    )
    with pytest.raises(SsoRefused) as caught:
        used.authorization_address(ASKED)
    assert caught.value.code == "sso_provider_answer"


# --- What the token endpoint refuses -------------------------------------------------------------------------


def test_a_code_that_was_used_is_refused(provider: IdentityProvider) -> None:
    used = client(provider)
    code = code_for(provider, used)
    used.redeem(code, ASKED.verifier)
    with pytest.raises(SsoRefused) as caught:
        used.redeem(code, ASKED.verifier)
    assert caught.value.code == "sso_code_refused"


def test_a_code_that_another_browser_asked_for_is_refused(provider: IdentityProvider) -> None:
    used = client(provider)
    with pytest.raises(SsoRefused) as caught:
        used.redeem(code_for(provider, used), "w" * 43)
    assert caught.value.code == "sso_code_refused"


def test_a_wrong_secret_is_told_as_the_application_s(provider: IdentityProvider) -> None:
    refused = refusal(provider, client(provider, "another"))
    assert (refused.code, refused.params["said"]) == ("sso_client_refused", "invalid_client")


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, "invalid_request", "sso_client_refused"),
        (400, "access_denied", "sso_cancelled"),
        (400, "interaction_required", "sso_denied"),
        (400, "<script>", "sso_denied"),
        (400, "temporarily_unavailable", "sso_provider_down"),
        (429, "slow_down", "sso_provider_down"),
        (503, "invalid_grant", "sso_provider_down"),
    ],
)
def test_what_the_token_endpoint_says_becomes_a_sentence(
    provider: IdentityProvider, status: int, error: str, code: str
) -> None:
    provider.token_error = (status, error)
    refused = refusal(provider)
    assert refused.code == code
    assert "<" not in str(refused.params)


# --- Bounds --------------------------------------------------------------------------------------------------


def http(body: bytes, status: str = "200 OK", *more: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *more, "", ""]).encode() + body


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (http(b"{}", "302 Found", "Location: http://127.0.0.1:1/"), "sso_provider_down"),
        (http(b"<html>"), "sso_provider_down"),
        (http(b'["a"]'), "sso_provider_down"),
        (http(b'{"a": "' + b"x" * ANSWER_LIMIT + b'"}'), "sso_provider_down"),
        (http(b"{}", "500 Oops"), "sso_provider_down"),
        (http(b'{"error": "x"}', "404 Not Found"), "sso_provider_answer"),
        (http(b'{"keys": []}'), "sso_provider_answer"),
        (b"\x00\xff nothing of HTTP\r\n\r\n", "sso_provider_down"),
    ],
    ids=["redirect", "page", "list", "large", "500", "404", "other form", "no HTTP"],
)
@pytest.mark.parametrize("path", [DOCUMENT, KEYS, TOKEN])
def test_an_answer_of_another_kind_ends_the_login(
    provider: IdentityProvider, path: str, sent: bytes, code: str
) -> None:
    provider.raw[path] = sent
    used = client(provider)
    with pytest.raises(SsoRefused) as caught:
        used.redeem(code_for(provider, used), ASKED.verifier)
    is_an_error_of_oauth = path == TOKEN and b"404" in sent
    assert caught.value.code == ("sso_denied" if is_an_error_of_oauth else code)


def test_a_provider_that_does_not_answer_is_left_and_not_asked_again_at_once(provider: IdentityProvider) -> None:
    provider.raw[DOCUMENT] = None
    clock = FakeClock()
    used = client(provider, clock=clock)
    for _ in range(3):
        with pytest.raises(SsoRefused) as caught:
            used.authorization_address(ASKED)
        assert caught.value.code == "sso_provider_down"
    assert provider.visited == [DOCUMENT]
    provider.behave()
    clock.let_pass(seconds=10)
    assert used.authorization_address(ASKED)


def test_a_port_on_which_nothing_listens_is_a_provider_that_is_down() -> None:
    nowhere = IdentityProvider(issuer="http://127.0.0.1:9")
    with pytest.raises(SsoRefused) as caught:
        client(nowhere).authorization_address(ASKED)
    assert caught.value.code == "sso_provider_down"


def test_more_logins_at_once_than_threads_to_spare_are_refused(provider: IdentityProvider) -> None:
    used = client(provider)
    for _ in range(AT_ONCE):
        assert used._slots.acquire(blocking=False)
    with pytest.raises(SsoRefused) as caught:
        used.authorization_address(ASKED)
    assert caught.value.code == "sso_busy"
