"""The long run: loops, reload, watchdog, shutdown; and ``wiring``, the only place that binds ports to adapters.

Takes a configuration's directory; gives an ``Office`` for a command, or the service until it is stopped. Start
reading at ``wiring``, then ``service``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.service.absence import Absence as Absence
    from worker.service.absence import find_absence as find_absence
    from worker.service.watchdog import OutageMonitor as OutageMonitor
else:
    __getattr__ = lazily(
        __name__,
        absence=("Absence", "find_absence"),
        watchdog=("OutageMonitor",),
    )
