"""Which messages of a mailbox are to be taken: the new ones, and those that it is time to try again.

Its one promise: a message is passed over only where a row already says what became of it, or where it is older than
what is taken; those are counted. It fetches headers alone, and records nothing but that a known message bears another
UID, or is gone.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from worker.core.clock import Clock
from worker.core.model import Disposition, HealthRecord, MessageRow
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
    look: HealthRecord
    is_onward: bool = False
    """Whether the numbering goes on, so that ``look`` holds already."""
    is_renumbered: bool = False
    """Whether a message may be known by its bytes, under another number."""
    left: tuple[Header, ...] | None = None
    """The newest of those that look like notices among the messages that are left as old, which ``look`` counts; None
    where no date decided."""

    @property
    def numbering(self) -> int:
        """The UIDVALIDITY of the rows."""
        return self.look.uidvalidity or 0


@dataclass(frozen=True, slots=True)
class Asking:
    """One mailbox, and what decides which of its messages are taken."""

    store: Store
    clock: Clock
    mailbox: Mailbox
    thread: Thread
    start: watch.Start
    is_alike: Callable[[Header], bool]
    """Whether the header fields of a message look like a notice's."""


async def find_messages(asking: Asking, opened: Opened, *, has_room: bool = True) -> Found:
    """The messages to take, by UID; of those put off some of the oldest, where there is room for strangers' mails."""
    store, mailbox, thread, start = asking.store, asking.mailbox, asking.thread, asking.start
    name = f"mail:{mailbox.name}"
    now = asking.clock.now()
    last_uid_of = partial(store.last_uid, mailbox.name)
    plan = watch.plan_mailbox(store.look(name), opened, last_uid_of=last_uid_of, start=start, now=now, name=name)
    if isinstance(plan, watch.Onward):
        look = plan.look
        if not (opened.is_fresh or _is_to_be_counted(look, now)):
            return await _go_on(store, mailbox, thread, plan.first, look, now, has_room=has_room)
        if not await _is_replaced(store, mailbox, thread, look, now):
            return await _count(store, mailbox, thread, look, now, has_room=has_room)
        plan = watch.plan_replaced(look, opened, last_uid_of, start)
    found, known = await _decide_by_date(asking, plan)
    look = dataclasses.replace(found.look, counted_at=now, in_window=len(found.uids) + known, gap=0)
    return dataclasses.replace(found, look=look)


def asks_below(asking: Asking) -> watch.FirstLook | None:
    """What ``start`` asks for below the UID of the first look; None where that was asked before."""
    look = asking.store.look(f"mail:{asking.mailbox.name}")
    return None if look is None else watch.plan_below(look, asking.start)


async def find_below(asking: Asking) -> Found | None:
    """The messages to take below the UID of the first look; None where they were asked for before."""
    plan = asks_below(asking)
    return None if plan is None else (await _decide_by_date(asking, plan))[0]


async def _decide_by_date(asking: Asking, plan: watch.FirstLook | watch.Renumbered) -> tuple[Found, int]:
    """The messages of which the date decides, with how many have a row; those that are left are counted.

    A server's SINCE may know another day than its INTERNALDATE says, or leave out a message without one: whatever the
    headers of those left say is to be taken is not left.
    """
    mailbox, thread = asking.mailbox, asking.thread
    numbering = plan.look.uidvalidity or 0
    whatever_date_from = plan.whatever_date_from if isinstance(plan, watch.Renumbered) else None
    judge = partial(
        _reconcile, asking.store, mailbox.name, numbering, in_question=(plan.not_before, whatever_date_from)
    )
    had = asking.store.recorded_uids(mailbox.name, numbering, plan.first)
    every = await _uids_below(asking, plan) - had
    asked = {*await thread(mailbox.uids, plan.first, plan.search_since)} if every else set()
    if whatever_date_from is not None:
        asked.update(uid for uid in every if uid >= whatever_date_from)
    judged = judge(await thread(mailbox.headers, sorted(every & asked)))
    left = every - {*judged.take} - {uid for uid, _ in judged.known}
    seen, alike = await _look_at_left(asking, sorted(left)[-watch.LEFT_LOOKED_AT :])
    late = judge(seen)
    left -= {*late.take, *(uid for uid, _ in late.known)}
    alike = [header for header in alike if header.uid in left]
    unseen = len(left - {header.uid for header in seen})
    found = Found(
        tuple(sorted((*judged.take, *late.take))),
        frozenset(),
        dataclasses.replace(plan.look, left=len(left), left_alike=len(alike), left_unseen=unseen),
        is_renumbered=isinstance(plan, watch.Renumbered),
        left=tuple(alike[-watch.LEFT_NAMED :]),
    )
    return found, len(had)


