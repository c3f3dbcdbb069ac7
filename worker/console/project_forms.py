"""The forms of a project: register, change, amended contract, completion, deletion.

Each form shows what it would change before it saves. The functions are those of the commands ``project …``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from worker.config.editing.add_project import problems_of_outcome, register_project
from worker.config.editing.fields import KeyPath, number_forms
from worker.config.editing.import_rows import OutcomeKind, RowOutcome
from worker.config.editing.register import (
    FieldConflict,
    FieldRules,
    RegisterConflict,
    RegisterEdit,
    add_new_project,
    amend_project,
    close_project,
    delete_project,
    edit_project,
    field_texts,
    read_tables,
)
from worker.config.files import TemplateFiles
from worker.config.projects import FILE
from worker.console.edit_forms import (
    NO_REMARKS,
    SEEN,
    ConflictRow,
    Remarks,
    ShowAgain,
    Texts,
    kept_fields,
    show_conflicts,
    texts_under,
    typed_texts,
)
from worker.console.projects import named_project
from worker.console.visit import Visit, number_in
from worker.core.errors import ConfigError, NotAllowed
from worker.core.messages import name_field
from worker.core.model import Entry, Notice
from worker.core.rulebook import Issuer
from worker.core.states import NoteEvent
from worker.match.match import fold_name
from worker.pipeline.register import MakeEdit, WrittenEdit, change_register, prepare_edit
from worker.views.project_form import (
    AMENDED_FIELDS,
    amended_fields,
    faults_of,
    form_name,
    given_values,
    groups_of,
    key_of_field,
    office_text,
    shown_value,
    texts_joined,
    texts_of_notice,
    with_years,
)


def path_of(project: str) -> str:
    """Returns the address of a project's page."""
    return f"/projects/{quote(project)}"


def _rules(visit: Visit) -> FieldRules:
    configuration = visit.office.configuration
    return FieldRules(configuration.issuers, number_forms(configuration.guarantors))


# --- One way through a form ----------------------------------------------------------------------------------------


def _change(
    visit: Visit, project: str, make: MakeEdit, again: ShowAgain, then: str = "", warnings: Iterable[str] = ()
) -> Response:
    """Shows what the edit changes, and saves it once the person has seen that; faults show the form again."""
    step = visit.form.text("step")
    if step == "again":
        return again(NO_REMARKS)
    try:
        if step != "save":
            return _summary(visit, prepare_edit(visit.office.directory, make).edit, warnings)
        done = save_edit(visit, make)
    except RegisterConflict as conflict:
        return _conflict(visit, conflict)
    except ConfigError as error:
        return again(Remarks(*faults_of(error.problems, visit.lang), 422))
    except NotAllowed as refused:
        if refused.code == "register_same":
            return visit.go(path_of(project), "unchanged")
        if refused.code == "no_such_project":
            raise
        return again(Remarks({}, (visit.refusal(refused),), 422))
    return visit.go(then or path_of(done.edit.later), "project_saved_judged" if done.judged else "project_saved")


def save_edit(visit: Visit, make: MakeEdit) -> WrittenEdit[RegisterEdit]:
    """Writes the edit of a person. Raises as ``change_register`` does."""
    return visit.desk.read(lambda reader: change_register(visit.editor, make, reader))


def _summary(visit: Visit, edit: RegisterEdit, warnings: Iterable[str] = ()) -> Response:
    issuers = visit.office.configuration.issuers
    own = {name: issuers[name] for name in issuers if name == edit.later.partition("/")[0]}

    def shown(key: KeyPath, value: object) -> str:
        return shown_value(key, value, own if key == ("section",) else issuers, visit.lang)

    return visit.page(
        "project_summary.html",
        act=edit.act.value,
        warnings=warnings,
        project=edit.project,
        changes=[
            (
                name_field(each.key, visit.lang),
                shown(each.key, each.former),
                shown(each.key, each.value),
            )
            for each in edit.changes
        ],
        kept=kept_fields(visit),
    )


def _conflict(visit: Visit, conflict: RegisterConflict) -> Response:
    fields = {SEEN + form_name(each.key) for each in conflict.conflicts}
    group = ("", last_changes(visit).get(conflict.project), conflict_rows(visit, conflict.conflicts))
    return show_conflicts(visit, [group], kept_fields(visit, fields))


