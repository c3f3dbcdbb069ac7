"""Remarks on rules that are allowed but would leave a person without a next step.

Each remark names the missing key once, at the table that it belongs to. Remarks hold no submission.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from worker.config.rule_layers import AMENDED, DEFAULT, FROM_PROJECT, amended_table
from worker.config.template_check import tested_values
from worker.core.errors import Problem
from worker.core.model import Channel, Product
from worker.core.rulebook import Issuer, Project, Rule, Section
from worker.core.text import match_key
from worker.core.value_forms import misfit_of_sample


def remarks_on_rules(issuers: Iterable[Issuer], projects: Iterable[Project]) -> Iterator[Problem]:
    """Yields the remarks on the files of ``issuers``; ``projects`` say which of their sections receive."""
    known = tuple(issuers)
    yield from _same_names(known)
    of_issuer: dict[str, list[Project]] = {}
    for project in projects:
        of_issuer.setdefault(project.issuer, []).append(project)
    for issuer in known:
        yield from _remarks_on(issuer, of_issuer.get(issuer.id, ()))


def _remarks_on(issuer: Issuer, projects: Iterable[Project]) -> Iterator[Problem]:
    registered = tuple(projects)
    found = [
        *_of_tables(issuer.rules, {product: product.value for product in Product}, DEFAULT, issuer),
        *_of_tables(issuer.amended_rules, {product: amended_table(product) for product in Product}, AMENDED, issuer),
        *_of_sections(issuer, registered),
    ]
    for name, form in issuer.values.items():
        detail = misfit_of_sample(form)
        if detail:
            params = {"sample": form.sample, "detail": detail}
            found.append(Problem(issuer.file, f"value.{name}.sample", "sample_differs", params))
    yield from _once(found)


def _once(found: Iterable[Problem]) -> Iterator[Problem]:
    seen = set()
    for problem in found:
        about = (problem.key, problem.code, problem.params.get("name"))
        if about not in seen:
            seen.add(about)
            yield problem


# --- Rules -------------------------------------------------------------------------------------------------------


def _of_tables(
    rules: Mapping[Product, Rule], tables: Mapping[Product, str], common: str, issuer: Issuer
) -> Iterator[Problem]:
    """Yields the remarks on each rule; one that every product shares names the table ``common``."""
    found = {product: tuple(_of_rule(rule)) for product, rule in rules.items()}
    for product, each in found.items():
        for code, params in each:
            is_shared = len(found) == len(Product) and all((code, params) in others for others in found.values())
            key = f"rule.{common if is_shared else tables[product]}"
            yield Problem(issuer.file, key, code, params)


def _of_rule(rule: Rule) -> Iterator[tuple[str, Mapping[str, str]]]:
    if rule.channel in {Channel.PAPER, Channel.FAX} and not (rule.instructions or rule.bring):
        yield "nothing_to_do", {}
    if rule.channel in {Channel.FORM, Channel.UPLOAD} and not (rule.instructions or rule.bring or rule.lines):
        yield "nothing_to_do", {}
    lines = (line.value for line in rule.lines)
    templates = chain((rule.subject, rule.file_name), lines, rule.instructions)
    for name in dict.fromkeys(chain.from_iterable(map(tested_values, templates))):
        yield "tested_value", {"name": name}


# --- Who receives ------------------------------------------------------------------------------------------------


def _of_sections(issuer: Issuer, projects: tuple[Project, ...]) -> Iterator[Problem]:
    for product, rule in chain(issuer.rules.items(), issuer.amended_rules.items()):
        for id_, section in _receiving(issuer, projects, product, rule):
            is_open = any(key.endswith((f".{id_}", ".phone")) for key in section.open)
            if rule.call_after and not section.phone and not is_open:
                yield Problem(issuer.file, f"section.{id_}.phone", "call_without_phone")
            if rule.channel is Channel.FAX and not section.fax:
                yield Problem(issuer.file, f"section.{id_}.fax", "fax_without_number")


def _receiving(
    issuer: Issuer, projects: tuple[Project, ...], product: Product, rule: Rule
) -> Iterator[tuple[str, Section]]:
    """The sections that get this product: the rule's, or those that projects without an office of their own name."""
    named = [rule.section]
    if rule.section == FROM_PROJECT:
        named = [
            each.sections[product] for each in projects if product in each.sections and product not in each.offices
        ]
    for id_ in dict.fromkeys(named):
        if id_ in issuer.sections:
            yield id_, issuer.sections[id_]


# --- Names -------------------------------------------------------------------------------------------------------


def _same_names(issuers: tuple[Issuer, ...]) -> Iterator[Problem]:
    first: dict[str, Issuer] = {}
    for issuer in issuers:
        other = first.setdefault(match_key(issuer.full_name), issuer)
        if other is not issuer:
            yield Problem(issuer.file, "scope", "same_name", {"file": other.file, "name": issuer.full_name})
