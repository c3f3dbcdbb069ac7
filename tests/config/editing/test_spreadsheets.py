"""Each kind of cell of a ledger is registered as the sheet shows it, or refused with cell, reason and remedy."""

from __future__ import annotations

import datetime as dt
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.support.registered import ISSUER
from tests.support.tables import every_case
from worker.config.editing.columns import Sheet, read_headings
from worker.config.editing.import_rows import RowOutcome, judge_rows
from worker.config.editing.spreadsheets import read_ledger
from worker.core.errors import ConfigError
from worker.core.messages import hint, say

FORMS = ("[0-9]{4,5}-[0-9]{5,6}[A-Z]?",)
HEADINGS = ("工事名", "発注者", "工事番号", "保証契約番号", "契約日", "請負金額", "担当者")
VALUE, NUMBER, DATE, AMOUNT, CONTACT = range(2, 7)
SERIAL = 46113
"""2026-04-01 as a spreadsheet counts days."""


@dataclass(frozen=True)
class Styled:
    """A value of a workbook's cell with the number format that shows it."""

    value: Any
    format: str


def _fates(sheet: Sheet) -> tuple[RowOutcome, ...]:
    headings = read_headings(sheet, {})
    assert headings.faults == ()
    return judge_rows(sheet, headings, {"mihon": ISSUER}, (), FORMS)


def _row_with(column: int, value: Any) -> list[Any]:
    row: list[Any] = ["道路改良工事", "みほん町", None, None, None, None, None]
    row[column] = value
    return row


