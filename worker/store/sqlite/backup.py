"""Copies the store into one file while others write, and puts the store back from such a file.

A copy gets its name after it was checked, and only its owner can read it. A file is checked before it is put back. The
replaced files stay beside it under another name, and nothing is sent until a person resumes. Only the holder of the
sender's lock may put back.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from worker.core.clock import Clock
from worker.core.errors import LogBroken, NoRoom, Unavailable
from worker.core.states import NoteEvent
from worker.store.ports import RESTORED_AT, Author
from worker.store.sqlite.connection import (
    FILE_NAME,
    PATIENCE,
    make_file,
    open_file,
    revision_of,
    sync_folder,
    translated,
)
from worker.store.sqlite.store import create_or_migrate, open_store, read_secret, write_secret

if TYPE_CHECKING:
    from worker.audit.verify import LogVerdict

_WORK: Final = ".restore-"
"""Begin of the name of the folder in which a restore works; the folder holds a copy of the store."""
_TRIAL: Final = ".migration-"
"""The same of a trial before a migration."""
_BLOCK: Final = 1_048_576
"""Bytes read at once."""
BEFORE: Final = "hoshobin-before-"
"""Begin of the name of the copy that is kept of a store before its migration."""
_COPIES: Final = 3
"""Sizes of the store that must be free before a migration: the copy to keep, the one that is tried, and what the migration
writes before it is checked in."""
_MARGIN: Final = 64 * 1_048_576
"""Bytes left for the service beside them."""


@dataclass(frozen=True, slots=True)
class BackupCopy:
    """One checked copy of the store."""

    file: Path
    verdict: LogVerdict
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RestoredStore:
    """The verdict on the store that was put back, and the new paths of the former files, if there were any."""

    verdict: LogVerdict
    replaced: tuple[Path, ...]


def back_up(folder: Path, target: Path, clock: Clock) -> BackupCopy:
    """Copies the store in ``folder`` into a new file in ``target``; makes that folder, but not the folders above it.

    Raises ConfigError if there is no store, or an older one, LogBroken if the copy is not sound, Unavailable.
    """
    open_store(folder, clock).close()  # says what is wrong with its place or version
    with _reached(target):
        target.mkdir(mode=0o700, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".hoshobin-", dir=target))
    try:
        _copy_in_one_step(folder, work)
        verdict = _check(work, clock)
        copy = work / FILE_NAME
        _settle(copy)
        with _reached(target):
            moment = clock.now().astimezone(dt.UTC)
            named = target / f"hoshobin-{moment:%Y%m%dT%H%M%SZ}-{verdict.count}-{verdict.head[:8]}.sqlite3"
            size, digest = copy.stat().st_size, _digest(copy)
            copy.replace(named)
            sync_folder(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return BackupCopy(named, verdict, size, digest)


def replace_store(folder: Path, file: Path, clock: Clock, account: str) -> RestoredStore:
    """Replaces the store in ``folder`` by the one in ``file`` (with ``file-wal``, if there is one).

    ``head`` and ``secret`` stay. Raises LogBroken ``not_a_store`` and others if the file is not sound, ConfigError
    ``newer_database``, Unavailable; then nothing was changed.
    """
    with translated():
        for left in folder.glob(f"{_WORK}*"):  # of a restore that was killed: there is never a second one
            shutil.rmtree(left)
        work = Path(tempfile.mkdtemp(prefix=_WORK, dir=folder))
    try:
        copy = work / FILE_NAME
        with _reached(file):
            for ending in ("", "-wal"):
                if not ending or Path(f"{file}{ending}").exists():
                    _copy_file(Path(f"{file}{ending}"), work / f"{FILE_NAME}{ending}")
            digest = _digest(copy)
        if secret := read_secret(folder):
            write_secret(work, secret)  # a store from before it had one takes this, and not a new one
        _refuse_another_kind(work)
        create_or_migrate(work)
        verdict = _check(work, clock)
        _record(work, file, digest, verdict, clock, account)
        _settle(copy)
        replaced = _swap(folder, copy, _free_suffix(folder, clock.now()))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return RestoredStore(verdict, replaced)


def keep_before_migration(folder: Path, version: str, clock: Clock) -> Path:
    """Copies the older store in ``folder`` beside it, and tries the migration on a second copy, which is removed.

    The caller holds the store's write lock. ``version`` is that of the program that migrates. A former copy of this
    kind is removed once the new one is there. Raises NoRoom, LogBroken if the migrated copy is not sound, Unavailable.
    """
    files = (folder / FILE_NAME, folder / f"{FILE_NAME}-wal")
    size = sum(file.stat().st_size for file in files if file.exists())
    if (missing := _COPIES * size + _MARGIN - shutil.disk_usage(folder).free) > 0:
        raise NoRoom("store", missing)
    with translated():
        for left in folder.glob(f"{_TRIAL}*"):  # of a trial that was killed: the write lock is held
            shutil.rmtree(left)
        work = Path(tempfile.mkdtemp(prefix=_TRIAL, dir=folder))
    try:
        _copy_in_one_step(folder, work)
        _settle(work / FILE_NAME)
        kept = work / "kept.sqlite3"
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
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return named


def _copy_in_one_step(folder: Path, work: Path) -> None:
    """Copies in one step: a copy in several steps starts again at each write, and never ends beside a busy service."""
    with translated():
        make_file(work)
        source = f"{(folder / FILE_NAME).absolute().as_uri()}?mode=rw"
        with (
            contextlib.closing(sqlite3.connect(source, uri=True, timeout=PATIENCE)) as database,
            contextlib.closing(sqlite3.connect(work / FILE_NAME)) as copy,
        ):
            database.backup(copy)


def _refuse_another_kind(work: Path) -> None:
    """A file that is empty, or of another program, would be made a store of ours by the migration."""
    with translated(), contextlib.closing(open_file(work)) as connection:
        if not revision_of(connection):
            raise LogBroken("not_a_store", "no tables of hoshobin are in it")


def _check(work: Path, clock: Clock) -> LogVerdict:
    """The verdict of ``audit verify`` on a sound copy. Raises LogBroken."""
    with translated(), contextlib.closing(sqlite3.connect(work / FILE_NAME)) as database:
        found = [str(row[0]) for row in database.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise LogBroken("corrupt", "; ".join(found))
    with contextlib.closing(open_store(work, clock)) as store:
        verdict = store.verify()
    if not verdict.holds:
        first = verdict.faults[0]
        raise LogBroken(first.code, str(first.where))
    return verdict


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


def _free_suffix(folder: Path, now: dt.datetime) -> str:
    """A suffix for the former files; a second restore within one second gets a number."""
    first = f"replaced-{now.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    numbered = (f"{first}-{number}" for number in count(2))
    return next(each for each in chain([first], numbered) if not (folder / f"{FILE_NAME}.{each}").exists())


def _swap(folder: Path, copy: Path, suffix: str) -> tuple[Path, ...]:
    """Puts ``copy`` in place; the former files get their second names before they lose the first.

    A ``-wal`` must be gone when the copy comes: SQLite would play it into a database that it is not of. Cut short,
    this leaves the former database, at worst without its newest entries: behind ``head``, and put back once more.
    """
    replaced = []
    with translated():
        for ending in ("", "-wal"):
            former = folder / f"{FILE_NAME}{ending}"
            if former.exists():
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
        shutil.copyfileobj(file, copied, _BLOCK)


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextlib.contextmanager
def _reached(place: Path) -> Iterator[None]:
    """Raises Unavailable ``backup`` with the path that a person gave and the system's reason."""
    try:
        yield
    except OSError as error:
        raise Unavailable("backup", f"{place}: {error.strerror}") from error
