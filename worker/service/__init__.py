"""The long run: loops, reload, watchdog, shutdown; and ``wiring``, the only place that binds ports to adapters.

Takes a configuration's directory; gives an ``Office`` for a command, or the service until it is stopped. Start
reading at ``wiring``, then ``service``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.service.ports import Manager as Manager
    from worker.service.unwatched import Unheard as Unheard
    from worker.service.watchdog import Beat as Beat
else:
    __getattr__ = lazily(
        __name__,
        ports=("Manager",),
        unwatched=("Unheard",),
        watchdog=("Beat",),
    )
