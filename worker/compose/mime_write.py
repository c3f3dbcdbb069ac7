"""Decides the bytes of a mail: what was approved, with the date of its first try, as it goes over the wire.

The promise: 7-bit, CRLF only, the headers named below in their order and no others, and the same arguments give the
same bytes, always. A value that could end a header, hide text or show another text than the one
sent is refused by name (UnsafeValue), never repaired in silence. It does not know who may receive what, and it does
not judge its own work: ``mime_verify`` does, and shares nothing with this file. Above 300 lines because all that
decides a byte of a mail, its names and numbers too, is read together.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from worker.core.errors import HoshobinError
from worker.core.model import JST, Address, Draft, Sha256
from worker.core.text import unsafe_character

LINE: Final = 78
"""Columns of a header line where it can be folded (RFC 5322 §2.1.1)."""
WORD_LINE: Final = 76
"""Columns of a header line that holds an encoded word (RFC 2047 §2)."""
WORD: Final = 75
"""Columns of one encoded word (RFC 2047 §2)."""
STORE_FIELD: Final = "X-Hoshobin-Store"
"""In mails to people: the identity of the store that wrote it. No issuer's mail has it."""
FILENAME_BYTES: Final = 200
"""A file system's name ends at 255 bytes and readers add " (1)"; percent-encoded it stays far below 998 columns."""


_CRLF: Final = b"\r\n"
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# What may stand bare. Everything else travels as base64 words, so that no space is left for a reader to drop.
_PLAIN_TEXT: Final = re.compile(r"[!-~]+(?: [!-~]+)*")
_PLAIN_PHRASE: Final = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,255}")
_MESSAGE_ID: Final = re.compile(r"<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,128}@[A-Za-z0-9.-]{1,255}>")

_SUFFIX: Final = ".pdf"
_NOT_IN_NAMES: Final = re.compile(r'[\\/:*?"<>|]')
# Windows opens a device for these, whatever follows the first dot; ¹²³ count as digits there.
_DEVICE: Final = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])", re.IGNORECASE)
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_BARE_IN_PERCENT: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._")


class UnsafeValue(HoshobinError):
    """A value that no header, file name or body may hold; ``name`` says which, ``char`` what is wrong in it.

    ``char`` is ``U+XXXX``, or the value's own fault: ``empty``, ``form`` (no bare address, no Message-ID, a file name
    that ``attachment_name`` would change). The value itself is not repeated: it may be a body with the key.
    """

    def __init__(self, name: str, char: str) -> None:
        super().__init__(f"{name}: {char}")
        self.name = name
        self.char = char


# --- Names and numbers -------------------------------------------------------------------------------------------


def attachment_name(text: str) -> str:
    """``text`` as a file name that every reader's file system takes: NFC, at most 200 bytes, ``.pdf`` at its end.

    What Windows refuses and what ``text.unsafe_character`` names becomes ``_``. Applied twice it changes nothing.
    """
    cleaned = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", text))
    cleaned = "".join("_" if unsafe_character(c) else c for c in cleaned) if unsafe_character(cleaned) else cleaned
    cleaned = cleaned.rstrip(". ")
    stem, suffix = cleaned, _SUFFIX
    if cleaned[-len(_SUFFIX) :].lower() == _SUFFIX:
        stem, suffix = cleaned[: -len(_SUFFIX)], cleaned[-len(_SUFFIX) :]
    stem = stem.lstrip(".")
    if not stem.strip():
        stem = "_"
    if _DEVICE.fullmatch(stem.partition(".")[0].rstrip(" ")):
        stem = f"_{stem}"
    return _cut(stem, FILENAME_BYTES - len(suffix)) + suffix


def _cut(text: str, limit: int) -> str:
    """The beginning of ``text`` in at most ``limit`` UTF-8 bytes, not cut before a mark that belongs to its letter."""
    content = text.encode()
    if len(content) <= limit:
        return text
    longest = len(content[:limit].decode(errors="ignore"))
    end = longest
    while end and _leans_back(text[end]):
        end -= 1
    return text[: end or longest].rstrip(". ") or "_"


def _leans_back(char: str) -> bool:
    """Combining marks, variation selectors (an IVS) and skin tones: without them their base is another text."""
    return unicodedata.category(char)[0] == "M" or ord(char) in _SKIN_TONES


# --- Letters -----------------------------------------------------------------------------------------------------


