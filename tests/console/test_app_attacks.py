"""Attacks on the console: forbidden actions, odd addresses and headers, guessing, upload bombs, odd values."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest

from tests.console.conftest import SENT, UNKNOWN, WAITS
from tests.support import notice_pdfs as made
from tests.support.console import PASSWORD, PEOPLE, Browser, Console, console_of
from tests.support.fakes import FakeClock
from tests.support.office import Mailroom
from worker.console.app import ACTIONS, PAGES
from worker.console.desk import UPLOADS_A_MINUTE, Pace
from worker.core.accounts import RIGHTS

KEYS: Final = [each.key for each in (SENT, WAITS, UNKNOWN)]
ENDS_THE_SESSION: Final = {"/logout", "/me/logout-everywhere", "/me/password", "/me/code"}


@pytest.fixture(scope="module")
def browsers(console: Console) -> dict[str, Browser]:
    """One browser of each person."""
    return {login: console.browser(login) for login in PEOPLE}


def path_of(pattern: str, number: str = "1") -> str:
    path = re.sub(r"\{\w+:int\}", number, pattern).replace("{issuer}", "kawa").replace("{token}", "x")
    return path.replace("{project:path}", f"kawa/{SENT.project}")


def raw(console: Console, target: str, *, cookie: str = "", more: str = "") -> bytes:
    """The answer to a GET of exactly these bytes: a client library would tidy them up."""
    parts = urlsplit(console.base)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30) as client:
        head = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: hoshobin={cookie}\r\n{more}"
        client.sendall(f"{head}Connection: close\r\n\r\n".encode())
        answer = b""
        while more_bytes := client.recv(65536):
            answer += more_bytes
        return answer


def cookie_of(browser: Browser) -> str:
    return str(browser.client.cookies.get("hoshobin", domain="127.0.0.1"))


# --- Roles ---------------------------------------------------------------------------------------------------------


def test_every_page_is_refused_without_its_right(browsers: dict[str, Browser]) -> None:
    for page in PAGES:
        for login, (_, roles) in PEOPLE.items():
            if page.right is not None and not any(page.right in RIGHTS[role] for role in roles):
                answer = browsers[login].client.get(path_of(page.path), follow_redirects=False)
                assert answer.status_code == 403, (login, page.path)


def test_the_auditor_changes_nothing_by_any_page_but_that_it_was_viewed(
    console: Console, browsers: dict[str, Browser]
) -> None:
    """Every table of the database, row by row; the time of the session's last use is no part of it."""
    before = _rows_of_all_tables(console)
    pages = browsers["auditor"].walk("/", *(path_of(page.path) for page in PAGES), most=400)
    after = _rows_of_all_tables(console)
    assert len(pages) > len(PAGES)
    assert {table: rows - before[table] for table, rows in after.items() if rows - before[table]}.keys() <= {
        "entries",
        "properties",
    }
    added = list(after["entries"] - before["entries"])
    assert added
    assert all("Viewed" in row for row in added)


def _rows_of_all_tables(console: Console) -> dict[str, frozenset[str]]:
    names = [name for (name,) in console.office.rows("select name from sqlite_master where type = 'table'")]
    return {
        name: frozenset(map(str, console.office.rows(f'select * from "{name}"')))
        for name in names
        if name != "sessions"
    }


# --- The key -------------------------------------------------------------------------------------------------------


def test_the_key_is_in_no_page_no_address_and_no_line_of_the_journal(
    browsers: dict[str, Browser], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for login, browser in browsers.items():
            for path, answer in browser.walk("/", *(path_of(page.path) for page in PAGES), most=400).items():
                told = answer.content + str(answer.url).encode() + str(answer.headers).encode()
                assert not [key for key in KEYS if key.encode() in told], (login, path)
                assert answer.status_code < 500, (login, path)
    assert not [key for key in KEYS if key in caplog.text]


# --- Addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2f..%2fapp.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/console.css%00.py",
        "/issuers/..%2f..%2fworker",
        "/issuers/%2e%2e",
        "/projects/..%2f..%2f..%2fetc%2fpasswd",
        "/projects/../../etc/passwd/edit",
        "/s/1/original/..%2f..%2fworker.toml",
        "/s/1/page/0/..%2f..%2f0.png",
        "/s/-1",
        "/s/1e3",
        "/s/" + "9" * 20,
        "/s/" + "9" * 5_000,
        "/people/" + "9" * 30,
        "/s/1/page/" + "9" * 30 + "/0.png",
        "/drop/" + "9" * 30 + "/file",
        "//evil.example/",
        "/%00",
        "/projects/%ff%fe",
        "/issuers/%ed%a0%80",
    ],
)
def test_an_address_that_names_nothing_is_a_page_that_says_so(
    console: Console, browsers: dict[str, Browser], target: str
) -> None:
    answer = raw(console, target, cookie=cookie_of(browsers["approver"]))
    status = int(answer.split(b" ", 2)[1])
    assert status in {403, 404, 405}, answer[:200]
    for secret in (b"root:", b"[mailbox", b"def ", b"Traceback"):
        assert secret not in answer
    assert b"content-security-policy" in answer.lower()


