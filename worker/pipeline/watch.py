"""watch: what is new in a mailbox and in the notices folder, which of it is taken, and the last action in the mailbox.

A message is skipped only if a row says what became of it, or if it is older than what is taken; those are counted. Rows
of skipped messages are written with the next block, so that a look that breaks off leaves no gap. A mailbox action that
fails is tried again at the next look.

A file is taken once for each content and place. A file that was moved is the same one. A file that was written to its
end continues the hold of its beginning. A file that is not read is named to people.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
import math
import unicodedata
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.core.addresses import domain_of
from worker.core.alarms import cause_about
from worker.core.clock import Clock
from worker.core.errors import Forbidden, Unavailable
from worker.core.mailbox_actions import Act
from worker.core.model import (
    JST,
    NO_DATE,
    Disposition,
    FileRow,
    HealthRecord,
    MessageRow,
    Submission,
    UnreadReason,
    sha256,
)
from worker.core.params import Params, spell
from worker.core.states import AlarmCause, NoteEvent
from worker.core.text import hide_codes
from worker.match.match import (
    FIRST_START,
    WatchedMailbox,
    file_from_before,
    is_replaced_by,
    mail_from_before,
    update_watched,
)
from worker.pipeline.read import Block, NoticeReader
from worker.read.budget import TRIED_TOGETHER
from worker.read.classify import Announcement, OwnMailSigns, PossibleNotice, classify_mail
from worker.read.message import read_message
from worker.store.ports import Author, Store, Writing
from worker.views.unread_files import (
    EMPTY,
    NOTICES,
    PROPERTY,
    UnreadIn,
    gather_unread,
    mark_reported,
    read_unread,
    spell_unread,
)
from worker.watch.plan import (
    FILE_LIMIT,
    GONE,
    LEFT_LOOKED_AT,
    LEFT_NAMED,
    SWEPT,
    Incremental,
    InitialSync,
    Judged,
    MailOutline,
    Start,
    UidValidityChanged,
    Wanted,
    describe_passed,
    due_again,
    end_of_sweep,
    holds_nothing,
    is_other,
    is_same_shape,
    judge_headers,
    judge_outline,
    plan_below,
    plan_folder,
    plan_mailbox,
    plan_replaced,
    plan_unread,
    saved_at,
    start_from,
)
from worker.watch.ports import Fetched, Header, ListedFile, Mailbox, NoticeFolder, SelectedMailbox

ACTED_ON_AT_ONCE: Final = 100
"""Messages in one command: what fails is tried again in whole."""


class PendingActions:
    """The mailbox actions that are still to be done; the store records them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._due: dict[str, dict[tuple[int, int], MessageRow]] = {}
        self.failures: dict[str, Unavailable] = {}
        """The reason why the last try failed, by ``mail:NAME``; none if it did not."""

    async def apply(self, mailbox: Mailbox, uidvalidity: int) -> None:
        """Do what is due in the open folder. Raises nothing for what the server refuses."""
        if mailbox.after.act is Act.NOTHING:
            return
        due = self._rows(mailbox.name)
        uids = sorted(uid for validity, uid in due if validity == uidvalidity)
        self.failures.pop(f"mail:{mailbox.name}", None)
        for place in range(0, len(uids), ACTED_ON_AT_ONCE):
            some = uids[place : place + ACTED_ON_AT_ONCE]
            try:
                await mailbox.apply_mailbox_action(some)
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


@dataclass(frozen=True, slots=True)
class Recorded:
    """The result of recording a block."""

    began_to_wait: int
    drafted: tuple[Submission, ...]
    actions_due: tuple[MessageRow, ...] = ()
    """Rows of messages to which something is still to be done in the mailbox."""


READ_AHEAD: Final = 4
"""Blocks of one mailbox that are fetched and read while an earlier one is recorded: with fewer the PDF children would
wait for the recording, and each more is up to 4 MB held, or one mail of up to 8 MB."""


TOGETHER: Final = 500
"""Messages that are judged, taken and recorded together: of a backlog of 100,000 no more stand in memory."""