def last_changes(visit: Visit) -> Mapping[str, Entry]:
    """Returns the last entry about each project that was changed, by its id before and after."""
    changed: dict[str, Entry] = {}
    for entry in visit.store.entries(events=[NoteEvent.REGISTER_CHANGED]):
        changed |= dict.fromkeys({str(entry.detail.get(name)) for name in ("project", "later")}, entry)
    return changed


def conflict_rows(visit: Visit, conflicts: Iterable[FieldConflict], prefix: str = "") -> list[ConflictRow]:
    """Returns the rows of a project's conflict; ``prefix`` is that of the names of its fields."""
    issuers = visit.office.configuration.issuers
    rows = []
    for each in conflicts:
        seen, now, given = (
            office_text(each.key, text, issuers, visit.lang) or "―" for text in (each.seen, each.now, each.given)
        )
        rows.append((prefix + form_name(each.key), name_field(each.key, visit.lang), seen, now, given, each.now))
    return rows


# --- Register a project --------------------------------------------------------------------------------------------


def show_new(visit: Visit) -> Response:
    """The form of a new project; from a held notice, with what that gives."""
    texts: dict[KeyPath, str] = {}
    if (origin := number_in(visit.query.get("from", ""))) is not None:
        texts = texts_of_notice(_notice_of(visit, origin), visit.office.settings.contractor.name)
    return _new_form(visit, texts, "" if origin is None else str(origin))


def _new_form(
    visit: Visit, texts: Texts, origin: str, issuer: Issuer | None = None, remarks: Remarks = NO_REMARKS, note: str = ""
) -> Response:
    return _form(
        visit,
        issuer,
        texts,
        {},
        remarks,
        title=visit.say("new_project"),
        action="/projects/new",
        back="/projects",
        origin=origin,
        note=note,
        go="register_go",
    )


def _form(visit: Visit, issuer: Issuer | None, texts: Texts, seen: Texts, remarks: Remarks, **more: Any) -> Response:
    office = visit.office
    templates = TemplateFiles(office.files)
    return visit.page(
        "project_form.html",
        remarks.status,
        groups=groups_of(issuer, texts, templates.source, office.configuration.issuers.values(), visit.lang),
        texts={form_name(key): text for key, text in texts.items()},
        seen={form_name(key): text for key, text in seen.items()},
        beside=remarks.beside,
        others=remarks.others,
        asked=issuer.id if issuer else "",
        **more,
    )


def record_new(visit: Visit) -> Response:
    """Registers a project."""
    number = number_in(visit.form.text("from"))
    origin = "" if number is None else str(number)
    typed = typed_texts(visit, key_of_field)
    values, issuer, faults = given_values(with_years(typed, visit.today), _rules(visit))

    def again(remarks: Remarks) -> Response:
        return _new_form(visit, typed, origin, issuer, remarks)

    if faults:
        return again(Remarks(*faults_of(faults, visit.lang), 422))
    if issuer is None:
        raise AssertionError("a project without an issuer has a fault")
    if visit.form.text("asked") != issuer.id:
        note = visit.say("group_added", issuer=issuer.full_name)
        return _new_form(visit, typed, origin, issuer, note=note)

    def make(content: bytes) -> RegisterEdit:
        edit = register_project(values, None, issuer, read_tables(content).tables)
        if isinstance(edit, RowOutcome):
            raise ConfigError(problems_of_outcome(edit))
        return add_new_project(content, edit)

    known = read_tables(visit.office.files[FILE])
    outcome = register_project(values, None, issuer, known.tables)
    if isinstance(outcome, RowOutcome) and outcome.kind is OutcomeKind.SAME and outcome.position is not None:
        return visit.go(path_of(known.ids[outcome.position]), "unchanged")
    return _change(visit, "", make, again, f"/s/{origin}" if origin else "")


# --- Change it -----------------------------------------------------------------------------------------------------


def show_edit(visit: Visit) -> Response:
    """The form of a registered project."""
    project = named_project(visit).id
    texts, origin = _office_texts(visit, project), visit.query.get("from", "")
    if (number := number_in(origin)) is None:
        return _edit_form(visit, texts, _registered(visit, project))
    notice = _notice_of(visit, number)
    joined = texts_joined(notice, texts)
    note = visit.say("edit_joins", id=str(number), number=notice.contract_number) if notice and joined != texts else ""
    remarks = Remarks({}, tuple(_unlike(visit, number)), NO_REMARKS.status)
    return _edit_form(visit, joined, _registered(visit, project), remarks, origin=str(number), note=note)


