"""Windows of a real browser, Chromium by Playwright, on a console: what a person fills in and presses there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import pytest

from tests.support import browsing
from tests.support.console import PASSWORD, Console

DESK: Final = {"width": 1280, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
T = TypeVar("T")


def beside(act: Callable[[], T]) -> T:
    """Runs ``act`` in another thread: Playwright's own loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


class Screen:
    """One person's window; what the browser said about the pages is kept."""

    def __init__(self, browser: Any, console: Console, size: dict[str, int]) -> None:
        self.console = console
        self.context = browser.new_context(viewport=size, locale="ja-JP")
        self.page = self.context.new_page()
        self.page.set_default_timeout(browsing.PAGE_SECONDS * 1000)
        self.page.inner_text = self._wait_and_read(self.page.inner_text)
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"fault: {error}"))

    def _wait_and_read(self, read: Callable[..., str]) -> Callable[..., str]:
        """A click returns when the next page begins to arrive: its text is read once all of it is there."""

        def wait_and_read(*given: Any, **more: Any) -> str:
            self.page.wait_for_load_state()
            return read(*given, **more)

        return wait_and_read

    def open(self, path: str) -> int:
        """Opens a page; returns its status."""
        return int(self.page.goto(f"{self.console.base}{path}").status)

    def log_in(self, login: str) -> None:
        self.open("/login")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button.go")
        self.page.wait_for_load_state()

    def press_until(self, words: str, most: int = 200) -> None:
        """Moves the focus by the Tab key until it is on the control with these words."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("document.activeElement.innerText").strip().startswith(words):
                return
        pytest.fail(f"not reached by Tab: {words}")


def look_and_tick(page: Any) -> None:
    """Looks at each page that an approval needs, ticks every box, and notes how the address was checked."""
    browsing.look_and_tick(page)
    note = page.locator('form[action$="/approve"] input[name=note][required]')
    if note.count() and not note.input_value():
        note.fill("公表のページと照合済み")
