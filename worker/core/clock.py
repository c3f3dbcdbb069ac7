"""What the pipeline needs of the world, as Protocols. Adapters implement them; fakes in the tests do too.

What children, servers and other programs do is async (PdfReader, Signatures, MailServer, OperatorCommand, the look of
Files); the rest is plain. Every method may raise ``Unavailable`` (the world is at fault) and no foreign exception.

Longer than other files, so that what an adapter owes is seen in one place; it holds no code.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, ParamSpec, Protocol, TypeVar

from worker.authenticate.dkim_policy import Signed
from worker.authenticate.sender import Field
from worker.config.mailbox_actions import After
from worker.core.errors import AccountRefused
from worker.core.model import (
    Address,
    Alarm,
    End,
    Entry,
    FileRow,
    Located,
    Look,
    MessageRow,
    Notice,
    PdfText,
    Product,
    Sha256,
    Submission,
    Unreadable,
)
from worker.core.states import Event, State

P = ParamSpec("P")
T = TypeVar("T")


class Clock(Protocol):
    """The only source of time; always zone-aware, in JST."""

    def now(self) -> dt.datetime:
        """This moment."""
        ...


# --- Coming in -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder as EXAMINE answered it."""

    uidvalidity: int
    uidnext: int
    exists: int
    is_fresh: bool = field(default=False, compare=False)
    """Whether this connection is a new one: whatever happened in between was not told."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message as BODYSTRUCTURE tells it, kinds and encodings in small letters."""

    section: str
    """Its number, by which it is asked for; empty for the message itself."""
    kind: str
    encoding: str = ""
    size: int = 0
    """In bytes as they stand in the mail."""
    names: str = ""
    """Every name that it bears, as written."""
    parts: tuple[Part, ...] = ()
    """Of a multipart, and of a mail within (its one part is that mail's own)."""


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a message before its body is fetched."""

    uid: int
    size: int
    internal_date: dt.datetime
    message_id: str
    fields: bytes = b""
    """The header fields that ``candidates`` judges, where they were asked for."""
    structure: Part | None = None
    """Its parts, where they were asked for and could be had."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message as the server gave it; ``whole`` is False where only the first part was fetched (too large).

    ``failure`` is set, and ``content`` empty, where this one message could not be fetched. ``has_every_pdf`` is set
    where ``content`` was put together of the headers, the texts and every PDF of a message that is too large.
    """

    header: Header
    content: bytes
    whole: bool = True
    failure: str = ""
    has_every_pdf: bool = False


class Heard(Enum):
    """What listening to a mailbox came to."""

    NEWS = auto()
    """Something came: look."""
    QUIET = auto()
    """Nothing came, and the connection is well."""
    LOST = auto()
    """The connection is dead or out of step, and was given up."""
    NOT_OFFERED = auto()
    """The server does not tell; it was not waited."""


class Mailbox(Protocol):
    """One mailbox, one connection, used from one thread; but for ``settle`` it never marks, moves or deletes."""

    @property
    def after(self) -> After:
        """What ``settle`` does."""
        ...

    @property
    def name(self) -> str:
        """The NAME of ``[mailbox.NAME]``."""
        ...

    def open(self) -> Opened:
        """Connect and log in where needed, then open the folder afresh. Raises Unavailable, AccountRefused."""
        ...

    def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        """UIDs from ``first`` on, ascending; with ``since`` only those of that internal date or later."""
        ...

    def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """Size, internal date and Message-ID of each that still exists; asked in blocks of at most 500."""
        ...

    def outlines(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``headers``, with ``fields`` and ``structure`` where the server can give them."""
        ...

    def starts(self, headers: Sequence[Header]) -> Mapping[int, Mapping[str, bytes]]:
        """The first bytes of each part of each message, by UID and section; what could not be had is left out."""
        ...

    def blocks(self, headers: Sequence[Header]) -> Iterator[tuple[Fetched, ...]]:
        """The messages in blocks of at most 4 MB; of one above 8 MB only its PDFs and texts, or its beginning."""
        ...

    def settle(self, uids: Sequence[int]) -> None:
        """Do to these what ``after`` says; done already, or gone, is as good. Raises Unavailable."""
        ...

    def listen(self, seconds: float) -> Heard:
        """Wait for the server to tell of a message, for at most ``seconds``. Raises nothing."""
        ...

    def shut(self) -> None:
        """Throw the connection away; callable from another thread, ends a blocked call."""
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A regular file of the folder as one look saw it."""

    name: str
    size: int
    mtime_ns: int
    inode: int


class Thread(Protocol):
    """Runs a blocking call in the one thread of a mailbox."""

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``call`` returns or raises."""
        ...


class Folder(Protocol):
    """The notices folder; nothing in it is moved or deleted."""

    def place(self) -> str:
        """Its path, links resolved: another one is another folder. Raises nothing."""
        ...

    def look(self) -> tuple[Listed, ...]:
        """Every regular file whose name is not a half-written one's, in order of name."""
        ...

    def read(self, listed: Listed) -> bytes | None:
        """Its bytes, or None where it is no longer what was listed, or changed while being read."""
        ...


class PdfReader(Protocol):
    """Text of PDFs, read in child processes under limits."""

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        """Both engines' text of each page, or why there is none. Raises Unavailable when no child can be started."""
        ...

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> Located | Unreadable:
        """Where ``codes`` stand on the pages, and whether they are seen. Raises Unavailable as ``read`` does."""
        ...

    async def close(self) -> None:
        """End the children."""
        ...


class Signatures(Protocol):
    """The DKIM signatures of mails, verified with keys from the DNS."""

    async def verify(self, raw: bytes, fields: Sequence[Field], root: str, came_at: dt.datetime | None) -> Signed:
        """Whether a good signature of ``root``, or of a domain below it, stands in the mail ``raw``; raises nothing.

        ``came_at`` is when the mail arrived; None where its server does not say.
        """
        ...


