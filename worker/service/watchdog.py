"""Whether every loop of the service is alive: what the watchdog is fed by.

Its one promise: a server that is down is no hang. A loop is alive while it waits for its next pass within its
interval, or is inside a step whose deadline has not passed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final, ParamSpec, TypeVar

from worker.core.model import CodePositions, PdfText, Unreadable
from worker.read.archives import Unpacked
from worker.read.ports import MailReader, PdfReader
from worker.send.ports import Body, MailServer, NoReply, Reply, Session, Step
from worker.watch.ports import Thread

P = ParamSpec("P")
T = TypeVar("T")

STEP_LIMIT: Final = 900.0
"""Seconds one step may take: 4 MB of mail on the slowest line still rented out (64 kbit/s) take 500 s, and every other
socket and every PDF has a shorter limit of its own, so this one means a hang."""
OPEN_LIMIT: Final = 2100.0
"""Seconds until a mail server is ready: one that lets its clients wait at each command (RFC 5321 §4.5.3.2: 5 minutes
each) is no hang."""
BODY_LIMIT: Final = 2700.0
"""Seconds for a body and its answer: 30 minutes on the slowest line, 10 for the answer (RFC 5321 §4.5.3.2.6)."""
MISSED_PASSES: Final = 3
"""How many intervals a loop may be late before it counts as hung: a busy machine delays one, not three."""


class Beat:
    """One loop's sign of life, on a monotonic clock in seconds."""

    def __init__(self, name: str, interval: float, monotonic: Callable[[], float]) -> None:
        self.name = name
        self.interval = interval
        self._monotonic = monotonic
        self._alive_until = monotonic() + STEP_LIMIT

    def step(self, limit: float = STEP_LIMIT) -> None:
        """A step begins that must end within ``limit`` seconds."""
        self._alive_until = self._monotonic() + limit

    def rest(self) -> None:
        """The pass ended, well or with a named failure; the next one begins within the interval."""
        self._alive_until = self._monotonic() + MISSED_PASSES * self.interval + STEP_LIMIT

    @property
    def is_alive(self) -> bool:
        """Whether the deadline that stands has not passed."""
        return self._monotonic() <= self._alive_until


RUNNING: Final[ContextVar[Beat | None]] = ContextVar("running_beat", default=None)
"""The beat of the loop that the running task belongs to: the loops share one reader of PDFs."""


class BeatingMailReader:
    """The reader of a mail's PDFs with the calling loop's beat at every PDF: a mail may hold hundreds of them."""

    def __init__(self, reader: MailReader) -> None:
        self._reader = reader

    @property
    def spent(self) -> float:
        """As the reader's own."""
        return self._reader.spent

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        """As the reader's own."""
        return _after_step(await self._reader.read(pdf))

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        """As the reader's own."""
        return _after_step(await self._reader.locate(pdf, codes))

    async def unpack(self, content: bytes) -> Unpacked:
        """As the reader's own."""
        return _after_step(await self._reader.unpack(content))


class BeatingReader:
    """The reader of PDFs with the calling loop's beat at every PDF: a folder may hold hundreds of them."""

    def __init__(self, reader: PdfReader) -> None:
        self._reader = reader

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        """As the reader's own."""
        return _after_step(await self._reader.read(pdf))

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        """As the reader's own."""
        return _after_step(await self._reader.locate(pdf, codes))

    async def unpack(self, content: bytes) -> Unpacked:
        """As the reader's own."""
        unpacked = await self._reader.unpack(content)
        if (beat := RUNNING.get()) is not None:
            beat.step()
        return unpacked

    async def close(self) -> None:
        """As the reader's own."""
        await self._reader.close()


def _after_step(result: T) -> T:
    if (beat := RUNNING.get()) is not None:
        beat.step()
    return result


class BeatingServer:
    """A mail server with its loop's beat at every step."""

    def __init__(self, server: MailServer, beat: Beat) -> None:
        self._server = server
        self._beat = beat

    async def open(self) -> Session:
        """As the server's own."""
        self._beat.step(OPEN_LIMIT)
        session = await self._server.open()
        self._beat.step()
        return session

    async def take(self, step: Step) -> Reply | NoReply:
        """As the server's own; a body may take longer than anything else."""
        self._beat.step(BODY_LIMIT if isinstance(step, Body) else STEP_LIMIT)
        answer = await self._server.take(step)
        self._beat.step()
        return answer

    async def close(self) -> None:
        """As the server's own."""
        self._beat.step()
        await self._server.close()


class BeatingThread:
    """A mailbox's thread with its loop's beat at every call."""

    def __init__(self, thread: Thread, beat: Beat) -> None:
        self._thread = thread
        self._beat = beat

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """As the thread's own; what follows in the loop (reading a block's PDFs) is a step of its own."""
        self._beat.step()
        result = await self._thread(call, *args, **kwargs)
        self._beat.step()
        return result
