"""read and authenticate: mails are taken apart, their writers authenticated, and the notices in their PDFs read.

PDFs are read in child processes, strangers' mails in their turn and within limits. Notices are kept in memory only: an
altered store cannot alter what was read.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.authenticate.ports import DkimVerifier
from worker.authenticate.sender_auth import (
    AllowedSenders,
    AuthHeaders,
    DkimFailure,
    DkimResult,
    SenderAuth,
    domains_to_verify,
    read_auth_headers,
)
from worker.compose.mime_write import STORE_FIELD
from worker.config.release import Mode
from worker.core.clock import Clock
from worker.core.heartbeat import note_step
from worker.core.message_id import IDENTITY_BYTES, is_own_message_id_form
from worker.core.model import NO_DATE, Address, Attached, CodePositions, Notice, PdfText, Sha256, Unreadable, sha256
from worker.core.rulebook import Guarantor
from worker.read.archives import MEMBERS, UNPACKED_BYTES, Unpacked
from worker.read.budget import (
    DISK_AGAIN,
    OF_STRANGERS,
    OF_THE_PROVEN,
    STRANGERS_PDF_SECONDS,
    Admission,
    Deferred,
    Lane,
    LimitReached,
    MailBudget,
    RecentUse,
    SlowSenders,
    is_disk_low,
)
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
    find_machine_sign,
    find_reply_sign,
)
from worker.read.message import AttachmentKind, Defect, Message, Unopened, name_file, read_message, split_headers
from worker.read.notice import confirm_notice, read_notice
from worker.read.ports import MailReader, MailReaders, PdfReader
from worker.store.ports import Store
from worker.track.reports import NoReport, ReturnedMail, read_report
from worker.watch.ports import Fetched

KEPT: Final = 1000
"""Notices kept, half a kB each: more than an office of 10,000 projects sends in a day."""

Profiles = tuple[Guarantor, ...]


async def read_pdf(reader: PdfReader | MailReader, pdf: bytes, profiles: Profiles) -> Notice | Unreadable:
    """The notice in ``pdf``, or why there is none. Raises Unavailable if the reader does.

    The values in its text are looked up on the page: no notice comes of text that a reader of the page does not see,
    or of a part of a number or key.
    """
    text = await reader.read(pdf)
    note_step()
    if isinstance(text, Unreadable):
        return text
    notice = read_notice(text, profiles)
    if isinstance(notice, Unreadable):
        return notice
    located = await reader.locate(pdf, (notice.contract_number, notice.key.clear))
    note_step()
    if isinstance(located, Unreadable):
        return located
    (guarantor,) = (each for each in profiles if each.id == notice.guarantor)
    return confirm_notice(notice, text, located, guarantor)


class Readings:
    """Reads notices; of one process."""

    def __init__(self, reader: PdfReader) -> None:
        self._reader = reader
        self._kept: dict[Sha256, Notice] = {}
        self._profiles: Profiles = ()

    async def read(self, pdf: bytes, profiles: Profiles, reader: MailReader | None = None) -> Notice | Unreadable:
        """The notice in ``pdf``, or why there is none. Raises Unavailable."""
        notice = await read_pdf(reader or self._reader, pdf, profiles)
        if isinstance(notice, Notice):
            self._keep(sha256(pdf), notice, profiles)
        return notice

    async def read_once(self, pdf: bytes, profiles: Profiles) -> Notice | Unreadable:
        """As ``read``; a notice that this process has read of these bytes by these profiles is not read again."""
        if self._profiles == profiles and (known := self._kept.get(sha256(pdf))) is not None:
            return known
        return await self.read(pdf, profiles)

    def _keep(self, digest: Sha256, notice: Notice, profiles: Profiles) -> None:
        if self._profiles != profiles:
            self._kept.clear()
            self._profiles = profiles
        self._kept.pop(digest, None)
        self._kept[digest] = notice
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]


Read = tuple[Attached, Sha256, Notice | Unreadable]


@dataclass(frozen=True, slots=True)
class MailRead:
    """The result of reading a mail's PDFs."""

    read: tuple[Read, ...] = ()
    unread: int = 0
    why_unread: LimitReached | None = None
    put_off: Deferred | None = None
    """The reason why nothing of it was read yet, and its turn comes later."""


