"""send: one submission at a time is handed to the mail server, each step recorded before the next.

Only the approved mail is sent, and only if that can be recorded. An answer that cannot be recorded is kept and tried
again while nothing else is sent. The next pass finds an attempt that broke off: one in SENDING is tried again, one in
IN_DOUBT never is. Nothing is sent while a sign of another installation or of an old backup stands.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any, Final

from worker.approve.reevaluate import (
    ActiveConfig,
    Drafted,
    find_notice_difference,
    keep_contents,
    reevaluate,
    secret_of,
    verify_mail,
    write_mail,
)
from worker.compose.attachments import Guarantee, guarantees_of
from worker.core.addresses import copy_of
from worker.core.alarms import alarm_fingerprint
from worker.core.clock import Clock
from worker.core.errors import Conflict, HoshobinError, LogBroken, NotInSnapshot, Unavailable
from worker.core.message_id import bears_secret
from worker.core.model import Draft, HealthRecord, Hold, Notice, Sha256, Submission, Unreadable
from worker.core.signs import Sign
from worker.core.states import AlarmCause, Event, NoteEvent, Reason, State
from worker.pipeline.health import Health
from worker.pipeline.invoices import load_invoices, with_invoices
from worker.pipeline.read import Readings
from worker.pipeline.track import (
    OwnCopyEvidence,
    ReceiptTransaction,
    is_try_recorded,
    last_resumed,
    record_sign,
    since_resumed,
)
from worker.read.ports import PdfReader
from worker.send.outcomes import defer, end_rehearsal, note_late_answer, note_no_reply
from worker.send.ports import Body, Data, Mail, MailServer, NoReply, Rcpt, Reply, Session, Step
from worker.send.rate_limit import LOOKED_BACK, RateLimiter, has_opened, is_about_all, is_due, may_leave
from worker.send.smtp_verdicts import Verdict, is_taken, judge_reply, make_envid, retry_delay, steps_of
from worker.store.ports import FOREIGN_MAIL, Author, Reading, Store, Writing
from worker.store.signs import find_signs
from worker.watch.ports import NOT_LOOKED, InvoiceSnapshot


class SendOutcome(Enum):
    """The result of a recorded attempt, for the counts of its pass."""

    SENT = auto()
    WAITS = auto()
    GOES_AGAIN = auto()
    NEWS = auto()


UNREAD_ALARM_AFTER: Final = 3
"""Tries without an answer of the reader after which a person is told: by then its process was started three times."""


_Record = Callable[[Writing], SendOutcome]


@dataclasses.dataclass(frozen=True, slots=True)
class _Reread:
    """A PDF and what it says, read before the sending."""

    pdf: Sha256 | None
    notice: Notice | Unreadable


class Sender:
    """Hands APPROVED submissions to the mail server; the caller holds the sender's lock."""

    def __init__(
        self,
        store: Store,
        server: MailServer,
        reader: PdfReader,
        readings: Readings,
        clock: Clock,
        account: str,
        health: Health,
        waits: HoldWaits,
    ) -> None:
        self._store = store
        self._waits = waits
        self._server = server
        self._reader = reader
        self._readings = readings
        self._clock = clock
        self._author = Author("hoshobin", account)
        self._health = health
        self._unrecorded: _Record | None = None
        self.is_ending = False
        """True if no further mail is begun."""
        self.is_superseded: Callable[[], bool] = lambda: False
        """Returns true if a person changed the configuration since it was read: nothing is begun by the former one."""
        self.awaits_answer = False
        """True if a mail may have left whose answer can still come."""
        self._pace = RateLimiter()
        self._is_pace_recalled = False

    @property
    def has_unrecorded_answer(self) -> bool:
        """True if a server's answer is known here and not yet in the store."""
        return self._unrecorded is not None

    def record_kept_answer(self) -> None:
        """Try again to record the answer that could not be recorded. Raises Unavailable."""
        self._record_kept()

    def end_after_this_mail(self) -> None:
        """Begin no further one: a stop has time for the mail under way, not for all that are due."""
        self.is_ending = True

    async def send_due(self, active_config: ActiveConfig) -> SendingPass:
        """Send every APPROVED submission whose moment has come, in order of that moment, within hours and cap.

        A server that is not reached ends the pass with that reason; no submission is blamed for it.
        """
        settings = active_config.configuration.settings
        outcomes: list[SendOutcome | None] = []
        failure, goes_on_at = None, None
        try:
            outcomes.append(self._record_kept())
            self._recall_pace()
            broken_off = self._store.submissions(State.SENDING, State.IN_DOUBT)
            rehearsals = [each for each in broken_off if each.is_rehearsal]
            invoices = await self._look_for(rehearsals, active_config) if rehearsals else NOT_LOOKED
            found = recover(self._store, active_config, self._author.account, self._clock.now(), invoices)
            outcomes += [SendOutcome.WAITS] * (len(found.in_doubt) + len(found.rehearsals))
            due = (*self._store.due(self._clock.now()), *self._waits.ended())
            for number in dict.fromkeys(due):
                now = self._clock.now()
                if self.is_ending or self._pace.is_paused(now) or self.is_superseded():
                    break
                submission = self._store.submission(number)
                if not self._may_begin(submission, active_config, now):
                    continue
                if (slot := self._pace.next_slot(settings.smtp.per_minute, now)) > now:
                    goes_on_at = slot
                    break
                invoices = await self._look_for([submission], active_config)
                with contextlib.suppress(Conflict):  # somebody decided meanwhile: the next look sees it
                    reread = await self._read_again(submission, active_config)
                    if reread is None:
                        continue
                    session = await self._server.open()
                    outcome, unrecorded = await self._send_one(submission, reread, session, active_config, invoices)
                    outcomes.append(outcome)
                    if unrecorded is not None:
                        raise unrecorded
        except Unavailable as unavailable:
            failure = unavailable
        return SendingPass(outcomes.count(SendOutcome.SENT), outcomes.count(SendOutcome.WAITS), failure, goes_on_at)

    def _may_begin(self, submission: Submission, active_config: ActiveConfig, now: dt.datetime) -> bool:
        if not may_leave(submission, active_config.configuration.settings.hours, now):
            return False
        is_over = self._waits.is_over(submission)
        return is_due(submission, now) if is_over is None else is_over and has_opened(submission, now)

    def _recall_pace(self) -> None:
        """A restart, or another configuration, is no reason for a server to be asked sooner or more often."""
        if self._is_pace_recalled:
            return
        first = max(self._store.head()[0] - LOOKED_BACK, 0)
        self._pace.recall(self._store.entries(events=[Event.SEND_STARTED, Event.NOT_NOW], after=first))
        look = self._store.health_of("smtp")
        if look is not None and look.error and look.last_error is not None:
            self._pace.recall_failure(look.error, look.last_error)
        self._is_pace_recalled = True

    async def _look_for(self, submissions: Sequence[Submission], active_config: ActiveConfig) -> InvoiceSnapshot:
        return await load_invoices(
            guarantees_of(submissions, active_config.register, self._store), active_config, self._reader
        )

    async def _read_again(self, submission: Submission, active_config: ActiveConfig) -> _Reread | None:
        """Returns what its PDF says by today's profiles; None if the reader gave no answer: it is tried again later."""
        if submission.notice.pdf_sha256 is None:
            return _Reread(None, Unreadable(Reason.NOT_A_NOTICE))
        pdf = self._store.original(submission.notice.pdf_sha256)
        try:
            read = await self._readings.read_once(pdf, active_config.configuration.guarantors)
        except Unavailable as failure:
            self._put_off_unread(submission, str(failure))
            return None
        if isinstance(read, Unreadable) and read.is_unanswered:
            self._put_off_unread(submission, f"{read.reason.value} {read.detail}".strip())
            return None
        return _Reread(submission.notice.pdf_sha256, read)

    def _put_off_unread(self, submission: Submission, why: str) -> None:
        """APPROVED it stays; the others go on. A person is told if that goes on."""
        now = self._clock.now()
        with self._store.writing() as writing:
            before = writing.submission(submission.id)
            if before.version != submission.version:
                return  # somebody decided meanwhile
            tries = before.delivery.unread_tries + 1
            due = now + retry_delay(tries)
            detail = {"why": why, "next_try_at": due.isoformat()}
            writing.note(
                NoteEvent.NOT_READ_AGAIN, before.id, self._author, detail, {"due_at": due, "unread_tries": tries}
            )
            if tries == UNREAD_ALARM_AFTER:
                writing.raise_alarm(AlarmCause.NOT_READ_AGAIN, [], f"{before.id}: {why}")

    async def _send_one(
        self,
        submission: Submission,
        reread: _Reread,
        session: Session,
        active_config: ActiveConfig,
        invoices: InvoiceSnapshot,
    ) -> tuple[SendOutcome | None, HoshobinError | None]:
        """Returns what was recorded of the attempt, and why the store refused to record the begin of the body."""

        def wanted() -> tuple[Guarantee, ...]:
            return guarantees_of([submission], active_config.register, self._store)

        def start(brought: InvoiceSnapshot) -> tuple[Submission, tuple[Step, ...]] | SendOutcome:
            return self._start(submission.id, reread, session, active_config, brought)

        try:
            try:
                started = start(invoices)
            except NotInSnapshot:  # the register, or another's approval, changed since the look
                started = await with_invoices(wanted, active_config, self._reader, start)
        except Unavailable as failure:
            if failure.what != "folder":
                raise
            return None, None  # the share with its invoice is away: this one waits, the others need not
        if isinstance(started, SendOutcome):
            return started, None
        return await self._carry_out(*started, active_config, invoices)

    async def _carry_out(
        self, current: Submission, steps: tuple[Step, ...], active_config: ActiveConfig, invoices: InvoiceSnapshot
    ) -> tuple[SendOutcome | None, HoshobinError | None]:
        self._pace.begin(self._clock.now())
        without_copy: dict[str, str] = {}
        for step in steps:
            if isinstance(step, Body):
                try:
                    current = self._record_in_doubt(current, without_copy)
                except HoshobinError as failure:  # no byte of the mail leaves
                    await self._server.close()
                    silence = NoReply(f"not recorded, so not sent: {failure}", self._clock.now())
                    return self._conclude(current, Data(), silence, Verdict.NOT_NOW, active_config, invoices), failure
            answer = await self._take(step)
            verdict = judge_reply(step, answer)
            if isinstance(step, Rcpt) and step.is_copy and not is_taken(answer):
                without_copy = {"copy_to": step.recipient, "answer": str(answer)}
            if verdict is not Verdict.GO_ON:
                return self._conclude(current, step, answer, verdict, active_config, invoices), None
        return None, None

    async def _take(self, step: Step) -> Reply | NoReply:
        self.awaits_answer = isinstance(step, Body)
        try:
            return await self._server.perform(step)
        finally:
            self.awaits_answer = False

    def _record_in_doubt(self, sending: Submission, without_copy: dict[str, str]) -> Submission:
        """Record IN_DOUBT before the first byte of the mail."""
        after = dataclasses.replace(sending, state=State.IN_DOUBT)
        with self._store.writing() as writing:
            if without_copy:
                writing.note(NoteEvent.WITHOUT_COPY, sending.id, self._author, without_copy)
            return writing.change(Event.DATA_STARTED, sending, after, self._author, {})

    # --- Each record ----------------------------------------------------------------------------------------

    def _start(
        self, number: int, reread: _Reread, session: Session, active_config: ActiveConfig, invoices: InvoiceSnapshot
    ) -> tuple[Submission, tuple[Step, ...]] | SendOutcome:
        """Record SendStarted for exactly the approved draft; returns the outcome if it is not begun."""
        now = self._clock.now()
        with self._store.writing() as writing:
            before = writing.submission(number)
            receiving = ReceiptTransaction(writing, active_config, invoices, self._author, now)
            if self._has_news(writing, before, active_config, now) or receiving.follow_kept(before):
                return SendOutcome.NEWS
            if refusal := find_notice_difference(
                reread.notice, reread.pdf, before, self._store.entries(before.id), writing
            ):
                # As a refusal, so that the notice kept, which may have been altered, is not believed from now on.
                refused = dataclasses.replace(
                    before,
                    notice=dataclasses.replace(before.notice, refusal=refusal),
                    approval=dataclasses.replace(before.approval, due_at=None),
                )
                return self._hold(writing, before, reevaluate(refused, active_config, invoices, writing, now), None)
            drafted = reevaluate(before, active_config, invoices, writing, now)
            mail = drafted.submission.composed.draft
            if mail is None or not _is_released(drafted.submission, before):
                return self._hold(writing, before, drafted, None)
            copied = receiving.follow_copy(before, partial(write_mail, drafted))
            if copied is OwnCopyEvidence.SAME:
                return SendOutcome.NEWS
            if isinstance(copied, str) or (copied := receiving.unproven(before)):
                return self._hold_for_evidence(writing, before, copied, active_config, invoices, now)
            date = before.delivery.first_date if before.delivery.date_draft == before.composed.draft_hash else None
            date = date or now
            raw = write_mail(drafted, date)
            if different := verify_mail(drafted, raw, date):
                return self._hold(writing, before, drafted, Hold.of(Reason.ENCODING, places=different))
            tries = before.delivery.tries + 1
            envid = make_envid(secret_of(writing), mail.message_id, tries) if session.dsn else ""
            copy_to = copy_of(mail, active_config.configuration.settings.smtp.copy_to)
            steps = steps_of(mail, raw, envid, copy_to)  # a message that no step could carry must not be begun
            sending = _sending(before, drafted.submission, mail, session)
            delivery = dataclasses.replace(sending.delivery, first_date=date, letter_sha256=writing.keep("letter", raw))
            detail: dict[str, Any] = {"envid": envid, "released_by": before.approval.release}
            detail |= {"recipients": list(mail.recipients), **({"copy_to": copy_to} if copy_to else {})}
            after = dataclasses.replace(sending, delivery=delivery)
            return writing.change(Event.SEND_STARTED, before, after, self._author, detail), steps

    def _has_news(
        self, writing: Writing, submission: Submission, active_config: ActiveConfig, now: dt.datetime
    ) -> bool:
        """Returns whether it may not begin any more: connecting took a while.

        The office has closed, a person decided or changed the configuration, or a mail of this pass shows that this is
        an old copy of the store, as the next pass says.
        """
        may_begin = self._may_begin(submission, active_config, now)
        return not may_begin or self.is_superseded() or bool(writing.property(FOREIGN_MAIL))

    def _hold(self, writing: Writing, before: Submission, drafted: Drafted, hold: Hold | None) -> SendOutcome:
        """Hold it: the mail that would be sent now is not the approved one."""
        keep_contents(writing, drafted)
        reasons = (hold,) if hold else drafted.submission.reasons or (Hold(Reason.CHANGED),)
        after = dataclasses.replace(drafted.submission, state=State.HELD, reasons=reasons)
        held = writing.change(Event.HELD, before, after, self._author, {})
        writing.raise_alarm(AlarmCause.BEGAN_TO_WAIT, [held.id], alarm_fingerprint(held))
        return SendOutcome.WAITS

    def _hold_for_evidence(
        self,
        writing: Writing,
        before: Submission,
        evidence: str,
        active_config: ActiveConfig,
        invoices: InvoiceSnapshot,
        now: dt.datetime,
    ) -> SendOutcome:
        """Hold it: a mail that came back speaks of it and proves nothing, so a person decides."""
        came = dataclasses.replace(
            before,
            delivery=dataclasses.replace(before.delivery, late_answer=evidence),
            approval=dataclasses.replace(before.approval, released_draft="", due_at=None),
        )
        return self._hold(writing, before, reevaluate(came, active_config, invoices, writing, now), None)

    def _conclude(
        self,
        before: Submission,
        step: Step,
        answer: Reply | NoReply,
        verdict: Verdict,
        active_config: ActiveConfig,
        invoices: InvoiceSnapshot,
    ) -> SendOutcome | None:
        """Record what the transaction came to; kept and tried again if it cannot be recorded."""

        def record(writing: Writing) -> SendOutcome:
            return self._record_outcome(writing, before, step, answer, verdict, active_config, invoices)

        self._unrecorded = record
        return self._record_kept()

    def _record_kept(self) -> SendOutcome | None:
        """Returns the outcome that was kept, once it is recorded; a commit that fails is made again."""
        if self._unrecorded is None:
            return None
        with self._store.writing() as writing:
            outcome = self._unrecorded(writing)
        self._unrecorded = None
        return outcome

    def _record_outcome(
        self,
        writing: Writing,
        sent: Submission,
        step: Step,
        answer: Reply | NoReply,
        verdict: Verdict,
        active_config: ActiveConfig,
        invoices: InvoiceSnapshot,
    ) -> SendOutcome:
        now = self._clock.now()
        if isinstance(answer, Reply) and is_about_all(type(step).__name__, str(answer)):
            self._pace.hear(str(answer), now)  # it is about all our mail, not about this one
        self._record_health(writing, step, answer, verdict, now)
        before = writing.submission(sent.id)
        detail = {"step": type(step).__name__, "answer": str(answer), "answered_at": answer.at.isoformat()}
        if before.version != sent.version and sent.state is State.SENDING and before.state is State.IN_DOUBT:
            # The record of IN_DOUBT was taken for failed and had been made: nothing left, and no proof of that exists.
            note_no_reply(writing, before, str(answer), self._author, detail)
            return SendOutcome.WAITS
        if (before.state, before.delivery.tries, before.delivery.silent) != (
            sent.state,
            sent.delivery.tries,
            sent.delivery.silent,
        ):
            is_acceptance = verdict.event is Event.ACCEPTED
            note_late_answer(
                writing,
                active_config,
                invoices,
                sent.id,
                str(answer),
                self._author,
                detail,
                now,
                is_acceptance=is_acceptance,
            )
            return SendOutcome.NEWS
        replied = dataclasses.replace(before, delivery=dataclasses.replace(before.delivery, reply=str(answer)))
        if verdict.event is Event.NOT_NOW:
            defer(writing, before, str(answer), self._author, detail, now)
            return SendOutcome.GOES_AGAIN
        if before.is_rehearsal:
            end_rehearsal(writing, active_config, invoices, replied, self._author, detail, now)
            return SendOutcome.WAITS
        if verdict.event is Event.ACCEPTED:
            after = dataclasses.replace(
                replied,
                state=State.SENT,
                delivery=dataclasses.replace(replied.delivery, sent_at=answer.at, deferrals=0),
            )
            writing.change(Event.ACCEPTED, before, after, self._author, detail)
            return SendOutcome.SENT
        if verdict.event is Event.REFUSED:
            after = dataclasses.replace(replied, state=State.REFUSED)
            writing.change(Event.REFUSED, before, after, self._author, detail)
            writing.raise_alarm(AlarmCause.REFUSED, [before.id])
            return SendOutcome.WAITS
        note_no_reply(writing, before, str(answer), self._author, detail)
        return SendOutcome.WAITS

    def _record_health(
        self, writing: Writing, step: Step, answer: Reply | NoReply, verdict: Verdict, now: dt.datetime
    ) -> None:
        if verdict is Verdict.ACCOUNT_REFUSED:
            self._health.refused(writing, "smtp", str(answer), now)
        elif verdict is Verdict.ACCEPTED:
            self._health.note_reached(writing, "smtp", now)
        elif not isinstance(step, Mail):
            self._health.note_answered(writing, now)  # the account is good once MAIL was taken, not before


