"""Decides what a mail is made of: its headers, its texts, and its PDFs wherever they sit.

Promise: ``read_message`` raises on no bytes at all, and its work is bounded by the limits below. It takes mail
apart itself: the standard parser needs 3 s for an 8 MB mail of 200 nested parts and ends in RecursionError at
2,000; this one goes through bytes, without recursion. It does not know whose mail it is; ``classify`` does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from worker.core.model import Attached
from worker.read.automatic_mail import find_machine_sign, find_reply_sign
from worker.read.message import AttachmentKind, Unopened, attachment_kind, find_uuencoded, is_file_link, is_zip
from worker.read.mime import (
    PARTS_LIMIT,
    Headers,
    Value,
    decode_bytes,
    decode_words,
    header_text,
    html_text,
    read_addresses,
    read_message_id,
    read_value,
    split_headers,
    split_parts,
    undo_transfer,
)

DEPTH_LIMIT: Final = 256
"""Parts within parts: people's mail has some ten; 200 must still be read, thousands are an attack."""
TEXT_LIMIT: Final = 200_000
"""Bytes read of one text, and characters of all texts of one message: a page is 2,000."""
SUBJECT_LIMIT: Final = 1000
"""Characters of a subject or a date that are kept: what is recognised and shown stands in the first 100."""
FILENAME_LIMIT: Final = 255
"""Characters of a file name: what a file system takes."""
_SNIFFED: Final = 1024
"""A part with a PDF's mark this near its beginning is looked at; ``pdf_bytes`` refuses it by name where it is none."""
_OF_REPORTS: Final = frozenset(
    {
        "message/delivery-status",
        "message/global-delivery-status",
        "message/disposition-notification",
        "message/global-disposition-notification",
        "message/feedback-report",
        "text/rfc822-headers",
        "message/global-headers",
    }
)
"""Parts that only reports have: some bounces are no multipart/report."""
_PDF_MARK: Final = b"%PDF-"
_LINK: Final = re.compile(r"https?://", re.IGNORECASE)


class Defect(StrEnum):
    """What was found wrong, or was left unread, in a mail that was read all the same."""

    HEADERS = "headers"
    BOUNDARY = "boundary"
    NOT_CLOSED = "not_closed"
    TRANSFER = "transfer"
    CHARSET = "charset"
    TOO_DEEP = "too_deep"
    TOO_MANY_PARTS = "too_many_parts"
    TEXT_CUT = "text_cut"


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as read. What stands in a mail within it (message/rfc822) is that one's, in ``nested``."""

    message_id: str = ""
    """With its angle brackets; empty where there is none."""
    senders: tuple[str, ...] = ()
    """Bare addresses of every From."""
    subject: str = ""
    date: str = ""
    """As written: it may be no date at all."""
    texts: tuple[str, ...] = ()
    pdfs: tuple[Attached, ...] = ()
    """Without those of ``nested`` and without what stands in a multipart/report."""
    zips: tuple[Attached, ...] = ()
    unopened: tuple[Unopened, ...] = ()
    """Other attachments that may hold a notice."""
    names: tuple[str, ...] = ()
    """Of every file in it, without those of ``nested``."""
    has_link: bool = False
    """Set where a text, or the HTML of one, holds an address of the web."""
    links_a_file: bool = False
    """Set where such an address is that of a file service, or bears a file's name."""
    is_report: bool = False
    """Whether it is a multipart/report, or holds one at its first level (lists add a footer around it)."""
    auto_submitted: bool = False
    """RFC 3834 §5: anything but ``no``."""
    answers_by: str = ""
    """By what it is known as an answer or a report (``auto_replies.find_reply_sign``); empty where nothing says so."""
    unattended_by: str = ""
    """By what it is known as sent by a machine under a person's address; empty where nothing says so."""
    nested: tuple[Message, ...] = ()
    defects: tuple[Defect, ...] = ()


