"""Decides when a server that could not be opened is asked again; a 4xx to one mail is for ``outcomes.defer``.

An unreachable server is asked on the schedule. One that refuses our account is asked more and more rarely, so that our
tries do not lock the account. After a restart or a reload the first try is at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from worker.core.clock import Clock
from worker.core.errors import AccountRefused, Unavailable
from worker.core.heartbeat import STEP_LIMIT, note_step
from worker.send.ports import Body, MailServer, NoReply, Reply, Session, Step
from worker.send.rate_limit import asked_by_failure
from worker.send.smtp_verdicts import retry_delay

T = TypeVar("T")


class Backoff:
    """The schedule of tries at one server."""

    def __init__(self, clock: Clock, pace: dt.timedelta = dt.timedelta()) -> None:
        """``pace`` is the pause after the server was unreachable; zero if a schedule already spaces the tries."""
        self._clock = clock
        self._pace = pace
        self._refusals = 0
        self._failure: Unavailable | None = None
        self._not_before = 0.0

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Returns the result of ``call``; raises the last failure again, without a call, before its pause has ended."""
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
        """Makes the next call at once."""
        self._failure = None
        self._refusals = 0

    def _note(self, failure: Unavailable) -> None:
        self._failure = failure
        self._refusals = self._refusals + 1 if isinstance(failure, AccountRefused) else 0
        pause = retry_delay(self._refusals) if self._refusals else self._pace
        pause = max(pause, asked_by_failure(failure.detail) or dt.timedelta())
        self._not_before = self._clock.uptime() + pause.total_seconds()


OPEN_LIMIT: Final = 2100.0
"""Seconds until a mail server is ready: one that lets its clients wait at each command (RFC 5321 §4.5.3.2: 5 minutes
each) is no hang."""
BODY_LIMIT: Final = 2700.0
"""Seconds for a body and its answer: 30 minutes on the slowest line, 10 for the answer (RFC 5321 §4.5.3.2.6)."""


class RetryingServer:
    """A mail server that is opened only as often as ``backoff`` allows; each step is a sign of life of its loop."""

    def __init__(self, server: MailServer, backoff: Backoff) -> None:
        self._server = server
        self._backoff = backoff

    async def open(self) -> Session:
        """Open the server, or raise its last failure again."""
        return await self._backoff.ask(self._open)

    async def _open(self) -> Session:
        note_step(OPEN_LIMIT)
        session = await self._server.open()
        note_step()
        return session

    async def perform(self, step: Step) -> Reply | NoReply:
        """Take one step; a body may take longer than one others."""
        note_step(BODY_LIMIT if isinstance(step, Body) else STEP_LIMIT)
        answer = await self._server.perform(step)
        note_step()
        return answer

    async def close(self) -> None:
        """Close the server."""
        note_step()
        await self._server.close()