def _is_released(fresh: Submission, before: Submission) -> bool:
    """Returns whether the draft of today is the one whose sending was released."""
    return fresh.state is State.APPROVED and fresh.composed.draft_hash == before.approval.released_draft


def _sending(before: Submission, fresh: Submission, mail: Draft, session: Session) -> Submission:
    """Returns ``before`` as it is sent in ``session``, with the duties and the invoice's values of today's draft."""
    return dataclasses.replace(
        before,
        state=State.SENDING,
        follow_ups=dataclasses.replace(before.follow_ups, duties=fresh.follow_ups.duties),
        composed=dataclasses.replace(
            before.composed,
            invoice_amount_read=fresh.composed.invoice_amount_read,
            invoice_date_read=fresh.composed.invoice_date_read,
        ),
        delivery=dataclasses.replace(
            before.delivery,
            tries=before.delivery.tries + 1,
            unread_tries=0,
            tried_as=before.delivery.tried_as if mail.is_rehearsal else mail.message_id,
            date_draft=before.composed.draft_hash,
            server=session.server,
            tls=session.tls,
            reply="",
            silent="",
        ),
    )


@dataclass(frozen=True, slots=True)
class SendingPass:
    """The result of one pass over everything due."""

    sent: int = 0
    began_to_wait: int = 0
    failure: Unavailable | None = None
    goes_on_at: dt.datetime | None = None
    """When the cap lets the next one begin; None if nothing waits for it."""


