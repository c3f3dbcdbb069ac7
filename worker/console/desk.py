"""The resources of every request: the configuration on disk, stores, the PDF reader, the hasher and the clock."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import queue
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from worker.accounts.ports import Hasher, IdentityProvider
from worker.config.sso_settings import SsoSettings
from worker.core.clock import Clock, is_over
from worker.core.errors import Problem, Unavailable
from worker.core.model import CodePositions, PdfText, Unreadable
from worker.read.archives import Unpacked
from worker.read.ports import BROKEN_SANDBOX, PageSketch, PdfReader, Picture, PictureReader, Wish
from worker.service.readers import build_picture_reader, build_reader
from worker.service.wiring import (
    Installation,
    find_configuration_files,
    load_installation_in_use,
    open_store_of,
)
from worker.store.ports import Store
from worker.views.today import WorkCounts, count_work

T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)

CHILDREN: Final = 2
"""PDFs that are read at once: people drop one file or two, and the service's own children need the other cores."""

PAINTERS: Final = 2
"""Pages that are drawn at once: a browser asks for the first two of a submission together."""

UPLOADS_AT_ONCE: Final = 4
"""Forms with files that are received at once, each up to 200 MB on the disk until it is handled."""
UPLOADS_A_MINUTE: Final = 20
"""PDFs that are read for one person in a minute: more than people drop, and no load for the machine."""

FORMS_KEPT: Final = 64
"""Forms that wait for their person: more than an office has people, and at most 16 MB."""
FORM_KEPT_FOR: Final = dt.timedelta(minutes=15)
"""Longer than a trip to the provider may take."""

PATIENCE: Final = 30.0
"""Seconds that a person's transaction waits for the service's: a pass over 180 PDFs held the database for 41 ms."""


class Pace:
    """Counts the PDFs of each person in the last minute."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._moments: dict[int, deque[dt.datetime]] = {}

    def take(self, account: int, now: dt.datetime) -> bool:
        """Returns whether one more may be read for this account, and counts it."""
        with self._lock:
            moments = self._moments.setdefault(account, deque())
            while moments and abs(now - moments[0]) >= _MINUTE:
                moments.popleft()
            if len(moments) >= self._most:
                return False
            moments.append(now)
            return True


_MINUTE: Final = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """The office's identity provider, and what the configuration says of it."""

    settings: SsoSettings
    provider: IdentityProvider


@dataclass(frozen=True, slots=True)
class KeptForm:
    """What a person typed into a form, while he or she is at the identity provider."""

    account: int
    path: str
    typed: tuple[tuple[str, str], ...]
    at: dt.datetime


class KeptForms:
    """Forms of people who were sent to the identity provider, each for its own account; in memory alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: OrderedDict[str, KeptForm] = OrderedDict()

    def keep(self, form: KeptForm) -> str:
        """Returns the name under which the form is given back; of too many the oldest goes."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._forms[name] = form
            while len(self._forms) > FORMS_KEPT:
                self._forms.popitem(last=False)
        return name

    def take(self, name: str, account: int, now: dt.datetime) -> KeptForm | None:
        """Returns the form, once; None if it is another account's, or too old."""
        with self._lock:
            found = self._forms.get(name)
            if found is None or found.account != account:
                return None
            del self._forms[name]
        return None if is_over(found.at, found.at + FORM_KEPT_FOR, now) else found


