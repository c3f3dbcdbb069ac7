"""A token endpoint takes neither memory nor time beyond a bound, with any answer."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from worker.core.errors import Unavailable
from worker.oauth.bounded_session import ANSWER_LIMIT, BoundedSession

Serve = Callable[[ssl.SSLSocket, threading.Event], None]


@contextmanager
def endpoint(serve: Serve, folder: Path) -> Iterator[tuple[str, str]]:
    """The address of one endpoint that answers each connection by ``serve``, and the file of its authority."""
    authority, over = trustme.CA(), threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _ = listener.accept()
        with connection, context.wrap_socket(connection, server_side=True) as secured:
            asked = b""
            while not asked.endswith(b"a=b"):
                asked += secured.recv(65_536)
            try:
                serve(secured, over)
            except OSError:
                return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield f"https://localhost:{listener.getsockname()[1]}/token", str(ca_file)
    finally:
        over.set()
        thread.join()
        listener.close()


def headers(*more: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"Content-Type: application/json", b"Connection: close", *more, b"", b""])


def ask(serve: Serve, folder: Path, *, seconds: float = 30.0) -> Unavailable:
    with endpoint(serve, folder) as (address, ca_file):
        session = BoundedSession("imap", "token endpoint", ca_file)
        session.total_seconds = seconds
        with pytest.raises(Unavailable) as caught:
            session.post(address, data={"a": "b"})
        return caught.value


def test_an_endless_answer_is_left_after_its_limit(tmp_path: Path) -> None:
    sent = []

    def serve(secured: ssl.SSLSocket, _: threading.Event) -> None:
        secured.sendall(headers())
        for _ in range(10_000):
            secured.sendall(b"x" * 16_384)
            sent.append(16_384)

    assert str(ANSWER_LIMIT) in ask(serve, tmp_path).detail
    assert sum(sent) < 100 * 16_384 * 10, "the connection was closed long before the end"


@pytest.mark.parametrize("size", [ANSWER_LIMIT + 1, 300_000_000])
def test_a_small_answer_that_unpacks_to_a_large_one_is_left_after_its_limit(tmp_path: Path, size: int) -> None:
    packed = gzip.compress(b"x" * min(size, 30_000_000))

    def serve(secured: ssl.SSLSocket, _: threading.Event) -> None:
        secured.sendall(headers(b"Content-Encoding: gzip", b"Content-Length: %d" % len(packed)) + packed)

    assert str(ANSWER_LIMIT) in ask(serve, tmp_path).detail


@pytest.mark.parametrize("begins", [b"", headers()])
def test_an_answer_that_drips_ends_in_time(tmp_path: Path, begins: bytes) -> None:
    def serve(secured: ssl.SSLSocket, over: threading.Event) -> None:
        secured.sendall(begins)
        while not over.wait(0.02):
            secured.sendall(b"H")

    assert "in time" in ask(serve, tmp_path, seconds=0.3).detail


def test_a_whole_answer_is_read_as_before(tmp_path: Path) -> None:
    body = b'{"access_token": "t", "expires_in": 3600}'

    def serve(secured: ssl.SSLSocket, _: threading.Event) -> None:
        secured.sendall(headers(b"Content-Length: %d" % len(body)) + body)

    with endpoint(serve, tmp_path) as (address, ca_file):
        session = BoundedSession("imap", "token endpoint", ca_file)
        assert session.post(address, data={"a": "b"}).json()["access_token"] == "t"
