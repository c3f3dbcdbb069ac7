"""reevaluate: what waits is drafted again after a change of anything that its draft depends on.

Records an entry only for a change of state, reasons, draft, deadline or steps. Reads again what could not be read,
after a change of the guarantors' profiles.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from worker.approve.reevaluate import ActiveConfig, draft_fingerprint, keep_contents, reevaluate
from worker.compose.attachments import guarantees_in, guarantees_of
from worker.compose.checks import entered_notice
from worker.compose.compose import renew_steps
from worker.compose.missing_invoice import MissingInvoice
from worker.core.alarms import alarm_fingerprint
from worker.core.clock import Clock
from worker.core.errors import NotInSnapshot, Unavailable
from worker.core.model import JST, Notice, Submission, Unreadable
from worker.core.rulebook import Guarantor
from worker.core.states import JUDGED, NEEDS_A_PERSON, REFUSALS, AlarmCause, Event, NoteEvent, Reason, State
from worker.pipeline.invoices import explain_missing, fingerprint_files, load_invoices, look_at_folder
from worker.pipeline.read import NoticeReader
from worker.pipeline.record import IntakeTransaction
from worker.pipeline.watch import UnreadFiles
from worker.read.ports import PdfReader
from worker.store.ports import REHEARSAL, Author, Store, Writing
from worker.views.unread_files import INVOICES
from worker.watch.ports import InvoiceSnapshot

LOADED: Final = 8
"""Submissions whose files are held in memory at a time: an invoice has 0.3 MB, and 30 at most."""

AGAIN_SECONDS: Final = 1.0
"""Of a child, after which a pass reads no further stranger's PDF again: a hundred sound ones, or one that is slow."""

_TOO_DEAR: Final = frozenset({Reason.TOO_SLOW, Reason.TOO_LARGE})
"""No profile changes these: a stranger's PDF refused for one is not read again by itself."""

_JUDGED: Final = frozenset({"state", "reasons", "draft_hash", "duties", "project"})
"""The stored keys whose change is recorded; a deadline is people's to see as much as a reason."""


