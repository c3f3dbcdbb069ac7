"""Mails as Japanese senders and their programs write them, byte by byte: right, wrong, and broken.

They are put together by hand, not by a mail library: what no library would write is the point. Each has its contents
next to it, so that a reader can be judged. Names, numbers, keys and addresses are invented.
"""

from __future__ import annotations

import base64
import quopri
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

SUBJECTS = ("認証キーの件 ①㈱髙木 №3", "認証キー ﾊﾟｲﾌﾟﾗｲﾝ工事", "認証キーのソ表能")
"""NEC's and IBM's characters, half-width kana, and characters whose second Shift_JIS byte is a backslash."""
NAMES = ("認証キー①㈱髙木.pdf", "ﾆﾝｼｮｳ ｷｰ.pdf", "ソ表能 のお知らせ.pdf")
BODY = "認証キーのお知らせを送ります。①㈱髙 ﾊﾝｶｸ ソ表能\r\n"


@dataclass(frozen=True)
class Sample:
    """One mail and the facts that a person reads in it; None if a person could not say."""

    name: str
    raw: bytes
    subject: str | None = None
    filename: str | None = None
    end: str = "submission"
    """The required result: ``submission``, ``held`` or ``not_ours``."""


# --- Encodings ---------------------------------------------------------------------------------------------------


@cache
def _jis_table() -> dict[str, bytes]:
    """Character → its two JIS bytes, with Windows' rows 13 and 89 to 92, as Outlook writes them."""
    table: dict[str, bytes] = {}
    for row in range(0x21, 0x7F):
        for cell in range(0x21, 0x7F):
            lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
            trail = cell + (0x7E if row % 2 == 0 else 0x1F if cell < 0x60 else 0x20)
            character = bytes((lead, trail)).decode("cp932", "ignore")
            if len(character) == 1:
                table.setdefault(character, bytes((row, cell)))
    return table


def jis(text: str, two_bytes: bytes = b"\x1b$B", back: bytes = b"\x1b(B") -> bytes:
    """ISO-2022-JP as mail programs write it, with half-width kana behind ESC ( I."""
    found, mode = bytearray(), back
    for character in text:
        if character.isascii():
            wanted, piece = back, character.encode()
        elif "\uff61" <= character <= "\uff9f":
            wanted, piece = b"\x1b(I", bytes([ord(character) - 0xFF61 + 0x21])
        else:
            wanted, piece = two_bytes, _jis_table()[character]
        if wanted != mode:
            found += wanted
            mode = wanted
        found += piece
    return bytes(found if mode == back else found + back)


def euc(text: str) -> bytes:
    """EUC-JP with Windows' rows."""
    found = bytearray()
    for character in text:
        if character.isascii():
            found += character.encode()
        elif "\uff61" <= character <= "\uff9f":
            found += bytes((0x8E, ord(character) - 0xFF61 + 0xA1))
        else:
            found += bytes(byte | 0x80 for byte in _jis_table()[character])
    return bytes(found)


def b_words(raw: bytes, charset: str, size: int) -> bytes:
    """Encoded words of ``size`` bytes each, cut at any byte, also within a character."""
    pieces = (raw[place : place + size] for place in range(0, len(raw), size))
    return b"\r\n ".join(b"=?" + charset.encode() + b"?B?" + base64.b64encode(piece) + b"?=" for piece in pieces)


def q_word(raw: bytes, charset: str) -> bytes:
    return b"=?" + charset.encode() + b"?Q?" + b"".join(b"=%02X" % byte for byte in raw) + b"?="


