"""The pages of the record: what was sent is found, totalled and exported; the log is verified; nothing is changed."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.console.conftest import WAITS
from tests.support.console import Browser, Console, console_of
from tests.support.office import Mailroom, a_form, notice
from worker.audit.sent_log import LogFilter
from worker.console.records import _approved_by
from worker.core.messages import say
from worker.core.model import JST
from worker.core.states import NoteEvent
from worker.pipeline import export as exporting
from worker.pipeline.export import LogSearch, search_log
from worker.pipeline.verification import last_check
from worker.service.wiring import account_name
from worker.store.backups import BACKUP_CHECKED, SetMark
from worker.store.ports import Author
from worker.store.sqlite.store import SqlStore
from worker.store.verifications import NotedIn
from worker.views.metrics import last_verification


@pytest.fixture(scope="module")
def sent(console: Console, room: Mailroom) -> Console:
    """The console after submission 2 was approved and sent, and 3 withdrawn."""
    browser = console.browser("approver")
    browser.get("/s/2")
    assert browser.post("/s/2/approve", {"label": browser.label, "shown": browser.shown}).status_code == 303
    assert browser.post("/s/3/withdraw", {"why": "=1+1 二重に届いたため"}).status_code == 303
    room.office.run_once()
    return console


def test_the_log_finds_a_mail_by_a_piece_of_its_project_and_not_by_another(sent: Console) -> None:
    browser = sent.browser("auditor")
    browser.get("/log")
    assert WAITS.number in browser.text
    browser.get("/log", params={"text": WAITS.project[:3]})
    assert WAITS.number in browser.text
    browser.get("/log", params={"text": "そのような工事はない"})
    count = len(sent.office.list())
    assert f"該当する記録はありません（提出は全期間で{count}件）" in browser.text
    browser.get("/log", params={"since": "R8.1.1", "until": "令和8年1月2日"})
    assert "該当する記録はありません" in browser.text


@pytest.mark.parametrize(
    ("field", "given"),
    [("since", "きのう"), ("amount_from", "たくさん"), ("until", "2026-13-01")],
)
def test_what_cannot_be_read_is_named_and_stays_in_its_field(sent: Console, field: str, given: str) -> None:
    browser = sent.browser("auditor")
    page = browser.get("/log", params={field: given})
    assert page.status_code == 422
    assert f"{given}" in browser.text
    assert f'value="{given}"' in page.text


def test_a_period_that_ends_before_it_begins_is_refused_in_words(sent: Console) -> None:
    browser = sent.browser("auditor")
    page = browser.get("/log", params={"since": "R8.11.30", "until": "R8.11.1"})
    assert page.status_code == 422
    assert "期間の始まり（R8.11.30）が、終わり（R8.11.1）より後" in browser.text


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [("auto", "設定により自動"), ("hold 10 min", "設定により10分後に自動"), ("山田 花子", "山田 花子")],
)
def test_mail_that_left_by_a_setting_names_the_setting_in_words(sent: Console, recorded: str, shown: str) -> None:
    with sent.desk.store() as store:
        row = next(iter(search_log(store, LogSearch(None, None, LogFilter()))))
    page = SimpleNamespace(say=partial(say, lang="ja"), name_author=lambda by, _absent: by)
    assert _approved_by(replace(row, approved_by=recorded), page) == shown  # type: ignore[arg-type]


def test_an_export_holds_the_rows_found_no_formula_and_is_recorded(sent: Console) -> None:
    browser = sent.browser("auditor")
    browser.get("/log", params={"text": "工事"})
    table = browser.post("/log/export", {"form": "csv", "text": "工事"})
    assert table.headers["content-disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert {row[4] for row in rows[1:]} >= {WAITS.number}
    browser.get("/log", params={"text": "工事"})
    book = browser.post("/log/export", {"form": "xlsx", "text": "工事"})
    cells = [cell for line in load_workbook(io.BytesIO(book.content)).active.iter_rows() for cell in line]
    assert all(cell.data_type != "f" for cell in cells)
    assert "=1+1 二重に届いたため" in {str(cell.value).lstrip("'") for cell in cells}
    exports = [json.loads(body) for (body,) in sent.office.rows("select body from entries where event = 'Exported'")]
    assert [each["detail"]["form"] for each in exports] == ["csv", "xlsx"]
    assert exports[0]["detail"]["limits"] == {"text": "工事"}
    assert exports[0]["by"] == "監査 太郎"


def test_the_originals_of_exactly_the_rows_found_are_given_with_a_reason_and_recorded_for_each(
    sent: Console, tmp_path: Path
) -> None:
    browser = sent.browser("auditor")
    fields = {"text": WAITS.project}
    browser.get("/log", params=fields)
    assert browser.post("/log/originals", fields).status_code == 422
    assert "必要な理由" in browser.text
    before = noted(sent)
    answer = browser.post("/log/originals", {**fields, "why": "会計検査のため"})
    assert answer.headers["content-disposition"].endswith('.zip"')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        names = set(packed.namelist())
        contents = [packed.read(name) for name in names if name.endswith(".pdf")]
    assert {name.partition("/")[0] for name in names} == {"2", "sent-log.csv"}
    assert contents == [notice(WAITS)]
    added = noted(sent)[len(before) :]
    assert [each["event"] for each in added] == ["KeyShown", "Downloaded", "Exported"]
    assert {each["detail"]["why"] for each in added} == {"会計検査のため"}
    assert {each["by"] for each in added} == {"監査 太郎"}
    assert added[-1]["detail"]["sha256"] == hashlib.sha256(answer.content).hexdigest()
    browser.get("/log", params={"text": "そのような工事はない"})
    assert browser.post("/log/originals", {"text": "そのような工事はない", "why": "x"}).status_code == 422
    for login in ("staff", "approver", "admin"):
        other = sent.browser(login)
        other.get("/me")
        assert other.post("/log/originals", {**fields, "why": "見たい"}).status_code == 403, login

    saved = tmp_path / "控え.zip"
    arguments = ("log", "--text", WAITS.project, "--save", str(saved), "--with-originals")
    assert sent.office(*arguments).code != 0
    assert sent.office(*arguments, "--by", "佐藤 次郎", "--why", "見たい").code != 0
    assert sent.office(*arguments, "--by", "監査 太郎").code != 0
    assert not saved.exists()
    assert sent.office(*arguments, "--by", "監査 太郎", "--why", "会計検査のため").code == 0
    with zipfile.ZipFile(saved) as packed:
        assert set(packed.namelist()) == names


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_table_that_a_command_saves_for_a_person_is_recorded_as_one_of_the_page(
    sent: Console, tmp_path: Path, ending: str
) -> None:
    saved = tmp_path / f"控え.{ending}"
    before = noted(sent)
    arguments = ("log", "--text", WAITS.project, "--save", str(saved), "--by")
    assert sent.office(*arguments, "鈴木 一郎").code != 0
    assert not saved.exists()
    assert sent.office(*arguments, "監査 太郎").code == 0
    (added,) = noted(sent)[len(before) :]
    assert (added["event"], added["by"], added["detail"]["form"]) == ("Exported", "監査 太郎", ending)
    assert added["detail"]["sha256"] == hashlib.sha256(saved.read_bytes()).hexdigest()


def test_originals_above_the_limit_are_not_given_and_not_recorded(
    sent: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "ORIGINALS_BYTES", 100)
    browser = sent.browser("auditor")
    browser.get("/log")
    before = noted(sent)
    assert browser.post("/log/originals", {"why": "会計検査のため"}).status_code == 422
    assert "期間を短くして" in browser.text
    assert noted(sent) == before


def noted(console: Console) -> list[dict[str, Any]]:
    """The entries that say what was taken."""
    events = "('KeyShown', 'Downloaded', 'Exported')"
    rows = console.office.rows(f"select body from entries where event in {events} order by number")
    return [json.loads(body) for (body,) in rows]


def test_the_record_of_a_submission_is_one_page_to_print_without_the_key(sent: Console) -> None:
    browser = sent.browser("auditor")
    page = browser.get("/s/2/record")
    assert "提出2の記録" in browser.text
    for words in (WAITS.project, WAITS.number, "山田 花子", "approver 127.0.0.1"):
        assert words in browser.text
    assert WAITS.key not in page.text
    browser.get("/s/3/record")
    assert "=1+1 二重に届いたため" in browser.text
    assert sent.browser("admin").get("/s/2/record").status_code == 403
    assert 'href="/s/2/record"' in browser.get("/s/2").text


def test_a_staff_member_without_the_right_is_refused(sent: Console) -> None:
    browser = sent.browser("admin")
    assert browser.get("/log").status_code == 403
    assert browser.get("/verify").status_code == 403


def test_corrections_are_listed_with_their_reason_as_text(sent: Console) -> None:
    browser = sent.browser("auditor")
    browser.get("/changes")
    assert "二重に届いたため" in browser.text


def test_a_record_that_was_taken_back_is_among_the_corrections(sent: Console) -> None:
    browser = sent.browser("staff")
    browser.get("/s/2")
    assert browser.post("/s/2/confirm", {"outcome": "arrived", "note": "契約課 田中様"}).status_code == 303
    assert browser.post("/s/2/correct", {"why": "別の工事の返事でした"}).status_code == 303
    browser.get("/changes")
    assert "別の工事の返事でした" in browser.text
    assert re.search("到達確認済み → (送信済み|先方サーバー|先方の手前)", browser.text)
    assert re.search("要修正|保留.* → 取下げ", browser.text)


def test_what_came_in_is_listed_with_its_result(sent: Console) -> None:
    browser = sent.browser("staff")
    browser.get("/received")
    assert "認証キー" in browser.text
    assert "提出になりました" in browser.text


def test_a_file_that_came_in_is_listed_with_the_person_who_brought_it(sent: Console, room: Mailroom) -> None:
    other = a_form("舗装補修工事")
    room.office.save_notice("共有から.pdf", notice(other))
    room.office.run_once()
    staff = sent.browser("staff")
    staff.get("/drop")
    files = [("pdf", ("持ち込み.pdf", notice(a_form("水路改修工事")), "application/pdf"))]
    assert staff.post("/drop", files=files).status_code == 303
    room.office.run_once()
    staff.get("/received")
    assert re.search(r"共有から\.pdf フォルダ", staff.text)
    assert re.search(r"持ち込み\S*\.pdf 持込み：佐藤 次郎", staff.text)


def verified(browser: Browser, head: str = "") -> str:
    """The page after a verification."""
    browser.get("/verify")
    assert browser.post("/verify", {"head": head}).headers["location"] == "/verify?said=verified"
    return browser.get("/verify").text


def test_the_log_is_verified_and_a_noted_head_is_looked_for(sent: Console) -> None:
    browser = sent.browser("auditor")
    with sent.desk.store() as store:
        number, head = store.head()
    shown = verified(browser, f"{number} {head.upper()}")
    assert "書き換えはありません" in shown
    assert re.search(f"入力：監査 太郎.*{head}.*記録の中にあります", shown, re.DOTALL)
    refused = browser.post("/verify", {"head": "x"})
    assert (refused.status_code, 'value="x"' in refused.text) == (422, True)


def test_the_result_and_every_noted_head_stay_after_a_restart(sent: Console) -> None:
    browser = sent.browser("auditor")
    with sent.desk.store() as store:
        _, first = store.head()
    verified(browser, first)
    with sent.desk.store() as store, store.writing() as writing:
        detail = {"entries": 1, "head": next(iter(store.entries())).hash}
        writing.note(NoteEvent.BACKED_UP, None, Author("hoshobin", "root"), detail)
    with console_of(sent.office) as again:
        page = again.browser("auditor").get("/verify").text
    assert "監査 太郎の検査の結果" in page
    assert first in page
    assert "まだ調べていません" in page.partition("バックアップ")[2], "a backup made since"
    assert "まだ調べていません" not in verified(browser)


def test_a_head_that_is_not_in_the_log_is_named_and_does_not_count_against_the_log(sent: Console) -> None:
    browser = sent.browser("auditor")
    shown = verified(browser, "1" * 64)
    assert "食い違いが" not in shown
    assert "入力した末尾番号が、記録の中にありません" in shown
    assert "head_missing" not in shown
    assert "控えた末尾" in shown
    assert "記録の中にありません" in shown
    with sent.desk.store() as store:
        last = last_verification(store)
        assert last is not None
        assert last.holds, "it may be another store's"
    shown = verified(browser)
    assert "食い違いが" not in shown
    assert "記録の中にありません" in shown, "what a person entered stays with its last result"


def test_the_command_keeps_its_result_for_the_page(sent: Console) -> None:
    assert sent.office("audit", "verify").code == 0
    with sent.desk.store() as store:
        check = last_check(store)
        assert check is not None
        assert check.by == account_name()
        assert check.by in sent.browser("auditor").get("/verify").text
        assert [each.is_found for each in check.heads if each.noted_in is NotedIn.FILE] == [True]


def test_looking_at_the_verification_verifies_nothing(sent: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SqlStore, "verify", lambda *_: pytest.fail("it was verified"))
    assert sent.browser("auditor").get("/verify?go=1&head=x").status_code == 200


def test_the_verification_says_where_the_log_ends_and_when_a_backup_was_tried(sent: Console) -> None:
    browser = sent.browser("auditor")
    browser.get("/verify")
    with sent.desk.store() as store:
        count, head = store.head()
    assert f"いまの記録 {count}件、末尾番号 {head}" in browser.text
    assert "まだ記録されていません" in browser.text
    with sent.desk.store() as store, store.writing() as writing:
        writing.set_property(BACKUP_CHECKED, SetMark(dt.datetime(2026, 11, 30, 2, 30, tzinfo=JST), "set").text())
    browser.get("/verify")
    assert "最後にバックアップを戻して検査した時：11/30（月）2:30（書き換えなし）" in browser.text


def test_the_auditor_changes_nothing_by_looking(sent: Console) -> None:
    browser = sent.browser("auditor")
    before = sent.office.rows("select count(*) from entries where event not in ('LoggedIn', 'Viewed', 'Exported')")
    for path in ("/log", "/received", "/changes", "/verify", "/s/1", "/s/2", "/me"):
        assert browser.get(path).status_code == 200, path
    after = sent.office.rows("select count(*) from entries where event not in ('LoggedIn', 'Viewed', 'Exported')")
    assert before == after
