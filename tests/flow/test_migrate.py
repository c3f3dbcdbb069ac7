"""The store of 0.1.0 is migrated after a copy: the copy is the former store, and a fault leaves the former in place."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.flow.test_upgrade import Office, servers
from worker.core.model import JST
from worker.send.smtp.lock import SenderLock
from worker.service.clock import SystemClock
from worker.service.wiring import program_version
from worker.store.sqlite.connection import FILE_NAME, REVISION

__all__ = ["servers"]

COPY = f"hoshobin-before-{program_version()}.sqlite3"


class Content(NamedTuple):
    """The revision of a database, and a digest of its entries."""

    revision: str
    entries: str


def content_of(file: Path) -> Content:
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
        (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        rows = database.execute("SELECT number, body, hash FROM entries ORDER BY number").fetchall()
    return Content(revision, hashlib.sha256(repr(rows).encode()).hexdigest())


@pytest.fixture
def office(servers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    office = Office(tmp_path, *servers)
    office.lay_out()
    monkeypatch.setattr(SystemClock, "now", lambda _: office.moment.astimezone(JST))
    yield office
    assert not list(office.store.glob(".migration-*")), "the trial is removed"


def test_a_start_keeps_the_former_store_beside_the_migrated_one(office: Office) -> None:
    former = content_of(office.store / FILE_NAME)
    office.run()
    assert former.revision < REVISION
    assert content_of(office.store / COPY) == former
    assert content_of(office.store / FILE_NAME).revision == REVISION
    assert (office.store / COPY).stat().st_mode & 0o777 == 0o600
    assert not (office.store / f"{COPY}-wal").exists(), "the copy is one file"
    office.audit()


def test_migrate_does_the_same_without_a_start(office: Office) -> None:
    former = content_of(office.store / FILE_NAME)
    ran = office("migrate", "--json")
    assert (ran.code, ran.document) == (0, {"migrated": True, "copy": str(office.store / COPY)})
    assert content_of(office.store / COPY) == former
    again = office("migrate", "--json")
    assert (again.code, again.document) == (0, {"migrated": False, "copy": None})
    assert "すでにこの版の形" in office("migrate").out


def test_the_copy_of_the_migration_before_goes_once_there_is_a_new_one(office: Office) -> None:
    older = office.store / "hoshobin-before-0.0.9.sqlite3"
    older.write_bytes(b"older")
    assert office("migrate").code == 0
    assert (older.exists(), (office.store / COPY).exists()) == (False, True)


def test_before_the_first_start_there_is_nothing_to_migrate_and_that_is_no_fault(office: Office) -> None:
    """A package is also updated between ``init`` and the first start."""
    for each in office.store.glob("hoshobin.sqlite3*"):
        each.unlink()
    ran = office("migrate")
    assert (ran.code, ran.err) == (0, "")
    assert "データベースはまだありません" in ran.out
    assert office("migrate", "--json").document["migrated"] is False
    assert not list(office.store.glob("hoshobin.sqlite3*"))


@pytest.mark.parametrize("command", [("run", "--once"), ("migrate",)])
def test_without_room_for_the_copy_nothing_is_changed(
    office: Office, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    former = content_of(office.store / FILE_NAME)
    full = shutil.disk_usage(office.store)._replace(free=1_000_000)
    monkeypatch.setattr("worker.store.sqlite.backup.shutil.disk_usage", lambda _: full)
    ran = office(*command)
    assert ran.code == 3
    missing = 3 * (office.store / FILE_NAME).stat().st_size + 64 * 2**20 - full.free
    assert f"空きが足りません（あと {missing / 1e6:,.0f} MB 必要）" in ran.err
    assert content_of(office.store / FILE_NAME) == former
    assert not (office.store / COPY).exists()
    assert "前の版に戻せば、今までどおり動きます" in ran.err
    assert office("migrate", "--no-backup").code == 0
    assert content_of(office.store / FILE_NAME).revision == REVISION


def test_a_store_that_does_not_verify_is_not_migrated(office: Office) -> None:
    with contextlib.closing(sqlite3.connect(office.store / FILE_NAME)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE entries SET hash = replace(hash, 'a', 'b') WHERE number = 20")
    former = content_of(office.store / FILE_NAME)
    ran = office("run", "--once")
    assert ran.code == 2, "the unit does not start it again: each trial copies the whole store"
    assert "正しく改められません" in ran.err
    assert "前の版に戻せば、今までどおり動きます" in ran.err
    assert content_of(office.store / FILE_NAME) == former
    assert not (office.store / COPY).exists()


def test_a_running_service_is_not_migrated_under_its_feet(office: Office) -> None:
    former = content_of(office.store / FILE_NAME)
    with SenderLock(office.store, SystemClock()):
        ran = office("migrate", "--json")
    assert (ran.code, ran.document["refused"]) == (1, "migrate_while_running")
    assert content_of(office.store / FILE_NAME) == former


def test_a_trial_that_was_killed_is_removed_by_the_next(office: Office) -> None:
    left = office.store / ".migration-killed"
    left.mkdir()
    (left / FILE_NAME).write_bytes(b"half a copy")
    assert office("migrate").code == 0


def test_the_service_manager_is_asked_for_time_before_the_copy(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        office.run()
        first = manager.recv(1_000).decode()
    name, _, value = first.partition("=")
    assert name == "EXTEND_TIMEOUT_USEC"
    assert int(value) >= 120_000_000
