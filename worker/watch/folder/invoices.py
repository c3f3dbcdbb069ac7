"""The invoices folder: its files and the bytes of one PDF, and the cache through which the pipeline sees them.

A network share comes and goes: a folder that is not there is ``Unavailable``, a file that is not there is no file.
``InvoiceCache`` makes the calls in a thread of its own and waits no longer than its patience; drafting asks memory
only.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import os
import stat
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from worker.core.clock import Clock
from worker.core.errors import StillWritten, Unavailable
from worker.core.file_names import is_left_file, is_left_folder
from worker.core.heartbeat import note_step
from worker.core.model import PdfText, Sha256, Unreadable, UnreadReason, sha256
from worker.core.states import Reason
from worker.read.pdf_bytes import fault_of
from worker.watch.ports import SETTLE, InvoiceFile, InvoiceSnapshot, ListedFile, Rest
from worker.watch.threads import OwnThread

if TYPE_CHECKING:
    from worker.read.ports import PdfReader

MAX_INVOICE_BYTES: Final = 30_000_000
"""Towns' mail systems take 5 to 20 MB (seen); base64 adds a third, so nothing larger could ever be sent."""

DEPTH: Final = 5
"""Folders within folders: 年度/発注者/工事/請求書 is four, and a mistaken link to a whole drive ends somewhere."""
FILES: Final = 20_000
"""Files that are listed: ten years of an office with ten a day; a file beyond them counts as not there."""

_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_SUCH_FILE: Final = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG, errno.EINVAL}
)
"""Errors of opening a missing name, a link (ELOOP, or ENOTDIR for one if a folder is meant), a socket."""


