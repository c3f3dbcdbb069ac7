"""The import of a ledger in the browser: nothing is saved unseen, and what was typed survives every error."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
import zipfile
from html import unescape

import openpyxl
import pytest

from tests.console.conftest import UNKNOWN, WAITS
from tests.support.console import PASSWORD, Browser, Console
from worker.config.projects import FILE
from worker.core.rulebook import Project
from worker.core.states import NoteEvent, Reason

UPLOAD, ROWS = "/projects/import", "/projects/import/rows"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_CELLS = re.compile(r'<input name="(cell:[A-Z]+[0-9]+)" value="([^"]*)"')


def hidden(browser: Browser) -> dict[str, str]:
    assert browser.last is not None
    return {unescape(name): unescape(value) for name, value in _HIDDEN.findall(browser.last.text) if name != "token"}


def cells(browser: Browser) -> dict[str, str]:
    """The bad cells of the last page, as they stand there."""
    assert browser.last is not None
    return {unescape(name): unescape(value) for name, value in _CELLS.findall(browser.last.text)}


def read(browser: Browser, *rows: str, name: str = "台帳.csv", content: bytes = b"") -> int:
    browser.get(UPLOAD)
    content = content or "\r\n".join(rows).encode("cp932")
    return browser.post(UPLOAD, files={"ledger": (name, content, "text/csv")}).status_code


def send(browser: Browser, step: str, **typed: str) -> int:
    fields = {**hidden(browser), **cells(browser), **{f"cell:{name}": text for name, text in typed.items()}}
    return browser.post(ROWS, {**fields, "step": step}).status_code


def registered(console: Console, id_: str) -> Project | None:
    return console.desk.office().active_config.register.by_id.get(id_)


def entries(console: Console) -> list[tuple[str, str, str]]:
    with console.desk.store() as store:
        found = store.entries(events=[NoteEvent.REGISTER_CHANGED])
        return [(each.detail["act"], each.detail["project"], each.by) for each in found]


def test_a_ledger_is_shown_corrected_in_place_and_saved_with_its_person_and_waiting_submissions_judged_again(
    console: Console,
) -> None:
    browser = console.browser("staff")
    headings, before = "工事名,発注者,課,保証契約番号,契約日,請負金額", len(entries(console))
    assert (
        read(
            browser,
            headings,
            f"{UNKNOWN.project},川北町,土木課,{UNKNOWN.number},R8.11.30,たくさん",
            f"{WAITS.project},川北町,,{WAITS.number},,1280000",
            "<script>工事,無い市,,,4/1,",
        )
        == 200
    )
    assert "新規 0件、変更 1件、変更なし 0件、誤り 2件" in browser.text
    assert "1,280,000円" in browser.text
    assert "<script>工事" not in browser.html
    assert set(cells(browser)) == {"cell:F2", "cell:B4", "cell:E4"}
    assert send(browser, "check", F2="2,000,000", E4="まちがい") == 422
    assert cells(browser) == {"cell:B4": "無い市", "cell:E4": "まちがい"}
    assert "2,000,000円" in browser.text
    assert send(browser, "check", B4="川北町", E4="R8.4.1") == 200
    assert cells(browser) == {}
    assert len(entries(console)) == before
    assert send(browser, "save") == 303
    assert browser.last is not None
    assert browser.last.headers["location"] == "/projects?said=ledger_saved_judged"
    project = registered(console, f"kawa/{UNKNOWN.project}")
    assert project is not None
    assert (project.amount, project.dates["contract"]) == (2_000_000, dt.date(2026, 11, 30))
    assert sorted(entries(console)[before:]) == [
        ("added", "kawa/<script>工事", "佐藤 次郎"),
        ("added", f"kawa/{UNKNOWN.project}", "佐藤 次郎"),
        ("edited", f"kawa/{WAITS.project}", "佐藤 次郎"),
    ]
    with console.desk.store() as store:
        waits = {each.notice.notice_name: each for each in store.walk_submissions()}
        assert Reason.UNKNOWN_PROJECT not in {each.reason for each in waits[UNKNOWN.project].reasons}


def test_the_same_form_sent_twice_is_saved_once(console: Console) -> None:
    browser = console.browser("staff")
    read(browser, "工事名,発注者", "二重押しの工事,川北町")
    fields, before = hidden(browser), len(entries(console))
    assert browser.post(ROWS, {**fields, "step": "save"}).headers["location"] == "/projects?said=ledger_saved"
    assert browser.post(ROWS, {**fields, "step": "save"}).headers["location"] == "/projects?said=unchanged"
    assert len(entries(console)) == before + 1


def test_what_was_typed_is_shown_before_it_is_saved(console: Console) -> None:
    browser = console.browser("staff")
    read(browser, "工事名,発注者,契約日", "見てから保存の工事,川北町,あした", "良い行の工事,川北町,R8.4.1")
    before = len(entries(console))
    assert send(browser, "good", C2="R8.5.1") == 200
    assert "令和8年5月1日（金）" in browser.text
    assert len(entries(console)) == before
    assert send(browser, "save") == 303
    assert len(entries(console)) == before + 2


def test_the_good_rows_alone_are_saved_if_a_person_says_so(console: Console) -> None:
    browser = console.browser("staff")
    read(browser, "工事名,発注者", "誤りのある工事,無い市", "誤りのない工事,川北町")
    assert send(browser, "save") == 409
    assert registered(console, "kawa/誤りのない工事") is None
    assert send(browser, "good") == 303
    assert registered(console, "kawa/誤りのない工事") is not None


def test_a_conflict_is_chosen_field_by_field_and_nothing_of_another_person_is_overwritten(console: Console) -> None:
    browser, other = console.browser("staff"), console.browser("approver")
    read(
        browser, "工事名,発注者,請負金額,担当者", "取り合う工事,川北町,1000,佐藤", "取り合う工事その二,川北町,1000,佐藤"
    )
    assert send(browser, "save") == 303
    ledger = ("工事名,発注者,請負金額,担当者", "取り合う工事,川北町,2000,高橋", "取り合う工事その二,川北町,2000,高橋")
    read(browser, *ledger)
    read(other, "工事名,発注者,請負金額,担当者", "取り合う工事,川北町,3000,鈴木")
    assert send(other, "save") == 303
    assert send(browser, "save") == 409
    assert "山田 花子さんが" in browser.text
    names = re.findall(r'type="radio" name="(c:[^"]+)" value="now"', browser.html)
    assert names == ["c:2.amount", "c:2.contact"]
    chosen = {"c:2.amount": "now", "c:2.contact": "mine"}
    assert browser.post(ROWS, {"ledger": hidden(browser)["ledger"], **chosen}).status_code == 200
    assert send(browser, "save") == 303
    first, second = (registered(console, f"kawa/{name}") for name in ("取り合う工事", "取り合う工事その二"))
    assert first is not None
    assert second is not None
    assert (first.amount, first.contact) == (3000, "高橋")
    assert (second.amount, second.contact) == (2000, "高橋")


def test_a_project_deleted_meanwhile_is_not_registered_unseen(console: Console) -> None:
    browser, other = console.browser("staff"), console.browser("approver")
    read(browser, "工事名,発注者,請負金額", "消える工事,川北町,1000")
    assert send(browser, "save") == 303
    read(browser, "工事名,発注者,請負金額", "消える工事,川北町,2000")
    other.get("/projects/kawa/消える工事")
    assert other.post("/projects/kawa/消える工事/delete").status_code == 303
    assert send(browser, "save") == 409
    assert "まだ何も保存していません" in browser.text
    assert "新しく登録する案件" in browser.text
    assert registered(console, "kawa/消える工事") is None


def bomb() -> bytes:
    """A workbook of 40 KB that unpacks to more than the page reads."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 41_000_000)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("台帳.xlsx", bomb(), "展開すると"),
        ("台帳.xls", b"\xd0\xcf\x11\xe0", "Excelブック（.xlsx）ではありません"),
        ("台帳.csv", "工事名,課\n橋,土木課".encode(), "見出しの行が見つかりません"),
        ("台帳.csv", b"a" * 5_000_001, "大きすぎ"),
        ("台帳.csv", "工事名,発注者\n".encode() + "橋,川北町\n".encode() * 1_001, "行が多すぎます"),
        ("台帳.csv", b"\n", "見出しの行がありません"),
        ("台帳.csv", b"", "空のファイルです"),
        ("台帳.xlsx", b"", "空のファイルです"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_at_once_with_the_reason(
    console: Console, name: str, content: bytes, told: str
) -> None:
    browser = console.browser("staff")
    browser.get(UPLOAD)
    assert browser.post(UPLOAD, {"sheet": ""}, files={"ledger": (name, content, "text/csv")}).status_code == 422
    assert told in browser.text
    assert "toml" not in browser.text


def test_a_named_sheet_is_read_and_what_was_not_read_is_told(console: Console) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["集計"])
    book.create_sheet("令和8年度").append(["工事名", "発注者", "備考"])
    book["令和8年度"].append(["シートの工事", "川北町", "急ぎ"])
    content = io.BytesIO()
    book.save(content)
    browser = console.browser("staff")
    browser.get(UPLOAD)
    file = {"ledger": ("台帳.xlsx", content.getvalue(), "application/octet-stream")}
    assert browser.post(UPLOAD, {"sheet": "令和9年度"}, files=file).status_code == 422
    assert 'value="令和9年度"' in browser.html
    assert browser.post(UPLOAD, {"sheet": "令和8年度"}, files=file).status_code == 200
    assert "シートの工事" in browser.text
    assert "使わなかった列：備考" in browser.text


