"""The forms of an issuer: change its rule, answer what is open, add one.

Each form shows what it would change, the mails under it and the stored notices before it saves, and saves just that.
The functions are those of the commands ``issuers …``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from worker.config.editing.catalogue import read_path
from worker.config.editing.fields import KeyPath
from worker.config.editing.issuer_fields import key_text, texts_of
from worker.config.editing.issuers import (
    IssuerAnswers,
    IssuerConflict,
    IssuerEdit,
    PageSample,
    add_new_issuer,
    change_fields,
    propose_id,
    read_issuer_table,
)
from worker.config.issuers import issuer_file
from worker.config.shipped import shipped_names
from worker.console.edit_forms import (
    NO_REMARKS,
    SEEN,
    Remarks,
    ShowAgain,
    Texts,
    kept_fields,
    show_conflicts,
    texts_under,
    typed_texts,
)
from worker.console.visit import Visit
from worker.core.errors import ConfigError, NotAllowed, Problem
from worker.core.messages import name_hold
from worker.core.messages.keys import name_rule_field
from worker.core.model import Entry, Product, sha256
from worker.core.rulebook import Issuer
from worker.core.states import NoteEvent
from worker.pipeline.issuers import (
    MakeIssuerEdit,
    PreparedIssuer,
    catalogue_file,
    change_issuer,
    foresee_issuer,
    prepare_issuer,
    replay_issuer,
)
from worker.views.issuer_form import issuer_groups
from worker.views.project_form import faults_of
from worker.views.register_json import issuer_rows
from worker.views.review import split_body
from worker.views.rule_replay import changed_lines


def path_of_issuer(issuer: str) -> str:
    """Returns the address of an issuer's page."""
    return f"/issuers/{quote(issuer)}"


def named_issuer(visit: Visit) -> Issuer:
    """Returns the issuer that the address names. Raises NotAllowed ``no_such_issuer``."""
    issuer = visit.office.configuration.issuers.get(visit.params["issuer"])
    if issuer is None:
        raise NotAllowed("no_such_issuer", issuer=visit.params["issuer"], ids="-")
    return issuer


# --- What was typed ------------------------------------------------------------------------------------------------


def _sample(visit: Visit) -> PageSample | None:
    subject, product = visit.form.text("sample"), visit.form.text("sample_of")
    if not subject:
        return None
    known = Product(product) if product in set(Product) else Product.CONTRACT
    return PageSample(subject, known, visit.form.text("sample_name"))


def _dropped(visit: Visit) -> tuple[int, ...]:
    return tuple(int(each) for each in visit.form.several("drop") if each.isdecimal())


# --- One way through a form ----------------------------------------------------------------------------------------


def pass_through(visit: Visit, make: MakeIssuerEdit, again: ShowAgain, back: str) -> Response:
    """Shows what the edit changes, and saves it once the person has seen just that; faults show the form again."""
    step = visit.form.text("step")
    status = 200 if step == "preview" else 422
    if step == "again":
        return again(NO_REMARKS)
    try:
        prepared = prepare_issuer(visit.office.directory, make)
        if step == "preview":
            return again(Remarks(mails=_mails(visit, prepared)))
        if step != "save" or visit.form.text("summary") != _mark_of(prepared.edit):
            return _summary(visit, prepared, 200 if step != "save" else 409)
        done = visit.desk.read(lambda reader: change_issuer(visit.editor, make, reader))
    except IssuerConflict as conflict:
        return _conflict(visit, conflict)
    except ConfigError as error:
        return again(Remarks(*faults_of([_on_form(each) for each in error.problems], visit.lang), status))
    except NotAllowed as refused:
        if refused.code in {"issuer_same", "issuer_not_open"} and step != "preview":
            return visit.go(back, "unchanged")
        return again(Remarks({}, (visit.refusal(refused),), status))
    return visit.go(path_of_issuer(done.edit.issuer), "project_saved_judged" if done.judged else "project_saved")


def _on_form(problem: Problem) -> Problem:
    """The problem at the field of the form that holds its key: ``rule.default.lines[2].value`` is one text."""
    if problem.key.startswith("eligibility["):
        return replace(problem, key=re.sub(r"\[(\d+)\]", r".\1", problem.key, count=1))
    is_text = problem.key.startswith(("rule.", "section.", "aliases", "guarantors", "assumed"))
    return replace(problem, key=problem.key.partition("[")[0]) if is_text else problem


