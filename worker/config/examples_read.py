"""Reads an issuer's ``[[example]]`` tables: the test vectors that its rule must fulfil.

``compose.rule_examples`` tries them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from worker.config.toml import Listed, NonEmpty, OneOf, Shape, check_table, value_of
from worker.core.errors import Problem
from worker.core.model import Channel, Product
from worker.core.rulebook import Contract, Example
from worker.core.states import Reason

NUMBER: Final = "31074-000001"
"""The contract number on the notice of an example that gives none."""

CONTRACTOR: Final = "みほん建設 株式会社"
"""The contractor on the notice of an example that gives none."""


class _Expect(Shape):
    channel: OneOf[Channel] | None = None
    section: NonEmpty | None = None
    subject: NonEmpty | None = None
    attachments: Listed[NonEmpty] | None = None
    body_has: Listed[NonEmpty] | None = None
    holds: Listed[OneOf[Reason]] | None = None


class _Example(Shape):
    product: OneOf[Product]
    contract: OneOf[Contract] = Contract.ORIGINAL
    number: NonEmpty = NUMBER
    contractor: NonEmpty = CONTRACTOR
    project: dict[str, Any]
    expect: _Expect


class _Examples(Shape):
    example: Listed[_Example] = ()


def read_examples(file: str, table: Mapping[str, Any], found: list[Problem]) -> tuple[Example, ...]:
    """Returns the examples in an issuer's ``table``; none, with every problem in ``found``, if one of them is wrong."""
    if "example" not in table:
        return ()
    checked = check_table(_Examples, {"example": table["example"]}, file, found)
    return tuple(value_of(Example, each, **dict(each.expect)) for each in checked.example) if checked else ()
