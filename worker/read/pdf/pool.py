"""The pool of child processes that read PDFs, each one request at a time under the parent's clock.

A child is this process's own, or one of another account that the reader at a socket starts (``connection``).

Every PDF gets an answer within ``READ_SECONDS``. A child that crashed or met a limit is replaced; one that refused a
PDF reads the next. This process never opens a PDF itself. The next free child reads a PDF of ours before a stranger's,
and strangers together hold at most their share of the children.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import worker
from worker.core.errors import Unavailable
from worker.core.model import CodePositions, PageText, PdfText, Place, TextRun, Unreadable
from worker.core.states import REFUSALS, Reason
from worker.read.archives import MEMBER_BYTES, MEMBERS, UNPACKED_BYTES, Unpacked, has_too_many_entries
from worker.read.budget import PDF_SECONDS, STRANGERS_PDF_SECONDS, Lane, strangers_most
from worker.read.message import AttachmentKind
from worker.read.pdf.child import LENGTH, PAGES, PICTURES, UNPACK
from worker.read.pdf.connection import ServedProcess, connect
from worker.read.pdf.picture import PICTURE_PAGES, PNG_BYTES
from worker.read.ports import BROKEN_SANDBOX, MailReader, PageSketch, Picture, Sandbox, ValueBox, Wish


class Lanes:
    """The queue of PDFs for a number of children; used from one event loop."""

    def __init__(self, children: int) -> None:
        self._free = children
        self._most = {Lane.OURS: children, Lane.STRANGERS: strangers_most(children)}
        self._busy = dict.fromkeys(Lane, 0)
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in Lane}

    @asynccontextmanager
    async def place(self, lane: Lane, *, goes_on: bool = False) -> AsyncIterator[None]:
        """Holds a place once its turn has come; a PDF that ``goes_on`` comes before those of its lane not yet begun."""
        turn = asyncio.get_running_loop().create_future()
        if goes_on:
            self._waiting[lane].appendleft(turn)
        else:
            self._waiting[lane].append(turn)
        self._call()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was called in the moment in which it was given up
                self._leave(lane)
            raise
        try:
            yield
        finally:
            self._leave(lane)

    def _leave(self, lane: Lane) -> None:
        self._busy[lane] -= 1
        self._free += 1
        # Not at once: who asked may go on with the same PDF, and no stranger's is to come in between.
        asyncio.get_running_loop().call_soon(self._call)

    def _call(self) -> None:
        for lane in Lane:  # ours first
            waiting = self._waiting[lane]
            while waiting and self._free and self._busy[lane] < self._most[lane]:
                turn = waiting.popleft()
                if turn.cancelled():
                    continue
                self._busy[lane] += 1
                self._free -= 1
                turn.set_result(None)


CHILDREN: Final = 4
"""The most children: each uses some 90 MB, and reading takes little of a day's time."""

PDF_BYTES: Final = 10_000_000
"""Notices have 4 to 200 kB, scans a few MB; no mail that the worker reads whole is larger than 8 MB."""

ZIP_BYTES: Final = 20_000_000
"""The limit of every file: a mail that is too large to be read whole is reassembled with its PDFs and ZIPs."""

ANSWER_BYTES: Final = 16_000_000
"""More than a sound child can answer (5 pages, 3 texts of at most 40,000 characters and 100 table rows each)."""

READ_SECONDS: Final = 20.0
"""For one PDF by the parent's clock; the child's own limit of processor time comes first unless it only waits."""

STRANGERS_READ_SECONDS: Final = 10.0
"""The same for a stranger's PDF, which has half of the processor time."""

START_SECONDS: Final = 60.0
"""For a child's start: 0.2 s on an idle machine, but a machine that is just starting is not idle."""

READS: Final = 1_000
"""Requests after which a child is replaced: the engines keep fonts and tables, and kept memory counts as used. A start
costs as much as ten notices. With browsers' PDFs of 160 to 185 kB a child grew to 92 MB within 200 requests, and to
100 MB within 800."""

T = TypeVar("T", PdfText, CodePositions, Unpacked, Picture, tuple[PageSketch, ...])
Asked = tuple[str, ...] | str | dict[str, Any]
"""Codes to be located, the word for a ZIP, or a wish for pictures."""

