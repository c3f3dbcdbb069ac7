"""The witness: whole or not there, never ahead of the store, and what it says of another store, machine or line."""

from __future__ import annotations

import json
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

import worker.store.sqlite.store as store_module
from tests.support.stores import SteppingClock, create_held, make_store, open_store
from worker.core.errors import LogBroken
from worker.core.signs import Sign
from worker.store.ports import IDENTITY, MACHINE, WITNESS_FOLDER
from worker.store.signs import find_signs
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import (
    SqlStore,
    create_or_migrate,
    name_machine,
    read_witness,
    try_writing,
    write_witness,
)


def a_store(folder: Path, witness: Path | None, machine: str = "a" * 32) -> SqlStore:
    """As after a start on a machine with this id; ``witness`` is an existing folder, or None."""
    store = open_store(folder, SteppingClock()) if (folder / FILE_NAME).exists() else make_store(folder)
    store.witness_folder = witness
    store.machine_id = folder.parent / f"machine-id-{machine[:4]}"
    store.machine_id.write_text(machine + "\n")
    return store


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


def test_each_store_has_an_identity_and_keeps_it(tmp_path: Path) -> None:
    one, two = make_store(tmp_path / "one"), make_store(tmp_path / "two")
    identity = one.property(IDENTITY)
    assert identity is not None
    assert len(bytes.fromhex(identity)) == 16
    assert identity != two.property(IDENTITY)
    create_or_migrate(tmp_path / "one")
    assert one.property(IDENTITY) == identity


def test_the_witness_says_whose_it_is_where_it_is_and_how_far(tmp_path: Path, place: Path) -> None:
    store = a_store(tmp_path / "var", place)
    create_held(store)
    store.keep_witness()
    found = store.witness()
    assert found is not None
    assert (found.identity, found.machine) == (store.property(IDENTITY), store.machine)
    assert (found.number, found.hash) == store.head()
    assert found.store == str(tmp_path / "var")
    assert [each.name for each in place.iterdir()] == ["witness"]
    assert stat.S_IMODE((place / "witness").stat().st_mode) == 0o600
    assert (store.property(MACHINE), store.property(WITNESS_FOLDER)) == (store.machine, str(place))
    assert find_signs(store) == ()


def test_the_machines_id_itself_leaves_it_nowhere(tmp_path: Path, place: Path) -> None:
    """machine-id(5) asks for that."""
    store = a_store(tmp_path / "var", place, "0123456789abcdef" * 2)
    store.keep_witness()
    assert "0123456789abcdef" not in (place / "witness").read_text()
    assert store.property(MACHINE) == store.machine != ""


@pytest.mark.parametrize("content", [b"", b"\n", b"uninitialized\n"])
def test_a_machine_without_an_id_has_no_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "machine-id").write_bytes(content)
    assert name_machine(tmp_path / "machine-id") == ""
    assert name_machine(tmp_path / "not-there") == ""


def test_a_witness_behind_the_store_is_no_sign(tmp_path: Path, place: Path) -> None:
    """It is written after the commit, and after the head: a crash in between leaves it behind."""
    store = a_store(tmp_path / "var", place)
    store.keep_witness()
    create_held(store)
    store.mark_head()
    assert find_signs(store) == ()


def test_a_store_behind_its_witness_is_a_sign_also_when_it_grows_on_another_line(tmp_path: Path, place: Path) -> None:
    store = a_store(tmp_path / "var", place)
    create_held(store)
    store.close()
    shutil.copytree(tmp_path / "var", tmp_path / "copy")  # head and secret with it
    store = a_store(tmp_path / "var", place)
    create_held(store, "40213-000077", "<b.0@contractor.example>")
    store.mark_head()
    store.keep_witness()
    store.close()
    shutil.rmtree(tmp_path / "var")
    (tmp_path / "copy").rename(tmp_path / "var")
    store = a_store(tmp_path / "var", place)
    assert find_signs(store) == (Sign.BEHIND_WITNESS,)
    create_held(store, "40213-000078", "<c.0@contractor.example>")
    create_held(store, "40213-000079", "<d.0@contractor.example>")
    assert find_signs(store) == (Sign.BEHIND_WITNESS,)
    store.keep_witness()  # as ``resume`` does
    assert find_signs(store) == ()


def test_the_witness_of_another_store_is_a_sign(tmp_path: Path, place: Path) -> None:
    one, two = a_store(tmp_path / "one", place), a_store(tmp_path / "two", place)
    one.keep_witness()
    assert find_signs(one) == ()
    assert find_signs(two) == (Sign.OTHER_WITNESS,)
    two.witness_folder = tmp_path / "not-there"
    assert find_signs(two) == (), "with a place of its own"