def subject_forms(text: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which a subject is written."""
    yield "B utf-8", b_words(text.encode(), "utf-8", 1000)
    yield "B utf-8 cut inside characters", b_words(text.encode(), "UTF-8", 4)
    yield "B cut after a byte", b_words(text.encode(), "UTF-8", 7)
    yield "Q utf-8", q_word(text.encode(), "utf-8")
    yield "B utf-8 with a language", b_words(text.encode(), "UTF-8*ja", 1000)
    yield "B iso-2022-jp", b_words(jis(text), "ISO-2022-JP", 1000)
    yield "B iso-2022-jp with the older escape", b_words(jis(text, b"\x1b$@", b"\x1b(J"), "iso-2022-jp", 1000)
    yield "B shift_jis", b_words(text.encode("cp932"), "Shift_JIS", 1000)
    yield "B cp932 cut", b_words(text.encode("cp932"), "windows-31j", 5)
    yield "B euc-jp", b_words(euc(text), "EUC-JP", 1000)
    yield "raw iso-2022-jp", jis(text)
    yield "raw shift_jis", text.encode("cp932")
    yield "raw utf-8", text.encode()
    yield "B utf-8 called iso-2022-jp", b_words(text.encode(), "iso-2022-jp", 1000)
    yield "B of an unknown charset", b_words(text.encode(), "x-mobile", 1000)


def body_forms(text: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Every way in which a text is written: its name, its header lines, its bytes."""

    def plain(charset: str, raw: bytes, encoding: str = "8bit") -> tuple[bytes, bytes]:
        kind = f'text/plain; charset="{charset}"' if charset else "text/plain"
        return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n".encode(), raw

    yield "iso-2022-jp", *plain("ISO-2022-JP", jis(text), "7bit")
    yield "iso-2022-jp without a charset", *plain("", jis(text), "7bit")
    yield "iso-2022-jp called us-ascii", *plain("us-ascii", jis(text), "7bit")
    yield "utf-8 in base64", *plain("UTF-8", base64.encodebytes(text.encode()), "base64")
    yield "utf-8 behind a mark", *plain("utf-8", b"\xef\xbb\xbf" + text.encode())
    yield "utf-16 behind a mark", *plain("utf-16", base64.encodebytes(text.encode("utf-16")), "base64")
    yield "shift_jis quoted", *plain("Shift_JIS", quopri.encodestring(text.encode("cp932")), "quoted-printable")
    yield "shift_jis without a charset", *plain("", text.encode("cp932"))
    yield "euc-jp", *plain("EUC-JP", euc(text))
    yield "utf-8 called iso-8859-1", *plain("iso-8859-1", text.encode())
    yield "utf-7", *plain("utf-7", text.encode("utf-7"), "7bit")
    yield "of an unknown charset", *plain("x-unknown", text.encode())
    yield "html", *(b"Content-Type: text/html; charset=utf-8\r\n", f"<html><p>{text}<br></html>".encode())
    yield "without a type", b"", text.encode("cp932")


def percent(raw: bytes) -> str:
    return "".join(f"%{byte:02X}" for byte in raw)


def name_forms(name: str) -> Iterator[tuple[str, bytes]]:
    """Every way in which an attachment's name is written: the end of Content-Disposition."""
    raw, half = name.encode(), len(name.encode()) // 2
    yield "RFC 2231", f"; filename*=UTF-8''{percent(raw)}".encode()
    yield "RFC 2231 of shift_jis", f"; filename*=Shift_JIS'ja'{percent(name.encode('cp932'))}".encode()
    yield (
        "RFC 2231 in pieces",
        (f"; filename*0*=UTF-8''{percent(raw[:half])};\r\n filename*1*={percent(raw[half:])}".encode()),
    )
    yield (
        "RFC 2231 in pieces, the last first",
        (f"; filename*1*={percent(raw[half:])};\r\n filename*0*=UTF-8''{percent(raw[:half])}".encode()),
    )
    yield (
        "RFC 2231, a plain piece behind",
        (f"; filename*0*=UTF-8''{percent(raw[:-4])};\r\n filename*1=\"{name[-4:]}\"".encode()),
    )
    yield "RFC 2231 beside a plain name", f"; filename=\"a.pdf\"; filename*=utf-8''{percent(raw)}".encode()
    yield "B words", b'; filename="' + b_words(raw, "utf-8", 1000) + b'"'
    yield "B words without quotes", b"; filename=" + b_words(jis(name), "ISO-2022-JP", 1000)
    yield "raw utf-8", b'; filename="' + raw + b'"'
    yield "raw iso-2022-jp", b'; filename="' + jis(name) + b'"'
    yield "raw shift_jis", b'; filename="' + name.encode("cp932") + b'"'


# --- Mails -------------------------------------------------------------------------------------------------------

_HEAD = b"From: =?UTF-8?B?5L2Q6Jek?= <sato@contractor.example>\r\nTo: soumu@contractor.example\r\n"


def head(number: int, subject: bytes) -> bytes:
    """Every mail's first lines; the one place with a sender."""
    return _HEAD + b"Subject: " + subject + b"\r\nMessage-ID: <sample.%d@contractor.example>\r\n" % number


def mail(number: int, subject: bytes, text: tuple[bytes, bytes], *parts: bytes, kind: bytes = b"mixed") -> bytes:
    """A multipart of a text and whole parts."""
    pieces = [text[0] + b"\r\n" + text[1], *parts]
    start = head(number, subject) + b'MIME-Version: 1.0\r\nContent-Type: multipart/%s; boundary="b-1"\r\n\r\n' % kind
    return start + b"".join(b"--b-1\r\n" + each + b"\r\n" for each in pieces) + b"--b-1--\r\n"


def attached(content: bytes, name: bytes = b'; filename="notice.pdf"', kind: bytes = b"application/pdf") -> bytes:
    start = b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment"
    return start + name + b"\r\n\r\n" + base64.encodebytes(content)


def tnef(name: str, content: bytes) -> bytes:
    """A winmail.dat with one file in it, as Outlook makes it (MS-OXTNEF: attributes of level, id, length, sum)."""

    def attribute(level: int, number: int, raw: bytes) -> bytes:
        return struct.pack("<BII", level, number, len(raw)) + raw + struct.pack("<H", sum(raw) % 65536)

    rendering = struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0)
    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
        + attribute(1, 0x00078008, b"IPM.Microsoft Mail.Note\0")
        + attribute(2, 0x00069002, rendering)
        + attribute(2, 0x00018010, name.encode("cp932") + b"\0")
        + attribute(2, 0x0006800F, content)
    )


TEXT = (b"Content-Type: text/plain; charset=utf-8\r\n", BODY.encode())
QUIET = (b"Content-Type: text/plain; charset=utf-8\r\n", "写真を送ります。\r\n".encode())
KEY_SUBJECT = b_words("認証キーのお知らせの件".encode(), "utf-8", 1000)
OTHER_SUBJECT = b_words("工事写真の件".encode(), "utf-8", 1000)
