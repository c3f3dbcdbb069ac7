"""The port of the store: its reads, its write transactions, and the values that it keeps about itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from worker.core.accounts import Account, Attempts, Invitation, LoginSession, TakenWork
from worker.core.errors import LogBroken, Unavailable
from worker.core.model import (
    Address,
    Alarm,
    Disposition,
    Entry,
    FileRow,
    HealthRecord,
    MessageRow,
    Notice,
    Product,
    Sha256,
    Submission,
)
from worker.core.states import Event, NoteEvent, State

if TYPE_CHECKING:
    from worker.audit.verify import LogVerdict

REHEARSAL: Final = "rehearsal"
"""Name of the value with the last decision: ``on`` and the address, or ``off`` and the setting at that time."""
RESTORED_AT: Final = "restored_at"
"""Name of the value with the time at which the store was put back from a backup; empty after a person resumed."""
IDENTITY: Final = "identity"
"""Name of the value with random digits that no other store has, except a copy of this one."""
MACHINE: Final = "machine"
"""Name of the value with the machine on which the store is at home (``Store.machine``)."""
WITNESS_FOLDER: Final = "witness_folder"
"""Name of the value with the folder of the service's last witness, for commands that are not told it."""
LOG_VERIFIED: Final = "log_verified"
"""Name of the value with the last verification of the log: its time, and ``holds`` or ``broken``."""
FOREIGN_MAIL: Final = "foreign_mail"
"""Name of the value with the signs that mails gave since a person last resumed, separated by spaces."""


@dataclass(frozen=True, slots=True)
class Witness:
    """The store that last wrote the witness, as it was then."""

    identity: str
    machine: str
    """As ``Store.machine``."""
    number: int
    hash: str
    """Number and hash of its last entry."""
    store: str
    """Its folder, for people: two stores of one machine may have been given one folder for their witness."""


TOLD_OF_STRANGERS: Final = "told_of_strangers"
"""Name of the value with the times of the last mails to people that were only about strangers' mails."""


@dataclass(frozen=True, slots=True)
class Author:
    """The name of a person, a policy, or ``hoshobin``, that decided; and the account that ran the command."""

    by: str
    account: str


GuaranteeKey = tuple[str, Product]
"""A project's id and a product."""


class Overview(Protocol):
    """Questions about open submissions and registered projects; no answer takes longer if more are closed."""

    def property(self, name: str) -> str | None:
        """The store's value of this name, None if it was never set."""

    def begun(self) -> dt.datetime | None:
        """The time of the first entry of the log, None without one."""

    def walk_open(self, today: dt.date) -> Iterator[Submission]:
        """Those that are open on this day (``core.open_until``), by id, never all in memory."""

    def corrections(self, numbers: Iterable[int]) -> Mapping[int, int]:
        """Of these submissions, the id of each that is corrected → the id of its newest correction.

        A correction that was withdrawn corrects nothing.
        """

    def unannounced(self, guarantor: str, count: int) -> tuple[Submission, ...]:
        """The last ``count`` of this guarantor that have a PDF and that nothing announced, by id."""

    def newest(self, guarantees: Sequence[GuaranteeKey]) -> Mapping[GuaranteeKey, Submission]:
        """Of each of these guarantees the newest submission, if there is one."""

    def newest_standing(self, guarantees: Sequence[GuaranteeKey]) -> Mapping[GuaranteeKey, Submission]:
        """The same of those that were neither withdrawn nor corrected."""

    def having_standing(self, guarantees: Sequence[GuaranteeKey]) -> frozenset[GuaranteeKey]:
        """Those of these guarantees that have a submission that was neither withdrawn nor corrected."""

    def numbers_standing(self, guarantees: Sequence[GuaranteeKey]) -> Mapping[GuaranteeKey, frozenset[str | None]]:
        """The contract numbers of the same submissions."""

    def of_other_projects(self, match_keys: Iterable[str], projects: Iterable[str]) -> tuple[Submission, ...]:
        """Submissions under these contract numbers that stand with a project that is none of these, by id.

        The numbers are given as they are compared (``text.match_key``).
        """


