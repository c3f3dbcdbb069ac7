"""What a pass over everything due came to: how many left, how many began to wait, what stopped it, when it goes on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import Enum, auto

from worker.core.errors import Unavailable


@dataclass(slots=True)
class SendingPass:
    """What one pass over everything due did."""

    sent: int = 0
    began_to_wait: int = 0
    failure: Unavailable | None = None
    goes_on_at: dt.datetime | None = None
    """When the cap lets the next one begin; None where nothing waits for it."""

    def count(self, outcome: Outcome) -> None:
        """Add what was recorded of one attempt."""
        self.sent += outcome is Outcome.SENT
        self.began_to_wait += outcome is Outcome.WAITS


class Outcome(Enum):
    """What a recorded attempt adds to the counts of its pass."""

    SENT = auto()
    WAITS = auto()
    GOES_AGAIN = auto()
    NEWS = auto()
