"""The console in a real browser, Chromium: by mouse, by keyboard and on a phone; axe-core; the focus ring."""

from __future__ import annotations

import importlib.resources
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import pytest

from tests.console.conftest import SENT, WAITS
from tests.support.console import PASSWORD, PEOPLE, Console
from tests.support.office import Mailroom
from worker.console.app import PAGES, Page
from worker.core.accounts import RIGHTS, Right

pytestmark = [pytest.mark.servers, pytest.mark.process]

DESK: Final = {"width": 1280, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
SIZES: Final = {"desk": DESK, "phone": PHONE}
SHOWN: Final = [page for page in PAGES if "{" not in page.path.replace("{id:int}", "").replace("{issuer}", "")]
RING: Final = """() => {
  const shown = getComputedStyle(document.activeElement);
  const html = document.activeElement.outerHTML.slice(0, 80);
  return [html, shown.outlineStyle, parseFloat(shown.outlineWidth), shown.outlineColor];
}"""
"""The element that has the focus and the ring around it."""


T = TypeVar("T")


def beside(act: Callable[[], T]) -> T:
    """Runs ``act`` in another thread: Playwright's own loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


WIDE: Final = """() => [...document.querySelectorAll('body *')].filter((each) =>
  each.getBoundingClientRect().right > innerWidth).map((each) => each.outerHTML.slice(0, 60)).slice(0, 4)"""
"""The elements that reach over the edge of the window."""


@pytest.fixture(scope="module")
def chromium(console: Console) -> Iterator[Any]:
    """The browser; the office is there before its loop."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed (make servers)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


class Screen:
    """One person's window; what the browser said about the pages is kept."""

    def __init__(self, browser: Any, console: Console, size: dict[str, int]) -> None:
        self.console = console
        self.context = browser.new_context(viewport=size, locale="ja-JP")
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"fault: {error}"))

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


@pytest.fixture
def screens(chromium: Any, console: Console) -> Iterator[Any]:
    """Opens windows; at the end none of them may have said anything."""
    opened: list[Screen] = []

    def open_screen(size: dict[str, int] = DESK, login: str = "") -> Screen:
        opened.append(Screen(chromium, console, size))
        if login:
            opened[-1].log_in(login)
        return opened[-1]

    yield open_screen
    said = [line for each in opened for line in each.said]
    for each in opened:
        each.context.close()
    assert said == []


def look_and_tick(page: Any) -> None:
    """Scrolls to each page that an approval needs, then ticks every box."""
    for paper in page.locator("figure[data-needed]").all():
        paper.scroll_into_view_if_needed()
        paper.evaluate("each => new Promise(done => setInterval(() => each.classList.contains('seen') && done(), 50))")
    for box in page.locator('form[action$="/approve"] input[type=checkbox]').all():
        box.check()
    note = page.locator('form[action$="/approve"] input[name=note]')
    if note.count() and not note.input_value():
        note.fill("公表のページと照合済み")


def test_a_draft_is_reviewed_approved_sent_and_confirmed(screens: Any, console: Console, room: Mailroom) -> None:
    screen = screens(login="approver")
    page = screen.page
    screen.open("/")
    page.click('a[href="/s/2"]')
    assert WAITS.number in page.inner_text("main")
    assert WAITS.key not in page.content()
    look_and_tick(page)
    page.click("button[name=then][value=here]")
    assert "承認しました" in page.inner_text(".result")
    beside(room.office.run_once)
    (mail,) = [mail for mail in room.submissions if WAITS.number in mail.text]
    assert mail.to
    page.reload()
    page.fill('form[action$="/confirm"] input[name=note]', "契約課 田中様、電話")
    page.click('form[action$="/confirm"] button[value=arrived]')
    assert "記録しました" in page.inner_text(".result")
    assert beside(lambda: console.office.show(2))["state"] == "CONFIRMED"


@pytest.mark.parametrize("size", SIZES)
def test_the_review_needs_no_mouse(screens: Any, console: Console, size: str) -> None:
    """Only the keyboard: the login, the list, the draft, the button."""
    screen = screens(SIZES[size])
    page = screen.page
    screen.open("/login")
    page.keyboard.type("approver")  # the field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{console.base}/")
    screen.press_until("確認する")
    page.keyboard.press("Enter")
    page.wait_for_url("**/s/*")
    screen.press_until("承認する")
    assert beside(lambda: console.office.show(1))["state"] == "HELD"


def test_loading_the_page_approves_nothing_and_escape_leaves_it_so(screens: Any, console: Console) -> None:
    screen = screens(login="approver")
    screen.open("/s/1")
    assert SENT.number in screen.page.inner_text("main")
    screen.page.keyboard.press("Enter")
    screen.page.keyboard.press("Escape")
    assert beside(lambda: console.office.show(1))["state"] == "HELD"


def logins_of(page: Page) -> list[str]:
    """The people who may see this page; an empty login before the login."""
    if page.right is None:
        return [""]
    if page.right is Right.OWN:
        return ["admin", "approver"]
    return [login for login, (_, roles) in PEOPLE.items() if any(page.right in RIGHTS[role] for role in roles)][:1]


@pytest.mark.parametrize("size", SIZES)
def test_every_screen_is_accessible_fits_and_shows_the_focus(screens: Any, size: str) -> None:
    """axe-core finds nothing serious; the page is no wider than the window; each ring has 3:1 against the page."""
    axe = importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text()
    faults: list[str] = []
    windows: dict[str, Screen] = {}
    for shown in SHOWN:
        for login in logins_of(shown):
            screen = windows.get(login) or windows.setdefault(login, screens(SIZES[size], login))
            path = shown.path.replace("{id:int}", "1").replace("{issuer}", "kawa")
            status = screen.open(path)
            if status != 200:
                faults.append(f"{path} {login}: status {status}")
            screen.page.evaluate(axe)
            found = screen.page.evaluate("axe.run()")["violations"]
            faults += [
                f"{path} {login}: {each['id']} {node['html'][:90]}"
                for each in found
                if each["impact"] in {"serious", "critical"}
                for node in each["nodes"]
            ]
            width = screen.page.evaluate("document.documentElement.scrollWidth")
            if width > SIZES[size]["width"]:
                faults.append(f"{path} {login}: {width} px wide: {screen.page.evaluate(WIDE)}")
            for _ in range(6):
                screen.page.keyboard.press("Tab")
                html, style, ring, colour = screen.page.evaluate(RING)
                if not html.startswith("<body") and not (style == "solid" and ring >= 2 and contrast(colour) >= 3):
                    faults.append(f"{path} {login}: ring {style} {ring} {colour} at {html}")
    assert faults == []


def contrast(colour: str) -> float:
    """The contrast (WCAG 2.2 §1.4.11) of ``rgb(…)`` against white."""
    parts = [int(each) / 255 for each in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
