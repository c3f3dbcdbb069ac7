"""The shape of a ``[[project]]`` of the register.

A field has the name that the value has in ``core.rulebook.Project``, and the TOML key as its alias. A file that a
project names can only be inside the invoices folder. ``projects`` checks whether issuers and sections exist.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from worker.config.issuers import SectionTable
from worker.config.rule_tables import RuleTables
from worker.config.toml import Listed, NonEmpty, OneOf, PerProduct, Refused, Shape, Some, value_of
from worker.core.model import Product
from worker.core.rulebook import OFFICE, Award, CountedBy, Document, Invoice, Section, WorkKind
from worker.core.text import match_key

SEPARATE: Final = "separate"
"""In place of an invoice's table: it is handed in another way (別途)."""

NOTHING: Final[Any] = {}
"""Shared, and never written to: most projects leave most tables out, and 10,000 hold as many as they need."""


def _as_mapping(table: Shape) -> dict[Any, Any]:
    """Returns the keys that ``table`` writes, with their values."""
    return {
        _PRODUCTS.get(name, name): getattr(table, name)
        for name in type(table).model_fields
        if name in table.model_fields_set
    }


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
        raise Refused(("invoice_path", {"path": text}))
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
        raise Refused(("invoice_form", {"value": value}))
    return [value] if isinstance(value, Mapping) else value


def _check_numbers(invoices: tuple[Invoice, ...]) -> tuple[Invoice, ...]:
    if len({match_key(invoice.number) for invoice in invoices}) < len(invoices):
        raise Refused(("invoice_number_twice", {}))
    return invoices


_InvoicesOfProduct = Annotated[
    Annotated[Some[Annotated[_Invoice, AfterValidator(partial(value_of, Invoice))]], AfterValidator(_check_numbers)]
    | None,
    BeforeValidator(_separate_or_tables),
]


def _never_with_contract(value: Any) -> Any:
    if isinstance(value, Mapping) and Product.CONTRACT in value:
        raise Refused(("contract_invoice", {}))
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
                raise Refused(("number_two_products", {"value": number}))
    return numbers


def _day_per_product(value: Any) -> Any:
    is_day = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return dict.fromkeys(_PRODUCTS, value) if is_day else value


@functools.lru_cache(maxsize=1024)  # thousands of projects share the sections of some hundred issuers
def _same_section(section: str) -> PerProduct[NonEmpty]:
    return PerProduct[NonEmpty](contract=section, advance=section, interim=section)


def _section_per_product(value: Any) -> Any:
    return _same_section(value) if isinstance(value, str) and value.strip() else value


_MAPPED: Final = AfterValidator(_as_mapping)


class ProjectTable(Shape):
    """One ``[[project]]``; a field with ``_MAPPED`` holds a mapping once it is validated."""

    name: NonEmpty
    issuer: NonEmpty
    sections: Annotated[PerProduct[NonEmpty], BeforeValidator(_section_per_product), _MAPPED] = Field(
        default=NOTHING, alias="section"
    )
    contractor: str = ""
    names_on_notice: Listed[NonEmpty] = ()
    contract_numbers: Listed[NonEmpty] = ()
    numbers: Annotated[PerProduct[Listed[NonEmpty]], _MAPPED, AfterValidator(_check_products)] = NOTHING
    by_name: bool = False
    values: dict[str, str] = Field(default_factory=dict)
    dates: Annotated[_Dates, _MAPPED] = NOTHING
    deadlines: Annotated[PerProduct[dt.date], BeforeValidator(_day_per_product), _MAPPED] = Field(
        default=NOTHING, alias="deadline"
    )
    department: str = ""
    contact: str = ""
    phone: str = ""
    invoices: Annotated[_Invoices, BeforeValidator(_never_with_contract), _MAPPED] = Field(
        default=NOTHING, alias="invoice"
    )
    offices: Annotated[PerProduct[_Office], _MAPPED] = Field(default=NOTHING, alias="office")
    tendered_by: str = ""
    kind: OneOf[WorkKind] | None = None
    award: OneOf[Award] | None = None
    amount: Annotated[int | None, Field(ge=0)] = None
    documents: Annotated[PerProduct[_Documents], _MAPPED] = NOTHING
    approval: str = ""
    exception: str = ""
    is_excluded: bool = Field(default=False, alias="excluded")
    is_amended: bool = Field(default=False, alias="amended")
    expects: Listed[OneOf[Product]] = ()
    rule: RuleTables | None = None


class RegisterTable(Shape):
    """``projects.toml`` as a whole."""

    project: Listed[ProjectTable] = ()
