"""The check that every mailbox and the folder are still watched, made beside their loops.

Its one promise: a silence is told once, also across restarts, and again after it was over. It does not look itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from worker.core.clock import Clock
from worker.core.model import JST, Look
from worker.service.unwatched import DEAF_ALARM, SLEPT, deaf_since, is_told
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
        untold = [n for n in found if not is_told(self._store.last_alarm(f"{DEAF_ALARM}:{n}"), looks[n])]
        if untold:
            with self._store.writing() as writing:
                for name in untold:
                    look = looks[name]
                    moment = f"{found[name].astimezone(JST):%Y-%m-%d %H:%M}"
                    detail = f"{moment} {look.error if look else ''}".strip()
                    writing.raise_alarm(f"{DEAF_ALARM}:{name}", [], detail)
        return bool(untold)


def _with(look: Look | None, heard: dt.datetime | None) -> Look | None:
    """``look`` with a success that was not recorded: of a folder they are every few minutes only."""
    if look is None or look.error or heard is None:
        return look
    return Look(look.name, last_ok=max(heard, look.last_ok or heard))
