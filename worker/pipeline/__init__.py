"""The order of the flow, and the only place that knows it: watch → read → match → compose → approve → send → tell.

Each method is one step, or one pass of a loop; who runs them and when is ``service.py`` (for ever) or the command
line (``run --once``, ``demo``). Its one promise: record first, then act; a step that the world stops (Unavailable)
ends with that reason, and the others go on.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, ParamSpec, Protocol, TypeVar

from worker import watch
from worker.decisions import keep_contents, redraft
from worker.drafting import InForce
from worker.errors import Conflict, LogBroken, Unavailable
from worker.model import End, FileRow, Look, MessageRow, Notice, Project, Submission, Unreadable, sha256
from worker.pipeline.health import Health
from worker.pipeline.intake import NEEDS_A_PERSON, Intake, file_row
from worker.pipeline.sending import HELD_ALARM, Sending, SendingPass
from worker.pipeline.telling import Telling
from worker.ports import Author, Clock, Fetched, Folder, Header, Listed, Mailbox, MailServer, PdfReader, Store
from worker.states import Event, Reason, State

P = ParamSpec("P")
T = TypeVar("T")


class Thread(Protocol):
    """Runs a blocking call in the one thread of a mailbox."""

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``call`` returns or raises."""
        ...


@dataclass(slots=True)
class Pass:
    """What one pass came to, for exit codes and the operator."""

    began_to_wait: int = 0
    sent: int = 0
    failures: dict[str, Unavailable] = field(default_factory=dict)


