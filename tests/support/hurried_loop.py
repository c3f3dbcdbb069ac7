"""An event loop whose clock jumps to the next timer when nothing happens, so that ten minutes of silence cost none.

For tests in which both ends of every connection live in this loop, and no thread has anything to do with it: then,
when no socket is ready, nothing can happen before the next timer.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")

HOUR: Final = 3600.0
SHORT_JUMP: Final = 1.0
GRACE: Final = (0.001, 0.05)
"""Real seconds for the kernel to pass on what one end wrote to the other: before a short jump, which could harm
nothing, and before a longer one."""


class _JumpingSelector(selectors.DefaultSelector):
    """Waits for no timer, and counts the seconds of those that it passed over."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        ready = super().select(min(timeout, GRACE[timeout > SHORT_JUMP]))
        if not ready:
            self.skipped += timeout
        return ready


class HurriedLoop(asyncio.SelectorEventLoop):
    """The loop. Its ``time`` moves by jumps alone, so that a busy machine brings no time limit nearer."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.skipped


def run_hurried(course: Coroutine[Any, Any, T]) -> T:
    """The result of ``course``; raises TimeoutError after some hours of the loop's own clock."""

    async def bounded() -> T:
        async with asyncio.timeout(24 * HOUR):
            return await course

    with asyncio.Runner(loop_factory=HurriedLoop) as runner:
        return runner.run(bounded())