def build_message(draft: Draft, body: str, contents: Mapping[Sha256, bytes], date: dt.datetime) -> bytes:
    """The exact bytes of ``draft``, dated ``date``; ``contents`` holds the attachments by their sha256.

    A rehearsal is marked ``Auto-Submitted``. Raises UnsafeValue.
    """
    for attachment in draft.attachments:
        _check_filename(attachment.filename)
    top = _Top(
        date=date,
        sender=draft.sender,
        sender_name=draft.sender_name,
        to=draft.to,
        cc=draft.cc,
        message_id=draft.message_id,
        in_reply_to=draft.in_reply_to,
        subject=draft.subject,
        origin="auto-generated" if draft.is_rehearsal else "",
    )
    text = _text_part(body)
    if not draft.attachments:
        return b"".join((_top_lines(top), text, _CRLF))
    parts = [text, *(_pdf_part(each.filename, contents[each.sha256]) for each in draft.attachments)]
    boundary = _boundary(draft.message_id, parts)
    head = _top_lines(top) + f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"\r\n'.encode()
    fence = b"\r\n--" + boundary.encode()
    return b"".join((head, *(piece for part in parts for piece in (fence, _CRLF, part)), fence, b"--\r\n"))


def write_alarm(
    *,
    sender: Address,
    sender_name: str,
    to: Sequence[Address],
    subject: str,
    body: str,
    own_message_id: str,
    date: dt.datetime,
    store: str = "",
) -> bytes:
    """The bytes of a mail to the operator: one plain text, marked ``Auto-Submitted``. Raises UnsafeValue.

    ``store`` is the identity of the store that records it; a mail that no store records has none.
    """
    top = _Top(
        date=date,
        sender=sender,
        sender_name=sender_name,
        to=tuple(to),
        message_id=own_message_id,
        subject=subject,
        origin="auto-generated",
        store=store,
    )
    return _top_lines(top) + _text_part(body) + _CRLF


@dataclass(frozen=True, slots=True)
class _Top:
    """The values of the outermost headers, checked nowhere before ``_top_lines``."""

    date: dt.datetime
    sender: Address
    sender_name: str
    to: tuple[Address, ...]
    message_id: str
    subject: str
    origin: str
    """Value of Auto-Submitted (RFC 3834 §5), empty for a mail that a person released."""
    cc: tuple[Address, ...] = ()
    in_reply_to: str = ""
    store: str = ""


def _top_lines(top: _Top) -> bytes:
    """Every header above Content-Type."""
    _check_text("From", top.sender_name)
    _check_text("Subject", top.subject)
    for name, addresses in (("From", (top.sender,)), ("To", top.to), ("Cc", top.cc)):
        _check_addresses(name, addresses)
    if not top.subject or not top.to:
        raise UnsafeValue("To" if top.subject else "Subject", "empty")
    _check_message_id("Message-ID", top.message_id)
    fields = [f"Date: {_date(top.date)}", _from(top.sender_name, top.sender), _addresses("To", top.to)]
    if top.cc:
        fields.append(_addresses("Cc", top.cc))
    fields.append(f"Message-ID: {top.message_id}")
    if top.in_reply_to:
        _check_message_id("In-Reply-To", top.in_reply_to)
        fields.append(f"In-Reply-To: {top.in_reply_to}")
    fields.append(_subject(top.subject))
    if top.origin:
        fields.append(f"Auto-Submitted: {top.origin}")
    if top.store:
        fields.append(f"{STORE_FIELD}: {top.store}")
    fields.append("MIME-Version: 1.0")
    return "".join(f"{each}\r\n" for each in fields).encode("ascii")


def _check_text(name: str, text: str) -> None:
    char = unsafe_character(text)
    if char:
        raise UnsafeValue(name, char)


def _check_addresses(name: str, addresses: Iterable[Address]) -> None:
    for address in addresses:
        _check_text(name, address)
        # "=?" is legal in an address; readers that decode words everywhere would show another one.
        if not _ADDRESS.fullmatch(address) or "=?" in address:
            raise UnsafeValue(name, "form")


def _check_message_id(name: str, text: str) -> None:
    _check_text(name, text)
    if not _MESSAGE_ID.fullmatch(text) or "=?" in text:
        raise UnsafeValue(name, "form")


