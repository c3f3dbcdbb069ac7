"""SIGTERM at the worst moments: the service ends in time with 0, and the next start knows what happened."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from pathlib import Path

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from misbehaving_smtp import At, MisbehavingServer
from scripted_imap import Fault, ScriptedImap
from service_process import PATIENCE, Running, ServiceOffice, a_form, notice, project

from worker.adapters.demo_smtp import DsnController
from worker.model import JST
from worker.service import end_clock

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
            assert running.stop() == 0


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
        assert running.stop() == 0


async def test_a_mail_whose_last_answer_is_awaited_is_in_doubt_after_the_stop_and_told(
    relay: DsnController, tmp_path: Path
) -> None:
    form = a_form()
    async with MisbehavingServer(At.DOT, "hang") as silent:
        office = ServiceOffice(tmp_path, smtp_port=silent.port, projects=[project(form.project, "kawa", form.number)])
        office.save_notice("a.pdf", notice(form))
        with Running(office, tmp_path) as running:
            async with asyncio.timeout(PATIENCE):
                await silent.fault_done.wait()
            assert await asyncio.to_thread(running.stop) == 0
    assert office.states() == ["IN_DOUBT"]
    office.write(smtp_port=relay.port)
    again = tmp_path / "again"
    again.mkdir()
    with Running(office, again) as running:
        await asyncio.to_thread(running.until, lambda: relay.mails)
        await asyncio.to_thread(running.listener.until_passes, 3)
    assert office.states() == ["IN_DOUBT"]
    told = [mail.recipients[0].address for mail in relay.mails]
    assert told == [office.address], "an alarm, and nothing is sent a second time"


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
