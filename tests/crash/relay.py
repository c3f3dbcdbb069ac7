"""The mail server of a worker that dies again and again: it outlives it, and knows what it took.

One thread a connection, on a free loopback port. A mail counts from its final dot on, whether or not the client still
lived to read the answer; half a mail does not. It shares no code with the client. ``recording_relay`` and
``soak_relay`` decide which part of a mail is kept, and when its answer is given.
"""

from __future__ import annotations

import contextlib
import socketserver
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self


class Conversation(socketserver.StreamRequestHandler, ABC):
    """One connection, from the greeting to its end."""

    server: Listener
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.recipients: list[str] = []
        self.envid = ""
        """The envelope id that the client gave to MAIL; empty if it asked for no reports."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client was killed
            self.say("220 relay.example")
            while line := self.rfile.readline().decode("latin-1").strip():
                if line.upper() == "DATA":
                    if not self.receive():
                        return
                elif not self._answer(line):
                    return

    @abstractmethod
    def receive(self) -> bool:
        """Answer DATA and read the mail; return False if the connection ends there."""

    def _answer(self, line: str) -> bool:
        self.hear()
        verb = line.split(":", maxsplit=1)[0].upper()
        if verb == "QUIT":
            self.say("221 bye")
            return False
        if verb == "MAIL FROM":
            self.recipients.clear()
            self.envid = line.partition(" ENVID=")[2].partition(" ")[0]
        elif verb == "RCPT TO":
            self.recipients.append(line.partition("<")[2].partition(">")[0])
        self.say("250-relay.example\r\n250-SIZE 30000000\r\n250 DSN" if verb.startswith("EHLO") else "250 ok")
        return True

    def hear(self) -> None:
        """The client says something other than DATA, so it has read every answer."""

    def read_mail(self, is_left: Callable[[], bool] = lambda: False) -> bytes | None:
        """The mail up to its final dot; None if half of it came, or if ``is_left`` is true after its first line."""
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line.endswith(b"\r\n") or (not lines and is_left()):
                return None
            lines.append(line.removeprefix(b"."))
        return b"".join(lines)

    def say(self, answer: str) -> None:
        self.wfile.write(f"{answer}\r\n".encode())

    def finish(self) -> None:
        self.server.note_end(self)
        with contextlib.suppress(OSError):  # the client was killed
            super().finish()


class Listener(socketserver.ThreadingTCPServer):
    """The state shared by all connections."""

    daemon_threads = True

    def __init__(self, conversation: type[Conversation]) -> None:
        self.state = threading.Condition()
        self.taken: list[Any] = []
        self.open_talks = 0
        super().__init__(("127.0.0.1", 0), conversation)

    def process_request(self, request: object, client_address: object) -> None:
        with self.state:
            self.open_talks += 1
        super().process_request(request, client_address)

    def note_end(self, _: Conversation) -> None:
        with self.state:
            self.open_talks -= 1
            self.state.notify_all()


class Relay:
    """The listener in a thread of this process; ``with`` it."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.port: int = listener.server_address[1]
        self._thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()

    def wait_for_ends(self) -> None:
        """Wait until every connection has been read to its end; the caller holds ``state`` of the listener."""
        if not self._listener.state.wait_for(lambda: self._listener.open_talks == 0, timeout=30):
            raise TimeoutError("a connection is still open")
