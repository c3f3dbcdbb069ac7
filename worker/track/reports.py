"""Reads a mail that came back: a delivery report, a read receipt or a reply, and who or what wrote it.

Nothing here raises on any input; a missing value stays empty and is never guessed from a subject. A machine's report on
a mail of ours that cannot be understood is a report without blocks, never a reply. ``events`` decides what follows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from worker.core.message_id import find_own_form
from worker.read.classify import (
    find_auto_reply_sign,
    find_bounce_sign,
    has_transcript,
    is_answer,
    is_answering_machine,
    is_failure_subject,
    says_undelivered,
)
from worker.read.message import (
    Headers,
    Message,
    decode_bytes,
    header_text,
    html_text,
    split_headers,
    split_parts,
    undo_transfer,
)
from worker.track.bounces import read_bounce
from worker.track.dsn import (
    BLOCKS_LIMIT,
    DIAGNOSTIC_LIMIT,
    PARTS_LIMIT,
    STATUS,
    DsnAction,
    DsnBlock,
    read_all_groups,
    read_delivery_status,
    read_field_groups,
)

IDS_LIMIT: Final = 50
"""Message-IDs read of one mail: long threads name some twenty."""
TEXT_LIMIT: Final = 2_000
"""Characters of a reply that are kept in addition to its original: an office's answer has ten lines."""
NAMED_LIMIT: Final = 50
"""Addresses read of a failure that names no Message-ID of ours."""
_DEPTH: Final = 6
"""Levels at which parts are looked for: a virus scanner's mail around a mailing list's around a report has five."""
_PARTS_LIMIT: Final = 200
"""Parts that are looked at: a report has three, one within another mail has ten."""
_PART_BYTES: Final = 200_000
"""Bytes of one part that are decoded: a returned mail may have many megabytes, its headers come first."""
_ALL_BYTES: Final = 1_000_000
"""Bytes decoded of all parts of one mail: half a second for any content."""

