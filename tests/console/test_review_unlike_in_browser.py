"""A mail unlike the last confirmed one to its section is approved after a tick alone, on the page and by command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.support import world
from tests.support.console import Console
from tests.support.office import HANAKO, Mailroom, Office, a_form, notice
from tests.support.screens import DESK, PHONE, beside, look_and_tick
from tests.support.world import KAWA_TO, project

pytestmark = [pytest.mark.servers, pytest.mark.process]

CONFIRMED, UNCONFIRMED, ON_PAGE, BY_COMMAND = (a_form(f"第{number}工区舗装工事") for number in range(1, 5))
FORMS: Final = (CONFIRMED, UNCONFIRMED, ON_PAGE, BY_COMMAND)
NEW_TO: Final = "kensetsu@kawa-town.example"
CHANGED: Final = world.ISSUERS["kawa"].replace(KAWA_TO, NEW_TO).replace("の提出について", "の送付")
"""The section's new address and subject: the first mail after the change is asked about, later ones are not."""


@pytest.fixture(scope="module")
def room(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """1 was confirmed, 2 left after the rule had changed and is not confirmed; 3 and 4 wait for an approval alone."""
    room = wide_mailroom(mode="approve", projects=[project(each.project, "kawa", each.number) for each in FORMS])
    office = room.office

    def release(number: int) -> None:
        ran = office(
            "approve", office.label(number), "--by", HANAKO, "--note", "公表のページと照合済み", "--tick", "all"
        )
        assert ran.code == 0, ran.err
        office.run_once()

    office.save_notice("1.pdf", notice(CONFIRMED))
    office.run_once()
    release(1)
    assert office("confirm", "1", "--by", HANAKO, "--note", "土木課 田中様、電話").code == 0
    office.write(issuers={**world.ISSUERS, "kawa": CHANGED})
    office.save_notice("2.pdf", notice(UNCONFIRMED))
    office.run_once()
    release(2)
    for number, form in ((3, ON_PAGE), (4, BY_COMMAND)):
        office.save_notice(f"{number}.pdf", notice(form))
        office.run_once()
    assert [name for number in (3, 4) for name in office.show(number)["hold_reasons"]] == ["approval"] * 2
    return room


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_shows_both_values_of_each_difference_and_asks_for_a_tick(
    screens: Any, console: Console, size: dict[str, int]
) -> None:
    page = screens(size, "approver").page
    page.goto(f"{console.base}/s/3")
    beside_it = page.locator("details.earlier")
    assert beside_it.get_attribute("open") is not None
    shown = beside_it.inner_text()
    for value in (NEW_TO, KAWA_TO, "の送付", "の提出について"):
        assert value in shown
    assert [each.inner_text() for each in page.locator(".ticks .tick").all()] == [
        "宛先が前回（" + day_of(shown) + "）と違っていてよいことを確かめました",
        "件名の形が前回（" + day_of(shown) + "）と違っていてよいことを確かめました",
    ]


def test_without_a_tick_nothing_is_approved_and_with_all_of_them_the_entry_names_the_parts(
    screens: Any, console: Console, room: Mailroom
) -> None:
    screen = screens(login="approver")
    page = screen.page
    page.goto(f"{console.base}/s/3")
    look_and_tick(page)
    page.locator(".ticks input[type=checkbox]").first.uncheck()
    page.click("button[name=then][value=here]")
    assert "確認事項が1つ残っています（宛先が前回" in page.inner_text(".failed")
    screen.said[:] = [line for line in screen.said if "422" not in line]
    assert page.locator(".ticks input[type=checkbox]:checked").count() == 1, "the other tick stays"
    assert beside(lambda: room.office.show(3))["state"] == "HELD"
    look_and_tick(page)
    page.click("button[name=then][value=here]")
    assert "承認しました" in page.inner_text(".result")
    approved = beside(lambda: room.office.show(3))
    assert approved["state"] == "APPROVED"
    detail = next(each["detail"] for each in approved["entries"] if each["event"] == "Approved")
    assert (detail["unlike"], detail["differing"]) == (1, ["to", "subject"])


def test_the_command_refuses_the_same_and_takes_each_by_its_number(room: Mailroom) -> None:
    beside(lambda: refuse_and_take(room.office))


def refuse_and_take(office: Office) -> None:
    label = office.label(4)
    plain = office("show", "4").out
    assert "前回と違うところ" in plain
    assert KAWA_TO in plain
    assert [(each["number"], each["part"]) for each in office.show(4)["differences"]] == [(1, "to"), (2, "subject")]
    for ticks, left in (((), "宛先、件名の形"), (("--tick", "1"), "件名の形")):
        ran = office("approve", label, "--by", HANAKO, *ticks)
        assert (ran.code, f"違います（{left}）" in ran.err) == (1, True), ran.err
        assert office.show(4)["state"] == "HELD"
    assert office("approve", label, "--by", HANAKO, "--tick", "1", "--tick", "2").code == 0
    assert office.show(4)["state"] == "APPROVED"


def day_of(shown: str) -> str:
    """The day in the sentence of the comparison, as the page writes it."""
    return shown.partition("前回（")[2].partition("）")[0]
