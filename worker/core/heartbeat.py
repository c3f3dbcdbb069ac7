"""The sign of life of a loop of the service, which the watchdog asks for.

A loop is alive while it waits for its next pass within its interval, and while it is inside a step whose deadline has
not passed. A server that is down is no hang.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

STEP_LIMIT: Final = 900.0
"""Seconds one step may take: 4 MB of mail on the slowest line still rented out (64 kbit/s) take 500 s, and every other
socket and every PDF has a shorter limit of its own, so this one means a hang."""
MISSED_PASSES: Final = 3
"""The number of intervals a loop may be late before it counts as hung: a busy machine delays one, not three."""


class Heartbeat:
    """One loop's sign of life, on a monotonic clock in seconds."""

    def __init__(self, name: str, interval: float, monotonic: Callable[[], float]) -> None:
        self.name = name
        self.interval = interval
        self._monotonic = monotonic
        self._alive_until = monotonic() + STEP_LIMIT

    def step(self, limit: float = STEP_LIMIT) -> None:
        """A step begins that must end within ``limit`` seconds."""
        self._alive_until = self._monotonic() + limit

    def rest(self) -> None:
        """The pass ended, well or with a named failure; the next one begins within the interval."""
        self._alive_until = self._monotonic() + MISSED_PASSES * self.interval + STEP_LIMIT

    @property
    def is_alive(self) -> bool:
        """True if the deadline has not passed."""
        return self._monotonic() <= self._alive_until


RUNNING: Final[ContextVar[Heartbeat | None]] = ContextVar("running_heartbeat", default=None)
"""The heartbeat of the loop to which the running task belongs; None outside the service."""


def note_step(limit: float = STEP_LIMIT) -> None:
    """A step of the running loop begins, or has just ended; it or what follows must end within ``limit`` seconds."""
    if (heartbeat := RUNNING.get()) is not None:
        heartbeat.step(limit)