# --- Going out -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM. ``envid`` empty: no DSN is asked for."""

    sender: Address
    size: int
    envid: str = ""


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO, one address."""

    recipient: Address
    dsn: bool = True
    is_copy: bool = False
    """Our own copy: no report is asked for, and refused alone it keeps the mail from nobody."""


@dataclass(frozen=True, slots=True)
class Data:
    """The DATA command; the answer wanted is 354."""


@dataclass(frozen=True, slots=True)
class Body:
    """The message and the final dot. The adapter stuffs dots; the content already has CRLF only."""

    content: bytes


Step = Mail | Rcpt | Data | Body


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer that was SMTP."""

    code: int
    text: str
    at: dt.datetime

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer, half an answer, or one that was no SMTP; the connection is closed."""

    why: str
    at: dt.datetime

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class Session:
    """What the open connection is: the server's name from its greeting, TLS version or empty, offers."""

    server: str
    tls: str
    dsn: bool
    size_limit: int | None


class MailServer(Protocol):
    """One SMTP connection, driven step by step; a connection is reused only after a complete, understood answer."""

    async def open(self) -> Session:
        """Connect, greet, secure, log in; or reset the open connection for the next transaction.

        Raises AccountRefused (5xx, or no STARTTLS where it is required) or Unavailable (4xx, silence).
        """
        ...

    async def take(self, step: Step) -> Reply | Silence:
        """One step and its answer. After Silence the connection is gone."""
        ...

    async def close(self) -> None:
        """QUIT if the connection is well, else just close."""
        ...


class OperatorCommand(Protocol):
    """``[operator] command``: tells a person where no mail can be sent."""

    async def call(self, text: str) -> str:
        """Hand over ``text``, in bounded time; empty where it was taken, else why not."""
        ...


class Manager(Protocol):
    """Whoever started the service and may end it; every word is lost where nobody listens."""

    def stopping(self) -> None:
        """The shutdown has begun."""
        ...

    def extend_timeout(self, seconds: float) -> None:
        """What is under way needs up to so much longer."""
        ...

    def status(self, text: str) -> None:
        """One line for people."""
        ...

    def feed_watchdog(self) -> None:
        """Every loop is alive."""
        ...


# --- What lasts ------------------------------------------------------------------------------------------------


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

    def bound_project(self, guarantor: str, contract_number: str) -> str | None:
        """The project to which a person's approval last bound this number of this guarantor."""
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
        event: str,
        submission: int | None,
        author: Author,
        detail: Mapping[str, Any],
        changes: Mapping[str, Any] | None = None,
    ) -> Entry:
        """An entry that is no event of the table: program start, configuration, news, a duplicate.

        ``changes`` sets columns of the submission other than its state (e.g. ``reasons``).
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
        """Ids of the APPROVED whose moment has come, in order of that moment."""
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

    def entries(self, submission: int | None = None, events: Iterable[str] = (), after: int = 0) -> Iterator[Entry]:
        """Entries in order: all, of one submission, or of these events; those behind the number ``after``."""
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

    def config_in_force(self) -> Mapping[str, Sha256]:
        """Name → hash of the configuration files last recorded."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


@dataclass(frozen=True, slots=True)
class Shelved:
    """A file of the invoices folder; ``sha256`` where it has settled and was read as a PDF."""

    file: str
    sha256: Sha256 | None
    size: int


class Files(Protocol):
    """The invoices folder as the last look saw it; only ``look`` waits for it.

    The questions may raise Unavailable ``folder``: the share is away, or what is asked for was not read yet; Unsettled
    where it is still being written.
    """

    async def look(self, reader: PdfReader, is_needed: Callable[[str], bool]) -> None:
        """List the folder, and read bytes and text of each file whose path ``is_needed``. Raises nothing."""
        ...

    def stamp(self, file: str) -> str:
        """A text that changes when the file does (size, time, inode); empty where there is none, or for now."""
        ...

    def invoice(self, file: str) -> tuple[str, bytes] | Unreadable | None:
        """Name and bytes of a regular file inside the invoices folder that is a PDF alone.

        None where there is no such file; Unreadable(DAMAGED, code and name) where it is something else or more,
        Unreadable(TOO_LARGE) where it is larger than any mail could carry.
        """
        ...

    def text(self, digest: Sha256) -> PdfText | Unreadable | None:
        """The text of the file with this hash; None where it was not read."""
        ...

    def listing(self) -> tuple[Shelved, ...]:
        """Every file of the folder, by path."""
        ...


class Templates(Protocol):
    """Mail templates by name: ``DIR/templates/mail`` first, then the shipped ones."""

    def source(self, name: str) -> str | None:
        """The template's text, or None where there is none of this name."""
        ...


class TokenSource(Protocol):
    """Where a server's login by XOAUTH2 gets its token; everything may block, as it asks a provider."""

    def fetch(self) -> str:
        """A token that is good for a login now. Raises AccountRefused, Unavailable."""
        ...

    def reject(self, token: str) -> bool:
        """Note that the server refused ``token``; whether another is worth one more try. Raises as ``fetch``."""
        ...

    def refusal(self, said: str) -> AccountRefused:
        """The error for a server that refuses a new token, with what it said."""
        ...


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords by the place that names them; never logged. A server that takes tokens has none here."""

    imap: Mapping[str, str]
    smtp: str
    clients: Mapping[str, str] = field(default_factory=dict)
    """By mailbox, the secret of the application that a provider wants beside its id."""

    def __repr__(self) -> str:
        return "Secrets(…)"
