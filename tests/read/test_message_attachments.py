"""Files that are neither PDF nor text, by type, name and first bytes; and links in place of files."""

from __future__ import annotations

import pytest

from tests.support import notice_pdfs as made
from tests.support.tables import every_case
from tests.support.zips import locked_zip, zipped
from worker.core.model import Unreadable
from worker.core.states import Reason
from worker.read.message import (
    LETTERHEAD,
    AttachmentKind,
    attachment_kind,
    is_mail_file,
    is_zip,
    mentions_key,
    name_file,
    offers_file_link,
)
from worker.read.pdf_bytes import CONTAINER

ZIP = zipped(("a", b"b"))
JPEG = b"\xff\xd8\xff\xe0"
OCTETS = "application/octet-stream"


@pytest.mark.parametrize(
    "text",
    ["認証キー", "認証ｷｰ", "認 証 キ ー", "認証　キー", "【認証キー】", "\u8a8d\u8a3cｷ\u30fc"],
)
def test_a_key_is_spoken_of_in_full_and_in_half_width(text: str) -> None:
    assert mentions_key(text)


@pytest.mark.parametrize("text", ["", "認証", "キー", "暗証キー", "認証局", "key"])
def test_other_words_are_no_key(text: str) -> None:
    assert not mentions_key(text)


@every_case(
    ("kind", "name", "content", "sort"),
    [
        ("application/zip", "a.zip", ZIP, AttachmentKind.ZIP),
        ("application/x-zip-compressed", "", ZIP, AttachmentKind.ZIP),
        (OCTETS, "Ａ．ＺＩＰ", b"", AttachmentKind.ZIP),
        (OCTETS, "download", ZIP, AttachmentKind.ZIP),
        (OCTETS, "download", locked_zip("a"), AttachmentKind.ZIP),
        ("application/ms-tnef", "", b"\x78\x9f", AttachmentKind.OUTLOOK),
        (OCTETS, "WINMAIL.DAT", b"\x78\x9f", AttachmentKind.OUTLOOK),
        (OCTETS, "fwd.msg", b"\xd0\xcf\x11\xe0", AttachmentKind.OUTLOOK),
        ("application/pkcs7-mime", "smime.p7m", b"0\x80", AttachmentKind.SEALED),
        (OCTETS, "mail.pgp", b"\x85", AttachmentKind.SEALED),
        (OCTETS, "a.xdw", b"\x60\x0e", AttachmentKind.DOCUWORKS),
        (OCTETS, "a.xbd", b"\x60\x0e", AttachmentKind.DOCUWORKS),
        ("image/png", "a.png", b"x", AttachmentKind.PICTURE),
        ("image/heic", "", b"x", AttachmentKind.PICTURE),
        (OCTETS, "scan.tiff", b"x", AttachmentKind.PICTURE),
        (OCTETS, "scan", JPEG, AttachmentKind.PICTURE),
        (OCTETS, "a.lzh", b"x", AttachmentKind.ARCHIVE),
        (OCTETS, "a", b"\x21\x4f-lh5-", AttachmentKind.ARCHIVE),
        (OCTETS, "a", b"Rar!\x1a\x07", AttachmentKind.ARCHIVE),
        (OCTETS, "a.exe", b"MZ", AttachmentKind.ARCHIVE),
        (OCTETS, "a.docx", ZIP, AttachmentKind.OTHER),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "", ZIP, AttachmentKind.OTHER),
        (OCTETS, "a.unknown", b"x", AttachmentKind.OTHER),
        ("message/partial", "", b"x", AttachmentKind.OTHER),
    ],
)
def test_what_may_hold_a_notice_is_named(kind: str, name: str, content: bytes, sort: AttachmentKind) -> None:
    assert attachment_kind(kind, name, content) is sort


@every_case(
    ("kind", "name", "content"),
    [
        ("application/pkcs7-signature", "smime.p7s", b"0\x80"),
        (OCTETS, "smime.p7s", b"0\x80"),
        ("application/pgp-signature", "", b"x"),
        ("text/calendar", "invite.ics", b"BEGIN:VCALENDAR"),
        ("text/vcard", "sato.vcf", b"BEGIN:VCARD"),
        (OCTETS, "sato.vcf", b"BEGIN:VCARD"),
        ("text/csv", "a.csv", b"x"),
        (OCTETS, "", b""),
        ("multipart/mixed", "", b"x"),
        ("text", "", b"x"),
    ],
)
def test_what_mail_programs_add_by_themselves_is_not(kind: str, name: str, content: bytes) -> None:
    assert attachment_kind(kind, name, content) is None