def test_another_machine_is_a_sign_where_no_witness_vouches(tmp_path: Path, place: Path) -> None:
    store = a_store(tmp_path / "var", place)
    store.keep_witness()
    store.close()
    moved = a_store(tmp_path / "var", None, "b" * 32)
    assert find_signs(moved) == (Sign.OTHER_MACHINE,)
    moved.witness_folder = place
    assert find_signs(moved) == (), "a container has another id each time, and its volume vouches for it"
    moved.witness_folder = None
    moved.keep_witness()  # as ``resume`` does
    assert find_signs(moved) == ()
    moved.machine_id = tmp_path / "not-there"
    assert find_signs(moved) == (), "where the machine has no id nothing can be told"


def test_a_store_that_never_noted_its_machine_is_at_home(tmp_path: Path) -> None:
    store = a_store(tmp_path / "var", None)
    assert (store.property(MACHINE), find_signs(store)) == (None, ())


def test_a_moved_folder_is_the_same_store(tmp_path: Path, place: Path) -> None:
    store = a_store(tmp_path / "var", place)
    create_held(store)
    store.keep_witness()
    store.close()
    (tmp_path / "var").rename(tmp_path / "moved")
    moved = a_store(tmp_path / "moved", place)
    assert find_signs(moved) == ()
    moved.keep_witness()
    found = moved.witness()
    assert found is not None
    assert found.store == str(tmp_path / "moved")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff" * 200,
        b"[" * 20_000,
        b'{"identity": 5, "machine": "", "number": 1, "hash": "", "store": ""}',
        b'{"identity": "%s", "machine": "", "number": true, "hash": "%s", "store": ""}' % (b"a" * 32, b"b" * 64),
        b'{"identity": "%s", "machine": "", "number": -1, "hash": "%s", "store": ""}' % (b"a" * 32, b"b" * 64),
        b'{"identity": "%s", "machine": "", "number": 1, "hash": "%s", "store": ""}' % (b"a" * 32, b"B" * 64),
        b'{"identity": "%s", "machine": "", "number": 1, "hash": "%s"}' % (b"a" * 32, b"b" * 64),
    ],
)
def test_what_is_no_witness_is_a_sign_until_a_person_resumes(tmp_path: Path, place: Path, content: bytes) -> None:
    store = a_store(tmp_path / "var", place)
    (place / "witness").write_bytes(content)
    with pytest.raises(LogBroken) as error:
        store.witness()
    assert error.value.code == "witness_unreadable"
    assert find_signs(store) == (Sign.OTHER_WITNESS,)
    store.keep_witness()
    assert find_signs(store) == ()


def test_no_folder_is_made_and_none_is_no_failure(tmp_path: Path) -> None:
    store = a_store(tmp_path / "var", tmp_path / "not-there")
    store.keep_witness()
    assert not (tmp_path / "not-there").exists()
    assert (store.witness(), find_signs(store)) == (None, ())
    assert try_writing(tmp_path / "not-there")


def test_a_folder_that_comes_back_has_its_witness_at_the_next_pass(tmp_path: Path, place: Path) -> None:
    store = a_store(tmp_path / "var", place)
    store.keep_witness()
    shutil.rmtree(place)
    assert find_signs(store) == (), "the machine is the same"
    store.keep_witness()
    place.mkdir()
    store.keep_witness()
    assert read_witness(place) == store.witness() is not None


def test_a_folder_that_cannot_be_written_is_as_none(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = a_store(tmp_path / "var", tmp_path / "file")
    store.keep_witness()
    assert (store.witness(), find_signs(store)) == (None, ())
    assert try_writing(tmp_path / "file") == "Not a directory"


def test_a_write_that_fails_leaves_the_old_one_and_no_other_file(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = a_store(tmp_path / "var", place)
    store.keep_witness()
    before = (place / "witness").read_bytes()
    create_held(store)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as failing:
        failing.setattr(store_module.os, "fsync", full)
        store.keep_witness()
    assert (place / "witness").read_bytes() == before
    assert [each.name for each in place.iterdir()] == ["witness"]
    assert find_signs(store) == (), "behind is no sign"


def test_nothing_is_written_where_nothing_changed(tmp_path: Path, place: Path) -> None:
    store = a_store(tmp_path / "var", place)
    store.keep_witness()
    before = (place / "witness").stat()
    store.keep_witness()
    assert (place / "witness").stat().st_ino == before.st_ino


def test_what_is_written_is_read_alike(place: Path, tmp_path: Path) -> None:
    store = a_store(tmp_path / "会社の 記録\udcff", place)
    store.keep_witness()
    found = read_witness(place)
    assert found is not None
    write_witness(place, replace(found, number=10**18 - 1))
    assert read_witness(place) == replace(found, number=10**18 - 1)
    assert json.loads((place / "witness").read_bytes())["number"] == 10**18 - 1


def test_a_head_that_cannot_be_read_is_a_sign_like_the_others(tmp_path: Path) -> None:
    store = a_store(tmp_path / "var", None)
    (tmp_path / "var" / "head").write_bytes(b"?")
    assert find_signs(store) == (Sign.HEAD_UNREADABLE,)
