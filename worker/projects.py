"""Decides what ``projects.toml`` says: the contractor's public-works contracts.

Its promise: a project names an issuer and sections that exist, and its invoices can only lie inside the invoices
folder. It does not know whether two projects could be meant by one notice: ``match`` decides that.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from worker.errors import Problem
from worker.model import Product
from worker.rulebook import CountedBy, Invoice, Project
from worker.tomlfile import NonEmpty, Path, Refused, Shape, check_table, key_path, nearest, table_in

FILE: Final = "projects.toml"
SEPARATE: Final = "separate"
"""In place of an invoice's table: it is handed in another way (別途)."""


class _Sections(Shape):
    contract: NonEmpty | None = None
    advance: NonEmpty | None = None
    interim: NonEmpty | None = None


class _Dates(Shape):
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
    r"""``text`` where it names a file below a folder by parts joined with ``/``; raises Refused.

    ``..``, an absolute path and a backslash (a separator on the machine the share comes from) are refused.
    """
    parts = text.split("/")
    if "\\" in text or not all(part.strip(" .") for part in parts):
        raise Refused(("invoice_path", {"path": text}))
    return text


class _Invoice(Shape):
    file: Annotated[NonEmpty, AfterValidator(check_inner_path)]
    amount: Annotated[int | None, Field(ge=0)] = None
    date: dt.date | None = None


def _separate_or_table(value: Any) -> Any:
    if value == SEPARATE:
        return _Invoice.model_construct(file="", amount=None, date=None)
    if isinstance(value, str):
        raise Refused(("invoice_form", {"value": value}))
    return value


_InvoiceOrSeparate = Annotated[_Invoice | None, BeforeValidator(_separate_or_table)]


def _never_with_contract(value: Any) -> Any:
    if isinstance(value, Mapping) and Product.CONTRACT in value:
        raise Refused(("contract_invoice", {}))
    return value


class _Invoices(Shape):
    advance: _InvoiceOrSeparate = None
    interim: _InvoiceOrSeparate = None


def _section_per_product(value: Any) -> Any:
    return dict.fromkeys(Product, value) if isinstance(value, str) else value


class _Project(Shape):
    name: NonEmpty
    issuer: NonEmpty
    section: Annotated[_Sections, BeforeValidator(_section_per_product)] = _Sections()
    contractor: str = ""
    names_on_notice: list[NonEmpty] = Field(default_factory=list)
    contract_numbers: list[NonEmpty] = Field(default_factory=list)
    by_name: bool = False
    values: dict[str, str] = Field(default_factory=dict)
    dates: _Dates = _Dates()
    department: str = ""
    contact: str = ""
    phone: str = ""
    invoice: Annotated[_Invoices, BeforeValidator(_never_with_contract)] = _Invoices()


class _Projects(Shape):
    project: list[_Project] = Field(default_factory=list)


def read_projects(
    table: Mapping[str, Any], sections: Mapping[str, list[str] | None], found: list[Problem]
) -> tuple[Project, ...] | None:
    """``projects.toml`` as Projects; None where anything in it is wrong, and every problem in ``found``.

    ``sections`` are the ids of each issuer's sections; None for an issuer whose file cannot be read at all.
    """
    before = len(found)
    found.extend(_problems_of_references(table, sections))
    checked = check_table(_Projects, table, FILE, found)
    if checked is None or len(found) > before:
        return None
    ids = _ids(checked.project)
    return tuple(_project(id_, project) for id_, project in zip(ids, checked.project, strict=True))


def _problems_of_references(table: Mapping[str, Any], sections: Mapping[str, list[str] | None]) -> Iterator[Problem]:
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


def _sections_named(project: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    section = project.get("section")
    if isinstance(section, str):
        yield ("section",), section
    for product, name in table_in(project, "section").items():
        if isinstance(name, str) and name.strip():
            yield ("section", product), name


def _ids(projects: list[_Project]) -> list[str]:
    """Issuer and name; where two share both, the first contract number as well, and the position for one without.

    A shared id is nobody's: a number that an approval tied to it when it meant one project must not come to mean
    another. A position changes with the file, but two such projects are never told apart without a number anyway.
    """
    plain = [f"{project.issuer}/{project.name}" for project in projects]
    shared = Counter(plain)
    numbered = [
        f"{id_}/{project.contract_numbers[0]}" if shared[id_] > 1 and project.contract_numbers else id_
        for id_, project in zip(plain, projects, strict=True)
    ]
    twice = Counter(numbered)
    return [f"{id_}#{at}" if shared[id_] > 1 or twice[id_] > 1 else id_ for at, id_ in enumerate(numbered, start=1)]


def _project(id_: str, project: _Project) -> Project:
    return Project(
        id=id_,
        name=project.name,
        issuer=project.issuer,
        sections={Product(product): section for product, section in project.section if section is not None},
        contractor=project.contractor,
        names_on_notice=tuple(project.names_on_notice),
        contract_numbers=tuple(project.contract_numbers),
        by_name=project.by_name,
        values=dict(project.values),
        dates={name: date for name, date in project.dates if date is not None},
        invoices={
            Product(product): (Invoice(file=invoice.file, amount=invoice.amount, date=invoice.date),)
            for product, invoice in project.invoice
            if invoice is not None
        },
        department=project.department,
        contact=project.contact,
        phone=project.phone,
    )


def lines_of_projects(content: bytes) -> list[int]:
    """The line of each ``[[project]]``, from one; what leads a person to the 734th of a thousand."""
    lines = content.decode("utf-8-sig", errors="replace").split("\n")
    return [number for number, line in enumerate(lines, start=1) if line.replace(" ", "").startswith("[[project]]")]
