"""Commands on a store with overwritten pages report the damage."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tests.support.office import Office
from tests.support.stores import open_store
from worker.service.clock import SystemClock
from worker.store.sqlite.connection import FILE_NAME

SAID = "データベースが壊れています"
PAGE = 4096


def overwrite(office: Office, page: int) -> None:
    path = office.store / FILE_NAME
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    content = bytearray(path.read_bytes())
    content[page * PAGE : (page + 1) * PAGE] = b"\xff" * PAGE
    path.write_bytes(content)


def pages_of(office: Office, table: str) -> list[int]:
    """The pages of this table or index, counted from 0."""
    return [page - 1 for (page,) in office.rows(f"SELECT rootpage FROM sqlite_master WHERE name = '{table}'")]


@pytest.mark.parametrize("command", ["status", "list", "tasks"])
@pytest.mark.parametrize("table", ["originals", "messages", "own_message_ids", "alarms", "submissions"])
def test_overwritten_pages_are_said(tmp_path: Path, command: str, table: str) -> None:
    office = Office(tmp_path)
    assert SAID not in office(command).out
    (page,) = pages_of(office, table)
    overwrite(office, page)
    ran = office(command)
    assert ran.code != 0 or SAID in ran.out


def test_the_status_for_programs_tells_it_too(tmp_path: Path) -> None:
    office = Office(tmp_path)
    assert office("status", "--json").document["damage"] is None
    (page,) = pages_of(office, "originals")
    overwrite(office, page)
    assert office("status", "--json").document["damage"]


def test_a_search_that_takes_too_long_finds_nothing_and_the_store_goes_on(tmp_path: Path) -> None:
    office = Office(tmp_path)
    store = open_store(office.store, SystemClock())
    try:
        assert store.find_damage(-1.0) == ""
        assert store.find_damage(60.0) == ""
        assert store.property("secret")
    finally:
        store.close()
