"""The port of the store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from worker.audit.verify import Verdict
from worker.core.errors import LogBroken, Unavailable
from worker.core.model import (
    Address,
    Alarm,
    End,
    Entry,
    FileRow,
    Look,
    MessageRow,
    Notice,
    Product,
    Sha256,
    Submission,
)
from worker.core.states import Event, NoteEvent, State

RESTORED_AT: Final = "restored_at"
"""Name of the store's value: when it was put back from a backup; empty once a person resumed."""
IDENTITY: Final = "identity"
"""Name of the store's value: random digits that no other store has; a copy of it has them too."""
MACHINE: Final = "machine"
"""Name of the store's value: on which machine it is at home (``Store.machine``)."""
WITNESS_FOLDER: Final = "witness_folder"
"""Name of the store's value: where the service last kept its witness, for commands that are not told."""
FOREIGN_MAIL: Final = "foreign_mail"
"""Name of the store's value: the signs that a mail gave since a person last resumed, with spaces between them."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What the witness says of the store that last wrote it."""

    identity: str
    machine: str
    """As ``Store.machine``."""
    number: int
    hash: str
    """Number and hash of its last entry."""
    store: str
    """Its folder, for people: two stores of one machine may have been given one place."""


TOLD_OF_STRANGERS: Final = "told_of_strangers"
"""Name of the store's value: the moments of the last mails to people about strangers' doings alone."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who decided: a person's name as given, a policy, or ``hoshobin``; and the account that ran the command."""

    by: str
    account: str