def _workbook(path: Path, *rows: list[Any]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台帳"
    for at, row in enumerate((list(HEADINGS), *rows), start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(at, column)
            if isinstance(value, Styled):
                cell.value, cell.number_format = value.value, value.format
            elif isinstance(value, str):
                cell.value, cell.data_type = value, "s"
            else:
                cell.value = value
    file = path / "台帳.xlsx"
    book.save(file)
    return file


def _csv(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    file = path / "台帳.csv"
    file.write_bytes("\r\n".join((",".join(HEADINGS), *lines)).encode(encoding))
    return file


def _one(fates: tuple[RowOutcome, ...], column: int) -> object:
    """The value that is registered from ``column``, or the code that refuses it, with its cell and a remedy."""
    (fate,) = fates
    cell = "ABCDEFG"[column] + str(fate.row)
    if fate.faults:
        (fault,) = fate.faults
        assert fault.cell == cell
        for lang in ("ja", "en"):
            assert say(fault.code, lang, **fault.params)
            assert hint(fault.code, lang, **fault.params), fault.code
        return fault.code
    return next((value for key, value in fate.given.items() if fate.cells[key] == cell), None)


NUMBERS = [
    ("text", "R8-12", "R8-12"),
    ("text with leading zeros", "0012", "0012"),
    ("text with spaces behind", " R8-12  ", "R8-12"),
    ("text of a number with spaces", "12 ", "12"),
    ("full-width text", "第１２号", "第１２号"),
    ("no-break space", "R8\u00a012", "R8 12"),
    ("zero-width space", "R8\u200b12", "unsafe_value"),
    ("line break", "R8\n12", "unsafe_value"),
    ("non-breaking hyphen", "R8\u201112", "R8-12"),
    ("hyphen U+2010", "R8\u201012", "R8-12"),
    ("en dash", "R8\u201312", "R8-12"),
    ("minus sign", "Ｒ８\u2212１２", "Ｒ８－１２"),
    ("number with an era", "R8-4-1", "R8-4-1"),
    ("letters that look like an exponent", "12E3", "12E3"),
    ("gaiji", "R8\ue00012", "private_value"),
    ("gaiji of plane 15", "R8\U000f000012", "private_value"),
    ("question mark", "R8?12", "cell_replaced"),
    ("geta mark", "R8〓12", "cell_replaced"),
    ("formula of text", '="0012"', "damage_formula"),
    ("apostrophe", "'0012", "damage_formula"),
    ("not available", "#N/A", "damage_error"),
    ("reference", "#REF!", "damage_error"),
    ("value", "#VALUE!", "damage_error"),
    ("division", "#DIV/0!", "damage_error"),
    ("name", "#NAME?", "damage_error"),
    ("full-width error", "＃Ｎ／Ａ", "damage_error"),
    ("spill", "#SPILL!", "damage_error"),
    ("spill in Japanese", "#スピル!", "damage_error"),
    ("field in Japanese", "＃フィールド！", "damage_error"),
    ("error without its mark", "#REF", "damage_error"),
    ("number sign before a number", "#12", "#12"),
    ("narrow column", "########", "damage_error"),
    ("error of LibreOffice", "Err:502", "damage_error"),
    ("nan of a program", "nan", "damage_error"),
    ("exponent", "1.23457E+11", "damage_exponent"),
    ("exponent of another program", "1.23457e11", "damage_exponent"),
    ("short exponent", "1E+05", "damage_exponent"),
    ("17 digits of which two are lost", "12345678901234500", "damage_digits"),
    ("17 digits", "12345678901234567", "12345678901234567"),
    ("truth", "TRUE", "damage_boolean"),
    ("time", "1:30", "damage_time"),
    ("time with seconds", "1:30:00", "damage_time"),
    ("month and day", "8月12日", "damage_date"),
    ("day and month in English", "12-Aug", "damage_date"),
    ("month in English", "Aug-12", "damage_date"),
    ("slashes", "8/12", "damage_date"),
    ("western date", "2026/8/12", "damage_date"),
    ("ISO date", "2026-08-12 00:00:00", "damage_date"),
    ("Japanese date", "令和8年8月12日", "damage_date"),
    ("short Japanese date", "R8.8.12", "damage_date"),
    ("number with a hyphen", "8-12", "8-12"),
    ("zero of an empty reference", "0", "damage_zero"),
    ("dash for nothing", "－", "field_no_letter"),
    ("ditto mark", "〃", "field_no_letter"),
    ("as above", "同上", "field_stand_in"),
    ("not known yet", "（未 定）", "field_stand_in"),
    ("none", "なし", "field_stand_in"),
    ("not available", "N/A", "field_stand_in"),
    ("such a word within a value", "無番-12", "無番-12"),
    ("very long", "長" * 501, "field_too_long"),
    ("spaces", "   ", None),
]
"""Texts of a 工事番号, as a CSV has them and as a workbook's text cell may."""


@pytest.mark.parametrize(("text", "outcome"), [pytest.param(*each[1:], id=each[0]) for each in NUMBERS])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_text_is_registered_as_it_is_shown_or_refused(
    tmp_path: Path, kind: str, text: str, outcome: str | None
) -> None:
    if kind == "xlsx":
        file = _workbook(tmp_path, _row_with(VALUE, text))
    else:
        file = _csv(tmp_path, '道路改良工事,みほん町,"' + text.replace('"', '""') + '",,,,')
    assert _one(_fates(read_ledger(file)), VALUE) == outcome


CELLS = [
    ("whole number", VALUE, 12, "12"),
    ("whole number kept as a fraction", VALUE, 12.0, "12"),
    ("number as text format", VALUE, Styled(12, "@"), "12"),
    ("leading zeros by format", VALUE, Styled(12, "0000"), "0012"),
    ("leading zeros, coloured", VALUE, Styled(12, "[Red]0000"), "0012"),
    ("number longer than its zeros", VALUE, Styled(12345, "0000"), "12345"),
    ("zeros and hyphens by format", VALUE, Styled(12345, "000-000"), "cell_format"),
    ("letters by format", VALUE, Styled(12, '"R8-"0'), "cell_format"),
    ("sections of a format", VALUE, Styled(12, "[>10]0;00"), "cell_format"),
    ("format that shows nothing", VALUE, Styled(12, ";;;"), "cell_format"),
    ("grouped number", VALUE, Styled(1234, "#,##0"), "cell_format"),
    ("percent", VALUE, Styled(12, "0%"), "cell_format"),
    ("fraction", VALUE, Styled(12.5, "# ?/?"), "cell_number"),
    ("decimals", VALUE, 12.5, "cell_number"),
    ("negative", VALUE, -12, "cell_number"),
    ("zero", VALUE, 0, "cell_number"),
    ("eleven digits", VALUE, 30000000000, "30000000000"),
    ("twelve digits, shown as an exponent", VALUE, 123456789012, "cell_exponent"),
    ("twelve digits, all shown", VALUE, Styled(123456789012, "0"), "123456789012"),
    ("sixteen digits", VALUE, Styled(1234567890123456, "0"), "cell_exponent"),
    ("large number", VALUE, 3e16, "cell_exponent"),
    ("exponent by format", VALUE, Styled(12345, "0.00E+00"), "cell_format"),
    ("truth", VALUE, True, "cell_boolean"),
    ("time", VALUE, dt.time(1, 30), "cell_time"),
    ("duration", VALUE, dt.timedelta(hours=30), "cell_time"),
    ("date for a number", VALUE, dt.date(2026, 8, 12), "cell_date"),
    ("date with another look", VALUE, Styled(46246, 'm"月"d"日"'), "cell_date"),
    ("formula that was not computed", VALUE, Styled("=A1", "General"), "cell_not_computed"),
    ("number for a contract number", NUMBER, 40213, "field_contract_number"),
    ("exponent for a contract number", NUMBER, 3e16, "cell_exponent"),
    ("text of a contract number", NUMBER, "４０２１３‐０００００１", ("40213-000001",)),
    ("date for a contract number", NUMBER, "令和８年１１月３０日", "damage_date"),
    ("error for a contract number", NUMBER, "#REF!", "damage_error"),
    ("date", DATE, dt.date(2026, 4, 1), dt.date(2026, 4, 1)),
    ("date at midnight", DATE, dt.datetime(2026, 4, 1), dt.date(2026, 4, 1)),  # noqa: DTZ001  as a workbook keeps it
    ("date with a time", DATE, dt.datetime(2026, 4, 1, 9, 30), "field_date"),  # noqa: DTZ001
    ("Japanese date by format", DATE, Styled(SERIAL, '[$-411]ggge"年"m"月"d"日"'), dt.date(2026, 4, 1)),
    ("date shown as a time", DATE, Styled(SERIAL, "h:mm"), "cell_time"),
    ("number without a format of dates", DATE, SERIAL, "cell_serial"),
    ("empty date of a spreadsheet", DATE, Styled(0, "yyyy/m/d"), "cell_time"),
    ("Japanese date as text", DATE, "令和８年４月１日", dt.date(2026, 4, 1)),
    ("amount", AMOUNT, 20_000_000, 20_000_000),
    ("grouped amount", AMOUNT, Styled(20_000_000, "#,##0"), 20_000_000),
    ("amount in yen", AMOUNT, Styled(20_000_000, '"¥"#,##0;[Red]"¥"-#,##0'), 20_000_000),
    ("amount shown in thousands", AMOUNT, Styled(20_000_000, "#,##0,"), "cell_amount"),
    ("amount kept in thousands", AMOUNT, Styled(20_000, '#,##0"千円"'), "cell_amount"),
    ("amount as percent", AMOUNT, Styled(20_000, "0%"), "cell_amount"),
    ("negative amount", AMOUNT, -5, "field_amount"),
    ("amount with a fraction", AMOUNT, 20_000_000.4, "field_amount"),
    ("contract number for a person", CONTACT, "４０１８８－００３０５１", "field_no_name"),
    ("contract number with a letter for a person", CONTACT, "40188-003051A", "field_no_name"),
    ("person", CONTACT, "山田　花子", "山田　花子"),
]
"""Cells of a workbook that are no texts, and the other columns."""


@pytest.mark.parametrize(("column", "value", "outcome"), [pytest.param(*each[1:], id=each[0]) for each in CELLS])
def test_a_workbook_s_cell_is_registered_as_it_is_shown_or_refused(
    tmp_path: Path, column: int, value: Any, outcome: object
) -> None:
    assert _one(_fates(read_ledger(_workbook(tmp_path, _row_with(column, value)))), column) == outcome


def _rewritten(file: Path, part: str, *changes: tuple[str, str]) -> Path:
    """``file`` with one part changed as openpyxl cannot write it."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text = parts[part].decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    parts[part] = text.encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("number", [14, *range(27, 37), *range(50, 59)])
@pytest.mark.parametrize("epoch", [1900, 1904])
def test_a_date_in_each_built_in_japanese_format_is_read_and_a_time_is_refused(
    tmp_path: Path, number: int, epoch: int
) -> None:
    file = _workbook(tmp_path, _row_with(DATE, Styled(SERIAL - (1462 if epoch == 1904 else 0), "0.00")))
    _rewritten(file, "xl/styles.xml", ('numFmtId="2"', f'numFmtId="{number}"'))
    if epoch == 1904:
        _rewritten(file, "xl/workbook.xml", ("<workbookPr />", '<workbookPr date1904="1" />'))
    expected = "cell_time" if number in {32, 33} else dt.date(2026, 4, 1)
    assert _one(_fates(read_ledger(file)), DATE) == expected


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        ('<c r="C2" t="e"><v>#N/A</v></c>', "cell_error"),
        ('<c r="C2" t="e"><f>A9</f><v>#REF!</v></c>', "cell_error"),
        ('<c r="C2" t="str"><f>""</f><v></v></c>', None),
        ('<c r="C2" t="str"><f>TEXT(12,"0000")</f><v>0012</v></c>', "0012"),
        ('<c r="C2"><f>A9</f></c>', "cell_not_computed"),
        ('<c r="C2"><f>A9</f><v>0</v></c>', "cell_number"),
        ('<c r="C2" t="inlineStr"><is><t>R8-1</t><rPh sb="0" eb="1"><t>アール</t></rPh></is></c>', "R8-1"),
    ],
)
def test_a_formula_is_read_by_what_was_computed(tmp_path: Path, cell: str, outcome: str | None) -> None:
    file = _workbook(tmp_path, _row_with(VALUE, 987))
    _rewritten(file, SHEET, ('<c r="C2" t="n"><v>987</v></c>', cell))
    assert _one(_fates(read_ledger(file)), VALUE) == outcome


def test_a_cell_that_is_merged_with_another_has_no_value_of_its_own(tmp_path: Path) -> None:
    file = _workbook(tmp_path, _row_with(VALUE, "R8-1"), ["橋梁補修工事", "みほん町", None, None, None, None, None])
    book = openpyxl.load_workbook(file)
    book["台帳"].merge_cells("C2:C3")
    book.save(file)
    first, second = _fates(read_ledger(file))
    assert first.faults == ()
    assert [(each.cell, each.code) for each in second.faults] == [("C3", "cell_merged")]


def test_a_value_under_a_merged_cell_is_not_read_as_the_sheet_does_not_show_it(tmp_path: Path) -> None:
    file = _workbook(tmp_path, _row_with(VALUE, "R8-1"), ["橋梁補修工事", "みほん町", "R8-2", None, None, None, None])
    _rewritten(file, SHEET, ("</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="C2:C3"/></mergeCells>'))
    assert [each.code for each in _fates(read_ledger(file))[1].faults] == ["cell_merged"]


# --- Rows, columns and sheets that are not shown -------------------------------------------------------------------


@pytest.mark.parametrize(
    "how", ['hidden="1"', 'hidden="true"', 'ht="0" customHeight="1"', 'hidden="1" outlineLevel="1"']
)
def test_a_hidden_or_filtered_row_is_named_and_not_read(tmp_path: Path, how: str) -> None:
    file = _workbook(tmp_path, _row_with(VALUE, "R8-1"), ["取消済工事", "みほん町", None, None, None, None, None])
    _rewritten(file, SHEET, ('<row r="3"', f'<row r="3" {how}'))
    sheet = read_ledger(file)
    assert sheet.hidden_rows == (3,)
    assert [each.name for each in _fates(sheet)] == ["道路改良工事"]


def test_a_hidden_column_is_named_and_not_read(tmp_path: Path) -> None:
    file = _workbook(tmp_path, _row_with(VALUE, "R8-1"))
    book = openpyxl.load_workbook(file)
    book["台帳"].column_dimensions["C"].hidden = True
    book.save(file)
    sheet = read_ledger(file)
    assert sheet.hidden_columns == ("C",)
    assert _one(_fates(sheet), VALUE) is None


def test_a_hidden_sheet_is_read_only_where_it_is_named_and_others_are_told(tmp_path: Path) -> None:
    file = _workbook(tmp_path, _row_with(VALUE, "R8-1"))
    book = openpyxl.load_workbook(file)
    old = book.copy_worksheet(book["台帳"])
    old.title, old.sheet_state = "旧台帳", "hidden"
    book.move_sheet(old, -1)
    book.create_sheet("集計")
    book.save(file)
    sheet = read_ledger(file)
    assert (sheet.name, sheet.hidden_sheets, sheet.other_sheets) == ("台帳", ("旧台帳",), ("集計",))
    named = read_ledger(file, "旧台帳")
    assert (named.name, len(named.rows)) == ("旧台帳", 2)
    with pytest.raises(ConfigError):
        read_ledger(file, "無い")


@pytest.mark.parametrize("above", [1, 2, 9])
def test_titles_above_the_headings_are_told_and_not_read(tmp_path: Path, above: int) -> None:
    file = tmp_path / "a.csv"
    titles = [f"令和８年度　工事台帳 {at}" for at in range(above)]
    file.write_text("\n".join((*titles, "", ",".join(HEADINGS), "道路改良工事,みほん町,R8-1,,,,")), encoding="utf-8")
    sheet = read_ledger(file)
    headings = read_headings(sheet, {})
    assert [row.number for row in headings.titles] == list(range(1, above + 1))
    assert _one(_fates(sheet), VALUE) == "R8-1"


def test_headings_without_an_issuer_are_named_by_their_own_row_and_not_by_the_title_s(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("令和８年度　工事台帳\n工事名,工事番号\n道路改良工事,R8-1\n", encoding="utf-8")
    (fault,) = read_headings(read_ledger(file), {}).faults
    assert (fault.cell, fault.code) == ("2", "import_heading_missing")
    assert "発注者" in say(fault.code, "ja", **fault.params)
    assert "工事名、工事番号" in say(fault.code, "ja", **fault.params)


# --- Files as offices have them --------------------------------------------------------------------------------------

CASES = {
    "dates for numbers": (
        ["道路改良工事,みほん町,8月12日,40213-000001,46113,20000000,", "橋工事,みほん町,Aug-12,40213-000002,R8.4.1,1,"],
        [["C2:damage_date", "E2:cell_serial"], ["C3:damage_date"]],
    ),
    "a date without an era": (["橋工事,みほん町,3,40213-000003,8.4.1,1,"], [["E2:field_date"]]),
    "errors": (
        ["道路改良工事,みほん町,#N/A,#REF!,2026/4/1,1,", "橋工事,みほん町,########,40213-000002,2026/4/1,1,"],
        [["C2:damage_error", "D2:damage_error"], ["C3:damage_error"]],
    ),
    "exponents": (
        ['道路改良工事,みほん町,1.23457E+11,1.23457E+11,2026/4/1,"20,000,000",'],
        [["C2:damage_exponent", "D2:damage_exponent"]],
    ),
    "gaiji in a name": (["道路\ue000改良工事,みほん町,R8-1,40213-000001,2026/4/1,1,"], [["A2:private_value"]]),
}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
@pytest.mark.parametrize("case", CASES)
def test_a_damaged_ledger_names_each_damaged_cell(tmp_path: Path, case: str, encoding: str) -> None:
    lines, expected = CASES[case]
    fates = _fates(read_ledger(_csv(tmp_path, *lines, encoding=encoding)))
    assert [[f"{fault.cell}:{fault.code}" for fault in fate.faults] for fate in fates] == expected


def test_no_break_spaces_and_odd_hyphens_come_out_as_the_notice_prints_them(tmp_path: Path) -> None:
    line = "道路改良工事\u00a0,\u00a0みほん町\u00a0,R8\u20111,40213\u2010000001,2026/4/1,20000000,"
    (fate,) = _fates(read_ledger(_csv(tmp_path, line)))
    assert fate.faults == ()
    assert (fate.name, fate.given["contract_numbers",]) == ("道路改良工事", ("40213-000001",))
    assert fate.given["values", "工事番号"] == "R8-1"


FILES = {
    "cd.csv": [["C2:damage_date", "E2:cell_serial"], ["C3:damage_date"], ["E4:field_date"]],
    "exp.xlsx": [["D2:cell_exponent"], ["C3:cell_time", "D3:cell_number"], ["C4:cell_boolean"]],
    "gaiji.csv": [["A2:private_value"]],
    "hiddenrow.xlsx": [["R8-1", "40213-000001", "2026-04-01"]],
    "jfmt.xlsx": [[f"R8-{at}", f"40213-00000{at}", "2026-04-01"] for at in range(1, 5)],
    "leadzero.xlsx": [["0012", "40213-000001", "2026-04-01"]],
    "na.csv": [["C2:damage_error", "D2:damage_error"], ["C3:damage_error"]],
    "nbsp.csv": [["R8-1", "40213-000001", "2026-04-01"]],
    "sci.csv": [["C2:damage_exponent", "D2:damage_exponent"]],
    "title.xlsx": [["R8-1", "40213-000001", "2026-04-01"]],
}
"""The result for each row of the kept files: its 工事番号, 保証契約番号 and 契約日, or the refusal."""


@every_case("name", FILES)
def test_a_kept_ledger_comes_to_what_it_shows_or_is_refused(name: str) -> None:
    sheet = read_ledger(Path(__file__).parent / "ledgers" / name)
    fates = judge_rows(sheet, read_headings(sheet, {}), {"mihon": replace(ISSUER, name="川北町")}, (), FORMS)
    found = []
    for fate in fates:
        texts = [fate.given.get(key) for key in (("values", "工事番号"), ("contract_numbers",), ("dates", "contract"))]
        shown = [each[0] if isinstance(each, tuple) else str(each) for each in texts]
        found.append([f"{fault.cell}:{fault.code}" for fault in fate.faults] or shown)
    assert found == FILES[name]