WAITS: Final = "hold_waits"
"""Name of the store's value: a JSON object, by submission its ``due_at``, the uptime at the begin, and the seconds."""


class HoldWaits:
    """Begins the waits, and says when they are over."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def begin(self, writing: Writing, number: int, due_at: dt.datetime, wait: dt.timedelta) -> None:
        """The wait of ``number``, which is to leave at ``due_at``, begins now; those that are of no use are dropped."""
        waits: dict[str, object] = {
            each: row for each, row in _recorded(writing).items() if writing.submission(int(each)).state in _WAITING
        }
        waits[str(number)] = [due_at.isoformat(), self._clock.uptime(), wait.total_seconds()]
        writing.set_property(WAITS, json.dumps(waits))

    def ended(self) -> tuple[int, ...]:
        """The submissions whose wait is over, also if the clock was set."""
        return tuple(
            int(number)
            for number, (_, begun, seconds) in _recorded(self._store).items()
            if self._has_passed(begun, seconds)
        )

    def is_over(self, submission: Submission) -> bool | None:
        """Returns whether the wait of ``submission`` is over; None if it has none. Raises Unavailable.

        An uptime below that of the begin is of a machine that was started again: how long it was off is not known by a
        clock that may be wrong after it, so the wait begins once more.
        """
        due_at, begun, seconds = _recorded(self._store).get(str(submission.id), ("", 0.0, 0.0))
        if submission.approval.due_at is None or due_at != submission.approval.due_at.isoformat():
            return None
        if self._clock.uptime() < begun:
            with self._store.writing() as writing:
                self.begin(writing, submission.id, submission.approval.due_at, dt.timedelta(seconds=seconds))
            return False
        return self._has_passed(begun, seconds)

    def _has_passed(self, begun: float, seconds: float) -> bool:
        return self._clock.uptime() >= begun + seconds


_WAITING: Final = frozenset({State.APPROVED})


def _recorded(reading: Reading) -> dict[str, tuple[str, float, float]]:
    return {number: (row[0], row[1], row[2]) for number, row in json.loads(reading.property(WAITS) or "{}").items()}


BROKE_OFF: Final = "the attempt broke off before its answer was recorded"


@dataclass(frozen=True, slots=True)
class Recovered:
    """The attempts that were found."""

    put_back: tuple[int, ...]
    """Broke off before the body: APPROVED again, to be tried after the usual delay."""
    in_doubt: tuple[int, ...]
    """Broke off between the record of the body and its answer: waits for a report or a person."""
    rehearsals: tuple[int, ...]


def recover(
    store: Store, active_config: ActiveConfig, account: str, now: dt.datetime, invoices: InvoiceSnapshot = NOT_LOOKED
) -> Recovered:
    """Put back what certainly did not leave, and alarm about what perhaps did.

    Without ``invoices``, as at a start, a rehearsal that ended is held for its invoice until it is reevaluated.
    """
    author = Author("hoshobin", account)
    detail = {"answer": BROKE_OFF, "answered_at": now.isoformat()}
    put_back, in_doubt, rehearsals = [], [], []
    for each in store.submissions(State.SENDING, State.IN_DOUBT):
        if each.delivery.silent and not each.is_rehearsal:
            continue  # a person has had the mail about it
        with store.writing() as writing:
            found = writing.submission(each.id)
            if found.state is State.SENDING:
                defer(writing, found, found.delivery.reply, author, detail, now)
                put_back.append(found.id)
            elif found.state is State.IN_DOUBT and found.is_rehearsal:
                end_rehearsal(writing, active_config, invoices, found, author, detail, now)
                rehearsals.append(found.id)
            elif found.state is State.IN_DOUBT and not found.delivery.silent:
                note_no_reply(writing, found, BROKE_OFF, author, detail)
                in_doubt.append(found.id)
    return Recovered(tuple(put_back), tuple(in_doubt), tuple(rehearsals))


# --- Before the sending ----------------------------------------------------------------------------------------


class SendingGate:
    """Says whether anything may be sent; of one process."""

    def __init__(self, store: Store, clock: Clock, author: Author) -> None:
        self._store = store
        self._clock = clock
        self._author = author
        self._has_looked_since_resumed = False
        self.awaits_first_looks: Callable[[], bool] = lambda: False
        """True if a mailbox that was not looked at since this process began may hold reports that are not read yet."""

    def is_open(self, active_config: ActiveConfig) -> bool:
        """Returns whether submissions may be sent. Raises LogBroken while a sign stands, until a person resumes.

        After a start each mailbox is first read for reports and copies. After a person resumed with an old database
        each is looked at whole: mails that left since may have come back as a report or as our own copy.
        """
        self._store.keep_secret_noted()
        note_unknown_mails(self._store, self._author)
        if signs := find_signs(self._store):
            self._has_looked_since_resumed = False
            raise LogBroken(signs[0], ", ".join(signs))
        if self.awaits_first_looks():  # a whole machine put back shows nothing of it but what lies in its mailbox
            return False
        if not self._has_looked_since_resumed and mailboxes_not_scanned(self._store, active_config, self._clock.now()):
            return False
        self._has_looked_since_resumed = True
        return True


def note_unknown_mails(store: Store, author: Author) -> None:
    """Record what came of a mail before a draft showed that this store's secret had made it."""
    if Sign.UNKNOWN_MAIL in (store.property(FOREIGN_MAIL) or "").split():
        return
    for entry in since_resumed(store, NoteEvent.REPORT_TOO_EARLY):
        message_id = str(entry.detail.get("message_id", ""))
        is_ours = bears_secret(message_id) and store.of_own_message(message_id) is not None
        if is_ours and not is_try_recorded(store, message_id):
            with store.writing() as writing:
                record_sign(writing, Sign.UNKNOWN_MAIL, message_id, str(entry.detail.get("mail", "")), author)
            return