class Pipeline:
    """The steps, bound to one store, one reader, one mail server and one clock."""

    def __init__(
        self, store: Store, reader: PdfReader, server: MailServer, clock: Clock, account: str, in_force: InForce
    ) -> None:
        self.store = store
        self.in_force = in_force
        self.health = Health(store)
        self.intake = Intake(store, reader, clock, account)
        self.sending = Sending(store, server, clock, account, self.health)
        self.telling = Telling(store, server, clock, self.health)
        self._clock = clock
        self._author = Author("hoshobin", account)
        self._weighed: dict[int, tuple[int, str]] = {}
        self._unread_with: Mapping[str, object] | None = None

    def put_in_force(self, in_force: InForce) -> None:
        """From now on judge and send by this configuration; everything that waits is judged anew."""
        self.in_force = in_force
        self._weighed.clear()

    # --- watch → read → match → compose → approve ------------------------------------------------------------

    async def watch_mailbox(self, mailbox: Mailbox, thread: Thread, since: dt.date | None) -> int:
        """Take what is new in ``mailbox``; how many submissions began to wait. Raises Unavailable."""
        name = f"mail:{mailbox.name}"
        now = self._clock.now()
        opened = await thread(mailbox.open)
        known = self.store.look(name)
        plan = watch.plan_look(known, opened, since, now, self.store.last_uid(mailbox.name, opened.uidvalidity))
        look = Look(
            name,
            last_ok=now,
            last_error=known.last_error if known else None,
            first_look=plan.first_look,
            uidvalidity=opened.uidvalidity,
            first_uid=plan.first_uid,
        )
        if known is None or known.uidvalidity != opened.uidvalidity:
            # Where the first look began is recorded before anything is taken: a crash must not make it begin later.
            with self.store.writing() as writing:
                writing.record_look(dataclasses.replace(look, last_ok=known.last_ok if known else None))
        retried = self._unfetched(mailbox.name, opened.uidvalidity, now)
        uids = await thread(mailbox.uids, plan.from_uid, plan.since)
        headers = await thread(mailbox.headers, sorted({*uids, *retried}))
        if plan.reconcile_from is not None:
            headers = self._reconcile(mailbox.name, opened.uidvalidity, headers, plan.reconcile_from)
        waiting = 0
        blocks = await thread(mailbox.blocks, headers)
        while block := await thread(_next_block, blocks):
            waiting += await self.intake.take_block(
                mailbox.name, opened.uidvalidity, block, self.in_force, proven=mailbox.is_loopback
            )
        with self.store.writing() as writing:
            writing.record_look(dataclasses.replace(look, last_ok=self._clock.now()))
        return waiting

    def _unfetched(self, mailbox: str, uidvalidity: int, now: dt.datetime) -> tuple[int, ...]:
        return tuple(
            row.uid
            for row in self.store.messages(mailbox, End.UNFETCHED)
            if row.uidvalidity == uidvalidity and (row.next_try_at is None or row.next_try_at <= now)
        )

    def _reconcile(
        self, mailbox: str, uidvalidity: int, headers: Sequence[Header], from_date: dt.datetime
    ) -> tuple[Header, ...]:
        """Those of ``headers`` that are new; the ledger's rows of the others get their new UID."""
        fresh = []
        with self.store.writing() as writing:
            for header in headers:
                row = self.store.known_message(mailbox, header.message_id, header.size, header.internal_date)
                if row is not None and row.end is not End.UNFETCHED:
                    writing.record_message(dataclasses.replace(row, uidvalidity=uidvalidity, uid=header.uid))
                elif header.internal_date >= from_date:
                    fresh.append(header)
                else:
                    writing.record_message(_older_than_first_look(mailbox, uidvalidity, header))
        return tuple(fresh)

    async def watch_folder(self, folder: Folder) -> tuple[int, bool]:
        """Take settled files; how many submissions began to wait, and whether others still settle.

        Raises Unavailable.
        """
        now = self._clock.now()
        plan = watch.files_to_take(folder.look(), self.store.file, now)
        if plan.pending:
            with self.store.writing() as writing:
                for listed in plan.pending:
                    writing.record_file(file_row(listed, now, End.PENDING))
        waiting = 0
        for listed in plan.take:
            waiting += await self._take_file(folder, listed)
        self.health.reached("folder", now)
        return waiting, bool(plan.pending or plan.waiting)

    async def _take_file(self, folder: Folder, listed: Listed) -> int:
        if listed.size > watch.FILE_LIMIT:
            return self.intake.hold_large_file(listed)
        content = folder.read(listed)
        return 0 if content is None else await self.intake.take_file(listed, content, self.in_force)

    async def judge_waiting(self) -> int:
        """Judge every HELD and APPROVED one anew where anything it rests on changed; how many began to wait."""
        waiting = await self._read_refused_again()
        for submission in self.store.submissions(State.HELD, State.APPROVED):
            weight = (submission.version, self._stamp(submission))
            if self._weighed.get(submission.id) == weight:
                continue
            waiting += self._judge(submission)
            self._weighed[submission.id] = (self.store.submission(submission.id).version, weight[1])
        return waiting

    def _judge(self, submission: Submission) -> int:
        """An entry only where state, reasons or draft changed; 1 where it began to wait."""
        with self.store.writing() as writing:
            before = writing.submission(submission.id)
            if before.version != submission.version or before.state not in {State.HELD, State.APPROVED}:
                return 0
            drafted = redraft(before, self.in_force, writing, self._clock.now())
            after = drafted.submission
            if before.state is State.APPROVED and after.state is not State.HELD:
                return 0
            if (after.state, after.reasons, after.draft_hash) == (before.state, before.reasons, before.draft_hash):
                return 0
            keep_contents(writing, drafted)
            event = Event.HELD if before.state is State.APPROVED else Event.REDRAFTED
            changed = writing.change(event, before, after, self._author, {})
            began = changed.state in NEEDS_A_PERSON and set(changed.reasons) - set(before.reasons) != set()
            if began or changed.state is State.HANDED_OVER:
                writing.raise_alarm(HELD_ALARM, [changed.id])
                return 1
            return 0

    def _stamp(self, submission: Submission) -> str:
        """What beside configuration and its own entries a draft rests on: the invoice file, and the clock's part."""
        project = self.in_force.register.by_id.get(submission.project) if submission.project else None
        invoice = project.invoices.get(submission.product) if project and submission.product else None
        return self.in_force.files.stamp(invoice.file) if invoice and invoice.file else ""

    async def _read_refused_again(self) -> int:
        """Read what could not be read before, once after each change of the guarantors' profiles."""
        profiles = self.in_force.guarantors
        if self._unread_with == profiles:
            return 0
        self._unread_with = profiles
        waiting = 0
        for submission in self.store.submissions(State.HELD):
            if submission.refusal is None or submission.pdf_sha256 is None:
                continue
            pdf = self.store.original(submission.pdf_sha256)
            read = await self.intake.read_pdf(pdf, self.in_force)
            waiting += self._recognise_refused(submission, read)
        return waiting

    def _recognise_refused(self, submission: Submission, read: Notice | Unreadable) -> int:
        if isinstance(read, Unreadable) or submission.pdf_sha256 is None:
            return 0
        with self.store.writing() as writing:
            return self.intake.read_after_all(writing, submission, read, self.in_force)

    # --- approve → send → tell --------------------------------------------------------------------------------

    async def send_due(self) -> SendingPass:
        """Hand over everything whose moment has come. Nothing leaves while the database is behind a noted head."""
        if self.is_behind_noted_head():
            raise LogBroken("behind_head", "a later head was noted than this database holds")
        return await self.sending.send_due(self.in_force)

    async def tell_operator(self) -> Unavailable | None:
        """Send one mail about everything that began to wait since the last one; why it could not be, if so."""
        return await self.telling.tell(self.in_force)

    def is_behind_noted_head(self) -> bool:
        """Whether ``DIR/head`` names an entry that this database does not hold: an old backup was put back."""
        noted = self.store.marked_head()
        return noted is not None and not self.store.holds_head(*noted)

    def mark_head(self) -> None:
        """Note the head after a pass that wrote, unless an earlier note is ahead of the database."""
        if not self.is_behind_noted_head():
            self.store.mark_head()


def _next_block(blocks: Iterator[tuple[Fetched, ...]]) -> tuple[Fetched, ...]:
    return next(blocks, ())


def _older_than_first_look(mailbox: str, uidvalidity: int, header: Header) -> MessageRow:
    return MessageRow(
        mailbox,
        uidvalidity,
        header.uid,
        End.NOT_OURS,
        why="older than the first look",
        message_id=header.message_id,
        internal_date=header.internal_date,
        size=header.size,
    )
