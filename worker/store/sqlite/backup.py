"""Keeps sets of backups beside a running service, checks them, and puts the store back from a file.

A copy gets its name after it was checked, and only its owner can read it. A file is checked before it is put back. The
replaced files stay beside it under another name, and nothing is sent until a person resumes. Only the holder of the
sender's lock may put back.

The database of a set is named last and removed first: a name that ``restore`` takes stands for a whole set.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import fcntl
import hashlib
import os
import shutil
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from worker.core.alarms import cause_about
from worker.core.clock import Clock
from worker.core.errors import HoshobinError, LogBroken, NoRoom, NotAllowed, Unavailable, UnusablePlace
from worker.core.states import AlarmCause, NoteEvent
from worker.store.backups import (
    BACKED_UP,
    BACKUP_CHECKED,
    BACKUP_PLACE,
    BACKUP_TROUBLE,
    CHECK_TROUBLE,
    CONFIGURATION,
    DATABASE,
    MANIFEST,
    ROOM,
    BackupPlace,
    KeptFile,
    Manifest,
    SetMark,
    Trouble,
    choose_removed,
    read_backup_place,
    read_manifest,
    read_set_mark,
    read_trouble,
    say_bytes,
)
from worker.store.ports import IDENTITY, LOG_VERIFIED, RESTORED_AT, Author
from worker.store.sqlite.connection import (
    FILE_NAME,
    PATIENCE,
    REVISION,
    make_file,
    open_file,
    revision_of,
    sync_folder,
    translated,
)
from worker.store.sqlite.store import (
    create_or_migrate,
    has_database,
    open_store,
    read_secret,
    write_secret,
)

if TYPE_CHECKING:
    from worker.audit.verify import LogVerdict

_WORK: Final = ".restore-"
"""Begin of the name of the folder in which a restore works; the folder holds a copy of the store."""
_TRIAL: Final = ".migration-"
"""The same of a trial before a migration."""
_BESIDE: Final = ".hoshobin-"
"""The same of the folder in which a backup or a check works, among the sets."""
_BLOCK: Final = 1_048_576
"""Bytes read at once."""
_WRITTEN_EVERY: Final = 0.2
"""Seconds between two writes of a growing copy to the disk: some ten MB at the speed of a copy."""
BEFORE: Final = "hoshobin-before-"
"""Begin of the name of the copy that is kept of a store before its migration."""
_COPIES: Final = 3
"""Sizes of the store that must be free before a migration: the copy to keep, the one that is tried, and its changes."""
_MARGIN: Final = 64 * 1_048_576
"""Bytes left for the service beside them."""
_NEARLY_NONE: Final = 1_048_576
"""Bytes of a disk that is full: what is free of it is less than a step of a copy."""
_MANIFEST_LIMIT: Final = 1_000_000
"""Bytes read of a manifest, which has some hundred."""
_TOLD_AGAIN: Final = dt.timedelta(hours=20)
"""People are told again of a backup that still is not made: by each night's run, and not by each try of an hour."""
_MOMENT: Final = dt.timedelta(milliseconds=1)
"""The time by which names differ."""
_PLACES_KEPT: Final = 20
"""Directories on other disks that are remembered: an installation has one or two."""
_ABANDONED: Final = dt.timedelta(days=1)
"""A manifest without its files is removed after this time; another backup may be placing them now."""


@dataclass(frozen=True, slots=True)
class BackupCopy:
    """One checked set."""

    file: Path
    """The copy of the store."""
    verdict: LogVerdict
    manifest: Manifest
    removed: tuple[str, ...] = ()
    """The names of the copies that the rotation removed."""
    same_disk: bool = False
    """It is on the file system of the store."""
    loose: bool = False
    """Other accounts may write into its directory."""

    @property
    def size(self) -> int:
        """Bytes of the copy of the store."""
        return self.manifest.database.size

    @property
    def sha256(self) -> str:
        """Its hash."""
        return self.manifest.database.sha256