async def _uids_below(asking: Asking, plan: watch.FirstLook | watch.Renumbered) -> set[int]:
    """Every UID of which the date decides."""
    if plan.first >= plan.below:
        return set()
    uids = await asking.thread(asking.mailbox.uids, plan.first, None)
    return {uid for uid in uids if uid < plan.below}


async def _look_at_left(asking: Asking, uids: Sequence[int]) -> tuple[list[Header], list[Header]]:
    """The headers of these, as far as the server gives them; and of those that look like notices, with their fields."""
    seen: list[Header] = []
    alike: list[Header] = []
    for place in range(0, len(uids), COMPARED):
        headers = await asking.thread(asking.mailbox.fields, uids[place : place + COMPARED])
        readable = [header for header in headers if header.size > 0]
        alike += filter(asking.is_alike, readable)
        seen += (dataclasses.replace(header, fields=b"") for header in readable)
    return seen, alike


def _is_to_be_counted(look: HealthRecord, now: dt.datetime) -> bool:
    return look.counted_at is None or abs(now - look.counted_at) >= COUNT_AGAIN


async def _go_on(
    store: Store, mailbox: Mailbox, thread: Thread, first: int, look: HealthRecord, now: dt.datetime, *, has_room: bool
) -> Found:
    """What came after the last message that has a row."""
    uids = await thread(mailbox.uids, first, None)
    again = _due_again(store, mailbox.name, look, now, has_room=has_room)
    window = dataclasses.replace(look, in_window=look.in_window + len(uids), gap=look.gap + len(uids))
    return Found(tuple(sorted({*uids, *again})), again, window, is_onward=True)


async def _count(
    store: Store, mailbox: Mailbox, thread: Thread, look: HealthRecord, now: dt.datetime, *, has_room: bool
) -> Found:
    """Everything in the window without a row, wherever it stands."""
    uids = await thread(mailbox.uids, look.first_uid, None)
    missing = {*uids} - store.recorded_uids(mailbox.name, look.uidvalidity or 0, look.first_uid)
    again = _due_again(store, mailbox.name, look, now, has_room=has_room)
    window = dataclasses.replace(look, counted_at=now, in_window=len(uids), gap=len(missing))
    return Found(tuple(sorted({*missing, *again})), again, window, is_onward=True)


def _due_again(store: Store, mailbox: str, look: HealthRecord, now: dt.datetime, *, has_room: bool) -> frozenset[int]:
    numbering = look.uidvalidity or 0
    unfetched = watch.due_again(store.messages(mailbox, Disposition.UNFETCHED), numbering, now)
    put_off = watch.due_again(store.messages(mailbox, Disposition.PUT_OFF), numbering, now) if has_room else ()
    return frozenset((*unfetched, *put_off[:TRIED_TOGETHER]))


async def _is_replaced(store: Store, mailbox: Mailbox, thread: Thread, look: HealthRecord, now: dt.datetime) -> bool:
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
    missed = store.messages(mailbox, Disposition.UNFETCHED, Disposition.PUT_OFF)
    rows = [row for row in missed if row.uidvalidity == numbering and row.uid in gone]
    with store.writing() as writing:
        for row in rows:
            writing.record_message(dataclasses.replace(row, end=Disposition.NOT_OURS, why=watch.GONE, next_try_at=None))


def _reconcile(
    store: Store,
    mailbox: str,
    numbering: int,
    headers: Sequence[Header],
    in_question: tuple[dt.datetime, int | None],
) -> watch.Judged:
    """Which are taken; the rows of the known ones are recorded again under their new UID."""

    def formers_of(header: Header) -> list[MessageRow]:
        rows = store.known_messages(mailbox, header.message_id, header.size)
        return [row for row in rows if row.uidvalidity != numbering]

    judged = watch.judge_headers(headers, formers_of, *in_question)
    if judged.known:
        with store.writing() as writing:
            for uid, former in judged.known:
                writing.record_message(dataclasses.replace(former, uidvalidity=numbering, uid=uid))
    return judged
