"""SIGTERM at the worst moments: the service ends in time with 0, and the next start knows what happened."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.office import a_form, a_mail, notice, wire, yesterday
from tests.support.scripted_imap import Fault, ScriptedImap
from tests.support.service_process import PATIENCE, STOP_SECONDS, Running, ServiceOffice
from tests.support.world import project
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import DsnController
from worker.core.model import JST
from worker.service.service import end_clock

ALARM_WITHIN = 60.0
"""Seconds from the restart, as promised."""

STUCK_RESOLVER = """
import os, socket, time
known = socket.getaddrinfo

def look_up(host, *more, **options):
    if host != "smtp.nowhere.example":
        return known(host, *more, **options)
    socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"LOOKING-UP", os.environ["NOTIFY_SOCKET"])
    time.sleep(300)

socket.getaddrinfo = look_up
"""


@pytest.mark.parametrize("step", [b"GREETING", b"LOGIN"])
def test_a_mailbox_that_does_not_answer_does_not_hold_the_exit(step: bytes, tmp_path: Path) -> None:
    with ScriptedImap(faults=[Fault(step, "stall")]) as silent:
        office = ServiceOffice(tmp_path, imap_port=silent.port)
        with Running(office, tmp_path) as running:
            assert silent.stalled.wait(PATIENCE)
            assert running.stop(STOP_SECONDS) == 0


def test_a_name_that_no_resolver_answers_does_not_hold_the_exit(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(STUCK_RESOLVER)
    form = a_form()
    office = ServiceOffice(
        tmp_path,
        smtp_lines='host = "smtp.nowhere.example"\nport = 465\nuser = "soumu"\npassword_file = "imap-password"',
        projects=[project(form.project, "kawa", form.number)],
    )
    office.save_notice("a.pdf", notice(form))
    with Running(office, tmp_path, PYTHONPATH=str(tmp_path)) as running:
        running.until_said("LOOKING-UP")
        assert running.stop(STOP_SECONDS) == 0


@asynccontextmanager
async def awaiting_an_answer(root: Path, fault: str) -> AsyncIterator[tuple[Running, MisbehavingServer]]:
    """A service with two notices, whose first mail the server has read to its final dot and not answered."""
    forms = [a_form(), a_form("第二工区")]
    async with MisbehavingServer(At.DOT, fault) as silent:
        register = [project(form.project, "kawa", form.number) for form in forms]
        office = ServiceOffice(root, smtp_port=silent.port, projects=register)
        for at, form in enumerate(forms):
            office.save_notice(f"{at}.pdf", notice(form))
        with Running(office, root) as running:
            async with asyncio.timeout(PATIENCE):
                while not silent.messages:
                    await asyncio.to_thread(running.until_said, "")
            yield running, silent


async def end_of(running: Running, seconds: float) -> int:
    return await asyncio.to_thread(running.process.wait, seconds)


async def test_a_stop_waits_for_the_answer_to_the_final_dot_tells_systemd_and_begins_nothing_more(
    tmp_path: Path,
) -> None:
    async with awaiting_an_answer(tmp_path, "cue") as (running, server):
        running.process.send_signal(signal.SIGTERM)
        heard = [await asyncio.to_thread(running.until_said, "EXTEND_TIMEOUT_USEC=") for _ in range(3)]
        assert [int(each.partition("=")[2]) for each in heard] == [30_000_000] * 3
        assert running.process.poll() is None, "longer than a stop takes that waits for nothing"
        assert any(said.startswith("STATUS=停止中") for said in running.listener.said)
        server.cue.set()
        assert await end_of(running, STOP_SECONDS) == 0
        assert sorted(running.office.states()) == ["APPROVED", "SENT"]
        assert len(server.messages) == 1, "no further mail, and nothing told"


async def test_a_connection_lost_while_a_stop_waits_is_recorded_before_the_end(tmp_path: Path) -> None:
    async with awaiting_an_answer(tmp_path, "cue") as (running, server):
        running.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(running.until_said, "EXTEND_TIMEOUT_USEC=")
        await server.drop_all()
        assert await end_of(running, STOP_SECONDS) == 0
        assert sorted(running.office.states()) == ["APPROVED", "IN_DOUBT"]
        assert running.office.rows("select count(*) from entries where event = 'NoAnswer'") == [(1,)]


async def test_a_second_sigterm_ends_the_wait_at_once_and_the_next_start_tells_of_the_doubt_within_a_minute(
    relay: DsnController, tmp_path: Path
) -> None:
    async with awaiting_an_answer(tmp_path, "cue") as (running, server):
        office = running.office
        running.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(running.until_said, "EXTEND_TIMEOUT_USEC=")
        assert await asyncio.to_thread(running.stop) == 0
        assert sorted(office.states()) == ["APPROVED", "IN_DOUBT"]
        assert "stopped_at_once" in running.journal
        doubtful = server.messages[0]
    await restarted_and_told(office, relay, tmp_path, doubtful)


async def test_a_kill_in_doubt_is_told_within_a_minute_of_the_restart_while_a_backlog_comes_in(
    imap: DemoImap, relay: DsnController, tmp_path: Path
) -> None:
    async with awaiting_an_answer(tmp_path, "cue") as (running, server):
        office = running.office
        running.process.kill()
        await end_of(running, STOP_SECONDS)
        assert sorted(office.states()) == ["APPROVED", "IN_DOUBT"]
        doubtful = server.messages[0]
    imap.create_folder("Backlog")
    for number in range(60):
        imap.append(wire(a_mail(f"認証キー{number}", ("a.pdf", notice(a_form(f"第{number}工区"))))), folder="Backlog")
    office.write(imap_port=imap.port, imap_password=imap.password, folder="Backlog", since=yesterday())
    await restarted_and_told(office, relay, tmp_path, doubtful)


async def restarted_and_told(office: ServiceOffice, relay: DsnController, root: Path, doubtful: bytes) -> None:
    """The next start's first mail says so to the operator, and what was in doubt does not leave again."""
    office.write(smtp_port=relay.port, mode="approve")
    again = root / "again"
    again.mkdir()
    begun = time.monotonic()
    with Running(office, again) as running:
        await asyncio.to_thread(running.until, lambda: told_of_doubt(office, relay))
        assert time.monotonic() - begun < ALARM_WITHIN
        await asyncio.to_thread(running.listener.until_passes, 3)
    assert "IN_DOUBT" in office.states()
    own_id = doubtful.partition(b"Message-ID: ")[2].partition(b"\r\n")[0]
    assert not any(own_id in mail.content for mail in relay.mails), "nothing is sent a second time"


def told_of_doubt(office: ServiceOffice, relay: DsnController) -> bool:
    alarms = office.rows("select row from alarms where cause = 'in_doubt'")
    accepted = [row for (row,) in alarms if json.loads(row)["accepted_at"]]
    return bool(accepted and any(mail.recipients[0].address == office.address for mail in relay.mails))


async def test_a_call_that_the_clock_would_make_in_the_moment_of_a_stop_is_no_error_in_the_journal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def call() -> None:
        raise AssertionError("called after the end")

    scheduler = AsyncIOScheduler()
    scheduler.add_job(call, "interval", seconds=3600, next_run_time=dt.datetime.now(JST), misfire_grace_time=None)
    scheduler.start()  # its first look at what is due comes with the loop's next turn, and so does its end
    end_clock(scheduler)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not scheduler.running
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
