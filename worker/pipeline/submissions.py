"""What a change of register or rule alters of a submission whose state it does not alter: its moment, its steps.

Its one promise: an entry only where something changed, and nobody is left with steps of yesterday unsaid. It does not
know what is judged, nor when.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from typing import Any, Final

from worker.approve.decisions import end_announcement, note_announced
from worker.approve.reevaluate import ActiveConfig, keep_contents, reevaluate, treat_unread_as_missing
from worker.compose.checks import compare_notice
from worker.compose.manual_submission import renew_steps
from worker.core.alarms import alarm_fingerprint
from worker.core.model import Attached, Hold, Notice, Sha256, Submission, Unreadable
from worker.core.params import Params
from worker.core.states import NEEDS_A_PERSON, WAITING, AlarmCause, Event, NoteEvent, State
from worker.core.text import hide_codes
from worker.match.duplicates import (
    KnownNotice,
    NewNotice,
    Source,
    announce,
    find_followed,
    hold_without_notice,
    join_notice,
    receive_notice,
    receive_unreadable,
    standing_before,
)
from worker.read.announcement import find_announcement, find_answers, find_listing, is_same_announcement, is_seen_before
from worker.store.ports import Author, Writing
from worker.watch.ports import InvoiceSnapshot


def _replacing(held: Submission) -> dict[str, Any]:
    """What the entry says of a file that was written to its end, or replaced, under its hold."""
    return {"read_anew": True, "replaces": held.pdf_sha256 or ""}


def note_moment(writing: Writing, before: Submission, after: Submission, author: Author) -> None:
    """What was approved for a day of the contract goes on the day that the register gives now."""
    if after.due_at is not None and after.due_at != before.due_at:
        changes = {"due_at": after.due_at, "duties": after.duties}
        writing.note(NoteEvent.RESCHEDULED, before.id, author, {"due_at": after.due_at.isoformat()}, changes)


def note_steps(writing: Writing, before: Submission, fresh: Submission, author: Author) -> int:
    """What a person is to hand in has the steps of today; 1 where the operator is told, 0 where nothing changed."""
    renewed = renew_steps(before, fresh)
    names = [field.name for field in dataclasses.fields(Submission)]
    changes = {name: getattr(renewed, name) for name in names if getattr(renewed, name) != getattr(before, name)}
    if not changes:
        return 0
    detail = {"superseded_by": renewed.superseded_by} if "superseded_by" in changes else {}
    writing.note(NoteEvent.STEPS_RENEWED, before.id, author, detail, changes)
    if set(changes) == {"superseded_by"} and renewed.superseded_by is None:
        return 0  # the later notice was taken back: all is as it was
    writing.raise_alarm(AlarmCause.BEGAN_TO_WAIT, [before.id])
    return 1


NEWEST_LOOKED_AT: Final = 200
"""Notices among which one that an announcement names by its project is looked for: those of the last days."""


class Seen(Enum):
    """What an announcement without a PDF was to what is here."""

    NEW = auto()
    ANNOUNCED = auto()
    """Announced before: the same mail again, or another that says the same."""
    ANSWERED = auto()
    """What it announces is here."""


class Taking:
    """One transaction's submissions; ``end`` stores its alarm. Names that people chose are kept without a key."""

    def __init__(
        self, writing: Writing, active_config: ActiveConfig, invoices: InvoiceSnapshot, author: Author, now: dt.datetime
    ) -> None:
        self._writing = writing
        self._active_config = active_config
        # The mail must be recorded even while the share with the invoices is away.
        self._invoices = treat_unread_as_missing(invoices)
        self._author = author
        self.now = now
        """The moment of the transaction."""
        self._waiting: list[int] = []
        self._replaced: Submission | None = None
        self._waiting_anew: list[Submission] = []
        self.drafted: list[Submission] = []
        """Those that a notice of this transaction became."""

    def replaces(self, held: Submission | None) -> None:
        """The next that is taken is the further content of the file for which ``held`` waits: that hold ends with it.

        Where somebody changed it since, it is left as it is.
        """
        if held is not None:
            now = self._writing.submission(held.id)
            self._replaced = now if now.version == held.version else None

    def take_notice(
        self, pdf: Attached, digest: Sha256, notice: Notice, way: Source, beside: Sequence[str] = ()
    ) -> int:
        """The submission that this notice becomes, or already is; ``beside`` are other PDFs of the same mail."""
        key = notice.key.clear
        evidence = way.evidence
        if isinstance(evidence, Params):
            evidence = evidence.each_word(lambda word: hide_codes(word, key) if key in word else word)
        way = dataclasses.replace(way, source_name=hide_codes(way.source_name, key), evidence=evidence)
        match receive_notice(notice, digest, way, self._writing):
            case KnownNotice(first):
                return self._note_again(first, digest, way)
            case NewNotice(arrived, superseded):
                self._writing.keep("notice", pdf.content)
                self._writing.keep_notice(digest, notice)
                others = [hide_codes(name, key) for name in beside]
                detail = {"file": hide_codes(pdf.filename, key), "other_pdfs": others}
                if pdf.archive:
                    detail["archive"] = hide_codes(pdf.archive, key)
                    detail["other_files"] = [hide_codes(name, key) for name in pdf.others]
                announcement = self._find_announcement(notice, proven=way.proven)
                if self._replaced is not None:
                    created = self._go_on_with(self._replaced, arrived, announcement, pdf.content, detail)
                else:
                    created = self._record_notice(arrived, announcement, pdf.content, detail)
                self.drafted.append(created)
                if self._replaced is None:
                    self._note_wait(created)
                elif created.state in NEEDS_A_PERSON:
                    self._waiting_anew.append(created)
                for earlier in superseded:
                    self._supersede(earlier, created)
                self._end_answered(notice)
                self._tell_unproven(created, notice, way)
                self._tell_taken_back(created, way)
                return created.id

    def _tell_unproven(self, created: Submission, notice: Notice, way: Source) -> None:
        """Say that a stranger's notice of a number that is here waits by itself, and that the others go on."""
        if way.proven:
            return
        here = self._writing.by_number(notice.contract_number)
        going_on = [
            each.id
            for each in here
            if each.guarantor == notice.guarantor
            and each.id != created.id
            and each.state in WAITING
            and not each.is_doubtful
        ]
        if going_on:
            others = ", ".join(f"#{number}" for number in going_on)
            self._writing.raise_alarm(AlarmCause.UNPROVEN_NEWCOMER, [], f"{created.id}: {others}")

    def _tell_taken_back(self, created: Submission, way: Source) -> None:
        """Say that what a person took back while its sender was not proven came again from somebody who is."""
        if way.proven and created.follows is not None:
            followed = self._writing.submission(created.follows)
            if followed.state is State.WITHDRAWN and followed.is_doubtful:
                self._writing.raise_alarm(
                    AlarmCause.WITHDRAWN_AGAIN, [], f"{created.id}: #{followed.id} {way.source_name}"
                )

    def _find_announcement(self, notice: Notice, *, proven: bool) -> Submission | None:
        """The open announcement that a notice answers; a stranger's joins none that is proven, nor hides it."""
        awaited = self._writing.awaited(notice.guarantor)
        unproven = [each for each in awaited if not each.proven]
        if not proven:
            return find_announcement(notice, unproven)
        of_the_proven = find_announcement(notice, [each for each in awaited if each.proven])
        return of_the_proven or find_announcement(notice, awaited)

    def _record_notice(
        self, arrived: Submission, announcement: Submission | None, content: bytes, detail: dict[str, Any]
    ) -> Submission:
        """A new submission, or the announcement's own as it goes on, with its id and its history."""
        if announcement is not None:
            detail = {**detail, "came_by": arrived.came_by, "source": arrived.source_name}
            arrived = join_notice(announcement, arrived, self._writing)
        drafted = reevaluate(arrived, self._active_config, self._invoices, self._writing, self.now, content)
        keep_contents(self._writing, drafted)
        if announcement is None:
            return self._writing.create(Event.NOTICE_READ, drafted.submission, self._author, detail)
        return self._writing.change(Event.NOTICE_READ, announcement, drafted.submission, self._author, detail)

    def _go_on_with(
        self,
        replaced: Submission,
        arrived: Submission,
        announcement: Submission | None,
        content: bytes,
        detail: dict[str, Any],
    ) -> Submission:
        """The hold of a file that was not whole goes on as its notice; an announcement that waits for it ends."""
        detail |= _replacing(replaced)
        joined = join_notice(replaced, arrived, self._writing)
        drafted = reevaluate(joined, self._active_config, self._invoices, self._writing, self.now, content)
        keep_contents(self._writing, drafted)
        created = self._writing.change(Event.REDRAFTED, replaced, drafted.submission, self._author, detail)
        if announcement is not None:
            end_announcement(self._writing, announcement, [created], self._author)
        return created

    def take_unreadable(self, pdf: Attached, digest: Sha256, refusal: Unreadable, way: Source) -> int:
        """The submission in which a file that was meant as a notice waits for a person."""
        match receive_unreadable(refusal, digest, way, self._writing):
            case KnownNotice(first):
                return self._note_again(first, digest, way)
            case NewNotice(arrived, _):
                self._writing.keep("pdf", pdf.content)
                detail = {"file": hide_codes(pdf.filename)}
                return self._hold(arrived, detail | ({"archive": hide_codes(pdf.archive)} if pdf.archive else {}))

    def take_no_pdf(self, digest: Sha256, refusal: Unreadable, way: Source, same: Iterable[int]) -> int:
        """The submission in which a file that was meant as a notice and is no PDF waits; its bytes are not kept.

        ``same`` are the submissions of the same bytes elsewhere in the folder.
        """
        for number in same:
            first = self._writing.submission(number)
            if first.state is State.HELD and first.refusal is not None:
                return self._note_again(first, digest, way)
        return self._hold(
            hold_without_notice(Hold.of_refusal(refusal), None, way), {"file": hide_codes(way.source_name)}
        )

    def take_set_aside(self, refusal: Hold, way: Source) -> int:
        """The submission in which a mail or a file that was not read as one waits for a person."""
        return self._hold(hold_without_notice(refusal, None, way), {})

    def take_announcement(self, guarantor: str, way: Source) -> tuple[tuple[Submission, ...], Seen]:
        """The task that an announcement without a PDF opens; what it announces, where that is here or open already."""
        profile = self._active_config.guarantors.get(guarantor)
        arriving = announce(guarantor, way, profile.download if profile else ())
        of_its_id = self._writing.by_source_message(way.source_message_id) if way.source_message_id else ()
        earlier = tuple(each for each in of_its_id if is_seen_before(each, arriving))
        if earlier:
            return self._see_again(earlier[:1], way), Seen.ANNOUNCED
        if answers := self._answers(arriving):
            return self._see_again(answers, way), Seen.ANSWERED
        open_ones = self._writing.awaited(guarantor)
        same = tuple(each for each in open_ones if is_same_announcement(each, arriving))
        if same:
            return self._see_again(same[:1], way), Seen.ANNOUNCED
        announced = self._writing.create(Event.ANNOUNCED, arriving, self._author, {})
        self._note_wait(announced)
        return (announced,), Seen.NEW

    def _answers(self, announcement: Submission) -> tuple[Submission, ...]:
        """The notices that it announces, where all of them are here.

        What a stranger brought may be taken back: a guarantor's word must not go with it.
        """
        announced, guarantor = announcement.announced, announcement.guarantor
        if announced is None or guarantor is None or not (announced.numbers or announced.names):
            return ()

        def counts(submission: Submission) -> bool:
            return not (announcement.proven and submission.is_doubtful)

        of_numbers = [
            [each for each in self._writing.by_number(number) if each.guarantor == guarantor and counts(each)]
            for number in announced.numbers
        ]
        newest = () if announced.numbers else self._writing.newest_notices(guarantor, NEWEST_LOOKED_AT)
        return find_answers(announced, of_numbers, filter(counts, newest))

    def _see_again(self, known: tuple[Submission, ...], way: Source) -> tuple[Submission, ...]:
        """Note with each that it was announced, once more or afterwards; nothing is opened."""
        detail = {"came_by": way.came_by, "source": way.source_name, "from_message": way.source_message_id}
        for each in known:
            note_announced(self._writing, each, way.announced, NoteEvent.SEEN_AGAIN, self._author, detail)
            if each.state is State.ANNOUNCED:
                self._lift_where_proven(each, way)
        return known

    def _end_answered(self, notice: Notice) -> None:
        """End the one announcement that names this number among others, once all of its notices are here."""
        listing = find_listing(notice.contract_number, self._writing.awaited(notice.guarantor))
        for is_proven in (True, False):  # a stranger's keeps no proven one open
            alike = [each for each in listing if each.proven is is_proven]
            if len(alike) == 1 and (answers := self._answers(alike[0])):
                end_announcement(self._writing, alike[0], answers, self._author)

    def read_after_all(self, held: Submission, notice: Notice, entered: Mapping[str, Any]) -> None:
        """A file that could not be read before can be now: a guarantor's profile was added.

        One that was read before, and refused when it was read again before its sending, must say what it said then:
        ``entered`` is what its entries say (``reread.entered_notice``).
        """
        before = self._writing.submission(held.id)
        if before.version != held.version or before.pdf_sha256 is None:
            return
        if entered.get("contract_number") is not None:
            differs = compare_notice(notice, before.pdf_sha256, entered, self._writing.notice(before.pdf_sha256))
            again = dataclasses.replace(before, refusal=differs)
            self._note_wait(self._redraft(Event.REDRAFTED, before, again, {}))
            return
        self._writing.keep_notice(before.pdf_sha256, notice)
        same_number = self._writing.by_number(notice.contract_number)
        earlier = [each for each in same_number if each.guarantor == notice.guarantor and each.id != before.id]
        read = dataclasses.replace(
            before,
            refusal=None,
            guarantor=notice.guarantor,
            product=notice.product,
            contract_number=notice.contract_number,
            notice_name=notice.project_name,
            follows=find_followed(standing_before(earlier, notice, self._writing, proven=before.proven)),
        )
        judged = self._redraft(Event.REDRAFTED, before, read, {})
        self._note_wait(judged)
        # Two submissions are there already: the announcement cannot go on as the notice's, so it ends for it.
        if announcement := self._find_announcement(notice, proven=before.proven):
            end_announcement(self._writing, announcement, [judged], self._author)
        self._end_answered(notice)

    def end(self) -> int:
        """Store the alarm about what began to wait; how many that were."""
        if self._waiting:
            self._writing.raise_alarm(AlarmCause.BEGAN_TO_WAIT, self._waiting)
        for each in self._waiting_anew:  # told a moment ago of another reason, so that this one is told as well
            self._writing.raise_alarm(AlarmCause.BEGAN_TO_WAIT, [each.id], alarm_fingerprint(each))
        return len(self._waiting) + len(self._waiting_anew)

    # --- What they share ------------------------------------------------------------------------------------

    def _hold(self, arrived: Submission, detail: dict[str, str]) -> int:
        if (before := self._replaced) is not None:
            return self._hold_on(before, arrived, detail)
        held = self._writing.create(Event.NOTICE_READ, arrived, self._author, detail)
        self._note_wait(held)
        return held.id

    def _hold_on(self, before: Submission, arrived: Submission, detail: dict[str, Any]) -> int:
        """The further content of a held file cannot be read either: the hold stays, and is about that content."""
        after = dataclasses.replace(
            before,
            refusal=arrived.refusal,
            reasons=arrived.reasons,
            pdf_sha256=arrived.pdf_sha256,
            from_before=arrived.from_before,
        )
        detail |= _replacing(before)
        held = self._writing.change(Event.REDRAFTED, before, after, self._author, detail)
        if after.reasons != before.reasons:
            self._waiting_anew.append(held)
        return before.id

    def _supersede(self, earlier: Submission, later: Submission) -> None:
        event = Event.HELD if earlier.state is State.APPROVED else Event.REDRAFTED
        marked = dataclasses.replace(earlier, superseded_by=later.id)
        self._note_wait(self._redraft(event, earlier, marked, {"superseded_by": later.id}))

    def _redraft(self, event: Event, before: Submission, after: Submission, detail: dict[str, Any]) -> Submission:
        drafted = reevaluate(after, self._active_config, self._invoices, self._writing, self.now)
        keep_contents(self._writing, drafted)
        return self._writing.change(event, before, drafted.submission, self._author, detail)

    def _note_wait(self, submission: Submission) -> None:
        if submission.state in NEEDS_A_PERSON:
            self._waiting.append(submission.id)

    def _note_again(self, first: Submission, digest: Sha256, way: Source) -> int:
        detail = {
            "came_by": way.came_by,
            "source": way.source_name,
            "same_bytes": digest == first.pdf_sha256,
            "sha256": digest,
            "waiting": first.state in WAITING,
        }
        self._writing.note(NoteEvent.SEEN_AGAIN, first.id, self._author, detail)
        if self._replaced is not None and self._replaced.id != first.id:
            self._end_replaced(self._replaced, first)
        if digest == first.pdf_sha256 and first.state is State.HELD:
            self._lift_where_proven(first, way)
        if way.from_before and not first.from_before and first.state in {State.HELD, State.APPROVED}:
            self._hold_as_from_before(first.id, way)
        return first.id

    def _end_replaced(self, replaced: Submission, first: Submission) -> None:
        """What the held file is by now is here already: its hold ends for that."""
        ended = dataclasses.replace(replaced, state=State.WITHDRAWN, joined=(first.id,))
        detail = {"joined": [first.id], **_replacing(replaced)}
        self._writing.change(Event.WITHDRAWN, replaced, ended, self._author, detail)

    def _hold_as_from_before(self, number: int, way: Source) -> None:
        """What waits is from before after all: the same notice lay elsewhere when the product came."""
        first = self._writing.submission(number)
        event = Event.HELD if first.state is State.APPROVED else Event.REDRAFTED
        marked = dataclasses.replace(first, from_before=way.from_before)
        self._note_wait(self._redraft(event, first, marked, {"from_before": way.from_before}))

    def _lift_where_proven(self, first: Submission, way: Source) -> None:
        """What came of nobody proven is as good as proven once somebody who is brings the very same."""
        is_better = not first.proven or (first.by_open_dns and not way.by_open_dns)
        if way.proven and is_better:
            changes: dict[str, Any] = {"proven": True, "evidence": way.evidence, "by_open_dns": way.by_open_dns}
            if first.superseded_by is not None and self._writing.submission(first.superseded_by).is_doubtful:
                changes["superseded_by"] = None
            self._writing.note(
                NoteEvent.SENDER_PROVEN, first.id, self._author, {"came_by": way.came_by, **changes}, changes
            )
