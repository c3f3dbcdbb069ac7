"""Edits of registered projects: values given as texts, invoices, documents, amended contracts, closing and deleting.

Each function takes the bytes of ``projects.toml`` as they are now and returns the bytes to write. A value that another
person changed since it was shown is never overwritten.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from worker.config.defaults import SEPARATE
from worker.config.editing.columns import DEFAULT_COLUMNS
from worker.config.editing.fields import (
    FieldRefused,
    KeyPath,
    Value,
    find_issuer,
    key_names,
    merged_value,
    parse_key,
    read_key_value,
    read_recipients,
    value_at,
)
from worker.config.editing.import_rows import Change, Edit, numbers_of, numbers_written
from worker.config.editing.toml_edit import edit_projects, remove_project
from worker.config.project_ids import project_ids
from worker.config.projects import FILE
from worker.config.toml import nearest, parse_toml
from worker.core.errors import ConfigError, NotAllowed, Problem
from worker.core.model import PRODUCT_NAMES, Product
from worker.core.rulebook import CountedBy, Issuer
from worker.core.text import match_key


class RegisterAct(StrEnum):
    """The act of a person on the register (machine output)."""

    ADDED = "added"
    EDITED = "edited"
    AMENDED = "amended"
    INVOICE = "invoice"
    DOCUMENTS = "documents"
    CLOSED = "closed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class RegisterEdit:
    """One act on one project: the file before and after, and each value that changes."""

    act: RegisterAct
    project: str
    """Its id before; of a new project the id that it gets."""
    later: str
    """Its id afterwards; empty if it is deleted."""
    former: bytes
    content: bytes
    changes: tuple[Change, ...]
    """A value of None: the key was not there, or is taken out."""
    numbers: frozenset[str] = frozenset()
    """The contract numbers that the project has before or after, as ``match_key`` folds them."""
    names: frozenset[str] = frozenset()
    """Its names before and after, folded in the same way."""

    @property
    def projects(self) -> frozenset[str]:
        """Its ids before and after."""
        return frozenset({self.project, self.later})


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """One field that another person changed: the text shown, the text that the register has now, and the one given."""

    key: KeyPath
    seen: str
    now: str
    given: str


class RegisterConflict(NotAllowed):
    """Raised if fields of a project were changed since they were shown; nothing was written."""

    def __init__(self, project: str, conflicts: Sequence[FieldConflict]) -> None:
        fields = [f"{'.'.join(each.key)}：{each.now or '—'}" for each in conflicts]
        super().__init__("register_conflict", project=project, fields=fields)
        self.project = project
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True, slots=True)
class FieldRules:
    """The parts of the configuration by which a text becomes a value."""

    issuers: Mapping[str, Issuer]
    numbers: Sequence[str] = ()
    """The patterns of contract numbers."""


# --- The projects of a file ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegisteredTables:
    """The ``[[project]]`` tables of one file, with their ids."""

    content: bytes
    tables: tuple[Mapping[str, Any], ...]
    ids: tuple[str, ...] = field(default=())

    def position(self, project: str) -> int:
        """Returns the position of the project with this id. Raises NotAllowed ``no_such_project``."""
        if project not in self.ids:
            raise NotAllowed("no_such_project", project=project, nearest=nearest(project, self.ids))
        return self.ids.index(project)

    def numbers(self, project: str) -> list[str]:
        """Returns every contract number that is registered with the project. Raises NotAllowed."""
        return numbers_written(self.tables[self.position(project)])

    def find(self, text: str) -> str:
        """Returns the id of the one project whose id, name or contract number ``text`` is. Raises NotAllowed."""
        if text in self.ids:
            return text
        wanted = match_key(text)
        found = [
            id_
            for id_, table in zip(self.ids, self.tables, strict=True)
            if wanted in {match_key(id_), match_key(str(table.get("name", "")))} | numbers_of(table)
        ]
        if len(found) > 1:
            raise NotAllowed("several_projects", project=text, ids=found)
        return found[0] if found else self.ids[self.position(text)]


def read_tables(content: bytes) -> RegisteredTables:
    """Returns the projects of ``projects.toml``. Raises ConfigError if it is no TOML."""
    found: list[Problem] = []
    table = parse_toml(FILE, content, found)
    if found or table is None:
        raise ConfigError(found)
    listed = table.get("project", [])
    tables = tuple(each for each in listed if isinstance(each, Mapping)) if isinstance(listed, list) else ()
    named = [
        (str(each.get("issuer", "")), str(each.get("name", "")), next(iter(numbers_written(each)), ""))
        for each in tables
    ]
    return RegisteredTables(content, tables, tuple(project_ids(named)))


def _names_of(table: Mapping[str, Any]) -> frozenset[str]:
    others = table.get("names_on_notice")
    names = [table.get("name"), *(others if isinstance(others, list) else ())]
    return frozenset(match_key(each) for each in names if isinstance(each, str))


# --- Fields as texts -----------------------------------------------------------------------------------------

_BY_PRODUCT: Final = frozenset({"section", "deadline"})
"""Keys that hold one value for every product, or a table by product."""
_DAYS: Final = frozenset({"deadline", "closed"})
_OFFICE: Final = ("name", "to", "cc", "phone", "fax")
_LABELS: Final[Mapping[str, str]] = {
    **DEFAULT_COLUMNS,
    "お知らせの別の受注者名": "names_on_notice",
    "お知らせの別の名前": "names_on_notice",
    "部署": "department",
    "電話": "phone",
    "電話番号": "phone",
    "発注者の承認": "approval",
    "例外の同意": "exception",
    "変更契約": "amended",
    "当初の請負金額": "original_amount",
    "当初契約日": "dates.original_contract",
    "入札・契約の担当課": "tendered_by",
    "提出期限": "deadline",
    "完了": "closed",
} | {f"{name}の提出期限": f"deadline.{product.value}" for product, name in PRODUCT_NAMES.items()}
"""The office's words for the fields, as on the ledger and in the console."""


