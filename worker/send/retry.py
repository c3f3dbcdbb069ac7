"""Decides when a server that failed may be asked again: one that is away on the schedule, one that refuses us rarely.

The promise: a refused account is not locked by our own tries, and nothing is asked in a busy loop. It does not know
what is asked, and it records nothing: after a restart, or a person's reload, the first try is at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TypeVar

from worker.core.clock import Clock
from worker.core.errors import AccountRefused, Unavailable
from worker.send.ports import MailServer, NoReply, Reply, Session, Step
from worker.send.rate_limit import asked_by_failure
from worker.send.smtp_verdicts import retry_delay

T = TypeVar("T")


class Backoff:
    """The patience with one server."""

    def __init__(self, clock: Clock, pace: dt.timedelta = dt.timedelta()) -> None:
        """``pace`` is how long a server that was away is left alone; no time where a schedule sees to that."""
        self._clock = clock
        self._pace = pace
        self._refusals = 0
        self._failure: Unavailable | None = None
        self._not_before = 0.0

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """What ``call`` returns or raises; the last failure itself, uncalled, where its time has not come."""
        if self._failure is not None and self._clock.uptime() < self._not_before:
            raise self._failure.with_traceback(None)  # else it would grow by each raise
        try:
            answer = await call()
        except Unavailable as failure:
            self._note(failure)
            raise
        self.forget()
        return answer

    def forget(self) -> None:
        """Ask at once the next time."""
        self._failure = None
        self._refusals = 0

    def _note(self, failure: Unavailable) -> None:
        self._failure = failure
        self._refusals = self._refusals + 1 if isinstance(failure, AccountRefused) else 0
        pause = retry_delay(self._refusals) if self._refusals else self._pace
        pause = max(pause, asked_by_failure(failure.detail) or dt.timedelta())
        self._not_before = self._clock.uptime() + pause.total_seconds()


class RetryingServer:
    """A mail server that is opened only as often as ``patience`` allows."""

    def __init__(self, server: MailServer, patience: Backoff) -> None:
        self._server = server
        self._patience = patience

    async def open(self) -> Session:
        """As the server's own, or its last failure again."""
        return await self._patience.ask(self._server.open)

    async def take(self, step: Step) -> Reply | NoReply:
        """As the server's own."""
        return await self._server.take(step)

    async def close(self) -> None:
        """As the server's own."""
        await self._server.close()
