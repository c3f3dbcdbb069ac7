"""Ledgers (工事台帳) as files: CSV in UTF-8 or cp932, and the first sheet, or a named one, of an xlsx.

Every cell comes out as text: a date as ``2026-04-01``, a whole number without ``.0``, a formula as the value that was
last computed. What is too large is refused before it is taken in. Faults are ConfigErrors that name the file.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from worker.config.editing.columns import Sheet, SheetRow
from worker.core.errors import ConfigError, Problem

MAX_BYTES: Final = 20_000_000
"""Of the file; a ledger of 10,000 works with 30 columns is about 3 MB."""
MAX_UNPACKED: Final = 200_000_000
"""Of all parts of an xlsx unpacked: XML packs about 1 to 10 in honest files, a zip bomb 1 to 1,000."""
MAX_ROWS: Final = 50_000
"""More works than any contractor has; each is held in memory while all are judged."""
MAX_COLUMNS: Final = 200
"""Sheets formatted to their last column claim 16,384."""
MAX_CELL: Final = 32_767
"""Characters of a cell: what spreadsheet programs allow."""
MAX_EMPTY_RUN: Final = 1_000
"""Empty rows after which a sheet has ended: sheets formatted to their last row claim 1,048,576."""

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


def read_ledger(path: Path, sheet: str = "") -> Sheet:
    """The rows of a ``.csv`` or ``.xlsx`` file; ``sheet`` names one of an xlsx. Raises ConfigError."""
    content = _read(path)
    if zipfile.is_zipfile(io.BytesIO(content)):
        return Sheet(_rows(path, _workbook_rows(path, content, sheet)))
    if path.suffix.lower() in {".xlsx", ".xlsm", ".xls"}:
        raise _refusal(path, "ledger_not_xlsx")
    if sheet:
        raise _refusal(path, "ledger_no_sheets")
    return Sheet(_rows(path, _csv_rows(path, content)))


def _refusal(path: Path, code: str, **params: str) -> ConfigError:
    return ConfigError([Problem(str(path), "", code, params)])


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise _refusal(path, "not_a_file" if path.exists() else "missing_file")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refusal(path, "file_unreadable", detail=error.strerror or type(error).__name__) from error
    if len(content) > MAX_BYTES:
        raise _refusal(path, "file_too_large", limit=f"{MAX_BYTES:,}")
    return content


def _rows(path: Path, rows: Iterable[list[str]]) -> tuple[SheetRow, ...]:
    """The rows from the first that is not empty on, with the numbers a spreadsheet program shows."""
    found: list[SheetRow] = []
    empty = 0
    for number, cells in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise _refusal(path, "ledger_too_long", limit=f"{MAX_ROWS:,}")
        if not any(map(str.strip, cells)):
            empty += 1
            if empty > MAX_EMPTY_RUN:
                break
            continue
        empty = 0
        found.append(SheetRow(number, tuple(cells)))
    return tuple(found)


# --- CSV -----------------------------------------------------------------------------------------------------


def _csv_rows(path: Path, content: bytes) -> Iterator[list[str]]:
    text = _decode(path, content)
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


def _workbook_rows(path: Path, content: bytes, sheet: str) -> list[list[str]]:
    _refuse_bombs(path, content)
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    broken = (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, SyntaxError)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that it does not know: nobody asked
            workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
            chosen = _choose_sheet(path, workbook, sheet)
            rows = chosen.iter_rows(max_col=MAX_COLUMNS, values_only=True)
            return [_row_text(row) for row in itertools.islice(rows, MAX_ROWS + 1)]
    except broken as error:  # openpyxl lets through whatever a damaged part makes Python raise
        raise _refusal(path, "ledger_damaged", detail=f"{type(error).__name__}: {error}"[:200]) from error


def _choose_sheet(path: Path, workbook: Any, name: str) -> Any:
    names = [each.title for each in workbook.worksheets]
    if not names:
        raise _refusal(path, "ledger_not_xlsx")
    if name and name not in names:
        raise _refusal(path, "ledger_sheet", name=name, valid="、".join(names))
    return workbook[name] if name else workbook.worksheets[0]


def _row_text(values: Iterable[Any]) -> list[str]:
    """The cells of a row as text, without the empty ones at its end: read-only rows are padded."""
    cells = [_cell_text(value) for value in values]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _refuse_bombs(path: Path, content: bytes) -> None:
    """Unpack every part once, counting: the sizes that a zip's own directory gives may be lies."""
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.infolist():
                with archive.open(part) as packed:
                    while piece := packed.read(1 << 16):
                        left -= len(piece)
                        if left < 0:
                            raise _refusal(path, "ledger_unpacked", limit=f"{MAX_UNPACKED:,}")
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
