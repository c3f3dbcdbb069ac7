"""The mail on the wire: the bytes that it has, and those that it can never have."""

import base64
import dataclasses
import datetime as dt
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tables import every_case
from worker.compose.mime_write import UnsafeValue, attachment_name, build_message, write_alarm
from worker.core.message_id import (
    alarm_message_id,
    bears_secret,
    is_own_message_id_form,
    message_id,
    old_message_id,
    rehearsal_message_id,
)
from worker.core.model import Address, Attachment, Draft, Product, Sha256, sha256

SENDER = Address("denshi@midori-kensetsu.example")
NOTICE = b"%PDF-1.7\n" + bytes(range(256)) * 3
INVOICE = b"%PDF-1.4\r\n.\r\n--\r\n"
BODY = "御中\r\n\n.\nFrom here\t一行\n"
DATE = dt.datetime(2026, 11, 26, 0, 30, 5, 999, tzinfo=dt.UTC)


def attachment(filename: str, content: bytes) -> Attachment:
    return Attachment("認証キーのお知らせ", filename, sha256(content), len(content))


DRAFT = Draft(
    sender=SENDER,
    sender_name="みどり建設株式会社",
    to=(Address("keiyaku@city.aoba.example"), Address("doboku@city.aoba.example")),
    cc=(Address("kanri@midori-kensetsu.example"),),
    subject="前払金保証にかかる認証キー【橋梁補修工事（第２号）】の提出について",
    body_sha256=sha256(BODY.encode()),
    attachments=(
        attachment("認証キーのお知らせ_R8-123.pdf", NOTICE),
        attachment("前払金請求書.pdf", INVOICE),
    ),
    message_id="<0123456789abcdef0123.1@midori-kensetsu.example>",
    in_reply_to="<0123456789abcdef0123.0@midori-kensetsu.example>",
)
CONTENTS = {sha256(NOTICE): NOTICE, sha256(INVOICE): INVOICE}


def written(**changes: object) -> bytes:
    return build_message(dataclasses.replace(DRAFT, **changes), BODY, CONTENTS, DATE)


def header_names(raw: bytes) -> list[str]:
    head = raw.partition(b"\r\n\r\n")[0].decode()
    return [line.partition(":")[0] for line in head.split("\r\n") if line[0] != " "]


