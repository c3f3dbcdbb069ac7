"""Reads one directory out of the text of ``worker.toml``, also if other lines are wrong; no place is guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import tomli

_HEADING: Final = re.compile(r"^[ \t]*\[", re.MULTILINE)


def dir_in(text: str, name: str) -> str:
    """Returns ``dir`` of the table ``[name]`` in the text of ``worker.toml``; empty if it is not certain.

    A text that is no TOML is read for its one table of this name alone.
    """
    tables: Mapping[str, object]
    try:
        tables = tomli.loads(text)
    except (ValueError, RecursionError):
        tables = _only_table(text, name)
    table = tables.get(name)
    given = table.get("dir", "") if isinstance(table, Mapping) else ""
    return given if isinstance(given, str) else ""


def _only_table(text: str, name: str) -> Mapping[str, object]:
    text = text.replace("\r\n", "\n")
    heading = rf"^[ \t]*\[[ \t]*{re.escape(name)}[ \t]*\][ \t]*(?:#.*)?$"
    headings = list(re.finditer(heading, text, re.MULTILINE))
    if len(headings) != 1:
        return {}
    after = _HEADING.search(text, headings[0].end())
    try:
        return tomli.loads(text[headings[0].start() : after.start() if after else len(text)])
    except (ValueError, RecursionError):
        return {}
