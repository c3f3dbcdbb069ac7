"""Reads the store's directory alone: a fault elsewhere in the configuration does not hide the store.

It returns the directory that a valid ``worker.toml`` names, or none; no place is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import tomli

from worker.config.files import find_directory, resolve_store
from worker.core.errors import ConfigError

_FILE: Final = "worker.toml"
_HEADING: Final = re.compile(r"^[ \t]*\[", re.MULTILINE)
_STORE: Final = re.compile(r"^[ \t]*\[[ \t]*store[ \t]*\][ \t]*(?:#.*)?$", re.MULTILINE)


def find_store(option: str | None, env: Mapping[str, str], cwd: Path) -> Path:
    """The store's directory: ``[store] dir``, else $STATE_DIRECTORY. Raises ConfigError if neither names one."""
    try:
        directory = find_directory(option, env, cwd)
    except ConfigError:
        if not env.get("STATE_DIRECTORY"):
            raise
        directory = cwd  # of no effect: $STATE_DIRECTORY is absolute
    return resolve_store(_read_store_dir(directory / _FILE), directory, env)


def _read_store_dir(file: Path) -> str:
    try:
        return store_dir_in(file.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return ""


def store_dir_in(text: str) -> str:
    """Returns ``[store] dir`` in the text of ``worker.toml``; empty if it is not certain.

    A text that is no TOML is read for its one ``[store]`` table alone.
    """
    table: Mapping[str, object]
    try:
        table = tomli.loads(text)
    except (ValueError, RecursionError):
        table = _only_store(text)
    store = table.get("store")
    given = store.get("dir", "") if isinstance(store, Mapping) else ""
    return given if isinstance(given, str) else ""


def _only_store(text: str) -> Mapping[str, object]:
    text = text.replace("\r\n", "\n")
    headings = list(_STORE.finditer(text))
    if len(headings) != 1:
        return {}
    after = _HEADING.search(text, headings[0].end())
    try:
        return tomli.loads(text[headings[0].start() : after.start() if after else len(text)])
    except (ValueError, RecursionError):
        return {}
