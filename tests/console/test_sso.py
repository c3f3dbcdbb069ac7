"""The login by a company account on the pages, against a real provider on loopback, as browsers go."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from html import unescape

import pytest

from tests.support.console import BY_ROOT, PASSWORD, Browser, Console, console_of
from tests.support.identity_provider import (
    CLIENT,
    SECRET,
    IdentityProvider,
    aged,
    identity_provider,
    of_hanako,
    saying,
    signed_by_another,
    unsigned,
)
from tests.support.office import Mailroom
from worker.accounts import people
from worker.accounts.second_factor import STEP_SECONDS, code_of
from worker.console.server import find_sign_on
from worker.console.sso import CALLBACK
from worker.core.accounts import FRESH, Account, Role
from worker.core.errors import ConfigError
from worker.core.states import NoteEvent
from worker.views.problems import problem_hint

MAIL = "hanako@contractor.example"


@pytest.fixture(scope="module")
def served() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def console(room: Mailroom, served: IdentityProvider) -> Iterator[Console]:
    """The office's console with a provider of its own."""
    with (room.office.config / "worker.toml").open("a") as file:
        file.write(
            '[console]\nurl = "https://hoshobin.contractor.example"\nnetworks = ["127.0.0.0/8"]\nproxy = "127.0.0.1"\n'
            f'[console.sso]\nprovider = "openid"\nclient_id = "{CLIENT}"\nissuer = "{served.issuer}"\n'
        )
    secret = room.office.store / "sso-client-secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    with console_of(room.office, proxy="127.0.0.1") as console:
        served.callback = f"{console.base}{CALLBACK}"
        yield console


@pytest.fixture
def provider(served: IdentityProvider, console: Console) -> IdentityProvider:
    """One that behaves, and that the console has not given up."""
    served.behave()
    served.person = of_hanako()
    assert console.desk.sso is not None
    console.desk.sso.provider._failed_at = None  # type: ignore[attr-defined]
    with console.desk.store() as store, store.writing() as writing:
        writing.drop_attempts("address:127.0.0.1")
    return served


def invited(console: Console, login: str, mail: str = MAIL, *roles: Role) -> str:
    """The path of the invitation of a person, who is added if he or she is new."""
    with console.desk.store() as store:
        now = console.desk.clock.now()
        account = store.account_of(login) or people.add_account(
            store, Account(0, login, f"利用者 {login}", mail=mail, roles=frozenset(roles or {Role.STAFF})), BY_ROOT, now
        )
        return f"/invite/{people.invite(store, account.id, BY_ROOT, now)}"


def follow(browser: Browser, provider: IdentityProvider, path: str) -> str:
    """Presses a link to the provider and logs in there; returns the path to which it sends the browser back."""
    sent = browser.client.get(path, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    return provider.authorize(sent.headers["location"]).removeprefix(browser.base)


def bound(console: Console, provider: IdentityProvider, login: str, *roles: Role) -> Browser:
    """A browser of a person who was bound just now; the provider's person is then that one."""
    provider.person = of_hanako(sub=f"subject-of-{login}", email=f"{login}@contractor.example")
    browser = console.browser()
    path = invited(console, login, f"{login}@contractor.example", *roles)
    done = browser.client.get(follow(browser, provider, f"{path}/company"), follow_redirects=False)
    assert done.status_code == 303, done.text
    browser.get(done.headers["location"])
    return browser


def entries(console: Console, event: NoteEvent) -> list[dict[str, object]]:
    with console.desk.store() as store:
        return [dict(entry.detail) for entry in store.entries(events=[event])]


def session_of(browser: Browser) -> str | None:
    return browser.client.cookies.get("hoshobin", domain="127.0.0.1")


# --- In order ------------------------------------------------------------------------------------------------


def test_an_invited_person_binds_the_company_account_and_logs_in_by_it(
    console: Console, provider: IdentityProvider
) -> None:
    path = invited(console, "hanae")
    browser = console.browser()
    assert "会社のアカウントを結び付ける" in browser.get(path).text
    assert console.browser().get(path).status_code == 200, "a scanner of mails uses nothing up"
    back = follow(browser, provider, f"{path}/company")
    browser.get(back)
    assert "会社のアカウントを結び付けました" in browser.text
    assert browser.last is not None
    assert browser.last.url.path == "/"
    assert browser.post("/logout").status_code == 303

    assert "会社のアカウントでログイン" in browser.get("/login").text
    done = browser.client.get(follow(browser, provider, "/sso/login?then=/projects"), follow_redirects=False)
    assert done.headers["location"] == "/projects"
    assert browser.get("/projects").url.path == "/projects"
    assert entries(console, NoteEvent.LOGGED_IN)[-1] == {
        "user": "hanae",
        "address": "127.0.0.1",
        "provider": provider.issuer,
    }
    assert console.browser().get(path).status_code == 404, "the invitation is used up"


def test_the_page_of_the_login_names_both_ways_and_keeps_where_one_wanted_to_go(console: Console) -> None:
    browser = console.browser()
    page = browser.get("/login?then=/s/1").text
    first, second = re.findall(r'href="(/sso/[^"]+)"', page)
    assert dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(unescape(first)).query)) == {"then": "/s/1"}
    assert "keep=1" in second
    assert 'name="password"' in page
    assert "<form" not in page.partition("会社のアカウントでログイン")[0], "a link, no form"


