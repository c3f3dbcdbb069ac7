"""A ledger (工事台帳) as a whole: the outcome of its rows, its corrected cells, and the one edit that its rows make.

The command and the console use these functions alone. An edit never overwrites a value that another person changed
since the outcome was shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from worker.config.editing.columns import CellFault, Headings, Sheet, SheetRow, read_headings
from worker.config.editing.fields import KeyPath
from worker.config.editing.import_rows import (
    Change,
    Edit,
    OutcomeKind,
    RowOutcome,
    blame_rows,
    edits_of,
    judge_rows,
    new_project,
)
from worker.config.editing.register import (
    FieldConflict,
    FieldRules,
    RegisterAct,
    RegisterEdit,
    RegisteredTables,
    edit_of,
    field_text,
    read_tables,
)
from worker.config.editing.toml_edit import edit_projects
from worker.core.errors import ConfigError, NotAllowed

CellOfRow = tuple[int, KeyPath]
"""A row of the ledger and a key of its project."""

_CELL: Final = re.compile("([A-Z]{1,3})([0-9]{1,7})")


@dataclass(frozen=True, slots=True)
class JudgedLedger:
    """The outcome of every row of a ledger."""

    headings: Headings
    outcomes: tuple[RowOutcome, ...]

    @property
    def has_bad(self) -> bool:
        """Returns whether the headings or a row are at fault."""
        return bool(self.headings.faults) or any(each.kind is OutcomeKind.BAD for each in self.outcomes)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits of the rows that are new or changed."""
        return edits_of(self.outcomes)


@dataclass(frozen=True, slots=True)
class SeenRow:
    """The outcome of a row as it was shown."""

    kind: OutcomeKind
    former: Mapping[KeyPath, str]
    """The text that the register had for each value that changes."""


@dataclass(frozen=True, slots=True)
class RowConflict:
    """The fields of one row whose values in the register another person changed since the row was shown."""

    row: int
    project: str
    name: str
    conflicts: tuple[FieldConflict, ...]


class LedgerConflict(NotAllowed):
    """Raised if projects of a ledger were changed since its rows were shown; nothing was written."""

    def __init__(self, rows: Sequence[RowConflict]) -> None:
        fields = [f"{'.'.join(each.key)}：{each.now or '—'}" for row in rows for each in row.conflicts]
        super().__init__("register_conflict", project="、".join(row.project for row in rows), fields=fields)
        self.rows = tuple(rows)


@dataclass(frozen=True, slots=True)
class LedgerEdit:
    """The edits of a ledger's rows, which are written together."""

    former: bytes
    content: bytes
    edits: tuple[RegisterEdit, ...]
    projects: frozenset[str]
    """The ids, before and after, of every project whose id or values change."""
    numbers: frozenset[str]
    """The contract numbers of its projects before and after."""
    names: frozenset[str]
    """The names of its projects before and after."""


# --- The outcome of the rows ---------------------------------------------------------------------------------


def judge_ledger(
    sheet: Sheet,
    columns: Mapping[str, str],
    rules: FieldRules,
    register: bytes,
    check: Callable[[bytes], object],
    left: AbstractSet[CellOfRow] = frozenset(),
) -> JudgedLedger:
    """Returns the outcome of every row against ``register``, the bytes of ``projects.toml``.

    ``columns`` are further headings. ``check`` raises ConfigError if the whole configuration is refused with an edited
    register; a row that this is about is bad. The registered value of each of ``left`` stays.
    """
    headings = read_headings(sheet, columns)
    if headings.faults:
        return JudgedLedger(headings, ())
    registered = read_tables(register).tables
    outcomes = judge_rows(sheet, headings, rules.issuers, registered, rules.numbers)
    return JudgedLedger(
        headings, _checked((_without(each, left) for each in outcomes), register, check, len(registered))
    )


def _without(outcome: RowOutcome, left: AbstractSet[CellOfRow]) -> RowOutcome:
    if outcome.kind is not OutcomeKind.CHANGED:
        return outcome
    changes = tuple(each for each in outcome.changes if (outcome.row, each.key) not in left)
    return replace(outcome, kind=OutcomeKind.CHANGED if changes else OutcomeKind.SAME, changes=changes)


def _checked(
    outcomes: Iterable[RowOutcome], register: bytes, check: Callable[[bytes], object], registered: int
) -> tuple[RowOutcome, ...]:
    """``outcomes`` after the whole configuration was loaded with them; each round finds at least one more bad row."""
    found = tuple(outcomes)
    while edits := edits_of(found):
        try:
            check(edit_projects(register, edits))
        except ConfigError as error:
            judged = blame_rows(found, error.problems, registered)
            if judged is None:
                raise
            found = judged
        else:
            break
    return found


# --- Its cells -----------------------------------------------------------------------------------------------


