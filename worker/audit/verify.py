"""Decides whether a log still is what was written.

``verify_log`` reads every entry once, in order of number. It names every entry whose bytes, place or neighbour changed,
every submission that is not the fold of its entries or is not noted as open until the right day, and every original
that does not have its hash. A cut-off end is found only through a head that was noted elsewhere. Memory grows by 25
bytes a submission, 20 more if it is noted as open, and 8 an original.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from pydantic_core import from_json, to_json

from worker.audit.chain import (
    GENESIS,
    EncodedLine,
    LogLine,
    canonical,
    fold_onto,
    hash_bytes,
    parse_moment,
    read_content,
)
from worker.audit.kept_register import hashes_kept
from worker.core.open_until import open_days_of_row
from worker.core.states import NoteEvent, State

FAULTS_SHOWN: Final = 100
"""Faults kept by name: the first hundred show that the whole log was rewritten; the rest are counted."""
FOLDS_HELD: Final = 500
"""Unfinished folds in memory, the last changed ones: with 10 kB each, 5 MB. An office has fewer submissions at work."""

_HASHED_FIELDS: Final = ("pdf_sha256", "mail_sha256", "letter_sha256")
_VERSION: Final = re.compile(rb'"version":([0-9]{1,18})')
_WHERE_SHOWN: Final = 100
"""Characters kept of a place: a number or a hash has 64 at most, what was written over one may be megabytes."""


@dataclass(frozen=True, slots=True)
class LogFault:
    """One thing that is not as it was written; ``code`` is one of a fixed list, ``where`` a number or a hash.

    Codes: ``bad_hash`` ``broken_link`` ``wrong_number`` ``no_entry`` (entries), ``row_differs`` ``row_missing``
    ``row_unknown`` (submissions, and what is noted as open), ``original_differs`` ``original_missing`` (originals),
    ``head_missing`` (a head noted earlier).
    """

    code: str
    where: str


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """The findings of a verification; ``first`` and ``last`` are None for an empty log."""

    count: int
    first: dt.datetime | None
    last: dt.datetime | None
    head: str
    faults: tuple[LogFault, ...]
    fault_count: int
    missing: tuple[str, ...] = ()
    """The heads that were looked for and are not in the log."""

    @property
    def holds(self) -> bool:
        """True if no fault was found."""
        return self.fault_count == 0


class LogFaults:
    """Collects the first FAULTS_SHOWN and counts all."""

    def __init__(self) -> None:
        self.shown: list[LogFault] = []
        self.count = 0

    def add(self, code: str, where: object) -> None:
        """One more fault, at this number or hash."""
        self.count += 1
        if len(self.shown) < FAULTS_SHOWN:
            self.shown.append(_fault(code, where))


def _fault(code: str, where: object) -> LogFault:
    return LogFault(code, str(where)[:_WHERE_SHOWN].encode("utf-8", "backslashreplace").decode())


class _FaultsBySubmission:
    """Collects the first FAULTS_SHOWN in order of submission, not of finding, and counts all."""

    def __init__(self) -> None:
        self._first: list[tuple[bool, int, bool, int, LogFault]] = []
        self.count = 0

    def add(self, code: str, where: object, submission: int | None, *, is_row: bool) -> None:
        """One more fault of this submission; that of its row comes after those of its entries."""
        self.count += 1
        place = (submission is not None, submission or 0, is_row, self.count)
        if len(self._first) < FAULTS_SHOWN or place < self._first[-1][:4]:
            insort(self._first, (*place, _fault(code, where)))
            del self._first[FAULTS_SHOWN:]

    @property
    def shown(self) -> list[LogFault]:
        """Those that are named."""
        return [each[-1] for each in self._first]


class Chain:
    """Follows the lines in order of number; ``after`` is number and hash of the line before the first."""

    def __init__(self, faults: LogFaults, heads: Iterable[str] = (), after: tuple[int, str] = (0, GENESIS)) -> None:
        self._faults = faults
        self._heads = set(heads) - {GENESIS}
        self.count = 0
        self._number, self.head = after
        self._first = self._last = ""

    def follow(self, line: LogLine | EncodedLine) -> tuple[dict[str, Any], str] | None:
        """Add what is amiss with the next line; returns what its entry holds and its moment, None if it holds none."""
        number, previous_hash, line_hash = line.number, line.previous_hash, line.hash
        if number != self._number + 1:
            self._faults.add("wrong_number", number)
        if previous_hash != self.head:
            self._faults.add("broken_link", number)
        body = line.body if isinstance(line.body, bytes) else _encoded(line.body)
        if hash_bytes(previous_hash, body) != line_hash:
            self._faults.add("bad_hash", number)
        self.count += 1
        self._number = number
        self.head = line_hash
        self._heads.discard(line_hash)
        try:
            held = read_content(number, body, parse_bytes)
        except (ValueError, TypeError, KeyError):
            self._faults.add("no_entry", number)
            return None
        self._last = held[1]
        self._first = self._first or self._last
        return held

    @property
    def period(self) -> tuple[dt.datetime, dt.datetime] | tuple[None, None]:
        """The moments of the first and of the last entry; None if no line holds one."""
        return (parse_moment(self._first), parse_moment(self._last)) if self._first else (None, None)

    @property
    def missing(self) -> tuple[str, ...]:
        """The heads that no line had, in order."""
        return tuple(sorted(self._heads))

    def end(self) -> None:
        """Add the heads that no line had."""
        for head in self.missing:
            self._faults.add("head_missing", head)


class _Originals:
    """The names of the originals, eight bytes each.

    Python's hash of a text has a random key for each process: a forger cannot choose two names that share one.
    """

    def __init__(self) -> None:
        self._parts = [array("q") for _ in range(256)]  # sorted part by part, as sorting takes five times the memory

    def add(self, name: str) -> None:
        """One more, as ``_normal`` returns it; ``sort`` must follow the last one."""
        tag = hash(name)
        self._parts[tag & 255].append(tag)

    def sort(self) -> None:
        """Make them ready to be asked for."""
        self._parts = [array("q", sorted(part)) for part in self._parts]

    def __contains__(self, name: str) -> bool:
        tag = hash(name)
        part = self._parts[tag & 255]
        place = bisect_left(part, tag)
        if place < len(part) and part[place] == tag:
            return True
        other = _normal(name)
        return other != name and other in self


def _normal(sha256: str) -> str:
    """Returns the name as the program writes it: capital letters and spaces name the same original."""
    try:
        return bytes.fromhex(sha256).hex()
    except ValueError:
        return sha256


_CLOSED, _NO_DAY = 0, -1
"""In place of the last day on which a submission is open: it is closed, or the text is no day."""


def _ordinal(day: str) -> int:
    try:
        return dt.date.fromisoformat(day).toordinal()
    except ValueError:
        return _NO_DAY


class _OpenDays:
    """Compares the table of what is open with the rows, each of them when it is known to be the fold.

    A correction may come later than what it corrects: what depends on one is compared at the end.
    """

    def __init__(self, noted: Iterable[tuple[int, str]]) -> None:
        self._ids, self._days = array("q"), array("i")
        for submission, day in noted:
            self._ids.append(submission)
            self._days.append(_ordinal(day))
        self._if_corrected, self._if_not = array("q"), array("q")
        self._corrected: set[int] = set()

    def holds(self, submission: int, row: Mapping[str, Any]) -> bool:
        """Returns whether its day is that of ``row``, as far as no correction of it decides."""
        place = bisect_left(self._ids, submission)
        is_noted = place < len(self._ids) and self._ids[place] == submission
        noted = self._days[place] if is_noted else _CLOSED
        try:
            days = open_days_of_row(row)
            corrects, state = row.get("corrects"), State(row["state"])
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
            return False  # a changed entry sets what no row holds
        if corrects is not None and state is not State.WITHDRAWN:
            self._corrected.add(corrects)
        uncorrected, corrected = (each.toordinal() if each else _CLOSED for each in days)
        if noted not in {uncorrected, corrected}:
            return False
        if uncorrected != corrected:
            (self._if_not if noted == uncorrected else self._if_corrected).append(submission)
        return True

    def differing(self) -> Iterator[int]:
        """Yields each submission whose day is another, now that all corrections are known."""
        yield from (each for each in self._if_not if each in self._corrected)
        yield from (each for each in self._if_corrected if each not in self._corrected)

    def without(self, rows: Sequence[int]) -> Iterator[int]:
        """Yields each submission of the table that is none of ``rows``, which are in order."""
        for each in self._ids:
            place = bisect_left(rows, each)
            if place == len(rows) or rows[place] != each:
                yield each


_UNSEEN, _BEGUN, _HOLDS, _DIFFERS = range(4)
"""States of a row: no entry read yet, some read, equal to the fold, different."""


class _Rows:
    """Compares the row of each submission with the fold of its entries.

    Of a row it keeps the id, a keyed hash of the text, and the version, which is the number of the last entry that sets
    something. The fold that equals the row there is dropped. The version is only looked for in the text: a wrong one
    costs memory until the end, and nothing else.
    """

    def __init__(
        self,
        rows: Iterable[tuple[int, str | bytes]],
        open_days: _OpenDays | None,
        aside: MutableMapping[int, str],
        faults: _FaultsBySubmission,
    ) -> None:
        self._faults = faults
        self._open_days = open_days
        self._ids, self._texts, self._versions, self._known = array("q"), array("q"), array("q"), bytearray()
        self._folds: dict[int, dict[str, Any]] = {}
        self._aside = aside
        self._missing: set[int] = set()
        for number, text in rows:
            if self._ids and number <= self._ids[-1]:
                faults.add("row_unknown", number, number, is_row=True)
                continue
            row = text if isinstance(text, bytes) else _encoded(text)
            self._ids.append(number)
            self._texts.append(hash(row))
            self._versions.append(_version_in(row))
            self._known.append(_UNSEEN)

    def follow(self, submission: int, number: int, moment: str, changes: Mapping[str, Any]) -> None:
        """Take the next entry of this submission."""
        place = bisect_left(self._ids, submission)
        if place == len(self._ids) or self._ids[place] != submission:
            self._missing.add(submission)
            return
        known = self._known[place]
        if known == _UNSEEN:
            self._known[place] = _BEGUN
        if not changes or known == _DIFFERS:
            return
        if known == _HOLDS:  # the row's version is that of an entry before this one
            self._known[place] = _DIFFERS
            return
        folded = self._take(place)
        fold_onto(folded, submission, number, moment, changes)
        if number == self._versions[place] and self._is_row(place, folded):
            self._known[place] = _HOLDS
            return
        self._folds[place] = folded
        if len(self._folds) > FOLDS_HELD:
            self._put_aside(next(iter(self._folds)))

    def end(self) -> None:
        """Add every row that is missing, unknown, or not the fold."""
        for place, number in enumerate(self._ids):
            known = self._known[place]
            if known == _UNSEEN:
                self._faults.add("row_unknown", number, number, is_row=True)
            elif known == _DIFFERS or (known == _BEGUN and not self._is_row(place, self._take(place))):
                self._faults.add("row_differs", number, number, is_row=True)
        for number in self._missing:
            self._faults.add("row_missing", number, number, is_row=True)
        if self._open_days is not None:
            for number in self._open_days.differing():
                self._faults.add("row_differs", number, number, is_row=True)
            for number in self._open_days.without(self._ids):
                if number not in self._missing:
                    self._faults.add("row_unknown", number, number, is_row=True)

    def _is_row(self, place: int, folded: Mapping[str, Any]) -> bool:
        row = _written_fast(folded)
        if row is None or hash(row) != self._texts[place]:
            text = _written(folded)
            if text is None or hash(text.encode()) != self._texts[place]:
                return False
        return self._open_days is None or self._open_days.holds(self._ids[place], folded)

    def _take(self, place: int) -> dict[str, Any]:
        """Removes and returns the fold so far."""
        folded = self._folds.pop(place, None)
        if folded is None:
            text = self._aside.pop(place, None)
            folded = json.loads(text) if text else {}
        return folded

    def _put_aside(self, place: int) -> None:
        try:
            self._aside[place] = json.dumps(self._folds.pop(place))
        except RecursionError:  # a changed entry sets what no row holds
            self._known[place] = _DIFFERS


def _version_in(row: bytes) -> int:
    found = _VERSION.match(row, max(row.rfind(b'"version":'), 0))
    return int(found[1]) if found else -1


def verify_log(
    lines: Iterable[LogLine | EncodedLine],
    rows: Iterable[tuple[int, str | bytes]],
    originals: Iterable[tuple[str, str]],
    heads: Iterable[str] = (),
    aside: MutableMapping[int, str] | None = None,
    open_days: Iterable[tuple[int, str]] | None = None,
) -> LogVerdict:
    """Judges the log, the projection and the originals, and looks for every head of ``heads`` in the chain.

    ``rows`` are the projection's, by id; bytes are a text in UTF-8. ``originals`` are pairs: the hash that an original
    is kept under, and the hash of its bytes. All three must come of one snapshot, and are read one after the other:
    originals, rows, lines.
    ``open_days`` are the submissions noted as open, by id, with the last day; None: they are not compared.
    ``aside`` takes the unfinished folds above FOLDS_HELD; None: they stay in memory.
    """
    of_chain, of_originals, by_submission = LogFaults(), LogFaults(), _FaultsBySubmission()
    kept = _Originals()
    for name, digest in originals:
        if name == digest:
            kept.add(name)
        else:
            of_originals.add("original_differs", name)
            kept.add(_normal(name))
    kept.sort()
    projection = _Rows(
        rows, None if open_days is None else _OpenDays(open_days), {} if aside is None else aside, by_submission
    )
    chained = Chain(of_chain, heads)
    for line in lines:
        held = chained.follow(line)
        if held is None:
            continue
        content, moment = held
        submission, changes = content["submission"], content["set"]
        for sha256 in _references(content["event"], content["detail"], changes):
            if sha256 and str(sha256) not in kept:
                by_submission.add("original_missing", sha256, submission, is_row=False)
        if submission is not None:
            projection.follow(submission, line.number, moment, changes)
    chained.end()
    projection.end()
    found = (of_chain, of_originals, by_submission)
    shown = [fault for each in found for fault in each.shown][:FAULTS_SHOWN]
    count = sum(each.count for each in found)
    first, last = chained.period
    return LogVerdict(chained.count, first, last, chained.head, tuple(shown), count, chained.missing)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _written(folded: Mapping[str, Any]) -> str | None:
    """Returns the row as it would be written; None if a changed entry sets a value that no row holds (1e999)."""
    try:
        return canonical(folded)
    except (ValueError, RecursionError):
        return None


def _written_fast(folded: Mapping[str, Any]) -> bytes | None:
    """The same in a quarter of the time, for a row whose nested objects were written in order; else another text.

    None if it cannot be said.
    """
    if not folded:
        return None
    names, values_of = _in_order(tuple(folded))
    try:
        row = to_json(dict(zip(names, values_of(folded), strict=True)))
    except ValueError:  # a lone surrogate, or too deep
        return None
    return None if _contains(row, b"NaN") or _contains(row, b"Infinity") else row  # numbers that no row holds


def _contains(row: bytes, word: bytes) -> bool:
    """The same as ``word in row``, by its first letter, which is rare in a row and found in a tenth of the time."""
    place = row.find(word[:1])
    while place >= 0 and not row.startswith(word, place):
        place = row.find(word[:1], place + 1)
    return place >= 0


@lru_cache(maxsize=1024)
def _in_order(names: tuple[str, ...]) -> tuple[tuple[str, ...], Callable[[Mapping[str, Any]], tuple[Any, ...]]]:
    """Returns the keys of a row in order, and a function for their values: the rows of an office have few sets of keys.

    A row has at least four keys, so the function returns a tuple.
    """
    ordered = tuple(sorted(names))
    return ordered, itemgetter(*ordered)


def parse_bytes(body: bytes) -> Any:
    """The same as ``json.loads`` of the text in half its time."""
    try:
        return from_json(body, cache_strings="keys")
    except (ValueError, TypeError):  # a lone surrogate, which json takes, or no JSON at all
        return json.loads(body.decode("utf-8", "surrogateescape"))


def _references(event: str, detail: Mapping[str, Any], changes: Mapping[str, Any]) -> list[object]:
    """The hashes of originals that an entry names, some empty; shapes are checked, as a changed entry has any."""
    found: list[object] = []
    if event == NoteEvent.CONFIGURATION_CHANGED:
        found += hashes_kept(detail)
    if "mail" in detail:  # a report kept on a mail that is not known yet
        found.append(detail["mail"])
    if isinstance(receipts := detail.get("receipts"), list):
        found += [receipt.get("mail") for receipt in receipts if isinstance(receipt, dict)]
    for field in _HASHED_FIELDS:
        if field in changes:
            found.append(changes[field])
    if isinstance(draft := changes.get("draft"), dict):
        found.append(draft.get("body_sha256"))
        if isinstance(attachments := draft.get("attachments"), list):
            found += [attachment.get("sha256") for attachment in attachments if isinstance(attachment, dict)]
    return found
