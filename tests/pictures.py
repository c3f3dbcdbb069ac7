"""The pictures of the manual (docs/office.ja.md), made from the demonstration's office in Chromium.

Run as ``.venv/bin/python -m tests.pictures FOLDER``, or by ``make manual``. Each picture is taken where the manual
tells of it, in one walk: two people are invited, a notice is added, its project registered, a mail requested, approved,
sent and confirmed. ``console/test_manual.py`` makes the same walk.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from tests.support.browsing import PHONE, Person, chromium
from tests.support.demo_console import DemoConsole, demo_console
from worker.cli.demo.sample_files import sample_pdf
from worker.core.model import JST

PICTURES: Final = (
    *("login", "password", "people", "person", "today", "drop", "drop-done", "project-form", "project-summary"),
    *("project", "papers", "amend", "review", "to-confirm", "request", "approved", "sent", "call", "correct"),
    *("hand-over", "key", "issuers", "issuer", "log", "received", "changes", "verify", "views", "health", "me"),
    *("ledger", "issuer-form", "absence", "phone-today", "phone-review"),
)
"""Every picture by its name; the manual names each as ``pictures/NAME.png``."""
STAFF_PASSWORD: Final = "朝の会議の前に窓を開けて風を通す"
NUMBER: Final = "40251-000418"
"""The contract number on the notice of the project that the demonstration has not registered."""
UNREGISTERED, OF_THE_CITY, OF_THE_PREFECTURE, OF_THE_TOWN = 5, 3, 4, 2
"""Submissions of the demonstration: without a project, one to request, one to hand over, and one to correct."""


class Album:
    """The folder of the pictures; it takes each of ``PICTURES`` and no other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Any, name: str, *, whole: bool = False) -> None:
        """Takes the window, or with ``whole`` the page to its end."""
        assert name in PICTURES, name
        page.screenshot(path=self.folder / f"{name}.png", full_page=whole)
        self.taken.append(name)

    def take_part(self, page: Any, name: str, selector: str) -> None:
        """Takes one part of the page."""
        assert name in PICTURES, name
        page.locator(selector).first.screenshot(path=self.folder / f"{name}.png")
        self.taken.append(name)


def take_pictures(folder: Path, demo: DemoConsole, browser: Any) -> list[str]:
    """Makes the walk; returns the names of the pictures in the order of it."""
    album = Album(folder)
    admin = Person(browser, demo.url)
    album.take(admin.open("/login"), "login")
    admin.log_in(demo.admin, demo.password)
    staff = _invite(admin, Person(browser, demo.url), "佐藤 次郎", "jiro", "staff", album)
    auditor = _invite(admin, Person(browser, demo.url), "監査 太郎", "kansa", "auditor")
    album.take(admin.open("/people"), "people", whole=True)
    album.take(admin.open("/health?check=1"), "health", whole=True)
    approver = Person(browser, demo.url)
    approver.log_in(demo.login, demo.password)
    album.take(approver.open("/"), "today")
    _phone(browser, demo, album)
    _staffs_morning(staff, album)
    _approvers_morning(approver, demo, album)
    _records(approver, album)
    _auditors_day(auditor, album)
    assert sorted(album.taken) == sorted(PICTURES)
    return album.taken


def _invite(admin: Person, guest: Person, name: str, login: str, role: str, album: Album | None = None) -> Person:
    """Adds a person, whose own browser then opens the link and chooses the password."""
    page = admin.open("/people")
    page.fill("input[name=name]", name)
    page.fill("input[name=login]", login)
    page.check(f"input[name=role][value={role}]")
    admin.press("利用者を追加")
    admin.press("招待リンクを作る")
    if album:
        album.take(page, "person")
    guest.page.goto(page.locator("section.differ input.wide").input_value())
    if album:
        album.take(guest.page, "password")
    guest.page.fill("input[name=password]", STAFF_PASSWORD)
    guest.page.fill("input[name=again]", STAFF_PASSWORD)
    guest.press("このパスワードにする")
    guest.log_in(login, STAFF_PASSWORD)
    return guest


