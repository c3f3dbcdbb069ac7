"""watch → read → match → compose → approve for what came in: a block of messages, or a file of the folder.

Its one promise: a message or a file counts as seen only in the transaction that stores what became of it. It does
not know how messages are fetched, nor when.

Longer than other files: what one block of messages may become is decided and recorded in one transaction.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from worker.approve.redraft import InForce
from worker.authenticate.ports import Signatures
from worker.authenticate.sender_auth import Vouched
from worker.config.mailbox_actions import is_due_after
from worker.core.alarms import cause_about
from worker.core.clock import Clock
from worker.core.message_id import is_own_message_id_form
from worker.core.model import (
    Address,
    Attached,
    End,
    FileRow,
    Hold,
    MessageRow,
    Notice,
    ReceiptKind,
    Sha256,
    Submission,
    Unreadable,
    sha256,
)
from worker.core.states import AlarmCause, Reason
from worker.core.text import hide_codes
from worker.match.duplicates import Way
from worker.pipeline.authenticate import Vouching
from worker.pipeline.invoices import guarantees_in, guarantees_of, load_invoices
from worker.pipeline.ledger_rows import NOTHING, LedgerRows, renumber
from worker.pipeline.read import Readings
from worker.pipeline.submissions import Seen, Taking
from worker.pipeline.track import MAY_BE_HELD_ANEW, OWN_MESSAGE, Receiving, find_ours
from worker.read.classify import Announcement, Meant, Ours, Own, Recognised, Report, Unrelated, recognise_mail
from worker.read.message import Defect, Message, read_message
from worker.read.ports import PdfReader
from worker.store.ports import Author, Store, Writing
from worker.track.reports import CameBack, Nothing, read_report
from worker.watch.plan import GONE, next_try
from worker.watch.ports import NOT_LOOKED, Fetched, InvoiceSnapshot, Listed

UNFETCHED_TOLD: Final = 3
"""Failed fetches after which a person is told, about 20 minutes after the first: a hiccup is over by then."""

_HIDING: Final = frozenset(
    {
        Defect.TNEF,
        Defect.SEALED,
        Defect.TOO_DEEP,
        Defect.TOO_MANY_PARTS,
        Defect.NOT_CLOSED,
        Defect.BOUNDARY,
        Defect.HEADERS,
    }
)
"""What can keep a PDF in a mail from being found."""

_OF_ANYBODY: Final = frozenset({ReceiptKind.ANOTHERS.value, ReceiptKind.WARNING.value})
"""Of a mail that came back: a colleague may have written it."""
_Reading = tuple[Attached, Sha256, Notice | Unreadable]


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """A block of messages as read, and the configuration it was read by."""

    block: Sequence[Fetched]
    messages: Sequence[Message | None]
    recognised: Sequence[Recognised]
    readings: Sequence[tuple[_Reading, ...]]
    came_back: Sequence[CameBack]
    vouched: Sequence[Vouched | None]
    """Who wrote each that may bring a notice, and what proves it."""
    in_force: InForce

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Every notice that was read in it."""
        return tuple(what for read in self.readings for _, _, what in read if isinstance(what, Notice))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a block: how many began to wait, and every submission drafted for it."""

    began_to_wait: int
    drafted: tuple[Submission, ...]
    due_after: tuple[MessageRow, ...] = ()
    """Rows of messages to which something is still to be done in the mailbox."""


class Intake:
    """Turns what came in into submissions and ledger rows."""

    def __init__(
        self, store: Store, reader: PdfReader, clock: Clock, account: str, signatures: Signatures | None = None
    ) -> None:
        """Without ``signatures`` none is tried: then only what our own server found proves a sender."""
        self._store = store
        self._reader = reader
        self.readings = Readings(reader)
        self._clock = clock
        self._vouching = Vouching(signatures)
        self._author = Author("hoshobin", account)

    # --- Messages -------------------------------------------------------------------------------------------

    async def read_block(self, mailbox: str, block: Sequence[Fetched], in_force: InForce) -> ReadBlock:
        """Take the mails apart, read their PDFs and find out who wrote them; nothing is recorded yet."""
        messages = [read_message(each.content) if each.content else None for each in block]
        recognised = [self._recognise(message, in_force) for message in messages]
        readings = await asyncio.gather(*(self._read_pdfs(each, in_force) for each in recognised))
        came_back = [
            Nothing() if message is None else read_report(each.content, message, self._store.by_message_id)
            for each, message in zip(block, messages, strict=True)
        ]
        notices = [[each for _, _, each in read if isinstance(each, Notice)] for read in readings]
        vouched = await asyncio.gather(
            *(
                self._vouching.look(mailbox, fetched, message, what, read, in_force)
                for fetched, message, what, read in zip(block, messages, recognised, notices, strict=True)
            )
        )
        return ReadBlock(block, messages, recognised, readings, came_back, vouched, in_force)

    async def record_block(self, rows: LedgerRows, was_read: ReadBlock) -> Recorded:
        """Record a block, and what was passed over before it, in one transaction.

        By the configuration that it was read by.
        """
        due_after = []
        each_message = zip(
            was_read.block,
            was_read.messages,
            was_read.recognised,
            was_read.readings,
            was_read.came_back,
            was_read.vouched,
            strict=True,
        )
        in_force = was_read.in_force
        mails = zip(was_read.came_back, was_read.messages, strict=True)
        sender = in_force.configuration.settings.contractor.email
        spoken_of = [
            found
            for came_back, message in mails
            if message is not None and (found := find_ours(came_back, message, self._store, sender)) is not None
        ]
        wanted = (
            *guarantees_in(was_read.notices, in_force, self._store),
            *guarantees_of([each for each in spoken_of if each.state in MAY_BE_HELD_ANEW], in_force, self._store),
        )
        invoices = await load_invoices(wanted, in_force, self._reader)
        with self._store.writing() as writing:
            taking = self._taking(writing, in_force, invoices)
            receiving = Receiving(writing, in_force, invoices, self._author, self._clock.now())
            for fetched, message, what, read, came_back, vouched in each_message:
                row = _row(rows, fetched, message)
                if message is None:
                    row = self._note_unfetched(writing, row, fetched)
                elif (former := self._known_by_its_bytes(rows, fetched)) is not None:
                    row = renumber(former, row)
                else:
                    from_before = rows.from_before(fetched.header)
                    source = (f"mail:{rows.mailbox}", row.subject, message.message_id)
                    way = Way(*source, None, proven=False, from_before=from_before)
                    taken = _Taken(message, fetched, what, read, way, vouched)
                    if isinstance(what, Own):
                        row = _record_own(receiving, row, taken)
                    elif about := _take_about_ours(receiving, row, came_back, taken):
                        row = _record_about_ours(writing, taking, about, taken)
                    else:
                        row = _record(writing, taking, row, taken)
                    row = dataclasses.replace(row, is_after_due=is_due_after(rows.after, row.end))
                for each in (*rows.take_passed(row.uid), row):
                    writing.record_message(each)
                due_after += [row] if row.is_after_due else []
            waiting = taking.end() + receiving.began_to_wait
            return Recorded(waiting, tuple(taking.drafted), tuple(due_after))

    def record_passed(self, rows: LedgerRows) -> None:
        """Record what was passed over behind the last block."""
        if passed := rows.take_passed(math.inf):
            with self._store.writing() as writing:
                for row in passed:
                    writing.record_message(row)

    def _known_by_its_bytes(self, rows: LedgerRows, fetched: Fetched) -> MessageRow | None:
        """The row of the same bytes under a former number."""
        if not rows.is_renumbered:
            return None
        formers = self._store.known_messages(rows.mailbox, fetched.header.message_id)
        digest = sha256(fetched.content)
        return next((row for row in formers if row.sha256 == digest and row.uidvalidity != rows.numbering), None)

    def _taking(self, writing: Writing, in_force: InForce, invoices: InvoiceSnapshot) -> Taking:
        return Taking(writing, in_force, invoices, self._author, self._clock.now())

    def _recognise(self, message: Message | None, in_force: InForce) -> Recognised:
        if message is None:
            return Unrelated(())
        return recognise_mail(message, in_force.configuration.guarantors, self.ours(in_force))

    def ours(self, in_force: InForce) -> Ours:
        """How a message of our own is known."""
        return Ours(
            in_force.configuration.settings.contractor.email,
            self._store.by_message_id,
            lambda candidate, sender: is_own_message_id_form(candidate, Address(sender)),
        )

    async def _read_pdfs(self, what: Recognised, in_force: InForce) -> tuple[_Reading, ...]:
        if isinstance(what, Own | Report):
            return ()
        # Of the same file twice the one that the mail itself holds: it may prove what the other does not.
        unique = {sha256(pdf.content): pdf for pdf in sorted(what.pdfs, key=lambda pdf: not pdf.is_enclosed)}
        read = await asyncio.gather(*(self.read_pdf(pdf.content, in_force) for pdf in unique.values()))
        return tuple((pdf, digest, each) for (digest, pdf), each in zip(unique.items(), read, strict=True))

    async def read_pdf(self, content: bytes, in_force: InForce) -> Notice | Unreadable:
        """The notice in ``content``, or why there is none."""
        return await self.readings.read(content, in_force.configuration.guarantors)

    def _note_unfetched(self, writing: Writing, row: MessageRow, fetched: Fetched) -> MessageRow:
        """Tried again by itself; a person is told of one that fails again and again."""
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
        if tries == UNFETCHED_TOLD and failure != GONE:
            writing.raise_alarm(cause_about(AlarmCause.UNFETCHED, "mail", row.mailbox), [], f"UID {row.uid}: {failure}")
        return dataclasses.replace(
            row,
            end=End.NOT_OURS if failure == GONE else End.UNFETCHED,
            why=failure,
            tries=tries,
            next_try_at=next_try(failure, tries, self._clock.now()),
        )

    # --- Files ----------------------------------------------------------------------------------------------

    async def take_file(self, listed: Listed, content: bytes, in_force: InForce, from_before: str) -> int:
        """Read and record one file of the notices folder; how many submissions began to wait."""
        way = _by_folder(listed, from_before)
        read = await self.read_pdf(content, in_force)
        digest = sha256(content)
        pdf = Attached(listed.name, content)
        notices = [read] if isinstance(read, Notice) else []
        invoices = await load_invoices(guarantees_in(notices, in_force, self._store), in_force, self._reader)
        with self._store.writing() as writing:
            taking = self._taking(writing, in_force, invoices)
            if isinstance(read, Notice):
                number = taking.take_notice(pdf, digest, read, way)
            else:
                number = taking.take_unreadable(pdf, digest, read, way)
            writing.record_file(_file_row(listed, self._clock.now(), End.SUBMISSION, number, digest))
            return taking.end()

    def hold_large_file(self, listed: Listed, in_force: InForce, from_before: str) -> int:
        """A file above the limit is not read; somebody put it there as a notice, so it is held."""
        with self._store.writing() as writing:
            taking = self._taking(writing, in_force, NOT_LOOKED)
            refusal = Hold.of(Reason.TOO_LARGE, bytes=str(listed.size))
            number = taking.take_set_aside(refusal, _by_folder(listed, from_before))
            writing.record_file(_file_row(listed, self._clock.now(), End.HELD, number))
            return taking.end()


def _by_folder(listed: Listed, from_before: str) -> Way:
    return Way("folder", hide_codes(listed.name), "", None, proven=True, from_before=from_before)


def _file_row(listed: Listed, now: dt.datetime, end: End, number: int, digest: Sha256 | None = None) -> FileRow:
    return FileRow(
        listed.name, listed.size, listed.mtime_ns, listed.inode, now, end, sha256=digest, submissions=(number,)
    )


# --- One message ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Taken:
    """One message with all that was found out about it before the transaction."""

    message: Message
    fetched: Fetched
    what: Recognised
    read: Sequence[_Reading]
    way: Way
    vouched: Vouched | None

    def proven(self, way: Way, guarantor: str | None, *, is_enclosed: bool = False) -> Way:
        """``way`` with whether it is proven that who wrote the mail may bring a notice of ``guarantor``."""
        if self.vouched is None:
            return way
        proof = self.vouched.prove(guarantor, is_enclosed=is_enclosed)
        return dataclasses.replace(way, proven=proof.is_proven, evidence=proof.evidence, by_open_dns=proof.by_open_dns)


def _row(rows: LedgerRows, fetched: Fetched, message: Message | None) -> MessageRow:
    row = rows.begin(fetched.header)
    if message is None:
        return row
    senders = ", ".join(message.senders)
    return dataclasses.replace(row, sender=senders, subject=hide_codes(message.subject), date=message.date)


def _record_own(receiving: Receiving, row: MessageRow, taken: _Taken) -> MessageRow:
    """Our own mail: one that was too large to be fetched as it is can be compared with nothing."""
    if taken.fetched.whole:
        return receiving.take_copy(row, taken.message, taken.fetched.content)
    return dataclasses.replace(row, end=End.OWN, why=OWN_MESSAGE)


def _take_about_ours(receiving: Receiving, row: MessageRow, came_back: CameBack, taken: _Taken) -> MessageRow | None:
    """The row of a mail about one of ours, or of a failure that may be; None where it is about none.

    An announcement is no failure, though some systems send it with an empty Return-Path.
    """
    about = receiving.take(row, came_back, taken.message, taken.fetched.content)
    if about is not None or isinstance(taken.what, Announcement):
        return about
    return receiving.take_unmatched(row, came_back, taken.message, taken.fetched.content)


def _record_about_ours(writing: Writing, taking: Taking, about: MessageRow, taken: _Taken) -> MessageRow:
    """A mail that came back: a notice in it is taken as from any mail; what else the issuer encloses is no notice.

    A colleague who answers in the thread may enclose what was meant as one, so that his mail is looked at as well; so
    is an announcement that bears one of our Message-IDs.
    """
    is_looked_at = about.why in _OF_ANYBODY or isinstance(taken.what, Announcement)
    if not is_looked_at and not any(isinstance(each, Notice) for _, _, each in taken.read):
        return about
    row = _record(writing, taking, about, taken)
    if row.submissions == about.submissions:
        return about
    return dataclasses.replace(row, submissions=(*about.submissions, *row.submissions))


def _record(writing: Writing, taking: Taking, row: MessageRow, taken: _Taken) -> MessageRow:
    """The ledger row of one message, with the submissions it became."""
    match taken.what:
        case Own():
            return dataclasses.replace(row, end=End.OWN, why=OWN_MESSAGE)
        case Report():
            return dataclasses.replace(row, end=End.REPORT, why="multipart/report")
        case Announcement() | Meant() | Unrelated() as what:
            if not taken.fetched.whole and not taken.fetched.has_every_pdf:
                return _set_aside(taking, row, taken, is_meant=not isinstance(what, Unrelated))
            return _record_read(writing, taking, row, taken, what)


def _record_read(
    writing: Writing, taking: Taking, row: MessageRow, taken: _Taken, what: Announcement | Meant | Unrelated
) -> MessageRow:
    notices = [(pdf, digest, each) for pdf, digest, each in taken.read if isinstance(each, Notice)]
    refused = [(pdf, digest, each) for pdf, digest, each in taken.read if isinstance(each, Unreadable)]
    meant = [each for each in refused if each[2].is_of_a_notice]
    hidden = "" if taken.read else _hidden_in(taken.message)
    if not notices and not meant and isinstance(what, Unrelated):
        return dataclasses.replace(row, why=NOTHING)
    if not refused and not notices and isinstance(what, Meant) and not hidden:
        return dataclasses.replace(row, why="speaks of a key, holds no PDF")
    digest = writing.keep("mail", taken.fetched.content)
    row = dataclasses.replace(row, sha256=digest)
    way = dataclasses.replace(taken.way, mail_sha256=digest)
    if isinstance(what, Announcement):
        came_at = row.internal_date or taking.now
        way = dataclasses.replace(way, announced=dataclasses.replace(what.says, at=came_at))
    guarantor = what.guarantor if isinstance(what, Announcement | Meant) else None

    def hold(worth: Sequence[tuple[Attached, Sha256, Unreadable]], beside: int = 0) -> tuple[int, ...]:
        is_one_of_several = len(worth) + beside > 1
        ways = [_named_by_file(way, pdf) if is_one_of_several else way for pdf, _, _ in worth]
        return tuple(
            taking.take_unreadable(pdf, digest, why, taken.proven(named, guarantor, is_enclosed=pdf.is_enclosed))
            for (pdf, digest, why), named in zip(worth, ways, strict=True)
        )

    if notices:
        row = _record_notices(taking, row, taken, way, notices, [pdf.filename for pdf, _, _ in refused])
        return dataclasses.replace(row, submissions=(*row.submissions, *hold(meant, beside=len(notices))))
    if refused:
        worth = meant if isinstance(what, Unrelated) else _worth_a_hold(refused)
        return dataclasses.replace(row, end=End.HELD, submissions=hold(worth))
    way = taken.proven(way, guarantor, is_enclosed=isinstance(what, Announcement) and what.is_enclosed)
    if isinstance(what, Announcement):
        return _record_announcement(taking, row, way, what.guarantor)
    number = taking.take_set_aside(Hold.of(Reason.DAMAGED, found=hidden), way)
    return dataclasses.replace(row, end=End.HELD, submissions=(number,))


def _record_notices(
    taking: Taking,
    row: MessageRow,
    taken: _Taken,
    way: Way,
    notices: Sequence[tuple[Attached, Sha256, Notice]],
    beside: Sequence[str],
) -> MessageRow:
    for _, _, notice in notices:
        row = dataclasses.replace(row, subject=hide_codes(row.subject, notice.key.clear))
    numbers = [
        taking.take_notice(
            pdf, digest, notice, taken.proven(way, notice.guarantor, is_enclosed=pdf.is_enclosed), beside
        )
        for pdf, digest, notice in notices
    ]
    return dataclasses.replace(row, end=End.SUBMISSION, submissions=tuple(numbers))


def _record_announcement(taking: Taking, row: MessageRow, way: Way, guarantor: str) -> MessageRow:
    known, seen = taking.take_announcement(guarantor, way)
    row = dataclasses.replace(row, submissions=tuple(each.id for each in known))
    if seen is Seen.NEW:
        return dataclasses.replace(row, end=End.ANNOUNCEMENT)
    why = "what it announces is here" if seen is Seen.ANSWERED else "announced before"
    return dataclasses.replace(row, end=End.DUPLICATE, why=why)


def _set_aside(taking: Taking, row: MessageRow, taken: _Taken, *, is_meant: bool) -> MessageRow:
    """A mail above the limit: held where somebody meant a notice, else only its row."""
    size = taken.fetched.header.size
    row = dataclasses.replace(row, end=End.TOO_LARGE, why=f"{size} bytes")
    if not is_meant:
        return row
    guarantor = taken.what.guarantor if isinstance(taken.what, Announcement | Meant) else None
    way = taken.proven(taken.way, guarantor)
    number = taking.take_set_aside(Hold.of(Reason.MAIL_TOO_LARGE, bytes=str(size)), way)
    return dataclasses.replace(row, submissions=(number,))


def _hidden_in(message: Message) -> str:
    """What in the mail, or in a mail within it, could not be opened; empty where all was seen."""
    found = {*message.defects} & _HIDING
    return ", ".join(sorted(found)) or next(filter(None, map(_hidden_in, message.nested)), "")


def _named_by_file(way: Way, pdf: Attached) -> Way:
    """``way`` with the file's name behind the mail's subject, which alone would stand for several."""
    if not pdf.filename:
        return way
    return dataclasses.replace(way, source_name=f"{way.source_name}（{hide_codes(pdf.filename)}）")


def _worth_a_hold(refused: Sequence[_Reading]) -> Sequence[tuple[Attached, Sha256, Unreadable]]:
    """Of the PDFs of a mail that means a notice and holds none, those a person should see.

    One hold is enough for files that simply are something else (drawings, estimates); a file that cannot be read
    may be the notice itself, so each of those is held, and so is each that is a notice by its title.
    """
    pairs = [(pdf, digest, each) for pdf, digest, each in refused if isinstance(each, Unreadable)]
    unread = [each for each in pairs if each[2].reason is not Reason.NOT_A_NOTICE or each[2].is_of_a_notice]
    return unread or pairs[:1]