class InvoiceFiles:
    """The files inside one folder and its folders; no link is followed, at any depth."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rest: Rest | None = None

    def look(self) -> tuple[ListedFile, ...]:
        """Every regular file by its path inside the folder (NFC), in order; at most FILES, DEPTH folders deep.

        Of two that are spelled alike in NFC neither is listed: which is meant is not known. Raises Unavailable.
        """
        found: dict[str, ListedFile | None] = {}
        unread: list[ListedFile] = []
        try:
            for each in _walk(str(self._folder), "", DEPTH):
                if each.why is not None:
                    unread.append(each)
                    continue
                if len(found) == FILES:
                    unread.append(replace(each, why=UnreadReason.TOO_MANY))
                    break
                found[each.name] = None if each.name in found else each
        except OSError as error:
            raise Unavailable("folder", f"{self._folder}: {error.strerror}") from error
        self._rest = Rest(tuple(unread))
        return tuple(sorted(filter(None, found.values()), key=lambda each: each.name))

    def rest(self) -> Rest | None:
        """The files that the last look found and that are not read; None before the first. Raises nothing.

        Another kind than a PDF is not named: offices keep the tables of their invoices in the same folder.
        """
        return self._rest

    def place(self) -> str:
        """Its path. Raises nothing."""
        return str(self._folder)

    def read(self, listed: ListedFile) -> bytes | Unreadable | None:
        """The bytes of a PDF; None if it is no regular file inside the folder (any more).

        Unreadable(DAMAGED) if it does not begin as a PDF, Unreadable(TOO_LARGE) above MAX_INVOICE_BYTES. Raises
        Unavailable if the folder cannot be read, or the file is another than was listed.
        """
        parts = listed.name.split("/")
        if not all(part.strip(" .") and "\0" not in part for part in parts):
            return None
        with ExitStack() as opened:
            descriptor = self._open(parts, opened)
            return None if descriptor is None else _read_pdf(listed, descriptor)

    def _open(self, parts: list[str], opened: ExitStack) -> int | None:
        try:
            at = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise Unavailable("folder", f"{self._folder}: {error.strerror}") from error
        opened.callback(os.close, at)
        for position, part in enumerate(parts, start=1):
            flags = _FLAGS | (os.O_DIRECTORY if position < len(parts) else 0)
            try:
                at = os.open(_name_as_stored(part, at), flags, dir_fd=at)
            except OSError as error:
                if error.errno in _NO_SUCH_FILE:
                    return None
                raise Unavailable("folder", f"{self._folder / '/'.join(parts)}: {error.strerror}") from error
            opened.callback(os.close, at)
        return at


def _name_as_stored(name: str, folder: int) -> str:
    """``name`` as the folder spells it: shares written by macOS keep が as か and a separate mark (NFD)."""
    stored = os.listdir(folder)
    if name in stored:
        return name
    wanted = unicodedata.normalize("NFC", name)
    same = [entry for entry in stored if unicodedata.normalize("NFC", entry) == wanted]
    return same[0] if len(same) == 1 else name  # two spellings of one name: which is meant is not known


def _walk(folder: str, inside: str, depth: int) -> Iterator[ListedFile]:
    with os.scandir(folder) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        name = unicodedata.normalize("NFC", entry.name)
        if name.startswith(".") or is_left_file(name) or not _is_text(name):
            continue
        try:
            seen = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # renamed or deleted since the folder was listed
            continue
        if stat.S_ISDIR(seen.st_mode):
            if not is_left_folder(name):
                yield from _walk_inside(entry.path, f"{inside}{name}/", depth - 1)
        elif stat.S_ISREG(seen.st_mode):
            why = UnreadReason.LINKED if seen.st_nlink > 1 else None
            yield ListedFile(inside + name, seen.st_size, seen.st_mtime_ns, seen.st_ino, why)
        elif stat.S_ISLNK(seen.st_mode):
            yield ListedFile(inside + name, 0, 0, 0, UnreadReason.LINK)


def _walk_inside(folder: str, inside: str, depth: int) -> Iterator[ListedFile]:
    if depth < 1:
        yield ListedFile(inside, 0, 0, 0, UnreadReason.TOO_DEEP)
        return
    try:
        yield from _walk(folder, inside, depth)
    except PermissionError:  # the others can be read all the same
        yield ListedFile(inside, 0, 0, 0, UnreadReason.FOLDER_UNREADABLE)


def _is_text(name: str) -> bool:
    """Returns whether a name can be stored and shown: old shares hold names in Shift_JIS."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_pdf(listed: ListedFile, descriptor: int) -> bytes | Unreadable | None:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode) or before.st_nlink > 1:
        return None
    if before.st_size > MAX_INVOICE_BYTES:
        return Unreadable(Reason.TOO_LARGE, listed.name)
    try:
        content = _read_all(descriptor)
    except OSError as error:
        raise Unavailable("folder", f"{listed.name}: {error.strerror}") from error
    after = os.fstat(descriptor)
    wanted = (listed.size, listed.mtime_ns, listed.inode)
    if any((each.st_size, each.st_mtime_ns, each.st_ino) != wanted for each in (before, after)):
        raise Unavailable("folder", f"{listed.name}: changed since it was listed")
    if len(content) != listed.size:
        raise Unavailable("folder", f"{listed.name}: changed while it was read")
    if fault := fault_of(content):
        return Unreadable(Reason.DAMAGED, f"{fault}: {listed.name}")
    return content


