"""Every form of the console: who may send it, from where, with which token; and every page: the headers."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from html import unescape

import pytest

from tests.support.console import PASSWORD, PEOPLE, Browser, Console
from worker.console.app import ACTIONS, PAGES, FormRoute
from worker.core.accounts import RIGHTS, Right, Role

INNER = [action for action in ACTIONS if action.right is not None]
RECORDS_A_LOOK = {"/verify", "/s/{id:int}/key", "/s/{id:int}/original/{paper:int}", "/log/originals"}
GIVES_A_FILE = {"/log/export"}
ENDS_THE_SESSION = {"/logout", "/me/logout-everywhere", "/me/password"}


@pytest.fixture(scope="module")
def browsers(console: Console) -> dict[str, Browser]:
    """One browser of each person."""
    return {login: console.browser(login) for login in PEOPLE}


def path_of(action: FormRoute) -> str:
    """A path of this form; what it names need not exist."""
    return re.sub(r"\{\w+:int\}", "999", action.path).replace("{token}", "x")


@pytest.mark.parametrize("action", INNER, ids=lambda action: action.path)
def test_a_form_is_refused_without_its_right_its_token_or_from_another_site(
    browsers: dict[str, Browser], action: FormRoute
) -> None:
    path = path_of(action)
    for login, (_, roles) in PEOPLE.items():
        browser = browsers[login]
        browser.get("/me")
        for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}, {}):
            sent = browser.client.post(path, data={"token": browser.token}, headers=headers, follow_redirects=False)
            assert sent.status_code == 403, (login, headers)
        for token in ("", "0" * 64, browser.token[:-1]):
            sent = browser.client.post(path, data={"token": token}, headers=browser.headers, follow_redirects=False)
            assert sent.status_code == 403, (login, token)
        if not any(action.right in RIGHTS[role] for role in roles):
            assert browser.post(path).status_code == 403, login
        elif path not in ENDS_THE_SESSION:
            expected = {200} if path in GIVES_A_FILE else {303, 404, 409, 422}
            assert browser.post(path).status_code in expected, login


def test_each_form_before_the_login_is_refused_from_another_site(console: Console) -> None:
    browser = console.browser()
    for action in ACTIONS:
        sent = browser.client.post(path_of(action), data={}, headers={"origin": "https://evil.example"})
        assert sent.status_code == 403, action.path


def test_a_page_without_a_login_leads_to_the_login_and_back(console: Console) -> None:
    browser = console.browser()
    for page in PAGES:
        if page.right is None:
            continue
        path = re.sub(r"\{\w+:int\}", "1", page.path)
        answer = browser.client.get(path, follow_redirects=False)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/login"), path
    browser.get("/s/1")
    done = browser.post("/login", {"login": "staff", "password": PASSWORD, "then": "/s/1"})
    assert done.headers["location"] == "/s/1"


@pytest.mark.parametrize(
    "then", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb"]
)
def test_the_login_leads_to_no_other_site(console: Console, then: str) -> None:
    browser = console.browser()
    done = browser.post("/login", {"login": "staff", "password": PASSWORD, "then": then})
    assert done.headers["location"] == "/"


def test_every_answer_has_the_headers_that_keep_it_apart(console: Console) -> None:
    browser = console.browser("staff")
    for path in ("/", "/s/1", "/login", "/nowhere", "/static/console.css"):
        headers = browser.client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';"), path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["cross-origin-opener-policy"] == "same-origin", path
        assert ("no-store" in headers["cache-control"]) is not path.startswith("/static/"), path
        assert "server" not in headers, path


def test_a_host_that_is_not_ours_gets_nothing(console: Console) -> None:
    browser = console.browser("staff")
    for host in ("evil.example", "127.0.0.1", "127.0.0.1:8480.evil.example"):
        answer = browser.client.get("/", headers={"host": host})
        assert answer.status_code == 421, host
        assert "今日すること" not in answer.text.replace("今日することへ", ""), host


def test_a_session_gets_a_new_name_at_login_and_the_old_one_ends_at_logout(console: Console) -> None:
    browser = console.browser()
    browser.client.cookies.set("hoshobin", "chosen-by-somebody-else")
    browser.log_in("staff")
    name = browser.client.cookies.get("hoshobin", domain="127.0.0.1")
    assert name != "chosen-by-somebody-else"
    browser.get("/me")
    assert browser.post("/logout").status_code == 303
    thief = console.browser()
    thief.client.cookies.set("hoshobin", str(name))
    assert thief.client.get("/", follow_redirects=False).headers["location"].startswith("/login")


def test_roles_have_the_rights_of_the_table() -> None:
    changing = {
        action.right
        for action in INNER
        if action.right is not Right.OWN and action.path not in RECORDS_A_LOOK | GIVES_A_FILE
    }
    assert not RIGHTS[Role.AUDITOR] & changing


def test_what_was_typed_in_a_dead_session_comes_back_after_the_login_of_the_same_person(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/me")
    with console.desk.store() as store, store.writing() as writing:
        account = store.account_of("staff")
        assert account is not None
        for session in store.sessions_of(account.id):
            writing.put_session(dataclasses.replace(session, opened_at=session.opened_at - dt.timedelta(hours=13)))
    asked = browser.post("/s/1/withdraw", {"why": "二重に届いたため"})
    assert asked.status_code == 403
    assert "入力した内容は残っています" in browser.text
    fields = {"login": "staff", "password": PASSWORD, "then": "/s/1/withdraw", "kept-for": "staff", "kept:why": "x"}
    assert 'name="kept:why" value="二重に届いたため"' in asked.text
    again = browser.post("/login", fields)
    assert again.status_code == 200
    assert 'action="/s/1/withdraw"' in again.text
    other = console.browser()
    done = other.post("/login", {**fields, "login": "approver"})
    assert done.status_code == 303


@pytest.mark.parametrize("end", ["the cookie is gone", "ended elsewhere"])
def test_what_was_typed_is_kept_however_the_session_ended(console: Console, end: str) -> None:
    """The form names its person: no row and no cookie does any more."""
    browser = console.browser("staff")
    browser.get("/projects/new")
    whose = re.findall('name="whose" value="([^"]+)"', browser.html)
    assert set(whose) == {"staff"}
    if end == "ended elsewhere":
        elsewhere = console.browser("staff")
        elsewhere.get("/me")
        assert elsewhere.post("/me/logout-everywhere").status_code == 303
    else:
        browser.client.cookies.clear()
    asked = browser.post("/projects/new", {"f:name": "河川護岸補修工事", "whose": whose[0]})
    assert asked.status_code == 403
    assert "入力した内容は残っています" in browser.text
    kept = {name: unescape(value) for name, value in re.findall('name="([^"]+)" value="([^"]*)"', asked.text)}
    assert kept["kept:f:name"] == "河川護岸補修工事"
    assert "kept:whose" not in kept
    again = browser.post("/login", {**kept, "login": "staff", "password": PASSWORD})
    assert 'action="/projects/new"' in again.text
    assert "aria-current" not in again.text, "/login is no page of the menu, though /log is"
    assert 'value="河川護岸補修工事"' in again.text


@pytest.mark.parametrize(
    ("path", "page"), [("/s/1/withdraw", "/s/1"), ("/take", "/"), ("/me/absence", "/me"), ("/drop", "/drop")]
)
def test_after_a_login_that_gives_nothing_back_the_page_of_the_form_comes(
    console: Console, path: str, page: str
) -> None:
    """Files cannot be kept, and what one person typed is not another's: neither is promised, and no fault follows."""
    browser = console.browser("staff")
    browser.client.cookies.clear()
    asked = browser.post(path, files={"pdf": ("a.pdf", b"%PDF-1.7")}) if path == "/drop" else browser.post(path)
    assert asked.status_code == 403
    assert "入力した内容は残っています" not in browser.text
    assert "何も変わっていません" in browser.text
    sent = {name: unescape(value) for name, value in re.findall('name="([^"]+)" value="([^"]*)"', asked.text)}
    done = browser.log_in("approver", **{name: value for name, value in sent.items() if name in {"then", "back"}})
    assert (done.status_code, done.url.path) == (200, page)


def test_a_form_without_a_session_does_not_tell_which_accounts_there_are(console: Console) -> None:
    answers = []
    for login in ("staff", "stranger"):
        browser = console.browser()
        browser.post("/s/1/memo", {"text": "x", "whose": login})
        answers.append(browser.html.replace(login, ""))
    assert answers[0] == answers[1]
