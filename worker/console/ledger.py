"""The import of a ledger: a file is chosen, each row's outcome is shown and its bad cells corrected, then it is saved.

The functions are those of the command ``project import``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import Final

from starlette.responses import Response

from worker.config.editing.columns import read_headings
from worker.config.editing.fields import number_forms
from worker.config.editing.import_rows import OutcomeKind
from worker.config.editing.ledger import (
    JudgedLedger,
    LedgerConflict,
    LedgerEdit,
    corrected_sheet,
    judge_ledger,
    known_part,
    ledger_edit,
    seen_rows,
)
from worker.config.editing.ledger_sample import LedgerForm, sample_ledger
from worker.config.editing.register import FieldRules
from worker.config.editing.spreadsheets import LedgerLimits, parse_ledger
from worker.config.load import load_configuration
from worker.config.projects import FILE
from worker.console.edit_forms import CHOSEN, show_conflicts
from worker.console.project_forms import conflict_rows, last_changes
from worker.console.visit import Visit
from worker.core.errors import ConfigError, NotAllowed
from worker.core.messages import join_sentences
from worker.pipeline.register import import_ledger
from worker.views.ledger_page import (
    BAD_ROWS_SHOWN,
    KeptLedger,
    corrections_of,
    ledger_remarks,
    pack_ledger,
    rows_of_kind,
    unpack_ledger,
)
from worker.views.project_form import faults_of, key_of_field
from worker.views.register_json import count_outcomes

LIMITS: Final = LedgerLimits(size=5_000_000, unpacked=40_000_000, rows=1_000)
"""Of a ledger on the page: more rows are not looked through by eye, and the console has 120 MB in all."""
UPLOAD_BYTES: Final = LIMITS.size + 100_000
"""Of the form: the file, and the fields beside it."""
_LONGEST_NAME: Final = 100
"""Characters of the file's name that are kept."""
_CELL: Final = "cell:"
_MEDIA: Final = {
    LedgerForm.CSV: "text/csv; charset=utf-8",
    LedgerForm.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def show_import(visit: Visit) -> Response:
    """The form for a ledger."""
    return _upload_page(visit)


def _upload_page(visit: Visit, failed: tuple[str, ...] = (), status: int = 200, sheet: str = "") -> Response:
    return visit.page("ledger.html", status, failed=failed, sheet=sheet)


def _refused_page(visit: Visit, error: ConfigError | NotAllowed, sheet: str = "") -> Response:
    if isinstance(error, NotAllowed):
        return _upload_page(visit, (visit.refusal(error),), 422, sheet)
    beside, others = faults_of(error.problems, visit.lang)
    return _upload_page(visit, (*others, *beside.values()), 422, sheet)


def give_sample(visit: Visit) -> Response:
    """A sample ledger of this office's issuers."""
    if visit.params["form"] not in set(LedgerForm):
        raise NotAllowed("no_such_project", project=visit.path, nearest="-")
    form = LedgerForm(visit.params["form"])
    content = sample_ledger(form, visit.office.configuration.issuers.values(), visit.today)
    headers = {"Content-Disposition": f'attachment; filename="sample-ledger.{form.value}"'}
    return Response(content, media_type=_MEDIA[form], headers=headers)


def read_upload(visit: Visit) -> Response:
    """Shows what the rows of a chosen ledger become."""
    typed = visit.form.text("sheet")
    chosen = visit.form.files.get("ledger", ())
    if not chosen:
        return _upload_page(visit, (visit.say("ledger_no_file"),), 422, typed)
    name = PureWindowsPath(chosen[0].filename or "").name[:_LONGEST_NAME] or "-"
    try:
        sheet = parse_ledger(Path(name), chosen[0].file.read(LIMITS.size + 1), typed, LIMITS)
        judged = _judge(visit, KeptLedger(name, sheet, {}), visit.office.files[FILE])
        if judged.headings.faults:
            faults = [
                join_sentences((visit.say(each.code, **each.params),), visit.lang) for each in judged.headings.faults
            ]
            remarks = ledger_remarks(sheet, judged.headings, visit.lang)
            return _upload_page(visit, (*faults, *remarks), 422, typed)
        return _rows_page(visit, KeptLedger(name, known_part(sheet, judged.headings), {}), judged)
    except (ConfigError, NotAllowed) as error:
        return _refused_page(visit, error, typed)


def _judge(visit: Visit, kept: KeptLedger, register: bytes) -> JudgedLedger:
    office = visit.office
    configuration = office.configuration
    rules = FieldRules(configuration.issuers, number_forms(configuration.guarantors))
    columns = configuration.settings.import_columns

    def check(edited: bytes) -> None:
        load_configuration({**office.files, FILE: edited})

    return judge_ledger(kept.sheet, columns, rules, register, check, kept.left)


def _rows_page(
    visit: Visit, kept: KeptLedger, judged: JudgedLedger, failed: str = "", note: str = "", status: int = 200
) -> Response:
    """Shows the outcome of each row; it is what a person has seen when the next form comes."""
    issuers = visit.office.configuration.issuers
    rows = {kind: rows_of_kind(judged, kept.sheet, kind, issuers, visit.lang) for kind in OutcomeKind}
    bad = rows.pop(OutcomeKind.BAD)
    return visit.page(
        "ledger_rows.html",
        status,
        name=kept.name,
        counts=visit.say("import_counts", **count_outcomes(judged.outcomes)),
        ledger=pack_ledger(replace(kept, seen=seen_rows(judged.outcomes))),
        bad=bad[:BAD_ROWS_SHOWN],
        bad_count=len(bad),
        bad_more=max(0, len(bad) - BAD_ROWS_SHOWN),
        new=rows[OutcomeKind.NEW],
        changed=rows[OutcomeKind.CHANGED],
        same=rows[OutcomeKind.SAME],
        edits=len(judged.edits),
        ignored=judged.headings.ignored,
        remarks=ledger_remarks(kept.sheet, judged.headings, visit.lang),
        failed=failed,
        note=note,
    )


def take_rows(visit: Visit) -> Response:
    """Shows the rows with their corrected cells, or saves what was shown."""
    try:
        kept = unpack_ledger(visit.form.text("ledger"))
        return _corrected_or_saved(visit, kept)
    except (ConfigError, NotAllowed) as error:
        return _refused_page(visit, error)


def _corrected_or_saved(visit: Visit, kept: KeptLedger) -> Response:
    fields = visit.form.fields
    typed = {name.removeprefix(_CELL): visit.form.text(name) for name in fields if name.startswith(_CELL)}
    headings = read_headings(kept.sheet, visit.office.configuration.settings.import_columns)
    texts = corrections_of(kept.sheet, headings, typed, visit.today)
    chosen = frozenset(_chosen(visit))
    step = visit.form.text("step")
    if step in {"save", "good"} and not texts and not chosen:
        return _save(visit, kept, is_partial=step == "good")
    kept = replace(kept, sheet=corrected_sheet(kept.sheet, texts), left=kept.left | chosen)
    judged = _judge(visit, kept, visit.office.files[FILE])
    return _rows_page(visit, kept, judged, note=visit.say("ledger_look_again"), status=422 if judged.has_bad else 200)


def _chosen(visit: Visit) -> list[tuple[int, tuple[str, ...]]]:
    """The values of a conflict of which the person chose the registered one."""
    names = [name for name in visit.form.fields if name.startswith(CHOSEN) and visit.form.text(name) == "now"]
    parted = [name.removeprefix(CHOSEN).partition(".") for name in names]
    return [(int(row), key_of_field(key)) for row, _, key in parted if row.isdecimal()]


def _save(visit: Visit, kept: KeptLedger, *, is_partial: bool) -> Response:
    def make(register: bytes) -> LedgerEdit:
        judged = _judge(visit, kept, register)
        if judged.has_bad and not is_partial:
            raise NotAllowed("ledger_stale")
        return ledger_edit(register, judged, kept.seen)

    try:
        done = visit.desk.read(lambda reader: import_ledger(visit.editor, make, kept.name, reader))
    except LedgerConflict as conflict:
        changed = last_changes(visit)
        groups = [
            (
                visit.say("ledger_row_named", row=each.row, name=each.name),
                changed.get(each.project),
                conflict_rows(visit, each.conflicts, f"{each.row}."),
            )
            for each in conflict.rows
        ]
        return show_conflicts(visit, groups, [("ledger", visit.form.text("ledger"))])
    except NotAllowed as refused:
        if refused.code == "register_same":
            return visit.go("/projects", "unchanged")
        if refused.code != "ledger_stale":
            raise
        judged = _judge(visit, kept, visit.office.files[FILE])
        return _rows_page(visit, kept, judged, failed=visit.say("ledger_stale"), status=409)
    return visit.go("/projects", "ledger_saved_judged" if done.judged else "ledger_saved")
