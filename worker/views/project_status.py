"""The status of each project: one row per project, one cell per guarantee, and the next action.

A cell shows the newest submission that counts. A guarantee that is expected and missing is always shown as missing.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.config.load import Configuration
from worker.core.model import JST, Product, Submission
from worker.core.rulebook import Project
from worker.core.text import match_key
from worker.views.tasks import Task, current_submissions, is_settled, open_tasks, under_present_ids


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


@dataclass(frozen=True, slots=True)
class Row:
    """One project."""

    project: Project
    issuer_name: str
    cells: Mapping[Product, Cell]
    next_task: Task | None
    has_namesake: bool = False
    """Another project of this issuer has the name: only their contract numbers distinguish them."""


def project_rows(submissions: Sequence[Submission], configuration: Configuration, now: dt.datetime) -> tuple[Row, ...]:
    """Every registered project, in the register's order."""
    today = now.astimezone(JST).date()
    known = under_present_ids(submissions, configuration.projects)
    standing = current_submissions(known)
    last = {(each.project, each.product): each for each in known}
    first_task: dict[str, Task] = {}
    for task in open_tasks(submissions, configuration, now):
        first_task.setdefault(task.project, task)

    def cell_of(project: Project, product: Product) -> Cell:
        counting = standing.get((project.id, product), ())
        newest = counting[-1] if counting else last.get((project.id, product))
        moment = None if newest is None else newest.sent_at or newest.updated_at
        return Cell(
            submission=newest,
            is_expected=product in project.expects,
            is_settled=newest is not None and is_settled(newest, today),
            others=max(0, len({each.contract_number for each in counting}) - 1),
            day=moment.astimezone(JST).date() if moment else None,
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
        for project in configuration.projects
    )


def _name_of(project: Project) -> tuple[str, str]:
    return project.issuer, match_key(project.name)
