"""One loop of the service: what it does in a pass, what it rests by, and its sign of life.

Its one promise: whoever wakes it is heard, also while it rests after a failure. It does not know the other loops.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from worker.service.vigil import Vigil
from worker.service.watchdog import Beat


@dataclass(slots=True)
class Loop:
    """Woken by the clock, or resting by its own vigil; alive by its beat."""

    beat: Beat
    one_pass: Callable[[], Awaitable[object]]
    vigil: Vigil | None = None
    """Of a mailbox: its server wakes it, not the clock."""
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
        await (self.wake.wait() if self.vigil is None else self.vigil.rest(self._pause))
        self.wake.clear()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.wake.wait()
