"""The keys allowed in [mailbox.NAME.oauth], and the login that each server uses."""

from __future__ import annotations

import tomllib

import pytest

from tests.support.config_samples import WORKER
from tests.support.tables import every_case
from worker.config.oauth_settings import Auth
from worker.config.settings import read_settings
from worker.oauth.settings import Provider

MICROSOFT = '[mailbox.main.oauth]\nprovider = "microsoft"\nclient_id = "id-1"\ntenant = "contractor.example"\n'
GOOGLE = '[mailbox.main.oauth]\nprovider = "google"\nclient_id = "id-1"\nclient_secret_file = "google-secret"\n'
BOTH = WORKER.replace("port = 993", 'port = 993\nauth = "xoauth2"').replace(
    "port = 465", 'port = 465\nauth = "xoauth2"'
)
SECOND = (
    '[mailbox.branch]\nhost = "imap.contractor.example"\nport = 993\nuser = "b@contractor.example"\nauth = "xoauth2"\n'
    '[mailbox.branch.oauth]\nprovider = "microsoft"\nclient_id = "id-1"\ntenant = "contractor.example"\n'
)


def settings_of(text):
    found = []
    return read_settings(tomllib.loads(text), found), found


def named(found):
    return [(problem.key, problem.code) for problem in found]


def test_the_one_login_of_microsoft_serves_for_both_servers():
    settings, found = settings_of(BOTH + MICROSOFT)
    assert found == []
    main = settings.mailboxes["main"]
    assert (main.auth, main.oauth.provider, settings.smtp.login) == (Auth.XOAUTH2, Provider.MICROSOFT, "main")
    assert main.oauth.microsoft_authority == "https://login.microsoftonline.com/contractor.example"
    assert main.oauth.scopes(is_for_sending=True) == (
        "https://outlook.office.com/IMAP.AccessAsUser.All",
        "https://outlook.office.com/SMTP.Send",
    )


def test_a_login_that_is_for_reading_alone_asks_for_no_more():
    settings, found = settings_of(WORKER.replace("port = 993", 'port = 993\nauth = "xoauth2"') + MICROSOFT)
    assert found == []
    assert settings.smtp.login == ""
    scopes = settings.mailboxes["main"].oauth.scopes(is_for_sending=False)
    assert scopes == ("https://outlook.office.com/IMAP.AccessAsUser.All",)


def test_google_has_addresses_of_its_own_and_one_scope():
    settings, found = settings_of(BOTH + GOOGLE)
    assert found == []
    oauth = settings.mailboxes["main"].oauth
    assert oauth.google_page == "https://accounts.google.com/o/oauth2/v2/auth"
    assert oauth.google_tokens == "https://oauth2.googleapis.com/token"
    assert oauth.scopes(is_for_sending=False) == ("https://mail.google.com/",)


def test_a_token_server_of_ones_own_takes_the_providers_place():
    settings, _ = settings_of(BOTH + GOOGLE + 'authority = "https://tokens.contractor.example:8443/"\n')
    assert settings.mailboxes["main"].oauth.google_tokens == "https://tokens.contractor.example:8443/token"


def test_no_password_file_is_asked_for_where_tokens_take_its_place():
    settings, found = settings_of(BOTH.replace('password_file = "imap-password"', "") + MICROSOFT)
    assert found == []
    assert settings.mailboxes["main"].password_file == ""


def test_of_several_logins_smtp_names_one():
    text = BOTH + MICROSOFT + SECOND
    assert named(settings_of(text)[1]) == [("smtp.login", "which_login")]
    settings, found = settings_of(text.replace("port = 465", 'port = 465\nlogin = "branch"'))
    assert found == []
    assert settings.smtp.login == "branch"


@every_case(
    ("text", "key", "code"),
    [
        (BOTH, "mailbox.main.oauth", "oauth_missing"),
        (WORKER + MICROSOFT, "mailbox.main.auth", "oauth_unused"),
        (WORKER.replace("port = 465", 'port = 465\nauth = "xoauth2"'), "smtp.auth", "no_login_to_share"),
        (WORKER.replace("port = 465", 'port = 465\nlogin = "main"'), "smtp.login", "login_unused"),
        (BOTH.replace("port = 465", 'port = 465\nlogin = "mian"') + MICROSOFT, "smtp.login", "login_unknown"),
        (BOTH + MICROSOFT.replace("microsoft", "yahoo"), "mailbox.main.oauth.provider", "unknown_value"),
        (BOTH + MICROSOFT.replace('client_id = "id-1"\n', ""), "mailbox.main.oauth.client_id", "missing_key"),
        (
            BOTH + MICROSOFT.replace('tenant = "contractor.example"\n', ""),
            "mailbox.main.oauth.tenant",
            "tenant_missing",
        ),
        (BOTH + MICROSOFT.replace("contractor.example", "a/b"), "mailbox.main.oauth.tenant", "tenant_missing"),
        (BOTH + GOOGLE + 'tenant = "x"\n', "mailbox.main.oauth.tenant", "not_of_provider"),
        (
            BOTH + GOOGLE.replace('"google-secret"', '""'),
            "mailbox.main.oauth.client_secret_file",
            "client_secret_missing",
        ),
        (BOTH + MICROSOFT + 'client_secret_file = "x"\n', "mailbox.main.oauth.client_secret_file", "not_of_provider"),
        (BOTH + MICROSOFT + 'client_secrets = "x"\n', "mailbox.main.oauth.client_secrets", "unknown_key"),
    ],
)
def test_each_fault_of_a_login_is_named_by_its_key(text, key, code):
    settings, found = settings_of(text)
    assert settings is None
    assert (key, code) in named(found)


@pytest.mark.parametrize(
    "authority",
    [
        "http://localhost:8080",
        "localhost",
        "https://",
        "https://u:p@host.example",
        "https://h.example?x=1",
        "https://h:x",
    ],
)
def test_tokens_are_asked_for_over_https_alone(authority):
    _, found = settings_of(BOTH + MICROSOFT + f'authority = "{authority}"\n')
    assert named(found) == [("mailbox.main.oauth.authority", "bad_authority")]
