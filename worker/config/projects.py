"""Decides what ``projects.toml`` says: the contractor's public-works contracts.

Its promise: a project names an issuer and sections that exist, its files can only lie inside the invoices folder, and
a rule of its own is as complete as the issuer's that it is laid over. It does not
know whether two projects could be meant by one notice: ``match`` decides that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from worker.config.issuers import make_section
from worker.config.open_keys import still_open
from worker.config.project_ids import project_ids
from worker.config.project_tables import (
    DeadlinesTable,
    DocumentsTable,
    InvoicesTable,
    NumbersTable,
    OfficesTable,
    ProjectTable,
    RegisterTable,
    SectionsTable,
)
from worker.config.rule_conflicts import BaseRule, RuleSource, problems_of_rules
from worker.config.rule_tables import RuleTables, bare_rule, lay_over, layers, own_layers, written_keys
from worker.config.toml import Path, check_table, key_path, nearest, table_in
from worker.core.errors import Problem
from worker.core.model import Product
from worker.core.rulebook import OFFICE, Contract, Document, Invoice, Issuer, Project, Rule

FILE: Final = "projects.toml"
_NOTHING: Final[dict[Any, Any]] = {}
"""Shared, and never written to: most projects leave most tables out, and 10,000 hold as many as they need."""

_PRODUCTS: Final = tuple(Product)  # going through an Enum 40,000 times takes a tenth of a second


Sections = Mapping[str, list[str] | None]
"""The ids of each issuer's sections; None for an issuer whose file cannot be read at all."""


def read_projects(
    table: Mapping[str, Any], sections: Sections, issuers: Mapping[str, Issuer], found: list[Problem]
) -> tuple[Project, ...] | None:
    """``projects.toml`` as Projects; None where anything in it is wrong, and every problem in ``found``.

    ``issuers`` are those without a problem: a project's own rule is laid over theirs.
    """
    before = len(found)
    found.extend(_problems_of_references(table, sections, issuers))
    checked = check_table(RegisterTable, table, FILE, found)
    if checked is None or len(found) > before:
        return None
    ids = project_ids([(each.issuer, each.name, _first_number(each)) for each in checked.project])
    return tuple(
        _project(id_, project, issuers.get(project.issuer)) for id_, project in zip(ids, checked.project, strict=True)
    )


def read_one_project(
    table: Mapping[str, Any], issuer: Issuer, found: list[Problem], place: str = "project"
) -> Project | None:
    """The one project of ``issuer`` that an example's table describes; None and its problems where it is wrong.

    The problems stand in the issuer's file at ``place``.
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
    """What a project's own tables are laid over."""

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


def _first_number(project: ProjectTable) -> str:
    """The contract number that tells it from a project of its name; empty where none is registered."""
    of_products = [number for numbers in _per_product(project.numbers).values() for number in numbers]
    return next(iter((*project.contract_numbers, *of_products)), "")


def _project(id_: str, project: ProjectTable, issuer: Issuer | None) -> Project:
    rules, amended_rules = _own_rules(project.rule, issuer) if project.rule and issuer else (_NOTHING, _NOTHING)
    return Project(
        id=id_,
        name=project.name,
        issuer=project.issuer,
        sections=_per_product(project.section),
        contractor=project.contractor,
        names_on_notice=tuple(project.names_on_notice),
        contract_numbers=tuple(project.contract_numbers),
        by_name=project.by_name,
        values=project.values,
        dates={name: date for name, date in vars(project.dates).items() if date is not None}
        if project.dates
        else _NOTHING,
        invoices={
            product: tuple(Invoice(each.file, each.amount, each.date, each.number) for each in invoices)
            for product, invoices in _per_product(project.invoice).items()
        },
        department=project.department,
        contact=project.contact,
        phone=project.phone,
        offices={product: make_section(OFFICE, office) for product, office in _per_product(project.office).items()},
        tendered_by=project.tendered_by,
        kind=project.kind,
        award=project.award,
        amount=project.amount,
        documents={
            product: tuple(Document(each.file, each.title) for each in files)
            for product, files in _per_product(project.documents).items()
        },
        approval=project.approval,
        exception=project.exception,
        is_excluded=project.excluded,
        is_amended=project.amended,
        expects=tuple(project.expects),
        deadlines={product: day for product, day in _per_product(project.deadline).items() if day is not None}
        if project.deadline
        else _NOTHING,
        rules=rules,
        amended_rules=amended_rules,
        numbers={product: tuple(numbers) for product, numbers in _per_product(project.numbers).items()}
        if project.numbers
        else _NOTHING,
    )


_PerProduct = SectionsTable | InvoicesTable | DocumentsTable | OfficesTable | DeadlinesTable | NumbersTable


def _per_product(shape: _PerProduct | None) -> dict[Product, Any]:
    """What ``shape`` says for each product that it names."""
    if shape is None:
        return _NOTHING
    return {product: getattr(shape, product) for product in _PRODUCTS if product in shape.model_fields_set}


def _own_rules(tables: RuleTables, issuer: Issuer) -> tuple[dict[Product, Rule], dict[Product, Rule]]:
    """The whole rules that a project's own tables give, for its original and for its amended contract."""
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
    """The issuer's rule with the project's tables laid over it; None where they say nothing of it."""
    own = [tables.named(name) for name in layers(product, contract)]
    written = frozenset[str]().union(*(written_keys(table, product) for table in own))
    if not written:
        return None
    base = _base_of(issuer)(product, contract)
    return lay_over(replace(base, open=still_open(base.open, written)), own, product)