def mailboxes_not_scanned(store: Store, active_config: ActiveConfig, now: dt.datetime) -> tuple[str, ...]:
    """The mailboxes without a look that succeeded since a person last said to go on.

    One that the database never saw reached held back nothing before: it is to be tried once, well or not. If the clock
    was set back since, no look comes after that moment; that each start looks before it sends has to do.
    """
    resumed = last_resumed(store)
    if resumed is None or resumed.at > now:
        return ()
    looks = {name: store.health_of(f"mail:{name}") for name in active_config.configuration.settings.mailboxes}
    return tuple(name for name, look in looks.items() if not _is_tried(look, resumed.at))


def _is_tried(look: HealthRecord | None, resumed_at: dt.datetime) -> bool:
    if look is None:
        return False
    tried_at = look.last_ok or look.last_error
    return tried_at is not None and tried_at > resumed_at


def mark_head(store: Store) -> None:
    """Note the head after a pass that wrote, unless an earlier note is ahead of the database; then the witness.

    In this order, so that a crash between them leaves the witness behind, which is no sign.
    """
    signs = {*find_signs(store)}
    if Sign.HEAD_UNREADABLE in signs:
        store.marked_head()  # raises what is wrong with it
    if Sign.BEHIND_HEAD not in signs and store.head() != store.marked_head():
        store.mark_head()
    if not signs:
        store.keep_witness()
