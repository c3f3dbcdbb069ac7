"""Decides which shape a ``[[project]]`` of the register has, and which values each of its keys may hold.

Its promise: a file that a project names can only lie inside the invoices folder. It does not know whether issuers and
sections exist: ``projects`` decides that.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from worker.config.issuers import SectionTable
from worker.config.rule_tables import RuleTables
from worker.config.toml import NonEmpty, Refused, Shape
from worker.core.model import Product
from worker.core.rulebook import Award, CountedBy, WorkKind
from worker.core.text import match_key

SEPARATE: Final = "separate"
"""In place of an invoice's table: it is handed in another way (別途)."""


class SectionsTable(Shape):
    """The section that each product goes to."""

    contract: NonEmpty | None = None
    advance: NonEmpty | None = None
    interim: NonEmpty | None = None


class DatesTable(Shape):
    """A project's dates, by what eligibility counts by."""

    procedure_start: dt.date | None = None
    announcement: dt.date | None = None
    designation: dt.date | None = None
    notification: dt.date | None = None
    bid: dt.date | None = None
    award: dt.date | None = None
    contract: dt.date | None = None
    original_contract: dt.date | None = None
    guarantee: dt.date | None = None


if set(DatesTable.model_fields) != set(CountedBy):  # pragma: no cover  a slip of ours, found at import
    raise AssertionError("a project's dates are those that eligibility counts by")


def check_inner_path(text: str) -> str:
    r"""``text`` where it names a file below a folder by parts joined with ``/``; raises Refused.

    ``..``, an absolute path and a backslash (a separator on the machine the share comes from) are refused.
    """
    parts = text.split("/")
    if "\\" in text or not all(part.strip(" .") for part in parts):
        raise Refused(("invoice_path", {"path": text}))
    return text


class InvoiceTable(Shape):
    """One invoice; ``number`` is the contract number it belongs to."""

    file: Annotated[NonEmpty, AfterValidator(check_inner_path)]
    amount: Annotated[int | None, Field(ge=0)] = None
    date: dt.date | None = None
    number: str = ""


_SEPARATE_INVOICE: Final = InvoiceTable.model_construct(file="", amount=None, date=None, number="")


def _separate_or_tables(value: Any) -> Any:
    if value == SEPARATE:
        return [_SEPARATE_INVOICE]
    if isinstance(value, str):
        raise Refused(("invoice_form", {"value": value}))
    return [value] if isinstance(value, Mapping) else value


def _check_numbers(invoices: list[InvoiceTable]) -> list[InvoiceTable]:
    if len({match_key(invoice.number) for invoice in invoices}) < len(invoices):
        raise Refused(("invoice_number_twice", {}))
    return invoices


_InvoicesOfProduct = Annotated[
    Annotated[list[InvoiceTable], Field(min_length=1), AfterValidator(_check_numbers)] | None,
    BeforeValidator(_separate_or_tables),
]


def _never_with_contract(value: Any) -> Any:
    if isinstance(value, Mapping) and Product.CONTRACT in value:
        raise Refused(("contract_invoice", {}))
    return value


class InvoicesTable(Shape):
    """The invoices of each product that has any."""

    advance: _InvoicesOfProduct = None
    interim: _InvoicesOfProduct = None


class DocumentTable(Shape):
    """One file beside notice and invoice."""

    title: str = ""
    file: Annotated[NonEmpty, AfterValidator(check_inner_path)]


def _file_or_table(value: Any) -> Any:
    return {"file": value} if isinstance(value, str) else value


_Files = list[Annotated[DocumentTable, BeforeValidator(_file_or_table)]]


class DocumentsTable(Shape):
    """The files of each product; an empty list says that none is needed."""

    contract: _Files | None = None
    advance: _Files | None = None
    interim: _Files | None = None


class OfficesTable(Shape):
    """Who receives each product of this project alone."""

    contract: SectionTable | None = None
    advance: SectionTable | None = None
    interim: SectionTable | None = None


class DeadlinesTable(Shape):
    """The last day of each product that has one."""

    contract: dt.date | None = None
    advance: dt.date | None = None
    interim: dt.date | None = None


class NumbersTable(Shape):
    """The contract numbers of each product that has any."""

    contract: list[NonEmpty] = Field(default_factory=list)
    advance: list[NonEmpty] = Field(default_factory=list)
    interim: list[NonEmpty] = Field(default_factory=list)


def _check_products(table: NumbersTable | None) -> NumbersTable | None:
    """Raises Refused where one number is given for two products: then it says of neither that it is its own."""
    products: dict[str, str] = {}
    for product, numbers in (vars(table) if table else {}).items():
        for number in numbers:
            if products.setdefault(match_key(number), product) != product:
                raise Refused(("number_two_products", {"value": number}))
    return table


def _day_per_product(value: Any) -> Any:
    is_day = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return DeadlinesTable(contract=value, advance=value, interim=value) if is_day else value


@functools.lru_cache(maxsize=1024)  # thousands of projects share the sections of some hundred issuers
def _same_section(section: str) -> SectionsTable:
    return SectionsTable(contract=section, advance=section, interim=section)


def _section_per_product(value: Any) -> Any:
    return _same_section(value) if isinstance(value, str) and value.strip() else value


class ProjectTable(Shape):
    """One ``[[project]]``."""

    name: NonEmpty
    issuer: NonEmpty
    section: Annotated[SectionsTable | None, BeforeValidator(_section_per_product)] = None
    contractor: str = ""
    names_on_notice: list[NonEmpty] = Field(default_factory=list)
    contract_numbers: list[NonEmpty] = Field(default_factory=list)
    numbers: Annotated[NumbersTable | None, AfterValidator(_check_products)] = None
    by_name: bool = False
    values: dict[str, str] = Field(default_factory=dict)
    dates: DatesTable | None = None
    deadline: Annotated[DeadlinesTable | None, BeforeValidator(_day_per_product)] = None
    department: str = ""
    contact: str = ""
    phone: str = ""
    invoice: Annotated[InvoicesTable | None, BeforeValidator(_never_with_contract)] = None
    office: OfficesTable | None = None
    tendered_by: str = ""
    kind: Annotated[WorkKind | None, Field(strict=False)] = None
    award: Annotated[Award | None, Field(strict=False)] = None
    amount: Annotated[int | None, Field(ge=0)] = None
    documents: DocumentsTable | None = None
    approval: str = ""
    exception: str = ""
    excluded: bool = False
    amended: bool = False
    expects: list[Annotated[Product, Field(strict=False)]] = Field(default_factory=list)
    rule: RuleTables | None = None


class RegisterTable(Shape):
    """``projects.toml`` as a whole."""

    project: list[ProjectTable] = Field(default_factory=list)
