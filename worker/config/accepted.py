"""Reads settings, guarantors, issuers and the register from files that were accepted before, without shapes.

``load_configuration`` accepted these bytes before they were recorded as in force, and its shapes need longer to load
than a submission to judge. A table that has not the form of this version raises one of ``outline.OTHER_FORM``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

from worker.config.defaults import HOLD_MINUTES, MAX_BYTES, SEPARATE
from worker.config.outline import REGISTER, LazyIssuers, numbers_in, read_rehearsal_to, read_toml
from worker.config.project_ids import project_ids
from worker.config.release import Mode, Release, SecondPerson
from worker.config.rule_layers import RULE_KEYS, RULE_TABLES, WrittenRule, open_of_section, rules_of_issuer
from worker.config.rule_layers import rules_of_project as lay_over_issuer
from worker.core.addresses import is_loopback
from worker.core.model import Address, Channel, Closing, Product, sha256
from worker.core.prefectures import Prefecture
from worker.core.rulebook import (
    OFFICE,
    Award,
    Conditional,
    Contractor,
    CountedBy,
    Document,
    Eligibility,
    Guarantor,
    Invoice,
    InvoiceRule,
    Issuer,
    NoticeForm,
    Project,
    Section,
    Timing,
    TitledValue,
    ValueForm,
    When,
    Width,
    WorkKind,
)

T = TypeVar("T")
TableReader = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class AcceptedSmtp:
    """The keys of ``[smtp]`` that a draft depends on."""

    max_bytes: int
    copy_to: Address | None
    is_loopback: bool


@dataclass(frozen=True, slots=True)
class AcceptedSettings:
    """The keys of ``worker.toml`` that a draft depends on; the names are those of ``Settings``."""

    contractor: Contractor
    smtp: AcceptedSmtp
    release: Release
    invoices_shown: str


@dataclass(frozen=True, slots=True)
class AcceptedConfiguration:
    """The parts of a ``Configuration`` that a draft depends on."""

    settings: AcceptedSettings
    guarantors: tuple[Guarantor, ...]
    issuers: Mapping[str, Issuer]
    projects: tuple[Project, ...]


def read_accepted(files: Mapping[str, bytes]) -> AcceptedConfiguration:
    """Returns what ``load_configuration`` made of ``files``, as far as a draft depends on it."""
    issuers = LazyIssuers(files, _issuer)
    return AcceptedConfiguration(
        _settings(read_toml(files["worker.toml"])),
        tuple(_guarantor(id_, each) for id_, each in read_toml(files["guarantors.toml"])["guarantor"].items()),
        issuers,
        _projects(read_toml(files[REGISTER]).get("project", []), issuers),
    )


def _made(kind: Callable[..., T], table: Mapping[str, Any], read: Mapping[str, TableReader], /, **given: Any) -> T:
    """Returns ``kind`` of the keys of ``table``, each value read by its entry in ``read``; ``given`` are defaults."""
    values = {
        key: read[key](value) if key in read else tuple(value) if type(value) is list else value
        for key, value in table.items()
    }
    return kind(**(given | values))


def _members(kind: type[Enum]) -> TableReader:
    return lambda values: tuple(map(kind, values))


def _by_product(table: Mapping[str, Any], read: TableReader) -> dict[Product, Any]:
    if not table.keys() <= {*Product}:
        raise KeyError("a table by product")
    return {product: read(table[product]) for product in Product if product in table}


def _address(text: str) -> Address:
    local, _, domain = text.rpartition("@")
    return Address(f"{local}@{domain.lower()}")


def _addresses(texts: Iterable[str]) -> tuple[Address, ...]:
    return tuple(map(_address, texts))


# --- worker.toml, guarantors.toml ----------------------------------------------------------------------------


def _settings(table: Mapping[str, Any]) -> AcceptedSettings:
    smtp, release = table["smtp"], table.get("release", {})
    copy_to = smtp.get("copy_to", "")
    return AcceptedSettings(
        _made(Contractor, table["contractor"], {"email": _address}, department="", contact="", phone=""),
        AcceptedSmtp(
            smtp.get("max_bytes", MAX_BYTES), _address(copy_to) if copy_to else None, is_loopback(smtp["host"])
        ),
        Release(
            Mode(release.get("mode", Mode.APPROVE)),
            release.get("hold_minutes", HOLD_MINUTES),
            read_rehearsal_to(table),
            is_announced=bool(table.get("operator", {}).get("notify")),
            grace_seconds=release.get("grace_seconds", 0),
            second_person=SecondPerson(release.get("second_person", SecondPerson.NEVER)),
            second_person_amount=release.get("second_person_amount"),
        ),
        table.get("folders", {}).get("invoices_shown", ""),
    )


_GUARANTOR: Final[Mapping[str, TableReader]] = {
    "senders": lambda domains: tuple(each.lower() for each in domains),
    "labels": lambda labels: {name: tuple(texts) for name, texts in labels.items()},
    "products": lambda words: {product: tuple(words.get(product, ())) for product in Product},
}


def _guarantor(id_: str, table: Mapping[str, Any]) -> Guarantor:
    return _made(Guarantor, {**table, "id": id_}, _GUARANTOR, senders=(), subjects=(), titles=())


# --- issuers/*.toml ------------------------------------------------------------------------------------------


_SECTION: Final[Mapping[str, TableReader]] = {"to": _addresses, "cc": _addresses}
_VALUE: Final[Mapping[str, TableReader]] = {"width": Width}
_ELIGIBILITY: Final[Mapping[str, TableReader]] = {
    "counted_by": _members(CountedBy),
    "products": _members(Product),
    "kinds": _members(WorkKind),
    "awards": _members(Award),
}


def _issuer(id_: str, content: bytes) -> Issuer:
    table = read_toml(content)
    open_ = tuple(table.pop("open", ()))
    table.pop("example", None)
    rules, amended_rules = rules_of_issuer(_rule_tables(table.pop("rule")), open_, table.pop("assumed", ()))
    sections, values = table.pop("section", {}), table.pop("value", {})
    return _made(
        Issuer,
        {
            **table,
            "id": id_,
            "file": f"issuers/{id_}.toml",
            "sha256": sha256(content),
            "rules": rules,
            "amended_rules": amended_rules,
            "sections": {
                name: _made(Section, {**each, "id": name, "open": open_of_section(open_, name)}, _SECTION, to=())
                for name, each in sections.items()
            },
            "values": {name: _made(ValueForm, {**each, "name": name}, _VALUE) for name, each in values.items()},
        },
        {"eligibility": lambda given: tuple(map(_eligibility, given)), "scope": str.strip, "prefecture": Prefecture},
        aliases=(),
        guarantors=(),
    )


def _eligibility(table: Mapping[str, Any]) -> Eligibility:
    return _made(Eligibility, {"since" if key == "from" else key: value for key, value in table.items()}, _ELIGIBILITY)


def _sentence(given: Any) -> str | Conditional:
    if isinstance(given, str):
        return given
    when = given.get("when")
    return Conditional(given["text"], When(when)) if when is not None else str(given["text"])


def _sentences(given: Iterable[Any]) -> tuple[str | Conditional, ...]:
    return tuple(map(_sentence, given))


_RULE: Final[Mapping[str, TableReader]] = {
    "channel": Channel,
    "product_words": lambda words: _by_product(words, str),
    "invoice": InvoiceRule,
    "notice": NoticeForm,
    "lines": lambda lines: tuple(TitledValue(**each) for each in lines),
    "conditions": _sentences,
    "timing": Timing,
    "closes": Closing,
    "after": _sentences,
}


def _rule_tables(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, WrittenRule]:
    if not tables.keys() <= {*RULE_TABLES} or any(not table.keys() <= {*RULE_KEYS} for table in tables.values()):
        raise KeyError("a rule's table")
    return {name: _made(dict, table, _RULE) for name, table in tables.items()}


# --- projects.toml -------------------------------------------------------------------------------------------


def _projects(tables: list[dict[str, Any]], issuers: Mapping[str, Issuer]) -> tuple[Project, ...]:
    ids = project_ids([(each["issuer"], each["name"], next(numbers_in(each), "")) for each in tables])
    return tuple(_project(id_, table, issuers) for id_, table in zip(ids, tables, strict=True))


def _sections(given: Any) -> dict[Product, str]:
    return dict.fromkeys(Product, given) if isinstance(given, str) else _by_product(given, str)


def _deadlines(given: Any) -> dict[Product, dt.date]:
    return dict.fromkeys(Product, given) if isinstance(given, dt.date) else _by_product(given, lambda day: day)


def _invoices(given: Any) -> tuple[Invoice, ...]:
    if given == SEPARATE:
        return (Invoice(file=""),)
    return tuple(Invoice(**each) for each in (given if isinstance(given, list) else [given]))


def _documents(given: Iterable[Any]) -> tuple[Document, ...]:
    return tuple(Document(each) if isinstance(each, str) else Document(**each) for each in given)


_NAMES: Final[Mapping[str, str]] = {
    "section": "sections",
    "deadline": "deadlines",
    "invoice": "invoices",
    "office": "offices",
    "excluded": "is_excluded",
    "amended": "is_amended",
}
"""Keys of a ``[[project]]`` → fields of ``Project``."""
_PROJECT: Final[Mapping[str, TableReader]] = {
    "sections": _sections,
    "numbers": lambda given: _by_product(given, tuple),
    "dates": lambda given: {name.value: given[name] for name in CountedBy if name in given},
    "deadlines": _deadlines,
    "invoices": lambda given: _by_product(given, _invoices),
    "offices": lambda given: _by_product(given, lambda each: _made(Section, {**each, "id": OFFICE}, _SECTION, to=())),
    "kind": WorkKind,
    "award": Award,
    "documents": lambda given: _by_product(given, _documents),
    "expects": _members(Product),
}
_NOTHING: Final[Mapping[str, Any]] = {}
"""Shared by the tables that most projects leave out."""


def _project(id_: str, table: dict[str, Any], issuers: Mapping[str, Issuer]) -> Project:
    rules = table.pop("rule", None)
    own, amended = lay_over_issuer(_rule_tables(rules), issuers[table["issuer"]]) if rules else (_NOTHING, _NOTHING)
    return _made(
        Project,
        {_NAMES.get(key, key): value for key, value in table.items()},
        _PROJECT,
        id=id_,
        sections=_NOTHING,
        contractor="",
        names_on_notice=(),
        contract_numbers=(),
        by_name=False,
        values=_NOTHING,
        dates=_NOTHING,
        invoices=_NOTHING,
        rules=own,
        amended_rules=amended,
    )
