"""The month of an office in Debian's Chromium: staff, approver and auditor at the console, with the worker's passes.

They share one window, and each has a session of its own: three windows would cost half as much again.

The steps are those of the acceptance list of the console's design, in its order; none may be left out.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from openpyxl import load_workbook

from tests.support import world
from tests.support.notice_pdfs import Form, invoice
from tests.support.office import Mailroom, Taken, a_form, an_invoice, later_key, notice
from tests.support.screens import DESK, Screen, beside, look_and_tick
from tests.support.world import KAWA_TO, OFFICE, SITE, YAMA_TO, project

pytestmark = [pytest.mark.servers, pytest.mark.process]

WORKS: Final = a_form("堤防補強工事", "前払金保証")
AMENDED: Final = later_key(WORKS)
"""The notice of the guarantee that follows the change of contract: the same number with another key."""
MORE: Final = invoice(f"{WORKS.project}（変更）")
"""The invoice for the rest of the advance payment."""
ON_FORM: Final = a_form("庁舎改修工事")
URL: Final = "https://shinsei.kami.example/hosho"
FORM_ISSUER: Final = world.ISSUERS["kami"].replace('channel = "paper"', f'channel = "form"\nurl = "{URL}"')
YEN: Final = "20,000,000"
"""The amount of ``an_invoice``."""
APPROVE: Final = "button[name=then][value=here]"
SEND: Final = """([path, fields]) => fetch(path, {method: 'POST', body: new URLSearchParams(fields)})
  .then(answer => answer.status)"""
"""Sends a form from the page, with its origin and its cookie."""


@pytest.fixture(scope="module")
def room(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """An office in which two people release what is new: it has never written to the works' issuer."""
    issuers = {**world.ISSUERS, "kami": FORM_ISSUER}
    projects = [project(ON_FORM.project, "kami", ON_FORM.number)]
    room = wide_mailroom(mode="approve", issuers=issuers, projects=projects, knows=(YAMA_TO,))
    settings = room.office.config / "worker.toml"
    settings.write_text(settings.read_text().replace("[release]\n", '[release]\nsecond_person = "new"\n'))
    room.office.save_notice("用紙.pdf", notice(ON_FORM))
    return room


@dataclass
class Month:
    """The window, the sessions of its people, and what has come of the month so far."""

    room: Mailroom
    window: Screen
    sessions: dict[str, Any] = field(default_factory=dict)
    """The cookies of each person by login."""
    number: int = 0
    """The submission of the month's notice."""
    later: int = 0
    """The submission of the notice after the change of contract."""
    seen: list[Taken] = field(default_factory=list)

    def at(self, login: str, path: str) -> Any:
        """Opens a page as this person; returns it."""
        self.window.context.clear_cookies()
        self.window.context.add_cookies(self.sessions[login])
        assert self.window.open(path) == 200, path
        return self.window.page

    def service_passes(self) -> None:
        """What the service does within its minute."""
        beside(self.room.office.run_once)

    def left(self) -> list[Taken]:
        """The mails of the works that the mail server took since this was asked last."""
        mails = [mail for mail in self.room.submissions if WORKS.number in mail.text]
        new, self.seen = mails[len(self.seen) :], mails
        return new

    def standing(self, number: int) -> dict[str, Any]:
        """Everything about a submission but who viewed it."""
        found = beside(lambda: self.room.office.show(number))
        return {**found, "entries": [each for each in found["entries"] if each["event"] != "Viewed"]}

    def drop(self, form: Form) -> int:
        """The staff member brings a notice, and the service takes it; returns its submission."""
        page = self.at("staff", "/drop")
        bring(page, "form.drop input[type=file]", f"お知らせ_{form.key}.pdf", notice(form))
        page.click("form.drop button.go")
        assert form.number in page.inner_text("main"), "what was read is said at once"
        assert form.key not in page.content()
        self.service_passes()
        return max(int(each["id"]) for each in beside(lambda: self.room.office.of(form)))

    def bring_invoice(self, name: str, content: bytes) -> None:
        """The staff member gives the invoice of the works."""
        page = self.at("staff", f"/projects/kawa/{WORKS.project}/papers?product=advance")
        bring(page, "input[name=pdf]", name, content)
        page.click('form[action$="/invoice"] button')
        assert "前払金請求書" in page.inner_text("main")
        assert "待っている提出に反映しました" in page.inner_text(".result")

    def approve(self, number: int) -> None:
        """Another person has looked at each page, and approves it."""
        page = self.at("approver", f"/s/{number}")
        assert WORKS.key not in page.content()
        look_and_tick(page)
        page.click(APPROVE)
        assert "承認しました" in page.inner_text(".result"), page.inner_text("main")