class MailboxWatcher:
    """The looks at all mailboxes."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        reading: NoticeReader,
        beginning: WatchStart,
        author: Author,
        active: Callable[[], ActiveConfig],
        read: Callable[[str, Sequence[Fetched]], Awaitable[Block]],
        record: Callable[[LedgerRows, Block], Awaitable[Recorded]],
    ) -> None:
        """``read`` and ``record`` are the next steps; ``active`` gives the configuration in force."""
        self._store = store
        self._clock = clock
        self._reading = reading
        self._active = active
        self._read = read
        self._record = record
        self._beginning = beginning
        self._author = author
        self.actions = PendingActions(store)
        self.under_way = 0
        """Looks that still take messages in."""
        self.has_news_of: set[str] = set()
        """The mailboxes, by ``mail:NAME``, whose messages at the first look of this process are read as far as they may
        be news of a mail of ours."""

    async def look(self, mailbox: Mailbox, since: dt.date | None) -> int:
        """Take what is new in ``mailbox``; how many submissions began to wait. Raises Unavailable."""
        active_config = self._active()
        watched = self._beginning.note_mailboxes(active_config).get(mailbox.name)
        opened = await mailbox.open()
        start = start_from(since, self._beginning.first_start or self._clock.now())
        is_alike = alike_by(active_config, self._reading.ours(active_config))
        asking = MailboxScan(self._store, self._clock, mailbox, start, is_alike, self._reading.turns.has_room)
        found = await find_messages(asking, opened)
        self.under_way += 1
        try:
            is_last = asks_below(asking) is None
            waiting = await self._take_all(mailbox, found, watched, is_last=is_last)
            if found.is_onward and not is_last and (below := await find_below(asking)) is not None:
                waiting += await self._take_all(mailbox, below, watched, is_last=True)
        finally:
            self.under_way -= 1
        await self.actions.apply(mailbox, found.numbering)
        return waiting

    async def _take_all(
        self, mailbox: Mailbox, found: NewMessages, watched: WatchedMailbox | None, *, is_last: bool
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
            headers = await mailbox.fetch_summaries(asked)
            is_there = {header.uid for header in headers}
            record_gone(self._store, mailbox.name, found.numbering, found.again.intersection(asked) - is_there)
            ends = is_last and place + TOGETHER >= len(found.uids)
            waiting += await self._take(mailbox, found, headers, from_before, is_last=ends)
            missing += len(is_there - self._store.recorded_uids(mailbox.name, found.numbering, asked[0]))
        self._record_look(found, missing, last_ok=self._clock.now())
        return waiting

    def _record_look(self, found: NewMessages, missing: int, last_ok: dt.datetime | None = None) -> None:
        """Record the state of the mailbox, with so many messages that have no row, and what a look left as old."""
        above = 0 if found.is_onward else found.look.gap  # messages above those of a look at older ones
        look = dataclasses.replace(found.look, gap=above + missing)
        if last_ok is not None:
            look = dataclasses.replace(look, last_ok=last_ok, error="", failing_since=None, told=())
        elif (known := self._store.health_of(look.name)) is not None:
            look = dataclasses.replace(look, told=known.told)  # an alarm about a long look may be recorded meanwhile
        with self._store.writing() as writing:
            if found.left is not None:
                note_left(writing, self._store.health_of(look.name), look, found.left, self._author)
                if missing:  # some were not taken: the next look asks for them again
                    look = dataclasses.replace(look, taken_from=None)
            writing.record_health(look)

    async def _take(
        self,
        mailbox: Mailbox,
        found: NewMessages,
        headers: Sequence[Header],
        from_before: Callable[[Header], str],
        *,
        is_last: bool,
    ) -> int:
        """Record block after block in their order; while one is recorded and sent, the next ones are being read."""
        active_config = self._active()
        ours = self._reading.ours(active_config)
        outlines = judge_by(active_config, ours, headers)
        last_news = self._last_news(found, outlines) if is_last else math.inf
        rows = LedgerRows(mailbox, found, from_before, await skip_mails(mailbox, headers, outlines))
        unread = {header.uid for header in headers} - rows.passed.keys()
        next_block = await mailbox.blocks([header for header in headers if header.uid in unread])
        fetching = asyncio.Lock()

        async def read_next() -> Block | None:
            async with fetching:
                fetched = await next_block() if unread else ()
                unread.difference_update(each.header.uid for each in fetched)
            return await self._read(mailbox.name, fetched) if fetched else None

        waiting = 0
        ahead = deque(asyncio.create_task(read_next()) for _ in range(READ_AHEAD))
        try:
            while (read := await ahead.popleft()) is not None:
                ahead.append(asyncio.create_task(read_next()))
                recorded = await self._record(rows, read)
                waiting += recorded.began_to_wait
                for row in recorded.actions_due:
                    self.actions.note(row)
                if read.mails[-1].fetched.header.uid >= last_news:
                    self.has_news_of.add(found.look.name)
        finally:
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)
        self._record_passed(rows)
        return waiting

    def _record_passed(self, rows: LedgerRows) -> None:
        """Record the messages skipped behind the last block."""
        if passed := rows.take_passed(math.inf):
            with self._store.writing() as writing:
                for row in passed:
                    writing.record_message(row)

    def _last_news(self, found: NewMessages, outlines: Mapping[int, MailOutline]) -> float:
        """The last UID of a look that must be recorded before ``has_news_of`` may name its mailbox."""
        name = found.look.name
        if name in self.has_news_of:
            return math.inf
        news = [uid for uid, outline in outlines.items() if outline.may_be_news]
        if not news:
            self.has_news_of.add(name)
        return max(news, default=math.inf)


COUNT_AGAIN: Final = dt.timedelta(hours=1)
"""Time after which the whole window is counted again, beside each new connection: 100,000 UIDs take 0.2 s."""
COMPARED: Final = 500
"""Messages whose headers are compared with their rows at such a count: one command."""


@dataclass(frozen=True, slots=True)
class NewMessages:
    """The messages to be taken under the numbering of ``look``, which is recorded after the last of them."""

    uids: tuple[int, ...]
    again: frozenset[int]
    """Those of ``uids`` that could not be fetched before."""
    look: HealthRecord
    is_onward: bool = False
    """True if the numbering goes on, so that ``look`` holds already."""
    is_renumbered: bool = False
    """True if a message may be known by its bytes, under another number."""
    left: tuple[Header, ...] | None = None
    """The newest of those that look like notices among the messages that are left as old, which ``look`` counts; None
    if no date decided."""

    @property
    def numbering(self) -> int:
        """The UIDVALIDITY of the rows."""
        return self.look.uidvalidity or 0


@dataclass(frozen=True, slots=True)
class MailboxScan:
    """One mailbox, and what decides which of its messages are taken."""

    store: Store
    clock: Clock
    mailbox: Mailbox
    start: Start
    is_alike: Callable[[Header], bool]
    """True if the header fields of a message look like a notice's."""
    has_room: Callable[[], bool]
    """True if a stranger's mail that was put off can be read now."""


