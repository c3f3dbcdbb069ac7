"""Decides who is told of an alarm by mail: the addresses of ``[operator]``, and the people who want such mails.

Accounts are told only if ``[console] url`` is set: their mails lead them to a page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Final

from worker.config.settings import Settings
from worker.core.accounts import Account, MailKind
from worker.core.alarms import cause_kind
from worker.core.model import Address, Alarm
from worker.core.states import AlarmCause

GRAVEST: Final = frozenset(
    {
        *(AlarmCause.LOG_BROKEN, AlarmCause.STORE_FAILED, AlarmCause.MUTE, AlarmCause.DEAF),
        *(AlarmCause.ACCOUNT_REFUSED, AlarmCause.IN_DOUBT, AlarmCause.CAME_BACK, AlarmCause.LATE_ANSWER),
        *(AlarmCause.PDF_SANDBOX, AlarmCause.ROLE_GIVEN),
    }
)
"""Nothing comes in, nothing goes out, something may go twice, or a stolen login gave itself a role."""

_KINDS: Final[Mapping[str, MailKind]] = {
    AlarmCause.SENT_LIST: MailKind.SENT,
    **dict.fromkeys(
        (
            *(
                AlarmCause.BEGAN_TO_WAIT,
                AlarmCause.LEAVING,
                AlarmCause.IN_DOUBT,
                AlarmCause.REFUSED,
                AlarmCause.BOUNCED,
            ),
            *(AlarmCause.LATE_ANSWER, AlarmCause.CAME_BACK, AlarmCause.NEWS, AlarmCause.WITHDRAWN_AGAIN),
            *(AlarmCause.UNPROVEN_NEWCOMER, AlarmCause.NOT_READ_AGAIN, AlarmCause.DEADLINE, AlarmCause.ANNOUNCED),
            AlarmCause.LEFT_ALONE,
        ),
        MailKind.WAITING,
    ),
}
"""The kind of mail about each cause, else a warning. A mail that names submissions is for those who may work on
them.
"""


def readers_of(alarm: Alarm, settings: Settings, accounts: Iterable[Account], today: dt.date) -> tuple[Address, ...]:
    """Returns the addresses to which the mail about ``alarm`` goes, each once."""
    return _readers_of(cause_kind(alarm), settings, accounts, today)


def has_sent_list_readers(settings: Settings, accounts: Iterable[Account], today: dt.date) -> bool:
    """Returns whether anybody gets the daily list of what was sent."""
    return bool(_readers_of(AlarmCause.SENT_LIST, settings, accounts, today))


def _readers_of(kind: str, settings: Settings, accounts: Iterable[Account], today: dt.date) -> tuple[Address, ...]:
    if kind == AlarmCause.DIGEST:
        return _once(settings.notify)
    if kind == AlarmCause.ESCALATION:
        return _once(settings.escalate)
    wanting = [Address(each.mail) for each in accounts if each.mail and _is_told(kind, each, today)]
    return _once((*settings.notify, *(wanting if settings.console.url else ())))


def _is_told(kind: str, account: Account, today: dt.date) -> bool:
    mail = _KINDS.get(kind, MailKind.WARNINGS)
    is_wanted = kind in GRAVEST or mail in account.mails
    return is_wanted and account.is_usable(today) and mail in account.mails_to_choose


def _once(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Each address once, however it is spelled: the mailbox is the same."""
    return tuple({each.casefold(): each for each in reversed(tuple(addresses))}.values())[::-1]
