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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.authenticate.ports import DkimVerifier
from worker.authenticate.sender_auth import SenderAuth
from worker.config.mailbox_actions import is_due_after
from worker.core.alarms import cause_about
from worker.core.clock import Clock
from worker.core.file_names import is_meant_as_notice
from worker.core.message_id import is_own_message_id_form
from worker.core.model import (
    Address,
    Attached,
    Disposition,
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
from worker.core.params import Params
from worker.core.states import AlarmCause, Reason
from worker.core.text import hide_codes
from worker.match.duplicates import Source
from worker.pipeline.authenticate import Vouching
from worker.pipeline.foreign import find_sign, note_sign
from worker.pipeline.invoices import guarantees_in, guarantees_of, load_invoices
from worker.pipeline.ledger_rows import NOTHING, LedgerRows, renumber
from worker.pipeline.read import Readings
from worker.pipeline.strangers import MailRead, Read, Turns, Unmetered
from worker.pipeline.submissions import Seen, Taking
from worker.pipeline.track import MAY_BE_HELD_ANEW, OWN_MESSAGE, Receiving, find_ours
from worker.read.archives import MEMBERS, UNPACKED_BYTES, Unpacked
from worker.read.budget import HOLDS_PER_MAIL, Deferred, Lane, LimitReached
from worker.read.classify import (
    Announcement,
    MailClass,
    OwnMailSigns,
    OwnMessage,
    PossibleNotice,
    Report,
    Unrelated,
    add_unpacked,
    classify_mail,
)
from worker.read.message import AttachmentKind, Defect, Message, Unopened, is_mail_file, name_file, read_message
from worker.read.pdf_bytes import begins_as_pdf
from worker.read.ports import MailReader, MailReaders, PdfReader
from worker.store.ports import Author, Store, Writing
from worker.track.reports import NoReport, ReturnedMail, read_report
from worker.watch.plan import GONE, next_try
from worker.watch.ports import NOT_LOOKED, Fetched, InvoiceSnapshot, Listed

UNFETCHED_TOLD: Final = 3
"""Failed fetches after which a person is told, about 20 minutes after the first: a hiccup is over by then."""

_HIDING: Final = frozenset(
    {
        Defect.TOO_DEEP,
        Defect.TOO_MANY_PARTS,
        Defect.NOT_CLOSED,
        Defect.BOUNDARY,
        Defect.HEADERS,
    }
)
"""What can keep a PDF in a mail from being found."""

IN_THREAD: Final = 1_000_000
"""Bytes of a mail above which it is taken apart in a thread: parts within parts were seen to take 0.5 s for each MB,
and neither the folder nor what is due to be sent waits for that."""

ZIPS: Final = 10
"""ZIPs that are opened of one mail: people attach one to three. Once the limits of one are reached, no more are."""

KEPT_RATIO: Final = 10
"""How many times larger than its ZIPs what is kept of a mail's refused PDFs may be: real ones come out 1 to 10 times
larger, and a stranger's would fill memory and disk."""

_OPENED_AT_ONCE: Final = 2
"""Mails whose ZIPs are open at one time: up to 40 MB come out of those of one."""

FILES_TOLD: Final = 10
"""Names of attachments told in one hold."""

_BY_SIGN: Final = (
    AttachmentKind.LOCKED,
    AttachmentKind.ZIP,
    AttachmentKind.OUTLOOK,
    AttachmentKind.SEALED,
    AttachmentKind.DOCUWORKS,
    AttachmentKind.ARCHIVE,
    AttachmentKind.DAMAGED,
)
"""The order in which several attachments are told: the likelier to hold a notice comes first."""

_OF_ANYBODY: Final = frozenset({ReceiptKind.ANOTHERS.value, ReceiptKind.WARNING.value})
"""Of a mail that came back: a colleague may have written it."""


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """A block of messages as read, and the configuration it was read by."""

    block: Sequence[Fetched]
    messages: Sequence[Message | None]
    recognised: Sequence[MailClass]
    readings: Sequence[MailRead]
    came_back: Sequence[ReturnedMail]
    sender_auth: Sequence[SenderAuth | None]
    """Who wrote each that may bring a notice, and what proves it."""
    active_config: ActiveConfig

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Every notice that was read in it."""
        return tuple(what for mail in self.readings for _, _, what in mail.read if isinstance(what, Notice))


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
        self,
        store: Store,
        reader: PdfReader,
        clock: Clock,
        account: str,
        signatures: DkimVerifier | None = None,
        readers: MailReaders | None = None,
    ) -> None:
        """Without ``signatures`` none is tried: then only what our own server found proves a sender.

        Without ``readers`` of mails ``reader`` reads theirs as well.
        """
        self._store = store
        self._reader = reader
        self.readings = Readings(reader)
        self._clock = clock
        self._vouching = Vouching(signatures)
        self.turns = Turns(clock, readers or (lambda _: Unmetered(reader)), store.free_disk)
        self._opening = asyncio.Semaphore(_OPENED_AT_ONCE)
        self._author = Author("hoshobin", account)

    # --- Messages -------------------------------------------------------------------------------------------

    async def read_block(self, mailbox: str, block: Sequence[Fetched], active_config: ActiveConfig) -> ReadBlock:
        """Take the mails apart, read their PDFs and find out who wrote them; nothing is recorded yet."""
        messages = [await _take_apart(each.content) if each.content else None for each in block]
        looked_at = [self._recognise(message, active_config) for message in messages]
        sender_auth = await asyncio.gather(
            *(
                self._vouching.look(mailbox, fetched, message, what, active_config)
                for fetched, message, what in zip(block, messages, looked_at, strict=True)
            )
        )
        opened = await asyncio.gather(
            *(
                self._open_and_read(message, what, _lane_of(who), active_config)
                for message, what, who in zip(messages, looked_at, sender_auth, strict=True)
            )
        )
        recognised, readings = [what for what, _ in opened], [read for _, read in opened]
        came_back = [
            NoReport() if message is None else read_report(each.content, message, self._store.by_message_id)
            for each, message in zip(block, messages, strict=True)
        ]
        return ReadBlock(block, messages, recognised, readings, came_back, sender_auth, active_config)

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
            was_read.sender_auth,
            strict=True,
        )
        active_config = was_read.active_config
        mails = zip(was_read.came_back, was_read.messages, strict=True)
        sender = active_config.configuration.settings.contractor.email
        spoken_of = [
            found
            for came_back, message in mails
            if message is not None and (found := find_ours(came_back, message, self._store, sender)) is not None
        ]
        wanted = (
            *guarantees_in(was_read.notices, active_config, self._store),
            *guarantees_of([each for each in spoken_of if each.state in MAY_BE_HELD_ANEW], active_config, self._store),
        )
        invoices = await load_invoices(wanted, active_config, self._reader)
        with self._store.writing() as writing:
            taking = self._taking(writing, active_config, invoices)
            receiving = Receiving(writing, active_config, invoices, self._author, self._clock.now())
            for fetched, message, what, read, came_back, sender_auth in each_message:
                row = _row(rows, fetched, message)
                if message is None:
                    row = self._note_unfetched(writing, row, fetched)
                elif (former := self._known_by_its_bytes(rows, fetched)) is not None:
                    row = renumber(former, row)
                else:
                    sign = find_sign(self._store, active_config, row, message, came_back, fetched.content)
                    if sign is not None:
                        came_at = row.internal_date or self._clock.now()
                        note_sign(self._store, writing, sign, came_at, fetched.content, self._author)
                    from_before = rows.from_before(fetched.header)
                    source = (f"mail:{rows.mailbox}", row.subject, message.message_id)
                    way = Source(*source, None, proven=False, from_before=from_before)
                    taken = _Taken(message, fetched, what, read, way, sender_auth)
                    if isinstance(what, OwnMessage):
                        row = _record_own(receiving, row, taken)
                    elif about := _take_about_ours(receiving, row, came_back, taken):
                        row = _record_about_ours(writing, taking, about, taken)
                    elif read.put_off is not None:
                        row = self._put_off(writing, row, read.put_off)
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

    def _taking(self, writing: Writing, active_config: ActiveConfig, invoices: InvoiceSnapshot) -> Taking:
        return Taking(writing, active_config, invoices, self._author, self._clock.now())

    def _recognise(self, message: Message | None, active_config: ActiveConfig) -> MailClass:
        if message is None:
            return Unrelated(())
        return classify_mail(message, active_config.configuration.guarantors, self.ours(active_config))

    def ours(self, active_config: ActiveConfig) -> OwnMailSigns:
        """How a message of our own is known."""
        return OwnMailSigns(
            active_config.configuration.settings.contractor.email,
            self._store.by_message_id,
            lambda candidate, sender: is_own_message_id_form(candidate, Address(sender)),
        )

    async def _open_and_read(
        self, message: Message | None, what: MailClass, lane: Lane, active_config: ActiveConfig
    ) -> tuple[MailClass, MailRead]:
        """Returns a mail with the PDFs of its ZIPs, and what was read of its PDFs."""
        if message is None or isinstance(what, OwnMessage | Report):
            return what, MailRead()
        files = len(what.pdfs) + len(what.zips)
        is_kept = bool(files) or isinstance(what, Announcement)
        is_kept = is_kept or (isinstance(what, PossibleNotice) and bool(what.unopened or _hidden_in(message)))
        if is_kept and lane is Lane.STRANGERS and not self.turns.has_space():
            return what, MailRead(unread=files, why_unread=LimitReached.TURN, put_off=Deferred.DISK)
        if not files:
            return what, MailRead()
        if not what.zips:
            return await self._read_in_turn(message, what, lane, active_config)
        async with self._opening:
            added, read = await self._read_in_turn(message, what, lane, active_config)
        added, kept = _keep_what_counts(added, read.read, KEPT_RATIO * sum(len(each.content) for each in what.zips))
        return added, dataclasses.replace(read, read=kept)

    async def _read_in_turn(
        self, message: Message, what: Announcement | PossibleNotice | Unrelated, lane: Lane, active_config: ActiveConfig
    ) -> tuple[Announcement | PossibleNotice | Unrelated, MailRead]:
        profiles = active_config.configuration.guarantors
        sender = ", ".join(message.senders).casefold()
        added = what

        async def open_all(reader: MailReader) -> Sequence[tuple[Sha256, Attached]]:
            nonlocal added
            added = await self._open(what, reader)
            # Of the same file twice the one that the mail itself holds: it may prove what the other does not.
            return tuple({sha256(pdf.content): pdf for pdf in sorted(added.pdfs, key=_proves)}.items())

        files = len(what.pdfs) + len(what.zips)
        read = await self.turns.read_mail(
            files, open_all, lane, sender, lambda reader, pdf: self.readings.read(pdf, profiles, reader)
        )
        named = tuple((pdf, digest, name_file(each, pdf.filename, pdf.content)) for pdf, digest, each in read.read)
        return added, dataclasses.replace(read, read=named)

    async def _open(
        self, what: Announcement | PossibleNotice | Unrelated, reader: MailReader
    ) -> Announcement | PossibleNotice | Unrelated:
        """``what`` with the PDFs of its ZIPs; those behind the limits are not opened."""
        zips = {sha256(each.content): each for each in sorted(what.zips, key=lambda each: not each.is_enclosed)}
        opened: list[tuple[Attached, Unpacked]] = []
        left: list[Unopened] = []
        pdfs: list[bytes] = []
        for each in zips.values():
            if len(opened) >= ZIPS or len(pdfs) >= MEMBERS or sum(map(len, pdfs)) >= UNPACKED_BYTES:
                left.append(Unopened("", AttachmentKind.ZIP, each.filename))
                continue
            found = await reader.unpack(each.content)
            opened.append((each, found))
            pdfs += [content for _, content in found.pdfs]
        added = add_unpacked(what, opened)
        return dataclasses.replace(added, unopened=(*added.unopened, *left))

    async def read_pdf(self, content: bytes, active_config: ActiveConfig) -> Notice | Unreadable:
        """The notice in ``content``, or why there is none."""
        return await self.readings.read(content, active_config.configuration.guarantors)

    async def read_strangers_again(
        self, content: bytes, active_config: ActiveConfig
    ) -> tuple[Notice | Unreadable, float] | None:
        """As ``read_pdf``, of what a stranger sent, with the seconds it took; None where its turn comes later."""
        profiles = active_config.configuration.guarantors
        return await self.turns.read_again(lambda reader: self.readings.read(content, profiles, reader))

    def _put_off(self, writing: Writing, row: MessageRow, why: Deferred) -> MessageRow:
        """It stays in its mailbox until its turn; a person is told, as it may be a notice."""
        writing.raise_alarm(cause_about(AlarmCause.PUT_OFF, why.name.lower(), "mail", row.mailbox), [])
        return dataclasses.replace(row, end=Disposition.PUT_OFF, why=why.value, next_try_at=self.turns.next_try(why))

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
        if tries == UNFETCHED_TOLD and failure != GONE:
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
        listed: Listed,
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
        read = name_file(await self.read_pdf(content, active_config), listed.name, content)
        pdf = Attached(listed.name, content)
        notices = [read] if isinstance(read, Notice) else []
        invoices = await load_invoices(guarantees_in(notices, active_config, self._store), active_config, self._reader)
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
        listed: Listed,
        content: bytes,
        active_config: ActiveConfig,
        from_before: str,
        unfinished: Submission | None,
    ) -> int:
        """A mail that somebody saved as a file: its notice is taken, and nothing proves who wrote it."""
        message = read_message(content)
        what, mail = await self._open_and_read(
            message, self._recognise(message, active_config), Lane.OURS, active_config
        )
        read = mail.read
        notices = [(pdf, digest, each) for pdf, digest, each in read if isinstance(each, Notice)]
        refused = [each for each in read if isinstance(each[2], Unreadable)]
        wanted = guarantees_in([notice for _, _, notice in notices], active_config, self._store)
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
            if not notices:
                numbers += _hold_refused(taking, refused, lambda _: way)
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
        self, listed: Listed, active_config: ActiveConfig, from_before: str, unfinished: Submission | None = None
    ) -> int:
        """A file above the limit is not read; somebody put it there as a notice, so it is held."""
        with self._store.writing() as writing:
            taking = self._taking(writing, active_config, NOT_LOOKED)
            taking.replaces(unfinished)
            refusal = Hold.of(Reason.TOO_LARGE, bytes=str(listed.size))
            number = taking.take_set_aside(refusal, _by_folder(listed, from_before))
            writing.record_file(_file_row(listed, self._clock.now(), Disposition.HELD, (number,)))
            return taking.end()


async def _take_apart(content: bytes) -> Message:
    return await asyncio.to_thread(read_message, content) if len(content) > IN_THREAD else read_message(content)


def _by_folder(listed: Listed, from_before: str) -> Source:
    return Source("folder", hide_codes(listed.name), "", None, proven=True, from_before=from_before)


def _file_row(
    listed: Listed, now: dt.datetime, end: Disposition, numbers: tuple[int, ...], digest: Sha256 | None = None
) -> FileRow:
    shape = (listed.size, listed.mtime_ns, listed.inode)
    return FileRow(listed.name, *shape, now, end, sha256=digest, submissions=numbers)


def _proves(pdf: Attached) -> tuple[bool, bool]:
    """By what the last of several is the one that proves most."""
    return not pdf.is_enclosed, not pdf.archive


def _lane_of(sender_auth: SenderAuth | None) -> Lane:
    return Lane.OURS if sender_auth is not None and sender_auth.is_signed else Lane.STRANGERS


def _keep_what_counts(
    what: Announcement | PossibleNotice | Unrelated, read: tuple[Read, ...], most: int
) -> tuple[Announcement | PossibleNotice | Unrelated, tuple[Read, ...]]:
    """The mail without the bytes of those PDFs out of its ZIPs that no person is to see.

    A notice is kept; a refused one where the mail means a notice, and all of them are no larger than ``most``. Where
    they are, the ZIP is one that could not be opened.
    """
    refused = [pdf for pdf, _, each in read if pdf.archive and isinstance(each, Unreadable)]
    if isinstance(what, Unrelated):
        read = tuple((pdf if _is_of_a_notice(each) else _emptied(pdf), digest, each) for pdf, digest, each in read)
    elif sum(len(pdf.content) for pdf in refused) > most:
        read = tuple(one for one in read if not any(one[0] is pdf for pdf in refused))
        archives = dict.fromkeys(pdf.archive for pdf in refused)
        left = tuple(Unopened("", AttachmentKind.ZIP, name) for name in archives)
        what = dataclasses.replace(what, unopened=what.unopened + left)
    return dataclasses.replace(what, pdfs=tuple(map(_emptied, what.pdfs))), read


def _is_of_a_notice(read: Notice | Unreadable) -> bool:
    return isinstance(read, Notice) or read.is_of_a_notice


def _emptied(pdf: Attached) -> Attached:
    return dataclasses.replace(pdf, content=b"") if pdf.archive else pdf


# --- One message ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Taken:
    """One message with all that was found out about it before the transaction."""

    message: Message
    fetched: Fetched
    what: MailClass
    mail: MailRead
    way: Source
    sender_auth: SenderAuth | None

    @property
    def read(self) -> Sequence[Read]:
        """Its PDFs that were read."""
        return self.mail.read

    def proven(self, way: Source, guarantor: str | None, *, is_enclosed: bool = False) -> Source:
        """``way`` with whether it is proven that who wrote the mail may bring a notice of ``guarantor``."""
        if self.sender_auth is None:
            return way
        proof = self.sender_auth.authenticate(guarantor, is_enclosed=is_enclosed)
        return dataclasses.replace(
            way, proven=proof.is_authenticated, evidence=proof.evidence, by_open_dns=proof.by_open_dns
        )


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
    return dataclasses.replace(row, end=Disposition.OWN, why=OWN_MESSAGE)


def _take_about_ours(
    receiving: Receiving, row: MessageRow, came_back: ReturnedMail, taken: _Taken
) -> MessageRow | None:
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
    holds_notice = any(isinstance(each, Notice) for _, _, each in taken.read)
    if not is_looked_at and not holds_notice and not taken.mail.unread:
        return about
    row = _record(writing, taking, about, taken)
    if row.submissions == about.submissions:
        return about
    return dataclasses.replace(row, submissions=(*about.submissions, *row.submissions))


def _record(writing: Writing, taking: Taking, row: MessageRow, taken: _Taken) -> MessageRow:
    """The ledger row of one message, with the submissions it became."""
    match taken.what:
        case OwnMessage():
            return dataclasses.replace(row, end=Disposition.OWN, why=OWN_MESSAGE)
        case Report():
            return dataclasses.replace(row, end=Disposition.REPORT, why="multipart/report")
        case Announcement() | PossibleNotice() | Unrelated() as what:
            if not taken.fetched.whole and not taken.fetched.has_every_pdf:
                return _set_aside(taking, row, taken, is_meant=not isinstance(what, Unrelated))
            return _record_read(writing, taking, row, taken, what)


def _record_read(
    writing: Writing, taking: Taking, row: MessageRow, taken: _Taken, what: Announcement | PossibleNotice | Unrelated
) -> MessageRow:
    notices = [(pdf, digest, each) for pdf, digest, each in taken.read if isinstance(each, Notice)]
    refused = [(pdf, digest, each) for pdf, digest, each in taken.read if isinstance(each, Unreadable)]
    meant = [each for each in refused if each[2].is_of_a_notice]
    unread = taken.mail.unread
    hidden = "" if taken.read or unread else _hidden_in(taken.message)
    unopened = _worth_telling(what.unopened, has_notice=bool(notices))
    if not notices and not meant and not unread and isinstance(what, Unrelated):
        return dataclasses.replace(row, why=NOTHING)
    if not refused and not notices and not unread and isinstance(what, PossibleNotice) and not hidden and not unopened:
        return dataclasses.replace(row, why="speaks of a key, holds no PDF")
    digest = writing.keep("mail", taken.fetched.content)
    row = dataclasses.replace(row, sha256=digest)
    way = dataclasses.replace(taken.way, mail_sha256=digest)
    if isinstance(what, Announcement):
        came_at = row.internal_date or taking.now
        way = dataclasses.replace(way, announced=dataclasses.replace(what.says, at=came_at))
    guarantor = what.guarantor if isinstance(what, Announcement | PossibleNotice) else None
    if notices:
        row = _record_notices(taking, row, taken, way, notices, [pdf.filename for pdf, _, _ in refused])
        more = _hold_each(taking, taken, way, guarantor, meant, beside=len(notices))
        if unopened:
            more.append(taking.take_set_aside(_hold_unopened(unopened), taken.proven(way, None)))
        return dataclasses.replace(row, submissions=(*row.submissions, *more))
    if refused or unread:
        worth = meant if isinstance(what, Unrelated) else _worth_a_hold(refused)
        if unopened:  # then that is what may be the notice
            worth = [each for each in worth if _may_be_one(each[2])]
        held = _hold_each(taking, taken, way, guarantor, worth)
        if unopened:
            held.append(taking.take_set_aside(_hold_unopened(unopened), taken.proven(way, guarantor)))
        return dataclasses.replace(row, end=Disposition.HELD, submissions=tuple(held))
    way = taken.proven(way, guarantor, is_enclosed=isinstance(what, Announcement) and what.is_enclosed)
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
    first = next((sort for sort in _BY_SIGN if sort in sorts), unopened[0].sort)
    names = dict.fromkeys(hide_codes(each.shown) for each in unopened if each.shown)
    return Hold.of(Reason.ATTACHMENT_UNOPENED, first.value, files=tuple(names)[:FILES_TOLD])


def _hold_refused(
    taking: Taking,
    refused: Sequence[Read],
    way_of: Callable[[Attached], Source],
    *,
    is_more_unopened: bool = False,
) -> list[int]:
    """Hold those of the PDFs of a mail without a notice that a person should see."""
    worth = _worth_a_hold(refused)
    if is_more_unopened:  # then that is what may be the notice
        worth = [each for each in worth if _may_be_one(each[2])]
    return [taking.take_unreadable(pdf, digest, why, way_of(pdf)) for pdf, digest, why in worth]


def _record_notices(
    taking: Taking,
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
            pdf, digest, notice, taken.proven(way, notice.guarantor, is_enclosed=pdf.is_enclosed), beside
        )
        for pdf, digest, notice in notices
    ]
    return dataclasses.replace(row, end=Disposition.SUBMISSION, submissions=tuple(numbers))


def _hold_rest(taking: Taking, taken: _Taken, way: Source, unlisted: int) -> tuple[int, ...]:
    """The one hold for PDFs that were not read, and for those that were refused and have no hold of their own."""
    files = taken.mail.unread + unlisted
    if not files:
        return ()
    why = taken.mail.why_unread or LimitReached.HOLDS
    return (taking.take_set_aside(Hold.of(Reason.REST_UNREAD, why.value, files=str(files)), way),)


def _record_announcement(taking: Taking, row: MessageRow, way: Source, guarantor: str) -> MessageRow:
    known, seen = taking.take_announcement(guarantor, way)
    row = dataclasses.replace(row, submissions=tuple(each.id for each in known))
    if seen is Seen.NEW:
        return dataclasses.replace(row, end=Disposition.ANNOUNCEMENT)
    why = "what it announces is here" if seen is Seen.ANSWERED else "announced before"
    return dataclasses.replace(row, end=Disposition.DUPLICATE, why=why)


def _set_aside(taking: Taking, row: MessageRow, taken: _Taken, *, is_meant: bool) -> MessageRow:
    """A mail above the limit: held where somebody meant a notice, else only its row."""
    size = taken.fetched.header.size
    row = dataclasses.replace(row, end=Disposition.TOO_LARGE, why=f"{size} bytes")
    if not is_meant:
        return row
    guarantor = taken.what.guarantor if isinstance(taken.what, Announcement | PossibleNotice) else None
    way = taken.proven(taken.way, guarantor)
    number = taking.take_set_aside(Hold.of(Reason.MAIL_TOO_LARGE, bytes=str(size)), way)
    return dataclasses.replace(row, submissions=(number,))


def _hidden_in(message: Message) -> str:
    """What in the mail, or in a mail within it, could not be opened; empty where all was seen."""
    found = {*message.defects} & _HIDING
    return ", ".join(sorted(found)) or next(filter(None, map(_hidden_in, message.nested)), "")


def _hold_each(
    taking: Taking,
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
        taking.take_unreadable(pdf, digest, why, taken.proven(named, guarantor, is_enclosed=pdf.is_enclosed))
        for (pdf, digest, why), named in [*zip(worth, ways, strict=True)][:HOLDS_PER_MAIL]
    ]
    return [*held, *_hold_rest(taking, taken, taken.proven(way, guarantor), len(worth) - len(held))]


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


def _may_be_one(refusal: Unreadable) -> bool:
    return refusal.reason is not Reason.NOT_A_NOTICE or refusal.is_of_a_notice
