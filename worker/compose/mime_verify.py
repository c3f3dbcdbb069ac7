"""Verifies a composed message: decodes it as a reader would, and compares the result with the draft.

A message in which two readers could see different things is refused, so it is never reported as identical. Written from
RFC 5322, 2045, 2047 and 2231, independently of ``mime_write``: it shares no line with it and uses no other mail
library, so that one mistake cannot pass twice. It is stricter than a lenient reader, because it accepts only messages
of our own (``read`` handles foreign ones).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from worker.core.errors import HoshobinError
from worker.core.model import JST, Address, Draft, Sha256, sha256

# The headers that a message of ours may have, in this order; those with True are required.
_TOP: Final = {
    "Date": True,
    "From": True,
    "To": True,
    "Cc": False,
    "Message-ID": True,
    "In-Reply-To": False,
    "Subject": True,
    "Auto-Submitted": False,
    "X-Hoshobin-Store": False,
    "MIME-Version": True,
    "Content-Type": True,
    "Content-Transfer-Encoding": False,
}
_PART: Final = {"Content-Type": True, "Content-Transfer-Encoding": True, "Content-Disposition": False}

_SEVEN_BIT: Final = bytes(range(0x20, 0x7F)) + b"\r\n"
_LONGEST_LINE: Final = 998  # RFC 5322 §2.1.1, without its CRLF
_BASE64_LINE: Final = 76  # RFC 2045 §6.8

_FIELD: Final = re.compile(r"([A-Za-z]+(?:-[A-Za-z]+)*): (\S.*)")
_ENCODED_WORD: Final = re.compile(r"=\?UTF-8\?B\?([A-Za-z0-9+/]+={0,2})\?=", re.IGNORECASE)
_LONGEST_WORD: Final = 75  # RFC 2047 §2
_MAILBOX: Final = re.compile(r"[^\s<>()\[\]:;@\\,\"]+@[A-Za-z0-9.-]+")
_NAMED_MAILBOX: Final = re.compile(r"(.*\S) <([^<>]*)>")
_ATOMS: Final = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
_ID: Final = re.compile(r"<[^\s<>@]+@[A-Za-z0-9.-]+>")
_DATE: Final = re.compile(r"([A-Z][a-z]{2}), ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) \+0900")
_DAY_NAMES: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTH_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MULTIPART: Final = re.compile(r'multipart/mixed; boundary="([A-Za-z0-9_.-]{1,70})"')
_TEXT: Final = "text/plain; charset=utf-8"
_FILE: Final = re.compile(r'([a-z]+/[a-z]+); name="([^"\\]+)"')
_EXT_VALUE: Final = re.compile(r"attachment; filename\*=UTF-8''((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+)")
_PERCENT: Final = re.compile(rb"%([0-9A-F]{2})")


class Undecodable(HoshobinError):
    """Raised for a message that is not exactly well formed; a reader may see anything.

    The text quotes nothing of it.
    """


@dataclass(frozen=True, slots=True)
class DecodedFile:
    """An attachment as a reader finds it: by the old name and by the RFC 2231 one."""

    content_type: str
    name: str
    """From ``name`` of Content-Type (RFC 2047 words, as older readers take them)."""
    filename: str
    """From ``filename*`` of Content-Disposition (RFC 2231)."""
    content: bytes


@dataclass(frozen=True, slots=True)
class Decoded:
    """The message as a reader sees it, and the headers in their order with decoded values."""

    headers: tuple[tuple[str, str], ...]
    date: dt.datetime
    sender: Address
    sender_name: str
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    message_id: str
    in_reply_to: str
    subject: str
    auto_submitted: str
    store: str
    """In a mail to people: the store that wrote it."""
    text: str
    """Lines ended by LF."""
    attachments: tuple[DecodedFile, ...]


def verify_message(
    draft: Draft, body: str, contents: Mapping[Sha256, bytes], raw: bytes, date: dt.datetime | None = None
) -> tuple[str, ...]:
    """Returns the names of everything in ``raw`` that a reader would see other than meant, never its content.

    Empty means identical. ``body`` and ``contents`` must be what ``draft`` names by hash. Without ``date`` any date
    passes: a draft that is not yet being sent has none. Raises no exception.
    """
    try:
        seen = decode_message(raw)
    except Undecodable as why:
        return (f"undecodable: {why}",)
    pairs = {
        "from": ((seen.sender, seen.sender_name), (draft.sender, draft.sender_name)),
        "to": (seen.to, draft.to),
        "cc": (seen.cc, draft.cc),
        "message-id": (seen.message_id, draft.message_id),
        "in-reply-to": (seen.in_reply_to, draft.in_reply_to),
        "subject": (seen.subject, draft.subject),
        "auto-submitted": (seen.auto_submitted, "auto-generated" if draft.is_rehearsal else ""),
        "x-hoshobin-store": (seen.store, ""),
        "body": (seen.text, "\n".join(re.split(r"\r\n|\r|\n", body))),
        "approved body": (sha256(body.encode(errors="surrogatepass")), draft.body_sha256),
        "date": (seen.date, seen.date if date is None else date.astimezone(JST).replace(microsecond=0)),
        "number of attachments": (len(seen.attachments), len(draft.attachments)),
    }
    found = [name for name, (is_so, meant) in pairs.items() if is_so != meant]
    for number, (file, meant) in enumerate(zip(seen.attachments, draft.attachments, strict=False), start=1):
        if {file.name, file.filename} != {meant.filename}:
            found.append(f"attachment {number} name")
        if file.content_type != "application/pdf":
            found.append(f"attachment {number} type")
        same = contents.get(meant.sha256) == file.content
        if not same or sha256(file.content) != meant.sha256 or len(file.content) != meant.size:
            found.append(f"attachment {number} content")
    return tuple(found)


def decode_message(raw: bytes) -> Decoded:
    """Decodes a message of our own form. Raises Undecodable on anything not exactly well formed."""
    lines = _lines(raw)
    fields, start = _fields(lines, _TOP)
    sender_name, sender = _named_mailbox(fields["From"])
    cc = _mailboxes(fields["Cc"]) if "Cc" in fields else ()
    text, attachments = _content(fields, lines[start:])
    subject = _words(fields["Subject"])
    shown = fields | {"Subject": subject, "From": f"{sender_name} <{sender}>" if sender_name else sender}
    _require(fields["MIME-Version"] == "1.0", "MIME-Version")
    return Decoded(
        headers=tuple(shown.items()),
        date=_date(fields["Date"]),
        sender=sender,
        sender_name=sender_name,
        to=_mailboxes(fields["To"]),
        cc=cc,
        message_id=_identifier(fields["Message-ID"]),
        in_reply_to=_identifier(fields["In-Reply-To"]) if "In-Reply-To" in fields else "",
        subject=subject,
        auto_submitted=fields.get("Auto-Submitted", ""),
        store=fields.get("X-Hoshobin-Store", ""),
        text=text,
        attachments=attachments,
    )


def _require(holds: object, what: str) -> None:
    if not holds:
        raise Undecodable(what)


# --- Lines and fields --------------------------------------------------------------------------------------------


def _lines(raw: bytes) -> list[str]:
    """The lines without their CRLF."""
    _require(not raw.translate(None, _SEVEN_BIT), "a byte that is no printable ASCII")
    lines = raw.decode("ascii").split("\r\n")
    _require(raw.count(b"\r") == raw.count(b"\n") == len(lines) - 1, "a bare CR or LF")
    _require(lines.pop() == "", "the last line has no CRLF")
    _require(max(map(len, lines), default=0) <= _LONGEST_LINE, "a line over 998 columns")
    return lines


def _fields(lines: Sequence[str], form: Mapping[str, bool]) -> tuple[dict[str, str], int]:
    """Returns the unfolded fields of ``form`` at the start of ``lines``, and the number of the first line of the body.

    Unfolding removes the CRLF and nothing else (RFC 5322 §2.2.3): the space that began the next line stays.
    """
    fields: dict[str, str] = {}
    name = ""
    for number, line in enumerate(lines):
        if not line:
            allowed = [each for each in form if each in fields]
            _require(list(fields) == allowed, "headers in another order")
            _require(all(each in fields for each, needed in form.items() if needed), "a header is missing")
            return fields, number + 1
        _require(line[-1] != " ", "a header line ends with a space")
        if line[0] == " ":
            _require(name and line[1] != " ", "a folded line")
            fields[name] += line
            continue
        found = _FIELD.fullmatch(line)
        if found is None:
            raise Undecodable("a header line")
        name = found[1]
        _require(name in form and name not in fields, "an unknown header or one that stands twice")
        fields[name] = found[2]
    raise Undecodable("no empty line after the headers")


# --- Values ------------------------------------------------------------------------------------------------------


def _words(value: str) -> str:
    """Unstructured text with RFC 2047 words: the space between two encoded words is no text (§6.2), others are."""
    shown: list[str] = []
    after_word = False
    for number, token in enumerate(value.split(" ")):
        _require(token, "two spaces side by side")
        encoded = _ENCODED_WORD.fullmatch(token)
        if encoded is None:
            _require("=?" not in token, "half an encoded word")
        if number and not (encoded and after_word):
            shown.append(" ")
        shown.append(token if encoded is None else _word(encoded))
        after_word = encoded is not None
    return "".join(shown)


def _word(found: re.Match[str]) -> str:
    """One encoded word: whole characters (§5 (3)), so it is decoded alone."""
    _require(len(found[0]) <= _LONGEST_WORD, "an encoded word over 75 columns")
    return _utf8(_base64(found[1]), "an encoded word")


def _utf8(content: bytes, what: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Undecodable(f"{what} is no UTF-8") from None


def _base64(text: str) -> bytes:
    """Returns the bytes of canonical base64: no padding bits set, nothing after the padding."""
    try:
        content = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise Undecodable("broken base64") from None
    _require(base64.b64encode(content) == text.encode(), "base64 in another form")
    return content


def _mailbox(value: str) -> Address:
    _require(_MAILBOX.fullmatch(value) and "=?" not in value, "an address")
    return Address(value)


def _mailboxes(value: str) -> tuple[Address, ...]:
    return tuple(map(_mailbox, value.split(", ")))


def _named_mailbox(value: str) -> tuple[str, Address]:
    """Display name and address; in a phrase the name is plain words or encoded ones, never both."""
    found = _NAMED_MAILBOX.fullmatch(value)
    if found is None:
        return "", _mailbox(value)
    phrase = found[1]
    encoded = all(map(_ENCODED_WORD.fullmatch, phrase.split(" ")))
    _require(encoded or _ATOMS.fullmatch(phrase), "a display name")
    return _words(phrase), _mailbox(found[2])


def _identifier(value: str) -> str:
    _require(_ID.fullmatch(value) and "=?" not in value, "a Message-ID")
    return value


def _date(value: str) -> dt.datetime:
    found = _DATE.fullmatch(value)
    if found is None or found[3] not in _MONTH_NAMES:
        raise Undecodable("the date")
    month = _MONTH_NAMES.index(found[3]) + 1
    try:
        date = dt.datetime.fromisoformat(f"{found[4]}-{month:02}-{found[2]}T{found[5]}+09:00")
    except ValueError:
        raise Undecodable("the date") from None
    _require(_DAY_NAMES[date.weekday()] == found[1], "the day of the week")
    return date.astimezone(JST)


# --- Parts -------------------------------------------------------------------------------------------------------


def _content(fields: Mapping[str, str], lines: Sequence[str]) -> tuple[str, tuple[DecodedFile, ...]]:
    found = _MULTIPART.fullmatch(fields["Content-Type"])
    if found is None:
        return _text(fields, lines), ()
    _require("Content-Transfer-Encoding" not in fields, "a multipart with an encoding")
    parts = list(_parts(found[1], lines))
    _require(len(parts) > 1, "a multipart of one part")
    return _text(*parts[0]), tuple(_file(*part) for part in parts[1:])


def _parts(boundary: str, lines: Sequence[str]) -> Iterator[tuple[dict[str, str], Sequence[str]]]:
    """Yields headers and lines of each part; text outside the boundaries is refused (RFC 2046 §5.1)."""
    fence, end = f"--{boundary}", f"--{boundary}--"
    fences = [number for number, line in enumerate(lines) if line.startswith(fence)]
    _require(fences and fences[0] == 0 and fences[-1] == len(lines) - 1, "text outside the parts")
    _require(lines[-1] == end and all(lines[each] == fence for each in fences[:-1]), "a boundary line")
    for above, below in pairwise(fences):
        inside = lines[above + 1 : below]
        head, start = _fields(inside, _PART)
        yield head, inside[start:]


def _bytes(head: Mapping[str, str], lines: Sequence[str]) -> bytes:
    _require(head.get("Content-Transfer-Encoding") == "base64", "a part that is not base64")
    _require(lines and all(len(line) == _BASE64_LINE for line in lines[:-1]), "base64 not in 76 columns")
    _require(len(lines[-1]) <= _BASE64_LINE and (lines[-1] or len(lines) == 1), "base64 not in 76 columns")
    return _base64("".join(lines))


def _text(head: Mapping[str, str], lines: Sequence[str]) -> str:
    _require(head["Content-Type"] == _TEXT and "Content-Disposition" not in head, "the text part")
    text = _utf8(_bytes(head, lines), "the text")
    _require(text.count("\r\n") == text.count("\r") == text.count("\n"), "a bare CR or LF in the text")
    return text.replace("\r\n", "\n")


def _file(head: Mapping[str, str], lines: Sequence[str]) -> DecodedFile:
    kind = _FILE.fullmatch(head["Content-Type"])
    given = _EXT_VALUE.fullmatch(head.get("Content-Disposition", ""))
    if kind is None or given is None:
        raise Undecodable("the name of an attachment")
    percent = _PERCENT.sub(lambda m: bytes.fromhex(m[1].decode()), given[1].encode())
    return DecodedFile(
        content_type=kind[1],
        name=_words(kind[2]),
        filename=_utf8(percent, "the name of an attachment"),
        content=_bytes(head, lines),
    )