async def find_messages(asking: MailboxScan, opened: SelectedMailbox) -> NewMessages:
    """The messages to take, by UID; of those put off some of the oldest, if there is room for strangers' mails."""
    store, mailbox, start = asking.store, asking.mailbox, asking.start
    name = f"mail:{mailbox.name}"
    now = asking.clock.now()
    last_uid_of = partial(store.last_uid, mailbox.name)
    plan = plan_mailbox(store.health_of(name), opened, last_uid_of=last_uid_of, start=start, now=now, name=name)
    if isinstance(plan, Incremental):
        look = plan.look
        if not (opened.is_fresh or _is_to_be_counted(look, now)):
            return await _go_on(asking, plan.first, look, now)
        if not await _is_replaced(store, mailbox, look, now):
            return await _count(asking, look, now)
        plan = plan_replaced(look, opened, last_uid_of, start)
    found, known = await _decide_by_date(asking, plan)
    look = dataclasses.replace(found.look, counted_at=now, in_window=len(found.uids) + known, gap=0)
    return dataclasses.replace(found, look=look)


def asks_below(asking: MailboxScan) -> InitialSync | None:
    """Returns what ``start`` asks for below the UID of the first look; None if that was asked before."""
    look = asking.store.health_of(f"mail:{asking.mailbox.name}")
    return None if look is None else plan_below(look, asking.start)


async def find_below(asking: MailboxScan) -> NewMessages | None:
    """The messages to take below the UID of the first look; None if they were asked for before."""
    plan = asks_below(asking)
    return None if plan is None else (await _decide_by_date(asking, plan))[0]


async def _decide_by_date(asking: MailboxScan, plan: InitialSync | UidValidityChanged) -> tuple[NewMessages, int]:
    """The messages that are taken by their date, and the number of those with a row; those that are left are counted.

    A server's SINCE may know another day than its INTERNALDATE says, or leave out a message without one: the
    headers of those left decide once more.
    """
    mailbox = asking.mailbox
    numbering = plan.look.uidvalidity or 0
    whatever_date_from = plan.whatever_date_from if isinstance(plan, UidValidityChanged) else None
    judge = partial(
        _reconcile, asking.store, mailbox.name, numbering, in_question=(plan.not_before, whatever_date_from)
    )
    had = asking.store.recorded_uids(mailbox.name, numbering, plan.first)
    every = await _uids_below(asking, plan) - had
    asked = {*await mailbox.uids(plan.first, plan.search_since)} if every else set()
    if whatever_date_from is not None:
        asked.update(uid for uid in every if uid >= whatever_date_from)
    judged = judge(await mailbox.headers(sorted(every & asked)))
    left = every - {*judged.take} - {uid for uid, _ in judged.known}
    seen, alike = await _look_at_left(asking, sorted(left)[-LEFT_LOOKED_AT:])
    late = judge(seen)
    left -= {*late.take, *(uid for uid, _ in late.known)}
    alike = [header for header in alike if header.uid in left]
    unseen = len(left - {header.uid for header in seen})
    found = NewMessages(
        tuple(sorted((*judged.take, *late.take))),
        frozenset(),
        dataclasses.replace(plan.look, left=len(left), left_alike=len(alike), left_unseen=unseen),
        is_renumbered=isinstance(plan, UidValidityChanged),
        left=tuple(alike[-LEFT_NAMED:]),
    )
    return found, len(had)


