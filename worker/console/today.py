"""今日すること: the first page, the only list of work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from worker.approve.taken_on import leave_work, take_on, taken_now
from worker.console.visit import Visit
from worker.core.accounts import Right
from worker.core.model import JST, Product
from worker.core.text import match_key
from worker.send.rate_limit import leaves_at
from worker.views.tasks import find_work
from worker.views.today import ProjectWork, Work, awaits_approval, work_of_today

MINE: Final = "mine"
APPROVAL: Final = "approval"
"""The kind that stands for everything that waits for an approval alone."""
_FILTERS: Final = ("kind", "issuer", "who")
_ALL_DUE: Final = dt.datetime(9999, 1, 1, tzinfo=JST)
"""Everything that was released is due by then."""
_HOMES: Final = ((Right.AUDIT, "/log"), (Right.PEOPLE, "/people"))
"""The first page of an account that sees no work, by its right."""


def show_today(visit: Visit) -> Response:
    """The work of the office; an administrator and an auditor begin with their own page."""
    if not visit.may(Right.SEE) or not visit.may(Right.PREPARE):
        for right, path in _HOMES:
            if visit.may(right):
                return visit.go(path)
    office = visit.office
    today = work_of_today(visit.store, office.outline, visit.now, visit.viewer)
    kind, issuer, who = (visit.query.get(name, "") for name in _FILTERS)
    taken = {about: each.by for about, each in taken_now(visit.store, office.outline.settings.hours, visit.now).items()}
    groups = [
        (group, [row for row in group.rows if _is_shown(visit, row, kind, issuer, who, taken.get(row.task.about, ""))])
        for group in today.groups
    ]
    due = visit.store.due(_ALL_DUE)
    return visit.page(
        "today.html",
        groups=[(group, rows) for group, rows in groups if rows],
        count=_count(groups) if kind or issuer or who else today.count,
        title=visit.say("menu_approvals" if kind == APPROVAL else "today"),
        to_decide=today.to_decide,
        products=tuple(Product),
        kinds=[
            *([APPROVAL] if today.to_decide or kind == APPROVAL else []),
            *sorted({row.task.kind.value for group in today.groups for row in group.rows}),
        ],
        issuers=sorted({row.task.issuer for group in today.groups for row in group.rows if row.task.issuer}),
        kind=kind,
        issuer=issuer,
        who=who,
        taken=taken,
        has_projects=bool(office.outline.projects),
        has_work=bool(today.groups),
        next_sending=_next_sending(visit, due),
        to_send=len(due),
        looked=max((each.last_ok for each in visit.store.health_records() if each.last_ok), default=None),
    )


def take_work(visit: Visit) -> Response:
    """Takes the work of a row on, or leaves it; the list comes again as it was filtered."""
    about = find_work(visit.form.text("about"), visit.store, visit.office.outline)
    if visit.form.text("act") == "leave":
        leave_work(visit.store, about, visit.author)
    else:
        take_on(visit.store, about, visit.office.outline.settings.hours, visit.author, visit.now)
    said = "work_left" if visit.form.text("act") == "leave" else "work_taken"
    filters = {name: visit.form.text(name) for name in _FILTERS if visit.form.text(name)}
    return visit.go("/", said, **filters)


def _is_shown(visit: Visit, row: Work, kind: str, issuer: str, who: str, taken_by: str) -> bool:
    """Returns whether the filters let a row through.

    自分 leaves what this person took on, and of what was not taken on what this person prepared last or may decide.
    """
    me = match_key(visit.person.name)
    is_decision = row.right is Right.DECIDE and visit.may(row.right)
    if who == MINE and match_key(taken_by or row.in_charge) != me and (taken_by or not is_decision):
        return False
    is_of_kind = (
        awaits_approval(row.task, visit.viewer) if kind == APPROVAL else not kind or row.task.kind.value == kind
    )
    return is_of_kind and (not issuer or row.task.issuer == issuer)


def _count(groups: Sequence[tuple[ProjectWork, Sequence[Work]]]) -> int:
    """The rows that the filters leave and that a person does something about."""
    return sum(not row.is_waiting for _, rows in groups for row in rows)


def _next_sending(visit: Visit, due: tuple[int, ...]) -> dt.datetime | None:
    """The moment at which the first of the released mails leaves."""
    first = visit.store.submission(due[0]) if due else None
    return leaves_at(first, visit.office.settings.hours, visit.now) if first else None
