"""Reads ``issuers/*.toml``: who receives, and how each product is submitted.

Every product of an issuer gets one complete rule. Each key that the file lists as uncertain (``open``) is kept with
the section or the rule that depends on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from worker.config.addresses import NAME, AddressText, bad_name
from worker.config.open_keys import problems_of_open
from worker.config.patterns import check_pattern
from worker.config.rule_conflicts import RuleSource, problems_of_rules
from worker.config.rule_layers import FROM_PROJECT, bare_rule, open_of_section, rules_of_issuer
from worker.config.rule_tables import RuleTables, written_tables
from worker.config.toml import (
    Listed,
    NonEmpty,
    OneOf,
    Path,
    Shape,
    check_table,
    key_path,
    nearest,
    table_in,
    texts_in,
    value_of,
)
from worker.core.errors import Problem
from worker.core.model import Channel, Product, Sha256
from worker.core.prefectures import Prefecture
from worker.core.rulebook import (
    Assumable,
    Award,
    Contract,
    CountedBy,
    Eligibility,
    Example,
    Issuer,
    Section,
    ValueForm,
    Width,
    WorkKind,
)
from worker.core.states import Reason
from worker.core.value_forms import VALUE_LIMIT

# --- Shapes --------------------------------------------------------------------------------------------------


class _Eligibility(Shape):
    since: Annotated[dt.date | None, Field(alias="from")] = None
    counted_by: Listed[OneOf[CountedBy]] = ()
    products: Listed[OneOf[Product]] = ()
    kinds: Listed[OneOf[WorkKind]] = ()
    awards: Listed[OneOf[Award]] = ()
    tendered_by: Listed[NonEmpty] = ()
    min_amount: Annotated[int | None, Field(ge=0)] = None
    original_only: bool = False
    approval: bool = False
    amended: bool = True
    open: bool = False


class SectionTable(Shape):
    """``[section.ID]``; a project's ``office`` has the same keys."""

    name: NonEmpty
    to: Listed[AddressText] = ()
    cc: Listed[AddressText] = ()
    phone: str = ""
    fax: str = ""
    until: dt.date | None = None


class _ValueForm(Shape):
    pattern: Annotated[str, AfterValidator(partial(check_pattern, longest=VALUE_LIMIT))] = ""
    digits_only: bool = False
    length: Annotated[int | None, Field(ge=1, le=VALUE_LIMIT)] = None
    remove_hyphens: bool = False
    width: OneOf[Width] = Width.AS_WRITTEN
    sample: str = ""


_NEVER_OPEN: Final = frozenset({"open", "assumed", "section", "value", "rule", "example", "note", "prefecture"})


class _Issuer(Shape):
    name: NonEmpty
    prefecture: OneOf[Prefecture] | None = None
    scope: str = ""
    aliases: Listed[NonEmpty] = ()
    guarantors: Listed[NonEmpty] = ()
    source: str = ""
    checked_on: dt.date | None = None
    open: Listed[NonEmpty] = ()
    assumed: Listed[OneOf[Assumable]] = ()
    eligibility: Listed[Annotated[_Eligibility, AfterValidator(partial(value_of, Eligibility))]] = ()
    section: dict[str, SectionTable] = Field(default_factory=dict)
    value: dict[NonEmpty, _ValueForm] = Field(default_factory=dict)
    rule: RuleTables
    note: str = ""
    example: list[Any] = Field(default_factory=list)
    """``read_examples`` checks them."""


_OWN_KEYS: Final = tuple(name for name in _Issuer.model_fields if name not in _NEVER_OPEN)
_VALUE_KEYS: Final = tuple(_ValueForm.model_fields)


_BARE_RULES: Final = {product: bare_rule(product) for product in Product}


# --- Issuers -------------------------------------------------------------------------------------------------


def read_issuer(
    file: str, table: Mapping[str, Any], digest: Sha256, guarantors: Iterable[str] | None, found: list[Problem]
) -> Issuer | None:
    """Returns one issuer's file as an Issuer; None, with every problem in ``found``, if anything in it is wrong.

    ``guarantors`` are the ids in ``guarantors.toml``; None if that file cannot be read, so they are not checked.
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
    rules, amended_rules = rules_of_issuer(written_tables(issuer.rule), issuer.open, issuer.assumed)
    return value_of(
        Issuer,
        issuer,
        id=id_,
        sections={
            section: value_of(Section, shape, id=section, open=open_of_section(open_, section))
            for section, shape in issuer.section.items()
        },
        rules=rules,
        amended_rules=amended_rules,
        values={name: value_of(ValueForm, shape, name=name) for name, shape in issuer.value.items()},
        file=file,
        sha256=digest,
        scope=issuer.scope.strip(),
    )


def issuer_id(file: str) -> str:
    """Returns the id of the issuer in a file under ``issuers/``: the file's name without the ending."""
    return file.rpartition("/")[2].removesuffix(".toml")


def issuer_file(id_: str) -> str:
    """Returns the name of the file of the issuer with this id."""
    return f"issuers/{id_}.toml"


def section_ids(table: Mapping[str, Any]) -> list[str]:
    """Returns the ids of the sections that an issuer's table names, also if other parts of it are wrong."""
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


# --- Examples: the test vectors that a rule must fulfil; ``compose.rule_examples`` tries them ----------------------

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
