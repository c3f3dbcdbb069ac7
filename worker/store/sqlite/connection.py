"""Opens the database file, and says in the house's words what SQLite says.

The promise: a transaction begins when it is said to, with BEGIN IMMEDIATE where it will write, and is synced when its
commit returns. (SQLAlchemy's default on SQLite runs the SELECT of a read-then-write before the transaction begins: two
processes then fork the chain.) It does not know what is stored.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import NullPool

from worker.core.errors import ConfigError, HoshobinError, LogBroken, Problem, Unavailable
from worker.store.sqlite.schema import FILE_NAME, REVISION

PATIENCE: Final = 5.0
"""Seconds to wait for another process's transaction: theirs take milliseconds, a backup's steps about a second."""

BEGIN: Final = "hoshobin_begin"
"""The execution option that says how a transaction begins."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # NORMAL does not wait for the disk: a record of IN_DOUBT could be lost with the power
    "PRAGMA foreign_keys = ON",
)
_DISK: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CONSTRAINT})
_NO_JSON: Final = "malformed JSON"
"""What SQLite says, under its code for everything else, of a row whose columns cannot be generated any more."""
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


def engine_of(folder: Path, patience: float = PATIENCE) -> Engine:
    """An engine whose connections are closed when given back; it opens nothing yet and never makes the file."""
    path = (folder / FILE_NAME).absolute()
    engine = sa.create_engine(
        URL.create("sqlite", database=path.as_uri(), query={"mode": "rw", "uri": "true"}),
        poolclass=NullPool,
        hide_parameters=True,  # a notice's key may be among them, and an exception's text is printed
        connect_args={"timeout": patience, "isolation_level": None},
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma).fetchall()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Foreign errors as ours: Unavailable ``disk`` or ``store``, LogBroken ``corrupt``."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        meaning = _meaning(error.orig)
        if meaning is None:
            raise
        raise meaning from error
    except sqlite3.Error as error:
        meaning = _meaning(error)
        if meaning is None:
            raise
        raise meaning from error
    except OSError as error:
        raise Unavailable("disk", str(error)) from error


def _meaning(error: BaseException | None) -> HoshobinError | None:
    """What SQLite's result code is for the house, None where it is a fault of ours (no such table).

    The extended codes hold the plain one in their last byte.
    """
    extended = getattr(error, "sqlite_errorcode", None)
    code = None if extended is None else extended & 0xFF
    text = f"{getattr(error, 'sqlite_errorname', type(error).__name__)}: {error}"
    if code in _DISK:
        return Unavailable("disk", text)
    if code in _WAITS:
        return Unavailable("store", text)
    # No code: text in the file that is no UTF-8. A constraint: the next entry does not follow the last one.
    if code in _BROKEN or (isinstance(error, sqlite3.OperationalError) and (code is None or _NO_JSON in text)):
        return LogBroken("corrupt", text)
    return None


# --- Which database is there -----------------------------------------------------------------------------------


def check_revision(folder: Path, connection: Connection) -> None:
    """Raises ConfigError ``old_database`` or ``newer_database`` where the tables are not this program's."""
    found = revision_of(connection)
    if found != REVISION:
        raise refused(folder, "old_database" if found < REVISION else "newer_database", found)


def revision_of(connection: Connection) -> str:
    """The migration that the database is at; empty where none ever ended."""
    known = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first()
    if known is None:
        return ""
    return str(connection.exec_driver_sql("SELECT coalesce(max(version_num), '') FROM alembic_version").scalar_one())


def refused(folder: Path, code: str, found: str = "") -> ConfigError:
    """The operator must act: the database at this path is missing, older or newer; ``found`` is its revision."""
    path = str(folder / FILE_NAME)
    return ConfigError([Problem(path, "", code, {"path": path, "found": found or "0000", "own": REVISION})])


def make_file(folder: Path) -> None:
    """An empty file that only its owner can read, where there is none; a folder of ours alone, where there is none.

    A folder that exists keeps its mode: people save notices below it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.fchmod(descriptor, 0o600)  # keys stand in it in clear; SQLite gives its -wal and -shm the same mode
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
