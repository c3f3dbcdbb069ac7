"""The page of health: what the service last saw, the remedy of each fault, and the resuming."""

from __future__ import annotations

import contextlib
import datetime as dt
from pathlib import Path

import pytest

from tests.support.console import Console
from tests.support.office import Mailroom
from worker.core.messages import say
from worker.core.model import JST, HealthRecord
from worker.store.backups import BACKED_UP, BACKUP_PLACE, BACKUP_TROUBLE, BackupPlace, SetMark, Trouble
from worker.store.ports import FOREIGN_MAIL, RESTORED_AT
from worker.store.sqlite.store import open_store


@pytest.mark.parametrize("path", ["/health", "/health?check=1"])
def test_health_names_each_watched_thing(console: Console, path: str) -> None:
    admin = console.browser("admin")
    assert admin.get(path).status_code == 200
    for word in ("メールボックス", "フォルダ", "データベース" if "check" in path else "設定", "保証便が動いていません"):
        assert word in admin.text
    assert "送信を再開する" not in admin.text


def test_a_fault_of_a_mailbox_comes_with_its_remedy(console: Console, room: Mailroom) -> None:
    room.office.write(imap_port=1)
    try:
        room.office.run_once()
        admin = console.browser("admin")
        admin.get("/health")
        assert "から異常" in admin.text
        assert "host・port" in admin.text
    finally:
        room.office.write(imap_port=room.imap.port)


def test_a_refused_account_comes_with_the_remedy_of_its_fault_and_with_no_other(console: Console) -> None:
    since = dt.datetime(2026, 11, 30, 9, 0, tzinfo=JST)
    reply = "554 5.7.1 your account is suspended"
    with console.desk.store() as store, store.writing() as writing:
        writing.record_health(HealthRecord("smtp", last_ok=since, last_error=since, error=reply, failing_since=since))
    page = console.browser("admin").get("/health").text
    for said in (
        reply,
        say("fault_sending_blocked", "ja"),
        say("remedy_sending_blocked", "ja", table="[smtp]"),
    ):
        assert page.count(said) == 1, said
    assert say("remedy_smtp", "ja") not in page
    with console.desk.store() as store, store.writing() as writing:
        writing.record_health(HealthRecord("smtp", last_ok=since))


def test_a_chat_is_faulty_where_its_last_post_failed_and_not_where_nothing_was_posted_lately(console: Console) -> None:
    long_ago = dt.datetime(2026, 1, 5, 9, 0, tzinfo=JST)
    admin = console.browser("admin")
    for error, is_faulty in (("", False), ("webhook: HTTP 410", True)):
        look = HealthRecord("webhook", last_ok=long_ago, error=error, failing_since=long_ago if error else None)
        with console.desk.store() as store, store.writing() as writing:
            writing.record_health(look)
        admin.get("/health")
        assert "チャットへのお知らせ" in admin.text
        assert ("チャットの受信用アドレスが有効か" in admin.text) is is_faulty


def test_a_restored_store_is_resumed_by_the_administrator_with_an_entry(console: Console) -> None:
    with console.desk.store() as store, store.writing() as writing:
        writing.set_property(RESTORED_AT, "2026-11-01T00:00:00+00:00")
    admin = console.browser("admin")
    admin.get("/health")
    assert "バックアップから戻したデータベースです" in admin.text
    for _ in range(2):
        assert admin.post("/health/resume").headers["location"] == "/health?said=resumed"
    with console.desk.store() as store:
        (entry,) = store.entries(events=["Resumed"])
        assert entry.by == "鈴木 一郎"
        assert not store.property(RESTORED_AT)


