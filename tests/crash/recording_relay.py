"""A relay that takes every mail and writes down what it had in hand before it answers: the judge of "sent twice".

One thread a connection, on a free loopback port. A mail counts from its final dot on, whether or not the client still
lived to read the answer; half a mail does not. It knows nothing of the client.
"""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Taken:
    """One whole message, with the envelope it came in."""

    recipients: tuple[str, ...]
    content: bytes
    envid: str = ""
    """As the client gave it to MAIL; empty where it asked for no reports."""


class _Talk(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        recipients: list[str] = []
        envid = ""
        self._say("220 relay.example")
        try:
            while line := self.rfile.readline().decode("latin-1").strip():
                verb = line.split(":")[0].upper()
                if verb.startswith("EHLO"):
                    self._say("250-relay.example\r\n250-SIZE 30000000\r\n250 DSN")
                elif verb == "MAIL FROM":
                    recipients.clear()
                    envid = line.partition(" ENVID=")[2].partition(" ")[0]
                    self._say("250 ok")
                elif verb == "RCPT TO":
                    recipients.append(line.partition("<")[2].partition(">")[0])
                    self._say("250 ok")
                elif verb == "DATA":
                    self._say("354 go on")
                    if not self._take(tuple(recipients), envid):
                        return
                    self._say("250 ok: queued")
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                else:
                    recipients.clear()
                    self._say("250 ok")
        except OSError:
            return  # the client was killed

    def _take(self, recipients: tuple[str, ...], envid: str) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                return False
            lines.append(line.removeprefix(b"."))
        taken = Taken(recipients, b"".join(lines), envid)
        with self.server.lock:
            self.server.taken.append(taken)
            self.server.on_taken(taken)
        return True

    def _say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())

    def finish(self) -> None:
        with self.server.lock:
            self.server.open_talks -= 1
            self.server.lock.notify_all()
        try:
            super().finish()
        except OSError:
            return  # the client was killed


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, on_taken: Callable[[Taken], None]) -> None:
        self.on_taken = on_taken
        self.lock = threading.Condition()
        self.taken: list[Taken] = []
        self.open_talks = 0
        super().__init__(("127.0.0.1", 0), _Talk)

    def process_request(self, request: object, client_address: object) -> None:
        with self.lock:
            self.open_talks += 1
        super().process_request(request, client_address)


class RecordingRelay:
    """The relay; ``with`` it. ``on_taken`` is called with each mail before it is answered."""

    def __init__(self, on_taken: Callable[[Taken], None] = lambda _: None) -> None:
        self._on_taken = on_taken

    def __enter__(self) -> Self:
        self._listener = _Listener(self._on_taken)
        self.port: int = self._listener.server_address[1]
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()

    def begin(self) -> None:
        """Forget what was taken."""
        with self._listener.lock:
            self._listener.taken = []

    @property
    def taken(self) -> tuple[Taken, ...]:
        """What was taken since ``begin``, once every connection has been read to its end."""
        with self._listener.lock:
            if not self._listener.lock.wait_for(lambda: self._listener.open_talks == 0, timeout=30):
                raise TimeoutError("a connection is still open")
            return tuple(self._listener.taken)
