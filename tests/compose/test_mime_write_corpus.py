"""50,000 subjects and 10,000 file names: what two decoders read is what was meant, to the character.

The second decoder is fast-mail-parser (mail-parser, in Rust), which is neither Python's ``email`` nor ours; a few
hundred are read by the standard library as well.
"""

import datetime as dt
import email
import email.policy
import random
import unicodedata
from collections.abc import Iterator

from fast_mail_parser import parse_email, parse_email_tree, walk

from worker.compose.mime_verify import decode_message, verify_message
from worker.compose.mime_write import attachment_name, build_message, write_alarm
from worker.core.model import JST, Address, Attachment, Draft, sha256
from worker.core.text import unsafe_character

SEED = 20261126
SUBJECTS = 50_000
NAMES = 10_000
ALSO_STDLIB = 300

SENDER = Address("denshi@midori-kensetsu.example")
ISSUER = Address("keiyaku@city.aoba.example")
DATE = dt.datetime(2026, 11, 26, 9, 30, tzinfo=JST)
PDF = b"%PDF-1.4\n"

PIECES = (
    *("前払金保証", "中間前払金保証", "契約保証", "にかかる認証キー", "の提出について", "橋梁補修工事"),
    *("市道３号線", "髙橋", "﨑"),
    *("第２号", "令和８年度", "道路改良（その２）工事", "【重要】", "［１］", "「青葉」", "『若葉』", "〔仮〕"),
    *("①", "⑳", "㈱", "㈲", "№", "Ⅲ", "㎡", "髙", "𠮷野家", "𩸽", "葛\U000e0100城", "辻\U000e0101", "ﾊｼ", "ｶﾞｰﾄﾞ", "ﾊﾟｲﾌﾟ"),
    *("~", "〜", "～", "−", "－", "ー", "‐", "―", "—", "…", "・", "※", "〒", "¥", "￥", "\\", "|"),
    *("か\u3099", "は\u309a", "e\u0301", "神", "海", "é", "ß", "한글", "Ω"),
    *("🏗", "🚧", "👍🏽", "☎️", "🇯🇵", "1️⃣"),
    *(" ", " ", " ", "  ", "\u3000", "\u3000\u3000", "\u00a0"),
    *("(", ")", "[", "]", "<", ">", "{", "}", "（", "）"),
    *("=?UTF-8?B?44GC?=", "=?", "?=", "=?ISO-2022-JP?Q?a?=", "=?utf-8?q?=41?=", "=", "?", "_", "=20", "=E3=81=82"),
    *('"', "'", "''", "%", "%E3", "%20", "UTF-8''", ";", ":", ",", ".", "..", '\\"', "@", "*", "&amp;", "#", "$", "!"),
    *("R8-123", "No.2", "PDF", "Re:", "Fwd: ", "A", "b", "7", "a b", "long-ascii-word-without-any-space", "x" * 40),
)  # fmt: skip


def texts(count: int, seed: int) -> Iterator[str]:
    """Non-empty texts of 1 to 200 characters: mostly as offices write them, one in ten very long."""
    chance = random.Random(seed)
    for _ in range(count):
        pieces = chance.choices(PIECES, k=chance.randint(30, 90) if chance.random() < 0.1 else chance.randint(1, 12))
        if chance.random() < 0.1:
            pieces = [chance.choice([" ", "  ", "\u3000"]), *pieces, chance.choice([" ", "\u3000", ""])]
        text = "".join(pieces)[:200]
        assert unsafe_character(text) is None
        yield text


def letter_with_subject(subject: str) -> bytes:
    return write_alarm(
        sender=SENDER,
        sender_name="みどり建設",
        to=(ISSUER,),
        subject=subject,
        body="x",
        own_message_id="<0123456789abcdef0123.a1@midori-kensetsu.example>",
        date=DATE,
    )


def test_the_second_decoder_notices_a_space_that_an_encoding_loses():
    raw = letter_with_subject("あ い").replace(b"=?UTF-8?B?44GCIOOBhA==?=", b"=?UTF-8?B?44GC?= =?UTF-8?B?44GE?=")
    assert parse_email(raw).subject == "あい"


def test_every_subject_is_read_as_it_was_meant():
    wrong = []
    for number, subject in enumerate(texts(SUBJECTS, SEED)):
        raw = letter_with_subject(subject)
        read = [decode_message(raw).subject, parse_email(raw).subject]
        if number < ALSO_STDLIB:
            read.append(str(email.message_from_bytes(raw, policy=email.policy.default)["subject"]))
        if {subject} != set(read):
            wrong.append((number, subject, read))
    assert wrong == [], f"seed {SEED}"


def test_every_file_name_is_read_as_its_nfc_form_in_both_places():
    """Both names of an attachment: filename* by the parser's own choice, name by its reading of Content-Type."""
    wrong = []
    for number, text in enumerate(texts(NAMES, SEED + 1)):
        name = attachment_name(text)
        draft = Draft(
            sender=SENDER,
            sender_name="みどり建設",
            to=(ISSUER,),
            cc=(),
            subject="x",
            body_sha256=sha256(b"x"),
            attachments=(Attachment("前払金請求書", name, sha256(PDF), len(PDF)),),
            message_id="<0123456789abcdef0123.0@midori-kensetsu.example>",
        )
        raw = build_message(draft, "x", {sha256(PDF): PDF}, DATE)
        (file,) = decode_message(raw).attachments
        _, _, part = walk(parse_email_tree(raw))
        in_type = part.headers["Content-Type"][0].removeprefix('application/pdf; name="').removesuffix('"')
        read = [file.name, file.filename, in_type, part.filename]
        if number < ALSO_STDLIB:
            (attached,) = email.message_from_bytes(raw, policy=email.policy.default).iter_attachments()
            read += [attached["content-type"].params["name"], attached["content-disposition"].params["filename"]]
        if {name} != set(read) or part.content != PDF or verify_message(draft, "x", {sha256(PDF): PDF}, raw, DATE):
            wrong.append((number, name, read))
    assert wrong == [], f"seed {SEED}"


def test_a_file_name_is_its_nfc_form_but_for_what_no_file_system_takes():
    kept = 0
    for text in texts(NAMES, SEED + 1):
        meant = unicodedata.normalize("NFC", text)
        harmless = not set('\\/:*?"<>|') & set(meant) and meant[0] != "." and meant.strip()
        if harmless and len(meant.encode()) <= 196:
            kept += 1
            assert attachment_name(f"{text}.pdf") == f"{meant}.pdf"
    assert kept > NAMES / 10
