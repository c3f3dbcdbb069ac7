"""Words of strangers are shown as words: each is markup and a formula, and every page and export is read."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from openpyxl import load_workbook

from tests.support.console import BY_ROOT, PEOPLE, Console, console_of
from tests.support.office import Mailroom, a_form, a_mail, notice
from tests.support.returned import reply
from tests.support.world import project
from worker.accounts import people
from worker.core.accounts import Account, Role


def evil(name: str) -> str:
    """A text that is an image with a script, the begin of a formula, and says where it came from."""
    return f"=1+1<img src=q-{name} onerror=alert(1)>"


RAW: Final = "<img src=q-"
WORKS: Final = a_form(evil("works"))
PLAIN: Final = a_form("橋脚補強工事")
STRANGE: Final = a_form(evil("project"), contractor=evil("contractor"))
SEEN: Final = {
    *("works", "project", "subject", "memo", "reply", "note", "why", "person", "agent"),
}
"""The texts that a page must show; 受注者 is seen in the picture of the notice alone."""


@pytest.fixture(scope="module")
def room(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """1 is of a registered project with such a name, 2 is sent, 3 is of no project."""
    projects = [project(WORKS.project, "kawa", WORKS.number), project(PLAIN.project, "kawa", PLAIN.number)]
    room = wide_mailroom(mode="approve", projects=projects)
    for form in (WORKS, PLAIN, STRANGE):
        room.deliver(a_mail(evil("subject"), (f"{evil('file')}.pdf", notice(form))))
    room.office.run_once()
    return room


@pytest.fixture(scope="module")
def console(room: Mailroom) -> Iterator[Console]:
    """Its console, with an account of such a name, after every form that takes a text was sent."""
    with console_of(room.office) as console:
        with console.desk.store() as store:
            named = Account(0, "evil", evil("person"), mail="e@contractor.example", roles=frozenset({Role.STAFF}))
            people.add_account(store, named, BY_ROOT, console.desk.clock.now())
        browser = console.browser()
        browser.client.headers["user-agent"] = evil("agent")
        browser.log_in("approver")
        number = room.office.only(PLAIN)["id"]
        browser.get(f"/s/{number}")
        sent = browser.post(f"/s/{number}/approve", {"label": browser.label, "shown": browser.shown})
        assert sent.status_code == 303, browser.text
        room.office.run_once()
        (mail,) = room.submissions
        message_id = mail.headers["Message-ID"][0]
        room.deliver(reply(to=message_id, subject=evil("reply"), text=evil("reply")))
        room.office.run_once()
        assert browser.post(f"/s/{number}/confirm", {"outcome": "arrived", "note": evil("note")}).status_code == 303
        first = room.office.only(WORKS)["id"]
        assert browser.post(f"/s/{first}/memo", {"text": evil("memo")}).status_code == 303
        assert browser.post(f"/s/{first}/withdraw", {"why": evil("why")}).status_code == 303
        yield console


def test_every_page_of_every_role_shows_them_as_words(console: Console) -> None:
    seen: set[str] = set()
    for login in PEOPLE:
        browser = console.browser(login)
        if login == "approver":
            browser.client.headers["user-agent"] = evil("agent")
        for path, answer in browser.walk(
            "/", "/projects?closed=1", "/received", "/log", "/people", "/drop?got=1"
        ).items():
            assert RAW not in answer.text, (login, path)
            seen |= {name for name in SEEN if f"&lt;img src=q-{name}" in answer.text}
        for path in (
            f"/search?q={RAW}x",
            f"/log?text={RAW}x&since={RAW}",
            f"/login?then={RAW}",
            f"/{RAW}",
            f"/?who={RAW}",
        ):
            assert RAW not in browser.get(path).text, (login, path)
    assert SEEN - seen == set()


def test_the_name_of_a_file_that_is_brought_is_a_name(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/drop")
    brought = [("pdf", (f"{evil('brought')}.pdf", notice(a_form("持ち込む工事")), "application/pdf"))]
    page = browser.get(browser.post("/drop", files=brought).headers["location"])
    assert "img src=q-brought" in page.text
    assert RAW not in page.text


def test_no_cell_of_an_export_is_a_formula(console: Console) -> None:
    auditor = console.browser("auditor")
    auditor.get("/log")
    table = auditor.post("/log/export", {"form": "csv"}).content.decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(table)) for cell in line]
    assert any(RAW in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "＝", "\t", "\r"))]
    auditor.get("/log")
    book = load_workbook(io.BytesIO(auditor.post("/log/export", {"form": "xlsx"}).content))
    values = [cell for line in book.active.iter_rows() for cell in line]
    assert any(RAW in str(cell.value) for cell in values)
    assert not [cell for cell in values if cell.data_type == "f"]
    auditor.get("/log")
    packed = zipfile.ZipFile(io.BytesIO(auditor.post("/log/originals", {"why": evil("reason")}).content))
    assert len(packed.namelist()) > 1
    for name in packed.namelist():
        assert not name.startswith("/")
        assert not set(name) & set('\\:*?"<>|')
        assert ".." not in name.split("/")