@dataclass(frozen=True, slots=True)
class PackedConfiguration:
    """The archive of the configuration, and the names of the files that could not be read."""

    content: bytes
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedBackup:
    """A backup that was restored into a temporary folder and verified."""

    file: Path
    verdict: LogVerdict
    manifest: Manifest | None
    """None if it has none beside it: it was made by hand, or by a version before manifests."""
    store: str
    """The identity of the store that it is a copy of."""


@dataclass(frozen=True, slots=True)
class RestoredStore:
    """The verdict on the store that was put back, and the new paths of the former files, if there were any."""

    verdict: LogVerdict
    replaced: tuple[Path, ...]
    is_compared: bool = False
    """Whether the file had a manifest beside it, with which it was compared."""


# --- Backup --------------------------------------------------------------------------------------------------------


def back_up(
    folder: Path,
    target: Path,
    clock: Clock,
    configuration: PackedConfiguration | None = None,
    account: str = "",
    *,
    takes_same_disk: bool = False,
) -> BackupCopy:
    """Keeps one more set of the store in ``folder`` in ``target``, and removes those that the rotation does not keep.

    Makes ``target``, but not the folders above it. Records the set in the log, or the reason that there is none for the
    list of tasks. ``takes_same_disk`` is that ``target`` may be on the store's disk although it was on another one.
    Raises ConfigError if there is no store, or an older one, NotAllowed ``backup_no_room`` or ``backup_disk_gone``,
    LogBroken if the copy is not sound, Unavailable.
    """
    with _filling(folder), contextlib.closing(open_store(folder, clock)) as store:  # says what is wrong with it
        known = read_backup_place(store.property(BACKUP_PLACE))
    try:
        is_same = _is_on_disk_of(folder, target)
        if is_same and not takes_same_disk:
            _refuse_where_disk_is_gone(target, known)
        made = _make_set(folder, target, clock, configuration)
        place = _place_of(target, known, is_same=is_same)
        kept = _record_set(folder, made.manifest, place, clock, account)
        removed = _rotate(target, made.manifest, kept, clock.now())
    except (NotAllowed, LogBroken, Unavailable) as failure:
        trouble = _explain(failure, target, clock.now())
        if isinstance(failure, NotAllowed):
            is_full = failure.code == "backup_no_room"
            room = _measure(folder / FILE_NAME, target) if is_full else (0, 0)
            trouble = Trouble(trouble.at, "no_room" if is_full else "disk_gone", str(target), "", *room)
        _record_trouble(folder, BACKUP_TROUBLE, trouble, clock)
        raise
    return replace(made, removed=removed, same_disk=place.same_disk, loose=place.loose)


def _is_on_disk_of(folder: Path, target: Path) -> bool:
    """Returns whether ``target``, or the folder in which it will be made, is on the file system of ``folder``."""
    with _reached(target):
        return folder.stat().st_dev == (target if target.exists() else target.parent).stat().st_dev


def _refuse_where_disk_is_gone(target: Path, known: BackupPlace | None) -> None:
    """Raises NotAllowed for an empty mount point: a set below it would hide in the store's disk and call all well."""
    if known is not None and str(target) in known.apart:
        raise NotAllowed("backup_disk_gone", target=str(target))