def parse_field(label: str) -> KeyPath:
    """Returns the key of a field, given as its key or in the office's words. Raises FieldRefused ``edit_field``."""
    known = {match_key(word): key for word, key in _LABELS.items()}
    text = known.get(match_key(label), label.strip())
    key = parse_key(text) or _parse_further(text)
    if key is None:
        further = ["deadline", "closed", "original_amount", *(f"deadline.{each.value}" for each in Product)]
        raise FieldRefused("edit_field", name=label, nearest=nearest(label, [*key_names(), *further, *_LABELS]))
    return key


def _parse_further(text: str) -> KeyPath | None:
    match tuple(text.split(".")):
        case ("deadline" | "closed" | "original_amount",) as key:
            return key
        case ("deadline", product) if product in set(Product):
            return ("deadline", product)
        case ("office", product, name) if product in set(Product) and name in _OFFICE:
            return ("office", product, name)
        case _:
            return None


def field_text(value: object) -> str:
    """Returns a registered value as the text that a person reads and changes; empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return "はい" if value else "いいえ"
        case dt.date():
            return value.isoformat()
        case list() | tuple():
            return "、".join(map(field_text, value))
        case Mapping():
            return "、".join(f"{name}：{field_text(inner)}" for name, inner in value.items())
        case _:
            return str(value)


def field_texts(table: Mapping[str, Any]) -> dict[KeyPath, str]:
    """Returns the text of every field that ``table`` has and that a text can be given for, in the file's order."""
    found: dict[KeyPath, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping) and name == "office":
            for product, office in value.items():
                found |= {(name, product, each): field_text(office[each]) for each in _OFFICE if each in office}
        elif isinstance(value, Mapping) and name in {"values", "dates", "numbers", *_BY_PRODUCT}:
            found |= {(name, inner): field_text(each) for inner, each in value.items()}
        elif parse_key(name) or _parse_further(name):
            found[name,] = field_text(value)
    return found


def registered_value(table: Mapping[str, Any], key: KeyPath) -> object:
    """Returns the value of ``key`` in a project's table; one value for every product counts for each."""
    former = table.get(key[0])
    if key[0] in _BY_PRODUCT and len(key) > 1 and not isinstance(former, Mapping):
        return former
    return value_at(table, key)


def read_field(key: KeyPath, text: str, issuer: Issuer | None, rules: FieldRules) -> Value:
    """Returns the value of ``text`` under ``key``, in any width, with the office's words. Raises FieldRefused."""
    if key[0] in _DAYS:
        return read_key_value(("dates", CountedBy.CONTRACT.value), text, issuer)
    if key[0] == "original_amount":
        return read_key_value(("amount",), text, issuer)
    if key[0] == "office":
        return _read_office(key, text, issuer)
    value = read_key_value(key, text, issuer, rules.numbers)
    return find_issuer(str(value), rules.issuers).id if key == ("issuer",) else value


def _read_office(key: KeyPath, text: str, issuer: Issuer | None) -> Value:
    if key[-1] in {"to", "cc"}:
        return tuple(read_recipients(each.strip() for each in text.replace("、", ",").split(",")))
    return read_key_value(("name" if key[-1] == "name" else "phone",), text, issuer)


