"""A person at a page of the console in Debian's Chromium, for walks through several pages; axe-core."""

from __future__ import annotations

import importlib.resources
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

CHROMIUM: Final = "chromium"
WITHOUT_WINDOWS: Final = "chromium-headless-shell"
"""Debian's build of the same Chromium without windows. Each page in ``chromium`` has a window with its own toolbar and
side panels, drawn by further processes: its tests take about twice the processor time."""
DESK: Final = {"width": 1120, "height": 760}
PHONE: Final = {"width": 390, "height": 844}
PAGE_SECONDS: Final = 120
"""Seconds for a page, an element or a picture. Playwright gives 30, which a busy machine can need, and waits without
end for a promise of a page."""
_LOOK: Final = """(figure, most) => new Promise((done, fail) => {
  const end = performance.now() + most;
  const image = figure.querySelector("img");
  const main = () => document.querySelector("main").innerText.slice(0, 400);
  const look = () => {
    if (figure.classList.contains("seen")) return done();
    if (performance.now() > end) return fail(new Error(`not seen: page ${figure.dataset.page} of: ${main()}`));
    if (image && image.complete && !image.naturalWidth) image.src = image.src;
    figure.scrollIntoView({block: "center"});
    setTimeout(look, 250);
  };
  look();
})"""
"""Looks at a page until the console counts it as seen: scrolls to it again if the page moved, and asks again for a
picture that did not come, for which a busy machine can need longer than its limit."""


class Person:
    """One person's browser."""

    def __init__(self, browser: Any, base: str, size: dict[str, int] | None = None) -> None:
        self.base = base
        self.page = browser.new_context(viewport=size or DESK, locale="ja-JP").new_page()
        self.page.set_default_timeout(PAGE_SECONDS * 1000)

    def open(self, path: str) -> Any:
        """Opens a page, which must be there; returns it."""
        answer = self.page.goto(f"{self.base}{path}")
        assert answer.status == 200, (path, answer.status)
        return self.page

    def log_in(self, login: str, password: str) -> Any:
        page = self.open("/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", password)
        self.press("ログイン")
        assert "/login" not in page.url, page.inner_text("main")
        return page

    def press(self, words: str) -> None:
        """Presses the button with these words, and waits for the page after it."""
        with self.page.expect_navigation():
            self.page.click(f'main button:text-is("{words}")')

    def look_and_tick(self) -> None:
        look_and_tick(self.page)


def look_and_tick(page: Any) -> None:
    """Scrolls to each page that an approval needs, and ticks every box, as a person does."""
    for paper in page.locator("figure[data-needed]").all():
        paper.evaluate(_LOOK, PAGE_SECONDS * 1000)
    for box in page.locator('form[action$="/approve"] input[type=checkbox]').all():
        box.check()


def program() -> str | None:
    """Returns the path of Chromium, of its build without windows if that is installed; None without either."""
    return shutil.which(WITHOUT_WINDOWS) or shutil.which(CHROMIUM)


def serious_faults(page: Any) -> list[dict[str, Any]]:
    """Returns what axe-core finds on the page of serious or critical impact.

    It is asked for violations alone: with all that it passed, its answer took a fifth of the processor time of a page.
    """
    page.evaluate(importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text())
    found = page.evaluate('axe.run({resultTypes: ["violations"]})')["violations"]
    return [each for each in found if each["impact"] in {"serious", "critical"}]


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        yield browser
        browser.close()
