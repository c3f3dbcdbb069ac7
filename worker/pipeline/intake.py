"""watch → read → match → compose → approve for what came in: a block of messages, or a file of the folder.

Its one promise: a message or a file counts as seen only in the transaction that stores what became of it. It does
not know how messages are fetched, nor when.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from worker.arrive import Known, New, Way, announce, hold_without_notice, receive_notice, receive_unreadable
from worker.decisions import keep_contents, redraft
from worker.drafting import InForce, missing_where_away
from worker.letter import is_own_message_id_form
from worker.mail import Message, read_message
from worker.model import (
    Address,
    Attached,
    End,
    FileRow,
    Hold,
    MessageRow,
    Notice,
    PdfText,
    Sha256,
    Submission,
    Unreadable,
    sha256,
)
from worker.outcome import HELD_ALARM
from worker.ports import Author, Clock, Fetched, Listed, PdfReader, Store, Writing
from worker.read import read_notice
from worker.recognise import Announcement, Meant, Ours, Own, Recognised, Report, Unrelated, recognise_mail
from worker.states import WAITING, Event, Reason, State
from worker.text import hide_codes
from worker.watch import GONE, next_try

NEEDS_A_PERSON: Final = frozenset({State.HELD, State.ANNOUNCED, State.HANDED_OVER})

_Reading = tuple[Attached, Sha256, Notice | Unreadable]


@dataclass(slots=True)
class _Opened:
    """What one transaction opened, for the alarm stored with it."""

    began_to_wait: list[int]


class Intake:
    """Turns what came in into submissions and ledger rows."""

    def __init__(self, store: Store, reader: PdfReader, clock: Clock, account: str) -> None:
        self._store = store
        self._reader = reader
        self._clock = clock
        self._author = Author("hoshobin", account)

    # --- Messages -------------------------------------------------------------------------------------------

    async def take_block(
        self, mailbox: str, uidvalidity: int, block: Sequence[Fetched], in_force: InForce, *, proven: bool
    ) -> int:
        """Read and record ``block`` in one transaction; how many submissions began to wait."""
        messages = [read_message(each.content) if each.content else None for each in block]
        recognised = [self._recognise(message, in_force) for message in messages]
        readings = await asyncio.gather(*(self._read_pdfs(each, in_force) for each in recognised))
        opened = _Opened([])
        with self._store.writing() as writing:
            for fetched, message, what, read in zip(block, messages, recognised, readings, strict=True):
                row = MessageRow(
                    mailbox,
                    uidvalidity,
                    fetched.header.uid,
                    End.NOT_OURS,
                    message_id=fetched.header.message_id,
                    internal_date=fetched.header.internal_date,
                    size=fetched.header.size,
                )
                if message is None:
                    row = self._not_fetched(row, fetched)
                else:
                    row = dataclasses.replace(
                        row, sender=", ".join(message.senders), subject=hide_codes(message.subject), date=message.date
                    )
                    way = Way(f"mail:{mailbox}", hide_codes(message.subject), message.message_id, None, proven)
                    row = self._record(writing, row, fetched, what, read, way, in_force, opened)
                writing.record_message(row)
            if opened.began_to_wait:
                writing.raise_alarm(HELD_ALARM, opened.began_to_wait)
        return len(opened.began_to_wait)

    def _recognise(self, message: Message | None, in_force: InForce) -> Recognised:
        if message is None:
            return Unrelated(())
        ours = Ours(
            in_force.configuration.settings.contractor.email,
            self._store.by_message_id,
            lambda candidate, sender: is_own_message_id_form(candidate, Address(sender)),
        )
        return recognise_mail(message, in_force.configuration.guarantors, ours)

    async def _read_pdfs(self, what: Recognised, in_force: InForce) -> tuple[_Reading, ...]:
        if isinstance(what, Own | Report):
            return ()
        unique = {sha256(pdf.content): pdf for pdf in what.pdfs}
        read = await asyncio.gather(*(self.read_pdf(pdf.content, in_force) for pdf in unique.values()))
        return tuple((pdf, digest, each) for (digest, pdf), each in zip(unique.items(), read, strict=True))

    async def read_pdf(self, content: bytes, in_force: InForce) -> Notice | Unreadable:
        """The notice in ``content``, or why there is none."""
        text = await self._reader.read(content)
        return read_notice(text, in_force.configuration.guarantors) if isinstance(text, PdfText) else text

    def _not_fetched(self, row: MessageRow, fetched: Fetched) -> MessageRow:
        known = next(
            (
                each
                for each in self._store.messages(row.mailbox, End.UNFETCHED)
                if (each.uidvalidity, each.uid) == (row.uidvalidity, row.uid)
            ),
            None,
        )
        tries = (known.tries if known else 0) + 1
        failure = fetched.failure or "empty"
        return dataclasses.replace(
            row,
            end=End.NOT_OURS if failure == GONE else End.UNFETCHED,
            why=failure,
            tries=tries,
            next_try_at=next_try(failure, tries, self._clock.now()),
        )

    def _record(
        self,
        writing: Writing,
        row: MessageRow,
        fetched: Fetched,
        what: Recognised,
        read: Sequence[_Reading],
        way: Way,
        in_force: InForce,
        opened: _Opened,
    ) -> MessageRow:
        """The ledger row of one message, with the submissions it became."""
        match what:
            case Own():
                return dataclasses.replace(row, end=End.OWN, why="own message")
            case Report():
                return dataclasses.replace(row, end=End.REPORT, why="multipart/report")
            case Announcement() | Meant() | Unrelated():
                pass
        if not fetched.whole:
            return self._set_aside(writing, row, fetched, what, way, opened)
        notices = [(pdf, digest, each) for pdf, digest, each in read if isinstance(each, Notice)]
        refused = [(pdf, digest, each) for pdf, digest, each in read if isinstance(each, Unreadable)]
        if isinstance(what, Unrelated) and not notices:
            return dataclasses.replace(row, why="no announcement and no notice")
        if isinstance(what, Meant) and not read:
            return dataclasses.replace(row, why="speaks of a key, holds no PDF")
        digest = writing.keep("mail", fetched.content)
        row = dataclasses.replace(row, sha256=digest)
        way = dataclasses.replace(way, mail_sha256=digest)
        if notices:
            beside = [pdf.filename for pdf, _, _ in refused]
            for _, _, notice in notices:
                row = dataclasses.replace(row, subject=hide_codes(row.subject, notice.key.clear))
            numbers = [
                self.take_notice(writing, pdf, sha, notice, way, in_force, opened.began_to_wait, beside)
                for pdf, sha, notice in notices
            ]
            return dataclasses.replace(row, end=End.SUBMISSION, submissions=tuple(numbers))
        if refused:
            held = [
                self.take_unreadable(writing, pdf, sha, refusal, way, opened.began_to_wait)
                for pdf, sha, refusal in _worth_a_hold(refused)
            ]
            return dataclasses.replace(row, end=End.HELD, submissions=tuple(held))
        assert isinstance(what, Announcement)  # noqa: S101  the cases above leave nothing else
        return self._announce(writing, row, what, way, opened)

    def _set_aside(
        self,
        writing: Writing,
        row: MessageRow,
        fetched: Fetched,
        what: Recognised,
        way: Way,
        opened: _Opened,
    ) -> MessageRow:
        """A mail above the limit: held where somebody meant a notice, else only its row."""
        row = dataclasses.replace(row, end=End.TOO_LARGE, why=f"{fetched.header.size} bytes")
        if isinstance(what, Unrelated):
            return row
        refusal = Hold(Reason.MAIL_TOO_LARGE, f"{fetched.header.size:,} bytes")
        held = writing.create(Event.NOTICE_READ, hold_without_notice(refusal, None, way), self._author, {})
        opened.began_to_wait.append(held.id)
        return dataclasses.replace(row, submissions=(held.id,))

    def _announce(self, writing: Writing, row: MessageRow, what: Announcement, way: Way, opened: _Opened) -> MessageRow:
        earlier = writing.by_source_message(way.source_message_id) if way.source_message_id else ()
        if earlier:
            writing.note("SeenAgain", earlier[0].id, self._author, {"came_by": way.came_by})
            return dataclasses.replace(row, end=End.DUPLICATE, submissions=(earlier[0].id,))
        announced = writing.create(Event.ANNOUNCED, announce(what.guarantor, way), self._author, {})
        opened.began_to_wait.append(announced.id)
        return dataclasses.replace(row, end=End.ANNOUNCEMENT, submissions=(announced.id,))

    # --- Files ----------------------------------------------------------------------------------------------

    async def take_file(self, listed: Listed, content: bytes, in_force: InForce) -> int:
        """Read and record one file of the notices folder; how many submissions began to wait."""
        read = await self.read_pdf(content, in_force)
        digest = sha256(content)
        pdf = Attached(listed.name, content)
        way = Way("folder", hide_codes(listed.name), "", None, proven=True)
        waiting: list[int] = []
        with self._store.writing() as writing:
            if isinstance(read, Notice):
                number = self.take_notice(writing, pdf, digest, read, way, in_force, waiting, [])
            else:
                number = self.take_unreadable(writing, pdf, digest, read, way, waiting)
            writing.record_file(file_row(listed, self._clock.now(), End.SUBMISSION, digest, (number,)))
            if waiting:
                writing.raise_alarm(HELD_ALARM, waiting)
        return len(waiting)

    def hold_large_file(self, listed: Listed) -> int:
        """A file above the limit is not read; somebody put it there as a notice, so it is held."""
        way = Way("folder", hide_codes(listed.name), "", None, proven=True)
        with self._store.writing() as writing:
            arrived = hold_without_notice(Hold(Reason.TOO_LARGE, f"{listed.size:,} bytes"), None, way)
            held = writing.create(Event.NOTICE_READ, arrived, self._author, {"file": hide_codes(listed.name)})
            writing.record_file(file_row(listed, self._clock.now(), End.HELD, numbers=(held.id,)))
            writing.raise_alarm(HELD_ALARM, [held.id])
        return 1

    def read_after_all(self, writing: Writing, held: Submission, notice: Notice, in_force: InForce) -> int:
        """A file that could not be read before can be now (a guarantor's profile was added); 1 if it waits."""
        before = writing.submission(held.id)
        if before.version != held.version or before.pdf_sha256 is None:
            return 0
        writing.keep_notice(before.pdf_sha256, notice)
        earlier = [
            each
            for each in writing.by_number(notice.contract_number)
            if each.guarantor == notice.guarantor and each.id != before.id
        ]
        read = dataclasses.replace(
            before,
            refusal=None,
            guarantor=notice.guarantor,
            product=notice.product,
            contract_number=notice.contract_number,
            notice_name=notice.project_name,
            follows=earlier[-1].id if earlier else None,
        )
        drafted = redraft(read, missing_where_away(in_force), writing, self._clock.now())
        keep_contents(writing, drafted)
        after = writing.change(Event.REDRAFTED, before, drafted.submission, self._author, {})
        if after.state in NEEDS_A_PERSON:
            writing.raise_alarm(HELD_ALARM, [after.id])
            return 1
        return 0

    # --- One PDF --------------------------------------------------------------------------------------------

    def take_notice(
        self,
        writing: Writing,
        pdf: Attached,
        digest: Sha256,
        notice: Notice,
        way: Way,
        in_force: InForce,
        waiting: list[int],
        beside: Sequence[str],
    ) -> int:
        """The submission that this notice becomes, or already is."""
        way = dataclasses.replace(way, source_name=hide_codes(way.source_name, notice.key.clear))
        match receive_notice(notice, digest, way, writing):
            case Known(earliest):
                self._note_again(writing, earliest, digest, way)
                return earliest.id
            case New(arrived, superseded):
                writing.keep("notice", pdf.content)
                writing.keep_notice(digest, notice)
                drafted = redraft(arrived, missing_where_away(in_force), writing, self._clock.now(), pdf.content)
                keep_contents(writing, drafted)
                key = notice.key.clear
                detail = {
                    "file": hide_codes(pdf.filename, key),
                    "other_pdfs": [hide_codes(name, key) for name in beside],
                }
                created = writing.create(Event.NOTICE_READ, drafted.submission, self._author, detail)
                if created.state in NEEDS_A_PERSON:
                    waiting.append(created.id)
                for earlier in superseded:
                    self._supersede(writing, earlier, created, in_force, waiting)
                return created.id

    def _supersede(
        self,
        writing: Writing,
        earlier: Submission,
        later: Submission,
        in_force: InForce,
        waiting: list[int],
    ) -> None:
        marked = dataclasses.replace(earlier, superseded_by=later.id)
        drafted = redraft(marked, missing_where_away(in_force), writing, self._clock.now())
        keep_contents(writing, drafted)
        event = Event.HELD if earlier.state is State.APPROVED else Event.REDRAFTED
        held = writing.change(event, earlier, drafted.submission, self._author, {"superseded_by": later.id})
        waiting.append(held.id)

    def take_unreadable(
        self,
        writing: Writing,
        pdf: Attached,
        digest: Sha256,
        refusal: Unreadable,
        way: Way,
        waiting: list[int],
    ) -> int:
        """The submission in which a file that was meant as a notice waits for a person."""
        match receive_unreadable(refusal, digest, way, writing):
            case Known(first):
                self._note_again(writing, first, digest, way)
                return first.id
            case New(arrived, _):
                writing.keep("pdf", pdf.content)
                held = writing.create(Event.NOTICE_READ, arrived, self._author, {"file": hide_codes(pdf.filename)})
                waiting.append(held.id)
                return held.id

    def _note_again(self, writing: Writing, first: Submission, digest: Sha256, way: Way) -> None:
        detail = {
            "came_by": way.came_by,
            "source": way.source_name,
            "same_bytes": digest == first.pdf_sha256,
            "sha256": digest,
            "waiting": first.state in WAITING,
        }
        writing.note("SeenAgain", first.id, self._author, detail)


def file_row(
    listed: Listed, now: dt.datetime, end: End, digest: Sha256 | None = None, numbers: tuple[int, ...] = ()
) -> FileRow:
    """The ledger row of a file as it was listed."""
    return FileRow(
        listed.name,
        listed.size,
        listed.mtime_ns,
        listed.inode,
        now,
        end,
        sha256=digest,
        submissions=numbers,
    )


def _worth_a_hold(refused: Sequence[_Reading]) -> Sequence[tuple[Attached, Sha256, Unreadable]]:
    """Of the PDFs of a mail that means a notice and holds none, those a person should see.

    One hold is enough for files that simply are something else (drawings, estimates); a file that cannot be read
    may be the notice itself, so each of those is held.
    """
    pairs = [(pdf, digest, each) for pdf, digest, each in refused if isinstance(each, Unreadable)]
    unread = [each for each in pairs if each[2].reason is not Reason.NOT_A_NOTICE]
    return unread or pairs[:1]
