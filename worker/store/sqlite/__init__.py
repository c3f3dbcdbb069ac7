"""The one durable thing on SQLite: the log, what it folds to, the originals and the ledgers, in one file.

The promise: what ``writing`` returned from is on the disk, whole; what it raised from has changed nothing, or, where
nobody can know, is said to be Unavailable and is read again before anything is decided. Only ``create_or_migrate``
makes or migrates a database. One store is one connection, used from one thread.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from worker.audit.chain import GENESIS
from worker.audit.verify import Verdict, verify
from worker.core.clock import Clock
from worker.core.errors import HoshobinError, LogBroken, Unavailable
from worker.core.message_id import IDENTITY_BYTES, SECRET, SECRET_BYTES
from worker.store.ports import IDENTITY, MACHINE, WITNESS_FOLDER, Witness
from worker.store.sqlite.connection import (
    BEGIN,
    PATIENCE,
    check_revision,
    engine_of,
    make_file,
    refused,
    revision_of,
    translated,
)
from worker.store.sqlite.entries import (
    Aside,
    holds_hash,
    read_hash,
    read_head,
    stream_lines,
    stream_originals,
    stream_rows,
    text_of,
)
from worker.store.sqlite.head import read_mark, write_mark
from worker.store.sqlite.queries import StoreReads
from worker.store.sqlite.ready import Ready, run
from worker.store.sqlite.schema import FILE_NAME, PROPERTIES, REVISION
from worker.store.sqlite.secret import read_secret, write_secret
from worker.store.sqlite.witness import MACHINE_ID, name_machine, read_witness, write_witness
from worker.store.sqlite.writing import SqlWriting

__all__ = ["SqlStore", "create_or_migrate", "open_store"]

_STEPS_BETWEEN_LOOKS: Final = 1_000
"""Instructions of SQLite between two looks at the time: less than a millisecond."""
DATABASE: Final = "database"
HEAD: Final = "head"
"""The parts of the store that can fail each by itself."""
OWN_FAULTS: Final = frozenset({"store", "disk"})
"""``Unavailable.what`` of the database; another thing may fail inside a transaction."""


def has_database(folder: Path) -> bool:
    """Whether there is a database in ``folder`` at all."""
    return (folder / FILE_NAME).exists()


def open_store(folder: Path, clock: Clock, patience: float = PATIENCE) -> SqlStore:
    """The store in ``folder``; ``patience`` is how many seconds to wait for another process's transaction.

    Raises ConfigError ``no_database``, ``old_database`` or ``newer_database``, Unavailable, LogBroken.
    """
    if not has_database(folder):
        raise refused(folder, "no_database")
    return SqlStore(folder, clock, patience)


def create_or_migrate(folder: Path) -> None:
    """Make the database in ``folder``, or bring an older one up to date; nothing where it is this program's.

    A store without a secret takes that of ``DIR/secret``, or a new one; a missing file is written from the store. One
    without an identity gets one.

    Raises ConfigError ``newer_database``, Unavailable, LogBroken.
    """
    with translated():
        make_file(folder)
        with engine_of(folder).connect().execution_options(**{BEGIN: "BEGIN IMMEDIATE"}) as connection:
            found = revision_of(connection)
            if found > REVISION:
                raise refused(folder, "newer_database", found)
            if found < REVISION:
                _migrate(connection)
            noted = read_secret(folder)
            secret = _take(connection, SECRET, noted or secrets.token_hex(SECRET_BYTES))
            _take(connection, IDENTITY, secrets.token_hex(IDENTITY_BYTES))
            connection.commit()
        if noted is None:
            write_secret(folder, secret)


def _take(connection: Connection, name: str, otherwise: str) -> str:
    """The store's value of this name; where it has none, ``otherwise``."""
    known = connection.execute(sa.select(PROPERTIES.c.value).where(PROPERTIES.c.name == name)).scalar()
    if known is not None:
        return str(known)
    connection.execute(sa.insert(PROPERTIES), {"name": name, "value": otherwise})
    return otherwise


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  only to migrate: it costs every other command 60 ms and 10 MB
    from alembic.config import Config  # noqa: PLC0415  as above

    config = Config()
    config.set_main_option("script_location", "worker.store.sqlite:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


class SqlStore(StoreReads):
    """``ports.Store`` on one SQLite file. Inside an open ``writing``, the store's reads see what it wrote."""

    def __init__(self, folder: Path, clock: Clock, patience: float = PATIENCE) -> None:
        self.witness_folder: Path | None = None
        """Where its witness is kept; None: nowhere."""
        self.machine_id = MACHINE_ID
        """The file with the id of this machine."""
        self._folder = folder
        self._clock = clock
        self._engine = engine_of(folder, patience)
        self._held: Connection | None = None
        self._writing: SqlWriting | None = None
        self._faults: dict[str, Unavailable | LogBroken] = {}
        with translated():
            self._connection()

    @property
    def fault(self) -> Unavailable | LogBroken | None:
        """Why the database, or the head beside it, could last not be written or read; None once it was written."""
        return next(iter(self._faults.values()), None)

    @contextlib.contextmanager
    def _noted(self, name: str) -> Iterator[None]:
        """Foreign errors as ours, and remembered until this part of the store was written."""
        try:
            with translated():
                yield
        except (Unavailable, LogBroken) as failure:
            self._faults[name] = failure
            raise

    # --- The connection -------------------------------------------------------------------------------------

    def _connection(self) -> Connection:
        """The open connection; a new one where the last was given up."""
        if self._held is None:
            connection = self._engine.connect()
            try:
                with connection.begin():
                    check_revision(self._folder, connection)
            except BaseException:
                connection.close()
                raise
            self._held = connection
        return self._held

    def _give_up(self) -> None:
        """Close the connection: after a failure only a newly opened file says what is in it."""
        held, self._held = self._held, None
        if held is not None:
            with contextlib.suppress(sa.exc.DBAPIError):  # nothing more is expected of it
                held.invalidate()
                held.close()

    def free_disk(self) -> int:
        """Bytes that are free where the store is. Raises Unavailable."""
        try:
            return shutil.disk_usage(self._folder).free
        except OSError as error:
            raise Unavailable("disk", f"{error.strerror}: {self._folder}") from error

    def close(self) -> None:
        """Close the connection."""
        held, self._held = self._held, None
        if held is not None:
            with translated():
                held.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        """The connection in a transaction: the open one, or a short one of its own."""
        with self._noted(DATABASE):
            connection = self._connection()
            if connection.in_transaction():
                yield connection
                return
            try:
                with connection.begin():
                    yield connection
            except (sa.exc.DBAPIError, sqlite3.Error, OSError):
                self._give_up()
                raise

    def _rows(self, statement: Ready | sa.Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        if isinstance(statement, Ready):
            return self._ask(statement, values)
        with self._reading() as connection:
            return run(connection, statement, values)

    def _ask(self, statement: Ready, values: Mapping[str, Any] | None) -> Sequence[Any]:
        """The rows of one statement: in the open transaction, or by itself, as one statement is one snapshot."""
        with self._noted(DATABASE):
            connection = self._connection()
            try:
                return statement.run(connection, values)
            except (sqlite3.Error, OSError):
                if not connection.in_transaction():
                    self._give_up()
                raise

    # --- Writing --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def writing(self) -> Iterator[SqlWriting]:
        """A write transaction: committed (and synced) at the end, rolled back on an exception.

        Raises Unavailable where it was not recorded: lock, disk full, failed sync. A commit that failed is
        read again from a reopened database before that is said.
        """
        if self._writing is not None:
            raise RuntimeError("a transaction inside a transaction")
        connection = self._begin()
        self._writing = writing = SqlWriting(connection, self._clock)
        before = _changes(connection)
        try:
            try:
                yield writing
            except BaseException as error:
                self._roll_back(connection, error)
                raise
            has_written = _changes(connection) != before
            self._commit(connection, writing.last_hash)
            if has_written:  # a transaction without a change needs no disk
                self._faults.pop(DATABASE, None)
        finally:
            writing.end()
            self._writing = None

    def _begin(self) -> Connection:
        try:
            with self._noted(DATABASE):
                connection = self._connection().execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
                try:
                    connection.begin()
                finally:
                    connection.execution_options(**{BEGIN: "BEGIN"})
                return connection
        except (Unavailable, LogBroken):
            self._give_up()
            raise

    def _roll_back(self, connection: Connection, error: BaseException) -> None:
        try:
            connection.rollback()
        except sa.exc.DBAPIError:
            self._give_up()  # closing rolls back
        if isinstance(error, Unavailable | LogBroken):
            self._give_up()
        if isinstance(error, LogBroken) or (isinstance(error, Unavailable) and error.what in OWN_FAULTS):
            self._faults[DATABASE] = error

    def _commit(self, connection: Connection, last_hash: str | None) -> None:
        try:
            with translated():
                connection.commit()
        except HoshobinError as failure:
            self._give_up()
            if not self._is_recorded(last_hash):
                if isinstance(failure, Unavailable | LogBroken):
                    self._faults[DATABASE] = failure
                raise

    def _is_recorded(self, last_hash: str | None) -> bool:
        """Whether a commit that failed is nevertheless in the reopened file, and synced.

        The log file that a failed sync left behind may read well from memory and be gone after a power cut. So
        its content must first have been written to the main file, and synced there, by a checkpoint.
        """
        if last_hash is None:
            return False
        try:
            with self._reading() as connection:
                if not holds_hash(connection, last_hash):
                    return False
            with translated():
                driver = self._connection().connection.driver_connection
                busy = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] if driver is not None else 1
        except HoshobinError:
            self._give_up()
            return False
        return bool(busy == 0)

    # --- The chain's end ------------------------------------------------------------------------------------

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry; ``(0, 64 zeros)`` where there is none."""
        with self._reading() as connection:
            return read_head(connection)

    def mark_head(self) -> None:
        """Replace ``DIR/head`` by the head (temporary file, fsync, rename, fsync of the folder)."""
        with self._noted(HEAD):
            write_mark(self._folder, self.head())
        self._faults.pop(HEAD, None)

    def marked_head(self) -> tuple[int, str] | None:
        """What ``DIR/head`` says, None where it does not exist. Raises LogBroken where it is unreadable."""
        return read_mark(self._folder)

    def holds_head(self, number: int, entry_hash: str) -> bool:
        """Whether the entry of this number is here with this hash; number 0 is the empty log that every log grew from.

        Where ``DIR/head`` names one that is not, the database is an old copy, or another line.
        """
        if number == 0:
            return entry_hash == GENESIS
        with self._reading() as connection:
            return read_hash(connection, number) == entry_hash

    # --- The witness ----------------------------------------------------------------------------------------

    @property
    def machine(self) -> str:
        """On which machine this process runs, by a hash of its id; empty where it has none."""
        return name_machine(self.machine_id)

    def witness(self) -> Witness | None:
        """What the witness says, None where there is none. Raises LogBroken where it cannot be understood."""
        return None if self.witness_folder is None else read_witness(self.witness_folder)

    def keep_witness(self) -> None:
        """Record this machine as the store's home, and replace the witness by what the store is now.

        A witness that cannot be written is as none; ``doctor`` tells of it.
        """
        machine, folder = self.machine, self.witness_folder
        fresh = {MACHINE: machine} if machine else {}
        fresh |= {WITNESS_FOLDER: str(folder)} if folder is not None else {}
        if changed := {name: value for name, value in fresh.items() if self.property(name) != value}:
            with self.writing() as writing:
                for name, value in changed.items():
                    writing.set_property(name, value)
        if folder is None:
            return
        witness = Witness(self.property(IDENTITY) or "", machine, *self.head(), str(self._folder.absolute()))
        with contextlib.suppress(LogBroken):  # what cannot be understood is replaced
            if self.witness() == witness:
                return
        with contextlib.suppress(OSError):
            write_witness(folder, witness)

    # --- The secret -----------------------------------------------------------------------------------------

    def is_other_secret_noted(self) -> bool:
        """Whether ``DIR/secret`` is there and is not the store's secret."""
        return read_secret(self._folder) not in {None, self.property(SECRET)}

    def note_secret(self) -> None:
        """Replace ``DIR/secret`` by the store's secret."""
        write_secret(self._folder, self.property(SECRET) or "")

    def keep_secret_noted(self) -> None:
        """Write ``DIR/secret`` where it is missing."""
        if read_secret(self._folder) is None:
            self.note_secret()

    # --- The pages ------------------------------------------------------------------------------------------

    def find_damage(self, seconds: float) -> str:
        """What SQLite finds amiss with the pages of the file; empty where nothing, or nothing in so many seconds."""
        until = time.monotonic() + seconds
        try:
            with translated():
                driver = self._connection().connection.driver_connection
                if driver is None:
                    return ""
                driver.set_progress_handler(lambda: time.monotonic() > until, _STEPS_BETWEEN_LOOKS)
                try:
                    found = str(driver.execute("PRAGMA quick_check(1)").fetchone()[0])
                finally:
                    driver.set_progress_handler(None, 0)
        except LogBroken as broken:
            return broken.detail
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return ""  # the time is up
            raise
        return "" if found == "ok" else found

    # --- The audit ------------------------------------------------------------------------------------------

    def verify(self, heads: Iterable[str] = (), told: Callable[[int], object] | None = None) -> Verdict:
        """Everything ``audit.verify`` looks at, read from one snapshot while others may write.

        ``told`` is called with the number of each entry that is read.
        """
        with translated(), self._engine.connect() as connection, connection.begin():
            driver = connection.connection.driver_connection
            if driver is not None:
                driver.text_factory = text_of  # a changed byte that is no UTF-8 must be found, not end the search
            check_revision(self._folder, connection)
            return verify(
                stream_lines(connection, told),
                stream_rows(connection),
                stream_originals(connection),
                heads,
                Aside(connection),
            )


def _changes(connection: Connection) -> int:
    """How many rows this connection has changed since it was opened."""
    driver = connection.connection.driver_connection
    return int(driver.total_changes) if driver is not None else 0
