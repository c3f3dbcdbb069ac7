"""Decides what an entry's bytes are, how one follows another, and what the entries of a submission fold to.

The promise: the same content gives the same bytes and the same hash on every machine, so that an outsider can check
the chain with a few lines of any language (``docs/log-format.md``). It does not know where the lines are kept.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from worker.core.model import JST, Answer, Entry, Hold, Key

GENESIS: Final = "0" * 64
"""The previous hash of the first entry."""


_ENTRY_KEYS: Final = frozenset({"number", "at", "event", "submission", "by", "account", "detail", "set"})


def canonical(value: object) -> str:
    """``value`` as JSON with keys sorted and no spaces; the same value gives the same text on every machine.

    Times become ISO 8601 with +09:00, a dataclass an object of its fields, a Key its mask, what knows its own form
    (``stored``) that. A lone surrogate, which
    a broken mail header may hold and UTF-8 cannot, becomes ``?``. Raises TypeError for anything else, ValueError for
    a time without a zone or a number that JSON does not know.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=_plain)
    return encodable(text)


def encodable(text: str) -> str:
    """``text`` with every lone surrogate as ``?``: what UTF-8 can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


_FIELDS: Final[dict[type, tuple[str, ...]]] = {}
"""The fields of each dataclass that was ever written."""


def _plain(value: object) -> object:
    kind = type(value)
    if isinstance(value, Hold | Answer):
        return value.stored()
    if (names := _FIELDS.get(kind)) is not None:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(JST).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Key):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = _FIELDS[kind] = tuple(field.name for field in dataclasses.fields(value))
        return {name: getattr(value, name) for name in names}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON for {type(value).__name__}")


def entry_hash(previous_hash: str, body: str) -> str:
    """SHA-256 over the previous hash (as hexadecimal text) and the entry's JSON, as hexadecimal text.

    Bytes that are no UTF-8, read with ``surrogateescape``, are hashed as the bytes that they are.
    """
    return hashlib.sha256((previous_hash + body).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it is kept: ``body`` is the very text that was hashed."""

    number: int
    body: str
    previous_hash: str
    hash: str


def chain(previous: tuple[int, str], content: Mapping[str, Any]) -> Line:
    """The line that follows ``previous`` (number, hash) and holds ``content``; the number is the next one."""
    number = previous[0] + 1
    body = canonical({**content, "number": number})
    return Line(number, body, previous[1], entry_hash(previous[1], body))


def read_entry(line: Line) -> Entry:
    """The entry that ``line`` holds. Raises ValueError where its body is not an entry's JSON."""
    try:
        content = json.loads(line.body)
        if not _is_entry(content) or content["number"] != line.number:
            raise ValueError(f"line {line.number} holds no entry")
        at = dt.datetime.fromisoformat(content["at"]).astimezone(JST)
    except (RecursionError, OverflowError) as error:  # a thousand brackets, a moment before the first year
        raise ValueError(f"line {line.number} holds no entry") from error
    return Entry(
        number=line.number,
        at=at,
        event=content["event"],
        submission=content["submission"],
        by=content["by"],
        account=content["account"],
        detail=content["detail"],
        set=content["set"],
        previous_hash=line.previous_hash,
        hash=line.hash,
    )


def _is_entry(content: object) -> bool:
    return (
        isinstance(content, dict)
        and content.keys() == _ENTRY_KEYS
        and all(isinstance(content[key], str) for key in ("at", "event", "by", "account"))
        and all(isinstance(content[key], dict) for key in ("detail", "set"))
        and isinstance(content["submission"], int | None)
    )


def fold(row: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    """The submission's row after ``entry``; ``row`` is what its earlier entries made of it, empty for the first.

    An entry that sets nothing (news, a duplicate) leaves the row and its version alone.
    """
    if not entry.set:
        return dict(row)
    at = entry.at.isoformat()
    return {
        **row,
        **entry.set,
        "id": entry.submission,
        "version": entry.number,
        "created_at": row.get("created_at", at),
        "updated_at": at,
    }