def header(raw: bytes, name: str) -> str:
    head = raw.partition(b"\r\n\r\n")[0].decode() + "\r\n"
    found = re.search(rf"^{name}: (.*?)\r\n(?! )", head, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_headers_are_these_in_this_order_and_no_others():
    assert header_names(written()) == [
        "Date", "From", "To", "Cc", "Message-ID", "In-Reply-To", "Subject", "MIME-Version", "Content-Type",
    ]  # fmt: skip


def test_a_first_mail_without_copies_names_neither_cc_nor_in_reply_to():
    names = header_names(written(cc=(), in_reply_to=""))
    assert "Cc" not in names
    assert "In-Reply-To" not in names


def test_only_a_rehearsal_says_that_it_was_made_by_a_machine():
    assert "Auto-Submitted" not in header_names(written())
    assert header(written(rehearsal_for=DRAFT.to), "Auto-Submitted") == "auto-generated"


def test_every_byte_is_printable_ascii_in_lines_ended_by_crlf_of_at_most_998_columns():
    raw = written(attachments=(attachment("𠮷" * 49 + ".pdf", NOTICE),))
    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert all(0x20 <= byte < 0x7F for line in lines for byte in line)
    assert max(map(len, lines)) <= 998
    assert not any(line.endswith(b" ") for line in lines)


def test_lines_are_folded_at_78_columns_but_for_the_name_that_must_stay_in_one_piece():
    raw = written(
        subject="長い件名" * 50,
        to=tuple(Address(f"section-{number}@city.aoba.example") for number in range(40)),
        attachments=(attachment("長い名前" * 16 + ".pdf", NOTICE),),
    )
    long = [line for line in raw.split(b"\r\n") if len(line) > 78]
    assert [line.partition(b"'")[0] for line in long] == [b" filename*=UTF-8"]


@settings(deadline=None)
@given(count=st.integers(1, 30), width=st.integers(1, 60))
def test_addresses_fold_between_addresses_within_78_columns(count: int, width: int):
    raw = written(to=(Address("a" * width + "@x.example"),) * count)
    folded = header(raw, "To")
    assert folded.replace("\r\n", "").split(", ") == ["a" * width + "@x.example"] * count
    assert all(len(line) <= 78 for line in f"To: {folded}".split("\r\n"))


def test_the_date_is_japanese_time_in_english_names_whatever_the_zone_it_came_in():
    assert header(written(), "Date") == "Thu, 26 Nov 2026 09:30:05 +0900"


def test_a_time_without_a_zone_is_no_date():
    with pytest.raises(ValueError, match="zone"):
        build_message(DRAFT, BODY, CONTENTS, DATE.replace(tzinfo=None))


def test_the_same_draft_and_date_give_the_same_bytes():
    assert written() == written()


def test_a_japanese_subject_is_base64_words_of_whole_characters():
    words = header(written(subject="あ" * 60), "Subject").split("\r\n ")
    assert len(words) > 1
    assert all(re.fullmatch(r"=\?UTF-8\?B\?(?:44GC)+\?=", word) and len(word) <= 75 for word in words)


def test_a_short_ascii_subject_stays_readable():
    assert header(written(subject="R8-123 (No. 2)"), "Subject") == "R8-123 (No. 2)"


@pytest.mark.parametrize("subject", ["a  b", " a", "a ", " ", "=?UTF-8?B?44GC?=", "x=?y", "a" * 70])
def test_what_a_reader_could_trim_or_take_for_an_encoded_word_is_encoded_itself(subject: str):
    assert header(written(subject=subject), "Subject").startswith("=?UTF-8?B?")


def test_the_contractor_is_the_display_name_and_recipients_are_bare():
    raw = written()
    assert re.fullmatch(r"(=\?UTF-8\?B\?[A-Za-z0-9+/=]+\?=\s+)+<denshi@midori-kensetsu\.example>", header(raw, "From"))
    assert header(raw, "To") == "keiyaku@city.aoba.example, doboku@city.aoba.example"
    assert header(raw, "Cc") == "kanri@midori-kensetsu.example"


def test_a_plain_display_name_stays_plain_and_punctuation_is_encoded():
    assert header(written(sender_name="Midori Kensetsu"), "From") == f"Midori Kensetsu <{SENDER}>"
    assert header(written(sender_name='Midori, "K" <x@y.example>'), "From").startswith("=?UTF-8?B?")
    assert header(written(sender_name=""), "From") == SENDER


def test_text_and_pdfs_are_base64_in_76_columns():
    raw = written()
    parts = raw.split(b"\r\n--hoshobin_")[1:-1]
    assert len(parts) == 3
    for part, content in zip(
        parts, (BODY.replace("\r\n", "\n").replace("\n", "\r\n").encode(), NOTICE, INVOICE), strict=True
    ):
        head, _, block = part.partition(b"\r\n\r\n")
        *full, last = block.split(b"\r\n")
        assert b"\r\nContent-Transfer-Encoding: base64" in head
        assert all(len(line) == 76 for line in full)
        assert 0 < len(last) <= 76
        assert base64.b64decode(block) == content


def test_line_ends_of_the_body_become_crlf():
    raw = write_alarm(
        sender=SENDER, sender_name="", to=(SENDER,), subject="x", body="a\nb\r\nc\rd", own_message_id="<a@b>", date=DATE
    )
    assert raw.endswith(b"\r\n\r\nYQ0KYg0KYw0KZA==\r\n")


def test_the_attachments_name_stands_twice_in_words_and_percent_encoded():
    raw = written(attachments=(attachment("あ 1%.pdf", NOTICE),))
    assert b'Content-Type: application/pdf;\r\n name="=?UTF-8?B?44GCIDElLnBkZg==?="\r\n' in raw
    assert b"Content-Disposition: attachment;\r\n filename*=UTF-8''%E3%81%82%201%25.pdf\r\n" in raw


def test_the_boundary_comes_from_the_message_id_and_occurs_in_no_part():
    first = re.search(rb'boundary="(.*)"', written())[1].decode()
    raw = written(attachments=(attachment(f"{first}.pdf", NOTICE),))
    second = re.search(rb'boundary="(.*)"', raw)[1].decode()
    assert first.endswith("_0")
    assert second == first[:-1] + "1"
    assert raw.count(second.encode()) == 4
    assert first != re.search(rb'boundary="(.*)"', written(message_id="<x@y.example>"))[1].decode()


def test_an_alarm_is_one_plain_text_made_by_a_machine():
    raw = write_alarm(
        sender=SENDER,
        sender_name="保証便",
        to=(Address("somu@midori-kensetsu.example"),),
        subject="要対応：2件",
        body="1@ab12 橋梁補修工事\n",
        own_message_id=alarm_message_id(3, DATE, SENDER),
        date=DATE,
    )
    assert header_names(raw) == [
        "Date", "From", "To", "Message-ID", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding",
    ]  # fmt: skip
    assert header(raw, "Content-Type") == "text/plain; charset=utf-8"


def test_a_draft_without_attachments_is_one_plain_text():
    assert header(written(attachments=()), "Content-Type") == "text/plain; charset=utf-8"


# --- What is refused ------------------------------------------------------------------------------------------

UNSAFE = ["\r\nBcc: x@y.example", "\n", "\r", "\0", "\x1b", "\x7f", "\x85", "\u2028", "\u202e", "\u200b", "\ufeff"]


@every_case("tail", UNSAFE)
@every_case("field", ["sender", "sender_name", "subject", "message_id", "in_reply_to"])
def test_a_header_value_with_an_unsafe_character_is_refused_by_name(field: str, tail: str):
    with pytest.raises(UnsafeValue) as refused:
        written(**{field: getattr(DRAFT, field) + tail})
    assert refused.value.char == f"U+{ord(tail[0]):04X}"


@every_case("tail", UNSAFE)
@every_case("field", ["to", "cc"])
def test_a_recipient_with_an_unsafe_character_is_refused(field: str, tail: str):
    with pytest.raises(UnsafeValue):
        written(**{field: (*DRAFT.to, Address("a@b.example" + tail))})


@every_case(
    "address",
    ["", "a", "a@b@c", "a b@c.example", "a@b.example, c@d.example", "山田 <a@b.example>", "<a@b.example>",
     '"a"@b.example', "ａ@b.example", "a@あ.example", "=?UTF-8?B?YQ==?=@b.example", "a@b.example ", "a@b.example;"],
)  # fmt: skip
def test_a_recipient_that_is_not_one_bare_address_is_refused(address: str):
    for field in ("to", "cc"):
        with pytest.raises(UnsafeValue):
            written(**{field: (Address(address),)})
    with pytest.raises(UnsafeValue):
        written(sender=Address(address))


def test_a_mail_to_nobody_or_without_a_subject_is_refused():
    for changes in ({"to": ()}, {"subject": ""}):
        with pytest.raises(UnsafeValue):
            written(**changes)


@pytest.mark.parametrize("identifier", ["", "a@b.example", "<a@b.example", "<a b@c.example>", "<a@b> <c@d>", "<a>"])
def test_a_message_id_in_another_form_is_refused(identifier: str):
    with pytest.raises(UnsafeValue):
        written(message_id=identifier)


@every_case("name", ["a\r\nX: y.pdf", "a/b.pdf", "..pdf", "a", "あ" * 66 + ".pdf", "か\u3099.pdf", "\u202efdp.pdf", ""])
def test_a_file_name_that_was_not_made_safe_is_refused(name: str):
    with pytest.raises(UnsafeValue):
        written(attachments=(attachment(name, NOTICE),))


@pytest.mark.parametrize("char", ["\0", "\x0b", "\x1b", "\u202e", "\u200b", "\u2028", "\ud800"])
def test_a_body_with_a_character_that_hides_or_turns_text_is_refused_and_not_quoted(char: str):
    with pytest.raises(UnsafeValue) as refused:
        build_message(DRAFT, f"認証キー ABCD{char}", CONTENTS, DATE)
    assert "ABCD" not in str(refused.value)


@settings(deadline=None)
@given(
    st.sampled_from(["sender", "sender_name", "subject", "message_id", "in_reply_to"]),
    st.text(st.sampled_from("a\r\n:\t <>@\0あ\u2028=?"), max_size=20),
)
def test_no_text_makes_a_header_that_was_not_meant(field: str, text: str):
    try:
        raw = written(**{field: text})
    except UnsafeValue:
        return
    assert [name for name in header_names(raw) if name != "In-Reply-To"] == [
        name for name in header_names(written()) if name != "In-Reply-To"
    ]


# --- File names -------------------------------------------------------------------------------------------------


@every_case(
    ("given_name", "safe"),
    [
        ("認証キーのお知らせ_R8-1.pdf", "認証キーのお知らせ_R8-1.pdf"),
        ("請求書.PDF", "請求書.PDF"),
        ("請求書", "請求書.pdf"),
        ("請求書.txt", "請求書.txt.pdf"),
        ('a\\b/c:d*e?f"g<h>i|j.pdf', "a_b_c_d_e_f_g_h_i_j.pdf"),
        ("a\r\nb\t\u202ec\ud800.pdf", "a__b__c_.pdf"),
        ("か\u3099.pdf", "が.pdf"),
        ("../../etc/passwd", "_.._etc_passwd.pdf"),
        ("...hidden.pdf", "hidden.pdf"),
        ("a.pdf . ", "a.pdf"),
        ("", "_.pdf"),
        (".pdf", "_.pdf"),
        ("  .pdf", "_.pdf"),
        (" 請求書 .pdf", " 請求書 .pdf"),
        (" " * 250 + "x.pdf", "_.pdf"),
        ("con.pdf", "_con.pdf"),
        ("NUL", "_NUL.pdf"),
        ("Com1.x.pdf", "_Com1.x.pdf"),
        ("LPT³ .pdf", "_LPT³ .pdf"),
        ("console.pdf", "console.pdf"),
        ("①㈱髙𠮷（株）ｶﾅ.pdf", "①㈱髙𠮷（株）ｶﾅ.pdf"),
    ],
)
def test_a_file_name_is_one_that_every_file_system_takes(given_name: str, safe: str):
    assert attachment_name(given_name) == safe


def test_a_long_name_keeps_its_suffix_and_is_cut_between_characters():
    name = attachment_name("工" * 100 + ".pdf")
    assert name == "工" * 65 + ".pdf"
    assert len(attachment_name("a" * 300 + ".PDF")) == 200


@pytest.mark.parametrize("mark", ["\u3099", "\U000e0100", "\ufe0f", "\U0001f3fd"])
def test_a_name_is_not_cut_before_a_mark_of_its_last_letter(mark: str):
    # The letter would end exactly at the limit, and its mark beyond it.
    name = attachment_name("a" * 193 + "漢" + mark + "b.pdf")
    assert name == "a" * 193 + ".pdf"


def test_a_name_of_nothing_but_marks_is_still_a_name():
    assert attachment_name("a" + "\u0300" * 300).endswith(".pdf")
    assert len(attachment_name("\u0316" * 300).encode()) <= 200


@settings(deadline=None)
@given(st.text(st.characters(codec=None), max_size=120))
def test_a_safe_name_stays_as_it_is(text: str):
    name = attachment_name(text)
    assert attachment_name(name) == name
    assert unicodedata.is_normalized("NFC", name)
    assert len(name.encode()) <= 200
    assert name.lower().endswith(".pdf")
    assert len(name) > 4
    assert name[0] != "."
    assert name[:-4].strip()


# --- Message-IDs ------------------------------------------------------------------------------------------------

PDF = Sha256("ab" * 32)


SECRET = bytes(range(32))


def test_a_message_id_names_the_notice_the_issuer_the_product_and_the_correction():
    one = message_id(SECRET, PDF, "aoba", Product.ADVANCE, 0, SENDER)
    assert re.fullmatch(r"<[0-9a-f]{32}\.0@midori-kensetsu\.example>", one)
    assert one == message_id(SECRET, PDF, "aoba", Product.ADVANCE, 0, SENDER)
    assert message_id(SECRET, PDF, "aoba", Product.ADVANCE, 2, SENDER).endswith(".2@midori-kensetsu.example>")
    others = {
        one,
        message_id(SECRET, Sha256("cd" * 32), "aoba", Product.ADVANCE, 0, SENDER),
        message_id(SECRET, PDF, "midori", Product.ADVANCE, 0, SENDER),
        message_id(SECRET, PDF, "aoba", Product.INTERIM, 0, SENDER),
        message_id(bytes(32), PDF, "aoba", Product.ADVANCE, 0, SENDER),
    }
    assert len(others) == 5


def test_no_mail_tells_the_message_id_of_the_next_one():
    """A recipient of the first mail, or of its rehearsal, cannot predict the Message-ID of its correction."""
    digits = {
        each[1:33].partition(".")[0]
        for each in (
            *(message_id(SECRET, PDF, "aoba", Product.ADVANCE, number, SENDER) for number in range(50)),
            rehearsal_message_id(PDF, "aoba", Product.ADVANCE, 1, SENDER),
        )
    }
    assert len(digits) == 51


def test_a_message_id_of_0_1_is_still_made_as_it_was():
    old = old_message_id(PDF, "aoba", Product.ADVANCE, 2, SENDER)
    digits = sha256(b"\n".join((PDF.encode(), b"aoba", b"advance")))[:20]
    assert old == f"<{digits}.2@midori-kensetsu.example>"
    assert not bears_secret(old)
    assert bears_secret(message_id(SECRET, PDF, "aoba", Product.ADVANCE, 2, SENDER))


def test_a_rehearsal_has_a_message_id_of_its_own():
    one = rehearsal_message_id(PDF, "aoba", Product.ADVANCE, 1, SENDER)
    assert ".r1@" in one
    assert not bears_secret(one)


def test_mails_of_our_own_are_known_by_the_form_of_their_message_id():
    own = [
        message_id(SECRET, PDF, "aoba", Product.ADVANCE, 12, SENDER),
        old_message_id(PDF, "aoba", Product.ADVANCE, 12, SENDER),
        rehearsal_message_id(PDF, "aoba", Product.ADVANCE, 3, SENDER),
        alarm_message_id(7, DATE, SENDER),
    ]
    assert all(is_own_message_id_form(each, SENDER) for each in own)
    assert is_own_message_id_form(f" {own[0]} ", Address("x@Midori-Kensetsu.example"))
    assert not is_own_message_id_form(own[0], Address("x@city.aoba.example"))
    for foreign in ("", "<x@midori-kensetsu.example>", own[0][1:-1], own[0].replace(".12@", ".x12@")):
        assert not is_own_message_id_form(foreign, SENDER)
