"""Tests of the decoder against our own messages, damaged ones, and a third reader."""

import base64
import dataclasses
import datetime as dt
import email
import email.policy
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.tables import every_case
from tests.support.turns import turns
from worker.compose.mime_verify import Undecodable, decode_message, verify_message
from worker.compose.mime_write import attachment_name, build_message, write_alarm
from worker.core.model import JST, Address, Attachment, Draft, sha256

NOTICE = b"%PDF-1.7\n" + bytes(range(256))
INVOICE = b"%PDF-1.4\n.\r\n"
BODY = "青葉市 契約課　御中\n\n.\n認証キー：Xy3aB9ux\n"
DATE = dt.datetime(2026, 11, 26, 9, 30, 5, tzinfo=JST)
DRAFT = Draft(
    sender=Address("denshi@midori-kensetsu.example"),
    sender_name="みどり建設 株式会社",
    to=(Address("keiyaku@city.aoba.example"), Address("doboku@city.aoba.example")),
    cc=(Address("kanri@midori-kensetsu.example"),),
    subject=" 前払金保証 No. 2 にかかる認証キー【橋梁補修工事（第２号）】の提出について ",
    body_sha256=sha256(BODY.encode()),
    attachments=(
        Attachment("認証キーのお知らせ", "認証キーのお知らせ_R8-1 (2).pdf", sha256(NOTICE), len(NOTICE)),
        Attachment("前払金請求書", "前払金 請求書.pdf", sha256(INVOICE), len(INVOICE)),
    ),
    message_id="<0123456789abcdef0123.1@midori-kensetsu.example>",
    in_reply_to="<0123456789abcdef0123.0@midori-kensetsu.example>",
)
CONTENTS = {sha256(NOTICE): NOTICE, sha256(INVOICE): INVOICE}
LETTER = build_message(DRAFT, BODY, CONTENTS, DATE)


def differs(raw: bytes, draft: Draft = DRAFT) -> tuple[str, ...]:
    return verify_message(draft, BODY, CONTENTS, raw, DATE)


def replaced(old: bytes, new: bytes) -> bytes:
    assert LETTER.count(old) >= 1
    return LETTER.replace(old, new, 1)


def word(text: str) -> bytes:
    return b"=?UTF-8?B?" + base64.b64encode(text.encode()) + b"?="


def with_subject(value: bytes) -> bytes:
    before, _, rest = LETTER.partition(b"Subject: ")
    return before + b"Subject: " + value + b"\r\n" + rest[rest.index(b"MIME-Version") :]


# --- What is read --------------------------------------------------------------------------------------------------


def test_a_reader_sees_what_was_meant():
    assert differs(LETTER) == ()


