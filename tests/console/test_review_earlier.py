"""The line on the review page that says what is as at the last confirmed mail to the same section."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.support.console import Browser, Console
from tests.support.office import Mailroom, a_form, notice
from tests.support.world import project

FIRST, SECOND = a_form("道路改良工事"), a_form("橋梁補修工事")


@pytest.fixture(scope="module")
def room(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """1 was sent and confirmed, 2 waits; both are for one section."""
    room = wide_mailroom(
        mode="approve", projects=[project(each.project, "kawa", each.number) for each in (FIRST, SECOND)]
    )
    for each in (FIRST, SECOND):
        room.office.save_notice(f"お知らせ_{each.number}.pdf", notice(each))
        room.office.run_once()
    return room


def approve(browser: Browser, number: int) -> int:
    answer = browser.get(f"/s/{number}")
    ticks = dict.fromkeys(re.findall(r'type="checkbox" name="([^"]+)"', answer.text), "1")
    fields = {"label": browser.label, "shown": browser.shown, "note": "照合済み", **ticks}
    return browser.post(f"/s/{number}/approve", fields).status_code


def test_a_draft_is_compared_with_the_last_mail_that_was_confirmed_and_a_new_subject_is_ticked(
    console: Console, room: Mailroom
) -> None:
    approver = console.browser("approver")
    approver.get("/s/2")
    assert "前回（" not in approver.text  # nothing was confirmed yet
    assert approve(approver, 1) == 303
    room.office.run_once()
    approver.get("/s/1")
    assert approver.post("/s/1/confirm", {"outcome": "arrived", "note": "契約課 田中様、電話"}).status_code == 303
    approver.get("/s/2")
    assert "と同じ：宛先・件名の形・本文・添付の種類" in approver.text
    assert "と違う" not in approver.text
    page = approver.last.text if approver.last else ""
    assert 'href="/s/1"' in page
    assert 'name="differs-' not in page
