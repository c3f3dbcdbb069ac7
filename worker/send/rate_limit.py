"""Decides how fast mails go: the cap per minute, the pause that a server asks for, the hours of sending.

Within any minute no more mails begin than the cap allows, and none before the pause ends that the server asked for, up
to ASKED_LIMIT. Both hold over a restart, because they are read from the log.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import deque
from collections.abc import Iterable
from typing import Final

from worker.core.business_hours import OfficeHours
from worker.core.clock import is_over
from worker.core.model import Entry, Submission
from worker.core.states import Event, State
from worker.send.ports import Mail

ASKED_LIMIT: Final = dt.timedelta(hours=4)
"""The longest pause that a server may ask for: a longer one is not greylisting, and a deadline may pass."""

MINUTE: Final = dt.timedelta(minutes=1)

LOOKED_BACK: Final = 20_000
"""Entries before the last one that are searched for a pause: in four hours a backlog of some thousand notices."""

REMEMBERED: Final = 6_000
"""Starts of mails that are kept: no cap is higher."""

_CLOSING: Final = "421"

_SCANNED: Final = 1_000
"""Characters of an answer that are searched: a reply has at most a few lines."""
_UNIT: Final = r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b"
_CLOCK: Final = r"([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
_LEAD: Final = r"(?:(?:again|back|retry|greylisted|graylisted|wait)\b(?: later)?(?: (?:in|after|for|at least))*[ :=]*)"
_IN_UNITS: Final = re.compile(
    rf"{_LEAD}([0-9]{{1,6}}) ?{_UNIT}(?:(?:,| and)? ?([0-9]{{1,4}}) ?{_UNIT})?", re.IGNORECASE
)
_BY_CLOCK: Final = re.compile(rf"{_LEAD}{_CLOCK}", re.IGNORECASE)
_ANSWER: Final = re.compile(r"(?<![0-9.:])4[0-9]{2} ")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


def asked_delay(answer: str) -> dt.timedelta | None:
    """Returns the pause that a 4xx ``answer`` asks for, at most ASKED_LIMIT; None if it names no time.

    ``try again in 5 minutes``, ``come back in 00:04:59``, ``Greylisted for 300 seconds``, ``retry after 60s``.
    """
    if not answer.startswith("4"):
        return None
    text = " ".join(answer[:_SCANNED].split())
    if clock := _BY_CLOCK.search(text):
        hours, minutes, seconds = map(int, clock.groups())
        asked = hours * 3600 + minutes * 60 + seconds
    elif units := _IN_UNITS.search(text):
        asked = int(units[1]) * _SECONDS[units[2][0].lower()]
        asked += int(units[3]) * _SECONDS[units[4][0].lower()] if units[3] else 0
    else:
        return None
    return min(dt.timedelta(seconds=asked), ASKED_LIMIT)


def asked_by_failure(detail: str) -> dt.timedelta | None:
    """Returns ``asked_delay`` of the answer inside an adapter's description of a failure."""
    found = _ANSWER.search(detail)
    return asked_delay(detail[found.start() :]) if found else None


def is_about_all(step: str, answer: str) -> bool:
    """Returns whether an answer concerns all our mail: one to MAIL, or the end of the connection (421)."""
    return step == Mail.__name__ or answer.startswith(_CLOSING)


class RateLimiter:
    """The time of the next mail, from the mails that began and the pause that the server asked for."""

    def __init__(self) -> None:
        self._begun: deque[dt.datetime] = deque(maxlen=REMEMBERED)
        self._pause: tuple[dt.datetime, dt.datetime] | None = None

    def begin(self, now: dt.datetime) -> None:
        """Records that a mail begins ``now``."""
        self._begun.append(now)

    def hear(self, answer: str, now: dt.datetime) -> None:
        """Records the pause that ``answer`` asks for, if it names a time."""
        if asked := asked_delay(answer):
            self._pause = now, now + asked

    def recall(self, entries: Iterable[Entry]) -> None:
        """Restores the state before a restart from ``entries`` in their order."""
        for entry in entries:
            answer = str(entry.detail.get("answer", ""))
            if entry.event == Event.SEND_STARTED:
                self.begin(entry.at)
            elif entry.event == Event.NOT_NOW and is_about_all(str(entry.detail.get("step", "")), answer):
                self.hear(answer, entry.at)

    def recall_failure(self, detail: str, at: dt.datetime) -> None:
        """Restores a pause from the last failure to reach the server."""
        asked = asked_by_failure(detail)
        if asked and (self._pause is None or self._pause[1] < at + asked):
            self._pause = at, at + asked

    def is_paused(self, now: dt.datetime) -> bool:
        """Returns whether the pause that the server asked for lasts; setting the clock back ends it."""
        return self._pause is not None and not is_over(*self._pause, now)

    def next_slot(self, per_minute: int, now: dt.datetime) -> dt.datetime:
        """Returns the time from which the next mail may begin by the cap; ``now`` if at once. 0 is no cap."""
        if not per_minute:
            return now
        while self._begun and not now - MINUTE < self._begun[0] <= now:
            self._begun.popleft()
        if len(self._begun) < per_minute:
            return now
        return self._begun[-per_minute] + MINUTE


def is_due(submission: Submission, now: dt.datetime) -> bool:
    """Returns whether an APPROVED submission's time has come.

    A wait that was recorded later than now is over, because the clock was set back since; the day of a contract is a
    calendar day and is waited for.
    """
    if submission.approval.due_at is None or not has_opened(submission, now):
        return False
    return is_over(submission.updated_at or now, submission.approval.due_at, now)


def has_opened(submission: Submission, now: dt.datetime) -> bool:
    """Returns whether it is APPROVED, and the day of its contract has come if it waits for one."""
    opening = submission.follow_ups.duties.opening
    return submission.state is State.APPROVED and (opening is None or opening <= now)


def may_leave(submission: Submission, hours: OfficeHours, now: dt.datetime) -> bool:
    """Returns whether mail of this kind may leave at this hour: a rehearsal is internal and may leave at any."""
    return submission.is_rehearsal or hours.is_open(now)


def leaves_at(submission: Submission, hours: OfficeHours, now: dt.datetime) -> dt.datetime | None:
    """Returns the expected time of sending of an APPROVED submission; None in any other state."""
    if submission.state is not State.APPROVED or submission.approval.due_at is None:
        return None
    moment = max(submission.approval.due_at, now)
    return moment if submission.is_rehearsal else hours.next_opening(moment)
