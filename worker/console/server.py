"""Serves the console by uvicorn on loopback or on a socket; TLS is the proxy's."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import h11
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from worker.console.app import build_app
from worker.console.desk import Desk, SingleSignOn
from worker.console.metrics import serving_metrics
from worker.console.sso import CALLBACK
from worker.core.errors import ConfigError, Problem
from worker.service.measure import measure
from worker.service.wiring import build_hasher, build_identity_provider, system_clock

_LOG: Final = logging.getLogger(__name__)

LOOPBACK: Final = "127.0.0.1"
HEADERS_BYTES: Final = 16 * 1024
"""The longest head of a request: browsers stay below 8 KB."""
BACKLOG: Final = 64
"""Connections that wait to be accepted: an office has some twenty people."""
REQUESTS_AT_ONCE: Final = 200
"""Connections at once; more are refused with 503, and the service is not affected."""
TAKING_SECONDS: Final = 60
"""Seconds in which a client must take something of its answer: a bad line gives a few bytes in that time."""
HEAD_SECONDS: Final = 20
"""Seconds in which a head must come: a browser sends it at once, also over a bad line."""
SECONDS_TO_STOP: Final = 10


class BoundedClient(H11Protocol):
    """Closes a connection on which a head does not come, or an answer is not taken, in time; uvicorn waits for ever.

    The first head counts from the connection, each further one from its first byte: until that, uvicorn's own limit
    for idle connections counts. An answer counts from the last byte that the client took.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._waiting: asyncio.TimerHandle | None = None
        self._giving: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begins to wait for the first head."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # every byte that the client has not taken counts
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Waits on while a head is incomplete."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_waiting()
        elif self._waiting is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends the wait."""
        self._stop_waiting()
        self._stop_giving()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begins to wait for the client to take what was written."""
        super().pause_writing()
        self._giving = self.loop.call_later(TAKING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Goes on writing: the client took all of it."""
        self._stop_giving()
        super().resume_writing()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _stop_giving(self) -> None:
        if self._giving is not None:
            self._giving.cancel()
            self._giving = None


def serve(option: str | None, port: int, unix: str | None, tell: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT. ``tell`` gets the address. Raises ConfigError."""
    desk = Desk(option, system_clock(), build_hasher())
    try:
        settings = desk.office().settings.console
        base = settings.url or f"http://{LOOPBACK}:{port}"
        desk.address, parts = base, urlsplit(base)
        desk.is_loopback_http = parts.scheme != "https"
        desk.sso = find_sign_on(desk)
        config = configure(build_app(desk, frozenset({parts.netloc}), settings.proxy), port, unix)
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn raises it again once it has ended
        if not unix:
            _refuse_used(port)
        own = "" if unix else f"{LOOPBACK}:{port}"
        with offering_metrics(desk, settings.metrics, own):
            tell(base)
            with contextlib.suppress(KeyboardInterrupt):
                uvicorn.Server(config).run()
    finally:
        desk.close()


@contextlib.contextmanager
def offering_metrics(desk: Desk, address: str, console: str) -> Iterator[None]:
    """Serves ``/metrics`` meanwhile if that can be; else the journal and 稼働状況 say why, and the console serves.

    Of two contractors with one address the second console would stay down.
    """
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(serving_metrics(address, console, lambda: _scrape(desk)))
        except ConfigError as refused:
            (desk.metrics_fault,) = refused.problems
            why = desk.metrics_fault.params["detail"] or "the console itself"
            _LOG.warning("console_no_metrics %s: %s", address, why)
        yield


def _refuse_used(port: int) -> None:
    """Raises ConfigError ``console_port_unusable``: the server would say it in English, after its address was told."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server: a port left just now is free
        try:
            tried.bind((LOOPBACK, port))
        except OSError as error:
            detail = error.strerror or type(error).__name__
            problem = Problem("", "--port", "console_port_unusable", {"value": f"{LOOPBACK}:{port}", "detail": detail})
            raise ConfigError([problem]) from error


def _scrape(desk: Desk) -> str:
    with desk.store() as store:
        return measure(desk.office(), store, desk.clock.now()).text()


def find_sign_on(desk: Desk) -> SingleSignOn | None:
    """Returns the login by company accounts that the configuration names; None if it names none. Raises ConfigError."""
    settings = desk.office().settings.console.sso
    if settings is None:
        return None
    return SingleSignOn(settings, build_identity_provider(desk.office(), f"{desk.address}{CALLBACK}", desk.clock))


def configure(app: Starlette, port: int, unix: str | None = None) -> uvicorn.Config:
    """Returns the server's settings: loopback or a socket, no word about itself, bounded heads and connections."""
    return uvicorn.Config(
        app,
        http=BoundedClient,
        host=LOOPBACK,
        port=port,
        uds=unix,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        lifespan="off",
        backlog=BACKLOG,
        limit_concurrency=REQUESTS_AT_ONCE,
        h11_max_incomplete_event_size=HEADERS_BYTES,
        timeout_graceful_shutdown=SECONDS_TO_STOP,
    )
