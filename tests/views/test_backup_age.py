"""The sentence about a backup that is too old."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.support.stores import make_store
from tests.support.world import START
from worker.store.backups import BACKED_UP, SetMark
from worker.store.sqlite.store import SqlStore
from worker.views.backup_age import say_old_backup


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    store = make_store(tmp_path)
    with store.writing() as writing:
        writing.set_property(BACKED_UP, SetMark(START, "hoshobin-x").text())
    return store


def test_a_recent_backup_is_not_mentioned_and_an_old_one_is_with_its_age(store: SqlStore) -> None:
    assert say_old_backup(store, START + dt.timedelta(hours=26), "ja") == ""
    assert "3日間取れていません" in say_old_backup(store, START + dt.timedelta(hours=73), "ja")


def test_a_backup_from_before_the_clock_was_set_back_is_said_to_be_of_no_known_age(store: SqlStore) -> None:
    before = START - dt.timedelta(days=2)
    assert "時計より先" in say_old_backup(store, before, "ja")
    assert "ahead of the server's clock" in say_old_backup(store, before, "en")
