"""One office for a month in one process: its relay, its mailbox and its folder, any of which may be away.

Store, pipeline, SMTP adapter, folder adapter and the service's checks are the real ones; the mailbox is a list, a PDF's
bytes hold its text, and time is a fake clock. The loops are those of ``service.py``, one after the other. Names,
numbers, keys and addresses are invented.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import email
import email.policy
import os
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from email.message import EmailMessage
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from tests.support.authenticated import received
from tests.support.fakes import FakeClock, FakeFiles, folder_of, mailbox_of
from tests.support.known_addresses import make_known, say_installed
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.small_office import Form, Mails, Settings, SmallOffice, TextInBytes
from tests.support.world import ACCOUNT, COLLEAGUE, GUARANTORS_FILE, OFFICE, SITE, START, project, worker_toml
from worker.approve.reevaluate import ActiveConfig, activate_config
from worker.config.files import TemplateFiles
from worker.config.guarantors import FILE
from worker.config.load import Configuration, load_configuration
from worker.core.business_hours import USUAL
from worker.core.errors import ConfigError, LogBroken, Unavailable
from worker.core.model import JST, PdfText, Unreadable
from worker.core.states import Reason
from worker.pipeline.pipeline import Pipeline
from worker.pipeline.send import recover
from worker.pipeline.start import record_start
from worker.pipeline.store_outage import AlarmChannels, StoreOutage
from worker.read.budget import STRANGERS_PDF_SECONDS
from worker.service.reload import ConfigReload
from worker.service.status import SENDING, ServiceStatus
from worker.watch.folder.notices import NoticeDirectory
from worker.watch.ports import SETTLE, Fetched, Header, SelectedMailbox

TOWNS: Final = 20
NOTICES: Final = 240
"""Contracts in the register; a month draws some of them."""
CHIEF: Final = "buchou@contractor.example"
BOMB: Final = b"%PDF-1.4 bomb "
_ENVID: Final = re.compile(r"ENVID=(\S+)")

_TOWN: Final = """
name = "第{town}町"
[section.doboku]
name = "土木課"
to = ["{to}"]
{cc}
phone = "0761-00-{town:04}"
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "doboku"
subject = "{{{{ product }}}}にかかる認証キー【{{{{ project.name }}}}】の提出について"
invoice = "never"
"""


def town_of(number: int) -> int:
    """The issuer of the contract of this number."""
    return number % TOWNS + 1


def address_of(town: int) -> str:
    return f"doboku@town{town}.example"


def recipients_of(number: int) -> frozenset[str]:
    """The recipients of the notice of this contract: every third issuer has a copy receiver."""
    town = town_of(number)
    return frozenset({address_of(town), *([SITE] if town % 3 == 0 else [])})


def form_of(number: int, *, key: int = 0, copy: int = 0) -> Form:
    return Form(f"40213-{number:06}", f"第{number}工区整備工事", f"kEy{number:04}Zq{key}W", copy=copy)


def number_of(form: Form) -> int:
    return int(form.number.partition("-")[2])


# --- What the office is connected to ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """A mail that the relay took."""

    to: tuple[str, ...]
    envid: str
    content: bytes

    @cached_property
    def read(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)  # type: ignore[return-value]

    @property
    def message_id(self) -> str:
        return str(self.read["Message-ID"])

    @property
    def files(self) -> list[bytes]:
        return [each.get_payload(decode=True) for each in self.read.iter_attachments()]  # type: ignore[misc]

    @property
    def text(self) -> str:
        body = self.read.get_body(("plain",))
        return body.get_content() if body else ""

    @property
    def subject(self) -> str:
        return str(self.read["Subject"])


class Relay(MisbehavingServer):
    """Keeps each mail with its envelope. A fault that is said to be of submissions spares the mails to people."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Taken] = []
        self.on_taken: Callable[[Taken], None] = lambda taken: None
        self.is_of_submissions = False
        self.victims: list[tuple[tuple[At, str], str]] = []
        """The faults of submissions that met each of them, by envelope id."""
        self._to: list[str] = []
        self._envid = ""

    def fail(self, at: At, fault: str, times: int = 1, *, of_submissions: bool = False) -> None:
        self.is_of_submissions = of_submissions
        self.misbehave(at, fault, times)

    def mend(self) -> None:
        self.misbehave(None, "")

    async def _obey(self, verb: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = self.commands[-1]
        if verb == b"MAIL":
            found = _ENVID.search(line)
            self._to, self._envid = [], found[1] if found else ""
        elif verb == b"RCPT":
            self._to.append(line.partition("<")[2].partition(">")[0])
        await super()._obey(verb, reader, writer)

    async def _take_body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        before = len(self.messages)
        try:
            await super()._take_body(reader, writer)
        finally:
            for content in self.messages[before:]:
                taken = Taken(tuple(self._to), self._envid, content)
                self.taken.append(taken)
                self.on_taken(taken)

    async def _answer(self, at: At, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, proper: bytes) -> bool:
        if self.is_of_submissions and not self._envid:
            await self._write(writer, proper)
            return True
        if self.is_of_submissions and at is self._at and not self.fault_done.is_set():
            self.victims.append(((at, self._fault), self._envid))
        return await super()._answer(at, reader, writer, proper)


class Post(Mails):
    """The mailbox: each mail with the moment at which it came; ``failure`` set, no scan of it succeeds."""

    def __init__(self) -> None:
        super().__init__()
        self.moments: list[dt.datetime] = []
        self.failure: Unavailable | None = None
        self.is_fresh = True

    def give(self, mail: bytes, moment: dt.datetime) -> None:
        self.received.append(mail)
        self.moments.append(moment.replace(microsecond=0))

    def open(self) -> SelectedMailbox:
        if self.failure is not None:
            self.is_fresh = True
            raise self.failure
        is_fresh, self.is_fresh = self.is_fresh, False
        return replace(super().open(), is_fresh=is_fresh)

    def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        found = super().uids(first, since)
        return tuple(uid for uid in found if since is None or self.moments[uid - 1].date() >= since)

    def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        return tuple(self._header(uid) for uid in uids)

    def _header(self, uid: int) -> Header:
        content = self.received[uid - 1]
        found = re.search(rb"(?im)^message-id: *(\S+)\r$", content)
        return Header(uid, len(content), self.moments[uid - 1], found[1].decode() if found else "")

    def blocks(self, headers: Sequence[Header]) -> Iterator[tuple[Fetched, ...]]:
        for start in range(0, len(headers), 20):
            yield tuple(Fetched(each, self.received[each.uid - 1]) for each in headers[start : start + 20])


class _Metered:
    """``ports.MailReader`` for which a bomb takes all that a stranger's PDF may, and no time passes."""

    def __init__(self, reader: TextInBytes) -> None:
        self._reader = reader
        self.spent = 0.0
        self.locate = reader.locate
        self.unpack = reader.unpack

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        if pdf.startswith(BOMB):
            self.spent += STRANGERS_PDF_SECONDS
            return Unreadable(Reason.TOO_SLOW, "SIGXCPU", is_unanswered=True)
        return await self._reader.read(pdf)


class Script:
    """``ports.OperatorCommand`` that remembers."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def call(self, text: str) -> str:
        self.texts.append(text)
        return ""


# --- The office ---------------------------------------------------------------------------------------------------


@cache
def _fixed_texts() -> dict[str, str]:
    towns = range(1, TOWNS + 1)
    texts = {
        f"issuers/town{town}.toml": _TOWN.format(
            town=town, to=address_of(town), cc=f'cc = ["{SITE}"]' if town % 3 == 0 else ""
        )
        for town in towns
    }
    numbers = range(1, NOTICES + 1)
    projects = (
        project(form.project, f"town{town_of(number)}", form.number) for number in numbers for form in [form_of(number)]
    )
    return texts | {"projects.toml": "".join(projects)}


@cache
def _configuration(port: int, since: str, broken: str) -> Configuration:
    """Raises ConfigError."""
    mailbox = 'host = "127.0.0.1"\nport = 143\nsecurity = "none"\nuser = "soumu"\npassword_file = "imap-password"'
    mailbox += f"\nsince = {since}" if since else ""
    texts = {
        "worker.toml": worker_toml(
            smtp_port=port, mailbox=mailbox, notify=(OFFICE,), escalate=(CHIEF,), windows=USUAL, mode="auto"
        ),
        **_fixed_texts(),
    }
    texts["projects.toml"] += broken
    return load_configuration({name: text.encode() for name, text in texts.items()} | {FILE: GUARANTORS_FILE})


class MonthOffice(SmallOffice):
    """The computer, with the service's parts outside the pipeline."""

    mails: Post

    def __init__(self, root: Path, relay: Relay) -> None:
        clock = FakeClock()
        root.mkdir(parents=True, exist_ok=True)
        known = [
            (f"town{town}", "doboku", (address_of(town), *([SITE] if town % 3 == 0 else [])))
            for town in range(1, TOWNS + 1)
        ]
        make_known(root, *known, at=clock.now())
        say_installed(root, clock.now())
        self.relay = relay
        self.script = Script()
        self.since = ""
        self.broken = ""
        self.folder_failure: Unavailable | None = None
        self.next_pause = asyncio.Event()
        super().__init__(root, Settings(port=relay.port), clock)
        self.mails = Post()

    @property
    def true_now(self) -> dt.datetime:
        """The time of the world, independent of the computer's clock."""
        return START + dt.timedelta(seconds=self.clock.uptime() - FakeClock().uptime())

    def _active_config(self) -> ActiveConfig:
        return activate_config(
            _configuration(self.settings.port, self.since, self.broken), TemplateFiles({}), self.files
        )

    def start(self, settings: Settings | None = None) -> None:
        """Another process; one whose configuration is wrong does not start, and systemd would try again."""
        self.files = FakeFiles()
        active_config = self._active_config()
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
            self.script,
            readers=lambda lane: _Metered(self.reader),
        )
        self.standing = ServiceStatus(self.store, self.clock)
        self.outage = StoreOutage(self.store, self.clock, self._pause)
        self.taking_up = ConfigReload(self.store, self.clock, ACCOUNT)
        looked: set[str] = set()
        self._looked = looked
        self.pipeline.gate.awaits_first_looks = lambda: "mail:main" not in looked | self.pipeline.watching.has_news_of
        if hasattr(self, "mails"):
            self.mails.is_fresh = True

    async def _pause(self, seconds: float) -> None:
        await self.next_pause.wait()

    async def restart(self, settings: Settings | None = None) -> None:
        self.outage.stop()
        await super().restart(settings)

    def reload(self, *, since: str | None = None, broken: str | None = None) -> None:
        """Save the configuration, and let the running service read it."""
        self.since = self.since if since is None else since
        self.broken = self.broken if broken is None else broken
        try:
            active_config = self._active_config()
        except ConfigError as error:
            self.taking_up.refuse(error)
            return
        configuration = active_config.configuration
        self.taking_up.accept(configuration.files, configuration.settings.release.rehearsal_to)
        self.pipeline.activate_config(active_config)

    # --- As the service's loops ----------------------------------------------------------------------------------

    async def service_pass(self) -> None:
        """One pass of each loop, and the checks."""
        since = self.pipeline.active_config.configuration.settings.mailboxes["main"].since
        await self._watch("folder", self._look_at_folder())
        await self._watch("mail:main", self.pipeline.watch_mailbox(mailbox_of(self.mails), since))
        await self._send()
        is_news = self.check()
        if (telling := self.outage._telling) is not None and not telling.done():
            await asyncio.wait([telling], timeout=60)
        if is_news:
            await self._send()

    def check(self) -> bool:
        """The checks that the service makes every few seconds; whether one raised an alarm."""
        settings = self.pipeline.active_config.configuration.settings
        self.outage.check(AlarmChannels(settings, str(self.root), self.make_server, self.script))
        return self.standing.check_outages(
            ["folder", "mail:main"], self.pipeline.active_config, is_store_outage_told=self.outage.is_told
        )

    async def _look_at_folder(self) -> int:
        if self.folder_failure is not None:
            raise self.folder_failure
        folder = NoticeDirectory(self.notices)
        began, again = await self.pipeline.watch_folder(folder_of(folder))
        if again is None:
            return began
        self.clock.let_pass(seconds=SETTLE.total_seconds())
        later, _ = await self.pipeline.watch_folder(folder_of(folder))
        return began + later

    async def _watch(self, name: str, look: Awaitable[int]) -> None:
        try:
            await look
        except (Unavailable, LogBroken) as failure:
            self._name_trouble(name, failure)
        else:
            self.standing.note_success(name)
        self._looked.add(name)

    async def _send(self) -> None:
        try:
            done = await self.pipeline.finish_pass()
        except (Unavailable, LogBroken) as failure:
            self.outage.note_pass(failure)
            self._name_trouble(SENDING, failure)
            return
        self.outage.note_pass(None)
        if done.broken is not None:
            self._name_trouble(SENDING, done.broken)
        elif "smtp" in done.failures:
            with contextlib.suppress(Unavailable, LogBroken):
                await self.pipeline.notifying.call_operator(self.pipeline.active_config, done.failures["smtp"])
            self._name_trouble(SENDING, done.failures["smtp"])
        else:
            self.standing.note_success(SENDING)

    def _name_trouble(self, name: str, failure: Unavailable | LogBroken) -> None:
        """As ``Service._name_trouble``."""
        self.standing.troubles[name] = failure
        if isinstance(failure, LogBroken) or (name == SENDING and failure.what != "smtp"):
            return
        with contextlib.suppress(Unavailable, LogBroken):
            self.pipeline.health.failed("smtp" if name == SENDING else name, failure, self.clock.now())

    # --- What people and others do -------------------------------------------------------------------------------

    def put(self, name: str, content: bytes) -> Path:
        """Save a file into the notices folder, at this moment."""
        path = self.notices / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = self.true_now.timestamp()
        os.utime(path, (moment, moment))
        return path

    def give(self, mail: bytes, moment: dt.datetime | None = None) -> None:
        """A mail arrives."""
        self.mails.give(mail, moment or self.true_now)


File = tuple[str, str, bytes]
"""Name, type and content."""


def a_mail(
    subject: str,
    number: int,
    *files: File,
    at: dt.datetime,
    sender: str = COLLEAGUE,
    proven: bool = True,
    text: str = "添付のとおりです。",
) -> bytes:
    """A mail to the office; ``number`` makes its Message-ID."""
    mail = EmailMessage()
    if proven:
        received(mail, sender, at)
    mail["From"] = sender
    mail["To"] = OFFICE
    mail["Subject"] = subject
    mail["Date"] = at.astimezone(JST)
    mail["Message-ID"] = f"<in.{number}@mail.example>"
    mail.set_content(text + "\n")
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes(policy=email.policy.SMTP)


def pdf_file(form: Form, name: str = "") -> File:
    return (name or f"{form.number}.pdf", "application/pdf", form.pdf)
