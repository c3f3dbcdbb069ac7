"""The SMTP adapter and the decisions of ``worker.send.smtp_verdicts`` against a server that misbehaves at each step.

``submit`` below is the loop of the pipeline without its commits: a change to one needs a look at the other.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import socket
import ssl

import pytest
import trustme

from tests.support.misbehaving_smtp import At, MisbehavingServer
from worker.config.settings import Security
from worker.core.errors import AccountRefused, Unavailable
from worker.core.model import JST, Address
from worker.send.ports import Body, Data, Mail, NoReply, Rcpt, Reply
from worker.send.smtp.client import SmtpAccount, SmtpServer, Timeouts, text_of
from worker.send.smtp_verdicts import Verdict, judge_reply, steps_for

NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=JST)
PASSWORD = "correct horse+battery"
OFFICE = Address("soumu@contractor.example")
RECIPIENTS = (Address("kensetsu@town.example"), Address("keiyaku@town.example"))
LETTER = b"Subject: =?utf-8?B?6Kqy?=\r\n\r\nfirst\r\n.\r\n.two\r\n..three\r\nRSET\r\nQUIT\r\nlast\r\n"
# Far more than two sockets' buffers hold, so that the end of it has not left when the server speaks too early.
LARGE_LETTER = b"Subject: large\r\n\r\n" + b".23456789 123456789 123456789 123456789 123456789\r\n" * 120_000
SHORT = 0.4


class StillClock:
    def now(self) -> dt.datetime:
        return NOW


def client_of(
    server: MisbehavingServer,
    *,
    security: Security = Security.NONE,
    ca_file: str = "",
    host: str = "127.0.0.1",
    user: str = "soumu@contractor.example",
    timeouts: Timeouts | None = None,
) -> SmtpServer:
    return SmtpServer(
        SmtpAccount(
            host=host,
            port=server.port,
            security=security,
            user=user,
            password=PASSWORD,
            ca_file=ca_file,
            ehlo="contractor.example",
        ),
        StillClock(),
        timeouts,
    )


async def submit(client: SmtpServer, letter: bytes = LETTER) -> Verdict:
    """One try, from opening to the last verdict."""
    try:
        await client.open()
    except AccountRefused:
        return Verdict.ACCOUNT_REFUSED
    except Unavailable:
        return Verdict.NOT_NOW
    verdict = Verdict.GO_ON
    for step in steps_for(OFFICE, RECIPIENTS, letter, "abc.0.1"):
        verdict = judge_reply(step, await client.perform(step))
        if verdict is not Verdict.GO_ON:
            break
    return verdict


# --- The table of outcomes -----------------------------------------------------------------------------------
#
# The step of the fault, its kind, and the required state; in the last column, the number of copies that the server
# then holds after the first try. not_now and account are tried again, and then it holds exactly one. doubt,
# refused and accepted are never tried again by the machine.
#
#   not_now   NotNow, back to APPROVED              account   the same with an alarm: the account is refused
#   refused   Refused                               doubt     IN_DOUBT stays
#   accepted  Accepted, SENT

OUTCOMES = """
where     how       outcome   holds

connect   close     not_now   0
connect   hang      not_now   0
connect   421       not_now   0
connect   450       not_now   0
connect   535       not_now   0
connect   550       not_now   0
connect   552       not_now   0
connect   554       not_now   0
connect   garbage   not_now   0

greeting  close     not_now   0
greeting  hang      not_now   0
greeting  late      not_now   0
greeting  421       not_now   0
greeting  450       not_now   0
greeting  535       account   0
greeting  550       account   0
greeting  552       account   0
greeting  554       account   0
greeting  garbage   not_now   0
greeting  half      not_now   0
greeting  double    not_now   0
greeting  250       not_now   0

ehlo      close     not_now   0
ehlo      hang      not_now   0
ehlo      late      not_now   0
ehlo      421       not_now   0
ehlo      450       not_now   0
ehlo      535       account   0
ehlo      550       account   0
ehlo      552       account   0
ehlo      554       account   0
ehlo      garbage   not_now   0
ehlo      half      not_now   0
ehlo      endless   not_now   0

auth      close     not_now   0
auth      hang      not_now   0
auth      late      not_now   0
auth      421       not_now   0
auth      450       not_now   0
auth      535       account   0
auth      550       account   0
auth      552       account   0
auth      554       account   0
auth      garbage   not_now   0
auth      250       not_now   0
auth      double    not_now   0

