"""The forms of a project: register, change, amended contract, completion, deletion.

Each form shows what it would change before it saves. The functions are those of the commands ``project …``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from worker.config.editing.add_project import register_project
from worker.config.editing.fields import KeyPath, number_forms
from worker.config.editing.import_rows import Fate, FateKind
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
from worker.console.banners import banners_of
from worker.console.projects import named_project
from worker.console.visit import Visit, number_in
from worker.core.errors import ConfigError, NotAllowed, Problem
from worker.core.messages import name_field
from worker.core.model import Entry
from worker.core.rulebook import Issuer
from worker.core.states import NoteEvent
from worker.pipeline.register import MakeEdit, RegisterDone, change_register, prepare_edit
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
    texts_of_notice,
    with_years,
)

_TYPED: Final = "f:"
_SEEN: Final = "s:"
CHOSEN: Final = "c:"

Texts = Mapping[KeyPath, str]
Again = Callable[[dict[str, str], tuple[str, ...], int], Response]
"""Shows the form again: the sentence beside each field, those above the form, the status."""


def path_of(project: str) -> str:
    """Returns the address of a project's page."""
    return f"/projects/{quote(project)}"


# --- What was typed ------------------------------------------------------------------------------------------------


def _typed(visit: Visit) -> dict[KeyPath, str]:
    """The texts of the fields; of a conflict, the registered one where the person chose it."""
    texts = {}
    for name in visit.form.fields:
        if name.startswith(_TYPED):
            given = [each.strip() for each in visit.form.several(name)]
            texts[key_of_field(name.removeprefix(_TYPED))] = "、".join(filter(None, given))
    for name in visit.form.fields:
        if name.startswith(CHOSEN) and visit.form.text(name) == "now":
            key = key_of_field(name.removeprefix(CHOSEN))
            texts[key] = visit.form.text(_SEEN + form_name(key))
    return texts


def _seen(visit: Visit) -> dict[KeyPath, str]:
    return {
        key_of_field(name.removeprefix(_SEEN)): visit.form.text(name)
        for name in visit.form.fields
        if name.startswith(_SEEN)
    }


def _rules(visit: Visit) -> FieldRules:
    configuration = visit.office.configuration
    return FieldRules(configuration.issuers, number_forms(configuration.guarantors))


# --- One way through a form ----------------------------------------------------------------------------------------


def _change(visit: Visit, project: str, make: MakeEdit, again: Again, then: str = "") -> Response:
    """Shows what the edit changes, and saves it once the person has seen that; faults show the form again."""
    step = visit.form.text("step")
    if step == "again":
        return again({}, (), 200)
    try:
        if step != "save":
            edit, _, _ = prepare_edit(visit.office.directory, make)
            return _summary(visit, edit)
        done = save_edit(visit, make)
    except RegisterConflict as conflict:
        return _conflict(visit, conflict)
    except ConfigError as error:
        beside, others = faults_of(error.problems, visit.lang)
        return again(beside, others, 422)
    except NotAllowed as refused:
        if refused.code == "register_same":
            return visit.go(path_of(project), "unchanged")
        if refused.code == "no_such_project":
            raise
        return again({}, (visit.refusal(refused),), 422)
    return visit.go(then or path_of(done.edit.later), _result(done))


def save_edit(visit: Visit, make: MakeEdit) -> RegisterDone:
    """Writes the edit of a person. Raises as ``change_register`` does."""
    office = visit.office
    return visit.desk.read(
        lambda reader: change_register(
            office.directory,
            make,
            visit.store,
            reader,
            visit.desk.clock,
            visit.author,
            office.active_config.invoice_folder,
        )
    )


def _result(done: RegisterDone) -> str:
    return "project_saved_judged" if done.judged else "project_saved"


def _summary(visit: Visit, edit: RegisterEdit) -> Response:
    issuers = visit.office.configuration.issuers
    return visit.page(
        "project_summary.html",
        banners=banners_of(visit),
        act=edit.act.value,
        project=edit.project,
        changes=[
            (
                name_field(each.key, visit.lang),
                shown_value(each.key, each.former, issuers, visit.lang),
                shown_value(each.key, each.value, issuers, visit.lang),
            )
            for each in edit.changes
        ],
        kept=_kept(visit),
    )


