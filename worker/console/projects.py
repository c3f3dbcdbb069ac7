"""案件: the list of projects, the page of one project, and the search over everything."""

from __future__ import annotations

import contextlib
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from worker.approve.project_notes import memo_of, note_project_memo
from worker.console.visit import Visit
from worker.core.accounts import Right
from worker.core.errors import NotAllowed
from worker.core.messages import name_hold
from worker.core.model import Product, Submission
from worker.core.rulebook import Project
from worker.core.states import Reason
from worker.core.text import fold_hyphens, match_key
from worker.pipeline.foresee import foresee
from worker.views.project_page import is_found, matching_projects, page_of_project, search_words
from worker.views.project_status import project_rows
from worker.views.tasks import Task
from worker.views.today import Button, button_of

_ROWS_SHOWN: Final = 200
"""Rows of a list: more are found by another word, and a phone shows them at once."""
_LONGEST_ID: Final = 9
"""Digits of a submission's number at most; longer ones are numbers of contracts."""


def show_projects(visit: Visit) -> Response:
    """The projects that the search finds."""
    configuration = visit.office.configuration
    typed = visit.query.get("q", "").strip()
    with_closed = bool(visit.query.get("closed"))
    found = [
        each for each in matching_projects(configuration, search_words(typed)) if with_closed or each.closed is None
    ]
    return visit.page(
        "projects.html",
        rows=project_rows(visit.store, configuration, visit.now, found[:_ROWS_SHOWN]),
        products=tuple(Product),
        typed=typed,
        with_closed=with_closed,
        count=len(found),
        more=max(0, len(found) - _ROWS_SHOWN),
        registered=len(configuration.projects),
    )


def show_project(visit: Visit) -> Response:
    """One project."""
    return _project_page(visit)


def _project_page(visit: Visit, failed: str = "", status: int = 200) -> Response:
    configuration, store = visit.office.configuration, visit.store
    project = named_project(visit)
    row = project_rows(store, configuration, visit.now, [project])[0]
    page = page_of_project(row, store, configuration, visit.now, visit.lang)
    corrected = store.corrections(each.id for each in page.submissions)
    return visit.page(
        "project.html",
        status,
        page=page,
        states={each.id: visit.state_of(each) for each in page.submissions},
        corrected=corrected,
        task=row.next_task.text(visit.lang) if row.next_task else "",
        way=_way(visit, row.next_task, project),
        memo=memo_of(store, project.id),
        typed=visit.form,
        failed=failed,
    )


def _way(visit: Visit, task: Task | None, project: Project) -> tuple[Button, str] | None:
    """The button of the next thing to do, and its page; None on that page itself, and for those who may not do it."""
    if task is None or not visit.may(Right.PREPARE):
        return None
    button, path, _ = button_of(task, project.issuer)
    return None if path == f"/projects/{quote(project.id)}" else (button, path)


def record_memo(visit: Visit) -> Response:
    """Records a memo, and the day until which the project's own tasks rest."""
    project = named_project(visit)
    try:
        next_look = visit.day(visit.form.text("next_look"))
        note_project_memo(visit.store, project.id, visit.author, visit.form.text("text"), visit.now, next_look)
    except NotAllowed as refused:
        return _project_page(visit, visit.refusal(refused), 422)
    return visit.go(f"/projects/{quote(project.id)}", "recorded")


def show_foreseen(visit: Visit) -> Response:
    """The mail that the notice of a guarantee would become."""
    project = named_project(visit)
    try:
        product = Product(visit.query.get("product", ""))
    except ValueError as error:
        raise NotAllowed("no_such_project", project=project.id, nearest="-") from error
    active = visit.office.active_config
    seen = visit.desk.read(lambda reader: foresee(project, product, active, visit.store, reader, visit.now))
    reasons = [] if seen is None else [each for each in seen.submission.reasons if each.reason is not Reason.APPROVAL]
    return visit.page(
        "foreseen.html",
        project=project,
        issuer=visit.office.configuration.issuers[project.issuer],
        product=product,
        seen=seen,
        reasons=[name_hold(each, visit.lang) for each in reasons],
    )


def named_project(visit: Visit) -> Project:
    """Returns the project that the address names. Raises NotAllowed ``no_such_project``."""
    project = visit.office.active_config.register.by_id.get(visit.params["project"])
    if project is None:
        raise NotAllowed("no_such_project", project=visit.params["project"], nearest="-")
    return project


# --- The search over everything ------------------------------------------------------------------------------------


def show_found(visit: Visit) -> Response:
    """Projects and submissions that the search finds, in one list each."""
    configuration = visit.office.configuration
    typed = visit.query.get("q", "").strip()
    words = search_words(typed)
    projects = matching_projects(configuration, words) if words else ()
    submissions = _submissions(visit, typed, words) if words else ()
    return visit.page(
        "found.html",
        rows=project_rows(visit.store, configuration, visit.now, projects[:_ROWS_SHOWN]),
        products=tuple(Product),
        submissions=submissions,
        states={each.id: visit.state_of(each) for each in submissions},
        typed=typed,
        more=max(0, len(projects) - _ROWS_SHOWN),
    )


def _submissions(visit: Visit, typed: str, words: tuple[str, ...]) -> tuple[Submission, ...]:
    """Those of this number or contract number, and those among the open ones in which the words stand."""
    store = visit.store
    found: list[Submission] = []
    if len(words) == 1 and words[0].isdecimal() and len(words[0]) <= _LONGEST_ID:
        with contextlib.suppress(NotAllowed):  # no submission has this number
            found.append(store.submission(int(words[0])))
    found += store.by_number(fold_hyphens(match_key(typed)))
    found += (each for each in store.walk_open(visit.today) if is_found(each, words))
    by_id = {each.id: each for each in found}
    return tuple(by_id.values())[:_ROWS_SHOWN]
