"""A server that is away or refuses us: named, tried again, never in a busy loop, and no other work waits for it."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from tests.support.notice_pdfs import Form
from tests.support.office import a_form, a_mail, notice, wire
from tests.support.scripted_imap import Fault, ScriptedImap
from tests.support.service_process import Gate, Running, ServiceOffice, pace
from tests.support.world import OFFICE, project
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import DsnController

REFUSED = Fault(b"LOGIN", b"TAG NO [AUTHENTICATIONFAILED] the password is wrong\r\n")


def test_a_mailbox_that_is_away_at_the_start_holds_nothing_up_and_is_watched_when_it_comes(
    imap: DemoImap, relay: DsnController, tmp_path: Path
) -> None:
    saved, mailed = a_form("平成橋"), a_form("令和橋")
    with Gate(imap.port) as gate:
        office = ServiceOffice(
            tmp_path,
            imap_port=gate.port,
            imap_password=imap.password,
            smtp_port=relay.port,
            projects=[project(form.project, "kawa", form.number) for form in (saved, mailed)],
        )
        office.save_notice("a.pdf", notice(saved))
        with Running(office, tmp_path) as running:
            running.until_said("STATUS=", "main: imap")
            with pace(gate) as tries_per_second:
                running.until(lambda: office.states() == ["SENT"])
                running.until(lambda: gate.attempts >= 3)
                assert tries_per_second() <= 1.5
            gate.open()
            running.until_said("STATUS=最終確認", "main ")
            imap.append(wire(a_mail("認証キー", ("a.pdf", notice(mailed)))))
            running.until(lambda: office.states() == ["SENT", "SENT"])
            assert running.stop() == 0
        names = [(event["event"], event.get("loop")) for event in running.events]
        assert names.count(("unavailable", "mail:main")) == 1, "said once for as long as it stays the same"
        assert names.count(("recovered", "mail:main")) == 1


def test_a_mail_server_that_is_away_costs_a_submission_nothing(relay: DsnController, tmp_path: Path) -> None:
    form = a_form()
    with Gate(relay.port) as gate:
        office = ServiceOffice(tmp_path, smtp_port=gate.port, projects=[project(form.project, "kawa", form.number)])
        office.save_notice("a.pdf", notice(form))
        with Running(office, tmp_path) as running:
            running.until_said("STATUS=", ": smtp: ")
            with pace(gate) as tries_per_second:
                running.until(lambda: gate.attempts >= 3)
                assert tries_per_second() <= 1.5
            assert office.states() == ["APPROVED"]
            gate.open()
            running.until(lambda: office.states() == ["SENT"])
    events = [event for (event,) in office.rows("SELECT event FROM entries WHERE submission > 0")]
    assert "NotNow" not in events
    assert "Refused" not in events


def test_a_refused_account_is_told_once_and_not_tried_again_at_the_next_look(
    relay: DsnController, tmp_path: Path
) -> None:
    with ScriptedImap(faults=[REFUSED]) as refusing:
        office = ServiceOffice(tmp_path, imap_port=refusing.port, imap_password="WRONG-pass-word", smtp_port=relay.port)
        with Running(office, tmp_path) as running:
            running.until(lambda: relay.mails)
            running.listener.until_passes(6)
            assert _logins(refusing) == 1
            running.reload()
            running.until(lambda: _logins(refusing) == 2)
            running.listener.until_passes(4)
            assert _logins(refusing) == 2
        assert len(relay.mails) == 1
        assert relay.mails[0].recipients[0].address == office.address
        assert "WRONG-pass-word" not in running.journal


def _logins(server: ScriptedImap) -> int:
    return sum(command.startswith(b"LOGIN") for command in server.commands)


def test_nothing_is_sent_after_a_start_before_each_mailbox_was_looked_at_once_well_or_not(
    relay: DsnController, tmp_path: Path
) -> None:
    """A restored machine does not show that it is old: only its mailbox shows the mails that left since."""
    form = a_form()
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes connections and never greets
        office = ServiceOffice(
            tmp_path,
            imap_port=silent.getsockname()[1],
            smtp_port=relay.port,
            projects=[project(form.project, "kawa", form.number)],
        )
        office.save_notice("a.pdf", notice(form))
        with Running(office, tmp_path) as running:
            running.until(lambda: office.states() == ["APPROVED"])
            running.reload()  # another pass of the sender, which changes nothing
            running.until_said("STATUS=")
            running.until_said("STATUS=")
            assert office.states() == ["APPROVED"]
            assert [mail for mail in relay.mails if mail.recipients[0].address != office.address] == []
            silent.close()  # the look fails at last
            running.until(lambda: office.states() == ["SENT"])
            assert running.stop() == 0


TEXT = b'("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 40 1 NIL NIL NIL NIL)'
PDF = b'("application" "pdf" ("name" "a.pdf") NIL NIL "base64" 90000 NIL ("attachment" ("filename" "a.pdf")) NIL NIL)'
FILLER = b"Dear customer " * 300_000
"""More than a block holds: the message with it comes in a block of its own."""


def a_backlog(form: Form, **behind: str) -> ScriptedImap:
    """A notice, and behind it a long mail whose body the server never gives; ``behind`` are its header fields."""
    mail = wire(a_mail("認証キー", ("a.pdf", notice(form))))
    fields = {"From": "shop@store.example", "Subject": "prices", "Content-Type": "multipart/mixed; boundary=x"}
    head = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in (fields | behind).items())
    long = head.encode() + b"\r\n" + FILLER
    structure = TEXT + PDF + b'"mixed" ("boundary" "x") NIL NIL'
    server = ScriptedImap({1: mail, 2: long}, dates={1: now_on_the_server(), 2: now_on_the_server()})
    server.ids = {2: behind["Message_ID"].encode()} if "Message_ID" in behind else {}
    server.structures = {1: structure, 2: structure}
    server.faults.append(Fault(rb"UID FETCH 2 \(BODY\.PEEK\[\]", "stall"))
    return server


def now_on_the_server() -> bytes:
    return time.strftime("%d-%b-%Y %H:%M:%S +0000", time.gmtime()).encode()


def test_a_notice_goes_while_a_long_look_still_takes_in_what_can_be_no_report(
    relay: DsnController, tmp_path: Path
) -> None:
    form = a_form()
    with a_backlog(form) as server:
        office = ServiceOffice(
            tmp_path,
            imap_port=server.port,
            smtp_port=relay.port,
            projects=[project(form.project, "kawa", form.number)],
        )
        with Running(office, tmp_path) as running:
            running.until(lambda: office.states() == ["SENT"])
            assert server.stalled.is_set()
            assert office.rows("SELECT uid FROM messages") == [(1,)]


@pytest.mark.parametrize(
    "behind",
    [
        {"From": "MAILER-DAEMON@mx.example", "Subject": "Undelivered Mail Returned to Sender"},
        {"From": OFFICE, "Message_ID": f"<{'0' * 32}.0@contractor.example>"},
    ],
)
def test_nothing_goes_after_a_start_while_what_may_be_news_of_our_mail_is_not_read(
    relay: DsnController, tmp_path: Path, behind: dict[str, str]
) -> None:
    form = a_form()
    office = ServiceOffice(tmp_path, smtp_port=relay.port, projects=[project(form.project, "kawa", form.number)])
    sent = len(relay.mails)
    with a_backlog(form, **behind) as server:
        office.write(imap_port=server.port)
        with Running(office, tmp_path) as running:
            running.until(lambda: office.states() == ["APPROVED"])
            running.until(server.stalled.is_set)
            running.reload()  # another pass of the sender, which changes nothing
            running.until_said("STATUS=")
            running.until_said("STATUS=")
            assert office.states() == ["APPROVED"]
            assert [mail for mail in relay.mails[sent:] if mail.recipients[0].address != office.address] == []
            assert office.rows("SELECT uid FROM messages") == [(1,)]
