"""The clock, as a Protocol, and the end of a wait. The service binds the system's clock; tests bind a fake one."""

from __future__ import annotations

import datetime as dt
from typing import Final, Protocol

AHEAD: Final = dt.timedelta(minutes=5)
"""A mark ahead of the clock by so little is of another process or machine. One further ahead was made before the clock
was set back."""


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


def elapsed(mark: dt.datetime, now: dt.datetime) -> dt.timedelta:
    """Returns the time since ``mark``; ``timedelta.max`` if ``mark`` is in the future.

    Such a mark was made before the clock was set back. Its age is not known, and no limit of an age may wait for it.
    """
    return now - mark if now >= mark - AHEAD else dt.timedelta.max
