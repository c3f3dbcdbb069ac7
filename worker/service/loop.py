"""The loops of the service: one per mailbox, one for the folder, one that judges, sends and notifies.

``keep_going`` is the course of each: wait until a pass is due, make it, give a sign of life. A mailbox is polled, then
waited for by IDLE or until the sweep is due; after a failure it is left alone for ever longer, up to a limit.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from worker.core.errors import Unavailable
from worker.core.heartbeat import RUNNING, Heartbeat
from worker.watch.ports import IdleResult

IDLE_LIMIT: Final = 300.0
"""Seconds of one IDLE before the line is tried with DONE and NOOP: RFC 2177 allows 29 minutes, but firewalls forget a
silent connection after 5 to 30, and a peer that has gone without a word is found no sooner than this."""
LOOK_GAP: Final = 0.25
"""Seconds between two looks that the server's own words cause: one that says something all the time costs no more."""
RECONNECT_FIRST: Final = 1.0
RECONNECT_LIMIT: Final = 300.0
"""The most seconds between two tries: a third of the 15 minutes after which a person gets an alarm."""


def reconnect_delay(failures: int, chance: float) -> float:
    """Seconds to wait after the ``failures``-th failure in a row; ``chance``, from 0 to 1, shortens it by up to half.

    So that an office's many watchers do not come back to a restarted server in one moment.
    """
    doublings = min(failures - 1, 30)  # 2 to the power of a week's failures would be no float any more
    return min(RECONNECT_LIMIT, RECONNECT_FIRST * 2.0**doublings) * (1.0 - chance / 2.0)


@dataclass(slots=True)
class Loop:
    """One loop: its pass, its wait and its sign of life."""

    heartbeat: Heartbeat
    one_pass: Callable[[], Awaitable[object]]
    poller: MailboxPoller | None = None
    """Of a mailbox: its server wakes the loop; the others wait for their interval."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        """The name of its heartbeat."""
        return self.heartbeat.name

    async def wake_up(self) -> None:
        """Begin the next pass now; a running IDLE continues until it is over."""
        self.wake.set()

    def forget_failures(self) -> None:
        """Begin the next pass now, as after none that failed."""
        if self.poller is not None:
            self.poller.forget()
        self.wake.set()

    async def wait(self) -> None:
        """Wait until the next pass is due, or until the loop is woken, also after a failure."""
        await (self._pause(self.heartbeat.interval) if self.poller is None else self.poller.wait(self._pause))
        self.wake.clear()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.wake.wait()


async def keep_going(loop: Loop, make_pass: Callable[[Loop], Awaitable[None]], is_ending: Callable[[], bool]) -> None:
    """Repeat until ``is_ending``: wait until a pass is due, make it, give a sign of life."""
    RUNNING.set(loop.heartbeat)
    while True:
        await loop.wait()
        if is_ending():
            return
        await make_pass(loop)
        loop.heartbeat.rest()


Pause = Callable[[float], Awaitable[None]]
"""Waits so many seconds, or until a pass is wanted at once."""


class MailboxPoller:
    """Polls one mailbox: ``poll`` and ``wait`` in turn."""

    def __init__(
        self,
        look: Callable[[], Awaitable[object]],
        listen: Callable[[float], Awaitable[IdleResult]],
        poll_seconds: float,
        chance: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        """``chance`` gives numbers from 0 to 1, so that not all watchers come back to a server at once."""
        self._look = look
        self._listen = listen
        self._poll_seconds = poll_seconds
        self._chance = chance
        self._monotonic = monotonic
        self._polled_at = monotonic()
        self._failures = 0
        self._delay: float | None = 0.0
        """Seconds until the next poll; None if IDLE and the sweep decide."""

    async def poll(self) -> None:
        """Scan the mailbox once. Raises Unavailable, after which ``wait`` backs off."""
        self._delay = None
        try:
            await self._look()
        except Unavailable:
            self._back_off()
            raise
        finally:
            self._polled_at = self._monotonic()

    async def wait(self, pause: Pause) -> None:
        """Wait for a message announced in IDLE, for the sweep, or for the delay after a failure."""
        left = self._poll_seconds if self._delay is None else 0.0
        while left > 0:  # counted by what was waited, so that no clock that is set can delay the sweep
            span = min(left, IDLE_LIMIT)
            match await self._listen(span):
                case IdleResult.QUIET:
                    self._failures = 0
                    left -= span
                case IdleResult.NEWS:
                    self._failures = 0
                    self._delay = max(0.0, LOOK_GAP - (self._monotonic() - self._polled_at))
                    break
                case IdleResult.NOT_OFFERED:
                    self._failures = 0
                    self._delay = left
                    break
                case IdleResult.LOST:
                    self._back_off()
                    break
        if self._delay:
            await pause(self._delay)

    def forget(self) -> None:
        """The next failure counts as the first."""
        self._failures = 0

    def _back_off(self) -> None:
        self._failures += 1
        self._delay = reconnect_delay(self._failures, self._chance())
