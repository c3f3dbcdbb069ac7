"""The last day on which a person or the service still has to do with a submission: until then it is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from worker.core.model import JST, Closing, FollowUps, Submission
from worker.core.states import UNFINISHED, State

NO_END: Final = dt.date.max
"""Open until something is recorded."""

SILENT: Final = frozenset({State.SENT, State.DELAYED, State.RELAYED})
"""A mail server took it, and nothing says that the issuer's has it."""

_UNTIL_CORRECTED: Final = frozenset({State.REFUSED, State.BOUNCED, State.HANDED_OVER})
_DUTIES: Final = FollowUps()
"""The values of keys that a row does not have."""


class _Life(NamedTuple):
    """All that the last day depends on."""

    state: str
    has_news: bool
    """There is news that no one has read."""
    sent_at: dt.datetime | None
    closes: str
    settle_days: int
    call_after: bool
    has_steps: bool
    """A step after sending is not recorded as done."""


def open_until(submission: Submission, *, is_corrected: bool) -> dt.date | None:
    """The last day on which it is open; None if it is closed.

    ``is_corrected`` says that a correction of it exists that was not withdrawn. News that no one has read keeps every
    submission open.
    """
    duties = submission.follow_ups.duties
    life = _Life(
        submission.state,
        bool(submission.delivery.unread),
        submission.delivery.sent_at,
        duties.closes,
        duties.settle_days,
        duties.call_after,
        any(each not in submission.follow_ups.done for each in duties.after),
    )
    return _last_day(life, is_corrected=is_corrected)


def open_days_of_row(row: Mapping[str, Any]) -> tuple[dt.date | None, dt.date | None]:
    """Returns ``open_until`` without and with a correction, of the JSON of a stored submission.

    A verification does not decode each submission, nor make one.
    """
    duties = row.get("duties") or {}
    done = row.get("done", ())
    sent_at = row.get("sent_at")
    life = _Life(
        row["state"],
        bool(row.get("unread")),
        dt.datetime.fromisoformat(sent_at) if sent_at else None,
        duties.get("closes", _DUTIES.closes),
        duties.get("settle_days", _DUTIES.settle_days),
        duties.get("call_after", _DUTIES.call_after),
        any(each not in done for each in duties.get("after", _DUTIES.after)),
    )
    return _last_day(life, is_corrected=False), _last_day(life, is_corrected=True)


def _last_day(life: _Life, *, is_corrected: bool) -> dt.date | None:
    state = life.state
    if life.has_news or state in UNFINISHED or _is_silent(state, life.sent_at, life.closes):
        return NO_END
    if is_corrected or state == State.WITHDRAWN:
        return None
    if state in _UNTIL_CORRECTED or life.has_steps:
        return NO_END
    if state == State.CONFIRMED:
        return None
    is_called = state == State.OVERDUE or life.call_after
    return NO_END if is_called else _settled(life.sent_at, life.closes, life.settle_days) or NO_END


def is_news_awaited(submission: Submission) -> bool:
    """Returns whether its silence can become too long: it was sent, and its rule does not close by itself."""
    return _is_silent(submission.state, submission.delivery.sent_at, submission.follow_ups.duties.closes)


def settles_on(submission: Submission) -> dt.date | None:
    """The last day on which a bounce reopens what no answer closes; None if its rule wants an answer."""
    duties = submission.follow_ups.duties
    return _settled(submission.delivery.sent_at, duties.closes, duties.settle_days)


def _is_silent(state: str, sent_at: dt.datetime | None, closes: str) -> bool:
    return state in SILENT and sent_at is not None and closes != Closing.NONE


def _settled(sent_at: dt.datetime | None, closes: str, settle_days: int) -> dt.date | None:
    if closes != Closing.NONE or sent_at is None:
        return None
    return sent_at.astimezone(JST).date() + dt.timedelta(days=settle_days)
