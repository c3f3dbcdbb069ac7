"""The values that keys of ``worker.toml`` have if they are left out, and the words that stand for a value."""

from __future__ import annotations

import datetime as dt
from typing import Final

NOTICES: Final = "inbox/notices"
INVOICES: Final = "inbox/invoices"
POLL_SECONDS: Final = 60
STUCK_HOURS: Final = 4
HOLD_MINUTES: Final = 10
MAX_BYTES: Final = 10_000_000
DEAF_MINUTES: Final = 15
LOOKS_MISSED: Final = 2  # one look may fail, or take long, if the pause between looks is long

SELF: Final = "self"
"""In place of the address of rehearsals: the contractor's own."""

SEPARATE: Final = "separate"
"""In place of an invoice's table: it is handed in another way (別途)."""


def longest_silence(deaf_minutes: int | None, poll_seconds: int) -> dt.timedelta:
    """Returns the time without a look that succeeded; by default at least two pauses between looks."""
    if deaf_minutes is not None:
        return dt.timedelta(minutes=deaf_minutes)
    return dt.timedelta(seconds=max(DEAF_MINUTES * 60, LOOKS_MISSED * poll_seconds))
