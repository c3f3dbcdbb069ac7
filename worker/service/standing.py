"""What the service says of itself: what is not reached, when each loop last succeeded, and what is deaf.

Its one promise: what a loop cannot do stands here until it can, and what hangs is told all the same. It records nothing
but alarms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

import structlog

from worker.approve.redraft import InForce
from worker.core.clock import Clock
from worker.core.errors import HoshobinError, LogBroken, Unavailable
from worker.notify.operator_mail import write_status
from worker.service.status import Hearing
from worker.store.ports import Store

SENDING: Final = "sending"
_log = structlog.get_logger("hoshobin")


class Standing:
    """The loops as they stand; ``troubles`` and ``looked`` by the loop's name."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._hearing = Hearing(store, clock)
        self.troubles: dict[str, HoshobinError] = {}
        self.looked: dict[str, dt.datetime] = {}
        self._unsettled: dict[str, str] = {}

    def note_success(self, name: str, unsettled: Unavailable | None = None) -> None:
        """A pass of this loop ended well; ``unsettled`` is why messages in its mailbox could not be dealt with.

        That is said once for as long as it stays the same.
        """
        self.looked[name] = self._clock.now()
        if self.troubles.pop(name, None):
            _log.info("recovered", loop=name)
        if unsettled is not None and self._unsettled.get(name) != str(unsettled):
            _log.warning("unsettled", loop=name, failure=str(unsettled))
        self._unsettled[name] = str(unsettled or "")

    def check_hearing(self, names: Iterable[str], in_force: InForce) -> bool:
        """Whether a look that does not succeed any more raised an alarm just now."""
        limit = in_force.configuration.settings.deaf_after
        try:
            is_raised = self._hearing.check(names, limit, self.looked)
        except (Unavailable, LogBroken) as failure:
            _log.error("unrecorded", loop="hearing", detail=str(failure))
            return False
        if is_raised:
            _log.error("deaf", loops={name: since.isoformat() for name, since in self._hearing.deaf.items()})
        return is_raised

    def write(self, in_force: InForce) -> str:
        """One line for ``systemctl status``; empty where the store cannot be asked: the loop that needs it says so."""
        try:
            counts = self._store.count_by_state()
        except (Unavailable, LogBroken):
            return ""
        looked = {name: at for name, at in self.looked.items() if name != SENDING}
        is_rehearsing = in_force.configuration.settings.release.rehearsal_to is not None
        return write_status(self.troubles, looked, counts, rehearsing=is_rehearsing, deaf=self._hearing.deaf)