async def _uids_below(asking: MailboxScan, plan: InitialSync | UidValidityChanged) -> set[int]:
    """Returns every UID that is taken or left by its date."""
    if plan.first >= plan.below:
        return set()
    uids = await asking.mailbox.uids(plan.first, None)
    return {uid for uid in uids if uid < plan.below}


async def _look_at_left(asking: MailboxScan, uids: Sequence[int]) -> tuple[list[Header], list[Header]]:
    """The headers of these, as far as the server gives them; and of those that look like notices, with their fields."""
    seen: list[Header] = []
    alike: list[Header] = []
    for place in range(0, len(uids), COMPARED):
        headers = await asking.mailbox.fields(uids[place : place + COMPARED])
        readable = [header for header in headers if header.size > 0]
        alike += filter(asking.is_alike, readable)
        seen += (dataclasses.replace(header, fields=b"") for header in readable)
    return seen, alike


def _is_to_be_counted(look: HealthRecord, now: dt.datetime) -> bool:
    return look.counted_at is None or abs(now - look.counted_at) >= COUNT_AGAIN


async def _go_on(asking: MailboxScan, first: int, look: HealthRecord, now: dt.datetime) -> NewMessages:
    """Returns what came after the last message that has a row."""
    uids = await asking.mailbox.uids(first, None)
    again = _due_again(asking, look, now)
    window = dataclasses.replace(look, in_window=look.in_window + len(uids), gap=look.gap + len(uids))
    return NewMessages(tuple(sorted({*uids, *again})), again, window, is_onward=True)


async def _count(asking: MailboxScan, look: HealthRecord, now: dt.datetime) -> NewMessages:
    """Returns everything in the window without a row."""
    uids = await asking.mailbox.uids(look.first_uid, None)
    missing = {*uids} - asking.store.recorded_uids(asking.mailbox.name, look.uidvalidity or 0, look.first_uid)
    again = _due_again(asking, look, now)
    window = dataclasses.replace(look, counted_at=now, in_window=len(uids), gap=len(missing))
    return NewMessages(tuple(sorted({*missing, *again})), again, window, is_onward=True)


def _due_again(asking: MailboxScan, look: HealthRecord, now: dt.datetime) -> frozenset[int]:
    store, mailbox, numbering = asking.store, asking.mailbox.name, look.uidvalidity or 0
    unfetched = due_again(store.messages(mailbox, Disposition.UNFETCHED), numbering, now)
    put_off = due_again(store.messages(mailbox, Disposition.PUT_OFF), numbering, now)
    return frozenset((*unfetched, *(put_off[:TRIED_TOGETHER] if put_off and asking.has_room() else ())))


async def _is_replaced(store: Store, mailbox: Mailbox, look: HealthRecord, now: dt.datetime) -> bool:
    """Returns whether the server has other messages under the newest recorded numbers, or this hour's others."""
    numbering = look.uidvalidity or 0
    rows = {row.uid: row for row in store.last_messages(mailbox.name, numbering, COMPARED)}
    if _is_to_be_counted(look, now):
        older = sorted(store.recorded_uids(mailbox.name, numbering, 1) - rows.keys())
        up_to = end_of_sweep(older, now)
        if up_to is not None:
            rows |= {row.uid: row for row in store.last_messages(mailbox.name, numbering, SWEPT, up_to)}
    headers = await mailbox.headers(tuple(rows)) if rows else ()
    return any(is_other(header, rows[header.uid]) for header in headers)


def record_gone(store: Store, mailbox: str, numbering: int, gone: frozenset[int]) -> None:
    """Messages that could not be fetched, or were put off, and have been deleted since are not asked for again."""
    if not gone:
        return
    missed = store.messages(mailbox, Disposition.UNFETCHED, Disposition.PUT_OFF)
    rows = [row for row in missed if row.uidvalidity == numbering and row.uid in gone]
    with store.writing() as writing:
        for row in rows:
            writing.record_message(dataclasses.replace(row, end=Disposition.NOT_OURS, why=GONE, next_try_at=None))


def _reconcile(
    store: Store, mailbox: str, numbering: int, headers: Sequence[Header], in_question: tuple[dt.datetime, int | None]
) -> Judged:
    """Returns the messages that are taken; the rows of the known ones are recorded again under their new UID."""

    def formers_of(header: Header) -> list[MessageRow]:
        rows = store.known_messages(mailbox, header.message_id, header.size)
        return [row for row in rows if row.uidvalidity != numbering]

    judged = judge_headers(headers, formers_of, *in_question)
    if judged.known:
        with store.writing() as writing:
            for uid, former in judged.known:
                writing.record_message(dataclasses.replace(former, uidvalidity=numbering, uid=uid))
    return judged


