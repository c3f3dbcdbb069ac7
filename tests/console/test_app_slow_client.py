"""A client that never ends its form gets an answer, and holds no place for long."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
from anyio import fail_after

from tests.support.console import Console
from worker.console import app


def test_a_form_that_does_not_arrive_in_time_is_refused(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "fail_after", lambda seconds: fail_after(seconds / 600))
    host = urlsplit(console.base).netloc
    head = f"POST /login HTTP/1.1\r\nHost: {host}\r\nOrigin: {console.base}\r\nContent-Length: 100\r\n"
    head += "Content-Type: application/x-www-form-urlencoded\r\n\r\nlogin="
    with socket.create_connection((host.partition(":")[0], int(host.partition(":")[2])), timeout=60) as client:
        client.sendall(head.encode())
        assert client.recv(64).startswith(b"HTTP/1.1 408")
