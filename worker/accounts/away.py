"""Absences: recorded with the account, each with an entry that names the days and the deputy.

An absence takes no right away: a person who is away may still decide. It says whom a request waits for, and whom an
approval was given for.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from worker.accounts.people import record_change
from worker.core.accounts import Account, AwayPeriod, Right, japanese_day
from worker.core.errors import NotAllowed
from worker.store.ports import Author, Store

LONGEST_AWAY: Final = dt.timedelta(days=3 * 366)
"""The longest absence: a leave for a child. A later day is a slip of the pen."""


def set_absence(store: Store, account_id: int, period: AwayPeriod | None, author: Author, now: dt.datetime) -> Account:
    """Records the absence of a person, which replaces an earlier one; None ends it. Returns the account.

    Raises NotAllowed: ``no_such_account``, ``away_order``, ``away_past``, ``away_long``, or as ``_refuse_deputy``.
    """
    today = japanese_day(now)
    with store.writing() as writing:
        held = writing.account(account_id)
        if held is None:
            raise NotAllowed("no_such_account", login=str(account_id))
        if period == held.away:
            return held
        if period is not None:
            if period.last < period.first:
                raise NotAllowed("away_order")
            if period.last < today:
                raise NotAllowed("away_past", until=period.last)
            if period.last - max(period.first, today) > LONGEST_AWAY:
                raise NotAllowed("away_long", until=period.last)
            _refuse_deputy(writing.accounts(), held, period, today)
        changed = writing.put_account(dataclasses.replace(held, away=period))
        record_change(writing, changed, author, _detail(writing.accounts(), period))
        return changed


def deputies_for(accounts: Sequence[Account], person: Account, period: AwayPeriod, today: dt.date) -> tuple[str, ...]:
    """Returns the names of those who can be the deputy: approvers on each of these days, and there."""
    return tuple(each.name for each in accounts if each.id != person.id and _is_deputy(each, period, today))


def _is_deputy(account: Account, period: AwayPeriod, today: dt.date) -> bool:
    may = all(account.may(Right.DECIDE, day) for day in (max(period.first, today), period.last))
    return may and (account.away is None or not account.away.meets(period.first, period.last))


def _refuse_deputy(accounts: Sequence[Account], person: Account, period: AwayPeriod, today: dt.date) -> None:
    """Raises NotAllowed unless the deputy is another approver who is there all the time."""
    if period.deputy is None:
        return
    deputy = next((each for each in accounts if each.id == period.deputy), None)
    if deputy is None:
        raise NotAllowed("no_such_account", login=str(period.deputy))
    if deputy.id == person.id:
        raise NotAllowed("deputy_self", name=person.name)
    if not _is_deputy(deputy, period, today):
        is_away = deputy.away is not None and deputy.away.meets(period.first, period.last)
        people = deputies_for(accounts, person, period, today) or "-"
        raise NotAllowed("deputy_away" if is_away else "deputy_may_not", name=deputy.name, people=people)


def _detail(accounts: Sequence[Account], period: AwayPeriod | None) -> dict[str, Any]:
    if period is None:
        return {"change": "present"}
    detail = {"change": "away", "away_from": period.first.isoformat(), "away_until": period.last.isoformat()}
    deputy = next((each.name for each in accounts if each.id == period.deputy), "")
    return {**detail, **({"deputy": deputy} if deputy else {})}
