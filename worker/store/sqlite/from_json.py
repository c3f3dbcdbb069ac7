"""Makes a value of the model from the JSON of its row, as strictly as it was written: no type becomes another.

It reads the annotations of the dataclass. No library is loaded for it: ``list`` would spend half its time on one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, Final, Literal, NamedTuple, NoReturn, Union, get_args, get_origin, get_type_hints

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
    return kind(**given)


class _Form(NamedTuple):
    """How the fields of one dataclass are read, by their names."""

    plain: dict[str, frozenset[type]]
    """The types that are taken as they are."""
    readers: dict[str, Reader | None]
    """The readers of other types."""
    needed: tuple[str, ...]
    """The fields without a default."""


@cache
def _form_of(kind: Any) -> _Form:
    hints = get_type_hints(kind)
    fields = dataclasses.fields(kind)
    ways = {each.name: _ways_of(hints[each.name]) for each in fields}
    return _Form(
        {name: plain for name, (plain, _) in ways.items()},
        {name: read for name, (_, read) in ways.items()},
        tuple(each.name for each in fields if each.default is each.default_factory is dataclasses.MISSING),
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
        return tuple([_read_item(at, each, plain, read) for at, each in enumerate(value)])

    return read_list


def _reader_of_group(ways: list[tuple[frozenset[type], Reader | None]]) -> Reader:
    def read_group(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) != len(ways):
            _refuse()
        return tuple([_read_item(at, each, *ways[at]) for at, each in enumerate(value)])

    return read_group


def _read_item(at: int, value: Any, plain: frozenset[type], read: Reader | None) -> Any:
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
