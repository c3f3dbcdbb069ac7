"""Queries about open submissions and about registered projects; their cost does not grow with closed submissions."""

from __future__ import annotations

import datetime as dt
import heapq
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from worker.audit.chain import encodable
from worker.core.model import Product, Submission
from worker.core.open_until import SILENT
from worker.core.states import State
from worker.store.ports import Guarantee
from worker.store.sqlite import compiled
from worker.store.sqlite.rows import decode

BLOCK: Final = 500
"""Rows fetched at once: no cursor stays open between two blocks, and 500 rows are at most a few MB."""
_FIRST: Final = -(2**63)
"""Before every id."""


class OverviewReads(ABC):
    """``ports.Overview``, and the walks over submissions, through the ``_rows`` of a subclass."""

    @abstractmethod
    def _rows(self, statement: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of one statement. Raises Unavailable, LogBroken."""

    # --- Submissions, one after the other -------------------------------------------------------------------

    def submissions(self, *states: State) -> tuple[Submission, ...]:
        return tuple(self.walk_submissions(*states))

    def walk_submissions(self, *states: State) -> Iterator[Submission]:
        if not states:
            return self._walk(compiled.SUBMISSIONS_AFTER, {})
        return self._merge(compiled.SUBMISSIONS_OF_STATE_AFTER, states)

    def walk_backwards(self) -> Iterator[Submission]:
        before = 2**63 - 1
        while rows := self._rows(compiled.SUBMISSIONS_BEFORE, {"before": before, "limit": BLOCK}):
            yield from (decode(Submission, row[1]) for row in rows)
            before = rows[-1][0]

    def walk_awaiting_news(self) -> Iterator[Submission]:
        return self._merge(compiled.AWAITING_NEWS, SILENT)

    def walk_open(self, today: dt.date) -> Iterator[Submission]:
        return self._walk_ids(self._open_ids(today))

    def walk_recent(self, today: dt.date, since: dt.datetime) -> Iterator[Submission]:
        open_ones = self._open_ids(today)
        # Moments are kept with the offset that they were written with: the day before holds every one of them.
        earliest = (since - dt.timedelta(days=1)).date().isoformat()
        changed = {row[0] for row in self._rows(compiled.CHANGED_SINCE, {"since": earliest})}
        for each in self._walk_ids(open_ones | changed):
            if each.id in open_ones or (each.updated_at is not None and each.updated_at >= since):
                yield each

    def _open_ids(self, today: dt.date) -> set[int]:
        return {row[0] for row in self._rows(compiled.OPEN, {"today": today.isoformat()})}

    def _walk_ids(self, ids: Iterable[int]) -> Iterator[Submission]:
        wanted = sorted(ids)
        for start in range(0, len(wanted), BLOCK):
            rows = self._rows(compiled.OF_IDS, {"ids": json.dumps(wanted[start : start + BLOCK])})
            yield from (decode(Submission, row[0]) for row in rows)

    def _walk(self, block: str, values: Mapping[str, Any]) -> Iterator[Submission]:
        after = _FIRST
        while rows := self._rows(block, {**values, "after": after, "limit": BLOCK}):
            yield from (decode(Submission, row[1]) for row in rows)
            after = rows[-1][0]

    def _merge(self, block: str, states: Iterable[State]) -> Iterator[Submission]:
        # The rows of one state come from an index in order of id; SQLite would sort those of several.
        of_states = (self._walk(block, {"state": state.value}) for state in states)
        last = _FIRST
        for each in heapq.merge(*of_states, key=lambda submission: submission.id):
            if each.id > last:  # one that changed its state meanwhile comes again in another walk
                yield each
                last = each.id

    # --- What stands with them ------------------------------------------------------------------------------

    def corrections(self, numbers: Iterable[int]) -> Mapping[int, int]:
        found: dict[int, int] = {}
        for corrected, correction in self._rows(compiled.CORRECTIONS, {"ids": json.dumps(list(numbers))}):
            found[corrected] = max(correction, found.get(corrected, correction))
        return found

    def unannounced(self, guarantor: str, count: int) -> tuple[Submission, ...]:
        rows = self._rows(compiled.UNANNOUNCED, {"guarantor": encodable(guarantor), "limit": count})
        return tuple(decode(Submission, row[0]) for row in rows)[::-1]

    def count_by_state(self) -> Mapping[State, int]:
        return {State(row[0]): row[1] for row in self._rows(compiled.COUNT_BY_STATE)}

    # --- Guarantees of registered projects ------------------------------------------------------------------

    def newest(self, guarantees: Sequence[Guarantee]) -> Mapping[Guarantee, Submission]:
        return self._of_guarantees(compiled.NEWEST, guarantees)

    def newest_standing(self, guarantees: Sequence[Guarantee]) -> Mapping[Guarantee, Submission]:
        return self._of_guarantees(compiled.NEWEST_STANDING, guarantees)

    def having_standing(self, guarantees: Sequence[Guarantee]) -> frozenset[Guarantee]:
        rows = self._rows(compiled.NEWEST_STANDING, {"pairs": _pairs(guarantees)})
        return frozenset(guarantees[place] for place, found in rows if found is not None)

    def numbers_standing(self, guarantees: Sequence[Guarantee]) -> Mapping[Guarantee, frozenset[str | None]]:
        found: dict[Guarantee, set[str | None]] = {}
        for place, number in self._rows(compiled.NUMBERS_STANDING, {"pairs": _pairs(guarantees)}):
            found.setdefault(guarantees[place], set()).add(number)
        return {guarantee: frozenset(numbers) for guarantee, numbers in found.items()}

    def of_other_projects(self, match_keys: Iterable[str], projects: Iterable[str]) -> tuple[Submission, ...]:
        numbers = json.dumps(list(map(encodable, match_keys)))
        rows = self._rows(
            compiled.OF_OTHER_PROJECTS, {"numbers": numbers, "projects": json.dumps(list(map(encodable, projects)))}
        )
        found = {each.id: each for each in (decode(Submission, row[0]) for row in rows)}
        return tuple(found[number] for number in sorted(found))

    def _of_guarantees(self, statement: str, guarantees: Sequence[Guarantee]) -> dict[Guarantee, Submission]:
        places = {number: guarantees[place] for place, number in self._rows(statement, {"pairs": _pairs(guarantees)})}
        return {places[each.id]: each for each in self._walk_ids(number for number in places if number is not None)}


def _pairs(guarantees: Iterable[tuple[str, Product]]) -> str:
    return json.dumps([[encodable(project), product.value] for project, product in guarantees])