mail      close     not_now   0
mail      hang      not_now   0
mail      late      not_now   0
mail      421       not_now   0
mail      450       not_now   0
mail      535       account   0
mail      550       account   0
mail      552       refused   0
mail      554       account   0
mail      garbage   not_now   0
mail      half      not_now   0
mail      double    not_now   0
mail      354       not_now   0
mail      no_code   not_now   0

rcpt_1    close     not_now   0
rcpt_1    hang      not_now   0
rcpt_1    late      not_now   0
rcpt_1    421       not_now   0
rcpt_1    450       not_now   0
rcpt_1    535       refused   0
rcpt_1    550       refused   0
rcpt_1    552       refused   0
rcpt_1    554       refused   0
rcpt_1    garbage   not_now   0
rcpt_1    double    not_now   0

rcpt_2    close     not_now   0
rcpt_2    hang      not_now   0
rcpt_2    late      not_now   0
rcpt_2    421       not_now   0
rcpt_2    450       not_now   0
rcpt_2    535       refused   0
rcpt_2    550       refused   0
rcpt_2    552       refused   0
rcpt_2    554       refused   0
rcpt_2    garbage   not_now   0
rcpt_2    354       not_now   0

data      close     not_now   0
data      hang      not_now   0
data      late      not_now   0
data      421       not_now   0
data      450       not_now   0
data      535       refused   0
data      550       refused   0
data      552       refused   0
data      554       refused   0
data      garbage   not_now   0
data      250       not_now   0
data      half      not_now   0
data      double    not_now   0
data      code_1    not_now   0
data      code_9    not_now   0

body      close     doubt     0
body      hang      doubt     0
body      421       not_now   0
body      450       not_now   0
body      535       refused   0
body      550       refused   0
body      552       refused   0
body      554       refused   0
body      garbage   doubt     0
body      250       doubt     0
body      354       doubt     0

dot       close     doubt     1
dot       hang      doubt     1
dot       late      doubt     1
dot       421       not_now   0
dot       450       not_now   0
dot       535       refused   0
dot       550       refused   0
dot       552       refused   0
dot       554       refused   0
dot       garbage   doubt     1
dot       half      doubt     1
dot       354       doubt     1
dot       220       doubt     1
dot       no_code   doubt     1
dot       code_1    doubt     1
dot       code_9    doubt     1
dot       endless   doubt     1
dot       double    accepted  1