class PeopleReading(Protocol):
    """The reads of accounts, their sessions and invitations, of the counts of wrong passwords, and of work taken on."""

    def accounts(self) -> tuple[Account, ...]:
        """Every account, stopped ones too, by id."""

    def account(self, number: int) -> Account | None:
        """The account of this id."""

    def account_of(self, login: str) -> Account | None:
        """The account of this login (``accounts.people.fold_login``)."""

    def session(self, token_sha256: str) -> LoginSession | None:
        """The session of the token with this hash, over or not."""

    def sessions_of(self, account: int) -> tuple[LoginSession, ...]:
        """The sessions of an account, over or not, the oldest first."""

    def invitation(self, token_sha256: str) -> Invitation | None:
        """The invitation of the token with this hash, over or not."""

    def attempts(self, name: str) -> Attempts | None:
        """The count of this name."""

    def taken_on(self) -> tuple[TakenWork, ...]:
        """The work that people have taken on, over or not; few rows, as those that are over are removed."""


class PeopleWriting(Protocol):
    """Changes of the same. No entry is made: an event that must be provable is noted as well (``Writing.note``)."""

    def put_account(self, account: Account) -> Account:
        """Replaces the account of this id; with the id 0 records a new one under the next id. Returns it.

        Raises LogBroken if another account has its login.
        """

    def put_session(self, session: LoginSession) -> None:
        """Inserts or replaces the session."""

    def drop_session(self, token_sha256: str) -> None:
        """Removes the session."""

    def drop_sessions_of(self, account: int) -> None:
        """Removes every session of the account."""

    def put_invitation(self, invitation: Invitation) -> None:
        """Inserts the invitation."""

    def drop_invitations_of(self, account: int) -> None:
        """Removes every invitation of the account."""

    def put_attempts(self, attempts: Attempts) -> None:
        """Inserts or replaces the count of its name."""

    def drop_attempts(self, name: str) -> None:
        """Removes the count of this name."""

    def drop_old_attempts(self, before: dt.datetime) -> None:
        """Removes the counts that last grew before this moment."""

    def put_taken_on(self, taken: TakenWork) -> None:
        """Inserts or replaces the person who has taken this work on."""

    def drop_taken_on(self, about: str) -> None:
        """Removes it."""

    def new_token(self) -> str:
        """A random text of 256 bits for a cookie or a link, which no other call returns."""