def test_stay_logged_in_is_a_link_of_its_own(console: Console, provider: IdentityProvider) -> None:
    browser = bound(console, provider, "kept")
    browser.client.cookies.clear()
    done = browser.client.get(follow(browser, provider, "/sso/login?keep=1"), follow_redirects=False)
    cookie = next(each for each in done.headers.get_list("set-cookie") if each.startswith("hoshobin="))
    assert "Max-Age=2592000" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_a_login_opens_a_session_of_another_name_than_the_one_that_was_brought(
    console: Console, provider: IdentityProvider
) -> None:
    bound(console, provider, "fixed")
    browser = console.browser()
    browser.client.cookies.set("hoshobin", "chosen-by-somebody-else")
    browser.get(follow(browser, provider, "/sso/login"))
    assert "ログアウト" in browser.text
    names = {each.value for each in browser.client.cookies.jar if each.name == "hoshobin"}
    assert names - {"chosen-by-somebody-else"}
    thief = console.browser()
    thief.client.cookies.set("hoshobin", "chosen-by-somebody-else")
    assert thief.client.get("/", follow_redirects=False).headers["location"].startswith("/login")


def test_a_long_japanese_path_is_kept_and_one_that_no_cookie_holds_is_not(
    console: Console, provider: IdentityProvider
) -> None:
    browser = bound(console, provider, "long")
    for path, expected in (("/" + "川" * 299, "/" + "川" * 299), ("/" + "川" * 300, "/")):
        back = follow(browser, provider, f"/sso/login?{urllib.parse.urlencode({'then': path})}")
        assert all(len(each.value or "") < 4000 for each in browser.client.cookies.jar)
        done = browser.client.get(back, follow_redirects=False)
        assert urllib.parse.unquote(done.headers["location"]) == expected


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_login_leads_to_no_other_site(console: Console, provider: IdentityProvider, then: str) -> None:
    browser = bound(console, provider, "elsewhere")
    back = follow(browser, provider, f"/sso/login?{urllib.parse.urlencode({'then': then})}")
    assert browser.client.get(back, follow_redirects=False).headers["location"] == "/"


def test_the_emergency_stays_an_administrator_s_password(console: Console, provider: IdentityProvider) -> None:
    provider.raw["/.well-known/openid-configuration"] = None
    console.desk.sso.provider._kept.clear()  # type: ignore[union-attr,attr-defined]
    browser = console.browser()
    assert browser.get("/sso/login").status_code == 403
    assert "接続できない" in browser.text
    assert browser.log_in("admin").status_code == 200


def test_a_person_logs_out_here_and_finds_the_way_out_at_the_provider(
    console: Console, provider: IdentityProvider
) -> None:
    browser = bound(console, provider, "leaving")
    page = browser.get(browser.post("/logout").headers["location"]).text
    assert 'href="/sso/logout"' in page
    left = browser.client.get("/sso/logout", follow_redirects=False)
    assert left.headers["location"].startswith(f"{provider.issuer}/logout?")


# --- Refused -------------------------------------------------------------------------------------------------

