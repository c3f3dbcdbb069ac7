"""The store in one SQLite file, with the files beside it: ``head``, ``secret`` and ``witness``.

``queries`` holds the reads. This module opens the file, begins, records, commits and recovers, and handles everything
that can fail about it. A submission's row is the fold of its entries, because both are made of the same change here. A
submission that was changed since it was read is not changed again.

After ``writing`` returned, the records are on the disk. After it raised, nothing was changed; if that is uncertain, it
raises Unavailable, and a reopened file is read before anything is decided. Only ``create_or_migrate`` makes or migrates
a database. One store is one connection, used from one thread.

Each file beside the database is the old one or the new one, never half of one. ``head`` and ``witness`` are replaced
after a commit, never before. They can be behind the database, and one that is ahead of it shows that the database is an
old copy.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from worker.audit.chain import GENESIS, canonical, chain, fold, read_entry
from worker.core.alarms import was_just_raised
from worker.core.clock import Clock
from worker.core.errors import (
    FAULTS_OF_THE_STORE,
    ConfigError,
    Conflict,
    HoshobinError,
    LogBroken,
    NotAllowed,
    Unavailable,
)
from worker.core.message_id import IDENTITY_BYTES, SECRET, SECRET_BYTES
from worker.core.model import (
    Alarm,
    Entry,
    FileRow,
    HealthRecord,
    MessageRow,
    Notice,
    ReceiptKind,
    Sha256,
    Submission,
    sha256,
)
from worker.core.open_until import open_until
from worker.core.states import Event, NoteEvent, State, next_state
from worker.core.text import encodable, match_key
from worker.store.ports import IDENTITY, MACHINE, WITNESS_FOLDER, Author, Witness
from worker.store.sqlite import compiled
from worker.store.sqlite.connection import (
    FILE_NAME,
    FOREIGN_ERRORS,
    NEWEST_REVISION,
    PATIENCE,
    REVISION,
    check_revision,
    make_file,
    mode_in,
    open_file,
    refused,
    revision_of,
    sync_folder,
    translated,
)
from worker.store.sqlite.entries import (
    TemporaryTexts,
    stream_lines,
    stream_open,
    stream_originals,
    stream_rows,
    text_of,
)
from worker.store.sqlite.people import PeopleReads, PeopleWrites
from worker.store.sqlite.queries import DEFAULTS, StoreReads, decode, encode_notice, fields_of, file_key

if TYPE_CHECKING:
    from worker.audit.verify import LogVerdict

_STEPS_BETWEEN_LOOKS: Final = 1_000
"""Instructions of SQLite between two looks at the time: less than a millisecond."""
DATABASE: Final = "database"
HEAD: Final = "head"
"""The parts of the store that can fail each by itself."""

HEAD_FILE: Final = "head"
SECRET_FILE: Final = "secret"  # noqa: S105  a file's name
WITNESS_FILE: Final = "witness"
MACHINE_ID: Final = Path("/etc/machine-id")
"""The id of this installation of the operating system (machine-id(5)). A copied disk has the same one."""

_HEAD: Final = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64})\n")
_SECRET: Final = re.compile(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}\n?")
_SHORT: Final = 200
"""Bytes read of a head, which has at most 84, and of a secret, which has 65."""
_WITNESS_LIMIT: Final = 8192
"""Bytes read of a witness: four short values and a path, which has at most 4,096 bytes on Linux."""
_MACHINE_LIMIT: Final = 64
"""Bytes read of the machine-id, which has 33."""
_DIGITS: Final = frozenset("0123456789abcdef")
_FIELDS: Final = {each.name: {"int": int, "str": str}[str(each.type)] for each in dataclasses.fields(Witness)}


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


def create_or_migrate(folder: Path, before_migration: Callable[[], None] | None = None) -> None:
    """Makes the database in ``folder``, or brings an older one up to date; leaves one of this program as it is.

    ``before_migration`` is called while no process can write and the older form is unchanged; if it raises, the
    form stays.
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
                from worker.store.sqlite.migrations.steps import statements_of_new_database  # noqa: PLC0415

                for statement in statements_of_new_database():
                    connection.execute(statement)
            elif found < REVISION:
                # SQLAlchemy and alembic would cost every process 130 ms and 20 MB.
                from worker.store.sqlite.migrations.upgrade import upgrade  # noqa: PLC0415

                if before_migration:
                    before_migration()
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


