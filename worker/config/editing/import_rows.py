"""The outcome of each row of a ledger (工事台帳): new, the same, changed, or bad with cell and reason.

Every row gets an outcome. A registered project is never registered twice, and a changed one keeps the values that the
file does not give.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from worker.config.editing.columns import NEEDED, CellFault, Headings, Sheet, SheetRow, cell_name, read_cell
from worker.config.editing.fields import (
    FieldRefused,
    KeyPath,
    Value,
    find_issuer,
    merged_value,
    read_key_value,
    value_at,
)
from worker.config.projects import FILE
from worker.core.errors import Problem
from worker.core.model import Product
from worker.core.params import Labelled
from worker.core.rulebook import Issuer
from worker.core.text import match_key

_NUMBERS: Final[KeyPath] = ("contract_numbers",)
_OF_PRODUCT: Final = "numbers"
"""The table of contract numbers by product."""
_SECTION: Final[KeyPath] = ("section",)


class FateKind(StrEnum):
    """The outcome of a row (machine output)."""

    NEW = "new"
    SAME = "same"
    CHANGED = "changed"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Change:
    """One key of a registered project: what it says now, and what it would say."""

    key: KeyPath
    former: object
    value: object


@dataclass(frozen=True, slots=True)
class Fate:
    """The outcome of one row."""

    row: int
    kind: FateKind
    name: str
    issuer: str
    position: int | None = None
    """The position of its ``[[project]]``, counted from zero; None for a new one."""
    given: Mapping[KeyPath, Value] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    faults: tuple[CellFault, ...] = ()
    cells: Mapping[KeyPath, str] = field(default_factory=dict)
    """The cell of each value."""
    namesakes: tuple[str, ...] = ()
    """New rows only: the contract numbers of registered projects with the same issuer and name."""


# --- Rows ----------------------------------------------------------------------------------------------------


def judge_rows(
    sheet: Sheet,
    headings: Headings,
    issuers: Mapping[str, Issuer],
    registered: Sequence[Mapping[str, Any]],
    numbers: Sequence[str] = (),
) -> tuple[Fate, ...]:
    """The fate of every row below the headings; ``registered`` are the tables of ``projects.toml``.

    ``numbers`` are the patterns for a contract number.
    """
    known = _Register(registered)
    below = sheet.rows[len(headings.titles) + 1 :]
    return tuple(
        known.judge(_read_row(row, headings, issuers, numbers)) for row in below if any(map(str.strip, row.cells))
    )


def _read_row(row: SheetRow, headings: Headings, issuers: Mapping[str, Issuer], numbers: Sequence[str]) -> Fate:
    """The row's values, or the fault of each cell; the register is not consulted yet."""
    texts, stored = {}, {}
    for at, key in headings.columns.items():
        text = row.cells[at] if at < len(row.cells) else ""
        if text.strip() or at in row.stored:
            texts[key], stored[key] = text, row.stored.get(at)
    cells = {key: cell_name(at, row.number) for at, key in headings.columns.items()}
    given: dict[KeyPath, Value] = {}
    faults = []
    issuer = None
    for key in sorted(texts, key=lambda each: each != ("issuer",)):  # the issuer first: it says which sections exist
        try:
            value = read_key_value(key, read_cell(key, texts[key], stored[key]), issuer, numbers)
            if key == ("issuer",):
                issuer = find_issuer(str(value), issuers)
                value = issuer.id
            given[key] = value
        except FieldRefused as refused:
            faults.append(CellFault(cells[key], refused.code, refused.params))
    faults += [CellFault(cells[(key,)], "empty") for key in NEEDED if (key,) not in texts]
    return Fate(
        row=row.number,
        kind=FateKind.BAD if faults else FateKind.NEW,
        name=" ".join(texts.get(("name",), "").split()),
        issuer=issuer.full_name if issuer else texts.get(("issuer",), "").strip(),
        given=given,
        faults=tuple(faults),
        cells=cells,
    )


