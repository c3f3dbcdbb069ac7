"""Every entry of the catalogue says what its source says: nothing that it does not state, and nothing left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.issuer_facts import FACTS, PROJECT, UNNAMED
from tests.support.tables import every_case
from worker.core.model import PRODUCT_NAMES, Channel, Product
from worker.core.rulebook import Eligibility, InvoiceRule, Issuer, Rule, Timing
from worker.service.wiring import load_catalogue

LETTERS = {"C": Product.CONTRACT, "A": Product.ADVANCE, "I": Product.INTERIM}
OF_A_RULE = (
    *("channel", "section", "subject", "word", "notice", "invoice", "timing", "lines", "documents_required"),
    *("documents_allowed", "other_documents", "conditions", "contact_first", "call_after", "after", "chosen"),
    *("max_bytes", "file_name", "url", "instructions", "bring"),
)
CATALOGUE = load_catalogue()


# --- What a shipped entry claims -----------------------------------------------------------------------------------


def claims_of(issuer: Issuer) -> dict[str, dict[str, Any]]:
    """Key → letter of the product → value: the statements of the entry, without those that it calls open or assumed."""
    found: dict[str, dict[str, Any]] = {}
    for letter, rule in rules_of(issuer):
        for key, value in claims_of_rule(issuer, letter, rule):
            found.setdefault(key, {})[letter] = value
    return found


def rules_of(issuer: Issuer) -> Iterator[tuple[str, Rule]]:
    for letter, product in LETTERS.items():
        yield letter, issuer.rules[product]
        amended = issuer.amended_rules.get(product)
        if amended is not None:
            yield letter.lower(), amended


def claims_of_rule(issuer: Issuer, letter: str, rule: Rule) -> Iterator[tuple[str, Any]]:
    names = {key.split(".")[2] for key in rule.open if key.startswith("rule.") and key.count(".") == 2}
    if any(key.startswith("rule.") and key.count(".") == 1 for key in rule.open):
        return  # the whole table is open
    silent = names | set(rule.unsaid) | set(rule.assumed)
    product = LETTERS[letter.upper()]
    values = {
        **{field.name: getattr(rule, field.name) for field in dataclasses.fields(rule)},
        "section": section_claimed(issuer, rule),
        "word": rule.product_word if rule.product_word != PRODUCT_NAMES[product] else "",
        "lines": tuple(line.title for line in rule.lines),
        "channel": rule.channel if rule.channel is not Channel.UNKNOWN else "",
    }
    if product is Product.CONTRACT:
        silent.add("invoice")
        assert rule.invoice is InvoiceRule.NEVER
    for key in OF_A_RULE:
        if values[key] and key not in silent:
            yield key, values[key]


def section_claimed(issuer: Issuer, rule: Rule) -> str:
    if rule.section == "project":
        return PROJECT
    section = issuer.sections[rule.section]
    return UNNAMED if f"section.{section.id}.name" in section.open else section.name


def eligibility_claimed(issuer: Issuer) -> list[str] | None:
    """One text per alternative; None if the file calls all of it open."""
    if any("eligibility" in rule.open for rule in issuer.rules.values()):
        return None
    return [", ".join(parts_of(issuer, each)) for each in issuer.eligibility]


def parts_of(issuer: Issuer, alternative: Eligibility) -> Iterator[str]:
    if alternative.since:
        yield f"from {alternative.since} {' '.join(alternative.counted_by)}"
    if alternative.products:
        yield "".join(letter for letter, product in LETTERS.items() if product in alternative.products)
    if alternative.kinds:
        yield " ".join(alternative.kinds)
    if alternative.awards:
        yield " ".join(alternative.awards)
    if alternative.tendered_by:
        yield "tendered by one" if len(alternative.tendered_by) == 1 else "tendered by 契約部門"
    if alternative.min_amount is not None:
        yield f"at least {alternative.min_amount}"
    if alternative.original_only:
        yield "amended ones by their original"
    if alternative.approval:
        yield "approved one by one"
    if alternative.open:
        yield "not seen"


def spread(facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """``{"CAI": x}`` as ``{"C": x, "A": x, "I": x}``, key by key."""
    return {
        key: {letter: value for letters, value in facts[key].items() for letter in letters}
        for key in OF_A_RULE
        if key in facts
    }


def with_amended(issuer: Issuer, facts: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The source's statements about a product hold for its amended contracts too, unless it says otherwise."""
    for letter, product in LETTERS.items():
        if product in issuer.amended_rules:
            for values in facts.values():
                if letter in values:
                    values.setdefault(letter.lower(), values[letter])
    return facts


# --- The comparison ------------------------------------------------------------------------------------------------


def test_every_entry_of_the_catalogue_was_read_against_its_source() -> None:
    assert set(FACTS) == set(CATALOGUE.issuers)
    known = {*OF_A_RULE, "eligible", "guarantors", "note"}
    assert [(id_, key) for id_, facts in FACTS.items() for key in facts if key not in known] == []


@every_case("id_", FACTS)
def test_an_entry_claims_what_its_source_states_and_nothing_else(id_: str) -> None:
    issuer, facts = CATALOGUE.issuers[id_], FACTS[id_]
    assert claims_of(issuer) == with_amended(issuer, spread(facts))
    assert eligibility_claimed(issuer) == facts["eligible"]
    assert list(issuer.guarantors) == facts.get("guarantors", [])
    assert [each for each in facts.get("note", ()) if each not in issuer.note] == []


def each_change() -> Iterator[tuple[str, Issuer]]:
    """An entry with one thing claimed that its source does not say."""
    for id_, issuer in CATALOGUE.issuers.items():
        rule = issuer.rules[Product.CONTRACT]
        for changed in (
            dataclasses.replace(rule, open=(), unsaid=(), assumed=(), timing=Timing.WITH_INVOICE),
            dataclasses.replace(rule, contact_first="送信前に電話"),
            dataclasses.replace(rule, documents_required=("工程表",)),
        ):
            yield id_, dataclasses.replace(issuer, rules={**issuer.rules, Product.CONTRACT: changed})


def test_the_comparison_sees_each_claim_that_a_source_does_not_make() -> None:
    unseen = [id_ for id_, changed in each_change() if claims_of(changed) == with_amended(changed, spread(FACTS[id_]))]
    assert unseen == []


def test_no_entry_passes_off_what_was_not_seen_as_an_approval_of_the_issuer() -> None:
    approved = {id_ for id_, issuer in CATALOGUE.issuers.items() if any(each.approval for each in issuer.eligibility)}
    assert approved == {"hirosaki", "nasushiobara", "saku"}  # as their sources say


def test_by_e_mail_no_key_that_the_issuer_decides_is_left_to_the_program() -> None:
    left = [
        (id_, product, rule.unsaid)
        for id_, issuer in CATALOGUE.issuers.items()
        for product, rule in (*issuer.rules.items(), *issuer.amended_rules.items())
        if rule.channel in {Channel.EMAIL, Channel.UNKNOWN} and rule.unsaid
    ]
    assert left == []
