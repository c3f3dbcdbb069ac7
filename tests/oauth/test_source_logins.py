"""A login by XOAUTH2 when a server refuses, is busy, or repeats its challenge."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import pytest

from tests.support.fakes import FakeClock
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.scripted_imap import Fault, ScriptedImap
from worker.config.settings import Security
from worker.core.errors import AccountRefused, Unavailable
from worker.core.login_errors import LoginFault as Why
from worker.core.login_errors import find_refusal, xoauth2_response
from worker.oauth.source import NewTokenSource
from worker.send.smtp.client import SmtpAccount, SmtpServer
from worker.watch.imap.mailbox import ImapAccount, ImapMailbox, answer_challenge

USER = "soumu@contractor.example"
OLD, NEW = "old-token", "new-token"


def in_base64(token: str) -> bytes:
    return base64.b64encode(xoauth2_response(USER, token))


@dataclass
class Purse:
    """A source that was given the tokens in it, the last one a moment ago."""

    tokens: list[str]
    rejected: list[str] = field(default_factory=list)

    def fetch(self) -> str:
        return self.tokens[0]

    def reject(self, token: str) -> bool:
        self.rejected.append(token)
        return len(self.tokens) > 1 and bool(self.tokens.pop(0))

    def refusal(self, said: str) -> AccountRefused:
        return NewTokenSource("main", "imap", self.tokens[0]).refusal(said)


def mailbox(server: ScriptedImap, purse: Purse) -> ImapMailbox:
    return ImapMailbox(
        "main",
        ImapAccount(
            host="127.0.0.1",
            port=server.port,
            security=Security.NONE,
            user=USER,
            password="",
            tokens=purse,
            connect_seconds=5,
            read_seconds=5,
        ),
    )


def client(server: MisbehavingServer, purse: Purse) -> SmtpServer:
    return SmtpServer(
        SmtpAccount(
            host="127.0.0.1",
            port=server.port,
            security=Security.NONE,
            user=USER,
            password="",
            ca_file="",
            ehlo="contractor.example",
            tokens=purse,
        ),
        FakeClock(),
    )


def logins(server: MisbehavingServer) -> list[str]:
    return [line for line in server.commands if line.startswith("AUTH")]


XOAUTH2 = ("AUTH PLAIN XOAUTH2",)
IMAP = b"IMAP4rev1 AUTH=XOAUTH2"


@pytest.mark.parametrize("answer", [b"TAG NO [UNAVAILABLE] later\r\n", "drop"])
def test_a_mailbox_server_that_is_busy_refuses_no_token(answer: str | bytes) -> None:
    purse = Purse([OLD, NEW])
    with ScriptedImap(capabilities=IMAP, faults=[Fault(b"AUTHENTICATE", answer)]) as server:
        with pytest.raises(Unavailable) as caught:
            mailbox(server, purse).open()
        assert not isinstance(caught.value, AccountRefused)
    assert purse.rejected == []


def test_a_mailbox_server_gets_one_new_token_and_no_more() -> None:
    purse = Purse([OLD, NEW])
    no = b"TAG BAD AUTHENTICATE XOAUTH2 " + in_base64(NEW) + b" new-token\r\n"
    with ScriptedImap(capabilities=IMAP, faults=[Fault(b"AUTHENTICATE", no)]) as server:
        with pytest.raises(AccountRefused) as caught:
            mailbox(server, purse).open()
        tries = [line for line in server.commands if line.startswith(b"AUTHENTICATE")]
    assert len(tries) == 2
    assert purse.rejected == [OLD, NEW]
    refusal = find_refusal(caught.value.detail)
    assert refusal is not None
    assert (refusal.name, refusal.fault) == ("main", Why.SERVER)
    assert NEW not in str(caught.value)
    assert in_base64(NEW).decode() not in str(caught.value)


def test_a_servers_reason_is_answered_with_nothing_and_kept() -> None:
    reasons: list[bytes] = []
    assert answer_challenge(b"the token", reasons, b"") == b"the token"
    assert answer_challenge(b"the token", reasons, b'{"status":"400"}') == b""
    assert reasons == [b'{"status":"400"}']


def test_a_mailbox_server_without_the_mechanism_is_shown_no_token() -> None:
    with ScriptedImap() as server:
        with pytest.raises(AccountRefused, match="no login by XOAUTH2"):
            mailbox(server, Purse([NEW])).open()
        assert not any(line.startswith(b"AUTHENTICATE") for line in server.commands)


async def test_the_sending_server_gets_another_token_on_the_same_connection() -> None:
    purse = Purse([OLD, NEW])
    async with MisbehavingServer(At.AUTH, "535", offers=XOAUTH2) as server:
        sender = client(server, purse)
        await sender.open()
        assert logins(server) == [f"AUTH XOAUTH2 {in_base64(token).decode()}" for token in (OLD, NEW)]
        await sender.close()
    assert purse.rejected == [OLD]


async def test_a_sending_server_that_is_busy_refuses_no_token() -> None:
    purse = Purse([OLD, NEW])
    async with MisbehavingServer(At.AUTH, "450", offers=XOAUTH2) as server:
        with pytest.raises(Unavailable) as caught:
            await client(server, purse).open()
        assert not isinstance(caught.value, AccountRefused)
        assert len(logins(server)) == 1
    assert purse.rejected == []


async def test_a_sending_server_that_repeats_the_login_does_not_get_it_into_the_error() -> None:
    purse = Purse([OLD, NEW])
    async with MisbehavingServer(quotes_login=True, offers=XOAUTH2) as server:
        with pytest.raises(AccountRefused) as caught:
            await client(server, purse).open()
        assert len(logins(server)) == 2
    assert "535" in caught.value.detail
    assert in_base64(NEW).decode().lower() not in caught.value.detail.lower()
    refusal = find_refusal(caught.value.detail)
    assert refusal is not None
    assert refusal.fault is Why.SERVER


def test_no_answer_of_the_sending_server_brings_a_token_into_an_error() -> None:
    account = SmtpAccount("h.example", 465, Security.TLS, USER, "", "", "contractor.example", Purse([NEW]))
    said = account.without_login(f"454 later: AUTH XOAUTH2 {in_base64('t' * 80).decode()}")
    assert said == "454 later: AUTH XOAUTH2 …"


async def test_a_sending_server_without_the_mechanism_is_shown_no_token() -> None:
    async with MisbehavingServer() as server:
        with pytest.raises(AccountRefused, match="no login by XOAUTH2"):
            await client(server, Purse([NEW])).open()
        assert logins(server) == []