def test_a_picture_in_the_text_counts_from_the_size_of_a_legible_sheet_on() -> None:
    small, large = JPEG + b"x" * 5_000, JPEG + b"x" * LETTERHEAD
    assert attachment_kind("image/jpeg", "image001.jpg", small, is_in_text=True) is None
    assert attachment_kind("image/jpeg", "image001.jpg", large, is_in_text=True) is AttachmentKind.PICTURE
    assert attachment_kind("image/jpeg", "IMG_0001.jpg", small) is AttachmentKind.PICTURE


def test_a_document_of_an_office_program_is_no_zip() -> None:
    for name in ("a.docx", "a.XLSX", "a.xlsm", "a.pptx", "a.odt", "ａ．ｄｏｃｘ"):
        assert not is_zip(OCTETS, name, ZIP)
    assert is_zip(OCTETS, "docx.zip", ZIP)
    assert is_zip(OCTETS, "a.pdf", ZIP)


@pytest.mark.parametrize(
    ("name", "content", "detail"),
    [
        ("a.pdf", ZIP, "zip"),
        ("a.pdf", JPEG, "picture"),
        ("a.msg", b"\xd0\xcf\x11\xe0", "outlook"),
        ("a.pdf", b"<html>", "other"),
        ("a.txt", b"key", "other"),
        ("a.pdf", made.plain() + ZIP, CONTAINER),
        ("a.pdf", b"\r\n" + made.plain(), CONTAINER),
    ],
)
def test_a_file_that_is_no_pdf_says_what_it_is(name: str, content: bytes, detail: str) -> None:
    refused = Unreadable(Reason.DAMAGED, CONTAINER)
    assert name_file(refused, name, content) == Unreadable(Reason.DAMAGED, detail)


def test_other_refusals_and_notices_stay_as_they_are() -> None:
    refused = Unreadable(Reason.DAMAGED, "cut")
    assert name_file(refused, "a.zip", ZIP) is refused


def test_a_saved_mail_is_known_by_its_name() -> None:
    assert is_mail_file("お知らせ.EML", b"From: a@b.example")
    assert is_mail_file("お知らせ．ｅｍｌ", b"From: a@b.example")
    assert not is_mail_file("お知らせ.eml", made.plain())
    assert not is_mail_file("お知らせ.eml", b"")
    assert not is_mail_file("お知らせ.eml.pdf", b"From: a@b.example")


# --- Links -------------------------------------------------------------------------------------------------------


@every_case(
    "text",
    [
        "添付ファイルは安全のためリンクに変換されました。",
        "添付ファイルをURLに変換しました。",
        "以下のURLからファイルをダウンロードしてください。",
        "ダウンロード期限：12月5日",
        "ファイル転送サービスでお送りします。",
        "ファイルを共有しました。",
        "大容量のためクラウドに置きました。",
        "sato shared a file with you",
        "Please download the attachment here",
    ],
)
def test_words_that_hand_over_a_file_by_an_address_are_known(text: str) -> None:
    assert offers_file_link((text,), is_answer=False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "明日うかがいます。\n〇〇建設 https://www.contractor.example/",
        "認証キーの提出先は https://city.example/ です。",
    ],
)
def test_an_address_alone_hands_over_nothing(text: str) -> None:
    assert not offers_file_link((text,), is_answer=False)


@pytest.mark.parametrize(
    "quoted",
    [
        "> ファイルをダウンロードしてください",
        "-----Original Message-----\nFrom: a\nファイルをダウンロードしてください",
        "差出人: 佐藤\n送信日時: 2026年11月28日\nファイルをダウンロードしてください",
        "________________________________\nファイルをダウンロードしてください",
    ],
)
def test_of_an_answer_what_it_quotes_does_not_count(quoted: str) -> None:
    text = f"了解しました。\n\n{quoted}"
    assert not offers_file_link((text,), is_answer=True)
    assert offers_file_link((text,), is_answer=False)
