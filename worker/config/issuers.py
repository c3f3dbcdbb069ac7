"""Decides what ``issuers/*.toml`` say: who receives, and how each product is submitted.

Its promise: every product of an issuer has one complete rule, and every key that the file itself calls uncertain
(``open``) travels with the section or the rule that rests on it. It does not know the projects, nor whether an
issuer's rule is right: only ``open`` and a person say that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from worker.config.addresses import NAME, AddressText
from worker.config.guarantors import bad_name
from worker.config.open_keys import left_unsaid, names_table, open_of_rule, open_of_section, problems_of_open
from worker.config.patterns import check_pattern
from worker.config.rule_conflicts import RuleSource, problems_of_rules
from worker.config.rule_tables import FROM_PROJECT, RuleTables, bare_rule, lay_over, layers, own_layers, written_keys
from worker.config.toml import NonEmpty, Path, Shape, check_table, key_path, nearest, table_in, texts_in
from worker.core.errors import Problem
from worker.core.model import Address, Product, Sha256
from worker.core.rulebook import (
    Assumable,
    Award,
    Contract,
    CountedBy,
    Eligibility,
    Issuer,
    Rule,
    Section,
    ValueForm,
    Width,
    WorkKind,
)
from worker.core.value_forms import VALUE_LIMIT

# --- Shapes --------------------------------------------------------------------------------------------------


class _Eligibility(Shape):
    since: Annotated[dt.date | None, Field(alias="from")] = None
    counted_by: list[Annotated[CountedBy, Field(strict=False)]] = Field(default_factory=list)
    products: list[Annotated[Product, Field(strict=False)]] = Field(default_factory=list)
    kinds: list[Annotated[WorkKind, Field(strict=False)]] = Field(default_factory=list)
    awards: list[Annotated[Award, Field(strict=False)]] = Field(default_factory=list)
    tendered_by: list[NonEmpty] = Field(default_factory=list)
    min_amount: Annotated[int | None, Field(ge=0)] = None
    original_only: bool = False
    approval: bool = False
    amended: bool = True
    open: bool = False


class SectionTable(Shape):
    """``[section.ID]``; a project's ``office`` has the same keys."""

    name: NonEmpty
    to: list[AddressText] = Field(default_factory=list)
    cc: list[AddressText] = Field(default_factory=list)
    phone: str = ""
    fax: str = ""
    until: dt.date | None = None


class _ValueForm(Shape):
    pattern: Annotated[str, AfterValidator(partial(check_pattern, longest=VALUE_LIMIT))] = ""
    digits_only: bool = False
    length: Annotated[int | None, Field(ge=1, le=VALUE_LIMIT)] = None
    remove_hyphens: bool = False
    width: Annotated[Width, Field(strict=False)] = Width.AS_WRITTEN
    sample: str = ""


_NEVER_OPEN: Final = frozenset({"open", "assumed", "section", "value", "rule", "example", "note"})


class _Issuer(Shape):
    name: NonEmpty
    scope: str = ""
    aliases: list[NonEmpty] = Field(default_factory=list)
    guarantors: list[NonEmpty] = Field(default_factory=list)
    source: str = ""
    checked_on: dt.date | None = None
    open: list[NonEmpty] = Field(default_factory=list)
    assumed: list[Annotated[Assumable, Field(strict=False)]] = Field(default_factory=list)
    eligibility: list[_Eligibility] = Field(default_factory=list)
    section: dict[str, SectionTable] = Field(default_factory=dict)
    value: dict[NonEmpty, _ValueForm] = Field(default_factory=dict)
    rule: RuleTables
    note: str = ""
    example: list[Any] = Field(default_factory=list)
    """Checked apart: ``read_examples``."""


_OWN_KEYS: Final = tuple(name for name in _Issuer.model_fields if name not in _NEVER_OPEN)
_VALUE_KEYS: Final = tuple(_ValueForm.model_fields)


_BARE_RULES: Final = {product: bare_rule(product) for product in Product}


# --- Issuers -------------------------------------------------------------------------------------------------