after     close     accepted  1
after     hang      accepted  1
after     421       accepted  1
after     450       accepted  1
after     535       accepted  1
after     550       accepted  1
after     552       accepted  1
after     554       accepted  1
after     garbage   accepted  1
"""

VERDICTS = {
    "not_now": Verdict.NOT_NOW,
    "account": Verdict.ACCOUNT_REFUSED,
    "refused": Verdict.REFUSED,
    "doubt": Verdict.IN_DOUBT,
    "accepted": Verdict.ACCEPTED,
}

# The wait that a silent server must not outlast, by the step at which it falls silent.
WAITS = {
    At.CONNECT: "connect",
    At.GREETING: "greeting",
    At.DATA: "data",
    At.BODY: "block",
    At.DOT: "answer",
    At.AFTER: "reset",
}


def _rows() -> list[tuple[At, str, str, int]]:
    rows = [line.split() for line in OUTCOMES.split("\n") if line][1:]
    return [(At(where), how, outcome, int(holds)) for where, how, outcome, holds in rows]


def _impatient(at: At) -> Timeouts:
    return dataclasses.replace(Timeouts(quit=SHORT), **{WAITS.get(at, "command"): SHORT})


def certificate(authority: trustme.CA, *names: str, not_after: dt.datetime | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, not_after=not_after).configure_cert(context)
    return context


@pytest.mark.parametrize(("at", "fault", "outcome", "holds"), _rows(), ids=str)
async def test_each_fault_at_each_step_ends_as_the_table_says_and_nothing_is_sent_twice(
    *, at: At, fault: str, outcome: str, holds: int, authority: trustme.CA, ca_file: str
) -> None:
    letter = LARGE_LETTER if at is At.BODY else LETTER
    security = Security.TLS if at is At.CONNECT else Security.NONE
    own = certificate(authority, "127.0.0.1") if security is Security.TLS else None
    async with asyncio.timeout(50), MisbehavingServer(at, fault, certificate=own, tls_at_once=bool(own)) as server:
        is_silent = fault in ("hang", "late", "half")
        timeouts = _impatient(at) if is_silent else Timeouts(quit=SHORT)
        client = client_of(server, security=security, ca_file=ca_file, timeouts=timeouts)
        verdict = await submit(client, letter)
        assert (verdict, server.messages.count(letter)) == (VERDICTS[outcome], holds)
        if at is not At.AFTER:
            client._timeouts = Timeouts(quit=SHORT)
        if verdict.event is not None and verdict.event.value == "NotNow":
            assert await submit(client, letter) is Verdict.ACCEPTED
            assert server.messages.count(letter) == 1
        # After any fault, the rest of this mail does not confuse the next.
        assert await submit(client, b"Subject: next\r\n\r\nnext\r\n") is Verdict.ACCEPTED
        assert server.messages.count(b"Subject: next\r\n\r\nnext\r\n") == 1
        await client.close()
        assert server.fault_done.is_set()


def test_the_table_has_every_step_with_every_fault_of_the_requirement() -> None:
    wanted = {"close", "hang", "421", "450", "535", "550", "552", "554", "garbage"}
    steps = {"connect", "greeting", "ehlo", "auth", "mail", "rcpt_1", "rcpt_2", "data", "body", "dot", "after"}
    for step in steps:
        assert wanted <= {how for at, how, _, _ in _rows() if at == step}, step


# --- The body on the wire ------------------------------------------------------------------------------------


async def test_a_line_of_one_dot_does_not_end_the_message() -> None:
    async with MisbehavingServer() as server:
        client = client_of(server)
        assert await submit(client) is Verdict.ACCEPTED
        assert server.messages == [LETTER]
        assert [command.split()[0] for command in server.commands] == ["EHLO", "AUTH", "MAIL", "RCPT", "RCPT", "DATA"]
        await client.close()


@pytest.mark.parametrize(
    "letter", [b".\r\n", b"..\r\n", b"\r\n.\r\n\r\n.\r\n", b"Subject: x\r\n\r\n.\r\nMAIL FROM:<x>\r\n"]
)
async def test_a_body_of_dots_arrives_as_it_was(letter: bytes) -> None:
    async with MisbehavingServer() as server:
        client = client_of(server)
        assert await submit(client, letter) is Verdict.ACCEPTED
        assert server.messages == [letter]
        await client.close()


async def test_a_large_letter_arrives_whole_over_tls(authority: trustme.CA, ca_file: str) -> None:
    own = certificate(authority, "127.0.0.1")
    async with asyncio.timeout(50), MisbehavingServer(certificate=own, tls_at_once=True) as server:
        client = client_of(server, security=Security.TLS, ca_file=ca_file)
        assert await submit(client, LARGE_LETTER) is Verdict.ACCEPTED
        assert server.messages == [LARGE_LETTER]
        await client.close()


@pytest.mark.parametrize(
    ("fault", "answer"),
    [("421", Verdict.NOT_NOW), ("450", Verdict.NOT_NOW), ("552", Verdict.REFUSED), ("250", Verdict.IN_DOUBT)],
)
async def test_an_answer_between_354_and_the_body_is_heard_and_no_byte_is_written(fault: str, answer: Verdict) -> None:
    async with asyncio.timeout(50), MisbehavingServer(At.INVITED, fault) as server:
        client = client_of(server)
        await client.open()
        *before, body = steps_for(OFFICE, RECIPIENTS, LETTER, "abc.0.1")
        for step in before:
            assert judge_reply(step, await client.perform(step)) is Verdict.GO_ON
        server.cue.set()
        assert client._wire is not None
        # The commit of DataStarted would be here.
        while not client._wire.has_heard:  # noqa: ASYNC110  nothing in the product announces this moment
            await asyncio.sleep(0)
        assert judge_reply(body, await client.perform(body)) is answer
        assert server.messages == []


async def test_a_body_is_never_taken_without_an_invitation() -> None:
    async with MisbehavingServer() as server:
        client = client_of(server)
        await client.open()
        assert isinstance(await client.perform(Body(content=b"RSET\r\n")), NoReply)
        assert "RSET" not in server.commands


# --- What the connection is ----------------------------------------------------------------------------------


async def test_a_connection_is_used_again_after_rset_and_ends_with_quit() -> None:
    async with MisbehavingServer() as server:
        client = client_of(server)
        assert await submit(client) is Verdict.ACCEPTED
        assert await submit(client) is Verdict.ACCEPTED
        await client.close()
        assert server.connections == 1
        assert server.commands.count("RSET") == 1
        assert server.commands[-1] == "QUIT"
        await client.close()  # closing twice is closing once


async def test_after_a_refused_recipient_nothing_is_left_of_the_transaction() -> None:
    async with MisbehavingServer(At.RCPT_2, "550") as server:
        client = client_of(server)
        assert await submit(client) is Verdict.REFUSED
        assert "DATA" not in server.commands
        await client.open()
        assert server.commands[-1] == "RSET"
        assert server.connections == 1
        await client.close()


@pytest.mark.parametrize("fault", ["hang", "late", "garbage", "354", "421", "double"])
async def test_a_connection_that_was_odd_is_not_used_again(fault: str) -> None:
    async with MisbehavingServer(At.MAIL, fault) as server:
        client = client_of(server, timeouts=_impatient(At.MAIL))
        assert await submit(client) is Verdict.NOT_NOW
        client._timeouts = Timeouts()
        assert await submit(client) is Verdict.ACCEPTED
        assert server.connections == 2
        await client.close()


async def test_a_step_that_is_cancelled_closes_the_connection() -> None:
    async with MisbehavingServer(At.DOT, "hang") as server:
        client = client_of(server)
        trying = asyncio.create_task(submit(client))
        await server.fault_done.wait()
        trying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await trying
        assert client._wire is None
        assert isinstance(await client.perform(Data()), NoReply)


async def test_a_step_without_a_connection_is_silence() -> None:
    async with MisbehavingServer() as server:
        assert isinstance(await client_of(server).perform(Data()), NoReply)


async def test_the_session_says_who_answered_and_what_it_offers(authority: trustme.CA, ca_file: str) -> None:
    own = certificate(authority, "127.0.0.1")
    async with MisbehavingServer(certificate=own, tls_at_once=True) as server:
        client = client_of(server, security=Security.TLS, ca_file=ca_file)
        session = await client.open()
        assert (session.server, session.tls) == ("mx.relay.example", "TLSv1.3")
        assert session.dsn
        assert await client.open() == session
        await client.close()


@pytest.mark.parametrize("offer", ["SIZE", "SIZE 0", "SIZE many", "8BITMIME"])
async def test_a_strange_size_stops_no_session(offer: str) -> None:
    async with MisbehavingServer(offers=(offer, "AUTH PLAIN")) as server:
        client = client_of(server)
        session = await client.open()
        assert (session.dsn, session.tls) == (False, "")
        await client.close()


async def test_no_report_and_no_size_is_asked_of_a_server_that_does_not_offer_it() -> None:
    async with MisbehavingServer(offers=("AUTH PLAIN",)) as server:
        client = client_of(server)
        assert await submit(client) is Verdict.ACCEPTED
        assert "MAIL FROM:<soumu@contractor.example>" in server.commands
        assert "RCPT TO:<kensetsu@town.example>" in server.commands
        await client.close()


async def test_the_lines_of_an_answer_are_joined_and_always_text() -> None:
    async with MisbehavingServer(At.RCPT_1, "550") as server:
        client = client_of(server)
        await client.open()
        await client.perform(Mail(sender=OFFICE, size=3))
        reply = await client.perform(Rcpt(recipient=RECIPIENTS[0]))
        assert reply == Reply(550, "5.1.1 no such 5.1.1 user here", NOW)
        await client.close()


@pytest.mark.parametrize(
    "address", ["a@b.example> NOTIFY=NEVER", "a b@c.example", "a@b.example\r\nRSET", "ａ@b.example", ""]
)
async def test_an_address_that_is_not_one_bare_address_is_never_put_into_a_command(address: str) -> None:
    async with MisbehavingServer() as server:
        client = client_of(server)
        await client.open()
        with pytest.raises(ValueError, match="address"):
            await client.perform(Rcpt(recipient=Address(address)))
        assert not [command for command in server.commands if command.startswith("RCPT")]
        await client.close()


# --- Security and login --------------------------------------------------------------------------------------


async def test_starttls_secures_the_connection_and_asks_again_what_is_offered(
    authority: trustme.CA, ca_file: str
) -> None:
    own = certificate(authority, "127.0.0.1")
    async with MisbehavingServer(offers=("STARTTLS", "AUTH PLAIN"), certificate=own) as server:
        client = client_of(server, security=Security.STARTTLS, ca_file=ca_file)
        session = await client.open()
        assert session.tls == "TLSv1.3"
        assert [command.split()[0] for command in server.commands] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
        assert await submit(client) is Verdict.ACCEPTED
        await client.close()


async def test_where_starttls_is_required_and_not_offered_no_login_is_sent(ca_file: str) -> None:
    async with MisbehavingServer() as server:
        client = client_of(server, security=Security.STARTTLS, ca_file=ca_file)
        with pytest.raises(AccountRefused, match="STARTTLS"):
            await client.open()
        assert [command.split()[0] for command in server.commands] == ["EHLO"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("450", Unavailable),
        ("554", AccountRefused),
        ("garbage", Unavailable),
        ("close", Unavailable),
        ("hang", Unavailable),
        ("250", Unavailable),
    ],
)
async def test_a_failing_starttls_ends_the_attempt_before_the_login(
    fault: str, error: type[Unavailable], authority: trustme.CA, ca_file: str
) -> None:
    own = certificate(authority, "127.0.0.1")
    async with MisbehavingServer(At.STARTTLS, fault, offers=("STARTTLS", "AUTH PLAIN"), certificate=own) as server:
        timeouts = Timeouts(connect=SHORT) if fault == "hang" else None
        client = client_of(server, security=Security.STARTTLS, ca_file=ca_file, timeouts=timeouts)
        with pytest.raises(error) as caught:
            await client.open()
        assert type(caught.value) is error
        assert not [command for command in server.commands if command.startswith("AUTH")]


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
@pytest.mark.parametrize(
    ("names", "is_expired", "words"),
    [
        (("127.0.0.1",), True, "certificate.*expired"),
        (("mail.other.example",), False, "certificate.*not valid for '127.0.0.1'"),
    ],
)
async def test_a_certificate_that_is_not_right_is_named_and_no_login_is_sent(
    *, security: Security, names: tuple[str, ...], is_expired: bool, words: str, authority: trustme.CA, ca_file: str
) -> None:
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC) if is_expired else None
    own = certificate(authority, *names, not_after=past)
    offers = ("STARTTLS", "AUTH PLAIN") if security is Security.STARTTLS else ("AUTH PLAIN",)
    async with MisbehavingServer(offers=offers, certificate=own, tls_at_once=security is Security.TLS) as server:
        with pytest.raises(Unavailable, match=words) as caught:
            await client_of(server, security=security, ca_file=ca_file).open()
        assert type(caught.value) is Unavailable
        assert not [command for command in server.commands if command.startswith("AUTH")]


async def test_an_authority_nobody_named_is_not_trusted(authority: trustme.CA) -> None:
    own = certificate(authority, "127.0.0.1")
    async with MisbehavingServer(certificate=own, tls_at_once=True) as server:
        with pytest.raises(Unavailable, match="certificate is not accepted"):
            await client_of(server, security=Security.TLS).open()


async def test_a_ca_file_that_is_missing_is_named() -> None:
    async with MisbehavingServer() as server:
        with pytest.raises(Unavailable, match=r"ca_file: /nowhere/ca\.pem"):
            await client_of(server, security=Security.TLS, ca_file="/nowhere/ca.pem").open()


async def test_tls_older_than_1_2_is_refused(authority: trustme.CA, ca_file: str) -> None:
    own = certificate(authority, "127.0.0.1")
    own.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    own.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLS"):
        own.maximum_version = ssl.TLSVersion.TLSv1_1
    async with MisbehavingServer(certificate=own, tls_at_once=True) as server:
        with pytest.raises(Unavailable, match=r"no secure connection|connection was closed"):
            await client_of(server, security=Security.TLS, ca_file=ca_file).open()
        assert server.commands == []


@pytest.mark.parametrize(("security", "user"), [(Security.NONE, "soumu@contractor.example"), (Security.TLS, "")])
async def test_a_host_that_is_not_this_machine_gets_nothing_without_tls_and_login(
    security: Security, user: str
) -> None:
    async with MisbehavingServer() as server:
        with pytest.raises(AccountRefused, match="not on this machine"):
            await client_of(server, host="mail.contractor.example", security=security, user=user).open()


async def test_without_a_user_no_login_is_sent() -> None:
    async with MisbehavingServer() as server:
        client = client_of(server, user="")
        assert await submit(client) is Verdict.ACCEPTED
        assert not [command for command in server.commands if command.startswith("AUTH")]
        await client.close()


@pytest.mark.parametrize(
    ("offer", "sent"),
    [
        ("AUTH CRAM-MD5 LOGIN PLAIN", "AUTH PLAIN"),
        ("AUTH=LOGIN PLAIN", "AUTH PLAIN"),
        ("AUTH CRAM-MD5 LOGIN", "AUTH LOGIN"),
    ],
)
async def test_a_wrong_password_is_tried_once_by_one_mechanism(offer: str, sent: str) -> None:
    async with MisbehavingServer(At.AUTH, "535", offers=(offer,)) as server:
        with pytest.raises(AccountRefused, match=r"AUTH: 535 5\.7\.8 not you"):
            await client_of(server).open()
        logins = [command for command in server.commands if command.startswith("AUTH")]
        assert len(logins) == 1
        assert logins[0].startswith(sent)


async def test_login_by_login_sends_user_and_password_when_asked() -> None:
    async with MisbehavingServer(offers=("AUTH LOGIN",)) as server:
        client = client_of(server)
        assert await submit(client) is Verdict.ACCEPTED
        assert server.commands[1:4] == [
            "AUTH LOGIN",
            "c291bXVAY29udHJhY3Rvci5leGFtcGxl",
            "Y29ycmVjdCBob3JzZStiYXR0ZXJ5",
        ]
        await client.close()


@pytest.mark.parametrize("offers", [(), ("AUTH CRAM-MD5 XOAUTH2",)])
async def test_a_server_without_a_login_we_know_is_the_accounts_matter(offers: tuple[str, ...]) -> None:
    async with MisbehavingServer(offers=offers) as server:
        with pytest.raises(AccountRefused, match="no login by PLAIN or LOGIN"):
            await client_of(server).open()


async def test_a_server_that_quotes_the_login_does_not_get_it_into_the_error() -> None:
    async with MisbehavingServer(quotes_login=True) as server:
        client = client_of(server)
        with pytest.raises(AccountRefused) as caught:
            await client.open()
        text = str(caught.value) + repr(caught.value) + repr(client._account)
        plain = "AHNvdW11QGNvbnRyYWN0b3IuZXhhbXBsZQBjb3JyZWN0IGhvcnNlK2JhdHRlcnk="
        assert "not understood: AUTH PLAIN …" in text
        assert plain.lower() not in text.lower()
        assert PASSWORD not in text


# --- Without a server ----------------------------------------------------------------------------------------


async def test_a_port_where_nobody_listens_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: no other program can take it meanwhile
        server = MisbehavingServer()
        server.port = unused.getsockname()[1]
        with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{server.port}"):
            await client_of(server).open()


async def test_a_name_that_does_not_exist_is_unavailable() -> None:
    server = MisbehavingServer()
    server.port = 465
    client = client_of(server, host="no-such-host.invalid", security=Security.TLS)
    with pytest.raises(Unavailable, match=r"no-such-host\.invalid:465") as caught:
        await client.open()
    assert type(caught.value) is Unavailable


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("宛先が見つかりません".encode(), "宛先が見つかりません"),
        ("宛先が見つかりません".encode("cp932"), "宛先が見つかりません"),
        (b"what \x80\xff is this", "what \ufffd\ufffd is this"),
        (b"plain  words", "plain words"),
    ],
)
def test_an_answer_is_read_in_utf_8_or_else_in_shift_jis(line: bytes, told: str) -> None:
    assert text_of(line.decode("ascii", "surrogateescape")) == told


def test_every_wait_has_a_deadline_and_the_last_answer_is_given_ten_minutes() -> None:
    limits = Timeouts()
    assert all(getattr(limits, field.name) > 0 for field in dataclasses.fields(limits))
    assert limits.answer == 600
    assert limits.longest >= limits.transfer + limits.answer
