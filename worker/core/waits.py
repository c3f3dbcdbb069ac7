"""Decides whether a wait that was recorded by the machine's clock is over. A clock set back lengthens no wait."""

from __future__ import annotations

import datetime as dt


def is_over(begun: dt.datetime, until: dt.datetime, now: dt.datetime) -> bool:
    """Returns whether a wait from ``begun`` until ``until`` is over at ``now``.

    A begin in the future was measured before the clock was set back. The time that has passed is not known, and waiting
    for the recorded moment could take days.
    """
    return not begun <= now < until