def _mark_of(edit: IssuerEdit) -> str:
    """The mark of an edit that was shown: the same file comes of it, and nothing else."""
    return sha256(edit.content)[:32]


def _mails(visit: Visit, prepared: PreparedIssuer) -> tuple[dict[str, Any], ...]:
    """The mail of each guarantee under the changed rule, as the page shows it."""
    found = visit.desk.read(lambda reader: foresee_issuer(visit.editor, prepared, reader))
    return tuple(
        {
            "product": each.product,
            "project": each.project,
            "draft": each.seen.submission.composed.draft,
            "body": split_body(
                each.seen.body,
                (each.seen.submission.notice.notice_name or "", each.seen.submission.notice.contract_number or ""),
            ),
            "channel": each.seen.submission.destination.channel,
            "reasons": [name_hold(reason, visit.lang) for reason in each.reasons],
        }
        for each in found
    )


def _summary(visit: Visit, prepared: PreparedIssuer, status: int) -> Response:
    edit, before = prepared.edit, visit.office.active_config
    replayed = visit.desk.read(lambda reader: replay_issuer(visit.editor, prepared, before, reader))
    examples = len(prepared.configuration.examples.get(edit.issuer, ()))
    beside, remarks = faults_of(prepared.remarks, visit.lang)
    return visit.page(
        "issuer_summary.html",
        status,
        edit=edit,
        act=edit.act.value,
        rows=issuer_rows(edit, visit.lang),
        remarks=(*remarks, *beside.values()),
        examples=examples,
        mails=_mails(visit, prepared),
        tried=replayed.tried,
        differing=[
            (each.submission, [(visit.say(f"h_{one.field}"), changed_lines(one, visit.lang)) for one in each.found])
            for each in replayed.differing
        ],
        summary=_mark_of(edit),
        is_stale=status == HTTPStatus.CONFLICT,
        kept=kept_fields(visit),
    )


def _conflict(visit: Visit, conflict: IssuerConflict) -> Response:
    entries = changes_of(visit, conflict.issuer)
    table = read_issuer_table(conflict.issuer, visit.office.files[issuer_file(conflict.issuer)])
    names = {path[1]: text for path, text in texts_of(table).items() if path[0] == "section" and path[-1] == "name"}
    fields = {SEEN + key_text(each.key) for each in conflict.conflicts}

    def told(key: KeyPath, text: str) -> str:
        return text or (visit.say("word_certain") if key[0] == "open" else "―")

    rows = [
        (
            key_text(each.key),
            name_rule_field(each.key, visit.lang, names),
            told(each.key, each.seen),
            told(each.key, each.now),
            told(each.key, each.given),
            each.now,
        )
        for each in conflict.conflicts
    ]
    return show_conflicts(visit, [("", entries[-1] if entries else None, rows)], kept_fields(visit, fields))


def changes_of(visit: Visit, issuer: str) -> list[Entry]:
    """Returns the entries about the changes of an issuer."""
    entries = visit.store.entries(events=[NoteEvent.ISSUER_CHANGED])
    return [each for each in entries if each.detail.get("issuer") == issuer]


def _form(visit: Visit, table: Mapping[str, Any], texts: Texts, seen: Texts, remarks: Remarks, **more: Any) -> Response:
    groups = issuer_groups(table, texts, visit.office.configuration.guarantors, visit.lang)
    fields = {each.path: each for group in groups for each in group.fields}
    shown = {key_text(path): text for path, text in seen.items() if path in fields or path[1:] in fields}
    return visit.page(
        "issuer_form.html",
        remarks.status,
        groups=groups,
        texts={key_text(path): text for path, text in texts.items()},
        seen=shown,
        beside=remarks.beside,
        others=remarks.others,
        mails=remarks.mails,
        examples=_subjects(table),
        sample=visit.form.text("sample"),
        sample_of=visit.form.text("sample_of"),
        sample_name=visit.form.text("sample_name"),
        dropped=visit.form.several("drop"),
        is_preview=visit.form.text("step") == "preview",
        **more,
    )


# --- Change it -----------------------------------------------------------------------------------------------------


def show_issuer_form(visit: Visit) -> Response:
    """The form of a registered issuer."""
    issuer = named_issuer(visit)
    texts = texts_of(
        read_issuer_table(issuer.id, visit.office.files[issuer.file]), visit.office.configuration.guarantors
    )
    return _edit_form(visit, issuer, texts, texts, NO_REMARKS)


