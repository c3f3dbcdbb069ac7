"""Counts of the log for metrics, carried from one look to the next: each entry is read once.

The counts belong to the log. They stand in the store as a value of their own, so that a database that was put back has
the counts of its own log.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Final

from worker.audit.sent_log import PROGRAM
from worker.core.clock import AHEAD
from worker.core.model import Entry, HealthRecord, Hold
from worker.core.states import REFUSALS, AlarmCause, Event, NoteEvent, State

COUNTED: Final = "log_counts"
"""Name of the store's value with the counts."""
ATTEMPTS: Final = ("accepted", "refused", "not_now", "no_answer", "rehearsed", "account_refused")
"""The results of an attempt to send."""
NOTICES: Final = ("read", "refused")
"""The results of reading a notice."""
BUCKETS: Final = (300, 900, 3_600, 14_400, 86_400, 259_200, 604_800)
"""Upper limits in seconds, from notice to acceptance: five minutes to a week, as people are waited for."""
DAY: Final = dt.timedelta(days=1)
_HOUR: Final = 3_600

_RESULTS: Final = {
    Event.ACCEPTED: "accepted",
    Event.REFUSED: "refused",
    Event.NOT_NOW: "not_now",
    NoteEvent.NO_ANSWER: "no_answer",
    Event.REHEARSAL_ENDED: "rehearsed",
}


@dataclass(slots=True)
class LogCounts:
    """The counts up to one entry."""

    entry: int = 0
    """The number of the last entry that is counted."""
    attempts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ATTEMPTS, 0))
    notices: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NOTICES, 0))
    hours: dict[str, list[int]] = field(default_factory=dict)
    """By hour since 1970 the notices read and refused, of the last day."""
    buckets: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))
    """So many took at most as long as each limit."""
    accepted: int = 0
    seconds: float = 0.0
    """Number and sum of all times from notice to acceptance."""
    held: dict[str, str] = field(default_factory=dict)
    """Of each held submission when it began to be held, or a person last changed it: what the program changes by itself
    is no work on it."""
    refused_at: str = ""
    """The last failure at which the mail server refused the account; no entry is made of it."""

    def text(self) -> str:
        """Returns the store's value."""
        return json.dumps(asdict(self))

    def add(self, entry: Entry, read_at: Callable[[int], dt.datetime | None]) -> None:
        """Counts an entry; ``read_at`` returns when the notice of a submission was read."""
        self.entry = entry.number
        self._follow_held(entry)
        if result := _RESULTS.get(entry.event):  # type: ignore[call-overload]  # an event is a text
            self.attempts[result] += 1
        if entry.event == Event.NOTICE_READ:
            self._add_notice(entry)
        elif entry.event == Event.ACCEPTED and entry.submission is not None:
            since = read_at(entry.submission)
            if since is not None:
                self._add_time(max(0.0, (entry.at - since).total_seconds()))

    def _follow_held(self, entry: Entry) -> None:
        if entry.submission is None or not entry.set:
            return
        number, state = str(entry.submission), entry.set.get("state")
        if state is not None and state != State.HELD:
            self.held.pop(number, None)
        elif state is not None or (number in self.held and entry.by != PROGRAM):
            self.held[number] = entry.at.isoformat()

    def held_since(self, submission: int) -> dt.datetime | None:
        """Returns since when no person has worked on a held submission; None if the counts do not know it."""
        moment = self.held.get(str(submission))
        return dt.datetime.fromisoformat(moment) if moment else None

    def _add_notice(self, entry: Entry) -> None:
        is_refused = any(Hold.read(each).reason in REFUSALS for each in entry.set.get("reasons", ()))
        self.notices["refused" if is_refused else "read"] += 1
        hour = int(entry.at.timestamp()) // _HOUR
        self.hours.setdefault(str(hour), [0, 0])[is_refused] += 1
        # A later hour is from before the clock was set back: it would count again once the clock comes to it.
        self.hours = {name: counted for name, counted in self.hours.items() if hour - 25 < int(name) <= hour}

    def _add_time(self, seconds: float) -> None:
        self.accepted += 1
        self.seconds += seconds
        for place, limit in enumerate(BUCKETS):
            self.buckets[place] += seconds <= limit

    def add_refusal(self, look: HealthRecord | None) -> bool:
        """Counts the last failure of the mail server if it refused the account and is not counted yet."""
        if look is None or not look.error or look.last_error is None:
            return False
        moment = look.last_error.isoformat()
        if AlarmCause.ACCOUNT_REFUSED not in look.told or moment == self.refused_at:
            return False
        self.attempts["account_refused"] += 1
        self.refused_at = moment
        return True

    def last_refusal(self) -> dt.datetime | None:
        """Returns when the mail server last refused the account."""
        return dt.datetime.fromisoformat(self.refused_at) if self.refused_at else None

    def of_a_day(self, now: dt.datetime) -> tuple[int, int]:
        """Returns the notices read and refused in the last day, by whole hours."""
        since, until = (int(moment.timestamp()) // _HOUR for moment in (now - DAY, now + AHEAD))
        counted = [each for hour, each in self.hours.items() if since < int(hour) <= until]
        return sum(each[0] for each in counted), sum(each[1] for each in counted)


def read_counts(text: str | None, last: int) -> LogCounts:
    """Returns the counts of the store's value; empty ones if it has none, or more entries than the log (``last``)."""
    try:
        kept = json.loads(text or "")
        found = LogCounts(**kept)
        is_sound = "held" in kept  # an earlier program did not follow the held ones
        is_sound = is_sound and 0 <= found.entry <= last and len(found.buckets) == len(BUCKETS)
        is_sound = is_sound and set(found.attempts) == set(ATTEMPTS) and set(found.notices) == set(NOTICES)
    except (ValueError, TypeError):
        return LogCounts()
    return found if is_sound else LogCounts()