NOTHING: Final = "no announcement and no notice"


class LedgerRows:
    """The numbering for the rows of one look, and the messages that it skips, until their rows are written."""

    def __init__(
        self, mailbox: Mailbox, found: NewMessages, from_before: Callable[[Header], str], passed: Sequence[Header] = ()
    ) -> None:
        """``from_before`` says how a message is from before the product watched for it."""
        self.mailbox = mailbox.name
        self.after = mailbox.after
        self.numbering = found.numbering
        self.is_renumbered = found.is_renumbered
        self.from_before = from_before
        self.passed = {header.uid: header for header in passed}

    def begin(self, header: Header) -> MessageRow:
        """The row of a message as far as its header tells."""
        return MessageRow(
            self.mailbox,
            self.numbering,
            header.uid,
            Disposition.NOT_OURS,
            message_id=header.message_id,
            internal_date=header.internal_date,
            size=header.size,
        )

    def take_passed(self, below: float) -> tuple[MessageRow, ...]:
        """Rows of those passed over that stand below this UID; each is given once."""
        uids = sorted(uid for uid in self.passed if uid < below)
        return tuple(self._passed(self.passed.pop(uid)) for uid in uids)

    def _passed(self, header: Header) -> MessageRow:
        senders, subject, date = describe_passed(header)
        return dataclasses.replace(
            self.begin(header), why=NOTHING, sender=senders, subject=hide_codes(subject), date=date
        )


def renumber(former: MessageRow, row: MessageRow) -> MessageRow:
    """Returns what is recorded of ``former``, under the number of ``row``, which is the same message."""
    return dataclasses.replace(
        former, uidvalidity=row.uidvalidity, uid=row.uid, size=row.size, internal_date=row.internal_date
    )


def judge_by(active_config: ActiveConfig, ours: OwnMailSigns, headers: Sequence[Header]) -> dict[int, MailOutline]:
    """Returns the outline of each message, by its UID, as the configuration in force judges it."""
    guarantors, correspondents = active_config.configuration.guarantors, _correspondents(active_config)
    return {header.uid: judge_outline(header, guarantors, ours, correspondents) for header in headers}


def _correspondents(active_config: ActiveConfig) -> frozenset[str]:
    """The domains of the offices that are written to."""
    configuration = active_config.configuration
    sections = [section for issuer in configuration.issuers.values() for section in issuer.sections.values()]
    sections += [section for project in configuration.projects for section in project.offices.values()]
    addresses = [address for section in sections for address in (*section.to, *section.cc)]
    return frozenset(domain_of(address) for address in addresses)


def alike_by(active_config: ActiveConfig, ours: OwnMailSigns) -> Callable[[Header], bool]:
    """Returns whether the header fields of a message look like a notice's, by the configuration in force."""

    def is_alike(header: Header) -> bool:
        found = classify_mail(read_message(header.fields), active_config.configuration.guarantors, ours)
        return isinstance(found, Announcement | PossibleNotice)

    return is_alike


async def skip_mails(
    mailbox: Mailbox, headers: Sequence[Header], outlines: Mapping[int, MailOutline]
) -> tuple[Header, ...]:
    """Those whose bodies need not be fetched: header, structure and the first bytes of each part say so."""
    doubtful = [header for header in headers if outlines[header.uid].wanted is Wanted.STARTS]
    starts = await mailbox.fetch_prefixes(doubtful) if doubtful else {}
    return tuple(
        header
        for header in doubtful
        if header.structure is not None and holds_nothing(header.structure, starts.get(header.uid, {}))
    )


def note_left(
    writing: Writing, before: HealthRecord | None, look: HealthRecord, named: Sequence[Header], author: Author
) -> None:
    """Record what ``look`` left, and tell people if some of it looks like notices; ``named`` are the newest."""
    if not look.left or look.taken_from is None:
        return
    counts = {"left": str(look.left), "alike": str(look.left_alike), "unseen": str(look.left_unseen)}
    told = {"mailbox": look.name, "from": look.taken_from.isoformat(), **counts}
    writing.note(NoteEvent.LEFT_ALONE, None, author, told)
    if look.left_alike and look.left_alike != (before.left_alike if before else 0):
        newest = [_name(header) for header in reversed(named)]
        writing.raise_alarm(cause_about(AlarmCause.LEFT_ALONE, look.name), [], spell(Params(**told, newest=newest)))


def _name(header: Header) -> str:
    """Day and subject, by which a person finds the mail."""
    came_at = header.internal_date
    day = "" if came_at == NO_DATE else came_at.astimezone(JST).date().isoformat()
    return f"{day} {hide_codes(read_message(header.fields).subject)}".strip()


