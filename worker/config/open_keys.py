"""The keys that an issuer's file calls uncertain (``open``), and the rules that depend on each.

An open key belongs to every rule that depends on it, but not to a rule whose own, later table writes the key.
``compose`` holds a submission that depends on one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from worker.config.rule_layers import RULE_KEYS, RULE_TABLES
from worker.config.toml import key_path, nearest, table_in, texts_in
from worker.core.errors import Problem

_SECTION: Final = "section"
_RULE: Final = "rule"
_VALUE: Final = "value"


def _with_keys(table: str, keys: Iterable[str]) -> list[str]:
    return [table, *(f"{table}.{key}" for key in keys)]


_RULE_NAMES: Final = [name for table in RULE_TABLES for name in _with_keys(f"{_RULE}.{table}", RULE_KEYS)]


def problems_of_open(
    file: str, table: Mapping[str, Any], own: Iterable[str], section_keys: Sequence[str], value_keys: Sequence[str]
) -> Iterator[Problem]:
    """Each name in ``open`` that is no key: ``own`` are the file's own keys, the others those of its tables."""
    for at, key in texts_in(table, "open"):
        first, dot, _ = key.partition(".")
        if first == _RULE and dot:
            valid = _RULE_NAMES
        elif dot and first in (_SECTION, _VALUE):
            keys = section_keys if first == _SECTION else value_keys
            valid = [name for id_ in table_in(table, first) for name in _with_keys(f"{first}.{id_}", keys)]
        else:
            valid = list(own)
        if key not in valid:
            sections = [
                name for id_ in table_in(table, _SECTION) for name in _with_keys(f"{_SECTION}.{id_}", section_keys)
            ]
            near = _nearest(key, valid, [*own, *sections, *_RULE_NAMES])
            yield Problem(file, key_path(("open", at)), "unknown_key", {"name": key, "nearest": near})


def _nearest(key: str, valid: Sequence[str], all_: Sequence[str]) -> str:
    """The valid name nearest to ``key``; never a whole table for one of its keys, which would open more than meant.

    A key that only other tables have (``rule.default.to``) is meant there (``section.doboku.to``).
    """
    last, depth = key.rpartition(".")[2], key.count(".")
    if not any(name.rpartition(".")[2] == last for name in valid):
        elsewhere = [name for name in all_ if name.rpartition(".")[2] == last and "." in name]
        if elsewhere:
            return nearest(key, elsewhere) if len(elsewhere) > 1 else elsewhere[0]
    return nearest(key, [name for name in valid if name.count(".") >= depth] or valid)
