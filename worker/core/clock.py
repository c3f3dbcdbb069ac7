"""The only source of time."""

from __future__ import annotations

import datetime as dt
import time
from typing import Protocol

from worker.core.model import JST


class Clock(Protocol):
    """The machine's clock as the program sees it; tests set their own."""

    def now(self) -> dt.datetime:
        """This moment by the machine's clock, zone-aware, in JST. The clock may be set at any time, also back."""
        ...

    def uptime(self) -> float:
        """Seconds since the machine started: the measure of a wait, because it cannot be set."""
        ...


class SystemClock:
    """The real clock, in JST in every time zone of the machine."""

    def now(self) -> dt.datetime:
        """Returns this moment."""
        return dt.datetime.now(JST)

    def uptime(self) -> float:
        """Returns the seconds since the machine started; those that it slept count."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
