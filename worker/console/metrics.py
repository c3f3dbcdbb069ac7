"""Serves ``/metrics`` at an address of loopback of its own, never where the proxy leads browsers.

One request after the other, each within seconds: the one reader is a monitoring program on this machine.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

from worker.core.errors import ConfigError, HoshobinError, Problem
from worker.views.metrics import CONTENT_TYPE

PATH: Final = "/metrics"
SECONDS: Final = 5.0
"""The longest that one request may hold the others up."""


class _Server(HTTPServer):
    def __init__(self, address: str, scrape: Callable[[], str]) -> None:
        host, _, port = address.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        self.address_family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET  # noqa: PLR2004
        self.own_names = frozenset({address, f"localhost:{port}"})
        self.scrape = scrape
        super().__init__((host, int(port)), _Answer)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leaves a reader that went away."""


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    timeout = SECONDS
    server_version, sys_version = "hoshobin", ""

    def do_GET(self) -> None:
        """Answers a scrape; a page of another name that a browser was led to (DNS rebinding) gets nothing."""
        if self.headers.get("Host") not in self.server.own_names or self.path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, "")
            return
        try:
            text = self.server.scrape()
        except HoshobinError:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, "")  # the target counts as down: up == 0
        else:
            self._answer(HTTPStatus.OK, text)

    def _answer(self, status: HTTPStatus, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name of http.server
        """Logs nothing: a scrape comes every few seconds."""


@contextlib.contextmanager
def serving_metrics(address: str, console: str, scrape: Callable[[], str]) -> Iterator[None]:
    """Serves meanwhile at ``address`` if it is given. ``console`` is the console's own address.

    Raises ConfigError ``console_metrics_taken`` if the console itself will listen there, ``console_metrics_unusable``
    with the system's reason if it cannot.
    """
    if not address:
        yield
        return
    if address == console:
        raise _refuse("console_metrics_taken", address)
    try:
        server = _Server(address, scrape)
    except OSError as error:
        raise _refuse("console_metrics_unusable", address, error.strerror or type(error).__name__) from error
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _refuse(code: str, address: str, detail: str = "") -> ConfigError:
    return ConfigError([Problem("worker.toml", "console.metrics", code, {"value": address, "detail": detail})])
