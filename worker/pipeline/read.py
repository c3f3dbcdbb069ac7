"""The notice in a PDF, read in a child process; what this process has read is kept in memory for a while.

Its one promise: what it keeps was read by this program, of the same bytes and by the same guarantors' profiles; a file
that was refused is read again whenever it is asked for. Nothing of it is stored: who writes the store cannot alter it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from worker.approve.redraft import InForce
from worker.authenticate.dkim_policy import Signed, Unsigned
from worker.authenticate.ports import Signatures
from worker.authenticate.sender_auth import Speakers, Spoken, Vouched, read_spoken, roots_to_sign
from worker.config.settings import Mode
from worker.core.clock import Clock
from worker.core.model import NO_DATE, Attached, Located, Notice, PdfText, Sha256, Unreadable, sha256
from worker.core.rulebook import Guarantor
from worker.read.archives import Unpacked
from worker.read.budget import (
    DISK_AGAIN,
    OF_STRANGERS,
    OF_THE_PROVEN,
    STRANGERS_PDF_SECONDS,
    Ended,
    Lane,
    MailBudget,
    PutOff,
    Room,
    SlowSenders,
    Window,
    is_disk_low,
)
from worker.read.classify import Announcement, Meant, Recognised, Unrelated
from worker.read.message import Message
from worker.read.notice import read_notice
from worker.read.ports import MailReader, MailReaders, PdfReader
from worker.read.positions import confirm_notice
from worker.watch.ports import Fetched

KEPT: Final = 1000
"""Notices kept, half a kB each: more than an office of 10,000 projects sends in a day."""

Profiles = tuple[Guarantor, ...]


async def read_pdf(reader: PdfReader | MailReader, pdf: bytes, profiles: Profiles) -> Notice | Unreadable:
    """The notice in ``pdf``, or why there is none. Raises Unavailable where the reader does.

    What its text says is looked up on the page: no notice comes of text that a reader of the page does not see, or of a
    part of a number or key.
    """
    text = await reader.read(pdf)
    if isinstance(text, Unreadable):
        return text
    notice = read_notice(text, profiles)
    if isinstance(notice, Unreadable):
        return notice
    located = await reader.locate(pdf, (notice.contract_number, notice.key.clear))
    if isinstance(located, Unreadable):
        return located
    (guarantor,) = (each for each in profiles if each.id == notice.guarantor)
    return confirm_notice(notice, text, located, guarantor)


class Readings:
    """Reads notices; of one process."""

    def __init__(self, reader: PdfReader) -> None:
        self._reader = reader
        self._kept: dict[Sha256, Notice] = {}
        self._profiles: Profiles = ()

    async def read(self, pdf: bytes, profiles: Profiles, reader: MailReader | None = None) -> Notice | Unreadable:
        """The notice in ``pdf``, or why there is none. Raises Unavailable."""
        notice = await read_pdf(reader or self._reader, pdf, profiles)
        if isinstance(notice, Notice):
            self._keep(sha256(pdf), notice, profiles)
        return notice

    async def read_once(self, pdf: bytes, profiles: Profiles) -> Notice | Unreadable:
        """As ``read``; a notice that this process has read of these bytes by these profiles is not read again."""
        if self._profiles == profiles and (known := self._kept.get(sha256(pdf))) is not None:
            return known
        return await self.read(pdf, profiles)

    def _keep(self, digest: Sha256, notice: Notice, profiles: Profiles) -> None:
        if self._profiles != profiles:
            self._kept.clear()
            self._profiles = profiles
        self._kept.pop(digest, None)
        self._kept[digest] = notice
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]


Read = tuple[Attached, Sha256, Notice | Unreadable]


@dataclass(frozen=True, slots=True)
class MailRead:
    """What was read of a mail's PDFs, and what was not."""

    read: tuple[Read, ...] = ()
    unread: int = 0
    why_unread: Ended | None = None
    put_off: PutOff | None = None
    """Why nothing of it was read yet, and its turn comes later."""


