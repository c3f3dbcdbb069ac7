"""``DIR/head``: whole or not there, and what it says of a database that is behind it."""

from __future__ import annotations

import shutil

import pytest

from tests.support.stores import SteppingClock, approve, create_held, open_store
from worker.audit.chain import GENESIS
from worker.core.errors import LogBroken, Unavailable
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore, write_mark


def test_nothing_is_marked_before_the_first_pass(store: SqlStore) -> None:
    assert store.marked_head() is None


def test_the_mark_is_the_last_entry_and_leaves_no_other_file(store: SqlStore) -> None:
    store.mark_head()
    assert store.marked_head() == (0, GENESIS)
    assert store.holds_head(0, GENESIS)
    create_held(store)
    store.mark_head()
    assert store.marked_head() == store.head() == (1, next(iter(store.entries())).hash)
    assert sorted(path.name for path in store._folder.iterdir() if not path.name.startswith(FILE_NAME)) == [
        "head",
        "secret",
    ]


def test_a_database_that_went_on_since_holds_the_mark(store: SqlStore) -> None:
    held = create_held(store)
    store.mark_head()
    approve(store, held)
    assert store.holds_head(*(store.marked_head() or (0, "")))


def test_an_old_copy_put_back_does_not_hold_the_mark(store: SqlStore) -> None:
    held = create_held(store)
    folder = store._folder
    store.close()
    shutil.copy(folder / FILE_NAME, folder / "backup")
    approve(store, held)
    store.mark_head()
    marked = store.marked_head()
    assert marked is not None
    store.close()
    shutil.copy(folder / "backup", folder / FILE_NAME)
    restored = open_store(folder, SteppingClock())
    assert restored.head()[0] == 1
    assert not restored.holds_head(*marked)
    approve(restored, held)  # as far as the mark again, on another line
    create_held(restored)
    assert not restored.holds_head(*marked)
    assert restored.verify([marked[1]]).faults[0].code == "head_missing"
    restored.close()


@pytest.mark.parametrize("content", [b"", b"1", b"1 " + b"g" * 64 + b"\n", b"1 " + b"a" * 64, b"\xff" * 300])
def test_a_mark_that_cannot_be_read_is_a_broken_log(store: SqlStore, content: bytes) -> None:
    (store._folder / "head").write_bytes(content)
    with pytest.raises(LogBroken) as error:
        store.marked_head()
    assert error.value.code == "head_unreadable"


def test_a_mark_that_cannot_be_written_leaves_the_old_one(store: SqlStore) -> None:
    write_mark(store._folder, (0, GENESIS))
    with pytest.raises(Unavailable):
        write_mark(store._folder / "missing", (1, "a" * 64))
    assert store.marked_head() == (0, GENESIS)
