"""Decides when a person gets the next mail: one in a quarter of an hour, but for what leaves, expires or is in doubt.

A mail that is put off waits and comes with the next one, on any subject.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from worker.core.alarms import MAIL_PAUSE, cause_kind
from worker.core.clock import is_over
from worker.core.model import JST, Address, Alarm, Submission
from worker.core.states import AlarmCause, State
from worker.track.overdue import PRESSED

_PRESSING: Final = frozenset(
    {*(AlarmCause.LEAVING, AlarmCause.DEADLINE, AlarmCause.IN_DOUBT), *(AlarmCause.CAME_BACK, AlarmCause.LATE_ANSWER)}
)
"""Causes that are about leaving, expiring or doubt."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alarm that waits to be told, and the people who were not told of it yet."""

    alarm: int
    to: tuple[Address, ...]
    is_pressing: bool


def is_pressing(alarm: Alarm, submissions: Iterable[Submission], now: dt.datetime) -> bool:
    """Returns whether ``alarm`` is about what leaves, expires or is in doubt before a mail put off now would go."""
    return cause_kind(alarm) in _PRESSING or any(_is_pressing(each, now + MAIL_PAUSE) for each in submissions)


def _is_pressing(submission: Submission, until: dt.datetime) -> bool:
    deadline, due_at = submission.follow_ups.duties.deadline, submission.approval.due_at
    if submission.state is State.APPROVED and due_at is not None and due_at <= until:
        return True
    expires = submission.state in PRESSED and deadline is not None and deadline <= until.astimezone(JST).date()
    return expires or submission.state is State.IN_DOUBT


def plan_mails(
    waiting: Iterable[Waiting], mailed: Mapping[Address, dt.datetime], now: dt.datetime
) -> tuple[tuple[tuple[Address, ...], tuple[int, ...]], ...]:
    """Returns the mails of now: the people of each, and the ids of the alarms that it tells of.

    ``mailed`` is when each person got the last mail. A mail tells its people of everything that waits for them.
    """
    pending: dict[Address, list[Waiting]] = {}
    for each in waiting:
        for person in each.to:
            pending.setdefault(person, []).append(each)
    mails: dict[tuple[int, ...], list[Address]] = {}
    for person, of_one in pending.items():
        told_at = mailed.get(person)
        if told_at is None or is_over(told_at, told_at + MAIL_PAUSE, now) or any(each.is_pressing for each in of_one):
            mails.setdefault(tuple(each.alarm for each in of_one), []).append(person)
    return tuple((tuple(people), alarms) for alarms, people in mails.items())


def still_counting(mailed: Mapping[Address, dt.datetime], now: dt.datetime) -> dict[Address, dt.datetime]:
    """Returns those moments of ``mailed`` that put off another mail."""
    return {person: at for person, at in mailed.items() if not is_over(at, at + MAIL_PAUSE, now)}
