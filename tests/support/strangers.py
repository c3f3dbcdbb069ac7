"""Strangers' mails of PDF bombs, and children that need no processor for them: time is an event loop's own.

The places of the children are the product's; what a PDF takes is said by its bytes. A bomb takes all that it may.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import selectors
from typing import Any

from tests.support.fakes import located_as_printed
from tests.support.small_office import TextInBytes
from tests.support.world import OFFICE, START
from worker.core.model import CodePositions, PdfText, Unreadable
from worker.core.states import Reason
from worker.read.archives import Unpacked, unpack
from worker.read.budget import PDF_SECONDS, STRANGERS_PDF_SECONDS, Lane
from worker.read.pdf.pool import Lanes
from worker.read.ports import MailReader

LIMITS = {Lane.OURS: PDF_SECONDS, Lane.STRANGERS: STRANGERS_PDF_SECONDS}
NOTICE_SECONDS = 0.001
"""The time that a child takes for a notice: next to nothing, so that only waits for strangers are counted."""
_BOMB = b"%PDF-1.4 bomb "


class OwnTime(asyncio.SelectorEventLoop):
    """An event loop whose clock is moved on when nothing else is left to do."""

    def __init__(self) -> None:
        super().__init__(_Impatient(self))
        self.passed = 0.0

    def time(self) -> float:
        return self.passed


class _Impatient(selectors.DefaultSelector):
    def __init__(self, loop: OwnTime) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("nothing will ever happen")
        if not ready and timeout is not None and timeout > 0:
            self._loop.passed += timeout
        return ready


class LoopClock:
    """``core.clock.Clock`` with the time of the running loop."""

    def now(self) -> dt.datetime:
        try:
            passed = asyncio.get_running_loop().time()
        except RuntimeError:
            passed = 0.0
        return START + dt.timedelta(seconds=passed)


class Children:
    """``ports.LanedReader`` of so many children that are not there."""

    def __init__(self, count: int) -> None:
        self.lanes = Lanes(count)
        self.read_bombs: list[Lane] = []

    def for_mail(self, lane: Lane) -> MailReader:
        return _OfLane(self, lane)

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        return await self.for_mail(Lane.OURS).read(pdf)

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        return await self.for_mail(Lane.OURS).locate(pdf, codes)

    async def unpack(self, content: bytes) -> Unpacked:
        return await self.for_mail(Lane.OURS).unpack(content)

    async def prepare(self) -> None:
        """Nothing is started."""

    async def close(self) -> None:
        """Nothing was started."""


class _OfLane:
    def __init__(self, children: Children, lane: Lane) -> None:
        self._children = children
        self._lane = lane
        self.spent = 0.0

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        is_bomb = pdf.startswith(_BOMB)
        async with self._children.lanes.place(self._lane):
            await self._take(LIMITS[self._lane] if is_bomb else NOTICE_SECONDS)
        if is_bomb:
            self._children.read_bombs.append(self._lane)
            return Unreadable(Reason.TOO_SLOW, "SIGXCPU", is_unanswered=True)
        return await TextInBytes().read(pdf)

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        async with self._children.lanes.place(self._lane):
            await self._take(NOTICE_SECONDS)
        return located_as_printed(codes)

    async def unpack(self, content: bytes) -> Unpacked:
        async with self._children.lanes.place(self._lane):
            await self._take(NOTICE_SECONDS)
        return unpack(content)

    async def _take(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.spent += seconds


def bomb(number: int) -> bytes:
    """No two are the same file."""
    return _BOMB + b"%d" % number


def mail_of(*pdfs: bytes, number: int, subject: str = "お見積りの件", sender: str = "") -> bytes:
    """A mail by an unknown sender; each by another one unless one is named. Made by hand: it has a thousand parts."""
    word = base64.b64encode(subject.encode()).decode()
    head = (
        f"From: {sender or f'anyone{number}@elsewhere.example'}\r\nTo: {OFFICE}\r\nSubject: =?utf-8?b?{word}?=\r\n"
        f"Message-ID: <stranger.{number}@elsewhere.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/mixed; boundary="part"\r\n\r\n'
        "--part\r\nContent-Type: text/plain\r\n\r\nplease see the files\r\n"
    )
    encoded = "Content-Transfer-Encoding: base64"
    parts = [
        f'--part\r\nContent-Type: application/pdf; name="{place}.pdf"\r\n{encoded}\r\n\r\n'.encode()
        + base64.encodebytes(pdf)
        for place, pdf in enumerate(pdfs)
    ]
    return b"".join((head.encode(), *parts, b"--part--\r\n"))


def mail_of_bombs(count: int, number: int, subject: str = "お見積りの件") -> bytes:
    """A mail of so many."""
    return mail_of(*(bomb(number * 10_000 + each) for each in range(count)), number=number, subject=subject)
