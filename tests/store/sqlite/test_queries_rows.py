"""Rows of the store, read strictly and without a library: what was written comes back, and nothing else is taken."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import json
import random
import types
from collections.abc import Callable
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from tests.support.tables import every_case
from worker.audit.chain import canonical
from worker.core.errors import LogBroken
from worker.core.model import (
    JST,
    Alarm,
    Answer,
    Draft,
    FileRow,
    FollowUps,
    HealthRecord,
    Hold,
    MessageRow,
    Receipt,
    Submission,
)
from worker.core.params import Params
from worker.core.states import Reason, State
from worker.store.sqlite.queries import decode

KINDS = (Submission, Draft, FollowUps, Receipt, MessageRow, FileRow, HealthRecord, Alarm)
WORDS = ("", "道路改良工事", "a@b.example", "0" * 64, "\u2028 'x\"\\", "null")


def made(hint: Any, chance: random.Random) -> Any:
    """A value of this annotation."""
    hint = getattr(hint, "__supertype__", hint)
    if get_origin(hint) is tuple:
        items = get_args(hint)
        if Ellipsis in items:
            return tuple(made(items[0], chance) for _ in range(chance.randrange(3)))
        return tuple(made(each, chance) for each in items)
    if args := get_args(hint):
        return made(chance.choice(args), chance)
    if hint in MADE:
        return MADE[hint](chance)
    if issubclass(hint, Enum):
        return chance.choice(list(hint))
    return hint(**{name: made(each, chance) for name, each in hints_of(hint)})


@functools.cache
def hints_of(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    hints = get_type_hints(kind)
    return tuple((each.name, hints[each.name]) for each in dataclasses.fields(kind))


MADE: dict[type, Callable[[random.Random], object]] = {
    types.NoneType: lambda _: None,
    str: lambda chance: chance.choice(WORDS),
    int: lambda chance: chance.randrange(-1, 10**12),
    bool: lambda chance: chance.random() < 0.5,
    dt.date: lambda chance: dt.date(2026, 11, 1 + chance.randrange(30)),
    dt.datetime: lambda chance: dt.datetime.fromtimestamp(chance.randrange(2**32) + chance.randrange(2) / 8, JST),
    Params: lambda chance: Params(code="code", names=("a", "b"), more=Params(x=chance.choice(WORDS))),
    Hold: lambda chance: Hold.of(chance.choice(list(Reason)), "code", value=chance.choice(WORDS)),
    Answer: lambda chance: Answer(
        Reason.APPROVAL, Params(a="b"), "山田", "root", made(dt.datetime, chance), chance.choice(WORDS)
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_written_is_read_back_equal(kind: type[Any]) -> None:
    for seed in range(200):
        value = made(kind, random.Random(seed))
        assert decode(kind, canonical(value)) == value


WRONG: dict[type, tuple[object, ...]] = {
    str: (None, 5, True, [], {}),
    int: (None, "5", 5.0, True, []),
    bool: (None, 1, "true"),
    dt.datetime: (None, 5, "", "2026-11-24", "tomorrow, at noon"),
}


@pytest.mark.parametrize(
    ("kind", "name", "of"),
    [
        (Submission, "id", int),
        (Submission, "proven", bool),
        (Submission, "notice_name", str),
        (MessageRow, "mailbox", str),
        (FileRow, "looked_at", dt.datetime),
        (Alarm, "created_at", dt.datetime),
    ],
)
def test_a_value_of_another_type_is_not_turned_into_the_right_one(kind: type[Any], name: str, of: type) -> None:
    row = json.loads(canonical(made(kind, random.Random(5))))
    for wrong in WRONG[of]:
        with pytest.raises(LogBroken) as broken:
            decode(kind, json.dumps(row | {name: wrong}))
        assert broken.value.detail == f"{kind.__name__}: {name}"


@every_case(
    ("change", "places"),
    [
        ({"state": "GONE"}, "state"),
        ({"state": ["HELD"]}, "state"),
        ({"reasons": [{"reason": "approval"}, {"reason": "none"}]}, "reasons.1"),
        ({"reasons": {"reason": "approval"}}, "reasons"),
        ({"joined": [1, "2"]}, "joined.1"),
        ({"draft": {"sender": 5}}, "draft.sender"),
        ({"duties": {"entries": [["a", "b"], ["a"]]}}, "duties.entries.1"),
        ({"duties": {"deadline": "2026-13-01"}}, "duties.deadline"),
        ({"evidence": 5}, "evidence"),
        ({"product": "loan"}, "product"),
    ],
)
def test_the_places_of_what_cannot_be_read_are_named_without_its_values(change: dict[str, Any], places: str) -> None:
    with pytest.raises(LogBroken) as broken:
        decode(Submission, json.dumps({"id": 1, "state": "HELD"} | change))
    assert places in broken.value.detail
    assert "GONE" not in broken.value.detail


@every_case("row", ["", "{", "[]", "null", "5", '"x"', "[" * 100_000, "{}", '{"id": 1}', '{"state": "HELD"}'])
def test_a_row_that_is_no_such_object_is_refused(row: str) -> None:
    with pytest.raises(LogBroken):
        decode(Submission, row)


def test_fields_of_older_and_of_later_versions_are_no_fault() -> None:
    row = '{"id": 7, "state": "HELD", "of_a_later_version": [1]}'
    assert decode(Submission, row) == Submission(id=7, state=State.HELD)