def read_fields(
    texts: Mapping[KeyPath, str], table: Mapping[str, Any], rules: FieldRules
) -> dict[KeyPath, Value | None]:
    """Returns the values of ``texts``; an empty text takes the key out.

    Raises ConfigError with every fault at once; each problem's key is the field's.
    """
    found: list[Problem] = []
    values: dict[KeyPath, Value | None] = {}
    issuer = rules.issuers.get(str(table.get("issuer", "")))
    for key in sorted(texts, key=lambda each: each != ("issuer",)):  # the issuer first: it knows the sections
        text = texts[key].strip()
        if not text and key in {("name",), ("issuer",)}:
            found.append(Problem(FILE, ".".join(key), "empty"))
            continue
        try:
            values[key] = read_field(key, text, issuer, rules) if text else None
        except FieldRefused as refused:
            found.append(Problem(FILE, ".".join(key), refused.code, refused.params))
            continue
        if key == ("issuer",):
            issuer = rules.issuers.get(str(values[key]))
    if found:
        raise ConfigError(found)
    return values


# --- Edits ---------------------------------------------------------------------------------------------------


def edit_project(
    content: bytes,
    project: str,
    texts: Mapping[KeyPath, str],
    rules: FieldRules,
    seen: Mapping[KeyPath, str] | None = None,
) -> RegisterEdit:
    """Returns the edit that gives ``project`` the values of ``texts``; an empty text takes a key out.

    ``seen`` are the texts that the person was shown, by ``field_texts``; None: the file was just read. Raises
    ConfigError for a text that is no value of its field, NotAllowed for an unknown project, RegisterConflict.
    """
    known, at, table = _find(content, project)
    values = _own_values(project, table, read_fields(texts, table, rules), texts, seen)
    return _edited(RegisterAct.EDITED, known, at, _changes_of(table, values))


def amend_project(
    content: bytes,
    project: str,
    texts: Mapping[KeyPath, str],
    rules: FieldRules,
    seen: Mapping[KeyPath, str] | None = None,
) -> RegisterEdit:
    """Returns the edit that registers an amended contract (変更契約) of ``project``.

    ``texts`` are the values of the amended contract; its date is required. Date and amount of the original contract
    stay beside them, and numbers join those of the original. Raises as ``edit_project`` does.
    """
    known, at, table = _find(content, project)
    contract, original = ("dates", CountedBy.CONTRACT.value), ("dates", CountedBy.ORIGINAL_CONTRACT.value)
    if not texts.get(contract, "").strip():
        raise ConfigError([Problem(FILE, ".".join(contract), "amended_date_missing")])
    values = _own_values(project, table, read_fields(texts, table, rules), texts, seen)
    first: dict[KeyPath, Any] = {("amended",): True}
    for now, before in ((contract, original), (("amount",), ("original_amount",))):
        if not table.get("amended") and registered_value(table, before) is None and before not in values:
            first[before] = registered_value(table, now)
    grown: dict[KeyPath, Any] = {
        key: merged_value(registered_value(table, key), key, value) if value is not None else None
        for key, value in values.items()
    }
    return _edited(RegisterAct.AMENDED, known, at, _changes_of(table, {**first, **grown}))


def close_project(content: bytes, project: str, today: dt.date) -> RegisterEdit:
    """Returns the edit that marks ``project`` as complete (完了): nothing more is expected of it."""
    known, at, table = _find(content, project)
    if table.get("closed") is not None:
        raise NotAllowed("project_closed", project=project, day=table["closed"])
    return _edited(RegisterAct.CLOSED, known, at, _changes_of(table, {("closed",): today}))


def delete_project(content: bytes, project: str) -> RegisterEdit:
    """Returns the edit that takes ``project`` out of the file; the caller knows that nothing was submitted for it."""
    _, at, table = _find(content, project)
    changes = tuple(Change((name,), value, None) for name, value in table.items())
    edited = remove_project(content, at)
    return RegisterEdit(RegisterAct.DELETED, project, "", content, edited, changes, numbers_of(table), _names_of(table))


def add_new_project(content: bytes, edit: Edit) -> RegisterEdit:
    """Returns the edit that adds the project of ``add_project.register_project`` at the end of the file."""
    known, later = read_tables(content), read_tables(edit_projects(content, [edit]))
    changes = tuple(Change(key, None, value) for key, value in edit.values)
    return edit_of(RegisterAct.ADDED, known, later, len(known.tables), changes)