@pytest.mark.parametrize("query", ["got=" + "9" * 30, "for=" + "9" * 30, "for=%00", "got=..%2f", "project=%ff"])
def test_an_odd_query_of_the_drop_page_is_no_fault(browsers: dict[str, Browser], query: str) -> None:
    assert browsers["staff"].get(f"/drop?{query}").status_code in {200, 404}


# --- Headers -------------------------------------------------------------------------------------------------------


def test_a_forwarded_address_is_believed_from_the_one_proxy_alone_and_its_last_word(room: Mailroom) -> None:
    for proxy, lines, expected in (
        ("", "X-Forwarded-For: 203.0.113.9\r\n", "127.0.0.1"),
        ("192.0.2.1", "X-Forwarded-For: 203.0.113.9\r\n", "127.0.0.1"),
        ("127.0.0.1", "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n", "203.0.113.9"),
        ("127.0.0.1", "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9"),
        ("127.0.0.1", "Forwarded: for=198.51.100.1\r\nX-Real-IP: 198.51.100.1\r\n", "127.0.0.1"),
    ):
        with console_of(room.office, proxy=proxy) as console:
            browser = console.browser()
            done = browser.client.post(
                "/login",
                data={"login": "auditor", "password": PASSWORD},
                headers=[*browser.headers.items(), *_headers(lines)],
            )
            assert done.status_code == 303
            with console.desk.store() as store:
                logged = [each for each in store.entries() if each.event == "LoggedIn"][-1]
            assert logged.detail["address"] == expected, (proxy, lines)


def _headers(lines: str) -> list[tuple[str, str]]:
    return [(line.partition(": ")[0], line.partition(": ")[2]) for line in lines.split("\r\n") if line]


def test_no_header_names_another_host_for_our_links(console: Console) -> None:
    more = "X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example;proto=https\r\nX-Original-URL: /people\r\n"
    more += "X-Rewrite-URL: /people\r\nX-HTTP-Method-Override: POST\r\n"
    answer = raw(console, "/s/1", more=more)
    assert b" 303 " in answer[:15]
    assert b"evil.example" not in answer
    assert b"location: /login" in answer


def test_a_session_is_bound_to_this_host_and_read_by_no_script(console: Console) -> None:
    console.desk.is_loopback_http = False
    try:
        fields = {"login": "staff", "password": PASSWORD}
        browser = console.browser()
        answer = browser.client.post("/login", data=fields, headers=browser.headers)
    finally:
        console.desk.is_loopback_http = True
    cookies = answer.headers.get_list("set-cookie")
    assert any(each.startswith("__Host-hoshobin=") for each in cookies)
    for each in cookies:
        words = {word.strip().lower() for word in each.split(";")[1:]}
        assert {"httponly", "secure", "samesite=lax", "path=/"} <= words, each
        assert not any(word.startswith("domain") for word in words)


# --- Guessing ------------------------------------------------------------------------------------------------------


def test_a_guesser_is_slowed_down_and_the_owner_gets_in_at_once(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.desk, "clock", FakeClock(console.desk.clock.now()))
    owner = console.browser("approver")  # has the cookie of a browser that has logged in before
    guesser = console.browser()
    answers = [guesser.post("/login", {"login": "approver", "password": f"guess {n}"}) for n in range(12)]
    assert {each.status_code for each in answers} == {422}
    assert "秒" in guesser.text
    right = guesser.post("/login", {"login": "approver", "password": PASSWORD})
    assert right.status_code == 422, "the guesser's own count goes on, with the right password too"
    unknown = [guesser.post("/login", {"login": "nobody", "password": f"guess {n}"}) for n in range(12)]
    assert [len(each.text) for each in unknown[:4]] == [len(unknown[0].text)] * 4
    assert owner.log_in("approver").status_code == 200
    assert console.browser().log_in("staff").status_code == 200


