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


class SecondPerson(StrEnum):
    """The drafts that two people release: one confirms, another approves."""

    NEVER = "never"
    NEW = "new"
    """Drafts with a recipient, a rule or a project that is new or differs, or that changed after an approval."""
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Release:
    """The settings by which a draft becomes approved; ``rehearsal_to`` set means that nothing goes to an issuer."""

    mode: Mode
    hold_minutes: int
    rehearsal_to: Address | None
    is_announced: bool = False
    """True if a mail announces each draft that mode ``hold`` releases: the minutes begin with that mail."""
    grace_seconds: int = 0
    """A draft that a person approved leaves no sooner, so that it can be stopped."""
    second_person: SecondPerson = SecondPerson.NEVER
    second_person_amount: int | None = None
    """Invoice amount in yen from which two people release its draft, also if ``second_person`` is ``never``."""
