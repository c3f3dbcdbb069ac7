"""A ledger on a page: bad cells are fields with their sentences, and the browser keeps the rest."""

from __future__ import annotations

import base64
import datetime as dt
import json
import zlib

import pytest

from tests.support.registered import ISSUER
from tests.support.tables import every_case
from worker.config.editing.columns import CellKind, Sheet, SheetRow, Stored, read_headings
from worker.config.editing.import_rows import OutcomeKind
from worker.config.editing.ledger import SeenRow, corrected_sheet, judge_ledger
from worker.config.editing.register import FieldRules
from worker.core.errors import NotAllowed
from worker.core.messages import speaking_on_pages
from worker.views.ledger_page import (
    MAX_PACKED,
    MAX_UNPACKED,
    KeptLedger,
    corrections_of,
    pack_ledger,
    rows_of_kind,
    unpack_ledger,
)

ISSUERS = {"mihon": ISSUER}
TODAY = dt.date(2026, 11, 30)
SHEET = Sheet(
    (
        SheetRow(1, ("工事名", "発注者", "契約日", "請負金額")),
        SheetRow(2, ("道路改良工事", "みほん町", "46113", "たくさん"), {2: Stored(CellKind.NUMBER, "General")}),
        SheetRow(3, ("橋梁補修工事", "みほん町", "R8.4.1", "1,000")),
    ),
    name="令和8年度",
    hidden_rows=(4,),
    hidden_columns=("F",),
    hidden_sheets=("控え",),
    other_sheets=("集計",),
)
KEPT = KeptLedger(
    "台帳.xlsx",
    SHEET,
    {2: SeenRow(OutcomeKind.CHANGED, {("amount",): "500", ("values", "工事.番号"): ""})},
    frozenset({(2, ("dates", "contract"))}),
)


def test_the_browser_s_text_gives_the_same_ledger_back() -> None:
    assert unpack_ledger(pack_ledger(KEPT)) == KEPT


def bomb() -> str:
    content = zlib.compress(b" " * (MAX_UNPACKED + 1))
    return base64.urlsafe_b64encode(content).decode()


def other(table: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(table).encode())).decode()


@every_case(
    "text",
    ["", "x", "あ", "=" * 8, pack_ledger(KEPT)[:-8], bomb(), "A" * (MAX_PACKED + 4)]
    + [other(each) for each in (None, [], {}, {"name": "a", "rows": [[1]], "sheet": [], "seen": {}, "left": []})],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        unpack_ledger(text)
    assert refused.value.code == "ledger_lost"


def test_a_ledger_that_a_form_cannot_hold_is_refused() -> None:
    noise = "".join(chr(0x4E00 + at * 7919 % 20000) for at in range(120_000))
    with pytest.raises(NotAllowed) as refused:
        pack_ledger(KeptLedger("a.csv", Sheet((SheetRow(1, (noise,)),)), {}))
    assert refused.value.code == "ledger_page_size"


def test_a_bad_cell_has_its_heading_its_text_and_what_to_do_without_a_command_or_a_file() -> None:
    judged = judge_ledger(SHEET, {}, FieldRules(ISSUERS), b"", lambda _: None)
    with speaking_on_pages():
        (row,) = rows_of_kind(judged, SHEET, OutcomeKind.BAD, ISSUERS, "ja")
    day, amount = row.cells
    assert (day.name, day.heading, day.text, day.was) == ("C2", "契約日", "", "46113")
    assert (amount.name, amount.heading, amount.text, amount.was) == ("D2", "請負金額", "たくさん", "")
    assert all(each.faults for each in row.cells)
    assert "toml" not in str(row.cells)


def test_a_field_left_as_shown_corrects_nothing_and_a_value_that_is_no_text_is_not_lost() -> None:
    headings = read_headings(SHEET, {})
    left = {"C2": "", "D2": "たくさん", "Z2": "x", "D9": "x"}
    assert corrections_of(SHEET, headings, left, TODAY) == {}
    typed = corrections_of(SHEET, headings, {"C2": "4/1", "D2": "2,000"}, TODAY)
    assert typed == {"C2": "2027-04-01", "D2": "2,000"}
    judged = judge_ledger(corrected_sheet(SHEET, typed), {}, FieldRules(ISSUERS), b"", lambda _: None)
    assert [each.kind for each in judged.outcomes] == [OutcomeKind.NEW, OutcomeKind.NEW]


def test_a_new_row_tells_its_values_in_office_words() -> None:
    judged = judge_ledger(SHEET, {}, FieldRules(ISSUERS), b"", lambda _: None)
    (row,) = rows_of_kind(judged, SHEET, OutcomeKind.NEW, ISSUERS, "ja")
    assert [(each.label, each.value) for each in row.facts] == [
        ("契約日", "令和8年4月1日（水）"),
        ("請負金額", "1,000円"),
    ]
