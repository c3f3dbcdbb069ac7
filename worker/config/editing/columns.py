"""Maps the columns of a ledger (工事台帳) to the keys of a project.

A column is taken by its heading alone, and no key by two columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from worker.config.editing.fields import FieldRefused, KeyPath, parse_key
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
    "契約保証番号": "numbers.contract",
    "契約保証の保証契約番号": "numbers.contract",
    "保証契約番号（契約保証）": "numbers.contract",
    "前払金保証番号": "numbers.advance",
    "前払金保証の保証契約番号": "numbers.advance",
    "保証契約番号（前払金保証）": "numbers.advance",
    "中間前払金保証番号": "numbers.interim",
    "中間前払金保証の保証契約番号": "numbers.interim",
    "保証契約番号（中間前払金保証）": "numbers.interim",
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

_SHOWN: Final = 80
"""Characters of a row that a message shows: enough to know it by."""


MAX_TITLES: Final = 10
"""Rows that are not empty and may precede the headings: a title, the firm, the day."""


class CellKind(StrEnum):
    """The kind of a cell that is no text."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    BOOLEAN = "boolean"
    ERROR = "error"
    NOT_COMPUTED = "not_computed"
    """A formula without a value: the program that wrote the file did not calculate it."""
    MERGED = "merged"
    """Empty, as it is merged with a cell that has the value."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A cell as a workbook keeps it: its kind, and the format by which the sheet shows it."""

    kind: CellKind
    format: str = "General"


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row as read; ``number`` is the one that a spreadsheet program shows for it, from one."""

    number: int
    cells: tuple[str, ...]
    stored: Mapping[int, Stored] = field(default_factory=dict)
    """By column, the cells that are no texts; a CSV has none."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A ledger's rows that the sheet shows, the headings among them, and what it hides."""

    rows: tuple[SheetRow, ...]
    name: str = ""
    """The sheet's; a CSV has none."""
    hidden_rows: tuple[int, ...] = ()
    """Rows that are not empty and that a filter, a group or a person hides. They are not read."""
    hidden_columns: tuple[str, ...] = ()
    """Columns that are not empty and that are hidden, by their letters. They are not read."""
    hidden_sheets: tuple[str, ...] = ()
    """Sheets that are hidden; one of them is read only by its name."""
    other_sheets: tuple[str, ...] = ()
    """Sheets that are shown and were not read."""


@dataclass(frozen=True, slots=True)
class CellFault:
    """A fault of a row, at a cell (``C7``; ``7`` for the whole row)."""

    cell: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Headings:
    """The key of each column."""

    columns: Mapping[int, KeyPath]
    ignored: tuple[str, ...]
    """Headings that no key belongs to."""
    faults: tuple[CellFault, ...] = ()
    titles: tuple[SheetRow, ...] = ()
    """Rows above the headings, which are not read."""


def read_headings(sheet: Sheet, columns: Mapping[str, str]) -> Headings:
    """The columns of ``sheet`` by their headings, compared by the match key; two of one key are a fault.

    The headings are the first row that has all NEEDED ones, below up to MAX_TITLES others; without such a row the
    faults are those of the row with the most headings.
    """
    if not sheet.rows:
        return Headings({}, (), (CellFault("A1", "import_empty"),))
    wanted = {match_key(heading): key for heading, key in {**DEFAULT_COLUMNS, **columns}.items()}
    found = [
        replace(_headings_in(row, wanted), titles=sheet.rows[:at])
        for at, row in enumerate(sheet.rows[: MAX_TITLES + 1])
    ]
    whole = (each for each in found if all(fault.code != "import_heading_missing" for fault in each.faults))
    return next(whole, max(found, key=lambda each: len(each.columns)))


