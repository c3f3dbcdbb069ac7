"""The clock, as a Protocol, and the end of a wait. The service binds the system's clock; tests bind a fake one."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> dt.datetime:
        """This moment by the machine's clock, zone-aware, in JST. The clock may be set at any time, also back."""

    def uptime(self) -> float:
        """Returns the seconds since the machine started: the measure of a wait, because it cannot be set."""


def is_over(begun: dt.datetime, until: dt.datetime, now: dt.datetime) -> bool:
    """Returns whether a wait from ``begun`` until ``until`` is over at ``now``.

    A begin in the future was measured before the clock was set back. The time that has passed is not known, and waiting
    for the recorded moment could take days.
    """
    return not begun <= now < until
