"""Says that the last backup is too old, or that none was ever made: as a task, above the work, in 稼働状況."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from worker.core.clock import elapsed
from worker.core.messages import Language, say
from worker.core.model import JST
from worker.store.backups import BACKED_UP, NEVER_AFTER, TOO_OLD, read_set_mark


class BackupLack(StrEnum):
    """The reason why there is no recent backup."""

    OLD = "old"
    AHEAD = "ahead"
    """The last one is dated in the future: it was made before the clock was set back, and its age is not known."""
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class NoRecentBackup:
    """The lack of a recent backup."""

    lack: BackupLack
    at: dt.datetime
    """When the last one was made; if none ever was, when the log began."""
    days: int
    """Days since then; 0 if that is in the future."""


class Backups(Protocol):
    """What the store knows of its backups."""

    def property(self, name: str) -> str | None:
        """The store's value of this name, None if it was never set."""

    def begun(self) -> dt.datetime | None:
        """The time of the first entry of the log, None without one."""


def find_no_recent_backup(store: Backups, now: dt.datetime) -> NoRecentBackup | None:
    """Returns what is wrong with the age of the last backup; None if it is recent, or if the store is new."""
    made = read_set_mark(store.property(BACKED_UP))
    if made is not None:
        if elapsed(made.at, now) <= TOO_OLD:
            return None
        lack = BackupLack.AHEAD if made.at > now else BackupLack.OLD
        return NoRecentBackup(lack, made.at, max((now - made.at).days, 0))
    begun = store.begun()
    if begun is None or elapsed(begun, now) <= NEVER_AFTER:
        return None
    return NoRecentBackup(BackupLack.NEVER, begun, max((now - begun).days, 0))


def say_old_backup(store: Backups, now: dt.datetime, lang: Language) -> str:
    """Returns that there is no recent backup, as a sentence; empty if there is one, or if the store is new."""
    found = find_no_recent_backup(store, now)
    return say(f"backup_{found.lack}", lang, days=found.days, at=_day(found.at, lang)) if found is not None else ""


def say_backup_task(found: NoRecentBackup, lang: Language) -> str:
    """Returns the same as a task, without a full stop."""
    return say(f"backup_task_{found.lack}", lang, days=found.days, at=_day(found.at, lang))


def _day(moment: dt.datetime, lang: Language) -> str:
    here = moment.astimezone(JST)
    return f"{here:%-m/%-d %-H:%M}" if lang == "ja" else f"{here:%Y-%m-%d %H:%M}"
