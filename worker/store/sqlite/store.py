"""The store in one SQLite file: the connection, its transactions, and everything that can fail about them.

``queries`` holds the reads and ``writing`` the records of a transaction; this module opens the file, begins, commits
and recovers. After ``writing`` returned, the records are on the disk. After it raised, nothing was changed; if that is
uncertain, it raises Unavailable, and a reopened file is read before anything is decided. Only ``create_or_migrate``
makes or migrates a database. One store is one connection, used from one thread.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from worker.audit.chain import GENESIS
from worker.core.clock import Clock
from worker.core.errors import HoshobinError, LogBroken, Unavailable
from worker.core.message_id import IDENTITY_BYTES, SECRET, SECRET_BYTES
from worker.store.ports import IDENTITY, MACHINE, WITNESS_FOLDER, Witness
from worker.store.sqlite import compiled
from worker.store.sqlite.connection import (
    FILE_NAME,
    FOREIGN_ERRORS,
    PATIENCE,
    REVISION,
    check_revision,
    make_file,
    open_file,
    refused,
    revision_of,
    translated,
)
from worker.store.sqlite.entries import Aside, stream_lines, stream_originals, stream_rows, text_of
from worker.store.sqlite.files import (
    MACHINE_ID,
    name_machine,
    read_mark,
    read_secret,
    read_witness,
    write_mark,
    write_secret,
    write_witness,
)
from worker.store.sqlite.queries import StoreReads
from worker.store.sqlite.writing import SqlWriting

if TYPE_CHECKING:
    from worker.audit.verify import Verdict

_STEPS_BETWEEN_LOOKS: Final = 1_000
"""Instructions of SQLite between two looks at the time: less than a millisecond."""
DATABASE: Final = "database"
HEAD: Final = "head"
"""The parts of the store that can fail each by itself."""
OWN_FAULTS: Final = frozenset({"store", "disk"})
"""``Unavailable.what`` of the database; another thing may fail inside a transaction."""


def has_database(folder: Path) -> bool:
    """Returns whether there is a database in ``folder``."""
    return (folder / FILE_NAME).exists()


def open_store(folder: Path, clock: Clock, patience: float = PATIENCE) -> SqlStore:
    """The store in ``folder``; ``patience`` is the time in seconds to wait for another process's transaction.

    Raises ConfigError ``no_database``, ``old_database`` or ``newer_database``, Unavailable, LogBroken.
    """
    if not has_database(folder):
        raise refused(folder, "no_database")
    return SqlStore(folder, clock, patience)


def create_or_migrate(folder: Path) -> None:
    """Makes the database in ``folder``, or brings an older one up to date; leaves one of this program as it is.

    A store without a secret takes that of ``DIR/secret``, or a new one; a missing file is written from the store. A
    store without an identity gets one.

    Raises ConfigError ``newer_database``, Unavailable, LogBroken.
    """
    with translated():
        make_file(folder)
        with contextlib.closing(open_file(folder)) as connection:  # closing rolls back
            connection.execute("BEGIN IMMEDIATE")
            found = revision_of(connection)
            if found > REVISION:
                raise refused(folder, "newer_database", found)
            if connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None:
                for statement in compiled.NEW_DATABASE:
                    connection.execute(statement)
            elif found < REVISION:
                # SQLAlchemy and alembic would cost every process 130 ms and 20 MB.
                from worker.store.sqlite.migrations.upgrade import upgrade  # noqa: PLC0415

                upgrade(connection)
            noted = read_secret(folder)
            secret = _take(connection, SECRET, noted or secrets.token_hex(SECRET_BYTES))
            _take(connection, IDENTITY, secrets.token_hex(IDENTITY_BYTES))
            connection.commit()
        if noted is None:
            write_secret(folder, secret)


def _take(connection: sqlite3.Connection, name: str, otherwise: str) -> str:
    """The store's value of this name. If it has none, ``otherwise`` becomes its value."""
    known = connection.execute(compiled.PROPERTY, {"name": name}).fetchone()
    if known is not None:
        return str(known[0])
    connection.execute(compiled.SET_PROPERTY, {"name": name, "value": otherwise})
    return otherwise


