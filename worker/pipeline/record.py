"""record: one transaction stores what a block of messages, or a file, became.

A message or a file counts as seen only in the transaction that stores its result. Each notice is drafted in it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from worker.approve.decisions import end_announcement, note_announced
from worker.approve.reevaluate import ActiveConfig, keep_contents, reevaluate, treat_unread_as_missing
from worker.compose.attachments import Guarantee, guarantees_in, guarantees_of
from worker.compose.checks import compare_notice
from worker.core.alarms import alarm_fingerprint, cause_about
from worker.core.clock import Clock
from worker.core.file_names import is_meant_as_notice
from worker.core.mailbox_actions import is_due_after
from worker.core.model import (
    Attached,
    Disposition,
    FileRow,
    Hold,
    MessageRow,
    Notice,
    ReceiptKind,
    Sha256,
    Source,
    Submission,
    Unreadable,
    sha256,
)
from worker.core.params import Params
from worker.core.states import NEEDS_A_PERSON, STILL_JUDGED, WAITING, AlarmCause, Event, NoteEvent, Reason, State
from worker.core.text import hide_codes
from worker.match.match import (
    KnownNotice,
    NewNotice,
    announce,
    current_before,
    find_announcement,
    find_answers,
    find_followed,
    find_listing,
    hold_without_notice,
    is_same_announcement,
    is_seen_before,
    join_notice,
    receive_notice,
    receive_unreadable,
)
from worker.pipeline.invoices import load_invoices
from worker.pipeline.read import Block, IncomingMail, NoticeReader, Read, hidden_in
from worker.pipeline.track import OWN_MESSAGE, ReceiptTransaction, find_ours, find_sign, note_sign
from worker.pipeline.watch import NOTHING, LedgerRows, Recorded, renumber
from worker.read.budget import HOLDS_PER_MAIL, Deferred, Lane, LimitReached
from worker.read.classify import Announcement, OwnMessage, PossibleNotice, Report, Unrelated
from worker.read.message import (
    AttachmentKind,
    Message,
    Unopened,
    is_mail_file,
    mentions_key,
    name_file,
    read_message,
)
from worker.read.pdf_bytes import begins_as_pdf
from worker.read.ports import PdfReader
from worker.store.ports import Author, Store, Writing
from worker.track.reports import ReturnedMail
from worker.watch.plan import GONE, next_try
from worker.watch.ports import NOT_LOOKED, Fetched, InvoiceSnapshot, ListedFile

UNFETCHED_ALARM_AFTER: Final = 3
"""Failed fetches after which a person is told, about 20 minutes after the first: a hiccup is over by then."""


FILES_NAMED: Final = 10
"""Names of attachments told in one hold."""

_LIKELIEST_FIRST: Final = (
    AttachmentKind.LOCKED,
    AttachmentKind.ZIP,
    AttachmentKind.OUTLOOK,
    AttachmentKind.SEALED,
    AttachmentKind.DOCUWORKS,
    AttachmentKind.ARCHIVE,
    AttachmentKind.DAMAGED,
)
"""The order in which several attachments are told: the likelier to hold a notice comes first."""

NO_PDF: Final = "speaks of a key, holds no PDF"
"""In the row of a mail that may be about a notice and brings none."""
_OF_ANYBODY: Final = frozenset({ReceiptKind.ANOTHERS.value, ReceiptKind.WARNING.value})
"""Of a mail that came back: a colleague may have written it."""


class Recorder:
    """Records what messages and files became."""

    def __init__(self, store: Store, reading: NoticeReader, reader: PdfReader, clock: Clock, author: Author) -> None:
        self._store = store
        self._reading = reading
        self._reader = reader
        self._clock = clock
        self._author = author

    # --- Messages -------------------------------------------------------------------------------------------

    def record(self, rows: LedgerRows, block: Block, invoices: InvoiceSnapshot) -> Recorded:
        """Record a block, and the messages skipped before it, in one transaction, by the block's configuration.

        Each notice is drafted within the transaction, with ``invoices``.
        """
        active_config = block.active_config
        actions_due = []
        with self._store.writing() as writing:
            taking = self._taking(writing, active_config, invoices)
            receiving = ReceiptTransaction(writing, active_config, invoices, self._author, taking.now)
            for mail in block.mails:
                row = self._record_mail(writing, taking, receiving, rows, mail, active_config)
                for each in (*rows.take_passed(row.uid), row):
                    writing.record_message(each)
                actions_due += [row] if row.is_after_due else []
            waiting = taking.end() + receiving.began_to_wait
            return Recorded(waiting, tuple(taking.drafted), tuple(actions_due))

    def guarantees(self, block: Block) -> tuple[Guarantee, ...]:
        """The guarantees that the mails bring, and those of submissions that a report in one may hold again."""
        active_config = block.active_config
        sender = active_config.configuration.settings.contractor.email
        reported = [
            found
            for mail in block.mails
            if mail.message is not None
            and (found := find_ours(mail.came_back, mail.message, self._store, sender)) is not None
        ]
        notices = [notice for mail in block.mails for notice in mail.notices]
        return (
            *guarantees_in(notices, active_config.register, self._store),
            *guarantees_of(
                [each for each in reported if each.state in STILL_JUDGED], active_config.register, self._store
            ),
        )

    def _record_mail(
        self,
        writing: Writing,
        taking: IntakeTransaction,
        receiving: ReceiptTransaction,
        rows: LedgerRows,
        mail: IncomingMail,
        active_config: ActiveConfig,
    ) -> MessageRow:
        """Returns the ledger row of one message, with the submissions that it became."""
        fetched, message = mail.fetched, mail.message
        row = _row(rows, fetched, message)
        if message is None:
            return self._note_unfetched(writing, row, fetched)
        if (former := self._known_by_its_bytes(rows, fetched)) is not None:
            return renumber(former, row)
        sign = find_sign(self._store, active_config, row, message, mail.came_back, fetched.content, mail.written_by)
        if sign is not None:
            came_at = row.internal_date or self._clock.now()
            note_sign(self._store, writing, sign, came_at, fetched.content, self._author, mail.written_by)
        from_before = rows.from_before(fetched.header)
        source = (f"mail:{rows.mailbox}", row.subject, message.message_id)
        way = Source(*source, None, proven=False, from_before=from_before)
        taken = _Taken(mail, message, way)
        if isinstance(mail.what, OwnMessage):
            row = _record_own(receiving, row, taken)
        elif about := _take_about_ours(receiving, row, mail.came_back, taken):
            row = _record_about_ours(writing, taking, about, taken)
        elif mail.pdfs.put_off is not None:
            row = self._put_off(writing, row, mail.pdfs.put_off)
        else:
            row = _record(writing, taking, row, taken)
            if row.why in (NOTHING, NO_PDF):
                row = receiving.take_unthreaded(row, message, fetched.content, is_about_key=row.why == NO_PDF)
        return dataclasses.replace(row, is_after_due=is_due_after(rows.after, row.end))

    def _known_by_its_bytes(self, rows: LedgerRows, fetched: Fetched) -> MessageRow | None:
        """The row of the same bytes under a former number."""
        if not rows.is_renumbered:
            return None
        formers = self._store.known_messages(rows.mailbox, fetched.header.message_id)
        digest = sha256(fetched.content)
        return next((row for row in formers if row.sha256 == digest and row.uidvalidity != rows.numbering), None)

    def _taking(self, writing: Writing, active_config: ActiveConfig, invoices: InvoiceSnapshot) -> IntakeTransaction:
        return IntakeTransaction(writing, active_config, invoices, self._author, self._clock.now())

    def _put_off(self, writing: Writing, row: MessageRow, why: Deferred) -> MessageRow:
        """It stays in its mailbox until its turn; a person is told, as it may be a notice."""
        writing.raise_alarm(cause_about(AlarmCause.PUT_OFF, why.name.lower(), "mail", row.mailbox), [])
        return dataclasses.replace(
            row, end=Disposition.PUT_OFF, why=why.value, next_try_at=self._reading.turns.next_try(why)
        )

    def _note_unfetched(self, writing: Writing, row: MessageRow, fetched: Fetched) -> MessageRow:
        """Tried again by itself; a person is told of one that fails again and again."""
        known = next(
            (
                each
                for each in self._store.messages(row.mailbox, Disposition.UNFETCHED)
                if (each.uidvalidity, each.uid) == (row.uidvalidity, row.uid)
            ),
            None,
        )
        tries = (known.tries if known else 0) + 1
        failure = fetched.failure or "empty"
        if tries == UNFETCHED_ALARM_AFTER and failure != GONE:
            writing.raise_alarm(cause_about(AlarmCause.UNFETCHED, "mail", row.mailbox), [], f"UID {row.uid}: {failure}")
        return dataclasses.replace(
            row,
            end=Disposition.NOT_OURS if failure == GONE else Disposition.UNFETCHED,
            why=failure,
            tries=tries,
            next_try_at=next_try(failure, tries, self._clock.now()),
        )

    # --- Files ----------------------------------------------------------------------------------------------

    async def take_file(
        self,
        listed: ListedFile,
        content: bytes,
        active_config: ActiveConfig,
        from_before: str,
        unfinished: Submission | None = None,
        of_bytes: Sequence[FileRow] = (),
    ) -> int:
        """Read and record one file of the notices folder; how many submissions began to wait.

        ``unfinished`` is the hold of what the file was before; ``of_bytes`` are the rows of the same bytes elsewhere.
        """
        if is_mail_file(listed.name, content):
            return await self._take_mail_file(listed, content, active_config, from_before, unfinished)
        way = _by_folder(listed, from_before)
        digest = sha256(content)
        is_pdf = begins_as_pdf(content)
        if not is_pdf and not is_meant_as_notice(listed.name):
            with self._store.writing() as writing:
                writing.record_file(_file_row(listed, self._clock.now(), Disposition.NOT_OURS, (), digest))
            return 0
        read = name_file(await self._reading.read_pdf(content, active_config), listed.name, content)
        pdf = Attached(listed.name, content)
        notices = [read] if isinstance(read, Notice) else []
        invoices = await load_invoices(
            guarantees_in(notices, active_config.register, self._store), active_config, self._reader
        )
        with self._store.writing() as writing:
            taking = self._taking(writing, active_config, invoices)
            taking.replaces(unfinished)
            if isinstance(read, Notice):
                number = taking.take_notice(pdf, digest, read, way)
            elif is_pdf:
                number = taking.take_unreadable(pdf, digest, read, way)
            else:
                same = dict.fromkeys(number for row in of_bytes for number in row.submissions)
                number = taking.take_no_pdf(digest, read, way, same)
            writing.record_file(_file_row(listed, self._clock.now(), Disposition.SUBMISSION, (number,), digest))
            return taking.end()

    async def _take_mail_file(
        self,
        listed: ListedFile,
        content: bytes,
        active_config: ActiveConfig,
        from_before: str,
        unfinished: Submission | None,
    ) -> int:
        """A mail that somebody saved as a file: its notice is taken, and nothing proves who wrote it."""
        message = read_message(content)
        what, mail = await self._reading.open_and_read(
            message, self._reading.recognise(message, active_config), Lane.OURS, active_config
        )
        read = mail.read
        notices = [(pdf, digest, each) for pdf, digest, each in read if isinstance(each, Notice)]
        refused = [each for each in read if isinstance(each[2], Unreadable)]
        wanted = guarantees_in([notice for _, _, notice in notices], active_config.register, self._store)
        invoices = await load_invoices(wanted, active_config, self._reader)
        with self._store.writing() as writing:
            taking = self._taking(writing, active_config, invoices)
            taking.replaces(unfinished)
            kept = writing.keep("mail", content)
            evidence = Params(code="mail_file")
            way = _by_folder(listed, from_before)
            way = dataclasses.replace(way, mail_sha256=kept, proven=False, evidence=evidence)
            beside = [pdf.filename for pdf, _, _ in refused]
            numbers = [taking.take_notice(pdf, digest, each, way, beside) for pdf, digest, each in notices]
            worth = _may_be_another(refused) if notices else _worth_a_hold(refused)
            numbers += [
                taking.take_unreadable(pdf, digest, why, _named_by_file(way, pdf) if notices else way)
                for pdf, digest, why in worth
            ]
            if mail.unread:
                why = mail.why_unread or LimitReached.HOLDS
                numbers.append(
                    taking.take_set_aside(Hold.of(Reason.REST_UNREAD, why.value, files=str(mail.unread)), way)
                )
            unopened = () if isinstance(what, OwnMessage | Report) else what.unopened
            if told := _worth_telling(unopened, has_notice=bool(notices)):
                numbers.append(taking.take_set_aside(_hold_unopened(told), way))
            if not numbers:
                numbers.append(taking.take_set_aside(Hold.of(Reason.NOT_A_NOTICE, "mail_file"), way))
            writing.record_file(
                _file_row(listed, self._clock.now(), Disposition.SUBMISSION, tuple(numbers), sha256(content))
            )
            return taking.end()

    def hold_large_file(
        self, listed: ListedFile, active_config: ActiveConfig, from_before: str, unfinished: Submission | None = None
    ) -> int:
        """A file above the limit is not read; somebody put it there as a notice, so it is held."""
        with self._store.writing() as writing:
            taking = self._taking(writing, active_config, NOT_LOOKED)
            taking.replaces(unfinished)
            refusal = Hold.of(Reason.TOO_LARGE, bytes=str(listed.size))
            number = taking.take_set_aside(refusal, _by_folder(listed, from_before))
            writing.record_file(_file_row(listed, self._clock.now(), Disposition.HELD, (number,)))
            return taking.end()


def _by_folder(listed: ListedFile, from_before: str) -> Source:
    return Source("folder", hide_codes(listed.name), "", None, proven=True, from_before=from_before)


def _file_row(
    listed: ListedFile, now: dt.datetime, end: Disposition, numbers: tuple[int, ...], digest: Sha256 | None = None
) -> FileRow:
    shape = (listed.size, listed.mtime_ns, listed.inode)
    return FileRow(listed.name, *shape, now, end, sha256=digest, submissions=numbers)


# --- One message ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Taken:
    """A mail that could be fetched, and by what way it came."""

    mail: IncomingMail
    message: Message
    way: Source

    @property
    def read(self) -> Sequence[Read]:
        """Its PDFs that were read."""
        return self.mail.pdfs.read

    def authenticated(self, way: Source, guarantor: str | None, *, is_enclosed: bool = False) -> Source:
        """``way`` with whether it is proven that who wrote the mail may bring a notice of ``guarantor``."""
        if self.mail.sender_auth is None:
            return way
        proof = self.mail.sender_auth.authenticate(guarantor, is_enclosed=is_enclosed)
        return dataclasses.replace(
            way, proven=proof.is_authenticated, evidence=proof.evidence, by_open_dns=proof.by_open_dns
        )


def _row(rows: LedgerRows, fetched: Fetched, message: Message | None) -> MessageRow:
    row = rows.begin(fetched.header)
    if message is None:
        return row
    senders = ", ".join(message.senders)
    return dataclasses.replace(row, sender=senders, subject=hide_codes(message.subject), date=message.date)


def _record_own(receiving: ReceiptTransaction, row: MessageRow, taken: _Taken) -> MessageRow:
    """Our own mail: one that was too large to be fetched as it is can be compared with nothing."""
    if taken.mail.fetched.is_complete:
        return receiving.take_copy(row, taken.message, taken.mail.fetched.content)
    return dataclasses.replace(row, end=Disposition.OWN, why=OWN_MESSAGE)


def _take_about_ours(
    receiving: ReceiptTransaction, row: MessageRow, came_back: ReturnedMail, taken: _Taken
) -> MessageRow | None:
    """The row of a mail about one of ours, or of a failure that may be; None if it is about none.

    An announcement is no failure, though some systems send it with an empty Return-Path.
    """
    about = receiving.take(row, came_back, taken.message, taken.mail.fetched.content)
    if about is not None or isinstance(taken.mail.what, Announcement):
        return about
    return receiving.take_unmatched(row, came_back, taken.message, taken.mail.fetched.content)


def _record_about_ours(writing: Writing, taking: IntakeTransaction, about: MessageRow, taken: _Taken) -> MessageRow:
    """A mail that came back: a notice in it is taken as from any mail; what else the issuer encloses is no notice.

    A colleague who answers in the thread may enclose what was meant as one, so that his mail is looked at as well; so
    is an announcement that bears one of our Message-IDs.
    """
    is_looked_at = about.why in _OF_ANYBODY or isinstance(taken.mail.what, Announcement)
    holds_notice = any(isinstance(each, Notice) for _, _, each in taken.read)
    if not is_looked_at and not holds_notice and not taken.mail.pdfs.unread:
        return about
    row = _record(writing, taking, about, taken)
    if row.submissions == about.submissions:
        return about
    return dataclasses.replace(row, submissions=(*about.submissions, *row.submissions))


def _record(writing: Writing, taking: IntakeTransaction, row: MessageRow, taken: _Taken) -> MessageRow:
    """The ledger row of one message, with the submissions it became."""
    match taken.mail.what:
        case OwnMessage():
            return dataclasses.replace(row, end=Disposition.OWN, why=OWN_MESSAGE)
        case Report():
            return dataclasses.replace(row, end=Disposition.REPORT, why="multipart/report")
        case Announcement() | PossibleNotice() | Unrelated() as what:
            if not taken.mail.fetched.is_complete and not taken.mail.fetched.has_every_pdf:
                return _set_aside(taking, row, taken, is_meant=not isinstance(what, Unrelated))
            return _record_read(writing, taking, row, taken, what)


def _record_read(
    writing: Writing,
    taking: IntakeTransaction,
    row: MessageRow,
    taken: _Taken,
    what: Announcement | PossibleNotice | Unrelated,
) -> MessageRow:
    notices = [(pdf, digest, each) for pdf, digest, each in taken.read if isinstance(each, Notice)]
    refused = [(pdf, digest, each) for pdf, digest, each in taken.read if isinstance(each, Unreadable)]
    meant = [each for each in refused if each[2].is_of_a_notice]
    unread = taken.mail.pdfs.unread
    hidden = "" if taken.read or unread else hidden_in(taken.message)
    unopened = _worth_telling(what.unopened, has_notice=bool(notices))
    if not notices and not meant and not unread and isinstance(what, Unrelated):
        return dataclasses.replace(row, why=NOTHING)
    if not refused and not notices and not unread and isinstance(what, PossibleNotice) and not hidden and not unopened:
        return dataclasses.replace(row, why=NO_PDF)
    digest = writing.keep("mail", taken.mail.fetched.content)
    row = dataclasses.replace(row, sha256=digest)
    way = dataclasses.replace(taken.way, mail_sha256=digest)
    if isinstance(what, Announcement):
        came_at = row.internal_date or taking.now
        way = dataclasses.replace(way, announced=dataclasses.replace(what.says, at=came_at))
    guarantor = what.guarantor if isinstance(what, Announcement | PossibleNotice) else None
    if notices:
        row = _record_notices(taking, row, taken, way, notices, [pdf.filename for pdf, _, _ in refused])
        others = _may_be_another(refused)
        kept = [each for each in others if each[0].content]
        more = _hold_each(taking, taken, way, guarantor, kept, beside=len(notices))
        # A ZIP's PDFs in a mail that speaks of no notice are not kept: they are named.
        unopened = [
            *unopened,
            *(Unopened(pdf.filename, AttachmentKind.OTHER, pdf.archive) for pdf, _, _ in others if not pdf.content),
        ]
        if unopened:
            more.append(taking.take_set_aside(_hold_unopened(unopened), taken.authenticated(way, None)))
        return dataclasses.replace(row, submissions=(*row.submissions, *more))
    if refused or unread:
        worth = meant if isinstance(what, Unrelated) else _worth_a_hold(refused)
        if unopened:  # then that is what may be the notice
            worth = [each for each in worth if _may_be_one(each[2])]
        held = _hold_each(taking, taken, way, guarantor, worth)
        if unopened:
            held.append(taking.take_set_aside(_hold_unopened(unopened), taken.authenticated(way, guarantor)))
        return dataclasses.replace(row, end=Disposition.HELD, submissions=tuple(held))
    way = taken.authenticated(way, guarantor, is_enclosed=isinstance(what, Announcement) and what.is_enclosed)
    if isinstance(what, Announcement):
        return _record_announcement(taking, row, way, what.guarantor)
    hold = _hold_unopened(unopened) if unopened else Hold.of(Reason.DAMAGED, found=hidden)
    number = taking.take_set_aside(hold, way)
    return dataclasses.replace(row, end=Disposition.HELD, submissions=(number,))


def _worth_telling(unopened: Sequence[Unopened], *, has_notice: bool) -> Sequence[Unopened]:
    """Of what was not opened that which a person is to open: beside a notice only what may be another one in a ZIP."""
    return [each for each in unopened if each.archive] if has_notice else unopened


def _hold_unopened(unopened: Sequence[Unopened]) -> Hold:
    """One hold for all of them, with the words for the likeliest."""
    sorts = {each.sort for each in unopened}
    first = next((sort for sort in _LIKELIEST_FIRST if sort in sorts), unopened[0].sort)
    names = dict.fromkeys(hide_codes(each.shown) for each in unopened if each.shown)
    return Hold.of(Reason.ATTACHMENT_UNOPENED, first.value, files=tuple(names)[:FILES_NAMED])


def _record_notices(
    taking: IntakeTransaction,
    row: MessageRow,
    taken: _Taken,
    way: Source,
    notices: Sequence[tuple[Attached, Sha256, Notice]],
    beside: Sequence[str],
) -> MessageRow:
    for _, _, notice in notices:
        row = dataclasses.replace(row, subject=hide_codes(row.subject, notice.key.clear))
    numbers = [
        taking.take_notice(
            pdf, digest, notice, taken.authenticated(way, notice.guarantor, is_enclosed=pdf.is_enclosed), beside
        )
        for pdf, digest, notice in notices
    ]
    return dataclasses.replace(row, end=Disposition.SUBMISSION, submissions=tuple(numbers))


def _hold_rest(
    taking: IntakeTransaction, taken: _Taken, way: Source, guarantor: str | None, unlisted: int
) -> tuple[int, ...]:
    """The one hold for PDFs that were not read, and for those that were refused and have no hold of their own."""
    files = taken.mail.pdfs.unread + unlisted
    if not files:
        return ()
    why = taken.mail.pdfs.why_unread or LimitReached.HOLDS
    rest = Hold.of(Reason.REST_UNREAD, why.value, files=str(files))
    return (taking.take_set_aside(rest, taken.authenticated(way, guarantor)),)


def _record_announcement(taking: IntakeTransaction, row: MessageRow, way: Source, guarantor: str) -> MessageRow:
    known, seen = taking.take_announcement(guarantor, way)
    row = dataclasses.replace(row, submissions=tuple(each.id for each in known))
    if seen is AnnouncementStatus.NEW:
        return dataclasses.replace(row, end=Disposition.ANNOUNCEMENT)
    why = "what it announces is here" if seen is AnnouncementStatus.ANSWERED else "announced before"
    return dataclasses.replace(row, end=Disposition.DUPLICATE, why=why)


def _set_aside(taking: IntakeTransaction, row: MessageRow, taken: _Taken, *, is_meant: bool) -> MessageRow:
    """A mail above the limit: held if somebody meant a notice, else only its row."""
    size = taken.mail.fetched.header.size
    row = dataclasses.replace(row, end=Disposition.TOO_LARGE, why=f"{size} bytes")
    if not is_meant:
        return row
    guarantor = taken.mail.what.guarantor if isinstance(taken.mail.what, Announcement | PossibleNotice) else None
    way = taken.authenticated(taken.way, guarantor)
    number = taking.take_set_aside(Hold.of(Reason.MAIL_TOO_LARGE, bytes=str(size)), way)
    return dataclasses.replace(row, submissions=(number,))


def _hold_each(
    taking: IntakeTransaction,
    taken: _Taken,
    way: Source,
    guarantor: str | None,
    worth: Sequence[tuple[Attached, Sha256, Unreadable]],
    beside: int = 0,
) -> list[int]:
    """Hold the first HOLDS_PER_MAIL of ``worth``, and the rest as one; ``beside`` are the notices of the same mail."""
    is_one_of_several = len(worth) + beside > 1
    ways = [_named_by_file(way, pdf) if is_one_of_several else way for pdf, _, _ in worth]
    held = [
        taking.take_unreadable(pdf, digest, why, taken.authenticated(named, guarantor, is_enclosed=pdf.is_enclosed))
        for (pdf, digest, why), named in [*zip(worth, ways, strict=True)][:HOLDS_PER_MAIL]
    ]
    return [*held, *_hold_rest(taking, taken, way, guarantor, len(worth) - len(held))]


def _named_by_file(way: Source, pdf: Attached) -> Source:
    """``way`` with the file's name behind the mail's subject, which alone would stand for several."""
    if not pdf.filename:
        return way
    return dataclasses.replace(way, source_name=f"{way.source_name}（{hide_codes(pdf.filename)}）")


def _worth_a_hold(refused: Sequence[Read]) -> Sequence[tuple[Attached, Sha256, Unreadable]]:
    """Of the PDFs of a mail that means a notice and holds none, those a person should see.

    One hold is enough for files that simply are something else (drawings, estimates); a file that cannot be read
    may be the notice itself, so each of those is held, and so is each that is a notice by its title.
    """
    pairs = [(pdf, digest, each) for pdf, digest, each in refused if isinstance(each, Unreadable)]
    unread = [each for each in pairs if _may_be_one(each[2])]
    return unread or pairs[:1]


def _may_be_another(refused: Sequence[Read]) -> Sequence[tuple[Attached, Sha256, Unreadable]]:
    """Of the PDFs beside a notice, those that may be another notice: a file that nobody can open, and one so named.

    Scans and drawings without that name are everyday papers; they are listed with the notice.
    """
    pairs = [(pdf, digest, each) for pdf, digest, each in refused if isinstance(each, Unreadable)]
    return [
        (pdf, digest, each)
        for pdf, digest, each in pairs
        if each.is_of_a_notice
        or each.reason in {Reason.PASSWORD, Reason.DAMAGED}
        or (_may_be_one(each) and mentions_key(pdf.filename))
    ]


def _may_be_one(refusal: Unreadable) -> bool:
    return refusal.reason is not Reason.NOT_A_NOTICE or refusal.is_of_a_notice


def _replacing(held: Submission) -> dict[str, Any]:
    """Returns what the entry says of a file that was written to its end, or replaced, under its hold."""
    return {"read_anew": True, "replaces": held.notice.pdf_sha256 or ""}


NEWEST_LOOKED_AT: Final = 200
"""Notices among which one that an announcement names by its project is looked for: those of the last days."""


class AnnouncementStatus(Enum):
    """Says whether an announcement without a PDF is new."""

    NEW = auto()
    ANNOUNCED = auto()
    """Announced before: the same mail again, or another that says the same."""
    ANSWERED = auto()
    """The notices that it announces are here."""


class IntakeTransaction:
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

        If it was changed since, it is left as it is.
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
                announcement = self._announcement_brought_for(notice, digest) or self._find_announcement(
                    notice, proven=way.proven
                )
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
            if each.notice.guarantor == notice.guarantor
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

    def _announcement_brought_for(self, notice: Notice, digest: Sha256) -> Submission | None:
        """The open announcement for which a person brought this file, if it is of the same guarantor."""
        wanted = {each.detail.get("announcement") for each in self._writing.uploads(digest)} - {None}
        if not wanted:
            return None
        return next((each for each in self._writing.awaited(notice.guarantor) if each.id in wanted), None)

    def _find_announcement(self, notice: Notice, *, proven: bool) -> Submission | None:
        """The open announcement that a notice answers; a stranger's joins none that is proven, nor hides it."""
        awaited = self._writing.awaited(notice.guarantor)
        if not awaited:
            return None
        unproven = [each for each in awaited if not each.source.proven]
        if not proven:
            return find_announcement(notice, unproven)
        of_the_proven = find_announcement(notice, [each for each in awaited if each.source.proven])
        return of_the_proven or find_announcement(notice, awaited)

    def _record_notice(
        self, arrived: Submission, announcement: Submission | None, content: bytes, detail: dict[str, Any]
    ) -> Submission:
        """A new submission, or the announcement's own as it goes on, with its id and its history."""
        if announcement is not None:
            detail = {**detail, "came_by": arrived.source.came_by, "source": arrived.source.source_name}
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
            if first.state is State.HELD and first.notice.refusal is not None:
                return self._note_again(first, digest, way)
        return self._hold(
            hold_without_notice(Hold.of_refusal(refusal), None, way), {"file": hide_codes(way.source_name)}
        )

    def take_set_aside(self, refusal: Hold, way: Source) -> int:
        """The submission in which a mail or a file that was not read as one waits for a person."""
        return self._hold(hold_without_notice(refusal, None, way), {})

    def take_announcement(self, guarantor: str, way: Source) -> tuple[tuple[Submission, ...], AnnouncementStatus]:
        """The task that an announcement without a PDF opens; what it announces, if that is here or open already."""
        profile = self._active_config.guarantors.get(guarantor)
        arriving = announce(guarantor, way, profile.download if profile else ())
        of_its_id = self._writing.by_source_message(way.source_message_id) if way.source_message_id else ()
        earlier = tuple(each for each in of_its_id if is_seen_before(each, arriving))
        if earlier:
            return self._see_again(earlier[:1], way), AnnouncementStatus.ANNOUNCED
        if answers := self._answers(arriving):
            return self._see_again(answers, way), AnnouncementStatus.ANSWERED
        open_ones = self._writing.awaited(guarantor)
        same = tuple(each for each in open_ones if is_same_announcement(each, arriving))
        if same:
            return self._see_again(same[:1], way), AnnouncementStatus.ANNOUNCED
        announced = self._writing.create(Event.ANNOUNCED, arriving, self._author, {})
        self._note_wait(announced)
        return (announced,), AnnouncementStatus.NEW

    def _answers(self, announcement: Submission) -> tuple[Submission, ...]:
        """The notices that it announces, if all of them are here.

        A stranger's notice may be taken back: a guarantor's word must not go with it.
        """
        announced, guarantor = announcement.source.announced, announcement.notice.guarantor
        if announced is None or guarantor is None or not (announced.numbers or announced.names):
            return ()

        def counts(submission: Submission) -> bool:
            return not (announcement.source.proven and submission.is_doubtful)

        of_numbers = [
            [each for each in self._writing.by_number(number) if each.notice.guarantor == guarantor and counts(each)]
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
        awaited = self._writing.awaited(notice.guarantor)
        listing = find_listing(notice.contract_number, awaited) if awaited else ()
        for is_proven in (True, False):  # a stranger's keeps no proven one open
            alike = [each for each in listing if each.source.proven is is_proven]
            if len(alike) == 1 and (answers := self._answers(alike[0])):
                end_announcement(self._writing, alike[0], answers, self._author)

    def read_after_all(self, held: Submission, notice: Notice, entered: Mapping[str, Any]) -> None:
        """A file that could not be read before can be now: a guarantor's profile was added.

        One that was read before, and refused when it was read again before its sending, must say what it said then:
        ``entered`` is what its entries say (``checks.entered_notice``).
        """
        before = self._writing.submission(held.id)
        if before.version != held.version or before.notice.pdf_sha256 is None:
            return
        if entered.get("contract_number") is not None:
            differs = compare_notice(
                notice, before.notice.pdf_sha256, entered, self._writing.notice(before.notice.pdf_sha256)
            )
            again = dataclasses.replace(before, notice=dataclasses.replace(before.notice, refusal=differs))
            self._note_wait(self._redraft(Event.REDRAFTED, before, again, {}))
            return
        self._writing.keep_notice(before.notice.pdf_sha256, notice)
        same_number = self._writing.by_number(notice.contract_number)
        earlier = [each for each in same_number if each.notice.guarantor == notice.guarantor and each.id != before.id]
        read = dataclasses.replace(
            before,
            notice=dataclasses.replace(
                before.notice,
                refusal=None,
                guarantor=notice.guarantor,
                product=notice.product,
                contract_number=notice.contract_number,
                notice_name=notice.project_name,
            ),
            follows=find_followed(current_before(earlier, notice, self._writing, proven=before.source.proven)),
        )
        judged = self._redraft(Event.REDRAFTED, before, read, {})
        self._note_wait(judged)
        # Two submissions are there already: the announcement cannot go on as the notice's, so it ends for it.
        if announcement := self._find_announcement(notice, proven=before.source.proven):
            end_announcement(self._writing, announcement, [judged], self._author)
        self._end_answered(notice)

    def end(self) -> int:
        """Store the alarm about what began to wait; how many that were."""
        if self._waiting:
            self._writing.raise_alarm(AlarmCause.BEGAN_TO_WAIT, self._waiting)
        for each in self._waiting_anew:  # another reason was just reported, so that this one is reported as well
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
            notice=dataclasses.replace(
                before.notice, refusal=arrived.notice.refusal, pdf_sha256=arrived.notice.pdf_sha256
            ),
            reasons=arrived.reasons,
            source=dataclasses.replace(before.source, from_before=arrived.source.from_before),
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
            "same_bytes": digest == first.notice.pdf_sha256,
            "sha256": digest,
            "waiting": first.state in WAITING,
        }
        self._writing.note(NoteEvent.SEEN_AGAIN, first.id, self._author, detail)
        if self._replaced is not None and self._replaced.id != first.id:
            self._end_replaced(self._replaced, first)
        if digest == first.notice.pdf_sha256 and first.state is State.HELD:
            self._lift_where_proven(first, way)
        if way.from_before and not first.source.from_before and first.state in {State.HELD, State.APPROVED}:
            self._hold_as_from_before(first.id, way)
        return first.id

    def _end_replaced(self, replaced: Submission, first: Submission) -> None:
        """End the hold: the present content of the file is here already."""
        ended = dataclasses.replace(replaced, state=State.WITHDRAWN, joined=(first.id,))
        detail = {"joined": [first.id], **_replacing(replaced)}
        self._writing.change(Event.WITHDRAWN, replaced, ended, self._author, detail)

    def _hold_as_from_before(self, number: int, way: Source) -> None:
        """Hold it as from before: the same notice lay elsewhere when the product came."""
        first = self._writing.submission(number)
        event = Event.HELD if first.state is State.APPROVED else Event.REDRAFTED
        marked = dataclasses.replace(first, source=dataclasses.replace(first.source, from_before=way.from_before))
        self._note_wait(self._redraft(event, first, marked, {"from_before": way.from_before}))

    def _lift_where_proven(self, first: Submission, way: Source) -> None:
        """Mark it as authenticated if an authenticated sender later delivers the same notice."""
        is_better = not first.source.proven or (first.source.by_open_dns and not way.by_open_dns)
        if way.proven and is_better:
            changes: dict[str, Any] = {"proven": True, "evidence": way.evidence, "by_open_dns": way.by_open_dns}
            if first.superseded_by is not None and self._writing.submission(first.superseded_by).is_doubtful:
                changes["superseded_by"] = None
            self._writing.note(
                NoteEvent.SENDER_PROVEN, first.id, self._author, {"came_by": way.came_by, **changes}, changes
            )
