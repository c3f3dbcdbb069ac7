"""A ledger on a page: its rows by outcome, its bad cells as fields, and its text between one look and the next.

The browser keeps the ledger: nothing of it is stored before a person saves it.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import zlib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from worker.config.editing.columns import CellFault, CellKind, Headings, Sheet, SheetRow, Stored
from worker.config.editing.import_rows import OutcomeKind, RowOutcome, new_project
from worker.config.editing.ledger import CellOfRow, JudgedLedger, SeenRow, cell_texts
from worker.core.errors import NotAllowed
from worker.core.messages import Language, hint, join_sentences, name_field, say
from worker.core.rulebook import Issuer
from worker.core.text import escape_control_chars
from worker.views.project_form import form_name, key_of_field, shown_value, with_years

BAD_ROWS_SHOWN: Final = 100
"""Bad rows with their fields on one page: a form has 2,000 fields at most, and a row some ten."""
MAX_PACKED: Final = 180_000
"""Characters of the packed text; a form has 256 KB at most, and corrected cells come beside it."""
MAX_UNPACKED: Final = 8_000_000
"""Bytes of the text unpacked: 1,000 rows of 25 columns have about 1 MB."""


@dataclass(frozen=True, slots=True)
class KeptLedger:
    """A ledger between one look at it and the next."""

    name: str
    """The file's."""
    sheet: Sheet
    seen: Mapping[int, SeenRow]
    """The outcome of each row as it was last shown; empty before that."""
    left: AbstractSet[CellOfRow] = frozenset()
    """Values of which a person chose the registered one."""


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell to correct."""

    name: str
    """``C7``; of a fault that concerns the whole row, its number."""
    heading: str
    text: str
    """The text to correct; empty if the sheet holds no text there."""
    was: str
    """The value of a cell that holds no text, which may be another than a person typed."""
    faults: tuple[str, ...]
    is_cell: bool = True


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of a row: its label, the registered value, and the ledger's; a new project has no former one."""

    label: str
    former: str
    value: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row with what it becomes."""

    outcome: RowOutcome
    cells: tuple[BadCell, ...] = ()
    facts: tuple[Fact, ...] = ()
    note: str = ""


# --- Rows of the page ----------------------------------------------------------------------------------------


def rows_of_kind(
    judged: JudgedLedger, sheet: Sheet, kind: OutcomeKind, issuers: Mapping[str, Issuer], lang: Language
) -> tuple[LedgerRow, ...]:
    """Returns the rows of one outcome, in the ledger's order."""
    outcomes = (each for each in judged.outcomes if each.kind is kind)
    if kind is OutcomeKind.BAD:
        return tuple(LedgerRow(each, tuple(_bad_cells(each, sheet, judged.headings, lang))) for each in outcomes)
    return tuple(LedgerRow(each, (), tuple(_facts(each, issuers, lang)), _note(each, lang)) for each in outcomes)


def _bad_cells(outcome: RowOutcome, sheet: Sheet, headings: Headings, lang: Language) -> Iterator[BadCell]:
    heading = sheet.rows[len(headings.titles)]
    told = {
        name: tuple(_fault(each, lang) for each in outcome.faults if each.cell == name)
        for name in dict.fromkeys(each.cell for each in outcome.faults)
    }
    found = {name: (column, text, is_stored) for name, column, text, is_stored in cell_texts(sheet, outcome.faults)}
    for name, faults in told.items():
        if name not in found:
            yield BadCell(name, "", "", "", faults, is_cell=False)
            continue
        column, text, is_stored = found[name]
        title = heading.cells[column] if column < len(heading.cells) else ""
        shown = escape_control_chars(text)
        yield BadCell(name, " ".join(title.split()), "" if is_stored else shown, shown if is_stored else "", faults)


def _fault(fault: CellFault, lang: Language) -> str:
    return join_sentences((say(fault.code, lang, **fault.params), hint(fault.code, lang, **fault.params)), lang)


def _facts(outcome: RowOutcome, issuers: Mapping[str, Issuer], lang: Language) -> Iterator[Fact]:
    if outcome.kind is OutcomeKind.NEW:
        for key, value in new_project(outcome.given).values:
            if key[0] not in {"name", "issuer"}:
                yield Fact(name_field(key, lang), "", shown_value(key, value, issuers, lang))
    elif outcome.kind is OutcomeKind.CHANGED:
        for each in outcome.changes:
            former, later = (shown_value(each.key, value, issuers, lang) for value in (each.former, each.value))
            yield Fact(name_field(each.key, lang), former, later)


def _note(outcome: RowOutcome, lang: Language) -> str:
    is_another = outcome.kind is OutcomeKind.NEW and bool(outcome.namesakes)
    return say("import_namesake", lang, numbers=outcome.namesakes) if is_another else ""


