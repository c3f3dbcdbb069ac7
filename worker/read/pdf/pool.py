"""The warm pool of child processes that read PDFs: one request at a time each, under the parent's clock.

It promises an answer for every PDF within ``READ_SECONDS``, whatever the PDF does: a child that crashed or met a limit
is replaced, one that refused a PDF reads the next, and this process never opens the PDF itself. It does not know what
the text says.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import worker
from worker.core.errors import Unavailable
from worker.core.model import CodePositions, PageText, PdfText, Place, TextRun, Unreadable
from worker.core.states import REFUSALS, Reason
from worker.read.archives import MEMBER_BYTES, MEMBERS, UNPACKED_BYTES, Unpacked, has_too_many_entries
from worker.read.budget import PDF_SECONDS, STRANGERS_PDF_SECONDS, Lane
from worker.read.message import AttachmentKind
from worker.read.pdf.child import LENGTH, PAGES, UNPACK
from worker.read.pdf.pool import Lanes
from worker.read.ports import BROKEN_SANDBOX, MailReader, Sandbox

CHILDREN: Final = 4
"""At most so many, and no more than cores: each holds some 90 MB, and reading is not what takes the time in a day."""

PDF_BYTES: Final = 10_000_000
"""Notices have 4 to 200 kB, scans a few MB; no mail that the worker reads whole is larger than 8 MB."""

ZIP_BYTES: Final = 20_000_000
"""As much as any file is read of: a mail that is too large to be read whole is put together with its PDFs and ZIPs."""

ANSWER_BYTES: Final = 16_000_000
"""Above what a sound child can say (5 pages, 3 texts of at most 40,000 characters and 100 table rows each)."""

READ_SECONDS: Final = 20.0
"""For one PDF by the parent's clock; the child's own limit of processor time comes first unless it only waits."""

STRANGERS_READ_SECONDS: Final = 10.0
"""The same for a stranger's PDF, which has half of the processor time."""

START_SECONDS: Final = 60.0
"""For a child's start: 0.2 s on an idle machine, but a machine that is just starting is not idle."""

READS: Final = 500
"""After so many a child is replaced: the engines keep fonts and tables, and memory that they kept counts as used."""

T = TypeVar("T", PdfText, CodePositions, Unpacked)

_UNOPENED: Final = Unpacked(unopened=(("", AttachmentKind.ZIP),))

_PDF_SECONDS: Final = {Lane.OURS: PDF_SECONDS, Lane.STRANGERS: STRANGERS_PDF_SECONDS}

_CHILD: Final = ("-P", "-s", "-m", "worker.read.pdf.child")

_TRIES: Final = 2  # a child killed by somebody else says nothing about its PDF: once more with a new one
_NO_MEMORY: Final = (-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL)  # how allocators end where memory is refused
_FOREIGN: Final = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP)


class _Ended(Exception):
    """The child ended instead of answering; ``status`` as ``Process.returncode`` has it."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Child:
    """One child process and its pipes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.reads = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, pdf: bytes, codes: tuple[str, ...] | str, seconds: int) -> Any:
        """The child's answer about ``pdf``, in at most so many seconds of processor time. Raises _Ended."""
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
        return answer

    async def answer(self) -> Any:
        """The next answer. Raises _Ended."""
        return json.loads(await self._piece(ANSWER_BYTES))

    async def _pdfs(self, names: Any) -> list[bytes]:
        """The PDFs that follow the names of what stood in a ZIP. Raises _Ended."""
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
        except asyncio.IncompleteReadError:
            raise _Ended(await self._process.wait()) from None

    async def end(self) -> None:
        """Kill the child and wait until it is gone."""
        if self.is_alive:
            try:
                self._process.kill()
            except ProcessLookupError:  # it ended by itself in this moment
                return
        await self._process.wait()


