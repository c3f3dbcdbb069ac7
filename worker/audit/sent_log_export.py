"""Decides the form of a row of the sent-mail log: JSON, and CSV for a Japanese Excel.

No cell of the CSV is a formula, and every cell can be read back: UTF-8 with a BOM, RFC 4180 with CRLF.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from worker.audit.sent_log import LogRow
from worker.core.messages import Language, name_any_state, say
from worker.core.messages.events import EVENTS
from worker.core.messages.reasons import HANDED_IN_STATE, STATES
from worker.core.model import PRODUCT_NAMES, READ, REGISTERED
from worker.core.states import Event
from worker.core.text import escape_control_chars, json_line

HEADER: Final = (
    "日時", "番号", "出来事", "リハーサル", "保証契約番号", "商品", "工事名", "案件", "発注者", "発注者ID", "担当課",
    "宛先（To）", "写し（Cc）", "件名", "添付（名前・バイト数・SHA-256）", "送信内容のSHA-256", "Message-ID",
    "送信サーバー", "サーバーの応答", "ルール", "ルールのSHA-256", "請求金額", "請求日", "状態", "訂正元の番号",
    "先行する番号", "承認者・記録者", "アカウント", "記録", "承認者", "記録した人", "請求金額の出所", "請求日の出所",
    "承認者が代理した方",
)  # fmt: skip
"""In the order of LogRow's fields."""

_FROM: Final = {REGISTERED: "案件に登録", READ: "PDFから読取り", "": ""}

_EVENT_NAMES: Final[dict[str, tuple[str, str]]] = {
    **EVENTS,
    Event.ACCEPTED: ("送信", "sent"),
    Event.DATA_STARTED: ("送信結果不明", "in doubt"),
    Event.NOTICE_READ: EVENTS[Event.HANDED_OVER],
    Event.REDRAFTED: EVENTS[Event.HANDED_OVER],
    Event.PROVEN_SENT: ("送信済みと判明", "proven sent"),
}
"""Words for the events of rows, (Japanese, English); NoticeRead and Redrafted make one if a rule takes no mail."""


def name_row(row: LogRow, lang: Language) -> tuple[str, str]:
    """Returns the event and the state of a row in office words, as a page or a terminal shows them.

    The record that a submission was handed in otherwise is called so: no mail of it arrived.
    """
    index = 0 if lang == "ja" else 1
    if _was_handed_in(row):
        return say("event_handed_in", lang), HANDED_IN_STATE[index]
    return _EVENT_NAMES[row.event][index], name_any_state(row.state, lang)


def _was_handed_in(row: LogRow) -> bool:
    return row.event == Event.CONFIRMED and not (row.sent_sha256 or row.message_id)


_FORMULA: Final = re.compile("[=+\\-@＝＋－＠\t\r\n]")
"""Excel takes a cell that begins so for a formula, full-width signs too (a Japanese Excel turns them into ASCII), and
a control character at the start lets the next one count."""

BOM: Final = "\ufeff"


def jsonl(row: LogRow) -> str:
    """``row`` as one JSON object on one line, times in ISO 8601 with +09:00."""
    return json_line(dataclasses.asdict(row), default=lambda moment: moment.isoformat())


def csv_bytes(rows: Iterable[LogRow]) -> Iterator[bytes]:
    """The CSV file piece by piece: the header line, then a line per row."""
    yield (BOM + _line(HEADER)).encode()
    for row in rows:
        yield _line(_cells(row)).encode("utf-8", "replace")


def excel_bytes(rows: Iterable[LogRow]) -> bytes:
    """The same table as an Excel workbook; amounts and numbers are numbers, every other cell is text."""
    from openpyxl import Workbook  # noqa: PLC0415  loaded by the one export that needs it
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet("送信記録")
    sheet.freeze_panes = "A2"
    sheet.append(HEADER)
    for row in rows:
        line = []
        for field, text in zip(dataclasses.fields(row), _cells(row), strict=True):
            value = getattr(row, field.name)
            cell = WriteOnlyCell(sheet, value if type(value) is int else "")
            if type(value) is not int:
                cell.value, cell.data_type = text, "s"  # a text that begins like a formula stays one
            line.append(cell)
        sheet.append(line)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_harmless(cell) for cell in cells])
    return line.getvalue()


def _harmless(cell: str) -> str:
    """``cell`` with an apostrophe before what Excel would take for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _cells(row: LogRow) -> Iterator[str]:
    named = {
        "at": row.at.strftime("%Y-%m-%d %H:%M:%S"),  # Excel knows this as a time, and no form with a zone
        "event": name_row(row, "ja")[0],
        "rehearsal": "リハーサル" if row.rehearsal else "",
        "product": PRODUCT_NAMES[row.product] if row.product else "",
        "attachments": "\n".join(
            f"{escape_control_chars(each.filename)} ({each.size}) {each.sha256}" for each in row.attachments
        ),
        # A page has its own words for some states; a file is the same wherever it is made.
        "state": HANDED_IN_STATE[0] if _was_handed_in(row) else STATES[row.state][0],
        "invoice_amount_from": _FROM[row.invoice_amount_from],
        "invoice_date_from": _FROM[row.invoice_date_from],
    }
    for field in dataclasses.fields(row):
        yield named[field.name] if field.name in named else _text(getattr(row, field.name))


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case tuple():
            return "; ".join(escape_control_chars(str(each)) for each in value)
        case _:
            return escape_control_chars(str(value))
