"""PDFを入れる: who brought a PDF is recorded first, it appears whole under a free name, and nothing else gets in."""

from __future__ import annotations

import dataclasses
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.console.conftest import SENT, UNKNOWN, WAITS
from tests.support import notice_pdfs as made
from tests.support.console import Browser, Console, console_of
from tests.support.office import Mailroom, Office, a_form, an_invoice, notice
from worker.console import app
from worker.console.desk import UPLOADS_A_MINUTE, Pace
from worker.core.model import sha256
from worker.core.states import NoteEvent
from worker.pipeline.upload import UNFILED

BROUGHT = a_form("持ち込んだ工事")


@pytest.fixture
def staff(console: Console) -> Browser:
    """The browser of a person who brings PDFs; the pace of an earlier test is over."""
    console.desk.pace = Pace(UPLOADS_A_MINUTE)
    browser = console.browser("staff")
    browser.get("/drop")
    return browser


def drop(browser: Browser, *files: tuple[str, bytes], **fields: str) -> httpx.Response:
    """Sends the files as a browser does, and opens the page that the answer leads to."""
    sent = browser.post("/drop", fields, files=[("pdf", (name, content, "application/pdf")) for name, content in files])
    return browser.get(sent.headers["location"]) if sent.status_code == 303 else sent


def notices_of(office: Office) -> Path:
    return office.store / "inbox" / "notices"


def invoices_of(office: Office) -> Path:
    return office.store / "inbox" / "invoices"


def uploads_of(console: Console, content: bytes) -> list[dict[str, Any]]:
    with console.desk.store() as store:
        return [{**entry.detail, "by": entry.by} for entry in store.uploads(sha256(content))]


def test_a_notice_says_at_once_what_was_read_and_then_what_became_of_it(
    console: Console, room: Mailroom, staff: Browser
) -> None:
    content = notice(BROUGHT)
    page = drop(staff, ("お知らせ.pdf", content))
    assert "契約保証" in staff.text
    assert f"{BROUGHT.number}（{BROUGHT.project}）" in staff.text
    assert "この工事の案件は登録されていません" in staff.text
    assert "1分以内に反映します" in staff.text
    assert 'hx-trigger="every 5s"' in page.text
    assert BROUGHT.key not in page.text
    (told,) = uploads_of(console, content)
    assert (told["by"], told["file"], told["brought_as"]) == ("佐藤 次郎", "お知らせ.pdf", "notice")
    saved = notices_of(room.office) / "お知らせ.pdf"
    assert saved.read_bytes() == content
    assert stat.S_IMODE(saved.stat().st_mode) == 0o640
    assert saved.stat().st_gid == saved.parent.stat().st_gid
    room.office.run_once()
    room.office.run_once()
    number = room.office.only(BROUGHT)["id"]
    page = staff.get(str(page.url))
    assert f'href="/s/{number}"' in page.text
    assert f"/projects/new?from={number}" in page.text
    assert "hx-trigger" not in page.text
    staff.get(f"/s/{number}")
    assert "持込み：佐藤 次郎さん" in staff.text


