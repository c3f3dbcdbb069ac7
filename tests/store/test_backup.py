"""A backup is whole while others write; a restore changes nothing or everything, and keeps what it replaces."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import lzma
import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.registered import Register
from tests.support.stores import SteppingClock, create_held, make_store, open_store
from tests.support.world import HANAKO, START
from worker.approve import decisions
from worker.config.load import Configuration
from worker.core.errors import ConfigError, LogBroken, NotAllowed, Unavailable, UnusablePlace
from worker.core.model import sha256
from worker.core.states import NoteEvent
from worker.store.backups import (
    BACKED_UP,
    BACKUP_CHECKED,
    BACKUP_PLACE,
    BACKUP_TROUBLE,
    CHECK_TROUBLE,
    MANIFEST,
    BackupPlace,
    SetMark,
    Trouble,
    read_backup_place,
    read_manifest,
    read_set_mark,
    read_trouble,
)
from worker.store.ports import RESTORED_AT
from worker.store.sqlite import backup as module
from worker.store.sqlite.backup import PackedConfiguration, back_up, check_backup, replace_store
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore
from worker.views.tasks import TaskKind, Urgency, open_tasks

OLD = Path(__file__).parents[1] / "flow" / "0.1.0" / "hoshobin.sqlite3.xz"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with two submissions, its head noted."""
    store = make_store(tmp_path / "store")
    for number in range(2):
        create_held(store, f"12345-{number:06}", f"<{number}@contractor.example>")
    store.mark_head()
    store.close()
    return tmp_path / "store"


class Cut(Exception):
    """The process ends here."""


def registered() -> Configuration:
    return Register(projects=()).active_config().configuration


def content(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.iterdir()}


def killed(folder: Path, place: Path) -> Path:
    """The folder as left by a service killed after one more entry: the entry is in the ``-wal``."""
    with contextlib.closing(reopened(folder)) as store:
        create_held(store, "12345-999999", "<late@contractor.example>")
        store.mark_head()
        left = shutil.copytree(folder, place)
    assert (left / f"{FILE_NAME}-wal").stat().st_size
    return left


def reopened(folder: Path) -> SqlStore:
    return open_store(folder, SteppingClock())


# --- Backup --------------------------------------------------------------------------------------------------


def names(target: Path) -> list[str]:
    return sorted(each.name for each in target.iterdir())


def test_a_backup_is_a_set_named_by_time_entries_and_head_that_only_its_owner_reads(folder: Path, target: Path) -> None:
    with contextlib.closing(reopened(folder)) as store:
        number, head = store.head()
    made = back_up(folder, target, SteppingClock(), PackedConfiguration(b"a tar", ("/etc/x",)))
    stem = f"hoshobin-20261121T000001000Z-{number}-{head[:8]}"
    assert names(target) == [f"{stem}.config.tar", f"{stem}.manifest.json", f"{stem}.sqlite3"]
    assert {each.stat().st_mode & 0o777 for each in target.iterdir()} == {0o600}
    assert target.stat().st_mode & 0o777 == 0o700
    assert (made.verdict.count, made.verdict.head) == (number, head)
    manifest = read_manifest((target / f"{stem}.manifest.json").read_bytes())
    assert manifest == made.manifest
    assert (manifest.entries, manifest.head, manifest.left_out) == (number, head, ("/etc/x",))
    for each in manifest.files:
        content = (target / each.name).read_bytes()
        assert (each.size, each.sha256) == (len(content), sha256(content))


def test_no_head_is_in_a_set(folder: Path, target: Path) -> None:
    """It would be put back with the database, and an old copy would not be known as one."""
    back_up(folder, target, SteppingClock(), PackedConfiguration(b""))
    assert not [each for each in target.iterdir() if (folder / "head").read_bytes() in each.read_bytes()]


def test_a_backup_is_recorded_with_head_size_and_hash(folder: Path, target: Path) -> None:
    made = back_up(folder, target, SteppingClock(), account="root")
    with contextlib.closing(reopened(folder)) as store:
        (entry,) = store.entries(events=[NoteEvent.BACKED_UP])
        assert (entry.number, entry.account) == (made.verdict.count + 1, "root")
        assert entry.detail == {
            "file": made.file.name,
            "bytes": made.file.stat().st_size,
            "sha256": sha256(made.file.read_bytes()),
            "entries": made.verdict.count,
            "head": made.verdict.head,
        }
        assert read_set_mark(store.property(BACKED_UP)) == SetMark(entry.at, made.manifest.stem)
        assert store.verify().holds


def test_a_backup_holds_what_still_stands_in_the_wal(folder: Path, target: Path) -> None:
    with contextlib.closing(reopened(folder)) as store:
        create_held(store, "12345-999999", "<late@contractor.example>")
        assert (folder / f"{FILE_NAME}-wal").stat().st_size
        head = store.head()[1]
        made = back_up(folder, target, SteppingClock())
        assert made.verdict.head == head


def test_a_backup_beside_a_writer_ends_and_holds(folder: Path, target: Path) -> None:
    """A copy in several steps would begin again at every commit."""
    stop, written = threading.Event(), []

    def write() -> None:
        store = reopened(folder)
        while not stop.wait(0.005):  # without a pause it leaves the entry of the backup no turn, on a busy machine
            written.append(create_held(store, f"54321-{len(written):06}", f"<{len(written)}@w.example>").id)
        store.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [back_up(folder, target, SteppingClock()) for _ in range(5)]
    finally:
        stop.set()
        writer.join()
    assert made[0].verdict.count < made[-1].verdict.count, "it wrote meanwhile"
    assert all(each.verdict.holds for each in made)


