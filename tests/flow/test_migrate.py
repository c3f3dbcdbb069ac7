"""An update of the program finds the database of the one before: ``migrate``, and the start of the service."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.office import Mailroom, a_form, notice
from tests.support.stores import make_revision_0005
from worker.send.smtp.lock import SenderLock
from worker.service.clock import SystemClock
from worker.store.sqlite.connection import FILE_NAME, REVISION

Opens = Callable[..., Mailroom]


@pytest.fixture
def room(mailroom: Opens) -> Mailroom:
    """An office with one notice, whose database an earlier program left."""
    opened = mailroom(mode="approve")
    opened.office.save_notice("notice.pdf", notice(a_form()))
    opened.office.run_once()
    with contextlib.closing(sqlite3.connect(opened.office.store / FILE_NAME)) as database, database:
        make_revision_0005(database)
    return opened


def copies(room: Mailroom) -> list[Path]:
    return sorted(room.office.store.glob("hoshobin-before-*.sqlite3"))


def test_migrate_keeps_a_copy_and_the_next_one_has_nothing_to_do(room: Mailroom) -> None:
    assert room.office("list").code == 2
    ran = room.office("migrate")
    assert ran.code == 0, ran.err
    assert REVISION in ran.out
    assert [str(each) in ran.out for each in copies(room)] == [True]
    again = room.office("migrate")
    assert (again.code, "更新するデータベースはありません" in again.out) == (0, True)
    assert room.office("audit", "verify").code == 0


def test_a_start_does_the_same(room: Mailroom) -> None:
    assert room.office.run_once().code in {0, 1}
    assert len(copies(room)) == 1
    assert room.office("audit", "verify").code == 0


def test_a_running_service_is_left_alone(room: Mailroom) -> None:
    before = (room.office.store / FILE_NAME).read_bytes()
    with SenderLock(room.office.store, SystemClock()):
        ran = room.office("migrate")
    assert (ran.code, "動いているため" in ran.err) == (1, True)
    assert (room.office.store / FILE_NAME).read_bytes() == before


def test_without_room_for_the_copy_both_end_with_3_and_leave_the_old_one(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (room.office.store / FILE_NAME).read_bytes()
    full = shutil.disk_usage("/")._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
    for ran in (room.office("migrate"), room.office.run_once()):
        assert ran.code == 3
        assert "更新前の写し" in ran.err
        assert "hoshobin migrate --no-backup" in ran.err
        assert "空き" in ran.err
    assert (room.office.store / FILE_NAME).read_bytes() == before
    assert copies(room) == []
    assert room.office("migrate", "--no-backup").code == 0
    assert room.office("audit", "verify").code == 0
