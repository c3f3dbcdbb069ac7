"""What the pipeline needs of the world, as Protocols. Adapters implement them; fakes in the tests do too.

What children, servers and other programs do is async (PdfReader, Signatures, MailServer, OperatorCommand, the look of
Files); the rest is plain. Every method may raise ``Unavailable`` (the world is at fault) and no foreign exception.

Longer than other files, so that what an adapter owes is seen in one place; it holds no code.
"""

from __future__ import annotations

import datetime as dt
from typing import Protocol


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> dt.datetime:
        """This moment by the machine's clock, zone-aware, in JST. The clock may be set at any time, also back."""
        ...

    def uptime(self) -> float:
        """Seconds since the machine started: the measure of a wait, as nobody can set it."""
        ...


# --- Coming in -------------------------------------------------------------------------------------------------


# --- Going out -------------------------------------------------------------------------------------------------


# --- What lasts ------------------------------------------------------------------------------------------------