MAILBOXES: Final = "watched_mailboxes"
"""Name of the store's value: a JSON object, by mailbox the fields of ``match.match.WatchedMailbox``."""
FOLDERS: Final = "notice_folders"
"""Name of the store's value: a JSON object, by resolved path when the folder was first read."""
SUBFOLDERS: Final = "notice_subfolders"
"""Name of the store's value: a JSON object, by resolved path of the folder an object, by path inside since when each of
its folders counts as watched."""


class WatchStart:
    """Records the moments, and gives them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @property
    def first_start(self) -> dt.datetime | None:
        """The moment of the first start; None if a start was never recorded."""
        recorded = self._store.property(FIRST_START)
        return dt.datetime.fromisoformat(recorded) if recorded else None

    def note_mailboxes(self, active_config: ActiveConfig) -> Mapping[str, WatchedMailbox]:
        """Record what ``active_config`` watches, if it is new; every mailbox with its moments. Raises Unavailable."""
        mailboxes = active_config.configuration.settings.mailboxes
        configured = {
            name: (each.user, each.folder, each.since.isoformat() if each.since else "")
            for name, each in mailboxes.items()
        }
        recorded = self._store.property(MAILBOXES)
        former = None if recorded is None else {name: _watched(row) for name, row in json.loads(recorded).items()}
        looked_at = frozenset(name for name in configured if self._store.health_of(f"mail:{name}") is not None)
        now = self._clock.now()
        watched = update_watched(former, configured, looked_at, self.first_start or now, now)
        if watched != former:
            self._record(MAILBOXES, {name: _row(each) for name, each in watched.items()})
        return watched

    def note_folder(self, place: str) -> dt.datetime:
        """Returns when the folder at ``place`` was first read: recorded now if it never was. Raises Unavailable."""
        folders = json.loads(self._store.property(FOLDERS) or "{}")
        if place not in folders:
            now = self._clock.now()
            folders[place] = (now if folders else self.first_start or now).isoformat()
            self._record(FOLDERS, folders)
        return dt.datetime.fromisoformat(folders[place])

    def note_subfolders(
        self, place: str, folders: Iterable[str], unreadable: Iterable[str], first_read: dt.datetime
    ) -> Mapping[str, dt.datetime]:
        """Since when each of ``folders`` inside the folder at ``place`` counts as watched; recorded if it is news.

        One that a look finds for the first time was not there at the look before: only what was saved after that one
        certainly came while it was watched. If folders inside were never read (a store of an older program), all that
        lies in them now is from before. One that is gone, and comes back, begins again; behind one that is
        ``unreadable`` for now, none is gone. Raises Unavailable.
        """
        recorded = json.loads(self._store.property(SUBFOLDERS) or "{}")
        former = recorded.get(place)
        known = self._store.health_of("folder")
        last_look = known.last_ok if known is not None else None
        begun = first_read
        if last_look is not None:
            begun = self._clock.now() if former is None else max(last_look, first_read)
        away = tuple(unreadable)
        found = {name: (former or {}).get(name) or begun.isoformat() for name in folders}
        found |= {name: since for name, since in (former or {}).items() if name.startswith(away)}
        if found != former:
            self._record(SUBFOLDERS, {**recorded, place: found})
        return {name: dt.datetime.fromisoformat(since) for name, since in found.items()}

    def _record(self, name: str, value: Mapping[str, object]) -> None:
        with self._store.writing() as writing:
            writing.set_property(name, json.dumps(value, ensure_ascii=False, sort_keys=True))


def _row(watched: WatchedMailbox) -> dict[str, str]:
    return {
        "user": watched.user,
        "folder": watched.folder,
        "since": watched.since,
        "begun_at": watched.begun_at.isoformat(),
        "since_at": watched.since_at.isoformat(),
    }


def _watched(row: Mapping[str, str]) -> WatchedMailbox:
    moments = {name: dt.datetime.fromisoformat(row[name]) for name in ("begun_at", "since_at")}
    return WatchedMailbox(row["user"], row["folder"], row["since"], **moments)


# --- The notices folder ----------------------------------------------------------------------------------------

TakeFile = Callable[[ListedFile, bytes, ActiveConfig, str, Submission | None, Sequence[FileRow]], Awaitable[int]]
HoldLargeFile = Callable[[ListedFile, ActiveConfig, str, Submission | None], int]

BEGINNING: Final = 1_024
"""Bytes by which a beginning is known: those of fewer may be alike in all notices of one program, and a file system
gives the inode of a deleted file to the next one."""


class UnreadFiles:
    """Records which files of the watched places are not read, and which of them a digest has named."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def recorded(self) -> dict[str, UnreadIn]:
        """By place."""
        return read_unread(self._store.property(PROPERTY))

    def note(self, place: str, found: Iterable[tuple[str, UnreadReason]]) -> None:
        """Record what a look at ``place`` found, if that is news. Raises Unavailable."""
        pairs = tuple(found)
        if not pairs and self._store.property(PROPERTY) in {None, EMPTY}:
            return
        former = self.recorded()
        fresh = {**former, place: gather_unread(pairs, former.get(place))}
        if spell_unread(fresh) != spell_unread(former):
            with self._store.writing() as writing:
                _change(writing, lambda before: {**before, place: gather_unread(pairs, before.get(place))})

    def told(self, told: Mapping[str, UnreadIn]) -> None:
        """Record that a digest has named these. Raises Unavailable."""
        if not told:
            return

        def marked(before: dict[str, UnreadIn]) -> dict[str, UnreadIn]:
            return {
                place: mark_reported(each, told[place].files) if place in told else each
                for place, each in before.items()
            }

        with self._store.writing() as writing:
            _change(writing, marked)


