"""One mailbox kept under watch: look, listen until something comes or the next sweep is due, look again, for ever.

Its one promise: after a failure, of a look or of listening, the next look comes later and later, but it comes. It does
not know what a look takes, nor who waits for whom.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from worker.core.errors import Unavailable
from worker.watch.backoff import IDLE_LIMIT, LOOK_GAP, reconnect_delay
from worker.watch.ports import Heard

Pause = Callable[[float], Awaitable[None]]
"""Waits so many seconds, or until somebody wants a look at once."""


class Vigil:
    """The course of one mailbox; ``look`` and ``rest`` in turn."""

    def __init__(
        self,
        look: Callable[[], Awaitable[object]],
        listen: Callable[[float], Awaitable[Heard]],
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
                case Heard.QUIET:
                    self._failures = 0
                    left -= span
                case Heard.NEWS:
                    self._failures = 0
                    self._pause = max(0.0, LOOK_GAP - (self._monotonic() - self._looked_at))
                    return
                case Heard.NOT_OFFERED:
                    self._failures = 0
                    await pause(left)
                    return
                case Heard.LOST:
                    self._fail()
                    return

    def _fail(self) -> None:
        self._failures += 1
        self._pause = reconnect_delay(self._failures, self._chance())
