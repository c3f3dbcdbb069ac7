"""Decides since when a mailbox or folder is no longer watched: no look at it has succeeded for too long.

Promise: it is told however the looks fail, by errors, by hanging or by not being made; and a computer that slept, or
was off, is given the time for a look first. It does not know why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

from worker.core.model import Alarm, Look

SLEPT: Final = dt.timedelta(minutes=2)
"""Between two checks, which are made every few seconds: the computer slept, or its clock was set."""


def deaf_since(
    look: Look | None, begun: dt.datetime, awake: dt.datetime | None, now: dt.datetime, limit: dt.timedelta
) -> dt.datetime | None:
    """Since when, where that is at least ``limit`` ago; None where it is heard.

    ``begun`` is when the program began to watch, ``awake`` when the computer last woke. Failures count across
    restarts, so that a program that is restarted again and again is deaf all the same.
    """
    since = begun
    if look is not None and look.error and look.failing_since is not None:
        since = look.failing_since
    elif look is not None and look.last_ok is not None and begun < look.last_ok <= now:
        since = look.last_ok
    if awake is not None:
        since = max(since, awake)
    return since if now - since >= limit else None


def unwatched_since(look: Look, now: dt.datetime, limit: dt.timedelta) -> dt.datetime | None:
    """The same for whoever asks from outside, where the program may not be running at all."""
    since = look.failing_since if look.error and look.failing_since else look.last_ok
    return since if since is not None and now - since >= limit else None


def unwatched(looks: Iterable[Look], now: dt.datetime, limit: dt.timedelta) -> Iterator[tuple[str, dt.datetime]]:
    """Name and moment of each mailbox and folder that is not watched; of a folder only its failures are recorded."""
    for look in looks:
        is_told = look.name.startswith("mail:") or (look.name == "folder" and look.error)
        since = unwatched_since(look, now, limit) if is_told else None
        if since is not None:
            yield look.name, since


def is_told(told: Alarm | None, look: Look | None) -> bool:
    """Whether the newest alarm about it is about this silence: no look has succeeded after it."""
    if told is None:
        return False
    return look is None or look.last_ok is None or told.created_at > look.last_ok