def corrected_sheet(sheet: Sheet, texts: Mapping[str, str]) -> Sheet:
    """``sheet`` with the cells of ``texts`` (``C7`` → text) as a person typed them; other names are ignored."""
    by_row: dict[int, dict[int, str]] = {}
    for name, text in texts.items():
        if found := _CELL.fullmatch(name):
            by_row.setdefault(int(found[2]), {})[_column(found[1])] = text
    return replace(sheet, rows=tuple(_corrected(row, by_row.get(row.number, {})) for row in sheet.rows))


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _corrected(row: SheetRow, texts: Mapping[int, str]) -> SheetRow:
    if not texts:
        return row
    cells = [*row.cells, *[""] * (max(texts) + 1 - len(row.cells))]
    for at, text in texts.items():
        cells[at] = text
    return SheetRow(row.number, tuple(cells), {at: each for at, each in row.stored.items() if at not in texts})


def known_part(sheet: Sheet, headings: Headings) -> Sheet:
    """``sheet`` without the cells of columns that no key belongs to; a row that has no other cells keeps them."""
    first = len(headings.titles) + 1
    below = (_of_columns(row, headings.columns.keys()) for row in sheet.rows[first:])
    return replace(sheet, rows=(*sheet.rows[:first], *below))


def _of_columns(row: SheetRow, columns: AbstractSet[int]) -> SheetRow:
    cells = tuple(text if at in columns else "" for at, text in enumerate(row.cells))
    if not any(map(str.strip, cells)):
        return row
    return SheetRow(row.number, cells, {at: each for at, each in row.stored.items() if at in columns})


def cell_texts(sheet: Sheet, faults: Iterable[CellFault]) -> Iterator[tuple[str, int, str, bool]]:
    """Yields the cell of each fault once: its name, column and text, and True if the sheet holds no text there."""
    rows = {row.number: row for row in sheet.rows}
    for name in dict.fromkeys(each.cell for each in faults):
        found = _CELL.fullmatch(name)
        row = rows.get(int(found[2])) if found else None
        if found and row is not None:
            at = _column(found[1])
            yield name, at, row.cells[at] if at < len(row.cells) else "", at in row.stored


# --- What is written -----------------------------------------------------------------------------------------


def seen_rows(outcomes: Iterable[RowOutcome]) -> dict[int, SeenRow]:
    """Returns the outcome of each row as it is shown, by its number."""
    return {
        outcome.row: SeenRow(outcome.kind, {each.key: field_text(each.former) for each in outcome.changes})
        for outcome in outcomes
    }


def ledger_edit(register: bytes, judged: JudgedLedger, seen: Mapping[int, SeenRow]) -> LedgerEdit:
    """Returns the edit of the rows that are new or changed; bad rows make none.

    Raises NotAllowed ``register_same`` if there are none, ``ledger_stale`` if a row's outcome is another than was
    shown, and LedgerConflict.
    """
    before = read_tables(register)
    conflicts = []
    for outcome in judged.outcomes:
        shown = seen.get(outcome.row)
        if shown is None or _is_stale(shown.kind, outcome.kind):
            raise NotAllowed("ledger_stale", row=str(outcome.row))
        found = tuple(_conflicts(outcome, shown)) if outcome.kind is OutcomeKind.CHANGED else ()
        if found and outcome.position is not None:
            conflicts.append(RowConflict(outcome.row, before.ids[outcome.position], outcome.name, found))
    if conflicts:
        raise LedgerConflict(conflicts)
    written = [each for each in judged.outcomes if each.kind in {OutcomeKind.NEW, OutcomeKind.CHANGED}]
    if not written:
        raise NotAllowed("register_same", project="、".join(each.name for each in judged.outcomes))
    after = read_tables(edit_projects(register, judged.edits))
    edits = tuple(_edits(written, before, after))
    return LedgerEdit(
        register,
        after.content,
        edits,
        _changed_ids(before, after),
        frozenset(number for each in edits for number in each.numbers),
        frozenset(name for each in edits for name in each.names),
    )


def _is_stale(shown: OutcomeKind, now: OutcomeKind) -> bool:
    """Returns whether a row would be written, or left out, in another way than a person was shown."""
    if OutcomeKind.BAD in {shown, now}:
        return shown is not now
    return now is OutcomeKind.NEW and shown is not OutcomeKind.NEW


def _conflicts(outcome: RowOutcome, shown: SeenRow) -> Iterator[FieldConflict]:
    for each in outcome.changes:
        now, given = field_text(each.former), field_text(each.value)
        # A value that did not change when it was shown was the ledger's own; of a new project there was none.
        before = shown.former.get(each.key, "" if shown.kind is OutcomeKind.NEW else given)
        if now != before:
            yield FieldConflict(each.key, before, now, given)


def _edits(written: Iterable[RowOutcome], before: RegisteredTables, after: RegisteredTables) -> Iterator[RegisterEdit]:
    added = len(before.tables)
    for outcome in written:
        if outcome.position is not None:
            yield edit_of(RegisterAct.EDITED, before, after, outcome.position, outcome.changes)
        else:
            changes = tuple(Change(key, None, value) for key, value in new_project(outcome.given).values)
            yield edit_of(RegisterAct.ADDED, before, after, added, changes)
            added += 1


def _changed_ids(before: RegisteredTables, after: RegisteredTables) -> frozenset[str]:
    """The ids of the projects that differ; a second project of one name changes the id of the first."""
    known = dict(zip(before.ids, before.tables, strict=True))
    later = dict(zip(after.ids, after.tables, strict=True))
    return frozenset(each for each in {*known, *later} if known.get(each) != later.get(each))
