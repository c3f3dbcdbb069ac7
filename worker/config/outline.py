"""Reads an outline of settings, register, issuers and guarantors, without the issuers' rules and without shapes.

The outline trusts the form of the files: ``load_configuration`` accepted these bytes before they were recorded as in
force. Commands that only look take what they show from here, and load no rule, no template and no shape of either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import tomli

from worker.config.defaults import INVOICES, NOTICES, POLL_SECONDS, SELF, STUCK_HOURS, longest_silence
from worker.config.project_ids import project_ids
from worker.core.business_hours import USUAL, OfficeHours, read_window
from worker.core.model import Address, Product
from worker.core.text import name_with_scope

T = TypeVar("T")

REGISTER: Final = "projects.toml"
OTHER_FORM: Final = (LookupError, TypeError, ValueError, AttributeError)
"""Errors of a table that has not the form which this version accepts."""
_WORKER: Final = "worker.toml"
_GUARANTORS: Final = "guarantors.toml"


@dataclass(frozen=True, slots=True)
class OutlinedRelease:
    """The address of rehearsals; None: mail goes to the issuers."""

    rehearsal_to: Address | None


@dataclass(frozen=True, slots=True)
class OutlinedSettings:
    """The keys of ``worker.toml`` that looking commands need; the names are those of ``Settings``."""

    release: OutlinedRelease
    store_dir: str
    store_witness: str
    notices: str
    invoices: str
    stuck_hours: int
    windows: tuple[str, ...]
    closed: frozenset[dt.date]
    ca_files: tuple[str, ...]
    mailboxes: tuple[str, ...]
    """Their names."""
    deaf_after: dt.timedelta

    @property
    def hours(self) -> OfficeHours:
        """The hours in which mail leaves."""
        return OfficeHours(tuple(map(read_window, self.windows)), self.closed)


def outlined_settings(files: Mapping[str, bytes]) -> OutlinedSettings:
    """Returns the outline of ``worker.toml``, which ``load_configuration`` has accepted.

    Raises one of ``OTHER_FORM`` if an older program accepted another form.
    """
    table = read_toml(files[_WORKER])
    folders, schedule, store, mailboxes = (table.get(name, {}) for name in ("folders", "schedule", "store", "mailbox"))
    return OutlinedSettings(
        release=OutlinedRelease(read_rehearsal_to(table)),
        store_dir=store.get("dir", ""),
        store_witness=store.get("witness", ""),
        notices=folders.get("notices", NOTICES),
        invoices=folders.get("invoices", INVOICES),
        stuck_hours=schedule.get("stuck_hours", STUCK_HOURS),
        windows=tuple(schedule.get("windows", USUAL)),
        closed=frozenset(schedule.get("closed", ())),
        ca_files=tuple(each.get("ca_file", "") for each in (table["smtp"], *mailboxes.values())),
        mailboxes=tuple(mailboxes),
        deaf_after=longest_silence(schedule.get("deaf_minutes"), schedule.get("poll_seconds", POLL_SECONDS)),
    )


def read_rehearsal_to(table: Mapping[str, Any]) -> Address | None:
    """Returns the address of rehearsals in the table of ``worker.toml``."""
    given = table.get("release", {}).get("rehearsal_to", "")
    local, at, domain = (table["contractor"]["email"] if given == SELF else given).rpartition("@")
    return Address(f"{local}{at}{domain.lower()}") if given else None


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
    closed: dt.date | None = None


@dataclass(frozen=True, slots=True)
class OutlinedIssuer:
    """An issuer's name."""

    full_name: str


@dataclass(frozen=True, slots=True)
class OutlinedGuarantor:
    """The steps by which a person gets a notice from a guarantor's web service."""

    id: str
    download: tuple[str, ...]


class LazyIssuers(Mapping[str, T]):
    """The issuers by id; a file is read by ``read`` when its issuer is asked for."""

    def __init__(self, files: Mapping[str, bytes], read: Callable[[str, bytes], T]) -> None:
        self._files = files
        self._read = read
        self._known: dict[str, T] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._known:
            self._known[key] = self._read(key, self._files[f"issuers/{key}.toml"])
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        names = (name for name in sorted(self._files) if name.startswith("issuers/") and name.endswith(".toml"))
        return (name.removeprefix("issuers/").removesuffix(".toml") for name in names)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _issuer(_: str, content: bytes) -> OutlinedIssuer:
    table = read_toml(content)
    return OutlinedIssuer(name_with_scope(table["name"], table.get("scope", "").strip()))


@dataclass(frozen=True, slots=True)
class Outline:
    """The parts of the configuration that the list of tasks needs."""

    settings: OutlinedSettings
    guarantors: tuple[OutlinedGuarantor, ...]
    issuers: Mapping[str, OutlinedIssuer]
    projects: tuple[OutlinedProject, ...]


def outline_of(files: Mapping[str, bytes], settings: OutlinedSettings) -> Outline:
    """Returns the outline of ``files``, which ``load_configuration`` has accepted."""
    tables: list[dict[str, Any]] = read_toml(files[REGISTER]).get("project", [])
    ids = project_ids([(each["issuer"], each["name"], next(numbers_in(each), "")) for each in tables])
    guarantors = read_toml(files[_GUARANTORS]).get("guarantor", {})
    return Outline(
        settings,
        tuple(OutlinedGuarantor(id_, tuple(each.get("download", ()))) for id_, each in guarantors.items()),
        LazyIssuers(files, _issuer),
        tuple(_project(id_, each) for id_, each in zip(ids, tables, strict=True)),
    )


def read_toml(content: bytes) -> dict[str, Any]:
    """Returns the table of an accepted file."""
    return tomli.loads(content.decode("utf-8-sig"))


def numbers_in(table: Mapping[str, Any]) -> Iterator[str]:
    """Yields every contract number of a project's table."""
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
        all_numbers=tuple(numbers_in(table)),
        expects=tuple(map(Product, table.get("expects", ()))),
        dates=table.get("dates", {}),
        deadlines={Product(product): day for product, day in days.items()},
        invoices={Product(product): _invoices(given) for product, given in table.get("invoice", {}).items()},
        closed=table.get("closed"),
    )


def _invoices(given: object) -> tuple[OutlinedInvoice, ...]:
    """The invoices of one product, written as one table or a list; ``"separate"`` is one without a date."""
    tables = given if isinstance(given, list) else [given]
    return tuple(OutlinedInvoice(each.get("date") if isinstance(each, Mapping) else None) for each in tables)