_UNOPENED: Final = Unpacked(unopened=(("", AttachmentKind.ZIP),))

_PDF_SECONDS: Final = {Lane.OURS: PDF_SECONDS, Lane.STRANGERS: STRANGERS_PDF_SECONDS}

_CHILD: Final = ("-P", "-s", "-m", "worker.read.pdf.child")

PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"

_TRIES: Final = 2  # a child killed from outside says nothing about its PDF: try once more with a new one
_NO_MEMORY: Final = (-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL)  # how allocators end if memory is refused
_FOREIGN: Final = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP)


class _Ended(Exception):
    """The child ended instead of answering; ``status`` as ``Process.returncode`` has it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Child:
    """One child process and its pipes, or its socket."""

    def __init__(self, process: asyncio.subprocess.Process | ServedProcess) -> None:
        self._process = process
        self.reads = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, pdf: bytes, codes: Asked, seconds: int) -> Any:
        """Returns the child's answer about ``pdf``, within ``seconds`` of processor time. Raises _Ended."""
        self.reads += 1
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101  opened with a pipe, for the type checker
        request = json.dumps({"codes": codes, "seconds": seconds})
        try:
            for piece in (pdf, request.encode()):
                pipe.write(LENGTH.pack(len(piece)))
                pipe.write(piece)
            await pipe.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise _Ended(await self._process.wait()) from None
        answer = await self.answer()
        if codes == UNPACK and isinstance(answer, dict) and isinstance(answer.get("unpacked"), dict):
            answer["unpacked"]["pdfs"] = await self._pdfs(answer["unpacked"].get("names"))
        if isinstance(codes, dict) and isinstance(answer, dict) and "picture" in answer:
            answer["png"] = await self._piece(PNG_BYTES)
        return answer

    async def answer(self) -> Any:
        """Returns the next answer. Raises _Ended, also for one that is no JSON."""
        piece = await self._piece(ANSWER_BYTES)
        try:
            return json.loads(piece)
        except (ValueError, RecursionError):
            await self.end()
            raise _Ended(0) from None

    async def _pdfs(self, names: Any) -> list[bytes]:
        """Returns the PDFs that follow the names of a ZIP's contents. Raises _Ended."""
        room, found = UNPACKED_BYTES, []
        for _ in range(min(len(names), MEMBERS) if isinstance(names, list) else 0):
            found.append(await self._piece(min(room, MEMBER_BYTES)))
            room -= len(found[-1])
        return found

    async def _piece(self, most: int) -> bytes:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101  opened with a pipe, for the type checker
        try:
            (length,) = LENGTH.unpack(await pipe.readexactly(LENGTH.size))
            if length > most:
                await self.end()
                raise _Ended(0)
            return await pipe.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            raise _Ended(await self._process.wait()) from None

    async def end(self) -> None:
        """Kills the child, waits until it is gone, and closes the way to it."""
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself in this moment
                self._process.kill()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


class _LaneReader:
    """``ports.MailReader``."""

    def __init__(self, pool: PdfPool, lane: Lane) -> None:
        self._pool = pool
        self._lane = lane
        self.spent = 0.0

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        return await self._pool.ask(pdf, (), _understood, self._lane, self._note)

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        return await self._pool.ask(pdf, codes, partial(_located, len(codes)), self._lane, self._note)

    async def unpack(self, content: bytes) -> Unpacked:
        if has_too_many_entries(content):
            return _UNOPENED
        unpacked = await self._pool.ask(content, UNPACK, _unpacked, self._lane, self._note)
        return _UNOPENED if isinstance(unpacked, Unreadable) else unpacked

    def _note(self, seconds: float) -> None:
        self.spent += seconds


