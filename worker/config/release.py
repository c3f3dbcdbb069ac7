"""The settings by which a draft leaves: by a person, after a delay, or at once; and rehearsals."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from worker.core.model import Address

REHEARSAL: Final = "rehearsal"
"""The store's property of the last decision: ``on`` and the address, or ``off`` and the setting at that time."""


def rehearsal_in_force(setting: Address | None, decided: str | None) -> Address | None:
    """Returns the address to which all mail goes; None if it goes to the issuers.

    ``setting`` is ``rehearsal_to``. An address that is new since a person ended the rehearsal begins it again; a
    removed one ends nothing. Without a decision the setting alone counts.
    """
    if decided is None:
        return setting
    word, _, former = decided.partition(" ")
    if word == "on":
        return setting or Address(former)
    return setting if setting is not None and setting != former else None


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
    """Amount of an invoice in yen from which two people release its draft, whatever ``second_person`` says."""
