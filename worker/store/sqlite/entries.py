"""Reads the lines of the log in blocks, or as a stream for the verification."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from worker.audit.chain import Line, read_entry
from worker.core.errors import LogBroken
from worker.core.model import Entry
from worker.store.sqlite import compiled


def text_of(content: bytes) -> str:
    """A text of the file for any bytes: different bytes give different texts, and none is refused."""
    return content.decode("utf-8", "surrogateescape")


def to_line(row: tuple[Any, ...]) -> Line:
    """A line as the database gave it, for all types that a changed file may hold."""
    number, body, previous_hash, line_hash = row
    return Line(int(number), str(body), str(previous_hash), str(line_hash))


def to_entry(row: tuple[Any, ...]) -> Entry:
    """The entry of a row. Raises LogBroken ``entry_unreadable``."""
    try:
        return read_entry(to_line(row))
    except (ValueError, TypeError, KeyError) as error:
        raise LogBroken("entry_unreadable", f"entry {row[0]}: {error}") from error


def stream_lines(connection: sqlite3.Connection) -> Iterator[Line]:
    """Every line in order of number, on a connection that does nothing else meanwhile."""
    return map(to_line, connection.execute(compiled.EVERY_LINE))


def stream_by_submission(connection: sqlite3.Connection) -> Iterator[Line]:
    """Every line in order of submission and number, those without a submission first; sorted without any index."""
    return map(to_line, connection.execute(compiled.EVERY_LINE_BY_SUBMISSION))
