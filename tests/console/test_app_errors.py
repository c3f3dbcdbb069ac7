"""Pages of refusals and faults: a heading, a sentence, a way on; in the language and with the menu of the person."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import pytest

from tests.support.console import Browser, Console
from worker.console.desk import Desk
from worker.console.today import Visit
from worker.core.errors import Conflict, NotAllowed
from worker.store.sqlite.store import SqlStore

UNKNOWN = ("/nowhere", "/s/999999", "/projects/none", "/s/1x", "/favicon.ico")


def parts(browser: Browser) -> tuple[str, str, str]:
    """The title, the heading and the sentence of the last page; banners stand above its sentence."""

    def last(pattern: str) -> str:
        return ["", *re.findall(pattern, browser.html, re.DOTALL)][-1]

    return last("<title>(.*?)</title>"), last("<h1>(.*?)</h1>"), last('role="alert">(.*?)</p>')


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unknown_address_keeps_the_menu_of_the_person_and_leads_home(console: Console, path: str) -> None:
    browser = console.browser("staff")
    assert browser.get(path).status_code == 404
    assert parts(browser) == ("ページがありません ‐ 保証便", "ページがありません", "このページはありません。")
    assert 'href="/log"' in browser.last.text, "the menu"
    assert "今日することへ" in browser.text


def counts(browser: Browser) -> list[str]:
    """The numbers of the menu and of the tabs of a phone."""
    return re.findall(r"<a[^>]*>[^<（]*（(\d+)）</a>", browser.html)


@pytest.mark.parametrize("status", [403, 404, 405, 409, 413, 422, 500])
def test_a_page_of_an_error_keeps_the_numbers_of_the_menu_and_of_the_tabs(
    console: Console, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    def raises(error: Exception) -> Callable[..., None]:
        def fail(*_: object) -> None:
            raise error

        return fail

    browser = console.browser("approver")
    browser.get("/issuers")
    usual = counts(browser)
    assert len(usual) == 6, "twice in the menu, once more in the tabs"
    found = {
        403: lambda: browser.get("/people"),
        404: lambda: browser.get("/nowhere"),
        405: lambda: browser.get("/take"),
        409: lambda: browser.post("/take", {"about": "x"}),
        413: lambda: browser.post("/s/1/memo", {"text": "x" * 300_000}),
        422: lambda: browser.post("/take", {"about": "x"}),
        500: lambda: browser.get("/issuers"),
    }
    if status == 409:
        monkeypatch.setattr("worker.console.today.find_work", raises(Conflict("x")))
    if status == 422:
        monkeypatch.setattr("worker.console.today.find_work", raises(NotAllowed("date_unreadable", given="x")))
    if status == 500:
        monkeypatch.setattr("worker.console.issuers.find_issuers", raises(ZeroDivisionError("x")))
    assert found[status]().status_code == status
    assert 'role="alert"' in browser.html
    assert counts(browser) == usual


def test_a_fault_in_the_counting_itself_is_a_page_without_the_numbers(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = console.browser("staff")

    def broken(*_: object) -> object:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(Desk, "count_work", broken)
    assert browser.get("/issuers").status_code == 500
    assert parts(browser)[1] == "保証便の不具合です"
    assert counts(browser) == []


def test_without_a_login_an_unknown_address_leads_to_the_login(console: Console) -> None:
    browser = console.browser()
    assert browser.get("/nowhere").status_code == 404
    assert "ログインの画面へ" in browser.text
    assert "<nav" not in browser.last.text


@pytest.mark.parametrize(
    ("login", "words"), [("auditor", "最初の画面へ"), ("admin", "最初の画面へ"), ("staff", "今日")]
)
def test_the_way_home_is_named_after_the_page_that_it_leads_to(console: Console, login: str, words: str) -> None:
    browser = console.browser(login)
    browser.get("/nowhere")
    assert words in browser.text


def test_what_another_role_does_is_named_with_the_people_of_that_role(console: Console) -> None:
    browser = console.browser("staff")
    assert browser.get("/people").status_code == 403
    _, heading, sentence = parts(browser)
    assert heading == "この操作はできません"
    assert sentence.startswith("この操作は「管理」の方ができます：")
    assert "鈴木 一郎" in sentence


@pytest.mark.parametrize(
    ("act", "fields"),
    [("resolve", {"outcome": "sent"}), ("resolve", {"outcome": "not_sent"}), ("join", {"answer": "1"})],
)
def test_a_decision_that_came_too_late_shows_the_submission_as_it_is(
    console: Console, act: str, fields: dict[str, str]
) -> None:
    browser = console.browser("approver")
    browser.get("/s/1")
    late = browser.post(f"/s/1/{act}", fields)
    assert late.status_code in {409, 422}
    assert 'class="failed" role="alert"' in late.text
    assert 'id="decide"' in late.text, "the page of the submission, not of an error"


def test_a_fault_of_ours_is_a_number_that_stands_in_the_journal_and_no_trace(
    console: Console, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    browser = console.browser("staff")

    def broken(_: Visit) -> object:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(Visit, "office", property(broken))
    with caplog.at_level(logging.ERROR):
        assert browser.get("/log?text=x").status_code in {200, 500}
        assert browser.get("/issuers").status_code == 500
    title, heading, sentence = parts(browser)
    assert (title, heading) == ("保証便の不具合です ‐ 保証便", "保証便の不具合です")
    (number,) = re.findall("番号 ([0-9A-F]{4}-[0-9A-F]{2}) ", sentence)
    assert any(number in each.getMessage() for each in caplog.records)
    assert "ZeroDivisionError" not in browser.last.text
    assert 'href="/log"' in browser.last.text, "the menu"


def test_a_form_that_is_too_large_is_refused_in_the_words_of_its_person(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/me")
    assert browser.post("/s/1/memo", {"text": "x" * 300_000}).status_code == 413
    assert "大きすぎるため受け付けませんでした" in browser.text
    assert 'href="/log"' in browser.last.text


def test_a_right_that_no_one_has_is_refused_in_a_whole_sentence(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = console.browser("staff")
    assert staff.get("/verify").status_code == 403
    assert "の方ができます：" in parts(staff)[2]
    monkeypatch.setattr(SqlStore, "accounts", lambda _: ())
    assert staff.get("/verify").status_code == 403
    assert "いまは該当する方がいません" in parts(staff)[2]