class PdfPool(_LaneReader):
    """The adapter of ``ports.LanedReader``: a warm pool of children, used from one event loop.

    ``children`` is the most that it starts; without it one more than cores, since a child waits for the parent between
    two requests and the parent works meanwhile. With one core there is none more, and never more than ``CHILDREN``.
    They start at ``prepare``, when PDFs wait, or all at ``warm``. With ``reader`` they are those of the reader at that
    socket; if it cannot be reached, none starts. ``read_seconds`` is for tests, the product uses the constant.
    """

    _arguments: tuple[str, ...] = ()
    """Arguments of the children."""

    def __init__(
        self, children: int | None = None, *, reader: Path | None = None, read_seconds: float = READ_SECONDS
    ) -> None:
        super().__init__(self, Lane.OURS)
        self._reader = reader
        cores = len(os.sched_getaffinity(0))
        self._most = min(children or (cores + 1 if cores > 1 else 1), CHILDREN)
        self._read_seconds = {Lane.OURS: read_seconds, Lane.STRANGERS: min(read_seconds, STRANGERS_READ_SECONDS)}
        self._lanes = Lanes(self._most)
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._closed = False
        self.sandbox: Sandbox | None = None
        """The parts in force in the child that started last; None before the first."""
        self.account: int | None = None
        """The account of that child, if the reader at a socket started it."""

    @property
    def is_own(self) -> bool:
        """Set if the children are this process's own."""
        return self._reader is None

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the living children."""
        return tuple(child.pid for child in self._all if child.is_alive)

    async def warm(self) -> None:
        """Starts all children now, so that the first notice does not wait. Raises Unavailable."""
        started = await asyncio.gather(*(self._start() for _ in range(self._most - len(self._all))))
        self._idle.extend(started)

    async def prepare(self, count: int | None = None) -> None:
        """Begins to start ``count`` children before there is a PDF, without it one for each core.

        The first reads wait for them. A child takes 0.4 s of processor time to start.
        """
        wanted = min(self._most, len(os.sched_getaffinity(0)) if count is None else count)
        for _ in range(0 if self._closed else wanted - len(self._all) - len(self._starting)):
            task = asyncio.create_task(self._start_idle())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)
        await asyncio.sleep(0)  # the processes run then, though the caller may keep the loop for itself

    async def _start_idle(self) -> None:
        with contextlib.suppress(Unavailable):  # the read that needs a child tries again, and reports it
            self._idle.append(await self._start())

    def for_mail(self, lane: Lane) -> MailReader:
        """Returns the reader of one mail's PDFs."""
        return _LaneReader(self, lane)

    async def ask(
        self,
        pdf: bytes,
        codes: Asked,
        understood: Callable[[Any], T | Unreadable],
        lane: Lane,
        note: Callable[[float], None],
    ) -> T | Unreadable:
        """Returns the answer when it is this PDF's turn; calls ``note`` with the seconds of a child's time."""
        if not pdf:
            return Unreadable(Reason.DAMAGED, "empty")
        if len(pdf) > (ZIP_BYTES if codes == UNPACK else PDF_BYTES):
            return Unreadable(Reason.TOO_LARGE, f"{len(pdf)} bytes")
        # The child that has read a PDF still has it open for the question about the positions.
        async with self._lanes.place(lane, goes_on=isinstance(codes, tuple) and bool(codes)):
            loop = asyncio.get_running_loop()
            began = loop.time()
            try:
                return await self._try(pdf, codes, understood, lane)
            finally:
                note(loop.time() - began)

    async def _try(
        self, pdf: bytes, codes: Asked, understood: Callable[[Any], T | Unreadable], lane: Lane
    ) -> T | Unreadable:
        for _ in range(_TRIES):
            try:
                return await self._ask_once(pdf, codes, understood, lane)
            except _Ended as ended:
                if ended.status not in _FOREIGN:
                    return _reason_of_end(ended.status)
        return Unreadable(
            Reason.TOO_LARGE, "killed", is_unanswered=True
        )  # twice: the kernel's memory killer is what does that

    async def close(self) -> None:
        """Ends the children."""
        self._closed = True  # a read under way sees its child killed and must not start another
        starting = tuple(self._starting)
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        children, self._all, self._idle = tuple(self._all), set(), []
        await asyncio.gather(*(child.end() for child in children))

    async def _ask_once(
        self, pdf: bytes, codes: Asked, understood: Callable[[Any], T | Unreadable], lane: Lane
    ) -> T | Unreadable:
        seconds = self._read_seconds[lane]
        child = await self._take()
        sound = False
        result: T | Unreadable
        try:
            async with asyncio.timeout(seconds):
                answer = await child.ask(pdf, codes, _PDF_SECONDS[lane])
            result = understood(answer)
            understands = not isinstance(result, Unreadable) or not result.is_unanswered
            sound = understands and "last" not in answer and child.reads < READS
        except TimeoutError:
            result = Unreadable(Reason.TOO_SLOW, f"{seconds:g} s", is_unanswered=True)
        finally:
            # Also if this task is cancelled: an unread answer would be taken for the next PDF's.
            if sound:
                self._idle.append(child)
            else:
                self._all.discard(child)
                await asyncio.shield(child.end())
        return result

    async def _take(self) -> _Child:
        while self._idle or self._starting:
            if not self._idle:
                await asyncio.wait(self._starting, return_when=asyncio.FIRST_COMPLETED)
                continue
            child = self._idle.pop()
            if child.is_alive:
                return child
            self._all.discard(child)
            await child.end()
        return await self._start()

    async def _start(self) -> _Child:
        if self._closed:
            raise Unavailable("pdf", "closed")
        child = _Child(await (self._spawn() if self._reader is None else self._connect(self._reader)))
        self._all.add(child)
        ready = False
        try:
            if self._closed:  # while it started
                raise Unavailable("pdf", "closed")
            async with asyncio.timeout(START_SECONDS):
                answer = await child.answer()
            match answer:
                case {"ready": True, "sandbox": parts}:
                    self.sandbox = Sandbox(**parts)
                    ready = True
                case {"detail": str(fault), "sandbox": parts}:
                    self.sandbox = Sandbox(**parts)
                    raise Unavailable(BROKEN_SANDBOX, f"{fault} ({', '.join(self.sandbox.parts)})")
                case _:
                    raise Unavailable("pdf", "the child process answers as another version")
        except (_Ended, TimeoutError) as error:
            raise Unavailable("pdf", "the child process did not start") from error
        finally:
            if not ready:
                self._all.discard(child)
                await asyncio.shield(child.end())
        return child

    async def _spawn(self) -> asyncio.subprocess.Process:
        """Starts a child of this process. Raises Unavailable."""
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *_CHILD,
                *self._arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd="/",
                env=_environment(),
                close_fds=True,
                # Not in a session of its own: there its nice value would mean nothing (sched(7), autogroup).
                process_group=0,
            )
        except OSError as error:
            raise Unavailable("pdf", f"no child process: {error.strerror}") from error

    async def _connect(self, reader: Path) -> ServedProcess:
        """Has a child of another account started. Raises Unavailable."""
        try:
            async with asyncio.timeout(START_SECONDS):
                served = await connect(reader, " ".join(self._arguments))
        except (OSError, TimeoutError) as error:
            raise Unavailable("pdf", f"{reader}: {getattr(error, 'strerror', None) or 'no answer'}") from error
        self.account = served.uid
        return served