def _kept(visit: Visit) -> list[tuple[str, str]]:
    """The fields of this form, to be sent with the next step of it."""
    return [
        (name, value)
        for name, values in visit.form.fields.items()
        if name not in {"token", "step", "proof"} and not name.startswith(CHOSEN)
        for value in values
    ]


def _conflict(visit: Visit, conflict: RegisterConflict) -> Response:
    """Shows field by field what another person wrote meanwhile; the person chooses."""
    fields = {_SEEN + form_name(each.key) for each in conflict.conflicts}
    kept = [(name, value) for name, value in _kept(visit) if name not in fields]
    return show_conflicts(visit, [ConflictGroup(conflict.project, conflict.conflicts)], kept)


@dataclass(frozen=True, slots=True)
class ConflictGroup:
    """The fields of one project that another person changed."""

    project: str
    conflicts: Sequence[FieldConflict]
    prefix: str = ""
    """Of the names of its fields in the form."""
    title: str = ""
    """Its name, where there are several."""


def show_conflicts(visit: Visit, groups: Sequence[ConflictGroup], kept: Sequence[tuple[str, str]]) -> Response:
    """Shows the conflicts of each project; the answers come as ``CHOSEN`` with the name of the field."""
    changed: dict[str, Entry] = {}
    for entry in visit.store.entries(events=[NoteEvent.REGISTER_CHANGED]):
        changed |= dict.fromkeys({str(entry.detail.get(name)) for name in ("project", "later")}, entry)
    issuers = visit.office.configuration.issuers

    def told(key: KeyPath, text: str) -> str:
        return office_text(key, text, issuers) or "―"

    return visit.page(
        "project_conflict.html",
        409,
        banners=banners_of(visit),
        groups=[
            (
                group.title,
                changed.get(group.project),
                [
                    (
                        group.prefix + form_name(each.key),
                        name_field(each.key, visit.lang),
                        told(each.key, each.seen),
                        told(each.key, each.now),
                        told(each.key, each.given),
                        each.now,
                    )
                    for each in group.conflicts
                ],
            )
            for group in groups
        ],
        kept=kept,
    )


# --- Register a project --------------------------------------------------------------------------------------------


def show_new(visit: Visit) -> Response:
    """The form of a new project; from a held notice, with what that gives."""
    number = visit.query.get("from", "")
    texts: dict[KeyPath, str] = {}
    if (origin := number_in(number)) is not None:
        submission = visit.store.submission(origin)
        pdf = submission.notice.pdf_sha256
        notice = visit.store.notice(pdf) if pdf else None
        texts = texts_of_notice(notice, visit.office.settings.contractor.name)
    return _new_form(visit, texts, "" if origin is None else number)


def _new_form(
    visit: Visit,
    texts: Texts,
    origin: str,
    issuer: Issuer | None = None,
    beside: Mapping[str, str] | None = None,
    others: tuple[str, ...] = (),
    status: int = 200,
    note: str = "",
) -> Response:
    office = visit.office
    templates = TemplateFiles(office.files)
    return visit.page(
        "project_form.html",
        status,
        banners=banners_of(visit),
        title=visit.say("new_project"),
        action="/projects/new",
        back="/projects",
        groups=groups_of(issuer, texts, templates.source, office.configuration.issuers.values(), visit.lang),
        texts={form_name(key): text for key, text in texts.items()},
        seen={},
        beside=beside or {},
        others=others,
        origin=origin,
        asked=issuer.id if issuer else "",
        note=note,
        go="register_go",
    )


def record_new(visit: Visit) -> Response:
    """Registers a project."""
    origin = visit.form.text("from")
    typed = _typed(visit)
    values, issuer, faults = given_values(with_years(typed, visit.today), _rules(visit))

    def again(beside: dict[str, str], others: tuple[str, ...], status: int) -> Response:
        return _new_form(visit, typed, origin, issuer, beside, others, status)

    if faults:
        beside, others = faults_of(faults, visit.lang)
        return again(beside, others, 422)
    if issuer is None:
        raise AssertionError("a project without an issuer has a fault")
    if visit.form.text("asked") != issuer.id:
        note = visit.say("group_added", issuer=issuer.full_name)
        return _new_form(visit, typed, origin, issuer, note=note)

    def make(content: bytes) -> RegisterEdit:
        edit = register_project(values, None, issuer, read_tables(content).tables)
        if isinstance(edit, Fate):
            raise ConfigError(_problems_of(edit))
        return add_new_project(content, edit)

    known = read_tables(visit.office.files[FILE])
    fate = register_project(values, None, issuer, known.tables)
    if isinstance(fate, Fate) and fate.kind is FateKind.SAME and fate.position is not None:
        return visit.go(path_of(known.ids[fate.position]), "unchanged")
    return _change(visit, "", make, again, f"/s/{origin}" if origin.isdecimal() else "")