@dataclass(slots=True)
class _Sheet:
    """A message while it is being read."""

    headers: Headers
    texts: list[str] = field(default_factory=list)
    pdfs: list[Attached] = field(default_factory=list)
    zips: list[Attached] = field(default_factory=list)
    unopened: list[Unopened] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    has_link: bool = False
    links_a_file: bool = False
    nested: list[_Sheet] = field(default_factory=list)
    defects: dict[Defect, None] = field(default_factory=dict)
    has_report: bool = False
    holds_report: bool = False
    """Whether a report, or a part that only reports have, stands in it at any level of its own."""
    characters: int = 0
    finished: Message = field(default_factory=Message)

    def note(self, defect: Defect) -> None:
        self.defects[defect] = None

    def add_text(self, text: str) -> None:
        room = TEXT_LIMIT - self.characters
        if len(text) > room:
            self.note(Defect.TEXT_CUT)
        if room > 0 and text.strip():
            self.texts.append(text[:room])
            self.characters += min(len(text), room)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part still to be read: of which message, how deep, and what it is where it does not say."""

    raw: bytes
    sheet: _Sheet | None
    depth: int
    assumed: str = "text/plain"
    level: int = 0
    """Depth within its own message; 0 begins one."""


def read_message(raw: bytes) -> Message:
    """Everything of a mail that can be read, however broken it is."""
    sheets: list[_Sheet] = []
    waiting = [_Part(raw, None, 0)]
    count = 0
    while waiting:
        part = waiting.pop()
        count += 1
        if count > PARTS_LIMIT:
            sheets[0].note(Defect.TOO_MANY_PARTS)
            break
        headers, body = split_headers(part.raw)
        sheet = part.sheet
        if sheet is None or part.level == 0:
            sheet = _Sheet(headers)
            sheets.append(sheet)
            if part.sheet is not None:
                part.sheet.nested.append(sheet)
        if headers.broken:
            sheet.note(Defect.HEADERS)
        inner = list(_read_part(part, headers, body, sheet))
        if inner and part.depth >= DEPTH_LIMIT:
            sheet.note(Defect.TOO_DEEP)
        else:
            waiting.extend(reversed(inner))
    for sheet in reversed(sheets):  # a message stands behind the one that holds it
        sheet.finished = _finish(sheet)
    return sheets[0].finished


def _finish(sheet: _Sheet) -> Message:
    headers = sheet.headers
    automatic = header_text(headers.first(b"auto-submitted")).lower()
    senders = tuple(dict.fromkeys(a for line in headers.every(b"from") for a in read_addresses(line)))
    subject = header_text(headers.first(b"subject"))[:SUBJECT_LIMIT]
    return Message(
        message_id=read_message_id(headers.first(b"message-id")),
        senders=senders,
        subject=subject,
        date=header_text(headers.first(b"date"))[:SUBJECT_LIMIT],
        texts=tuple(sheet.texts),
        pdfs=tuple(sheet.pdfs),
        zips=tuple(sheet.zips),
        unopened=tuple(sheet.unopened),
        names=tuple(sheet.names),
        has_link=sheet.has_link,
        links_a_file=sheet.links_a_file,
        is_report=sheet.has_report,
        auto_submitted=bool(automatic) and not automatic.startswith("no"),
        answers_by=find_reply_sign(headers, senders, subject, has_report=sheet.holds_report),
        unattended_by=find_machine_sign(headers, senders, subject, has_report=sheet.holds_report),
        nested=tuple(inner.finished for inner in sheet.nested),
        defects=tuple(sheet.defects),
    )


def _read_part(part: _Part, headers: Headers, body: bytes, sheet: _Sheet) -> Iterator[_Part]:
    """What a part adds to its message is noted there; the parts it holds are given back."""
    content_type = read_value(headers.first(b"content-type"))
    kind = content_type.word or part.assumed
    if kind == "multipart/report":
        sheet.has_report = sheet.has_report or part.level <= 1
        sheet.holds_report = True
        return
    if kind in _OF_REPORTS:
        sheet.holds_report = True
    boundary = content_type.parameters.get("boundary", "")
    if kind.startswith("multipart/") and boundary:
        assumed = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        pieces = _split_parts(body, boundary, sheet)
        if pieces:
            yield from (_Part(piece, sheet, part.depth + 1, assumed, part.level + 1) for piece in pieces)
            return
    if kind.startswith("multipart/"):
        sheet.note(Defect.BOUNDARY)
    disposition = read_value(headers.first(b"content-disposition"))
    filename = _filename(disposition, content_type)
    if filename:
        sheet.names[filename] = None
    encoding = header_text(headers.first(b"content-transfer-encoding")).lower()
    if kind in {"message/rfc822", "message/global"} or filename.lower().endswith(".eml"):
        yield _Part(_transfer(body, encoding, sheet), sheet, part.depth + 1)
    else:
        is_in_text = disposition.word == "inline" or bool(headers.first(b"content-id"))
        content = _transfer(body, encoding, sheet)
        if kind == "text/html" and disposition.word == "attachment" and filename:
            sheet.unopened.append(Unopened(filename, AttachmentKind.OTHER))  # seen: mail that only a browser deciphers
        _read_leaf(kind, content_type, filename, content, sheet, is_in_text=is_in_text)


def _split_parts(body: bytes, boundary: str, sheet: _Sheet) -> tuple[bytes, ...]:
    parts = split_parts(body, boundary)
    if not parts.is_closed:
        sheet.note(Defect.TOO_MANY_PARTS if parts.is_cut else Defect.NOT_CLOSED)
    return parts.pieces


def _transfer(body: bytes, encoding: str, sheet: _Sheet) -> bytes:
    content, is_whole = undo_transfer(body, encoding)
    if not is_whole:
        sheet.note(Defect.TRANSFER)
    return content


def _filename(disposition: Value, content_type: Value) -> str:
    """The name without folders; RFC 2047 forbids encoded words here (§5), and most senders write them."""
    name = disposition.parameters.get("filename") or content_type.parameters.get("name") or ""
    return re.split(r"[/\\]", decode_words(name))[-1].strip()[-FILENAME_LIMIT:]


def _read_leaf(
    kind: str, content_type: Value, filename: str, content: bytes, sheet: _Sheet, *, is_in_text: bool
) -> None:
    if is_zip(kind, filename, content) and not content.startswith(_PDF_MARK):
        sheet.zips.append(Attached(filename, content))
    elif is_pdf(kind, filename, content):
        sheet.pdfs.append(Attached(filename, content))
    elif kind in {"text/plain", "text/html"}:
        text, fitted = decode_bytes(content[:TEXT_LIMIT], content_type.parameters.get("charset", ""))
        if not fitted and len(content) <= TEXT_LIMIT:  # a cut text may end inside a character
            sheet.note(Defect.CHARSET)
        if len(content) > TEXT_LIMIT:
            sheet.note(Defect.TEXT_CUT)
        sheet.has_link = sheet.has_link or _LINK.search(text) is not None
        sheet.links_a_file = sheet.links_a_file or (sheet.has_link and is_file_link(text))
        for name in find_uuencoded(text):
            sheet.names[name] = None
            sheet.unopened.append(Unopened(name, AttachmentKind.OTHER))
        sheet.add_text(html_text(text) if kind == "text/html" else text)
    elif kind not in _OF_REPORTS and (sort := attachment_kind(kind, filename, content, is_in_text=is_in_text)):
        sheet.unopened.append(Unopened(filename, sort))


def is_pdf(kind: str, filename: str, content: bytes) -> bool:
    """By type, by name or by its first bytes; a text only where it begins with the mark: people write about PDFs."""
    if kind in {"application/pdf", "application/x-pdf"}:
        return True
    if unicodedata.normalize("NFKC", filename).strip().lower().endswith(".pdf"):
        return True
    if kind.startswith("text/"):
        return content[:_SNIFFED].lstrip().startswith(_PDF_MARK)
    return _PDF_MARK in content[: _SNIFFED + len(_PDF_MARK)]
