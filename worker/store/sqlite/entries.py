"""Reads and appends the lines of the log.

The promise: the end of the chain is read inside the transaction that appends to it, never kept from an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.engine import Connection

from worker.audit.chain import GENESIS, Line, chain, read_entry
from worker.core.errors import LogBroken
from worker.core.model import Entry
from worker.store.sqlite.ready import Ready
from worker.store.sqlite.schema import ENTRIES

BLOCK: Final = 500
"""Lines fetched at once: no cursor stays open between two of them, and 500 are at most a few MB."""

_LINE: Final = (ENTRIES.c.number, ENTRIES.c.body, ENTRIES.c.previous_hash, ENTRIES.c.hash)
_HEAD: Final = Ready(sa.select(ENTRIES.c.number, ENTRIES.c.hash).order_by(ENTRIES.c.number.desc()).limit(1))
_HASH_OF: Final = Ready(sa.select(ENTRIES.c.hash).where(ENTRIES.c.number == bindparam("number")))
_APPEND: Final = Ready(sa.insert(ENTRIES), ("number", "body", "previous_hash", "hash"))


def read_head(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last entry; ``(0, 64 zeros)`` where there is none."""
    last = _HEAD.run(connection)
    return (last[0][0], last[0][1]) if last else (0, GENESIS)


def read_hash(connection: Connection, number: int) -> str | None:
    """The hash of the entry of this number."""
    found = _HASH_OF.run(connection, {"number": number})
    return found[0][0] if found else None


def holds_hash(connection: Connection, digest: str) -> bool:
    """Whether there is an entry of this hash."""
    return connection.execute(sa.select(ENTRIES.c.number).where(ENTRIES.c.hash == digest)).first() is not None


def append(connection: Connection, content: Mapping[str, Any]) -> Entry:
    """Append the next entry. The caller's transaction began with BEGIN IMMEDIATE."""
    line = chain(read_head(connection), content)
    values = {"number": line.number, "body": line.body, "previous_hash": line.previous_hash, "hash": line.hash}
    _APPEND.run(connection, values)
    return read_entry(line)


def select_block(after: int, submission: int | None, event: str | None) -> sa.Select[Any]:
    """The next BLOCK lines after the number ``after``, of this submission or of this event where given."""
    chosen = sa.select(*_LINE).where(ENTRIES.c.number > after).order_by(ENTRIES.c.number).limit(BLOCK)
    if submission is not None:
        return chosen.where(ENTRIES.c.submission == submission)
    return chosen if event is None else chosen.where(ENTRIES.c.event == event)


def text_of(content: bytes) -> str:
    """A text of the file, whatever bytes it holds: other bytes give another text, and none is refused."""
    return content.decode("utf-8", "surrogateescape")


def to_line(row: Any) -> Line:
    """A line as the database gave it, whatever types a changed file may hold."""
    return Line(int(row.number), str(row.body), str(row.previous_hash), str(row.hash))


def to_entry(row: Any) -> Entry:
    """The entry of a row. Raises LogBroken ``entry_unreadable``."""
    try:
        return read_entry(to_line(row))
    except (ValueError, TypeError, KeyError) as error:
        raise LogBroken("entry_unreadable", f"entry {row.number}: {error}") from error


def stream_lines(connection: Connection) -> Iterator[Line]:
    """Every line in order of number, on a connection that does nothing else meanwhile."""
    for row in connection.execution_options(yield_per=BLOCK).execute(sa.select(*_LINE).order_by(ENTRIES.c.number)):
        yield to_line(row)


def stream_by_submission(connection: Connection) -> Iterator[Line]:
    """Every line in order of submission and number, those of none first; sorted anew, without trusting an index."""
    # An expression has no index, and one that fails on a damaged body would end the verification.
    order = sa.text("CASE WHEN json_valid(body) THEN json_extract(body, '$.submission') END")
    ordered = sa.select(*_LINE).order_by(order, ENTRIES.c.number)
    for row in connection.execution_options(yield_per=BLOCK).execute(ordered):
        yield to_line(row)
