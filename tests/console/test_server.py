"""Clients that hold connections: a head that never ends, and many connections at once."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit

import pytest

from tests.support.console import Console
from worker.console import server
from worker.core.errors import ConfigError
from worker.core.messages import say

SOON = 0.2
ASKED = 2000
"""Requests whose answers, 50 KB each, are more than the system keeps for a client."""


def connect(console: Console) -> socket.socket:
    parts = urlsplit(console.base)
    return socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=30)


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "], ids=["nothing", "half"])
def test_a_connection_whose_head_does_not_come_is_closed(
    console: Console, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", SOON)
    with connect(console) as client:
        client.sendall(begun)
        assert client.recv(64) == b""


def test_the_head_of_a_second_request_is_bounded_too(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", SOON)
    host = urlsplit(console.base).netloc.encode()
    with connect(console) as client:
        client.sendall(b"GET /static/icon.svg HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
        assert client.recv(15) == b"HTTP/1.1 200 OK"
        client.sendall(b"GET /")
        while client.recv(65536):
            pass


def test_a_head_that_is_too_long_is_refused(console: Console) -> None:
    with connect(console) as client:
        client.sendall(b"GET / HTTP/1.1\r\nX-A: " + b"a" * 2 * server.HEADERS_BYTES)
        assert client.recv(12) == b"HTTP/1.1 400"


def test_a_client_that_does_not_read_its_answers_is_cut_off(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answers fill every buffer between; without the limit the connection stands until the client ends."""
    monkeypatch.setattr(server, "TAKING_SECONDS", SOON)
    ended = threading.Event()
    lost = server.BoundedClient.connection_lost

    def note_end(protocol: server.BoundedClient, exc: Exception | None) -> None:
        lost(protocol, exc)
        ended.set()

    monkeypatch.setattr(server.BoundedClient, "connection_lost", note_end)
    host = urlsplit(console.base).netloc.encode()
    with connect(console) as client:
        client.sendall((b"GET /static/htmx.min.js HTTP/1.1\r\nHost: " + host + b"\r\n\r\n") * ASKED)
        assert ended.wait(30)


def test_many_idle_connections_keep_nobody_out_and_more_than_all_are_refused(console: Console) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(server.REQUESTS_AT_ONCE // 2):
            stack.enter_context(connect(console))
        assert console.browser("staff").get("/me").status_code == 200
        for _ in range(server.REQUESTS_AT_ONCE // 2):
            stack.enter_context(connect(console))
        assert console.browser().client.get("/login").status_code == 503
    assert console.browser("staff").get("/me").status_code == 200


def test_a_port_that_another_program_uses_is_said_before_an_address_is_told(console: Console) -> None:
    told: list[str] = []
    port = int(urlsplit(console.base).port or 0)
    with pytest.raises(ConfigError) as refused:
        server.serve(console.desk.option, port, None, told.append)
    assert told == []
    (problem,) = refused.value.problems
    said = say(problem.code, "ja", **problem.params)
    assert said == f"画面を 127.0.0.1:{port} で開けません（ほかのプログラムが使っています）"
