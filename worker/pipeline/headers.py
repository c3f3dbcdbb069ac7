"""Which messages of a mailbox are to be taken: the new ones, and those that it is time to try again.

Its one promise: a message is passed over only where a row already says what became of it, or where the mailbox was
first looked at later. It fetches headers alone, and records nothing but that a known message bears another UID, or is
gone.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence

from worker import watch
from worker.model import End, Look, MessageRow
from worker.ports import Clock, Header, Mailbox, Opened, Store, Thread


async def new_headers(
    store: Store, clock: Clock, mailbox: Mailbox, thread: Thread, opened: Opened, since: dt.date | None
) -> tuple[tuple[Header, ...], Look]:
    """The messages to take, and what is known of the mailbox once they are recorded."""
    name = f"mail:{mailbox.name}"
    now = clock.now()
    known = store.look(name)
    rows = tuple(store.messages(mailbox.name, End.UNFETCHED))
    again = watch.due_again(rows, opened.uidvalidity, now)
    last_uid = store.last_uid(mailbox.name, opened.uidvalidity)
    match watch.plan_mailbox(known, opened, last_uid=last_uid, since=since, now=now, name=name):
        case watch.Onward(first):
            uids = [uid for uid in await thread(mailbox.uids, first, None) if uid > last_uid]
            headers = await thread(mailbox.headers, sorted({*uids, *again})) if uids or again else ()
            _record_gone(store, rows, opened.uidvalidity, {*again} - {header.uid for header in headers})
            return headers, known or Look(name)
        case watch.FirstLook(first, below, search_since, not_before, look) | watch.Renumbered(
            first, below, search_since, not_before, look
        ):
            if first >= below:
                return (), look
            had = {row.uid for row in store.messages(mailbox.name) if row.uidvalidity == opened.uidvalidity}
            found = await thread(mailbox.uids, first, search_since)
            headers = await thread(mailbox.headers, [uid for uid in found if uid < below and uid not in had])
            return _reconcile(store, mailbox.name, opened.uidvalidity, headers, not_before), look


def _record_gone(store: Store, rows: Sequence[MessageRow], uidvalidity: int, gone: set[int]) -> None:
    """Messages that could not be fetched and have been deleted since are not asked for again."""
    if not gone:
        return
    with store.writing() as writing:
        for row in rows:
            if row.uidvalidity == uidvalidity and row.uid in gone:
                writing.record_message(dataclasses.replace(row, end=End.NOT_OURS, why=watch.GONE, next_try_at=None))


def _reconcile(
    store: Store, mailbox: str, uidvalidity: int, headers: Sequence[Header], not_before: dt.datetime | None
) -> tuple[Header, ...]:
    """Those of ``headers`` that are new; the rows of the others are recorded again under their new UID."""
    fresh = []
    with store.writing() as writing:
        for header in headers:
            former = store.known_message(mailbox, header.message_id, header.size, header.internal_date)
            judged = watch.judge_header(header, former, not_before)
            if judged is watch.Judged.TAKE:
                fresh.append(header)
            elif judged is watch.Judged.KNOWN and former is not None:
                writing.record_message(dataclasses.replace(former, uidvalidity=uidvalidity, uid=header.uid))
    return tuple(fresh)
