"""今日すること: the first page, the only list of work."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from worker.console.banners import banners_of
from worker.console.visit import Visit
from worker.core.accounts import Right
from worker.core.model import Product
from worker.views.today import work_of_today

WAITING: Final = "waiting"
_HOMES: Final = ((Right.AUDIT, "/people/views"), (Right.PEOPLE, "/people"))
"""The first page of an account that sees no work, by its right."""


def show_today(visit: Visit) -> Response:
    """The work of the office; an administrator and an auditor begin with their own page."""
    if not visit.may(Right.SEE) or not visit.may(Right.PREPARE):
        for right, path in _HOMES:
            if visit.may(right):
                return visit.go(path)
    office = visit.office
    today = work_of_today(visit.store, office.outline, visit.now)
    kind = visit.query.get("kind", "")
    issuer = visit.query.get("issuer", "")
    groups = [
        (group, [row for row in group.rows if not kind or row.task.kind.value == kind])
        for group in today.groups
        if not issuer or group.issuer == issuer
    ]
    return visit.page(
        "today.html",
        banners=banners_of(visit),
        groups=[(group, rows) for group, rows in groups if rows],
        count=today.count,
        to_decide=today.to_decide,
        products=tuple(Product),
        kinds=sorted({row.task.kind.value for group in today.groups for row in group.rows}),
        issuers=sorted({group.issuer for group in today.groups if group.issuer}),
        kind=kind,
        issuer=issuer,
    )
