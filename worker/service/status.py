"""The check that every mailbox and the folder are still watched, made beside their loops.

Its one promise: a silence is told once, also across restarts, and again after it was over. It does not look itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

import structlog

from worker.approve.redraft import InForce
from worker.core.alarms import cause_about
from worker.core.clock import Clock
from worker.core.errors import HoshobinError, LogBroken, Unavailable
from worker.core.model import JST, Look
from worker.core.states import AlarmCause
from worker.notify.operator_mail import write_status
from worker.service.unwatched import SLEPT, deaf_since, is_told
from worker.store.ports import Store


class Hearing:
    """What is deaf now, by name, with the moment since when."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._begun = self._checked_at = clock.now()
        self._awake: dt.datetime | None = None
        self.deaf: Mapping[str, dt.datetime] = {}

    def check(self, names: Iterable[str], limit: dt.timedelta, heard: Mapping[str, dt.datetime]) -> bool:
        """Find what is deaf; whether that raised an alarm. ``heard`` are looks that the store need not know of.

        Raises Unavailable, LogBroken.
        """
        now = self._clock.now()
        if not self._checked_at <= now < self._checked_at + SLEPT:
            self._awake = now
        self._checked_at = now
        looks = {name: self._store.look(name) for name in names}
        found = {
            name: since
            for name, look in looks.items()
            if (since := deaf_since(_with(look, heard.get(name)), self._begun, self._awake, now, limit)) is not None
        }
        self.deaf = found
        untold = [n for n in found if not is_told(self._store.last_alarm(cause_about(AlarmCause.DEAF, n)), looks[n])]
        if untold:
            with self._store.writing() as writing:
                for name in untold:
                    look = looks[name]
                    moment = f"{found[name].astimezone(JST):%Y-%m-%d %H:%M}"
                    detail = f"{moment} {look.error if look else ''}".strip()
                    writing.raise_alarm(cause_about(AlarmCause.DEAF, name), [], detail)
        return bool(untold)


def _with(look: Look | None, heard: dt.datetime | None) -> Look | None:
    """``look`` with a success that was not recorded: of a folder they are every few minutes only."""
    if look is None or look.error or heard is None:
        return look
    return Look(look.name, last_ok=max(heard, look.last_ok or heard))


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
