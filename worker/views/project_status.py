"""The status of each project: one row per project, one cell per guarantee, and its next task.

A cell shows the newest submission that counts. A guarantee that is expected and missing is shown as missing.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from worker.config.load import Configuration
from worker.core.model import JST, Product, Submission
from worker.core.rulebook import Project
from worker.core.text import match_key
from worker.store.ports import GuaranteeKey, Overview
from worker.views.tasks import Registered, Task, current_among, expected_guarantees, is_settled, open_tasks
from worker.views.today import Mark, mark_of


@dataclass(frozen=True, slots=True)
class Cell:
    """One guarantee of one project."""

    submission: Submission | None
    """The newest that counts; if all were withdrawn, the last of those."""
    is_expected: bool
    is_settled: bool
    others: int
    """Further guarantees of this kind under other numbers: the next fiscal year's, a JV member's."""
    day: dt.date | None
    """The day on which it was sent, or else last changed."""
    mark: Mark


@dataclass(frozen=True, slots=True)
class Row:
    """One project."""

    project: Project
    issuer_name: str
    cells: Mapping[Product, Cell]
    next_task: Task | None
    has_namesake: bool = False
    """Another project of this issuer has the name: only their contract numbers distinguish them."""


def project_rows(
    overview: Overview, configuration: Configuration, now: dt.datetime, wanted: Sequence[Project] | None = None
) -> tuple[Row, ...]:
    """The ``wanted`` projects in their order; every registered one, in the register's order, if none are named."""
    today = now.astimezone(JST).date()
    projects = configuration.projects if wanted is None else wanted
    shown = _look_up(overview, projects, Registered.of(configuration.projects))
    first_task: dict[str, Task] = {}
    for task in open_tasks(overview, configuration, now):
        first_task.setdefault(task.project, task)

    def cell_of(project: Project, product: Product) -> Cell:
        newest, numbers = shown[project.id, product]
        moment = None if newest is None else newest.delivery.sent_at or newest.updated_at
        return Cell(
            submission=newest,
            is_expected=product in project.expects,
            is_settled=newest is not None and is_settled(newest, today),
            others=max(0, len(numbers) - 1),
            day=moment.astimezone(JST).date() if moment else None,
            mark=mark_of(newest, is_expected=product in project.expects, today=today),
        )

    named = Counter(map(_name_of, configuration.projects))
    return tuple(
        Row(
            project=project,
            issuer_name=configuration.issuers[project.issuer].full_name,
            cells={product: cell_of(project, product) for product in Product},
            next_task=first_task.get(project.id),
            has_namesake=named[_name_of(project)] > 1,
        )
        for project in projects
    )


def _name_of(project: Project) -> tuple[str, str]:
    return project.issuer, match_key(project.name)


def _look_up(
    overview: Overview, projects: Sequence[Project], registered: Registered
) -> Mapping[GuaranteeKey, tuple[Submission | None, AbstractSet[str | None]]]:
    """Of each guarantee the submission that its cell speaks of, and the contract numbers of those that count."""
    guarantees = [(project.id, product) for project in projects for product in Product]
    counting = dict(overview.newest_standing(guarantees))
    numbers: dict[GuaranteeKey, set[str | None]] = {}
    for guarantee, several in overview.numbers_standing(guarantees).items():
        numbers[guarantee] = set(several)
    moved = registered.moved({project.id for project in projects}, overview)
    _keep_newest(counting, standing := current_among(moved, overview))
    for each in standing:
        for guarantee in expected_guarantees(each):
            numbers.setdefault(guarantee, set()).add(each.notice.contract_number)
    last = dict(overview.newest([each for each in guarantees if each not in counting]))
    _keep_newest(last, moved)
    return {each: (counting.get(each) or last.get(each), numbers.get(each, set())) for each in guarantees}


def _keep_newest(kept: dict[GuaranteeKey, Submission], submissions: Sequence[Submission]) -> None:
    for each in submissions:
        for guarantee in expected_guarantees(each):
            if guarantee not in kept or kept[guarantee].id < each.id:
                kept[guarantee] = each