def _unlike(visit: Visit, number: int) -> Iterator[str]:
    """Yields the sentence that the notice of the submission prints another name than that of the project."""
    notice, project = _notice_of(visit, number), named_project(visit)
    if notice is not None and fold_name(notice.project_name) != fold_name(project.name):
        yield visit.say("edit_other_name", printed=notice.project_name, name=project.name)


def _notice_of(visit: Visit, number: int) -> Notice | None:
    """Returns the notice of a submission. Raises NotAllowed ``no_such_submission``."""
    pdf = visit.store.submission(number).notice.pdf_sha256
    return visit.store.notice(pdf) if pdf else None


def _registered(visit: Visit, project: str) -> dict[KeyPath, str]:
    known = read_tables(visit.office.files[FILE])
    return field_texts(known.tables[known.position(project)])


def _office_texts(visit: Visit, project: str) -> dict[KeyPath, str]:
    issuers = visit.office.configuration.issuers
    return {key: office_text(key, text, issuers, visit.lang) for key, text in _registered(visit, project).items()}


def _edit_form(
    visit: Visit, texts: Texts, seen: Texts, remarks: Remarks = NO_REMARKS, *, origin: str = "", note: str = ""
) -> Response:
    project = named_project(visit)
    return _form(
        visit,
        visit.office.configuration.issuers[project.issuer],
        texts,
        seen,
        remarks,
        title=visit.say("edit_title", project=project.name),
        action=f"{path_of(project.id)}/edit",
        back=path_of(project.id),
        origin=origin,
        note=note,
        go="edit_go",
    )


def save_project_change(visit: Visit) -> Response:
    """Changes a project."""
    project = named_project(visit).id
    typed, seen = typed_texts(visit, key_of_field), texts_under(visit, SEEN, key_of_field)

    number = number_in(visit.form.text("from"))
    origin = "" if number is None else str(number)

    def again(remarks: Remarks) -> Response:
        return _edit_form(visit, typed, seen, remarks, origin=origin)

    if not typed:
        return again(Remarks({}, (visit.say("error_nothing_typed"),), 422))
    texts = with_years(typed, visit.today)
    then = f"/s/{origin}" if origin else ""
    unlike = tuple(_unlike(visit, number)) if number is not None else ()

    def make(content: bytes) -> RegisterEdit:
        return edit_project(content, project, texts, _rules(visit), seen)

    return _change(visit, project, make, again, then, unlike)


# --- Amended contract ----------------------------------------------------------------------------------------------


def show_amend(visit: Visit) -> Response:
    """The form of an amended contract, beside the original one."""
    return _amend_form(visit, {}, _registered(visit, named_project(visit).id))


def _amend_form(visit: Visit, texts: Texts, seen: Texts, remarks: Remarks = NO_REMARKS) -> Response:
    project = named_project(visit)
    now = _office_texts(visit, project.id)
    return visit.page(
        "project_amend.html",
        remarks.status,
        project=project,
        fields=[(each, now.get(each.key, "")) for each in amended_fields(visit.lang)],
        texts={form_name(key): text for key, text in texts.items()},
        seen={form_name(key): text for key, text in seen.items() if key in AMENDED_FIELDS},
        beside=remarks.beside,
        others=remarks.others,
    )


def record_amendment(visit: Visit) -> Response:
    """Registers an amended contract."""
    project = named_project(visit).id
    typed, seen = typed_texts(visit, key_of_field), texts_under(visit, SEEN, key_of_field)
    texts = {key: text for key, text in with_years(typed, visit.today).items() if text}

    def again(remarks: Remarks) -> Response:
        return _amend_form(visit, typed, seen, remarks)

    return _change(visit, project, lambda content: amend_project(content, project, texts, _rules(visit), seen), again)


# --- Completion and deletion ---------------------------------------------------------------------------------------


def record_completion(visit: Visit) -> Response:
    """Marks a project as complete."""
    project = named_project(visit).id
    try:
        save_edit(visit, lambda content: close_project(content, project, visit.today))
    except NotAllowed as refused:
        if refused.code != "project_closed":
            raise
        return visit.go(path_of(project), "unchanged")
    return visit.go(path_of(project), "project_closed")


def record_deletion(visit: Visit) -> Response:
    """Deletes a project for which nothing was submitted."""
    project = named_project(visit).id
    save_edit(visit, lambda content: delete_project(content, project))
    return visit.go("/projects", "project_deleted")
