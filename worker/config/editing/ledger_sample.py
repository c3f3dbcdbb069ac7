"""A sample ledger (工事台帳) with invented works of registered issuers, as an Excel workbook or a CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from worker.core.japanese_dates import write_date
from worker.core.rulebook import Issuer

HEADINGS: Final = (
    *("工事名", "発注者", "課", "工事番号", "契約日", "請負金額", "必要な保証"),
    *("契約保証番号", "前払金保証番号", "中間前払金保証番号"),
)
_WORKS: Final = (
    ("見本第一橋補修工事", "見本R8-101", 18_700_000, "契約保証、前払金保証"),
    ("見本市道10号線舗装工事", "見本R8-102", 9_350_000, "契約保証"),
    ("見本川護岸工事（第2工区）", "見本R8-103", 46_200_000, "契約保証、前払金保証、中間前払金保証"),
)
"""Name, number, amount and expected guarantees. Contract numbers are left empty: they come with the notices."""
_NO_ISSUER: Final = "見本市"
_WIDTH: Final = 24
"""Of a column, in characters: the longest name of a work is read whole."""


class LedgerForm(StrEnum):
    """The forms of a ledger, which are also the endings of its name."""

    CSV = "csv"
    EXCEL = "xlsx"


def sample_ledger(form: LedgerForm, issuers: Iterable[Issuer], today: dt.date) -> bytes:
    """Returns a ledger that the import reads without a fault in an office that has one of ``issuers``."""
    table = (HEADINGS, *_rows(tuple(issuers), today))
    return _workbook(table) if form is LedgerForm.EXCEL else _csv(table)


def _rows(issuers: Sequence[Issuer], today: dt.date) -> Iterable[tuple[str, ...]]:
    for at, (name, number, amount, expected) in enumerate(_WORKS):
        issuer = issuers[at % len(issuers)] if issuers else None
        section = next(iter(issuer.sections.values())).name if issuer and issuer.sections else ""
        named = issuer.full_name if issuer else _NO_ISSUER
        day = write_date(today + dt.timedelta(days=7 * at))
        yield (name, named, section, number, day, f"{amount:,}", expected, "", "", "")


def _csv(table: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(table)
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel takes it for cp932


def _workbook(table: Iterable[Sequence[str]]) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415  loaded by those who ask for one
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("工事台帳")
    sheet.freeze_panes = "A2"
    for at in range(1, len(HEADINGS) + 1):
        sheet.column_dimensions[get_column_letter(at)].width = _WIDTH
    for row in table:
        line = []
        for text in row:
            cell = WriteOnlyCell(sheet, "")
            if text:
                cell.value, cell.data_type, cell.number_format = text, "s", "@"  # as typed, also if it is changed
            line.append(cell)
        sheet.append(line)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
