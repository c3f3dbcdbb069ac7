"""Decides since when a mailbox or folder is no longer watched: no look at it has succeeded for too long.

Promise: it is told however the looks fail, by errors, by hanging or by not being made; and a computer that slept, or
was off, is given the time for a look first. It does not know why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from worker.core.model import HealthRecord

SLEPT: Final = dt.timedelta(minutes=2)
"""Between two checks, which are made every few seconds: the computer slept."""


RECORDED_EVERY: Final = dt.timedelta(minutes=5)
"""Of a folder a success is recorded only so often: an idle pass writes nothing."""


class Unheard:
    """For how long no look at one thing has succeeded, in seconds of a clock that nobody can set.

    The recorded moments are of the machine's clock, which may be set: it only counts that they changed, and how long
    ago within the time since the last check. Failures count across restarts, so that a program that is restarted again
    and again is deaf all the same.
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
        """The computer slept until now: it is given the time for a look first."""
        self.since = max(self.since, seconds)


def unwatched_since(look: HealthRecord, now: dt.datetime, limit: dt.timedelta) -> dt.datetime | None:
    """The same for whoever asks from outside, where the program may not be running at all."""
    since = look.failing_since if look.error and look.failing_since else look.last_ok
    return since if since is not None and now - since >= limit else None


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
