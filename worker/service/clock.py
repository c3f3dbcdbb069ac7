"""The real clock, in JST in every time zone of the machine, and how long the machine has run."""

from __future__ import annotations

import datetime as dt
import time

from worker.core.model import JST


class SystemClock:
    """``Clock`` over the system's clock."""

    def now(self) -> dt.datetime:
        """This moment."""
        return dt.datetime.now(JST)

    def uptime(self) -> float:
        """Seconds since the machine started; those that it slept count."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
