"""How long a submission is open: until which day a person or the service still has to do with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from worker.core.model import JST, Closing, Delivery, FollowUpRecord, FollowUps, Submission
from worker.core.states import State

NO_END: Final = dt.date.max
"""Open until something is recorded."""

SILENT: Final = frozenset({State.SENT, State.DELAYED, State.RELAYED})
"""A mail server took it, and nothing says that the issuer's has it."""

_UNFINISHED: Final = frozenset({State.ANNOUNCED, State.HELD, State.APPROVED, State.SENDING, State.IN_DOUBT})
_UNTIL_CORRECTED: Final = frozenset({State.REFUSED, State.BOUNCED, State.HANDED_OVER})


def open_until(submission: Submission, *, is_corrected: bool) -> dt.date | None:
    """The last day on which it is open; None where it is closed.

    ``is_corrected`` says that a correction of it exists that was not withdrawn. News that nobody has read keeps every
    submission open.
    """
    state = submission.state
    if submission.delivery.unread or state in _UNFINISHED or is_news_awaited(submission):
        return NO_END
    if is_corrected or state is State.WITHDRAWN:
        return None
    if state in _UNTIL_CORRECTED or any(
        each not in submission.follow_ups.done for each in submission.follow_ups.duties.after
    ):
        return NO_END
    if state is State.CONFIRMED:
        return None
    is_called = state is State.OVERDUE or submission.follow_ups.duties.call_after
    return NO_END if is_called else settles_on(submission) or NO_END


def open_days_of_row(row: Mapping[str, Any]) -> tuple[dt.date | None, dt.date | None]:
    """Returns ``open_until`` without and with a correction, of the JSON of a stored submission.

    A verification does not decode each submission whole.
    """
    duties = row.get("duties") or {}
    asked = ("after", "call_after", "closes", "settle_days")
    submission = Submission(
        0,
        State(row["state"]),
        delivery=Delivery(
            unread=row.get("unread") or (),
            sent_at=dt.datetime.fromisoformat(row["sent_at"]) if row.get("sent_at") else None,
        ),
        follow_ups=FollowUpRecord(
            duties=FollowUps(**{name: duties[name] for name in asked if name in duties}), done=row.get("done", ())
        ),
    )
    return open_until(submission, is_corrected=False), open_until(submission, is_corrected=True)


def is_news_awaited(submission: Submission) -> bool:
    """Whether its silence can become too long: it was sent, and its rule does not close by itself."""
    is_silent = submission.state in SILENT and submission.delivery.sent_at is not None
    return is_silent and submission.follow_ups.duties.closes != Closing.NONE


def settles_on(submission: Submission) -> dt.date | None:
    """The last day on which a bounce reopens what no answer closes; None where its rule wants an answer."""
    if submission.follow_ups.duties.closes != Closing.NONE or submission.delivery.sent_at is None:
        return None
    return submission.delivery.sent_at.astimezone(JST).date() + dt.timedelta(
        days=submission.follow_ups.duties.settle_days
    )
