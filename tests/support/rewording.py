"""A second table of words: every sentence for people, Japanese and English, is another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from worker.core import messages
from worker.core.messages import events, preview, reasons, receipts

JA_MARK = "〔改〕"
EN_MARK = "(reworded) "
MODULES = (messages, reasons, receipts, events, preview)


def reword(patch: pytest.MonkeyPatch, ja: str = JA_MARK, en: str = EN_MARK) -> int:
    """Put another sentence in the place of each of both languages; how many pairs those are."""
    seen: set[int] = set()
    count = 0
    for module in MODULES:
        for name, table in [*vars(module).items()]:
            if isinstance(table, dict) and not name.startswith("__") and id(table) not in seen:
                seen.add(id(table))
                count += _reword_table(patch, table, ja, en)
    for name in ("APPROVAL_STATE", "AFTER_REHEARSING"):
        patch.setattr(messages, name, _other(getattr(messages, name), ja, en))
    return count


def _reword_table(patch: pytest.MonkeyPatch, table: dict[Any, Any], ja: str, en: str) -> int:
    count = 0
    for key, value in [*table.items()]:
        if isinstance(value, dict):
            count += _reword_table(patch, value, ja, en)
        elif is_words(value):
            patch.setitem(table, key, _other(value, ja, en))
            count += 1
    return count


def is_words(value: object) -> bool:
    """True if ``value`` is a pair of sentences, or a pair of such pairs, the second perhaps missing."""
    if not isinstance(value, tuple) or len(value) != 2:
        return False
    return all(isinstance(each, str) for each in value) or (
        is_words(value[0]) and (value[1] is None or is_words(value[1]))
    )


def _other(value: Any, ja: str, en: str) -> Any:
    if value is None:
        return None
    if isinstance(value[0], str):
        return (ja + value[0], en + value[1])
    return (_other(value[0], ja, en), _other(value[1], ja, en))


def pairs_of(module: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    """Every pair of sentences of a module's tables, with its place."""
    for name, table in vars(module).items():
        if isinstance(table, dict) and not name.startswith("__"):
            yield from _pairs(name, table)


def _pairs(place: str, table: dict[Any, Any]) -> Iterator[tuple[str, tuple[str, str]]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _pairs(f"{place}[{key}]", value)
        elif is_words(value) and isinstance(value[0], str):
            yield f"{place}[{key}]", value
        elif is_words(value):
            yield from ((f"{place}[{key}]", each) for each in value if each is not None)
