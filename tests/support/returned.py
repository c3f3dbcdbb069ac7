"""Mails that come back, as servers and people write them: delivery reports, bounces, read receipts, replies.

They are put together here line by line, so that each test shows what it is about. Names and addresses are invented.
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

from tests.support.world import KAWA_TO, OFFICE

OURS = "<0a1b2c3d4e5f6071.0@contractor.example>"
ENVID = "0a1b2c3d4e5f6071.0.1"
TOWN = KAWA_TO


def recipient(
    action: str = "failed", status: str = "5.1.1", to: str = TOWN, diagnostic: str = "", original: str = ""
) -> str:
    """One recipient block; a field that is given empty is left out."""
    fields = {
        "Original-Recipient": f"rfc822;{original}" if original else "",
        "Final-Recipient": f"rfc822; {to}" if to else "",
        "Action": action,
        "Status": status,
        "Diagnostic-Code": diagnostic,
    }
    return "\n".join(f"{name}: {text}" for name, text in fields.items() if text)


def dsn(
    *recipients: str,
    envid: str = ENVID,
    returned: str = OURS,
    kind: str = "message/delivery-status",
    number: int = 1,
    subject: str = "Undelivered Mail Returned to Sender",
) -> bytes:
    """A multipart/report as RFC 3464 has it, the headers of our mail returned with it."""
    about = "\n".join(
        ["Reporting-MTA: dns; mx.contractor.example", *([f"Original-Envelope-Id: {envid}"] * bool(envid))]
    )
    status = "\n\n".join([about, *recipients])
    text = f"""Return-Path: <>
From: MAILER-DAEMON@contractor.example
To: {OFFICE}
Subject: {subject}
Message-ID: <report.{number}@mx.contractor.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="R"

--R
Content-Type: text/plain

This is the mail system.

--R
Content-Type: {kind}

{status}

--R
Content-Type: text/rfc822-headers

From: {OFFICE}
{f"Message-ID: {returned}" if returned else "X-Nothing: here"}

--R--
"""
    return text.replace("\n", "\r\n").encode()


def bounce(text: str, *, fields: str = "", sender: str = "MAILER-DAEMON@mx.example", number: int = 1) -> bytes:
    """A bounce of no standard form: one text."""
    head = f"From: {sender}\nTo: {OFFICE}\nSubject: failure notice\nMessage-ID: <bounce.{number}@mx.example>\n{fields}"
    return (head + "\n" + text).replace("\n", "\r\n").encode()


def qmail(to: str = TOWN, returned: str = OURS, words: str = "Sorry, no mailbox here by that name. (#5.1.1)") -> bytes:
    """As qmail writes it: its words, a line of hyphens, the mail as it was."""
    return bounce(
        f"""Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.

<{to}>:
{words}

--- Below this line is a copy of the message.

Return-Path: <{OFFICE}>
Message-ID: {returned}
From: {OFFICE}
"""
    )


def read_receipt(returned: str = OURS, sender: str = TOWN) -> bytes:
    """A message disposition notification."""
    text = f"""From: {sender}
To: {OFFICE}
Subject: =?UTF-8?B?6ZaL5bCB5riI44G/?=
Message-ID: <mdn.1@kawa-town.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="R"

--R
Content-Type: text/plain

Your message was displayed.

--R
Content-Type: message/disposition-notification

Final-Recipient: rfc822; {sender}
Original-Message-ID: {returned}
Disposition: manual-action/MDN-sent-manually; displayed

--R--
"""
    return text.replace("\n", "\r\n").encode()


def reply(
    text: str = "受領しました。\n",
    *,
    sender: str = "tanaka@kawa-town.example",
    to: str = OURS,
    subject: str = "Re: 契約保証にかかる認証キーの提出について",
    number: int = 1,
    **fields: str,
) -> bytes:
    """A reply; ``fields`` are further header fields, ``_`` for a hyphen."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = OFFICE
    mail["Subject"] = subject
    mail["Message-ID"] = f"<reply.{number}@kawa-town.example>"
    if to:
        mail["In-Reply-To"] = to
    for name, content in fields.items():
        mail[name.replace("_", "-")] = content
    mail.set_content(text)
    return mail.as_bytes(policy=SMTP)