class RevisionCache:
    """The revision on which each waiting submission was last drafted.

    Another configuration clears them, and so does a decision on rehearsals.
    A submission is drafted again only after a change of its revision: its version, with a fingerprint of everything
    else that its draft depends on beside the configuration.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._drafted: dict[int, tuple[int, str]] = {}
        self.clear()

    def clear(self) -> None:
        """Another configuration or decision is in force: everything is drafted again."""
        self._rehearsal = self._store.property(REHEARSAL)
        self._drafted.clear()

    def note(self, submission: Submission, fingerprint: str) -> None:
        """``submission`` was drafted on the facts of ``fingerprint``."""
        self._drafted[submission.id] = (submission.version, fingerprint)

    def note_drafted(self, drafted: Sequence[Submission], active_config: ActiveConfig) -> None:
        """Note those of a block that depend on nothing that may have changed since they were drafted."""
        if self._store.property(REHEARSAL) != self._rehearsal:
            return
        for submission in drafted:
            with contextlib.suppress(Unavailable):  # the share with its invoice is away: it is judged like the others
                fingerprint = self.fingerprint(submission, active_config)
                drafted_on = submission.updated_at.astimezone(JST).date() if submission.updated_at else None
                if fingerprint.split() == [str(drafted_on)]:
                    self.note(submission, fingerprint)

    def select_changed(self, submissions: Iterable[Submission], active_config: ActiveConfig) -> tuple[Submission, ...]:
        """Returns those whose revision is another than the one noted; others than these are forgotten."""
        submissions = tuple(submissions)
        if self._store.property(REHEARSAL) != self._rehearsal:
            self.clear()
        for gone in self._drafted.keys() - {each.id for each in submissions}:
            del self._drafted[gone]  # sent, or ended: if it waits once more, its version is another
        return tuple(
            each
            for each in submissions
            if self._drafted.get(each.id) != (each.version, self.fingerprint(each, active_config))
        )

    def fingerprint(self, submission: Submission, active_config: ActiveConfig) -> str:
        """Returns a text that changes when a fact changes on which a draft depends."""
        files = fingerprint_files(submission, active_config)
        return " ".join(draft_fingerprint(submission, files, self._store, self._clock.now()))


class Reevaluation:
    """Drafts again what changed; of one process."""

    def __init__(
        self,
        store: Store,
        reader: PdfReader,
        clock: Clock,
        author: Author,
        reading: NoticeReader,
        revisions: RevisionCache,
    ) -> None:
        self._store = store
        self._reader = reader
        self._clock = clock
        self._author = author
        self._reading = reading
        self._revisions = revisions
        self._unread = UnreadFiles(store)
        self._read_with: Mapping[str, Guarantor] | None = None
        self._strangers_again: deque[int] = deque()
        self.is_superseded: Callable[[], bool] = lambda: False
        """Returns true if a person changed the configuration since it was read: judging would undo that."""

    async def reevaluate(self, active_config: ActiveConfig) -> int:
        """Draft each submission again after a change of its facts; returns how many began to wait."""
        waiting = await self._read_refused_again(active_config)
        return waiting + await self.judge_again(await self._select_changed(active_config), active_config)

    async def judge_again(self, submissions: Sequence[Submission], active_config: ActiveConfig) -> int:
        """Draft these again, a few at a time; returns how many began to wait."""
        waiting = 0
        for start in range(0, len(submissions), LOADED):
            waiting += await self._draft_several(submissions[start : start + LOADED], active_config)
        return waiting

    async def _draft_several(self, several: Sequence[Submission], active_config: ActiveConfig) -> int:
        """Judge these on one look; nothing is awaited between the look and what rests on it.

        A submission that asks for another file is drafted again on a look that brings it.
        """
        waiting = 0
        also: set[str] = set()
        while several:
            wanted = guarantees_of(several, active_config.register, self._store)
            invoices = await load_invoices(wanted, active_config, self._reader, also)
            left: list[Submission] = []
            missing: set[str] = set()
            for each in several:
                try:
                    waiting += self._draft_again(each, active_config, invoices)
                except NotInSnapshot as failure:
                    left.append(each)
                    missing.add(failure.file)
            if missing <= also:
                break  # it vanishes and comes back: the next look judges
            also |= missing
            several = left
        return waiting

    async def explain_invoices(
        self, submissions: Sequence[Submission], active_config: ActiveConfig
    ) -> Mapping[int, MissingInvoice]:
        """Returns for each submission that waits for an invoice the place for it."""
        return await explain_missing(submissions, active_config, self._reader, self._store)

    async def _select_changed(self, active_config: ActiveConfig) -> tuple[Submission, ...]:
        submissions = self._store.submissions(*JUDGED)
        if (rest := await look_at_folder(submissions, active_config, self._reader)) is not None:
            self._unread.note(INVOICES, [(each.name, each.why) for each in rest.unread if each.why is not None])
        return self._revisions.select_changed(submissions, active_config)

    def _draft_again(self, submission: Submission, active_config: ActiveConfig, invoices: InvoiceSnapshot) -> int:
        fingerprint = self._revisions.fingerprint(submission, active_config)
        try:
            began = self._record_change(submission, active_config, invoices)
        except NotInSnapshot:
            raise
        except Unavailable as failure:
            if failure.what != "folder":
                raise
            return 0  # the share with its invoice is away: nothing is known to have changed
        if not self.is_superseded():
            self._revisions.note(self._store.submission(submission.id), fingerprint)
        return began

    def _record_change(self, submission: Submission, active_config: ActiveConfig, invoices: InvoiceSnapshot) -> int:
        """An entry only if state, reasons, draft or duties changed; 1 if it began to wait."""
        with self._store.writing() as writing:
            before = writing.submission(submission.id)
            if before.version != submission.version or before.state not in JUDGED or self.is_superseded():
                return 0
            drafted = reevaluate(before, active_config, invoices, writing, self._clock.now())
            after = drafted.submission
            if before.state is State.APPROVED and after.state is not State.HELD:
                note_moment(writing, before, after, self._author)
                return 0
            if before.state is State.HANDED_OVER:
                return note_steps(writing, before, after, self._author)
            if not _changes(before, after).keys() & _JUDGED:
                return 0
            keep_contents(writing, drafted)
            event = Event.HELD if before.state is State.APPROVED else Event.REDRAFTED
            changed = writing.change(event, before, after, self._author, {})
            began = changed.state in NEEDS_A_PERSON and set(changed.reasons) - set(before.reasons) != set()
            if began or changed.state is State.HANDED_OVER:
                writing.raise_alarm(AlarmCause.BEGAN_TO_WAIT, [changed.id], alarm_fingerprint(changed))
                return 1
            return 0

    async def _read_refused_again(self, active_config: ActiveConfig) -> int:
        """Read what could not be read before, once after each change of the guarantors' profiles.

        Strangers' PDFs come last, and few at a time: what is due to be sent waits meanwhile.
        """
        profiles = active_config.guarantors
        waiting = 0
        if self._read_with != profiles:
            refused = [each for each in self._store.submissions(State.HELD) if _is_worth_another_reading(each)]
            for submission in refused:
                if not submission.is_doubtful and submission.notice.pdf_sha256 is not None:
                    pdf = self._store.original(submission.notice.pdf_sha256)
                    read = await self._reading.read_pdf(pdf, active_config)
                    waiting += await self._recognise_refused(submission, read, active_config)
            self._strangers_again = deque(each.id for each in refused if each.is_doubtful)
            self._read_with = profiles  # only now: if one could not be read, all are tried again
        return waiting + await self._read_strangers_again(active_config)

    async def _read_strangers_again(self, active_config: ActiveConfig) -> int:
        waiting = 0
        spent = 0.0
        while self._strangers_again and spent < AGAIN_SECONDS:
            submission = self._store.submission(self._strangers_again[0])
            if (
                submission.state is State.HELD
                and _is_worth_another_reading(submission)
                and submission.notice.pdf_sha256
            ):
                pdf = self._store.original(submission.notice.pdf_sha256)
                found = await self._reading.read_strangers_again(pdf, active_config)
                if found is None:
                    break  # its turn comes at a later pass
                read, seconds = found
                spent += seconds
                waiting += await self._recognise_refused(submission, read, active_config)
            self._strangers_again.popleft()
        return waiting

    async def _recognise_refused(
        self, submission: Submission, read: Notice | Unreadable, active_config: ActiveConfig
    ) -> int:
        if isinstance(read, Unreadable) or submission.notice.pdf_sha256 is None:
            return 0
        wanted = guarantees_in([read], active_config.register, self._store)
        invoices = await load_invoices(wanted, active_config, self._reader)
        with self._store.writing() as writing:
            taking = IntakeTransaction(writing, active_config, invoices, self._author, self._clock.now())
            taking.read_after_all(submission, read, entered_notice(self._store.entries(submission.id)))
            return taking.end()


def _is_worth_another_reading(submission: Submission) -> bool:
    refusal = submission.notice.refusal
    if refusal is None or refusal.reason not in REFUSALS or submission.notice.pdf_sha256 is None:
        return False
    return not (submission.is_doubtful and refusal.reason in _TOO_DEAR)


def note_moment(writing: Writing, before: Submission, after: Submission, author: Author) -> None:
    """Move what was approved for a day of the contract to the day that the register gives now."""
    if after.approval.due_at is not None and after.approval.due_at != before.approval.due_at:
        changes = {"due_at": after.approval.due_at, "duties": after.follow_ups.duties}
        writing.note(NoteEvent.RESCHEDULED, before.id, author, {"due_at": after.approval.due_at.isoformat()}, changes)


def _changes(before: Submission, after: Submission) -> dict[str, object]:
    """Returns the values of ``after`` that differ, by stored key."""
    stored = before.stored()
    return {key: value for key, value in after.stored().items() if value != stored[key]}


def note_steps(writing: Writing, before: Submission, fresh: Submission, author: Author) -> int:
    """Renew the steps of a manual submission; returns 1 if the operator is told, 0 if nothing changed."""
    renewed = renew_steps(before, fresh)
    changes = _changes(before, renewed)
    if not changes:
        return 0
    detail = {"superseded_by": renewed.superseded_by} if "superseded_by" in changes else {}
    writing.note(NoteEvent.STEPS_RENEWED, before.id, author, detail, changes)
    if set(changes) == {"superseded_by"} and renewed.superseded_by is None:
        return 0  # the later notice was taken back: all is as it was
    writing.raise_alarm(AlarmCause.BEGAN_TO_WAIT, [before.id])
    return 1
