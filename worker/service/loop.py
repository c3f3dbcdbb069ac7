"""One loop of the service: what it does in a pass, what it rests by, and its sign of life.

Its one promise: whoever wakes it is heard, also while it rests after a failure. It does not know the other loops.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from worker.core.errors import Unavailable
from worker.core.heartbeat import Heartbeat
from worker.watch.backoff import IDLE_LIMIT, LOOK_GAP, reconnect_delay
from worker.watch.ports import IdleResult


@dataclass(slots=True)
class Loop:
    """Rests until its interval has passed, or by its own vigil, or until it is woken; alive by its beat."""

    beat: Heartbeat
    one_pass: Callable[[], Awaitable[object]]
    vigil: MailboxPoller | None = None
    """Of a mailbox: its server wakes it, not the time."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        """That of its beat."""
        return self.beat.name

    async def rouse(self) -> None:
        """Begin the next pass now; what listens to a server goes on until that is over."""
        self.wake.set()

    def forget_failures(self) -> None:
        """Begin the next pass now, as after none that failed."""
        if self.vigil is not None:
            self.vigil.forget()
        self.wake.set()

    async def rest(self) -> None:
        """Until the next pass is due."""
        await (self._pause(self.beat.interval) if self.vigil is None else self.vigil.rest(self._pause))
        self.wake.clear()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.wake.wait()


Pause = Callable[[float], Awaitable[None]]
"""Waits so many seconds, or until somebody wants a look at once."""


class MailboxPoller:
    """The course of one mailbox; ``look`` and ``rest`` in turn."""

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
        self._looked_at = monotonic()
        self._failures = 0
        self._pause: float | None = 0.0

    async def look(self) -> None:
        """One look. Raises Unavailable, as it does."""
        self._pause = None
        try:
            await self._look()
        except Unavailable:
            self._fail()
            raise
        finally:
            self._looked_at = self._monotonic()

    def forget(self) -> None:
        """The next failure counts as the first."""
        self._failures = 0

    async def rest(self, pause: Pause) -> None:
        """Until the next look is due: something came, the sweep is due, or the delay after a failure has passed."""
        if self._pause is None:
            await self._hear(pause)
        if self._pause:
            await pause(self._pause)

    async def _hear(self, pause: Pause) -> None:
        """Listen until the sweep is due; counted in what was waited, so that no clock that is set can delay it."""
        left = self._poll_seconds
        while left > 0:
            span = min(left, IDLE_LIMIT)
            match await self._listen(span):
                case IdleResult.QUIET:
                    self._failures = 0
                    left -= span
                case IdleResult.NEWS:
                    self._failures = 0
                    self._pause = max(0.0, LOOK_GAP - (self._monotonic() - self._looked_at))
                    return
                case IdleResult.NOT_OFFERED:
                    self._failures = 0
                    await pause(left)
                    return
                case IdleResult.LOST:
                    self._fail()
                    return

    def _fail(self) -> None:
        self._failures += 1
        self._pause = reconnect_delay(self._failures, self._chance())
