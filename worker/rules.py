"""Decides what ``issuers/*.toml`` say: who receives, and how each product is submitted.

Its promise: every product of an issuer has one complete rule, and every key that the file itself calls uncertain
(``open``) travels with the section or the rule that rests on it. It does not know the projects, nor whether an
issuer's rule is right: only ``open`` and a person say that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from worker.addresses import NAME, AddressText
from worker.errors import Problem
from worker.guarantors import bad_name
from worker.model import PRODUCT_NAMES, Address, Channel, Product, Sha256
from worker.rulebook import Award, CountedBy, Eligibility, InvoiceRule, Issuer, Rule, Section, WorkKind
from worker.template_rules import Use, check_template
from worker.tomlfile import NonEmpty, Path, Refused, Shape, check_table, key_path, nearest, table_in, texts_in

FROM_PROJECT: Final = "project"
"""The section of a rule that means: the project names it."""

DEFAULT: Final = "default"


# --- Shapes --------------------------------------------------------------------------------------------------


def _check_subject(text: str) -> str:
    findings = check_template(text, Use.SUBJECT)
    if findings:
        raise Refused(*findings)
    return text


def _check_body_name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise Refused(("bad_name", {"name": text}))
    return text


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


class _Section(Shape):
    name: NonEmpty
    to: list[AddressText] = Field(default_factory=list)
    cc: list[AddressText] = Field(default_factory=list)
    phone: str = ""


class _Words(Shape):
    contract: NonEmpty | None = None
    advance: NonEmpty | None = None
    interim: NonEmpty | None = None


class _Rule(Shape):
    """One ``[rule.*]`` table; None where the key is not written, so that tables can be laid over each other."""

    channel: Annotated[Channel | None, Field(strict=False)] = None
    section: NonEmpty | None = None
    subject: Annotated[str | None, AfterValidator(lambda text: text if text is None else _check_subject(text))] = None
    body: Annotated[str | None, AfterValidator(lambda text: text if text is None else _check_body_name(text))] = None
    product_words: _Words = _Words()
    invoice: Annotated[InvoiceRule | None, Field(strict=False)] = None
    max_bytes: Annotated[int | None, Field(ge=1)] = None


class _Rules(Shape):
    default: _Rule = _Rule()
    contract: _Rule = _Rule()
    advance: _Rule = _Rule()
    interim: _Rule = _Rule()


class _Issuer(Shape):
    name: NonEmpty
    aliases: list[NonEmpty] = Field(default_factory=list)
    guarantors: list[NonEmpty] = Field(default_factory=list)
    source: str = ""
    checked_on: dt.date | None = None
    open: list[NonEmpty] = Field(default_factory=list)
    eligibility: list[_Eligibility] = Field(default_factory=list)
    section: dict[str, _Section] = Field(default_factory=dict)
    rule: _Rules


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
    found.extend(_problems_of_references(file, table, guarantors))
    found.extend(_problems_of_open(file, table))
    found.extend(_problems_of_subjects(file, table))
    issuer = check_table(_Issuer, table, file, found)
    if issuer is None or len(found) > before:
        return None
    return Issuer(
        id=id_,
        name=issuer.name,
        aliases=tuple(issuer.aliases),
        guarantors=tuple(issuer.guarantors),
        sections={section: _section(section, shape, issuer.open) for section, shape in issuer.section.items()},
        rules={product: _rule(product, issuer) for product in Product},
        file=file,
        sha256=digest,
        source=issuer.source,
        checked_on=issuer.checked_on,
        eligibility=tuple(map(_eligibility, issuer.eligibility)),
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
    for product, rule in table_in(table, "rule").items():
        named = rule.get("section") if isinstance(rule, Mapping) else None
        if isinstance(named, str) and named not in (*sections, FROM_PROJECT):
            near = nearest(named, [*sections, FROM_PROJECT])
            path: Path = ("rule", product, "section")
            yield Problem(file, key_path(path), "unknown_section", {"name": named, "nearest": near})
    if table_in(table_in(table, "rule"), "contract").get("invoice", "never") != "never":
        yield Problem(file, "rule.contract.invoice", "contract_invoice")
    yield from _problems_of_eligibility(file, table, sections)
    for at, guarantor in texts_in(table, "guarantors"):
        if guarantors is not None and guarantor not in guarantors:
            near = nearest(guarantor, guarantors)
            path = ("guarantors", at)
            yield Problem(file, key_path(path), "unknown_guarantor", {"name": guarantor, "nearest": near})


def _problems_of_eligibility(file: str, table: Mapping[str, Any], sections: list[str]) -> Iterator[Problem]:
    alternatives = table.get("eligibility")
    for at, alternative in enumerate(alternatives if isinstance(alternatives, list) else ()):
        path: Path = ("eligibility", at)
        if alternative == {}:  # would make every project eligible by an oversight
            yield Problem(file, key_path(path), "empty")
        elif isinstance(alternative, Mapping) and ("from" in alternative) != bool(alternative.get("counted_by")):
            yield Problem(file, key_path(path), "eligibility_half")
        for place, section in texts_in(alternative, "tendered_by"):
            if section not in sections:
                key = key_path((*path, "tendered_by", place))
                yield Problem(file, key, "unknown_section", {"name": section, "nearest": nearest(section, sections)})


def _problems_of_subjects(file: str, table: Mapping[str, Any]) -> Iterator[Problem]:
    """E-mail without a subject: towns drop a mail with an empty one in silence."""
    rules = table_in(table, "rule")
    default = table_in(rules, DEFAULT)
    open_keys = {key for _, key in texts_in(table, "open")}
    for product in Product:
        rule = {**default, **table_in(rules, product)}
        table_name = product.value if "channel" in table_in(rules, product) else DEFAULT
        key = f"rule.{table_name}.subject"
        if rule.get("channel") == Channel.EMAIL and not str(rule.get("subject", "")).strip() and key not in open_keys:
            yield Problem(file, key, "missing_key")
            if table_name == DEFAULT:
                return


# --- Keys that are not certain ---------------------------------------------------------------------------------


def _problems_of_open(file: str, table: Mapping[str, Any]) -> Iterator[Problem]:
    for at, key in texts_in(table, "open"):
        valid = _names_that_may_be_open(key, section_ids(table))
        if key not in valid:
            near = nearest(key, valid)
            yield Problem(file, key_path(("open", at)), "unknown_key", {"name": key, "nearest": near})


def _names_that_may_be_open(key: str, sections: list[str]) -> list[str]:
    """Every key that ``key`` could mean: those of the tables it begins with, else the file's own."""
    if key.startswith("section."):
        return [name for id_ in sections for name in _table_and_keys(f"section.{id_}", _Section)]
    if key.startswith("rule."):
        return [name for product in _Rules.model_fields for name in _table_and_keys(f"rule.{product}", _Rule)]
    return [name for name in _Issuer.model_fields if name not in {"open", "section", "rule"}]