def test_a_form_without_its_ledger_saves_nothing_and_asks_for_the_file_again(console: Console) -> None:
    browser = console.browser("staff")
    browser.get(UPLOAD)
    assert browser.post(ROWS, {"ledger": "x", "step": "save"}).status_code == 422
    assert "もう一度ファイルを選んでください" in browser.text


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_the_sample_of_this_office_is_read_without_a_fault(console: Console, form: str) -> None:
    browser = console.browser("staff")
    sample = browser.client.get(f"{UPLOAD}/sample/{form}")
    assert sample.headers["content-disposition"] == f'attachment; filename="sample-ledger.{form}"'
    assert read(browser, name=f"sample.{form}", content=sample.content) == 200
    assert "新規 3件、変更 0件、変更なし 0件、誤り 0件" in browser.text
    assert browser.client.get(f"{UPLOAD}/sample/exe").status_code == 404


def test_the_largest_ledger_of_the_page_fits_into_its_form(console: Console) -> None:
    browser = console.browser("staff")
    rows = [f"大きな台帳の第{at}号工事,川北町,土木課,R8-{at},R8.4.1,{at},契約保証" for at in range(1, 1_000)]
    before = console.desk.office().files[FILE]
    assert read(browser, "工事名,発注者,課,工事番号,契約日,請負金額,必要な保証", *rows) == 200
    assert "新規 999件" in browser.text
    fields = {**hidden(browser), "step": "check"}
    assert browser.post(ROWS, fields).status_code == 200
    assert console.desk.office().files[FILE] == before


