"""The soak's mail server: it counts every mail it took, and can halt a transaction at a point.

It knows of each broken connection how far the mail on it had come. The report about a mail is sent after the answer to
the mail. The server imports nothing of the client.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType

from tests.crash.relay import Conversation, Listener, Relay

HELD_SECONDS = 15.0
"""Longest halt of a transaction if the test does not let it go; the service waits for nothing else meanwhile."""

_MESSAGE_ID = re.compile(rb"(?mi)^Message-ID: (<[^>\r\n]+>)")
_PDF = re.compile(rb"(JVBERi[A-Za-z0-9+/=\r\n]+)")


class Point(Enum):
    """The points at which a transaction is reported, and perhaps halted."""

    INVITED = auto()
    """354 has just been said."""
    BODY = auto()
    """The beginning of the mail is here; halted, the rest is never read, so the mail is not taken."""
    DOT = auto()
    """The whole mail is here and counts as taken; halted before the answer."""
    ANSWERED = auto()
    """250 has just been said."""


_HALTS = {Point.BODY, Point.DOT}


class Progress(Enum):
    """The progress of the last mail of a connection."""

    NONE = auto()
    INVITED = auto()
    TAKEN = auto()
    """Taken, and the client has said nothing since: whether it read the answer is not known here."""


@dataclass(frozen=True)
class Taken:
    """One whole mail."""

    envid: str
    """Empty: a mail to the operator."""
    message_id: str
    recipients: tuple[str, ...]
    pdf: str
    """sha256 of the attached PDF."""


@dataclass(frozen=True)
class Talk:
    """The progress of a connection when it ended."""

    envid: str
    progress: Progress


class _Watched(Conversation):
    server: _Watching

    def setup(self) -> None:
        super().setup()
        self.progress = Progress.NONE

    def hear(self) -> None:
        self.progress = Progress.NONE

    def receive(self) -> bool:
        self.progress = Progress.INVITED
        self.say("354 go on")
        self.server.reach(Point.INVITED, self.envid)
        content = self.read_mail(lambda: self.server.reach(Point.BODY, self.envid))
        if content is None:
            return False
        mail = self.server.take(self.envid, tuple(self.recipients), content)
        self.progress = Progress.TAKEN
        try:
            self.server.reach(Point.DOT, self.envid)
            self.say("250 ok: queued")
            self.server.reach(Point.ANSWERED, self.envid)
        finally:
            self.server.on_taken(mail)
        return True


class _Watching(Listener):
    def __init__(self, on_taken: Callable[[Taken], None]) -> None:
        self.on_taken = on_taken
        self.submissions = 0
        self.broken: list[Talk] = []
        self.armed: Point | None = None
        self.is_reached = threading.Event()
        self.go_on = threading.Event()
        super().__init__(_Watched)

    def take(self, envid: str, recipients: tuple[str, ...], content: bytes) -> Taken:
        found, pdf = _MESSAGE_ID.search(content), _PDF.search(content)
        attached = hashlib.sha256(base64.b64decode(pdf[1])).hexdigest() if pdf else ""
        mail = Taken(envid, found[1].decode() if found else "", recipients, attached)
        with self.state:
            self.taken.append(mail)
            self.submissions += bool(mail.envid)
        return mail

    def reach(self, point: Point, envid: str) -> bool:
        """True if this is the chosen transaction; if it is to halt, returns only after ``go_on`` is set."""
        with self.state:
            if self.armed is not point or not envid:
                return False
            self.armed = None
        self.is_reached.set()
        if point in _HALTS:
            self.go_on.wait(HELD_SECONDS)
        return True

    def note_end(self, ended: _Watched) -> None:
        with self.state:
            if ended.envid and ended.progress is not Progress.NONE:
                self.broken.append(Talk(ended.envid, ended.progress))
            super().note_end(ended)


class SoakRelay(Relay):
    """The relay; ``with`` it. ``on_taken`` is called with each mail after it was answered, or could not be."""

    _listener: _Watching

    def __init__(self, on_taken: Callable[[Taken], None]) -> None:
        super().__init__(_Watching(on_taken))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()
        super().__exit__(kind, error, trace)

    @property
    def taken(self) -> tuple[Taken, ...]:
        """The mails taken so far."""
        with self._listener.state:
            return tuple(self._listener.taken)

    @property
    def count(self) -> int:
        """The number of submissions taken so far."""
        return self._listener.submissions

    def wait_for(self, point: Point, seconds: float) -> bool:
        """True if the next submission comes to ``point`` within so many seconds; if it halts, it is halted then."""
        with self._listener.state:
            self._listener.is_reached.clear()
            self._listener.go_on.clear()
            self._listener.armed = point
        return self._listener.is_reached.wait(seconds)

    def let_go(self) -> None:
        """End every halt, and choose no point any more."""
        with self._listener.state:
            self._listener.armed = None
        self._listener.go_on.set()

    def broken(self) -> Talk | None:
        """Of the connection that broke since the last call, what it was at; once every connection has ended."""
        self.let_go()
        with self._listener.state:
            self.wait_for_ends()
            found, self._listener.broken = self._listener.broken, []
        if len(found) > 1:
            raise AssertionError(f"two transactions at a time: {found}")
        return found[0] if found else None
