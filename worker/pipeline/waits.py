"""The minutes in which a person can stop a mail of mode ``hold``, measured by how long the machine has run.

Its one promise: no setting of the clock, and no restart, shortens or lengthens them. It does not know who was told.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Final

from worker.core.clock import Clock
from worker.core.model import Submission
from worker.core.states import State
from worker.store.ports import Reading, Store, Writing

WAITS: Final = "hold_waits"
"""Name of the store's value: a JSON object, by submission its ``due_at``, the uptime at the begin, and the seconds."""


class HoldWaits:
    """Begins the waits, and says when they are over."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self, writing: Writing, number: int, due_at: dt.datetime, wait: dt.timedelta) -> None:
        """The wait of ``number``, which is to leave at ``due_at``, begins now; those that are of no use are dropped."""
        waits: dict[str, object] = {
            each: row for each, row in _recorded(writing).items() if writing.submission(int(each)).state in _WAITING
        }
        waits[str(number)] = [due_at.isoformat(), self._clock.uptime(), wait.total_seconds()]
        writing.set_property(WAITS, json.dumps(waits))

    def ended(self) -> tuple[int, ...]:
        """The submissions whose wait is over, whatever the clock says."""
        return tuple(
            int(number)
            for number, (_, begun, seconds) in _recorded(self._store).items()
            if self._has_passed(begun, seconds)
        )

    def is_over(self, submission: Submission) -> bool | None:
        """Whether the wait of ``submission`` is over; None where it has none. Raises Unavailable.

        An uptime below that of the begin is of a machine that was started again: how long it was off is not known by
        a clock that may be wrong after it, so the wait begins once more.
        """
        due_at, begun, seconds = _recorded(self._store).get(str(submission.id), ("", 0.0, 0.0))
        if submission.due_at is None or due_at != submission.due_at.isoformat():
            return None
        if self._clock.uptime() < begun:
            with self._store.writing() as writing:
                self.begin(writing, submission.id, submission.due_at, dt.timedelta(seconds=seconds))
            return False
        return self._has_passed(begun, seconds)

    def _has_passed(self, begun: float, seconds: float) -> bool:
        return self._clock.uptime() >= begun + seconds


_WAITING: Final = frozenset({State.APPROVED})


def _recorded(reading: Reading) -> dict[str, tuple[str, float, float]]:
    return {number: (row[0], row[1], row[2]) for number, row in json.loads(reading.property(WAITS) or "{}").items()}
