"""The sheet of what is handed in otherwise: everything that the issuer's rule asks for stands on it, the key masked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from tests.flow.conftest import imap, mailroom, relay, wide_mailroom
from tests.support import world
from tests.support.console import Browser, Console, console_of
from tests.support.office import Mailroom, a_form, notice
from tests.support.world import project

__all__ = ["imap", "mailroom", "relay", "wide_mailroom"]

BY_FAX: Final = a_form("林道改良工事")
BY_HAND: Final = a_form("砂防工事")
FAX: Final = """
name = "谷町"
[section.zaisei]
name = "財政課"
fax = "0263-00-0001"
[rule.default]
channel = "fax"
section = "zaisei"
notice = "typed"
subject = ""
instructions = ["送付状を付けて送る", "着信を電話で確かめる"]
lines = [{ title = "送付枚数", value = "2枚" }]
"""
PAPER: Final = (
    world.ISSUERS["kami"]
    + """
instructions = ["窓口へ持参する"]
bring = ["契約書の写し", "認証キーの画面を印刷したもの"]
"""
)


@pytest.fixture(scope="module")
def room(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """An office with an issuer that takes FAX, and one that has a counter; a notice for each."""
    projects = [
        project(BY_FAX.project, "tani", BY_FAX.number),
        project(BY_HAND.project, "kami", BY_HAND.number),
    ]
    room = wide_mailroom(mode="auto", issuers={**world.ISSUERS, "tani": FAX, "kami": PAPER}, projects=projects)
    for form in (BY_FAX, BY_HAND):
        room.office.save_notice(f"{form.project}.pdf", notice(form))
    room.office.run_once()
    return room


@pytest.fixture(scope="module")
def console(room: Mailroom) -> Iterator[Console]:
    """Its console."""
    with console_of(room.office) as console:
        yield console


def sheet_of(browser: Browser, number: int) -> tuple[str, list[str]]:
    """The words of the sheet of a submission, and the values that its buttons copy."""
    found = re.search(r'<section class="card hand-in">.*?</section>', browser.get(f"/s/{number}").text, re.DOTALL)
    assert found, browser.text
    return re.sub(r"<[^>]+>|\s+", " ", found[0]), re.findall(r'data-copy="([^"]*)"', found[0])


def test_a_fax_has_its_number_its_fields_and_the_way_to_the_key(console: Console, room: Mailroom) -> None:
    number = room.office.only(BY_FAX)["id"]
    words, copied = sheet_of(console.browser("staff"), number)
    for value in ("0263-00-0001", "送付枚数", "2枚", BY_FAX.project, BY_FAX.contractor, BY_FAX.product, BY_FAX.number):
        assert value in words, value
    assert {"0263-00-0001", "2枚", BY_FAX.contractor, BY_FAX.number} <= {*copied}
    assert BY_FAX.key not in words
    assert not any("•" in each or "*" in each for each in copied), "a masked key is of no use in a form"
    assert words.count("保証契約番号") == 1
    assert 'value="fax" checked' in console.browser("staff").get(f"/s/{number}").text, "the way that the rule names"
    assert f'href="/s/{number}/key"' in console.browser("approver").get(f"/s/{number}").text


def test_a_counter_has_what_to_take_along(console: Console, room: Mailroom) -> None:
    words, _ = sheet_of(console.browser("staff"), room.office.only(BY_HAND)["id"])
    assert "持って行くもの" in words
    for value in ("契約書の写し", "認証キーの画面を印刷したもの", "窓口へ持参する"):
        assert value in words, value
