"""Decides which alarm is the same one again, and what tells two alarms of one cause apart.

Its one promise: the same thing is told once within an hour, however often it is noticed and whatever restarts; what a
person or a server did in between makes it another. It does not know how an alarm is sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from worker.core.model import Alarm, Submission
from worker.core.params import spell
from worker.core.states import AlarmCause

AGAIN: Final = dt.timedelta(hours=1)
"""How long the same alarm is not raised again: a thing that comes and goes by the minute would fill the mailbox."""

SMTP_DOWN_AFTER: Final = dt.timedelta(minutes=15)
"""How long the mail server may be away before a person is told in another way: it restarts, and lines break."""


QUICK_TELLINGS: Final = 4
"""Mails about strangers' doings that may follow one another by ``QUICK_PAUSE``, the first at once."""

QUICK_PAUSE: Final = dt.timedelta(minutes=15)
"""Between the first of them: a clerk who is at the desk still acts on the second."""

SLOW_PAUSE: Final = dt.timedelta(hours=1)
"""Between the later ones: who floods the mailbox does not flood the people, and a robot that answers gets 24 a day."""

CALM: Final = 2 * SLOW_PAUSE
"""How long after the last of them the next one goes at once again."""


def next_report_time(told: Sequence[dt.datetime], now: dt.datetime) -> dt.datetime:
    """When strangers' doings may be told again, after mails about nothing else at these moments, the newest last.

    One from the future counts as none: the clock was set back.
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
    """Whether ``alarm`` is about strangers' doings alone, which may wait a while; what may expire or leave never is."""
    if cause_kind(alarm) == AlarmCause.BEGAN_TO_WAIT:
        return bool(alarm.submissions) and all(submissions[number].is_doubtful for number in alarm.submissions)
    return cause_kind(alarm) in {AlarmCause.UNPROVEN_NEWCOMER, AlarmCause.PUT_OFF}


def was_just_raised(told: Alarm | None, now: dt.datetime) -> bool:
    """Whether ``told``, the newest that is the same, was raised so short a time ago that it is not raised again.

    One from the future is none: the clock was set back, and silence for as long as that would be deaf.
    """
    return told is not None and told.created_at <= now < told.created_at + AGAIN


def alarm_fingerprint(submission: Submission) -> str:
    """What its reasons, decisions and tries are: while they stay, an alarm about it is the same one again."""
    reasons = " ".join(f"{hold.reason.value}({spell(hold.params)})" for hold in submission.reasons)
    counts = f"{len(submission.answers)}.{submission.tries}.{submission.rehearsals}.{submission.not_sent}"
    return f"{counts} {reasons}".rstrip()


def cause_about(cause: AlarmCause, *about: object) -> str:
    """``cause`` with what it is about: alarms about different things are different ones."""
    return ":".join(map(str, (cause, *about)))


def cause_kind(alarm: Alarm) -> str:
    """The cause of ``alarm`` without what it is about."""
    return alarm.cause.partition(":")[0]


def deadline_cause(submission: Submission) -> str:
    """The cause of the alarm about its deadline: once for each deadline that it ever had."""
    return cause_about(AlarmCause.DEADLINE, submission.id, submission.duties.deadline)