class _Register:
    """The registered projects, and the rows of this file that have been taken already."""

    def __init__(self, registered: Sequence[Mapping[str, Any]]) -> None:
        self._registered = registered
        self._named: dict[tuple[str, str], list[int]] = {}
        self._numbered: dict[str, int] = {}
        self._row_of_position: dict[int, int] = {}
        self._new: dict[tuple[str, str], list[tuple[int, frozenset[str]]]] = {}
        self._row_of_number: dict[str, int] = {}
        for position, project in enumerate(registered):
            name, issuer = project.get("name"), project.get("issuer")
            if isinstance(name, str) and isinstance(issuer, str):
                self._named.setdefault((issuer, match_key(name)), []).append(position)
            for number in numbers_of(project):
                self._numbered.setdefault(number, position)

    def judge(self, fate: Fate) -> Fate:
        """``fate`` as new, the same, changed, or bad because of the register or an earlier row."""
        if fate.kind is FateKind.BAD:
            return fate
        identity = str(fate.given["issuer",]), match_key(str(fate.given["name",]))
        numbers = frozenset(number for key in fate.given for number in _numbers_under(fate, key))
        found = self._position(identity, numbers)
        if isinstance(found, CellFault):
            return _bad(fate, found)
        fault = self._number_elsewhere(fate, numbers, found) or self._taken_before(fate, identity, numbers, found)
        if fault is not None:
            return _bad(fate, fault)
        self._row_of_number |= dict.fromkeys(numbers, fate.row)
        if found is None:
            self._new.setdefault(identity, []).append((fate.row, numbers))
            return replace(fate, namesakes=self._numbers_under(identity))
        self._row_of_position[found] = fate.row
        if (fault := _section_for_all(fate, self._registered[found])) is not None:
            return _bad(fate, fault)
        changes = tuple(_changes(self._registered[found], fate.given))
        return replace(fate, kind=FateKind.CHANGED if changes else FateKind.SAME, position=found, changes=changes)

    def _position(self, identity: tuple[str, str], numbers: frozenset[str]) -> int | CellFault | None:
        """Returns the registered project of the row: by a shared number, else the only one without a different number.

        Only numbers distinguish two works of one name at one issuer.
        """
        named = self._named.get(identity, [])
        sharing = [at for at in named if numbers & numbers_of(self._registered[at])]
        fitting = sharing or [at for at in named if not (numbers and numbers_of(self._registered[at]))]
        if len(fitting) > 1:
            return CellFault("", "import_two_projects", {"count": str(len(fitting))})
        return fitting[0] if fitting else None

    def _numbers_under(self, identity: tuple[str, str]) -> tuple[str, ...]:
        """Returns the contract numbers, as registered, of other projects with the row's name."""
        return tuple(number for at in self._named.get(identity, []) for number in numbers_written(self._registered[at]))

    def _number_elsewhere(self, fate: Fate, numbers: frozenset[str], found: int | None) -> CellFault | None:
        for number in sorted(numbers):
            cell = next((fate.cells[key] for key in fate.given if number in _numbers_under(fate, key)), str(fate.row))
            at = self._numbered.get(number)
            if at is not None and at != found:
                name = str(self._registered[at].get("name"))
                return CellFault(cell, "import_number_elsewhere", {"number": number, "name": name})
            if number in self._row_of_number:
                return CellFault(
                    cell, "import_number_twice", {"number": number, "row": str(self._row_of_number[number])}
                )
        return None

    def _taken_before(
        self, fate: Fate, identity: tuple[str, str], numbers: frozenset[str], found: int | None
    ) -> CellFault | None:
        row = self._row_of_position.get(found) if found is not None else None
        if found is None:
            before = self._new.get(identity, [])
            row = next((at for at, others in before if not (numbers and others)), None)
        return None if row is None else CellFault(fate.cells["name",], "import_row_twice", {"row": str(row)})


def numbers_of(project: Mapping[str, Any]) -> frozenset[str]:
    """Returns the contract numbers of a project's table as ``match_key`` folds them."""
    return frozenset(map(match_key, numbers_written(project)))


def numbers_written(project: Mapping[str, Any]) -> list[str]:
    """Returns every contract number of a project's table: those of any product first, then product by product."""
    of_products = project.get(_OF_PRODUCT)
    by_product = [of_products.get(each) for each in Product] if isinstance(of_products, Mapping) else []
    lists = [project.get("contract_numbers"), *by_product]
    return [each for numbers in lists if isinstance(numbers, list) for each in numbers if isinstance(each, str)]


def _numbers_under(fate: Fate, key: KeyPath) -> frozenset[str]:
    numbers = fate.given[key] if key == _NUMBERS or key[0] == _OF_PRODUCT else ()
    return frozenset(map(match_key, numbers)) if isinstance(numbers, tuple) else frozenset()


