"""An HTTP server on loopback that takes a post, or misbehaves in one named way."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Way(StrEnum):
    """What the server does with a request."""

    TAKES = "takes"
    TAKES_NOTHING_BACK = "takes_nothing_back"
    """204 without a body."""
    REFUSES = "refuses"
    FAILS = "fails"
    REDIRECTS = "redirects"
    GARBAGE = "garbage"
    CLOSES = "closes"
    SILENT = "silent"
    DRIPS = "drips"
    """One byte of a header at a time, for ever."""
    ENDLESS = "endless"
    """A body without an end."""


_ANSWERS = {
    Way.TAKES: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    Way.TAKES_NOTHING_BACK: b"HTTP/1.1 204 No Content\r\n\r\n",
    Way.REFUSES: b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    Way.FAILS: b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
    Way.GARBAGE: b"\x00\xff no http at all\r\n\r\n",
    Way.CLOSES: b"",
}


@dataclass
class ChatServer:
    """The server; ``requests`` are the whole requests that came, the head and the body of each."""

    way: Way = Way.TAKES
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    port: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """The address of the chat, which is a secret."""
        return f"http://127.0.0.1:{self.port}/hooks/T0PSECRET?sig=S1G"

    def answer(self, connection: socket.socket) -> None:
        """Answers one connection."""
        with connection, contextlib.suppress(OSError):
            self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        read = b""
        while b"\r\n\r\n" not in read:
            read += connection.recv(4096)
        head, _, body = read.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        while len(body) < int(fields["Content-Length"]):
            body += connection.recv(4096)
        self.requests.append((head.decode(), body))
        if self.way is Way.REDIRECTS:
            connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: {self.url}\r\nContent-Length: 0\r\n\r\n".encode())
        elif self.way is Way.DRIPS:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not self.ended.wait(0.05):
                connection.sendall(b"x")
        elif self.way is Way.ENDLESS:
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not self.ended.is_set():
                connection.sendall(b"x" * 4096)
        elif self.way is Way.SILENT:
            self.ended.wait(60)
        else:
            connection.sendall(_ANSWERS[self.way])


@contextlib.contextmanager
def chat_server() -> Iterator[ChatServer]:
    """Serves until the end of the block."""
    server = ChatServer()
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=server.answer, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
