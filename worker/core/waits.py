"""Decides whether a wait that was recorded by the machine's clock is over.

Its one promise: a clock that is set back lengthens no wait. It does not know what waits.
"""

from __future__ import annotations

import datetime as dt


def is_over(begun: dt.datetime, until: dt.datetime, now: dt.datetime) -> bool:
    """Whether a wait from ``begun`` until ``until`` is over at ``now``.

    One that began later than now was measured before the clock was set back: nobody knows how much of it has passed,
    and to wait for the recorded moment could take days.
    """
    return not begun <= now < until