class PicturePool(PdfPool):
    """The adapter of ``ports.PictureReader``: children that read the machine's fonts and draw pages."""

    _arguments = (PICTURES,)

    async def sketch(self, pdf: bytes, wish: Wish) -> tuple[PageSketch, ...] | Unreadable:
        """Returns the pages with the boxes of the values."""
        asked = {"wish": asdict(wish), "page": None}
        return await self.ask(pdf, asked, _sketched, Lane.OURS, self._note)

    async def draw(self, pdf: bytes, wish: Wish, page: int, *, is_band: bool = False) -> Picture | Unreadable:
        """Returns the picture of a page."""
        asked = {"wish": asdict(wish), "page": page, "band": is_band}
        return await self.ask(pdf, asked, _drawn, Lane.OURS, self._note)


def _environment() -> dict[str, str]:
    """Returns the environment that a child needs to find this package, without the service's own variables."""
    root = Path(worker.__file__).resolve().parent.parent
    return {"PYTHONPATH": str(root), "LANG": "C.UTF-8", "PATH": os.defpath}


def _reason_of_end(status: int) -> Unreadable:
    """Returns what a child's end says of its PDF.

    pdfium aborts if memory is refused; the kernel ends a child that takes too long.
    """
    if status == -signal.SIGXCPU:
        return Unreadable(Reason.TOO_SLOW, "SIGXCPU", is_unanswered=True)
    if status in _NO_MEMORY:
        return Unreadable(Reason.TOO_LARGE, signal.Signals(-status).name, is_unanswered=True)
    if status < 0:
        return Unreadable(Reason.DAMAGED, signal.strsignal(-status) or f"signal {-status}", is_unanswered=True)
    return Unreadable(Reason.DAMAGED, f"exit {status}", is_unanswered=True)


