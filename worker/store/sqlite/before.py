"""Keeps a checked copy of an older database beside it, before the migration changes it for good.

The copy is the way back to the program before. It is migrated on trial: a database whose copy cannot be migrated, or
whose log does not hold, is left as it is.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Final

from worker.core.clock import Clock
from worker.core.errors import LogBroken, Unavailable
from worker.store.sqlite.connection import FILE_NAME, REVISION, mode_in, open_file, revision_of, sync_folder, translated
from worker.store.sqlite.store import create_or_migrate, has_database, open_store

NAME: Final = "hoshobin-before-{version}.sqlite3"
"""``version`` is that of the program that made the copy."""
_WORK: Final = ".before-"
"""Begin of the name of the folder in which the copy is made and tried."""
_COPIES: Final = 3
"""Room that must be free, in sizes of the database: the copy, the one that is migrated on trial, and the migration."""


def is_older(folder: Path) -> bool:
    """Returns true if there is a database that the migration would change. Raises Unavailable, LogBroken."""
    if not has_database(folder):
        return False
    with translated(), contextlib.closing(open_file(folder)) as connection:
        return "" < revision_of(connection) < REVISION


def keep_before(folder: Path, version: str, clock: Clock) -> Path:
    """Makes the copy, and removes those of earlier migrations; returns its path.

    Raises Unavailable ``before`` without room for it, LogBroken if its log does not hold; then nothing was changed.
    """
    with translated():
        for left in folder.glob(f"{_WORK}*"):  # of one that was killed
            shutil.rmtree(left)
        _look_for_room(folder)
        work = Path(tempfile.mkdtemp(prefix=_WORK, dir=folder))
    try:
        with translated():
            copy, kept = work / "copy", folder / NAME.format(version=version)
            with contextlib.closing(open_file(folder)) as connection:
                connection.execute("VACUUM INTO ?", [str(copy)])
            shutil.copyfile(copy, work / FILE_NAME)
        _try_migration(work, clock)
        with translated():
            copy.chmod(mode_in(folder))
            with copy.open("rb") as written:
                os.fsync(written.fileno())
            copy.replace(kept)
            sync_folder(folder)
            for former in folder.glob(NAME.format(version="*")):
                if former != kept:
                    former.unlink()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return kept


def _look_for_room(folder: Path) -> None:
    needed = _COPIES * sum(each.stat().st_size for each in folder.glob(f"{FILE_NAME}*"))
    missing = needed - shutil.disk_usage(folder).free
    if missing > 0:
        detail = f"{folder} (+{missing:,} bytes; hoshobin migrate --no-backup): {os.strerror(errno.ENOSPC)}"
        raise Unavailable("before", detail)


def _try_migration(work: Path, clock: Clock) -> None:
    with translated(), contextlib.closing(sqlite3.connect(work / FILE_NAME)) as database:
        found = [str(row[0]) for row in database.execute("PRAGMA integrity_check(1)")]
    if found != ["ok"]:
        raise LogBroken("corrupt", "; ".join(found))
    create_or_migrate(work)
    with contextlib.closing(open_store(work, clock)) as store:
        verdict = store.verify()
    if not verdict.holds:
        first = verdict.faults[0]
        raise LogBroken(first.code, str(first.where))
