"""Decides whether a log still is what was written.

The promise: ``verify`` names every entry whose bytes, place or neighbour changed, every submission that is not the
fold of its entries and every original that is not what its hash says, in memory that does not grow with the log but
for a few dozen bytes an original. It does not know where the lines come from, and what is cut off the end it finds
only through a head that was noted elsewhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from worker.audit.chain import GENESIS, Line, canonical, entry_hash, fold, read_entry
from worker.audit.kept_register import hashes_kept
from worker.core.model import Entry
from worker.core.states import NoteEvent

FAULTS_SHOWN: Final = 100
"""Faults kept by name: who rewrote the whole log is told so by the first hundred; the rest are counted."""

_HASHED_FIELDS: Final = ("pdf_sha256", "mail_sha256", "letter_sha256")
_WHOLE: Final = 2**256
_WHERE_SHOWN: Final = 100
"""Characters kept of a place: a number or a hash has 64 at most, what was written over one may be megabytes."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was written; ``code`` is one of a fixed list, ``where`` a number or a hash.

    Codes: ``bad_hash`` ``broken_link`` ``wrong_number`` ``no_entry`` (entries), ``row_differs`` ``row_missing``
    ``row_unknown`` (submissions), ``original_differs`` ``original_missing`` (originals), ``head_missing`` (a head
    noted earlier), ``order_differs`` (the database gave other lines by submission than by number).
    """

    code: str
    where: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found; ``first`` and ``last`` are None for an empty log."""

    count: int
    first: dt.datetime | None
    last: dt.datetime | None
    head: str
    faults: tuple[Fault, ...]
    fault_count: int

    @property
    def holds(self) -> bool:
        """Whether nothing was found amiss."""
        return self.fault_count == 0


class Faults:
    """Collects the first FAULTS_SHOWN and counts all."""

    def __init__(self) -> None:
        self.shown: list[Fault] = []
        self.count = 0

    def add(self, code: str, where: object) -> None:
        """One more fault, at this number or hash."""
        self.count += 1
        if len(self.shown) < FAULTS_SHOWN:
            place = str(where)[:_WHERE_SHOWN].encode("utf-8", "backslashreplace").decode()
            self.shown.append(Fault(code, place))


class Chain:
    """Follows the lines in order of number; ``after`` is number and hash of the line before the first."""

    def __init__(self, faults: Faults, heads: Iterable[str] = (), after: tuple[int, str] = (0, GENESIS)) -> None:
        self._faults = faults
        self._heads = set(heads) - {GENESIS}
        self.count = 0
        self._number, self.head = after
        self.first: dt.datetime | None = None
        self.last: dt.datetime | None = None
        self.digest = 0
        """The hashes added up: the same for the same lines in any order."""

    def follow(self, line: Line) -> None:
        """Add what is amiss with the next line; what was added is never taken back."""
        if line.number != self._number + 1:
            self._faults.add("wrong_number", line.number)
        if line.previous_hash != self.head:
            self._faults.add("broken_link", line.number)
        if entry_hash(line.previous_hash, line.body) != line.hash:
            self._faults.add("bad_hash", line.number)
        try:
            entry = read_entry(line)
        except (ValueError, TypeError, KeyError):
            self._faults.add("no_entry", line.number)
        else:
            self.first = self.first or entry.at
            self.last = entry.at
        self.count += 1
        self._number = line.number
        self.head = line.hash
        self._heads.discard(line.hash)
        self.digest = (self.digest + _fingerprint(line)) % _WHOLE

    def end(self) -> None:
        """Add the heads that no line had."""
        for head in sorted(self._heads):
            self._faults.add("head_missing", head)


def _fingerprint(line: Line) -> int:
    return int.from_bytes(
        hashlib.sha256(f"{line.number}\n{line.hash}\n{line.body}".encode("utf-8", "surrogateescape")).digest()
    )


