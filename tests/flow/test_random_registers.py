"""A thousand registers as chance makes them, on the real way from TOML to mail server, judged by ``oracle``.

Only the mailbox, the PDF engines and the far end of the mail server are not the real ones. The person approves correct
proposals; a question that is not about project, contract or invoice is now and then answered without a look.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import datetime as dt
import hashlib
import multiprocessing
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from tests.support import decided
from tests.support.authenticated import HEADER, SIGNATURE, authenticated, signature
from tests.support.fakes import FakeClock, FakeFiles, located_as_printed, mailbox_of
from tests.support.holds import asked, detail_of
from tests.support.known_addresses import make_known
from tests.support.oracle import Left, faults_of, faults_together, is_invoice_of
from tests.support.random_registers import TITLES, Came, World, worlds, write_files
from tests.support.small_office import Mails
from tests.support.stores import open_store
from tests.support.world import HANAKO, OFFICE, START
from worker.approve import decisions
from worker.approve.reevaluate import ActiveConfig, activate_config
from worker.config.files import TemplateFiles
from worker.config.load import load_configuration
from worker.config.shipped import shipped_file
from worker.config.templates import Renderer
from worker.core.errors import NotAllowed
from worker.core.model import CodePositions, PageText, PdfText, Submission, Unreadable, sha256
from worker.core.states import Event, HoldKind, Reason, State, kind_of
from worker.pipeline.pipeline import Pipeline
from worker.pipeline.start import record_configuration
from worker.read.archives import Unpacked, unpack
from worker.send.ports import Body, Data, Mail, Rcpt, Reply, Session, Step
from worker.store.sqlite.connection import FILE_NAME

REGISTERS = 1000
PROCESSES = 2
ENOUGH_LEFT = 0.2
"""Of the notices: with fewer the test would be one of a program that sends nothing."""

SECOND_DAY = 3
"""Days after the first: by then some contracts are concluded that were not."""

ENOUGH_WITH_INVOICE = 0.1
"""Of the mails."""

ABOUT_THE_TARGET = {Reason.NAME_ONLY, Reason.NUMBER_DIFFERS, Reason.SEEN_BEFORE, Reason.CHANGED}
ENDED = {State.SENT, State.OVERDUE, State.HELD, State.HANDED_OVER, State.WITHDRAWN, State.APPROVED}
"""OVERDUE: days passed without news. APPROVED: a mail with an invoice waits for the day of its contract."""

GUARANTORS = shipped_file("config", "guarantors.toml")
TEMPLATES = TemplateFiles({})
RENDERER = Renderer()  # the same templates again and again: compiling them is most of a small register's time


class TextBehindTheMark:
    """``ports.PdfReader`` of notices whose bytes hold their text."""

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        text = pdf.decode().partition("\n")[2]
        return PdfText((PageText(text, text),))

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        return located_as_printed(codes)

    async def unpack(self, content: bytes) -> Unpacked:
        return unpack(content)

    async def close(self) -> None:
        """Nothing was started."""


class Relay:
    """``ports.MailServer`` that takes everything and keeps each mail with its envelope."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.taken: list[tuple[str, tuple[str, ...], bytes]] = []
        self._sender = ""
        self._recipients: list[str] = []

    async def open(self) -> Session:
        return Session("mx.contractor.example", "", dsn=False)

    async def perform(self, step: Step) -> Reply:
        match step:
            case Mail(sender):
                self._sender, self._recipients = sender, []
            case Rcpt(recipient):
                self._recipients.append(recipient)
            case Data():
                return Reply(354, "go on", self.clock.now())
            case Body(content):
                self.taken.append((self._sender, tuple(self._recipients), content))
        return Reply(250, "ok", self.clock.now())

    async def close(self) -> None:
        """Nothing is open."""


