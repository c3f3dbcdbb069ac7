"""The reasons of a hold that a person confirms one by one before an approval."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from worker.core.messages import name_hold
from worker.core.model import Hold, Submission, sha256
from worker.core.states import HoldKind, Reason, kind_of

_BY_THE_APPROVAL: Final = frozenset({Reason.APPROVAL, Reason.SECOND_PERSON})
"""Reasons that the approval itself answers: a tick would say the same again."""


def reasons_to_check(submission: Submission) -> tuple[Hold, ...]:
    """Returns the open reasons that an approval answers and that a person confirms, in their order."""
    return tuple(
        hold
        for hold in submission.reasons
        if kind_of(hold.reason) is HoldKind.ANSWER and hold.reason not in _BY_THE_APPROVAL
    )


def mark_of_hold(hold: Hold) -> str:
    """Returns the name of ``hold`` in a form: it stays the same while its sentence does."""
    return f"{hold.reason.value}-{sha256(name_hold(hold, 'ja').encode())[:12]}"


def unchecked(submission: Submission, checked: Collection[str]) -> tuple[tuple[int, Hold], ...]:
    """Returns each reason whose mark is not in ``checked``, with its place among them from 0."""
    return tuple(
        (at, hold) for at, hold in enumerate(reasons_to_check(submission)) if mark_of_hold(hold) not in checked
    )