class SqlStore(StoreReads):
    """``ports.Store`` on one SQLite file. Inside an open ``writing``, the store's reads see its records."""

    def __init__(self, folder: Path, clock: Clock, patience: float = PATIENCE) -> None:
        super().__init__(None)
        self.witness_folder: Path | None = None
        """The folder of its witness, None if it keeps none."""
        self.machine_id = MACHINE_ID
        """The file with the id of this machine."""
        self._folder = folder
        self._clock = clock
        self._patience = patience
        self._writing: SqlWriting | None = None
        self._faults: dict[str, Unavailable | LogBroken] = {}
        with translated():
            self._connection()

    @property
    def fault(self) -> Unavailable | LogBroken | None:
        return next(iter(self._faults.values()), None)

    @contextlib.contextmanager
    def _noted(self, name: str) -> Iterator[None]:
        """Translates foreign errors, and remembers them until this part of the store is written."""
        try:
            with translated():
                yield
        except (Unavailable, LogBroken) as failure:
            self._faults[name] = failure
            raise

    # --- The connection -------------------------------------------------------------------------------------

    def _connection(self) -> sqlite3.Connection:
        """The open connection, or a new one if the last was given up."""
        if self._held is None:
            connection = open_file(self._folder, self._patience)
            try:
                check_revision(self._folder, connection)
            except BaseException:
                connection.close()
                raise
            self._held = connection
        return self._held

    def _give_up(self) -> None:
        """Closes the connection: after a failure only a reopened file shows its true content."""
        held, self._held = self._held, None
        if held is not None:
            with contextlib.suppress(sqlite3.Error):  # nothing more is expected of it
                held.close()

    def free_disk(self) -> int:
        try:
            return shutil.disk_usage(self._folder).free
        except OSError as error:
            raise Unavailable("disk", f"{error.strerror}: {self._folder}") from error

    def close(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            with translated():
                held.close()

    def _fail(self, error: Exception) -> NoReturn:
        if self._writing is None:  # an open transaction still needs its connection
            self._give_up()
        with self._noted(DATABASE):
            raise error

    # --- Writing --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def writing(self) -> Iterator[SqlWriting]:
        if self._writing is not None:
            raise RuntimeError("a transaction inside a transaction")
        connection = self._begin()
        self._writing = writing = SqlWriting(connection, self._clock)
        before = connection.total_changes
        try:
            try:
                yield writing
            except BaseException as error:
                self._roll_back(connection, error)
                raise
            has_written = connection.total_changes != before
            self._commit(connection, writing.last_hash)
            if has_written:  # a transaction without a change needs no disk
                self._faults.pop(DATABASE, None)
        finally:
            writing.end()
            self._writing = None

    def _begin(self) -> sqlite3.Connection:
        """A connection that holds the write lock before its first read, so that no two processes fork the log."""
        try:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
        except FOREIGN_ERRORS as error:
            self._fail(error)
        return connection

    def _roll_back(self, connection: sqlite3.Connection, error: BaseException) -> None:
        try:
            connection.rollback()
        except sqlite3.Error:
            self._give_up()  # closing rolls back
        if isinstance(error, Unavailable | LogBroken):
            self._give_up()
        if isinstance(error, LogBroken) or (isinstance(error, Unavailable) and error.what in OWN_FAULTS):
            self._faults[DATABASE] = error

    def _commit(self, connection: sqlite3.Connection, last_hash: str | None) -> None:
        try:
            connection.commit()
        except FOREIGN_ERRORS as error:
            self._give_up()
            if not self._is_recorded(last_hash):
                self._fail(error)

    def _is_recorded(self, last_hash: str | None) -> bool:
        """Returns whether a commit that failed is nevertheless in the reopened file, and synced.

        The log file that a failed sync left behind may read well from memory and be gone after a power cut. So
        its content must first have been written to the main file, and synced there, by a checkpoint.
        """
        if last_hash is None:
            return False
        try:
            if not self._rows(compiled.NUMBER_OF, {"hash": last_hash}):
                return False
            with translated():
                busy = self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except HoshobinError:
            self._give_up()
            return False
        return bool(busy == 0)

    # --- The head of the log --------------------------------------------------------------------------------

    def mark_head(self) -> None:
        with self._noted(HEAD):
            write_mark(self._folder, self.head())
        self._faults.pop(HEAD, None)

    def marked_head(self) -> tuple[int, str] | None:
        return read_mark(self._folder)

    def holds_head(self, number: int, entry_hash: str) -> bool:
        if number == 0:  # the empty log, from which every log grew
            return entry_hash == GENESIS
        return bool(self._scalar(compiled.HASH_OF, {"number": number}) == entry_hash)

    # --- The witness ----------------------------------------------------------------------------------------

    @property
    def machine(self) -> str:
        return name_machine(self.machine_id)

    def witness(self) -> Witness | None:
        return None if self.witness_folder is None else read_witness(self.witness_folder)

    def keep_witness(self) -> None:
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
        return read_secret(self._folder) not in {None, self.property(SECRET)}

    def note_secret(self) -> None:
        write_secret(self._folder, self.property(SECRET) or "")

    def keep_secret_noted(self) -> None:
        if read_secret(self._folder) is None:
            self.note_secret()

    # --- The pages ------------------------------------------------------------------------------------------

    def find_damage(self, seconds: float) -> str:
        until = time.monotonic() + seconds
        try:
            with translated():
                connection = self._connection()
                connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS_BETWEEN_LOOKS)
                # The walk over the pages is one step (seen in SQLite 3.40), so that another thread ends it.
                timer = threading.Timer(max(0.0, seconds), connection.interrupt)
                timer.start()
                try:
                    found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
                finally:
                    timer.cancel()
                    timer.join()
                    connection.set_progress_handler(None, 0)
        except LogBroken as broken:
            return broken.detail
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                return ""  # the time is up
            raise
        return "" if found == "ok" else found

    # --- The audit ------------------------------------------------------------------------------------------

    def verify(self, heads: Iterable[str] = (), told: Callable[[int], object] | None = None) -> Verdict:
        heads = tuple(heads)
        with translated():
            try:
                return self._verify(str, heads, told)
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", None) is not None:
                    raise
            # A changed byte that is no UTF-8 must be found, not end the search.
            return self._verify(text_of, heads, told)

    def _verify(
        self, text: Callable[[bytes], str], heads: Iterable[str], told: Callable[[int], object] | None
    ) -> Verdict:
        from worker.audit.verify import verify  # noqa: PLC0415  one command in many verifies, and its parser is dear to load

        with contextlib.closing(open_file(self._folder, self._patience)) as connection:
            connection.text_factory = text
            connection.execute("BEGIN")  # one snapshot, while others may write
            check_revision(self._folder, connection)
            return verify(
                stream_lines(connection, told),
                stream_rows(connection),
                stream_originals(connection),
                heads,
                Aside(connection),
            )