MISBEHAVIOURS = {
    "wrong audience": (saying(aud="another"), None, "別のアプリケーションあて", "sso_audience"),
    "wrong nonce": (saying(nonce="m" * 43), None, "このログインへの応答ではない", "sso_nonce"),
    "wrong issuer": (saying(iss="https://elsewhere.example"), None, "発行元が違う", "sso_issuer"),
    "expired": (aged(7200), None, "期限が切れている", "sso_expired"),
    "wrong clock": (aged(-600), None, "時計が10分ほどずれている", "sso_clock"),
    "no signature": (None, unsigned, "署名が合わない", "sso_signature"),
    "a stranger's signature": (None, signed_by_another, "署名が合わない", "sso_signature"),
    "an unknown person": (saying(sub="nobody-here"), None, "結び付いていません", "sso_unbound"),
}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_a_provider_that_misbehaves_opens_nothing_and_the_person_learns_what_to_do(
    console: Console, provider: IdentityProvider, name: str
) -> None:
    bound(console, provider, "trusting")
    change, sign, words, code = MISBEHAVIOURS[name]
    provider.change_claims = change or provider.change_claims
    provider.sign = sign
    browser = console.browser()
    failed = browser.get(follow(browser, provider, "/sso/login"))
    assert failed.status_code == 403
    assert words in browser.text
    assert session_of(browser) is None
    assert entries(console, NoteEvent.LOGIN_FAILED)[-1]["refusal"] == code
    assert 'href="/sso/login"' in failed.text, "the way to try again"


def test_a_used_answer_is_refused_by_its_state_and_by_its_code(console: Console, provider: IdentityProvider) -> None:
    browser = bound(console, provider, "replayed")
    browser.client.cookies.clear()
    sent = browser.client.get("/sso/login", follow_redirects=False)
    trip = next(each.value for each in browser.client.cookies.jar if each.name == "hoshobin-trip")
    back = provider.authorize(sent.headers["location"]).removeprefix(browser.base)
    assert browser.client.get(back, follow_redirects=False).status_code == 303
    thief = console.browser()
    assert thief.get(back).status_code == 403
    assert "途中で切れた" in thief.text, "another browser"
    thief.client.cookies.set("hoshobin-trip", str(trip))
    assert thief.get(back).status_code == 403
    assert "一度使われている" in thief.text, "with its cookie"
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["code"]
    fresh = follow(thief, provider, "/sso/login")
    assert thief.get(re.sub(r"code=[^&]+", f"code={code}", fresh)).status_code == 403
    assert "受け付けませんでした" in thief.text, "the code of before in a new trip"
    assert session_of(thief) is None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("&error=access_denied", "取り消されました"),
        ("&error=login_required", "login_required"),
        ("&error=%3Cscript%3E", "断りました（?）"),
        ("&iss=https%3A%2F%2Felsewhere.example", "発行元が違う"),
    ],
)
def test_what_the_provider_sends_back_in_place_of_a_code(
    console: Console, provider: IdentityProvider, more: str, words: str
) -> None:
    browser = console.browser()
    back = follow(browser, provider, "/sso/login")
    assert browser.get(back + more).status_code == 403
    assert words in browser.text


def test_an_answer_without_a_login_under_way_opens_nothing(console: Console, provider: IdentityProvider) -> None:
    browser = console.browser()
    provider.visited.clear()
    for query in ("", "?state=x&code=y", "?code=y"):
        assert browser.get(f"{CALLBACK}{query}").status_code == 403
        assert "途中で切れた" in browser.text
    assert provider.visited == [], "the provider is asked nothing"


def test_a_stopped_person_does_not_get_in(console: Console, provider: IdentityProvider) -> None:
    browser = bound(console, provider, "gone")
    with console.desk.store() as store:
        account = store.account_of("gone")
        assert account is not None
        people.stop_account(store, account.id, BY_ROOT, console.desk.clock.now())
    assert browser.client.get("/", follow_redirects=False).headers["location"].startswith("/login")
    assert browser.get(follow(browser, provider, "/sso/login")).status_code == 403
    assert "このアカウントは使えません" in browser.text
    assert entries(console, NoteEvent.LOGIN_FAILED)[-1] == {
        "user": "gone",
        "address": "127.0.0.1",
        "refusal": "account_stopped",
    }


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"email": "jiro@contractor.example"}, "登録されたものと違う"),
        ({"email_verified": False}, "確認済みではない"),
    ],
)
def test_an_invitation_in_other_hands_binds_nobody_and_can_still_be_used(
    console: Console, provider: IdentityProvider, changed: dict[str, object], words: str
) -> None:
    path = invited(console, "careful", "careful@contractor.example")
    provider.person = of_hanako(sub="careful", email="careful@contractor.example") | changed
    browser = console.browser()
    assert browser.get(follow(browser, provider, f"{path}/company")).status_code == 403
    assert words in browser.text
    assert entries(console, NoteEvent.LOGIN_FAILED)[-1]["user"] == "careful"
    assert browser.get(path).status_code == 200