_STATUS_KINDS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_READ_KINDS: Final = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_MDN_FAULTS: Final = frozenset({"failure", "error"})
"""Fields of a read receipt that say why there was none (RFC 8098 §3.2.7)."""
_RETURNED_KINDS: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)
_HOLDING: Final = frozenset({"message/rfc822", "message/global", "message/partial"})
"""Parts that hold a mail, or its beginning (RFC 2046 §5.2.2)."""
_WORDS: Final = frozenset({"", "text/plain", "text/html", "multipart/report", "multipart/mixed"})
"""Parts that hold a report's own words."""
_ID: Final = re.compile(r"<[^<>\s]{1,990}>")
_QUOTED_ID: Final = re.compile(r"^[ \t>|]{0,20}Message-ID:\s{0,5}(<[^<>\s]{1,990}>)", re.IGNORECASE | re.MULTILINE)
_QUOTED_THREAD: Final = re.compile(
    r"^[ \t>|]{0,20}(?:In-Reply-To|References):[^\n]{0,4000}(?:\n[ \t>|]{1,20}<[^\n]{0,4000}){0,50}",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_HEAD: Final = re.compile(r"^[ \t>|]{0,20}(?:Received|Return-Path|Message-ID):", re.IGNORECASE | re.MULTILINE)
_FIELDS_IN_TEXT: Final = re.compile(
    r"^(?:Reporting-MTA|Original-Recipient|Final-Recipient):", re.IGNORECASE | re.MULTILINE
)
_THREAD: Final = frozenset({b"in-reply-to", b"references"})
"""Fields of a returned mail that name other mails: a colleague's that bounced may answer one of ours."""
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,9}")
_SEPARATOR: Final = re.compile(
    r"^(?:-{3}.*(?:original message|元のメッセージ|メッセージ).*|_{10,}\s*|(?:From|差出人|送信者)\s*[:：].*|"
    r"On .{5,200} wrote:\s*|\d{4}[年/-].{5,200}(?:のメール|wrote|書きました|<[^<>]+>)\s*[:：])$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A DSN, or a bounce without a standard form; without ``blocks`` it is a report that could not be read."""

    envid: str = ""
    returned: tuple[str, ...] = ()
    """Message-IDs that it may be about: first those of the mail that it brings back, whole or its headers alone."""
    blocks: tuple[DsnBlock, ...] = ()
    named: tuple[str, ...] = ()
    """The addresses in its own words, if it names no Message-ID of ours: we may have written to them."""
    text: str = ""
    """Its own words, if no block could be read; not masked."""
    is_enclosed: bool = False
    """Set if it is in an enclosed mail: the author of the outer mail is no witness for it."""


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """A message disposition notification (RFC 8098): a program reports that the mail was opened or deleted."""

    returned: tuple[str, ...] = ()
    disposition: str = ""
    is_displayed: bool = True
    """Set if it says that the mail was opened; servers also write ``deleted`` for a refusal (RFC 5429)."""
    text: str = ""
    """Its own words; not masked."""
    named: tuple[str, ...] = ()
    """The addresses that it names, if it names no Message-ID of ours."""


@dataclass(frozen=True, slots=True)
class MailReply:
    """A mail that names one of ours, and is no report."""

    references: tuple[str, ...] = ()
    """The one it answers first, then the others, newest first."""
    text: str = ""
    """The new text, without the quoted part below it; not masked."""
    automatic: str = ""
    """The sign of an automatic reply (a field's name, ``subject``, ``text``); empty if a person wrote it."""
    warns: bool = False
    """Set if it says that the mail did not arrive, was refused, or that the address was given up."""


@dataclass(frozen=True, slots=True)
class NoReport:
    """Nothing came back with this mail."""


ReturnedMail = DeliveryReport | ReadReceipt | MailReply | NoReport


def read_report(raw: bytes, message: Message, is_ours: Callable[[str], bool]) -> ReturnedMail:
    """Returns what ``raw``, parsed as ``message``, says about a mail of ours; ``is_ours`` recognises our Message-IDs.

    The second reader, for bounces without a standard form, reads only a mail that brings one of ours back, or that is
    from a machine that returns mail. Reports on others' mails are returned too: they may name an address.
    """
    parts = tuple(_parts(raw))
    headers = parts[0].headers
    own = [part for part in parts if not part.is_enclosed]
    found = _find_ids(parts, is_ours)
    ours = tuple(filter(is_ours, found.all))
    if (report := _standard_report(own, found, ours)) is not None:
        return report
    text = _written(message) if message.texts else _own_words(own)
    sign = find_bounce_sign(headers, message.senders, message.subject, text)
    warns = says_undelivered(f"{message.subject}\n{text}")
    answers = tuple(filter(is_ours, found.answered))
    if not answers or sign:
        enclosed = [part for part in parts if part.is_enclosed]
        if (report := _standard_report(enclosed, found, ours, is_enclosed=True)) is not None:
            return report
    brings_back = any(map(is_ours, found.returned))
    is_returned = is_failure_subject(message.subject)
    blocks = _read_blocks(raw, message) if brings_back or sign or is_returned else ()
    has_failed = any(block.action is DsnAction.FAILED for block in blocks)
    if brings_back and not is_returned:
        is_returned = has_transcript("\n".join(part.text for part in own)) if is_answer(message.subject) else warns
    if ours and (blocks or sign or is_returned or message.is_report):
        return DeliveryReport("", ours, blocks, text="" if blocks else text)
    if ours:
        references = tuple(dict.fromkeys((*answers, *ours)))
        return MailReply(references, text, find_auto_reply_sign(headers, message.subject, text), warns)
    is_machines = sign or is_returned or is_answering_machine(headers, message.subject, text)
    if is_machines and (warns or has_failed):
        return DeliveryReport("", found.all, blocks, _name_addresses(own), "" if blocks else text)
    return NoReport()


def read_unthreaded(message: Message) -> MailReply:
    """Returns a mail that names none of ours as a reply: programs and gateways drop the fields that name it."""
    text = _written(message)
    warns = says_undelivered(f"{message.subject}\n{text}")
    return MailReply((), text, find_auto_reply_sign(message.headers, message.subject, text), warns)


def _standard_report(
    parts: Sequence[_Part], found: _Ids, ours: Sequence[str], *, is_enclosed: bool = False
) -> DeliveryReport | ReadReceipt | None:
    """Returns the content of the machine-readable part, if there is one."""
    if status := [part.content for part in parts if part.kind in _STATUS_KINDS]:
        envid, blocks = read_delivery_status(status)
        named = () if ours else _name_addresses(parts)
        return DeliveryReport(envid, found.all, blocks, named, "" if blocks else _own_words(parts), is_enclosed)
    if read := [part for part in parts if part.kind in _READ_KINDS]:
        return _read_receipt(read[0], found.all, _own_words(parts), () if ours else _name_addresses(parts))
    return None


def _read_blocks(raw: bytes, message: Message) -> tuple[DsnBlock, ...]:
    """Returns the fields of a report that a program turned into text, else the findings of the second reader."""
    for text in message.texts:
        if (fields := _FIELDS_IN_TEXT.search(text)) is not None:
            _, said = read_delivery_status([text[fields.start() :].encode()])
            if said:
                return said
    failed, delayed = read_bounce(raw)
    blocks = [DsnBlock((address,), DsnAction.FAILED, _status_in(message, address)) for address in failed]
    blocks += [DsnBlock((address,), DsnAction.DELAYED) for address in delayed]
    return tuple(blocks[:BLOCKS_LIMIT])


# --- Its parts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """A part of the mail, or of a mail within it; the first is the mail itself."""

    kind: str
    headers: Headers
    body: bytes
    """Cut at _PART_BYTES."""
    is_enclosed: bool
    begins_mail: bool
    """Set if its headers are those of a mail."""

    @cached_property
    def content(self) -> bytes:
        """The body without its transfer encoding; never decoded for the PDFs of a mail."""
        return undo_transfer(self.body, self.headers.encoding)[0]

    @cached_property
    def text(self) -> str:
        """Its text for people; empty for other types. A multipart that cannot be split is read as it is."""
        if self.kind and not self.kind.startswith(("text/", "message/", "multipart/")):
            return ""
        charset = self.headers.content_type.parameters.get("charset", "")
        text = decode_bytes(self.content, charset)[0]
        return html_text(text) if self.kind == "text/html" else "\n".join(text.splitlines())


def _parts(raw: bytes) -> Iterator[_Part]:
    waiting = [(raw, 0, False, True)]
    count, room = 0, _ALL_BYTES
    while waiting and count < _PARTS_LIMIT:
        piece, depth, is_enclosed, begins_mail = waiting.pop()
        count += 1
        headers, body = split_headers(piece)
        content_type = headers.content_type
        kind = content_type.word
        boundary = content_type.parameters.get("boundary", "")
        pieces = split_parts(body, boundary).pieces if kind.startswith("multipart/") and boundary else ()
        if pieces and depth < _DEPTH:
            yield _Part(kind, headers, b"", is_enclosed, begins_mail)
            waiting.extend((each, depth + 1, is_enclosed, False) for each in reversed(pieces))
            continue
        if _holds_mail(kind, content_type.parameters.get("name", "")) and depth < _DEPTH:
            yield _Part(kind, headers, b"", is_enclosed, begins_mail)
            waiting.append((undo_transfer(body, headers.encoding)[0].lstrip(b"\r\n"), depth + 1, True, True))
            continue
        yield _Part(kind, headers, body[: min(_PART_BYTES, room)], is_enclosed, begins_mail)
        room -= min(len(body), _PART_BYTES, room)


def _holds_mail(kind: str, name: str) -> bool:
    return kind in _HOLDING or name.lower().endswith(".eml")


# --- Which mail it is about ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ids:
    """The Message-IDs in a mail, each once."""

    returned: tuple[str, ...]
    """Those of mails inside it: whole, as headers only, or quoted."""
    answered: tuple[str, ...]
    """Those in In-Reply-To and References, newest first."""
    all: tuple[str, ...]
    """The candidates for the mail that it concerns, the surest first."""


def _find_ids(parts: Sequence[_Part], is_ours: Callable[[str], bool]) -> _Ids:
    returned = _unique(_returned(parts))
    answered = _unique(_references(parts[0].headers))
    anywhere = _unique((*_originals(parts), *_anywhere(parts)))
    thread = answered
    if returned and not any(map(is_ours, (*returned, *anywhere))):
        # Another sender's mail came back: it does not become ours by being in a thread with one of ours.
        thread = answered[:1] if parts[0].headers.first(b"in-reply-to") else ()
    return _Ids(returned, answered, _unique((*returned, *thread, *anywhere)))


def _unique(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))[:IDS_LIMIT]


