"""Which messages of a mailbox are to be taken: the new ones, and those that it is time to try again.

Its one promise: a message is passed over only where a row already says what became of it, or where the mailbox was
first looked at later. It fetches headers alone, and records nothing but that a known message bears another UID, or is
gone.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from worker.core.clock import Clock
from worker.core.model import End, Look, MessageRow
from worker.read.budget import TRIED_TOGETHER
from worker.store.ports import Store
from worker.watch import plan as watch
from worker.watch.ports import Header, Mailbox, Opened, Thread

COUNT_AGAIN: Final = dt.timedelta(hours=1)
"""How often the whole window is counted against the ledger, and at each new connection: 100,000 UIDs take 0.2 s."""
COMPARED: Final = 500
"""Messages whose headers are compared with their rows at such a count: one command."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is to be taken under the numbering of ``look``, which is recorded after the last of it."""

    uids: tuple[int, ...]
    again: frozenset[int]
    """Those of ``uids`` that could not be fetched before."""
    look: Look
    is_onward: bool = False
    """Whether the numbering goes on, so that ``look`` holds already."""
    is_renumbered: bool = False
    """Whether a message may be known by its bytes, under another number."""

    @property
    def numbering(self) -> int:
        """The UIDVALIDITY of the rows."""
        return self.look.uidvalidity or 0


async def find_messages(
    store: Store,
    clock: Clock,
    mailbox: Mailbox,
    thread: Thread,
    opened: Opened,
    since: dt.date | None,
    *,
    has_room: bool = True,
) -> Found:
    """The messages to take, by UID; of those put off some of the oldest, where there is room for strangers' mails."""
    name = f"mail:{mailbox.name}"
    now = clock.now()
    last_uid_of = partial(store.last_uid, mailbox.name)
    plan = watch.plan_mailbox(store.look(name), opened, last_uid_of=last_uid_of, since=since, now=now, name=name)
    if isinstance(plan, watch.Onward):
        look = plan.look
        if not (opened.is_fresh or _is_to_be_counted(look, now)):
            return await _go_on(store, mailbox, thread, plan.first, look, now, has_room=has_room)
        if not await _is_replaced(store, mailbox, thread, look, now):
            return await _count(store, mailbox, thread, look, now, has_room=has_room)
        plan = watch.plan_replaced(look, opened, last_uid_of, since)
    if plan.first >= plan.below:
        return Found((), frozenset(), dataclasses.replace(plan.look, counted_at=now, in_window=0, gap=0))
    asked = {*await thread(mailbox.uids, plan.first, plan.search_since)}
    whatever_date_from = plan.whatever_date_from if isinstance(plan, watch.Renumbered) else None
    if whatever_date_from is not None:
        asked.update(await thread(mailbox.uids, whatever_date_from, None))
    uids = sorted(uid for uid in asked if uid < plan.below)
    numbering = plan.look.uidvalidity or 0
    had = store.recorded_uids(mailbox.name, numbering, plan.first)
    headers = await thread(mailbox.headers, [uid for uid in uids if uid not in had])
    take = _reconcile(store, mailbox.name, numbering, headers, (plan.not_before, whatever_date_from))
    window = dataclasses.replace(plan.look, counted_at=now, in_window=len(take) + len(had), gap=len(take))
    return Found(take, frozenset(), window, is_renumbered=isinstance(plan, watch.Renumbered))


def _is_to_be_counted(look: Look, now: dt.datetime) -> bool:
    return look.counted_at is None or abs(now - look.counted_at) >= COUNT_AGAIN


async def _go_on(
    store: Store, mailbox: Mailbox, thread: Thread, first: int, look: Look, now: dt.datetime, *, has_room: bool
) -> Found:
    """What came after the last message that has a row."""
    uids = await thread(mailbox.uids, first, None)
    again = _due_again(store, mailbox.name, look, now, has_room=has_room)
    window = dataclasses.replace(look, in_window=look.in_window + len(uids), gap=look.gap + len(uids))
    return Found(tuple(sorted({*uids, *again})), again, window, is_onward=True)


async def _count(
    store: Store, mailbox: Mailbox, thread: Thread, look: Look, now: dt.datetime, *, has_room: bool
) -> Found:
    """Everything in the window without a row, wherever it stands."""
    uids = await thread(mailbox.uids, look.first_uid, None)
    missing = {*uids} - store.recorded_uids(mailbox.name, look.uidvalidity or 0, look.first_uid)
    again = _due_again(store, mailbox.name, look, now, has_room=has_room)
    window = dataclasses.replace(look, counted_at=now, in_window=len(uids), gap=len(missing))
    return Found(tuple(sorted({*missing, *again})), again, window, is_onward=True)


def _due_again(store: Store, mailbox: str, look: Look, now: dt.datetime, *, has_room: bool) -> frozenset[int]:
    numbering = look.uidvalidity or 0
    unfetched = watch.due_again(store.messages(mailbox, End.UNFETCHED), numbering, now)
    put_off = watch.due_again(store.messages(mailbox, End.PUT_OFF), numbering, now) if has_room else ()
    return frozenset((*unfetched, *put_off[:TRIED_TOGETHER]))


async def _is_replaced(store: Store, mailbox: Mailbox, thread: Thread, look: Look, now: dt.datetime) -> bool:
    """Whether the server has other messages under the newest numbers that are recorded, or this hour's other ones."""
    numbering = look.uidvalidity or 0
    rows = {row.uid: row for row in store.last_messages(mailbox.name, numbering, COMPARED)}
    if _is_to_be_counted(look, now):
        older = sorted(store.recorded_uids(mailbox.name, numbering, 1) - rows.keys())
        up_to = watch.end_of_sweep(older, now)
        if up_to is not None:
            rows |= {row.uid: row for row in store.last_messages(mailbox.name, numbering, watch.SWEPT, up_to)}
    headers = await thread(mailbox.headers, tuple(rows)) if rows else ()
    return any(watch.is_other(header, rows[header.uid]) for header in headers)


def record_gone(store: Store, mailbox: str, numbering: int, gone: frozenset[int]) -> None:
    """Messages that could not be fetched, or were put off, and have been deleted since are not asked for again."""
    if not gone:
        return
    missed = store.messages(mailbox, End.UNFETCHED, End.PUT_OFF)
    rows = [row for row in missed if row.uidvalidity == numbering and row.uid in gone]
    with store.writing() as writing:
        for row in rows:
            writing.record_message(dataclasses.replace(row, end=End.NOT_OURS, why=watch.GONE, next_try_at=None))


def _reconcile(
    store: Store,
    mailbox: str,
    numbering: int,
    headers: Sequence[Header],
    in_question: tuple[dt.datetime | None, int | None],
) -> tuple[int, ...]:
    """UIDs of those that are taken; the rows of the known ones are recorded again under their new UID."""

    def formers_of(header: Header) -> list[MessageRow]:
        rows = store.known_messages(mailbox, header.message_id, header.size)
        return [row for row in rows if row.uidvalidity != numbering]

    judged = watch.judge_headers(headers, formers_of, *in_question)
    with store.writing() as writing:
        for uid, former in judged.known:
            writing.record_message(dataclasses.replace(former, uidvalidity=numbering, uid=uid))
    return judged.take
