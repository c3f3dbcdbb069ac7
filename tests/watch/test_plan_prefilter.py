"""Messages that may be passed over by their header, structure and first bytes; an uncertain one is fetched."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
from collections.abc import Callable

import pytest

from tests.support.tables import every_case
from worker.core.model import JST
from worker.core.rulebook import Guarantor
from worker.read.classify import OwnMailSigns
from worker.read.message import read_message
from worker.watch.plan import Wanted, describe_passed, holds_nothing, judge_outline, sections_of
from worker.watch.ports import BodyPart, Header

OFFICE = "soumu@contractor.example"
OURS_ID = "<0a1b2c3d.0@contractor.example>"
OURS = OwnMailSigns(OFFICE, lambda candidate: candidate == OURS_ID, lambda candidate, sender: ".r1@" in candidate)
EAST = Guarantor(
    id="east",
    name="東",
    senders=("surety.example",),
    subjects=("電子保証（認証キー）発行完了のお知らせ",),
    titles=(),
    number="",
    key="",
    labels={},
    products={},
    assumed=(),
)
TOWNS = frozenset({"kawa-town.example"})
TEXT = BodyPart("1", "text/plain", "7bit", 100)
HTML = BodyPart("2", "text/html", "base64", 200)
BOTH = BodyPart("", "multipart/alternative", parts=(TEXT, HTML))


def header(structure: BodyPart | None = TEXT, **fields: str) -> Header:
    """A message of a stranger; ``fields`` are header fields, with ``_`` for ``-``; an empty one is left out."""
    kind = structure.kind if structure else "text/plain"
    named = {"From": "shop@store.example", "Subject": "New prices", "Return_Path": "<shop@store.example>"}
    named |= {"Message_ID": "<1@store.example>", "Content_Type": kind} | fields
    lines = "".join(f"{name.replace('_', '-')}: {text}\r\n" for name, text in named.items() if text)
    return Header(9, 5_000, dt.datetime(2026, 11, 21, tzinfo=JST), "<1@store.example>", lines.encode(), structure)


def judge(message: Header) -> Wanted:
    return judge_outline(message, (EAST,), OURS, TOWNS).wanted


# --- What may say that a mail of ours left ------------------------------------------------------------------------

PDF_PART = BodyPart("2", "application/pdf", "base64", 90_000, "お知らせ.pdf")
WITH_PDF = BodyPart("", "multipart/mixed", parts=(TEXT, PDF_PART))
NAMED_PDF = BodyPart(
    "", "multipart/mixed", parts=(BOTH, dataclasses.replace(PDF_PART, kind="application/octet-stream"))
)


def is_news(message: Header) -> bool:
    return judge_outline(message, (EAST,), OURS, TOWNS).may_be_news


@every_case("structure", [TEXT, BOTH, WITH_PDF, NAMED_PDF])
@every_case("fields", [{}, {"From": "netdesk@surety.example"}, {"Subject": "認証キーの件"}])
def test_a_notice_and_a_strangers_mail_are_no_news_of_a_mail_of_ours(
    structure: BodyPart, fields: dict[str, str]
) -> None:
    assert not is_news(header(structure, **fields))


@every_case(
    "fields",
    [
        {"From": "Doboku <doboku@KAWA-town.example>"},
        {"From": ""},
        {"From": "MAILER-DAEMON@mx.store.example"},
        {"Return_Path": "<>"},
        {"Auto_Submitted": "auto-replied"},
        {"X_Failed_Recipients": "doboku@kawa-town.example"},
        {"In_Reply_To": OURS_ID},
        {"References": "<later.r1@contractor.example>"},
        {"Message_ID": OURS_ID},
        {"Message_ID": "<later.r1@contractor.example>", "From": OFFICE},
        {"Subject": "Undelivered Mail Returned to Sender"},
        {"Subject": "認証キーの件 配信できませんでした"},
        {"Content_Type": "multipart/report; report-type=delivery-status"},
    ],
)
@every_case("structure", [BOTH, WITH_PDF])
def test_what_may_have_come_back_is_news_also_with_a_pdf(structure: BodyPart, fields: dict[str, str]) -> None:
    assert is_news(header(structure, **fields))


@every_case(
    "leaf",
    [
        BodyPart("2", "message/rfc822", parts=(TEXT,)),
        BodyPart("2", "message/delivery-status"),
        BodyPart("2", "application/octet-stream", names="mail.eml"),
        BodyPart("2", "application/pdf", names="mail.eml"),
        BodyPart("2", "application/octet-stream", names="a.pdf.msg"),
        BodyPart("2", "application/ms-tnef"),
        BodyPart("2", "application/pkcs7-mime", names="smime.p7m"),
        BodyPart("2", "multipart/mixed"),
        BodyPart("2", "text/plain", size=200_001),
    ],
)
def test_what_may_hold_a_mail_that_came_back_is_news(leaf: BodyPart) -> None:
    assert is_news(header(BodyPart("", "multipart/mixed", parts=(TEXT, leaf, PDF_PART))))


@pytest.mark.parametrize(
    "message",
    [
        header(None),
        dataclasses.replace(header(WITH_PDF), fields=b""),
        dataclasses.replace(header(WITH_PDF), size=0),
        header(TEXT, Content_Type="multipart/mixed; boundary=x"),
        header(BodyPart("", "multipart/mixed", parts=(TEXT,) * 51)),
    ],
)
def test_what_is_not_known_of_a_message_is_news(message: Header) -> None:
    assert is_news(message)


@pytest.mark.parametrize(
    "structure", [TEXT, BOTH, BodyPart("", "multipart/mixed", parts=(BOTH, BodyPart("2", "image/png")))]
)
def test_of_a_strangers_mail_the_first_bytes_of_each_part_are_enough(structure: BodyPart) -> None:
    assert judge(header(structure)) is Wanted.STARTS


@every_case(
    "fields",
    [
        {"Subject": "=?UTF-8?B?6Zu75a2Q5L+d6Ki877yI6KqN6Ki844Kt44O877yJ55m66KGM5a6M5LqG44Gu44GK55+l44KJ44Gb?="},
        {"Subject": "認証キーの件"},
        {"From": "netdesk@mail.surety.example"},
        {"From": "Doboku <doboku@KAWA-town.example>"},
        {"From": ""},
        {"From": "MAILER-DAEMON@mx.store.example"},
        {"From": "postmaster@store.example"},
        {"Return_Path": "<>"},
        {"Auto_Submitted": "auto-replied"},
        {"X_Failed_Recipients": "doboku@kawa-town.example"},
        {"In_Reply_To": OURS_ID},
        {"References": f"<x@y.example>\r\n {OURS_ID} <z@y.example>"},
        {"References": "<later.r1@contractor.example>"},
        {"Message_ID": OURS_ID},
        {"Subject": "Undelivered Mail Returned to Sender"},
        {"Subject": "Delivery Status Notification (Delay)"},
        {"Subject": "配信できませんでした"},
    ],
)
def test_what_may_announce_a_notice_or_be_news_of_a_mail_of_ours_is_fetched(fields: dict[str, str]) -> None:
    assert judge(header(BOTH, **fields)) is Wanted.BODY


@every_case(
    "leaf",
    [
        BodyPart("2", "application/pdf"),
        BodyPart("2", "application/x-pdf"),
        BodyPart("2", "application/octet-stream", names="お知らせ.pdf"),
        BodyPart("2", "application/octet-stream", names="=?UTF-8?B?44GK55+l44KJ44GbLnBkZg==?="),
        BodyPart("2", "application/octet-stream", names="utf-8''%E3%81%8A.PDF"),
        BodyPart("2", "text/plain", names="notice.pdf"),
        BodyPart("2", "application/octet-stream", names="mail.eml"),
        BodyPart("2", "application/ms-tnef"),
        BodyPart("2", "application/octet-stream", names="winmail.dat"),
        BodyPart("2", "application/zip"),
        BodyPart("2", "application/x-zip-compressed"),
        BodyPart("2", "application/octet-stream", names="資料.ZIP"),
        BodyPart("2", "application/octet-stream", names="=?UTF-8?B?6LOH5paZLnppcA==?="),
        BodyPart("2", "application/octet-stream", names="fwd.msg"),
        BodyPart("2", "application/octet-stream", names="a.xdw"),
        BodyPart("2", "application/octet-stream", names="a.lzh"),
        BodyPart("2", "image/jpeg", names="認証キー.jpg"),
        BodyPart("2", "image/jpeg", names="認証ｷｰ.jpg"),
        BodyPart("2", "image/jpeg", names="=?UTF-8?B?6KqN6Ki844Kt44O8?="),
        BodyPart("2", "image/jpeg", names="utf-8''%E8%AA%8D%E8 %A8%BC%E3%82%AD%E3%83%BC.jpg"),
        BodyPart("2", "image/jpeg", names="iso-2022-jp''%1B%24BG%27%3EZ%25-%21%3C%1B%28B.jpg"),
        BodyPart("2", "image/jpeg", names="\ufffd\ufffd.jpg"),
        BodyPart("2", "application/pkcs7-mime", names="smime.p7m"),
        BodyPart("2", "message/rfc822", parts=(TEXT,)),
        BodyPart("2", "message/delivery-status"),
        BodyPart("2", "multipart/mixed"),
        BodyPart("2", "text/plain", size=200_001),
    ],
)
@every_case("depth", [0, 3])
def test_what_is_or_may_hold_a_pdf_or_another_mail_is_fetched_at_any_depth(leaf: BodyPart, depth: int) -> None:
    for level in range(depth):
        leaf = BodyPart(f"2.{level}", "multipart/mixed", parts=(TEXT, leaf))
    assert judge(header(BodyPart("", "multipart/mixed", parts=(TEXT, leaf)))) is Wanted.BODY


@every_case(
    "message",
    [
        header(None),
        dataclasses.replace(header(), fields=b""),
        dataclasses.replace(header(), size=0),
        header(TEXT, Content_Type="multipart/mixed; boundary=x"),
        header(BOTH, Content_Type="text/plain"),
        header(TEXT, Content_Type="application/octet-stream"),
        header(BodyPart("", "multipart/report", parts=(TEXT, TEXT))),
        header(BodyPart("", "multipart/mixed", parts=(TEXT,) * 51)),
    ],
)
def test_what_the_server_cannot_tell_or_takes_for_something_else_is_fetched(message: Header) -> None:
    assert judge(message) is Wanted.BODY


PDF = b"%PDF-1.4\n" + b"x" * 3000


def as_base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")[:3300]


@every_case(
    ("leaf", "start"),
    [
        (BodyPart("1", "image/png", "base64"), as_base64(PDF)),
        (BodyPart("1", "application/octet-stream", "base64"), as_base64(b"\x00" * 1000 + PDF)),
        (BodyPart("1", "application/octet-stream", "base64"), as_base64(b"PK\x03\x04" + b"x" * 3000)),
        (BodyPart("1", "text/plain", "base64"), as_base64("認証キーの写真を送ります。\r\n".encode() + b"x" * 3000)),
        (BodyPart("1", "text/plain", "8bit"), ("あ" * 1000 + "認証キー" + "い" * 1000).encode()[:3301]),
        (BodyPart("1", "text/plain", "7bit"), b"\x1b$BG'>Z%-!<\x1b(B \x1b$B$"),
        (BodyPart("1", "text/plain", "8bit"), "認証ｷｰ".encode("cp932") + b"\x83"),
        (BodyPart("1", "text/html", "quoted-printable"), b"<p>=E8=AA=8D=E8=A8=BC=E3=82=AD=E3=83=BC</p>"),
        (BodyPart("1", "application/msword", "binary"), PDF),
        (BodyPart("1", "text/plain", "base64"), as_base64(b"\r\n " + PDF)),
        (BodyPart("1", "text/plain", "quoted-printable"), b"=25PDF-1.4"),
        (BodyPart("1", "text/plain", "7bit"), b"--x\r\nContent-Type: application/pdf\r\n\r\n"),
        (BodyPart("1", "text/plain", "7bit"), b"content-type: message/rfc822\r\n\r\n"),
    ],
)
def test_a_part_whose_first_bytes_are_a_pdfs_or_another_parts_is_opened_whatever_it_is_called(
    leaf: BodyPart, start: bytes
) -> None:
    assert not holds_nothing(leaf, {"1": start})


def test_a_message_is_passed_over_only_where_the_first_bytes_of_every_part_are_there() -> None:
    assert sections_of(BOTH) == ("1", "2")
    assert holds_nothing(BOTH, {"1": b"Dear customer", "2": as_base64(b"<p>%PDF-1.4 is a mark</p>")})
    assert holds_nothing(BOTH, {"1": b"", "2": b""})
    assert not holds_nothing(BOTH, {"1": b"Dear customer"})
    assert not holds_nothing(BOTH, {})


def test_what_is_passed_over_is_named_in_its_row() -> None:
    assert describe_passed(header(Date="Sat, 21 Nov 2026 10:00:00 +0900")) == (
        "shop@store.example",
        "New prices",
        "Sat, 21 Nov 2026 10:00:00 +0900",
    )


@pytest.mark.parametrize(
    ("kind", "encoding", "encode"),
    [("image/png", "base64", as_base64), ("application/zip", "binary", lambda content: content[:3300])],
)
def test_whatever_the_reader_of_mails_calls_a_pdf_is_not_passed_over(
    kind: str, encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    for before in (0, 1, 1000, 1023, 1024, 1025, 1500):
        content = b"\x00" * before + PDF
        mail = b"Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n" % (kind.encode(), encoding.encode())
        body = base64.encodebytes(content) if encoding == "base64" else content
        is_pdf = bool(read_message(mail + body).pdfs)
        assert holds_nothing(BodyPart("1", kind, encoding), {"1": encode(content)}) is not is_pdf, before