class Reading(PeopleReading, Protocol):
    """The reads of the last commit (Store) and of an open transaction (Writing)."""

    def submission(self, number: int) -> Submission:
        """Raises NotAllowed ``no_such_submission``."""

    def by_pdf(self, pdf: Sha256) -> tuple[Submission, ...]:
        """Submissions of exactly this file, by id."""

    def by_number(self, contract_number: str) -> tuple[Submission, ...]:
        """Submissions under this contract number, by id."""

    def by_source_message(self, message_id: str) -> tuple[Submission, ...]:
        """Submissions that came from a mail with this Message-ID, by id."""

    def awaited(self, guarantor: str) -> tuple[Submission, ...]:
        """The announcements of this guarantor whose notices have not come (ANNOUNCED), by id."""

    def newest_notices(self, guarantor: str, count: int) -> tuple[Submission, ...]:
        """The last ``count`` submissions of this guarantor that have a PDF, the newest first."""

    def notice(self, pdf: Sha256) -> Notice | None:
        """The fields that were read from this PDF, None if it was not read."""

    def original(self, digest: Sha256) -> bytes:
        """The bytes kept under this hash. Raises LogBroken if they are missing or differ."""

    def bound_project(self, guarantor: str, contract_number: str, product: Product) -> str | None:
        """The project to which a person last bound this number of this guarantor, for this product, by an approval."""

    def property(self, name: str) -> str | None:
        """The store's value of this name, None if it was never set."""

    def was_sent_to(self, address: Address, issuer: str, section: str, project: str) -> bool:
        """Returns whether a server accepted (250) a mail to this address as this section of this issuer.

        The office of a project counts for that project alone. Rehearsals, mails that bounced, and mails that a person
        recorded as sent or handed in do not count.
        """

    def last_sent(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        """The last submission sent to this issuer under that rule; with ``section``, to that section of it."""

    def last_confirmed(
        self, issuer: str, product: Product, section: str, *, is_amended: bool = False
    ) -> Submission | None:
        """The last submission mailed to this section under that rule that a person has confirmed as received."""

    def last_handed_over(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        """The newest submission that people hand in, or handed in, to this issuer or section under that rule."""

    def carried(self, digest: Sha256) -> tuple[Submission, ...]:
        """Submissions that left, or may have left, with this attachment, by id; rehearsals do not count."""

    def of_project(self, project: str, product: Product) -> tuple[Submission, ...]:
        """Submissions of this product for this project, by id."""

    def of_own_message(self, message_id: str) -> Submission | None:
        """The submission whose mail has, or had, this Message-ID; None if it is not one of ours."""

    def own_message_of(self, envid: str) -> str:
        """The Message-ID of the mail with this envelope id (ENVID); empty if it is not one of ours."""

    def uploads(self, digest: Sha256) -> tuple[Entry, ...]:
        """The entries of the uploads of a file with this hash, in order: who brought it, and as what."""

    def early_reports(self, message_id: str) -> tuple[Sha256, ...]:
        """Originals of the reports on this Message-ID that came before a mail of ours was known to have it."""


class Writing(Reading, PeopleWriting, Protocol):
    """One open write transaction (BEGIN IMMEDIATE). It reads its own records."""

    def create(self, event: Event, submission: Submission, author: Author, detail: Mapping[str, Any]) -> Submission:
        """Records a new submission with the next id (the id given is ignored), its entry, and ``created_at``."""

    def change(
        self, event: Event, before: Submission, after: Submission, author: Author, detail: Mapping[str, Any]
    ) -> Submission:
        """Replaces ``before`` by ``after`` and appends the entry. Checks the states table and ``before.version``.

        Raises Conflict if it was changed since, IllegalEvent if the table does not allow the change.
        """

    def note(
        self,
        event: NoteEvent,
        submission: int | None,
        author: Author,
        detail: Mapping[str, Any],
        changes: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Appends an entry that is no event of the table: program start, configuration, news, a duplicate.

        ``changes`` sets columns of the submission other than its state (e.g. ``reasons``), as values of the model
        or as JSON. Raises ValueError for a column that a note may not set.
        """

    def written_to(self, addresses: Sequence[str], count: int) -> tuple[Submission, ...]:
        """Submissions whose mail left, or may have left, to one of these addresses, the newest first.

        At most ``count`` for each address; upper and lower case are not told apart.
        """

    def keep(self, kind: str, content: bytes) -> Sha256:
        """Keeps an original; the same bytes are kept once, under the kind they were first kept as."""

    def keep_notice(self, pdf: Sha256, notice: Notice) -> None:
        """Keeps the fields read from a PDF, with the key in clear, by the PDF's sha256."""

    def set_property(self, name: str, value: str) -> None:
        """Sets the store's value of this name."""

    def record_message(self, row: MessageRow) -> None:
        """Inserts or replaces the ledger's row of (mailbox, UIDVALIDITY, UID)."""

    def record_file(self, row: FileRow) -> None:
        """Inserts or replaces the ledger's row of the file's name."""

    def record_health(self, look: HealthRecord) -> None:
        """Inserts or replaces the last look at one watched or reached thing."""

    def raise_alarm(self, cause: str, submissions: Sequence[int], detail: str = "") -> Alarm:
        """Records a mail to the operator, to be sent until it is accepted; returns the same one of the last hour."""

    def update_alarm(self, alarm: Alarm) -> None:
        """Replaces the alarm of this id."""


class Store(Reading, Overview, Protocol):
    """The one durable thing. Reads see the last commit; every method may raise Unavailable or LogBroken."""

    @property
    def fault(self) -> Unavailable | LogBroken | None:
        """The last failure to write or read the store; None after it was written again."""

    def is_replaced(self) -> bool:
        """Returns whether the file that is open is no longer the database: a backup was put back, or it was removed.

        ``writing`` then opens the database anew, and reads are still those of the former file.
        """

    def writing(self) -> AbstractContextManager[Writing]:
        """A write transaction: committed (and synced) at the end, rolled back on an exception.

        Raises Unavailable if it was not recorded: lock, disk full, failed sync. After a commit that failed, the
        database is first reopened and read.
        """

    def submissions(self, *states: State) -> tuple[Submission, ...]:
        """All submissions of these states (none given: of all), by id."""

    def walk_submissions(self, *states: State) -> Iterator[Submission]:
        """The same in blocks, never all in memory. A change made meanwhile may be missed; each one is returned once."""

    def walk_backwards(self) -> Iterator[Submission]:
        """All, the newest first, never all in memory."""

    def walk_awaiting_news(self) -> Iterator[Submission]:
        """Those whose silence can become too long (``core.open_until.is_news_awaited``), by id."""

    def walk_recent(self, today: dt.date, since: dt.datetime) -> Iterator[Submission]:
        """Those that are open on this day, and those that were changed since, by id."""

    def due(self, now: dt.datetime) -> tuple[int, ...]:
        """Ids of the APPROVED that are due, in order of their due time.

        A submission that was changed later than now is due as well: the clock was set back since.
        """

    def untold(self) -> tuple[int, ...]:
        """Ids of the APPROVED without a due time: a person must be told first."""

    def count_by_state(self) -> Mapping[State, int]:
        """The number of submissions of each state."""

    def by_message_id(self, message_id: str) -> bool:
        """Returns whether a mail of our own (submission, rehearsal, alarm) has this Message-ID."""

    def messages(self, mailbox: str, *ends: Disposition) -> Iterator[MessageRow]:
        """The ledger of a mailbox, by UIDVALIDITY and UID. A row recorded meanwhile may be missed."""

    def count_messages(self, mailbox: str, end: Disposition) -> int:
        """The number of messages of a mailbox with this end."""

    def last_uid(self, mailbox: str, uidvalidity: int) -> int:
        """The highest UID with a row, or 0."""

    def recorded_uids(self, mailbox: str, uidvalidity: int, first: int) -> frozenset[int]:
        """Every UID from ``first`` on that has a row."""

    def last_messages(
        self, mailbox: str, uidvalidity: int, count: int, up_to: int | None = None
    ) -> tuple[MessageRow, ...]:
        """The rows of the highest UIDs, or of the highest that are not above ``up_to``, ascending."""

    def find_messages(self, mailbox: str, fits: Callable[[str, str], bool], most: int) -> tuple[MessageRow, ...]:
        """Returns the newest ``most`` rows, of every numbering, that ``fits`` by subject and sender, the newest first.

        Rows are read in blocks until enough are found.
        """
        ...

    def alarm_messages(self, mailbox: str) -> Iterator[str]:
        """The Message-IDs of our own mails in this mailbox, those of alarms and some that look like them."""

    def messages_due_after(self, mailbox: str) -> tuple[MessageRow, ...]:
        """The rows of messages that still need their action in the mailbox."""

    def known_messages(self, mailbox: str, message_id: str, size: int | None = None) -> tuple[MessageRow, ...]:
        """Every row with this Message-ID (with ``size``, of that size), the newest numbering first."""

    def file(self, name: str) -> FileRow | None:
        """The row of this file's name."""

    def files(self, names: Iterable[str]) -> Mapping[str, FileRow]:
        """The rows of those of these files that have one, by name."""

    def find_files(self, fits: Callable[[str, str], bool], most: int) -> tuple[FileRow, ...]:
        """Returns the newest ``most`` rows that ``fits`` by name and sha256 (empty if unread), the newest first."""
        ...

    def files_of(self, digest: Sha256) -> tuple[FileRow, ...]:
        """The rows of every file that had these bytes when it was last read."""

    def health_of(self, name: str) -> HealthRecord | None:
        """The last look at one watched or reached thing."""

    def health_records(self) -> tuple[HealthRecord, ...]:
        """All of them, by name."""

    def alarms_waiting(self) -> tuple[Alarm, ...]:
        """Alarms not yet accepted by a server, by id."""

    def last_alarm(self, cause: str) -> Alarm | None:
        """The newest alarm of this cause."""

    def alarm(self, number: int) -> Alarm | None:
        """The alarm of this id, None if there is none."""

    def entries(self, submission: int | None = None, events: Iterable[str] = (), after: int = 0) -> Iterator[Entry]:
        """Entries after the number ``after``, in order: all, of one submission, or of these events.

        Raises LogBroken ``entry_unreadable``.
        """

    def last_entries(self, events: Iterable[str], most: int) -> tuple[Entry, ...]:
        """Returns the newest ``most`` entries of these events, the newest first.

        Raises LogBroken ``entry_unreadable``.
        """
        ...

    def last_moment(self, event: str) -> dt.datetime | None:
        """Returns the latest moment of the entries of this event, also after a clock was set back; None without one."""

    def submissions_named(self, fields: Iterable[str], name: str) -> frozenset[int]:
        """Returns the submissions for which an entry ever set one of ``fields`` to ``name``, compared by the match key.

        ``fields`` are names, numbers and ids that the store has indexes for: those of ``--issuer``, ``--project`` and
        ``--contract``.
        """

    def entries_of_period(
        self, since: dt.date | None, until: dt.date | None, among: Collection[int] | None = None
    ) -> Iterator[Entry]:
        """All entries, in order, of every submission that has one from ``since`` to ``until`` (Japanese days).

        ``among`` are the submissions that count; None: all.
        """

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry; ``(0, 64 zeros)`` if there is none."""

    def mark_head(self) -> None:
        """Replaces ``DIR/head`` by the head (temporary file, fsync, rename, fsync of the folder)."""

    def is_other_secret_noted(self) -> bool:
        """Returns whether ``DIR/secret`` is another secret than the store's: nothing is sent until a person resumes."""

    def note_secret(self) -> None:
        """Replaces ``DIR/secret`` by the store's secret."""

    def keep_secret_noted(self) -> None:
        """Writes ``DIR/secret`` if it is missing."""

    def marked_head(self) -> tuple[int, str] | None:
        """Number and hash in ``DIR/head``, None if it does not exist. Raises LogBroken if it is unreadable."""

    def holds_head(self, number: int, entry_hash: str) -> bool:
        """Returns whether the entry of this number has this hash. If not, the database is an old copy or another."""

    @property
    def machine(self) -> str:
        """The machine on which this process runs, by a hash of its id; empty if it has none."""

    def witness(self) -> Witness | None:
        """The witness, None if there is none. Raises LogBroken if it is unreadable."""

    def keep_witness(self) -> None:
        """Records this machine as the store's home, and replaces the witness by the present state of the store.

        A witness that cannot be written counts as none; ``doctor`` reports it.
        """

    def verify(self, heads: Iterable[str] = (), told: Callable[[int], object] | None = None) -> LogVerdict:
        """The whole log checked: its chain, the rows it folds to, the originals; ``heads`` must stand in it.

        ``told`` is called with the number of each entry that is read.
        """

    def find_damage(self, seconds: float) -> str:
        """The first damage that SQLite finds in the pages of the file; empty if it finds none in so many seconds."""

    def config_in_force(self) -> Mapping[str, Sha256]:
        """Name → hash of the configuration files last recorded."""

    def free_disk(self) -> int:
        """Free bytes of the store's file system. Raises Unavailable."""

    def close(self) -> None:
        """Close the connection."""
