"""The ports of watching: mailboxes, folders of notices and folders of invoices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Protocol

from worker.core.errors import NotInSnapshot, Unavailable
from worker.core.mailbox_actions import MailboxAction
from worker.core.model import PdfText, Sha256, Unreadable, UnreadReason

if TYPE_CHECKING:
    from worker.read.ports import PdfReader

SETTLE: Final = dt.timedelta(seconds=2)
"""Time that a file must have looked the same: a browser or a copy over SMB writes at least once a second, and file
systems such as FAT keep times to 2 s."""


@dataclass(frozen=True, slots=True)
class SelectedMailbox:
    """A folder as EXAMINE answered it."""

    uidvalidity: int
    uidnext: int
    exists: int
    is_fresh: bool = field(default=False, compare=False)
    """True if this connection is new: events before it were not reported."""


@dataclass(frozen=True, slots=True)
class BodyPart:
    """A part of a message as BODYSTRUCTURE tells it, kinds and encodings in small letters."""

    section: str
    """Its number, by which it is asked for; empty for the message itself."""
    kind: str
    encoding: str = ""
    size: int = 0
    """In bytes as they stand in the mail."""
    names: str = ""
    """Every name that it bears, as written."""
    parts: tuple[BodyPart, ...] = ()
    """Of a multipart, and of a mail within (its one part is that mail's own)."""


@dataclass(frozen=True, slots=True)
class Header:
    """A message as far as it is known before its body is fetched."""

    uid: int
    size: int
    internal_date: dt.datetime
    message_id: str
    fields: bytes = b""
    """The header fields that ``judge_outline`` judges, if they were asked for."""
    structure: BodyPart | None = None
    """Its parts, if they were asked for and could be had."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message as the server gave it; ``is_complete`` is False if only the first part was fetched (too large).

    ``failure`` is set, and ``content`` empty, if this one message could not be fetched. ``has_every_pdf`` is set if
    ``content`` was put together of the headers, the texts and every PDF of a message that is too large.
    """

    header: Header
    content: bytes
    is_complete: bool = True
    failure: str = ""
    has_every_pdf: bool = False


class IdleResult(Enum):
    """The result of an IDLE."""

    NEWS = auto()
    """Something came: look."""
    QUIET = auto()
    """Nothing came, and the connection is well."""
    LOST = auto()
    """The connection is dead or out of step, and was given up."""
    NOT_OFFERED = auto()
    """The server does not tell; it was not waited."""


class Mailbox(Protocol):
    """One mailbox over one connection; but for ``apply_mailbox_action`` it never marks, moves or deletes."""

    @property
    def after(self) -> MailboxAction:
        """The action of ``apply_mailbox_action``."""

    @property
    def name(self) -> str:
        """The NAME of ``[mailbox.NAME]``."""

    async def open(self) -> SelectedMailbox:
        """Connect and log in if needed, then open the folder afresh. Raises Unavailable, AccountRefused."""

    async def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        """UIDs from ``first`` on, ascending; with ``since`` only those of that internal date or later."""

    async def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """Size, internal date and Message-ID of each that still exists; asked in blocks of at most 500."""

    async def fields(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``headers``, with ``fields``; the server opens no message for it."""

    async def fetch_summaries(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``headers``, with ``fields`` and ``structure`` if the server can give them."""

    async def fetch_prefixes(self, headers: Sequence[Header]) -> Mapping[int, Mapping[str, bytes]]:
        """The first bytes of each part of each message, by UID and section; what could not be had is left out."""

    async def blocks(self, headers: Sequence[Header]) -> Callable[[], Awaitable[tuple[Fetched, ...]]]:
        """Returns a call that fetches the next block of these, of at most 4 MB; an empty one is the end.

        Of a message above 8 MB it fetches only the PDFs and texts, or the beginning.
        """

    async def apply_mailbox_action(self, uids: Sequence[int]) -> None:
        """Do to these what ``after`` says; done already, or gone, is as good. Raises Unavailable."""

    async def listen(self, seconds: float) -> IdleResult:
        """Wait for the server to tell of a message, for at most ``seconds``. Raises nothing."""

    def close(self) -> None:
        """End the connection, also while a call of it is blocked."""


class TriedMailbox(Mailbox, Protocol):
    """A mailbox that can also be tried before the service watches it."""

    async def try_reading(self) -> None:
        """Try all that a look asks for with the newest messages. Raises Unavailable."""

    async def newest_results(self, count: int) -> tuple[bytes, ...]:
        """The Authentication-Results of each of the last ``count`` messages, or fewer. Raises Unavailable."""

    async def try_after(self) -> None:
        """Try whether ``apply_mailbox_action`` can be done. Raises Unavailable; the folder is closed then."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A regular file of the folder as one look saw it."""

    name: str
    size: int
    mtime_ns: int
    inode: int
    why: UnreadReason | None = None
    """The reason why it is not read; None if it is. Then it may be a folder, a link or the like, too."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Found by a look beside the files that are read."""

    unread: tuple[ListedFile, ...] = ()
    """Each with its reason; an UNFINISHED one whenever its name says so, however short a time it lies there."""
    folders: tuple[str, ...] = ()
    """Every folder inside that was looked into, by its path with a slash at the end."""


class NoticeFolder(Protocol):
    """The notices folder; nothing in it is moved or deleted."""

    async def place(self) -> str:
        """Its path, links resolved: another one is another folder. Raises nothing."""

    async def look(self) -> tuple[ListedFile, ...]:
        """Every file that is read, in it and in its folders, in order of name."""

    def rest(self) -> Rest:
        """The other things that the last look found. Raises nothing."""

    async def read(self, listed: ListedFile) -> bytes | None:
        """Its bytes, or None if it is no longer what was listed, or changed while being read."""


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    """A file of the invoices folder; ``sha256`` if it has settled and was read as a PDF."""

    file: str
    sha256: Sha256 | None
    size: int
    saved_ns: int = 0
    """Its modification time."""


@dataclass(frozen=True, slots=True)
class InvoiceSnapshot:
    """The result of one look at the invoices folder; it never changes, so that a decision rests on one look.

    The questions may raise Unavailable ``folder``: the share is away; StillWritten if a file is still being written;
    NotInSnapshot if a file is there that the look was not asked for.
    """

    listed: tuple[InvoiceFile, ...] | Unavailable
    answers: Mapping[str, tuple[str, bytes] | Unreadable | Unavailable | None]
    """By path, each file that was read, or the reason why it could not be."""
    texts: Mapping[Sha256, PdfText | Unreadable]

    def listing(self) -> tuple[InvoiceFile, ...]:
        """Every file of the folder, by path."""
        if isinstance(self.listed, Unavailable):
            raise self.listed
        return self.listed

    def invoice(self, file: str) -> tuple[str, bytes] | Unreadable | None:
        """Name and bytes of a regular file inside the invoices folder that is a PDF alone.

        None if there is no such file; Unreadable(DAMAGED, code and name) if it is something else or more,
        Unreadable(TOO_LARGE) if it is larger than any mail could carry.
        """
        found = self.answers.get(file)
        if file not in self.answers and any(each.file == file for each in self.listing()):
            raise NotInSnapshot("folder", file)
        if isinstance(found, Unavailable):
            raise found
        return found

    def text(self, digest: Sha256) -> PdfText | Unreadable | None:
        """The text of the file with this hash; None if it was not read."""
        return self.texts.get(digest)


NOT_LOOKED: Final = InvoiceSnapshot(NotInSnapshot("folder", ""), {}, {})
"""Of a folder in which nothing is in question."""


class InvoiceFolder(Protocol):
    """The invoices folder; only ``look`` waits for it."""

    async def look(self, reader: PdfReader, is_needed: Callable[[str], bool]) -> InvoiceSnapshot:
        """List the folder, and read bytes and text of each file whose path ``is_needed``. Raises nothing."""

    def stamp(self, file: str) -> str:
        """A text that changes when the file does (size, time, inode); empty if there is none, or for now."""

    def listing(self) -> tuple[InvoiceFile, ...]:
        """Every file of the folder as the last look saw it, by path. Raises Unavailable."""

    def rest(self) -> Rest | None:
        """The files that the last look found and that are not read; None before the first. Raises nothing."""

    def place(self) -> str:
        """The folder's path. Raises nothing."""


class UploadFolder(Protocol):
    """A folder into which PDFs are put that people bring; all may raise Unavailable ``folder`` or ``disk``."""

    def put(self, folder: str, name: str, content: bytes) -> str:
        """Saves ``content`` whole in ``folder`` inside (empty: in it) under a free name; returns its path inside.

        No file is replaced. ``name`` has no ending.
        """

    def sizes(self, folder: str) -> Mapping[str, int]:
        """The files of ``folder`` inside by their paths, with their sizes; empty if it is not there."""

    def take(self, path: str) -> bytes | None:
        """The bytes of a file that ``sizes`` named; None if it is gone."""

    def remove(self, path: str) -> None:
        """Removes a file that ``put`` made; one that is gone is no fault."""
