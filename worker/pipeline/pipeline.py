"""The order of the flow: watch → read → authenticate → draft → record, then reevaluate → send → remind → notify.

Each step is recorded before the next acts. A step that an outage stops (Unavailable) ends with that reason, and the
others go on. The service repeats these passes; the command line makes one (``run_once``).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from worker.approve.reevaluate import ActiveConfig
from worker.authenticate.ports import DkimVerifier
from worker.core.clock import Clock
from worker.core.errors import LogBroken, Unavailable
from worker.core.model import Hold
from worker.core.states import WAITS_FOR_A_PERSON, AlarmCause, State
from worker.notify.ports import OperatorCommand, OperatorWebhook
from worker.pipeline.begun_change import FILES_WRITTEN, writes_noted
from worker.pipeline.chat import Chat
from worker.pipeline.health import Health
from worker.pipeline.invoices import load_invoices
from worker.pipeline.notify import Notifier
from worker.pipeline.read import Block, NoticeReader
from worker.pipeline.record import Recorder
from worker.pipeline.reevaluate import Reevaluation, RevisionCache
from worker.pipeline.remind import Reminders
from worker.pipeline.send import HoldWaits, Sender, SendingGate, SendingPass, mark_head
from worker.pipeline.watch import FolderWatcher, LedgerRows, MailboxWatcher, Recorded, WatchStart
from worker.read.ports import BROKEN_SANDBOX, MailReaders, PdfReader
from worker.send.ports import MailServer
from worker.store.ports import Author, Store
from worker.watch.ports import Fetched, Mailbox, NoticeFolder


@dataclass(slots=True)
class Pass:
    """The result of one pass, for exit codes and the operator."""

    began_to_wait: int = 0
    new: int = 0
    """Submissions of this pass that wait for a person."""
    changed: int = 0
    """Earlier submissions about which a person has something to do: another reason, a reminder, news of a sent mail."""
    sent: int = 0
    failures: dict[str, Unavailable] = field(default_factory=dict)
    broken: LogBroken | None = None
    goes_on_at: dt.datetime | None = None
    """When the cap of mails per minute lets the next one begin."""


class Pipeline:
    """The steps, bound to one store, one reader, one mail server and one clock."""

    def __init__(
        self,
        store: Store,
        reader: PdfReader,
        server: MailServer,
        clock: Clock,
        account: str,
        active_config: ActiveConfig,
        command: OperatorCommand | None = None,
        dkim: DkimVerifier | None = None,
        readers: MailReaders | None = None,
        webhook: OperatorWebhook | None = None,
    ) -> None:
        """Without ``dkim`` none is verified; without ``readers`` of mails ``reader`` reads theirs as well."""
        author, waits = Author("hoshobin", account), HoldWaits(store, clock)
        self.store = store
        self.active_config = active_config
        self.health = Health(store)
        self.reading = NoticeReader(store, reader, clock, dkim, readers)
        self.recording = Recorder(store, self.reading, reader, clock, author)
        self.revisions = RevisionCache(store, clock)
        self.reevaluation = Reevaluation(store, reader, clock, author, self.reading, self.revisions)
        self.gate = SendingGate(store, clock, author)
        self.sending = Sender(store, server, reader, self.reading.readings, clock, account, self.health, waits)
        self.reminding = Reminders(store, clock, author)
        self.notifying = Notifier(store, server, clock, self.health, waits, author, command)
        self.chatting = Chat(store, clock, self.health, webhook)
        self.notifying.explain_invoices = self.reevaluation.explain_invoices
        beginning = WatchStart(store, clock)
        self.watching = MailboxWatcher(
            store, clock, self.reading, beginning, author, lambda: self.active_config, self._read, self._record
        )
        self._folder = FolderWatcher(store, clock, beginning, self.recording.take_file, self.recording.hold_large_file)
        self._reader = reader
        self._clock = clock
        self.writes_known = writes_noted(store)
        """The writes of configuration files by commands that the configuration in force holds (``WrittenFiles``)."""
        self.reevaluation.is_superseded = self.sending.is_superseded = self._is_superseded
        self.on_recorded: Callable[[], None] = _nothing
        """Called after each block of messages that was recorded: its submissions may be sent at once."""

    def _is_superseded(self) -> bool:
        return (self.store.property(FILES_WRITTEN) or "") != self.writes_known

    def activate_config(self, active_config: ActiveConfig) -> None:
        """Judge and send by this configuration from now on; everything that waits is reevaluated."""
        self.active_config = active_config
        self.revisions.clear()
        self.reminding.forget()

    # --- watch → read → authenticate → draft → record --------------------------------------------------------

    async def watch_mailbox(self, mailbox: Mailbox, since: dt.date | None) -> int:
        """Take what is new in ``mailbox``, block by block; returns how many submissions began to wait.

        Raises Unavailable.
        """
        return await self.watching.look(mailbox, since)

    async def _read(self, mailbox: str, fetched: Sequence[Fetched]) -> Block:
        """Read a block that was fetched; nothing is recorded yet."""
        active_config = self.active_config
        mails = await self.reading.open_mails(fetched, active_config)
        mails = await self.reading.authenticate(mailbox, mails, active_config)
        mails = await self.reading.read_pdfs(mails, active_config)
        return Block(mails, active_config)

    async def _record(self, rows: LedgerRows, block: Block) -> Recorded:
        """Draft and record a block in one transaction."""
        invoices = await load_invoices(self.recording.guarantees(block), block.active_config, self._reader)
        recorded = self.recording.record(rows, block, invoices)
        if block.active_config is self.active_config:
            self.revisions.note_drafted(recorded.drafted, block.active_config)
        self.on_recorded()
        return recorded

    async def watch_folder(self, folder: NoticeFolder) -> tuple[int, dt.timedelta | None]:
        """Take settled files; returns how many submissions began to wait, and when to look again at others.

        Raises Unavailable.
        """
        return await self._folder.look(folder, self.active_config)

    # --- reevaluate → send → remind → notify -----------------------------------------------------------------

    async def finish_pass(self, broken: LogBroken | None = None) -> Pass:
        """Do what the recorded state asks for, and notify the operator; ``broken`` is what watching came upon.

        Raises Unavailable; if PDFs cannot be read, only after the operator was notified.
        """
        done, sent, unread = Pass(broken=broken), SendingPass(), None
        try:
            await self.notify_in_doubt()
            done.began_to_wait = await self.reevaluate_waiting()
            try:
                sent = await self.send_due()
            except LogBroken as failure:  # people are reminded all the same
                done.broken = failure
            done.began_to_wait += sent.began_to_wait
            done.began_to_wait += self.reminding.remind(self.active_config)
        except LogBroken as failure:
            done.broken = failure
        except Unavailable as failure:
            if failure.what not in {"pdf", BROKEN_SANDBOX}:
                raise
            unread = failure
            self.health.tell_unread(failure)
        done.sent, done.goes_on_at = sent.sent, sent.goes_on_at
        if done.broken is not None:
            self.notifying.tell_broken(done.broken)
        self.chatting.note(self.active_config)  # before a mail is accepted, after which no alarm waits
        if (untold := sent.failure or await self.notify_operator()) is not None:
            done.failures["smtp"] = untold
        if not (self.watching.under_way or self.sending.is_ending):
            await self.chatting.post(self.active_config)
        mark_head(self.store)
        if unread is not None:
            raise unread
        return done

    async def reevaluate_waiting(self) -> int:
        """Reevaluate what waits; returns how many submissions began to wait for a person."""
        return await self.reevaluation.reevaluate(self.active_config)

    async def send_due(self) -> SendingPass:
        """Hand over everything whose moment has come. Raises LogBroken if a sign stops the sending."""
        return (
            await self.sending.send_due(self.active_config) if self.gate.is_open(self.active_config) else SendingPass()
        )

    async def notify_operator(self) -> Unavailable | None:
        """Send one mail about everything that began to wait since the last one; returns why it could not be sent.

        While a look still takes messages in, nothing is told: one look is one mail, however long its backlog.
        """
        if self.watching.under_way or self.sending.is_ending:
            return None  # alarms left by a stop wait in the store
        return await self.notifying.tell(self.active_config)

    async def notify_in_doubt(self) -> None:
        """Tell of submissions in doubt before anything else is done.

        If no mail can be sent, the pass finds that out again, and says so.
        """
        if self.sending.is_ending:
            return
        if any(each.cause == AlarmCause.IN_DOUBT for each in self.store.alarms_waiting()):
            self.chatting.note(self.active_config)
            await self.notifying.tell(self.active_config, AlarmCause.IN_DOUBT)


# --- One pass ------------------------------------------------------------------------------------------------


async def watch_folder_until_settled(pipeline: Pipeline, folder: NoticeFolder) -> int:
    """Look, and once more when the files that still settled at the first look have had their time.

    A file that keeps changing is left to the next pass. Raises Unavailable.
    """
    waiting, look_again = await pipeline.watch_folder(folder)
    if look_again is None:
        return waiting
    await asyncio.sleep(look_again.total_seconds())
    later, _ = await pipeline.watch_folder(folder)
    return waiting + later


async def run_once(
    pipeline: Pipeline,
    mailboxes: Sequence[Mailbox],
    since: Mapping[str, dt.date | None],
    folder: NoticeFolder,
    clock: Clock,
) -> Pass:
    """Read all mailboxes and the folder first, then judge, send and tell. A step that fails is named; the rest goes on.

    No pass of the same process follows, so an answer that could not be recorded is tried once more at the end.
    """
    before, last = _waiting(pipeline.store), sum(pipeline.store.count_by_state().values())
    try:
        done = await _run_once(pipeline, mailboxes, since, folder, clock)
        with contextlib.suppress(Unavailable, LogBroken):  # the result of the pass is said all the same
            for number, waits in _waiting(pipeline.store).items():
                done.new += number > last
                done.changed += number <= last and before.get(number) != waits
            # News of a sent mail and a reminder change neither state nor reason.
            done.changed = max(done.changed, done.began_to_wait - done.new)
        return done
    finally:
        with contextlib.suppress(Unavailable, LogBroken):  # it is found in doubt then, and a person gets an alarm
            pipeline.sending.record_kept_answer()


def _waiting(store: Store) -> dict[int, tuple[State, tuple[Hold, ...]]]:
    """Returns state and reasons of each submission that waits for a person."""
    return {each.id: (each.state, each.reasons) for each in store.submissions(*WAITS_FOR_A_PERSON)}


async def _run_once(
    pipeline: Pipeline,
    mailboxes: Sequence[Mailbox],
    since: Mapping[str, dt.date | None],
    folder: NoticeFolder,
    clock: Clock,
) -> Pass:
    async def watch(name: str, look: Awaitable[int]) -> int | Unavailable | LogBroken:
        try:
            return await look
        except Unavailable as failure:
            pipeline.health.failed(name, failure, clock.now())
            return failure
        except LogBroken as broken:
            return broken  # the others go on, and the operator gets an alarm

    looks = {"folder": watch_folder_until_settled(pipeline, folder)}
    looks |= {f"mail:{each.name}": pipeline.watch_mailbox(each, since.get(each.name)) for each in mailboxes}
    found = dict(zip(looks, await asyncio.gather(*(watch(*each) for each in looks.items())), strict=True))
    failures = {name: each for name, each in found.items() if isinstance(each, Unavailable)}
    broken = next((each for each in found.values() if isinstance(each, LogBroken)), None)
    done = await pipeline.finish_pass(broken)
    done.began_to_wait += sum(each for each in found.values() if isinstance(each, int))
    while done.goes_on_at is not None and not (failures or done.failures) and done.broken is None:
        await asyncio.sleep(max((done.goes_on_at - clock.now()).total_seconds(), 0))
        former, done = done, await pipeline.finish_pass()
        done.began_to_wait, done.sent = done.began_to_wait + former.began_to_wait, done.sent + former.sent
    if "smtp" in done.failures:
        pipeline.health.failed("smtp", done.failures["smtp"], clock.now())
        await pipeline.notifying.call_operator(pipeline.active_config, done.failures["smtp"])
    done.failures = {**failures, **done.failures}
    return done


def _nothing() -> None:
    """The pass that looks also sends."""
