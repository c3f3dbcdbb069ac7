"""Reads dataclasses from JSON as strictly as they were written: no type becomes another.

The annotations of a dataclass say how its fields are read. A field that an older version did not write gets its
default. No library is loaded for it: ``list`` would spend half its time on one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import types
from collections.abc import Callable
from enum import Enum
from functools import cache
from itertools import chain
from operator import methodcaller
from typing import Any, Final, Literal, NamedTuple, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from worker.core.model import Part

T = TypeVar("T")
Reader = Callable[[Any], Any]
_PLAIN: Final = frozenset({str, int, bool, types.NoneType})
"""Types that JSON has itself: checked, not made."""
_DATE_LENGTH: Final = len("2026-11-24")


class Misfit(ValueError):
    """The JSON holds no such value; ``places`` are the paths to what is wrong, in the order of the fields."""

    def __init__(self, places: tuple[str, ...]) -> None:
        super().__init__(", ".join(places))
        self.places = places

    def below(self, part: object) -> list[str]:
        """The same places as seen from the value around this one."""
        return [f"{part}.{place}" if place else str(part) for place in self.places]


def read_json(kind: type[T], text: str | bytes | None) -> T | None:
    """Returns the dataclass ``kind`` that ``write_json`` wrote; None for any other text, and for an empty one."""
    try:
        found: T = value_from(kind, json.loads(text or ""))
    except (ValueError, RecursionError):
        return None
    return found


def write_json(value: Any, *, ensure_ascii: bool = False, indent: int | None = None) -> str:
    """Returns the dataclass as JSON, its fields in their order and times as ISO 8601."""
    fields = dataclasses.asdict(value)
    return json.dumps(fields, ensure_ascii=ensure_ascii, indent=indent, default=methodcaller("isoformat"))


def value_from(kind: Any, parsed: object) -> Any:
    """Returns the dataclass ``kind`` from parsed JSON; a missing field gets its default. Raises Misfit.

    A field that ``kind`` does not have is left out: a later version may have written it. ``parsed`` is used up.
    """
    if type(parsed) is not dict:
        _refuse()
    form = _form_of(kind)
    plain = form.plain
    given = parsed if parsed.keys() <= plain.keys() else {name: parsed[name] for name in parsed.keys() & plain.keys()}
    places = [name for name in form.needed if name not in given]
    for name in [name for name, value in given.items() if type(value) not in plain[name]]:
        read = form.readers[name]
        try:
            given[name] = read(given[name]) if read is not None else _refuse()
        except Misfit as misfit:
            places += misfit.below(name)
        except ValueError:
            places.append(name)
    if places:
        raise Misfit(tuple(places))
    for part, (keys, part_kind) in form.parts.items():
        if own := keys & given.keys():  # a part without a value is the default itself
            given[part] = part_kind(**{key: given.pop(key) for key in own})
    return kind(**given)


class _Form(NamedTuple):
    """The readers of the fields of one dataclass, by their names."""

    plain: dict[str, frozenset[type]]
    """The types that are taken as they are."""
    readers: dict[str, Reader | None]
    """The readers of other types."""
    needed: tuple[str, ...]
    """The fields without a default."""
    parts: dict[str, tuple[frozenset[str], type[Part]]]
    """The fields of each part, which stand beside the others in the JSON."""


@cache
def _form_of(kind: Any) -> _Form:
    parts = {each.name: type(each.default) for each in dataclasses.fields(kind) if isinstance(each.default, Part)}
    fields = [each for each in dataclasses.fields(kind) if each.name not in parts]
    keys = {part: dataclasses.fields(part_kind) for part, part_kind in parts.items()}
    hints = {name: hint for each in (kind, *parts.values()) for name, hint in get_type_hints(each).items()}
    ways = {each.name: _ways_of(hints[each.name]) for each in chain(fields, *keys.values())}
    return _Form(
        {name: plain for name, (plain, _) in ways.items()},
        {name: read for name, (_, read) in ways.items()},
        tuple(each.name for each in fields if each.default is each.default_factory is dataclasses.MISSING),
        {part: (frozenset(key.name for key in keys[part]), part_kind) for part, part_kind in parts.items()},
    )


def _refuse() -> NoReturn:
    raise Misfit(("",))


@cache
def _ways_of(hint: Any) -> tuple[frozenset[type], Reader | None]:
    """The types that a value of ``hint`` may have in JSON already, and the reader of any other."""
    hint = getattr(hint, "__supertype__", hint)  # a NewType
    if hint in _PLAIN:
        return frozenset({hint}), None
    if get_origin(hint) in {Union, types.UnionType}:
        ways = [_ways_of(each) for each in get_args(hint)]
        return frozenset().union(*(plain for plain, _ in ways)), next(filter(None, (read for _, read in ways)), None)
    return frozenset(), _reader_of(hint)


def _reader_of(hint: Any) -> Reader:
    if get_origin(hint) is tuple:
        items = [_ways_of(each) for each in get_args(hint) if each is not Ellipsis]
        return _reader_of_list(*items[0]) if Ellipsis in get_args(hint) else _reader_of_group(items)
    if hint is dt.datetime:
        return _read_moment
    if hint is dt.date:
        return _read_day
    if get_origin(hint) is frozenset:
        read_items = _reader_of_list(*_ways_of(get_args(hint)[0]))
        return lambda value: frozenset(read_items(value))
    if get_origin(hint) is Literal:
        return _reader_of_choice(get_args(hint))
    if issubclass(hint, Enum):
        return _reader_of_member(hint)
    read: Reader | None = getattr(hint, "read", None)  # Hold, Answer, Params: they know their own forms
    return read or (lambda value: value_from(hint, value))


def _reader_of_list(plain: frozenset[type], read: Reader | None) -> Reader:
    def read_list(value: Any) -> tuple[Any, ...]:
        if type(value) is not list:
            _refuse()
        if not value:
            return ()
        return tuple([_read_element(at, each, plain, read) for at, each in enumerate(value)])

    return read_list


def _reader_of_group(ways: list[tuple[frozenset[type], Reader | None]]) -> Reader:
    def read_group(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) != len(ways):
            _refuse()
        return tuple([_read_element(at, each, *ways[at]) for at, each in enumerate(value)])

    return read_group


def _read_element(at: int, value: Any, plain: frozenset[type], read: Reader | None) -> Any:
    if type(value) in plain:
        return value
    try:
        return read(value) if read is not None else _refuse()
    except ValueError as error:
        raise Misfit(tuple((error if isinstance(error, Misfit) else Misfit(("",))).below(at))) from None


def _reader_of_member(kind: type[Enum]) -> Reader:
    members = {member.value: member for member in kind}

    def read_member(value: Any) -> Enum:
        found = members.get(value) if type(value) is str else None
        return found if found is not None else _refuse()

    return read_member


def _reader_of_choice(choices: tuple[object, ...]) -> Reader:
    def read_choice(value: Any) -> object:
        return value if type(value) is str and value in choices else _refuse()

    return read_choice


def _read_moment(value: Any) -> dt.datetime:
    if type(value) is not str or len(value) <= _DATE_LENGTH:
        _refuse()
    return dt.datetime.fromisoformat(value)


def _read_day(value: Any) -> dt.date:
    if type(value) is not str or len(value) != _DATE_LENGTH:
        _refuse()
    return dt.date.fromisoformat(value)
