"""Reads the bytes of one configuration file as TOML and checks it against a shape.

Finds every fault of a file in one go and names each by its key path; ``project[2].section`` counts from one. Refuses
strings that could break a header. ``settings``, ``issuers``, ``guarantors`` and ``projects`` define the shapes.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Annotated, Any, Final, Generic, TypeVar, Union, cast, get_args, get_origin

import tomli
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from worker.core.errors import Problem
from worker.core.japanese_dates import read_date
from worker.core.text import unreachable_place, unsafe_character

Path = tuple[str | int, ...]
"""The keys that lead to a value, and positions counted from zero."""

NAMES_SHOWN: Final = 15
"""Valid names that a problem lists if none is near; more than these no longer fit a line or two."""


class Shape(BaseModel):
    """The base of every table's shape: no conversions between types, no unknown key, defaults checked as well."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, validate_default=True)


NonEmpty = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
T = TypeVar("T")
OneOf = Annotated[T, Field(strict=False)]
"""A member of an enum, written as its value."""
Listed = Annotated[tuple[T, ...], Field(strict=False)]
"""A TOML list as a tuple; the items stay strict."""


def _refuse_empty(values: tuple[T, ...]) -> tuple[T, ...]:
    if not values:
        raise Refused("empty")
    return values


Some = Annotated[tuple[T, ...], Field(strict=False), AfterValidator(_refuse_empty)]
"""A list of at least one; ``min_length`` would count a wrong item as missing."""


class PerProduct(Shape, Generic[T]):
    """One value for each product."""

    contract: T | None = None
    advance: T | None = None
    interim: T | None = None


class Refused(ValueError):
    """A value of the right type that is still not allowed; ``code`` is one of ``messages``, with its params."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
        self.more: tuple[tuple[str, Mapping[str, str]], ...] = ()
        """Further findings about the same value."""


def _check_place(text: str) -> str:
    if code := unreachable_place(text):
        raise Refused(code, path=text)
    return text


PathText = Annotated[str, AfterValidator(_check_place)]
"""The path of a file or folder, absolute or relative; it may be empty where a key allows that."""
SomePath = Annotated[NonEmpty, AfterValidator(_check_place)]
M = TypeVar("M", bound=Shape)
V = TypeVar("V")


@lru_cache(maxsize=64)  # there are fewer pairs; a register of 10,000 projects asks as many times
def _shared_names(kind: Any, shape: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name in shape.model_fields)


def value_of(kind: type[V], shape: Shape, /, **given: Any) -> V:
    """Returns the dataclass ``kind`` made of the fields that ``shape`` has in common with it, and of ``given``."""
    shared: tuple[str, ...] = _shared_names(cast("Any", kind), type(shape))
    return kind(**({name: getattr(shape, name) for name in shared} | given))


# --- Bytes to a table ----------------------------------------------------------------------------------------

_PLACE: Final = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")
_BARE: Final = re.compile(r"[^\s=\.\[\]{},#\"'\u3000]+")
_UNSEEN: Final = frozenset("\u00a0\u200b\u200c\u200d\u2060\ufeff") | frozenset(map(chr, range(0x2000, 0x200B)))
"""Spaces that editors and web pages put in and that look like a usual one, or like nothing."""
_WIDE_SIGNS: Final = frozenset("\u3000＝＂“”„’‘［］｛｝，、＃．。")


def parse_toml(file: str, content: bytes, found: list[Problem]) -> dict[str, Any] | None:
    """Returns the table in ``content``; None, with a problem in ``found``, if it is not TOML 1.0 in UTF-8.

    A byte order mark is tolerated: editors on Windows write one.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found.append(Problem(file, "", "not_utf8", {"line": str(line)}))
        return None
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a bare ValueError
        found.append(_syntax_problem(file, text, str(error)))
        return None


