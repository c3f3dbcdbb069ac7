"""Finds the line of a key in a TOML file, so that a problem leads a person there.

The line is that of the key itself, else of the nearest table around it; none if neither is written. The file is read
by lines, and only after a problem was found.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from worker.config.toml import Path, key_path

_PART: Final = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_HEADER: Final = re.compile(rf"\s*(\[\[?)\s*({_PART}(?:\s*\.\s*{_PART})*)\s*\]")
_KEY: Final = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_LAST_PART: Final = re.compile(r"(?:\.[^.\[]*|\[\d+\])$|^[^.\[]+$")
_FENCES: Final = ('"""', "'" * 3)


def index_lines(content: bytes) -> dict[str, int]:
    """The line, from one, of each table and key that begins a line of ``content``; keys as ``key_path`` writes them."""
    lines: dict[str, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in _lines_outside_texts(content):
        header = _HEADER.match(line)
        if header is not None:
            table = _place_of_table(_parts(header[2]), counts, is_one_of_many=header[1] == "[[")
            lines.setdefault(key_path(table), number)
            continue
        key = _KEY.match(line)
        if key is not None:
            lines.setdefault(key_path((*table, *_parts(key[1]))), number)
    return lines


def line_of(key: str, lines: Mapping[str, int]) -> int | None:
    """Returns the line of ``key``, or of its table; None if neither begins a line."""
    while key:
        if key in lines:
            return lines[key]
        shorter = _LAST_PART.sub("", key)
        if shorter == key:
            return None
        key = shorter
    return None


def _lines_outside_texts(content: bytes) -> Iterator[tuple[int, str]]:
    """Each line that does not lie inside a text of several lines."""
    fence = ""
    for number, line in enumerate(content.decode("utf-8-sig", errors="replace").split("\n"), start=1):
        if not fence:
            yield number, line
        for each in _FENCES:
            if fence in ("", each) and line.count(each) % 2:
                fence = "" if fence else each


def _parts(key: str) -> Path:
    if _BARE.fullmatch(key):
        return (key,)
    try:
        table: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        return (key,)
    parts = []
    while isinstance(table, dict):
        ((part, table),) = table.items()
        parts.append(part)
    return tuple(parts)


def _place_of_table(parts: Path, counts: dict[Path, int], *, is_one_of_many: bool) -> Path:
    """Returns the path of the table: below the last of each list of tables that its name leads through."""
    place: Path = ()
    for part in parts[:-1]:
        place = (*place, part)
        if place in counts:
            place = (*place, counts[place] - 1)
    place = (*place, parts[-1])
    if not is_one_of_many:
        return (*place, counts[place] - 1) if place in counts else place
    counts[place] = counts.get(place, 0) + 1
    return (*place, counts[place] - 1)
