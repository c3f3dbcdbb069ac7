"""Reads and appends the lines of the log.

The promise: the end of the chain is read inside the transaction that appends to it, never kept from an earlier one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from functools import partial
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
_LINES: Final = "SELECT number, body, previous_hash, hash FROM entries ORDER BY number"
_MAKE_ASIDE: Final = "CREATE TEMPORARY TABLE IF NOT EXISTS aside (number INTEGER PRIMARY KEY, text TEXT NOT NULL)"
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


_OFFSETS: Final = dt.timedelta(days=1)
"""More than any two zones are apart: an entry that another program wrote may state its moment in another one."""


def select_in_period(since: dt.date | None, until: dt.date | None) -> sa.Select[Any]:
    """The submissions that have an entry from ``since`` to ``until``, a day more at both ends."""
    chosen = sa.select(ENTRIES.c.submission).where(ENTRIES.c.submission.is_not(None)).distinct()
    if since is not None and since > dt.date.min:
        chosen = chosen.where(ENTRIES.c.at >= (since - _OFFSETS).isoformat())
    if until is not None and until < dt.date.max - _OFFSETS:
        chosen = chosen.where(ENTRIES.c.at < (until + 2 * _OFFSETS).isoformat())
    return chosen


def select_numbers(submissions: Sequence[int]) -> sa.Select[Any]:
    """The numbers of the entries of these submissions, of which there are BLOCK at most."""
    return sa.select(ENTRIES.c.number).where(ENTRIES.c.submission.in_(submissions))


def select_lines(numbers: Sequence[int]) -> sa.Select[Any]:
    """The lines of these numbers, of which there are BLOCK at most, in order."""
    return sa.select(*_LINE).where(ENTRIES.c.number.in_(numbers)).order_by(ENTRIES.c.number)


def select_block(after: int, submission: int | None, events: Sequence[str]) -> sa.Select[Any]:
    """The next BLOCK lines after the number ``after``, of this submission and of these events where given."""
    chosen = sa.select(*_LINE).where(ENTRIES.c.number > after).order_by(ENTRIES.c.number).limit(BLOCK)
    if submission is not None:
        chosen = chosen.where(ENTRIES.c.submission == submission)
    if events:
        chosen = chosen.where(ENTRIES.c.event.in_(events))
    return chosen


text_of: Final = partial(str, encoding="utf-8", errors="surrogateescape")
"""A text of the file, whatever bytes it holds: other bytes give another text, and none is refused."""


def to_line(row: Any) -> Line:
    """A line as the database gave it, whatever types a changed file may hold."""
    return Line(int(row.number), str(row.body), str(row.previous_hash), str(row.hash))


def to_entry(row: Any) -> Entry:
    """The entry of a row. Raises LogBroken ``entry_unreadable``."""
    try:
        return read_entry(to_line(row))
    except (ValueError, TypeError, KeyError) as error:
        raise LogBroken("entry_unreadable", f"entry {row.number}: {error}") from error


def stream_lines(connection: Connection, told: Callable[[int], object] | None = None) -> Iterator[Line]:
    """Every line in order of number, on a connection of its own; ``told`` is called with each number."""
    for number, body, previous_hash, digest in _stream(connection, _LINES):
        if told is not None:
            told(number)
        yield Line(int(number), str(body), str(previous_hash), str(digest))


def stream_rows(connection: Connection) -> Iterator[tuple[int, str]]:
    """Id and row of every submission, by id."""
    for number, row in _stream(connection, "SELECT id, row FROM submissions ORDER BY id"):
        yield int(number), str(row)


def stream_originals(connection: Connection) -> Iterator[tuple[str, str]]:
    """The hash that each original is kept under, and the hash of its bytes."""
    for name, content in _stream(connection, "SELECT sha256, content FROM originals"):
        # The same bytes kept as text are not what was kept: a reader of the original would not get it.
        yield str(name), hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else ""


def _stream(connection: Connection, query: str) -> Iterator[Any]:
    """The rows of the driver itself: SQLAlchemy's take as long as the rest of a verification."""
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    yield from driver.execute(query)


class Aside(MutableMapping[int, str]):
    """Texts by number in a temporary table, which SQLite keeps in a file of its own once it is large.

    The connection's transaction may be one that only reads.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return iter(self._connection.exec_driver_sql("SELECT number FROM aside").scalars().all())

    def __getitem__(self, number: int) -> str:
        if not self._count:
            raise KeyError(number)
        text = self._connection.exec_driver_sql("SELECT text FROM aside WHERE number = ?", (number,)).scalar()
        if text is None:
            raise KeyError(number)
        return str(text)

    def __setitem__(self, number: int, text: str) -> None:
        if not self._count:
            self._connection.exec_driver_sql(_MAKE_ASIDE)
        self._count += number not in self
        self._connection.exec_driver_sql("INSERT OR REPLACE INTO aside VALUES (?, ?)", (number, text))

    def __delitem__(self, number: int) -> None:
        if self._connection.exec_driver_sql("DELETE FROM aside WHERE number = ?", (number,)).rowcount == 0:
            raise KeyError(number)
        self._count -= 1