def _returned(parts: Sequence[_Part]) -> Iterator[str]:
    """Yields the Message-ID of each mail inside this one: whole, as headers only, or quoted in a text."""
    for part in parts:
        if part.begins_mail and part.is_enclosed:
            yield from _ID.findall(part.headers.text(b"message-id"))
        elif part.kind in _RETURNED_KINDS:
            yield from _ID.findall(split_headers(part.content.lstrip(b"\r\n"))[0].text(b"message-id"))
    for part in parts:  # behind those: qmail and its kin return the mail as text below their own words
        yield from (found[1] for found in _QUOTED_ID.finditer(part.text))


def _references(headers: Headers) -> tuple[str, ...]:
    answered = _ID.findall(headers.text(b"in-reply-to"))
    thread = _ID.findall(headers.text(b"references"))
    return (*answered, *reversed(thread))


def _originals(parts: Sequence[_Part]) -> Iterator[str]:
    """Yields the ids in fields such as X-Original-Message-ID.

    Relays that write a Message-ID of their own keep ours there.
    """
    named = [part for part in parts if part.kind in _STATUS_KINDS | _READ_KINDS | _RETURNED_KINDS]
    groups = read_all_groups(part.content for part in named) if named else ()
    status = (field for group in groups for field in group)
    fields = [field for part in parts for field in part.headers.fields]
    returned = islice((part for part in named if part.kind in _RETURNED_KINDS), PARTS_LIMIT)
    fields += [field for part in returned for field in split_headers(part.content.lstrip(b"\r\n"))[0].fields]
    fields += [(name.encode(), text.encode("utf-8", "replace")) for name, text in status]
    for name, content in fields:
        if name.endswith(b"message-id") and name != b"message-id" and b"parent" not in name:
            yield from _ID.findall(header_text(content))


