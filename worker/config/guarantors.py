"""Decides what ``guarantors.toml`` says: how each surety company's mail and notice are recognised and read.

Its promise: every pattern compiles and every field has a label. It does not know whether they fit a real notice:
what was never seen stands under ``assumed``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from worker.config.addresses import NAME, check_host
from worker.config.patterns import check_pattern
from worker.config.toml import NonEmpty, Path, Shape, check_table, key_path, nearest, table_in, texts_in
from worker.core.errors import Problem
from worker.core.model import Product
from worker.core.rulebook import Guarantor

FILE: Final = "guarantors.toml"


Pattern = Annotated[NonEmpty, AfterValidator(check_pattern)]
Domain = Annotated[str, AfterValidator(lambda text: check_host(text).lower())]


class _Labels(Shape):
    project_name: Annotated[list[NonEmpty], Field(min_length=1)]
    contractor_name: Annotated[list[NonEmpty], Field(min_length=1)]
    product: Annotated[list[NonEmpty], Field(min_length=1)]
    contract_number: Annotated[list[NonEmpty], Field(min_length=1)]
    key: Annotated[list[NonEmpty], Field(min_length=1)]


class _Products(Shape):
    contract: list[NonEmpty] = Field(default_factory=list)
    advance: list[NonEmpty] = Field(default_factory=list)
    interim: list[NonEmpty] = Field(default_factory=list)


class _Guarantor(Shape):
    name: NonEmpty
    assumed: list[NonEmpty] = Field(default_factory=list)
    senders: list[Domain] = Field(default_factory=list)
    subjects: list[NonEmpty] = Field(default_factory=list)
    titles: list[NonEmpty] = Field(default_factory=list)
    number: Pattern
    key: Pattern
    labels: _Labels
    products: _Products
    download: list[NonEmpty] = Field(default_factory=list)


class _Guarantors(Shape):
    guarantor: Annotated[dict[str, _Guarantor], Field(min_length=1)]


def read_guarantors(table: Mapping[str, Any], found: list[Problem]) -> tuple[Guarantor, ...] | None:
    """``guarantors.toml`` as Guarantors; None where anything in it is wrong, and every problem in ``found``."""
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
        Guarantor(
            id=id_,
            name=guarantor.name,
            senders=tuple(guarantor.senders),
            subjects=tuple(guarantor.subjects),
            titles=tuple(guarantor.titles),
            number=guarantor.number,
            key=guarantor.key,
            labels={label: tuple(words) for label, words in guarantor.labels},
            products={Product(product): tuple(words) for product, words in guarantor.products},
            assumed=tuple(guarantor.assumed),
            download=tuple(guarantor.download),
        )
        for id_, guarantor in checked.guarantor.items()
    )


def bad_name(file: str, path: Path) -> Iterator[Problem]:
    """A problem where the id at the end of ``path`` is no plain name."""
    name = str(path[-1])
    if not NAME.fullmatch(name):
        yield Problem(file, key_path(path), "bad_name", {"name": name})
