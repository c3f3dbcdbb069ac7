"""Decides whether the service runs; if it does not, since when and why.

A reason that was not recorded is said to be unknown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from worker.core.errors import ConfigError, LogBroken, Unavailable
from worker.core.model import HealthRecord
from worker.send.ports import Holder

ASKED: Final = "asked"
"""A person, or systemd, asked it to end."""
ONCE: Final = "once"
"""``run --once`` did its one pass."""
NEVER: Final = "never"
"""It never ran here."""
UNKNOWN: Final = "unknown"
"""It ended without a word: it was killed, or the computer went off."""
CONFIGURATION: Final = "configuration"
RESTORE: Final = "restore"
MIGRATE: Final = "migrate"
"""``restore`` put a backup back if no end of a run was recorded."""


@dataclass(frozen=True, slots=True)
class Absence:
    """That no person watches and sends."""

    why: str
    """One of the codes above, ``unavailable``, ``log_broken``, ``fault``, or a ``$SERVICE_RESULT`` of systemd."""
    since: dt.datetime | None = None
    """When it ended; for an unknown end, when it was last known to run."""
    detail: str = ""

    @property
    def is_meant(self) -> bool:
        """True if the absence is not a fault: it was never started, or runs pass by pass."""
        return self.why in {NEVER, ONCE}


def find_absence(holder: Holder | None, looks: Iterable[HealthRecord]) -> Absence | None:
    """None if the sender's lock is held. ``looks`` show when it was last at work, if it did not say its end."""
    if holder is None:
        return Absence(NEVER)
    if holder.is_held:
        return None
    if holder.ended is not None:
        return Absence(holder.why or UNKNOWN, holder.ended, holder.detail)
    seen = [moment for each in looks for moment in (each.last_ok, each.last_error) if moment is not None]
    seen += [holder.since] if holder.since is not None else []
    return Absence(UNKNOWN, max(seen, default=None))


def explain_end(error: BaseException) -> tuple[str, str]:
    """The code and the detail of an end by ``error``."""
    match error:
        case ConfigError():
            return CONFIGURATION, ", ".join(dict.fromkeys(each.file for each in error.problems))
        case Unavailable():
            return "unavailable", f"{error.what}: {error.detail}"
        case LogBroken():
            return "log_broken", error.detail
        case KeyboardInterrupt():
            return ASKED, ""
        case _:
            return "fault", type(error).__name__
