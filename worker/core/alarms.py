"""Decides when two alarms are the same.

The same alarm is sent once within an hour, however often its cause is noticed and across restarts. An action by a
person or a server in between makes it a different alarm.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from worker.core.model import Alarm, Submission
from worker.core.params import spell
from worker.core.states import AlarmCause, Reason, State

AGAIN: Final = dt.timedelta(hours=1)
"""The same alarm is not raised again within this time: a fault that comes and goes would fill the mailbox."""

SMTP_DOWN_AFTER: Final = dt.timedelta(minutes=15)
"""A mail server that is away longer is reported in another way; shorter gaps are restarts and broken lines."""


QUICK_TELLINGS: Final = 4
"""Mails about strangers' doings that may follow one another by ``QUICK_PAUSE``, the first at once."""

QUICK_PAUSE: Final = dt.timedelta(minutes=15)
"""Between the first of them: a clerk who is at the desk still acts on the second."""

SLOW_PAUSE: Final = dt.timedelta(hours=1)
"""Between the later ones: who floods the mailbox does not flood the people, and a robot that answers gets 24 a day."""

CALM: Final = 2 * SLOW_PAUSE
"""After this time without one, the next is sent immediately again."""


MAIL_PAUSE: Final = dt.timedelta(minutes=15)
"""Between two mails to one person: who is at the desk still acts in time, and a busy morning is no flood."""


def next_report_time(told: Sequence[dt.datetime], now: dt.datetime) -> dt.datetime:
    """Returns when strangers' actions may be reported again, after mails only about them at these times, newest last.

    A time in the future is ignored: the clock was set back.
    """
    run: list[dt.datetime] = []
    for moment in reversed([each for each in told if each <= now]):
        if (run[-1] if run else now) - moment >= CALM:
            break
        run.append(moment)
    if not run:
        return now
    return run[0] + (QUICK_PAUSE if len(run) < QUICK_TELLINGS else SLOW_PAUSE)


def is_about_strangers(alarm: Alarm, submissions: Mapping[int, Submission]) -> bool:
    """Returns whether ``alarm`` may wait: it is only about strangers' actions, and nothing may expire or leave."""
    if cause_kind(alarm) == AlarmCause.BEGAN_TO_WAIT:
        return bool(alarm.submissions) and all(submissions[number].is_doubtful for number in alarm.submissions)
    return cause_kind(alarm) in {AlarmCause.UNPROVEN_NEWCOMER, AlarmCause.PUT_OFF}


def was_just_raised(told: Alarm | None, now: dt.datetime) -> bool:
    """Returns whether ``told``, the newest of the same alarm, is too recent to raise it again.

    A time in the future is ignored: the clock was set back, and waiting for that time would suppress alarms.
    """
    return told is not None and told.created_at <= now < told.created_at + AGAIN


def alarm_fingerprint(submission: Submission) -> str:
    """Returns its reasons, decisions and tries: as long as they are equal, an alarm about it is the same one."""
    reasons = " ".join(f"{hold.reason.value}({spell(hold.params)})" for hold in submission.reasons)
    delivery = submission.delivery
    counts = f"{len(submission.answers)}.{delivery.tries}.{delivery.rehearsals}.{delivery.not_sent}"
    return f"{counts} {reasons}".rstrip()


def turn_of(submission: Submission) -> str:
    """Returns the moment at which the turn of another person began, the detail of ``AlarmCause.TURN``; empty if none.

    A request stands until it is answered or the draft changes, a return until the draft is approved.
    """
    if submission.state is not State.HELD:
        return ""
    approval = submission.approval
    if approval.requested is not None and approval.asker_of(submission.composed.draft_hash):
        return approval.requested.at.isoformat()
    is_returned = any(hold.reason is Reason.RETURNED for hold in submission.reasons)
    return approval.returned.at.isoformat() if is_returned and approval.returned is not None else ""


def cause_about(cause: AlarmCause, *about: object) -> str:
    """``cause`` with what it is about: alarms about different things are different ones."""
    return ":".join(map(str, (cause, *about)))


def cause_kind(alarm: Alarm) -> str:
    """The cause of ``alarm`` without what it is about."""
    return alarm.cause.partition(":")[0]


def deadline_cause(submission: Submission) -> str:
    """The cause of the alarm about its deadline: once for each deadline that it ever had."""
    return cause_about(AlarmCause.DEADLINE, submission.id, submission.follow_ups.duties.deadline)