class SqlWriting(PeopleReads, PeopleWrites):
    """``ports.Writing`` on a connection whose transaction is open; refuses every use after the end."""

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        super().__init__(connection)
        self._clock = clock
        self.last_hash: str | None = None
        """Hash of the last entry appended here: after a commit of unknown success, its presence tells."""

    def end(self) -> None:
        """Refuses every later use."""
        self._held = None

    def _connection(self) -> sqlite3.Connection:
        raise RuntimeError("this transaction has ended")

    def _fail(self, error: Exception) -> NoReturn:
        with translated():
            raise error

    # --- Submissions and the log ----------------------------------------------------------------------------

    def create(self, event: Event, submission: Submission, author: Author, detail: Mapping[str, Any]) -> Submission:
        next_state(None, event, submission.state)
        number = (self._scalar(compiled.HIGHEST_SUBMISSION) or 0) + 1
        entry = self._append(event, number, author, detail, _changes({}, fields_of(submission)))
        row = canonical(fold({}, entry))
        self._rows(compiled.CREATE_SUBMISSION, {"id": number, "row": row})
        return self._known(row, entry)

    def change(
        self, event: Event, before: Submission, after: Submission, author: Author, detail: Mapping[str, Any]
    ) -> Submission:
        row = self._row(before.id)
        if row["version"] != before.version:
            raise Conflict(f"submission {before.id} is at {row['version']}, not {before.version}")
        next_state(State(row["state"]), event, after.state)
        changes = _changes(row, fields_of(after)) | {"state": after.state.value}
        return self._replace(row, self._append(event, before.id, author, detail, changes))

    def note(
        self,
        event: NoteEvent,
        submission: int | None,
        author: Author,
        detail: Mapping[str, Any],
        changes: Mapping[str, Any] | None = None,
    ) -> Entry:
        if not changes:
            return self._append(event, submission, author, detail, {})
        if submission is None or not changes.keys() <= DEFAULTS.keys() - {"state"}:
            raise ValueError(f"a note cannot set {sorted(changes)} of {submission}")
        row = self._row(submission)
        changed = _changes(row, json.loads(canonical(changes)))
        entry = self._append(event, submission, author, detail, changed)
        if changed:
            self._replace(row, entry)
        return entry

    def _row(self, number: int) -> dict[str, Any]:
        row = self._scalar(compiled.SUBMISSION, {"id": number})
        if row is None:
            raise NotAllowed("no_such_submission", id=str(number))
        fields: dict[str, Any] = json.loads(row)
        return fields

    def _append(
        self, event: str, submission: int | None, author: Author, detail: Mapping[str, Any], changes: Mapping[str, Any]
    ) -> Entry:
        content = {
            "at": self._clock.now(),
            "event": str(event),
            "submission": submission,
            "by": author.by,
            "account": author.account,
            "detail": detail,
            "set": changes,
        }
        line = chain(self.head(), content)  # the head is read in this transaction, never kept from an earlier one
        values = {"number": line.number, "body": line.body, "previous_hash": line.previous_hash, "hash": line.hash}
        self._rows(compiled.APPEND, values)
        self.last_hash = line.hash
        return read_entry(line)

    def _replace(self, row: Mapping[str, Any], entry: Entry) -> Submission:
        replaced = canonical(fold(row, entry))
        self._rows(compiled.REPLACE_SUBMISSION, {"id": entry.submission, "row": replaced})
        return self._known(replaced, entry)

    def _known(self, row: str, entry: Entry) -> Submission:
        """The submission of a row just written. Records the Message-ID of a new draft as one of ours."""
        submission = decode(Submission, row)
        if submission.composed.draft is not None and "draft" in entry.set:
            ours = {"message_id": submission.composed.draft.message_id, "submission": submission.id}
            self._rows(compiled.ADD_OWN_MESSAGE, ours)
        # A person may have found out in any way that the issuer has it: that proves no address.
        if entry.event != Event.CONFIRMED and ("state" in entry.set or "sent_at" in entry.set):
            self._index_what_left(submission)
        if "receipts" in entry.set:
            self._forget_what_came_back(submission)
        if "contract_number" in entry.set:
            self._note_spelling(submission)
        self._note_open(submission)
        if submission.corrects is not None and ("corrects" in entry.set or "state" in entry.set):
            corrected = self._scalar(compiled.SUBMISSION, {"id": submission.corrects})
            if corrected is not None:
                self._note_open(decode(Submission, corrected))
        return submission

    def _note_open(self, submission: Submission) -> None:
        """Records the last day on which the submission is open, or that it is closed."""
        is_corrected = bool(self._rows(compiled.IS_CORRECTED, {"id": submission.id}))
        until = open_until(submission, is_corrected=is_corrected)
        if until is None:
            self._rows(compiled.CLOSE, {"submission": submission.id})
        else:
            self._rows(compiled.OPEN_UNTIL, {"submission": submission.id, "until": until.isoformat()})

    def _note_spelling(self, submission: Submission) -> None:
        """Records the number as it is compared, if it is written in another way; an earlier number stays recorded."""
        number = submission.notice.contract_number or ""
        if (key := match_key(number)) != number:
            self._rows(compiled.SPELL_NUMBER, {"match_key": key, "submission": submission.id})

    def _index_what_left(self, submission: Submission) -> None:
        """Records the addresses and attachments of a submission that left; removes them if it bounced or never left."""
        for forget in (compiled.FORGET_SENT_TO, compiled.FORGET_SENT_WITH):
            self._rows(forget, {"submission": submission.id})
        if submission.composed.draft is None or not submission.may_have_left:
            return
        for digest in {each.sha256 for each in submission.composed.draft.attachments}:
            self._rows(compiled.ADD_SENT_WITH, {"sha256": digest, "submission": submission.id})
        for address in submission.composed.draft.recipients if submission.was_accepted else ():
            self._rows(compiled.ADD_SENT_TO, {"address": address, "submission": submission.id})

    def _forget_what_came_back(self, submission: Submission) -> None:
        """Removes the address of a copy receiver whose mail bounced: the bounce changes no state."""
        draft = submission.composed.draft
        for each in submission.delivery.receipts if draft is not None else ():
            if each.kind is ReceiptKind.FAILED and draft is not None and each.message_id == draft.message_id:
                self._rows(compiled.FORGET_ADDRESS, {"submission": submission.id, "address": each.recipient})

    # --- What is kept, and the ledgers ----------------------------------------------------------------------

    def keep(self, kind: str, content: bytes) -> Sha256:
        digest = sha256(content)
        if not self._rows(compiled.IS_KEPT, {"digest": digest}):
            self._rows(compiled.KEEP, {"sha256": digest, "kind": kind, "content": content})
        return digest

    def keep_notice(self, pdf: Sha256, notice: Notice) -> None:
        self._rows(compiled.KEEP_NOTICE, {"pdf_sha256": pdf, "row": encode_notice(notice)})

    def set_property(self, name: str, value: str) -> None:
        self._rows(compiled.SET_PROPERTY, {"name": name, "value": value})

    def record_message(self, row: MessageRow) -> None:
        place = {"mailbox": row.mailbox, "uidvalidity": row.uidvalidity, "uid": row.uid}
        self._rows(compiled.RECORD_MESSAGE, {**place, "row": canonical(row)})

    def record_file(self, row: FileRow) -> None:
        self._rows(compiled.RECORD_FILE, {"name": file_key(row.name), "row": canonical(row)})

    def record_health(self, look: HealthRecord) -> None:
        self._rows(compiled.RECORD_LOOK, {"name": look.name, "row": canonical(look)})

    def raise_alarm(self, cause: str, submissions: Sequence[int], detail: str = "") -> Alarm:
        known = self._scalar(
            compiled.SAME_ALARM, {"cause": cause, "submissions": canonical(submissions), "detail": encodable(detail)}
        )
        told = None if known is None else decode(Alarm, known)
        if told is not None and was_just_raised(told, self._clock.now()):
            return told
        number = (self._scalar(compiled.HIGHEST_ALARM) or 0) + 1
        alarm = Alarm(number, cause, tuple(submissions), self._clock.now(), detail)
        self._rows(compiled.CREATE_ALARM, {"id": number, "row": canonical(alarm)})
        return alarm

    def update_alarm(self, alarm: Alarm) -> None:
        self._rows(compiled.REPLACE_ALARM, {"id": alarm.id, "row": canonical(alarm)})