class PdfPool:
    """``ports.PdfReader`` over a warm pool of children; used from one event loop.

    Children start at the first read, or at ``warm``; ``read_seconds`` is for tests, the product uses the constant.
    """

    def __init__(self, children: int | None = None, *, read_seconds: float = READ_SECONDS) -> None:
        cores = len(os.sched_getaffinity(0))
        self._most = min(children or cores, CHILDREN)
        self._read_seconds = {
            Lane.OURS: read_seconds,
            Lane.STRANGERS: min(read_seconds, STRANGERS_READ_SECONDS),
        }
        self._lanes = Lanes(self._most)
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._closed = False
        self.sandbox: Sandbox | None = None
        """Which parts are in force in the child that started last; None before the first."""

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the living children."""
        return tuple(child.pid for child in self._all if child.is_alive)

    async def warm(self) -> None:
        """Start all children now, so that the first notice does not wait. Raises Unavailable."""
        started = await asyncio.gather(*(self._start() for _ in range(self._most - len(self._all))))
        self._idle.extend(started)

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        """Both engines' text of each page, or why there is none. Raises Unavailable when no child can be started."""
        return await _OfLane(self, Lane.OURS).read(pdf)

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        """Where ``codes`` stand on the pages, and whether they are seen. Raises Unavailable as ``read`` does."""
        return await _OfLane(self, Lane.OURS).locate(pdf, codes)

    async def unpack(self, content: bytes) -> Unpacked:
        """The PDFs in a ZIP, as they are; whatever it does to the child, it is one that could not be opened.

        Raises Unavailable as ``read`` does.
        """
        return await _OfLane(self, Lane.OURS).unpack(content)

    def for_mail(self, lane: Lane) -> MailReader:
        """The reader of one mail's PDFs."""
        return _OfLane(self, lane)

    async def ask(
        self,
        pdf: bytes,
        codes: tuple[str, ...] | str,
        understood: Callable[[Any], T | Unreadable],
        lane: Lane,
        note: Callable[[float], None],
    ) -> T | Unreadable:
        """The answer in its turn; ``note`` is told for how many seconds a child was busy with it."""
        if not pdf:
            return Unreadable(Reason.DAMAGED, "empty")
        if len(pdf) > (ZIP_BYTES if codes == UNPACK else PDF_BYTES):
            return Unreadable(Reason.TOO_LARGE, f"{len(pdf)} bytes")
        async with self._lanes.place(lane):
            loop = asyncio.get_running_loop()
            began = loop.time()
            try:
                return await self._try(pdf, codes, understood, lane)
            finally:
                note(loop.time() - began)

    async def _try(
        self, pdf: bytes, codes: tuple[str, ...] | str, understood: Callable[[Any], T | Unreadable], lane: Lane
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
        """End the children."""
        self._closed = True  # a read under way sees its child killed and must not start another
        children, self._all, self._idle = tuple(self._all), set(), []
        await asyncio.gather(*(child.end() for child in children))

    async def _ask_once(
        self, pdf: bytes, codes: tuple[str, ...] | str, understood: Callable[[Any], T | Unreadable], lane: Lane
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
            # Also where this task is cancelled: an answer that nobody took would be the next PDF's.
            if sound:
                self._idle.append(child)
            else:
                self._all.discard(child)
                await asyncio.shield(child.end())
        return result

    async def _take(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                return child
            self._all.discard(child)
        return await self._start()

    async def _start(self) -> _Child:
        if self._closed:
            raise Unavailable("pdf", "closed")
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *_CHILD,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd="/",
                env=_environment(),
                close_fds=True,
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable("pdf", f"no child process: {error.strerror}") from error
        child = _Child(process)
        self._all.add(child)
        ready = False
        try:
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


class _OfLane:
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


def _environment() -> dict[str, str]:
    """What a child needs to find this package, and nothing that the service was told."""
    root = Path(worker.__file__).resolve().parent.parent
    return {"PYTHONPATH": str(root), "LANG": "C.UTF-8", "PATH": os.defpath}


def _reason_of_end(status: int) -> Unreadable:
    """What a child's end says about its PDF: pdfium aborts where memory is refused, the kernel ends what takes long."""
    if status == -signal.SIGXCPU:
        return Unreadable(Reason.TOO_SLOW, "SIGXCPU", is_unanswered=True)
    if status in _NO_MEMORY:
        return Unreadable(Reason.TOO_LARGE, signal.Signals(-status).name, is_unanswered=True)
    if status < 0:
        return Unreadable(Reason.DAMAGED, signal.strsignal(-status) or f"signal {-status}", is_unanswered=True)
    return Unreadable(Reason.DAMAGED, f"exit {status}", is_unanswered=True)


def _understood(answer: Any) -> PdfText | Unreadable:
    """The child's answer as values; one that a sound child cannot give is the PDF's doing."""
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
    """What is in the ZIP; as with the text, what a sound child cannot say is the ZIP's doing."""
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


def _page(page: Any) -> PageText | None:
    match page:
        case [str(plumber), str(pdfium), str(deduped), [*rows]] if all(isinstance(row, list) for row in rows):
            return PageText(plumber, pdfium, deduped, tuple(tuple(map(str, row)) for row in rows))
    return None


def _located(codes: int, answer: Any) -> CodePositions | Unreadable:
    """Where the codes stand; as with the text, what a sound child cannot say is the PDF's doing."""
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
