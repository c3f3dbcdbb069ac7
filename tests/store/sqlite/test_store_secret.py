"""``DIR/secret``: a second copy of the store's secret, for a database that is lost or older than the secret."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from tests.support.stores import make_revision_0003, make_store
from worker.core.errors import Unavailable
from worker.core.message_id import SECRET, SECRET_BYTES
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import create_or_migrate, read_secret, write_secret

OTHER = "ab" * SECRET_BYTES


def test_a_new_store_has_a_secret_of_its_own_and_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    one, two = make_store(tmp_path / "one"), make_store(tmp_path / "two")
    secret = one.property(SECRET)
    assert secret is not None
    assert len(bytes.fromhex(secret)) == SECRET_BYTES
    assert secret != two.property(SECRET)
    assert read_secret(tmp_path / "one") == secret
    assert stat.S_IMODE((tmp_path / "one" / "secret").stat().st_mode) == 0o600
    assert not one.is_other_secret_noted()


def test_a_store_without_a_secret_takes_the_files(tmp_path: Path) -> None:
    write_secret(tmp_path, OTHER)
    store = make_store(tmp_path)
    assert (store.property(SECRET), read_secret(tmp_path)) == (OTHER, OTHER)
    (tmp_path / FILE_NAME).unlink()  # the database is lost, the folder is not
    assert make_store(tmp_path).property(SECRET) == OTHER


def test_a_database_of_before_the_secret_takes_the_files(tmp_path: Path) -> None:
    make_store(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
        make_revision_0003(database)
        database.execute("DROP TABLE properties")
        database.execute("UPDATE alembic_version SET version_num = '0002'")
    write_secret(tmp_path, OTHER)
    assert make_store(tmp_path).property(SECRET) == OTHER


def test_a_missing_file_is_written_from_the_store_at_the_next_start(tmp_path: Path) -> None:
    secret = make_store(tmp_path).property(SECRET)
    (tmp_path / "secret").unlink()
    create_or_migrate(tmp_path)
    assert read_secret(tmp_path) == secret


@pytest.mark.parametrize("content", [OTHER + "\n", OTHER[:-1], OTHER.upper(), "", "\x00" * 64, OTHER + " " + OTHER])
def test_another_secret_or_none_at_all_in_the_file_is_left_as_it_is_and_said(tmp_path: Path, content: str) -> None:
    store = make_store(tmp_path)
    secret = store.property(SECRET)
    (tmp_path / "secret").write_text(content)
    create_or_migrate(tmp_path)
    store.keep_secret_noted()
    assert store.is_other_secret_noted()
    assert ((tmp_path / "secret").read_text(), store.property(SECRET)) == (content, secret)
    store.note_secret()
    assert not store.is_other_secret_noted()


def test_a_file_that_cannot_be_read_is_no_missing_one(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    (tmp_path / "secret").unlink()
    (tmp_path / "secret").mkdir()
    with pytest.raises(Unavailable):
        store.is_other_secret_noted()
    with pytest.raises(Unavailable):
        create_or_migrate(tmp_path)


def test_the_secret_stands_in_no_entry(tmp_path: Path) -> None:
    store = make_store(tmp_path / "one")
    secret = store.property(SECRET)
    store.close()
    shutil.copy(tmp_path / "one" / FILE_NAME, tmp_path / "copy")
    with contextlib.closing(sqlite3.connect(tmp_path / "copy")) as database, database:
        assert secret is not None
        assert database.execute("SELECT count(*) FROM entries WHERE instr(body, ?)", (secret,)).fetchone() == (0,)
