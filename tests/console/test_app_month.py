"""A month of an office in a real browser: from the PDF that a person brings to the auditor's search."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from openpyxl import load_workbook

from tests.console.test_app_in_browser import chromium, screens
from tests.support import world
from tests.support.console import Console, console_of
from tests.support.office import Mailroom, a_form, an_invoice, notice
from tests.support.screens import Screen, beside, look_and_tick
from tests.support.world import KAWA_TO, REHEARSAL, project

__all__ = ["chromium", "screens"]

pytestmark = [pytest.mark.servers, pytest.mark.process]

WORKS: Final = a_form("堤防補強工事", "前払金保証")
ON_PAPER: Final = a_form("庁舎改修工事")
URL: Final = "https://shinsei.kami.example/hosho"
FORM_ISSUER: Final = world.ISSUERS["kami"].replace('channel = "paper"', f'channel = "form"\nurl = "{URL}"')
YEN: Final = "20,000,000"
"""The amount of ``an_invoice``."""


@pytest.fixture(scope="module")
def room(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """An office that rehearses, in which two people release each mail; 1 is for an issuer with a form of its own."""
    room = wide_mailroom(
        mode="approve",
        rehearsal_to=REHEARSAL,
        issuers={**world.ISSUERS, "kami": FORM_ISSUER},
        projects=[project(ON_PAPER.project, "kami", ON_PAPER.number)],
    )
    settings = room.office.config / "worker.toml"
    settings.write_text(settings.read_text().replace("[release]\n", '[release]\nsecond_person = "always"\n'))
    room.office.save_notice("用紙.pdf", notice(ON_PAPER))
    room.office.run_once()
    return room


@pytest.fixture(scope="module")
def console(room: Mailroom) -> Iterator[Console]:
    """Its console."""
    with console_of(room.office) as console:
        yield console


def pass_of(room: Mailroom) -> None:
    """What the service does within its minute."""
    for _ in range(2):
        beside(room.office.run_once)


def number_of(room: Mailroom) -> int:
    return int(beside(lambda: room.office.only(WORKS))["id"])


def release(staff: Screen, approver: Screen, number: int) -> None:
    """Confirmed by the one who prepared it, approved by another."""
    staff.open(f"/s/{number}")
    staff.page.click('form[action$="/request"] button')
    assert "依頼しました" in staff.page.inner_text(".result")
    assert staff.page.locator('form[action$="/approve"]').count() == 0
    approver.open(f"/s/{number}")
    assert WORKS.key not in approver.page.content()
    look_and_tick(approver.page)
    approver.page.click("button[name=then][value=here]")
    assert "承認しました" in approver.page.inner_text(".result"), approver.page.inner_text("main")


def bring_and_register(staff: Screen, room: Mailroom) -> int:
    """The notice is dropped, its project registered from it, its invoice given."""
    page = staff.page
    staff.open("/drop")
    bring(page, "form.drop input[type=file]", "お知らせ.pdf", notice(WORKS))
    page.click("form.drop button.go")
    assert WORKS.number in page.inner_text("main")
    pass_of(room)
    page.reload()
    page.click('a[href^="/projects/new?from="]')
    page.fill('input[name="f:issuer"]', "川北町")
    page.click(".act button.go")
    page.fill('[name="f:dates.contract"]', "R8.5.1")
    section = page.locator('[name="f:section"]')
    section.select_option("doboku") if section.evaluate("each => each.tagName") == "SELECT" else section.fill("doboku")
    page.click(".act button.go")
    assert "令和8年5月1日（金）" in page.inner_text("main")
    assert "土木課" in page.inner_text("main")
    page.click('button[value="save"]')
    number = number_of(room)
    assert page.url.partition("?")[0].endswith(f"/s/{number}")

    staff.open(f"/projects/kawa/{WORKS.project}/papers?product=advance")
    bring(page, "input[name=pdf]", "請求書.pdf", an_invoice(WORKS))
    page.click('form[action$="/invoice"] button')
    assert "前払金請求書" in page.inner_text("main")
    assert "待っている提出に反映しました" in page.inner_text(".result")
    page.click(".todo a.btn")
    assert page.url.endswith(f"/s/{number}"), "the project leads on to what is to be done"
    return number


def send_for_real(staff: Screen, approver: Screen, room: Mailroom, number: int) -> None:
    """First to the address of the rehearsal, then, after it was ended, to the issuer, once."""
    release(staff, approver, number)
    pass_of(room)
    (rehearsed,) = [mail for mail in room.submissions if WORKS.number in mail.text]
    assert rehearsed.recipients == (REHEARSAL,)
    approver.open("/")
    approver.page.click('.banner a[href="/health/rehearsal"]')
    assert REHEARSAL in approver.page.inner_text("main")
    approver.page.click('button[name=switch][value="off"]')
    assert "本番に切り替えました" in approver.page.inner_text(".result")
    pass_of(room)
    release(staff, approver, number)
    pass_of(room)
    _, real = [mail for mail in room.submissions if WORKS.number in mail.text]
    assert KAWA_TO in real.recipients
    assert len(real.files) == 2
    pass_of(room)
    assert len([mail for mail in room.submissions if WORKS.number in mail.text]) == 2


def find_and_export(auditor: Screen) -> None:
    """Found by date and amount, and taken away as a table."""
    seen = auditor.page
    auditor.open("/log")
    seen.fill('input[name="since"]', "令和8年1月1日")
    seen.fill('input[name="amount_from"]', YEN)
    seen.fill('input[name="amount_to"]', f"{YEN}円")
    seen.click("form.limits button")
    assert WORKS.number in seen.inner_text("main")
    assert ON_PAPER.number not in seen.inner_text("main")
    with seen.expect_download() as taken:
        seen.click('button[name=form][value="xlsx"]')
    book = load_workbook(io.BytesIO(taken.value.path().read_bytes()))
    assert WORKS.number in {cell.value for line in book.active.iter_rows() for cell in line}


def see_and_change_nothing(auditor: Screen, room: Mailroom, number: int) -> None:
    """The page of the submission has no form, and what is sent to it without one is refused."""
    seen = auditor.page
    before = beside(lambda: standing_of(room, number))
    auditor.open(f"/s/{number}")
    assert seen.locator("main form[method=post]").count() == 0
    token = seen.locator("input[name=token]").first.input_value()
    for act, fields in (("withdraw", {"why": "x"}), ("correct", {"why": "x"}), ("memo", {"text": "x"})):
        answer = seen.evaluate(SEND, [f"/s/{number}/{act}", {"token": token, **fields}])
        assert answer == 403, act
    auditor.said[:] = [line for line in auditor.said if "403" not in line]
    assert beside(lambda: standing_of(room, number)) == before


def test_from_the_pdf_to_the_auditor(screens: Any, room: Mailroom) -> None:
    staff = screens(login="staff")
    number = bring_and_register(staff, room)
    send_for_real(staff, screens(login="approver"), room, number)
    staff.open(f"/s/{number}")
    staff.page.fill('form[action$="/confirm"] input[name=whom]', "土木課 田中様")
    staff.page.click('form[action$="/confirm"] button[value=arrived]')
    assert "記録しました" in staff.page.inner_text(".result")
    assert beside(lambda: room.office.show(number))["state"] == "CONFIRMED"
    auditor = screens(login="auditor")
    find_and_export(auditor)
    see_and_change_nothing(auditor, room, number)


SEND: Final = """([path, fields]) => fetch(path, {method: 'POST', body: new URLSearchParams(fields)})
  .then(answer => answer.status)"""
"""Sends a form from the page, with its origin and its cookie."""


def test_what_an_issuer_takes_by_its_own_form_is_handed_in_from_a_sheet_and_recorded(
    screens: Any, console: Console
) -> None:
    staff = screens(login="staff")
    page = staff.page
    staff.open("/")
    page.click('a[href="/s/1"]')
    assert page.locator(f'a[href="{URL}"]').count() == 1
    assert ON_PAPER.key not in page.content()
    page.click('.hand-in a[href="/s/1/key"]')
    page.click('form[action="/s/1/key"] button')
    assert ON_PAPER.key in page.inner_text("main")
    page.click("a.btn.second[href='/s/1']")
    page.fill(".hand-in input[name=note]", "電子申請 受付番号 12")
    page.click(".hand-in form button")
    assert "記録しました" in page.inner_text(".result")
    assert beside(lambda: console.office.show(1))["state"] == "CONFIRMED"


def test_a_change_of_contract_keeps_the_original_beside_it(screens: Any) -> None:
    staff = screens(login="staff")
    page = staff.page
    staff.open(f"/projects/kawa/{WORKS.project}")
    page.click('a[href$="/amend"]')
    page.fill('[name="f:dates.contract"]', "R9.1.15")
    page.fill('[name="f:amount"]', "１，５００，０００円")
    page.click(".act button.go")
    assert "令和9年1月15日（金）" in page.inner_text("main")
    page.click('button[value="save"]')
    facts = page.inner_text(".facts")
    assert "令和8年5月1日" in facts
    assert "1,500,000円" in facts


def standing_of(room: Mailroom, number: int) -> dict[str, Any]:
    """Everything about a submission but who viewed it."""
    found = room.office.show(number)
    return {**found, "entries": [each for each in found["entries"] if each["event"] != "Viewed"]}


def bring(page: Any, field: str, name: str, content: bytes) -> None:
    page.set_input_files(field, {"name": name, "mimeType": "application/pdf", "buffer": content})
