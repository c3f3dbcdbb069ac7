"""The state of the loops, for the journal and for systemd."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import structlog

from worker.approve.reevaluate import ActiveConfig
from worker.core.clock import Clock
from worker.core.errors import HoshobinError, LogBroken, Unavailable
from worker.core.states import State
from worker.notify.operator_mail import write_status
from worker.service.watchdog import OutageMonitor
from worker.store.ports import Store
from worker.store.signs import rehearsing_to

SENDING: Final = "sending"


_log = structlog.get_logger("hoshobin")


class ServiceStatus:
    """The current state of the loops; ``troubles`` and ``looked`` by the loop's name."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._outages = OutageMonitor(store, clock)
        self.troubles: dict[str, HoshobinError] = {}
        self.looked: dict[str, dt.datetime] = {}
        self._heard: dict[str, float] = {}
        self._unsettled: dict[str, str] = {}

    def note_success(self, name: str, unsettled: Unavailable | None = None) -> None:
        """A pass of this loop ended well; ``unsettled`` is why messages in its mailbox could not be dealt with.

        That is said once for as long as it stays the same.
        """
        self.looked[name], self._heard[name] = self._clock.now(), self._clock.uptime()
        if self.troubles.pop(name, None):
            _log.info("recovered", loop=name)
        if unsettled is not None and self._unsettled.get(name) != str(unsettled):
            _log.warning("unsettled", loop=name, failure=str(unsettled))
        self._unsettled[name] = str(unsettled or "")

    def check_outages(
        self, names: Iterable[str], active_config: ActiveConfig, *, is_store_outage_told: bool = False
    ) -> bool:
        """Returns whether a look that does not succeed any more raised an alarm just now."""
        limit = active_config.configuration.settings.deaf_after
        try:
            is_raised = self._outages.check(names, limit, self._heard, is_store_outage_told=is_store_outage_told)
        except (Unavailable, LogBroken) as failure:
            _log.error("unrecorded", loop="hearing", detail=str(failure))
            return False
        if is_raised:
            _log.error("deaf", loops={name: since.isoformat() for name, since in self._outages.deaf.items()})
        return is_raised

    def write(self, active_config: ActiveConfig) -> str:
        """One line for ``systemctl status``; without counts if the store cannot be asked."""
        counts: Mapping[State, int] = {}
        is_rehearsing = False
        troubles = dict(self.troubles)
        try:
            counts = self._store.count_by_state()
            setting = active_config.configuration.settings.release.rehearsal_to
            is_rehearsing = rehearsing_to(self._store, setting) is not None
        except (Unavailable, LogBroken) as failure:
            troubles["store"] = failure
        looked = {name: at for name, at in self.looked.items() if name != SENDING}
        return write_status(troubles, looked, counts, rehearsing=is_rehearsing, deaf=self._outages.deaf)
