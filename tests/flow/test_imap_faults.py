"""Everything that an IMAP server and the way to it can do, while notices come: each is sent to its issuer, once.

All parts are real: the watch over the mailbox, its adapter, the pipeline, the database, and the mail server, which
counts the copies. The clock moves on when the service waits; a thread listens, as in the service.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.flow.test_smtp_faults import ids_of
from tests.support.fakes import folder_of
from tests.support.misbehaving_smtp import MisbehavingServer
from tests.support.scripted_imap import Fault, ScriptedImap
from tests.support.small_office import (
    Settings,
    SmallOffice,
    TextInBytes,
    WatchedStore,
    active_config_of,
    form,
    mail_with,
)
from tests.support.world import START
from worker.config.settings import Security
from worker.core.errors import Unavailable
from worker.core.states import State
from worker.pipeline.pipeline import Pipeline
from worker.service.loop import RECONNECT_LIMIT, MailboxPoller
from worker.watch.folder.notices import NoticeDirectory
from worker.watch.imap.mailbox import ImapAccount, ImapMailbox, ThreadedMailbox
from worker.watch.ports import SETTLE, IdleResult

SINCE = dt.date(2026, 1, 1)
POLL = 60.0
WORKS = tuple(range(1, 13))
BYE = b"* BYE going down\r\n"
GARBAGE = b"\x00\xff\xfe what is this\r\n"
COMMANDS = (
    b"GREETING",
    b"LOGIN",
    b"EXAMINE",
    b"UID SEARCH",
    rb"UID FETCH .*BODYSTRUCTURE",
    rb"UID FETCH .*BODY\.PEEK\[\]",
    b"IDLE",
    b"DONE",
    b"NOOP",
)


class World:
    """A server that fails, the office that watches it, and the mails given to each recipient."""

    def __init__(self, root: Path, imap: ScriptedImap, smtp: MisbehavingServer) -> None:
        self.imap, self.smtp = imap, smtp
        self.office = SmallOffice(root, Settings(port=smtp.port, works=WORKS))
        self.given = 0
        self.box = ThreadedMailbox(self.mailbox())
        self.looks: list[float] = []
        self.quiet = 0.02
        """Real seconds of an IDLE in which nothing is to happen."""
        self.watch()

    def mailbox(self) -> ImapMailbox:
        return ImapMailbox(
            "main",
            ImapAccount(
                host="127.0.0.1",
                port=self.imap.port,
                security=Security.NONE,
                user="u",
                password="p",
                connect_seconds=0.5,
                read_seconds=0.5,
            ),
        )

    def seconds(self) -> float:
        """By the fake clock."""
        return (self.office.clock.now() - START).total_seconds()

    def watch(self) -> None:
        """As a process begins to."""
        self.poller = MailboxPoller(self.look, self.listen, POLL, lambda: 0.0, self.seconds)

    async def look(self) -> None:
        self.looks.append(self.seconds())
        await self.office.pipeline.watch_mailbox(self.box, SINCE)

    async def listen(self, seconds: float) -> IdleResult:
        heard = await self.box.listen(self.quiet)
        if heard is IdleResult.QUIET:
            self.office.clock.let_pass(seconds=seconds)
        return heard

    async def pause(self, seconds: float) -> None:
        self.office.clock.let_pass(seconds=seconds)

    async def go_on(self, rounds: int = 1) -> None:
        """Rest and look, so often; what fails is tried again, as the service does."""
        for _ in range(rounds):
            await self.poller.wait(self.pause)
            with contextlib.suppress(Unavailable):
                await self.poller.poll()

    async def until(self, holds: Callable[[], bool], rounds: int = 30) -> None:
        for _ in range(rounds):
            if holds():
                return
            await self.go_on()
        assert holds()

    def arrive(self) -> int:
        """Another notice comes by mail; its UID."""
        self.given += 1
        uid = max(self.imap.messages, default=0) + 1
        self.place(uid, self.given)
        return uid

    def place(self, uid: int, number: int) -> None:
        """The mail with the notice of this number under this UID."""
        self.imap.messages[uid] = mail_with(form(number), number=number)
        self.imap.ids[uid] = b"<in.%d@mail.example>" % number

    def taken(self) -> Counter[str]:
        return Counter(each.notice.contract_number for each in self.office.store.submissions())

    async def judge(self) -> None:
        """Lost 0, doubled 0: every notice that was given is known once and was sent once, and nothing else was."""
        await self.until(lambda: len(self.taken()) >= self.given)
        await self.go_on(3)
        await self.office.finish()
        expected = {form(number).number for number in range(1, self.given + 1)}
        taken, sent = self.taken(), ids_of(self.smtp.messages)
        lost = expected - set(taken)
        doubled = [number for number, count in taken.items() if count > 1]
        assert (len(lost), len(doubled)) == (0, 0)
        assert {each.state for each in self.office.store.submissions()} == {State.SENT}
        assert list(sent.values()) == [1] * self.given
        look = self.office.store.health_of("mail:main")
        assert look is not None
        assert (look.gap, look.error) == (0, "")
        assert self.office.store.verify().holds


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    with ScriptedImap({}, capabilities=b"IMAP4rev1 IDLE MOVE UIDPLUS") as imap:
        async with MisbehavingServer() as smtp:
            made = World(tmp_path, imap, smtp)
            yield made
            made.box.close()
            await made.office.stop()


# --- At every command -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act", ["drop", "stall", BYE, GARBAGE, "half"], ids=["drop", "stall", "bye", "garbage", "cut-off"]
)
async def test_a_fault_at_every_command_in_turn_loses_and_doubles_nothing(act: str | bytes, world: World) -> None:
    await world.go_on()
    for command in COMMANDS:
        fault = Fault(command, act, times=1)
        if command in COMMANDS[:3]:
            world.imap.close_connections()
        world.imap.faults.append(fault)
        world.arrive()
        await world.until(lambda fault=fault: fault.times == 0)
        world.imap.faults.clear()
    await world.judge()
    assert world.given == len(COMMANDS)


@pytest.mark.parametrize("command", [b"IDLE", b"DONE", b"NOOP"])
async def test_a_half_open_connection_is_found_and_what_came_meanwhile_is_taken(command: bytes, world: World) -> None:
    world.arrive()
    await world.go_on()
    world.imap.faults.append(fault := Fault(command, "stall", times=1))
    for _ in range(3):
        world.arrive()
    await world.until(lambda: fault.times == 0)
    world.imap.faults.clear()
    before = world.seconds()
    await world.until(lambda: len(world.taken()) == 4)
    assert world.seconds() - before <= POLL
    await world.judge()


@pytest.mark.parametrize("cut", [1, 7])
async def test_lines_that_the_network_cuts_are_read_whole(cut: int, world: World) -> None:
    world.imap.cut = cut
    for _ in range(4):
        world.arrive()
        await world.go_on()
    assert world.imap.connections == 1
    await world.judge()


async def test_what_comes_in_idle_as_the_connection_is_dropped_is_taken_at_the_next_one(world: World) -> None:
    world.quiet = 20.0  # no client waits so long: the server ends it
    await world.go_on()
    for _ in range(5):
        resting = asyncio.create_task(world.go_on())
        connection = await asyncio.to_thread(world.imap.idling.get)
        world.arrive()
        connection.shutdown(2)
        await resting
    world.quiet = 0.02
    assert world.imap.connections == 6
    assert sum(world.taken().values()) == 5
    await world.judge()


# --- Other numbers, other bytes ---------------------------------------------------------------------------------


def renumber(imap: ScriptedImap, uidvalidity: int) -> None:
    """The same messages in another order, under other UIDs."""
    held = [(imap.messages[uid], imap.ids[uid]) for uid in sorted(imap.messages, reverse=True)]
    imap.messages.clear()
    imap.ids.clear()
    for uid, (content, message_id) in enumerate(held, 1):
        imap.messages[uid], imap.ids[uid] = content, message_id
    imap.uidvalidity = uidvalidity


async def test_another_uidvalidity_between_two_looks_and_amid_one_loses_and_doubles_nothing(world: World) -> None:
    for _ in range(3):
        world.arrive()
    await world.go_on()
    renumber(world.imap, 8)
    world.arrive()
    await world.go_on()
    assert sum(world.taken().values()) == 4
    for command in COMMANDS[3:6]:
        world.arrive()
        fault = Fault(command, "drop", times=1, then=partial(renumber, world.imap, world.imap.uidvalidity + 1))
        world.imap.faults.append(fault)
        await world.until(lambda fault=fault: fault.times == 0)
        world.imap.faults.clear()
    await world.judge()
    assert world.given == 7


async def test_other_bytes_under_known_uids_are_taken_once(world: World) -> None:
    for _ in range(4):
        world.arrive()
    await world.go_on()
    for uid in (2, 3):
        world.given += 1
        world.place(uid, world.given)
    world.imap.close_connections()
    await world.go_on(2)
    assert sum(world.taken().values()) == 6
    world.imap.close_connections()
    await world.judge()


# --- Two workers ------------------------------------------------------------------------------------------------


async def test_two_workers_that_look_at_the_same_moment_take_every_notice_once(world: World, tmp_path: Path) -> None:
    office = world.office
    store = WatchedStore(tmp_path, office.clock)
    box = ThreadedMailbox(world.mailbox())
    other = Pipeline(
        store, TextInBytes(), office.server, office.clock, "other", active_config_of(office.settings, office.files)
    )
    folder = NoticeDirectory(office.notices)
    for _ in range(4):
        world.arrive()
        world.arrive()
        world.given += 1
        office.save(form(world.given))
        for _ in range(2):  # a file is taken when it has rested
            await asyncio.gather(
                office.pipeline.watch_mailbox(world.box, SINCE),
                other.watch_mailbox(box, SINCE),
                office.pipeline.watch_folder(folder_of(folder, asyncio.to_thread)),
                other.watch_folder(folder_of(folder, asyncio.to_thread)),
            )
            office.clock.let_pass(seconds=SETTLE.total_seconds())
    box.close()
    store.close()
    await world.judge()
    assert world.given == 12


# --- A server that is gone --------------------------------------------------------------------------------------


async def test_a_server_that_is_gone_for_ten_minutes_is_found_again_with_all_that_came(world: World) -> None:
    world.arrive()
    await world.go_on()
    world.imap.go_away()
    world.looks.clear()
    gone = world.seconds()
    await world.until(lambda: world.seconds() - gone >= 600)
    tries = [moment - gone for moment in world.looks if moment - gone < 600]
    assert len(tries) <= 11
    for _ in range(4):
        world.arrive()
    world.imap.come_back()
    back = world.seconds()
    await world.until(lambda: len(world.taken()) == 5)
    assert world.seconds() - back <= RECONNECT_LIMIT
    await world.judge()
