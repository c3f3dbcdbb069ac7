"""What a person sees when nothing can be saved, when the program fails, and when a page has become stale."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.console import Console, console_of
from tests.support.office import Mailroom, a_form, notice
from tests.support.world import ISSUERS, project
from worker.audit.verify import LogFault, LogVerdict
from worker.store.sqlite.connection import open_file
from worker.store.sqlite.store import SqlStore

WAITS = a_form("橋梁補修工事")
CONDITIONS = ("押印を確かめた", "様式を確かめた")
A_FAULT = LogVerdict(9, None, None, "x", (LogFault("row_differs", "4"),), 1)
ON_CONDITION = f'conditions = ["{CONDITIONS[0]}", "{CONDITIONS[1]}"]\n'


@pytest.fixture(scope="module")
def room(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """1 waits for an approval with two conditions."""
    issuers = {**ISSUERS, "kawa": ISSUERS["kawa"] + ON_CONDITION}
    room = wide_mailroom(mode="approve", issuers=issuers, projects=[project(WAITS.project, "kawa", WAITS.number)])
    room.office.save_notice("お知らせ.pdf", notice(WAITS))
    room.office.run_once()
    return room


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console that waits for the database for a tenth of a second, where a person's waits for thirty."""
    monkeypatch.setattr("worker.console.desk.PATIENCE", 0.1)


@pytest.fixture
def console(room: Mailroom, patience: None) -> Iterator[Console]:
    with console_of(room.office) as console:
        yield console


def database_of(console: Console) -> Path:
    return console.desk.office().places.store / "hoshobin.sqlite3"


def entries_of(console: Console) -> int:
    with closing(sqlite3.connect(database_of(console))) as database:
        return int(database.execute("SELECT count(*) FROM entries").fetchone()[0])


def test_a_database_that_another_holds_is_said_and_nothing_was_changed(console: Console) -> None:
    staff = console.browser("staff")
    staff.get("/s/1")
    before = entries_of(console)
    with closing(sqlite3.connect(database_of(console), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = staff.post("/s/1/memo", {"text": "確認中"})
        other.execute("ROLLBACK")
    assert answer.status_code == 503
    assert "いま保存できませんでした。何も変わっていません" in staff.text
    assert entries_of(console) == before
    assert staff.post("/s/1/memo", {"text": "確認中"}).status_code == 303, "a minute later it is saved"


def test_a_full_disk_is_said_and_each_record_is_whole_or_not_there(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = console.browser("staff")
    staff.get("/s/1")

    def open_full(*given: Any) -> sqlite3.Connection:
        connection = open_file(*given)
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes it as the present number
        return connection

    while not console.desk._stores.empty():
        console.desk._stores.get_nowait().close()
    monkeypatch.setattr("worker.store.sqlite.store.open_file", open_full)
    before, saved = entries_of(console), 0
    while (answer := staff.post("/s/1/memo", {"text": f"確認中 {saved} " + "。" * 150})).status_code == 303:
        saved += 1
    assert answer.status_code == 503
    assert "サーバーの空きがありません。何も変わっていません" in staff.text
    assert entries_of(console) == before + saved
    monkeypatch.undo()
    while not console.desk._stores.empty():
        console.desk._stores.get_nowait().close()
    with console.desk.store() as store:
        assert store.verify().holds


def test_a_verification_that_cannot_be_kept_shows_its_own_result_and_that_nothing_was_recorded(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log without faults was verified before; now it has one, and another holds the database."""
    auditor = console.browser("auditor")
    auditor.get("/verify")
    assert auditor.post("/verify", {"head": ""}).status_code == 303
    assert "書き換えはありません" in auditor.get("/verify").text
    monkeypatch.setattr(SqlStore, "verify", lambda *_: A_FAULT)
    with closing(sqlite3.connect(database_of(console), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = auditor.post("/verify", {"head": "1" * 64})
        other.execute("ROLLBACK")
    assert answer.status_code == 503
    assert "検査はしましたが、結果を保存できませんでした。何も記録していません" in auditor.text
    assert "記録に食い違いが1件あります" in auditor.text, "the result of this verification"
    assert "書き換えはありません" not in auditor.text, "the result before"
    assert "1" * 64 in auditor.text, "the number that was entered is looked for, and can be sent again"
    auditor.get("/verify")
    assert "書き換えはありません" in auditor.text
    assert "結果を保存できませんでした" not in auditor.text


def test_a_fault_of_ours_is_a_number_that_stands_in_the_journal_and_no_trace(
    console: Console, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_given: Any, **_named: Any) -> Any:
        raise RuntimeError("an inner matter")

    staff = console.browser("staff")
    staff.get("/")
    monkeypatch.setattr("worker.console.issuers.find_issuers", fail)
    with caplog.at_level(logging.ERROR, logger="worker.console.app"):
        broken = staff.get("/issuers")
    assert broken.status_code == 500
    found = re.search("管理者に番号 ([0-9A-F]{4}-[0-9A-F]{2}) を伝えてください", staff.text)
    assert found is not None, staff.text
    assert "何も送信していません" in staff.text
    assert not re.search("inner matter|Traceback|RuntimeError", broken.text)
    (line,) = [each for each in caplog.records if each.getMessage().startswith("console_fault")]
    assert found[1] in line.getMessage()
    assert line.exc_info is not None, "the trace is in the journal"


def test_ticks_stay_on_a_stale_page_where_what_they_are_about_did_not_change(console: Console, room: Mailroom) -> None:
    approver = console.browser("approver")
    page = approver.get("/s/1").text
    ticks = re.findall(r'type="checkbox" name="(condition-[^"]+)"', page)
    assert len(ticks) == len(CONDITIONS)
    fields = {"label": approver.label, "shown": approver.shown, **dict.fromkeys(ticks, "1")}
    other = ISSUERS["kawa"] + ON_CONDITION.replace(CONDITIONS[1], "様式第3号を確かめた")
    room.office.write(issuers={**room.office.issuers, "kawa": other})
    room.office.run_once()
    stale = approver.post("/s/1/approve", fields)
    assert stale.status_code == 409
    assert "あなたが開いた後に内容が変わりました" in approver.text
    assert "何も送信していません" in approver.text
    boxes = re.findall(r'<input type="checkbox" name="condition-[^"]+" value="1"( checked)?>([^<]+)', stale.text)
    assert boxes == [(" checked", CONDITIONS[0]), ("", "様式第3号を確かめた")]
    assert room.office.show(1)["state"] == "HELD"