def corrections_of(sheet: Sheet, headings: Headings, typed: Mapping[str, str], today: dt.date) -> dict[str, str]:
    """Returns the cells of ``typed`` (name → text) that a person changed; a field left as it was shown is none.

    A day without its year is the one nearest to ``today``.
    """
    width = max((len(row.cells) for row in sheet.rows), default=0)
    found: dict[str, str] = {}
    for name, column, text, is_stored in cell_texts(sheet, (CellFault(name, "") for name in typed)):
        shown = "" if is_stored else escape_control_chars(text).strip()
        if column < width and typed[name] != shown:
            key = headings.columns.get(column, ())
            found[name] = with_years({key: typed[name]}, today)[key] if key else typed[name]
    return found


def ledger_remarks(sheet: Sheet, headings: Headings, lang: Language) -> list[str]:
    """Returns a sentence about everything of the file that was not read."""
    found = []
    for row in headings.titles:
        text = "　".join(filter(None, map(str.strip, row.cells)))
        found.append(say("import_title", lang, rows=row.number, shown=escape_control_chars(text)))
    if sheet.hidden_rows:
        found.append(say("import_hidden_rows", lang, rows=sheet.hidden_rows))
    if sheet.hidden_columns:
        found.append(say("import_hidden_columns", lang, columns=sheet.hidden_columns))
    if sheet.other_sheets:
        others = [escape_control_chars(each) for each in sheet.other_sheets]
        found.append(say("import_other_sheets", lang, sheet=escape_control_chars(sheet.name), sheets=others))
    if sheet.name in sheet.hidden_sheets:
        found.append(say("import_hidden_sheet", lang, sheet=escape_control_chars(sheet.name)))
    if hidden := [escape_control_chars(each) for each in sheet.hidden_sheets if each != sheet.name]:
        found.append(say("import_hidden_sheets", lang, sheets=hidden))
    return found


# --- The ledger in the form ----------------------------------------------------------------------------------


def pack_ledger(kept: KeptLedger) -> str:
    """Returns the ledger as one text of a form. Raises NotAllowed ``ledger_page_size``."""
    sheet = kept.sheet
    table = {
        "name": kept.name,
        "rows": [
            [row.number, row.cells, {at: [each.kind, each.format] for at, each in row.stored.items()}]
            for row in sheet.rows
        ],
        "sheet": [sheet.name, sheet.hidden_rows, sheet.hidden_columns, sheet.hidden_sheets, sheet.other_sheets],
        "seen": {
            number: [each.kind, {form_name(key): text for key, text in each.former.items()}]
            for number, each in kept.seen.items()
        },
        "left": [[row, form_name(key)] for row, key in sorted(kept.left)],
    }
    packed = base64.urlsafe_b64encode(zlib.compress(json.dumps(table, ensure_ascii=False).encode()))
    if len(packed) > MAX_PACKED:
        raise NotAllowed("ledger_page_size")
    return packed.decode()


def unpack_ledger(text: str) -> KeptLedger:
    """Returns the ledger of ``pack_ledger``. Raises NotAllowed ``ledger_lost`` for any other text."""
    if len(text) > MAX_PACKED:
        raise NotAllowed("ledger_lost")
    try:
        stream = zlib.decompressobj()
        content = stream.decompress(base64.b64decode(text.encode(), altchars=b"-_", validate=True), MAX_UNPACKED)
        if not stream.eof:
            raise NotAllowed("ledger_lost")
        table = json.loads(content)
        name, hidden_rows, hidden_columns, hidden_sheets, other_sheets = table["sheet"]
        return KeptLedger(
            str(table["name"]),
            Sheet(
                tuple(_row(*each) for each in table["rows"]),
                str(name),
                tuple(map(int, hidden_rows)),
                *(tuple(map(str, each)) for each in (hidden_columns, hidden_sheets, other_sheets)),
            ),
            {int(number): _seen(*each) for number, each in table["seen"].items()},
            frozenset((int(row), key_of_field(str(key))) for row, key in table["left"]),
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, binascii.Error, zlib.error) as error:
        raise NotAllowed("ledger_lost") from error


def _row(number: int, cells: list[str], stored: Mapping[str, Any]) -> SheetRow:
    kinds = {int(at): Stored(CellKind(kind), str(form)) for at, (kind, form) in stored.items()}
    return SheetRow(int(number), tuple(map(str, cells)), kinds)


def _seen(kind: str, former: Mapping[str, str]) -> SeenRow:
    return SeenRow(OutcomeKind(kind), {key_of_field(key): str(text) for key, text in former.items()})