def test_a_backup_of_many_originals_delays_no_commit_by_a_second_and_verifies(folder: Path, target: Path) -> None:
    with contextlib.closing(reopened(folder)) as store:
        for _ in range(64):
            with store.writing() as writing:
                writing.keep("notice", os.urandom(500_000))
    stop, longest = threading.Event(), [0.0]

    def write() -> None:
        store = reopened(folder)
        while not stop.is_set():
            with store.writing() as writing:
                writing.note(NoteEvent.NOTED, None, HANAKO, {"note": "x"})
                began = time.monotonic()
            longest.append(time.monotonic() - began)
            stop.wait(0.02)
        store.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = back_up(folder, target, SteppingClock())
    finally:
        stop.set()
        writer.join()
    assert made.size > 32_000_000
    assert len(longest) > 5, "it wrote meanwhile"
    assert max(longest) < 1.0
    assert check_backup(folder, made.file, SteppingClock()).verdict == made.verdict


def test_what_was_written_during_a_copy_is_moved_into_the_database_by_the_backup_and_by_no_commit(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next commit would take as long as it takes to write all of the ``-wal``: 3 s for 200 MB."""
    moved: list[int] = []
    settle = module._settle

    def looked_at(copy: Path) -> None:
        if not moved:
            with contextlib.closing(sqlite3.connect(f"{(folder / FILE_NAME).as_uri()}?immutable=1", uri=True)) as alone:
                moved.append(alone.execute("SELECT max(number) FROM entries").fetchone()[0])
        settle(copy)

    monkeypatch.setattr(module, "_settle", looked_at)
    with contextlib.closing(open_store(folder, SteppingClock())) as service:
        create_held(service, "12345-000009", "<9@contractor.example>")
        newest = service.head()[0]
        back_up(folder, target, SteppingClock())
    assert moved == [newest], "the database alone, without its -wal, has the newest entry"


def test_a_copy_is_written_to_the_disk_while_it_grows(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gigabytes that the system holds back are written at once later, and commits wait: 3.6 s for 3 GB."""
    with contextlib.closing(reopened(folder)) as store, store.writing() as writing:
        for _ in range(64):
            writing.keep("notice", os.urandom(500_000))
    sizes: list[int] = []
    monkeypatch.setattr(module, "_WRITTEN_EVERY", 0.0)
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: sizes.append(os.fstat(descriptor).st_size))
    made = back_up(folder, target, SteppingClock())
    assert min(sizes) < made.size // 2
    assert max(sizes) > made.size // 2
    sizes.clear()
    check_backup(folder, made.file, SteppingClock())
    assert min(sizes) < made.size // 2, "a check copies the file beside the service as well"


