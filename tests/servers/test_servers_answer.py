"""That the real servers of the tests do what the tests lean on."""

from __future__ import annotations

import email
import email.policy
import ssl

import aiosmtplib
import imapclient
import pytest

from tests.support.mailservers import MailServers

pytestmark = pytest.mark.servers

NOTIFY = ["NOTIFY=SUCCESS,FAILURE,DELAY"]
ENVELOPE = ["RET=HDRS", "ENVID=a1b2.1.1"]


def a_mail(to: str, text: str = "hello") -> bytes:
    return f"From: office@test.example\r\nTo: {to}\r\nSubject: trial\r\n\r\n{text}\r\n".encode()


@pytest.fixture
def office(servers: MailServers) -> MailServers:
    for user in ("office", "issuer", "issuer-a"):
        servers.empty(user)
    return servers


def a_session(servers: MailServers, port: int) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname="localhost",
        port=port,
        use_tls=port == servers.submissions,
        start_tls=port != servers.submissions,
        tls_context=ssl.create_default_context(cafile=str(servers.ca_file)),
        username="office",
        password=servers.password,
        timeout=60,
    )


async def submit(servers: MailServers, port: int, to: str) -> aiosmtplib.SMTPResponse:
    async with a_session(servers, port) as session:
        await session.mail("office@test.example", options=ENVELOPE)
        await session.rcpt(to, options=NOTIFY)
        return await session.data(a_mail(to))


def report_fields(message: bytes) -> str:
    """The machine-readable part of a delivery report, as text."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert parsed.get_content_type() == "multipart/report"
    return next(part.as_string() for part in parsed.walk() if part.get_content_type() == "message/delivery-status")


@pytest.mark.parametrize("way", ["submission", "submissions"])
async def test_a_submission_arrives_in_the_issuers_maildir_and_dovecot_shows_it(office: MailServers, way: str) -> None:
    answer = await submit(office, getattr(office, way), "issuer@test.example")
    assert answer.code == 250
    assert b"Subject: trial\r\n" in office.arrived("issuer", 1)[0]

    context = ssl.create_default_context(cafile=str(office.ca_file))
    with imapclient.IMAPClient("localhost", office.imaps, ssl_context=context, timeout=60) as mailbox:
        mailbox.login("issuer", office.password)
        mailbox.select_folder("INBOX", readonly=True)
        (uid,) = mailbox.search("ALL")
        shown = mailbox.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
    assert shown.endswith(b"\r\nhello\r\n")


async def test_the_report_of_a_delivery_comes_back_with_the_envelope_id(office: MailServers) -> None:
    await submit(office, office.submission, "keiyaku@issuer-a.example")
    office.arrived("issuer-a", 1)
    fields = report_fields(office.arrived("office", 1)[0])
    assert "Original-Envelope-Id: a1b2.1.1" in fields
    assert "Action: delivered" in fields


async def test_a_far_server_that_refuses_sends_a_bounce_back(office: MailServers) -> None:
    await submit(office, office.submission, "hardfail@ext.example")
    fields = report_fields(office.arrived("office", 1)[0])
    assert "Action: failed" in fields
    assert "Status: 5.1.1" in fields


@pytest.mark.parametrize(
    ("to", "code"), [("refused@ext.example", 550), ("later@ext.example", 451), ("nosuch@test.example", 550)]
)
async def test_an_address_is_refused_at_rcpt(office: MailServers, to: str, code: int) -> None:
    async with a_session(office, office.submission) as session:
        await session.mail("office@test.example")
        with pytest.raises(aiosmtplib.SMTPRecipientRefused) as refused:
            await session.rcpt(to)
    assert refused.value.code == code


async def test_a_greylisting_server_takes_the_second_try(office: MailServers) -> None:
    async with a_session(office, office.greylist) as session:
        await session.mail("office@test.example")
        with pytest.raises(aiosmtplib.SMTPRecipientRefused) as refused:
            await session.rcpt("issuer@test.example")
        assert refused.value.code == 450
        assert (await session.rcpt("issuer@test.example")).code == 250


async def test_a_server_without_dsn_does_not_offer_it(office: MailServers) -> None:
    for port, offered in ((office.submission, True), (office.nodsn, False)):
        async with a_session(office, port) as session:
            await session.ehlo()
            assert session.supports_extension("dsn") is offered


async def test_a_password_is_not_taken_before_starttls(office: MailServers) -> None:
    async with aiosmtplib.SMTP(hostname="localhost", port=office.submission, start_tls=False, timeout=60) as session:
        await session.ehlo()
        assert not session.supports_extension("auth")


def test_a_message_put_into_a_maildir_is_shown_byte_for_byte(office: MailServers) -> None:
    office.deliver("office", a_mail("office@test.example", "保証"))
    with imapclient.IMAPClient("127.0.0.1", office.imap, ssl=False, timeout=60) as mailbox:
        mailbox.login("office", office.password)
        mailbox.select_folder("INBOX", readonly=True)
        (uid,) = mailbox.search("ALL")
        shown = mailbox.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
    assert shown == a_mail("office@test.example", "保証")
    assert office.messages("office") == [shown]