class Room:
    """One store for all registers, emptied between them: what SQLAlchemy has compiled stays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        make_known(folder)
        self._empty = (folder / FILE_NAME).read_bytes()
        self.store = open_store(folder, self.clock)
        self.counted: Counter[str] = Counter()
        self.held: Counter[str] = Counter()

    def clear(self, known: frozenset[tuple[str, str, str]]) -> None:
        self.store.close()
        for each in self.folder.iterdir():
            each.unlink()
        (self.folder / FILE_NAME).write_bytes(self._empty)
        make_known(self.folder, *((issuer, section, (address,)) for issuer, section, address in sorted(known)))
        self.clock.moment = START


def active_config_of(world: World) -> ActiveConfig:
    """The configuration of ``world`` as its files say it."""
    papers = {each.path: each.content for each in world.papers}
    images = {sha256(each.content): PdfText((PageText("", ""),)) for each in world.papers if each.is_image}
    files = FakeFiles(dict(papers), dict(images))
    configuration = load_configuration(write_files(world, GUARANTORS))
    return dataclasses.replace(activate_config(configuration, TEMPLATES, files), renderer=RENDERER)


def mail_with(notices: list[Came], number: int) -> bytes:
    """A colleague's mail; written by hand, as the library takes longer than the tested step."""
    lines = [
        f"{HEADER}: {authenticated('sato@contractor.example')}",
        f"{SIGNATURE}: {signature('sato@contractor.example', START)}",
        "From: sato@contractor.example",
        f"To: {OFFICE}",
        f"Message-ID: <in.{number}@mail.example>",
        "Subject: notices",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="--b--"',
        "",
    ]
    for at, each in enumerate(notices):
        lines += ["----b--", f'Content-Type: application/pdf; name="{at}.pdf"', "Content-Transfer-Encoding: base64", ""]
        lines.append(base64.encodebytes(each.pdf).decode().replace("\n", "\r\n"))
    return "\r\n".join([*lines, "----b----", ""]).encode()


class Days:
    """The run of one register."""

    def __init__(self, world: World, room: Room) -> None:
        self.world = world
        self.first_known = world.known
        self.room = room
        room.clear(world.known)
        self.store, self.clock = room.store, room.clock
        self.relay = Relay(self.clock)
        self.mails = Mails()
        self.left: list[Left] = []
        self.active_config = active_config_of(world)
        self.pipeline = Pipeline(
            self.store, TextBehindTheMark(), self.relay, self.clock, "hoshobin", self.active_config
        )
        record_configuration(self.store, self.active_config.configuration.files, "hoshobin", {})
        self.answers = iter(world.answers * 10)

    async def go_by(self) -> None:
        for day in (0, 1):
            if day == 1 and self.world.later:
                self.world = self.world.on_the_second_day()
                self.active_config = active_config_of(self.world)
                self.pipeline.activate_config(self.active_config)
            come = [each for each in self.world.notices if each.round == day]
            if come:
                self.mails.received.append(mail_with(come, day))
                await self.pipeline.watch_mailbox(mailbox_of(self.mails), dt.date(2026, 11, 1))
            await self.work()
            if self.decide() and (day == 1 or next(self.answers) < 50):  # else it waits while the configuration changes
                await self.work()
            self.clock.let_pass(days=SECOND_DAY)

    async def work(self) -> None:
        done = await self.pipeline.finish_pass()
        assert not done.failures
        assert done.broken is None
        self.left += [Left(*each, self.clock.now(), self.world) for each in self.relay.taken]
        self.relay.taken.clear()

    # --- The person ---------------------------------------------------------------------------------------------

    def decide(self) -> bool:
        """Look at every waiting submission; returns whether one was decided."""
        decided = False
        for each in self.store.submissions(State.HELD):
            is_looking = next(self.answers) < 75
            if any(kind_of(hold.reason) is not HoldKind.ANSWER for hold in each.reasons):
                continue
            if self.is_right(each) if is_looking else self.may_be_answered_blindly(each):
                self.approve(each)
                decided = True
            elif is_looking and next(self.answers) < 30:
                decisions.withdraw(self.store, each.id, HANAKO, "対象外")
                decided = True
        return decided

    def approve(self, each: Submission) -> None:
        with contextlib.suppress(NotAllowed):  # another approval of this day changed what this one would be about
            decided.approve(self.store, self.active_config, each.id, each.label, HANAKO, "確認済", self.clock.now())

    def is_right(self, each: Submission) -> bool:
        """True if project, contract and invoice of the proposal are the true ones; the recipients are not looked at."""
        came = self.truth_of(each)
        if came.project is None or each.composed.draft is None:
            return False
        project = self.world.projects[came.project]
        proposed = self.active_config.register.by_id[each.destination.project or ""]
        if proposed is not self.active_config.configuration.projects[came.project]:
            return False
        if each.follows is not None and self.is_copy(each):
            return False
        if each.follow_ups.duties.is_amended is not (project.is_amended or came.is_amending):
            return False
        attached = [file.sha256 for file in each.composed.draft.attachments if file.title in TITLES.values()]
        papers = {sha256(paper.content): paper for paper in self.world.papers}
        if not all(is_invoice_of(papers[digest], came, project) for digest in attached):
            return False
        return not attached or project.is_date_registered or project.concluded <= self.clock.now().date()

    def is_copy(self, each: Submission) -> bool:
        """True if the same number and key came before in other bytes."""
        assert each.notice.pdf_sha256 is not None
        own = self.truth_of(each)
        before = [self.truth_of(one) for one in self.store.by_number(own.number) if one.id < each.id]
        return any(one.key == own.key for one in before)

    def may_be_answered_blindly(self, each: Submission) -> bool:
        """True if no question is about the project, the contract or the invoice."""
        asked = {hold.reason for hold in each.reasons}
        unknown_day = any(hold.reason is Reason.TIMING and "未登録" in detail_of(hold) for hold in each.reasons)
        return not asked & (ABOUT_THE_TARGET | {Reason.INVOICE_UNREADABLE, Reason.INVOICE_UNCLEAR}) and not unknown_day

    def truth_of(self, each: Submission) -> Came:
        return next(came for came in self.world.notices if sha256(came.pdf) == each.notice.pdf_sha256)

    # --- What must hold -----------------------------------------------------------------------------------------

    def judge(self) -> list[str]:
        faults = [f"{fault}: {left.came}" for left in self.left for fault in faults_of(left)]
        faults += faults_together(self.left)
        submissions = self.store.submissions()
        faults += [f"ended as {each.state}" for each in submissions if each.state not in ENDED]
        sent = [each for each in submissions if each.state in {State.SENT, State.OVERDUE}]
        if len(sent) != len(self.left):
            faults.append(f"{len(self.left)} mails left, {len(sent)} are SENT")
        faults += self.unasked(sent)
        again = {entry.detail["sha256"] for entry in self.store.entries(events=["SeenAgain"])}
        for came in self.world.notices:
            digest = hashlib.sha256(came.pdf).hexdigest()
            if not self.store.by_pdf(sha256(came.pdf)) and digest not in again:
                faults.append(f"lost: {came}")
        return faults

    def unasked(self, sent: list[Submission]) -> list[str]:
        """Mails to an address that was never written to as this section, and that no person was asked about."""
        known: set[tuple[str | None, ...]] = {(*each, "") for each in self.first_known}
        faults = []
        accepted = {entry.submission: entry.number for entry in self.store.entries(events=[Event.ACCEPTED])}
        for each in sorted(sent, key=lambda one: accepted[one.id]):  # several have one moment of the fake clock
            assert each.composed.draft is not None
            project = each.destination.project if each.destination.section == "office" else ""
            told = {asked(answer) for answer in each.answers if answer.reason is Reason.FIRST_ADDRESS}
            places = {
                (each.destination.issuer, each.destination.section, to, project)
                for to in each.composed.draft.recipients
            }
            faults += [f"nobody was asked of {place}" for place in places - known if place[2] not in told]
            known |= places
        self.room.counted["asked of an address"] += sum(
            answer.reason is Reason.FIRST_ADDRESS for each in sent for answer in each.answers
        )
        return faults

    def count(self) -> None:
        counted = self.room.counted
        counted["registers"] += 1
        counted["notices"] += len(self.world.notices)
        counted["mails"] += len(self.left)
        counted["with invoice"] += sum(left.content.count(b"application/pdf") > 1 for left in self.left)
        for each in self.store.submissions():
            counted[each.state] += 1
            if each.state is State.HELD:
                self.room.held.update({hold.reason.value for hold in each.reasons})


