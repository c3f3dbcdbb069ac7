"""Reads ``projects.toml``: the contractor's public-works contracts.

A project names an issuer and sections that exist, and a rule of its own is as complete as the issuer's under it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from worker.config.open_keys import still_open
from worker.config.project_tables import NOTHING, ProjectTable, RegisterTable
from worker.config.rule_conflicts import BaseRule, RuleSource, problems_of_rules
from worker.config.rule_tables import RuleTables, bare_rule, lay_over, layers, own_layers, written_keys
from worker.config.toml import Path, check_table, key_path, nearest, table_in, value_of
from worker.core.errors import Problem
from worker.core.model import Product
from worker.core.rulebook import Contract, Issuer, Project, Rule

FILE: Final = "projects.toml"

Sections = Mapping[str, list[str] | None]
"""The ids of each issuer's sections; None for an issuer whose file cannot be read at all."""


def read_projects(
    table: Mapping[str, Any], sections: Sections, issuers: Mapping[str, Issuer], found: list[Problem]
) -> tuple[Project, ...] | None:
    """Returns ``projects.toml`` as Projects; None, with every problem in ``found``, if anything in it is wrong.

    ``issuers`` are those without a problem: a project's own rule is laid over theirs.
    """
    before = len(found)
    found.extend(_problems_of_references(table, sections, issuers))
    checked = check_table(RegisterTable, table, FILE, found)
    if checked is None or len(found) > before:
        return None
    ids = _ids(checked.project)
    return tuple(
        _project(id_, project, issuers.get(project.issuer)) for id_, project in zip(ids, checked.project, strict=True)
    )


def read_one_project(
    table: Mapping[str, Any], issuer: Issuer, found: list[Problem], place: str = "project"
) -> Project | None:
    """Returns the project of ``issuer`` that an example's table describes; None, with its problems, if it is wrong.

    The problems name the issuer's file, at ``place``.
    """
    own: list[Problem] = []
    register = {"project": [{**table, "issuer": issuer.id}]}
    projects = read_projects(register, {issuer.id: list(issuer.sections)}, {issuer.id: issuer}, own)
    found.extend(replace(each, file=issuer.file, key=each.key.replace("project[1]", place, 1)) for each in own)
    return projects[0] if projects else None


def _problems_of_references(
    table: Mapping[str, Any], sections: Sections, issuers: Mapping[str, Issuer]
) -> Iterator[Problem]:
    projects = table.get("project")
    for at, project in enumerate(projects if isinstance(projects, list) else ()):
        issuer = project.get("issuer") if isinstance(project, Mapping) else None
        if not isinstance(issuer, str) or not issuer.strip():
            continue
        if issuer not in sections:
            path: Path = ("project", at, "issuer")
            near = nearest(issuer, sections)
            yield Problem(FILE, key_path(path), "unknown_issuer", {"name": issuer, "nearest": near})
            continue
        valid = sections[issuer]
        for inner, section in _sections_named(project):
            if valid is not None and section not in valid:
                key = key_path(("project", at, *inner))
                params = {"name": section, "issuer": issuer, "nearest": nearest(section, valid)}
                yield Problem(FILE, key, "unknown_section", params)
        if "rule" in project:
            base = _base_of(issuers.get(issuer))
            yield from problems_of_rules(RuleSource(FILE, ("project", at), project, valid, (), base))


def _base_of(issuer: Issuer | None) -> BaseRule:
    """Returns the rules that a project's own tables are laid over."""

    def base(product: Product, contract: Contract) -> Rule:
        if issuer is None:
            return bare_rule(product)
        amended = issuer.amended_rules.get(product) if contract is Contract.AMENDED else None
        return amended or issuer.rules[product]

    return base


def _sections_named(project: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    section = project.get("section")
    if isinstance(section, str):
        yield ("section",), section
    elif section is not None:
        for product, name in table_in(project, "section").items():
            if isinstance(name, str) and name.strip():
                yield ("section", product), name
    tendered_by = project.get("tendered_by")
    if isinstance(tendered_by, str) and tendered_by:
        yield ("tendered_by",), tendered_by


def _ids(projects: Sequence[ProjectTable]) -> list[str]:
    """Returns issuer and name of each; for two that share both, also the first contract number, else the position.

    No two projects share an id: a number that an approval tied to one project must not come to mean another. A
    position changes with the file, but two such projects cannot be told apart without a number.
    """
    plain = [f"{project.issuer}/{project.name}" for project in projects]
    shared = Counter(plain)
    numbered = [
        f"{id_}/{number}" if shared[id_] > 1 and (number := _first_number(project)) else id_
        for id_, project in zip(plain, projects, strict=True)
    ]
    twice = Counter(numbered)
    return [f"{id_}#{at}" if shared[id_] > 1 or twice[id_] > 1 else id_ for at, id_ in enumerate(numbered, start=1)]


def _first_number(project: ProjectTable) -> str:
    """Returns the contract number that tells it from a project of its name; empty if none is registered."""
    of_products: Mapping[Any, tuple[str, ...]] = vars(project)["numbers"]
    return next(chain(project.contract_numbers, chain.from_iterable(of_products.values())), "")


def _project(id_: str, project: ProjectTable, issuer: Issuer | None) -> Project:
    rules, amended_rules = _own_rules(project.rule, issuer) if project.rule and issuer else (NOTHING, NOTHING)
    return value_of(Project, project, id=id_, rules=rules, amended_rules=amended_rules)


def _own_rules(tables: RuleTables, issuer: Issuer) -> tuple[dict[Product, Rule], dict[Product, Rule]]:
    """Returns the whole rules that a project's own tables give, for its original and for its amended contract."""
    original: dict[Product, Rule] = {}
    amended: dict[Product, Rule] = {}
    for product in Product:
        rule = _own_rule(tables, issuer, product, Contract.ORIGINAL)
        if rule is not None:
            original[product] = rule
        is_apart = product in issuer.amended_rules or any(
            tables.named(name).model_fields_set for name in own_layers(product)
        )
        rule = _own_rule(tables, issuer, product, Contract.AMENDED)
        if is_apart and rule is not None:
            amended[product] = rule
    return original, amended


def _own_rule(tables: RuleTables, issuer: Issuer, product: Product, contract: Contract) -> Rule | None:
    """Returns the issuer's rule with the project's tables laid over it; None if they write no key of it."""
    own = [tables.named(name) for name in layers(product, contract)]
    written = frozenset[str]().union(*(written_keys(table, product) for table in own))
    if not written:
        return None
    base = _base_of(issuer)(product, contract)
    return lay_over(replace(base, open=still_open(base.open, written)), own, product)
