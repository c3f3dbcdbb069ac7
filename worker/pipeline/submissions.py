"""What a change of register or rule alters of a submission whose state it does not alter: its moment, its steps.

Its one promise: an entry only where something changed, and nobody is left with steps of yesterday unsaid. It does not
know what is judged, nor when.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from worker.compose.manual_submission import renew_steps
from worker.core.model import Submission
from worker.send.outcomes import HELD_ALARM
from worker.store.ports import Author, Writing

RESCHEDULED: Final = "Rescheduled"
STEPS_RENEWED: Final = "StepsRenewed"


def note_moment(writing: Writing, before: Submission, after: Submission, author: Author) -> None:
    """What was approved for a day of the contract goes on the day that the register gives now."""
    if after.due_at is not None and after.due_at != before.due_at:
        changes = {"due_at": after.due_at, "duties": after.duties}
        writing.note(RESCHEDULED, before.id, author, {"due_at": after.due_at.isoformat()}, changes)


def note_steps(writing: Writing, before: Submission, fresh: Submission, author: Author) -> int:
    """What a person is to hand in has the steps of today; 1 where the operator is told, 0 where nothing changed."""
    renewed = renew_steps(before, fresh)
    names = [field.name for field in dataclasses.fields(Submission)]
    changes = {name: getattr(renewed, name) for name in names if getattr(renewed, name) != getattr(before, name)}
    if not changes:
        return 0
    detail = {"superseded_by": renewed.superseded_by} if "superseded_by" in changes else {}
    writing.note(STEPS_RENEWED, before.id, author, detail, changes)
    if set(changes) == {"superseded_by"} and renewed.superseded_by is None:
        return 0  # the later notice was taken back: all is as it was
    writing.raise_alarm(HELD_ALARM, [before.id])
    return 1
