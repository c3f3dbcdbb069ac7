"""早見表 and 用語集: what they say, and that the quick guide is one printed sheet."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from tests.support.browsing import chromium, program
from tests.support.console import PASSWORD, Console
from worker.console import help_page
from worker.console.visit import HERE
from worker.core.messages import say

DOWN = ("管理者に電話", "FAX・持参・メール", "別の方法で提出する", "提出番号か保証契約番号", "承認より先に")
"""What a person must know while the server is down: whom to ask, how to hand in, what to note, how to record it."""


@pytest.mark.parametrize("login", ["staff", "approver", "auditor", "admin"])
def test_everybody_reads_what_to_do_while_the_server_is_down_and_who_does_what(console: Console, login: str) -> None:
    browser = console.browser(login)
    assert browser.get("/help").status_code == 200
    assert [each for each in (*DOWN, "担当", "承認", "監査", "管理") if each not in browser.text] == []


def test_the_glossary_has_every_term_once_with_a_sentence(console: Console) -> None:
    browser = console.browser("staff")
    assert browser.get("/help/terms").status_code == 200
    for term in ("認証キー", "お知らせPDF", "送信結果不明", "差し戻し", "不達・返却", "確認済みの末尾番号"):
        assert browser.last is not None
        assert browser.last.text.count(f"<dt>{term}</dt>") == 1


def test_the_quick_guide_is_one_sheet_of_a4(console: Console) -> None:
    if program() is None:
        pytest.skip("Chromium is not installed (make servers)")
    with chromium() as browser:
        sheet = printed(browser, console, "/help")
    assert len(sheet) == 1


def printed(browser: Any, console: Console, path: str) -> Any:
    """The page as Chromium prints it."""
    import pypdfium2

    page = browser.new_context(locale="ja-JP").new_page()
    page.goto(f"{console.base}/login")
    page.fill("input[name=login]", "staff")
    page.fill("input[name=password]", PASSWORD)
    with page.expect_navigation():
        page.click("main button.go")
    page.goto(f"{console.base}{path}")
    return pypdfium2.PdfDocument(io.BytesIO(page.pdf(format="A4")))


def test_every_term_of_the_glossary_stands_beside_its_word_on_a_page() -> None:
    """From the same source as the glossary: a page names the term, and never has a sentence of its own."""
    pages = {each.name: each.read_text() for each in (HERE / "html").glob("*.html") if each.name != "terms.html"}
    used = {name for text in pages.values() for name in re.findall(r'term\("(\w+)", t\)|t\("term_(\w+)_is"\)', text)}
    by_state = set(re.findall(r'"[A-Z_]+": "(\w+)"', pages["review.html"]))
    found = {name for pair in used for name in pair if name} | by_state
    assert {name for name in help_page._GLOSSARY if name not in found} == set()


def test_a_term_is_explained_on_the_page_without_a_script(console: Console) -> None:
    browser = console.browser("approver")
    page = browser.get("/s/2").text
    assert '<summary aria-label="提出先・宛先とは">' in page
    assert say("term_addressee_is", "ja") in page
