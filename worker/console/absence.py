"""不在と代理: the absences of people, recorded by the person, an approver or an administrator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from worker.accounts.away import set_absence
from worker.console.visit import Visit
from worker.core.accounts import Account, AwayPeriod, Right, day_without_approver
from worker.core.errors import NotAllowed


def show_absences(visit: Visit) -> Response:
    """The people with their absences."""
    accounts = visit.store.accounts()
    people = [each for each in accounts if each.is_usable(visit.today)]
    uncovered = {each.id: uncovered_day(visit, each) for each in people}
    return visit.page("absences.html", people=people, names=_names(accounts), uncovered=uncovered)


def show_absence(visit: Visit) -> Response:
    """The form of one person's absence."""
    return _absence(visit, _account(visit))


def record_absence(visit: Visit) -> Response:
    """Records or ends the absence of another person."""
    account = _account(visit)
    try:
        said = record_typed(visit, account)
    except NotAllowed as refused:
        return _absence(visit, account, visit.refusal(refused))
    return visit.go("/people/absences", said)


def record_typed(visit: Visit, account: Account) -> str:
    """Records what was typed of the person's absence; returns the code of the answer. Raises NotAllowed."""
    if visit.form.text("act") == "end":
        set_absence(visit.store, account.id, None, visit.author, visit.now)
        return "absence_ended"
    first, last = visit.day(visit.form.text("first")), visit.day(visit.form.text("last"))
    if first is None or last is None:
        raise NotAllowed("away_needs_days")
    deputy = visit.form.text("deputy")
    period = AwayPeriod(first, last, int(deputy) if deputy.isdecimal() else None)
    set_absence(visit.store, account.id, period, visit.author, visit.now)
    return "absence_set"


def absence_fields(visit: Visit, account: Account) -> Mapping[str, Any]:
    """Returns the values of ``absence_form.html`` for one person."""
    accounts = visit.store.accounts()
    is_current = account.away is not None and account.away.last >= visit.today
    return {
        "absent": account,
        "away": account.away if is_current else None,
        "deputies": [each for each in accounts if each.id != account.id and each.may(Right.DECIDE, visit.today)],
        "names": _names(accounts),
        "uncovered": uncovered_day(visit, account),
        "typed": visit.form,
    }


def uncovered_day(visit: Visit, account: Account) -> dt.date | None:
    """Returns the first day of the absence on which no approver is there; None if there is none."""
    accounts = visit.store.accounts()
    return day_without_approver(accounts, account.away, visit.today) if account.away is not None else None


def _absence(visit: Visit, account: Account, failed: str = "") -> Response:
    return visit.page("absence.html", 422 if failed else 200, failed=failed, **absence_fields(visit, account))


def _account(visit: Visit) -> Account:
    account = visit.store.account(int(visit.params["id"]))
    if account is None:
        raise NotAllowed("no_such_submission", id=visit.params["id"])
    return account


def _names(accounts: tuple[Account, ...]) -> Mapping[int, str]:
    return {each.id: each.name for each in accounts}