def test_a_copy_that_the_disk_refuses_later_is_no_backup(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel reports the failure of a write that it held back once, to the process that asks first."""

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", refuse)
    with pytest.raises(Unavailable, match="Input/output error"):
        back_up(folder, target, SteppingClock())
    assert not list(target.glob("hoshobin-*"))


def test_a_store_that_is_not_sound_gives_no_backup(folder: Path, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE entries SET body = replace(body, 'east', 'west') WHERE number = 2")
    with pytest.raises(LogBroken):
        back_up(folder, target, SteppingClock())
    assert list(target.iterdir()) == []
    assert trouble_of(folder).code == "unsound"


def test_a_place_that_cannot_be_reached_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="gone/deeper") as error:
        back_up(folder, tmp_path / "gone" / "deeper", SteppingClock())
    assert error.value.what == "backup"
    trouble = trouble_of(folder)
    assert (trouble.code, trouble.target) == ("unreached", str(tmp_path / "gone" / "deeper"))
    assert trouble.detail == "No such file or directory", "the place is named beside it"


def keep_before(folder: Path, target: Path, file: Path) -> object:
    return module.keep_before_migration(folder, "0.9.9", SteppingClock())


@pytest.mark.parametrize(
    ("act", "is_in_target"),
    [
        (lambda folder, target, file: back_up(folder, target, SteppingClock()), True),
        (lambda folder, target, file: check_backup(folder, file, SteppingClock()), True),
        (lambda folder, target, file: replace_store(folder, file, SteppingClock(), "root"), False),
        (keep_before, False),
    ],
    ids=["backup", "check", "restore", "migration"],
)
def test_a_disk_that_fills_up_is_named_by_its_place_and_everything_stays_as_it_was(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[..., object], is_in_target: bool
) -> None:
    """SQLite says "disk I/O error" of some, and a copy would name the file that it reads."""
    file = back_up(folder, target, SteppingClock()).file
    before = content(folder)[FILE_NAME], names(target)
    free = [10_000_000_000]
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: SimpleNamespace(free=free[0]))

    def fill(*_: object) -> None:
        free[0] = 4096
        raise Unavailable("disk", "SQLITE_IOERR_SHMSIZE: disk I/O error")

    monkeypatch.setattr(module, "_check", fill)
    with pytest.raises(UnusablePlace) as error:
        act(folder, target, file)
    assert (error.value.code, error.value.place) == ("full", str(target if is_in_target else folder))
    assert names(target) == before[1]
    assert not [each for each in names(folder) if each.startswith(".")]
    with contextlib.closing(reopened(folder)) as store:
        assert store.verify().holds


def test_a_fault_of_a_disk_with_room_stays_what_it_is(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("disk", "SQLITE_IOERR_READ: disk I/O error")

    monkeypatch.setattr(module, "_check", fail)
    with pytest.raises(Unavailable, match="SQLITE_IOERR_READ") as error:
        back_up(folder, target, SteppingClock())
    assert not isinstance(error.value, UnusablePlace)


def test_a_backup_follows_a_link_to_another_disk(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "backups").symlink_to(tmp_path / "disk")
    made = back_up(folder, tmp_path / "backups", SteppingClock())
    assert made.file.parent == tmp_path / "backups"
    assert len(names(tmp_path / "disk")) == len(made.manifest.files) + 1
    assert check_backup(folder, tmp_path / "backups", SteppingClock()).file == made.file


# --- The place -------------------------------------------------------------------------------------------------


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on another file system than the store's."""
    for place in (Path("/dev/shm"), Path("/tmp"), Path("/var/tmp")):
        if os.access(place, os.W_OK) and place.stat().st_dev != tmp_path.stat().st_dev:
            with tempfile.TemporaryDirectory(dir=place) as folder:
                yield Path(folder)
            return
    pytest.skip("no second file system")


def place_of(folder: Path) -> BackupPlace:
    with contextlib.closing(reopened(folder)) as store:
        place = read_backup_place(store.property(BACKUP_PLACE))
    assert place is not None
    return place


def test_a_backup_on_the_disk_of_the_store_says_so(folder: Path, target: Path, other_disk: Path) -> None:
    assert back_up(folder, target, SteppingClock()).same_disk
    assert place_of(folder).same_disk
    assert not back_up(folder, other_disk, SteppingClock()).same_disk
    assert not place_of(folder).same_disk


def test_no_backup_is_made_below_the_mount_point_of_a_disk_that_is_gone(
    folder: Path, target: Path, other_disk: Path
) -> None:
    target.symlink_to(other_disk)
    back_up(folder, target, SteppingClock())
    target.unlink()
    target.mkdir()
    with pytest.raises(NotAllowed) as refused:
        back_up(folder, target, SteppingClock())
    assert (refused.value.code, refused.value.params) == ("backup_disk_gone", {"target": str(target)})
    assert names(target) == []
    assert trouble_of(folder).code == "disk_gone"
    assert alarms_of(folder) == ["backup_failed:disk_gone"]
    assert back_up(folder, target.with_name("before-update"), SteppingClock()).same_disk, "another place is no such one"
    with pytest.raises(NotAllowed):
        back_up(folder, target, SteppingClock())
    target.rmdir()
    target.symlink_to(other_disk)
    assert not back_up(folder, target, SteppingClock()).same_disk, "it is mounted again"


def test_no_directory_is_made_in_place_of_one_on_a_disk_that_is_gone(
    folder: Path, tmp_path: Path, other_disk: Path
) -> None:
    mounted = tmp_path / "mount"
    mounted.symlink_to(other_disk)
    back_up(folder, mounted / "sets", SteppingClock())
    mounted.unlink()
    mounted.mkdir()
    with pytest.raises(NotAllowed):
        back_up(folder, mounted / "sets", SteppingClock())
    assert names(mounted) == []


def test_a_person_may_say_that_the_place_is_on_the_disk_of_the_store_from_now_on(
    folder: Path, target: Path, other_disk: Path
) -> None:
    target.symlink_to(other_disk)
    back_up(folder, target, SteppingClock())
    target.unlink()
    assert back_up(folder, target, SteppingClock(), takes_same_disk=True).same_disk
    assert back_up(folder, target, SteppingClock()).same_disk, "it is asked once"


@pytest.mark.parametrize(("mode", "is_loose"), [(0o700, False), (0o750, False), (0o770, True), (0o702, True)])
def test_a_directory_into_which_others_may_write_is_said(folder: Path, target: Path, mode: int, is_loose: bool) -> None:
    target.mkdir()
    target.chmod(mode)
    assert back_up(folder, target, SteppingClock()).loose is is_loose
    assert place_of(folder).loose is is_loose


# --- Room, rotation, and what a killed one leaves --------------------------------------------------------------


def trouble_of(folder: Path, name: str = BACKUP_TROUBLE) -> Trouble:
    with contextlib.closing(reopened(folder)) as store:
        trouble = read_trouble(store.property(name))
    assert trouble is not None
    return trouble


def alarms_of(folder: Path) -> list[str]:
    with contextlib.closing(reopened(folder)) as store:
        return [each.cause for each in store.alarms_waiting()]


def let_be_free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: SimpleNamespace(free=free))