def _understood(answer: Any) -> PdfText | Unreadable:
    """Returns the child's answer as values; an answer that a sound child cannot give counts as the PDF's fault."""
    match answer:
        case {"refused": _}:
            return _refused(answer)
        case {"pages": [*pages], "fields": bool(has_fields)} if 0 < len(pages) <= PAGES:
            texts = tuple(text for text in map(_page, pages) if text is not None)
            if len(texts) == len(pages):
                return PdfText(texts, has_fields)
    return Unreadable(Reason.DAMAGED, "answer", is_unanswered=True)


def _refused(answer: Any) -> Unreadable:
    match answer:
        case {"refused": str(reason), "detail": str(detail)} if reason in REFUSALS:
            return Unreadable(Reason(reason), detail[:100])
    return Unreadable(Reason.DAMAGED, "answer", is_unanswered=True)


def _unpacked(answer: Any) -> Unpacked | Unreadable:
    """Returns the ZIP's contents; an answer that a sound child cannot give counts as the ZIP's fault."""
    match answer:
        case {"refused": _}:
            return _refused(answer)
        case {
            "unpacked": {
                "names": [*names],
                "pdfs": [*pdfs],
                "others": [*others],
                "unopened": [*unopened],
                "speaks": bool(speaks),
            }
        } if len(names) == len(pdfs) and len(names) + len(others) + len(unopened) <= MEMBERS:
            try:
                kept = tuple((str(name), AttachmentKind(sort)) for name, sort in unopened)
            except (TypeError, ValueError):
                return Unreadable(Reason.DAMAGED, "answer", is_unanswered=True)
            pairs = tuple((str(name), pdf) for name, pdf in zip(names, pdfs, strict=True))
            return Unpacked(pairs, tuple(map(str, others)), kept, speaks)
    return Unreadable(Reason.DAMAGED, "answer", is_unanswered=True)


def _sketched(answer: Any) -> tuple[PageSketch, ...] | Unreadable:
    match answer:
        case {"refused": _}:
            return _refused(answer)
        case {"sheets": [*sheets]} if 0 < len(sheets) <= PICTURE_PAGES:
            try:
                return tuple(
                    PageSketch(
                        float(width),
                        float(height),
                        tuple(ValueBox(int(number), *map(float, box)) for number, *box in boxes),
                        is_shown is True,
                    )
                    for width, height, boxes, is_shown in sheets
                )
            except (TypeError, ValueError):
                pass
    return Unreadable(Reason.DAMAGED, "answer", is_unanswered=True)


def _drawn(answer: Any) -> Picture | Unreadable:
    match answer:
        case {"refused": _}:
            return _refused(answer)
        case {"picture": [int(width), int(height)], "png": bytes(png)} if png.startswith(PNG_MAGIC):
            return Picture(png, width, height)
    return Unreadable(Reason.DAMAGED, "answer", is_unanswered=True)


def _page(page: Any) -> PageText | None:
    match page:
        case [str(plumber), str(pdfium), str(deduped), [*rows], bool(shown), bool(written)] if all(
            isinstance(row, list) for row in rows
        ):
            return PageText(plumber, pdfium, deduped, tuple(tuple(map(str, row)) for row in rows), shown, written)
    return None


def _located(codes: int, answer: Any) -> CodePositions | Unreadable:
    """Returns the positions of the codes; an answer that a sound child cannot give counts as the PDF's fault."""
    match answer:
        case {"refused": _}:
            return _refused(answer)
        case {"located": {"places": [*places], "lines": [*lines], "scan": bool(scan)}} if len(places) == codes:
            try:
                return CodePositions(
                    tuple(
                        tuple(Place(int(page), TextRun(*box), drawn is True) for page, *box, drawn in one)
                        for one in places
                    ),
                    tuple(tuple(TextRun(*box) for box in page) for page in lines),
                    scan,
                )
            except (TypeError, ValueError):
                pass
    return Unreadable(Reason.DAMAGED, "answer", is_unanswered=True)
