"""Reads ``projects.toml``: the contractor's public-works contracts.

A project names an issuer and sections that exist, its files can only be inside the invoices folder, and a rule of its
own is as complete as the issuer's under it.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from worker.config.defaults import SEPARATE
from worker.config.issuers import SectionTable
from worker.config.project_ids import project_ids
from worker.config.rule_conflicts import RuleSource, problems_of_rules
from worker.config.rule_layers import base_of, rules_of_project
from worker.config.rule_tables import RuleTables, written_tables
from worker.config.toml import (
    Listed,
    NonEmpty,
    OneOf,
    Path,
    PerProduct,
    Refused,
    Shape,
    Some,
    check_table,
    key_path,
    nearest,
    table_in,
    value_of,
)
from worker.core.errors import Problem
from worker.core.model import Product
from worker.core.rulebook import OFFICE, Award, CountedBy, Document, Invoice, Issuer, Project, Section, WorkKind
from worker.core.text import match_key

FILE: Final = "projects.toml"

# --- Shapes --------------------------------------------------------------------------------------------------

_NOTHING: Final[Any] = {}
"""Shared, and never written to: most projects leave most tables out, and 10,000 hold as many as they need."""


def _written(table: Shape) -> dict[str, Any]:
    """Returns the keys that ``table`` writes, with their values."""
    return {name: getattr(table, name) for name in type(table).model_fields if name in table.model_fields_set}


def _by_product(table: Shape) -> dict[Product, Any]:
    return {_PRODUCTS[name]: value for name, value in _written(table).items()}


_PRODUCTS: Final = {product.value: product for product in Product}


class _Dates(Shape):
    procedure_start: dt.date | None = None
    announcement: dt.date | None = None
    designation: dt.date | None = None
    notification: dt.date | None = None
    bid: dt.date | None = None
    award: dt.date | None = None
    contract: dt.date | None = None
    original_contract: dt.date | None = None
    guarantee: dt.date | None = None


if set(_Dates.model_fields) != set(CountedBy):  # pragma: no cover  a slip of ours, found at import
    raise AssertionError("a project's dates are those that eligibility counts by")


def check_inner_path(text: str) -> str:
    r"""Returns ``text``. Raises Refused unless it names a file below a folder by parts joined with ``/``.

    ``..``, an absolute path and a backslash (a separator on the machine the share comes from) are refused.
    """
    parts = text.split("/")
    if "\\" in text or not all(part.strip(" .") for part in parts):
        raise Refused("invoice_path", path=text)
    return text


_File = Annotated[NonEmpty, AfterValidator(check_inner_path)]


class _Invoice(Shape):
    file: _File
    amount: Annotated[int | None, Field(ge=0)] = None
    date: dt.date | None = None
    number: str = ""


_SEPARATE_INVOICE: Final = _Invoice.model_construct(file="", amount=None, date=None, number="")


def _separate_or_tables(value: Any) -> Any:
    if value == SEPARATE:
        return [_SEPARATE_INVOICE]
    if isinstance(value, str):
        raise Refused("invoice_form", value=value)
    return [value] if isinstance(value, Mapping) else value


def _check_numbers(invoices: tuple[Invoice, ...]) -> tuple[Invoice, ...]:
    if len({match_key(invoice.number) for invoice in invoices}) < len(invoices):
        raise Refused("invoice_number_twice")
    return invoices


_InvoicesOfProduct = Annotated[
    Annotated[Some[Annotated[_Invoice, AfterValidator(partial(value_of, Invoice))]], AfterValidator(_check_numbers)]
    | None,
    BeforeValidator(_separate_or_tables),
]


def _never_with_contract(value: Any) -> Any:
    if isinstance(value, Mapping) and Product.CONTRACT in value:
        raise Refused("contract_invoice")
    return value


class _Invoices(Shape):
    advance: _InvoicesOfProduct = None
    interim: _InvoicesOfProduct = None


class _Document(Shape):
    title: str = ""
    file: _File


def _file_or_table(value: Any) -> Any:
    return {"file": value} if isinstance(value, str) else value


_Documents = Listed[Annotated[_Document, BeforeValidator(_file_or_table), AfterValidator(partial(value_of, Document))]]
"""The files of one product; an empty list says that none is needed."""

_Office = Annotated[SectionTable, AfterValidator(partial(value_of, Section, id=OFFICE))]


def _check_products(numbers: dict[Product, tuple[str, ...]]) -> dict[Product, tuple[str, ...]]:
    """Returns ``numbers``. Raises Refused if two products have the same one: it identifies neither then."""
    products: dict[str, str] = {}
    for product, each in numbers.items():
        for number in each:
            if products.setdefault(match_key(number), product) != product:
                raise Refused("number_two_products", value=number)
    return numbers


def _day_per_product(value: Any) -> Any:
    is_day = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return dict.fromkeys(_PRODUCTS, value) if is_day else value


@functools.lru_cache(maxsize=1024)  # thousands of projects share the sections of some hundred issuers
def _same_section(section: str) -> PerProduct[NonEmpty]:
    return PerProduct[NonEmpty](contract=section, advance=section, interim=section)


def _section_per_product(value: Any) -> Any:
    return _same_section(value) if isinstance(value, str) and value.strip() else value


_MAPPED: Final = AfterValidator(_by_product)


class ProjectTable(Shape):
    """One ``[[project]]``; a field has the name that it has in ``Project``, and the TOML key as its alias.

    A table per product, and ``dates``, is a mapping once it is validated.
    """

    name: NonEmpty
    issuer: NonEmpty
    sections: Annotated[PerProduct[NonEmpty], BeforeValidator(_section_per_product), _MAPPED] = Field(
        default=_NOTHING, alias="section"
    )
    contractor: str = ""
    names_on_notice: Listed[NonEmpty] = ()
    contract_numbers: Listed[NonEmpty] = ()
    numbers: Annotated[PerProduct[Listed[NonEmpty]], _MAPPED, AfterValidator(_check_products)] = _NOTHING
    by_name: bool = False
    values: dict[str, str] = Field(default_factory=dict)
    dates: Annotated[_Dates, AfterValidator(_written)] = _NOTHING
    deadlines: Annotated[PerProduct[dt.date], BeforeValidator(_day_per_product), _MAPPED] = Field(
        default=_NOTHING, alias="deadline"
    )
    department: str = ""
    contact: str = ""
    phone: str = ""
    invoices: Annotated[_Invoices, BeforeValidator(_never_with_contract), _MAPPED] = Field(
        default=_NOTHING, alias="invoice"
    )
    offices: Annotated[PerProduct[_Office], _MAPPED] = Field(default=_NOTHING, alias="office")
    tendered_by: str = ""
    kind: OneOf[WorkKind] | None = None
    award: OneOf[Award] | None = None
    amount: Annotated[int | None, Field(ge=0)] = None
    documents: Annotated[PerProduct[_Documents], _MAPPED] = _NOTHING
    approval: str = ""
    exception: str = ""
    is_excluded: bool = Field(default=False, alias="excluded")
    is_amended: bool = Field(default=False, alias="amended")
    original_amount: Annotated[int | None, Field(ge=0)] = None
    expects: Listed[OneOf[Product]] = ()
    closed: dt.date | None = None
    rule: RuleTables | None = None


class _Register(Shape):
    """``projects.toml`` as a whole."""

    project: Listed[ProjectTable] = ()


# --- Reading -------------------------------------------------------------------------------------------------

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
    checked = check_table(_Register, table, FILE, found)
    if checked is None or len(found) > before:
        return None
    ids = project_ids([(each.issuer, each.name, _first_number(each)) for each in checked.project])
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
            base = base_of(issuers.get(issuer))
            yield from problems_of_rules(RuleSource(FILE, ("project", at), project, valid, (), base))


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
    """Returns the contract number that distinguishes it from a project of its name; empty if none is registered."""
    of_products: Mapping[Any, tuple[str, ...]] = vars(project)["numbers"]
    return next(chain(project.contract_numbers, chain.from_iterable(of_products.values())), "")


def _project(id_: str, project: ProjectTable, issuer: Issuer | None) -> Project:
    rules, amended_rules = (
        rules_of_project(written_tables(project.rule), issuer) if project.rule and issuer else (_NOTHING, _NOTHING)
    )
    return value_of(Project, project, id=id_, rules=rules, amended_rules=amended_rules)