class Desk:
    """The resources of the process. Handlers run in threads; one event loop of its own reads the PDFs."""

    def __init__(self, option: str | None, clock: Clock, hasher: Hasher, *, is_loopback_http: bool = False) -> None:
        self.option = option
        self.clock = clock
        self.hasher = hasher
        self.is_loopback_http = is_loopback_http
        """True if the browser speaks http on this machine: then the cookie is not ``Secure``."""
        self.address = ""
        """The beginning of every address that a browser opens, as ``[console] url`` has it, or on this machine."""
        self.metrics_fault: Problem | None = None
        """The reason why ``/metrics`` is not served although the configuration names a place for it."""
        self.uploads = threading.BoundedSemaphore(UPLOADS_AT_ONCE)
        self.pace = Pace(UPLOADS_A_MINUTE)
        self.sso: SingleSignOn | None = None
        """The login by company accounts; None: people have passwords alone."""
        self.kept_forms = KeptForms()
        self._counted: tuple[tuple[int, int], WorkCounts] | None = None
        self._office: Installation | None = None
        self._lock = threading.Lock()
        self._stores: queue.LifoQueue[Store] = queue.LifoQueue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pdf-reader", daemon=True)
        self._thread.start()
        self._reader = build_reader(CHILDREN)
        self._pictures = build_picture_reader(PAINTERS)
        self._no_pictures: Unavailable | None = None

    def office(self) -> Installation:
        """Returns the configuration on disk, or the one in force if the files are at fault. Raises ConfigError.

        It is loaded again only if a file has changed.
        """
        with self._lock:
            known = self._office
            if known is not None and not known.faults:
                files = find_configuration_files(self.option)[1]
                if files == known.files:
                    return known
            self._office = load_installation_in_use(self.option)
            return self._office

    def count_work(self, store: Store, now: dt.datetime) -> WorkCounts:
        """Returns the numbers of the menu. They are counted again after an entry of the log, and each minute."""
        key = store.head()[0], int(now.timestamp()) // 60
        if self._counted is None or self._counted[0] != key:
            self._counted = key, count_work(store, self.office().outline, now)
        return self._counted[1]

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        """A store for one request; connections are kept for the next one."""
        store = self._kept_store() or open_store_of(self.office(), self.clock, PATIENCE)
        try:
            yield store
        finally:
            self._stores.put(store)

    def _kept_store(self) -> Store | None:
        """A connection of an earlier request; those to a database that was replaced by a restore are closed."""
        with contextlib.suppress(queue.Empty):
            while True:
                store = self._stores.get_nowait()
                if not store.is_replaced():
                    return store
                store.close()
        return None

    def read(self, act: Callable[[PdfReader], Coroutine[Any, Any, T]]) -> T:
        """Runs ``act`` in the calling thread; the PDFs that it reads are read by the process's children."""
        return asyncio.run(act(_DistantReader(self._reader, self._loop)))

    def draw(self, act: Callable[[PdfReader, PictureReader], Coroutine[Any, Any, T]]) -> T:
        """As ``read``, for what draws pages too."""
        return asyncio.run(act(_DistantReader(self._reader, self._loop), _DistantPictures(self, self._loop)))

    def picture_reader(self) -> PictureReader:
        """Returns the reader that draws pages. Raises Unavailable if its children did not start before.

        They start in the same way until the machine has fonts, so the console is started again after that.
        """
        if self._no_pictures is not None:
            raise self._no_pictures
        return self._pictures

    def note_no_pictures(self, away: Unavailable) -> None:
        """Keeps why no page can be drawn."""
        _LOG.warning("console_no_pictures %s: install a Japanese font such as fonts-noto-cjk", away)
        self._no_pictures = away

    def close(self) -> None:
        """Ends the children and closes the stores."""
        asyncio.run_coroutine_threadsafe(self._pictures.close(), self._loop).result()
        asyncio.run_coroutine_threadsafe(self._reader.close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        while not self._stores.empty():
            self._stores.get_nowait().close()


class _DistantReader:
    """The reader of another thread's event loop."""

    def __init__(self, reader: PdfReader, loop: asyncio.AbstractEventLoop) -> None:
        self._reader = reader
        self._loop = loop

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        return await self._there(self._reader.read(pdf))

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        return await self._there(self._reader.locate(pdf, codes))

    async def unpack(self, content: bytes) -> Unpacked:
        return await self._there(self._reader.unpack(content))

    async def close(self) -> None:
        """The process closes its reader."""

    async def _there(self, step: Coroutine[Any, Any, T]) -> T:
        future: Future[T] = asyncio.run_coroutine_threadsafe(step, self._loop)
        return await asyncio.wrap_future(future)


class _DistantPictures:
    """The picture reader of another thread's event loop."""

    def __init__(self, desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
        self._desk = desk
        self._loop = loop

    async def sketch(self, pdf: bytes, wish: Wish) -> tuple[PageSketch, ...] | Unreadable:
        return await self._there(self._desk.picture_reader().sketch(pdf, wish))

    async def draw(self, pdf: bytes, wish: Wish, page: int, *, is_band: bool = False) -> Picture | Unreadable:
        return await self._there(self._desk.picture_reader().draw(pdf, wish, page, is_band=is_band))

    async def close(self) -> None:
        """The process closes its reader."""

    async def _there(self, step: Coroutine[Any, Any, T]) -> T:
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(step, self._loop))
        except Unavailable as away:
            if away.what == BROKEN_SANDBOX:  # lasts; another cause may be gone at the next page
                self._desk.note_no_pictures(away)
            raise
