"""A PDF that was brought, as a page shows it: its fields, its project, and its result."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from worker.core.clock import elapsed
from worker.core.model import Entry

LATE: Final = dt.timedelta(minutes=2)
"""Time after which a file that is not handled says that the service may not run: it looks once a minute."""


class UploadStage(StrEnum):
    """The stages of a file that was brought."""

    SOON = "soon"
    LATE = "late"
    TAKEN = "taken"
    UNFILED = "unfiled"
    FILED = "filed"


@dataclass(frozen=True, slots=True)
class UploadLine:
    """One file."""

    entry: Entry
    stage: UploadStage
    submission: int | None
    project: str
    """The name of its project; empty if none is known."""
    issuer: str

    @property
    def is_awaited(self) -> bool:
        """Returns whether the service has still to act."""
        return self.stage in {UploadStage.SOON, UploadStage.LATE}


def stage_of(
    entry: Entry, submission: int | None, now: dt.datetime, *, is_notice: bool, is_unfiled: bool
) -> UploadStage:
    """Returns the stage at ``now``."""
    if is_unfiled:
        return UploadStage.UNFILED
    if not is_notice:
        return UploadStage.FILED
    if submission is not None:
        return UploadStage.TAKEN
    return UploadStage.LATE if elapsed(entry.at, now) >= LATE else UploadStage.SOON
