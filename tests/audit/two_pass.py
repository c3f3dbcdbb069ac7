"""The verification of 0.1.0, which reads every line twice: what it found, the present one must find.

Only what it shares with the present one, the chain and the fold, is not written again here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from worker.audit.chain import LogLine, fold, read_entry
from worker.audit.verify import Chain, LogFault, LogFaults, _normal, _references, _written
from worker.core.model import Entry


def verify_twice(
    lines: Sequence[LogLine],
    rows: Iterable[tuple[int, str]],
    originals: Iterable[tuple[str, str]],
    heads: Iterable[str] = (),
) -> tuple[tuple[LogFault, ...], int]:
    """The faults that are named, and how many there are."""
    faults = LogFaults()
    chained = Chain(faults, heads)
    for line in lines:
        chained.follow(line)
    chained.end()
    kept = set()
    for name, digest in originals:
        if name != digest:
            faults.add("original_differs", name)
        kept.add(_normal(name))
    entries = [entry for entry in map(_entry_in, lines) if entry is not None]
    entries.sort(key=lambda entry: (entry.submission is not None, entry.submission or 0, entry.number))
    _compare_rows(entries, rows, kept, faults)
    return tuple(faults.shown), faults.count


def _compare_rows(entries: Iterable[Entry], rows: Iterable[tuple[int, str]], kept: set[str], faults: LogFaults) -> None:
    stored = iter(rows)
    row = next(stored, None)
    for number, group in groupby(entries, key=lambda entry: entry.submission):
        folded: dict[str, Any] = {}
        for entry in group:
            folded = fold(folded, entry)
            for sha256 in _references(entry.event, entry.detail, entry.set):
                if sha256 and _normal(str(sha256)) not in kept:
                    faults.add("original_missing", sha256)
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


def _entry_in(line: LogLine) -> Entry | None:
    try:
        return read_entry(line)
    except (ValueError, TypeError, KeyError):
        return None