def log_in(month: Month) -> None:
    for login in ("auditor", "approver", "staff"):
        month.window.context.clear_cookies()
        month.window.log_in(login)
        assert "/login" not in month.window.page.url, login
        month.sessions[login] = month.window.context.cookies()


def drop_the_notice(month: Month) -> None:
    month.number = month.drop(WORKS)


def register_the_project_from_it(month: Month) -> None:
    page = month.window.page
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
    assert page.url.partition("?")[0].endswith(f"/s/{month.number}")


def give_the_invoice(month: Month) -> None:
    page = month.window.page
    month.bring_invoice("請求書.pdf", an_invoice(WORKS))
    day = page.inner_text(".guarantees section:nth-child(2) dl div:nth-child(2)")
    assert "契約日 令和8年5月1日（金）" in day
    assert "過ぎ" not in day, "the day of the contract is no deadline"
    page.click(".todo a.btn")
    assert page.url.endswith(f"/s/{month.number}"), "the project leads on to what is to be done"


def confirm_and_request(month: Month) -> None:
    page = month.window.page
    page.click('form[action$="/request"] button')
    assert "依頼しました" in page.inner_text(".result")
    assert page.locator('form[action$="/approve"]').count() == 0, "who prepared it does not approve it"


def approve_by_a_second_person(month: Month) -> None:
    month.approve(month.number)


def send_to_the_mail_server(month: Month) -> None:
    month.service_passes()
    (mail,) = month.left()
    assert set(mail.recipients) == {KAWA_TO, SITE}
    assert [content for _, content in mail.files] == [notice(WORKS), an_invoice(WORKS)]
    month.service_passes()
    assert month.left() == [], "it is sent once"


def call_the_issuer(month: Month) -> None:
    page = month.at("staff", f"/s/{month.number}")
    page.fill('form[action$="/confirm"] input[name=whom]', "土木課 田中様")
    page.click('form[action$="/confirm"] button[value=arrived]')
    assert "記録しました" in page.inner_text(".result")
    assert month.standing(month.number)["state"] == "CONFIRMED"


def find_by_date_and_amount(month: Month) -> None:
    page = month.at("staff", "/log")
    page.fill('input[name="since"]', "令和8年1月1日")
    page.fill('input[name="amount_to"]', "19,999,999円")
    page.click("form.limits button")
    assert WORKS.number not in page.inner_text("main")
    page.fill('input[name="amount_from"]', YEN)
    page.fill('input[name="amount_to"]', f"{YEN}円")
    page.click("form.limits button")
    assert WORKS.number in page.inner_text("main")


def export_the_rows(month: Month) -> None:
    page = month.window.page
    with page.expect_download() as taken:
        page.click('button[name=form][value="xlsx"]')
    book = load_workbook(io.BytesIO(taken.value.path().read_bytes()))
    assert WORKS.number in {cell.value for line in book.active.iter_rows() for cell in line}


def the_auditor_sees_it_and_changes_nothing(month: Month) -> None:
    before = month.standing(month.number)
    page = month.at("auditor", "/log")
    page.click(f'main a[href="/s/{month.number}"] >> nth=0')
    assert WORKS.number in page.inner_text("main")
    assert page.locator("main form[method=post]").count() == 0
    token = page.locator("input[name=token]").first.input_value()
    for act, fields in (("withdraw", {"why": "x"}), ("correct", {"why": "x"}), ("memo", {"text": "x"})):
        answer = page.evaluate(SEND, [f"/s/{month.number}/{act}", {"token": token, **fields}])
        assert answer == 403, act
    month.window.said[:] = [line for line in month.window.said if "403" not in line]
    assert month.standing(month.number) == before


