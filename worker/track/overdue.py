"""Decides by the time alone: which issuer or announcement was silent too long, which mail is stuck.

Only open hours count, and recorded news ends the silence. Nothing is sent here.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from worker.core.alarms import cause_about
from worker.core.business_hours import OfficeHours
from worker.core.model import JST, ReceiptKind, Submission
from worker.core.open_until import is_news_awaited
from worker.core.states import AlarmCause, HoldKind, State, kind_of

if TYPE_CHECKING:
    from worker.config.outline import OutlinedSettings
    from worker.config.settings import Settings

NEWS: Final = frozenset({ReceiptKind.DELAYED, ReceiptKind.RELAYED, ReceiptKind.DELIVERED, ReceiptKind.REPLY})
"""Events from which a silence is counted, else from the sending; an automatic reply is no news of the issuer."""

WARN_AHEAD: Final = dt.timedelta(hours=4)
"""Open hours before the last closing within the deadline at which a person is alarmed.

The last safe try is an hour before the closing, so that a person can still call and carry it there; three more hours
are left to the person who reads the alarm after a meeting or a visit to a site.
"""

PRESSED: Final = frozenset({State.ANNOUNCED, State.HELD, State.APPROVED, State.HANDED_OVER})
"""The states in which a deadline presses: nothing has left, or no one has confirmed that it was handed in."""


def overdue_from(submission: Submission, settings: Settings) -> dt.datetime | None:
    """Returns the time at which its silence is too long.

    None if no news is expected, or if its state is not a silent one.
    """
    if submission.delivery.sent_at is None or not is_news_awaited(submission):
        return None
    heard = max([submission.delivery.sent_at, *(each.at for each in submission.delivery.receipts if each.kind in NEWS)])
    return settings.hours.after(heard, dt.timedelta(hours=settings.overdue_hours))


def is_stuck(submission: Submission, settings: Settings | OutlinedSettings, now: dt.datetime) -> bool:
    """Returns whether it should have left ``stuck_hours`` ago.

    It is deferred again and again, or no server is reached.
    """
    since = stuck_since(submission)
    if since is None or submission.is_rehearsal:
        return False
    return settings.hours.open_time(since, now) >= dt.timedelta(hours=settings.stuck_hours)


def stuck_since(submission: Submission) -> dt.datetime | None:
    """Returns the time of its first failed try, or the time at which it was due.

    None if it does not wait to be sent.
    """
    if submission.state is not State.APPROVED:
        return None
    return submission.delivery.first_date if submission.delivery.deferrals else submission.approval.due_at


def warn_from(submission: Submission, hours: OfficeHours) -> dt.datetime | None:
    """Returns the time from which a person must know that its deadline is near; None if none presses.

    A submission that came in after its deadline has no safe try left to warn of; the list of tasks shows it.
    """
    deadline = submission.follow_ups.duties.deadline
    if deadline is None or submission.state not in PRESSED or submission.is_rehearsal:
        return None
    if submission.created_at is not None and submission.created_at.astimezone(JST).date() > deadline:
        return None
    staffed = hours.or_usual()
    return staffed.before(staffed.last_closing(deadline), WARN_AHEAD)


ANSWER_WITHIN: Final = dt.timedelta(hours=2)
"""Open hours that a request for an approval waits before it goes to the others.

A meeting is over by then, and of a morning's request the same day is left.
"""


def unanswered_from(submission: Submission, hours: OfficeHours) -> dt.datetime | None:
    """Returns the time from which a request for its approval has waited too long; None if none waits for an answer.

    That is after two open hours, or sooner as its deadline comes near. A submission that a person must correct first
    waits for no approval.
    """
    requested = submission.approval.requested
    if requested is None or not submission.approval.asker_of(submission.composed.draft_hash):
        return None
    if submission.state is not State.HELD or any(
        kind_of(hold.reason) is not HoldKind.ANSWER for hold in submission.reasons
    ):
        return None
    staffed = hours.or_usual()
    moment, deadline = staffed.after(requested.at, ANSWER_WITHIN), submission.follow_ups.duties.deadline
    if deadline is not None:
        moment = min(moment, staffed.before(staffed.last_closing(deadline), WARN_AHEAD))
    return max(moment, requested.at)


def request_cause(submission: Submission) -> str:
    """The cause of the alarm about its request: once for each."""
    requested = submission.approval.requested
    return cause_about(AlarmCause.REQUEST_WAITS, submission.id, requested.at.isoformat() if requested else "")


REMINDERS_LIMIT: Final = 5
"""Reminders of one announcement: a working week of days. The list of tasks goes on naming it."""


def count_reminders(opened: dt.datetime, period: int, hours: OfficeHours, now: dt.datetime) -> int:
    """Returns the number of reminders due by now: one per ``period`` of open hours, at most REMINDERS_LIMIT."""
    return min(REMINDERS_LIMIT, hours.open_time(opened, now) // dt.timedelta(hours=period))


def next_reminder(opened: dt.datetime, period: int, hours: OfficeHours, now: dt.datetime) -> dt.datetime | None:
    """Returns the time of the next reminder; None after the last."""
    count = count_reminders(opened, period, hours, now)
    return hours.after(opened, (count + 1) * dt.timedelta(hours=period)) if count < REMINDERS_LIMIT else None


def reminder_cause(number: int, count: int) -> str:
    """The cause of the ``count``-th reminder of this submission."""
    return cause_about(AlarmCause.ANNOUNCED, number, count)
