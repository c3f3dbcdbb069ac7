"""Large tables of tiny cases: one test for the whole table, which names each case that fails."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

SHOWN = 5
"""Failing cases that are shown with their traceback; all are named."""


def every_case(
    names: str | Sequence[str], rows: Iterable[Any], ids: Callable[[Any], str] = str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Runs a test for each row, as ``pytest.mark.parametrize`` does, but as one item.

    An item costs pytest some milliseconds, many times what such a case costs itself. All rows are run even if one
    fails. Fixtures are made once for all rows. A row that skips would skip the others, so no case may skip.
    """
    keys = (names,) if isinstance(names, str) else tuple(names)
    cases = [dict(zip(keys, (row,) if isinstance(names, str) else row, strict=True)) for row in rows]
    if not cases:
        raise ValueError(f"{keys}: a table without rows tests nothing")

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def whole_table(**fixtures: Any) -> None:
            failures: list[tuple[str, BaseException]] = []
            for case in cases:
                try:
                    test(**case, **fixtures)
                except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001  each is raised below
                    failures.append(("-".join(map(ids, case.values())), failure))
            if failures:
                named = ", ".join(name for name, _ in failures)
                shown = [failure for _, failure in failures[:SHOWN]]
                raise BaseExceptionGroup(f"{len(failures)} of {len(cases)} cases: {named}", shown)

        signature = inspect.signature(test)
        left = [each for name, each in signature.parameters.items() if name not in keys]
        whole_table.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined]  # read by pytest
        return whole_table

    return decorate
