"""The copy of an older database from before its migration."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.support.stores import SteppingClock, create_held, make_revision_0005, make_store
from worker.core.errors import LogBroken, Unavailable
from worker.store.sqlite.before import is_older, keep_before
from worker.store.sqlite.connection import FILE_NAME, open_file, revision_of
from worker.store.sqlite.store import create_or_migrate, open_store


def revision_in(file: Path) -> str:
    with contextlib.closing(sqlite3.connect(file)) as database:
        return revision_of(database)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A store with one submission, as an earlier program left it."""
    folder = tmp_path / "var"
    store = make_store(folder)
    create_held(store)
    store.close()
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as database, database:
        make_revision_0005(database)
    return folder


def test_only_a_database_of_an_earlier_program_is_older(older: Path, tmp_path: Path) -> None:
    assert is_older(older)
    create_or_migrate(older)
    assert not is_older(older)
    assert not is_older(tmp_path / "nothing")
    (tmp_path / FILE_NAME).touch()
    assert not is_older(tmp_path), "one whose making was cut short"


def test_the_copy_is_the_database_as_the_earlier_program_left_it(older: Path) -> None:
    kept = keep_before(older, "0.3.0", SteppingClock())
    assert kept == older / "hoshobin-before-0.3.0.sqlite3"
    assert revision_in(kept) == revision_in(older / FILE_NAME) == "0005"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [each.name for each in older.iterdir() if each.name.startswith(".")] == []
    create_or_migrate(older)
    assert revision_in(kept) == "0005"


def test_the_copy_can_be_put_in_place_and_migrated_again(older: Path, tmp_path: Path) -> None:
    kept = keep_before(older, "0.3.0", SteppingClock())
    back = tmp_path / "back"
    back.mkdir()
    shutil.copy(kept, back / FILE_NAME)
    create_or_migrate(back)
    with contextlib.closing(open_store(back, SteppingClock())) as store:
        assert store.verify().holds
        assert len(store.submissions()) == 1


def test_the_copy_of_the_next_migration_replaces_it(older: Path) -> None:
    keep_before(older, "0.3.0", SteppingClock())
    keep_before(older, "0.4.0", SteppingClock())
    assert [each.name for each in older.glob("hoshobin-before-*")] == ["hoshobin-before-0.4.0.sqlite3"]


def test_without_room_for_it_nothing_is_changed_and_the_missing_bytes_are_named(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (older / FILE_NAME).read_bytes()
    full = shutil.disk_usage("/")._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
    with pytest.raises(Unavailable) as refused:
        keep_before(older, "0.3.0", SteppingClock())
    assert refused.value.what == "before"
    assert f"+{3 * len(content):,} bytes; hoshobin migrate --no-backup" in refused.value.detail
    assert (older / FILE_NAME).read_bytes() == content
    assert list(older.glob("hoshobin-before-*")) == []


def test_a_database_whose_log_does_not_hold_is_left_as_it_is(older: Path) -> None:
    with contextlib.closing(open_file(older)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE originals SET content = x'00'")
    with pytest.raises(LogBroken):
        keep_before(older, "0.3.0", SteppingClock())
    assert is_older(older)
    assert list(older.glob("*before-*")) == []