def _headings_in(first: SheetRow, wanted: Mapping[str, str]) -> Headings:
    found: dict[int, KeyPath] = {}
    ignored, faults = [], []
    for at, heading in enumerate(first.cells):
        key = parse_key(wanted.get(match_key(heading), ""))
        if key is None:
            if heading.strip():
                ignored.append(" ".join(heading.split()))
        elif key in found.values():
            faults.append(CellFault(cell_name(at, first.number), "import_heading_twice", {"key": ".".join(key)}))
        else:
            found[at] = key
    given = {key[0] for key in found.values()}
    shown = [" ".join(each.split()) for each in first.cells if each.strip()][:_SHOWN]
    for needed in NEEDED:
        if needed not in given:
            names = [name for name, of in DEFAULT_COLUMNS.items() if of == needed]
            faults.append(CellFault(str(first.number), "import_heading_missing", {"names": names, "shown": shown}))
    return Headings(found, tuple(ignored), tuple(faults))


# --- One cell ------------------------------------------------------------------------------------------------

_OF_OWN_FORM: Final = frozenset({"dates", "amount", "amended", "by_name", "excluded", "kind", "award", "expects"})
"""Keys whose reader takes one kind of value; every other one holds a text as the sheet shows it."""
_SPACING: Final = re.compile(r"_.")
_ZEROS: Final = re.compile("0+")
_YEN: Final = re.compile(r"General|@|[#0?,.¥￥$円()*+▲△\"\\\s-]+")
_IN_THOUSANDS: Final = re.compile(r",(?![#0?])")
"""A comma behind the last digit: the sheet shows thousands."""
_COLOURS: Final = re.compile(r"\[(?:RED|BLACK|BLUE|赤|黒|青|\$[¥￥][^\]]*)\]", re.IGNORECASE)
_SHOWN_WHOLE: Final = {"General": 10**11, "@": 10**11}
"""From here on the format shows an exponent."""
_EXACT: Final = 10**15
"""From here on a spreadsheet program has lost digits."""
_REPLACED: Final = re.compile(r"^[^#].*[?〓]|^[?〓]", re.DOTALL)
"""An error like #NAME? does not match."""


def read_cell(key: KeyPath, text: str, stored: Stored | None) -> str:
    """The text of a cell under ``key`` as the sheet shows it; ``stored`` is None for a text.

    A whole number in a column of texts is taken as shown if its format is General, @, or zeros (``0000``).
    Raises FieldRefused for what the spreadsheet may have made of something else.
    """
    first = key[0]
    if stored is None:
        if first not in _OF_OWN_FORM | {"approval", "exception"} and _REPLACED.search(text):
            raise FieldRefused("cell_replaced", value=text)
        return text
    if stored.kind in _NEVER:
        raise FieldRefused(_NEVER[stored.kind], value=text)
    if stored.kind is CellKind.BOOLEAN:
        if first in {"amended", "by_name", "excluded"}:
            return text
        raise FieldRefused("cell_boolean", value=text)
    if stored.kind is CellKind.DATE:
        if first == "dates":
            return text
        raise FieldRefused("cell_date", value=text)
    return _read_number(first, text, stored.format)


_NEVER: Final = {
    CellKind.ERROR: "cell_error",
    CellKind.NOT_COMPUTED: "cell_not_computed",
    CellKind.MERGED: "cell_merged",
    CellKind.TIME: "cell_time",
}


def _read_number(first: str, text: str, shown_by: str) -> str:
    if first == "dates":
        raise FieldRefused("cell_serial", value=text)
    plain = _SPACING.sub("", _COLOURS.sub("", shown_by.partition(";")[0])).strip()
    if first == "amount":
        if not _YEN.fullmatch(plain) or _IN_THOUSANDS.search(plain):
            raise FieldRefused("cell_amount", value=text, format=shown_by)
        return text
    if first in _OF_OWN_FORM:
        return text
    if float(text) >= _SHOWN_WHOLE.get(plain, _EXACT):
        raise FieldRefused("cell_exponent", value=text)
    if not text.isdigit() or not int(text):
        raise FieldRefused("cell_number", value=text, format=shown_by)
    if plain in _SHOWN_WHOLE:
        return text
    if not _ZEROS.fullmatch(plain):
        raise FieldRefused("cell_format", value=text, format=shown_by)
    return text.zfill(len(plain))


def cell_name(column: int, row: int) -> str:
    """``C7``: the column counted from zero, the row from one."""
    return f"{column_name(column)}{row}"


def column_name(column: int) -> str:
    """``C``: the column counted from zero."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