def _anywhere(parts: Sequence[_Part]) -> Iterator[str]:
    """Yields Message-IDs of our own form in any place, except those that a returned mail itself answers."""
    for part in parts:
        for name, content in part.headers.fields:
            if name not in _THREAD:
                yield from find_own_form(header_text(content))
        yield from find_own_form(_QUOTED_THREAD.sub("", part.text))


def _own_words(parts: Sequence[_Part]) -> str:
    """The first text, up to the mail that is returned in it."""
    text = next((part.text for part in parts if part.kind in _WORDS and part.text.strip()), "")
    return _QUOTED_HEAD.split(text, maxsplit=1)[0].strip()[:TEXT_LIMIT]


def _name_addresses(parts: Sequence[_Part]) -> tuple[str, ...]:
    """The addresses of X-Failed-Recipients, of a read receipt, and in a report's own words."""
    said = [part.headers.text(b"x-failed-recipients") for part in parts[:1]]
    said += [part.text for part in parts if part.kind in _READ_KINDS]
    words = "\n".join((*said, _own_words(parts)))
    found = (match[0] for match in _ADDRESS.finditer(unicodedata.normalize("NFKC", words)))  # gateways write ＠
    return tuple(dict.fromkeys(found))[:NAMED_LIMIT]


def _status_in(message: Message, address: str) -> str:
    """Returns the one enhanced code in a text near the address; empty if there are several or none."""
    found = {
        match[1]
        for text in message.texts[:1]
        if (place := text.lower().find(address.lower())) >= 0
        for match in STATUS.finditer(text[place : place + 400])
    }
    return found.pop() if len(found) == 1 else ""


# --- Read receipts and replies -------------------------------------------------------------------------------


def _read_receipt(part: _Part, returned: tuple[str, ...], text: str, named: tuple[str, ...]) -> ReadReceipt:
    fields = {name: text for group in read_field_groups(part.content) for name, text in group}
    original = _ID.findall(fields.get("original-message-id", ""))
    disposition = fields.get("disposition", "").rpartition(";")[2].strip()[:DIAGNOSTIC_LIMIT]
    what, _, modifiers = disposition.lower().partition("/")
    is_displayed = what.strip() == "displayed" and not modifiers.strip() and not fields.keys() & _MDN_FAULTS
    return ReadReceipt(_unique((*original, *returned)), disposition, is_displayed, text, named)


def _written(message: Message) -> str:
    """Returns the new text; all of it if nothing else is left, because some write between quoted lines."""
    text = "\n".join(message.texts[0].splitlines()) if message.texts else ""
    above = _SEPARATOR.split(text, maxsplit=1)[0]
    own = "\n".join(line.rstrip() for line in above.splitlines() if not line.lstrip().startswith((">", "＞")))
    chosen = own if own.strip() else text
    return re.sub(r"\n{3,}", "\n\n", chosen).strip()[:TEXT_LIMIT]
