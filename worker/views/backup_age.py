"""Says that the last backup is too old, above the work and on the page of health."""

from __future__ import annotations

import datetime as dt
from typing import Final

from worker.core.clock import elapsed
from worker.core.messages import Language, say
from worker.core.model import JST
from worker.store.backups import BACKED_UP, read_set_mark
from worker.store.ports import Reading
from worker.views.limits import LIMITS

TOO_OLD: Final = dt.timedelta(seconds=next(each.value for each in LIMITS if each.name == "HoshobinBackupOld"))
"""The age of a backup from which people are told, the same as for monitoring."""


def say_old_backup(reading: Reading, now: dt.datetime, lang: Language) -> str:
    """Returns how old the last backup is; empty if it is recent, or if none was ever made here.

    The age of one from before the clock was set back is not known; it counts as too old.
    """
    made = read_set_mark(reading.property(BACKED_UP))
    if made is None or elapsed(made.at, now) <= TOO_OLD:
        return ""
    here = made.at.astimezone(JST)
    at = f"{here:%-m/%-d %-H:%M}" if lang == "ja" else f"{here:%Y-%m-%d %H:%M}"
    if made.at > now:
        return say("backup_ahead", lang, at=at)
    return say("backup_old", lang, days=(now - made.at).days, at=at)