async def live(world: World, room: Room) -> list[str]:
    """The faults of one register's days."""
    days = Days(world, room)
    await days.go_by()
    days.count()
    return days.judge()


def try_registers(number: int, seeded: str) -> tuple[Counter[str], Counter[str]]:
    """So many registers of this seed, and what became of them. Raises AssertionError with the smallest fault."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        room = Room(Path(folder))

        @seed(seeded)
        @settings(
            max_examples=number,
            deadline=None,
            database=None,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(worlds())
        def every_register(world: World) -> None:
            faults = asyncio.run(live(world, room))
            assert not faults, "\n".join(faults)

        every_register()
        room.store.close()
        return room.counted, room.held


def test_in_a_thousand_random_registers_no_mail_goes_to_a_wrong_one_or_with_a_wrong_invoice(
    pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = pytestconfig.getoption("hypothesis_seed")  # printed at the head of every run
    seeds = [f"{chosen}-{part}" for part in range(PROCESSES)]
    # A process for each of two processors: otherwise this is the longest of all tests.
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        parts = list(pool.map(try_registers, [REGISTERS // PROCESSES] * PROCESSES, seeds))
    counted = sum((part[0] for part in parts), Counter[str]())
    held = sum((part[1] for part in parts), Counter[str]())
    with capsys.disabled():
        sys.stdout.write(f"\n{dict(counted)}\nheld by reason: {dict(held.most_common())}\n")
    assert counted["registers"] >= REGISTERS
    assert counted["mails"] > ENOUGH_LEFT * counted["notices"]
    assert counted["with invoice"] > ENOUGH_WITH_INVOICE * counted["mails"]
