"""The settings by which a draft leaves: by a person, after a delay, or at once; and rehearsals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.core.model import Address


class Mode(StrEnum):
    """The release of a draft: by a person, after a delay, or at once."""

    APPROVE = "approve"
    HOLD = "hold"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Release:
    """The settings by which a draft becomes approved; ``rehearsal_to`` set means that nothing goes to an issuer."""

    mode: Mode
    hold_minutes: int
    rehearsal_to: Address | None
    is_announced: bool = False
    """True if a mail announces each draft that mode ``hold`` releases: the minutes begin with that mail."""
