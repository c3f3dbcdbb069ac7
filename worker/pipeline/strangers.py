"""Reads one mail's PDFs within its limits, and strangers' mails in their turn.

Its one promise: a mail is read as far as its limits go, or not begun; of either the caller learns. It does not know
what becomes of the mail.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from worker.core.clock import Clock
from worker.core.model import Attached, CodePositions, Notice, PdfText, Sha256, Unreadable
from worker.read.archives import Unpacked
from worker.read.budget import (
    DISK_AGAIN,
    OF_STRANGERS,
    OF_THE_PROVEN,
    STRANGERS_PDF_SECONDS,
    Deferred,
    Lane,
    LimitReached,
    MailBudget,
    Room,
    SlowSenders,
    Window,
    is_disk_low,
)
from worker.read.ports import MailReader, MailReaders, PdfReader

Read = tuple[Attached, Sha256, Notice | Unreadable]


@dataclass(frozen=True, slots=True)
class MailRead:
    """What was read of a mail's PDFs, and what was not."""

    read: tuple[Read, ...] = ()
    unread: int = 0
    why_unread: LimitReached | None = None
    put_off: Deferred | None = None
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
            return MailRead(unread=files, why_unread=LimitReached.TURN, put_off=Deferred.TIME)
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

    def next_try(self, why: Deferred) -> dt.datetime:
        """When a mail that was put off is looked at again."""
        now = self._clock.now()
        return now + DISK_AGAIN if why is Deferred.DISK else self._window.free_at(now)

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

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        """As the reader's own."""
        return await self._reader.locate(pdf, codes)

    async def unpack(self, content: bytes) -> Unpacked:
        """As the reader's own."""
        return await self._reader.unpack(content)
