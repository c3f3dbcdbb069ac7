"""Mails whose build is odd or broken, and mails about mails of others, each with its required result.

Put together as in ``mail_samples``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from tests.support.mail_samples import KEY_SUBJECT, OTHER_SUBJECT, QUIET, TEXT, Sample, attached, head, mail, tnef
from tests.support.returned import bounce, dsn, qmail, read_receipt, recipient, reply


def built(name: str, raw: bytes, end: str = "submission") -> Sample:
    return Sample(name, raw, end=end)


def odd_builds(pdf: bytes) -> Iterator[Sample]:
    """Each with the notice ``pdf`` in it, or with nothing; ``end`` says what must become of it."""
    whole = mail(1, KEY_SUBJECT, TEXT, attached(pdf))
    yield built("as it should be", whole)
    for group in (_hidden, _mails_in_mails, _boundaries, _lines_and_bytes, _headers):
        yield from group(pdf, whole)


def _within(inner: bytes, transfer: bytes = b"") -> bytes:
    return b"Content-Type: message/rfc822\r\n" + transfer + b"\r\n" + inner


def _hidden(pdf: bytes, whole: bytes) -> Iterator[Sample]:
    winmail = b'; filename="winmail.dat"'
    yield built(
        "TNEF", mail(1, KEY_SUBJECT, TEXT, attached(tnef("認証.pdf", pdf), winmail, b"application/ms-tnef")), "held"
    )
    yield built(
        "TNEF by name", mail(1, KEY_SUBJECT, TEXT, attached(tnef("a.pdf", pdf), winmail, b"application/x")), "held"
    )
    photo = attached(tnef("a.jpg", b"\xff\xd8"), winmail, b"application/ms-tnef")
    yield built("TNEF of photographs", mail(1, OTHER_SUBJECT, QUIET, photo), "not_ours")
    sealed = attached(b"0\x80\x06\x09", b'; filename="smime.p7m"', b"application/pkcs7-mime; smime-type=enveloped-data")
    yield built("S/MIME sealed", mail(1, KEY_SUBJECT, TEXT, sealed), "held")
    signature = attached(b"0\x80\x06\x09", b'; filename="smime.p7s"', b"application/pkcs7-signature")
    yield built("S/MIME signed", mail(1, KEY_SUBJECT, TEXT, attached(pdf), signature, kind=b"signed"))
    uu = (
        b"begin 644 n.pdf\r\n"
        + b"".join(binascii.b2a_uu(pdf[n : n + 45]) for n in range(0, len(pdf), 45))
        + b"`\r\nend\r\n"
    )
    uu_part = b'Content-Type: application/pdf; name="n.pdf"\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n' + uu
    yield built("uuencoded", mail(1, KEY_SUBJECT, TEXT, uu_part), "held")


def _mails_in_mails(pdf: bytes, whole: bytes) -> Iterator[Sample]:
    yield built("a mail within", mail(1, OTHER_SUBJECT, QUIET, _within(whole)))
    coded = _within(base64.encodebytes(whole), b"Content-Transfer-Encoding: base64\r\n")
    yield built("a mail within, in base64, as RFC 2046 forbids", mail(1, OTHER_SUBJECT, QUIET, coded))
    eml = attached(whole, b'; filename="fwd.eml"', b"application/octet-stream")
    yield built("a mail as a file", mail(1, OTHER_SUBJECT, QUIET, eml))
    deep = whole
    for _ in range(30):
        deep = mail(1, OTHER_SUBJECT, QUIET, _within(deep)).replace(b"b-1", b"b-%d" % len(deep))
    yield built("30 mails within each other", deep)
    bottomless = (head(1, KEY_SUBJECT) + b"Content-Type: message/rfc822\r\n\r\n") * 3000
    yield built("3,000 mails within each other", bottomless, "held")
    many = mail(1, KEY_SUBJECT, TEXT, *[b"Content-Type: text/plain\r\n\r\nx"] * 3000)
    yield built("3,000 parts", many, "held")
    digest = (
        head(1, OTHER_SUBJECT)
        + b'Content-Type: multipart/digest; boundary="d"\r\n\r\n--d\r\n\r\n'
        + whole
        + b"\r\n--d--\r\n"
    )
    yield built("a digest", digest)


def _boundaries(pdf: bytes, whole: bytes) -> Iterator[Sample]:
    start, _, rest = whole.partition(b"\r\n\r\n")
    yield built("boundary not closed", whole.replace(b"--b-1--\r\n", b""))
    yield built("boundary with spaces behind", whole.replace(b"--b-1\r\n", b"--b-1  \t\r\n"))
    yield built("boundary without quotes", whole.replace(b'"b-1"', b"b-1"))
    yield built("boundary written by RFC 2231", whole.replace(b'boundary="b-1"', b"boundary*=us-ascii''b-1"))
    yield built("boundary in two pieces", whole.replace(b'boundary="b-1"', b'boundary*0="b-"; boundary*1="1"'))
    yield built("boundary that never comes", whole.replace(b'"b-1"', b'"other"'), "held")
    yield built("no boundary", whole.replace(b' boundary="b-1"', b""), "held")
    yield built("an empty boundary", whole.replace(b'"b-1"', b'""'), "held")
    longer = whole.replace(b"--b-1\r\nContent-Type: text", b"--b-10\r\nx\r\n--b-1\r\nContent-Type: text")
    yield built("a boundary that begins another", longer)
    yield built(
        "text before and behind the parts", start + b"\r\n\r\nThis is MIME.\r\n" + rest + b"--b-1\r\nbehind\r\n"
    )


def _lines_and_bytes(pdf: bytes, whole: bytes) -> Iterator[Sample]:
    yield built("LF alone", whole.replace(b"\r\n", b"\n"))
    yield built("CR alone", whole.replace(b"\r\n", b"\r"))
    yield built("a line of an mbox in front", b"From sato@contractor.example Sat Nov 21 09:00:00 2026\r\n" + whole)
    nul = whole.replace(b"To: ", b"X-Nul: a\0b\0\r\nTo: ").replace(
        b"Content-Disposition", b"X-N: \0\r\nContent-Disposition"
    )
    yield built("NUL bytes", nul)
    yield built("a header of 10 MB", b"X-Long: " + b"x" * 10_000_000 + b"\r\n" + whole, "submission")
    yield built("a text of one 10 MB line", mail(1, KEY_SUBJECT, (TEXT[0], b"x" * 10_000_000), attached(pdf)))
    yield built("base64 of one line", whole.replace(base64.encodebytes(pdf), base64.b64encode(pdf)))
    spoiled = base64.encodebytes(pdf).replace(b"\n", b" !\r\n")
    yield built("base64 with other characters between", whole.replace(base64.encodebytes(pdf), spoiled))
    yield built(
        "base64 without its padding", whole.replace(base64.encodebytes(pdf), base64.b64encode(pdf).rstrip(b"="))
    )
    yield built("base64 in quotation", whole.replace(b"Encoding: base64", b'Encoding: "base64"'), "held")
    yield built("base64 with a comment", whole.replace(b"Encoding: base64", b"Encoding: base64 (RFC 2045)"))
    yield built("an encoding of no name", whole.replace(b"Encoding: base64", b"Encoding: x-unknown"), "held")
    octets = whole.replace(b"application/pdf", b"application/octet-stream")
    yield built("a PDF called octets", octets)
    yield built(
        "a PDF without type and name",
        mail(1, KEY_SUBJECT, TEXT, b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(pdf)),
    )
    alone = head(1, KEY_SUBJECT) + attached(pdf)
    yield built("nothing but a PDF", alone)


def _headers(pdf: bytes, whole: bytes) -> Iterator[Sample]:
    start, _, rest = whole.partition(b"\r\n\r\n")
    yield built("two From", b"From: other@elsewhere.example\r\n" + whole)
    yield built("two Subjects", b"Subject: first\r\n" + whole)
    yield built("no Message-ID", whole.replace(b"Message-ID: <sample.1@contractor.example>\r\n", b""))
    yield built("a Message-ID without brackets", whole.replace(b"<sample.1@contractor.example>", b"sample 1"))
    yield built("a line that is no header", whole.replace(b"MIME-Version: 1.0", b"here is no colon"), "held")
    yield built("names of headers in capitals", whole.replace(b"Content-Type", b"CONTENT-TYPE"))
    yield built(
        "folded within the type",
        whole.replace(b"Content-Type: multipart/mixed;", b"Content-Type:\r\n\tmultipart/mixed;\r\n\t"),
    )
    yield built("no header at all", b"\r\n" + rest, "not_ours")
    yield built("headers alone", start, "held")
    yield built("nothing", b"", "unfetched")
    yield built("an empty line", b"\r\n", "not_ours")
    yield built("every byte", bytes(range(256)) * 40, "not_ours")
    yield built("half of it", whole[: len(whole) // 2], "held")


def mails_of_others(pdf: bytes, ours: str, envid: str) -> Iterator[Sample]:
    """Reports, bounces and replies that are about no mail of this office, however near they come to one."""
    near = ours.replace(".0@", ".1@")
    told = recipient("failed", "5.1.1")
    yield Sample("report on another's mail", dsn(told, envid="other.1", returned="<x@elsewhere.example>"), end="report")
    yield Sample("report that names nothing", dsn(told, envid="", returned=""), end="report")
    yield Sample("report on an address of ours", dsn(told, envid="", returned="<1@elsewhere.example>"), end="report")
    yield Sample("bounce on an address of ours", qmail(returned="<1@elsewhere.example>"), end="not_ours")
    yield Sample(
        "bounce without a mail",
        bounce("Sorry, no mailbox here by that name: <doboku@kawa-town.example>"),
        end="not_ours",
    )
    yield Sample("receipt for another's mail", read_receipt("<x@elsewhere.example>"), end="report")
    yield Sample("answer to another's mail", reply(to="<x@elsewhere.example>"), end="not_ours")
    yield Sample("answer by subject alone", reply(to=""), end="not_ours")
    yield Sample("answer to a mail that is nearly ours", reply(to=near), end="not_ours")
    capitals = ours.upper()
    yield Sample("answer to our number in capitals", reply(to=capitals), end="not_ours")
    yield Sample("our envelope in a subject alone", reply(to="", subject=f"Re: {envid}"), end="not_ours")
    yield Sample("a PDF that is no notice", mail(1, OTHER_SUBJECT, QUIET, attached(b"%PDF-1.4\nx")), end="not_ours")
    yield Sample("a notice inside a report on another's mail", _within_a_report(pdf), end="report")


def _within_a_report(pdf: bytes) -> bytes:
    inner = mail(1, KEY_SUBJECT, TEXT, attached(pdf))
    report = dsn(recipient("failed", "5.1.1"), envid="other.1", returned="<x@elsewhere.example>")
    return report.replace(b"--R--", b"--R\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--R--")