def verify(
    lines: Iterable[Line],
    by_submission: Iterable[Line],
    rows: Iterable[tuple[int, str]],
    originals: Iterable[tuple[str, str]],
    heads: Iterable[str] = (),
) -> Verdict:
    """Whether the log, the projection and the originals hold together, and every head of ``heads`` is in the chain.

    ``by_submission`` are the same lines again, in order of submission and number (those of none first), so that one
    submission at a time is folded; ``rows`` are the projection's, by id; ``originals`` are pairs of the hash that an
    original is kept under and the hash of its bytes. All four must come of one snapshot. What is cut off the end is
    found only through a head noted earlier.
    """
    faults = Faults()
    chained = Chain(faults, heads)
    for line in lines:
        chained.follow(line)
    chained.end()
    kept = set()
    for name, digest in originals:
        if name != digest:
            faults.add("original_differs", name)
        kept.add(_packed(name))
    digest_again = _verify_rows(by_submission, rows, lambda sha256: _packed(sha256) in kept, faults)
    if digest_again != chained.digest:
        faults.add("order_differs", chained.count)
    return Verdict(chained.count, chained.first, chained.last, chained.head, tuple(faults.shown), faults.count)


def _packed(sha256: str) -> bytes:
    try:
        return bytes.fromhex(sha256)
    except ValueError:
        return sha256.encode("utf-8", "backslashreplace")


def _verify_rows(
    by_submission: Iterable[Line], rows: Iterable[tuple[int, str]], is_kept: Callable[[str], bool], faults: Faults
) -> int:
    """Merge the fold of each submission with its row, both by id; the sum of the lines seen."""
    digest = 0
    stored = iter(rows)
    row = next(stored, None)
    for number, lines in groupby(_readable(by_submission), key=lambda pair: pair[0]):
        folded: dict[str, Any] = {}
        for _, line, entry in lines:
            digest = (digest + _fingerprint(line)) % _WHOLE
            if entry is not None:
                folded = fold(folded, entry)
                _look_for(_references(entry), is_kept, faults)
        if number is None:
            continue
        while row is not None and row[0] < number:
            faults.add("row_unknown", row[0])
            row = next(stored, None)
        if row is None or row[0] != number:
            faults.add("row_missing", number)
            continue
        if row[1] != _written(folded):
            faults.add("row_differs", number)
        row = next(stored, None)
    while row is not None:
        faults.add("row_unknown", row[0])
        row = next(stored, None)
    return digest


def _written(folded: Mapping[str, Any]) -> str | None:
    """The row as it would be written; None where a changed entry sets what no row holds (1e999, 1,000 lists)."""
    try:
        return canonical(folded)
    except (ValueError, RecursionError):
        return None


def _readable(lines: Iterable[Line]) -> Iterator[tuple[int | None, Line, Entry | None]]:
    for line in lines:
        try:
            entry = read_entry(line)
        except (ValueError, TypeError, KeyError):
            yield None, line, None  # named when the chain was followed
        else:
            yield entry.submission, line, entry


def _look_for(references: Iterable[object], is_kept: Callable[[str], bool], faults: Faults) -> None:
    for sha256 in references:
        if sha256 and not is_kept(str(sha256)):
            faults.add("original_missing", sha256)


def _references(entry: Entry) -> Iterator[object]:
    """The hashes of originals that ``entry`` names, some empty; shapes are checked, as a changed entry has any."""
    if entry.event == NoteEvent.CONFIGURATION_CHANGED:
        yield from hashes_kept(entry.detail)
    for field in _HASHED_FIELDS:
        yield entry.set.get(field)
    yield entry.detail.get("mail")  # a report kept on a mail that is not known yet
    receipts = entry.detail.get("receipts")
    for receipt in receipts if isinstance(receipts, list) else ():
        yield receipt.get("mail") if isinstance(receipt, dict) else None
    draft = entry.set.get("draft")
    if not isinstance(draft, dict):
        return
    yield draft.get("body_sha256")
    attachments = draft.get("attachments")
    for attachment in attachments if isinstance(attachments, list) else ():
        yield attachment.get("sha256") if isinstance(attachment, dict) else None
