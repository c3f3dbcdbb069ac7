"""The console in a real browser, Chromium: by mouse, by keyboard and on a phone; axe-core; the focus ring."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.console.conftest import SENT
from tests.support import browsing
from tests.support.console import PASSWORD, PEOPLE, Console
from tests.support.screens import DESK, PHONE, Screen, beside
from worker.console.app import PAGES, Page
from worker.core.accounts import RIGHTS, Right

pytestmark = [pytest.mark.servers, pytest.mark.process]

SIZES: Final = {"desk": DESK, "phone": PHONE}
TO_A_PROVIDER: Final = ("/company", "/sso/login", "/sso/callback", "/sso/proof", "/sso/logout")
"""Links to another site: tests/console/test_sso_in_browser.py follows them."""
NO_SCREENS: Final = (".png", "/original/{paper:int}", "/invite/{token}", "/sample/{form}", *TO_A_PROVIDER)
SHOWN: Final = [page for page in PAGES if not page.path.endswith(NO_SCREENS)]
"""Every page but pictures, files and the link that one person gets once."""
NAMED: Final = {
    "{id:int}": "1",
    "{issuer}": "kawa",
    "{paper:int}": "0",
    "{page:int}": "0",
    "{project:path}/papers": "{project:path}/papers?product=advance",
    "{project:path}/preview": "{project:path}/preview?product=interim",
    "{project:path}": f"kawa/{SENT.project}",
}
RING: Final = """() => {
  const shown = getComputedStyle(document.activeElement);
  const html = document.activeElement.outerHTML.slice(0, 80);
  return [html, shown.outlineStyle, parseFloat(shown.outlineWidth), shown.outlineColor];
}"""
"""The element that has the focus and the ring around it."""


WIDE: Final = """() => [...document.querySelectorAll('body *')].filter((each) =>
  each.getBoundingClientRect().right > innerWidth).map((each) => each.outerHTML.slice(0, 60)).slice(0, 4)"""
"""The elements that reach over the edge of the window."""
BROKEN: Final = """() => [...document.querySelectorAll('.btn')].flatMap((button) => {
  const letters = [], range = document.createRange(), walk = document.createTreeWalker(button, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) for (let at = 0; at < walk.currentNode.length; at++) {
    range.setStart(walk.currentNode, at);
    range.setEnd(walk.currentNode, at + 1);
    const box = range.getBoundingClientRect();
    if (box.width) letters.push([walk.currentNode.data[at], box.top]);
  }
  return letters.slice(1).flatMap(([letter, top], before) => {
    const [last, above] = letters[before];
    const isBetween = /[\\s（(]/.test(letter) || /[\\s）)、。：]/.test(last);
    return top > above + 4 && !isBetween ? [`${button.innerText}: ${last}|${letter}`] : [];
  });
})"""
"""The buttons in which a line ends within a word, with the two letters."""
CUT: Final = """() => [...document.querySelectorAll('td, th')].filter((each) => each.scrollWidth > each.clientWidth + 1
  && getComputedStyle(each).overflowX !== 'visible').map((each) => each.innerText)"""
"""The cells whose text is cut at their edge."""


def test_the_review_of_a_draft_is_at_most_three_screens_of_a_phone_long(screens: Any) -> None:
    screen = screens(PHONE, "approver")
    screen.open("/s/1")
    assert screen.page.evaluate("document.documentElement.scrollHeight") <= 3 * PHONE["height"]


@pytest.mark.parametrize("size", SIZES)
def test_the_review_needs_no_mouse(screens: Any, console: Console, size: str) -> None:
    """Only the keyboard: the login, the list, the draft, the button."""
    screen = screens(SIZES[size])
    page = screen.page
    screen.open("/login")
    page.locator("input[name=login]:focus").wait_for()
    page.keyboard.type("approver")
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


def test_enter_sends_nothing_while_an_ime_composes(screens: Any) -> None:
    screen = screens(login="staff")
    page = screen.page
    screen.open("/projects")
    page.focus("header input[name=q]")
    ime = page.context.new_cdp_session(page)
    ime.send("Input.imeSetComposition", {"text": "はし", "selectionStart": 2, "selectionEnd": 2})
    page.keyboard.press("Enter")
    assert page.url.endswith("/projects")
    assert page.locator("header input[name=q]").input_value() == "はし"
    ime.send("Input.insertText", {"text": "橋"})
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/search?q=" in page.url


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
    faults: list[str] = []
    windows: dict[str, Screen] = {}
    for shown in SHOWN:
        for login in logins_of(shown):
            screen = windows.get(login) or windows.setdefault(login, screens(SIZES[size], login))
            path = shown.path
            for name, value in NAMED.items():
                path = path.replace(name, value)
            status = screen.open(path)
            if status != 200:
                faults.append(f"{path} {login}: status {status}")
            faults += [
                f"{path} {login}: {each['id']} {node['html'][:90]}"
                for each in browsing.serious_faults(screen.page)
                for node in each["nodes"]
            ]
            width = screen.page.evaluate("document.documentElement.scrollWidth")
            if width > SIZES[size]["width"]:
                faults.append(f"{path} {login}: {width} px wide: {screen.page.evaluate(WIDE)}")
            faults += [f"{path} {login}: {each}" for each in screen.page.evaluate(BROKEN)]
            faults += [f"{path} {login}: cut: {each}" for each in screen.page.evaluate(CUT)]
            for _ in range(6):
                screen.page.keyboard.press("Tab")
                html, style, ring, colour = screen.page.evaluate(RING)
                if not html.startswith("<body") and not (style == "solid" and ring >= 2 and contrast(colour) >= 3):
                    faults.append(f"{path} {login}: ring {style} {ring} {colour} at {html}")
    assert faults == []


def test_the_bar_of_what_waits_to_be_sent_takes_two_lines_of_a_phone(screens: Any, console: Console) -> None:
    """Two buttons, then the moment and the reason: four lines would cover a fifth of the screen."""

    def approve_the_second() -> None:
        browser = console.browser("approver")
        browser.get("/s/2")
        assert browser.post("/s/2/approve", {"label": browser.label, "shown": browser.shown}).status_code == 303

    beside(approve_the_second)
    screen = screens(PHONE, "approver")
    screen.open("/s/2")
    bar = screen.page.locator("form.act")
    assert [each.strip()[:6] for each in bar.locator(".btn").all_inner_texts()] == ["送信を止める", "次の承認へ（"]
    assert bar.bounding_box()["height"] <= 110
    bar.locator("summary").click()
    assert bar.locator("input[name=why]").bounding_box()["width"] >= 300, "the reason has a line of its own"


def test_the_health_of_the_service_is_read_on_a_phone_without_scrolling_sideways(screens: Any) -> None:
    screen = screens(PHONE, "admin")
    screen.open("/health?check=1")
    rows = screen.page.locator("table.health tbody tr")
    assert rows.count() > 3
    assert screen.page.evaluate(WIDE) == []
    assert "最後に確認できた時" in screen.page.inner_text("table.health"), "each moment has its name"


def test_the_summary_before_saving_fits_on_a_phone(screens: Any) -> None:
    screen = screens(PHONE, "staff")
    page = screen.page
    screen.open("/projects/new")
    page.fill('[name="f:name"]', "市道改良工事")
    page.fill('[name="f:issuer"]', "川北町")
    page.click(".act button.go")
    page.fill('[name="f:dates.contract"]', "R8.5.1")
    page.check('[name="f:expects"][value="前払金保証"]')
    page.fill('[name="f:numbers.advance"]', "40213-00999M")
    page.click(".act button.go")
    assert "令和8年5月1日（金）" in page.inner_text("table.summary")
    assert screen.page.evaluate(WIDE) == []


LEDGER: Final = "工事名,発注者,契約日\n改良工事,知らない市,きのう\n"


@pytest.mark.parametrize("size", SIZES)
def test_the_mistakes_of_a_ledger_stay_within_their_row(screens: Any, size: str) -> None:
    screen = screens(SIZES[size], "staff")
    page = screen.page
    screen.open("/projects/import")
    page.set_input_files(
        "input[type=file]", {"name": "台帳.csv", "mimeType": "text/csv", "buffer": LEDGER.encode("utf-8-sig")}
    )
    page.click("main form button.go")
    assert "知らない市" in page.inner_text("main")
    assert page.locator(".fault").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]


def contrast(colour: str) -> float:
    """The contrast (WCAG 2.2 §1.4.11) of ``rgb(…)`` against white."""
    parts = [int(each) / 255 for each in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
