"""Reads log, submissions and originals as streams for the verification."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, MutableMapping
from functools import partial
from typing import Any, Final

from worker.audit.chain import EncodedLine, LogLine
from worker.store.sqlite import compiled
from worker.store.sqlite.queries import to_line

text_of: Final = partial(str, encoding="utf-8", errors="surrogateescape")
"""A text of the file for any bytes: different bytes give different texts, and none is refused."""
_MAKE_ASIDE: Final = "CREATE TEMPORARY TABLE IF NOT EXISTS aside (number INTEGER PRIMARY KEY, text TEXT NOT NULL)"


def stream_lines(
    connection: sqlite3.Connection, told: Callable[[int], object] | None = None
) -> Iterator[LogLine | EncodedLine]:
    """Every line in order of number; ``told`` is called with each number."""
    for number, body, previous_hash, line_hash, kind in connection.execute(compiled.EVERY_LINE):
        if told is not None:
            told(number)
        if kind == "text" and type(previous_hash) is str and type(line_hash) is str:
            yield EncodedLine(number, body, previous_hash, line_hash)
        else:
            yield to_line((number, _text_in(body, kind), previous_hash, line_hash))


def _text_in(body: Any, kind: str) -> Any:
    """``body`` as the column holds it."""
    return text_of(body) if kind == "text" else body


def stream_rows(connection: sqlite3.Connection) -> Iterator[tuple[int, bytes]]:
    """Id and row, in UTF-8, of every submission, by id; no row is empty, so that one that is no text differs."""
    for number, row in connection.execute(compiled.EVERY_ROW):
        yield int(number), row or b""


def stream_open(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """Id and last day of every submission that is noted as open, by id."""
    for number, until in connection.execute(compiled.EVERY_OPEN):
        yield int(number), str(until)


def stream_originals(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """The hash that each original is kept under, and the hash of its bytes."""
    for name, content in connection.execute(compiled.EVERY_ORIGINAL):
        # The same bytes kept as text are another original: nothing could read them back.
        yield str(name), hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else ""


class TemporaryTexts(MutableMapping[int, str]):
    """Texts by number in a temporary table, which SQLite keeps in a file of its own once it is large.

    The connection's transaction may be one that only reads.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        return iter([row[0] for row in self._connection.execute("SELECT number FROM aside")] if self._count else [])

    def __getitem__(self, number: int) -> str:
        if not self._count:
            raise KeyError(number)
        row = self._connection.execute("SELECT text FROM aside WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise KeyError(number)
        return str(row[0])

    def __setitem__(self, number: int, text: str) -> None:
        if not self._count:
            self._connection.execute(_MAKE_ASIDE)
        self._count += number not in self
        self._connection.execute("INSERT OR REPLACE INTO aside VALUES (?, ?)", (number, text))

    def __delitem__(self, number: int) -> None:
        if not self._count or self._connection.execute("DELETE FROM aside WHERE number = ?", (number,)).rowcount == 0:
            raise KeyError(number)
        self._count -= 1
