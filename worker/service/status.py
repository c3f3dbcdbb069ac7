"""The check that every mailbox and the folder are still watched, made beside their loops.

Its one promise: a silence is told once, also across restarts, and again after it was over. It does not look itself.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import structlog

from worker.approve.reevaluate import ActiveConfig
from worker.core.alarms import cause_about
from worker.core.clock import Clock
from worker.core.errors import HoshobinError, LogBroken, Unavailable
from worker.core.model import JST, HealthRecord
from worker.core.states import AlarmCause, State
from worker.notify.operator_mail import write_status
from worker.service.unwatched import SLEPT, Unheard
from worker.store.ports import Store, Writing


class Hearing:
    """What is deaf now, by name, with the moment since when."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._begun = self._checked = clock.uptime()
        self._unheard: dict[str, Unheard] = {}
        self.deaf: Mapping[str, dt.datetime] = {}

    def check(self, names: Iterable[str], limit: dt.timedelta, heard: Mapping[str, float]) -> bool:
        """Find what is deaf; whether that raised an alarm.

        ``heard`` are the uptimes of looks that the store need not know of: of a folder one every few minutes is
        recorded. Raises Unavailable, LogBroken.
        """
        now, seconds = self._clock.now(), self._clock.uptime()
        has_slept = seconds - self._checked >= SLEPT.total_seconds()
        self._checked = seconds
        looks = {name: self._store.look(name) for name in names}
        found: dict[str, dt.datetime] = {}
        for name, look in looks.items():
            unheard = self._unheard.setdefault(name, Unheard(self._begun))
            unheard.note(look, heard.get(name), now, seconds)
            if has_slept:
                unheard.wake(seconds)
            silent = dt.timedelta(seconds=seconds - unheard.since)
            if silent >= limit:
                found[name] = now - silent
        self.deaf = found
        untold = [name for name in found if not _is_told(looks[name])]
        if untold:
            with self._store.writing() as writing:
                for name in untold:
                    self._tell(writing, looks[name] or HealthRecord(name), found[name])
        return bool(untold)

    @staticmethod
    def _tell(writing: Writing, look: HealthRecord, since: dt.datetime) -> None:
        detail = f"{since.astimezone(JST):%Y-%m-%d %H:%M} {look.error}".strip()
        writing.raise_alarm(cause_about(AlarmCause.DEAF, look.name), [], detail)
        writing.record_look(dataclasses.replace(look, told=(*look.told, AlarmCause.DEAF.value)))


def _is_told(look: HealthRecord | None) -> bool:
    """Whether people know that it is not watched: by that alarm, or by the one about its refused account."""
    return look is not None and not {AlarmCause.DEAF.value, AlarmCause.ACCOUNT_REFUSED.value}.isdisjoint(look.told)


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

    def check_hearing(self, names: Iterable[str], active_config: ActiveConfig) -> bool:
        """Whether a look that does not succeed any more raised an alarm just now."""
        limit = active_config.configuration.settings.deaf_after
        try:
            is_raised = self._hearing.check(names, limit, self._heard)
        except (Unavailable, LogBroken) as failure:
            _log.error("unrecorded", loop="hearing", detail=str(failure))
            return False
        if is_raised:
            _log.error("deaf", loops={name: since.isoformat() for name, since in self._hearing.deaf.items()})
        return is_raised

    def write(self, active_config: ActiveConfig) -> str:
        """One line for ``systemctl status``; without counts where the store cannot be asked."""
        counts: Mapping[State, int] = {}
        troubles = dict(self.troubles)
        try:
            counts = self._store.count_by_state()
        except (Unavailable, LogBroken) as failure:
            troubles["store"] = failure
        looked = {name: at for name, at in self.looked.items() if name != SENDING}
        is_rehearsing = active_config.configuration.settings.release.rehearsal_to is not None
        return write_status(troubles, looked, counts, rehearsing=is_rehearsing, deaf=self._hearing.deaf)