class Turns:
    """The limits of mails in one process."""

    def __init__(self, clock: Clock, readers: MailReaders, free_disk: Callable[[], int]) -> None:
        self._clock = clock
        self._readers = readers
        self._free_disk = free_disk
        self._slow = SlowSenders()
        self._window = Window()
        self._line = asyncio.Lock()
        self._ended = asyncio.Event()

    async def read_mail(
        self,
        files: int,
        open_all: Callable[[MailReader], Awaitable[Sequence[tuple[Sha256, Attached]]]],
        lane: Lane,
        sender: str,
        read: Callable[[MailReader, bytes], Awaitable[Notice | Unreadable]],
    ) -> MailRead:
        """Reads the PDFs that ``open_all`` gives one after the other, as far as the limits go.

        ``files`` says how many files may hold one, before any is opened.
        """
        reader = self._readers(lane)
        if lane is Lane.OURS:
            return await self._read(await open_all(reader), reader, MailBudget(OF_THE_PROVEN), read)
        if not await self._begin():
            return MailRead(unread=files, why_unread=Ended.TURN, put_off=PutOff.TIME)
        budget = MailBudget(OF_STRANGERS, self._slow.count(sender, self._clock.now()))
        try:
            pdfs = await open_all(reader)
            budget.seconds += reader.spent
            return await self._read(pdfs, reader, budget, read)
        finally:
            now = self._clock.now()
            self._slow.note(sender, budget.slow, now)
            self._end(budget.seconds)

    async def read_again(
        self, read: Callable[[MailReader], Awaitable[Notice | Unreadable]]
    ) -> tuple[Notice | Unreadable, float] | None:
        """Read one PDF that a stranger once sent, with the seconds it took; None where its turn comes later."""
        if self._window.room(self._clock.now()) is not Room.NOW:
            return None
        reader = self._readers(Lane.STRANGERS)
        self._window.begin()
        try:
            return await read(reader), reader.spent
        finally:
            self._end(min(reader.spent, STRANGERS_PDF_SECONDS))

    def next_try(self, why: PutOff) -> dt.datetime:
        """When a mail that was put off is looked at again."""
        now = self._clock.now()
        return now + DISK_AGAIN if why is PutOff.DISK else self._window.free_at(now)

    def has_space(self) -> bool:
        """Whether a stranger's mail may be kept."""
        return not is_disk_low(self._free_disk())

    def has_room(self) -> bool:
        """Whether a stranger's mail that was put off can be read now."""
        return self._window.room(self._clock.now()) is not Room.LATER and self.has_space()

    async def _read(
        self,
        pdfs: Sequence[tuple[Sha256, Attached]],
        reader: MailReader,
        budget: MailBudget,
        read: Callable[[MailReader, bytes], Awaitable[Notice | Unreadable]],
    ) -> MailRead:
        done: list[Read] = []
        for digest, pdf in pdfs:
            if (why := budget.why_ended(len(pdf.content))) is not None:
                return MailRead(tuple(done), len(pdfs) - len(done), why)
            before = reader.spent
            result = await read(reader, pdf.content)
            budget.note(len(pdf.content), reader.spent - before, result)
            done.append((pdf, digest, result))
        return MailRead(tuple(done))

    async def _begin(self) -> bool:
        """Wait until there is room for a stranger's mail; False where there will be none for a while."""
        async with self._line:  # in the order in which they came
            while (room := self._window.room(self._clock.now())) is Room.SOON:
                self._ended.clear()
                await self._ended.wait()
            if room is Room.NOW:
                self._window.begin()
            return room is Room.NOW

    def _end(self, seconds: float) -> None:
        self._window.end(seconds, self._clock.now())
        self._ended.set()


class Unmetered:
    """``ports.MailReader`` of a reader that has no lanes and counts no time."""

    spent = 0.0

    def __init__(self, reader: PdfReader) -> None:
        self._reader = reader

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        """As the reader's own."""
        return await self._reader.read(pdf)

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> Located | Unreadable:
        """As the reader's own."""
        return await self._reader.locate(pdf, codes)

    async def unpack(self, content: bytes) -> Unpacked:
        """As the reader's own."""
        return await self._reader.unpack(content)


class Vouching:
    """Looks at who wrote each mail."""

    def __init__(self, signatures: Signatures | None) -> None:
        self._signatures = signatures

    async def look(
        self,
        mailbox: str,
        fetched: Fetched,
        message: Message | None,
        what: Recognised,
        in_force: InForce,
    ) -> Vouched | None:
        """What is known of who wrote ``fetched``; None where it can bring no notice and announces none."""
        may_bring = isinstance(what, Announcement)
        may_bring = may_bring or (isinstance(what, Meant | Unrelated) and bool(what.pdfs or what.zips))
        if message is None or not fetched.content or not may_bring:
            return None
        settings = in_force.configuration.settings
        own = settings.mailboxes.get(mailbox)
        speakers = Speakers(in_force.guarantors, settings.colleagues)
        arrived = fetched.header.internal_date
        spoken = read_spoken(
            fetched.content,
            own.authserv_id if own else "",
            None if arrived == NO_DATE else arrived,
            answers_by=message.answers_by,
            unattended_by=message.unattended_by,
        )
        roots = roots_to_sign(spoken, speakers, (None, *speakers.guarantors))
        signed = {root: await self._sign(fetched, spoken, root) for root in roots}
        return Vouched(spoken, signed, speakers, is_approved_by_hand=settings.release.mode is Mode.APPROVE)

    async def _sign(self, fetched: Fetched, spoken: Spoken, root: str) -> Signed:
        if not fetched.whole or fetched.has_every_pdf:
            return Signed(why=Unsigned.NOT_WHOLE)
        if self._signatures is None:
            return Signed(why=Unsigned.NOT_TRIED)
        return await self._signatures.verify(fetched.content, spoken.fields, root, spoken.came_at)