def _problems_of(fate: Fate) -> list[Problem]:
    if fate.faults:
        return [Problem(FILE, each.cell, each.code, each.params) for each in fate.faults]
    return [Problem(FILE, "name", "project_exists", {"name": fate.name})]


# --- Change it -----------------------------------------------------------------------------------------------------


def show_edit(visit: Visit) -> Response:
    """The form of a registered project."""
    project = named_project(visit).id
    return _edit_form(visit, project, _office_texts(visit, project), _registered(visit, project))


def _registered(visit: Visit, project: str) -> dict[KeyPath, str]:
    known = read_tables(visit.office.files[FILE])
    return field_texts(known.tables[known.position(project)])


def _office_texts(visit: Visit, project: str) -> dict[KeyPath, str]:
    issuers = visit.office.configuration.issuers
    return {key: office_text(key, text, issuers) for key, text in _registered(visit, project).items()}


def _edit_form(
    visit: Visit,
    project: str,
    texts: Texts,
    seen: Texts,
    beside: Mapping[str, str] | None = None,
    others: tuple[str, ...] = (),
    status: int = 200,
) -> Response:
    office = visit.office
    registered = named_project(visit)
    issuer = office.configuration.issuers[registered.issuer]
    templates = TemplateFiles(office.files)
    return visit.page(
        "project_form.html",
        status,
        banners=banners_of(visit),
        title=visit.say("edit_title", project=registered.name),
        action=f"{path_of(project)}/edit",
        back=path_of(project),
        groups=groups_of(issuer, texts, templates.source, office.configuration.issuers.values(), visit.lang),
        texts={form_name(key): text for key, text in texts.items()},
        seen={form_name(key): text for key, text in seen.items()},
        beside=beside or {},
        others=others,
        origin="",
        asked=issuer.id,
        note="",
        go="edit_go",
    )


def save_project_change(visit: Visit) -> Response:
    """Changes a project."""
    project = named_project(visit).id
    typed, seen = _typed(visit), _seen(visit)

    def again(beside: dict[str, str], others: tuple[str, ...], status: int) -> Response:
        return _edit_form(visit, project, typed, seen, beside, others, status)

    if not typed:
        return again({}, (visit.say("error_nothing_typed"),), 422)
    texts = with_years(typed, visit.today)
    return _change(visit, project, lambda content: edit_project(content, project, texts, _rules(visit), seen), again)


# --- Amended contract ----------------------------------------------------------------------------------------------


def show_amend(visit: Visit) -> Response:
    """The form of an amended contract, beside the original one."""
    return _amend_form(visit, {}, _registered(visit, named_project(visit).id))


def _amend_form(
    visit: Visit,
    texts: Texts,
    seen: Texts,
    beside: Mapping[str, str] | None = None,
    others: tuple[str, ...] = (),
    status: int = 200,
) -> Response:
    project = named_project(visit)
    now = _office_texts(visit, project.id)
    return visit.page(
        "project_amend.html",
        status,
        banners=banners_of(visit),
        project=project,
        fields=[(field, now.get(field.key, "")) for field in amended_fields(visit.lang)],
        texts={form_name(key): text for key, text in texts.items()},
        seen={form_name(key): text for key, text in seen.items() if key in AMENDED_FIELDS},
        beside=beside or {},
        others=others,
    )


def record_amendment(visit: Visit) -> Response:
    """Registers an amended contract."""
    project = named_project(visit).id
    typed, seen = _typed(visit), _seen(visit)
    texts = {key: text for key, text in with_years(typed, visit.today).items() if text}

    def again(beside: dict[str, str], others: tuple[str, ...], status: int) -> Response:
        return _amend_form(visit, typed, seen, beside, others, status)

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
