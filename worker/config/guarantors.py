"""Reads ``guarantors.toml``: how each surety company's mail and notice are recognised and read.

Every pattern compiles and every field has a label. ``assumed`` lists the keys that no real notice has confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from worker.config.addresses import bad_name, check_host
from worker.config.patterns import check_pattern
from worker.config.toml import (
    Listed,
    NonEmpty,
    Path,
    PerProduct,
    Shape,
    Some,
    check_table,
    key_path,
    nearest,
    table_in,
    texts_in,
    value_of,
)
from worker.core.errors import Problem
from worker.core.model import Product
from worker.core.rulebook import Guarantor

FILE: Final = "guarantors.toml"


Pattern = Annotated[NonEmpty, AfterValidator(check_pattern)]
Domain = Annotated[str, AfterValidator(lambda text: check_host(text).lower())]


class _Labels(Shape):
    project_name: Some[NonEmpty]
    contractor_name: Some[NonEmpty]
    product: Some[NonEmpty]
    contract_number: Some[NonEmpty]
    key: Some[NonEmpty]


class _Guarantor(Shape):
    name: NonEmpty
    assumed: Listed[NonEmpty] = ()
    senders: Listed[Domain] = ()
    subjects: Listed[NonEmpty] = ()
    titles: Listed[NonEmpty] = ()
    number: Pattern
    key: Pattern
    labels: _Labels
    products: PerProduct[Listed[NonEmpty]]
    download: Listed[NonEmpty] = ()


class _Guarantors(Shape):
    guarantor: Annotated[dict[str, _Guarantor], Field(min_length=1)]


def read_guarantors(table: Mapping[str, Any], found: list[Problem]) -> tuple[Guarantor, ...] | None:
    """Returns ``guarantors.toml`` as Guarantors; None, with every problem in ``found``, if anything in it is wrong."""
    before = len(found)
    for id_, guarantor in table_in(table, "guarantor").items():
        found.extend(bad_name(FILE, ("guarantor", id_)))
        for at, key in texts_in(guarantor, "assumed"):
            if key.split(".")[0] not in _Guarantor.model_fields:
                path: Path = ("guarantor", id_, "assumed", at)
                near = nearest(key, _Guarantor.model_fields)
                found.append(Problem(FILE, key_path(path), "unknown_key", {"name": key, "nearest": near}))
    checked = check_table(_Guarantors, table, FILE, found)
    if checked is None or len(found) > before:
        return None
    return tuple(
        value_of(
            Guarantor,
            guarantor,
            id=id_,
            labels=dict(guarantor.labels),
            products={Product(product): words or () for product, words in guarantor.products},
        )
        for id_, guarantor in checked.guarantor.items()
    )
