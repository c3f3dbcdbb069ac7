"""Logins by token: Dovecot and Postfix by XOAUTH2, and a token endpoint on loopback that gives the tokens.

The ledger shows the mailbox's pass, the arrived mail shows the sending; the notices come by the folder.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import pwd
import re
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.mailservers import MailServers
from tests.support.office import Office, Ran, a_form, a_mail, a_pdf, notice, wire, yesterday
from tests.support.token_endpoints import CLIENT, SECRET, TENANT, USER_CODE, TokenEndpoints, token_endpoints
from tests.support.world import project
from worker.oauth.files import LoginFile
from worker.oauth.tokens import StoredLogin

pytestmark = pytest.mark.servers

OFFICE = "office@test.example"
ISSUER = "keiyaku@issuer-a.example"
FORM = a_form("堤防補強工事")
ISSUERS = {
    "a": f"""
name = "甲市"
[section.keiyaku]
name = "契約課"
to = ["{ISSUER}"]
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "keiyaku"
subject = "認証キー【{{{{ project.name }}}}】"
invoice = "never"
"""
}
TABLES = {
    "microsoft": f'provider = "microsoft"\nclient_id = "{CLIENT}"\ntenant = "{TENANT}"\n',
    "google": f'provider = "google"\nclient_id = "{CLIENT}"\nclient_secret_file = "google-secret"\n',
}


@dataclass
class TokenOffice:
    """An office whose two servers take tokens, and the endpoint that gives them."""

    office: Office
    servers: MailServers
    endpoints: TokenEndpoints
    said: list[Ran]

    def __call__(self, *arguments: str) -> Ran:
        ran = self.office(*arguments)
        self.said.append(ran)
        return ran

    @property
    def file(self) -> LoginFile:
        return LoginFile(self.office.store, "main")

    @property
    def kept(self) -> StoredLogin:
        return self.file.read()

    def log_in(self) -> Ran:
        self.endpoints.pending = 0
        return self("login", "main")

    def change(self, **values: Any) -> None:
        self.file.write(replace(self.kept, **values))

    def alarms(self) -> list[str]:
        return [cause for (cause,) in self.office.rows("select cause from alarms order by 1")]

    def trace_of_tokens(self) -> list[str]:
        """The wrong places with a token or a secret: the output, or any part of the store but its file."""
        places = {f"output {at}": (ran.out + ran.err).encode() for at, ran in enumerate(self.said)}
        places |= {
            str(path): path.read_bytes()
            for path in self.office.store.rglob("*")
            if path.is_file() and path.parent.name != "tokens" and path.name != "google-secret"
        }
        return [
            place for place, content in places.items() if re.search(rb"(access|refresh)-\d|" + SECRET.encode(), content)
        ]


@pytest.fixture
def endpoints(servers: MailServers, tmp_path: Path) -> Iterator[TokenEndpoints]:
    servers.tokens.clear()
    with token_endpoints(tmp_path, servers.tokens) as running:
        yield running


@pytest.fixture
def at(servers: MailServers, endpoints: TokenEndpoints, tmp_path: Path) -> Iterator[Callable[..., TokenOffice]]:
    """Opens an office; afterwards no token may be in a place that people or backups see."""
    opened: list[TokenOffice] = []
    for user in ("office", "issuer-a"):
        servers.empty(user)

    def open_office(provider: str = "microsoft") -> TokenOffice:
        trust = f'ca_file = "{servers.ca_file}"\n'
        table = f'{TABLES[provider]}authority = "{endpoints.authority}"\nca_file = "{endpoints.ca_file}"'
        office = Office(
            tmp_path,
            address=OFFICE,
            since=yesterday(),
            issuers=ISSUERS,
            knows=(ISSUER,),
            projects=[project(FORM.project, "a", FORM.number)],
            mailbox_lines=f'host = "localhost"\nport = {servers.imaps}\nuser = "{OFFICE}"\n{trust}auth = "xoauth2"\n'
            f"since = {yesterday()}\n[mailbox.main.oauth]\n{table}",
            smtp_lines=f'host = "localhost"\nport = {servers.submission}\nsecurity = "starttls"\n'
            f'user = "{OFFICE}"\n{trust}auth = "xoauth2"',
        )
        office.write(since="")
        office.secret("google-secret", SECRET)
        opened.append(TokenOffice(office, servers, endpoints, []))
        return opened[-1]

    yield open_office
    for each in opened:
        assert each.trace_of_tokens() == []


def test_a_login_is_a_code_on_the_screen_and_then_both_servers_are_used_with_tokens(
    at: Callable[..., TokenOffice], servers: MailServers
) -> None:
    office = at()
    ran = office.log_in()
    assert (ran.code, ran.err) == (0, "")
    assert USER_CODE in ran.out
    assert "進めないときは" in ran.out
    assert "「Microsoft 365 で許可すること」" in ran.out, "a page that blocks the login says nothing to this program"
    assert "https://outlook.office.com/SMTP.Send" in office.endpoints.asked[0]["scope"].split()
    assert "受信メールボックス main" in ran.out
    assert "送信サーバー" in ran.out
    assert stat.S_IMODE(office.file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(office.file.path.parent.stat().st_mode) == 0o700

    servers.deliver("office", wire(a_mail("お見積り", ("見積書.pdf", a_pdf()), text="見積書です。")))
    office.office.save_notice("a.pdf", notice(FORM))
    ran = office("run", "--once")
    assert (ran.code, ran.err) == (0, "")
    assert list(office.office.ledger) == ["お見積り"]
    servers.arrived("issuer-a", 1)
    assert office.office.only(FORM)["state"] == "SENT"
    assert len(office.endpoints.refresh_tokens) == 1

    ran = office("doctor", "--json")
    assert ran.code == 0
    (login,) = (each for each in ran.document["results"] if each["name"] == "login:main")
    assert login["ok"]
    assert re.search(r"Microsoft 365：正常（期限 20\d\d-.*、最終更新 20\d\d-.*ログイン 20", login["note"])


def test_a_token_that_has_expired_is_renewed_once_and_kept_for_both_servers(at: Callable[..., TokenOffice]) -> None:
    office = at()
    office.log_in()
    office.endpoints.take_all_tokens_back()
    past = office.kept.renewed_at - dt.timedelta(hours=2)
    office.change(renewed_at=past, expires_at=past + dt.timedelta(hours=1))
    office.office.save_notice("a.pdf", notice(FORM))
    assert office("run", "--once").code == 0
    assert office.office.only(FORM)["state"] == "SENT"
    assert office.kept.access_token in office.endpoints.tokens
    assert office.kept.refresh_token == office.endpoints.refresh_tokens[-1]
    assert len(office.endpoints.refresh_tokens) == 2


def test_a_token_that_the_server_refuses_before_its_end_is_replaced_in_the_same_login(
    at: Callable[..., TokenOffice],
) -> None:
    office = at()
    office.log_in()
    office.endpoints.take_all_tokens_back()
    office.office.save_notice("a.pdf", notice(FORM))
    ran = office("run", "--once")
    assert (ran.code, ran.err) == (0, "")
    assert office.office.only(FORM)["state"] == "SENT"
    assert len(office.endpoints.refresh_tokens) == 2
    assert office.alarms() == []


def test_the_sending_server_alone_may_refuse_a_token_and_gets_another(at: Callable[..., TokenOffice]) -> None:
    office = at()
    office.log_in()
    office.office.write(mailbox_lines=office.office.mailbox_lines.replace(OFFICE, "issuer", 1))
    office.endpoints.take_all_tokens_back()
    ran = office("doctor", "--json")
    found = {each["name"]: each for each in ran.document["results"]}
    assert found["smtp"]["ok"]
    assert not found["mail:main"]["ok"]  # the token is for another account than `user`
    assert "受け付けません" in found["mail:main"]["error"]
    assert "user が正しいか" in found["mail:main"]["remedy"]


def test_a_login_that_was_taken_back_is_one_alarm_and_doctor_names_the_command(at: Callable[..., TokenOffice]) -> None:
    office = at()
    office.log_in()
    office.change(access_token="")
    office.endpoints.refusal = ("invalid_grant", "AADSTS70043: The refresh token has expired.")
    office.office.save_notice("a.pdf", notice(FORM))
    for _ in range(2):
        assert office("run", "--once").code == 3
    assert office.alarms() == ["account_refused:mail:main", "account_refused:smtp"]
    assert office.office.only(FORM)["state"] == "APPROVED"
    ran = office("doctor", "--json")
    assert ran.code == 3
    found = {each["name"]: each for each in ran.document["results"]}
    for name in ("mail:main", "smtp"):
        assert "期限が切れたか、取り消されました" in found[name]["error"]
        assert "AADSTS70043" in found[name]["error"]
        assert found[name]["remedy"] == "`hoshobin login main` をもう一度実行してください"
    assert "次の接続で更新" in found["login:main"]["note"]

    office.endpoints.refusal = None
    assert office.log_in().code == 0
    assert office("run", "--once").code in {0, 1}  # the mails to the operator go to an address that takes none
    assert office.office.only(FORM)["state"] == "SENT"


def test_an_endpoint_that_is_away_is_no_refusal_and_the_old_token_serves_until_its_end(
    at: Callable[..., TokenOffice],
) -> None:
    office = at()
    office.log_in()
    office.endpoints.status = 503
    renewed = office.kept.renewed_at - dt.timedelta(minutes=57)
    office.change(renewed_at=renewed, expires_at=renewed + dt.timedelta(hours=1))
    office.office.save_notice("a.pdf", notice(FORM))
    assert office("run", "--once").code == 0
    assert office.office.only(FORM)["state"] == "SENT"
    office.change(access_token="")
    ran = office("run", "--once")
    assert ran.code == 3
    assert office.alarms() == []


def test_a_server_that_refuses_the_new_login_leaves_the_former_one_as_it_was(at: Callable[..., TokenOffice]) -> None:
    office = at()
    office.log_in()
    before = office.file.path.read_bytes()
    office.endpoints.gives_good_tokens = False
    ran = office.log_in()
    assert ran.code == 3
    assert "保存していません" in ran.err
    assert "hoshobin login main" in ran.err
    assert office.file.path.read_bytes() == before


def test_a_login_whose_servers_are_away_is_kept_and_said_to_be_untried(at: Callable[..., TokenOffice]) -> None:
    office = at()
    office.office.write(
        mailbox_lines=office.office.mailbox_lines.replace(f"port = {office.servers.imaps}", "port = 1"),
        smtp_lines=office.office.smtp_lines.replace(f"port = {office.servers.submission}", "port = 1"),
    )
    ran = office.log_in()
    assert ran.code == 3
    assert "未確認" in ran.err
    assert office.kept.access_token in office.endpoints.tokens


def test_nobody_who_has_not_agreed_is_logged_in(at: Callable[..., TokenOffice]) -> None:
    office = at()
    office.endpoints.refusal = ("access_denied", "the person said no")
    ran = office.log_in()
    assert ran.code == 3
    assert "access_denied" in ran.err
    assert "許可しないが選ばれました" in ran.err
    assert "期限が切れた" not in ran.err, "there was no login whose time could end"
    assert "自社の管理者に" in ran.err
    assert not office.file.path.exists()


class _Browser(io.TextIOBase):
    """Standard input of a person who opens the printed page, and pastes the address on which it ended."""

    def __init__(self, endpoints: TokenEndpoints, screen: Callable[[], str]) -> None:
        super().__init__()
        self._endpoints = endpoints
        self._screen = screen
        self.tries = 0

    def readline(self, size: int | None = -1) -> str:
        self.tries += 1
        if self.tries == 1:
            return "http://127.0.0.1/?state=of-another-login&code=4/0-other\n"
        (page,) = re.findall(r"^https://\S+/o/oauth2/v2/auth\S+$", self._screen(), re.MULTILINE)
        return self._endpoints.agree(page) + "\n"


def test_with_google_the_person_pastes_an_address_and_the_token_is_renewed_with_the_secret(
    at: Callable[..., TokenOffice], monkeypatch: pytest.MonkeyPatch
) -> None:
    office = at("google")
    screen: list[str] = []
    echo = sys.modules["click"].echo

    def seen(message: Any = None, *args: Any, **kwargs: Any) -> None:
        screen.append(f"{message}\n")
        echo(message, *args, **kwargs)

    monkeypatch.setattr("click.echo", seen)
    browser = _Browser(office.endpoints, lambda: "".join(screen))
    monkeypatch.setattr("sys.stdin", browser)
    ran = office("login", "main")
    assert (ran.code, browser.tries) == (0, 2)
    assert "今回のログインのアドレスではありません" in ran.out
    assert "「Google Workspace で許可すること」" in ran.out
    office.change(access_token="")
    office.office.save_notice("a.pdf", notice(FORM))
    assert office("run", "--once").code == 0
    assert office.office.only(FORM)["state"] == "SENT"
    assert office.endpoints.asked[-1]["client_secret"] == SECRET


def test_run_by_root_the_login_belongs_to_the_services_account(at: Callable[..., TokenOffice]) -> None:
    office = at()
    account = pwd.getpwnam("nobody")
    os.chown(office.office.store, account.pw_uid, account.pw_gid)
    try:
        assert office.log_in().code == 0
        for path in (office.file.path, office.file.path.parent):
            assert path.stat().st_uid == account.pw_uid
    finally:
        os.chown(office.office.store, 0, 0)


def test_an_account_that_is_not_the_services_is_told_before_anybody_agrees(at: Callable[..., TokenOffice]) -> None:
    office = at()
    with contextlib.ExitStack() as ends:
        for path in (office.office.root, *office.office.root.parents):
            if not path.stat().st_mode & stat.S_IXOTH:
                ends.callback(path.chmod, stat.S_IMODE(path.stat().st_mode))
                path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o055)
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
        ends.callback(os.seteuid, 0)
        ran = office.log_in()
    assert ran.code == 2
    assert "sudo -u root hoshobin login" in ran.err
    assert office.endpoints.asked == []


def test_nobody_has_logged_in_yet_and_the_hint_is_the_command(at: Callable[..., TokenOffice]) -> None:
    ran = at()("doctor")
    assert ran.code == 2
    assert "`hoshobin login main` を実行してください" in ran.err


def test_a_login_that_others_could_read_is_refused(at: Callable[..., TokenOffice]) -> None:
    office = at()
    office.log_in()
    office.file.path.chmod(0o640)
    ran = office("run", "--once")
    assert ran.code == 2
    assert "0640" in ran.err
    assert f"chmod 600 {office.file.path}" in ran.err


def test_a_login_of_another_application_asks_for_a_new_one(at: Callable[..., TokenOffice]) -> None:
    office = at()
    office.log_in()
    office.office.write(mailbox_lines=office.office.mailbox_lines.replace(CLIENT, "client-2"))
    ran = office("doctor")
    assert ran.code == 2
    assert "client_id が変わっています" in ran.err


def test_a_mailbox_with_a_password_has_no_login(at: Callable[..., TokenOffice]) -> None:
    ran = at()("login", "branch")
    assert ran.code == 2
    assert "使えるのは main です" in ran.err