def _table_and_keys(table: str, shape: type[Shape]) -> list[str]:
    return [table, *(f"{table}.{name}" for name in shape.model_fields)]


def _section(id_: str, section: _Section, open_: list[str]) -> Section:
    own = f"section.{id_}"
    return Section(
        id=id_,
        name=section.name,
        to=tuple(map(Address, section.to)),
        cc=tuple(map(Address, section.cc)),
        phone=section.phone,
        open=tuple(key for key in open_ if key == own or key.startswith(own + ".")),
    )


def _rule(product: Product, issuer: _Issuer) -> Rule:
    """The product's table laid over ``rule.default`` key by key; what neither says is the careful choice."""
    own: _Rule = getattr(issuer.rule, product.value)
    base = issuer.rule.default
    merged = dict(base) | {key: value for key, value in own if value is not None}
    word = getattr(own.product_words, product.value) or getattr(base.product_words, product.value)
    return Rule(
        channel=merged["channel"] or Channel.UNKNOWN,
        section=merged["section"] or FROM_PROJECT,
        subject=merged["subject"] or "",
        body=merged["body"] or DEFAULT,
        product_word=word or PRODUCT_NAMES[product],
        invoice=InvoiceRule.NEVER if product is Product.CONTRACT else merged["invoice"] or InvoiceRule.OPTIONAL,
        max_bytes=merged["max_bytes"],
        open=tuple(key for key in issuer.open if _rests_on(product, own, key)),
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
    )


def _rests_on(product: Product, own: _Rule, key: str) -> bool:
    """Whether the rule of ``product`` rests on the open ``key``: not where its own table says it otherwise."""
    first, _, rest = key.partition(".")
    if first == "section":
        return False
    if first != "rule":
        return True
    table, _, name = rest.partition(".")
    if table == DEFAULT and name == "invoice" and product is Product.CONTRACT:
        return False  # a contract submission never carries one, whatever the file says
    if table == DEFAULT:
        written = own.model_fields_set
        return not (name in written if name else written >= _Rule.model_fields.keys())
    return table == product.value
