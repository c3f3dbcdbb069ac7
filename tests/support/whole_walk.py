"""Tasks and rows of projects computed from all submissions at once, to compare the answers of the store with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from worker.config.load import Configuration
from worker.core.business_hours import working_days_before
from worker.core.model import JST, Product, Submission
from worker.core.rulebook import Project
from worker.core.states import State
from worker.match.match import could_mean
from worker.track.overdue import is_stuck
from worker.views import tasks
from worker.views.project_status import Cell
from worker.views.tasks import (
    EXPECTED_AHEAD,
    OFFERED_LIMIT,
    Registered,
    Task,
    TaskKind,
    Urgency,
    date_of_guarantee,
    days_over,
    is_settled,
)
from worker.views.today import mark_of

Standing = Mapping[tuple[str, Product], Sequence[Submission]]


def all_tasks(submissions: Sequence[Submission], configuration: Configuration, now: dt.datetime) -> tuple[Task, ...]:
    registered = Registered.of(configuration.projects)
    known = tuple(map(registered.present, submissions))
    today = now.astimezone(JST).date()
    corrected = _corrected(known)
    projects = {each.id: each for each in configuration.projects}
    found = [
        tasks._hurry(tasks._dated(task, each, projects), today)
        for each in known
        if each.id not in corrected
        for task in tasks._tasks_of_submission(each, today)
    ]
    found += [
        tasks._hurry(tasks._dated(task, each, projects), today) for each, task in _downloads(known, configuration)
    ]
    found += [
        tasks._dated(tasks._stuck(each), each, projects)
        for each in known
        if is_stuck(each, configuration.settings, now)
    ]
    found += [
        tasks._dated(tasks._leaving(each, configuration, now), each, projects)
        for each in known
        if each.is_by_hold and not each.delivery.deferrals
    ]
    found += [task for each in known for task in tasks._unread(each)]
    standing = standing_of(known)
    for project in configuration.projects:
        found += _of_project(project, configuration, standing, today)
    return tuple(sorted((replace(task, days_over=days_over(task.due, today)) for task in found), key=tasks._order))


def all_cells(
    submissions: Sequence[Submission], configuration: Configuration, now: dt.datetime
) -> dict[tuple[str, Product], Cell]:
    today = now.astimezone(JST).date()
    known = tuple(map(Registered.of(configuration.projects).present, submissions))
    standing = standing_of(known)
    last = {(each.destination.project, each.notice.product): each for each in known}
    cells = {}
    for project in configuration.projects:
        for product in Product:
            counting = standing.get((project.id, product), ())
            newest = counting[-1] if counting else last.get((project.id, product))
            moment = None if newest is None else newest.delivery.sent_at or newest.updated_at
            cells[project.id, product] = Cell(
                newest,
                product in project.expects,
                newest is not None and is_settled(newest, today),
                max(0, len({each.notice.contract_number for each in counting}) - 1),
                moment.astimezone(JST).date() if moment else None,
                mark_of(newest, is_expected=product in project.expects, today=today),
            )
    return cells


def standing_of(submissions: Sequence[Submission]) -> Standing:
    corrected = _corrected(submissions)
    found: dict[tuple[str, Product], list[Submission]] = {}
    for each in submissions:
        if each.destination.project is None or each.notice.product is None:
            continue
        if each.state is not State.WITHDRAWN and each.id not in corrected:
            found.setdefault((each.destination.project, each.notice.product), []).append(each)
    return found


def _corrected(submissions: Sequence[Submission]) -> set[int]:
    return {each.corrects for each in submissions if each.corrects is not None and each.state is not State.WITHDRAWN}


def _downloads(known: Sequence[Submission], configuration: Configuration) -> Iterator[tuple[Submission, Task]]:
    steps = {guarantor.id: guarantor.download for guarantor in configuration.guarantors}
    unannounced: dict[str, list[Submission]] = {}
    for each in known:
        if each.notice.guarantor is not None and each.notice.pdf_sha256 is not None and each.source.announced is None:
            unannounced.setdefault(each.notice.guarantor, []).append(each)
    for each in known:
        if each.state is State.ANNOUNCED:
            near = unannounced.get(each.notice.guarantor or "", ())[-OFFERED_LIMIT:]
            here = [other for other in near if could_mean(each, other)]
            yield (
                each,
                tasks._download(each, steps.get(each.notice.guarantor or "", ()), here, configuration.settings.notices),
            )


def _of_project(project: Project, configuration: Configuration, standing: Standing, today: dt.date) -> Iterator[Task]:
    for product in project.expects:
        if standing.get((project.id, product)):
            continue
        day = date_of_guarantee(project, product)
        if day is None:
            yield tasks._missing(project, product, configuration, TaskKind.UNDATED, None, Urgency.WATCH)
        elif today >= working_days_before(day, EXPECTED_AHEAD):
            urgency = Urgency.NOW if today >= day else Urgency.TODAY
            yield tasks._missing(project, product, configuration, TaskKind.EXPECTED, day, urgency)
