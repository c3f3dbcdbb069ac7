"""Queries about open submissions and about registered projects; their cost does not grow with closed submissions."""

from __future__ import annotations

import datetime as dt
import heapq
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from worker.audit.chain import encodable
from worker.core.model import Product, Submission
from worker.core.open_until import SILENT
from worker.core.states import State
from worker.store.ports import Guarantee
from worker.store.sqlite.ready import Ready
from worker.store.sqlite.rows import decode

BLOCK: Final = 500
"""Rows fetched at once: no cursor stays open between two blocks, and 500 rows are at most a few MB."""
_FIRST: Final = -(2**63)
"""Before every id."""

_OPEN: Final = Ready(sa.text("SELECT submission FROM open_submissions WHERE until >= :today"))
# The states are written as in the index, which is not used otherwise; the others are open.
_CHANGED: Final = Ready(
    sa.text(
        "SELECT id FROM submissions WHERE updated_at >= :since"
        " AND state NOT IN ('ANNOUNCED', 'HELD', 'APPROVED', 'SENDING', 'IN_DOUBT')"
    )
)
_OF_IDS: Final = Ready(
    sa.text(
        'SELECT submissions."row" FROM json_each(:ids) AS wanted'
        " CROSS JOIN submissions ON submissions.id = wanted.value"
    )
)
_ALL: Final = Ready(sa.text('SELECT id, "row" FROM submissions WHERE id > :after ORDER BY id LIMIT :count'))
_ALL_BACKWARDS: Final = Ready(
    sa.text('SELECT id, "row" FROM submissions WHERE id < :before ORDER BY id DESC LIMIT :count')
)
_OF_STATE: Final = Ready(
    sa.text('SELECT id, "row" FROM submissions WHERE state = :state AND id > :after ORDER BY id LIMIT :count')
)
# The conditions are written as in the index, which is not used otherwise.
_AWAITING_NEWS: Final = Ready(
    sa.text(
        'SELECT id, "row" FROM submissions INDEXED BY submissions_awaiting_news WHERE state = :state AND id > :after'
        " AND state IN ('SENT', 'DELAYED', 'RELAYED') AND sent_at IS NOT NULL"
        " AND json_extract(\"row\", '$.duties.closes') IS NOT 'none' ORDER BY id LIMIT :count"
    )
)
_CORRECTIONS: Final = Ready(
    sa.text(
        "SELECT submissions.corrects, submissions.id FROM json_each(:ids) AS wanted"
        " CROSS JOIN submissions ON submissions.corrects = wanted.value WHERE submissions.state != 'WITHDRAWN'"
    )
)
_UNANNOUNCED: Final = Ready(
    sa.text(
        'SELECT "row" FROM submissions WHERE guarantor = :guarantor AND pdf_sha256 IS NOT NULL'
        " AND json_extract(\"row\", '$.announced') IS NULL ORDER BY id DESC LIMIT :count"
    )
)
_IS_NOT_CORRECTED: Final = (
    "NOT EXISTS (SELECT 1 FROM submissions AS later"
    " WHERE later.corrects = submissions.id AND later.state != 'WITHDRAWN')"
)
_OF_PAIR: Final = (
    "submissions.project = json_extract(pair.value, '$[0]') AND submissions.product = json_extract(pair.value, '$[1]')"
)
_NEWEST: Final = Ready(
    sa.text(
        f"SELECT pair.key, (SELECT id FROM submissions WHERE {_OF_PAIR} ORDER BY id DESC LIMIT 1)"  # noqa: S608  ours
        " FROM json_each(:pairs) AS pair"
    )
)
_STANDING: Final = Ready(
    sa.text(
        f"SELECT pair.key, (SELECT id FROM submissions WHERE {_OF_PAIR} AND state != 'WITHDRAWN'"  # noqa: S608  ours
        f" AND {_IS_NOT_CORRECTED} ORDER BY id DESC LIMIT 1) FROM json_each(:pairs) AS pair"
    )
)
_NUMBERS: Final = Ready(
    sa.text(
        "SELECT pair.key, submissions.contract_number FROM json_each(:pairs) AS pair CROSS JOIN submissions"  # noqa: S608  ours
        f" INDEXED BY submissions_standing ON {_OF_PAIR}"
        f" WHERE submissions.project IS NOT NULL AND submissions.state != 'WITHDRAWN' AND {_IS_NOT_CORRECTED}"
    )
)
_IS_ELSEWHERE: Final = (
    "submissions.project IS NOT NULL AND submissions.project NOT IN (SELECT value FROM json_each(:projects))"
)
_ELSEWHERE: Final = Ready(
    sa.text(
        'SELECT submissions."row" FROM json_each(:numbers) AS wanted'  # noqa: S608  ours
        f" CROSS JOIN submissions ON submissions.contract_number = wanted.value WHERE {_IS_ELSEWHERE}"
        ' UNION ALL SELECT submissions."row" FROM json_each(:numbers) AS wanted'
        " CROSS JOIN spelled_numbers ON spelled_numbers.match_key = wanted.value"
        f" CROSS JOIN submissions ON submissions.id = spelled_numbers.submission WHERE {_IS_ELSEWHERE}"
    )
)
_COUNTS: Final = Ready(sa.text("SELECT state, count FROM submission_counts WHERE count > 0"))


