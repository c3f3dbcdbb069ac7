"""Structures as servers report them, and a large mail built of its headers, texts and PDFs, with real servers."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from imapclient.response_parser import parse_fetch_response

from tests.support.mailservers import MailServers
from tests.support.tables import every_case
from tests.support.zips import zipped
from tests.watch.imap.test_mailbox import OPENED
from worker.authenticate.sender_auth import FromAddress, read_header_fields, read_sender
from worker.cli.demo.imap_server import DemoImap
from worker.config.settings import Security
from worker.core.model import JST
from worker.read.message import read_message
from worker.watch.imap import mailbox as imap_parts
from worker.watch.imap.mailbox import PDFS_LIMIT, PIECE, ImapAccount, ImapMailbox, put_together, read_structure
from worker.watch.plan import MAIL_LIMIT, MAIL_PART, holds_nothing, sections_of
from worker.watch.ports import BodyPart, Fetched, Header

PDF = b"%PDF-1.4\n" + random.Random(1).randbytes(300_000)
DRAWING = random.Random(2).randbytes(7_000_000)
SMALL_ZIP = zipped(("n.pdf", PDF))


def structure_of(text: bytes) -> BodyPart | None:
    answer: Any = parse_fetch_response([b"1 (UID 3 BODYSTRUCTURE (%s))" % text])
    return read_structure(answer[3][b"BODYSTRUCTURE"])


TEXT = b'"TEXT" "PLAIN" ("charset" "utf-8") NIL NIL "7BIT" 10 1 NIL NIL NIL NIL'
FILE = (
    b'"application" "pdf" ("name*0" "a" "name*1" ".pdf") NIL NIL "base64" 400 NIL '
    b'("attachment" ("filename" "b.pdf")) NIL NIL'
)


def test_a_message_of_one_part_has_the_section_1() -> None:
    assert structure_of(TEXT) == BodyPart("1", "text/plain", "7bit", 10)


def test_every_name_of_a_part_is_kept() -> None:
    found = structure_of(b'(%s)(%s) "mixed" ("boundary" "x") NIL NIL NIL' % (TEXT, FILE))
    assert found is not None
    assert found.kind == "multipart/mixed"
    assert found.parts[1] == BodyPart("2", "application/pdf", "base64", 400, "a .pdf b.pdf")


@pytest.mark.parametrize(
    ("inner", "sections"),
    [(TEXT, ["2.1"]), (b'(%s)(%s) "mixed" NIL NIL NIL NIL' % (TEXT, FILE), ["2.1", "2.2"])],
)
def test_the_parts_of_a_mail_within_are_numbered_below_it(inner: bytes, sections: list[str]) -> None:
    within = b'"message" "rfc822" NIL NIL NIL "7bit" 500 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) (%s) 20' % inner
    found = structure_of(b'(%s)(%s) "mixed" NIL NIL NIL NIL' % (TEXT, within))
    assert found is not None
    (held,) = found.parts[1].parts
    assert [each.section for each in held.parts or (held,)] == sections


@every_case("nonsense", [(), (b"text",), (None, None), 5, None, b"x", ([], b"mixed"), (b"a", b"b", 1, 2, 3, 4, 5)])
def test_a_structure_that_is_none_is_not_known(nonsense: object) -> None:
    found = read_structure(nonsense)
    assert found is None or not found.parts


def test_a_structure_without_a_bottom_is_not_known() -> None:
    body: tuple[object, ...] = (b"text", b"plain", None, None, None, b"7bit", 1)
    for _ in range(100):
        body = ([body], b"mixed")
    assert read_structure(body) is None


# --- Real servers -----------------------------------------------------------------------------------------------


def large_mail(*, is_forwarded: bool = False, html: str = "") -> bytes:
    """A mail of 10 MB: a drawing, and a notice of 0.4 MB whose type and name say nothing."""
    mail = EmailMessage()
    mail["From"] = "sato@contractor.example"
    mail["Subject"] = "認証キーのお知らせの件"
    mail["Message-ID"] = "<large@contractor.example>"
    mail.set_content("認証キーのお知らせです。\n")
    if html:
        mail.add_alternative(html, subtype="html")
    mail.add_attachment(DRAWING, maintype="application", subtype="zip", filename="図面.zip")
    mail.add_attachment(PDF, maintype="application", subtype="octet-stream", filename="download")
    mail.add_attachment(SMALL_ZIP, maintype="application", subtype="octet-stream", filename="sent")
    if not is_forwarded:
        return mail.as_bytes(policy=SMTP)
    outer = EmailMessage()
    outer["From"] = "yamada@contractor.example"
    outer["Subject"] = "Fwd: x"
    outer["Message-ID"] = "<outer@contractor.example>"
    outer.set_content("転送します。\n")
    outer.add_attachment(mail)
    return outer.as_bytes(policy=SMTP)


@pytest.fixture(scope="module")
def pymap_server() -> Iterator[DemoImap]:
    with DemoImap("office@contractor.example") as server:
        yield server


def box_of(server: DemoImap, folder: str) -> ImapMailbox:
    account = ImapAccount(server.host, server.port, Security.NONE, server.user, server.password)
    OPENED.append(ImapMailbox("main", account, folder=folder))
    return OPENED[-1]


def fetch_only(box: ImapMailbox) -> Fetched:
    box.open()
    headers = box.fetch_summaries(box.uids(1, None))
    ((one,),) = box.blocks(headers)
    return one


def check_large(fetched: Fetched, original: bytes) -> None:
    assert fetched.header.size > MAIL_LIMIT
    assert (fetched.is_complete, fetched.has_every_pdf, fetched.failure) == (False, True, "")
    assert len(fetched.content) < 1_000_000
    seen, whole = read_message(fetched.content), read_message(original)
    named = ("subject", "senders", "message_id", "defects")
    assert [getattr(seen, name) for name in named] == [getattr(whole, name) for name in named]
    assert isinstance(
        read_sender(read_header_fields(fetched.content)), FromAddress
    )  # its sender can be proven like any mail's
    assert [text.rstrip() for text in seen.texts] == [text.rstrip() for text in whole.texts]
    assert [(each.filename, each.content) for each in (*seen.pdfs, *(p for m in seen.nested for p in m.pdfs))] == [
        ("download", PDF)
    ]
    zips = [each.content for each in (*seen.zips, *(z for m in seen.nested for z in m.zips))]
    assert zips == [b"", SMALL_ZIP]  # the large one is named only if the mail mentions a key
    assert [each.subject for each in seen.nested] == [each.subject for each in whole.nested]


@pytest.mark.process
def test_of_a_large_mail_only_headers_texts_and_pdfs_are_fetched(pymap_server: DemoImap) -> None:
    pymap_server.create_folder("Large")
    mail = large_mail()
    pymap_server.append(mail, folder="Large")
    check_large(fetch_only(box_of(pymap_server, "Large")), mail)


@pytest.mark.servers
@pytest.mark.parametrize("is_forwarded", [False, True])
def test_a_large_mail_of_a_real_server_is_put_together_at_any_depth(
    servers: MailServers, *, is_forwarded: bool
) -> None:
    servers.empty("issuer-c")
    mail = large_mail(is_forwarded=is_forwarded, html="<p>x</p>" * 20_000)
    servers.deliver("issuer-c", mail)
    box = ImapMailbox(
        "main",
        ImapAccount(
            host=servers.host, port=servers.imap, security=Security.NONE, user="issuer-c", password=servers.password
        ),
    )
    OPENED.append(box)
    check_large(fetch_only(box), mail)
    servers.empty("issuer-c")


@pytest.mark.servers
def test_a_real_servers_structures_and_first_bytes_tell_what_can_be_passed_over(servers: MailServers) -> None:
    servers.empty("issuer-c")
    plain = EmailMessage()
    plain["From"] = "shop@store.example"
    plain["Subject"] = "prices"
    plain.set_content("Dear customer\n")
    plain.add_alternative("<p>Dear customer</p>", subtype="html")
    plain.add_attachment(b"\x89PNG" + b"\x00" * 5000, maintype="image", subtype="png", filename="logo.png")
    hidden = EmailMessage()
    hidden["From"] = "shop@store.example"
    hidden.set_content("x\n")
    hidden.add_attachment(PDF, maintype="image", subtype="png", filename="logo.png")
    for mail in (plain, hidden):
        servers.deliver("issuer-c", mail.as_bytes(policy=SMTP))
    box = ImapMailbox(
        "main",
        ImapAccount(
            host=servers.host, port=servers.imap, security=Security.NONE, user="issuer-c", password=servers.password
        ),
    )
    OPENED.append(box)
    box.open()
    first, second = box.fetch_summaries(box.uids(1, None))
    assert first.structure is not None
    assert second.structure is not None
    assert sections_of(first.structure) == ("1.1", "1.2", "2")
    starts = box.fetch_prefixes([first, second])
    assert holds_nothing(first.structure, starts[first.uid])
    assert not holds_nothing(second.structure, starts[second.uid])
    servers.empty("issuer-c")


# --- What cannot be had -----------------------------------------------------------------------------------------

WHEN = dt.datetime(2026, 11, 21, tzinfo=JST)


class Server:
    """Answers what is asked of a message of one text and one PDF of so many bytes; counts the pieces."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: list[str] = []

    def ask(self, uid: int, items: Any) -> dict[bytes, Any]:
        (item,) = items
        self.asked.append(item)
        if "HEADER" in item or "MIME" in item:
            return {b"BODY[HEADER]<0>": b"Subject: x\r\nContent-Type: multipart/mixed;\r\n boundary=z\r\n\r\n"}
        place, length = map(int, item.partition("<")[2].rstrip(">").split("."))
        return {b"BODY[2]<0>": b"x" * max(0, min(length, self.size - place))}


