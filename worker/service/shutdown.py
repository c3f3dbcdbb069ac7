"""A stop: what it waits for, what systemd is told meanwhile, and how a second one ends it at once.

The answer to a mail's final dot is waited for as long as the connection waits for it: giving up sooner leaves the
submission in doubt. Nothing else holds a stop for more than STOP_SECONDS.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog

from worker.core.messages import say
from worker.service.systemd import SystemdNotifier

STOP_SECONDS: Final = 7.0
"""Seconds that a stop waits for a mail before its first byte leaves: with what follows it stays below 10 s."""
EXTEND_EVERY: Final = 5.0
"""Seconds between two words to systemd, which takes its own patience for over when none came in time."""
EXTEND_BY: Final = 30.0
"""Seconds that each of them asks for: a disk that is slow for one must not be the end of us."""

_log = structlog.get_logger("hoshobin")


class Shutdown:
    """One run's stop."""

    def __init__(self, systemd: SystemdNotifier) -> None:
        self._systemd = systemd
        self._asked = asyncio.Event()
        self._at_once = asyncio.Event()

    @property
    def is_asked(self) -> bool:
        """True if somebody wants the service to end."""
        return self._asked.is_set()

    def ask(self) -> None:
        """End; asked a second time, end at once, and leave what is in doubt in doubt."""
        if self._asked.is_set():
            self._at_once.set()
        self._systemd.stopping()
        self._asked.set()

    async def wait_for(self, sending: asyncio.Task[None], awaits_answer: Callable[[], bool]) -> None:
        """Return when ``sending`` has ended, or need not, or must not, be waited for any longer."""
        at_once = asyncio.create_task(self._at_once.wait())
        until = time.monotonic() + STOP_SECONDS
        is_told = False
        while not (sending.done() or at_once.done()):
            pause = until - time.monotonic()
            if awaits_answer():
                pause = EXTEND_EVERY
                self._systemd.extend_timeout(EXTEND_BY)
                self._systemd.feed_watchdog()
                self._systemd.status(say("stopping_waits", "ja"))
                if not is_told:
                    _log.info("waiting_for_answer")
                    is_told = True
            elif pause <= 0:
                break
            await asyncio.wait([sending, at_once], timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        if at_once.done():
            _log.warning("stopped_at_once")
        at_once.cancel()