def _read_all(descriptor: int) -> bytes:
    pieces = []
    left = MAX_INVOICE_BYTES + 1
    while left > 0 and (piece := os.read(descriptor, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

PATIENCE: Final = 10.0
"""Seconds a pass waits for one answer of the share: a share that sleeps wakes in 5, one that is away may take minutes.
The answer is not lost: the first look after it takes it."""
SPARE_BYTES: Final = 64_000_000
"""Kept in addition to the files requested in the last look: some hundred invoices of 0.3 MB."""
SPARE_TEXTS: Final = 2_000
"""Kept in the same way: a page has 2 kB, and reading one takes 30 to 200 ms."""
SPARE_ANSWERS: Final = 20_000
"""Digests and refusals kept: a line each, for as many files as are listed."""

_Stamp = tuple[str, int, int, int]


def _stamp(listed: ListedFile) -> _Stamp:
    return (listed.name, listed.size, listed.mtime_ns, listed.inode)


def _leave(answer: object) -> None:
    """The list of a look that no person waited for is old by the next one."""


class BlockingFolder(Protocol):
    """The folder itself; every call may hang."""

    def look(self) -> tuple[ListedFile, ...]:
        """Every regular file by its path inside the folder. Raises Unavailable."""

    def rest(self) -> Rest | None:
        """The files that the last look found and that are not read; None before the first. Does not wait."""

    def place(self) -> str:
        """Its path. Does not wait."""

    def read(self, listed: ListedFile) -> bytes | Unreadable | None:
        """The bytes of a PDF that was listed. Raises Unavailable."""


class InvoiceCache:
    """``ports.InvoiceFolder`` over a folder; used from one event loop at a time."""

    def __init__(
        self, folder: BlockingFolder, open_thread: Callable[[], OwnThread], clock: Clock, patience: float = PATIENCE
    ) -> None:
        self._folder = folder
        self._open_thread = open_thread
        self._clock = clock
        self._patience = patience
        self._thread: OwnThread | None = None
        self._hanging: asyncio.Future[Any] | None = None
        self._away: Unavailable | None = Unavailable("folder", "not looked at yet")
        self._seen: dict[str, ListedFile] = {}
        self._seen_since: dict[str, tuple[_Stamp, dt.datetime]] = {}
        self._settled: frozenset[str] = frozenset()
        self._unread: dict[str, Unavailable] = {}
        self._bytes = _Kept[_Stamp, bytes](SPARE_BYTES, len)
        self._answers = _Kept[_Stamp, Sha256 | Unreadable](SPARE_ANSWERS)
        self._texts = _Kept[Sha256, PdfText | Unreadable](SPARE_TEXTS)

    # --- Looking --------------------------------------------------------------------------------------------

    async def look(self, reader: PdfReader, is_needed: Callable[[str], bool]) -> InvoiceSnapshot:
        """List the folder, and read the files whose path ``is_needed`` and the text of each, once for each content.

        It raises nothing: if the share does not answer, the questions do.
        """
        await self._look(reader, is_needed)
        return self._snapshot(is_needed)

    async def _look(self, reader: PdfReader, is_needed: Callable[[str], bool]) -> None:
        if self._hanging is not None and not self._hanging.done():
            return
        self._hanging = None
        try:
            self._take_list(await self._ask(self._folder.look))
        except Unavailable as away:
            self._away = away
            return
        needed = [listed for name, listed in self._seen.items() if name in self._settled and is_needed(name)]
        for kept in (self._bytes, self._answers, self._texts):
            kept.need_nothing()
        for listed in needed:
            try:
                await self._load(listed, reader)
            except Unavailable as failure:
                self._unread[listed.name] = failure
                if self._hanging is not None:
                    self._away = failure
                    return
        self._away = None

    async def _load(self, listed: ListedFile, reader: PdfReader) -> None:
        stamp = _stamp(listed)
        known = self._answers.use(stamp)
        if isinstance(known, Unreadable):
            return
        content = self._bytes.use(stamp)
        if content is None:
            await self._ask(partial(_read, self._folder, listed), partial(self._take_content, stamp))
            known, content = self._answers.use(stamp), self._bytes.use(stamp)
        if isinstance(known, str) and content is not None and self._texts.use(known) is None:
            self._texts.keep(known, await reader.read(content))
            note_step()

    def _take_content(self, stamp: _Stamp, found: tuple[Sha256, bytes] | Unreadable) -> None:
        if isinstance(found, Unreadable):
            self._answers.keep(stamp, found)
            return
        digest, content = found
        self._answers.keep(stamp, digest)
        self._bytes.keep(stamp, content)

    def _take_list(self, found: tuple[ListedFile, ...]) -> None:
        """A file counts as there when it has looked the same for SETTLE; one not seen before, when it is that old."""
        now = self._clock.now()
        former, settled = self._seen_since, set()
        self._seen_since = {}
        for listed in found:
            stamp, seen = _stamp(listed), former.get(listed.name)
            is_same = seen is not None and seen[0] == stamp
            since = seen[1] if seen is not None and is_same and seen[1] <= now else now
            if seen is None and now.timestamp() - listed.mtime_ns / 1e9 >= SETTLE.total_seconds():
                since = now - SETTLE
            self._seen_since[listed.name] = (stamp, since)
            if now - since >= SETTLE:
                settled.add(listed.name)
        self._seen = {listed.name: listed for listed in found}
        self._settled = frozenset(settled)
        self._unread = {}

    async def _ask(self, call: Callable[[], T], take: Callable[[T], None] = _leave) -> T:
        """Returns the result of ``call`` in the folder's thread; ``take`` gets it also after the wait was given up.

        Raises Unavailable, also if it takes too long.
        """
        if self._thread is None:
            self._thread = self._open_thread()
        asked = asyncio.ensure_future(self._thread(call))
        asked.add_done_callback(partial(_take_answer, take))
        done, _ = await asyncio.wait([asked], timeout=self._patience)
        if not done:
            self._hanging = asked
            raise Unavailable("folder", "the folder of the invoices does not answer")
        return asked.result()

    def rest(self) -> Rest | None:
        """The files that the last look found and that are not read; None before the first."""
        return self._folder.rest()

    def place(self) -> str:
        """The folder's path."""
        return self._folder.place()

    # --- Asking ---------------------------------------------------------------------------------------------

    def stamp(self, file: str) -> str:
        """Size, time and inode of the file as text; empty if it cannot be seen, or is still being written."""
        listed = self._seen.get(file)
        if listed is None or self._away is not None or file not in self._settled:
            return ""
        return f"{listed.size} {listed.mtime_ns} {listed.inode}"

    def listing(self) -> tuple[InvoiceFile, ...]:
        """Every file by path, with the hash of each that has settled and was read as a PDF. Raises Unavailable."""
        if self._away is not None:
            raise self._away
        found = []
        for name, listed in sorted(self._seen.items()):
            digest = self._answers.find(_stamp(listed)) if name in self._settled else None
            found.append(InvoiceFile(name, digest if isinstance(digest, str) else None, listed.size, listed.mtime_ns))
        return tuple(found)

    def _snapshot(self, is_needed: Callable[[str], bool]) -> InvoiceSnapshot:
        """Returns what is known now, and what each file that was asked for is."""
        if self._away is not None:
            return InvoiceSnapshot(self._away, {}, {})
        answers: dict[str, tuple[str, bytes] | Unreadable | Unavailable] = {}
        for name, listed in self._seen.items():
            if is_needed(name) and (answer := self._answer(name, listed)) is not None:
                answers[name] = answer
        return InvoiceSnapshot(self.listing(), answers, self._texts.all())

    def _answer(self, name: str, listed: ListedFile) -> tuple[str, bytes] | Unreadable | Unavailable | None:
        if name not in self._settled:
            return StillWritten("folder", f"{name}: is still being written")
        if name in self._unread:
            return self._unread[name]
        known, content = self._answers.find(_stamp(listed)), self._bytes.find(_stamp(listed))
        if isinstance(known, Unreadable):
            return known
        return None if content is None else (name.rpartition("/")[2], content)


def _read(folder: BlockingFolder, listed: ListedFile) -> tuple[Sha256, bytes] | Unreadable:
    found = folder.read(listed)
    if found is None:
        raise Unavailable("folder", f"{listed.name}: is no longer there")
    return found if isinstance(found, Unreadable) else (sha256(found), found)


def _take_answer(take: Callable[[T], None], asked: asyncio.Future[T]) -> None:
    if not asked.cancelled() and asked.exception() is None:
        take(asked.result())


class _Kept(Generic[K, V]):
    """The values that the last look was asked for, and the newest of the others up to a limit."""

    def __init__(self, spare: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._spare = spare
        self._weigh = weigh
        self._held: OrderedDict[K, V] = OrderedDict()
        self._needed: set[K] = set()

    def need_nothing(self) -> None:
        """Another look begins."""
        self._needed.clear()

    def find(self, key: K) -> V | None:
        """Returns what is kept under ``key``."""
        return self._held.get(key)

    def all(self) -> Mapping[K, V]:
        """Everything that is kept, as it is now."""
        return dict(self._held)

    def use(self, key: K) -> V | None:
        """As ``find``, and it is kept at least until the next look."""
        self._needed.add(key)
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)

    def keep(self, key: K, value: V) -> None:
        """Keep ``value``, and let go of the oldest beyond the limit."""
        self._held[key] = value
        self._held.move_to_end(key)
        spare = [each for each in self._held if each not in self._needed]
        weight = sum(self._weigh(self._held[each]) for each in spare)
        for each in spare:
            if weight <= self._spare:
                return
            weight -= self._weigh(self._held.pop(each))