def hand_in_by_the_issuers_form_and_record_it(month: Month) -> None:
    number = beside(lambda: month.room.office.only(ON_FORM))["id"]
    page = month.at("staff", "/")
    page.click(f'main a[href="/s/{number}"]')
    assert page.locator(f'a[href="{URL}"]').count() == 1
    assert ON_FORM.key not in page.content()
    sheet = page.inner_text(".hand-in dl")
    for value in (ON_FORM.project, ON_FORM.contractor, ON_FORM.product, ON_FORM.number):
        assert value in sheet, value
    page.click(f'.hand-in a[href="/s/{number}/key"]')
    page.click(f'form[action="/s/{number}/key"] button')
    assert ON_FORM.key in page.inner_text("main")
    page.click(f"a.btn.second[href='/s/{number}']")
    page.fill(".hand-in input[name=note]", "電子申請 受付番号 12")
    page.click(".hand-in form button")
    assert "提出を記録しました。" in page.inner_text(".result")
    assert page.locator('.result form[action$="/correct"]').count() == 1, "it can be taken back at once"
    assert "提出を記録：発注者のフォーム：電子申請 受付番号 12" in page.inner_text(".past >> nth=0")
    assert month.standing(number)["state"] == "CONFIRMED"
    month.at("staff", f"/log?text={ON_FORM.number}")
    row = page.inner_text("table.list tbody tr >> nth=0")
    assert "提出を記録" in row
    assert "別途提出済み" in row, "nothing says that it arrived"


def change_the_contract(month: Month) -> None:
    page = month.at("staff", f"/projects/kawa/{WORKS.project}")
    page.click('a[href$="/amend"]')
    page.fill('[name="f:dates.contract"]', "R8.6.15")
    page.fill('[name="f:amount"]', "１５０，０００，０００円")
    page.click(".act button.go")
    assert "令和8年6月15日（月）" in page.inner_text("main")
    page.click('button[value="save"]')
    facts = page.inner_text(".facts")
    assert "令和8年5月1日" in facts, "the original stands beside it"
    assert "150,000,000円" in facts
    month.later = month.drop(AMENDED)
    assert month.later != month.number
    month.bring_invoice("請求書_変更.pdf", MORE)


def rehearse_and_go_live(month: Month) -> None:
    page = month.at("approver", "/health/rehearsal")
    page.click('button[name=switch][value="on"]')
    assert "リハーサルにしました" in page.inner_text(".result")
    month.service_passes()
    month.approve(month.later)
    month.service_passes()
    (rehearsed,) = month.left()
    assert rehearsed.recipients == (OFFICE,), "the office's own address"
    page.click('.banner a[href="/health/rehearsal"]')
    assert OFFICE in page.inner_text("main")
    page.click('button[name=switch][value="off"]')
    assert "本番に切り替えました" in page.inner_text(".result")
    month.service_passes()
    assert month.left() == [], "what was rehearsed waits for a release of its own"
    month.approve(month.later)
    month.service_passes()
    (real,) = month.left()
    assert set(real.recipients) == {KAWA_TO, SITE}
    assert "変更に伴う" in real.text


MONTH: Final = (
    log_in,
    drop_the_notice,
    register_the_project_from_it,
    give_the_invoice,
    confirm_and_request,
    approve_by_a_second_person,
    send_to_the_mail_server,
    call_the_issuer,
    find_by_date_and_amount,
    export_the_rows,
    the_auditor_sees_it_and_changes_nothing,
    hand_in_by_the_issuers_form_and_record_it,
    change_the_contract,
    rehearse_and_go_live,
)
"""Each step of the month, in the order of the design."""


def test_an_office_does_its_whole_month_in_the_browser(screens: Any, room: Mailroom) -> None:
    month = Month(room, screens(DESK))
    for number, step in enumerate(MONTH, start=1):
        try:
            step(month)
        except BaseException as failure:
            failure.add_note(f"step {number} of {len(MONTH)}: {step.__name__}")
            raise


def bring(page: Any, selector: str, name: str, content: bytes) -> None:
    """Chooses a PDF in a file field."""
    page.set_input_files(selector, {"name": name, "mimeType": "application/pdf", "buffer": content})