_HEADING: Final = re.compile(r"\s*\[\[?\s*(?P<name>[^\]]*?)\s*\]")
_ASSIGNED: Final = re.compile(r"""[^="'#]*(?:"[^"]*"[^="'#]*|'[^']*'[^="'#]*)*=\s*(?P<value>[^#]*?)\s*(?:\#.*)?$""")
_SLIPS: Final = (
    (
        "bare_date",
        re.compile(
            r"(?:[RHSrhs]|令和|平成|令|平)?\s*[0-9０-９元]{1,4}\s*[./年\-．／]\s*[0-9０-９]{1,2}\s*[./月\-．／].*"
            r"|[0-9０-９]{1,2}\s*[月/／]\s*[0-9０-９]{1,2}\s*日?"
        ),
    ),
    (
        "bare_number",
        re.compile(r"[¥￥]?[0-9０-９]{1,3}(?:[,，][0-9０-９]{3})+円?|[¥￥]?[0-9０-９]+\s*[千万億]?円|[0-9]+[千万億]"),
    ),
    ("bare_switch", re.compile(r"(?i:yes|no|on|off|true|false)|はい|いいえ|有|無|○|〇|×")),
    ("open_quote", re.compile(r"""["'][^"']*""")),
    ("bare_value", re.compile(r"[A-Za-z][\w.@+/: -]*")),
)
"""Common mistakes in a value that is not TOML; the first form that fits names the mistake."""
_SAYINGS: Final = (
    ("declared_twice", ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate")),
    ("open_quote", ("Unterminated string", "Illegal character '\\n'")),
    ("open_bracket", ("Unclosed", "Expected ']'")),
    ("no_equals", ("Expected '='",)),
    ("bad_escape", ("Unescaped", "Invalid hex value")),
)
"""Beginnings of the decoder's own messages → what they come of."""


def _syntax_problem(file: str, text: str, message: str) -> Problem:
    """Returns the decoder's message as a problem; common mistakes get a code of their own."""
    lines = text.replace("\r\n", "\n").split("\n")
    place = _PLACE.search(message)
    number, column = (int(place[1]), int(place[2])) if place and place[1] else (len(lines), 1)
    detail = _PLACE.sub("", message)
    line = lines[number - 1] if number <= len(lines) else ""
    rest = line[column - 1 :]
    params = {"line": str(number), "column": str(column), "detail": detail}
    if slip := _slip_in(line, rest):
        return Problem(file, "", slip[0], params | {"value": slip[1], "date": _as_date(slip[1])})
    if rest and rest[0] in _UNSEEN:
        return Problem(file, "", "unseen_space", params | {"character": f"U+{ord(rest[0]):04X}"})
    if rest[:1] in _WIDE_SIGNS and rest:
        return Problem(file, "", "wide_sign", params | {"sign": rest[0]})
    if rest[:1] > "\x7f":
        if detail.startswith("Invalid value"):
            return Problem(file, "", "bare_value", params)
        return _bare_name(file, line, _bare_word(line, column - 1), params)
    code = next((code for code, beginnings in _SAYINGS if detail.startswith(beginnings)), "toml_syntax")
    return Problem(file, "", code, params)


def _as_date(value: str) -> str:
    """Returns ``value`` as TOML writes a date; an example if it is not one certain day."""
    try:
        return read_date(value).isoformat()
    except ValueError:
        return "2026-04-01"


def _slip_in(line: str, rest: str) -> tuple[str, str] | None:
    """Returns the mistake that the line's value is, if the decoder stopped at that value or within it."""
    found = _ASSIGNED.match(line)
    if found is None or len(rest) > len(line) - found.start("value") or rest[:1] in _WIDE_SIGNS - {"．", "，"}:
        return None
    value = found["value"]
    return next(((code, value) for code, form in _SLIPS if form.fullmatch(value)), None)


def _bare_name(file: str, line: str, name: str, params: Mapping[str, str]) -> Problem:
    """A key or a heading with quoted letters; a section's id takes none of them, quoted or not."""
    heading = _HEADING.match(line)
    if heading is None:
        return Problem(file, "", "bare_key", {**params, "name": name})
    if re.match(r"section\s*\.", heading["name"]):
        return Problem(file, "", "section_id", {**params, "name": name})
    quoted = ".".join(f'"{part}"' if part == name else part for part in re.split(r"\s*\.\s*", heading["name"]))
    brackets = ("[[", "]]") if line.lstrip().startswith("[[") else ("[", "]")
    return Problem(file, "", "bare_heading", {**params, "name": name, "heading": quoted.join(brackets)})


def _bare_word(line: str, at: int) -> str:
    """The whole unquoted word around position ``at``: the decoder stops in the middle of ``R8工事``."""
    return next((word[0] for word in _BARE.finditer(line) if word.start() <= at < word.end()), line[at:])


# --- A table to its shape ------------------------------------------------------------------------------------


def check_table(shape: type[M], table: Mapping[str, Any], file: str, found: list[Problem]) -> M | None:
    """Returns ``table`` in its ``shape``; None, with every problem in ``found``, if anything in it is wrong."""
    before = len(found)
    found.extend(_unsafe_values(table, file))
    try:
        checked = shape.model_validate(dict(table))
    except ValidationError as error:
        seen = {(problem.key, problem.code) for problem in found[before:]}
        for fault in error.errors(include_url=False):
            for problem in _problems_of(shape, table, fault, file):
                if (problem.key, problem.code) not in seen:
                    seen.add((problem.key, problem.code))
                    found.append(problem)
        return None
    return checked if len(found) == before else None


def _unsafe_values(table: Mapping[str, Any], file: str) -> Iterator[Problem]:
    at_once = "".join(_all_strings(dict(table)))  # a register holds 100,000 strings
    if unsafe_character(at_once) is None:
        return
    for path, text in strings_in(table):
        character = unsafe_character(text)
        if character is not None:
            yield Problem(file, key_path(path), "unsafe_value", {"character": character})


def _all_strings(table: Mapping[str, Any]) -> list[str]:
    """Every string below ``table``, keys included, in no order."""
    strings: list[str] = []
    left: list[Any] = [table]
    while left:
        value = left.pop()
        kind = type(value)  # the decoder's own types only, and no subclass
        if kind is str:
            strings.append(value)
        elif kind is dict:
            strings += value
            left += value.values()
        elif kind is list:
            left += value
    return strings


def strings_in(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yields every string below ``value`` with its path; a key is a string too, with the path of its value."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*path, key), key
            yield from strings_in(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from strings_in(inner, (*path, position))


def key_path(path: Path) -> str:
    """``path`` as people read it: ``mailbox.main.port``, ``project[2].section`` (the second project)."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


_KEY_ITSELF: Final = "[key]"
"""Pydantic puts it behind a key that is itself at fault."""

_CODES: Final = {
    "missing": "missing_key",
    "string_type": "not_text",
    "int_type": "not_a_number",
    "int_from_float": "not_a_number",
    "bool_type": "not_a_switch",
    "list_type": "not_a_list",
    "tuple_type": "not_a_list",
    "dict_type": "not_a_table",
    "model_type": "not_a_table",
    "model_attributes_type": "not_a_table",
    "date_type": "not_a_date",
    "date_from_datetime_inexact": "not_a_date",
    "date_parsing": "not_a_date",
    "string_too_short": "empty",
    "string_pattern_mismatch": "empty",
    "too_short": "empty",
}


def _written_path(table: Mapping[str, Any], path: Path) -> Path:
    """Returns ``path`` without the parts that only a shape adds: a table may replace a list of one, a text a table."""
    value: Any = table
    written: list[str | int] = []
    for part in path:
        is_added = isinstance(part, int) or part == _KEY_ITSELF
        is_plain = isinstance(value, str | int | float | dt.date | dt.time)
        if is_plain or (isinstance(value, Mapping) and is_added and part not in value):
            continue
        written.append(part)
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            value = None
    return tuple(written)


def _problems_of(shape: type[Shape], table: Mapping[str, Any], fault: Any, file: str) -> Iterator[Problem]:
    path: Path = fault["loc"]
    key = key_path(_written_path(table, path))
    kind = fault["type"]
    context = fault.get("ctx", {})
    if kind == "extra_forbidden":
        name = str(path[-1])
        if (place := _place_of(shape, path)) is not None:
            code = "misplaced_key" if place else "misplaced_at_end"
            yield Problem(file, key, code, {"name": name, "place": place, "here": key_path(path[:-1])})
            return
        yield Problem(file, key, "unknown_key", {"name": name, "nearest": nearest(name, _keys_at(shape, path[:-1]))})
    elif kind == "value_error" and isinstance(context.get("error"), Refused):
        refused = context["error"]
        for code, params in ((refused.code, refused.params), *refused.more):
            yield Problem(file, key, code, params)
    elif kind in {"enum", "literal_error"}:
        valid = re.findall(r"'([^']*)'", str(context["expected"]))
        yield Problem(file, key, "unknown_value", {"value": str(fault["input"]), "valid": ", ".join(valid)})
    elif kind in {"greater_than_equal", "less_than_equal"}:
        yield Problem(
            file,
            key,
            f"too_{'small' if 'ge' in context else 'large'}",
            {"limit": f"{context.get('ge', context.get('le')):,}"},
        )
    else:
        code = _CODES.get(kind, "wrong_value")
        yield Problem(file, key, code, {"detail": fault["msg"], "form": _form_at(shape, path)})


def _place_of(shape: type[Shape], path: Path) -> str | None:
    """The heading of the nearest table around ``path`` that takes its key; "" for the file's own beginning."""
    for end in range(len(path) - 2, -1, -1):
        if str(path[-1]) in _keys_at(shape, path[:end]):
            names = [str(part) for part in path[:end] if isinstance(part, str)]
            return ("[[{}]]" if isinstance(path[end - 1], int) else "[{}]").format(".".join(names)) if end else ""
    return None


_SAMPLES: Final = {tuple: '["…"]', int: "0", bool: "true", dt.date: "2026-04-01"}


def _form_at(shape: type[Shape], path: Path) -> str:
    """Returns how the table at ``path`` is written: with the keys that it must have, else with its first."""
    annotation: Any = shape
    for part in path:
        annotation = _inside(annotation, part)
    annotation = _bare_annotation(annotation)
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return "[…]"
    fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
    shown = [name for name, field in fields.items() if field.is_required()] or list(fields)[:1]
    return "{ " + ", ".join(f"{name} = {_sample_of(fields[name].annotation)}" for name in shown) + " }"


def _sample_of(annotation: Any) -> str:
    annotation = _bare_annotation(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "{ … }"
    return _SAMPLES.get(get_origin(annotation) or annotation, '"…"')


def nearest(name: str, valid: Iterable[str]) -> str:
    """Returns the valid name nearest to ``name``; the valid names (bounded) if none is near, ``-`` if there is none."""
    names = list(valid)
    close = difflib.get_close_matches(name.lower(), names, n=1)
    if close:
        return close[0]
    return ", ".join(names[:NAMES_SHOWN]) + (", …" if len(names) > NAMES_SHOWN else "") or "-"


def _keys_at(shape: type[Shape], path: Path) -> list[str]:
    """The keys that the table at ``path`` may hold."""
    annotation: Any = shape
    for part in path:
        annotation = _inside(annotation, part)
    annotation = _bare_annotation(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [field.alias or name for name, field in annotation.model_fields.items()]
    return []


def _inside(annotation: Any, part: str | int) -> Any:
    annotation = _bare_annotation(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}
        return fields.get(str(part))
    of = [each for each in get_args(annotation) if each is not Ellipsis]
    return (of or [None])[-1]  # tuple[X, ...], list[X] and dict[str, X]


def _bare_annotation(annotation: Any) -> Any:
    """``X`` of ``Annotated[X, …]`` and of ``X | None``."""
    while get_origin(annotation) in {Annotated, Union, types.UnionType}:
        annotation = get_args(annotation)[0]
    return annotation


# --- Looking at a table whose shape may be wrong -------------------------------------------------------------


def table_in(value: object, key: str) -> Mapping[str, Any]:
    """Returns the table at ``key``, else an empty one, so that references are checked although other faults exist."""
    inner = value.get(key) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def texts_in(value: object, key: str) -> list[tuple[int, str]]:
    """Returns the strings of the list at ``key`` with their positions; none if it is not a list."""
    inner = value.get(key) if isinstance(value, Mapping) else None
    return [(at, text) for at, text in enumerate(inner) if isinstance(text, str)] if isinstance(inner, list) else []
