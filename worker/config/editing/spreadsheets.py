"""Ledgers (工事台帳) as files: CSV in UTF-8 or cp932, and the first sheet, or a named one, of an xlsx.

Every cell comes out as text: a date as ``2026-04-01``, a whole number without ``.0``, a formula as the value that was
last computed. The workbook's own form is kept as well. Rows, columns and sheets that are hidden are named and not read.
A file that is too large is refused before it is read. Faults are ConfigErrors that name the file.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from worker.config.editing.columns import CellKind, Sheet, SheetRow, Stored, column_name
from worker.core.errors import ConfigError, Problem
from worker.core.text import is_windows_path

MAX_BYTES: Final = 20_000_000
"""Of the file; a ledger of 10,000 works with 30 columns is about 3 MB."""
MAX_UNPACKED: Final = 200_000_000
"""Of all parts of an xlsx unpacked: XML packs about 1 to 10 in honest files, a zip bomb 1 to 1,000."""
MAX_ROWS: Final = 50_000
"""More works than any contractor has; each is held in memory while all are judged."""
MAX_COLUMNS: Final = 200
"""Sheets formatted to their last column claim 16,384."""
_NO_TABLES: Final = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG", b"\xd0\xcf\x11\xe0")
"""The first bytes of a PDF, of pictures and of an old Office file (.xls, .doc): any bytes can be read as cp932."""
MAX_CELL: Final = 32_767
"""Characters of a cell: what spreadsheet programs allow."""

JAPANESE_DATES: Final = frozenset({*range(27, 32), *range(34, 37), *range(50, 59)})
"""Number formats that a Japanese Excel has built in (ECMA-376, 18.8.30, ja-jp): ``ggge年m月d日`` and its like."""
JAPANESE_TIMES: Final = frozenset({32, 33})
"""Its formats that show the time alone: ``h時mm分``, ``h時mm分ss秒``."""

_NO_PART: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_PART_OF_A_DATE: Final = re.compile("[ydeg]", re.IGNORECASE)

_FIRST_LINES: Final = 4_000
"""Characters of a CSV whose first line with a separator shows which one it is."""

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class LedgerLimits:
    """The largest ledger that is read."""

    size: int
    """Bytes of the file."""
    unpacked: int
    """Bytes of all parts of an xlsx unpacked."""
    rows: int
    """The last row that may have a value."""


def read_ledger(path: Path, sheet: str = "") -> Sheet:
    """The rows of a ``.csv`` or ``.xlsx`` file; ``sheet`` names one of an xlsx. Raises ConfigError."""
    return parse_ledger(path, _read(path), sheet)


def parse_ledger(path: Path, content: bytes, sheet: str = "", limits: LedgerLimits | None = None) -> Sheet:
    """The rows of a ledger that was read or given; ``path`` is its name, in messages too. Raises ConfigError."""
    limits = limits or LedgerLimits(MAX_BYTES, MAX_UNPACKED, MAX_ROWS)
    if len(content) > limits.size:
        raise _refusal(path, "file_too_large", limit=f"{limits.size:,}")
    if not content:
        raise _refusal(path, "file_empty")
    if zipfile.is_zipfile(io.BytesIO(content)):
        return _read_workbook(path, content, sheet, limits)
    if path.suffix.lower() in {".xlsx", ".xlsm", ".xls"}:
        raise _refusal(path, "ledger_not_xlsx")
    if content.startswith(_NO_TABLES):
        raise _refusal(path, "ledger_no_table")
    if sheet:
        raise _refusal(path, "ledger_no_sheets")
    rows = (SheetRow(at, tuple(row)) for at, row in enumerate(_csv_rows(path, content), start=1))
    return Sheet(_rows(path, rows, limits.rows))


def _refusal(path: Path, code: str, **params: Any) -> ConfigError:
    return ConfigError([Problem(str(path), "", code, params)])


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            if is_windows_path(str(path)):
                raise _refusal(path, "windows_path")
            raise (
                _refusal(path, "not_a_file")
                if path.exists()
                else _refusal(path, "ledger_missing", here=str(Path.cwd()))
            )
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refusal(path, "file_unreadable", detail=error.strerror or type(error).__name__) from error
    return content


def _rows(path: Path, rows: Iterable[SheetRow], most: int) -> tuple[SheetRow, ...]:
    """The rows that are not empty: sheets formatted to their last row claim 1,048,576."""
    found: list[SheetRow] = []
    for row in rows:
        if any(map(str.strip, row.cells)):
            if row.number > most:
                raise _refusal(path, "ledger_too_long", limit=f"{most:,}")
            found.append(row)
    return tuple(found)


# --- CSV -----------------------------------------------------------------------------------------------------


def _csv_rows(path: Path, content: bytes) -> Iterator[list[str]]:
    text = _decode(path, content)
    first = next((line for line in text[:_FIRST_LINES].splitlines() if "\t" in line or "," in line), "")
    if first.count("\t") > first.count(","):
        raise _refusal(path, "ledger_separator")
    try:
        for row in csv.reader(io.StringIO(text, newline=""), strict=True):
            yield row[:MAX_COLUMNS]
    except csv.Error as error:
        raise _refusal(path, "ledger_csv", detail=str(error)) from error


def _decode(path: Path, content: bytes) -> str:
    """UTF-8 with or without a byte order mark, else cp932, which a Japanese Excel writes."""
    if not content.startswith(_UTF16) and b"\0" not in content:
        for encoding in ("utf-8-sig", "cp932"):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise _refusal(path, "ledger_encoding")


# --- xlsx ----------------------------------------------------------------------------------------------------


def _read_workbook(path: Path, content: bytes, name: str, limits: LedgerLimits) -> Sheet:
    _refuse_bombs(path, content, limits.unpacked)
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    broken = (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, SyntaxError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations that openpyxl lacks: irrelevant here
            workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            chosen = _choose_sheet(path, workbook, name)
            others = [each for each in workbook.worksheets if each is not chosen and each.sheet_state == "visible"]
            return replace(
                _read_sheet(path, workbook, chosen, limits.rows),
                hidden_sheets=tuple(each.title for each in workbook.worksheets if each.sheet_state != "visible"),
                other_sheets=tuple(each.title for each in others),
            )
    except broken as error:  # openpyxl translates no exception of a damaged part
        raise _refusal(path, "ledger_damaged", detail=f"{type(error).__name__}: {error}"[:200]) from error


def _choose_sheet(path: Path, workbook: Any, name: str) -> Any:
    """The sheet of that name, else the first that is not hidden."""
    names = [each.title for each in workbook.worksheets]
    if not names:
        raise _refusal(path, "ledger_not_xlsx")
    if name and name not in names:
        raise _refusal(path, "ledger_sheet", name=name, valid=names)
    if name:
        return workbook[name]
    visible = [each for each in workbook.worksheets if each.sheet_state == "visible"]
    return (visible or workbook.worksheets)[0]


def _read_sheet(path: Path, workbook: Any, sheet: Any, most: int) -> Sheet:
    from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

    class Parser(WorkSheetParser):  # type: ignore[misc]  # openpyxl has no types
        """Also distinguishes a formula without a value from an empty cell; one that gives "" is kept as a text."""

        def parse_cell(self, element: Any) -> dict[str, Any]:
            cell: dict[str, Any] = super().parse_cell(element)
            formula = element.find(FORMULA_TAG)
            if formula is not None and cell["value"] is None and element.get("t") != "str":
                cell |= {"value": f"={formula.text or ''}", "data_type": "f"}
            return cell

    with sheet._get_source() as part:  # noqa: SLF001  the public reader keeps neither hidden rows nor merged cells
        parser = Parser(
            part,
            sheet._shared_strings,  # noqa: SLF001
            data_only=True,
            epoch=workbook.epoch,
            date_formats=workbook._date_formats,  # noqa: SLF001
            timedelta_formats=workbook._timedelta_formats,  # noqa: SLF001
        )
        look = _format_of(workbook)
        rows = _rows(path, (_row(number, cells, look, workbook.epoch) for number, cells in parser.parse()), most)
    hidden_rows = {int(float(number)) for number, each in parser.row_dimensions.items() if _is_hidden(each, "ht")}
    hidden_columns = _hidden_columns(parser.column_dimensions.values())
    merged = [each.bounds for each in parser.merged_cells.mergeCell] if parser.merged_cells else []
    covered = _covered_cells(merged, {row.number for row in rows})
    seen = [_mark_merged(row, covered.get(row.number, ())) for row in rows if row.number not in hidden_rows]
    used = {at for row in seen for at, text in enumerate(row.cells) if text.strip()} & hidden_columns
    return Sheet(
        tuple(_without(row, used) for row in seen),
        name=sheet.title,
        hidden_rows=tuple(row.number for row in rows if row.number in hidden_rows),
        hidden_columns=tuple(map(column_name, sorted(used))),
    )


def _is_hidden(dimension: Mapping[str, str], size: str) -> bool:
    """Hidden by a person, a filter or a group, or drawn to no size."""
    given = dimension.get(size)
    return dimension.get("hidden") in {"1", "true"} or (given is not None and float(given) == 0)


def _hidden_columns(dimensions: Iterable[Mapping[str, str]]) -> set[int]:
    """The hidden columns, counted from zero."""
    found: set[int] = set()
    for each in dimensions:
        if _is_hidden(each, "width"):
            found.update(range(int(each["min"]) - 1, min(int(each["max"]), MAX_COLUMNS)))
    return found


def _without(row: SheetRow, columns: set[int]) -> SheetRow:
    cells = tuple("" if at in columns else text for at, text in enumerate(row.cells))
    return SheetRow(row.number, cells, {at: each for at, each in row.stored.items() if at not in columns})


def _mark_merged(row: SheetRow, covered: Iterable[int]) -> SheetRow:
    """``row`` with each cell marked that another one covers; a value that is kept there is not shown."""
    stored = dict(row.stored) | {at: Stored(CellKind.MERGED) for at in covered}
    cells = tuple(
        "" if at in stored and stored[at].kind is CellKind.MERGED else text for at, text in enumerate(row.cells)
    )
    return SheetRow(row.number, cells, stored)


def _covered_cells(merged: Iterable[tuple[int, int, int, int]], rows: set[int]) -> Mapping[int, Sequence[int]]:
    """The columns of each row, counted from zero, whose cells are merged into another one."""
    found: dict[int, list[int]] = {}
    for left, top, right, bottom in merged:
        for number in range(top, min(bottom, MAX_ROWS) + 1):
            if number in rows:
                first = left if number > top else left + 1
                found.setdefault(number, []).extend(range(first - 1, min(right, MAX_COLUMNS)))
    return found


# --- Cells ---------------------------------------------------------------------------------------------------


def _format_of(workbook: Any) -> Callable[[int], tuple[int, str]]:
    """Id and code of the number format of a cell's style."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

    def look(style: int) -> tuple[int, str]:
        number = workbook._cell_styles[style].numFmtId  # noqa: SLF001
        if number >= BUILTIN_FORMATS_MAX_SIZE:
            return number, workbook._number_formats[number - BUILTIN_FORMATS_MAX_SIZE]  # noqa: SLF001
        return number, BUILTIN_FORMATS.get(number, f"numFmtId {number}")

    return look


