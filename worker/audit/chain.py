"""Decides the bytes of an entry, its place in the chain, and the row that the entries of a submission fold to.

The same content gives the same bytes and the same hash on every machine, so that an outsider can check the chain with a
few lines of any language (``docs/log-format.md``).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, NamedTuple

from worker.core.model import JST, Answer, Entry, Hold, Key, Submission
from worker.core.text import encodable

GENESIS: Final = "0" * 64
"""The previous hash of the first entry."""


_VALUES: Final = itemgetter("number", "at", "event", "submission", "by", "account", "detail", "set")
"""The values of an entry."""
_KEYS: Final = 8
"""An entry has no others."""
_MOMENT: Final = re.compile(
    r"(?!0001)[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.(?!000000)[0-9]{6})?\+09:00"
)
"""A moment as this program writes it."""


def canonical(value: object) -> str:
    """``value`` as JSON with keys sorted and no spaces; the same value gives the same text on every machine.

    Times become ISO 8601 with +09:00, a dataclass an object of its fields, a Key its mask. Hold, Answer and
    Submission have a form of their own (``stored``). A lone surrogate of a broken mail header becomes ``?``.

    Raises TypeError for anything else, ValueError for a time without a zone or a number that JSON does not know.
    """
    return encodable(_ENCODE(value))


_FIELDS: Final[dict[type, tuple[str, ...]]] = {}
"""The fields of each dataclass that was ever written."""


def _plain(value: object) -> object:
    kind = type(value)
    if (names := _FIELDS.get(kind)) is not None:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, Hold | Answer | Submission):
        return value.stored()
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


_ENCODE: Final = json.JSONEncoder(
    ensure_ascii=False,
    allow_nan=False,
    sort_keys=True,
    separators=(",", ":"),
    default=_plain,
    check_circular=False,  # a quarter of the time; no value of ours holds itself
).encode


def entry_hash(previous_hash: str, body: str) -> str:
    """SHA-256 over the previous hash (as hexadecimal text) and the entry's JSON, as hexadecimal text.

    Bytes that are no UTF-8, read with ``surrogateescape``, are hashed as the bytes that they are.
    """
    return hash_bytes(previous_hash, body.encode("utf-8", "surrogateescape"))


def hash_bytes(previous_hash: str, body: bytes) -> str:
    """``entry_hash`` of a body in UTF-8."""
    return hashlib.sha256(previous_hash.encode("utf-8", "surrogateescape") + body).hexdigest()


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry as it is kept: ``body`` is the very text that was hashed."""

    number: int
    body: str
    previous_hash: str
    hash: str


class EncodedLine(NamedTuple):
    """The same with the body in UTF-8, for a reader of all lines: most bodies are never decoded."""

    number: int
    body: bytes
    previous_hash: str
    hash: str


def chain(previous: tuple[int, str], content: Mapping[str, Any]) -> LogLine:
    """The line that follows ``previous`` (number, hash) and holds ``content``; the number is the next one."""
    number = previous[0] + 1
    body = canonical({**content, "number": number})
    return LogLine(number, body, previous[1], entry_hash(previous[1], body))


def read_entry(line: LogLine) -> Entry:
    """The entry that ``line`` holds. Raises ValueError, TypeError or KeyError if it holds none."""
    content, moment = read_content(line.number, line.body)
    return Entry(
        number=line.number,
        at=parse_moment(moment),
        event=content["event"],
        submission=content["submission"],
        by=content["by"],
        account=content["account"],
        detail=content["detail"],
        set=content["set"],
        previous_hash=line.previous_hash,
        hash=line.hash,
    )


def read_content(
    number: int, body: str | bytes, parse: Callable[[Any], Any] = json.loads
) -> tuple[dict[str, Any], str]:
    """The keys of the entry in ``body``, and its moment as a row has it. Raises as ``read_entry`` does."""
    try:
        content = parse(body)
        if not _is_entry(content, number):
            raise ValueError(f"line {number} holds no entry")
        at = content["at"]
        moment = dt.datetime.fromisoformat(at)
        return content, at if _MOMENT.fullmatch(at) else moment.astimezone(JST).isoformat()
    except (RecursionError, OverflowError) as error:  # a thousand brackets, a moment before the first year
        raise ValueError(f"line {number} holds no entry") from error


def parse_moment(moment: str) -> dt.datetime:
    """A moment that ``read_content`` returned."""
    return dt.datetime.fromisoformat(moment).astimezone(JST)


def _is_entry(content: Any, number: int) -> bool:
    if not isinstance(content, dict) or len(content) != _KEYS:
        return False
    written, at, event, submission, by, account, detail, changes = _VALUES(content)
    return (
        written == number
        and isinstance(at, str)
        and isinstance(event, str)
        and isinstance(by, str)
        and isinstance(account, str)
        and isinstance(detail, dict)
        and isinstance(changes, dict)
        and (submission is None or isinstance(submission, int))
    )


def fold(row: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    """The submission's row after ``entry``; ``row`` is the fold of its earlier entries, empty for the first.

    An entry that sets nothing (news, a duplicate) leaves the row and its version alone.
    """
    after = dict(row)
    fold_onto(after, entry.submission, entry.number, entry.at.isoformat(), entry.set)
    return after


def fold_onto(
    row: dict[str, Any], submission: int | None, number: int, moment: str, changes: Mapping[str, Any]
) -> None:
    """Change ``row`` by an entry that sets ``changes`` at this moment, in ISO 8601."""
    if not changes:
        return
    created = row.get("created_at", moment)
    row.update(changes)
    row["id"] = submission
    row["version"] = number
    row["created_at"] = created
    row["updated_at"] = moment
