"""Opens the database file, checks its revision, and translates the errors of SQLite and of the disk."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from worker.core.errors import ConfigError, HoshobinError, LogBroken, Problem, Unavailable

FILE_NAME: Final = "hoshobin.sqlite3"
REVISION: Final = "0009"
"""The newest migration. Its four digits are compared with those of the database without alembic."""
PATIENCE: Final = 5.0
"""Seconds to wait for another process's transaction: it takes milliseconds, a step of a backup about a second."""
FOREIGN_ERRORS: Final = (sqlite3.Error, OSError)
"""The errors that ``translated`` translates."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # NORMAL does not wait for the disk: a record of IN_DOUBT could be lost with the power
    "PRAGMA foreign_keys = ON",
)
_DISK: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT})
_NO_JSON: Final = "malformed JSON"
"""SQLite's message, under its code for all other errors, about a row whose columns cannot be generated any more."""
_WAITS: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
    }
)


def open_file(folder: Path, patience: float = PATIENCE) -> sqlite3.Connection:
    """A connection to the database in ``folder``. It begins no transaction by itself and makes no file.

    ``patience`` is the time in seconds to wait for another process's transaction. Raises sqlite3.Error.
    """
    file = f"{(folder / FILE_NAME).absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(file, timeout=patience, isolation_level=None, check_same_thread=False, uri=True)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raises Unavailable ``disk`` or ``store``, or LogBroken ``corrupt``, in place of foreign errors."""
    try:
        yield
    except sqlite3.Error as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error
    except OSError as error:
        raise Unavailable("disk", str(error)) from error


def _meaning(error: sqlite3.Error) -> HoshobinError | None:
    """The error of ours for SQLite's result code, None for a fault of this program (no such table)."""
    extended = getattr(error, "sqlite_errorcode", None)
    code = None if extended is None else extended & 0xFF  # the last byte of an extended code is the plain one
    text = f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
    if code in _DISK:
        return Unavailable("disk", text)
    if code in _WAITS:
        return Unavailable("store", text)
    # No code: the file holds text that is no UTF-8. A constraint: the next entry does not follow the last one.
    if code in _BROKEN or (isinstance(error, sqlite3.OperationalError) and (code is None or _NO_JSON in text)):
        return LogBroken("corrupt", text)
    return None


# --- Which database is there -----------------------------------------------------------------------------------


NEWEST_REVISION: Final = "SELECT coalesce(max(version_num), '') FROM alembic_version"


def check_revision(folder: Path, connection: sqlite3.Connection) -> None:
    """Raises ConfigError ``old_database`` or ``newer_database`` if the tables are not this program's."""
    found = revision_of(connection)
    if found != REVISION:
        raise refused(folder, "old_database" if found < REVISION else "newer_database", found)


def revision_of(connection: sqlite3.Connection) -> str:
    """The migration that the database is at; empty if none ever ended."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    if known is None:
        return ""
    newest = connection.execute(NEWEST_REVISION).fetchone()
    return str(newest[0])


def refused(folder: Path, code: str, found: str = "") -> ConfigError:
    """The error about a database that is missing, older or newer; ``found`` is its revision."""
    path = str(folder / FILE_NAME)
    return ConfigError([Problem(path, "", code, {"path": path, "found": found or "0000", "own": REVISION})])


def mode_in(folder: Path) -> int:
    """The mode of a file of the store: its owner's alone, or its group's too.

    A folder that this process's own group may write is shared with the console's account, which is in that group.
    """
    status = folder.stat()
    return 0o660 if status.st_mode & stat.S_IWGRP and status.st_gid == os.getegid() else 0o600


def make_file(folder: Path) -> None:
    """Makes an empty file with the mode of ``mode_in``, and a folder for its owner alone, if there is none.

    A folder that exists keeps its mode: people save notices below it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(descriptor, mode_in(folder))  # it holds keys in clear; SQLite gives its -wal and -shm the same mode
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Writes the names in ``folder`` to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
