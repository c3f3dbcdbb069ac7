"""An office in memory for tests of the pipeline: two issuers, four projects, notices whose text needs no PDF engine.

The store and the mail server are the real adapters; the mailbox is a list of mails and a PDF's bytes hold its text, as
these tests are about neither. The office has written to its issuers' addresses before. Names, numbers, keys and
addresses are invented.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path

from tests.support.authenticated import received
from tests.support.fakes import FakeClock, FakeFiles, folder_of, located_as_printed, mailbox_of
from tests.support.known_addresses import make_known
from tests.support.world import (
    ACCOUNT,
    COLLEAGUE,
    COMPANY,
    GUARANTORS_FILE,
    ISSUERS,
    KAWA_TO,
    OFFICE,
    SITE,
    START,
    WORKS_NUMBER,
    YAMA_TO,
    printed_notice,
    project,
    worker_toml,
)
from worker.approve.reevaluate import ActiveConfig, activate_config
from worker.authenticate.ports import DkimVerifier
from worker.config.files import TemplateFiles
from worker.config.guarantors import FILE
from worker.config.load import Configuration, load_configuration
from worker.config.settings import Security
from worker.core.errors import HoshobinError, Unavailable
from worker.core.mailbox_actions import MailboxAction
from worker.core.model import JST, CodePositions, PageText, PdfText, Submission, Unreadable
from worker.core.states import Reason
from worker.pipeline.pipeline import Pass, Pipeline
from worker.pipeline.send import recover
from worker.pipeline.start import record_configuration, record_start
from worker.read.archives import Unpacked, unpack
from worker.read.ports import MailReaders, PdfReader
from worker.send.ports import MailServer
from worker.send.smtp.client import SmtpAccount, SmtpServer, Timeouts
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import DATABASE, SqlStore
from worker.watch.folder.notices import NoticeDirectory
from worker.watch.ports import SETTLE, Fetched, Header, IdleResult, SelectedMailbox

INVOICE = "invoice-1.pdf"


@dataclass(frozen=True)
class Form:
    """The fields of a notice; the file holds them as JSON behind the mark of a PDF."""

    number: str
    project: str
    key: str
    product: str = "契約保証"
    copy: int = 0
    """Another download of the same notice has other bytes."""
    contractor: str = COMPANY

    @property
    def pdf(self) -> bytes:
        return b"%PDF-1.4\n" + json.dumps(self.__dict__).encode()

    @property
    def text(self) -> PdfText:
        text = printed_notice(
            project=self.project, number=self.number, key=self.key, product=self.product, contractor=self.contractor
        )
        return PdfText((PageText(text, text),))


def form(number: int, project: int = 0, key: int = 0, copy: int = 0, product: str = "契約保証") -> Form:
    """The notice of the ``number``-th contract; the odd works are of 川北町 (To and Cc), the even ones of 山手市."""
    return Form(f"40213-{number:06}", WORKS[project or number], f"kEy{number:04}Zq{key}W", product, copy)


WORKS = {1: "道路改良工事", 2: "橋梁補修工事", 3: "水路整備工事", 4: "公園造成工事"} | {
    number: f"第{number}工区整備工事" for number in range(5, 13)
}


def invoice_of(work: int) -> bytes:
    """The file in the invoices folder for this work."""
    return f"%PDF-1.4 前払金請求書 {WORKS[work]} 金20,000,000円".encode()


class TextInBytes:
    """``ports.PdfReader`` of forms."""

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        head, _, rest = pdf.partition(b"\n")
        if head != b"%PDF-1.4":
            return Unreadable(Reason.DAMAGED)
        try:
            return Form(**json.loads(rest)).text
        except (ValueError, TypeError):  # a PDF of somebody else
            return Unreadable(Reason.DAMAGED)

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        return located_as_printed(codes)

    async def unpack(self, content: bytes) -> Unpacked:
        return unpack(content)

    async def close(self) -> None:
        """Nothing was started."""


@dataclass
class Mails:
    """``ports.Mailbox`` over a list: the UID is the place in it, from 1."""

    received: list[bytes] = field(default_factory=list)
    name: str = "main"
    after: MailboxAction = field(default_factory=MailboxAction)
    came_at: dt.datetime = dt.datetime(2026, 11, 21, 8, tzinfo=JST)
    """When they came, by the server's clock."""

    def open(self) -> SelectedMailbox:
        return SelectedMailbox(7, len(self.received) + 1, len(self.received))

    def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        return tuple(range(first, len(self.received) + 1))

    def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        return tuple(Header(uid, len(self.received[uid - 1]), self.came_at, f"<in.{uid}@mail.example>") for uid in uids)

    def fields(self, uids: Sequence[int]) -> tuple[Header, ...]:
        return tuple(
            replace(header, fields=self.received[header.uid - 1].partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
            for header in self.headers(uids)
        )

    def fetch_summaries(self, uids: Sequence[int]) -> tuple[Header, ...]:
        return self.headers(uids)

    def fetch_prefixes(self, headers: Sequence[Header]) -> dict[int, dict[str, bytes]]:
        return {}

    def apply_mailbox_action(self, uids: Sequence[int]) -> None:
        raise AssertionError(uids)

    def listen(self, seconds: float) -> IdleResult:
        return IdleResult.NOT_OFFERED

    def blocks(self, headers: Sequence[Header]) -> Iterator[tuple[Fetched, ...]]:
        for header in headers:  # one mail a block: each is a commit of its own
            yield (Fetched(header, self.received[header.uid - 1]),)

    def shut(self) -> None:
        """Nothing is open."""


def mail_with(*forms: Form, number: int = 1) -> bytes:
    """A colleague's mail with notices attached."""
    mail = EmailMessage()
    received(mail, COLLEAGUE, START)
    mail["From"] = COLLEAGUE
    mail["To"] = OFFICE
    mail["Subject"] = "認証キーのお知らせの件"
    mail["Message-ID"] = f"<in.{number}@mail.example>"
    mail.set_content("添付のとおりです。\n")
    for each in forms:
        mail.add_attachment(each.pdf, maintype="application", subtype="pdf", filename=f"{each.number}.pdf")
    return mail.as_bytes(policy=SMTP)


@dataclass(frozen=True)
class Settings:
    """The settings that the tests vary."""

    port: int = 1
    mode: str = "auto"
    rehearsal_to: str = ""
    doboku: str = KAWA_TO
    keiyaku: str = YAMA_TO
    works: tuple[int, ...] = (1, 2, 3, 4)
    notify: tuple[str, ...] = (OFFICE,)
    escalate: tuple[str, ...] = ()
    windows: tuple[str, ...] = ()
    per_minute: int = 0
    copy_to: str = ""
    deadline: str = ""
    """TOML of the projects' deadline; empty: none."""

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses that mail may go to by this configuration."""
        if self.rehearsal_to:
            return frozenset({self.rehearsal_to, OFFICE})
        return frozenset({self.doboku, self.keiyaku, SITE, OFFICE})

    @property
    def known(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """For ``make_known``: every section with its addresses."""
        return (
            ("kawa", "doboku", (self.doboku, SITE)),
            ("yama", "keiyaku", (self.keiyaku,)),
        )


@cache
def configuration_of(settings: Settings) -> Configuration:
    """The configuration as the files would give it."""
    worker = worker_toml(
        smtp_port=settings.port,
        per_minute=settings.per_minute,
        copy_to=settings.copy_to,
        mode=settings.mode,
        rehearsal_to=settings.rehearsal_to,
        notify=settings.notify,
        escalate=settings.escalate,
        windows=settings.windows,
    )
    kawa, yama = ISSUERS["kawa"].replace(KAWA_TO, settings.doboku), ISSUERS["yama"].replace(YAMA_TO, settings.keiyaku)
    texts = {
        "worker.toml": worker,
        "projects.toml": "".join(_project(work, settings.deadline) for work in settings.works),
        "issuers/kawa.toml": kawa,
        "issuers/yama.toml": yama,
    }
    return load_configuration({name: text.encode() for name, text in texts.items()} | {FILE: GUARANTORS_FILE})


def _project(work: int, deadline: str) -> str:
    more = {"values": f'{{ "{WORKS_NUMBER}" = "R8-{work}" }}', "dates": "{ contract = 2026-05-01 }"}
    more |= {"deadline": deadline} if deadline else {}
    invoice = f'advance = {{ file = "invoice-{work}.pdf", amount = 20_000_000, date = 2026-05-08 }}'
    return project(WORKS[work], "kawa" if work % 2 else "yama", f"40213-{work:06}", **more, invoice=invoice)


def active_config_of(settings: Settings, files: FakeFiles | None = None) -> ActiveConfig:
    """The configuration ready for drafting."""
    return activate_config(configuration_of(settings), TemplateFiles({}), files or FakeFiles())


def server_at(port: int, clock: FakeClock, timeouts: Timeouts | None = None) -> SmtpServer:
    """The real adapter, for a server on this machine without a login."""
    return SmtpServer(
        SmtpAccount(
            host="127.0.0.1",
            port=port,
            security=Security.NONE,
            user="",
            password="",
            ca_file="",
            ehlo="contractor.example",
        ),
        clock,
        timeouts,
    )


class WatchedStore(SqlStore):
    """The real store, observed at each commit: the events of its entries, and whether it is to fail."""

    def __init__(self, folder: Path, clock: FakeClock, patience: float = 5.0) -> None:
        super().__init__(folder, clock, patience)
        self._seen = self.head()[0]
        self.refuses: Callable[[list[str]], bool] = lambda events: False
        """Returns whether a commit of entries of these events is rolled back and reported as a full disk."""
        self.denies: Callable[[list[str]], bool] = lambda events: False
        """Returns whether a commit of these events is made but reported as a full disk."""
        self.failure: HoshobinError = Unavailable("disk", "database or disk is full")
        self.before_commit: Callable[[list[str]], None] = lambda events: None
        self.after_commit: Callable[[list[str]], None] = lambda events: None

    def _commit(self, connection: sqlite3.Connection, last_hash: str | None) -> None:
        found = connection.execute("select event from entries where number > ? order by number", (self._seen,))
        events = [row[0] for row in found]
        self.before_commit(events)
        if self.refuses(events):
            connection.rollback()
            self._give_up()
            if isinstance(self.failure, Unavailable):
                self._faults[DATABASE] = self.failure  # as the store itself does
            raise self.failure
        super()._commit(connection, last_hash)
        self._seen += len(events)
        self.after_commit(events)
        if self.denies(events):
            self._give_up()
            raise self.failure


class SmallOffice:
    """One contractor's computer. ``start`` is what a process does at its start, also after a crash."""

    def __init__(self, root: Path, settings: Settings, clock: FakeClock | None = None) -> None:
        self.root = root
        self.clock = clock or FakeClock()
        self.settings = settings
        self.mails = Mails()
        self.files = FakeFiles({f"invoice-{work}.pdf": invoice_of(work) for work in WORKS})
        self.timeouts: Timeouts | None = None
        self.signatures: DkimVerifier | None = None
        self.reader: PdfReader = TextInBytes()
        self.readers: MailReaders | None = None
        self.notices = root / "notices"
        self.notices.mkdir(parents=True, exist_ok=True)
        if not (root / FILE_NAME).exists():
            make_known(root, *settings.known, at=self.clock.now())
        self.store = WatchedStore(root, self.clock)
        self.server: MailServer = server_at(settings.port, self.clock)
        self.start()

    def start(self, settings: Settings | None = None) -> None:
        """Record the configuration, recover, and build the pipeline again, as ``run`` does."""
        self.settings = settings or self.settings
        active_config = active_config_of(self.settings, self.files)
        record_start(self.store, active_config.configuration.files, "0", ACCOUNT, self.store.config_in_force())
        self.server = self.make_server()
        recover(self.store, active_config, ACCOUNT, self.clock.now())
        self.pipeline = Pipeline(
            self.store,
            self.reader,
            self.server,
            self.clock,
            ACCOUNT,
            active_config,
            dkim=self.signatures,
            readers=self.readers,
        )

    def make_server(self) -> MailServer:
        """The mail server that a process sends by."""
        return server_at(self.settings.port, self.clock, self.timeouts)

    async def stop(self) -> None:
        """Close what is open."""
        await self.server.close()
        self.store.close()

    async def restart(self, settings: Settings | None = None) -> None:
        """Another process begins with the stored data; nothing in memory is kept."""
        await self.stop()
        self.store = WatchedStore(self.root, self.clock)
        self.start(settings)

    def configure(self, settings: Settings) -> None:
        """Another configuration without a restart; the servers stay the same."""
        self.settings = settings
        active_config = active_config_of(settings, self.files)
        record_configuration(self.store, active_config.configuration.files, ACCOUNT, self.store.config_in_force())
        self.pipeline.activate_config(active_config)

    def save(self, each: Form) -> None:
        """Save a notice into the watched folder, as a person does who downloads it."""
        (self.notices / f"{each.number}-{each.key}-{each.copy}.pdf").write_bytes(each.pdf)

    async def take_in(self) -> int:
        """Scan the folder until its files have settled, then the mailbox."""
        folder = NoticeDirectory(self.notices)
        began, _ = await self.pipeline.watch_folder(folder_of(folder))
        self.clock.let_pass(seconds=SETTLE.total_seconds())
        later, _ = await self.pipeline.watch_folder(folder_of(folder))
        return began + later + await self.pipeline.watch_mailbox(mailbox_of(self.mails), dt.date(2026, 11, 1))

    async def finish(self) -> Pass:
        """Re-evaluate, send, notify."""
        return await self.pipeline.finish_pass()

    async def pass_once(self) -> Pass:
        """One pass over everything."""
        began = await self.take_in()
        done = await self.finish()
        done.began_to_wait += began
        return done

    def only(self) -> Submission:
        """The one submission there is."""
        (one,) = self.store.submissions()
        return one

    def alarms(self) -> list[str]:
        """Every alarm's cause, accepted or not, oldest first."""
        with contextlib.closing(sqlite3.connect(self.root / FILE_NAME)) as database:
            return [cause for (cause,) in database.execute("select cause from alarms order by id")]

    def events(self, number: int) -> list[str]:
        """The events of one submission."""
        return [entry.event for entry in self.store.entries(number)]
