"""The soak's mail server: it counts every mail it took, can be told to halt at a point of a transaction, and knows
of each connection that broke how far the mail on it had come.

A mail is taken from its final dot on, whether or not the client lived to read the answer. What is done about a taken
mail (its report) is done after the answer. It knows nothing of the client.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from types import TracebackType
from typing import Self

HELD_SECONDS = 15.0
"""How long a transaction is halted when nobody lets it go: then the service waits for nothing but us."""

_MESSAGE_ID = re.compile(rb"(?mi)^Message-ID: (<[^>\r\n]+>)")
_PDF = re.compile(rb"(JVBERi[A-Za-z0-9+/=\r\n]+)")


class Point(Enum):
    """Where a transaction is reported, and perhaps halted."""

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
    """How far the last mail of a connection has come."""

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


@dataclass
class Talk:
    """One connection."""

    envid: str = ""
    progress: Progress = Progress.NONE


class _Conversation(socketserver.StreamRequestHandler):
    server: _Listener
    disable_nagle_algorithm = True

    def handle(self) -> None:
        talk, recipients = Talk(), list[str]()
        with contextlib.suppress(OSError):  # the client was killed
            self._say("220 relay.example")
            while line := self.rfile.readline().decode("latin-1").strip():
                verb = line.split(":")[0].upper()
                if verb == "DATA":
                    if not self._receive(talk, tuple(recipients)):
                        break
                    continue
                talk.progress = Progress.NONE
                if verb.startswith("EHLO"):
                    self._say("250-relay.example\r\n250-SIZE 30000000\r\n250 DSN")
                elif verb == "QUIT":
                    self._say("221 bye")
                    break
                else:
                    if verb == "MAIL FROM":
                        talk.envid = line.partition(" ENVID=")[2].split(" ")[0]
                        recipients.clear()
                    elif verb == "RCPT TO":
                        recipients.append(line.partition("<")[2].partition(">")[0])
                    self._say("250 ok")
        self.server.ended(talk)

    def _receive(self, talk: Talk, recipients: tuple[str, ...]) -> bool:
        talk.progress = Progress.INVITED
        self._say("354 go on")
        self.server.reach(Point.INVITED, talk)
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line.endswith(b"\r\n") or (not lines and self.server.reach(Point.BODY, talk)):
                return False
            lines.append(line.removeprefix(b"."))
        mail = self.server.take(talk, recipients, b"".join(lines))
        talk.progress = Progress.TAKEN
        try:
            self.server.reach(Point.DOT, talk)
            self._say("250 ok: queued")
            self.server.reach(Point.ANSWERED, talk)
        finally:
            self.server.on_taken(mail)
        return True

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())

    def finish(self) -> None:
        with contextlib.suppress(OSError):  # the client was killed
            super().finish()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, on_taken: Callable[[Taken], None]) -> None:
        self.on_taken = on_taken
        self.state = threading.Condition()
        self.taken: list[Taken] = []
        self.submissions = 0
        self.open_talks = 0
        self.broken: list[Talk] = []
        self.armed: Point | None = None
        self.is_reached = threading.Event()
        self.go_on = threading.Event()
        super().__init__(("127.0.0.1", 0), _Conversation)

    def process_request(self, request: object, client_address: object) -> None:
        with self.state:
            self.open_talks += 1
        super().process_request(request, client_address)

    def take(self, talk: Talk, recipients: tuple[str, ...], content: bytes) -> Taken:
        found, pdf = _MESSAGE_ID.search(content), _PDF.search(content)
        attached = hashlib.sha256(base64.b64decode(pdf[1])).hexdigest() if pdf else ""
        mail = Taken(talk.envid, found[1].decode() if found else "", recipients, attached)
        with self.state:
            self.taken.append(mail)
            self.submissions += bool(mail.envid)
        return mail

    def reach(self, point: Point, talk: Talk) -> bool:
        """Whether it was the chosen one; then, where it is one that halts, only once ``go_on`` is set."""
        with self.state:
            if self.armed is not point or not talk.envid:
                return False
            self.armed = None
        self.is_reached.set()
        if point in _HALTS:
            self.go_on.wait(HELD_SECONDS)
        return True

    def ended(self, talk: Talk) -> None:
        with self.state:
            if talk.envid and talk.progress is not Progress.NONE:
                self.broken.append(talk)
            self.open_talks -= 1
            self.state.notify_all()


class SoakRelay:
    """The relay in threads of this process, on a free loopback port; ``with`` it."""

    def __init__(self, on_taken: Callable[[Taken], None]) -> None:
        self._listener = _Listener(on_taken)
        self.port: int = self._listener.server_address[1]
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()

    @property
    def taken(self) -> tuple[Taken, ...]:
        """What was taken so far."""
        with self._listener.state:
            return tuple(self._listener.taken)

    @property
    def count(self) -> int:
        """How many submissions were taken so far."""
        return self._listener.submissions

    def wait_for(self, point: Point, seconds: float) -> bool:
        """Whether the next submission comes to ``point`` within so many seconds; where it halts, it is halted then."""
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
            if not self._listener.state.wait_for(lambda: self._listener.open_talks == 0, timeout=30):
                raise TimeoutError("a connection of a dead service is still open")
            found, self._listener.broken = self._listener.broken, []
        if len(found) > 1:
            raise AssertionError(f"two transactions at a time: {found}")
        return found[0] if found else None
