"""The ports as the tests of deciding modules need them: what was put in comes out, and nothing else happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, cast

from tests.support.world import START
from worker.core.errors import LogBroken, NotAllowed, Unavailable
from worker.core.mailbox_actions import MailboxAction
from worker.core.message_id import SECRET, SECRET_BYTES
from worker.core.model import (
    Address,
    CodePositions,
    Entry,
    HealthRecord,
    Notice,
    PageText,
    PdfText,
    Place,
    Product,
    Sha256,
    Submission,
    TextRun,
    Unreadable,
    sha256,
)
from worker.core.rulebook import OFFICE
from worker.core.states import State
from worker.pipeline.watch import LedgerRows, NewMessages
from worker.read.archives import Unpacked, unpack
from worker.read.ports import PdfReader
from worker.send.ports import NoReply, Reply, Session, Step
from worker.watch.folder.notices import ThreadedNoticeFolder
from worker.watch.imap.mailbox import ThreadedMailbox
from worker.watch.ports import InvoiceFile, InvoiceSnapshot, Mailbox, Rest
from worker.watch.threads import OwnThread

P = ParamSpec("P")
T = TypeVar("T")
SECRET_HEX = "5e" * SECRET_BYTES
"""The secret of every store that is a fake."""


@dataclass
class FakeClock:
    """Stands still until it is moved on."""

    moment: dt.datetime = START
    seconds: float = 1000.0

    def now(self) -> dt.datetime:
        return self.moment

    def uptime(self) -> float:
        return self.seconds

    def let_pass(self, **span: float) -> dt.datetime:
        passed = dt.timedelta(**span)
        self.moment += passed
        self.seconds += passed.total_seconds()
        return self.moment

    def set_by(self, **span: float) -> dt.datetime:
        """Set the clock; no time passes."""
        self.moment += dt.timedelta(**span)
        return self.moment


@dataclass
class FakeFiles:
    """An invoices folder: a name, and the bytes or what the folder says instead."""

    held: dict[str, bytes | Unreadable | Unavailable] = field(default_factory=dict)
    texts: dict[Sha256, PdfText | Unreadable] = field(default_factory=dict)
    looked_for: list[Callable[[str], bool]] = field(default_factory=list)

    async def look(self, reader: PdfReader, is_needed: Callable[[str], bool]) -> InvoiceSnapshot:
        """Remember the file names that were looked for; only these are brought."""
        self.looked_for.append(is_needed)
        return self.snapshot(is_needed)

    def snapshot(self, is_needed: Callable[[str], bool] = lambda _: True) -> InvoiceSnapshot:
        """The files that a look finds now. A text is as given, else the bytes behind the mark of a PDF."""
        answers: dict[str, tuple[str, bytes] | Unreadable | Unavailable] = {}
        texts = dict(self.texts)
        for file, content in self.held.items():
            if not is_needed(file):
                continue
            answers[file] = (file.rpartition("/")[2], content) if isinstance(content, bytes) else content
            if isinstance(content, bytes) and (digest := sha256(content)) not in texts:
                text = content.removeprefix(b"%PDF-1.4").decode(errors="replace")
                texts[digest] = PdfText((PageText(text, text),))
        try:
            found: tuple[InvoiceFile, ...] | Unavailable = self.listing()
        except Unavailable as away:
            found = away
        return InvoiceSnapshot(found, answers, texts)

    def listing(self) -> tuple[InvoiceFile, ...]:
        found = []
        for file, content in sorted(self.held.items()):
            if isinstance(content, Unavailable):
                raise content
            digest = sha256(content) if isinstance(content, bytes) else None
            found.append(InvoiceFile(file, digest, len(content) if isinstance(content, bytes) else 0))
        return tuple(found)

    def stamp(self, file: str) -> str:
        return str(hash(self.held.get(file, ""))) if file in self.held else ""

    def rest(self) -> Rest:
        return Rest()

    def place(self) -> str:
        return "/srv/invoices"


@dataclass(frozen=True)
class FakeTemplates:
    texts: Mapping[str, str]

    def source(self, name: str, version: str = "") -> str | None:
        return self.texts.get(name)


class FakeReading:
    """The records already here: submissions, and the notices read from their files."""

    def __init__(self, submissions: Iterable[Submission] = (), notices: Mapping[str, Notice] | None = None) -> None:
        self.held = sorted(submissions, key=lambda each: each.id)
        self.notices = notices or {}
        self.originals: dict[Sha256, bytes] = {}
        self.properties: dict[str, str] = {}

    def submission(self, number: int) -> Submission:
        for each in self.held:
            if each.id == number:
                return each
        raise NotAllowed("no_such_submission", id=str(number))

    def by_pdf(self, pdf: Sha256) -> tuple[Submission, ...]:
        return tuple(each for each in self.held if each.notice.pdf_sha256 == pdf)

    def by_number(self, contract_number: str) -> tuple[Submission, ...]:
        return tuple(each for each in self.held if each.notice.contract_number == contract_number)

    def by_source_message(self, message_id: str) -> tuple[Submission, ...]:
        return tuple(each for each in self.held if each.source.source_message_id == message_id)

    def awaited(self, guarantor: str) -> tuple[Submission, ...]:
        return tuple(each for each in self.held if (each.state, each.notice.guarantor) == (State.ANNOUNCED, guarantor))

    def newest_notices(self, guarantor: str, count: int) -> tuple[Submission, ...]:
        found = [each for each in self.held if each.notice.guarantor == guarantor and each.notice.pdf_sha256]
        return tuple(reversed(found[-count:]))

    def notice(self, pdf: Sha256) -> Notice | None:
        return self.notices.get(pdf)

    def original(self, digest: Sha256) -> bytes:
        if digest in self.originals:
            return self.originals[digest]
        raise LogBroken("original_missing", digest)

    def bound_project(self, guarantor: str, contract_number: str, product: Product) -> str | None:
        numbered = self.by_number(contract_number)
        found = [
            each.destination.bound_project
            for each in numbered
            if (each.notice.guarantor, each.notice.product) == (guarantor, product)
        ]
        return next((project for project in reversed(found) if project), None)

    def property(self, name: str) -> str | None:
        return self.properties.get(name, SECRET_HEX if name == SECRET else None)

    def was_sent_to(self, address: Address, issuer: str, section: str, project: str) -> bool:
        return any(
            each.was_accepted and each.delivery.reply.startswith("2") and address in each.composed.draft.recipients
            for each in self.held
            if each.composed.draft
            and (each.destination.issuer, each.destination.section) == (issuer, section)
            and (section != OFFICE or each.destination.project == project)
        )

    def last_sent(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        sent = [
            each
            for each in self.held
            if each.delivery.sent_at is not None
            and (each.destination.issuer, each.notice.product, each.follow_ups.duties.is_amended)
            == (issuer, product, is_amended)
            and section in ("", each.destination.section)
        ]
        return max(sent, key=lambda each: str(each.delivery.sent_at), default=None)

    def last_confirmed(
        self, issuer: str, product: Product, section: str, *, is_amended: bool = False
    ) -> Submission | None:
        confirmed = [
            each
            for each in self.held
            if each.state is State.CONFIRMED
            and each.delivery.sent_at is not None
            and (each.destination.issuer, each.notice.product, each.destination.section) == (issuer, product, section)
            and each.follow_ups.duties.is_amended is is_amended
        ]
        return max(confirmed, key=lambda each: str(each.delivery.sent_at), default=None)

    def last_handed_over(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        handed = [
            each
            for each in self.held
            if each.was_handed_over
            and (each.destination.issuer, each.notice.product, each.follow_ups.duties.is_amended)
            == (issuer, product, is_amended)
            and section in ("", each.destination.section)
        ]
        return max(handed, key=lambda each: each.id, default=None)

    def carried(self, digest: Sha256) -> tuple[Submission, ...]:
        left = [each for each in self.held if each.may_have_left and each.composed.draft]
        return tuple(each for each in left if digest in {file.sha256 for file in each.composed.draft.attachments})

    def of_project(self, project: str, product: Product) -> tuple[Submission, ...]:
        return tuple(
            each for each in self.held if (each.destination.project, each.notice.product) == (project, product)
        )

    def of_own_message(self, message_id: str) -> Submission | None:
        found = [each for each in self.held if each.composed.draft and each.composed.draft.message_id == message_id]
        return found[-1] if found else None

    def own_message_of(self, envid: str) -> str:
        ids = [each.composed.draft.message_id for each in self.held if each.composed.draft]
        return next((each for each in ids if each.startswith(f"<{envid.rpartition('.')[0]}@")), "")

    def uploads(self, digest: Sha256) -> tuple[Entry, ...]:
        """None."""
        return ()

    def early_reports(self, message_id: str) -> tuple[Sha256, ...]:
        return ()


class FakeServer:
    """Answers what it was given, one answer a call, and remembers the steps."""

    def __init__(self, *answers: Reply | NoReply) -> None:
        self.answers = list(answers)
        self.steps: list[Step] = []
        self.is_closed = False

    async def open(self) -> Session:
        return Session("mx.contractor.example", "TLSv1.3", dsn=True)

    async def perform(self, step: Step) -> Reply | NoReply:
        self.steps.append(step)
        return self.answers.pop(0)

    async def close(self) -> None:
        self.is_closed = True


def located_as_printed(codes: tuple[str, ...]) -> CodePositions:
    """Each code once on the first page, seen, with no other text around it."""
    return CodePositions(tuple((Place(0, TextRun(code, 0.0, 60.0, 0.0, 10.0), is_drawn=True),) for code in codes))


class FakePdfReader:
    """The text of every PDF is the one it was given."""

    def __init__(self, text: PdfText | Unreadable) -> None:
        self.text = text
        self.is_closed = False

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        return self.text

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        return located_as_printed(codes)

    async def unpack(self, content: bytes) -> Unpacked:
        return unpack(content)

    async def close(self) -> None:
        self.is_closed = True


@dataclass(frozen=True)
class SomeMailbox:
    """The mailbox in the rows of a look, for tests without a mailbox."""

    name: str
    after: MailboxAction = field(default_factory=MailboxAction)


def rows_of(mailbox: str) -> LedgerRows:
    """Rows for messages of ``mailbox`` that a test hands over itself."""
    found = NewMessages((), frozenset(), HealthRecord(f"mail:{mailbox}", uidvalidity=1))
    return LedgerRows(cast("Mailbox", SomeMailbox(mailbox)), found, lambda header: "")


class RunsCalls(OwnThread):
    """In place of a thread what ``run`` does with each call."""

    def __init__(self, run: Callable[..., Awaitable[Any]]) -> None:
        self._run_call = run

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        found: T = await self._run_call(call, *args, **kwargs)
        return found

    def end(self, last: Callable[[], None] | None = None) -> None:
        if last is not None:
            last()


def mailbox_of(box: Any, run: Callable[..., Awaitable[Any]] | None = None) -> ThreadedMailbox:
    """``box``, whose calls block, as the pipeline sees it; each is carried out by ``run``, else at once."""
    return ThreadedMailbox(box, run if isinstance(run, OwnThread) else RunsCalls(run or run_at_once))


def folder_of(folder: Any, run: Callable[..., Awaitable[Any]] | None = None) -> ThreadedNoticeFolder:
    """The same of a folder."""
    return ThreadedNoticeFolder(folder, run if isinstance(run, OwnThread) else RunsCalls(run or run_at_once))


async def run_at_once(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """A mailbox's thread that is no thread."""
    return call(*args, **kwargs)
