"""The providers' libraries against an endpoint that speaks as theirs do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.token_endpoints import CLIENT, SECRET, TENANT, USER_CODE, TokenEndpoints, token_endpoints
from worker.core.errors import AccountRefused, Unavailable
from worker.core.login_errors import LoginFault, find_refusal
from worker.oauth.endpoint import TokenEndpoint
from worker.oauth.settings import OauthSettings, Provider
from worker.oauth.tokens import agreement_page, read_pasted

PROVIDERS = list(Provider)
SECRETS = ("access-", "refresh-", SECRET, "x" * 40)


@pytest.fixture
def endpoints(tmp_path: Path) -> Iterator[TokenEndpoints]:
    with token_endpoints(tmp_path) as running:
        yield running


def settings_for(endpoints: TokenEndpoints, provider: Provider, client_id: str = CLIENT) -> OauthSettings:
    is_microsoft = provider is Provider.MICROSOFT
    return OauthSettings(
        provider, client_id, TENANT if is_microsoft else "", "" if is_microsoft else "secret", endpoints.authority, ""
    )


def client_of(endpoints: TokenEndpoints, provider: Provider, **changes: str) -> TokenEndpoint:
    return TokenEndpoint(
        "main",
        "imap",
        settings_for(endpoints, provider, changes.get("client_id", CLIENT)),
        secret="" if provider is Provider.MICROSOFT else SECRET,
        ca_file=changes.get("ca_file", str(endpoints.ca_file)),
        is_for_sending=True,
    )


def refresh_token_of(endpoints: TokenEndpoints) -> str:
    return endpoints.give()["refresh_token"]


def fault_of(caught: pytest.ExceptionInfo[AccountRefused]) -> LoginFault:
    refusal = find_refusal(caught.value.detail)
    assert refusal is not None
    assert refusal.name == "main"
    assert not any(secret in str(caught.value) for secret in SECRETS)
    return refusal.fault


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refresh_token_brings_an_access_token_and_the_next_refresh_token(
    endpoints: TokenEndpoints, provider: Provider
) -> None:
    given = client_of(endpoints, provider).renew(refresh_token_of(endpoints))
    assert given.access_token in endpoints.tokens
    assert given.refresh_token == endpoints.refresh_tokens[-1]
    assert 3590 <= given.life.total_seconds() <= 3600
    assert SECRET not in repr(given)
    assert given.access_token not in repr(given)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_refresh_token_that_was_taken_back_is_a_login_that_has_ended(
    endpoints: TokenEndpoints, provider: Provider
) -> None:
    token = refresh_token_of(endpoints)
    endpoints.refusal = ("invalid_grant", f"Token {token} has been expired or revoked.")
    with pytest.raises(AccountRefused) as caught:
        client_of(endpoints, provider).renew(token)
    assert fault_of(caught) is LoginFault.ENDED
    assert "expired or revoked" in caught.value.detail


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_application_that_is_not_known_is_not_a_login_that_has_ended(
    endpoints: TokenEndpoints, provider: Provider
) -> None:
    with pytest.raises(AccountRefused) as caught:
        client_of(endpoints, provider, client_id="another").renew(refresh_token_of(endpoints))
    assert fault_of(caught) is LoginFault.APPLICATION


def test_a_tenant_that_is_not_known_is_the_applications_matter(endpoints: TokenEndpoints) -> None:
    settings = OauthSettings(Provider.MICROSOFT, CLIENT, "elsewhere.example", "", endpoints.authority, "")
    client = TokenEndpoint("main", "imap", settings, secret="", ca_file=str(endpoints.ca_file), is_for_sending=False)
    with pytest.raises(AccountRefused) as caught:
        client.renew("any")
    assert fault_of(caught) is LoginFault.APPLICATION


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("status", [200, 302, 307, 403, 407, 429, 500, 503])
def test_a_page_instead_of_an_answer_is_no_refusal(endpoints: TokenEndpoints, provider: Provider, status: int) -> None:
    token = refresh_token_of(endpoints)
    endpoints.status = status
    with pytest.raises(Unavailable) as caught:
        client_of(endpoints, provider).renew(token)
    assert not isinstance(caught.value, AccountRefused)
    assert str(status) in caught.value.detail
    assert "/elsewhere" not in endpoints.visited


def test_an_endpoint_that_is_too_busy_is_no_refusal(endpoints: TokenEndpoints) -> None:
    token = refresh_token_of(endpoints)
    endpoints.refusal = ("temporarily_unavailable", "come back")
    with pytest.raises(Unavailable) as caught:
        client_of(endpoints, Provider.MICROSOFT).renew(token)
    assert not isinstance(caught.value, AccountRefused)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_endpoint_whose_certificate_nobody_vouches_for_gets_nothing(
    endpoints: TokenEndpoints, provider: Provider
) -> None:
    with pytest.raises(Unavailable, match="certificate") as caught:
        client_of(endpoints, provider, ca_file="").renew(refresh_token_of(endpoints))
    assert not isinstance(caught.value, AccountRefused)
    assert endpoints.asked == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_endpoint_that_is_not_there_is_named_without_the_librarys_own_words(
    tmp_path: Path, provider: Provider
) -> None:
    with token_endpoints(tmp_path) as endpoints:
        client, token = client_of(endpoints, provider), refresh_token_of(endpoints)
    with pytest.raises(Unavailable) as caught:
        client.renew(token)
    assert caught.value.detail == "token endpoint: not reached: Connection refused"


def test_a_person_types_a_code_and_is_waited_for(endpoints: TokenEndpoints) -> None:
    endpoints.pending = 2
    client, rests = client_of(endpoints, Provider.MICROSOFT), []
    code = client.ask_device_code()
    assert (code.code, code.seconds) == (USER_CODE, 900)
    given = client.await_device_code(code, rests.append)
    assert given.access_token in endpoints.tokens
    assert given.refresh_token == endpoints.refresh_tokens[-1]
    assert rests == [1, 1, 1]
    scopes = endpoints.asked[0]["scope"].split()
    assert {"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send"} < set(scopes)
    assert "offline_access" in scopes


@pytest.mark.parametrize("error", ["access_denied", "authorization_declined", "expired_token"])
def test_a_person_who_does_not_agree_ends_the_wait(endpoints: TokenEndpoints, error: str) -> None:
    client = client_of(endpoints, Provider.MICROSOFT)
    code = client.ask_device_code()
    endpoints.refusal = (error, "no")
    with pytest.raises(AccountRefused) as caught:
        client.await_device_code(code, lambda _: None)
    assert fault_of(caught) is LoginFault.DECLINED


def test_a_person_who_never_comes_is_not_waited_for_longer_than_the_code_is_good(endpoints: TokenEndpoints) -> None:
    endpoints.pending = 10_000
    client = client_of(endpoints, Provider.MICROSOFT)
    code = client.ask_device_code()
    waited: list[float] = []
    short = type(code)(code.page, code.code, 3, code.flow)
    with pytest.raises(AccountRefused, match="expired_token"):
        client.await_device_code(short, waited.append)
    assert sum(waited) == 3


def test_what_a_person_pastes_is_redeemed_with_what_only_we_know(endpoints: TokenEndpoints) -> None:
    settings = settings_for(endpoints, Provider.GOOGLE)
    page = agreement_page(
        settings.google_page,
        CLIENT,
        settings.scopes(is_for_sending=True),
        "soumu@contractor.example",
        state="s-1",
        verifier="v" * 60,
    )
    code = read_pasted(endpoints.agree(page), "s-1")
    assert isinstance(code, str)
    given = client_of(endpoints, Provider.GOOGLE).redeem(code, "v" * 60)
    assert given.access_token in endpoints.tokens
    again = read_pasted(endpoints.agree(page), "s-1")
    with pytest.raises(AccountRefused) as caught:
        client_of(endpoints, Provider.GOOGLE).redeem(str(again), "w" * 60)
    assert fault_of(caught) is LoginFault.ENDED
