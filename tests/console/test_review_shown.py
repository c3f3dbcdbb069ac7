"""Pages count as shown in a real browser: after a second in view, and not by loading the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import browsing
from tests.support.browsing import PAGE_SECONDS
from tests.support.console import PASSWORD, Console

FIELD = "form.act-form input[name=shown]"
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(browsing.program() is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browsing.chromium() as browser:
        yield browser


def open_review(
    console: Console, chromium: Any, width: int, height: int, *, time_stands: bool = False, **more: Any
) -> Any:
    page = chromium.new_context(viewport={"width": width, "height": height}, **more).new_page()
    page.set_default_timeout(PAGE_SECONDS * 1000)
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))
    page.goto(f"{console.base}/login?then=/s/2")
    page.fill("input[name=login]", "approver")
    page.fill("input[name=password]", PASSWORD)
    page.click("button:has-text('ログイン')")
    if time_stands:
        page.clock.install()
        page.clock.pause_at(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    page.goto(f"{console.base}/s/2")
    return page


def let_pass_until_seen(page: Any) -> float:
    """Lets quarters of a second pass in the browser until the page counts as shown; returns the seconds."""
    passed = 0
    while not shown(page) and passed < PAGE_SECONDS * 4:
        page.clock.run_for(250)
        page.wait_for_timeout(50)  # the picture may still be drawn
        passed += 1
    assert shown(page) == "0.0"
    return passed / 4


def shown(page: Any) -> str:
    value: str = page.input_value(FIELD)
    return value


def test_a_page_in_view_counts_after_a_second_and_not_before(console: Console, chromium: Any) -> None:
    page = open_review(console, chromium, 1280, 900, time_stands=True)
    assert shown(page) == ""
    assert let_pass_until_seen(page) >= 1
    assert page.said == []


def test_a_page_below_the_window_counts_only_after_it_was_scrolled_to(console: Console, chromium: Any) -> None:
    page = open_review(console, chromium, 390, 300, time_stands=True)
    page.clock.run_for(10_000)
    assert shown(page) == ""
    page.locator("figure[data-page='0.0']").scroll_into_view_if_needed()
    assert let_pass_until_seen(page) >= 1


def test_no_screen_of_a_phone_is_wider_than_it(console: Console, chromium: Any) -> None:
    page = open_review(console, chromium, 390, 844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_javascript_the_page_is_opened_by_its_link(console: Console, chromium: Any) -> None:
    page = open_review(console, chromium, 1280, 900, java_script_enabled=False)
    assert shown(page) == ""
    page.click("figure[data-page='0.0'] a")
    page.click("a.btn")
    assert shown(page) == "0.0"