def read_issuer(
    file: str,
    table: Mapping[str, Any],
    digest: Sha256,
    guarantors: Iterable[str] | None,
    found: list[Problem],
) -> Issuer | None:
    """One issuer's file; None where anything in it is wrong, and every problem in ``found``.

    ``guarantors`` are the ids in ``guarantors.toml``; None where that file cannot be read, so nothing is said of them.
    """
    before = len(found)
    id_ = issuer_id(file)
    if not NAME.fullmatch(id_):
        found.append(Problem(file, "", "bad_name", {"name": id_}))
    open_ = [key for _, key in texts_in(table, "open")]
    found.extend(_problems_of_references(file, table, guarantors))
    found.extend(problems_of_open(file, table, _OWN_KEYS, list(SectionTable.model_fields), _VALUE_KEYS))
    found.extend(
        problems_of_rules(
            RuleSource(file, (), table, section_ids(table), open_, lambda product, _contract: _BARE_RULES[product])
        )
    )
    issuer = check_table(_Issuer, {**table, "example": []}, file, found)
    if issuer is None or len(found) > before:
        return None
    return Issuer(
        id=id_,
        name=issuer.name,
        aliases=tuple(issuer.aliases),
        guarantors=tuple(issuer.guarantors),
        sections={
            section: make_section(section, shape, open_of_section(open_, section))
            for section, shape in issuer.section.items()
        },
        rules={product: _rule(product, Contract.ORIGINAL, issuer) for product in Product},
        amended_rules={
            product: _rule(product, Contract.AMENDED, issuer) for product in Product if _says_amended(product, issuer)
        },
        values={name: _value_form(name, shape) for name, shape in issuer.value.items()},
        file=file,
        sha256=digest,
        source=issuer.source,
        checked_on=issuer.checked_on,
        eligibility=tuple(map(_eligibility, issuer.eligibility)),
        note=issuer.note,
        scope=issuer.scope.strip(),
    )


def issuer_id(file: str) -> str:
    """The id that a file under ``issuers/`` gives its issuer: its name without the ending."""
    return file.rpartition("/")[2].removesuffix(".toml")


def section_ids(table: Mapping[str, Any]) -> list[str]:
    """The ids of the sections that an issuer's table names, whatever else is wrong with it."""
    return list(table_in(table, "section"))


def _problems_of_references(file: str, table: Mapping[str, Any], guarantors: Iterable[str] | None) -> Iterator[Problem]:
    sections = section_ids(table)
    for section in sections:
        yield from bad_name(file, ("section", section))
        if section == FROM_PROJECT:
            yield Problem(file, key_path(("section", section)), "reserved_name", {"name": section})
    yield from _problems_of_eligibility(file, table, sections)
    for at, guarantor in texts_in(table, "guarantors"):
        if guarantors is not None and guarantor not in guarantors:
            near = nearest(guarantor, guarantors)
            path: Path = ("guarantors", at)
            yield Problem(file, key_path(path), "unknown_guarantor", {"name": guarantor, "nearest": near})


def _problems_of_eligibility(file: str, table: Mapping[str, Any], sections: list[str]) -> Iterator[Problem]:
    alternatives = table.get("eligibility")
    for at, alternative in enumerate(alternatives if isinstance(alternatives, list) else ()):
        path: Path = ("eligibility", at)
        if alternative in ({}, {"open": False}):  # would make every project eligible by an oversight
            yield Problem(file, key_path(path), "empty")
        elif isinstance(alternative, Mapping) and ("from" in alternative) != bool(alternative.get("counted_by")):
            yield Problem(file, key_path(path), "eligibility_half")
        for place, section in texts_in(alternative, "tendered_by"):
            if section not in sections:
                key = key_path((*path, "tendered_by", place))
                yield Problem(file, key, "unknown_section", {"name": section, "nearest": nearest(section, sections)})


# --- Values --------------------------------------------------------------------------------------------------


def make_section(id_: str, shape: SectionTable, open_: tuple[str, ...] = ()) -> Section:
    """The section that the checked table ``shape`` describes."""
    return Section(
        id=id_,
        name=shape.name,
        to=tuple(map(Address, shape.to)),
        cc=tuple(map(Address, shape.cc)),
        phone=shape.phone,
        fax=shape.fax,
        open=open_,
        until=shape.until,
    )


def _says_amended(product: Product, issuer: _Issuer) -> bool:
    """Whether a table for amended contracts says anything, or is open: what is not known must not be the original."""
    own = own_layers(product)
    return any(issuer.rule.named(name).model_fields_set for name in own) or names_table(issuer.open, own)


def _rule(product: Product, contract: Contract, issuer: _Issuer) -> Rule:
    names = layers(product, contract)
    tables = [issuer.rule.named(name) for name in names]
    written = [(name, written_keys(table, product)) for name, table in zip(names, tables, strict=True)]
    unsaid, assumed = left_unsaid(issuer.open, names, product, issuer.assumed)
    return lay_over(bare_rule(product, open_of_rule(issuer.open, product, written), unsaid, assumed), tables, product)


def _value_form(name: str, shape: _ValueForm) -> ValueForm:
    return ValueForm(
        name=name,
        pattern=shape.pattern,
        digits_only=shape.digits_only,
        length=shape.length,
        remove_hyphens=shape.remove_hyphens,
        width=shape.width,
        sample=shape.sample,
    )


def _eligibility(shape: _Eligibility) -> Eligibility:
    return Eligibility(
        since=shape.since,
        counted_by=tuple(shape.counted_by),
        products=tuple(shape.products),
        kinds=tuple(shape.kinds),
        awards=tuple(shape.awards),
        tendered_by=tuple(shape.tendered_by),
        min_amount=shape.min_amount,
        original_only=shape.original_only,
        approval=shape.approval,
        amended=shape.amended,
        open=shape.open,
    )
