"""Decides what an issuer's ``[[example]]`` tables say: the test vectors that its rule must fulfil.

Its promise: an example that is read names what it gives and what it expects, so that it can be tried. It does not
know whether the rule fulfils it: ``compose.rule_examples`` decides that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field

from worker.config.toml import NonEmpty, Shape, check_table
from worker.core.errors import Problem
from worker.core.model import Channel, Product
from worker.core.rulebook import Contract, Example
from worker.core.states import Reason

NUMBER: Final = "31074-000001"
"""The contract number on an example's notice where it gives none."""

CONTRACTOR: Final = "みほん建設 株式会社"
"""The contractor on an example's notice where it gives none."""


class _Expect(Shape):
    channel: Annotated[Channel | None, Field(strict=False)] = None
    section: NonEmpty | None = None
    subject: NonEmpty | None = None
    attachments: list[NonEmpty] | None = None
    body_has: list[NonEmpty] | None = None
    holds: list[Annotated[Reason, Field(strict=False)]] | None = None


class _Example(Shape):
    product: Annotated[Product, Field(strict=False)]
    contract: Annotated[Contract, Field(strict=False)] = Contract.ORIGINAL
    number: NonEmpty = NUMBER
    contractor: NonEmpty = CONTRACTOR
    project: dict[str, Any]
    expect: _Expect


class _Examples(Shape):
    example: list[_Example] = Field(default_factory=list)


def read_examples(file: str, table: Mapping[str, Any], found: list[Problem]) -> tuple[Example, ...]:
    """The examples in an issuer's ``table``; none, and every problem in ``found``, where one of them is wrong."""
    if "example" not in table:
        return ()
    checked = check_table(_Examples, {"example": table["example"]}, file, found)
    return tuple(map(_example, checked.example)) if checked else ()


def _example(shape: _Example) -> Example:
    expect = shape.expect
    return Example(
        product=shape.product,
        contract=shape.contract,
        number=shape.number,
        contractor=shape.contractor,
        project=shape.project,
        channel=expect.channel,
        section=expect.section,
        subject=expect.subject,
        attachments=_tuple(expect.attachments),
        body_has=_tuple(expect.body_has),
        holds=_tuple(expect.holds),
    )


T = TypeVar("T")


def _tuple(values: list[T] | None) -> tuple[T, ...] | None:
    return None if values is None else tuple(values)