class OverviewReads(ABC):
    """``ports.Overview``, over whatever ``_rows`` reads from."""

    @abstractmethod
    def _rows(self, statement: Ready | sa.Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """All rows of one statement. Raises Unavailable, LogBroken."""

    # --- Submissions, one after the other -------------------------------------------------------------------

    def submissions(self, *states: State) -> tuple[Submission, ...]:
        """All of these states (none given: all), by id."""
        return tuple(self.walk_submissions(*states))

    def walk_submissions(self, *states: State) -> Iterator[Submission]:
        """The same one after the other, never all in memory; what changes meanwhile is seen or not, and seen once."""
        if not states:
            return self._walk(_ALL, {})
        return self._merge(_OF_STATE, states)

    def walk_backwards(self) -> Iterator[Submission]:
        """All, the newest first, never all in memory."""
        before = 2**63 - 1
        while rows := self._rows(_ALL_BACKWARDS, {"before": before, "count": BLOCK}):
            yield from (decode(Submission, row[1]) for row in rows)
            before = rows[-1][0]

    def walk_awaiting_news(self) -> Iterator[Submission]:
        """Those whose silence can become too long (``open_until.is_news_awaited``), by id."""
        return self._merge(_AWAITING_NEWS, SILENT)

    def walk_open(self, today: dt.date) -> Iterator[Submission]:
        """Those that are open on this day (``open_until``), by id."""
        return self._walk_ids(self._open_ids(today))

    def walk_recent(self, today: dt.date, since: dt.datetime) -> Iterator[Submission]:
        """Those that are open on this day, and those that were changed since, by id."""
        open_ones = self._open_ids(today)
        # Moments are kept with the offset that they were written with: the day before holds every one of them.
        earliest = (since - dt.timedelta(days=1)).date().isoformat()
        changed = {row[0] for row in self._rows(_CHANGED, {"since": earliest})}
        for each in self._walk_ids(open_ones | changed):
            if each.id in open_ones or (each.updated_at is not None and each.updated_at >= since):
                yield each

    def _open_ids(self, today: dt.date) -> set[int]:
        return {row[0] for row in self._rows(_OPEN, {"today": today.isoformat()})}

    def _walk_ids(self, ids: Iterable[int]) -> Iterator[Submission]:
        wanted = sorted(ids)
        for start in range(0, len(wanted), BLOCK):
            rows = self._rows(_OF_IDS, {"ids": json.dumps(wanted[start : start + BLOCK])})
            yield from (decode(Submission, row[0]) for row in rows)

    def _walk(self, block: Ready, values: Mapping[str, Any]) -> Iterator[Submission]:
        after = _FIRST
        while rows := self._rows(block, {**values, "after": after, "count": BLOCK}):
            yield from (decode(Submission, row[1]) for row in rows)
            after = rows[-1][0]

    def _merge(self, block: Ready, states: Iterable[State]) -> Iterator[Submission]:
        # The rows of one state come from an index in order of id; SQLite would sort those of several.
        of_states = (self._walk(block, {"state": state.value}) for state in states)
        last = _FIRST
        for each in heapq.merge(*of_states, key=lambda submission: submission.id):
            if each.id > last:  # one that changed its state meanwhile comes again in another walk
                yield each
                last = each.id

    # --- What stands with them ------------------------------------------------------------------------------

    def corrections(self, numbers: Iterable[int]) -> Mapping[int, int]:
        """Of these submissions, the id of each that is corrected → the id of its newest correction."""
        found: dict[int, int] = {}
        for corrected, correction in self._rows(_CORRECTIONS, {"ids": json.dumps(list(numbers))}):
            found[corrected] = max(correction, found.get(corrected, correction))
        return found

    def unannounced(self, guarantor: str, count: int) -> tuple[Submission, ...]:
        """The last ``count`` of this guarantor that have a PDF and that nothing announced, by id."""
        rows = self._rows(_UNANNOUNCED, {"guarantor": encodable(guarantor), "count": count})
        return tuple(decode(Submission, row[0]) for row in rows)[::-1]

    def count_by_state(self) -> Mapping[State, int]:
        """How many there are of each state."""
        return {State(row[0]): row[1] for row in self._rows(_COUNTS)}

    # --- Guarantees of registered projects ------------------------------------------------------------------

    def newest(self, guarantees: Sequence[Guarantee]) -> Mapping[Guarantee, Submission]:
        """Of each of these guarantees the newest submission, where there is one."""
        return self._of_guarantees(_NEWEST, guarantees)

    def newest_standing(self, guarantees: Sequence[Guarantee]) -> Mapping[Guarantee, Submission]:
        """The same of those that were neither withdrawn nor corrected."""
        return self._of_guarantees(_STANDING, guarantees)

    def having_standing(self, guarantees: Sequence[Guarantee]) -> frozenset[Guarantee]:
        """Those of these guarantees that have a submission that was neither withdrawn nor corrected."""
        rows = self._rows(_STANDING, {"pairs": _pairs(guarantees)})
        return frozenset(guarantees[place] for place, found in rows if found is not None)

    def numbers_standing(self, guarantees: Sequence[Guarantee]) -> Mapping[Guarantee, frozenset[str | None]]:
        """The contract numbers of the same submissions."""
        found: dict[Guarantee, set[str | None]] = {}
        for place, number in self._rows(_NUMBERS, {"pairs": _pairs(guarantees)}):
            found.setdefault(guarantees[place], set()).add(number)
        return {guarantee: frozenset(numbers) for guarantee, numbers in found.items()}

    def of_other_projects(self, match_keys: Iterable[str], projects: Iterable[str]) -> tuple[Submission, ...]:
        """Submissions under these contract numbers that stand with a project that is none of these, by id."""
        numbers = json.dumps(list(map(encodable, match_keys)))
        rows = self._rows(_ELSEWHERE, {"numbers": numbers, "projects": json.dumps(list(map(encodable, projects)))})
        found = {each.id: each for each in (decode(Submission, row[0]) for row in rows)}
        return tuple(found[number] for number in sorted(found))

    def _of_guarantees(self, statement: Ready, guarantees: Sequence[Guarantee]) -> dict[Guarantee, Submission]:
        places = {number: guarantees[place] for place, number in self._rows(statement, {"pairs": _pairs(guarantees)})}
        return {places[each.id]: each for each in self._walk_ids(number for number in places if number is not None)}


def _pairs(guarantees: Iterable[tuple[str, Product]]) -> str:
    return json.dumps([[encodable(project), product.value] for project, product in guarantees])
