"""Every kind of mail to people: each alarm, each hold, each state, each kind of task, each fault of a login."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from tests.support.parts import with_fields
from tests.support.registered import drafted
from tests.support.world import START
from worker.audit.sent_log import receipt_detail
from worker.compose.missing_invoice import MissingInvoice
from worker.core.login_errors import LoginFault, LoginRefusal
from worker.core.messages.receipts import COPY_NEWS
from worker.core.model import Alarm, Hold, Product, Receipt, ReceiptKind, Submission, UnreadReason
from worker.core.params import Params, spell
from worker.core.server_faults import ServerFault
from worker.core.signs import Sign
from worker.core.states import AlarmCause, Reason, State
from worker.notify.digest import TASKS_LIMIT, write_digest, write_escalation, write_sent_list
from worker.notify.operator_mail import (
    LINES_LIMIT,
    join_mails,
    write_alarm_mail,
    write_before_sending,
    write_store_failed,
)
from worker.store.backups import TROUBLES, Trouble
from worker.views.actions import Action, ActionKind, Input
from worker.views.tasks import Task, TaskKind, Urgency
from worker.views.unread_files import gather_unread

MOMENT = START.isoformat()
NEWS = f"1: {spell(Params(**receipt_detail(Receipt(ReceiptKind.FAILED, START, recipient='a@town.example'))))}"
LEFT = spell(
    Params(mailbox="mail:main", left="2", alike="1", newest=("保証のお知らせ",), unseen="1", **{"from": MOMENT})
)
DETAILS: dict[AlarmCause, tuple[str, ...]] = {
    AlarmCause.CAME_BACK: (NEWS, f"1: {spell(COPY_NEWS)}"),
    AlarmCause.NEWS: (NEWS,),
    AlarmCause.LATE_ANSWER: ("1: 250 ok",),
    AlarmCause.LEFT_ALONE: (LEFT,),
    AlarmCause.ACCOUNT_REFUSED: (
        "535 5.7.8 no",
        *(str(LoginRefusal("main", fault, "said")) for fault in LoginFault),
    ),
    AlarmCause.GUESSING: ("jiro",),
    AlarmCause.BACKUP_FAILED: tuple(
        Trouble(START, code, "/srv/hoshobin-backup", "detail", 1, 2).text() for code in TROUBLES
    ),
    AlarmCause.ROLE_GIVEN: ("jiro",),
}
"""What stands in an alarm of the cause; all others have plain words."""
ABOUT: dict[AlarmCause, tuple[str, ...]] = {
    AlarmCause.LOG_BROKEN: (*map(str, Sign), "entry_unreadable"),
    AlarmCause.MUTE: (MOMENT,),
    AlarmCause.STORE_FAILED: (MOMENT,),
    AlarmCause.STORE_MENDED: (MOMENT,),
    AlarmCause.DEAF: ("mail:main", "folder"),
    AlarmCause.ACCOUNT_REFUSED: ("mail:main", "smtp"),
    AlarmCause.UNFETCHED: ("mail:main",),
    AlarmCause.PUT_OFF: ("time:mail:main", "disk:mail:main"),
}
APART = {AlarmCause.DIGEST, AlarmCause.ESCALATION, AlarmCause.LEAVING}
"""Causes whose mails are written by functions of their own."""


def submissions() -> Iterator[Submission]:
    """One in each state, and one held for each reason."""
    drafted_one = drafted().submission
    for state in State:
        for joined in ((), (2,)):
            yield with_fields(replace(drafted_one, state=state, reasons=()), superseded_by=2 if joined else None)
    for reason in Reason:
        yield with_fields(drafted_one, reasons=(Hold(reason),))


def tasks() -> Iterator[Task]:
    """One of each kind with each action, and one of a project alone."""
    actions = [Action(kind, 1, (Input.BY,), label="1@ab") for kind in ActionKind]
    for kind in TaskKind:
        for action in (None, *actions):
            number = action.submission if action else None
            yield Task(
                *(kind, "mihon/橋 梁", "橋梁補修工事", "みほん町", Product.CONTRACT, number),
                texts=("電話で確認", "call"),
                due=None,
                action=action,
                urgency=Urgency.NOW,
            )


def alarms() -> Iterator[Alarm]:
    """One of each cause, about each thing, with each detail."""
    for cause in AlarmCause:
        for about in ABOUT.get(cause, ("",)):
            for detail in DETAILS.get(cause, ("refused",)):
                yield Alarm(1, f"{cause}:{about}" if about else cause, (), START, detail)


def mails() -> Iterator[tuple[str, str]]:
    """Subject and body of each."""
    for alarm in alarms():
        if alarm.cause.partition(":")[0] not in APART:
            yield write_alarm_mail((alarm,), {}, frozenset(State), rehearsing=True)
    for fault in ServerFault:
        alarm = Alarm(1, f"{AlarmCause.ACCOUNT_REFUSED}:smtp", (), START, f"{fault}: refused")
        yield write_alarm_mail((alarm,), {}, frozenset(State), rehearsing=True)
    for each in submissions():
        alarm = Alarm(1, AlarmCause.BEGAN_TO_WAIT, (each.id,), START)
        missing = {each.id: MissingInvoice("invoices", "a.pdf", ("b.pdf",), 3, ("c.pdf",), is_away=True)}
        yield write_alarm_mail((alarm,), {each.id: each}, frozenset(State), rehearsing=False, missing=missing)
        yield write_before_sending((each,), {each.id: START}, 30, others=2)
    many = {number: replace(drafted().submission, id=number) for number in range(1, LINES_LIMIT + 3)}
    yield write_alarm_mail((Alarm(1, "began_to_wait", tuple(many), START),), many, frozenset(State), rehearsing=False)
    unread = {"notices": gather_unread((f"{each}.pdf", each) for each in UnreadReason)}
    sent = [replace(drafted().submission, state=State.SENT)] * (TASKS_LIMIT + 1)
    yield write_digest(tuple(tasks()), (7, "ab" * 32), START, sent, rehearsing=True, unread=unread)
    yield write_digest((*tasks(),) * 4, (7, "ab" * 32), START, rehearsing=True)
    yield write_digest((), (7, "ab" * 32), START, rehearsing=False)
    yield write_sent_list(sent, START, rehearsing=True)
    yield write_sent_list((), START, rehearsing=False)
    yield join_mails([write_sent_list(sent, START, rehearsing=True), write_escalation((), rehearsing=True)])
    yield write_escalation(tuple(tasks()), rehearsing=True)
    yield write_store_failed(START + dt.timedelta(hours=1), "disk full", "/var/lib/hoshobin")