def _change(writing: Writing, change: Callable[[dict[str, UnreadIn]], dict[str, UnreadIn]]) -> None:
    writing.set_property(PROPERTY, spell_unread(change(read_unread(writing.property(PROPERTY)))))


class FolderWatcher:
    """Looks at the folder of one store; used from one event loop."""

    def __init__(
        self, store: Store, clock: Clock, beginning: WatchStart, take_file: TakeFile, hold_large_file: HoldLargeFile
    ) -> None:
        """``take_file`` and ``hold_large_file`` are the next step."""
        self._store = store
        self._clock = clock
        self._take_file = take_file
        self._hold_large_file = hold_large_file
        self._beginning = beginning
        self._unread = UnreadFiles(store)
        self._ended: dict[str, FileRow] = {}
        """Rows of files that were dealt with: what such a row says of a file of that shape never changes."""

    async def look(self, folder: NoticeFolder, active_config: ActiveConfig) -> tuple[int, dt.timedelta | None]:
        """Take settled files; how many submissions began to wait, and when to look again at others.

        Raises Unavailable.
        """
        place = await folder.place()
        first_read = self._beginning.note_folder(place)
        now = self._clock.now()
        listed = await folder.look()
        rest = folder.rest()
        unreadable = [each.name for each in rest.unread if each.why is UnreadReason.FOLDER_UNREADABLE]
        since = self._beginning.note_subfolders(place, rest.folders, unreadable, first_read)
        known = self._rows(listed) | self._rows(each for each in rest.unread if each.why is UnreadReason.UNFINISHED)
        seen_at = self._clock.now()  # a slow look may have seen a file just now
        plan = plan_folder(listed, known.get, now)
        told, begun = plan_unread(rest.unread, known.get, now)
        self._record([_keeping(row, known.get(row.name)) for row in (*plan.record, *begun)], seen_at)
        here = {each.name: each for each in listed}
        waiting = 0
        failures: list[Unavailable] = []
        forbidden: list[ListedFile] = []
        for each in plan.take:
            watched = max(first_read, since.get(each.name[: each.name.rfind("/") + 1], first_read))
            try:
                waiting += await self._take(folder, each, known[each.name], watched, here, active_config)
            except Forbidden:
                forbidden.append(dataclasses.replace(each, why=UnreadReason.FORBIDDEN))
            except Unavailable as failure:
                if failure.what != "folder":
                    raise
                failures.append(failure)
        unread = (*forbidden, *told, *self._of_other_kinds(listed))
        self._unread.note(NOTICES, [(each.name, each.why) for each in unread if each.why is not None])
        for broken in failures:
            raise broken  # one file does not keep the others waiting, and is not passed over in silence
        fresh = (self._store.health_of("folder") or HealthRecord("folder")).reached_at(now)
        if fresh is not None:
            with self._store.writing() as writing:
                writing.record_health(fresh)
        return waiting, plan.look_again

    # --- The ledger -----------------------------------------------------------------------------------------

    def _rows(self, listed: Iterable[ListedFile]) -> dict[str, FileRow]:
        """The rows of these files; an older program kept a name from macOS in the letters of macOS (NFD)."""
        names = [each.name for each in listed]
        if not names:
            return {}
        unknown = [name for name in names if name not in self._ended]
        found = dict(self._store.files(unknown))
        spelled = {unicodedata.normalize("NFD", name): name for name in unknown if name not in found}
        former = self._store.files(name for name, own in spelled.items() if name != own)
        found |= {spelled[name]: dataclasses.replace(row, name=spelled[name]) for name, row in former.items()}
        self._ended |= {name: row for name, row in found.items() if row.end is not Disposition.PENDING}
        return {name: row for name in names if (row := self._ended.get(name) or found.get(name)) is not None}

    def _record(self, rows: Iterable[FileRow], seen_at: dt.datetime) -> None:
        rows = tuple(rows)
        if not rows:
            return
        with self._store.writing() as writing:
            for row in rows:
                self._ended.pop(row.name, None)
                writing.record_file(dataclasses.replace(row, looked_at=seen_at))

    def _of_other_kinds(self, listed: Sequence[ListedFile]) -> Iterator[ListedFile]:
        """Yields files that only their bytes showed to be no PDFs."""
        rows = self._rows(listed)
        for each in listed:
            row = rows.get(each.name)
            if row is not None and row.end is Disposition.NOT_OURS and is_same_shape(row, each):
                yield dataclasses.replace(each, why=UnreadReason.OTHER_KIND)

    # --- One file -------------------------------------------------------------------------------------------

    async def _take(
        self,
        folder: NoticeFolder,
        listed: ListedFile,
        row: FileRow,
        watched: dt.datetime,
        here: Mapping[str, ListedFile],
        active_config: ActiveConfig,
    ) -> int:
        """Take one file; how many submissions began to wait. Raises Unavailable."""
        from_before = file_from_before(saved_at(listed), self._beginning.first_start, watched)
        if listed.size > FILE_LIMIT:
            return self._take_large(listed, row, here, active_config, from_before)
        content = await folder.read(listed)
        if content is None:
            return 0
        digest = sha256(content)
        of_bytes = [each for each in self._store.files_of(digest) if each.name != listed.name and _is_ended(each)]
        unfinished = self._unfinished(row, here)
        moved = next((each for each in of_bytes if _is_moved(each, listed, here)), None)
        if moved is not None and unfinished is None:
            self._record([_renamed(moved, listed)], self._clock.now())
            return 0
        unfinished = unfinished or self._unfinished_elsewhere(listed, content, here)
        waiting = await self._take_file(listed, content, active_config, from_before, unfinished, of_bytes)
        self._rows([listed])  # remembered, should it be renamed before the next look
        return waiting

    def _take_large(
        self,
        listed: ListedFile,
        row: FileRow,
        here: Mapping[str, ListedFile],
        active_config: ActiveConfig,
        from_before: str,
    ) -> int:
        """Its bytes are not read: if this process saw a file of its shape that is gone, it was moved."""
        unfinished = self._unfinished(row, here)
        seen = (each for each in self._ended.values() if is_same_shape(each, listed) and each.name not in here)
        moved = next(seen, None)
        if moved is not None and unfinished is None:
            self._record([_renamed(moved, listed)], self._clock.now())
            return 0
        waiting = self._hold_large_file(listed, active_config, from_before, unfinished)
        self._rows([listed])
        return waiting

    def _unfinished(self, row: FileRow, here: Mapping[str, ListedFile]) -> Submission | None:
        """The hold of what this file was before it was written to its end, or replaced; None if it goes on alone.

        If the same bytes are in another file too, the hold is also that file's.
        """
        for number in row.submissions:
            held = self._store.submission(number)
            if not is_replaced_by(held, row.sha256):
                continue
            others = self._store.files_of(row.sha256) if row.sha256 else ()
            if not any(each.name != row.name and each.name in here and _is_ended(each) for each in others):
                return held
        return None

    def _unfinished_elsewhere(
        self, listed: ListedFile, content: bytes, here: Mapping[str, ListedFile]
    ) -> Submission | None:
        """The hold of a beginning of ``content`` whose own name is gone: it was renamed when it was whole.

        Only if this process has seen it; else a person takes the hold back.
        """
        for row in self._ended.values():
            if row.inode != listed.inode or row.name in here or not BEGINNING <= row.size < len(content):
                continue
            if sha256(content[: row.size]) == row.sha256:
                return self._unfinished(row, here)
        return None


def _keeping(row: FileRow, former: FileRow | None) -> FileRow:
    """``row`` with what became of the file's former content: its hold ends with it."""
    if former is None:
        return row
    return dataclasses.replace(row, sha256=former.sha256, submissions=former.submissions)


def _is_ended(row: FileRow) -> bool:
    """Returns whether the row tells of the file as it was read; a PENDING one tells what it was before."""
    return row.end is not Disposition.PENDING


def _is_moved(row: FileRow, listed: ListedFile, here: Mapping[str, ListedFile]) -> bool:
    """Returns whether ``listed``, of the same bytes, is the file of ``row`` under another name; a copy leaves it."""
    return row.mtime_ns == listed.mtime_ns and row.name not in here


def _renamed(row: FileRow, listed: ListedFile) -> FileRow:
    """``row`` as that of ``listed``, which is the same file under another name."""
    return dataclasses.replace(row, name=listed.name, inode=listed.inode)
