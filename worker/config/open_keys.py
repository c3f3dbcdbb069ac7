"""The keys that an issuer's file calls uncertain (``open``), and the rules that depend on each.

An open key belongs to every rule that depends on it, but not to a rule whose own, later table writes the key.
``compose`` holds a submission that depends on one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from worker.config.rule_tables import RULE_KEYS, RULE_TABLES, SAID_BY_MAIL
from worker.config.toml import key_path, nearest, table_in, texts_in
from worker.core.errors import Problem
from worker.core.model import Product

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


def open_of_section(open_: Iterable[str], id_: str) -> tuple[str, ...]:
    """The open keys of this section."""
    own = f"{_SECTION}.{id_}"
    return tuple(key for key in open_ if key == own or key.startswith(own + "."))


def open_of_rule(
    open_: Iterable[str], product: Product, written: Sequence[tuple[str, AbstractSet[str]]]
) -> tuple[str, ...]:
    """The open keys that the rule rests on; ``written`` are its tables, the most general first, with their keys."""
    return tuple(key for key in open_ if _rests_on(key, product, written))


def _rests_on(key: str, product: Product, written: Sequence[tuple[str, AbstractSet[str]]]) -> bool:
    first, _, rest = key.partition(".")
    if first != _RULE:
        return first != _SECTION  # sections travel by themselves; the file's own keys concern every rule
    table, _, name = rest.partition(".")
    names = [each for each, _ in written]
    if table not in names:
        return False
    if name == "invoice" and product is Product.CONTRACT:
        return False  # a contract submission never carries one, even if the file names one
    later = frozenset[str]().union(*(keys for _, keys in written[names.index(table) + 1 :]))
    return not _says(later, name)


def left_unsaid(
    open_: Iterable[str], tables: Sequence[str], product: Product, assumed: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the keys that a rule by e-mail must have and no open key covers: those not assumed, then those assumed.

    ``tables`` are the names of its tables; the keys that they write are removed when they are laid over each other.
    """
    keys = [key for key in SAID_BY_MAIL if not (key == "invoice" and product is Product.CONTRACT)]
    uncovered = [key for key in keys if not is_open_in(open_, tables, key)]
    stated = frozenset(assumed)
    return tuple(key for key in uncovered if key not in stated), tuple(key for key in uncovered if key in stated)


def still_open(open_: Iterable[str], written: AbstractSet[str]) -> tuple[str, ...]:
    """The open keys of an issuer's rule that a project's own tables, which write ``written``, leave open."""
    return tuple(key for key in open_ if not (key.startswith(f"{_RULE}.") and _says(written, _name_in(key))))


def _name_in(key: str) -> str:
    """``subject`` of ``rule.default.subject``; empty for a whole table."""
    return key.partition(".")[2].partition(".")[2]


def _says(written: AbstractSet[str], name: str) -> bool:
    """Returns true if ``written`` replaces the key ``name``, or (an empty name) the whole table."""
    return name in written if name else written >= frozenset(RULE_KEYS)


def is_open_in(open_: Iterable[str], tables: Iterable[str], name: str) -> bool:
    """Returns true if the key ``name`` of one of ``tables`` is open, or one of them as a whole."""
    keys = set(open_)
    return any(f"{_RULE}.{table}" in keys or f"{_RULE}.{table}.{name}" in keys for table in tables)


def names_table(open_: Iterable[str], tables: Iterable[str]) -> bool:
    """Returns true if an open key belongs to one of ``tables``, written or not."""
    named = tuple(tables)
    return any(key == f"{_RULE}.{table}" or key.startswith(f"{_RULE}.{table}.") for key in open_ for table in named)
