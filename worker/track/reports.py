"""Decides what a mail that came back says: a delivery report, a read receipt, or a reply, and who or what wrote it.

Promise: nothing here raises, on no bytes at all; what a report does not say is left empty and never guessed from a
subject. It does not know whose mail it is about beyond the Message-IDs it is asked about; ``track`` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from worker.read.auto_replies import name_automatic
from worker.read.charsets import header_text, read_value
from worker.read.message import Message
from worker.read.mime import Headers, split_headers, split_parts, undo_transfer
from worker.track.bounces import read_bounce
from worker.track.dsn import BLOCKS_LIMIT, DIAGNOSTIC_LIMIT, STATUS, Action, Block, read_delivery_status, read_fields

IDS_LIMIT: Final = 50
"""Message-IDs read of one mail: long threads name some twenty."""
RETURNED_LIMIT: Final = 50
"""Returned mails whose headers are read: a report brings back one, a digest of reports some ten."""
TEXT_LIMIT: Final = 2_000
"""Characters of a reply that are kept beside its original: an office's answer has ten lines."""
_DEPTH: Final = 3
"""Levels at which a report is looked for: itself, within what a mailing list or a virus scanner puts around it."""

_STATUS_KINDS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_READ_KINDS: Final = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_RETURNED_KINDS: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
_ID: Final = re.compile(r"<[^<>\s]{1,990}>")
_QUOTED_ID: Final = re.compile(r"^[ \t>|]{0,20}Message-ID:\s{0,5}(<[^<>\s]{1,990}>)", re.IGNORECASE | re.MULTILINE)
_SEPARATOR: Final = re.compile(
    r"^(?:-{3}.*(?:original message|元のメッセージ|メッセージ).*|_{10,}\s*|(?:From|差出人|送信者)\s*[:：].*|"
    r"On .{5,200} wrote:\s*|\d{4}[年/-].{5,200}(?:のメール|wrote|書きました|<[^<>]+>)\s*[:：])$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A DSN, or a bounce of no standard form; without ``blocks`` it is a report that nobody here can read."""

    envid: str = ""
    returned: tuple[str, ...] = ()
    """Message-IDs of the mail that it brings back, whole or its headers alone."""
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """A message disposition notification (RFC 8098): some program says that somebody opened or deleted the mail."""

    returned: tuple[str, ...] = ()
    disposition: str = ""


@dataclass(frozen=True, slots=True)
class MailReply:
    """A mail that names one of ours in In-Reply-To or References, or brings it back without saying that it failed."""

    references: tuple[str, ...] = ()
    """The one it answers first, then the others, newest first."""
    text: str = ""
    """What was written, without what is quoted below it; not masked."""
    automatic: str = ""
    """By what a machine's answer is known (a field's name, ``subject``, ``text``); empty where a person wrote it."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing came back with this mail."""


CameBack = DeliveryReport | ReadReceipt | MailReply | Nothing


def read_report(raw: bytes, message: Message, is_ours: Callable[[str], bool]) -> CameBack:
    """What ``raw``, of which ``message`` was read, says about a mail of ours; ``is_ours`` knows our Message-IDs.

    The second reader, for bounces of no standard form, is asked only about a mail that brings one of ours back.
    """
    parts = tuple(_parts(raw))
    if status := [part for part in parts if part.kind in _STATUS_KINDS]:
        envid, blocks = read_delivery_status(part.content for part in status)
        return DeliveryReport(envid, _returned(parts, message), blocks)
    if read := [part for part in parts if part.kind in _READ_KINDS]:
        return _read_receipt(read[0], _returned(parts, message))
    returned = tuple(each for each in (*_returned(parts, message), *_quoted(message)) if is_ours(each))
    if returned:
        failed, delayed = read_bounce(raw)
        found = [Block((address,), Action.FAILED, _status_in(message, address)) for address in failed]
        found += [Block((address,), Action.DELAYED) for address in delayed]
        if found or message.is_report:
            return DeliveryReport("", returned, tuple(found[:BLOCKS_LIMIT]))
    headers = split_headers(raw)[0]
    references = tuple(each for each in (*_references(headers), *returned) if is_ours(each))
    if not references:
        return Nothing()
    text = _written(message)
    return MailReply(tuple(dict.fromkeys(references)), text, name_automatic(headers, message.subject, text))


# --- Its parts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the mail itself, never of a mail within it."""

    kind: str
    encoding: str
    body: bytes

    @property
    def content(self) -> bytes:
        """Without the transfer encoding; the PDFs of a mail are never asked for here."""
        return undo_transfer(self.body, self.encoding)[0]


def _parts(raw: bytes) -> Iterator[_Part]:
    waiting = [(raw, 0)]
    while waiting:
        piece, depth = waiting.pop()
        headers, body = split_headers(piece)
        content_type = read_value(headers.first(b"content-type"))
        boundary = content_type.parameters.get("boundary", "")
        if content_type.word.startswith("multipart/") and boundary and depth < _DEPTH:
            inner = split_parts(body, boundary).pieces
            waiting.extend((each, depth + 1) for each in reversed(inner))
            continue
        encoding = header_text(headers.first(b"content-transfer-encoding")).lower()
        yield _Part(content_type.word, encoding, body)


def _returned(parts: Sequence[_Part], message: Message) -> tuple[str, ...]:
    """The Message-ID of each mail that stands in this one, whole or as its headers."""
    found = [each.message_id for each in message.nested]
    found += [
        header_text(split_headers(part.content.lstrip(b"\r\n"))[0].first(b"message-id"))
        for part in [part for part in parts if part.kind in _RETURNED_KINDS][:RETURNED_LIMIT]
    ]
    ids = [match[0] for each in found if (match := _ID.search(each))]
    return tuple(dict.fromkeys(ids))[:IDS_LIMIT]


def _quoted(message: Message) -> tuple[str, ...]:
    """Message-IDs of header lines in a text: qmail and its kin return the mail as text below their own words."""
    found = (match[1] for text in message.texts for match in _QUOTED_ID.finditer(text))
    return tuple(dict.fromkeys(found))[:IDS_LIMIT]


def _references(headers: Headers) -> tuple[str, ...]:
    answered = _ID.findall(header_text(headers.first(b"in-reply-to")))
    thread = _ID.findall(header_text(headers.first(b"references")))
    return tuple(dict.fromkeys((*answered, *reversed(thread))))[:IDS_LIMIT]


def _status_in(message: Message, address: str) -> str:
    """The one enhanced code that stands in a text near the address; empty where there are several or none."""
    found = {
        match[1]
        for text in message.texts[:1]
        if (place := text.lower().find(address.lower())) >= 0
        for match in STATUS.finditer(text[place : place + 400])
    }
    return found.pop() if len(found) == 1 else ""


# --- Read receipts and replies -------------------------------------------------------------------------------


def _read_receipt(part: _Part, returned: tuple[str, ...]) -> ReadReceipt:
    fields = {name: text for group in read_fields(part.content) for name, text in group}
    original = _ID.findall(fields.get("original-message-id", ""))
    disposition = fields.get("disposition", "").rpartition(";")[2].strip()[:DIAGNOSTIC_LIMIT]
    return ReadReceipt(tuple(dict.fromkeys((*original, *returned)))[:IDS_LIMIT], disposition)


def _written(message: Message) -> str:
    """What was written anew; the whole where nothing is left of it, since some write between quoted lines."""
    text = "\n".join(message.texts[0].splitlines()) if message.texts else ""
    above = _SEPARATOR.split(text, maxsplit=1)[0]
    own = "\n".join(line.rstrip() for line in above.splitlines() if not line.lstrip().startswith((">", "＞")))
    chosen = own if own.strip() else text
    return re.sub(r"\n{3,}", "\n\n", chosen).strip()[:TEXT_LIMIT]
