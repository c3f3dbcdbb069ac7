"""What is done in the mailbox to messages whose end is recorded, as ``[mailbox.x] after`` says: always last.

Its one promise: what fails is tried again at the next look, also after a restart, and changes nothing that is
recorded. It does not know why a message has the end it has.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.config.mailbox_actions import Act
from worker.core.clock import Clock
from worker.core.errors import Unavailable
from worker.core.model import MessageRow, Submission
from worker.match.match import WatchedMailbox, mail_from_before
from worker.pipeline.first_start import Beginning
from worker.pipeline.intake import Intake, ReadBlock
from worker.pipeline.ledger_rows import LedgerRows, alike_by, judge_by, news_by, pass_over
from worker.pipeline.left_alone import note_left
from worker.pipeline.new_messages import Asking, Found, asks_below, find_below, find_messages, record_gone
from worker.read.ports import PdfReader
from worker.store.ports import Author, Store
from worker.watch.plan import start_from
from worker.watch.ports import Fetched, Header, Mailbox, Thread

ACTED_ON_AT_ONCE: Final = 100
"""Messages in one command: what fails is tried again in whole."""


class Settling:
    """What is still to be done, per mailbox; the store knows it, and this remembers it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._due: dict[str, dict[tuple[int, int], MessageRow]] = {}
        self.failures: dict[str, Unavailable] = {}
        """Why the last try failed, by ``mail:NAME``; none where it did not."""

    async def settle(self, mailbox: Mailbox, thread: Thread, uidvalidity: int) -> None:
        """Do what is due in the open folder. Raises nothing for what the server refuses."""
        if mailbox.after.act is Act.NOTHING:
            return
        due = self._rows(mailbox.name)
        uids = sorted(uid for validity, uid in due if validity == uidvalidity)
        self.failures.pop(f"mail:{mailbox.name}", None)
        for place in range(0, len(uids), ACTED_ON_AT_ONCE):
            some = uids[place : place + ACTED_ON_AT_ONCE]
            try:
                await thread(mailbox.settle, some)
            except Unavailable as failure:
                self.failures[f"mail:{mailbox.name}"] = failure
                return
            with self._store.writing() as writing:
                for uid in some:
                    writing.record_message(dataclasses.replace(due[uidvalidity, uid], is_after_due=False))
            for uid in some:
                del due[uidvalidity, uid]

    def note(self, row: MessageRow) -> None:
        """Remember a row that was recorded with something to be done."""
        self._rows(row.mailbox)[row.uidvalidity, row.uid] = row

    def _rows(self, name: str) -> dict[tuple[int, int], MessageRow]:
        if name not in self._due:
            rows = self._store.messages_due_after(name)
            self._due[name] = {(row.uidvalidity, row.uid): row for row in rows}
        return self._due[name]


READ_AHEAD: Final = 2
"""Blocks of one mailbox that are fetched and read while an earlier one is recorded: with one the PDF children would
wait for the recording, and each more is up to 4 MB held."""


TOGETHER: Final = 500
"""Messages that are judged, taken and recorded together: of a backlog of 100,000 no more stand in memory."""


