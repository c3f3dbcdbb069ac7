"""A store that cannot be written, by real faults: reported without it, and its end reported by it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import email
import errno
import json
import sqlite3
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import pytest

from tests.crash.every_call import CompilerMissing, built_shim
from tests.support.fakes import FakeClock
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.office import a_form, notice
from tests.support.service_process import Running, ServiceOffice
from tests.support.small_office import Settings, configuration_of, server_at
from tests.support.stores import open_store
from tests.support.world import OFFICE, project
from worker.cli.demo.smtp_server import AcceptedMail, DsnController
from worker.core.errors import LogBroken, Unavailable
from worker.core.states import AlarmCause
from worker.pipeline.health import Health
from worker.pipeline.store_outage import AlarmChannels, StoreOutage
from worker.service.watchdog import OutageMonitor
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore, create_or_migrate

SUBJECT = "記録に書き込めず"


class Command:
    def __init__(self) -> None:
        self.said: list[str] = []
        self.why = ""

    async def call(self, text: str) -> str:
        self.said.append(text)
        return self.why


class Desk:
    """A store on a disk, and the outage check."""

    def __init__(self, root: Path, port: int, **settings: object) -> None:
        create_or_migrate(root)
        self.clock = FakeClock()
        self.store: SqlStore = open_store(root, self.clock, patience=0.05)
        self.outage = StoreOutage(self.store, self.clock)
        self.command = Command()
        configured = configuration_of(Settings(port=port, **settings)).settings
        self.ways = AlarmChannels(configured, str(root), lambda: server_at(port, self.clock), self.command)

    def write(self) -> None:
        with contextlib.suppress(Unavailable, LogBroken), self.store.writing() as writing:
            writing.set_property("x", self.clock.now().isoformat())

    async def let_pass(self, minutes: int) -> None:
        for _ in range(minutes):
            self.clock.let_pass(minutes=1)
            self.write()
            self.outage.check(self.ways)
            await asyncio.sleep(0)

    async def until_told(self) -> None:
        assert self.outage._telling is not None
        async with asyncio.timeout(30):
            await self.outage._telling


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Another program holds the database."""
    with contextlib.closing(sqlite3.connect(root / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def full(desk: Desk) -> None:
    """SQLite itself says that the disk is full."""

    def refuse() -> None:
        driver = desk.store._connection()
        pages = driver.execute("PRAGMA page_count").fetchone()[0]
        driver.execute(f"PRAGMA max_page_count = {pages}")

    original = desk.store.writing

    @contextlib.contextmanager
    def writing() -> Iterator[object]:
        refuse()
        with original() as inner:
            inner.keep("mail", bytes(100_000) + desk.clock.now().isoformat().encode())
            yield inner

    desk.store.writing = writing  # type: ignore[method-assign]  # a disk that fails


async def test_a_locked_store_is_told_by_command_and_mail_once_and_its_end_is_recorded(root: Path) -> None:
    async with MisbehavingServer() as server:
        desk = Desk(root, server.port)
        with locked(root):
            await desk.let_pass(15)
            assert desk.command.said == []
            await desk.let_pass(1)
            await desk.until_told()
            await desk.let_pass(50)
        (mail,) = [email.message_from_bytes(each, policy=default) for each in server.messages]
        assert SUBJECT in str(mail["Subject"])
        assert mail["To"] == OFFICE
        (said,) = desk.command.said
        for part in (SUBJECT, str(root), "df -h", "locked"):
            assert part in said
        await desk.let_pass(1)
        (over,) = desk.store.alarms_waiting()
        assert over.cause.startswith(AlarmCause.STORE_MENDED)
        assert desk.store.by_message_id(str(mail["Message-ID"])), "our own mail, when it comes back"
        await desk.let_pass(100)
        assert len(desk.store.alarms_waiting()) == 1
        desk.store.close()


async def test_a_full_disk_is_told_and_so_is_its_end(root: Path) -> None:
    async with MisbehavingServer() as server:
        desk = Desk(root, server.port)
        full(desk)
        await desk.let_pass(16)
        await desk.until_told()
        assert "FULL" in desk.command.said[0]
        del desk.store.writing
        await desk.let_pass(1)
        assert len(desk.store.alarms_waiting()) == 1
        desk.store.close()


async def test_pages_that_were_overwritten_are_told(root: Path) -> None:
    async with MisbehavingServer() as server:
        desk = Desk(root, server.port)
        desk.store.close()
        path = root / FILE_NAME
        path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))
        for suffix in ("-wal", "-shm"):
            path.with_name(FILE_NAME + suffix).unlink(missing_ok=True)
        await desk.let_pass(16)
        await desk.until_told()
        assert len(server.messages) == 1
        desk.store.close()


@pytest.mark.parametrize("minutes", [16, 17, 40, 300])
async def test_the_first_mail_after_a_told_outage_is_its_end_and_not_that_the_folder_was_not_watched(
    root: Path, minutes: int
) -> None:
    """The next look at the folder, which reads all that came meanwhile, may end after the next check."""
    async with MisbehavingServer() as server:
        desk = Desk(root, server.port)
        monitor = OutageMonitor(desk.store, desk.clock)

        async def let_pass(minutes: int) -> int:
            raised = 0
            for _ in range(minutes):
                await desk.let_pass(1)
                is_told = desk.outage.is_told
                with contextlib.suppress(Unavailable):  # a little before the outage itself is told
                    raised += monitor.check(["folder"], dt.timedelta(minutes=15), {}, is_store_outage_told=is_told)
            return raised

        Health(desk.store).reached("folder", desk.clock.now())
        await let_pass(1)
        with locked(root):
            assert await let_pass(minutes) == 0
            await desk.until_told()
        assert await let_pass(1) == 0
        (over,) = desk.store.alarms_waiting()
        assert over.cause.startswith(AlarmCause.STORE_MENDED)
        assert await let_pass(14) == 0
        assert await let_pass(1) == 1, "a folder that is still not looked at is told"
        desk.store.close()


