"""Reads settings alone, and an outline of register, issuers and guarantors, without the issuers' rules.

The outline trusts the form of the files: ``load_configuration`` accepted these bytes before they were recorded as in
force. Commands that only look take what they show from here, and load no rule, no template and no shape of either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import tomli

from worker.config.project_ids import project_ids
from worker.config.settings import FILE, Settings, read_settings
from worker.config.toml import parse_toml, table_in
from worker.core.errors import Problem
from worker.core.model import Product
from worker.core.rulebook import name_with_scope

REGISTER: Final = "projects.toml"
_GUARANTORS: Final = "guarantors.toml"


def settings_of(files: Mapping[str, bytes]) -> Settings | None:
    """Returns the settings of ``worker.toml``, even if other files have faults; None if it has a fault itself."""
    found: list[Problem] = []
    content = files.get(FILE)
    table = None if content is None else parse_toml(FILE, content, found)
    return None if table is None else read_settings(table, found)


@dataclass(frozen=True, slots=True)
class OutlinedInvoice:
    """The date of an invoice, if it is registered."""

    date: dt.date | None


@dataclass(frozen=True, slots=True)
class OutlinedProject:
    """The keys of a ``[[project]]`` that say which guarantees are expected, and by when."""

    id: str
    name: str
    issuer: str
    all_numbers: tuple[str, ...]
    expects: tuple[Product, ...]
    dates: Mapping[str, dt.date]
    deadlines: Mapping[Product, dt.date]
    invoices: Mapping[Product, tuple[OutlinedInvoice, ...]]


@dataclass(frozen=True, slots=True)
class OutlinedIssuer:
    """An issuer's name."""

    full_name: str


@dataclass(frozen=True, slots=True)
class OutlinedGuarantor:
    """The steps by which a person gets a notice from a guarantor's web service."""

    id: str
    download: tuple[str, ...]


class _Issuers(Mapping[str, OutlinedIssuer]):
    """The issuers by id; a file is read when its issuer is asked for."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def __getitem__(self, key: str) -> OutlinedIssuer:
        table = _read(self._files[f"issuers/{key}.toml"])
        return OutlinedIssuer(name_with_scope(table["name"], table.get("scope", "").strip()))

    def __iter__(self) -> Iterator[str]:
        names = (name for name in self._files if name.startswith("issuers/"))
        return (name.removeprefix("issuers/").removesuffix(".toml") for name in names)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class Outline:
    """The parts of the configuration that the list of tasks needs."""

    settings: Settings
    guarantors: tuple[OutlinedGuarantor, ...]
    issuers: Mapping[str, OutlinedIssuer]
    projects: tuple[OutlinedProject, ...]


def outline_of(files: Mapping[str, bytes], settings: Settings) -> Outline:
    """Returns the outline of ``files``, which ``load_configuration`` has accepted."""
    tables: list[dict[str, Any]] = _read(files[REGISTER]).get("project", [])
    ids = project_ids([(each["issuer"], each["name"], next(_numbers(each), "")) for each in tables])
    guarantors = table_in(_read(files[_GUARANTORS]), "guarantor")
    return Outline(
        settings,
        tuple(OutlinedGuarantor(id_, tuple(each.get("download", ()))) for id_, each in guarantors.items()),
        _Issuers(files),
        tuple(_project(id_, each) for id_, each in zip(ids, tables, strict=True)),
    )


def _read(content: bytes) -> dict[str, Any]:
    return tomli.loads(content.decode("utf-8-sig"))


def _numbers(table: Mapping[str, Any]) -> Iterator[str]:
    yield from table.get("contract_numbers", ())
    for product in Product:
        yield from table.get("numbers", {}).get(product, ())


def _project(id_: str, table: Mapping[str, Any]) -> OutlinedProject:
    deadline = table.get("deadline", {})
    days = deadline if isinstance(deadline, Mapping) else dict.fromkeys(Product, deadline)
    return OutlinedProject(
        id=id_,
        name=table["name"],
        issuer=table["issuer"],
        all_numbers=tuple(_numbers(table)),
        expects=tuple(map(Product, table.get("expects", ()))),
        dates=table.get("dates", {}),
        deadlines={Product(product): day for product, day in days.items()},
        invoices={Product(product): _invoices(given) for product, given in table.get("invoice", {}).items()},
    )


def _invoices(given: object) -> tuple[OutlinedInvoice, ...]:
    """The invoices of one product, written as one table or a list; ``"separate"`` is one without a date."""
    tables = given if isinstance(given, list) else [given]
    return tuple(OutlinedInvoice(each.get("date") if isinstance(each, Mapping) else None) for each in tables)
