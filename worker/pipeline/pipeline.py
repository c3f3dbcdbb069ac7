"""The order of the flow, known here alone: watch → read → match → compose → approve → send → track → tell.

Each method is one step, or one pass of a loop; who runs them and when is ``service.py`` (for ever) or the command
line (``run --once``, ``demo``). Its one promise: record first, then act; a step that the world stops (Unavailable)
ends with that reason, and the others go on.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from worker.approve.reevaluate import ActiveConfig, keep_contents, reevaluate
from worker.authenticate.ports import DkimVerifier
from worker.compose.checks import entered_notice, history_fingerprint
from worker.compose.missing_invoice import MissingInvoice
from worker.core.alarms import alarm_fingerprint, cause_about
from worker.core.clock import Clock
from worker.core.errors import LogBroken, NotInSnapshot, Unavailable
from worker.core.model import JST, Notice, Submission, Unreadable
from worker.core.rulebook import Guarantor
from worker.core.signs import Sign
from worker.core.states import NEEDS_A_PERSON, REFUSALS, AlarmCause, Event, Reason, State
from worker.core.waits import is_over
from worker.notify.ports import OperatorCommand
from worker.pipeline.first_start import Beginning
from worker.pipeline.folder import WatchingFolder
from worker.pipeline.foreign import note_unknown_mails
from worker.pipeline.intake import Intake
from worker.pipeline.invoices import (
    explain_missing,
    guarantees_in,
    guarantees_of,
    load_invoices,
    look_at_folder,
    stamp_files,
)
from worker.pipeline.notify import Telling
from worker.pipeline.reachability import Health
from worker.pipeline.remind import Reminding
from worker.pipeline.restore import unlooked
from worker.pipeline.send import Sending, SendingPass
from worker.pipeline.submissions import Taking, note_moment, note_steps
from worker.pipeline.unread_files import UnreadFiles
from worker.pipeline.waits import HoldWaits
from worker.pipeline.watch import Watching
from worker.read.ports import MailReaders, PdfReader
from worker.send.ports import MailServer
from worker.store.ports import Author, Store
from worker.store.signs import find_signs
from worker.views.unread_files import INVOICES
from worker.watch.ports import Folder, InvoiceSnapshot, Mailbox, Thread

LOG_ALARM_AGAIN: Final = dt.timedelta(days=1)
"""A log that is broken for days is worth a mail each day: meanwhile nothing is submitted."""

LOOKED_FOR: Final = 8
"""Submissions whose files are held in memory at a time: an invoice has 0.3 MB, and 30 at most."""

AGAIN_SECONDS: Final = 1.0
"""Of a child, after which a pass reads no further stranger's PDF again: a hundred sound ones, or one that is slow."""

_TOO_DEAR: Final = frozenset({Reason.TOO_SLOW, Reason.TOO_LARGE})
"""What no profile changes: a stranger's PDF refused for that is not read again by itself."""

_JUDGED_IN: Final = (State.HELD, State.APPROVED, State.HANDED_OVER)