class MailTurns:
    """The limits of mails in one process."""

    def __init__(self, clock: Clock, readers: MailReaders, free_disk: Callable[[], int]) -> None:
        self._clock = clock
        self._readers = readers
        self._free_disk = free_disk
        self._slow = SlowSenders()
        self._window = RecentUse()
        self._line = asyncio.Lock()
        self._ended = asyncio.Event()

    async def read_mail(
        self,
        files: int,
        open_all: Callable[[MailReader], Awaitable[Sequence[tuple[Sha256, Attached]]]],
        lane: Lane,
        sender: str,
        read: Callable[[MailReader, bytes], Awaitable[Notice | Unreadable]],
    ) -> MailRead:
        """Reads the PDFs that ``open_all`` gives one after the other, as far as the limits go.

        ``files`` says how many files may hold one, before any is opened.
        """
        reader = self._readers(lane)
        if lane is Lane.OURS:
            return await self._read(await open_all(reader), reader, MailBudget(OF_THE_PROVEN), read)
        if not await self._begin():
            return MailRead(unread=files, why_unread=LimitReached.TURN, put_off=Deferred.TIME)
        budget = MailBudget(OF_STRANGERS, self._slow.count(sender, self._clock.now()))
        try:
            pdfs = await open_all(reader)
            budget.seconds += reader.spent
            return await self._read(pdfs, reader, budget, read)
        finally:
            now = self._clock.now()
            self._slow.note(sender, budget.slow, now)
            self._end(budget.seconds)

    async def read_again(
        self, read: Callable[[MailReader], Awaitable[Notice | Unreadable]]
    ) -> tuple[Notice | Unreadable, float] | None:
        """Read one PDF that a stranger once sent, with the seconds it took; None if its turn comes later."""
        if self._window.room(self._clock.now()) is not Admission.NOW:
            return None
        reader = self._readers(Lane.STRANGERS)
        self._window.begin()
        try:
            return await read(reader), reader.spent
        finally:
            self._end(min(reader.spent, STRANGERS_PDF_SECONDS))

    def next_try(self, why: Deferred) -> dt.datetime:
        """When a mail that was put off is looked at again."""
        now = self._clock.now()
        return now + DISK_AGAIN if why is Deferred.DISK else self._window.free_at(now)

    def has_space(self) -> bool:
        """Returns whether a stranger's mail may be kept."""
        return not is_disk_low(self._free_disk())

    def has_room(self) -> bool:
        """Returns whether a stranger's mail that was put off can be read now."""
        return self._window.room(self._clock.now()) is not Admission.LATER and self.has_space()

    async def _read(
        self,
        pdfs: Sequence[tuple[Sha256, Attached]],
        reader: MailReader,
        budget: MailBudget,
        read: Callable[[MailReader, bytes], Awaitable[Notice | Unreadable]],
    ) -> MailRead:
        done: list[Read] = []
        for digest, pdf in pdfs:
            if (why := budget.why_ended(len(pdf.content))) is not None:
                return MailRead(tuple(done), len(pdfs) - len(done), why)
            before = reader.spent
            result = await read(reader, pdf.content)
            budget.note(len(pdf.content), reader.spent - before, result)
            done.append((pdf, digest, result))
        return MailRead(tuple(done))

    async def _begin(self) -> bool:
        """Wait until there is room for a stranger's mail; False if there will be none for a while."""
        async with self._line:  # in the order in which they came
            while (room := self._window.room(self._clock.now())) is Admission.SOON:
                self._ended.clear()
                await self._ended.wait()
            if room is Admission.NOW:
                self._window.begin()
            return room is Admission.NOW

    def _end(self, seconds: float) -> None:
        self._window.end(seconds, self._clock.now())
        self._ended.set()


class Unmetered:
    """``ports.MailReader`` of a reader that has no lanes and counts no time."""

    spent = 0.0

    def __init__(self, reader: PdfReader) -> None:
        self._reader = reader

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        """As the reader's own."""
        return await self._reader.read(pdf)

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        """As the reader's own."""
        return await self._reader.locate(pdf, codes)

    async def unpack(self, content: bytes) -> Unpacked:
        """As the reader's own."""
        return await self._reader.unpack(content)


_HIDING: Final = frozenset({Defect.TOO_DEEP, Defect.TOO_MANY_PARTS, Defect.NOT_CLOSED, Defect.BOUNDARY, Defect.HEADERS})
"""Defects that can keep a PDF in a mail from being found."""

IN_THREAD: Final = 1_000_000
"""Bytes of a mail above which it is taken apart in a thread: parts within parts were seen to take 0.5 s for each MB,
and neither the folder nor what is due to be sent waits for that."""