async def test_an_interruption_shorter_than_deaf_minutes_is_not_told(root: Path) -> None:
    desk = Desk(root, 1)
    with locked(root):
        await desk.let_pass(14)
    await desk.let_pass(60)
    assert desk.command.said == []
    assert desk.store.alarms_waiting() == ()
    desk.store.close()


@pytest.mark.parametrize("hours", [-1, -24 * 40, 1, 24 * 40])
async def test_a_clock_that_is_set_meanwhile_changes_nothing(root: Path, hours: int) -> None:
    async with MisbehavingServer() as server:
        desk = Desk(root, server.port)
        with locked(root):
            await desk.let_pass(8)
            desk.clock.set_by(hours=hours)
            await desk.let_pass(7)
            assert desk.command.said == []
            await desk.let_pass(1)
            await desk.until_told()
        assert len(desk.command.said) == 1
        desk.store.close()


async def test_a_transaction_that_writes_nothing_does_not_end_it(root: Path) -> None:
    desk = Desk(root, 1)
    full(desk)
    desk.write()
    del desk.store.writing
    assert desk.store.fault is not None
    with desk.store.writing():
        pass
    assert desk.store.fault is not None
    desk.write()
    assert desk.store.fault is None
    desk.store.close()


async def test_a_failure_of_another_thing_inside_a_transaction_is_none_of_the_store(root: Path) -> None:
    desk = Desk(root, 1)
    with pytest.raises(Unavailable), desk.store.writing():
        raise Unavailable("folder", "the share is away")
    assert desk.store.fault is None
    desk.store.close()


async def test_a_head_that_cannot_be_noted_is_a_failure_of_the_store_too(root: Path) -> None:
    desk = Desk(root, 1)
    (root / "head").mkdir()
    with pytest.raises(Unavailable):
        desk.store.mark_head()
    desk.write()
    assert desk.store.fault is not None
    (root / "head").rmdir()
    desk.store.mark_head()
    assert desk.store.fault is None
    desk.store.close()


async def test_a_pass_that_could_raise_no_alarm_counts_though_other_tables_can_be_written(root: Path) -> None:
    async with MisbehavingServer() as server:
        desk = Desk(root, server.port)
        desk.outage.note_pass(LogBroken("corrupt", "database disk image is malformed"))
        await desk.let_pass(16)
        await desk.until_told()
        assert "malformed" in desk.command.said[0]
        desk.outage.note_pass(Unavailable("pdf", "no child"))
        await desk.let_pass(1)
        assert len(desk.store.alarms_waiting()) == 1
        desk.store.close()


async def test_where_neither_is_taken_both_are_tried_again(root: Path) -> None:
    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)
        if len(rested) == 4:
            desk.command.why = ""

    async with MisbehavingServer(At.RCPT_1, "450", times=2) as server:
        desk = Desk(root, server.port)
        desk.outage = StoreOutage(desk.store, desk.clock, rest)
        desk.command.why = "busy"
        with locked(root):
            await desk.let_pass(16)
            await desk.until_told()
        assert rested == [60.0, 300.0, 900.0, 1800.0]
        assert len(desk.command.said) == 5
        assert len(server.messages) == 1
        desk.store.close()


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO, errno.EROFS], ids=["ENOSPC", "EIO", "EROFS"])
def test_the_service_tells_of_a_disk_that_takes_nothing_and_goes_on_when_it_does_again(
    relay: DsnController, tmp_path: Path, fault: int
) -> None:
    try:
        library = built_shim(Path(__file__).parent / "broken_disk.c")
    except CompilerMissing as missing:
        pytest.skip(str(missing))
    form = a_form()
    office = ServiceOffice(tmp_path, smtp_port=relay.port, projects=[project(form.project, "kawa", form.number)])
    worker_toml = office.config / "worker.toml"
    before, _, after = worker_toml.read_text().partition("[mailbox.main]")
    worker_toml.write_text(before + after[after.index("[smtp]") :])
    order = tmp_path / "order"
    broken = {"LD_PRELOAD": str(library), "BROKEN_DISK_DIR": str(office.store), "BROKEN_DISK_ORDER": str(order)}
    with Running(office, tmp_path, **broken) as running:
        running.until_said("STATUS=", "所定のフォルダ")
        order.write_text(f"{fault} 0")
        office.save_notice("a.pdf", notice(form))
        running.until(lambda: any(event.get("loop") == "hearing" for event in _events(running)))
        assert not relay.mails
        _replace(order, f"{fault} 960")
        running.until(lambda: relay.mails)
        (mail,) = relay.mails
        assert SUBJECT in _subject(mail)
        assert mail.recipients[0].address == office.address
        _replace(order, "0 960")
        running.until(lambda: office.states() == ["SENT"])
        running.until(lambda: any("書き込めるようになりました" in _subject(each) for each in relay.mails))
        assert running.stop() == 0


def _subject(mail: AcceptedMail) -> str:
    return str(email.message_from_bytes(mail.content, policy=default)["Subject"])


def _events(running: Running) -> list[dict[str, object]]:
    """Whole lines of the journal."""
    return [json.loads(line) for line in running.journal.splitlines(keepends=True) if line.endswith("\n")]


def _replace(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)
