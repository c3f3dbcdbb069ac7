"""Decides who is told of an alarm by mail: the addresses of ``[operator]``, and the people who want such mails.

Accounts are told only if ``[console] url`` is set: their mails lead them to a page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from worker.config.settings import Settings
from worker.core.accounts import Account, MailKind
from worker.core.alarms import cause_kind
from worker.core.model import Address, Alarm, Submission
from worker.core.states import AlarmCause, Reason, State
from worker.core.text import match_key

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
            *(AlarmCause.LEFT_ALONE, AlarmCause.TURN),
        ),
        MailKind.WAITING,
    ),
}
"""The kind of mail about each cause, else a warning. A mail that names submissions is for those who may work on
them.
"""


def readers_of(
    alarm: Alarm,
    settings: Settings,
    accounts: Iterable[Account],
    today: dt.date,
    is_concerned: Callable[[Account], bool] = lambda _: True,
) -> tuple[Address, ...]:
    """Returns the addresses to which the mail about ``alarm`` goes, each once.

    Of the people, only those whom it concerns are told of what waits; all of them if it concerns none of them. Whose
    turn it is concerns the people alone, and those who are away only if no other is there.
    """
    return _readers_of(cause_kind(alarm), settings, accounts, today, is_concerned)


def is_for(
    account: Account,
    submissions: Iterable[Submission],
    holders: Mapping[int, str],
    fitting: Mapping[int, AbstractSet[str]],
) -> bool:
    """Returns whether one of ``submissions`` waits for this person; ``holders`` are those who took one on.

    What another person took on waits for that one, a requested approval for those who are ``fitting`` to answer it (by
    ``match_key``), and a draft that was sent back for all but the person who did so. A holder who has no further act
    there keeps it from no other person.
    """
    return any(_waits_for(account, each, holders.get(each.id, ""), fitting.get(each.id)) for each in submissions)


def _waits_for(account: Account, submission: Submission, holder: str, fitting: AbstractSet[str] | None) -> bool:
    me, held_by, returned = match_key(account.name), match_key(holder), submission.approval.returned
    if fitting is not None:
        return me in fitting and (held_by not in fitting or held_by == me)
    is_returned = submission.state is State.HELD and any(hold.reason is Reason.RETURNED for hold in submission.reasons)
    returner = match_key(returned.by) if is_returned and returned is not None else ""
    if held_by and held_by != returner:
        return held_by == me
    return me != returner


def has_sent_list_readers(settings: Settings, accounts: Iterable[Account], today: dt.date) -> bool:
    """Returns whether anybody gets the daily list of what was sent."""
    return bool(_readers_of(AlarmCause.SENT_LIST, settings, accounts, today))


def _readers_of(
    kind: str,
    settings: Settings,
    accounts: Iterable[Account],
    today: dt.date,
    is_concerned: Callable[[Account], bool] = lambda _: True,
) -> tuple[Address, ...]:
    if kind == AlarmCause.DIGEST:
        return _once(settings.notify)
    if kind == AlarmCause.ESCALATION:
        return _once(settings.escalate)
    wanting = [each for each in accounts if each.mail and _is_told(kind, each, today)]
    if kind not in GRAVEST and _KINDS.get(kind) is MailKind.WAITING:
        concerned = [each for each in wanting if is_concerned(each)]
        if kind == AlarmCause.TURN:
            wanting = [each for each in concerned if not each.is_away(today)] or concerned
        else:
            wanting = concerned or wanting
    people = [Address(each.mail) for each in wanting] if settings.console.url else []
    return _once(people if kind == AlarmCause.TURN else (*settings.notify, *people))


def _is_told(kind: str, account: Account, today: dt.date) -> bool:
    mail = _KINDS.get(kind, MailKind.WARNINGS)
    is_wanted = kind in GRAVEST or mail in account.mails
    return is_wanted and account.is_usable(today) and mail in account.mails_to_choose


def _once(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Each address once, however it is spelled: the mailbox is the same."""
    return tuple({each.casefold(): each for each in reversed(tuple(addresses))}.values())[::-1]