def test_everything_a_reader_sees_is_decoded():
    seen = decode_message(LETTER)
    assert (seen.sender_name, seen.sender) == ("みどり建設 株式会社", "denshi@midori-kensetsu.example")
    assert seen.to == DRAFT.to
    assert seen.cc == DRAFT.cc
    assert seen.subject == DRAFT.subject
    assert seen.message_id == DRAFT.message_id
    assert seen.in_reply_to == DRAFT.in_reply_to
    assert seen.auto_submitted == ""
    assert seen.date == DATE
    assert seen.text == BODY
    assert [(file.name, file.filename, file.content, file.content_type) for file in seen.attachments] == [
        ("認証キーのお知らせ_R8-1 (2).pdf", "認証キーのお知らせ_R8-1 (2).pdf", NOTICE, "application/pdf"),
        ("前払金 請求書.pdf", "前払金 請求書.pdf", INVOICE, "application/pdf"),
    ]
    assert [name for name, _ in seen.headers] == [
        "Date", "From", "To", "Cc", "Message-ID", "In-Reply-To", "Subject", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert ("Subject", DRAFT.subject) in seen.headers


def test_a_rehearsal_and_a_mail_without_attachments_are_read_too():
    draft = dataclasses.replace(DRAFT, rehearsal_for=DRAFT.to, attachments=(), cc=(), in_reply_to="", sender_name="")
    assert differs(build_message(draft, BODY, CONTENTS, DATE), draft) == ()


def test_an_alarm_is_read():
    seen = decode_message(
        write_alarm(
            sender=DRAFT.sender,
            sender_name="hoshobin",
            to=DRAFT.cc,
            subject="要対応：1件",
            body="1@ab12\n",
            own_message_id="<0123456789abcdef0123.a1@midori-kensetsu.example>",
            date=DATE,
            store="0123456789abcdef0123456789abcdef",
        )
    )
    assert (seen.sender_name, seen.subject, seen.text) == ("hoshobin", "要対応：1件", "1@ab12\n")
    assert (seen.auto_submitted, seen.store) == ("auto-generated", "0123456789abcdef0123456789abcdef")


def test_the_identity_of_the_store_in_a_mail_to_an_issuer_is_a_difference():
    raw = build_message(DRAFT, BODY, CONTENTS, DATE)
    with_identity = raw.replace(b"MIME-Version", b"X-Hoshobin-Store: " + b"a" * 32 + b"\r\nMIME-Version", 1)
    assert differs(with_identity) == ("x-hoshobin-store",)


@every_case(
    ("value", "seen"),
    [
        (b"plain words", "plain words"),
        (word("あ") + b" " + word("い"), "あい"),
        (word("あ") + b"\r\n " + word("い"), "あい"),
        (word("あ ") + b"\r\n " + word(" い"), "あ  い"),
        (word("あ") + b" x " + word("い"), "あ x い"),
        (b"x " + word("　あ"), "x 　あ"),
        (word(" "), " "),
        (b"two\r\n lines", "two lines"),
        (word("=?UTF-8?B?44GC?="), "=?UTF-8?B?44GC?="),
    ],
)
def test_the_space_between_two_encoded_words_is_no_text_and_every_other_is(value: bytes, seen: str):
    assert decode_message(with_subject(value)).subject == seen


# --- Explanations -------------------------------------------------------------------------------------------------


@every_case(
    ("changes", "told"),
    [
        ({"sender": Address("x@midori-kensetsu.example")}, "from"),
        ({"sender_name": "みどり建設株式会社"}, "from"),
        ({"to": DRAFT.to[:1]}, "to"),
        ({"to": DRAFT.to[::-1]}, "to"),
        ({"cc": ()}, "cc"),
        ({"subject": DRAFT.subject.strip()}, "subject"),
        ({"message_id": "<x.1@midori-kensetsu.example>"}, "message-id"),
        ({"in_reply_to": ""}, "in-reply-to"),
        ({"rehearsal_for": DRAFT.to}, "auto-submitted"),
        ({"body_sha256": sha256(b"")}, "approved body"),
        ({"attachments": DRAFT.attachments[:1]}, "number of attachments"),
        ({"attachments": (dataclasses.replace(DRAFT.attachments[0], filename="x.pdf"), DRAFT.attachments[1])},
         "attachment 1 name"),
        ({"attachments": (DRAFT.attachments[0], dataclasses.replace(DRAFT.attachments[1], size=1))},
         "attachment 2 content"),
    ],
)  # fmt: skip
def test_what_differs_is_named(changes: dict[str, object], told: str):
    assert differs(LETTER, dataclasses.replace(DRAFT, **changes)) == (told,)


def test_exchanged_attachments_differ_in_name_and_content():
    exchanged = dataclasses.replace(DRAFT, attachments=DRAFT.attachments[::-1])
    assert len(differs(LETTER, exchanged)) == 4


def test_bytes_that_were_not_given_or_are_not_those_of_the_draft_differ():
    assert verify_message(DRAFT, BODY, {}, LETTER) == ("attachment 1 content", "attachment 2 content")
    wrong = {sha256(NOTICE): INVOICE, sha256(INVOICE): INVOICE}
    assert verify_message(DRAFT, BODY, wrong, build_message(DRAFT, BODY, wrong, DATE)) == ("attachment 1 content",)


def test_another_body_differs():
    assert verify_message(DRAFT, BODY + " ", CONTENTS, LETTER) == ("body", "approved body")


def test_another_date_differs_where_one_is_given():
    later = DATE + dt.timedelta(seconds=1)
    assert verify_message(DRAFT, BODY, CONTENTS, LETTER, later) == ("date",)
    assert verify_message(DRAFT, BODY, CONTENTS, LETTER) == ()


def test_a_name_that_only_one_kind_of_reader_sees_differs():
    older = replaced(word("前払金 請求書.pdf"), word("別の請求書.pdf"))
    assert differs(older) == ("attachment 2 name",)
    newer = replaced(b"%E5%89%8D%E6%89%95%E9%87%91%20", b"")
    assert differs(newer) == ("attachment 2 name",)


def test_another_content_type_differs():
    assert differs(replaced(b"application/pdf", b"text/html")) == ("attachment 1 type",)


# --- What is refused ---------------------------------------------------------------------------------------------

HEAD_END = LETTER.index(b"\r\n\r\n")


@every_case(
    "raw",
    [
        b"",
        b"\r\n",
        LETTER[:HEAD_END],
        LETTER[:-2],
        LETTER + b"\r\n",
        LETTER + b"afterwards\r\n",
        LETTER.removesuffix(b"--\r\n") + b"\r\n",
        replaced(b"\r\n", b"\n"),
        replaced(b"\r\n", b"\r\r\n"),
        replaced(b"Subject: ", b"Subject: \xe3\x81\x82"),
        replaced(b"Subject: ", b"Subject:\t"),
        replaced(b"Subject: ", b"Subject:  "),
        replaced(b"Subject: ", b"Subject : "),
        replaced(b"Subject: ", b"Bcc: x@y.example\r\nSubject: "),
        replaced(b"Subject: ", b"Subject: again\r\nSubject: "),
        replaced(b"Subject: ", b"X-Mailer: x\r\nSubject: "),
        replaced(b"Date: ", b" Date: "),
        replaced(b"MIME-Version: 1.0\r\n", b""),
        replaced(b"MIME-Version: 1.0", b"MIME-Version: 2.0"),
        replaced(b"MIME-Version: 1.0\r\n", b"MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n"),
        replaced(b"Date: Thu", b"Date: Fri"),
        replaced(b"Nov 2026", b"Nev 2026"),
        replaced(b"26 Nov", b"31 Nov"),
        replaced(b"+0900", b"+0000"),
        replaced(b"To: ", b"To: x,"),
        replaced(b"To: ", b"To: x <y@z.example>, "),
        replaced(b"To: ", b"To: =?UTF-8?B?YQ==?=@x.example, "),
        replaced(b"<denshi@", b"<<denshi@"),
        replaced(b"From: ", b"From: x@y.example, "),
        replaced(b"From: ", b"From: plain "),
        replaced(b"Message-ID: <", b"Message-ID: "),
        replaced(b"multipart/mixed", b"multipart/alternative"),
        replaced(b"charset=utf-8", b"charset=iso-2022-jp"),
        replaced(b"text/plain", b"text/html"),
        replaced(b"encoding: base64".title().replace(b"Base64", b"base64"), b"Encoding: 7bit"),
        replaced(b"attachment;", b"inline;"),
        replaced(b"UTF-8''", b"Shift_JIS''"),
        replaced(b"filename*=", b"filename="),
        replaced(b"%E8", b"%E"),
        replaced(b"%E8", b"%FF"),
        replaced(b"\r\n\r\n--", b"\r\n\r\npreamble\r\n--"),
        with_subject(b"=?UTF-8?Q?=41?="),
        with_subject(b"=?ISO-2022-JP?B?GyRCJCIbKEI=?="),
        with_subject(b"=?UTF-8?B?4=?="),
        with_subject(b"=?UTF-8?B?44GD?=\r\n =?UTF-8?B?44GC?=x"),
        with_subject(b"=?UTF-8?B?44G=?="),
        with_subject(b"=?UTF-8?B?4w==?= =?UTF-8?B?gYI=?="),
        with_subject(b"=?UTF-8?B?" + b"YWFh" * 17 + b"?="),
        with_subject(b"a  b"),
        with_subject(b"a\r\n  b"),
        with_subject(b"a \r\n b"),
        with_subject(b"a" * 991),
    ],
)  # fmt: skip
def test_what_two_readers_could_read_in_two_ways_is_refused(raw: bytes):
    with pytest.raises(Undecodable):
        decode_message(raw)
    (told,) = differs(raw)
    assert told.startswith("undecodable: ")


@every_case("block", [b"AAA", b"AA==AAAA", b"AA=A", b"AB==", b"A A=", b"AAAA\r\nAAAA", b"AAAA\r\n", b"!"])
def test_base64_that_is_not_canonical_is_refused(block: bytes):
    end = LETTER.rindex(b"\r\n--hoshobin_")
    start = LETTER.rindex(b"\r\n\r\n") + 4
    with pytest.raises(Undecodable):
        decode_message(LETTER[:start] + block + LETTER[end:])


def test_text_with_a_bare_line_end_is_refused():
    text = base64.b64encode(BODY.replace("\n", "\r\n").encode())
    old = b"\r\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    with pytest.raises(Undecodable):
        decode_message(replaced(old, base64.b64encode(b"a\nb")))


def test_a_refusal_quotes_nothing_of_the_mail():
    for raw in (LETTER[:-9], replaced(b"Subject: ", b"Xy3aB9ux: ")):
        with pytest.raises(Undecodable) as refused:
            decode_message(raw)
        assert "Xy3aB9ux" not in str(refused.value)


# --- Damage at random ---------------------------------------------------------------------------------------------


def visible(raw: bytes) -> object:
    """The content of a message by a third reader, the standard library: all that a person or a mail program acts on."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    return (
        [(name, str(value)) for name, value in mail.items() if name.lower() != "content-type"],
        [
            (part.get_content_type(), part.get_filename(), part["content-type"].params.get("name"), part.get_content())
            for part in mail.walk()
            if not part.is_multipart()
        ],
    )


SEEN = visible(LETTER)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    raw = bytearray(LETTER)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(raw) - 1))
        length = draw(st.integers(0, 3))
        raw[at : at + length] = draw(
            st.binary(max_size=3) | st.sampled_from([b"\r\n", b" ", b"=", b"=?", b"\r\n ", b"--", b"A", b"a", b"%"])
        )
    return bytes(raw)


@settings(max_examples=turns(300), deadline=None)
@given(damaged())
def test_damage_that_can_be_seen_is_never_called_identical(raw: bytes):
    try:
        decode_message(raw)
    except Undecodable:
        assert differs(raw)
        return
    if not differs(raw):
        assert visible(raw) == SEEN


@pytest.mark.parametrize("bit", [0x01, 0x20])
def test_a_changed_byte_is_called_identical_only_where_a_third_reader_sees_no_change(bit: int):
    for at, byte in enumerate(LETTER):
        raw = LETTER[:at] + bytes([byte ^ bit]) + LETTER[at + 1 :]
        if not differs(raw):  # e.g. =?utf-8?b? for =?UTF-8?B?
            assert visible(raw) == SEEN


@settings(max_examples=turns(100), deadline=None)
@given(st.binary(max_size=300))
def test_nothing_but_undecodable_is_raised_whatever_comes(raw: bytes):
    for each in (raw, LETTER[:HEAD_END] + raw):
        with pytest.raises(Undecodable):
            decode_message(each)
        assert differs(each)


def test_the_standard_library_reads_the_same_of_hundreds_of_letters():
    chance = random.Random(20261126)
    letters = "認証キー①㈱髙𠮷ｶﾞ（）【】 　=?_%'\"aZ09.,-"
    for _ in range(turns(300)):
        subject = "".join(chance.choices(letters, k=chance.randint(1, 90)))
        name = attachment_name("".join(chance.choices(letters, k=chance.randint(1, 90))))
        draft = dataclasses.replace(
            DRAFT, subject=subject, attachments=(dataclasses.replace(DRAFT.attachments[0], filename=name),)
        )
        raw = build_message(draft, BODY, CONTENTS, DATE)
        assert differs(raw, draft) == ()
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        (file,) = mail.iter_attachments()
        assert str(mail["subject"]) == subject
        # Not get_filename(), which takes the spaces off both ends of what it found.
        assert file["content-disposition"].params["filename"] == name
        assert file["content-type"].params["name"] == name
        assert file.get_content() == NOTICE
        assert mail["from"].addresses[0].display_name == DRAFT.sender_name
        assert mail.get_body().get_content().replace("\r\n", "\n") == BODY
