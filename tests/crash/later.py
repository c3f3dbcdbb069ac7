"""``hoshobin`` on a machine whose clock shows a later time. Run as a script: SECONDS, then as ``hoshobin``.

Deferred work is due at once, so that a test need not wait for it. Nothing else of the product is changed.
"""

from __future__ import annotations

import datetime as dt
import sys

from worker.__main__ import main
from worker.service.clock import SystemClock


def set_clock_forward(by: dt.timedelta) -> None:
    plain, running = SystemClock.now, SystemClock.uptime
    SystemClock.now = lambda clock: plain(clock) + by
    SystemClock.uptime = lambda clock: running(clock) + by.total_seconds()


if __name__ == "__main__":
    set_clock_forward(dt.timedelta(seconds=float(sys.argv.pop(1))))
    main()