def _staffs_morning(staff: Person, album: Album) -> None:
    """A project registered from its notice, an invoice added, a mail requested."""
    page = staff.open("/drop")
    album.take(page, "drop")
    page.set_input_files("input[name=pdf]", _file("前払金請求書.pdf", sample_pdf("invoice-advance.pdf")))
    staff.press("PDFを入れる")
    album.take(page, "drop-done")
    page = staff.open(f"/projects/new?from={UNREGISTERED}")
    page.fill('input[name="f:issuer"]', "〇〇市")
    album.take(page, "project-form")
    staff.press("内容を確かめる")
    page.fill('input[name="f:values.工事番号"]', "R8-31")
    staff.press("内容を確かめる")
    album.take(page, "project-summary")
    staff.press("登録する")
    page = staff.open("/projects?q=" + NUMBER)
    page.click("table.projects td.p a")
    page.wait_for_load_state()
    album.take(page, "project", whole=True)
    page.click('a[href$="/amend"]')
    page.wait_for_load_state()
    album.take(page, "amend")
    page = staff.open("/projects?q=道路改良")
    page.click("table.projects td.p a")
    page.wait_for_load_state()
    page.click('a[href$="/papers?product=advance"]')
    page.wait_for_load_state()
    album.take(page, "papers", whole=True)
    page = staff.open("/projects/import")
    sample = page.request.get(f"{staff.base}/projects/import/sample/csv").body()
    page.set_input_files("input[name=ledger]", {"name": "工事台帳.csv", "mimeType": "text/csv", "buffer": sample})
    staff.press("内容を確かめる")
    album.take(page, "ledger")
    page = staff.open("/issuers/new")
    page.fill('input[name="f:name"]', "〇△市")
    album.take(page, "issuer-form")
    page = staff.open("/me")
    tomorrow = dt.datetime.now(JST).date() + dt.timedelta(days=1)
    page.fill("#absence input[name=first]", tomorrow.isoformat())
    page.fill("#absence input[name=last]", (tomorrow + dt.timedelta(days=4)).isoformat())
    album.take_part(page, "absence", "#absence")
    page = staff.open(f"/s/{OF_THE_CITY}")
    album.take(page, "request")
    staff.press("確認して承認を依頼")


def _approvers_morning(approver: Person, demo: DemoConsole, album: Album) -> None:
    """A mail approved, sent, confirmed and corrected; another handed over; the key shown."""
    page = approver.open(f"/s/{OF_THE_CITY}")
    album.take(page, "review")
    approver.look_and_tick()
    page.locator("section.ticks").scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    album.take(page, "to-confirm")
    with page.expect_navigation():
        page.click("button[name=then][value=here]")
    album.take(page, "approved")
    demo.until(OF_THE_CITY, "SENT")
    page = approver.open(f"/s/{OF_THE_CITY}")
    album.take(page, "sent")
    album.take_part(page, "call", 'form[action$="/confirm"]')
    page.fill('form[action$="/confirm"] input[name=whom]', "契約課 田中様")
    approver.press("届いていることを記録")
    page.click('details:has(form[action$="/correct"]) summary')
    album.take_part(page, "correct", 'details:has(form[action$="/correct"])')
    page.fill('form[action$="/correct"] input[name=why]', "別の工事についての返事でした")
    with page.expect_navigation():
        page.click('form[action$="/correct"] button')
    page = approver.open(f"/s/{OF_THE_PREFECTURE}")
    page.click('details:has(form[action$="/hand-over"]) summary')
    page.fill('form[action$="/hand-over"] input[name=note]', "総務課の窓口へ持参、12/1")
    approver.press("別途提出にする")
    album.take(page, "hand-over")
    page = approver.open(f"/s/{OF_THE_TOWN}/key")
    album.take(page, "key")


def _records(approver: Person, album: Album) -> None:
    for name in ("issuers", "log", "received", "changes", "me"):
        album.take(approver.open(f"/{name}"), name, whole=name == "me")
    page = approver.open("/issuers")
    page.click("main table a")
    page.wait_for_load_state()
    album.take(page, "issuer")


def _auditors_day(auditor: Person, album: Album) -> None:
    auditor.open("/verify")
    auditor.press("検査する")
    album.take(auditor.page, "verify")
    album.take(auditor.open("/people/views"), "views")


def _phone(browser: Any, demo: DemoConsole, album: Album) -> None:
    person = Person(browser, demo.url, PHONE)
    person.log_in(demo.login, demo.password)
    album.take(person.open("/"), "phone-today")
    album.take(person.open(f"/s/{OF_THE_CITY}"), "phone-review")


def _file(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "mimeType": "application/pdf", "buffer": content}


def take_pictures_into(folder: Path) -> list[str]:
    """Starts a demonstration of its own and makes the walk there; returns the names of the pictures."""
    with ExitStack() as stack:
        kept = stack.enter_context(tempfile.TemporaryDirectory(prefix="hoshobin-pictures-"))
        demo = stack.enter_context(demo_console(Path(kept)))
        return take_pictures(folder, demo, stack.enter_context(chromium()))


if __name__ == "__main__":
    take_pictures_into(Path(sys.argv[1]))
