"""The machine's clock is set while the service runs; time itself passes as always."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.office import a_form, notice
from tests.support.service_process import PATIENCE, Listener, ServiceOffice
from tests.support.stores import open_store
from tests.support.world import project
from worker.cli.demo.smtp_server import DsnController
from worker.read.pdf.pool import PdfPool
from worker.service.clock import SystemClock
from worker.service.service import Service
from worker.service.wiring import load_installation
from worker.store.sqlite.store import create_or_migrate

SET = (
    dt.timedelta(hours=-1),
    dt.timedelta(days=-1),
    dt.timedelta(days=-40),
    dt.timedelta(hours=1),
    dt.timedelta(days=40),
)


class SetClock(SystemClock):
    """The real clock, set by so much."""

    def __init__(self) -> None:
        self.by = dt.timedelta()

    def now(self) -> dt.datetime:
        return super().now() + self.by


async def test_a_clock_that_is_set_stops_neither_the_folder_nor_the_sending_nor_the_watchdog(
    relay: DsnController, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = [a_form(f"時計確認工事その{at}") for at, _ in enumerate(SET)]
    works = [project(form.project, "kawa", form.number) for form in forms]
    office = ServiceOffice(tmp_path, smtp_port=relay.port, projects=works)
    worker_toml = office.config / "worker.toml"
    before, _, after = worker_toml.read_text().partition("[mailbox.main]")
    worker_toml.write_text(before + after[after.index("[smtp]") :])
    listener = Listener(tmp_path)
    monkeypatch.setenv("NOTIFY_SOCKET", str(listener.path))
    monkeypatch.setenv("WATCHDOG_USEC", "300000")
    loaded, clock = load_installation(str(office.config)), SetClock()
    create_or_migrate(loaded.places.store)
    store = open_store(loaded.places.store, clock)
    service = Service(loaded, str(office.config), store, PdfPool(1), clock)
    running = asyncio.create_task(service.run())

    def sent_and_fed(count: int, fed: int) -> Callable[[], Any]:
        """Those before are overdue by a clock that is forty days ahead."""
        sent = ["SENT", "OVERDUE"]
        return lambda: sum(map(office.states().count, sent)) == count and listener.said.count("WATCHDOG=1") > fed

    try:
        await asyncio.to_thread(listener.until_said, "STATUS=")
        for at, (form, span) in enumerate(zip(forms, SET, strict=True), start=1):
            clock.by += span
            fed = listener.said.count("WATCHDOG=1")
            office.save_notice(f"{at}.pdf", notice(form))
            await asyncio.to_thread(listener.until, sent_and_fed(at, fed))
        service._ask_to_stop()
        async with asyncio.timeout(PATIENCE):
            await running
    finally:
        running.cancel()
        store.close()
        listener.close()