class Reading(Protocol):
    """What may be asked both of the last commit (Store) and of an open transaction (Writing)."""

    def submission(self, number: int) -> Submission:
        """Raises NotAllowed ``no_such_submission``."""
        ...

    def by_pdf(self, pdf: Sha256) -> tuple[Submission, ...]:
        """Submissions of exactly this file, by id."""
        ...

    def by_number(self, contract_number: str) -> tuple[Submission, ...]:
        """Submissions under this contract number, by id."""
        ...

    def by_source_message(self, message_id: str) -> tuple[Submission, ...]:
        """Submissions that came of a mail with this Message-ID, by id."""
        ...

    def awaited(self, guarantor: str) -> tuple[Submission, ...]:
        """The announcements of this guarantor whose notices are not here (ANNOUNCED), by id."""
        ...

    def newest_notices(self, guarantor: str, count: int) -> tuple[Submission, ...]:
        """The last ``count`` submissions of this guarantor that have a PDF, the newest first."""
        ...

    def notice(self, pdf: Sha256) -> Notice | None:
        """The fields once read from this PDF."""
        ...

    def original(self, digest: Sha256) -> bytes:
        """The bytes kept under this hash. Raises LogBroken where they are missing or differ."""
        ...

    def bound_project(self, guarantor: str, contract_number: str, product: Product) -> str | None:
        """The project to which a person's approval last bound this number of this guarantor, as this product's."""
        ...

    def property(self, name: str) -> str | None:
        """The store's single value of this name, None where it was never set."""
        ...

    def was_sent_to(self, address: Address, issuer: str, section: str, project: str) -> bool:
        """Whether the server's 250 is recorded for a mail to this address as this section of this issuer.

        The office of a project counts for that project alone. No rehearsal counts, nor what came back, nor what a
        person recorded as sent or handed in.
        """
        ...

    def last_sent(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        """The submission to this issuer (to this section of it, where given) that was sent last, under that rule."""
        ...

    def last_handed_over(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        """The newest that people hand in, or handed in, to this issuer (this section of it) under that rule."""
        ...

    def carried(self, digest: Sha256) -> tuple[Submission, ...]:
        """Submissions that left, or may have left, with this attachment, by id; no rehearsal counts."""
        ...

    def of_project(self, project: str, product: Product) -> tuple[Submission, ...]:
        """Submissions of this product that stand with this project, by id."""
        ...

    def of_own_message(self, message_id: str) -> Submission | None:
        """The submission whose mail bears, or bore, this Message-ID; None where it is none of ours."""
        ...

    def own_message_of(self, envid: str) -> str:
        """The Message-ID of the mail that went, or goes, under this envelope id; empty where it is none of ours."""
        ...

    def early_reports(self, message_id: str) -> tuple[Sha256, ...]:
        """Reports on this Message-ID, kept as originals, that came before any mail of ours was known to bear it."""
        ...


class Writing(Reading, Protocol):
    """One open write transaction (BEGIN IMMEDIATE). It reads what it wrote."""

    def create(self, event: Event, submission: Submission, author: Author, detail: Mapping[str, Any]) -> Submission:
        """A new submission with the next id (the id given is ignored), its entry, and ``created_at``."""
        ...

    def change(
        self, event: Event, before: Submission, after: Submission, author: Author, detail: Mapping[str, Any]
    ) -> Submission:
        """Replace ``before`` by ``after`` and append the entry. Checks the states table and ``before.version``.

        Raises Conflict where somebody changed it since, IllegalEvent where the table does not allow it.
        """
        ...

    def note(
        self,
        event: NoteEvent,
        submission: int | None,
        author: Author,
        detail: Mapping[str, Any],
        changes: Mapping[str, Any] | None = None,
    ) -> Entry:
        """An entry that is no event of the table: program start, configuration, news, a duplicate.

        ``changes`` sets columns of the submission other than its state (e.g. ``reasons``).
        """
        ...

    def written_to(self, addresses: Sequence[str], count: int) -> tuple[Submission, ...]:
        """Submissions whose mail left, or may have left, to one of these addresses, the newest first.

        At most ``count`` of each address, which may be written in whatever letters.
        """
        ...

    def keep(self, kind: str, content: bytes) -> Sha256:
        """Keep an original; the same bytes are kept once."""
        ...

    def keep_notice(self, pdf: Sha256, notice: Notice) -> None:
        """The fields read from a PDF, key in clear, by the PDF's sha256."""
        ...

    def set_property(self, name: str, value: str) -> None:
        """Set the store's single value of this name."""
        ...

    def record_message(self, row: MessageRow) -> None:
        """Insert or replace the ledger's row of (mailbox, UIDVALIDITY, UID)."""
        ...

    def record_file(self, row: FileRow) -> None:
        """Insert or replace the ledger's row of the file's name."""
        ...

    def record_look(self, look: Look) -> None:
        """Insert or replace what is known of one watched or reached thing."""
        ...

    def raise_alarm(self, cause: str, submissions: Sequence[int], detail: str = "") -> Alarm:
        """A mail to the operator, to be sent until it is accepted; the same one again within an hour is the first."""
        ...

    def update_alarm(self, alarm: Alarm) -> None:
        """Replace the alarm of this id."""
        ...


class Store(Reading, Protocol):
    """The one durable thing. Reads see the last commit; every method may raise Unavailable or LogBroken."""

    @property
    def fault(self) -> Unavailable | LogBroken | None:
        """Why it could last not be written or read; None once it was written since."""
        ...

    def writing(self) -> AbstractContextManager[Writing]:
        """A write transaction: committed (and synced) at the end, rolled back on an exception.

        Raises Unavailable where it was not recorded: lock, disk full, failed sync. A commit that failed is
        read again from a reopened database before that is said.
        """
        ...

    def submissions(self, *states: State) -> tuple[Submission, ...]:
        """All of these states (none given: all), by id."""
        ...

    def walk_submissions(self, *states: State) -> Iterator[Submission]:
        """The same one after the other, never all in memory; what changes meanwhile is seen or not, and seen once."""
        ...

    def due(self, now: dt.datetime) -> tuple[int, ...]:
        """Ids of the APPROVED whose moment has come, in order of that moment.

        Also of those that were changed later than now: the clock was set back since.
        """
        ...

    def untold(self) -> tuple[int, ...]:
        """Ids of the APPROVED without a moment to leave at: a person is to be told first."""
        ...

    def count_by_state(self) -> Mapping[State, int]:
        """How many there are of each state."""
        ...

    def by_message_id(self, message_id: str) -> bool:
        """Whether a mail of our own (submission, rehearsal, alarm) bears this Message-ID."""
        ...

    def messages(self, mailbox: str, *ends: End) -> Iterator[MessageRow]:
        """The ledger of a mailbox, by UIDVALIDITY and UID."""
        ...

    def last_uid(self, mailbox: str, uidvalidity: int) -> int:
        """The highest UID with a row, or 0."""
        ...

    def recorded_uids(self, mailbox: str, uidvalidity: int, first: int) -> frozenset[int]:
        """Every UID from ``first`` on that has a row."""
        ...

    def last_messages(
        self, mailbox: str, uidvalidity: int, count: int, up_to: int | None = None
    ) -> tuple[MessageRow, ...]:
        """The rows of the highest UIDs, or of the highest that are not above ``up_to``, ascending."""
        ...

    def messages_due_after(self, mailbox: str) -> tuple[MessageRow, ...]:
        """The rows of messages to which something is still to be done."""
        ...

    def known_messages(self, mailbox: str, message_id: str, size: int | None = None) -> tuple[MessageRow, ...]:
        """Every row with this Message-ID (and of this size, where given), the newest numbering first."""
        ...

    def file(self, name: str) -> FileRow | None:
        """The row of this file's name."""
        ...

    def files(self, names: Iterable[str]) -> Mapping[str, FileRow]:
        """The rows of these files, by name, where they have one."""
        ...

    def files_of(self, digest: Sha256) -> tuple[FileRow, ...]:
        """The rows of every file that had these bytes when it was last read; each row is looked at."""
        ...

    def look(self, name: str) -> Look | None:
        """What is known of one watched or reached thing."""
        ...

    def looks(self) -> tuple[Look, ...]:
        """All of them, by name."""
        ...

    def alarms_waiting(self) -> tuple[Alarm, ...]:
        """Alarms not yet accepted by a server, by id."""
        ...

    def last_alarm(self, cause: str) -> Alarm | None:
        """The newest alarm of this cause."""
        ...

    def alarm(self, number: int) -> Alarm | None:
        """The alarm of this id, None where there is none."""
        ...

    def entries(self, submission: int | None = None, events: Iterable[str] = (), after: int = 0) -> Iterator[Entry]:
        """Entries in order: all, of one submission, or of these events; those behind the number ``after``."""
        ...

    def entries_of_period(self, since: dt.date | None, until: dt.date | None) -> Iterator[Entry]:
        """All entries, in order, of every submission that has one from ``since`` to ``until`` (Japanese days)."""
        ...

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry; ``(0, 64 zeros)`` where there is none."""
        ...

    def mark_head(self) -> None:
        """Replace ``DIR/head`` by the head (temporary file, fsync, rename, fsync of the folder)."""
        ...

    def is_other_secret_noted(self) -> bool:
        """Whether ``DIR/secret`` is there and is not the store's secret: nothing is sent until a person resumes."""
        ...

    def note_secret(self) -> None:
        """Replace ``DIR/secret`` by the store's secret."""
        ...

    def keep_secret_noted(self) -> None:
        """Write ``DIR/secret`` where it is missing."""
        ...

    def marked_head(self) -> tuple[int, str] | None:
        """What ``DIR/head`` says, None where it does not exist. Raises LogBroken where it is unreadable."""
        ...

    def holds_head(self, number: int, entry_hash: str) -> bool:
        """Whether the entry of this number is here with this hash."""
        ...

    @property
    def machine(self) -> str:
        """On which machine this process runs, by a hash of its id; empty where it has none."""
        ...

    def witness(self) -> Witness | None:
        """What the witness says, None where there is none. Raises LogBroken where it cannot be understood."""
        ...

    def keep_witness(self) -> None:
        """Record this machine as the store's home, and replace the witness by what the store is now.

        A witness that cannot be written is as none; ``doctor`` tells of it.
        """
        ...

    def verify(self, heads: Iterable[str] = (), told: Callable[[int], object] | None = None) -> Verdict:
        """The whole log checked: its chain, the rows it folds to, the originals; ``heads`` must stand in it.

        ``told`` is called with the number of each entry that is read.
        """
        ...

    def find_damage(self, seconds: float) -> str:
        """What SQLite finds amiss with the pages of the file; empty where nothing, or nothing in so many seconds."""
        ...

    def config_in_force(self) -> Mapping[str, Sha256]:
        """Name → hash of the configuration files last recorded."""
        ...

    def free_disk(self) -> int:
        """Bytes that are free where the store is. Raises Unavailable."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
