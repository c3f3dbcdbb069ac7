"""What lies in the invoices folder, as the last look saw it: names, bytes and texts, asked for in memory only.

Its one promise: whoever drafts never waits for a share. A look runs in the folder's own thread and is waited for no
longer than its patience; a share that is away or hangs makes every question ``Unavailable`` until a look has come
back. It does not know projects, nor which invoice is right.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from worker.core.clock import Clock
from worker.core.errors import StillWritten, Unavailable
from worker.core.model import PdfText, Sha256, Unreadable, sha256
from worker.read.ports import PdfReader
from worker.watch.plan import SETTLE
from worker.watch.ports import InvoiceSnapshot, Listed, Rest, Shelved, Thread

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

PATIENCE: Final = 10.0
"""Seconds a pass waits for one answer of the share: a share that sleeps wakes in 5, one that is away may take minutes.
The answer is not lost: the first look after it takes it."""
SPARE_BYTES: Final = 64_000_000
"""Kept beside what the last look was asked for: some hundred invoices of 0.3 MB."""
SPARE_TEXTS: Final = 2_000
"""Kept beside the same: a page has 2 kB, and reading one takes 30 to 200 ms."""
SPARE_ANSWERS: Final = 20_000
"""Digests and refusals kept: a line each, for as many files as are listed."""

_Stamp = tuple[str, int, int, int]


def _stamp(listed: Listed) -> _Stamp:
    return (listed.name, listed.size, listed.mtime_ns, listed.inode)


def _leave(answer: object) -> None:
    """The list of a look that nobody waited for is old by the next one."""


class Folder(Protocol):
    """The folder itself; every call may hang."""

    def look(self) -> tuple[Listed, ...]:
        """Every regular file by its path inside the folder. Raises Unavailable."""
        ...

    def rest(self) -> Rest | None:
        """The files that the last look found and that are not read; None before the first. Does not wait."""
        ...

    def place(self) -> str:
        """Its path. Does not wait."""
        ...

    def read(self, listed: Listed) -> bytes | Unreadable | None:
        """The bytes of a PDF that was listed. Raises Unavailable."""
        ...


class Shelf:
    """``ports.Files`` over a folder; used from one event loop at a time."""

    def __init__(
        self, folder: Folder, open_thread: Callable[[], Thread], clock: Clock, patience: float = PATIENCE
    ) -> None:
        self._folder = folder
        self._open_thread = open_thread
        self._clock = clock
        self._patience = patience
        self._thread: Thread | None = None
        self._hanging: asyncio.Future[Any] | None = None
        self._away: Unavailable | None = Unavailable("folder", "not looked at yet")
        self._seen: dict[str, Listed] = {}
        self._seen_since: dict[str, tuple[_Stamp, dt.datetime]] = {}
        self._settled: frozenset[str] = frozenset()
        self._unread: dict[str, Unavailable] = {}
        self._bytes = _Kept[_Stamp, bytes](SPARE_BYTES, len)
        self._answers = _Kept[_Stamp, Sha256 | Unreadable](SPARE_ANSWERS)
        self._texts = _Kept[Sha256, PdfText | Unreadable](SPARE_TEXTS)

    # --- Looking --------------------------------------------------------------------------------------------

    async def look(self, reader: PdfReader, is_needed: Callable[[str], bool]) -> InvoiceSnapshot:
        """List the folder, and read the files whose path ``is_needed`` and the text of each, once for each content.

        It raises nothing: where the share does not answer, the questions do.
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

    async def _load(self, listed: Listed, reader: PdfReader) -> None:
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

    def _take_content(self, stamp: _Stamp, found: tuple[Sha256, bytes] | Unreadable) -> None:
        if isinstance(found, Unreadable):
            self._answers.keep(stamp, found)
            return
        digest, content = found
        self._answers.keep(stamp, digest)
        self._bytes.keep(stamp, content)

    def _take_list(self, found: tuple[Listed, ...]) -> None:
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
        """What ``call`` returns in the folder's thread; ``take`` gets it even where nobody waits for it any more.

        Raises Unavailable, also where it takes too long.
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
        """Size, time and inode of the file as text; empty where it cannot be seen, or is still being written."""
        listed = self._seen.get(file)
        if listed is None or self._away is not None or file not in self._settled:
            return ""
        return f"{listed.size} {listed.mtime_ns} {listed.inode}"

    def listing(self) -> tuple[Shelved, ...]:
        """Every file by path, with the hash of each that has settled and was read as a PDF. Raises Unavailable."""
        if self._away is not None:
            raise self._away
        shelved = []
        for name, listed in sorted(self._seen.items()):
            digest = self._answers.find(_stamp(listed)) if name in self._settled else None
            shelved.append(Shelved(name, digest if isinstance(digest, str) else None, listed.size, listed.mtime_ns))
        return tuple(shelved)

    def _snapshot(self, is_needed: Callable[[str], bool]) -> InvoiceSnapshot:
        """What is known now, and what each file that was asked for is."""
        if self._away is not None:
            return InvoiceSnapshot(self._away, {}, {})
        answers: dict[str, tuple[str, bytes] | Unreadable | Unavailable] = {}
        for name, listed in self._seen.items():
            if is_needed(name) and (answer := self._answer(name, listed)) is not None:
                answers[name] = answer
        return InvoiceSnapshot(self.listing(), answers, self._texts.all())

    def _answer(self, name: str, listed: Listed) -> tuple[str, bytes] | Unreadable | Unavailable | None:
        if name not in self._settled:
            return StillWritten("folder", f"{name}: is still being written")
        if name in self._unread:
            return self._unread[name]
        known, content = self._answers.find(_stamp(listed)), self._bytes.find(_stamp(listed))
        if isinstance(known, Unreadable):
            return known
        return None if content is None else (name.rpartition("/")[2], content)


def _read(folder: Folder, listed: Listed) -> tuple[Sha256, bytes] | Unreadable:
    found = folder.read(listed)
    if found is None:
        raise Unavailable("folder", f"{listed.name}: is no longer there")
    return found if isinstance(found, Unreadable) else (sha256(found), found)


def _take_answer(take: Callable[[T], None], asked: asyncio.Future[T]) -> None:
    if not asked.cancelled() and asked.exception() is None:
        take(asked.result())


class _Kept(Generic[K, V]):
    """What the last look was asked for, and beside it the newest of the rest up to a limit."""

    def __init__(self, spare: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._spare = spare
        self._weigh = weigh
        self._held: OrderedDict[K, V] = OrderedDict()
        self._needed: set[K] = set()

    def need_nothing(self) -> None:
        """Another look begins."""
        self._needed.clear()

    def find(self, key: K) -> V | None:
        """What is kept under ``key``."""
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