ZIPS: Final = 10
"""ZIPs that are opened of one mail: people attach one to three. Once the limits of one are reached, no more are."""

KEPT_RATIO: Final = 10
"""Limit of the refused PDFs kept of a mail, in sizes of its ZIPs: real ones come out 1 to 10 times
larger, and a stranger's would fill memory and disk."""

_IDENTITY: Final = re.compile(rf"[0-9a-f]{{{2 * IDENTITY_BYTES}}}")

_OPENED_AT_ONCE: Final = 2
"""Mails whose ZIPs are open at one time: up to 40 MB come out of those of one."""


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """One message with everything that is read of it before its transaction."""

    fetched: Fetched
    message: Message | None
    """None if the server could not give it."""
    what: MailClass
    sender_auth: SenderAuth | None = None
    """Its writer, with the evidence; None if it can bring no notice."""
    pdfs: MailRead = MailRead()
    came_back: ReturnedMail = field(default_factory=NoReport)
    """Its report about a mail of ours."""
    written_by: str = ""
    """The identity of the store that wrote this mail to people; empty if none says so."""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notices in its PDFs."""
        return tuple(each for _, _, each in self.pdfs.read if isinstance(each, Notice))


@dataclass(frozen=True, slots=True)
class Block:
    """Mails that are read together and recorded in one transaction, and the configuration by which they were read."""

    mails: tuple[IncomingMail, ...]
    active_config: ActiveConfig


class NoticeReader:
    """Reads messages and PDFs; of one process."""

    def __init__(
        self,
        store: Store,
        reader: PdfReader,
        clock: Clock,
        dkim: DkimVerifier | None = None,
        readers: MailReaders | None = None,
    ) -> None:
        """``readers`` give each mail a reader of its lane; without them all lanes share ``reader``."""
        self._store = store
        self._dkim = dkim
        self.readings = Readings(reader)
        self.turns = MailTurns(clock, readers or (lambda _: Unmetered(reader)), store.free_disk)
        self._opening = asyncio.Semaphore(_OPENED_AT_ONCE)

    # --- read → authenticate → read the PDFs ----------------------------------------------------------------

    async def open_mails(self, block: Sequence[Fetched], active_config: ActiveConfig) -> tuple[IncomingMail, ...]:
        """Take the messages apart and say what each is by its headers and texts."""
        return tuple([await self._open_mail(each, active_config) for each in block])

    async def _open_mail(self, fetched: Fetched, active_config: ActiveConfig) -> IncomingMail:
        if not fetched.content:
            return IncomingMail(fetched, None, Unrelated(()))
        message = await _take_apart(fetched.content)
        what = self.recognise(message, active_config)
        return IncomingMail(fetched, message, what, written_by=_written_by(fetched.content))

    async def authenticate(
        self, mailbox: str, mails: Sequence[IncomingMail], active_config: ActiveConfig
    ) -> tuple[IncomingMail, ...]:
        """Find out who wrote each mail that may bring a notice."""
        sender_auth = await asyncio.gather(*(self._authenticate_mail(mailbox, each, active_config) for each in mails))
        return tuple(dataclasses.replace(each, sender_auth=who) for each, who in zip(mails, sender_auth, strict=True))

    async def _authenticate_mail(
        self, mailbox: str, mail: IncomingMail, active_config: ActiveConfig
    ) -> SenderAuth | None:
        """Returns the evidence of who wrote ``mail``; None if it can bring no notice and announces none.

        The DNS is asked only about a mail that its signatures could authenticate.
        """
        fetched, message, what = mail.fetched, mail.message, mail.what
        may_bring = isinstance(what, Announcement)
        may_bring = may_bring or (isinstance(what, PossibleNotice | Unrelated) and bool(what.pdfs or what.zips))
        if message is None or not fetched.content or not may_bring:
            return None
        settings = active_config.configuration.settings
        own = settings.mailboxes.get(mailbox)
        allowed_senders = AllowedSenders(active_config.guarantors, settings.colleagues)
        arrived = fetched.header.internal_date
        auth_headers = read_auth_headers(
            fetched.content,
            own.authserv_id if own else "",
            None if arrived == NO_DATE else arrived,
            answers_by=find_reply_sign(message),
            unattended_by=find_machine_sign(message),
        )
        roots = domains_to_verify(auth_headers, allowed_senders, (None, *allowed_senders.guarantors))
        signed = {root: await self._verify_dkim(fetched, auth_headers, root) for root in roots}
        return SenderAuth(
            auth_headers, signed, allowed_senders, is_approved_by_hand=settings.release.mode is Mode.APPROVE
        )

    async def _verify_dkim(self, fetched: Fetched, auth_headers: AuthHeaders, root: str) -> DkimResult:
        if not fetched.is_complete or fetched.has_every_pdf:
            return DkimResult(why=DkimFailure.NOT_WHOLE)
        if self._dkim is None:
            return DkimResult(why=DkimFailure.NOT_TRIED)
        return await self._dkim.verify(fetched.content, auth_headers.fields, root, auth_headers.came_at)

    async def read_pdfs(self, mails: Sequence[IncomingMail], active_config: ActiveConfig) -> tuple[IncomingMail, ...]:
        """Read the PDFs of each mail, also those in its ZIPs, within the limits of its sender."""
        read = await asyncio.gather(*(self._read_mail(each, active_config) for each in mails))
        return tuple(dataclasses.replace(each, came_back=self._find_report(each)) for each in read)

    def _find_report(self, mail: IncomingMail) -> ReturnedMail:
        if mail.message is None:
            return NoReport()
        return read_report(mail.fetched.content, mail.message, self._store.by_message_id)

    async def _read_mail(self, mail: IncomingMail, active_config: ActiveConfig) -> IncomingMail:
        what, pdfs = await self.open_and_read(mail.message, mail.what, _lane_of(mail.sender_auth), active_config)
        return dataclasses.replace(mail, what=what, pdfs=pdfs)

    def recognise(self, message: Message, active_config: ActiveConfig) -> MailClass:
        """Returns what the headers and texts of ``message`` say that it is."""
        return classify_mail(message, active_config.configuration.guarantors, self.ours(active_config))

    def ours(self, active_config: ActiveConfig) -> OwnMailSigns:
        """Returns the signs by which a message of our own is known."""
        return OwnMailSigns(
            active_config.configuration.settings.contractor.email,
            self._store.by_message_id,
            lambda candidate, sender: is_own_message_id_form(candidate, Address(sender)),
        )

    async def open_and_read(
        self, message: Message | None, what: MailClass, lane: Lane, active_config: ActiveConfig
    ) -> tuple[MailClass, MailRead]:
        """Returns a mail with the PDFs of its ZIPs, and what was read of its PDFs."""
        if message is None or isinstance(what, OwnMessage | Report):
            return what, MailRead()
        files = len(what.pdfs) + len(what.zips)
        is_kept = bool(files) or isinstance(what, Announcement)
        is_kept = is_kept or (isinstance(what, PossibleNotice) and bool(what.unopened or hidden_in(message)))
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
            note_step()
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
        """As ``read_pdf``, of what a stranger sent, with the seconds it took; None if its turn comes later."""
        profiles = active_config.configuration.guarantors
        return await self.turns.read_again(lambda reader: self.readings.read(content, profiles, reader))


async def _take_apart(content: bytes) -> Message:
    return await asyncio.to_thread(read_message, content) if len(content) > IN_THREAD else read_message(content)


def _written_by(content: bytes) -> str:
    said = split_headers(content)[0].first(STORE_FIELD.lower().encode()).strip().decode("ascii", "replace")
    return said if _IDENTITY.fullmatch(said) else ""


def _proves(pdf: Attached) -> tuple[bool, bool]:
    """By what the last of several is the one that proves most."""
    return not pdf.is_enclosed, not pdf.archive


def _lane_of(sender_auth: SenderAuth | None) -> Lane:
    return Lane.OURS if sender_auth is not None and sender_auth.is_signed else Lane.STRANGERS


def _keep_what_counts(
    what: Announcement | PossibleNotice | Unrelated, read: tuple[Read, ...], most: int
) -> tuple[Announcement | PossibleNotice | Unrelated, tuple[Read, ...]]:
    """The mail without the bytes of those PDFs out of its ZIPs that no person is to see.

    A notice is kept; a refused one if the mail means a notice, and all of them are no larger than ``most``. If they are
    larger, the ZIP is one that could not be opened.
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


def hidden_in(message: Message) -> str:
    """Returns what in the mail, or in a mail within it, could not be opened; empty if all was seen."""
    found = {*message.defects} & _HIDING
    return ", ".join(sorted(found)) or next(filter(None, map(hidden_in, message.nested)), "")
