"""The commands on the wire if the server offers DSN, against the server that the demonstration uses."""

from __future__ import annotations

import datetime as dt
import socket

import pytest

from worker.cli.demo.smtp_server import DsnController
from worker.config.settings import Security
from worker.core.model import JST, Address
from worker.send.ports import Reply
from worker.send.smtp.client import SmtpAccount, SmtpServer, xtext
from worker.send.smtp_verdicts import Verdict, judge_reply, steps_for

NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=JST)
OFFICE = Address("soumu+hosho@contractor.example")
TOWN = Address("kensetsu+keiyaku=1@town.example")
HALL = Address("keiyaku@town.example")
LETTER = b"Subject: x\r\n\r\n.\r\n..two\r\nend\r\n"


class StillClock:
    def now(self) -> dt.datetime:
        return NOW


def client_of(server: DsnController) -> SmtpServer:
    return SmtpServer(
        SmtpAccount(
            host=server.host,
            port=server.port,
            security=Security.NONE,
            user="",
            password="",
            ca_file="",
            ehlo="contractor.example",
        ),
        StillClock(),
    )


async def send(client: SmtpServer, envid: str, *recipients: Address) -> Reply:
    await client.open()
    for step in steps_for(OFFICE, recipients, LETTER, envid):
        answer = await client.perform(step)
        assert isinstance(answer, Reply), answer
        verdict = judge_reply(step, answer)
        if verdict is not Verdict.GO_ON:
            assert verdict is Verdict.ACCEPTED, answer
            return answer
    raise AssertionError("no last answer")


async def test_reports_are_asked_for_with_headers_only_our_id_and_each_recipients_own_address() -> None:
    with DsnController() as server:
        client = client_of(server)
        session = await client.open()
        reply = await send(client, "0f3c.0.1", TOWN, HALL)
        await client.close()
    (mail,) = server.mails
    assert session.dsn
    assert mail.sender == OFFICE
    assert mail.options == (f"SIZE={len(LETTER)}", "RET=HDRS", "ENVID=0f3c.0.1")
    assert [(recipient.address, recipient.options) for recipient in mail.recipients] == [
        (TOWN, ("NOTIFY=SUCCESS,FAILURE,DELAY", "ORCPT=rfc822;kensetsu+2Bkeiyaku+3D1@town.example")),
        (HALL, ("NOTIFY=SUCCESS,FAILURE,DELAY", "ORCPT=rfc822;keiyaku@town.example")),
    ]
    assert mail.content == LETTER
    assert str(reply) == mail.answer == "250 2.0.0 Ok: queued as 0001"


async def test_without_an_envelope_id_no_report_is_asked_for() -> None:
    with DsnController() as server:
        client = client_of(server)
        await send(client, "", OFFICE)
        await client.close()
    (mail,) = server.mails
    assert mail.options == (f"SIZE={len(LETTER)}",)
    assert [recipient.options for recipient in mail.recipients] == [()]


async def test_several_mails_go_over_one_connection_each_with_its_own_envelope() -> None:
    with DsnController() as server:
        client = client_of(server)
        for number in (1, 2, 3):
            await send(client, f"0f3c.0.{number}", TOWN)
        await client.close()
    assert [mail.options[-1] for mail in server.mails] == ["ENVID=0f3c.0.1", "ENVID=0f3c.0.2", "ENVID=0f3c.0.3"]
    assert [len(mail.recipients) for mail in server.mails] == [1, 1, 1]


async def test_the_longest_addresses_that_are_allowed_pass_with_their_options() -> None:
    domain = ".".join(["d" * 60] * 3) + ".example"
    longest = Address("l" * 62 + "=+@" + domain)
    with DsnController() as server:
        client = client_of(server)
        await send(client, "f" * 64 + ".12.345", longest)
        await client.close()
    assert server.mails[0].recipients[0].address == longest


def test_a_server_stops_even_where_a_client_stays_connected() -> None:
    server = DsnController()
    server.start()
    with socket.create_connection((server.host, server.port), timeout=10) as client:
        assert client.recv(4) == b"220 "
        server.stop()
    server.stop()  # twice is once


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("a.b-c_d@e.example", b"a.b-c_d@e.example"),
        ("a+b=c", b"a+2Bb+3Dc"),
        ("a b", b"a+20b"),
        ("!~", b"!~"),
        ("\x7f", b"+7F"),
    ],
)
def test_xtext_writes_all_but_plain_characters_as_hexadecimal(text: str, encoded: bytes) -> None:
    assert xtext(text) == encoded
