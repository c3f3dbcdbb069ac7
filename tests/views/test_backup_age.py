"""The sentence about a backup that is too old."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.support.registered import Register
from tests.support.stores import create_held, make_store
from tests.support.world import START
from worker.cli.doctor import describe_backups
from worker.config.load import Configuration
from worker.notify.digest import write_digest
from worker.store.backups import BACKED_UP, BACKUP_PLACE, BACKUP_TROUBLE, BackupPlace, SetMark, Trouble
from worker.store.sqlite.store import SqlStore
from worker.views.backup_age import say_old_backup
from worker.views.tasks import Task, TaskKind, Urgency, open_tasks


@pytest.fixture
def new(tmp_path: Path) -> SqlStore:
    """A store without a backup, whose log began at START."""
    store = make_store(tmp_path)
    create_held(store)
    return store


@pytest.fixture
def store(new: SqlStore) -> SqlStore:
    store = new
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


def test_a_store_without_any_backup_is_said_to_have_none_after_a_week(new: SqlStore) -> None:
    assert say_old_backup(new, START + dt.timedelta(days=7), "ja") == ""
    assert "一度も取っていません" in say_old_backup(new, START + dt.timedelta(days=8), "ja")


def registered() -> Configuration:
    return Register(projects=()).active_config().configuration


def tasks(store: SqlStore, now: dt.datetime) -> list[Task]:
    return [each for each in open_tasks(store, registered(), now) if each.kind is TaskKind.BACKUP]


def test_a_backup_that_was_killed_or_never_began_is_a_task_by_its_age(store: SqlStore) -> None:
    """It says nothing itself: the digest of the next morning has the task."""
    assert tasks(store, START + dt.timedelta(hours=26)) == []
    (task,) = tasks(store, START + dt.timedelta(hours=74))
    assert (task.urgency, "3日間取れていません" in task.text("ja")) == (Urgency.TODAY, True)
    assert "for 3 day(s)" in task.text("en")
    (ahead,) = tasks(store, START - dt.timedelta(days=1))
    assert "時計より先" in ahead.text("ja")


def test_the_digest_of_the_morning_tells_of_it(store: SqlStore) -> None:
    now = START + dt.timedelta(hours=74)
    _, body = write_digest(open_tasks(store, registered(), now), store.head(), now, rehearsing=False)
    assert "バックアップが3日間取れていません" in body


def test_a_backup_that_was_never_set_up_is_a_task_after_a_week(new: SqlStore) -> None:
    assert tasks(new, START + dt.timedelta(days=7)) == []
    (task,) = tasks(new, START + dt.timedelta(days=8))
    assert (task.urgency, "一度も取っていません" in task.text("ja")) == (Urgency.TODAY, True)


def test_a_backup_that_says_itself_why_it_was_not_made_is_one_task(store: SqlStore) -> None:
    with store.writing() as writing:
        writing.set_property(BACKUP_TROUBLE, Trouble(START, "unreached", "/srv/x").text())
    assert [each.urgency for each in tasks(store, START + dt.timedelta(days=3))] == [Urgency.NOW]


def test_doctor_names_the_last_backup_and_the_lack_of_one(new: SqlStore) -> None:
    (to_come,) = describe_backups(new, START, "ja")
    assert (to_come.error, to_come.note) == ("", "まだ一度も作成していません")
    (never,) = describe_backups(new, START + dt.timedelta(days=8), "ja")
    assert "一度も取っていません" in never.error
    assert "list-timers" in never.remedy
    with new.writing() as writing:
        writing.set_property(BACKED_UP, SetMark(START, "hoshobin-x").text())
    (made,) = describe_backups(new, START + dt.timedelta(hours=1), "ja")
    assert (made.error, made.note[:9]) == ("", "最後のバックアップ")
    (old,) = describe_backups(new, START + dt.timedelta(days=3), "en")
    assert "No backup was made for 3 day(s)" in old.error
    for same, loose, said in (
        (True, False, "同じディスク"),
        (False, True, "chmod go-w /srv/x"),
        (False, False, "最後の"),
    ):
        with new.writing() as writing:
            writing.set_property(BACKUP_PLACE, BackupPlace("/srv/x", same, loose).text())
        (place,) = describe_backups(new, START + dt.timedelta(hours=1), "ja")
        assert said in place.error + place.note + place.remedy
        assert bool(place.error) is loose
    with new.writing() as writing:
        writing.set_property(BACKUP_TROUBLE, Trouble(START, "unreached", "/srv/x").text())
    assert ["/srv/x" in each.error for each in describe_backups(new, START + dt.timedelta(hours=1), "ja")] == [True]
