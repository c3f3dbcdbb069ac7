"""The JSON fields of ``--json`` for projects, issuers and an imported spreadsheet.

A field never changes its name or its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from worker.config.defaults import SEPARATE
from worker.config.editing.catalogue import CatalogueEntry
from worker.config.editing.columns import CellFault, Headings, Sheet
from worker.config.editing.fields import KeyPath
from worker.config.editing.import_rows import OutcomeKind, RowOutcome
from worker.config.editing.issuer_fields import key_text, shown_text
from worker.config.editing.issuers import IssuerEdit
from worker.config.editing.register import RegisterEdit, field_text
from worker.core.errors import Problem
from worker.core.messages import Language, hint, name_field, name_state, say
from worker.core.messages.keys import name_rule_field
from worker.core.messages.reasons import NAMES
from worker.core.model import Entry, Product, ProjectMemo, Submission
from worker.core.text import escape_control_chars
from worker.views.problems import problem_json
from worker.views.project_status import Cell, Row
from worker.views.rule_replay import DraftDifference
from worker.views.submission_json import task_json


def row_json(row: Row, lang: Language) -> dict[str, Any]:
    """The fixed fields of one project."""
    return {
        "project": row.project.id,
        "name": row.project.name,
        "contract_numbers": list(row.project.contract_numbers),
        "numbers": {product.value: list(row.project.numbers.get(product, ())) for product in Product},
        "issuer": row.project.issuer,
        "issuer_name": row.issuer_name,
        "guarantees": {product.value: _cell_json(cell, lang) for product, cell in row.cells.items()},
        "next_task": task_json(row.next_task, lang) if row.next_task else None,
    }


def _cell_json(cell: Cell, lang: Language) -> dict[str, Any]:
    return {
        "submission": cell.submission.id if cell.submission else None,
        "state": cell.submission.state.value if cell.submission else None,
        "expected": cell.is_expected,
        "settled": cell.is_settled,
        "others": cell.others,
        "date": cell.day.isoformat() if cell.day else None,
        "text": cell_text(cell, lang),
    }


def cell_text(cell: Cell, lang: Language) -> str:
    """Returns the state of one guarantee in office words."""
    if cell.submission is None:
        return say("cell_missing" if cell.is_expected else "cell_not_expected", lang)
    state = say("cell_settled", lang) if cell.is_settled else name_state(cell.submission, lang)
    text = " ".join(filter(None, (state, cell.day.isoformat() if cell.day else "")))
    return say("cell_more", lang, cell=text, count=cell.others) if cell.others else text


def issuer_json(entry: CatalogueEntry) -> dict[str, Any]:
    """The fixed fields of one issuer of the catalogue."""
    return {
        "id": entry.id,
        "name": entry.name,
        "own": entry.is_own,
        "projects": entry.projects,
        "open": list(entry.open),
        "without_address": list(entry.without_address),
        "checked_on": entry.checked_on.isoformat() if entry.checked_on else None,
        "shipped_checked_on": entry.shipped_on.isoformat() if entry.shipped_on else None,
        "outdated": entry.is_outdated,
        "differences": [{"key": each.key, "own": each.own, "shipped": each.shipped} for each in entry.differences],
    }


def difference_json(difference: DraftDifference, lang: Language = "ja") -> dict[str, Any]:
    """Returns the fixed fields of one difference between two rules' mails."""
    before, after = (
        [each if isinstance(each, str) else each.text(lang) for each in lines]
        for lines in (difference.before, difference.after)
    )
    return {"field": difference.field, "before": before, "after": after}


def replayed_json(submission: Submission, found: Sequence[DraftDifference], lang: Language) -> dict[str, Any]:
    """Returns the fixed fields of one submission that ``rules test`` would draft otherwise."""
    return {
        "id": submission.id,
        "project": submission.destination.project_name or None,
        "differences": [difference_json(each, lang) for each in found],
    }


def replay_json(tried: int, differing: int, failing: Sequence[Problem], lang: Language) -> dict[str, Any]:
    """Returns the fixed fields of the end of ``rules test``."""
    return {"tried": tried, "differing": differing, "examples": [problem_json(each, lang) for each in failing]}


def added_json(project: str, missing: Sequence[str]) -> dict[str, Any]:
    """Returns the fixed fields of ``project add``; ``missing`` names the keys that its rule needs."""
    return {"project": project, "missing": list(missing)}


def edit_json(edit: RegisterEdit, judged: Sequence[int]) -> dict[str, Any]:
    """The fixed fields of a changed project; ``judged`` are the submissions that were judged again."""
    return {
        "project": edit.later or edit.project,
        "act": edit.act.value,
        "fields": {".".join(each.key): [field_text(each.former), field_text(each.value)] for each in edit.changes},
        "judged": list(judged),
    }


def project_memo_json(project: str, memo: ProjectMemo) -> dict[str, Any]:
    """The fixed fields of a project's memo that was recorded."""
    next_look = memo.next_look.isoformat() if memo.next_look else None
    return {"project": project, "memo": memo.text, "by": memo.by, "next_look": next_look}


def change_lines(edit: RegisterEdit, lang: Language) -> list[str]:
    """The values that an edit changes, a line each, in office words."""
    return [
        say(
            "change_line",
            lang,
            field=escape_control_chars(name_field(each.key, lang)),
            before=escape_control_chars(show_value(each.key, each.former, lang)) or "—",
            after=escape_control_chars(show_value(each.key, each.value, lang)) or "—",
        )
        for each in edit.changes
    ]


