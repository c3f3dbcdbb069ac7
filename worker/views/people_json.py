"""People as programs read them: the fixed fields of ``user``. No field holds a password or its hash."""

from __future__ import annotations

import datetime as dt
from typing import Any

from worker.core.accounts import Account, AwayPeriod, TakenWork
from worker.views.submission_json import time_json


def account_json(account: Account, today: dt.date, link: str = "", until: dt.datetime | None = None) -> dict[str, Any]:
    """The fields of one account; ``link`` is that of an invitation that was just made, ``until`` its end."""
    fields: dict[str, Any] = {
        "login": account.login,
        "name": account.name,
        "reading": account.reading,
        "mail": account.mail,
        "roles": sorted(account.roles),
        "until": account.until.isoformat() if account.until else None,
        "stopped": account.is_stopped,
        "usable": account.is_usable(today),
        "has_password": bool(account.password),
        "has_company_account": account.identity is not None,
        "language": account.language,
        "mails": sorted(account.mails),
        "created_at": time_json(account.created_at),
        "away": _away_json(account.away),
    }
    return fields | ({"link": link, "link_until": time_json(until)} if link else {})


def taken_json(about: str, taken: TakenWork | None) -> dict[str, Any]:
    """The fields of ``take``: what it is about, and the person who has taken it on since ``at``, if there is one."""
    return {"about": about, "by": taken.by if taken else None, "at": time_json(taken.at if taken else None)}


def _away_json(period: AwayPeriod | None) -> dict[str, Any] | None:
    if period is None:
        return None
    return {"from": period.first.isoformat(), "until": period.last.isoformat(), "deputy": period.deputy}
