"""The review page in a real browser: its length on a phone at its longest, and twenty submissions by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.support.console import Console, console_of
from tests.support.office import Mailroom, a_form, an_invoice, notice
from tests.support.screens import DESK, PHONE, Screen, beside, look_and_tick
from tests.support.world import JIRO, project

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.servers, pytest.mark.process]

SCREENS: Final = 3
"""The longest review on a phone."""
KEYS: Final = 6
"""The most keys of a routine submission."""
WAITING: Final = 20
ADVANCE: Final = "前払金保証"
CONTRACT: Final = "{ contract = 2026-05-01 }"


def fill(room: Mailroom, names: list[str]) -> None:
    """Brings a notice with its invoice of each project."""
    forms = [a_form(name, ADVANCE) for name in names]
    room.office.write(projects=[project(each.project, "kawa", each.number, dates=CONTRACT) for each in forms])
    for each in forms:
        room.office.save_invoice(f"{each.project}_前払金請求書.pdf", an_invoice(each))
        room.office.save_notice(f"お知らせ_{each.project}.pdf", notice(each))
    room.office.run_once()


@pytest.fixture(scope="module")
def first(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """An office that has never sent, whose service does not run."""
    room = wide_mailroom(mode="approve", knows=())
    fill(room, ["県道整備工事（第１工区）"])
    return room


@pytest.fixture(scope="module")
def routine(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """Twenty drafts to an address that was written to before."""
    room = wide_mailroom(mode="approve")
    fill(room, [f"第{number}工区舗装工事" for number in range(1, WAITING + 1)])
    return room


@pytest.fixture(scope="module")
def console(first: Mailroom, routine: Mailroom) -> Any:
    """Both offices are there before the browser's loop; the browser is for both."""
    with console_of(first.office) as of_first, console_of(routine.office) as of_routine:
        yield of_first, of_routine


def test_a_first_release_with_invoice_and_three_banners_is_three_screens_of_a_phone_long(
    chromium: Any, console: tuple[Console, Console], first: Mailroom
) -> None:
    screen = Screen(chromium, console[0], PHONE)
    screen.log_in("approver")
    asked = beside(lambda: first.office("request", first.office.label(1), "--by", JIRO.by))
    assert asked.code == 0, asked.err
    register = first.office.config / "projects.toml"
    register.write_text(register.read_text() + '[[project]]\nname = ""\n')
    screen.open("/s/1")
    page = screen.page
    assert page.locator(".banner").count() == 3, page.inner_text("body")
    assert page.locator("section.sheet").count() == 2, page.inner_text("main")
    assert page.locator(".differ li").count() == 2, page.inner_text("body")
    assert "さんが承認を依頼しました" in page.inner_text(".asked")
    button = page.locator("button[name=then][value=here]")
    assert button.is_visible()
    box = button.bounding_box()
    assert box["y"] + box["height"] <= PHONE["height"], "the button stands in view before anything was scrolled"
    look_and_tick(page)
    assert page.evaluate("document.documentElement.scrollHeight") <= SCREENS * PHONE["height"]
    button.click()
    assert "承認しました" in page.inner_text(".result")
    assert screen.said == []
    screen.context.close()


def test_twenty_routine_submissions_are_reviewed_by_keyboard_with_six_keys_each(
    chromium: Any, console: tuple[Console, Console], routine: Mailroom
) -> None:
    """Space scrolls to the invoice, Tab and Enter lead to the buttons, two Tabs to 承認して次へ, Enter presses it.

    Time counts from the page's opening (``Viewed``) to the approval (``Approved``): the record of an office has both.
    """
    screen = Screen(chromium, console[1], DESK)
    screen.log_in("approver")
    page = screen.page
    page.goto(f"{console[1].base}/s/1")
    most = 0
    for left in range(WAITING, 0, -1):
        keys = ["Space", "Tab", "Enter", "Tab", *(["Tab"] if left > 1 else []), "Enter"]
        assert page.locator(".ticks").count() == 0
        notice_page, invoice_page = page.locator("figure[data-needed]").all()
        playwright.expect(notice_page).to_have_class("seen")
        page.keyboard.press(keys[0])
        playwright.expect(invoice_page).to_have_class("seen")
        for key in keys[1:-1]:
            page.keyboard.press(key)
        wanted = "承認して次へ" if left > 1 else "承認する"
        assert page.evaluate("document.activeElement.innerText").startswith(wanted)
        with page.expect_navigation():
            page.keyboard.press(keys[-1])
        assert "承認しました" in page.inner_text(".result"), page.inner_text("main")
        most = max(most, len(keys))
    assert most <= KEYS
    states = {beside(lambda number=number: routine.office.show(number))["state"] for number in (1, WAITING)}
    assert states == {"APPROVED"}
    assert screen.said == []
    screen.context.close()
