"""Decides which column of a ledger (工事台帳) gives which key of a project.

Its one promise: a column is taken by its heading alone, and no key is given by two of them. It does not know files,
nor what the values mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from worker.config.editing.fields import Key, parse_key
from worker.core.text import match_key

DEFAULT_COLUMNS: Final[Mapping[str, str]] = {
    "工事名": "name",
    "業務名": "name",
    "案件名": "name",
    "件名": "name",
    "発注者": "issuer",
    "発注者名": "issuer",
    "課": "section",
    "担当課": "section",
    "発注担当課": "section",
    "保証契約番号": "contract_numbers",
    "受注者": "contractor",
    "受注者名": "contractor",
    "担当者": "contact",
    "工事番号": "values.工事番号",
    "案件番号": "values.案件番号",
    "契約番号": "values.契約番号",
    "発注手続開始日": "dates.procedure_start",
    "公告日": "dates.announcement",
    "指名日": "dates.designation",
    "指名通知日": "dates.designation",
    "入札日": "dates.bid",
    "落札日": "dates.award",
    "落札決定日": "dates.award",
    "契約日": "dates.contract",
    "契約締結日": "dates.contract",
    "請負金額": "amount",
    "契約金額": "amount",
    "種別": "kind",
    "契約方法": "award",
    "入札方式": "award",
    "必要な保証": "expects",
    "電子保証対象外": "excluded",
    "電子保証の対象外": "excluded",
}
"""Headings that ledgers use → keys of ``[[project]]``; ``[import] columns`` adds to them and goes before them."""

NEEDED: Final = ("name", "issuer")
"""Without these a row is no project."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row as read; ``number`` is what a spreadsheet program shows beside it, from one."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A ledger's rows, the headings among them: the first row that is not empty."""

    rows: tuple[SheetRow, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, at which cell (``C7``; ``7`` for the whole row)."""

    cell: str
    code: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Headings:
    """Which column gives which key."""

    columns: Mapping[int, Key]
    ignored: tuple[str, ...]
    """Headings that no key belongs to."""
    faults: tuple[Fault, ...] = ()


def read_headings(sheet: Sheet, columns: Mapping[str, str]) -> Headings:
    """The columns of ``sheet`` by their headings, compared by the match key; two of one key are a fault."""
    if not sheet.rows:
        return Headings({}, (), (Fault("A1", "import_empty"),))
    wanted = {match_key(heading): key for heading, key in {**DEFAULT_COLUMNS, **columns}.items()}
    first = sheet.rows[0]
    found: dict[int, Key] = {}
    ignored, faults = [], []
    for at, heading in enumerate(first.cells):
        key = parse_key(wanted.get(match_key(heading), ""))
        if key is None:
            if heading.strip():
                ignored.append(" ".join(heading.split()))
        elif key in found.values():
            faults.append(Fault(cell_name(at, first.number), "import_heading_twice", {"key": ".".join(key)}))
        else:
            found[at] = key
    given = {key[0] for key in found.values()}
    faults += [Fault(str(first.number), "import_heading_missing", {"key": key}) for key in NEEDED if key not in given]
    return Headings(found, tuple(ignored), tuple(faults))


def cell_name(column: int, row: int) -> str:
    """``C7``: the column counted from zero, the row from one."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"
