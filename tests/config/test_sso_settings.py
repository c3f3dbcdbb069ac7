"""``[console.sso]``: one organisation, addresses of https, and a second factor that the provider can name."""

from __future__ import annotations

import tomllib

import pytest

from tests.support.config_samples import WORKER
from tests.support.tables import every_case
from worker.config.settings import read_settings
from worker.config.sso_settings import SecondFactor, SsoProvider, SsoSettings, check_provider_address
from worker.config.toml import Refused
from worker.views.problems import problem_hint, problem_json

TENANT = "11111111-2222-3333-4444-555555555555"
URL = 'url = "https://hoshobin.contractor.example"'
OPENID = 'provider = "openid"\nclient_id = "c"\nissuer = "https://id.contractor.example/realm"'
MICROSOFT = f'provider = "microsoft"\nclient_id = "c"\ntenant = "{TENANT}"'
GOOGLE = 'provider = "google"\nclient_id = "c"\ndomain = "contractor.example"'


def read(lines: str, console: str = URL) -> tuple[SsoSettings | None, list[str]]:
    found = []
    settings = read_settings(tomllib.loads(f"{WORKER}\n[console]\n{console}\n[console.sso]\n{lines}\n"), found)
    for each in found:
        assert problem_json(each, "ja")["message"]
        assert problem_hint(each, "ja"), each.code
        assert problem_hint(each, "en"), each.code
    return settings and settings.console.sso, [f"{each.key} {each.code}" for each in found]


def test_each_provider_has_its_issuer_and_its_organisation() -> None:
    assert read(MICROSOFT)[0] == SsoSettings(
        SsoProvider.MICROSOFT,
        "c",
        "sso-client-secret",
        tenant=TENANT,
        issuer=f"https://login.microsoftonline.com/{TENANT}/v2.0",
    )
    google, _ = read(GOOGLE)
    assert google is not None
    assert (google.domain, google.issuer) == ("contractor.example", "https://accounts.google.com")
    openid, _ = read(OPENID)
    assert openid is not None
    assert (openid.issuer, openid.second_factor) == ("https://id.contractor.example/realm", SecondFactor.CONSOLE)


def test_the_issuer_stays_as_it_is_written_to_the_letter() -> None:
    settings, _ = read(OPENID.replace("/realm", "/realm/"))
    assert settings is not None
    assert settings.issuer == "https://id.contractor.example/realm/"


@every_case(
    ("lines", "problem"),
    [
        (MICROSOFT.replace(TENANT, "common"), "tenant sso_tenant_id"),
        (MICROSOFT.replace(TENANT, "contractor.example"), "tenant sso_tenant_id"),
        (MICROSOFT.replace(f'tenant = "{TENANT}"', ""), "tenant sso_tenant_id"),
        (f'{OPENID}\ntenant = "{TENANT}"', "tenant not_of_provider"),
        (f'{MICROSOFT}\ndomain = "a.example"', "domain not_of_provider"),
        (GOOGLE.replace("contractor.example", "contractor"), "domain sso_domain"),
        (GOOGLE.replace('domain = "contractor.example"', ""), "domain sso_domain"),
        ('provider = "openid"\nclient_id = "c"', "issuer sso_issuer_missing"),
        (OPENID.replace("https://id", "http://id"), "issuer sso_address"),
        (OPENID.replace("https://id", "https://user@id"), "issuer sso_address"),
        (OPENID.replace("/realm", "/realm?x=1"), "issuer sso_address"),
        (OPENID.replace("/realm", "#realm"), "issuer sso_address"),
        (OPENID.replace("openid", "saml", 1), "provider unknown_value"),
        (OPENID.replace('"c"', '""'), "client_id empty"),
        (f'{GOOGLE}\nsecond_factor = "provider"', "second_factor sso_second_factor_of_google"),
        (f'{MICROSOFT}\nsecond_factor = "provider"', "acr_values sso_acr_missing"),
        (f'{OPENID}\nacr_values = ["2"]', "acr_values sso_acr_unused"),
        (f'{OPENID}\nclient_secret = "x"', "client_secret unknown_key"),
    ],
)
def test_a_fault_of_the_table_is_told_with_its_place_and_remedy(lines: str, problem: str) -> None:
    settings, found = read(lines)
    assert settings is None
    assert found == [f"console.sso.{problem}"]


def test_it_needs_the_address_to_which_the_provider_sends_browsers_back() -> None:
    assert read(OPENID, "")[1] == ["console.sso sso_needs_url"]


@pytest.mark.parametrize("address", ["https://a.example/x?y=1", "http://127.0.0.1:8000/x", "http://localhost/"])
def test_an_address_of_a_provider_is_https_or_of_this_machine(address: str) -> None:
    assert check_provider_address(address) == address


@pytest.mark.parametrize(
    "address",
    ["", "http://a.example/", "ftp://127.0.0.1/", "https://a.example:0/", "https://", "https://a b/", "javascript:x"],
)
def test_any_other_address_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        check_provider_address(address)
