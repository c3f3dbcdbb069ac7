"""The pages about issuers: who is registered, each issuer's rules in office words, and the answer to what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from typing import Final

from starlette.responses import Response

from worker.config.editing.catalogue import read_path
from worker.config.editing.issuer_fields import texts_of
from worker.config.editing.issuers import answer_open_key, read_issuer_table
from worker.console.edit_forms import Remarks
from worker.console.issuer_forms import changes_of, named_issuer, pass_through, path_of_issuer
from worker.console.visit import Visit
from worker.core.japanese_dates import read_date
from worker.core.messages.keys import name_rule_field
from worker.core.model import Entry
from worker.core.prefectures import Prefecture
from worker.core.rulebook import Issuer
from worker.core.text import match_key, name_with_scope
from worker.pipeline.issuers import can_change_issuers, catalogue_tables
from worker.views.issuer_form import asked_questions, open_questions
from worker.views.issuer_page import NOT_WRITTEN, find_issuers, prefectures_of, rules_of

_CHANGES_SHOWN: Final = 5
"""Changes of an issuer that its page lists: all of them stand in 訂正・取消の履歴."""
_OFFERED: Final = 5
"""Issuers of the catalogue that a search offers."""


def show_issuers(visit: Visit) -> Response:
    """The registered issuers by prefecture, or those that fit what was typed; and those of the catalogue that do."""
    configuration = visit.office.configuration
    text = visit.query.get("q", "").strip()
    prefecture = visit.query.get("prefecture", "")
    found = find_issuers(configuration.issuers.values(), text, prefecture)
    projects = Counter(project.issuer for project in configuration.projects)
    files = visit.office.files
    rows = [
        (issuer, projects[issuer.id], asked_questions(read_issuer_table(issuer.id, files[issuer.file])))
        for issuer in found
    ]
    groups = [
        (name, list(of_one)) for name, of_one in groupby(rows, key=lambda row: str(row[0].lies_in or NOT_WRITTEN))
    ]
    return visit.page(
        "issuers.html",
        groups=groups,
        text=text,
        prefecture=prefecture,
        prefectures=prefectures_of(configuration.issuers.values()),
        named_prefecture={each.value: each.words(visit.lang) for each in Prefecture},
        offered=_offered(text, configuration.issuers) if text else (),
        can_change=can_change_issuers(visit.office.directory),
    )


def _offered(text: str, known: Mapping[str, Issuer]) -> list[tuple[str, str]]:
    """Id and name of the catalogue's issuers whose name or prefecture holds ``text`` and that are not registered."""
    piece = match_key(text)
    found = []
    for id_, table in catalogue_tables().items():
        names = (str(table.get("name", "")), *map(str, table.get("aliases", ())), str(table.get("prefecture", "")))
        if id_ not in known and any(piece in match_key(name) for name in names):
            found.append((id_, name_with_scope(names[0], str(table.get("scope", "")).strip())))
    return found[:_OFFERED]


def show_issuer(visit: Visit) -> Response:
    """One issuer."""
    return _issuer_page(visit, named_issuer(visit), {}, 200)


def _issuer_page(visit: Visit, issuer: Issuer, faults: Mapping[str, str], status: int) -> Response:
    guarantors = visit.office.configuration.guarantors
    table = read_issuer_table(issuer.id, visit.office.files[issuer.file])
    texts = texts_of(table, guarantors)
    return visit.page(
        "issuer.html",
        status,
        issuer=issuer,
        rules=rules_of(issuer, visit.lang),
        questions=open_questions(table, texts, guarantors, visit.lang),
        changes=_changes(visit, issuer),
        can_change=can_change_issuers(visit.office.directory),
        today=visit.today_typed,
        faults=faults,
        asked=visit.form.text("key"),
        given={name: visit.form.text(name) for name in ("value", "seen_at", "seen_on")},
    )


def _changes(visit: Visit, issuer: Issuer) -> list[tuple[Entry, list[str]]]:
    """The last entries about this issuer, with the names of the fields that changed."""
    entries = changes_of(visit, issuer.id)
    names = {id_: section.name for id_, section in issuer.sections.items()}
    found = []
    for each in reversed(entries[-_CHANGES_SHOWN:]):
        paths = [path for key in each.detail.get("fields", {}) if (path := read_path(key)) is not None]
        told = [name_rule_field(path, visit.lang, names) for path in paths]
        found.append((each, list(dict.fromkeys(told))))
    return found


def record_answer(visit: Visit) -> Response:
    """Answers one open question, with the place and the day at which the answer was found."""
    issuer = named_issuer(visit)
    path = read_path(visit.form.text("key"))
    text, seen_at, day = visit.form.text("value"), visit.form.text("seen_at"), visit.form.text("seen_on")

    def again(remarks: Remarks) -> Response:
        return _issuer_page(visit, issuer, {**remarks.beside, "": " ".join(remarks.others)}, remarks.status)

    if path is None:
        return again(Remarks({}, (visit.say("error_nothing_typed"),), 422))
    try:
        seen_on = read_date(day) if day else visit.today
    except ValueError:
        return again(Remarks({"seen_on": visit.say("field_date", value=day)}, (), 422))
    guarantors, file = visit.office.configuration.guarantors, issuer.file
    return pass_through(
        visit,
        lambda files: answer_open_key(issuer.id, files.get(file, b""), path, text, seen_at, seen_on, guarantors),
        again,
        path_of_issuer(issuer.id),
    )