def _edit_form(visit: Visit, issuer: Issuer, texts: Texts, seen: Texts, remarks: Remarks) -> Response:
    return _form(
        visit,
        read_issuer_table(issuer.id, visit.office.files[issuer.file]),
        texts,
        seen,
        remarks,
        action=f"{path_of_issuer(issuer.id)}/edit",
        back=path_of_issuer(issuer.id),
        title=visit.say("edit_title", project=issuer.full_name),
        origin="",
        id_="",
    )


def _subjects(table: Mapping[str, Any]) -> list[str]:
    """The subject of each example, in the file's order."""
    found = table.get("example", ())
    return [str(each.get("expect", {}).get("subject") or each.get("project", {}).get("name", "")) for each in found]


def save_issuer(visit: Visit) -> Response:
    """Changes an issuer."""
    issuer = named_issuer(visit)
    typed, seen = typed_texts(visit, read_path), texts_under(visit, SEEN, read_path)

    def again(remarks: Remarks) -> Response:
        return _edit_form(visit, issuer, typed, seen, remarks)

    if not typed:
        return again(Remarks({}, (visit.say("error_nothing_typed"),), 422))
    answers = IssuerAnswers(typed, seen, _sample(visit), _dropped(visit))
    guarantors, today, file = visit.office.configuration.guarantors, visit.today, issuer.file
    return pass_through(
        visit,
        lambda files: change_fields(issuer.id, files.get(file, b""), answers, guarantors, today),
        again,
        path_of_issuer(issuer.id),
    )


# --- Add one -------------------------------------------------------------------------------------------------------


def _shipped(visit: Visit, origin: str) -> bytes | None:
    """The file of the catalogue that is taken over; None if the address names none, or one that is registered."""
    is_known = bool(origin) and f"{origin}.toml" in shipped_names("config/issuers")
    return catalogue_file(origin) if is_known and issuer_file(origin) not in visit.office.files else None


def show_new_issuer(visit: Visit) -> Response:
    """The form of a new issuer; from the catalogue, with what that gives."""
    origin = visit.query.get("from", "")
    base = _shipped(visit, origin)
    texts: dict[KeyPath, str] = {}
    if base is not None:
        texts = texts_of(read_issuer_table(origin, base), visit.office.configuration.guarantors)
    elif name := visit.query.get("name", "").strip():
        texts["name",] = name
    texts.setdefault(("checked_on",), "")
    texts["checked_on",] = texts["checked_on",] or visit.today_typed
    return _new_form(visit, origin if base is not None else "", texts, NO_REMARKS)


def _new_form(visit: Visit, origin: str, texts: Texts, remarks: Remarks) -> Response:
    base = _shipped(visit, origin)
    return _form(
        visit,
        read_issuer_table(origin, base) if base is not None else {},
        texts,
        {},
        remarks,
        action="/issuers/new",
        back="/issuers",
        title=visit.say("issuer_new_title"),
        origin=origin,
        id_=visit.form.text("id"),
    )


def record_new_issuer(visit: Visit) -> Response:
    """Adds an issuer."""
    origin, typed = visit.form.text("from"), typed_texts(visit, read_path)
    configuration = visit.office.configuration
    taken = {each.id: each.full_name for each in configuration.issuers.values()}
    base = _shipped(visit, origin)
    asked = visit.form.text("id")
    source, name = typed.get(("source",), ""), typed.get(("name",), "")
    issuer = asked or (origin if base is not None else propose_id(name, source, taken))
    answers = IssuerAnswers(typed, sample=_sample(visit), dropped=_dropped(visit))

    def again(remarks: Remarks) -> Response:
        return _new_form(visit, origin, typed, remarks)

    def make(files: Mapping[str, bytes]) -> IssuerEdit:
        if issuer_file(issuer) in files:
            raise NotAllowed("issuer_exists", issuer=taken.get(issuer, issuer))
        return add_new_issuer(issuer, answers, configuration.guarantors, taken, visit.today, base)

    stored = visit.office.files.get(issuer_file(issuer))
    if visit.form.text("step") == "save" and stored is not None and sha256(stored)[:32] == visit.form.text("summary"):
        return visit.go(path_of_issuer(issuer), "unchanged")  # the same form came twice
    return pass_through(visit, make, again, path_of_issuer(issuer))
