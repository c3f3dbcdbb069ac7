"""The list of work as the console's first page shows it: one row per action, the rows of one project together.

Each row has the one button that leads to where it is done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from worker.approve.project_notes import last_preparer, memo_of
from worker.core.accounts import Right
from worker.core.model import JST, Product, ProjectMemo, Submission
from worker.core.states import REFUSALS, HoldKind, Reason, State, kind_of
from worker.core.text import match_key
from worker.store.ports import GuaranteeKey, Store
from worker.views.tasks import ACCEPTED, Task, TaskKind, Urgency, is_settled, open_tasks

if TYPE_CHECKING:
    from worker.config.load import Configuration
    from worker.config.outline import Outline


class Button(StrEnum):
    """The words of a row's button (``button_…`` in the messages)."""

    REVIEW = "review"
    CALL = "call"
    DROP_NOTICE = "drop_notice"
    REGISTER = "register"
    CHOOSE_INVOICE = "choose_invoice"
    COMPLETE_RULE = "complete_rule"
    RESEND = "resend"
    RECORD = "record"
    STOP = "stop"
    EDIT_PROJECT = "edit_project"
    DROP_AGAIN = "drop_again"
    HEALTH = "health"


class Mark(StrEnum):
    """The stage of one guarantee of a project, shown by its shape."""

    DONE = "done"
    NOW = "now"
    TO_COME = "to_come"
    NONE = "none"


MENDS: Final[Mapping[Reason, Button]] = {
    **dict.fromkeys((Reason.UNKNOWN_PROJECT,), Button.REGISTER),
    **dict.fromkeys(
        (
            *(Reason.TWO_PROJECTS, Reason.OTHER_CONTRACTOR, Reason.MISSING_VALUE, Reason.BAD_VALUE),
            *(Reason.UNSAFE_VALUE, Reason.DOCUMENTS_UNDECIDED, Reason.TOO_BIG),
        ),
        Button.EDIT_PROJECT,
    ),
    **dict.fromkeys(
        (Reason.INVOICE_MISSING, Reason.INVOICE_UNDECIDED, Reason.TWO_INVOICES, Reason.WRONG_INVOICE),
        Button.CHOOSE_INVOICE,
    ),
    **dict.fromkeys((Reason.RULE_OPEN, Reason.NO_RECIPIENT, Reason.GUARANTOR_NOT_LISTED), Button.COMPLETE_RULE),
    **dict.fromkeys(
        (
            *sorted(REFUSALS),
            *(Reason.ATTACHMENT_UNOPENED, Reason.MAIL_TOO_LARGE, Reason.REST_UNREAD),
        ),
        Button.DROP_AGAIN,
    ),
    Reason.SUPERSEDED: Button.REVIEW,
}
"""The button that mends each reason that a person corrects; those that an approval answers are reviewed."""

