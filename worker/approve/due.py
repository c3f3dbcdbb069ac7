"""When a released mail may leave, as far as its duties and its release say it: no draft and no rule is needed."""

from __future__ import annotations

import datetime as dt
from typing import Final

from worker.core.model import JST, FollowUps, Submission
from worker.core.states import State

BY_HOLD: Final = "hold "
"""The beginning of a release by mode ``hold``; the minutes follow."""


def is_by_hold(submission: Submission) -> bool:
    """Returns True where no person approved it, and its minutes to be stopped run or are to begin."""
    return submission.state is State.APPROVED and submission.release.startswith(BY_HOLD)


def opening_of(duties: FollowUps) -> dt.datetime | None:
    """Returns the first moment at which the mail may leave, though it was approved earlier; None where none is set."""
    return dt.datetime.combine(duties.not_before, dt.time(), JST) if duties.not_before else None