def issuer_edit_json(edit: IssuerEdit, judged: Sequence[int]) -> dict[str, Any]:
    """The fixed fields of a changed issuer; ``judged`` are the submissions that were judged again."""
    return {
        "issuer": edit.issuer,
        "name": edit.name,
        "act": edit.act.value,
        "fields": {
            key_text(each.key): [edit.text(each.key, is_before=True), edit.text(each.key, is_before=False)]
            for each in edit.changes
        },
        "judged": list(judged),
    }


def issuer_lines(edit: IssuerEdit, lang: Language) -> list[str]:
    """The values that an edit of an issuer changes, a line each, in office words."""
    return [
        say("change_line", lang, **{name: escape_control_chars(text) for name, text in row.items()})
        for row in issuer_rows(edit, lang)
    ]


def issuer_rows(edit: IssuerEdit, lang: Language) -> list[dict[str, str]]:
    """The field, the text before and the text after of each value that an edit changes."""
    names = edit.section_names
    rows = []
    for each in edit.changes:
        texts = [edit.text(each.key, is_before=is_before) for is_before in (True, False)]
        if each.key[0] == "open":
            texts = [say("word_unknown" if is_open else "word_certain", lang) for is_open in (each.former, each.value)]
        elif each.key[0] == "example":
            texts = [_subject_of(each.former), _subject_of(each.value)]
        else:
            texts = [shown_text(each.key, text, lang) for text in texts]
        before, after = (text.replace("\n", " ／ ") or "—" for text in texts)
        rows.append({"field": name_rule_field(each.key, lang, names), "before": before, "after": after})
    return rows


def _subject_of(example: object) -> str:
    expected = example.get("expect", {}) if isinstance(example, Mapping) else {}
    subject = expected.get("subject") or expected.get("channel") or ""
    return str(subject)


def show_value(key: KeyPath, value: object, lang: Language) -> str:
    """A registered value as people read it: yen, days, kinds of guarantee, and the words of closed lists."""
    index, comma = (0, "、") if lang == "ja" else (1, ", ")
    words = NAMES["product"] if key == ("expects",) else NAMES[key[0]] if key[0] in {"kind", "award"} else {}
    if isinstance(value, int) and not isinstance(value, bool):
        return say("yen", lang, amount=f"{value:,}")
    if isinstance(value, list | tuple):
        return comma.join(show_value(key, each, lang) for each in value)
    if value == SEPARATE:
        return say("invoice_apart", lang)
    if isinstance(value, Mapping):
        shown = {name: show_value((*key, name), inner, lang) for name, inner in value.items()}
        if "file" in shown:
            return shown["file"]
        products = NAMES["product"]
        colon = "：" if lang == "ja" else ": "
        return comma.join(
            f"{products[each][index] if each in products else each}{colon}{text}" for each, text in shown.items()
        )
    text = field_text(value)
    return words[text][index] if text in words else text


def moved_json(to: str, files: Sequence[str]) -> dict[str, Any]:
    """Fields of ``register move``."""
    return {"to": to, "files": list(files)}


def upload_json(entry: Entry, *, is_unfiled: bool) -> dict[str, Any]:
    """Fields of ``upload`` for a file that was taken."""
    return {**entry.detail, "by": entry.by, "unfiled": is_unfiled}


def refused_upload_json(file: str, reason: str, message: str) -> dict[str, Any]:
    """Fields of ``upload`` for a file that was not taken."""
    return {"file": file, "reason": reason, "message": message}


def import_json(
    outcomes: Sequence[RowOutcome], headings: Headings, sheet: Sheet, lang: Language, *, is_written: bool
) -> dict[str, Any]:
    """The fixed fields of a ledger that was looked through or taken in."""
    return {
        "written": is_written,
        "counts": count_outcomes(outcomes),
        "sheet": sheet.name,
        "ignored": list(headings.ignored),
        "titles": [row.number for row in headings.titles],
        "hidden_rows": list(sheet.hidden_rows),
        "hidden_columns": list(sheet.hidden_columns),
        "hidden_sheets": list(sheet.hidden_sheets),
        "other_sheets": list(sheet.other_sheets),
        "problems": [_fault_json(each, lang) for each in headings.faults],
        "rows": [
            {
                "row": outcome.row,
                "fate": outcome.kind.value,
                "name": outcome.name,
                "issuer": outcome.issuer,
                "namesakes": list(outcome.namesakes),
                "changes": [
                    {"key": ".".join(each.key), "from": _plain(each.former), "to": _plain(each.value)}
                    for each in outcome.changes
                ],
                "problems": [_fault_json(each, lang) for each in outcome.faults],
            }
            for outcome in outcomes
        ],
    }


def _fault_json(fault: CellFault, lang: Language) -> dict[str, str]:
    return {"cell": fault.cell, "code": fault.code, "message": fault_text(fault, lang)}


def fault_text(fault: CellFault, lang: Language) -> str:
    """Returns what is wrong, and what to do about it."""
    parts = (say(fault.code, lang, **fault.params), hint(fault.code, lang, **fault.params))
    return " / ".join(filter(None, parts))


def count_outcomes(outcomes: Sequence[RowOutcome]) -> dict[str, int]:
    """Returns the number of rows by outcome."""
    return {kind.value: sum(1 for each in outcomes if each.kind is kind) for kind in OutcomeKind}


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, str | int | bool | list) else str(value)
