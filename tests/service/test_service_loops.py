"""The loops among themselves: one that hangs, one with a fault of ours, and a log that cannot be trusted."""

from __future__ import annotations

import asyncio
import threading
import types
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.support.fakes import folder_of
from tests.support.office import a_form, notice
from tests.support.service_process import PATIENCE, Listener, Running, ServiceOffice
from tests.support.stores import open_store
from tests.support.world import project
from worker.cli.demo.smtp_server import DsnController
from worker.core.heartbeat import STEP_LIMIT
from worker.read.pdf.pool import PdfPool
from worker.service import service as services
from worker.service.service import Service
from worker.service.wiring import load_installation, system_clock
from worker.store.sqlite.store import create_or_migrate
from worker.watch.folder.notices import NoticeDirectory
from worker.watch.ports import ListedFile, Rest


class StalledFolder:
    """A folder on a share that is away: its first look is well, the next one never comes back."""

    def __init__(self) -> None:
        self.looks = 0
        self.release = threading.Event()
        self.stalled = threading.Event()

    def place(self) -> str:
        return "/stalled"

    def look(self) -> tuple[ListedFile, ...]:
        self.looks += 1
        if self.looks > 1:
            self.stalled.set()
            self.release.wait(PATIENCE)
        return ()

    def rest(self) -> Rest:
        return Rest()

    def read(self, listed: ListedFile) -> bytes | None:
        raise AssertionError(listed)


class FaultyFolder(StalledFolder):
    def look(self) -> tuple[ListedFile, ...]:
        raise ZeroDivisionError("a fault of ours")


@asynccontextmanager
async def service_with(
    folder: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Service, Listener]]:
    """The service in this process, looking at ``folder``; without a mailbox."""
    office = ServiceOffice(root)
    worker_toml = office.config / "worker.toml"
    before, _, after = worker_toml.read_text().partition("[mailbox.main]")
    worker_toml.write_text(before + after[after.index("[smtp]") :])
    listener = Listener(root)
    monkeypatch.setenv("NOTIFY_SOCKET", str(listener.path))
    monkeypatch.setenv("WATCHDOG_USEC", "300000")
    monkeypatch.setattr(services, "build_folder", lambda office, thread: folder_of(folder, thread))
    loaded = load_installation(str(office.config))
    create_or_migrate(loaded.places.store)
    store = open_store(loaded.places.store, system_clock())
    try:
        yield Service(loaded, str(office.config), store, PdfPool(1), system_clock()), listener
    finally:
        folder.release.set()
        store.close()
        listener.close()


def in_background(listener: Listener, condition: Callable[[], Any]) -> Any:
    return asyncio.to_thread(listener.until, condition)


async def test_the_watchdog_is_not_fed_while_one_loop_hangs_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = [1000.0]
    monkeypatch.setattr(services, "time", types.SimpleNamespace(monotonic=lambda: hands[0]))
    folder = StalledFolder()
    async with service_with(folder, tmp_path, monkeypatch) as (service, listener):
        with structlog.testing.capture_logs() as events:
            running = asyncio.create_task(service.run())
            await in_background(listener, lambda: folder.stalled.is_set() and listener.said.count("WATCHDOG=1") > 1)

            def hung() -> list[list[str]]:
                return [event["loops"] for event in events if event["event"] == "hung"]

            def fed_until_now() -> int:
                service._systemd.status("now")
                listener.until_said("STATUS=now")
                return listener.said.count("WATCHDOG=1")

            def say_status_until(condition: Callable[[], bool]) -> bool:
                service._systemd.status("ask again")
                return condition()

            hands[0] += STEP_LIMIT + 1
            service._ask_to_reload()  # wakes the sending loop, whose beat is of before as well
            await in_background(listener, lambda: say_status_until(lambda: ["folder"] in hung()))
            fed, said = await asyncio.to_thread(fed_until_now), len(hung())
            await in_background(listener, lambda: say_status_until(lambda: len(hung()) > said + 3))
            assert await asyncio.to_thread(fed_until_now) == fed
            assert hung()[-1] == ["folder"]
            service._ask_to_stop()
            async with asyncio.timeout(PATIENCE):
                await running


async def test_a_fault_of_ours_ends_every_loop_and_is_told_with_its_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with service_with(FaultyFolder(), tmp_path, monkeypatch) as (service, _):
        with structlog.testing.capture_logs() as events, pytest.raises(ZeroDivisionError):
            async with asyncio.timeout(PATIENCE):
                await service.run()
    (fault,) = [event for event in events if event["event"] == "fault"]
    assert fault["loop"] == "folder"
    assert "a fault of ours" in fault["trace"]


def test_a_broken_note_of_the_head_stops_the_sending_and_not_the_reading(relay: DsnController, tmp_path: Path) -> None:
    form = a_form()
    office = ServiceOffice(tmp_path, smtp_port=relay.port, projects=[project(form.project, "kawa", form.number)])
    noted = office.store / "head"
    noted.write_text("no head")
    office.save_notice("a.pdf", notice(form))
    with Running(office, tmp_path) as running:
        running.until(lambda: office.states() == ["APPROVED"])
        running.until_said("STATUS=", "末尾の控え")
        assert [mail for mail in relay.mails if mail.recipients[0].address != office.address] == []
        noted.unlink()
        running.until(lambda: office.states() == ["SENT"])
        assert running.stop() == 0


def test_a_stalled_folder_is_a_folder_like_any_other() -> None:
    assert {name for name in vars(NoticeDirectory) if not name.startswith("_")} <= set(dir(StalledFolder()))