# --- Uploads -------------------------------------------------------------------------------------------------------


def test_a_pdf_of_ten_thousand_pages_is_refused_in_time(console: Console, browsers: dict[str, Browser]) -> None:
    console.desk.pace = Pace(UPLOADS_A_MINUTE)
    browser = browsers["staff"]
    browser.get("/drop")
    answer = browser.post("/drop", files=[("pdf", ("x.pdf", made.many_pages(10_000), "application/pdf"))])
    assert answer.status_code == 422
    assert answer.elapsed.total_seconds() < 60
    assert browser.get("/me").status_code == 200


def test_a_form_with_files_fills_no_memory_with_fields(browsers: dict[str, Browser]) -> None:
    browser = browsers["staff"]
    browser.get("/drop")
    file = ("x.pdf", b"%PDF-", "application/pdf")
    many: Any = {f"f{n}": "x" for n in range(100)}
    assert browser.post("/drop", many, files=[("pdf", file)]).status_code == 413
    assert browser.post("/drop", {"x": "x" * 300_000}, files=[("pdf", file)]).status_code == 413


def test_a_form_without_its_length_is_refused(console: Console, browsers: dict[str, Browser]) -> None:
    browser = browsers["staff"]

    def pieces() -> Iterator[bytes]:
        yield b"text=x"

    answer = browser.client.post(
        "/s/1/memo", content=pieces(), headers={**browser.headers, "content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 413


# --- Odd values ----------------------------------------------------------------------------------------------------

ODD: Final = {
    "zero": "\0",
    "number": "9" * 40,
    "minus": "-1",
    "markup": "<img src=x onerror=alert(1)>",
    "formula": '=HYPERLINK("http://evil.example")',
    "turned": "\u202e\u2066x",
    "lines": "a\r\nSet-Cookie: x=1",
    "long": "あ" * 300,
    "date": "2026-02-30",
    "year": "0000-00-00T99:99",
}
QUERIES: Final = ("text", "since", "amount_from", "q", "got", "for", "kind", "said", "then", "head", "product", "from")
NAME: Final = re.compile(r'name="([^"]+)"')


@pytest.mark.parametrize("turn", range(3))
def test_no_odd_value_in_any_field_of_any_form_is_a_fault_of_ours(browsers: dict[str, Browser], turn: int) -> None:
    """Last in this file: what it does to the office is of no matter. Each turn gives each field another value."""
    pages = {
        "approver": ("/", "/s/1", "/s/2", "/s/4", "/log", "/projects/new", "/drop"),
        "admin": ("/people", "/health"),
    }
    names = {name for login, paths in pages.items() for path in paths for name in _fields(browsers[login], path)}
    names |= {"for", "project", "product", "answer", "what", "why", "outcome", "at", "call_again", "choice", "number"}
    values = list(ODD.values())
    fields: dict[str, Any] = {
        name: values[(place + 3 * turn) % len(values)] for place, name in enumerate(sorted(names - {"token"}))
    }
    for browser in browsers.values():
        browser.get("/me")
    for action in ACTIONS:
        if action.path in ENDS_THE_SESSION or "/people/{id" in action.path:
            continue
        for login in ("approver", "admin"):
            browser = browsers[login]
            if action.right is None or any(action.right in RIGHTS[role] for role in PEOPLE[login][1]):
                _is_no_fault(browser.post(path_of(action.path), fields), action.path)
    query = {name: values[(place + 3 * turn) % len(values)] for place, name in enumerate(QUERIES)}
    for page in PAGES:
        answer = browsers["approver"].client.get(path_of(page.path), params=query, follow_redirects=True)
        _is_no_fault(answer, page.path)


def _is_no_fault(answer: httpx.Response, path: str) -> None:
    assert answer.status_code < 500, (path, answer.text[-300:])
    assert "<img src=x" not in answer.text, path
    assert "x=1" not in str(answer.headers.get_list("set-cookie")), path


def _fields(browser: Browser, path: str) -> set[str]:
    return set(NAME.findall(browser.get(path).text))