def _row(
    number: int, parsed: Iterable[Mapping[str, Any]], look: Callable[[int], tuple[int, str]], epoch: Any
) -> SheetRow:
    """The row's cells up to the last that is not empty."""
    texts: dict[int, str] = {}
    stored: dict[int, Stored] = {}
    for cell in parsed:
        at = cell["column"] - 1
        if cell["value"] in (None, "") or at >= MAX_COLUMNS:
            continue
        texts[at], kept = _read_cell(cell, look, epoch)
        if kept is not None:
            stored[at] = kept
    width = max(texts, default=-1) + 1
    return SheetRow(number, tuple(texts.get(at, "") for at in range(width)), stored)


def _read_cell(
    cell: Mapping[str, Any], look: Callable[[int], tuple[int, str]], epoch: Any
) -> tuple[str, Stored | None]:
    from openpyxl.utils.datetime import from_excel

    value = cell["value"]
    if cell["data_type"] == "e":
        return str(value), Stored(CellKind.ERROR)
    if cell["data_type"] == "f":
        return str(value)[:MAX_CELL], Stored(CellKind.NOT_COMPUTED)
    number, code = look(int(cell["style_id"] or 0))
    if number in JAPANESE_TIMES and value is not None and not isinstance(value, str):
        return _cell_text(value), Stored(CellKind.TIME)
    if number in JAPANESE_DATES and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            value = from_excel(value, epoch)
        except (OverflowError, ValueError):
            return str(value), Stored(CellKind.ERROR)
    kind = _kind_of(value)
    if kind is CellKind.DATE and number not in JAPANESE_DATES and not _PART_OF_A_DATE.search(_NO_PART.sub("", code)):
        kind = CellKind.TIME  # a day that the sheet shows as its time alone
    return _cell_text(value), None if kind is None else Stored(kind, code)


def _kind_of(value: Any) -> CellKind | None:
    match value:
        case bool():
            return CellKind.BOOLEAN
        case int() | float():
            return CellKind.NUMBER
        case dt.date():
            return CellKind.DATE
        case dt.time() | dt.timedelta():
            return CellKind.TIME
        case _:
            return None


def _refuse_bombs(path: Path, content: bytes, most: int) -> None:
    """Unpack every part once, counting: the sizes that a zip's own directory gives may be lies."""
    left = most
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.infolist():
                with archive.open(part) as packed:
                    while piece := packed.read(1 << 16):
                        left -= len(piece)
                        if left < 0:
                            raise _refusal(path, "ledger_unpacked", limit=f"{most:,}")
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        raise _refusal(path, "ledger_damaged", detail=f"{type(error).__name__}: {error}"[:200]) from error


def _cell_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004  beyond, a float's digits are invented
            return str(int(value))
        case dt.datetime() if value.time() == dt.time():
            return value.date().isoformat()
        case dt.datetime():
            return value.isoformat(sep=" ")
        case dt.date() | dt.time():
            return value.isoformat()
        case _:
            return str(value)[:MAX_CELL]
