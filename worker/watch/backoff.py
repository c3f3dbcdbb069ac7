"""Decides how long the watch over a mailbox rests: between looks, and after a connection was lost.

The promise: a server that is away is asked again for ever, ever more rarely up to a named limit, and never in a busy
loop. It does not know how a mailbox is listened to.
"""

from __future__ import annotations

from typing import Final

IDLE_LIMIT: Final = 300.0
"""Seconds of one IDLE before the line is tried with DONE and NOOP: RFC 2177 allows 29 minutes, but firewalls forget a
silent connection after 5 to 30, and a peer that has gone without a word is found no sooner than this."""
LOOK_GAP: Final = 0.25
"""Seconds between two looks that the server's own words cause: one that says something all the time costs no more."""
RECONNECT_FIRST: Final = 1.0
RECONNECT_LIMIT: Final = 300.0
"""Seconds between two tries at most: a third of the 15 minutes after which a person is told."""


def reconnect_delay(failures: int, chance: float) -> float:
    """Seconds to wait after the ``failures``-th failure in a row; ``chance``, from 0 to 1, shortens it by up to half.

    So that an office's many watchers do not come back to a restarted server in one moment.
    """
    doublings = min(failures - 1, 30)  # 2 to the power of a week's failures would be no float any more
    return min(RECONNECT_LIMIT, RECONNECT_FIRST * 2.0**doublings) * (1.0 - chance / 2.0)