def _changes(row: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that differ from ``row``; a field that no entry ever set has its default."""
    return {name: value for name, value in fields.items() if row.get(name, DEFAULTS[name]) != value}


class SqlStore(StoreReads, PeopleReads):
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
        self._opened: tuple[int, int] | None = None
        """The file that is open, by device and inode."""
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
            self._opened = self._find_file()  # before: one that is replaced now is opened once more, and never missed
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

    def is_replaced(self) -> bool:
        return self._held is not None and self._find_file() != self._opened

    def _find_file(self) -> tuple[int, int] | None:
        try:
            status = (self._folder / FILE_NAME).stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

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
        """A connection that holds the write lock before its first read, so that no two processes fork the log.

        A restore holds this lock while it puts another file in place: under the lock, the file that is open is the
        database, or it was replaced before and is left. A record in the replaced one would be lost in silence. A
        process that was left running over an update closes a database that was migrated, and writes nothing into it.
        """
        try:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            while self.is_replaced():
                self._give_up()
                connection = self._connection()
                connection.execute("BEGIN IMMEDIATE")
            if connection.execute(NEWEST_REVISION).fetchone()[0] != REVISION:
                check_revision(self._folder, connection)
        except FOREIGN_ERRORS as error:
            self._fail(error)
        except ConfigError:
            self._give_up()
            raise
        return connection

    def _roll_back(self, connection: sqlite3.Connection, error: BaseException) -> None:
        try:
            connection.rollback()
        except sqlite3.Error:
            self._give_up()  # closing rolls back
        if isinstance(error, Unavailable | LogBroken):
            self._give_up()
        if isinstance(error, LogBroken) or (isinstance(error, Unavailable) and error.what in FAULTS_OF_THE_STORE):
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

    def verify(self, heads: Iterable[str] = (), told: Callable[[int], object] | None = None) -> LogVerdict:
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
    ) -> LogVerdict:
        from worker.audit.verify import verify_log  # noqa: PLC0415  one command in many verifies, and its parser is dear to load

        with contextlib.closing(open_file(self._folder, self._patience)) as connection:
            connection.text_factory = text
            connection.execute("BEGIN")  # one snapshot, while others may write
            check_revision(self._folder, connection)
            return verify_log(
                stream_lines(connection, told),
                stream_rows(connection),
                stream_originals(connection),
                heads,
                TemporaryTexts(connection),
                stream_open(connection),
            )


# --- The files beside the database ------------------------------------------------------------------------------


_OWNERS: Final = 0o600
"""The mode of a file that its owner alone reads."""


def _replace_file(path: Path, content: bytes, mode: int = _OWNERS) -> None:
    """Temporary file, fsync, rename, fsync of the folder. Makes no folder. Raises OSError."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)  # of a process of the same number that was killed here
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            if (shared := mode_in(path.parent)) != _OWNERS:  # the umask of a unit would take the group's rights away
                os.fchmod(descriptor, shared)
            file.write(content)
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def _read_short(path: Path) -> str | None:
    """The beginning of the file as text, None if there is none. Raises Unavailable."""
    try:
        with path.open("rb") as file:
            return file.read(_SHORT).decode("ascii", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable("disk", str(error)) from error


# --- The head: number and hash of the last entry ----------------------------------------------------------------


def write_mark(folder: Path, head: tuple[int, str]) -> None:
    """Replaces the file. Raises Unavailable."""
    with translated():
        _replace_file(folder / HEAD_FILE, f"{head[0]} {head[1]}\n".encode(), mode=0o666)  # no secret


def read_mark(folder: Path) -> tuple[int, str] | None:
    """Number and hash, None if there is no file. Raises LogBroken ``head_unreadable``, Unavailable."""
    text = _read_short(folder / HEAD_FILE)
    if text is None:
        return None
    found = _HEAD.fullmatch(text)
    if found is None:
        raise LogBroken("head_unreadable", str(folder / HEAD_FILE))
    return int(found[1]), found[2]


# --- The secret: the store's secret once more -------------------------------------------------------------------
# It outlives a database that is lost, or that is put back from before the secret was made: a report on a mail that left
# meanwhile is then recognised.


def write_secret(folder: Path, secret: str) -> None:
    """Replaces the file. Raises Unavailable."""
    with translated():
        _replace_file(folder / SECRET_FILE, f"{secret}\n".encode())


def read_secret(folder: Path) -> str | None:
    """The secret in hexadecimal digits, empty if the file holds none, None if there is no file. Raises Unavailable."""
    text = _read_short(folder / SECRET_FILE)
    if text is None:
        return None
    return text.strip() if _SECRET.fullmatch(text) else ""


# --- The witness: the state of the store at its last writing, in a folder that is not restored with it ----------------


def write_witness(folder: Path, witness: Witness) -> None:
    """Replaces the file; makes no folder. Raises OSError."""
    _replace_file(folder / WITNESS_FILE, json.dumps(dataclasses.asdict(witness), ensure_ascii=True).encode() + b"\n")


def read_witness(folder: Path) -> Witness | None:
    """The witness in ``folder``; None if there is none, or none that this account can read.

    Raises LogBroken ``witness_unreadable`` if the file holds anything else.
    """
    path = folder / WITNESS_FILE
    try:
        with path.open("rb") as file:
            content = file.read(_WITNESS_LIMIT)
    except OSError:
        return None
    try:
        found = Witness(**json.loads(content))
    except (ValueError, TypeError, RecursionError) as error:
        raise LogBroken("witness_unreadable", str(path)) from error
    if not _is_sound(found):
        raise LogBroken("witness_unreadable", str(path))
    return found


def try_writing(folder: Path) -> str:
    """The system's reason why no witness can be kept in ``folder``; empty if one can."""
    temporary = folder / f"{WITNESS_FILE}.{os.getpid()}.try"
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        os.close(descriptor)
        temporary.unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def name_machine(file: Path) -> str:
    """The machine, by an HMAC of its id, which must not leave it (machine-id(5)); empty if it has none."""
    try:
        with file.open("rb") as content:
            found = content.read(_MACHINE_LIMIT).strip()
    except OSError:
        return ""
    if not found or found == b"uninitialized":
        return ""
    return hmac.new(found, b"hoshobin", hashlib.sha256).hexdigest()[: 2 * IDENTITY_BYTES]


def _is_sound(witness: Witness) -> bool:
    is_typed = all(type(getattr(witness, name)) is kind for name, kind in _FIELDS.items())
    return (
        is_typed
        and _is_hex(witness.identity, 2 * IDENTITY_BYTES)
        and _is_hex(witness.hash, 64)
        and 0 <= witness.number < 10**18
    )


def _is_hex(text: str, digits: int) -> bool:
    return len(text) == digits and _DIGITS.issuperset(text)