def test_with_less_than_twice_the_database_free_no_backup_is_made_and_people_are_told(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SteppingClock()
    before = back_up(folder, target, clock)
    size = sum(each.stat().st_size for each in folder.glob(f"{FILE_NAME}*") if not each.name.endswith("-shm"))
    let_be_free(monkeypatch, 2 * size - 1)
    kept = names(target)
    with pytest.raises(NotAllowed) as refused:
        back_up(folder, target, clock)
    assert refused.value.code == "backup_no_room"
    assert names(target) == kept, "nothing is removed to make room"
    trouble = trouble_of(folder)
    assert (trouble.code, trouble.target, trouble.free) == ("no_room", str(target), 2 * size - 1)
    assert alarms_of(folder) == ["backup_failed:no_room"]
    with contextlib.closing(reopened(folder)) as store:
        tasks = [each for each in open_tasks(store, registered(), clock.now()) if each.kind is TaskKind.BACKUP]
        assert [(each.urgency, str(target) in each.text("ja")) for each in tasks] == [(Urgency.NOW, True)]
    let_be_free(monkeypatch, 2**40)
    assert back_up(folder, target, clock).file != before.file
    with contextlib.closing(reopened(folder)) as store:
        assert not [each for each in open_tasks(store, registered(), clock.now()) if each.kind is TaskKind.BACKUP]


def test_of_a_fault_that_stays_people_are_told_each_night_and_of_the_first_time(folder: Path, tmp_path: Path) -> None:
    clock = SteppingClock()
    for hours in (0, 0, 2, 22):
        clock.moment += dt.timedelta(hours=hours)
        with pytest.raises(Unavailable):
            back_up(folder, tmp_path / "gone" / "deeper", clock)
    assert alarms_of(folder) == ["backup_failed:unreached"] * 2
    assert trouble_of(folder).at < START + dt.timedelta(minutes=1)


def test_the_rotation_removes_whole_sets_of_its_own_store_alone(folder: Path, target: Path, tmp_path: Path) -> None:
    clock = SteppingClock()
    target.mkdir()
    by_hand = target / "hoshobin-20200101T000000Z-1-abcdef01.sqlite3"
    by_hand.write_bytes(b"of a version before manifests")
    make_store(tmp_path / "other").close()
    others = back_up(tmp_path / "other", target, clock)
    first = back_up(folder, target, clock, PackedConfiguration(b"x"))
    second = back_up(folder, target, clock)
    assert second.removed == (first.file.name,)
    assert names(target) == sorted(
        [
            by_hand.name,
            *(each.manifest.stem + ending for each in (others, second) for ending in (".manifest.json", ".sqlite3")),
        ]
    )


def test_the_set_that_was_checked_last_stays(folder: Path, target: Path) -> None:
    clock = SteppingClock()
    first = back_up(folder, target, clock)
    check_backup(folder, target, clock)
    back_up(folder, target, clock)
    assert back_up(folder, target, clock).removed != ()
    assert first.file.exists()


class StandingClock:
    """A clock that shows the same moment for many readings."""

    def now(self) -> dt.datetime:
        return START


def test_of_backups_within_a_moment_each_has_its_name_and_names_sort_by_time(folder: Path, target: Path) -> None:
    """``ls | tail -n 1`` names the newest, in C and in other locales: 10 entries would come before 9."""
    made = []
    for _ in range(12):
        made.append(back_up(folder, target, StandingClock(), PackedConfiguration(b"x")))
        keep = target.with_name("all")
        keep.mkdir(exist_ok=True)
        for name in names(target):
            shutil.copy(target / name, keep / name)
        assert check_backup(folder, target, StandingClock()).file == made[-1].file
        assert check_backup(None, keep, StandingClock()).file.name == made[-1].file.name
    stems = [each.manifest.stem for each in made]
    assert {len(str(each.manifest.entries)) for each in made} == {1, 2}, "the numbers of entries do not sort as text"
    assert stems == sorted(set(stems))
    assert len({len(each.partition("Z")[0]) for each in stems}) == 1
    assert len(names(keep)) == 3 * len(made), "none took the files of another"
    for each in made:
        assert check_backup(None, keep / each.file.name, StandingClock()).manifest == each.manifest


def test_a_backup_within_a_moment_of_another_removes_that_and_not_itself(folder: Path, target: Path) -> None:
    first = back_up(folder, target, StandingClock())
    second = back_up(folder, target, StandingClock())
    assert second.removed == (first.file.name,)
    assert names(target) == [f"{second.manifest.stem}{each}" for each in (".manifest.json", ".sqlite3")]
    replace_store(folder, second.file, StandingClock(), "root")
    with contextlib.closing(reopened(folder)) as store:
        assert store.verify().holds


@pytest.mark.parametrize("links", [True, False], ids=["links", "no links"])
def test_backups_of_one_head_that_two_processes_make_at_once_are_two_sets(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    """The other one puts its manifest in place after this one looked which names are free."""
    link, other = os.link, []

    def others_first(source: Path, place: Path) -> None:
        if not other:
            other.append(place)
            if links:
                shutil.copy(source, place)
        if not links:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        link(source, place)

    monkeypatch.setattr(os, "link", others_first)
    made = back_up(folder, target, StandingClock())
    assert (other[0].name == f"{made.manifest.stem}{MANIFEST}") is not links
    assert check_backup(None, made.file, StandingClock()).manifest == made.manifest
    assert len(list(target.glob(f"*{MANIFEST}"))) == 1 + links


def test_sets_named_by_the_second_sort_before_those_named_now(folder: Path, target: Path) -> None:
    first = back_up(folder, target, SteppingClock())
    old = target / f"{first.manifest.stem.replace('000Z', 'Z')}.sqlite3"
    first.file.rename(old)
    (target / f"{first.manifest.stem}{MANIFEST}").unlink()
    now = back_up(folder, target, SteppingClock())
    assert now.manifest.made_at == first.manifest.made_at + dt.timedelta(seconds=1), "the same second is left to it"
    assert names(target)[0] == old.name
    assert check_backup(folder, target, SteppingClock()).file == now.file


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_what_root_makes_belongs_to_the_owner_of_the_directory(folder: Path, target: Path) -> None:
    target.mkdir(mode=0o700)
    os.chown(target, 65_534, 65_534)
    back_up(folder, target, SteppingClock(), PackedConfiguration(b"x"))
    assert {each.stat().st_uid for each in target.iterdir()} == {65_534}


def test_a_manifest_that_cannot_be_read_stops_no_backup(folder: Path, target: Path) -> None:
    (target / f"hoshobin-20200101T000000Z-1-x{MANIFEST}").mkdir(parents=True)
    (target / f"hoshobin-20200101T000001Z-1-x{MANIFEST}").write_bytes(b"\xff")
    back_up(folder, target, SteppingClock())
    assert len(names(target)) == 4


@pytest.mark.parametrize("calls", range(4))
def test_a_name_that_restore_takes_stands_for_a_whole_set_wherever_it_was_cut_short(
    folder: Path, target: Path, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, left = SteppingClock(), [calls]

    def cut(call: Callable[..., object]) -> Callable[..., object]:
        def called(*given: object, **named: object) -> object:
            if Path(str(given[0])).name.startswith("hoshobin-2"):
                if not left[0]:
                    raise Cut
                left[0] -= 1
            return call(*given, **named)

        return called

    monkeypatch.setattr(Path, "replace", cut(Path.replace))
    monkeypatch.setattr(os, "link", cut(os.link))
    with contextlib.suppress(Cut):
        back_up(folder, target, clock, PackedConfiguration(b"x"))
    monkeypatch.undo()
    found = list(target.glob("*.sqlite3"))
    for each in found:
        assert check_backup(folder, each, clock).manifest is not None
    assert bool(found) is (calls == 3)
    clock.moment += dt.timedelta(days=2)
    back_up(folder, target, clock)
    wholes = {each.name.partition(".")[0] for each in target.glob("*.sqlite3")}
    manifests = {each.name.partition(".")[0] for each in target.glob("*.json")}
    assert manifests == wholes, "and the rest of one is cleared later"


def test_what_a_killed_backup_left_is_cleared_by_the_next_and_not_beside_a_living_one(
    folder: Path, target: Path
) -> None:
    back_up(folder, target, SteppingClock())
    (target / ".hoshobin-x").mkdir(mode=0o700)
    (target / ".hoshobin-x" / FILE_NAME).write_bytes(b"a copy with keys in it")
    with module._working_in(target) as living:
        assert not (target / ".hoshobin-x").exists()
        back_up(folder, target, SteppingClock())
        assert living.exists()
    assert not list(target.glob(".*"))


# --- Check -----------------------------------------------------------------------------------------------------


def test_a_check_restores_the_newest_set_verifies_it_and_records_that(folder: Path, target: Path) -> None:
    clock = SteppingClock()
    back_up(folder, target, clock)
    clock.moment += dt.timedelta(days=1)
    made = back_up(folder, target, clock)
    before = content(target)
    checked = check_backup(folder, target, clock, "root")
    assert (checked.file, checked.verdict, checked.manifest) == (made.file, made.verdict, made.manifest)
    assert content(target) == before, "and leaves it as it was"
    with contextlib.closing(reopened(folder)) as store:
        (entry,) = store.entries(events=[NoteEvent.BACKUP_CHECKED])
        assert entry.detail["file"] == made.file.name
        assert read_set_mark(store.property(BACKUP_CHECKED)) == SetMark(entry.at, made.manifest.stem)


def test_a_check_on_another_computer_needs_no_store_and_records_nothing(
    folder: Path, target: Path, tmp_path: Path
) -> None:
    made = back_up(folder, target, SteppingClock())
    assert check_backup(None, made.file, SteppingClock()).verdict == made.verdict
    make_store(tmp_path / "other").close()
    assert check_backup(tmp_path / "other", made.file, SteppingClock()).verdict == made.verdict
    with contextlib.closing(reopened(tmp_path / "other")) as store:
        assert list(store.entries()) == []


def test_a_copy_by_hand_is_checked_without_a_manifest(folder: Path, target: Path, tmp_path: Path) -> None:
    made = back_up(folder, target, SteppingClock())
    by_hand = tmp_path / "copy.sqlite3"
    shutil.copy(made.file, by_hand)
    checked = check_backup(folder, by_hand, SteppingClock())
    assert (checked.verdict, checked.manifest) == (made.verdict, None)


@pytest.mark.parametrize("ending", [".sqlite3", ".config.tar"])
def test_a_byte_that_changed_in_a_set_is_found_and_told(folder: Path, target: Path, ending: str) -> None:
    made = back_up(folder, target, SteppingClock(), PackedConfiguration(b"configuration"))
    spoiled = target / f"{made.manifest.stem}{ending}"
    good = spoiled.read_bytes()
    spoiled.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    with pytest.raises(LogBroken, match=r"backup_differs"):
        check_backup(folder, target, SteppingClock())
    assert trouble_of(folder, CHECK_TROUBLE).code == "check_unsound"
    assert alarms_of(folder) == ["backup_failed:check_unsound"]
    back_up(folder, target, SteppingClock())
    assert trouble_of(folder, CHECK_TROUBLE), "a new backup mends no disk: the next check does"
    check_backup(folder, target, SteppingClock())
    with contextlib.closing(reopened(folder)) as store:
        assert not store.property(CHECK_TROUBLE)


def test_a_directory_without_a_set_is_told(folder: Path, target: Path) -> None:
    target.mkdir()
    with pytest.raises(NotAllowed):
        check_backup(folder, target, SteppingClock())
    assert trouble_of(folder, CHECK_TROUBLE).code == "check_none"


def test_with_less_than_twice_the_database_free_no_backup_is_tried_and_people_are_told(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trial must not fill the disk of the backups."""
    made = back_up(folder, target, SteppingClock())
    let_be_free(monkeypatch, 2 * made.size - 1)
    kept = names(target)
    for given in (target, made.file):
        with pytest.raises(NotAllowed) as refused:
            check_backup(folder, given, SteppingClock())
        assert refused.value.code == "backup_check_no_room"
        assert refused.value.params["file"] == str(made.file)
    assert names(target) == kept
    trouble = trouble_of(folder, CHECK_TROUBLE)
    assert (trouble.code, trouble.target) == ("check_no_room", str(target))
    assert (trouble.free, trouble.needed) == (2 * made.size - 1, 2 * made.size)
    assert alarms_of(folder) == ["backup_failed:check_no_room"]
    let_be_free(monkeypatch, 2 * made.size)
    check_backup(folder, target, SteppingClock())


def test_a_strangers_broken_file_is_no_task(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "x.sqlite3").write_bytes(b"PK")
    with pytest.raises(LogBroken):
        check_backup(folder, tmp_path / "x.sqlite3", SteppingClock())
    with contextlib.closing(reopened(folder)) as store:
        assert not store.property(CHECK_TROUBLE)


def test_where_there_is_no_store_there_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        back_up(tmp_path, tmp_path / "backups", SteppingClock())
    assert list(tmp_path.iterdir()) == []


# --- Restore -------------------------------------------------------------------------------------------------


def test_what_is_put_back_is_the_backup_and_an_entry_that_says_so(folder: Path, target: Path) -> None:
    made = back_up(folder, target, SteppingClock())
    with contextlib.closing(reopened(folder)) as store:
        create_held(store, "12345-999999", "<late@contractor.example>")
        store.mark_head()
    head, secret = (folder / "head").read_bytes(), (folder / "secret").read_bytes()
    done = replace_store(folder, made.file, SteppingClock(), "root")
    with contextlib.closing(reopened(folder)) as store:
        (entry,) = store.entries(events=[NoteEvent.RESTORED])
        assert entry.number == made.verdict.count + 1
        assert entry.account == "root"
        assert entry.detail == {
            "file": made.file.name,
            "sha256": made.sha256,
            "entries": made.verdict.count,
            "head": made.verdict.head,
        }
        assert len(store.submissions()) == 2
        assert store.property(RESTORED_AT)
        assert store.verify().holds
        decisions.resume(store, HANAKO)
        assert not store.property(RESTORED_AT)
    assert head != (folder / "head").read_bytes(), "resume wrote it anew"
    assert secret == (folder / "secret").read_bytes()
    assert (folder / FILE_NAME).stat().st_mode & 0o777 == 0o600
    (replaced,) = done.replaced
    assert replaced.name == f"{FILE_NAME}.replaced-20261121T000002Z"
    assert not [each for each in folder.iterdir() if each.name.startswith(".")]


def test_a_set_of_another_store_is_put_in_the_place_of_one_with_entries_only_if_that_is_said(
    folder: Path, target: Path, tmp_path: Path
) -> None:
    """The keys of one contractor would be shown to the people of another."""
    make_store(tmp_path / "other").close()
    with contextlib.closing(reopened(tmp_path / "other")) as store:
        create_held(store, "12345-000009", "<9@contractor.example>")
    others = back_up(tmp_path / "other", target, SteppingClock())
    before = content(folder)[FILE_NAME]
    with pytest.raises(NotAllowed) as refused:
        replace_store(folder, others.file, SteppingClock(), "root")
    assert (refused.value.code, refused.value.params) == ("restore_other_store", {"file": str(others.file)})
    assert content(folder)[FILE_NAME] == before
    replace_store(folder, others.file, SteppingClock(), "root", takes_other=True)
    with contextlib.closing(reopened(folder)) as store:
        assert store.by_number("12345-000009")


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"damaged" * 1000), lambda file: file.unlink()])
def test_a_set_is_put_in_the_place_of_a_store_that_cannot_be_read(
    folder: Path, target: Path, spoil: Callable[[Path], object]
) -> None:
    made = back_up(folder, target, SteppingClock())
    spoil(folder / FILE_NAME)
    assert replace_store(folder, made.file, SteppingClock(), "root").verdict == made.verdict


def test_a_store_that_stayed_open_writes_into_the_one_that_was_put_back(folder: Path, target: Path) -> None:
    """As the console holds it: a record in the replaced file would be lost in silence."""
    with contextlib.closing(reopened(folder)) as held:
        file = back_up(folder, target, SteppingClock()).file
        create_held(held, "12345-777777", "<after@contractor.example>")
        assert not held.is_replaced()
        replace_store(folder, file, SteppingClock(), "root")
        assert held.is_replaced()
        with held.writing() as writing:
            writing.set_property("decided", "after the restore")
        assert not held.is_replaced()
        assert "12345-777777" not in {each.notice.contract_number for each in held.submissions()}
    with contextlib.closing(reopened(folder)) as fresh:
        assert fresh.property("decided") == "after the restore"
        assert fresh.verify().holds


def test_a_store_whose_file_was_removed_takes_no_record(folder: Path) -> None:
    with contextlib.closing(reopened(folder)) as held:
        (folder / FILE_NAME).unlink()
        with pytest.raises(Unavailable), held.writing() as writing:
            writing.set_property("decided", "nowhere")


def test_nothing_is_put_back_while_another_process_writes(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it writes would be in the replaced file alone."""
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    file = back_up(folder, target, SteppingClock()).file
    before = (folder / FILE_NAME).stat().st_ino
    with contextlib.closing(reopened(folder)) as held, held.writing() as writing:
        with pytest.raises(Unavailable, match="locked"):
            replace_store(folder, file, SteppingClock(), "root")
        writing.set_property("decided", "meanwhile")
    assert (folder / FILE_NAME).stat().st_ino == before
    with contextlib.closing(reopened(folder)) as fresh:
        assert fresh.property("decided") == "meanwhile"
    assert not list(folder.glob(".restore-*"))


def test_two_restores_within_one_second_keep_both_former_files(folder: Path, target: Path) -> None:
    made = back_up(folder, target, SteppingClock())
    kept = [replace_store(folder, made.file, SteppingClock(), "root").replaced[0] for _ in range(3)]
    first = f"{FILE_NAME}.replaced-20261121T000002Z"
    assert [each.name for each in kept] == [first, f"{first}-2", f"{first}-3"]
    assert all(each.exists() for each in kept)


def test_the_head_stays_so_that_what_the_backup_does_not_know_is_missed(folder: Path, target: Path) -> None:
    made = back_up(folder, target, SteppingClock())
    with contextlib.closing(reopened(folder)) as store:
        create_held(store, "12345-999999", "<late@contractor.example>")
        create_held(store, "12345-999998", "<later@contractor.example>")
        store.mark_head()
    head = (folder / "head").read_bytes()
    replace_store(folder, made.file, SteppingClock(), "root")
    assert (folder / "head").read_bytes() == head
    with contextlib.closing(reopened(folder)) as store:
        noted = store.marked_head()
        assert noted is not None
        assert not store.holds_head(*noted)


def test_a_copy_of_the_files_of_a_killed_service_is_put_back_with_its_wal(folder: Path, tmp_path: Path) -> None:
    """The record that a mail left may be in the ``-wal`` alone."""
    copied = killed(folder, tmp_path / "copied")
    done = replace_store(folder, copied / FILE_NAME, SteppingClock(), "root")
    with contextlib.closing(reopened(folder)) as store:
        assert len(store.submissions()) == done.verdict.count == 3


def test_the_replaced_store_can_be_opened_with_its_wal(folder: Path, target: Path, tmp_path: Path) -> None:
    made = back_up(folder, target, SteppingClock())
    folder = killed(folder, tmp_path / "killed")
    done = replace_store(folder, made.file, SteppingClock(), "root")
    assert [each.name.partition("Z")[2] for each in done.replaced] == ["", "-wal"]
    place = tmp_path / "opened"
    place.mkdir()
    for each, ending in zip(done.replaced, ("", "-wal"), strict=True):
        shutil.copy(each, place / f"{FILE_NAME}{ending}")
    with contextlib.closing(reopened(place)) as kept:
        assert len(kept.submissions()) == 3
    with contextlib.closing(reopened(folder)) as restored:
        assert len(restored.submissions()) == 2, "no -wal of the replaced one is played into it"


def test_a_backup_of_an_older_version_is_brought_up_to_date(folder: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    old.write_bytes(lzma.decompress(OLD.read_bytes()))
    secret = (folder / "secret").read_text()
    replace_store(folder, old, SteppingClock(), "root")
    with contextlib.closing(reopened(folder)) as store:
        assert store.property(RESTORED_AT)
        assert not store.is_other_secret_noted(), "it takes the secret that lies there, and makes no new one"
    assert (folder / "secret").read_text() == secret


def test_a_store_is_put_back_on_a_new_machine(folder: Path, target: Path, tmp_path: Path) -> None:
    made = back_up(folder, target, SteppingClock())
    new = tmp_path / "new"
    new.mkdir()
    assert replace_store(new, made.file, SteppingClock(), "root").replaced == ()
    with contextlib.closing(reopened(new)) as store:
        assert store.property(RESTORED_AT), "no head is there that would stop the sending"


def broken_page(good: bytes) -> bytes:
    middle = len(good) // 2 // 4096 * 4096
    return good[:middle] + os.urandom(4096) + good[middle + 4096 :]


def changed_entry(good: bytes) -> bytes:
    assert good.count(b"contractor.example") > 1
    return good.replace(b"contractor.example", b"contractor.exampIe")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: b"",
        lambda good: b"PK\x03\x04" + bytes(1000),
        lambda good: good[: len(good) // 2],
        broken_page,
        changed_entry,
    ],
    ids=["empty", "zip", "half", "a page", "an entry"],
)
def test_what_is_no_sound_backup_changes_nothing(folder: Path, target: Path, spoil: object) -> None:
    made = back_up(folder, target, SteppingClock())
    made.file.write_bytes(spoil(made.file.read_bytes()))  # type: ignore[operator]
    before = content(folder)
    with pytest.raises(LogBroken):
        replace_store(folder, made.file, SteppingClock(), "root")
    assert content(folder) == before


def test_a_backup_that_is_not_as_it_was_written_is_not_put_back(folder: Path, target: Path) -> None:
    """The log does not cover each byte: accounts and the ledgers of mailboxes are tables beside it."""
    file = back_up(folder, target, SteppingClock()).file
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE properties SET value = 'ffff' WHERE name = 'identity'")
    before = content(folder)
    with pytest.raises(LogBroken) as error:
        replace_store(folder, file, SteppingClock(), "root")
    assert (error.value.code, error.value.detail) == ("backup_differs", file.name)
    assert content(folder) == before
    file.with_name(f"{file.stem}{MANIFEST}").unlink()
    assert not replace_store(folder, file, SteppingClock(), "root", takes_other=True).is_compared


def test_what_is_tried_is_the_set_made_last_and_not_one_of_a_clock_that_was_ahead(folder: Path, target: Path) -> None:
    clock = SteppingClock()
    clock.moment += dt.timedelta(days=1_500)
    ahead = back_up(folder, target, clock).file
    last = back_up(folder, target, SteppingClock()).file
    assert ahead.name > last.name
    assert check_backup(folder, target, SteppingClock()).file == last
    assert check_backup(None, target, SteppingClock()).file == ahead, "without the store, names alone are there"


def test_a_working_folder_that_another_backup_cleared_before_it_was_locked_is_made_again(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = module.tempfile.mkdtemp, []

    def make_and_lose(**more: Any) -> str:
        made.append(make(**more))
        if len(made) == 1:
            Path(made[0]).rmdir()
        return made[-1]

    monkeypatch.setattr(module.tempfile, "mkdtemp", make_and_lose)
    assert back_up(folder, target, SteppingClock()).file.exists()
    assert len(made) == 2


def test_sets_that_this_account_may_not_read_are_not_called_missing(
    folder: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(folder, target, SteppingClock())

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(module.Path, "open", refuse)
    with pytest.raises(UnusablePlace) as error:
        check_backup(folder, target, SteppingClock())
    assert error.value.code == "forbidden"
    assert MANIFEST in error.value.place
    monkeypatch.undo()
    assert trouble_of(folder, CHECK_TROUBLE).code == "check_unreached"


def test_a_database_of_another_program_is_none(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    with contextlib.closing(sqlite3.connect(other)) as database, database:
        database.execute("CREATE TABLE entries (number INTEGER)")
    before = content(folder)
    with pytest.raises(LogBroken, match="not_a_store"):
        replace_store(folder, other, SteppingClock(), "root")
    assert content(folder) == before


def test_a_backup_of_a_newer_version_changes_nothing(folder: Path, target: Path) -> None:
    made = back_up(folder, target, SteppingClock())
    with contextlib.closing(sqlite3.connect(made.file)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    before = content(folder)
    with pytest.raises(ConfigError):
        replace_store(folder, made.file, SteppingClock(), "root")
    assert content(folder) == before


def test_a_file_that_is_not_there_is_named_and_changes_nothing(folder: Path, tmp_path: Path) -> None:
    before = content(folder)
    with pytest.raises(Unavailable, match=r"gone\.sqlite3"):
        replace_store(folder, tmp_path / "gone.sqlite3", SteppingClock(), "root")
    assert content(folder) == before


@pytest.mark.parametrize("calls", range(5))
def test_wherever_a_restore_is_cut_short_the_former_store_is_whole_under_one_of_its_names(
    folder: Path, target: Path, tmp_path: Path, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(folder, target, SteppingClock())
    folder = killed(folder, tmp_path / "killed")
    left = [calls]

    def counted(call: object) -> object:
        def called(*given: object, **named: object) -> object:
            if not left[0]:
                raise Cut
            left[0] -= 1
            return call(*given, **named)  # type: ignore[operator]

        return called

    swap = module._swap

    def cut_swap(*given: object) -> object:
        monkeypatch.setattr(module.os, "link", counted(os.link))
        monkeypatch.setattr(Path, "unlink", counted(Path.unlink))
        monkeypatch.setattr(Path, "replace", counted(Path.replace))
        return swap(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_swap", cut_swap)
    with pytest.raises(Cut):
        replace_store(folder, made.file, SteppingClock(), "root")
    monkeypatch.undo()
    found = []
    names = {each.name.removesuffix("-wal") for each in folder.iterdir() if each.name.startswith(FILE_NAME)}
    for name in names - {f"{FILE_NAME}-shm"}:
        place = tmp_path / f"opened-{name}"
        place.mkdir()
        for ending in ("", "-wal"):
            if (folder / f"{name}{ending}").exists():
                shutil.copy(folder / f"{name}{ending}", place / f"{FILE_NAME}{ending}")
        with contextlib.closing(reopened(place)) as kept:
            found.append(len(kept.submissions()))
            assert kept.verify().holds
    assert max(found) == 3
    with contextlib.closing(reopened(folder)) as now:
        noted = now.marked_head()
        assert noted is not None
        assert len(now.submissions()) == 3 or not now.holds_head(*noted), "behind its head: nothing is sent"


def test_a_restore_is_undone_by_putting_back_what_it_replaced(folder: Path, target: Path, tmp_path: Path) -> None:
    made = back_up(folder, target, SteppingClock())
    folder, clock = killed(folder, tmp_path / "killed"), SteppingClock()
    replaced, wal = replace_store(folder, made.file, clock, "root").replaced
    assert wal.name == f"{replaced.name}-wal"
    replace_store(folder, replaced, clock, "root")
    with contextlib.closing(reopened(folder)) as store:
        assert len(store.submissions()) == 3
        noted = store.marked_head()
        assert noted is not None
        assert store.holds_head(*noted)


def test_what_a_killed_restore_left_is_cleared_by_the_next(folder: Path, target: Path) -> None:
    made = back_up(folder, target, SteppingClock())
    left = folder / ".restore-x"
    left.mkdir(mode=0o700)
    (left / FILE_NAME).write_bytes(b"a copy with keys in it")
    replace_store(folder, made.file, SteppingClock(), "root")
    assert not left.exists()


def test_two_restores_keep_both_that_they_replace(folder: Path, target: Path) -> None:
    made, clock = back_up(folder, target, SteppingClock()), SteppingClock()
    replaced = [each for _ in range(2) for each in replace_store(folder, made.file, clock, "root").replaced]
    assert len(set(replaced)) == 2
    assert all(each.exists() for each in replaced)