REFUSED = {
    "a picture": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "PDFではありません"),
    "a ZIP": (made.zipped(made.plain()), "PDFではありません"),
    "nothing": (b"", "空のファイルです"),
    "a scan": (made.scan(), "文字のないPDF"),
    "a certificate": (made.certificate(), "証書です"),
    "a bond": (made.bond(), "証書です"),
    "two notices": (made.two_notices(), "複数のお知らせ"),
    "a notice and an invoice": (made.with_another_paper(), "別の書類のページ"),
    "a password": (made.with_user_password(), "パスワード付き"),
    "a cut file": (made.cut(made.plain()), "安全に読み取れない"),
    "a PDF with a ZIP behind it": (made.plain() + made.zipped(made.plain()), "安全に読み取れない"),
    "too large": (made.plain() + b"\0" * 20_000_001, "20MBを超えています（20.0MB）"),
    "two keys": (made.two_values(), "安全に読み取れない"),
    "a bomb": (made.flate_bomb(), "安全に読み取れない"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_file_says_why_and_leaves_nothing(
    console: Console, room: Mailroom, staff: Browser, what: str
) -> None:
    content, reason = REFUSED[what]
    before = sorted(room.office.store.joinpath("inbox").rglob("*"))
    answer = drop(staff, ("ファイル.pdf", content))
    assert answer.status_code == 422
    assert reason in staff.text
    assert "ファイル.pdf" in staff.text
    assert sorted(room.office.store.joinpath("inbox").rglob("*")) == before
    assert uploads_of(console, content) == []


def test_a_form_without_a_file_asks_for_one(staff: Browser) -> None:
    """A browser sends a field in which nothing was chosen as a file without a name and without bytes."""
    form = f'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\n{staff.token}\r\n'
    form += '--x\r\nContent-Disposition: form-data; name="pdf"; filename=""\r\n\r\n\r\n--x--\r\n'
    headers = {**staff.headers, "content-type": "multipart/form-data; boundary=x"}
    staff.last = staff.client.post("/drop", content=form.encode(), headers=headers)
    assert staff.last.status_code == 422
    assert "ファイルを選んでください" in staff.text
    assert "PDFではありません" not in staff.text


def test_a_notice_that_is_here_leads_to_its_submission(staff: Browser) -> None:
    assert drop(staff, ("a.pdf", notice(WAITS))).status_code == 422
    assert "受け付けています（提出2）" in staff.text
    assert 'href="/s/2"' in staff.html


NAMES = [
    "../../../etc/cron.d/x.pdf",
    "..\\..\\windows.pdf",
    "/etc/passwd",
    "..",
    ".",
    ".hidden.pdf",
    "~$lock.pdf",
    "Thumbs.db",
    "a\u202efdp.pdf",
    "a\r\nSet-Cookie: x.pdf",
    "<img src=x onerror=alert(1)>.pdf",
    "CON:aux.pdf",
    "あ" * 300 + ".pdf",
    "x.pdf.crdownload",
    "-rf.pdf",
    "が.pdf",
]


def test_a_name_leads_to_no_other_place_and_hides_no_file(console: Console, room: Mailroom, staff: Browser) -> None:
    here = len(room.office.list())
    for name in NAMES:
        console.desk.pace = Pace(UPLOADS_A_MINUTE)
        content = notice(a_form("名前の工事"))
        inbox = notices_of(room.office)
        before = {*room.office.root.rglob("*")}
        page = drop(staff, (name, content))
        assert page.status_code == 200, (name, staff.text)
        new = {path for path in {*room.office.root.rglob("*")} - before if "hoshobin" not in path.name}
        assert [path.read_bytes() for path in new] == [content], name
        (saved,) = new
        assert saved.parent == inbox, name
        assert saved.suffix == ".pdf", name
        assert len(saved.name.encode()) < 255, name
        assert "<img" not in page.text
    room.office.run_once()
    room.office.run_once()
    assert len(room.office.list()) == here + len(NAMES)


def test_two_files_of_one_name_both_stay(room: Mailroom, staff: Browser) -> None:
    first, second = notice(a_form("同名の工事その1")), notice(a_form("同名の工事その2"))
    assert drop(staff, ("同名.pdf", first), ("同名.PDF", second)).status_code == 200
    assert (notices_of(room.office) / "同名.pdf").read_bytes() == first
    assert (notices_of(room.office) / "同名 (2).pdf").read_bytes() == second


def test_a_form_that_comes_twice_adds_nothing(room: Mailroom, staff: Browser) -> None:
    content = notice(a_form("二度の工事"))
    assert drop(staff, ("二度.pdf", content)).status_code == 200
    assert drop(staff, ("二度.pdf", content)).status_code == 422
    assert "同じファイルを" in staff.text
    assert not (notices_of(room.office) / "二度 (2).pdf").exists()


def test_an_invoice_is_filed_with_the_project_that_a_person_confirms(
    console: Console, room: Mailroom, staff: Browser
) -> None:
    content = an_invoice(SENT)
    page = drop(staff, ("請求書.pdf", content))
    assert "請求書として受け付けました：20,000,000円" in staff.text
    assert "この案件に付けますか" in staff.text
    waiting = invoices_of(room.office) / UNFILED / "請求書.pdf"
    assert waiting.read_bytes() == content
    number = str(page.url).rpartition("=")[2]
    assert staff.post(f"/drop/{number}/file", {"project": "", "product": ""}).status_code == 422
    assert waiting.exists()
    with console.desk.store() as store:
        project = str(store.submission(1).destination.project)
    assert f'value="{project}" selected' in page.text
    filed = staff.post(f"/drop/{number}/file", {"project": project, "product": "advance"})
    assert filed.status_code == 303
    staff.get(filed.headers["location"])
    assert f"「{SENT.project}」の請求書として保存しました" in staff.text
    assert not waiting.exists()
    (saved,) = [path for path in invoices_of(room.office).rglob("*.pdf") if path.read_bytes() == content]
    assert saved.parent.name == SENT.project
    assert "前払金請求書" in saved.name
    assert [each.get("project") for each in uploads_of(console, content)] == [project, project]
    again = staff.post(f"/drop/{number}/file", {"project": project, "product": "advance"})
    assert again.status_code == 422


def test_a_scan_is_an_invoice_if_a_person_says_whose(console: Console, room: Mailroom, staff: Browser) -> None:
    with console.desk.store() as store:
        project = str(store.submission(2).destination.project)
    assert drop(staff, ("scan.pdf", made.scan()), project=project, product="advance").status_code == 200
    assert f"「{WAITS.project}」の請求書として保存しました" in staff.text
    folder = invoices_of(room.office) / WAITS.project
    assert [path.read_bytes() for path in folder.iterdir()] == [made.scan()]
    assert drop(staff, ("x.pdf", made.scan()), project="no/such/project", product="advance").status_code == 422


def test_a_notice_brought_for_an_announcement_ends_it(room: Mailroom, staff: Browser) -> None:
    page = staff.get("/s/4")
    assert 'name="for" value="4"' in page.text
    staff.get("/drop?for=4")
    assert "発行完了メール 4" in staff.text
    form = a_form("発行完了の工事")
    assert drop(staff, ("発行.pdf", notice(form)), **{"for": "4"}).status_code == 200
    room.office.run_once()
    room.office.run_once()
    assert room.office.only(form)["id"] == 4
    assert drop(staff, ("次.pdf", notice(a_form("次の工事"))), **{"for": "4"}).status_code == 422
    assert "もうお知らせPDFを待っていません" in staff.text


def test_twenty_pdfs_a_minute_are_read_for_one_person(console: Console, staff: Browser) -> None:
    console.desk.pace = Pace(2)
    fields: list[tuple[str, bytes]] = [(f"{number}.pdf", b"no PDF") for number in range(3)]
    assert drop(staff, *fields).status_code == 422
    assert staff.text.count("PDFではありません") == 2
    assert "1分に20個まで" in staff.text


def test_more_than_ten_files_or_too_many_bytes_are_refused(staff: Browser) -> None:
    assert drop(staff, *((f"{number}.pdf", b"x") for number in range(11))).status_code == 413
    staff.get("/drop")
    assert drop(staff).status_code == 422
    assert "ファイルを選んでください" in staff.text


@pytest.fixture
def raw(console: Console) -> Iterator[socket.socket]:
    """A connection that sends what it likes."""
    host, _, port = console.base.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        yield connection


def begin_upload(console: Console, connection: socket.socket, cookie: str = "", sent: bytes = b"") -> bytes:
    """Sends the head of an upload of 100 MB with the beginning of its body; returns the first line of the answer."""
    host = console.base.removeprefix("http://")
    head = (
        f"POST /drop HTTP/1.1\r\nHost: {host}\r\nOrigin: {console.base}\r\nCookie: hoshobin={cookie}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000000\r\n\r\n"
    )
    connection.sendall(head.encode() + sent)
    return connection.recv(200).partition(b"\r\n")[0]


def test_nobody_without_the_right_fills_the_disk(console: Console, raw: socket.socket) -> None:
    assert b"403" in begin_upload(console, raw)  # the login, before a file is received


def test_an_auditor_is_refused_before_the_files_are_received(console: Console, raw: socket.socket) -> None:
    auditor = console.browser("auditor").client.cookies.get("hoshobin", domain="127.0.0.1")
    assert b"403" in begin_upload(console, raw, str(auditor))


def test_a_slow_client_holds_nothing_but_its_connection(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    actions = tuple(dataclasses.replace(each, seconds=0) if each.files else each for each in app.ACTIONS)
    monkeypatch.setattr(app, "ACTIONS", actions)
    with console_of(room.office) as console:
        cookie = console.browser("staff").client.cookies.get("hoshobin", domain="127.0.0.1")
        host, _, port = console.base.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            assert b"408" in begin_upload(console, connection, str(cookie), b"--b\r\n")


def test_only_so_many_uploads_are_received_at_once(console: Console, staff: Browser) -> None:
    held = 0
    while console.desk.uploads.acquire(blocking=False):
        held += 1
    try:
        assert drop(staff, ("a.pdf", notice(UNKNOWN))).status_code == 503
    finally:
        for _ in range(held):
            console.desk.uploads.release()
    assert drop(staff, ("a.pdf", notice(UNKNOWN))).status_code == 422


def test_the_command_takes_the_same_files(console: Console, room: Mailroom, tmp_path: Path) -> None:
    form = a_form("コマンドの工事")
    file = tmp_path / "コマンド.pdf"
    file.write_bytes(notice(form))
    ran = room.office("upload", str(file), "--by", "山田 花子", "--json")
    assert ran.code == 0
    assert ran.document["number"] == form.number
    (told,) = uploads_of(console, notice(form))
    assert told["by"] == "山田 花子"
    assert room.office("upload", str(file), "--by", "山田 花子").code == 1
    assert room.office("upload", str(file), "--by", "監査 太郎").code != 0


def test_an_upload_is_an_entry_with_its_person_before_its_file(console: Console, staff: Browser) -> None:
    content = notice(a_form("先に記録の工事"))
    drop(staff, ("先.pdf", content))
    with console.desk.store() as store:
        (entry,) = store.uploads(sha256(content))
        assert entry.event == NoteEvent.UPLOADED
        assert entry.account.startswith("staff ")
        assert entry.detail["sha256"] == sha256(content)