def test_the_answer_s_refusals_name_no_secret_in_the_journal(
    console: Console, provider: IdentityProvider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.change_claims = saying(nonce="m" * 43)
    browser = console.browser()
    back = follow(browser, provider, "/sso/login")
    browser.get(back)
    assert "console_sso_refused sso_nonce" in caplog.text
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    for secret in (SECRET, query["code"], query["state"]):
        assert secret not in caplog.text


# --- The second factor and deciding --------------------------------------------------------------------------

OUTSIDE = {"x-forwarded-for": "203.0.113.9"}
HIDDEN = re.compile(r'name="secret" value="([A-Z2-7]{32})"')


def code_now(console: Console, secret: str, steps: int = 0) -> str:
    return code_of(secret, int(console.desk.clock.now().timestamp()) // STEP_SECONDS + steps)


def test_from_outside_the_code_follows_the_provider(console: Console, provider: IdentityProvider) -> None:
    browser = bound(console, provider, "afar")
    (secret,) = HIDDEN.findall(browser.get("/me").text)
    assert browser.post("/me/code", {"secret": secret, "code": code_now(console, secret, -1)}).status_code == 200
    browser = console.browser()
    browser.client.headers.update(OUTSIDE)
    asked = browser.get(follow(browser, provider, "/sso/login?then=/projects"))
    assert "続けて、保証便の確認コードを入力" in browser.text
    assert session_of(browser) is None
    assert 'action="/sso/code"' in asked.text
    assert browser.post("/sso/code", {"code": "000000"}).status_code == 422
    done = browser.post("/sso/code", {"code": code_now(console, secret)})
    assert done.headers["location"] == "/projects"
    assert browser.get("/projects").status_code == 200


def test_a_decision_asks_the_provider_again_and_gives_back_what_was_typed(
    console: Console, provider: IdentityProvider
) -> None:
    browser = bound(console, provider, "boss", Role.STAFF, Role.APPROVER)
    browser.get("/s/1")
    age_proofs(console, "boss")
    asked = browser.post("/s/1/approve", {"note": "電話で確認した"})
    assert asked.status_code == 403
    assert 'name="proof"' not in asked.text, "there is no password"
    (link,) = re.findall(r'href="(/sso/proof\?kept=[^"]+)"', asked.text)
    before = session_of(browser)
    back = browser.get(follow(browser, provider, link))
    assert provider.grants[list(provider.grants)[-1]].asked["prompt"] == "login"
    assert 'action="/s/1/approve"' in back.text
    assert 'name="note" value="電話で確認した"' in back.text
    assert session_of(browser) != before
    assert browser.post("/s/1/approve", {"note": "電話で確認した"}).status_code != 403
    again = browser.get(follow(browser, provider, link))
    assert again.url.path == "/", "what was kept is given back once"
    assert "30分の間" in browser.text


def test_the_company_account_of_a_colleague_proves_nothing(console: Console, provider: IdentityProvider) -> None:
    browser = bound(console, provider, "owner", Role.APPROVER)
    bound(console, provider, "colleague")
    assert browser.get(follow(browser, provider, "/sso/proof")).status_code == 403
    assert "利用者 ownerさんの会社のアカウントではありません" in browser.text
    assert entries(console, NoteEvent.LOGIN_FAILED)[-1] == {
        "user": "owner",
        "address": "127.0.0.1",
        "refusal": "sso_other_person",
    }


def test_a_form_of_an_ended_session_comes_back_after_the_login_of_its_person_alone(
    console: Console, provider: IdentityProvider
) -> None:
    browser = bound(console, provider, "writer")
    browser.get("/me")
    end_sessions(console, "writer")
    asked = browser.post("/s/1/withdraw", {"why": "二重に届いたため"})
    assert asked.status_code == 403
    link = next(each for each in re.findall(r'href="(/sso/login[^"]+)"', asked.text)).replace("&amp;", "&")
    other = bound(console, provider, "reader")
    assert "二重に届いたため" not in other.get(follow(other, provider, link)).text
    provider.person = of_hanako(sub="subject-of-writer", email="writer@contractor.example")
    back = browser.get(follow(browser, provider, link))
    assert 'name="why" value="二重に届いたため"' in back.text
    assert 'action="/s/1/withdraw"' in back.text


def age_proofs(console: Console, login: str) -> None:
    """The last proof of every session of this account is older than a decision allows."""
    with console.desk.store() as store, store.writing() as writing:
        account = store.account_of(login)
        assert account is not None
        for session in store.sessions_of(account.id):
            writing.put_session(dataclasses.replace(session, proven_at=session.proven_at - FRESH))


def end_sessions(console: Console, login: str) -> None:
    with console.desk.store() as store, store.writing() as writing:
        account = store.account_of(login)
        assert account is not None
        for session in store.sessions_of(account.id):
            writing.put_session(dataclasses.replace(session, opened_at=session.opened_at - dt.timedelta(hours=13)))


# --- Administrators ------------------------------------------------------------------------------------------


def test_an_administrator_removes_a_binding_and_the_person_is_out(console: Console, provider: IdentityProvider) -> None:
    browser = bound(console, provider, "moved")
    with console.desk.store() as store:
        account = store.account_of("moved")
        assert account is not None
    admin = console.browser("admin")
    page = admin.get(f"/people/{account.id}")
    assert "会社のアカウントと結び付いています" in admin.text
    assert "subject-of-moved" not in page.text
    assert admin.post(f"/people/{account.id}/forget-company").status_code == 303
    assert "結び付いています" not in admin.get(f"/people/{account.id}").text
    assert browser.client.get("/", follow_redirects=False).headers["location"].startswith("/login")
    assert browser.get(follow(browser, provider, "/sso/login")).status_code == 403


def test_a_person_without_a_password_sees_no_form_for_it(console: Console, provider: IdentityProvider) -> None:
    browser = bound(console, provider, "plain")
    assert 'action="/me/password"' not in browser.get("/me").text
    assert "パスワードはありません" in browser.text


# --- Without it ----------------------------------------------------------------------------------------------


def test_a_console_without_the_table_has_no_such_login(console: Console) -> None:
    kept, console.desk.sso = console.desk.sso, None
    try:
        browser = console.browser()
        assert "会社のアカウント" not in browser.get("/login").text
        for path in ("/sso/login", CALLBACK, "/sso/logout"):
            assert browser.get(path).status_code == 403
            assert "ログイン名とパスワードでログインしてください" in browser.text
        assert browser.log_in("staff", PASSWORD).status_code == 200
    finally:
        console.desk.sso = kept


def test_a_console_without_the_extra_says_what_to_install(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "authlib", None)  # as if it were not there
    with pytest.raises(ConfigError) as refused:
        find_sign_on(console.desk)
    (problem,) = refused.value.problems
    assert (problem.key, problem.code) == ("console.sso", "sso_extra_missing")
    assert "-r requirements-sso.txt" in problem_hint(problem, "ja")


def test_neither_the_worker_nor_a_console_without_the_table_loads_the_libraries() -> None:
    code = (
        "import sys, worker.cli.run_office, worker.cli.user, worker.service.service, worker.console.server\n"
        "print({'authlib', 'joserfc', 'requests'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert ended.stdout.strip() == "set()"


def test_a_console_without_the_secret_does_not_start_and_says_which_file(console: Console) -> None:
    secret = console.office.store / "sso-client-secret"
    hidden = secret.rename(secret.with_name("hidden"))
    try:
        with pytest.raises(ConfigError) as refused:
            find_sign_on(console.desk)
        assert [(each.key, each.code) for each in refused.value.problems] == [
            ("console.sso.client_secret_file", "secret_missing")
        ]
    finally:
        hidden.rename(secret)
