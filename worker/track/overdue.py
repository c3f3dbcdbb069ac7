"""Decides what silence and time mean: who was not heard of for too long, what is stuck, whose deadline is near.

Its one promise: only open hours count, and what is recorded as news ends the silence. It knows no clock and no server,
and sends nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from worker.config.settings import Settings
from worker.core.business_hours import OfficeHours
from worker.core.model import JST, ReceiptKind, Submission
from worker.core.open_until import is_news_awaited
from worker.core.states import State

NEWS: Final = frozenset({ReceiptKind.DELAYED, ReceiptKind.RELAYED, ReceiptKind.DELIVERED, ReceiptKind.REPLY})
"""What a silence is counted from, else from the sending; what a machine says by itself is no news of the issuer."""

WARN_AHEAD: Final = dt.timedelta(hours=4)
"""Open hours before the last closing within the deadline at which a person is alarmed.

The last safe try is an hour before the closing, so that a person can still call and carry it there; three more hours
are left to whoever reads the alarm after a meeting or a visit to a site.
"""

PRESSED: Final = frozenset({State.ANNOUNCED, State.HELD, State.APPROVED, State.HANDED_OVER})
"""The states in which a deadline presses: nothing of it has left, or nobody has said that it was handed in."""


def overdue_from(submission: Submission, settings: Settings) -> dt.datetime | None:
    """From when its silence is too long; None where no news is wanted, or where it is not in a silent state."""
    if submission.sent_at is None or not is_news_awaited(submission):
        return None
    heard = max([submission.sent_at, *(each.at for each in submission.receipts if each.kind in NEWS)])
    return settings.hours.after(heard, dt.timedelta(hours=settings.overdue_hours))


def is_stuck(submission: Submission, settings: Settings, now: dt.datetime) -> bool:
    """Whether it should have left ``stuck_hours`` ago: it is put off again and again, or no server is reached."""
    since = stuck_since(submission)
    if since is None or submission.is_rehearsal:
        return False
    return settings.hours.open_time(since, now) >= dt.timedelta(hours=settings.stuck_hours)


def stuck_since(submission: Submission) -> dt.datetime | None:
    """When it was first tried in vain, or should have been tried; None where it does not wait to be sent."""
    if submission.state is not State.APPROVED:
        return None
    return submission.first_date if submission.deferrals else submission.due_at


def warn_from(submission: Submission, hours: OfficeHours) -> dt.datetime | None:
    """From when a person must know that its deadline is near; None where none presses.

    One that came in after its deadline has no safe try left to warn of; it stands among the tasks.
    """
    deadline = submission.duties.deadline
    if deadline is None or submission.state not in PRESSED or submission.is_rehearsal:
        return None
    if submission.created_at is not None and submission.created_at.astimezone(JST).date() > deadline:
        return None
    staffed = hours.or_usual()
    return staffed.before(staffed.last_closing(deadline), WARN_AHEAD)