def set_invoice(content: bytes, project: str, product: Product, number: str, file: str | None) -> RegisterEdit:
    """Returns the edit that names the invoice of the guarantee with this contract number.

    ``file`` is its path in the invoices folder, ``SEPARATE`` if it is handed in otherwise, None to name none. The
    invoices of other guarantees of the product stay. Raises NotAllowed ``invoice_contract`` for a contract guarantee,
    and ``invoice_separate_one`` for one of several that goes separately: the register knows this for all alone.
    """
    if product is Product.CONTRACT:
        raise NotAllowed("invoice_contract")
    known, at, table = _find(content, project)
    key = ("invoice", product.value)
    listed = _listed_invoices(value_at(table, key))
    own = next((each for each in listed if match_key(str(each.get("number", ""))) == match_key(number)), None)
    own = own or next((each for each in listed if not each.get("number")), None)
    others = [each for each in listed if each is not own]
    if file == SEPARATE and others:
        raise NotAllowed("invoice_separate_one", files=[str(each.get("file", "")) for each in others])
    named = {"number": number} if (others if own is None else own.get("number")) else {}
    value: object = {"file": file, **named}
    if file == SEPARATE:
        value = SEPARATE
    elif file is None:
        value = others or None
    elif others:
        value = [*others, value]
    return _edited(RegisterAct.INVOICE, known, at, _changes_of(table, {key: value}))


def _listed_invoices(value: object) -> list[dict[str, Any]]:
    if isinstance(value, Mapping):
        return [dict(value)]
    return [dict(each) for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def set_documents(content: bytes, project: str, product: Product, files: Iterable[str] | None) -> RegisterEdit:
    """Returns the edit that names the other documents of one product: none at all if ``files`` is empty.

    None takes the line out: it is undecided again.
    """
    known, at, table = _find(content, project)
    key = ("documents", product.value)
    former = value_at(table, key)
    titled = {
        each["file"]: dict(each)
        for each in (former if isinstance(former, list) else ())
        if isinstance(each, Mapping) and "file" in each
    }
    value = None if files is None else [titled.get(file, file) for file in dict.fromkeys(files)]
    return _edited(RegisterAct.DOCUMENTS, known, at, _changes_of(table, {key: value}))


def _find(content: bytes, project: str) -> tuple[RegisteredTables, int, Mapping[str, Any]]:
    """Returns the projects of the file, and of ``project`` the position and the table. Raises NotAllowed."""
    known = read_tables(content)
    at = known.position(project)
    return known, at, known.tables[at]


def _edited(act: RegisterAct, known: RegisteredTables, at: int, changes: tuple[Change, ...]) -> RegisterEdit:
    """Raises NotAllowed ``register_same`` if nothing changes."""
    project = known.ids[at]
    if not changes:
        raise NotAllowed("register_same", project=project)
    content = edit_projects(known.content, [Edit(at, tuple((each.key, each.value) for each in changes))])
    return edit_of(act, known, read_tables(content), at, changes)


def edit_of(
    act: RegisterAct, known: RegisteredTables, later: RegisteredTables, at: int, changes: tuple[Change, ...]
) -> RegisterEdit:
    """Returns the edit of the project at ``at``, which may be new, of a file that becomes ``later``."""
    before = known.tables[at] if at < len(known.tables) else {}
    after = later.tables[at]
    return RegisterEdit(
        act,
        known.ids[at] if before else later.ids[at],
        later.ids[at],
        known.content,
        later.content,
        changes,
        numbers_of(before) | numbers_of(after),
        _names_of(before) | _names_of(after),
    )


def _changes_of(table: Mapping[str, Any], values: Mapping[KeyPath, Any]) -> tuple[Change, ...]:
    """The changes by key; one value for every product becomes a table if one product differs."""
    found: list[Change] = []
    by_product: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        former = registered_value(table, key)
        later = list(value) if isinstance(value, tuple) else value
        if former == later:
            continue
        if key[0] in _BY_PRODUCT and len(key) > 1 and not isinstance(table.get(key[0]), Mapping):
            whole = by_product.setdefault(key[0], {each.value: former for each in Product if former is not None})
            whole[key[1]] = later
        else:
            found.append(Change(key, former, later))
    for name, whole in by_product.items():
        kept = {product: value for product, value in whole.items() if value is not None}
        found.append(Change((name,), table.get(name), kept or None))
    return tuple(found)


def _own_values(
    project: str,
    table: Mapping[str, Any],
    values: Mapping[KeyPath, Value | None],
    texts: Mapping[KeyPath, str],
    seen: Mapping[KeyPath, str] | None,
) -> dict[KeyPath, Value | None]:
    """Returns the values that the person changed; a field left as it was shown is not given.

    Raises RegisterConflict for the fields that another person changed meanwhile to another value.
    """
    if seen is None:
        return dict(values)
    own: dict[KeyPath, Value | None] = {}
    conflicts = []
    for key, value in values.items():
        shown, given = seen.get(key, ""), field_text(value)
        if shown in {given, texts[key].strip()}:
            continue
        now = field_text(registered_value(table, key))
        if now not in {shown, given}:
            conflicts.append(FieldConflict(key, shown, now, texts[key]))
        own[key] = value
    if conflicts:
        raise RegisterConflict(project, conflicts)
    return own
