"""``doctor`` meets what the watch and the sending would meet after the login: real connections to scripted servers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.misbehaving_smtp import FAULTS, At, MisbehavingServer
from tests.support.office import Office, Ran
from tests.support.scripted_imap import Fault, ScriptedImap
from worker.core.messages import say

MAIL = b"From: a@b.example\r\nSubject: a\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nb\r\n"
QUOTA = b"TAG NO [OVERQUOTA] Account exceeded command or bandwidth limits\r\n"
NO = b"TAG NO [NOPERM] you may not\r\n"
TRAFFIC, READING = (say(f"remedy_mail_{each}", "ja", table="[mailbox.main]") for each in ("traffic", "reading"))


def office_with(root: Path, imap: ScriptedImap, smtp: int, more: str = "") -> Office:
    lines = f'host = "127.0.0.1"\nport = {imap.port}\nsecurity = "none"\nuser = "x"\npassword_file = "imap-password"'
    return Office(root, smtp_port=smtp, mailbox_lines=lines + more)


async def results(office: Office) -> tuple[int, dict[str, dict[str, Any]]]:
    ran: Ran = await asyncio.to_thread(office, "doctor", "--json")
    return ran.code, {each["name"]: each for each in ran.document["results"]}


@pytest.mark.parametrize(
    ("faults", "said", "remedy"),
    [
        pytest.param([Fault(rb"UID FETCH", QUOTA)], "OVERQUOTA", TRAFFIC, id="quota at FETCH"),
        pytest.param([Fault(rb"UID FETCH .*BODY\.PEEK\[\]", QUOTA)], "OVERQUOTA", TRAFFIC, id="quota at the bodies"),
        pytest.param([Fault(rb"UID SEARCH", QUOTA)], "OVERQUOTA", TRAFFIC, id="quota at SEARCH"),
        pytest.param([Fault(rb"UID FETCH", NO)], "you may not", READING, id="FETCH refused"),
        pytest.param([Fault(rb"UID FETCH .*BODY\.PEEK\[\]", NO)], "you may not", READING, id="bodies refused"),
        pytest.param([Fault(rb"UID SEARCH", NO)], "you may not", READING, id="SEARCH refused"),
        pytest.param([Fault(rb"UID FETCH", b"TAG BAD what\r\n")], "what", READING, id="FETCH not understood"),
        pytest.param(
            [Fault(rb"UID SEARCH", b"* SEARCH\r\nTAG OK done\r\n")], "finds none", READING, id="SEARCH finds none"
        ),
        pytest.param([Fault(rb"UID FETCH", b"TAG OK done\r\n")], "no content", READING, id="FETCH gives nothing"),
        pytest.param(
            [Fault(rb"LOGIN|AUTHENTICATE", b"TAG NO [LIMIT] Too many simultaneous connections\r\n")],
            "Too many",
            TRAFFIC,
            id="too many connections",
        ),
    ],
)
async def test_a_mailbox_that_opens_and_gives_no_message_is_a_fault_with_its_remedy(
    tmp_path: Path, faults: list[Fault], said: str, remedy: str
) -> None:
    with ScriptedImap(messages={1: MAIL, 2: MAIL}, faults=faults) as imap:
        async with MisbehavingServer() as smtp:
            code, found = await results(office_with(tmp_path, imap, smtp.port))
        asked = set(imap.commands)
    assert code == 3
    assert said in found["mail:main"]["error"]
    assert found["mail:main"]["remedy"] == remedy
    assert not [each for each in asked if each.startswith((b"SELECT", b"UID STORE", b"UID COPY", b"UID MOVE"))]


async def test_the_status_names_the_same_remedy_after_a_look_that_met_the_limit(tmp_path: Path) -> None:
    with ScriptedImap(messages={1: MAIL, 2: MAIL}, faults=[Fault(rb"UID FETCH", QUOTA)]) as imap:
        async with MisbehavingServer() as smtp:
            office = office_with(tmp_path, imap, smtp.port, "\nsince = 2026-01-01")
            ran = await asyncio.to_thread(office.run_once)
    assert ran.code
    assert TRAFFIC in office("status").out


async def test_one_message_that_cannot_be_had_is_no_fault_of_the_mailbox(tmp_path: Path) -> None:
    with ScriptedImap(messages={1: MAIL, 2: MAIL}, faults=[Fault(rb"UID FETCH (?:1|1,2|2,1) ", NO)]) as imap:
        async with MisbehavingServer() as smtp:
            code, found = await results(office_with(tmp_path, imap, smtp.port))
    assert (code, found["mail:main"]["ok"]) == (0, True)


@pytest.mark.parametrize("uidnext", [3, 4000])
async def test_an_empty_mailbox_and_one_whose_newest_messages_are_gone_are_well(tmp_path: Path, uidnext: int) -> None:
    messages = {} if uidnext == 3 else {1: MAIL}
    with ScriptedImap(messages=messages, uidnext=uidnext) as imap:
        async with MisbehavingServer() as smtp:
            code, found = await results(office_with(tmp_path, imap, smtp.port))
    assert (code, found["mail:main"]["ok"]) == (0, True)


async def test_the_findings_of_the_server_are_shown_for_a_mailbox_whose_mails_are_moved(tmp_path: Path) -> None:
    with ScriptedImap(messages={1: MAIL}, capabilities=b"IMAP4rev1 MOVE") as imap:
        async with MisbehavingServer() as smtp:
            office = office_with(tmp_path, imap, smtp.port, '\nafter = "move:done"')
            code, found = await results(office)
    assert code == 0
    assert found["sender:main"]["note"]


REFUSALS = {
    "a suspended account at MAIL": (At.MAIL, b"554 5.7.1 your account is suspended\r\n", "sending_blocked"),
    "a block at RCPT": (At.RCPT_1, b"550 5.7.1 client [192.0.2.1] blocked using list.example\r\n", "sending_blocked"),
    "a sender that is not allowed": (At.RCPT_1, b"553 5.7.1 Sender address rejected: not owned\r\n", "sender_refused"),
    "no relay": (At.RCPT_1, b"554 5.7.1 Relay access denied\r\n", "not_logged_in"),
    "a refusal at MAIL without a known reason": (At.MAIL, b"550 5.7.0 by policy\r\n", "smtp_refused"),
    "an address of ours that is not there": (At.RCPT_1, b"550 5.1.1 no such user\r\n", "smtp_own_address"),
    "a server that takes nothing now": (At.MAIL, b"452 4.3.1 no room\r\n", "smtp_later"),
    "a server that ends the connection": (At.RCPT_1, b"421 4.3.2 going down\r\n", "smtp_later"),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_an_account_that_logs_in_and_may_not_send_is_a_fault_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    at, answer, remedy = REFUSALS[name]
    monkeypatch.setitem(FAULTS, "554", answer)  # type: ignore[arg-type]  # bytes are a fault too
    with ScriptedImap() as imap:
        async with MisbehavingServer(at, "554", times=5) as smtp:
            code, found = await results(office_with(tmp_path, imap, smtp.port))
    assert code == 3
    assert answer.decode().strip().partition(" ")[2] in found["smtp"]["error"]
    assert found["smtp"]["remedy"] == say(f"remedy_{remedy}", "ja", table="[smtp]")


async def test_a_trial_of_the_mail_server_sends_nothing(tmp_path: Path) -> None:
    with ScriptedImap() as imap:
        async with MisbehavingServer() as smtp:
            code, found = await results(office_with(tmp_path, imap, smtp.port))
            verbs = [each.split()[0] for each in smtp.commands]
    assert (code, found["smtp"]["ok"]) == (0, True)
    assert "RCPT" in verbs
    assert "DATA" not in verbs
    assert not smtp.messages