def header_with(*parts: BodyPart) -> Header:
    return Header(1, 9_000_000, WHEN, "", b"", BodyPart("", "multipart/mixed", parts=parts))


PART = BodyPart("2", "application/pdf", "base64", 1)


def test_a_pdf_is_fetched_in_pieces_whatever_size_the_server_tells() -> None:
    server = Server(2 * PIECE + 5)
    raw = put_together(header_with(PART), server.ask)
    assert raw is not None
    assert raw.count(b"x" * PIECE) == 2
    assert raw.count(b"Content-Type: multipart/mixed") == 1 + 1, "the outer one is said anew, the part's is its own"
    pieces = [item for item in server.asked if item.startswith("BODY.PEEK[2]")]
    assert pieces == [f"BODY.PEEK[2]<{place}.{PIECE}>" for place in (0, PIECE, 2 * PIECE)]


@pytest.mark.parametrize(
    "header",
    [
        header_with(BodyPart("1", "text/plain", size=imap_parts.TEXT_SURE + 1)),
        header_with(PART, BodyPart("3", "application/pdf"), BodyPart("4", "application/pdf")),
        Header(1, 9_000_000, WHEN, ""),
    ],
)
def test_where_not_everything_can_be_had_nothing_is_put_together(header: Header) -> None:
    assert put_together(header, Server(PDFS_LIMIT // 2).ask) is None
    assert MAIL_PART < MAIL_LIMIT