class Watching:
    """The looks at all mailboxes."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        reader: PdfReader,
        intake: Intake,
        active_config: Callable[[], ActiveConfig],
        on_recorded: Callable[[Sequence[Submission], ActiveConfig], None],
        beginning: Beginning,
        author: Author,
    ) -> None:
        """``on_recorded`` is called after each block, with what was drafted for it and the configuration."""
        self._store = store
        self._clock = clock
        self._reader = reader
        self._intake = intake
        self._active_config = active_config
        self._on_recorded = on_recorded
        self._beginning = beginning
        self._author = author
        self.settling = Settling(store)
        self.under_way = 0
        """Looks that still take messages in."""
        self.has_news_of: set[str] = set()
        """The mailboxes, by ``mail:NAME``, of which every message is read that was there at the first look of this
        process and may say what became of a mail of ours."""

    async def look(self, mailbox: Mailbox, thread: Thread, since: dt.date | None) -> int:
        """Take what is new in ``mailbox``; how many submissions began to wait. Raises Unavailable."""
        active_config = self._active_config()
        watched = self._beginning.note_mailboxes(active_config).get(mailbox.name)
        opened = await thread(mailbox.open)
        start = start_from(since, self._beginning.first_start or self._clock.now())
        is_alike = alike_by(active_config, self._intake.ours(active_config))
        asking = Asking(self._store, self._clock, mailbox, thread, start, is_alike)
        found = await find_messages(asking, opened, has_room=self._intake.turns.has_room())
        self.under_way += 1
        try:
            waiting = await self._take_all(mailbox, thread, found, watched, is_last=not asks_below(asking))
            if found.is_onward and (below := await find_below(asking)) is not None:
                waiting += await self._take_all(mailbox, thread, below, watched, is_last=True)
        finally:
            self.under_way -= 1
        await self.settling.settle(mailbox, thread, found.numbering)
        return waiting

    async def _take_all(
        self, mailbox: Mailbox, thread: Thread, found: Found, watched: WatchedMailbox | None, *, is_last: bool
    ) -> int:
        first_start, now = self._beginning.first_start, self._clock.now()

        def from_before(header: Header) -> str:
            is_new = found.is_onward and header.uid not in found.again
            return mail_from_before(header.internal_date, first_start, watched, now, is_new=is_new)

        waiting = missing = 0
        for place in range(0, len(found.uids), TOGETHER):
            asked = found.uids[place : place + TOGETHER]
            if found.is_onward:
                self._record_look(found, missing + len(found.uids) - place)
            headers = await thread(mailbox.outlines, asked)
            is_there = {header.uid for header in headers}
            record_gone(self._store, mailbox.name, found.numbering, found.again.intersection(asked) - is_there)
            ends = is_last and place + TOGETHER >= len(found.uids)
            waiting += await self._take(mailbox, thread, found, headers, from_before, is_last=ends)
            missing += len(is_there - self._store.recorded_uids(mailbox.name, found.numbering, asked[0]))
        self._record_look(found, missing, last_ok=self._clock.now())
        return waiting

    def _record_look(self, found: Found, missing: int, last_ok: dt.datetime | None = None) -> None:
        """What is known of the mailbox, with so many messages that have no row, and what a look left as old."""
        above = 0 if found.is_onward else found.look.gap  # of what stands above a look at older messages
        look = dataclasses.replace(found.look, gap=above + missing)
        if last_ok is not None:
            look = dataclasses.replace(look, last_ok=last_ok, error="", failing_since=None, told=())
        elif (known := self._store.look(look.name)) is not None:
            look = dataclasses.replace(look, told=known.told)  # a look that takes long may be told of meanwhile
        with self._store.writing() as writing:
            if found.left is not None:
                note_left(writing, self._store.look(look.name), look, found.left, self._author)
                if missing:  # some were not taken: the next look asks for them again
                    look = dataclasses.replace(look, taken_from=None)
            writing.record_look(look)

    async def _take(
        self,
        mailbox: Mailbox,
        thread: Thread,
        found: Found,
        headers: Sequence[Header],
        from_before: Callable[[Header], str],
        *,
        is_last: bool,
    ) -> int:
        """Record block after block in their order; while one is recorded and sent, the next ones are being read."""
        active_config = self._active_config()
        ours = self._intake.ours(active_config)
        judge = judge_by(active_config, ours)
        last_news = self._last_news(found, headers, news_by(active_config, ours)) if is_last else math.inf
        rows = LedgerRows(mailbox, found, from_before, await pass_over(mailbox, thread, headers, judge))
        blocks = await thread(mailbox.blocks, [header for header in headers if header.uid not in rows.passed])

        async def read_next() -> ReadBlock | None:
            block = await thread(_next_block, blocks)
            return await self._intake.read_block(mailbox.name, block, self._active_config()) if block else None

        waiting = 0
        ahead = deque(asyncio.create_task(read_next()) for _ in range(READ_AHEAD))
        try:
            while (read := await ahead.popleft()) is not None:
                ahead.append(asyncio.create_task(read_next()))
                recorded = await self._intake.record_block(rows, read)
                waiting += recorded.began_to_wait
                for row in recorded.due_after:
                    self.settling.note(row)
                if read.block[-1].header.uid >= last_news:
                    self.has_news_of.add(found.look.name)
                self._on_recorded(recorded.drafted, read.active_config)
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)
        self._intake.record_passed(rows)
        return waiting

    def _last_news(self, found: Found, headers: Sequence[Header], is_news: Callable[[Header], bool]) -> float:
        """The last UID of a look that must be recorded before ``has_news_of`` may name its mailbox."""
        name = found.look.name
        if name in self.has_news_of:
            return math.inf
        news = [header.uid for header in headers if is_news(header)]
        if not news:
            self.has_news_of.add(name)
        return max(news, default=math.inf)


def _next_block(blocks: Iterator[tuple[Fetched, ...]]) -> tuple[Fetched, ...]:
    return next(blocks, ())