def test_the_largest_ledger_of_a_dead_session_comes_back_after_the_login(console: Console) -> None:
    browser = console.browser("staff")
    rows = [f"期限切れの間の第{at}号工事,川北町,R8-{at},R8.4.1" for at in range(1, 999)]
    assert read(browser, "工事名,発注者,工事番号,契約日", *rows, "直す工事,川北町,R8-0,あした") == 200
    fields = {**hidden(browser), "cell:D1000": "R8.5.1", "step": "check"}
    with console.desk.store() as store, store.writing() as writing:
        account = store.account_of("staff")
        assert account is not None
        for session in store.sessions_of(account.id):
            writing.put_session(dataclasses.replace(session, opened_at=session.opened_at - dt.timedelta(hours=13)))
    assert browser.post(ROWS, fields).status_code == 403
    kept = {f"kept:{name}": value for name, value in fields.items()}
    login = {"login": "staff", "password": PASSWORD, "then": ROWS, "kept-for": "staff"}
    assert browser.post("/login", {**login, **kept}).status_code == 200
    assert browser.post(ROWS, hidden(browser)).status_code == 200
    assert "新規 999件" in browser.text
    assert "令和8年5月1日（金）" in browser.text


@pytest.mark.parametrize("content", [b"%PDF-1.7 x", b"\xff\xd8\xff\xe0 x", b"\x89PNG x", b"\xd0\xcf\x11\xe0 x"])
def test_a_file_that_is_no_table_is_refused_as_such(console: Console, content: bytes) -> None:
    staff = console.browser("staff")
    staff.get("/projects/import")
    answer = staff.post("/projects/import", files={"ledger": ("台帳.csv", content)})
    assert answer.status_code == 422
    assert "表のファイルではありません" in staff.text
    assert "見出しの行が見つかりません" not in staff.text
