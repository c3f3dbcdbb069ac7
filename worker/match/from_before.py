"""Decides whether what came in is from before the product watched for it: a person may have submitted it by hand.

Its one promise: a mail or a file that was there before somebody could rely on the product is named as such, with its
day. It knows no store; the moments are given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from worker.core.model import JST, NO_DATE

FIRST_START: Final = "first_start"
"""Name of the store's value: the moment of the first start, ISO 8601."""

SAVED_EARLY: Final = dt.timedelta(hours=1)
"""How long before the first start a file may have been saved: who sets the product up saves a notice to see it work."""

AHEAD: Final = dt.timedelta(hours=1)
"""How far a mail server's clock may be ahead of ours: it is as much as it may be behind."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A mailbox as the configuration names it, and since when it does so."""

    user: str
    folder: str
    since: str
    """ISO 8601, or empty."""
    begun_at: dt.datetime
    """When this mailbox, this user or this folder was first in force."""
    since_at: dt.datetime
    """When this ``since`` was first in force."""


def renew_watched(
    former: Mapping[str, Watched] | None,
    configured: Mapping[str, tuple[str, str, str]],
    looked_at: frozenset[str],
    first_start: dt.datetime,
    now: dt.datetime,
) -> dict[str, Watched]:
    """What is watched from ``now`` on; ``configured`` gives user, folder and ``since`` of each mailbox.

    ``former`` is None where nothing was recorded yet: then the mailboxes begin with the first start. Those in
    ``looked_at`` are an older program's, and their ``since`` counts from now on, as what an upgrade brings in is not
    known. A mailbox that is taken out and put back begins again: meanwhile people did its work.
    """
    watched: dict[str, Watched] = {}
    for name, (user, folder, since) in configured.items():
        if former is None:
            begun = Watched(user, folder, since, first_start, now if name in looked_at else first_start)
        elif (known := former.get(name)) is None or (known.user, known.folder) != (user, folder):
            begun = Watched(user, folder, since, now, now)
        else:
            begun = known if known.since == since else replace(known, since=since, since_at=now)
        watched[name] = begun
    return watched


def mail_from_before(
    came_at: dt.datetime, first_start: dt.datetime | None, watched: Watched | None, now: dt.datetime, *, is_new: bool
) -> str:
    """The detail of FROM_BEFORE for a mail with this internal date; empty where it is none.

    ``is_new``: the server numbered it after those that were looked at, so that no changed ``since`` brought it in. An
    internal date holds whole seconds: one within the second of the start is not before it. A date to come is no date of
    arrival; where no number says that the mail is new, it may be of any age.
    """
    if came_at == NO_DATE:
        return "" if is_new else "undated"
    if came_at > now + AHEAD and not is_new:
        return f"future: {_day(came_at)}"
    if first_start is None or came_at < first_start.replace(microsecond=0):
        return f"mail: {_day(came_at)}"
    if watched is None:
        return ""
    changed_at = watched.begun_at if is_new else max(watched.begun_at, watched.since_at)
    return f"since: {_day(came_at)}" if came_at < changed_at.replace(microsecond=0) else ""


def file_from_before(saved_at: dt.datetime, first_start: dt.datetime | None, first_read: dt.datetime) -> str:
    """The detail of FROM_BEFORE for a file of this modification time; empty where it is none.

    ``first_read`` is when its folder was first read; the first folder of all is read from ``first_start`` on.
    """
    if first_start is None or saved_at < first_start - SAVED_EARLY:
        return f"file: {_day(saved_at)}"
    return f"folder: {_day(saved_at)}" if first_read > first_start and saved_at < first_read else ""


def _day(moment: dt.datetime) -> str:
    return moment.astimezone(JST).date().isoformat()