_BUTTONS: Final[Mapping[TaskKind, Button]] = {
    TaskKind.RESOLVE: Button.REVIEW,
    TaskKind.STUCK: Button.REVIEW,
    TaskKind.LEAVING: Button.STOP,
    TaskKind.CORRECT: Button.RESEND,
    TaskKind.HELD: Button.REVIEW,
    TaskKind.DOWNLOAD: Button.DROP_NOTICE,
    TaskKind.HAND_IN: Button.RECORD,
    TaskKind.CALL: Button.CALL,
    TaskKind.REPLY: Button.REVIEW,
    TaskKind.NEWS: Button.REVIEW,
    TaskKind.REMAINING: Button.RECORD,
    TaskKind.EXPECTED: Button.DROP_NOTICE,
    TaskKind.UNCONFIRMED: Button.RECORD,
    TaskKind.UNDATED: Button.EDIT_PROJECT,
    TaskKind.BACKUP: Button.HEALTH,
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person for whom the list is made."""

    name: str
    may_decide: bool

    def waits_for_another(self, task: Task) -> bool:
        """Returns whether the turn is not this person's: an approval was asked for that another one gives.

        A task that presses is everybody's.
        """
        is_asked = bool(task.asked_by) and _needs_approval(task) and task.urgency is not Urgency.NOW
        return is_asked and (not self.may_decide or match_key(task.asked_by) == match_key(self.name))


@dataclass(frozen=True, slots=True)
class Work:
    """One row."""

    task: Task
    button: Button
    path: str
    """The page on which it is done."""
    right: Right
    """The right that its button asks for there."""
    in_charge: str
    """The person who prepared its submission or project last; empty if none is known."""
    is_waiting: bool
    """The turn is the issuer's, or that of another person of the office, who was asked to approve."""


@dataclass(frozen=True, slots=True)
class ProjectWork:
    """The rows of one project."""

    project: str
    """Its id; empty for everything that belongs to no project yet, which is one group and the first."""
    name: str
    issuer: str
    rows: tuple[Work, ...]
    marks: Mapping[Product, Mark]
    memo: ProjectMemo | None
    """Its memo, if no row shows it already."""


@dataclass(frozen=True, slots=True)
class Today:
    """The whole list."""

    groups: tuple[ProjectWork, ...]
    to_decide: int
    """Submissions that only an approval is missing for."""

    @property
    def count(self) -> int:
        """The number of rows that a person does something about."""
        return sum(not row.is_waiting for group in self.groups for row in group.rows)


@dataclass(frozen=True, slots=True)
class WorkCounts:
    """The rows of the list of work that are not the issuer's turn, for every viewer."""

    tasks: tuple[Task, ...]

    def to_do(self, viewer: Viewer) -> int:
        """The rows that this person does something about."""
        return sum(not viewer.waits_for_another(each) for each in self.tasks)

    def to_approve(self, viewer: Viewer) -> int:
        """Those that only an approval is missing for, which this person may give."""
        return sum(awaits_approval(each, viewer) for each in self.tasks)


def count_work(store: Store, configuration: Configuration | Outline, now: dt.datetime) -> WorkCounts:
    """Returns what the numbers beside the words of the menu are counted from."""
    return WorkCounts(
        tuple(each for each in open_tasks(store, configuration, now) if each.urgency is not Urgency.WATCH)
    )


def awaits_approval(task: Task, viewer: Viewer) -> bool:
    """Returns whether only an approval is missing that this person may give, and no other thing is waited for."""
    return _needs_approval(task) and task.urgency is not Urgency.WATCH and not viewer.waits_for_another(task)


def _needs_approval(task: Task) -> bool:
    return task.kind is TaskKind.HELD and mend_of(task.reasons) == (Button.REVIEW, Right.DECIDE)


def work_of_today(store: Store, configuration: Configuration | Outline, now: dt.datetime, viewer: Viewer) -> Today:
    """Returns every open action, the most urgent project first."""
    tasks = open_tasks(store, configuration, now)
    groups: dict[tuple[str, str, str], list[Task]] = {("", "", ""): []}
    for task in tasks:
        key = (task.project, task.project_name, task.issuer) if task.project else ("", "", "")
        groups.setdefault(key, []).append(task)
    expected = {project.id: frozenset(project.expects) for project in configuration.projects}
    issuers = {project.id: project.issuer for project in configuration.projects}
    wanted = [(project, product) for project, _, _ in groups if project for product in Product]
    newest = store.newest_standing(wanted)
    today = now.astimezone(JST).date()
    known = _submissions_of(store, tasks, today)
    return Today(
        tuple(
            ProjectWork(
                project,
                name,
                issuer,
                tuple(
                    _row(task, known.get(task.submission or 0), store, issuers.get(project, ""), viewer)
                    for task in of_one
                ),
                _marks(project, expected.get(project, frozenset()), newest, today) if project else {},
                _memo(store, project, of_one, now) if project else None,
            )
            for (project, name, issuer), of_one in groups.items()
            if of_one
        ),
        sum(awaits_approval(task, viewer) for task in tasks),
    )


def _submissions_of(store: Store, tasks: Iterable[Task], today: dt.date) -> Mapping[int, Submission]:
    """The submissions of the tasks."""
    wanted = {task.submission for task in tasks} - {None}
    return {each.id: each for each in store.walk_open(today) if each.id in wanted} if wanted else {}


def _memo(store: Store, project: str, tasks: Iterable[Task], now: dt.datetime) -> ProjectMemo | None:
    memo = memo_of(store, project)
    is_shown = memo is not None and memo.rests(now) and any(task.submission is None for task in tasks)
    return None if is_shown else memo


def mend_of(reasons: Iterable[Reason]) -> tuple[Button, Right]:
    """Returns the button that a held submission needs first, and the right to press it."""
    kinds = {each: kind_of(each) for each in reasons}
    if HoldKind.NEVER in kinds.values():
        return Button.REVIEW, Right.PREPARE
    for reason, button in MENDS.items():
        if reason in kinds:
            return button, Right.PREPARE
    return Button.REVIEW, Right.DECIDE


_RIGHTS: Final[Mapping[TaskKind, Right]] = {
    **dict.fromkeys((TaskKind.RESOLVE, TaskKind.CORRECT), Right.DECIDE),
    TaskKind.BACKUP: Right.HEALTH,
}
"""The right that ends these tasks, a decision of an approver or a look of the administrator; any other is prepared."""


def _row(task: Task, submission: Submission | None, store: Store, issuer: str, viewer: Viewer) -> Work:
    is_waiting = task.urgency is Urgency.WATCH or viewer.waits_for_another(task)
    return Work(task, *button_of(task, issuer), last_preparer(store, submission, task.project), is_waiting)


def button_of(task: Task, issuer: str) -> tuple[Button, str, Right]:
    """Returns the button of a task, the page on which it is done, and the right that it asks for there."""
    if task.kind is TaskKind.HELD:
        button, right = mend_of(task.reasons)
    else:
        button = _BUTTONS[task.kind]
        right = _RIGHTS.get(task.kind, Right.PREPARE)
    return button, _path(task, button, issuer), right


def _path(task: Task, button: Button, issuer: str) -> str:
    if button is Button.HEALTH:
        return "/health"
    if button is Button.EDIT_PROJECT and task.submission is None:
        return f"/projects/{quote(task.project)}/edit"
    if task.submission is None:
        return f"/drop?project={quote(task.project)}" if task.project else "/drop"
    if task.kind is TaskKind.DOWNLOAD:
        return f"/drop?for={task.submission}"
    return _path_to_mend(button, task.submission, task.project, issuer, task.product) or f"/s/{task.submission}"


def way_to_mend(submission: Submission) -> tuple[Button, str] | None:
    """Returns the button that mends a held submission, and the page of it; None if that is the submission's own page.

    A file that was not read is mended by another one, which is dropped anywhere.
    """
    button, _ = mend_of(each.reason for each in submission.reasons)
    if submission.state is not State.HELD or button is Button.REVIEW:
        return None
    if button is Button.DROP_AGAIN:
        return button, "/drop"
    place = submission.destination
    path = _path_to_mend(button, submission.id, place.project or "", place.issuer or "", submission.notice.product)
    return (button, path) if path else None


def _path_to_mend(button: Button, submission: int, project: str, issuer: str, product: Product | None) -> str:
    """Returns the page on which the button's work is done; empty if that is the page of the submission."""
    if button is Button.REGISTER:
        return f"/projects/new?from={submission}"
    if button is Button.CHOOSE_INVOICE and project and product is not None:
        return f"/projects/{quote(project)}/papers?product={product.value}"
    if button is Button.EDIT_PROJECT and project:
        return f"/projects/{quote(project)}"
    if button is Button.COMPLETE_RULE and issuer:
        return f"/issuers/{quote(issuer)}"
    return ""


def _marks(
    project: str, expected: frozenset[Product], newest: Mapping[GuaranteeKey, Submission], today: dt.date
) -> Mapping[Product, Mark]:
    return {
        product: mark_of(newest.get((project, product)), is_expected=product in expected, today=today)
        for product in Product
    }


def mark_of(submission: Submission | None, *, is_expected: bool, today: dt.date) -> Mark:
    """Returns the stage of a guarantee by the submission that counts for it."""
    if submission is None or submission.state is State.WITHDRAWN:
        return Mark.TO_COME if is_expected else Mark.NONE
    if submission.state is State.CONFIRMED or is_settled(submission, today) or submission.state in ACCEPTED:
        return Mark.DONE
    return Mark.NOW
