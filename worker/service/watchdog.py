"""Detects that a mailbox or folder is no longer watched: no scan of it has succeeded for too long.

The looks may fail by errors, hang, or not be made at all. A computer that slept, or was off, is given the time for a
look first. So is a store that can be written again after an outage that was told: no look could succeed meanwhile.
One alarm is raised for each outage, also across restarts.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from worker.core.alarms import cause_about
from worker.core.clock import Clock, elapsed
from worker.core.model import JST, HealthRecord
from worker.core.states import AlarmCause
from worker.store.ports import Store, Writing

SLEPT: Final = dt.timedelta(minutes=2)
"""Between two checks, which are made every few seconds: the computer slept."""


RECORDED_EVERY: Final = dt.timedelta(minutes=5)
"""Of a folder a success is recorded only so often: an idle pass writes nothing."""


class TimeSinceLook:
    """The time without a successful scan of one place, in seconds of a clock that cannot be set.

    The recorded moments are of the machine's clock, which may be set: it only counts that they changed, and how long
    ago within the time since the last check. Failures count across restarts, so that a program that is restarted again
    and again also counts as deaf.
    """

    def __init__(self, begun: float) -> None:
        self.since = begun
        self._checked: float | None = None
        self._known: tuple[dt.datetime | None, bool] = (None, False)

    def note(self, look: HealthRecord | None, heard: float | None, now: dt.datetime, seconds: float) -> None:
        """Take account of ``look`` and of a success that was not recorded; ``seconds`` is now, ``heard`` a moment."""
        last_ok, is_failing = (look.last_ok, bool(look.error)) if look is not None else (None, False)
        age_limit = seconds - self.since if self._checked is None else seconds - self._checked
        if self._checked is None and is_failing and look is not None and look.failing_since is not None:
            self.since = min(self.since, seconds - max((now - look.failing_since).total_seconds(), 0))
        elif self._checked is not None and (last_ok, is_failing) != self._known:
            changed = look.failing_since if look is not None and is_failing else last_ok
            age = (now - changed).total_seconds() if changed is not None else 0.0
            self.since = seconds - min(max(age, 0.0), age_limit)
        if heard is not None and not is_failing:
            self.since = max(self.since, heard)
        self._checked, self._known = seconds, (last_ok, is_failing)

    def wake(self, seconds: float) -> None:
        """No look could be made until now: the time for one is given first."""
        self.since = max(self.since, seconds)


def unwatched_since(look: HealthRecord, now: dt.datetime, limit: dt.timedelta) -> dt.datetime | None:
    """The same for a caller outside, if the program may not be running at all."""
    since = look.failing_since if look.error and look.failing_since else look.last_ok
    return since if since is not None and elapsed(since, now) >= limit else None


def unwatched(
    looks: Iterable[HealthRecord], now: dt.datetime, limit: dt.timedelta
) -> Iterator[tuple[str, dt.datetime]]:
    """Name and moment of each mailbox and folder that is not watched."""
    for look in looks:
        is_told = look.name.startswith("mail:") or look.name == "folder"
        rarely = RECORDED_EVERY if look.name == "folder" and not look.error else dt.timedelta()
        since = unwatched_since(look, now, limit + rarely) if is_told else None
        if since is not None:
            yield look.name, since


class OutageMonitor:
    """Detects outages; ``deaf`` has the present ones by name, each with its begin."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._begun = self._checked = clock.uptime()
        self._unheard: dict[str, TimeSinceLook] = {}
        self._is_to_wake = False
        """No look could be made, and no check could take account of it yet."""
        self.deaf: Mapping[str, dt.datetime] = {}

    def check(
        self,
        names: Iterable[str],
        limit: dt.timedelta,
        heard: Mapping[str, float],
        *,
        is_store_outage_told: bool = False,
    ) -> bool:
        """Find what is deaf; whether that raised an alarm.

        ``heard`` are the uptimes of looks that the store need not know of: of a folder one every few minutes is
        recorded. While people know that the store cannot be written, nothing else is told. Raises Unavailable,
        LogBroken.
        """
        now, seconds = self._clock.now(), self._clock.uptime()
        has_slept = seconds - self._checked >= SLEPT.total_seconds()
        self._checked = seconds
        self._is_to_wake = self._is_to_wake or has_slept or is_store_outage_told
        if is_store_outage_told:
            return False
        looks = {name: self._store.health_of(name) for name in names}
        found: dict[str, dt.datetime] = {}
        for name, look in looks.items():
            unheard = self._unheard.setdefault(name, TimeSinceLook(self._begun))
            unheard.note(look, heard.get(name), now, seconds)
            if self._is_to_wake:
                unheard.wake(seconds)
            silent = dt.timedelta(seconds=seconds - unheard.since)
            if silent >= limit:
                found[name] = now - silent
        self._is_to_wake = False
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
        writing.record_health(dataclasses.replace(look, told=(*look.told, AlarmCause.DEAF.value)))


def _is_told(look: HealthRecord | None) -> bool:
    """Returns whether people know that it is not watched: by that alarm, or by the one about its refused account."""
    return look is not None and not {AlarmCause.DEAF.value, AlarmCause.ACCOUNT_REFUSED.value}.isdisjoint(look.told)