def test_a_decision_after_a_restore_is_in_the_database_that_was_put_back(
    console: Console, room: Mailroom, tmp_path: Path
) -> None:
    """The console runs on meanwhile, with the connections of earlier requests."""
    staff = console.browser("staff")
    staff.get("/")
    file = room.office("backup", str(tmp_path / "backups"), "--json").document["file"]
    assert room.office("restore", file).code == 0
    staff.get("/")
    assert "/login" in str(staff.last and staff.last.url), "what ended since the backup does not begin again"
    admin = console.browser("admin")
    admin.get("/health")
    assert "バックアップから戻したデータベースです" in admin.text
    assert admin.post("/health/resume").headers["location"] == "/health?said=resumed"
    with contextlib.closing(open_store(console.desk.office().places.store, console.desk.clock)) as store:
        assert not store.property(RESTORED_AT)
        assert [each.by for each in store.entries(events=["Resumed"])][-1] == "鈴木 一郎"
    assert room.office("audit", "verify").code == 0


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (RESTORED_AT, "2026-11-01T00:00:00+00:00", "古いバックアップから戻されました"),
        (FOREIGN_MAIL, "copy_elsewhere", "別の場所でも動いている可能性があります"),
        (FOREIGN_MAIL, "unknown_mail other_installation", "別の場所でも動いている可能性があります"),
    ],
)
def test_everybody_reads_that_sending_is_stopped_until_it_is_resumed(
    console: Console, name: str, value: str, said: str
) -> None:
    with console.desk.store() as store, store.writing() as writing:
        writing.set_property(name, value)
    staff, admin = console.browser("staff"), console.browser("admin")
    for path in ("/", "/s/1", "/projects"):
        staff.get(path)
        assert "送信を止めています" in staff.text
        assert said in staff.text
    admin.get("/health")
    assert admin.post("/health/resume").status_code == 303
    staff.get("/")
    assert "送信を止めています" not in staff.text


def test_a_secret_of_another_database_stops_sending_and_is_said(console: Console) -> None:
    secret = console.desk.office().places.store / "secret"
    before = secret.read_text()
    secret.write_text("00" * 32 + "\n")
    try:
        staff = console.browser("staff")
        staff.get("/")
        assert "送信を止めています：古い状態に戻されたか" in staff.text
    finally:
        secret.write_text(before)


def test_others_see_no_health(console: Console) -> None:
    for login in ("staff", "approver", "auditor"):
        assert console.browser(login).get("/health").status_code == 403


def test_a_backup_that_failed_and_the_last_one_stand_there(console: Console) -> None:
    admin = console.browser("admin")
    assert "まだ一度も作成していません" in admin.get("/health").text
    moment = dt.datetime(2026, 11, 30, 2, 30, tzinfo=JST)
    with console.desk.store() as store, store.writing() as writing:
        writing.set_property(BACKED_UP, SetMark(moment, "hoshobin-x").text())
    assert "11/30 2:30" in admin.get("/health").text
    with console.desk.store() as store, store.writing() as writing:
        writing.set_property(BACKUP_TROUBLE, Trouble(moment, "no_room", "/srv/x", "", 1, 2).text())
    assert "置き場（/srv/x）の空きが足りません" in admin.get("/health").text
    with console.desk.store() as store, store.writing() as writing:
        for name in (BACKED_UP, BACKUP_TROUBLE):
            writing.set_property(name, "")


def test_a_place_of_backups_that_protects_less_than_it_seems_is_said(console: Console) -> None:
    with console.desk.store() as store, store.writing() as writing:
        writing.set_property(BACKUP_PLACE, BackupPlace("/srv/x", same_disk=True, loose=True).text())
    try:
        text = console.browser("admin").get("/health").text
        assert "/srv/x は、データベースと同じディスクにあります" in text
        assert "chmod go-w /srv/x" in text
    finally:
        with console.desk.store() as store, store.writing() as writing:
            writing.set_property(BACKUP_PLACE, "")


@pytest.mark.parametrize(("hours", "days"), [(25, None), (27, 1), (73, 3)])
def test_a_backup_that_is_too_old_is_said_above_the_work_and_on_health(
    console: Console, hours: int, days: int | None
) -> None:
    made = console.desk.clock.now() - dt.timedelta(hours=hours)
    with console.desk.store() as store, store.writing() as writing:
        writing.set_property(BACKED_UP, SetMark(made, "hoshobin-x").text())
    try:
        said = f"バックアップが{days}日間取れていません"
        assert (said in console.browser("staff").get("/").text) is (days is not None)
        assert (said in console.browser("admin").get("/health").text) is (days is not None)
    finally:
        with console.desk.store() as store, store.writing() as writing:
            writing.set_property(BACKED_UP, "")