def _check_filename(filename: str) -> None:
    _check_text("filename", filename)
    if attachment_name(filename) != filename:
        raise UnsafeValue("filename", "form")


def _date(date: dt.datetime) -> str:
    """RFC 5322 §3.3 in Japanese time; ``strftime`` would write the names of the process's locale."""
    if date.tzinfo is None:
        raise ValueError("a Date header needs a zone-aware time")
    local = date.astimezone(JST)
    return f"{_DAYS[local.weekday()]}, {local.day:02} {_MONTHS[local.month - 1]} {local:%Y %H:%M:%S} +0900"


def _subject(subject: str) -> str:
    bare = f"Subject: {subject}"
    if len(bare) <= LINE and "=?" not in subject and _PLAIN_TEXT.fullmatch(subject):
        return bare
    return "Subject: " + "\r\n ".join(_words(subject, WORD_LINE - len("Subject: ")))


def _from(display: str, address: Address) -> str:
    if not display:
        return f"From: {address}"
    if len(display) <= LINE - len("From: ") and _PLAIN_PHRASE.fullmatch(display):
        lines, limit = [f"From: {display}"], LINE
    else:
        words = _words(display, WORD_LINE - len("From: "))
        lines, limit = [f"From: {words[0]}", *(f" {word}" for word in words[1:])], WORD_LINE
    if len(lines[-1]) + len(f" <{address}>") <= limit:
        lines[-1] += f" <{address}>"
    else:
        lines.append(f" <{address}>")
    return "\r\n".join(lines)


def _addresses(name: str, addresses: Iterable[Address]) -> str:
    first, *others = addresses
    lines = [f"{name}: {first}"]
    for address in others:
        # One column is kept for the comma that may follow.
        if len(lines[-1]) + len(f", {address}") < LINE:
            lines[-1] += f", {address}"
        else:
            lines[-1] += ","
            lines.append(f" {address}")
    return "\r\n".join(lines)


def _words(text: str, first: int, later: int = WORD) -> list[str]:
    """``text`` as RFC 2047 B words of whole characters: the first in ``first`` columns, the others in ``later``.

    Every word is base64, the ASCII ones and their spaces too: a space between two words is dropped by a reader
    (§6.2), and one at either end by many.
    """
    content = text.encode()
    words = []
    start, columns = 0, min(first, WORD)
    while start < len(content):
        end = min(start + (columns - len("=?UTF-8?B??=")) // 4 * 3, len(content))
        while end < len(content) and content[end] & 0xC0 == 0x80:  # noqa: PLR2004  UTF-8: 10xxxxxx goes on
            end -= 1
        words.append(f"=?UTF-8?B?{base64.b64encode(content[start:end]).decode()}?=")
        start, columns = end, min(later, WORD)
    return words


# --- Parts -------------------------------------------------------------------------------------------------------


def _base64_lines(content: bytes) -> bytes:
    """Base64 in 76 columns (RFC 2045 §6.8), lines joined by CRLF, none after the last."""
    return base64.encodebytes(content).rstrip(b"\n").replace(b"\n", _CRLF)


def _text_part(body: str) -> bytes:
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    _check_text("body", text.replace("\n", " ").replace("\t", " "))
    return b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + _base64_lines(
        text.replace("\n", "\r\n").encode()
    )


def _pdf_part(filename: str, content: bytes) -> bytes:
    """One PDF, its name twice: for readers that know RFC 2231, and for older ones that look at ``name`` only."""
    # Columns beside the word: ' name="' before the first, ' ' before a later one, '"' after the last.
    words = "\r\n ".join(_words(filename, WORD_LINE - len(' name=""'), WORD_LINE - len(' "')))
    percent = "".join(chr(b) if b in _BARE_IN_PERCENT else f"%{b:02X}" for b in filename.encode())
    head = (
        f'Content-Type: application/pdf;\r\n name="{words}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n filename*=UTF-8''{percent}\r\n\r\n"
    )
    return head.encode("ascii") + _base64_lines(content)


def _boundary(own_message_id: str, parts: Sequence[bytes]) -> str:
    """The first boundary made from the Message-ID that occurs in no part; base64 has no ``_``, only names could."""
    digits = hashlib.sha256(own_message_id.encode()).hexdigest()[:24]
    number = 0
    while any(f"hoshobin_{digits}_{number}".encode() in part for part in parts):
        number += 1
    return f"hoshobin_{digits}_{number}"