def _section_for_all(fate: Fate, project: Mapping[str, Any]) -> CellFault | None:
    """Refuses one section for a project with a section per product, unless it is one of those."""
    former, value = project.get("section"), fate.given.get(_SECTION)
    if value is None or not isinstance(former, Mapping) or value in former.values():
        return None
    named = [Labelled(str(product), str(section)) for product, section in former.items()]
    return CellFault(fate.cells[_SECTION], "import_section", {"value": str(value), "registered": named})


def _changes(project: Mapping[str, Any], given: Mapping[KeyPath, Value]) -> Iterable[Change]:
    for key, told in given.items():
        former, value = value_at(project, key), told
        if key[0] in NEEDED:
            continue  # the project was found by it; the register's own spelling stays
        if key == _SECTION and isinstance(former, Mapping):
            continue  # a section per product says more than a ledger's one column
        if key == _NUMBERS:  # a number registered for one product says more
            known = numbers_of({**project, "contract_numbers": []})
            value = tuple(each for each in _as_texts(told) if match_key(each) not in known)
            if not value:
                continue
        later = merged_value(former, key, value)
        if former != later:
            yield Change(key, former, later)
    yield from _no_longer_of_any(project, given)


def _no_longer_of_any(project: Mapping[str, Any], given: Mapping[KeyPath, Value]) -> Iterable[Change]:
    """Removes a number that a ledger gives to one product from those of any product."""
    former = project.get("contract_numbers")
    moved = {match_key(each) for key, value in given.items() if key[0] == _OF_PRODUCT for each in _as_texts(value)}
    if isinstance(former, list):
        later = [each for each in former if not (isinstance(each, str) and match_key(each) in moved)]
        if later != former:
            yield Change(_NUMBERS, former, later)


def _as_texts(value: Value) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _bad(fate: Fate, fault: CellFault) -> Fate:
    at = fault.cell or fate.cells["name",]
    return replace(fate, kind=FateKind.BAD, faults=(*fate.faults, replace(fault, cell=at)))


# --- What is written -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of ``projects.toml``: keys of the project at ``position``, or of a new one at the end."""

    position: int | None
    values: tuple[tuple[KeyPath, object], ...]


def edits_of(fates: Iterable[Fate]) -> tuple[Edit, ...]:
    """Returns the edits of the rows that are new or changed, in their order."""
    edits = []
    for fate in fates:
        if fate.kind is FateKind.NEW:
            edits.append(new_project(fate.given))
        elif fate.kind is FateKind.CHANGED:
            edits.append(Edit(fate.position, tuple((each.key, each.value) for each in fate.changes)))
    return tuple(edits)


def new_project(given: Mapping[KeyPath, Value]) -> Edit:
    """The edit that registers a project: name, issuer and section first, the rest as given."""
    first: dict[KeyPath, int] = {("name",): 0, ("issuer",): 1, ("section",): 2}
    keys = sorted(given, key=lambda key: first.get(key, len(first)))
    return Edit(None, tuple((key, merged_value(None, key, given[key])) for key in keys))


_PROJECT_KEY: Final = re.compile(r"project\[(\d+)\]\.?(.*)")


def blame_rows(fates: Sequence[Fate], problems: Iterable[Problem], registered: int) -> tuple[Fate, ...] | None:
    """``fates`` with the rows bad whose projects the whole configuration refuses.

    None if a problem belongs to no row: the configuration has it already. ``registered`` is how many projects
    there were; new ones follow them in the rows' order.
    """
    fate_of: dict[int, int] = {}
    following = registered
    for at, fate in enumerate(fates):
        if fate.kind is FateKind.NEW:
            fate_of[following] = at
            following += 1
        elif fate.kind is FateKind.CHANGED and fate.position is not None:
            fate_of[fate.position] = at
    judged = list(fates)
    for problem in problems:
        found = _PROJECT_KEY.fullmatch(problem.key)
        place = fate_of.get(int(found[1]) - 1) if found and problem.file == FILE else None
        if found is None or place is None:
            return None
        fate = judged[place]
        cell = next((fate.cells[key] for key in fate.given if found[2].startswith(key[0])), fate.cells["name",])
        judged[place] = _bad(fate, CellFault(cell, problem.code, problem.params))
    return tuple(judged)


def judge_given(given: Mapping[KeyPath, Value], registered: Sequence[Mapping[str, Any]]) -> Fate:
    """The fate of one project given by hand, as if it were a ledger's only row; its cells are its keys."""
    cells = {key: ".".join(key) for key in given}
    name, issuer = str(given["name",]), str(given["issuer",])
    return _Register(registered).judge(Fate(0, FateKind.NEW, name, issuer, given=given, cells=cells))
