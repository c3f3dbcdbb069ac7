"""The clock, as a Protocol. The service binds the system's clock; tests bind a fake one."""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> dt.datetime:
        """This moment by the machine's clock, zone-aware, in JST. The clock may be set at any time, also back."""
        ...

    def uptime(self) -> float:
        """Returns the seconds since the machine started: the measure of a wait, because it cannot be set."""
        ...


# --- What lasts ------------------------------------------------------------------------------------------------