def _place_of(target: Path, known: BackupPlace | None, *, is_same: bool) -> BackupPlace:
    with _reached(target):
        is_loose = bool(target.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    apart = [each for each in (known.apart if known is not None else ()) if each != str(target)]
    apart += [] if is_same else [str(target)]
    return BackupPlace(str(target), is_same, is_loose, tuple(apart[-_PLACES_KEPT:]))


def _make_set(folder: Path, target: Path, clock: Clock, configuration: PackedConfiguration | None) -> BackupCopy:
    with _reached(target):
        target.mkdir(mode=0o700, exist_ok=True)
    _require_room(folder / FILE_NAME, target, "backup_no_room")
    with _working_in(target) as work, _filling(target):
        copy = work / FILE_NAME
        _copy_in_one_step(folder, work)
        _settle(copy)
        _forget_pages(copy)  # what is verified was read from the disk
        verdict, store = _check(work, clock)
        _settle(copy)
        unnamed = Manifest(
            clock.now().astimezone(dt.UTC),
            store,
            REVISION,
            verdict.count,
            verdict.head,
            KeptFile(FILE_NAME, copy.stat().st_size, _digest(copy)),
            _pack(work, configuration),
            configuration.left_out if configuration else (),
        )
        with _reached(target):
            manifest = _claim_name(unnamed, work, target)
            for packed, named in zip(reversed(unnamed.files), reversed(manifest.files), strict=True):
                _give_to_owner(work / packed.name, target)
                (work / packed.name).rename(work / named.name)
                (work / named.name).replace(target / named.name)
            sync_folder(target)
    return BackupCopy(target / manifest.database.name, verdict, manifest)


def _claim_name(unnamed: Manifest, work: Path, target: Path) -> Manifest:
    """Returns the manifest with the names of the set's files, and puts it in place: no other set gets these names.

    Names sort by their time. A moment belongs to one set: a later set of the same moment, which a clock that stands or
    was set back by less than a second gives, takes the one after those of its second.
    """
    moment = unnamed.made_at.replace(microsecond=unnamed.made_at.microsecond // 1000 * 1000)
    while True:
        time = f"hoshobin-{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03}Z"
        if all(each.name < time for each in target.glob(f"{time[: -len('000Z')]}*")):
            manifest = _named(unnamed, moment, f"{time}-{unnamed.entries}-{unnamed.head[:8]}")
            name = f"{manifest.stem}{MANIFEST}"
            _write(work / name, manifest.text().encode())
            _give_to_owner(work / name, target)
            with contextlib.suppress(FileExistsError):
                _place_first(work / name, target / name)
                return manifest
        moment += _MOMENT


def _named(unnamed: Manifest, moment: dt.datetime, stem: str) -> Manifest:
    configuration = unnamed.configuration
    return replace(
        unnamed,
        made_at=moment,
        database=replace(unnamed.database, name=f"{stem}{DATABASE}"),
        configuration=replace(configuration, name=f"{stem}{CONFIGURATION}") if configuration else None,
    )


def _place_first(file: Path, place: Path) -> None:
    """Puts a file in place. Raises FileExistsError if another process was first, where the file system has links."""
    try:
        os.link(file, place)
    except FileExistsError:
        raise
    except OSError:
        file.replace(place)


def _require_room(database: Path, target: Path, code: str, **named: str) -> None:
    """Raises NotAllowed ``code`` if ``target`` has too little room for a copy."""
    free, needed = _measure(database, target)
    if free < needed:
        raise NotAllowed(code, target=str(target), free=say_bytes(free), needed=say_bytes(needed), **named)


def _measure(database: Path, target: Path) -> tuple[int, int]:
    """The free bytes of ``target``, and the bytes that a copy of the database needs there."""
    with _reached(target):
        free = shutil.disk_usage(target).free
    with translated():
        parts = (Path(f"{database}{ending}") for ending in ("", "-wal"))
        return free, ROOM * sum(each.stat().st_size for each in parts if each.exists())


def _pack(work: Path, configuration: PackedConfiguration | None) -> KeptFile | None:
    if configuration is None:
        return None
    with _reached(work):
        _write(work / CONFIGURATION, configuration.content)
    return KeptFile(CONFIGURATION, len(configuration.content), hashlib.sha256(configuration.content).hexdigest())


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _give_to_owner(file: Path, target: Path) -> None:
    """A file that root makes belongs to the owner of the directory, whose timer must be able to read and remove it."""
    if os.geteuid() == 0:
        status = target.stat()
        os.chown(file, status.st_uid, status.st_gid)


def _record_set(folder: Path, manifest: Manifest, place: BackupPlace, clock: Clock, account: str) -> frozenset[str]:
    """Records the set; returns the stems that stay whatever their age: this one, and the last that was checked."""
    detail = {
        "file": manifest.database.name,
        "bytes": manifest.database.size,
        "sha256": manifest.database.sha256,
        "entries": manifest.entries,
        "head": manifest.head,
    }
    with contextlib.closing(open_store(folder, clock)) as store, store.writing() as writing:
        entry = writing.note(NoteEvent.BACKED_UP, None, Author("hoshobin", account), detail)
        writing.set_property(BACKED_UP, SetMark(entry.at, manifest.stem).text())
        writing.set_property(BACKUP_PLACE, place.text())
        writing.set_property(BACKUP_TROUBLE, "")
        writing.set_property(LOG_VERIFIED, f"{manifest.made_at.isoformat()} holds")  # by way of its copy
        checked = read_set_mark(writing.property(BACKUP_CHECKED))
    return frozenset({manifest.stem} | ({checked.stem} if checked else set()))


def _rotate(target: Path, made: Manifest, kept: frozenset[str], now: dt.datetime) -> tuple[str, ...]:
    """Removes the sets of the same store that are not kept, and what a removal that was cut short left of one."""
    with _reached(target):
        sets = [each for each in _manifests(target) if each.store == made.store]
        whole = [each for each in sets if (target / each.database.name).exists()]
        removed = choose_removed(whole, kept)
        broken = [each for each in sets if each not in whole and each.made_at < now - _ABANDONED]
        for each in (*removed, *broken):
            for name in (*(file.name for file in each.files), f"{each.stem}{MANIFEST}"):
                (target / name).unlink(missing_ok=True)
        sync_folder(target)
    return tuple(each.database.name for each in removed)


def _manifests(target: Path) -> Iterator[Manifest]:
    """The sets in ``target``; one that this account may not read is not this account's to remove."""
    for path in sorted(target.glob(f"hoshobin-*{MANIFEST}")):
        manifest = _manifest_of(path.with_name(path.name.replace(MANIFEST, DATABASE)))
        if manifest is not None and path.name == f"{manifest.stem}{MANIFEST}":
            yield manifest


# --- What went wrong -----------------------------------------------------------------------------------------------


def _explain(failure: HoshobinError, where: Path, now: dt.datetime, kind: str = "") -> Trouble:
    """Returns the trouble of a backup that failed, with the begin ``check_`` of its code that of a check."""
    if isinstance(failure, LogBroken):
        return Trouble(now, f"{kind}unsound", str(where), f"{failure.code}: {failure.detail}")
    return Trouble(now, f"{kind}unreached", str(where), _reason_of(failure, where))


def _reason_of(failure: HoshobinError, named: Path) -> str:
    """Returns the reason without the place that is named beside it."""
    if isinstance(failure, UnusablePlace) and failure.place == str(named):
        return failure.reason
    return failure.detail if isinstance(failure, Unavailable) else str(failure)


def _record_trouble(folder: Path, name: str, trouble: Trouble, clock: Clock) -> None:
    """Records it for the list of tasks; tells people if it is new, and each night. A store that fails has alarms."""
    with (
        contextlib.suppress(HoshobinError),
        contextlib.closing(open_store(folder, clock)) as store,
        store.writing() as writing,
    ):
        known = read_trouble(writing.property(name))
        cause = cause_about(AlarmCause.BACKUP_FAILED, trouble.code)
        told = store.last_alarm(cause)
        is_told = told is not None and told.created_at <= trouble.at < told.created_at + _TOLD_AGAIN
        is_new = known is None or known.code != trouble.code
        noted = trouble if is_new or known is None else replace(trouble, at=known.at)
        if is_new or not is_told:
            writing.raise_alarm(cause, (), noted.text())
        writing.set_property(name, noted.text())
        if trouble.code == "unsound":
            writing.set_property(LOG_VERIFIED, f"{trouble.at.isoformat()} broken")


# --- Check ---------------------------------------------------------------------------------------------------------


def check_backup(folder: Path | None, given: Path, clock: Clock, account: str = "") -> CheckedBackup:
    """Restores a backup into a temporary folder and verifies it there; records that in the store in ``folder``.

    ``given`` is the copy of a store, or a directory of sets, of which the newest is checked. A failure is recorded if
    the set is of that store, or a directory was given. Raises NotAllowed ``no_backup_in`` or ``backup_check_no_room``,
    LogBroken, ConfigError ``newer_database``, Unavailable.
    """
    own, last = _own_marks(folder, clock)
    file = given
    try:
        with _reached(given):
            file = _newest_in(given, own, last) if given.is_dir() else given
        checked = _restore_beside(file, clock)
    except (NotAllowed, LogBroken, Unavailable) as failure:
        if folder is not None and own and (given.is_dir() or _is_of(file, own)):
            _record_trouble(folder, CHECK_TROUBLE, _explain_check(failure, given, file, clock.now()), clock)
        raise
    if folder is not None and checked.store == own:
        _record_check(folder, checked, clock, account)
    return checked


def _explain_check(failure: HoshobinError, given: Path, file: Path, now: dt.datetime) -> Trouble:
    if not isinstance(failure, NotAllowed):
        return _explain(failure, file, now, "check_")
    if failure.code == "no_backup_in":
        return Trouble(now, "check_none", str(given))
    beside = _place_beside(file)
    return Trouble(now, "check_no_room", str(beside), "", *_measure(file, beside))


def _own_marks(folder: Path | None, clock: Clock) -> tuple[str, str]:
    """The identity of the store, and the stem of the set that it made last; empty where there are none."""
    if folder is None or not has_database(folder):
        return "", ""
    with contextlib.closing(open_store(folder, clock)) as store:
        last = read_set_mark(store.property(BACKED_UP))
        return store.property(IDENTITY) or "", last.stem if last else ""


def _newest_in(target: Path, own: str, last: str) -> Path:
    """The set that the store made last; without it the newest by its time, which a wrong clock may have set."""
    whole = [each for each in _manifests(target) if (target / each.database.name).exists() and own in {"", each.store}]
    if not whole:
        for path in target.glob(f"hoshobin-*{MANIFEST}"):  # one that this account may not read is not missing
            with _reached(path):
                path.open("rb").close()
        raise NotAllowed("no_backup_in", target=str(target))
    return target / max(whole, key=lambda each: (each.stem == last, each.made_at)).database.name


def _is_of(file: Path, own: str) -> bool:
    manifest = _manifest_of(file)
    return manifest is not None and manifest.store == own


def _manifest_of(file: Path) -> Manifest | None:
    path = file.with_name(f"{file.name.removesuffix(DATABASE)}{MANIFEST}")
    with contextlib.suppress(OSError), path.open("rb") as content:
        return read_manifest(content.read(_MANIFEST_LIMIT))
    return None


def _place_beside(file: Path) -> Path:
    """The folder in which a set is tried: that of the set, where this account may write."""
    return file.parent if os.access(file.parent, os.W_OK) else Path(tempfile.gettempdir())


def _restore_beside(file: Path, clock: Clock) -> CheckedBackup:
    manifest, beside = _manifest_of(file), _place_beside(file)
    _require_room(file, beside, "backup_check_no_room", file=str(file))
    with _working_in(beside) as work, _filling(beside):
        digest = _take_copy(file, work)
        for each in manifest.files if manifest else ():
            with _reached(file.with_name(each.name)):
                found = digest if each.name == file.name else _digest(file.with_name(each.name))
            if found != each.sha256:
                raise LogBroken("backup_differs", each.name)
        verdict, store = _bring_up(work, clock)
    if manifest is not None and (manifest.entries, manifest.head) != (verdict.count, verdict.head):
        raise LogBroken("backup_differs", f"{file.name}: {verdict.count}, {verdict.head}")
    return CheckedBackup(file, verdict, manifest, store)


def _record_check(folder: Path, checked: CheckedBackup, clock: Clock, account: str) -> None:
    detail = {"file": checked.file.name, "entries": checked.verdict.count, "head": checked.verdict.head}
    detail |= {"sha256": checked.manifest.database.sha256} if checked.manifest else {}
    with contextlib.closing(open_store(folder, clock)) as store, store.writing() as writing:
        entry = writing.note(NoteEvent.BACKUP_CHECKED, None, Author("hoshobin", account), detail)
        writing.set_property(BACKUP_CHECKED, SetMark(entry.at, checked.file.name.removesuffix(DATABASE)).text())
        writing.set_property(CHECK_TROUBLE, "")


# --- Restore -------------------------------------------------------------------------------------------------------


def replace_store(folder: Path, file: Path, clock: Clock, account: str, *, takes_other: bool = False) -> RestoredStore:
    """Replaces the store in ``folder`` by the one in ``file`` (with ``file-wal``, if there is one).

    ``head`` and ``secret`` stay. ``takes_other`` is that ``file`` may be of another store than the one in place. Raises
    NotAllowed ``restore_other_store`` if it is, LogBroken ``not_a_store``, ``backup_differs`` from the manifest beside
    it and others if the file is not sound, ConfigError ``newer_database``, Unavailable; then nothing was changed.
    """
    with _alone_in(folder, _WORK) as work, _filling(folder):
        copy = work / FILE_NAME
        digest = _take_copy(file, work)
        own, found = _identity_of(folder), _identity_of(work)  # before a migration gives one to an older copy
        if secret := read_secret(folder):
            write_secret(work, secret)  # a store from before it had one takes this, and not a new one
        verdict, _ = _bring_up(work, clock)
        manifest = _manifest_of(file)
        if manifest is not None and digest != manifest.database.sha256:  # the log does not cover each byte
            raise LogBroken("backup_differs", file.name)
        if own and found and own != found and not takes_other:
            raise NotAllowed("restore_other_store", file=str(file))
        _record(work, file, digest, verdict, clock, account)
        _settle(copy)
        with _writers_waiting(folder):
            replaced = _swap(folder, copy, _free_suffix(folder, clock.now()))
    return RestoredStore(verdict, replaced, is_compared=manifest is not None)


def _identity_of(folder: Path) -> str:
    """The identity of a store of any form; empty if it has none, has no entry, or cannot be read.

    The file alone is read, which has the identity from its first day on: opening the database would leave files beside
    it, or move the content of its ``-wal``, and nothing may change before all of the backup is judged.
    """
    source = f"{(folder / FILE_NAME).absolute().as_uri()}?mode=ro&immutable=1"
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(source, uri=True)) as database:
        if database.execute("SELECT 1 FROM entries LIMIT 1").fetchone():
            row = database.execute("SELECT value FROM properties WHERE name = ?", (IDENTITY,)).fetchone()
            return str(row[0]) if row else ""
    return ""


def keep_before_migration(folder: Path, version: str, clock: Clock) -> Path:
    """Copies the older store in ``folder`` beside it, and tries the migration on a second copy, which is removed.

    The caller holds the store's write lock. ``version`` is that of the program that migrates. A former copy of this
    kind is removed once the new one is there. Raises NoRoom, LogBroken if the migrated copy is not sound, Unavailable.
    """
    files = (folder / FILE_NAME, folder / f"{FILE_NAME}-wal")
    size = sum(file.stat().st_size for file in files if file.exists())
    if (missing := _COPIES * size + _MARGIN - shutil.disk_usage(folder).free) > 0:
        raise NoRoom("store", missing)
    with _alone_in(folder, _TRIAL) as work:
        kept = work / "kept.sqlite3"
        with _filling(folder):
            _copy_in_one_step(folder, work)
            _settle(work / FILE_NAME)
            _copy_file(work / FILE_NAME, kept)
            create_or_migrate(work)
            _check(work, clock)
            _settle(kept)
        with translated():
            named = folder / f"{BEFORE}{version}.sqlite3"
            kept.replace(named)
            for former in folder.glob(f"{BEFORE}*.sqlite3"):
                if former != named:
                    former.unlink()
            sync_folder(folder)
    return named


@contextlib.contextmanager
def _alone_in(folder: Path, prefix: str) -> Iterator[Path]:
    """A folder in the store's, removed at the end; removes that of a process that was killed: a lock is held."""
    with translated():
        for left in folder.glob(f"{prefix}*"):
            shutil.rmtree(left)
        work = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _take_copy(file: Path, work: Path) -> str:
    """Copies ``file`` and its ``-wal`` into ``work``; returns the hash of the file."""
    with _reached(file):
        for ending in ("", "-wal"):
            if not ending or Path(f"{file}{ending}").exists():
                _copy_file(Path(f"{file}{ending}"), work / f"{FILE_NAME}{ending}")
        return _digest(work / FILE_NAME)


def _bring_up(work: Path, clock: Clock) -> tuple[LogVerdict, str]:
    """Brings the copy in ``work`` up to date; returns the verdict on it and its identity. Raises LogBroken."""
    _refuse_another_kind(work)
    create_or_migrate(work)
    return _check(work, clock)


def _copy_in_one_step(folder: Path, work: Path) -> None:
    """Copies in one step: a copy in several steps starts again at each write, and never ends beside a busy service.

    Meanwhile the ``-wal`` grows, because pages that are being read are not overwritten. The next commit of the service
    would move all of it into the database, which takes seconds. It is moved here, and no commit waits for that.
    """
    with translated():
        make_file(work)
        source = f"{(folder / FILE_NAME).absolute().as_uri()}?mode=rw"
        with (
            contextlib.closing(sqlite3.connect(source, uri=True, timeout=PATIENCE)) as database,
            contextlib.closing(sqlite3.connect(work / FILE_NAME)) as copy,
        ):
            copy.execute(
                "PRAGMA synchronous = OFF"
            )  # it is written to the disk meanwhile, and by ``_settle`` at the end
            with _writing_steadily(work / FILE_NAME):
                database.backup(copy)
                with contextlib.suppress(sqlite3.OperationalError):  # the copy is whole; a commit does it then
                    database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


@contextlib.contextmanager
def _writing_steadily(copy: Path) -> Iterator[None]:
    """Has the file written to the disk a little at a time while the block fills it.

    Else the system keeps gigabytes of it in memory, and a commit on the same disk waits until all of them are written.
    Raises OSError: the kernel reports a failed write once, here and not to ``_settle``.
    """
    ends = threading.Event()
    failures: list[OSError] = []

    def write() -> None:
        descriptor = os.open(copy, os.O_RDONLY)
        try:
            is_whole = False
            while not is_whole:
                is_whole = ends.wait(_WRITTEN_EVERY)
                os.fdatasync(descriptor)
        except OSError as failure:
            failures.append(failure)
        finally:
            os.close(descriptor)

    thread = threading.Thread(target=write, name="backup-writer")
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()
    if failures:
        raise failures[0]


def _refuse_another_kind(work: Path) -> None:
    """A file that is empty, or of another program, would be made a store of ours by the migration."""
    with translated(), contextlib.closing(open_file(work)) as connection:
        if not revision_of(connection):
            raise LogBroken("not_a_store", "no tables of hoshobin are in it")


def _check(work: Path, clock: Clock) -> tuple[LogVerdict, str]:
    """The verdict of ``audit verify`` on a sound copy, and its identity. Raises LogBroken."""
    with translated(), contextlib.closing(sqlite3.connect(work / FILE_NAME)) as database:
        found = [str(row[0]) for row in database.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise LogBroken("corrupt", "; ".join(found))
    with contextlib.closing(open_store(work, clock)) as store:
        verdict, identity = store.verify(), store.property(IDENTITY) or ""
    if not verdict.holds:
        first = verdict.faults[0]
        raise LogBroken(first.code, str(first.where))
    return verdict, identity


def _record(work: Path, file: Path, digest: str, verdict: LogVerdict, clock: Clock, account: str) -> None:
    """Records the restore in the copy itself, so that it is there from the moment in which the copy is the store."""
    with contextlib.closing(open_store(work, clock)) as store, store.writing() as writing:
        detail = {"file": file.name, "sha256": digest, "entries": verdict.count, "head": verdict.head}
        entry = writing.note(NoteEvent.RESTORED, None, Author("hoshobin", account), detail)
        writing.set_property(RESTORED_AT, entry.at.isoformat())
        for each in writing.accounts():  # what ended since the backup must not begin again
            writing.drop_sessions_of(each.id)
            writing.drop_invitations_of(each.id)


def _settle(copy: Path) -> None:
    """Moves the content of ``-wal`` into the file, and writes the file to the disk."""
    with translated():
        with contextlib.closing(sqlite3.connect(copy)) as database:
            database.execute("PRAGMA journal_mode = DELETE").fetchall()
        copy.chmod(0o600)
        descriptor = os.open(copy, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _forget_pages(copy: Path) -> None:
    """Lets the system drop what it holds of the file in memory: reading comes from the disk, and others keep theirs."""
    with translated():
        descriptor = os.open(copy, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _free_suffix(folder: Path, now: dt.datetime) -> str:
    """A suffix for the former files; a second restore within one second gets a number."""
    first = f"replaced-{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    numbered = (f"{first}-{number}" for number in count(2))
    return next(each for each in chain([first], numbered) if not (folder / f"{FILE_NAME}.{each}").exists())


@contextlib.contextmanager
def _writers_waiting(folder: Path) -> Iterator[None]:
    """Lets no process write into the store meanwhile, such as the console, which holds no sender's lock.

    Raises Unavailable if one does not end. A store that cannot be opened has no writer.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(LogBroken), translated():
            if has_database(folder):
                connection = held.enter_context(contextlib.closing(open_file(folder, PATIENCE)))
                connection.execute("BEGIN IMMEDIATE")
        yield


def _swap(folder: Path, copy: Path, suffix: str) -> tuple[Path, ...]:
    """Puts ``copy`` in place; the former files get their second names before they lose the first.

    A ``-wal`` must be gone when the copy comes: SQLite would play it into a database that it is not of. Cut short,
    this leaves the former database, at worst without its newest entries: behind ``head``, and put back once more.
    """
    replaced = []
    with translated():
        for ending in ("", "-wal"):
            former = folder / f"{FILE_NAME}{ending}"
            if former.exists() and (not ending or former.stat().st_size):
                replaced.append(folder / f"{FILE_NAME}.{suffix}{ending}")
                os.link(former, replaced[-1])
        sync_folder(folder)
        for ending in ("-wal", "-shm"):
            (folder / f"{FILE_NAME}{ending}").unlink(missing_ok=True)
        copy.replace(folder / FILE_NAME)
        sync_folder(folder)
    return tuple(replaced)


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as file, target.open("xb") as copied:
        target.chmod(0o600)
        with _writing_steadily(target):
            shutil.copyfileobj(file, copied, _BLOCK)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextlib.contextmanager
def _working_in(target: Path) -> Iterator[Path]:
    """A folder for this process alone in ``target``, removed at the end; removes those of processes that were killed.

    Each locks its own: the lock ends with the process. Where the file system knows no locks, none is removed.
    """
    with _reached(target):
        for left in target.glob(f"{_BESIDE}*"):
            with contextlib.suppress(OSError), _locked(left):
                shutil.rmtree(left)
    with contextlib.ExitStack() as held:
        with _reached(target):
            work = _make_locked(target, held)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _make_locked(target: Path, held: contextlib.ExitStack) -> Path:
    """A new folder whose lock ``held`` keeps; one that another process cleared before it was locked is made again."""
    while True:
        work = Path(tempfile.mkdtemp(prefix=_BESIDE, dir=target))
        with contextlib.suppress(OSError):
            held.enter_context(_locked(work, waits=True))
        if work.exists():
            return work


@contextlib.contextmanager
def _locked(folder: Path, *, waits: bool = False) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _reached(place: Path) -> Iterator[None]:
    """Raises UnusablePlace with the path that a person gave and the system's reason."""
    try:
        yield
    except OSError as error:
        raise UnusablePlace("backup", place, error) from error


@contextlib.contextmanager
def _filling(place: Path) -> Iterator[None]:
    """Raises UnusablePlace with ``place`` if its disk is full, in place of an error that names another place, or none.

    SQLite has several errors for a full disk, and a copy knows the file that it reads. It is looked at before the
    half-made files are removed, after which there is room again.
    """
    try:
        yield
    except (Unavailable, OSError) as error:
        with contextlib.suppress(OSError):
            if shutil.disk_usage(place).free < _NEARLY_NONE:
                full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                raise UnusablePlace("disk", place, full) from error
        raise