_JUDGED: Final = ("state", "reasons", "draft_hash", "duties", "project")
"""What an entry is written for when it changed; a deadline is people's to see as much as a reason."""


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
        signatures: DkimVerifier | None = None,
        readers: MailReaders | None = None,
    ) -> None:
        self.store = store
        self.active_config = active_config
        self.health = Health(store)
        self.intake = Intake(store, reader, clock, account, signatures, readers)
        waits = HoldWaits(store, clock)
        self.sending = Sending(store, server, reader, self.intake.readings, clock, account, self.health, waits)
        self.telling = Telling(store, server, clock, self.health, waits, Author("hoshobin", account), command)
        self.telling.explain_invoices = self._explain_invoices
        self.reminding = Reminding(store, clock, Author("hoshobin", account))
        self._reader = reader
        self._clock = clock
        self._author = Author("hoshobin", account)
        self._unread = UnreadFiles(store)
        self._weighed: dict[int, tuple[int, str]] = {}
        self._has_looked_since_resumed = False
        self._unread_with: Mapping[str, Guarantor] | None = None
        self._strangers_again: deque[int] = deque()
        self._beginning = Beginning(store, clock)
        self.watching = Watching(
            store,
            clock,
            reader,
            self.intake,
            lambda: self.active_config,
            self._note_recorded,
            self._beginning,
            self._author,
        )
        self._watching_folder = WatchingFolder(store, clock, self.intake, self.health, self._beginning)
        self.on_recorded: Callable[[], None] = _nobody_waits
        """Called after each block of messages that was recorded: what it opened may be sent at once."""
        self.awaits_first_looks: Callable[[], bool] = _all_looked
        """Whether what may have come back is not read yet in a mailbox that was not looked at, well or not, since this
        process began: nothing is sent before."""

    def activate_config(self, active_config: ActiveConfig) -> None:
        """From now on judge and send by this configuration; everything that waits is judged anew."""
        self.active_config = active_config
        self._weighed.clear()
        self.reminding.forget()

    # --- watch → read → match → compose → approve ------------------------------------------------------------

    async def watch_mailbox(self, mailbox: Mailbox, thread: Thread, since: dt.date | None) -> int:
        """Take what is new in ``mailbox``; how many submissions began to wait. Raises Unavailable."""
        return await self.watching.look(mailbox, thread, since)

    def _note_recorded(self, drafted: Sequence[Submission], active_config: ActiveConfig) -> None:
        self._weigh_as_drafted(drafted, active_config)
        self.on_recorded()

    def _weigh_as_drafted(self, drafted: Sequence[Submission], active_config: ActiveConfig) -> None:
        """What was drafted a moment ago, and rests on nothing that may have changed since, need not be judged anew."""
        for submission in drafted:
            with contextlib.suppress(Unavailable):  # the share with its invoice is away: it is judged like the others
                stamp = self._stamp(submission)
                drafted_on = submission.updated_at.astimezone(JST).date() if submission.updated_at else None
                if active_config is self.active_config and stamp.split() == [str(drafted_on)]:
                    self._weighed[submission.id] = (submission.version, stamp)

    async def watch_folder(self, folder: Folder, thread: Thread) -> tuple[int, dt.timedelta | None]:
        """Take settled files; how many submissions began to wait, and when to look again at others.

        In a thread of its own, as a share that is away may not answer for minutes. Raises Unavailable.
        """
        return await self._watching_folder.look(folder, thread, self.active_config)

    async def judge_waiting(self) -> int:
        """Judge anew what waits, or is to be handed in, where anything it rests on changed; how many began to wait."""
        waiting = await self._read_refused_again()
        changed = await self._changed_since_weighed()
        for start in range(0, len(changed), LOOKED_FOR):
            several = changed[start : start + LOOKED_FOR]
            waiting += await self._weigh_several(several)
        return waiting

    async def _weigh_several(self, several: Sequence[Submission]) -> int:
        """Judge these on one look; nothing is awaited between the look and what rests on it.

        What asks for a file that did not seem to be in question is judged again on a look that brings it.
        """
        waiting = 0
        also: set[str] = set()
        while several:
            wanted = guarantees_of(several, self.active_config, self.store)
            invoices = await load_invoices(wanted, self.active_config, self._reader, also)
            left: list[Submission] = []
            missing: set[str] = set()
            for each in several:
                try:
                    waiting += self._weigh(each, invoices)
                except NotInSnapshot as failure:
                    left.append(each)
                    missing.add(failure.file)
            if missing <= also:
                break  # it vanishes and comes back: the next look judges
            also |= missing
            several = left
        return waiting

    async def _explain_invoices(
        self, submissions: Sequence[Submission], active_config: ActiveConfig
    ) -> Mapping[int, MissingInvoice]:
        return await explain_missing(submissions, active_config, self._reader, self.store)

    async def _changed_since_weighed(self) -> tuple[Submission, ...]:
        submissions = self.store.submissions(*_JUDGED_IN)
        for gone in self._weighed.keys() - {each.id for each in submissions}:
            del self._weighed[gone]  # sent, or ended: where it waits once more, its version is another
        await look_at_folder(submissions, self.active_config, self._reader)
        if (rest := self.active_config.files.rest()) is not None:
            self._unread.note(INVOICES, [(each.name, each.why) for each in rest.unread if each.why is not None])
        return tuple(each for each in submissions if self._weighed.get(each.id) != (each.version, self._stamp(each)))

    def _weigh(self, submission: Submission, invoices: InvoiceSnapshot) -> int:
        stamp = self._stamp(submission)
        try:
            began = self._judge(submission, invoices)
        except NotInSnapshot:
            raise
        except Unavailable as failure:
            if failure.what != "folder":
                raise
            return 0  # the share with its invoice is away: nothing is known to have changed
        self._weighed[submission.id] = (self.store.submission(submission.id).version, stamp)
        return began

    def _judge(self, submission: Submission, invoices: InvoiceSnapshot) -> int:
        """An entry only where state, reasons, draft or duties changed; 1 where it began to wait."""
        with self.store.writing() as writing:
            before = writing.submission(submission.id)
            if before.version != submission.version or before.state not in _JUDGED_IN:
                return 0
            drafted = reevaluate(before, self.active_config, invoices, writing, self._clock.now())
            after = drafted.submission
            if before.state is State.APPROVED and after.state is not State.HELD:
                note_moment(writing, before, after, self._author)
                return 0
            if before.state is State.HANDED_OVER:
                return note_steps(writing, before, after, self._author)
            if all(getattr(after, name) == getattr(before, name) for name in _JUDGED):
                return 0
            keep_contents(writing, drafted)
            event = Event.HELD if before.state is State.APPROVED else Event.REDRAFTED
            changed = writing.change(event, before, after, self._author, {})
            began = changed.state in NEEDS_A_PERSON and set(changed.reasons) - set(before.reasons) != set()
            if began or changed.state is State.HANDED_OVER:
                writing.raise_alarm(AlarmCause.BEGAN_TO_WAIT, [changed.id], alarm_fingerprint(changed))
                return 1
            return 0

    def _stamp(self, submission: Submission) -> str:
        """What beside configuration and its own entries a draft rests on: others of its number, mails, files, day.

        An approval of another may tie the number to a project; a later notice may come, or be withdrawn; a mail may
        make an address known; a contract's day comes, and with 1 April a rule is to be looked at anew.
        """
        number = submission.contract_number
        others = [f"{each.id}.{each.version}" for each in self.store.by_number(number)] if number else []
        others = [each for each in others if not each.startswith(f"{submission.id}.")]
        today = self._clock.now().astimezone(JST).date().isoformat()
        history = history_fingerprint(submission, self.store)
        return " ".join([*others, stamp_files(submission, self.active_config), history, today])

    async def _read_refused_again(self) -> int:
        """Read what could not be read before, once after each change of the guarantors' profiles.

        Strangers' PDFs come last, and few at a time: what is due to be sent waits meanwhile.
        """
        profiles = self.active_config.guarantors
        waiting = 0
        if self._unread_with != profiles:
            refused = [each for each in self.store.submissions(State.HELD) if _is_worth_another_reading(each)]
            for submission in refused:
                if not submission.is_doubtful and submission.pdf_sha256 is not None:
                    pdf = self.store.original(submission.pdf_sha256)
                    read = await self.intake.read_pdf(pdf, self.active_config)
                    waiting += await self._recognise_refused(submission, read)
            self._strangers_again = deque(each.id for each in refused if each.is_doubtful)
            self._unread_with = profiles  # only now: where one could not be read, all are tried again
        return waiting + await self._read_strangers_again()

    async def _read_strangers_again(self) -> int:
        waiting = 0
        spent = 0.0
        while self._strangers_again and spent < AGAIN_SECONDS:
            submission = self.store.submission(self._strangers_again[0])
            if submission.state is State.HELD and _is_worth_another_reading(submission) and submission.pdf_sha256:
                pdf = self.store.original(submission.pdf_sha256)
                found = await self.intake.read_strangers_again(pdf, self.active_config)
                if found is None:
                    break  # its turn comes at a later pass
                read, seconds = found
                spent += seconds
                waiting += await self._recognise_refused(submission, read)
            self._strangers_again.popleft()
        return waiting

    async def _recognise_refused(self, submission: Submission, read: Notice | Unreadable) -> int:
        if isinstance(read, Unreadable) or submission.pdf_sha256 is None:
            return 0
        wanted = guarantees_in([read], self.active_config, self.store)
        invoices = await load_invoices(wanted, self.active_config, self._reader)
        with self.store.writing() as writing:
            taking = Taking(writing, self.active_config, invoices, self._author, self._clock.now())
            taking.read_after_all(submission, read, entered_notice(self.store.entries(submission.id)))
            return taking.end()

    # --- approve → send → tell --------------------------------------------------------------------------------

    async def send_due(self) -> SendingPass:
        """Hand over everything whose moment has come; nothing while a sign stands, until a person resumes.

        Nor, after a start, before each mailbox gave what may have come back; after a person said to go on with an old
        database, before each was looked at whole: what left since may have come back as a report or as our own copy.
        """
        self.store.keep_secret_noted()
        note_unknown_mails(self.store, self._author)
        if signs := find_signs(self.store):
            self._has_looked_since_resumed = False
            raise LogBroken(signs[0], ", ".join(signs))
        if self.awaits_first_looks():  # a whole machine put back shows nothing of it but what lies in its mailbox
            return SendingPass()
        if not self._has_looked_since_resumed and unlooked(self.store, self.active_config, self._clock.now()):
            return SendingPass()
        self._has_looked_since_resumed = True
        return await self.sending.send_due(self.active_config)

    async def tell_operator(self) -> Unavailable | None:
        """Send one mail about everything that began to wait since the last one; why it could not be, if so.

        While a look still takes messages in, nothing is told: one look is one mail, however long its backlog.
        """
        if self.watching.under_way or self.sending.is_ending:
            return None  # what a stop leaves untold waits in the store
        return await self.telling.tell(self.active_config)

    async def tell_doubt(self) -> None:
        """Tell of what is in doubt before anything else is done: neither a backlog nor what is due comes before it.

        Where no mail goes, the pass finds that out again, and says so.
        """
        if not self.sending.is_ending:
            await self.telling.tell(self.active_config, AlarmCause.IN_DOUBT)

    def tell_broken(self, broken: LogBroken) -> None:
        """Alarm that nothing is sent because of the log; once a day for as long as it lasts."""
        cause = cause_about(AlarmCause.LOG_BROKEN, broken.code)
        told = self.store.last_alarm(cause)
        if told is None or is_over(told.created_at, told.created_at + LOG_ALARM_AGAIN, self._clock.now()):
            with self.store.writing() as writing:
                writing.raise_alarm(cause, [], broken.detail)

    def mark_head(self) -> None:
        """Note the head after a pass that wrote, unless an earlier note is ahead of the database; then the witness.

        In this order, so that a crash between them leaves the witness behind, which is no sign.
        """
        signs = {*find_signs(self.store)}
        if Sign.HEAD_UNREADABLE in signs:
            self.store.marked_head()  # raises what is wrong with it
        if Sign.BEHIND_HEAD not in signs and self.store.head() != self.store.marked_head():
            self.store.mark_head()
        if not signs:
            self.store.keep_witness()


def _is_worth_another_reading(submission: Submission) -> bool:
    refusal = submission.refusal
    if refusal is None or refusal.reason not in REFUSALS or submission.pdf_sha256 is None:
        return False
    return not (submission.is_doubtful and refusal.reason in _TOO_DEAR)


def _all_looked() -> bool:
    """The pass that sends looks before."""
    return False


def _nobody_waits() -> None:
    """The pass that looks also sends."""
