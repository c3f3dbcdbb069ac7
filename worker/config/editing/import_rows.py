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


class OutcomeKind(StrEnum):
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
class RowOutcome:
    """The outcome of one row."""

    row: int
    kind: OutcomeKind
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
) -> tuple[RowOutcome, ...]:
    """The outcome of every row below the headings; ``registered`` are the tables of ``projects.toml``.

    ``numbers`` are the patterns for a contract number.
    """
    known = _Register(registered)
    below = sheet.rows[len(headings.titles) + 1 :]
    return tuple(
        known.judge(_read_row(row, headings, issuers, numbers)) for row in below if any(map(str.strip, row.cells))
    )


def _read_row(row: SheetRow, headings: Headings, issuers: Mapping[str, Issuer], numbers: Sequence[str]) -> RowOutcome:
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
    return RowOutcome(
        row=row.number,
        kind=OutcomeKind.BAD if faults else OutcomeKind.NEW,
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

    def judge(self, outcome: RowOutcome) -> RowOutcome:
        """``outcome`` as new, the same, changed, or bad because of the register or an earlier row."""
        if outcome.kind is OutcomeKind.BAD:
            return outcome
        identity = str(outcome.given["issuer",]), match_key(str(outcome.given["name",]))
        numbers = frozenset(number for key in outcome.given for number in _numbers_under(outcome, key))
        found = self._position(identity, numbers)
        if isinstance(found, CellFault):
            return _bad(outcome, found)
        fault = self._number_elsewhere(outcome, numbers, found) or self._taken_before(outcome, identity, numbers, found)
        if fault is not None:
            return _bad(outcome, fault)
        self._row_of_number |= dict.fromkeys(numbers, outcome.row)
        if found is None:
            self._new.setdefault(identity, []).append((outcome.row, numbers))
            return replace(outcome, namesakes=self._numbers_under(identity))
        self._row_of_position[found] = outcome.row
        if (fault := _section_for_all(outcome, self._registered[found])) is not None:
            return _bad(outcome, fault)
        changes = tuple(_changes(self._registered[found], outcome.given))
        return replace(
            outcome, kind=OutcomeKind.CHANGED if changes else OutcomeKind.SAME, position=found, changes=changes
        )

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

    def _number_elsewhere(self, outcome: RowOutcome, numbers: frozenset[str], found: int | None) -> CellFault | None:
        for number in sorted(numbers):
            cell = next(
                (outcome.cells[key] for key in outcome.given if number in _numbers_under(outcome, key)),
                str(outcome.row),
            )
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
        self, outcome: RowOutcome, identity: tuple[str, str], numbers: frozenset[str], found: int | None
    ) -> CellFault | None:
        row = self._row_of_position.get(found) if found is not None else None
        if found is None:
            before = self._new.get(identity, [])
            row = next((at for at, others in before if not (numbers and others)), None)
        return None if row is None else CellFault(outcome.cells["name",], "import_row_twice", {"row": str(row)})


def numbers_of(project: Mapping[str, Any]) -> frozenset[str]:
    """Returns the contract numbers of a project's table as ``match_key`` folds them."""
    return frozenset(map(match_key, numbers_written(project)))


def numbers_written(project: Mapping[str, Any]) -> list[str]:
    """Returns every contract number of a project's table: those of any product first, then product by product."""
    of_products = project.get(_OF_PRODUCT)
    by_product = [of_products.get(each) for each in Product] if isinstance(of_products, Mapping) else []
    lists = [project.get("contract_numbers"), *by_product]
    return [each for numbers in lists if isinstance(numbers, list) for each in numbers if isinstance(each, str)]


def _numbers_under(outcome: RowOutcome, key: KeyPath) -> frozenset[str]:
    numbers = outcome.given[key] if key == _NUMBERS or key[0] == _OF_PRODUCT else ()
    return frozenset(map(match_key, numbers)) if isinstance(numbers, tuple) else frozenset()


def _section_for_all(outcome: RowOutcome, project: Mapping[str, Any]) -> CellFault | None:
    """Refuses one section for a project with a section per product, unless it is one of those."""
    former, value = project.get("section"), outcome.given.get(_SECTION)
    if value is None or not isinstance(former, Mapping) or value in former.values():
        return None
    named = [Labelled(str(product), str(section)) for product, section in former.items()]
    return CellFault(outcome.cells[_SECTION], "import_section", {"value": str(value), "registered": named})


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


def _bad(outcome: RowOutcome, fault: CellFault) -> RowOutcome:
    at = fault.cell or outcome.cells["name",]
    return replace(outcome, kind=OutcomeKind.BAD, faults=(*outcome.faults, replace(fault, cell=at)))


# --- What is written -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of ``projects.toml``: keys of the project at ``position``, or of a new one at the end."""

    position: int | None
    values: tuple[tuple[KeyPath, object], ...]


def edits_of(outcomes: Iterable[RowOutcome]) -> tuple[Edit, ...]:
    """Returns the edits of the rows that are new or changed, in their order."""
    edits = []
    for outcome in outcomes:
        if outcome.kind is OutcomeKind.NEW:
            edits.append(new_project(outcome.given))
        elif outcome.kind is OutcomeKind.CHANGED:
            edits.append(Edit(outcome.position, tuple((each.key, each.value) for each in outcome.changes)))
    return tuple(edits)


def new_project(given: Mapping[KeyPath, Value]) -> Edit:
    """The edit that registers a project: name, issuer and section first, the rest as given."""
    first: dict[KeyPath, int] = {("name",): 0, ("issuer",): 1, ("section",): 2}
    keys = sorted(given, key=lambda key: first.get(key, len(first)))
    return Edit(None, tuple((key, merged_value(None, key, given[key])) for key in keys))


_PROJECT_KEY: Final = re.compile(r"project\[(\d+)\]\.?(.*)")


def blame_rows(
    outcomes: Sequence[RowOutcome], problems: Iterable[Problem], registered: int
) -> tuple[RowOutcome, ...] | None:
    """``outcomes`` with the rows bad whose projects the whole configuration refuses.

    None if a problem belongs to no row: the configuration has it already. ``registered`` is how many projects
    there were; new ones follow them in the rows' order.
    """
    outcome_of: dict[int, int] = {}
    following = registered
    for at, outcome in enumerate(outcomes):
        if outcome.kind is OutcomeKind.NEW:
            outcome_of[following] = at
            following += 1
        elif outcome.kind is OutcomeKind.CHANGED and outcome.position is not None:
            outcome_of[outcome.position] = at
    judged = list(outcomes)
    for problem in problems:
        found = _PROJECT_KEY.fullmatch(problem.key)
        place = outcome_of.get(int(found[1]) - 1) if found and problem.file == FILE else None
        if found is None or place is None:
            return None
        outcome = judged[place]
        cell = next(
            (outcome.cells[key] for key in outcome.given if found[2].startswith(key[0])), outcome.cells["name",]
        )
        judged[place] = _bad(outcome, CellFault(cell, problem.code, problem.params))
    return tuple(judged)


def judge_given(given: Mapping[KeyPath, Value], registered: Sequence[Mapping[str, Any]]) -> RowOutcome:
    """The outcome of one project given by hand, as if it were a ledger's only row; its cells are its keys."""
    cells = {key: ".".join(key) for key in given}
    name, issuer = str(given["name",]), str(given["issuer",])
    return _Register(registered).judge(RowOutcome(0, OutcomeKind.NEW, name, issuer, given=given, cells=cells))
