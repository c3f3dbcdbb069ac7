"""``hoshobin run`` as a process of its own: its notices, its mails, and its messages to systemd."""

from __future__ import annotations

import email
import email.policy
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.office import a_form, a_mail, notice, wire
from tests.support.service_process import PATIENCE, Running, ServiceOffice
from tests.support.world import project
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import AcceptedMail, DsnController
from worker.service.readers import READER

BY_MAIL, BY_FOLDER = a_form("北川橋補修工事"), a_form("南川橋補修工事")
LONG = 8
"""Characters of a line that is looked for in the journal."""


@pytest.fixture(scope="module")
def relay() -> Iterator[DsnController]:
    with DsnController() as server:
        yield server


@pytest.fixture(scope="module")
def day(imap: DemoImap, relay: DsnController, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that has looked everywhere once."""
    root = tmp_path_factory.mktemp("office")
    office = ServiceOffice(
        root,
        imap_port=imap.port,
        imap_password=imap.password,
        smtp_port=relay.port,
        projects=[project(form.project, "kawa", form.number) for form in (BY_MAIL, BY_FOLDER)],
    )
    with Running(office, root, WATCHDOG_USEC="1500000", **{READER: ""}) as running:
        assert running.listener.until(lambda: running.listener.said)[0] == "READY=1"
        running.until_said("STATUS=", "main ")
        yield running


def test_the_watchdog_is_fed(day: Running) -> None:
    day.until_said("WATCHDOG=1")


def test_a_mail_that_comes_after_the_start_is_submitted(day: Running, imap: DemoImap, relay: DsnController) -> None:
    before = len(relay.mails)
    imap.append(wire(a_mail("認証キー", ("a.pdf", notice(BY_MAIL)))))
    day.until(lambda: len(relay.mails) > before)
    assert relay.mails[before].recipients[0].address == "doboku@kawa-town.example"
    day.until(lambda: day.office.only(BY_MAIL)["state"] == "SENT")


def test_a_file_that_is_saved_after_the_start_is_submitted(day: Running, relay: DsnController) -> None:
    before = len(relay.mails)
    day.office.save_notice("お知らせ.pdf", notice(BY_FOLDER))
    day.until(lambda: len(relay.mails) > before)
    day.until(lambda: day.office.only(BY_FOLDER)["state"] == "SENT")


def test_the_journal_holds_no_recipient_no_subject_and_no_line_of_a_body(day: Running, relay: DsnController) -> None:
    day.office.save_notice("お知らせ.pdf", notice(BY_FOLDER))  # submitted here if no test before did
    day.until(lambda: day.office.only(BY_FOLDER)["state"] == "SENT")
    day.until(lambda: any(event["event"] == "pass" for event in day.events))
    words = [each for mail in relay.mails for each in words_of(mail)]
    assert {"doboku@kawa-town.example"} < set(words)
    assert [each for each in words if each in day.journal] == []


def words_of(mail: AcceptedMail) -> list[str]:
    """Returns the recipients, the subject and the lines of the body that are long enough to be of this mail alone."""
    message = email.message_from_bytes(mail.content, policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    lines = [line.strip() for line in body.get_content().splitlines() if len(line.strip()) >= LONG]
    return [*(each.address for each in mail.recipients), str(message["Subject"]), *lines]


def test_the_status_tells_the_last_look_and_the_counts_in_japanese(day: Running) -> None:
    said = day.until_said("STATUS=", "送信済み（到達未確認） 2")
    assert "最終確認" in said
    assert "\n" not in said


def test_a_second_run_ends_with_1_and_names_the_holder(day: Running) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "worker", "--config", str(day.office.config), "run"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert second.returncode == 1
    assert str(day.process.pid) in second.stderr


def test_sigterm_ends_an_idle_service_with_0_and_its_journal_holds_no_secret(day: Running) -> None:
    children = [os.pidfd_open(pid) for pid in day.pdf_children()]
    assert children
    assert day.stop() == 0
    day.until(lambda: "STOPPING=1" in day.listener.said)
    assert all(event["event"].isascii() and event["level"] for event in day.events)
    for secret in (day.office.imap_password, BY_MAIL.key, BY_FOLDER.key):
        assert secret not in day.journal
    for child in children:
        assert select.select([child], [], [], PATIENCE)[0], "a child that reads PDFs is left over"
        os.close(child)


@pytest.mark.usefixtures("own_children")
def test_no_child_is_left_over_where_the_service_is_killed(tmp_path: Path) -> None:
    form = a_form()
    office = ServiceOffice(tmp_path, mode="approve", projects=[project(form.project, "kawa", form.number)])
    office.save_notice("a.pdf", notice(form))
    with Running(office, tmp_path) as running:
        running.until(lambda: office.states() == ["HELD"])
        children = [os.pidfd_open(pid) for pid in running.pdf_children()]
        assert children
        running.process.kill()
        for child in children:
            assert select.select([child], [], [], PATIENCE)[0]
            os.close(child)


def test_the_status_begins_with_the_rehearsal_while_there_is_one(tmp_path: Path) -> None:
    office = ServiceOffice(tmp_path, rehearsal_to="soumu@contractor.example")
    with Running(office, tmp_path) as running:
        assert running.until_said("STATUS=").startswith("STATUS=リハーサル中")
