"""Reads a mail: its headers, its texts, its PDFs, and the other attachments that may hold a notice.

``read_message`` raises on no input, and its work is bounded by the limits below. It parses the mail itself: the
standard parser needs 3 s for an 8 MB mail of 200 nested parts and ends in RecursionError at 2,000.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from typing import Final

from worker.core.model import Attached, Notice, Unreadable
from worker.core.text import match_key
from worker.read.automatic_mail import find_machine_sign, find_reply_sign
from worker.read.mime import (
    PARTS_LIMIT,
    Headers,
    Value,
    decode_bytes,
    decode_words,
    html_text,
    read_addresses,
    read_message_id,
    split_headers,
    split_parts,
    undo_transfer,
)
from worker.read.pdf_bytes import CONTAINER

LETTERHEAD: Final = 40_000
"""Bytes of a picture inside the text: logos of signatures have some 5 kB, a legible photo of a sheet 100 kB."""

_KEY_WORD: Final = match_key("認証キー")
_ZIP_MARKS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04")
"""A ZIP, an empty one, and a split one that is complete in one piece."""
_OFFICE: Final = re.compile(
    r"\.(?:doc|dot|xls|xlt|xla|xlw|ppt|pot|pps|vsd|mpp|odt|ods|odp|odg|jtd|jtdc|jtt|rtf|pages|numbers|key)[xmb]?\Z"
)
_OFFICE_KINDS: Final = ("application/vnd.", "application/msword", "application/rtf")
_PICTURE: Final = re.compile(r"\.(?:jpe?g|jpe|jfif|png|gif|bmp|tiff?|heic|heif|webp|avif|svg|wmf|emf)\Z")
_ARCHIVE: Final = re.compile(r"\.(?:lzh|lha|rar|7z|cab|tar|tgz|gz|bz2|xz|iso|exe|ex_|z\d\d|0\d\d|zipx|sfx|azip|aes)\Z")
_ARCHIVE_MARKS: Final = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"MSCF", b"MZ")
_LZH: Final = re.compile(rb"..-lh[0-9ds]-", re.DOTALL)
_PICTURE_MARKS: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*")
_DOCUWORKS: Final = re.compile(r"\.(?:xdw|xbd|xct)\Z")
_OUTLOOK: Final = re.compile(r"\.(?:msg|oft|pst)\Z")
_TNEF: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SEALED: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_SEALED_NAME: Final = re.compile(r"\.(?:p7m|p7c|pgp|gpg)\Z")
_HARMLESS: Final = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "application/pgp-encrypted",
        "application/pgp-keys",
        "application/ics",
    }
)
_HARMLESS_NAME: Final = re.compile(r"\.(?:p7s|ics|ical|vcf|vcs|asc|sig|txt|css)\Z")


class AttachmentKind(StrEnum):
    """The kinds of files that are not opened; the code of the hold."""

    ZIP = "zip"
    LOCKED = "locked"
    """A ZIP, or a file in one, with a password."""
    ARCHIVE = "archive"
    """Another archive, also one within a ZIP, or a program that unpacks itself."""
    OUTLOOK = "outlook"
    SEALED = "sealed"
    DOCUWORKS = "docuworks"
    PICTURE = "picture"
    LINK = "link"
    DAMAGED = "damaged"
    """A file in a ZIP that is damaged, or beyond the limits."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Unopened:
    """An attachment, or a file in a ZIP, that is not opened."""

    filename: str
    """Empty for the ZIP itself, and for a link."""
    sort: AttachmentKind
    archive: str = ""
    """Name of the ZIP that contains it, or that it is."""

    @property
    def shown(self) -> str:
        """Its name for people."""
        return "/".join(filter(None, (self.archive, self.filename)))


def mentions_key(text: str) -> bool:
    """Returns whether ``text`` has 認証キー, in full or half width, with or without spaces."""
    return _KEY_WORD in match_key(text)


def is_zip(kind: str, filename: str, content: bytes) -> bool:
    """Returns whether it is a ZIP, by name or first bytes; office documents are ZIPs too and do not count."""
    name = _folded(filename)
    if name.endswith(".zip"):
        return True
    is_office = bool(_OFFICE.search(name)) or (kind.startswith(_OFFICE_KINDS) and "zip" not in kind)
    return content.startswith(_ZIP_MARKS) and not is_office


def attachment_kind(kind: str, filename: str, content: bytes, *, is_in_text: bool = False) -> AttachmentKind | None:
    """Returns the kind of a file that is neither PDF nor text; None if it cannot hold a notice.

    ``is_in_text`` is set for a file shown inside the text.
    """
    name = _folded(filename)
    if kind in _TNEF or name == "winmail.dat" or _OUTLOOK.search(name):
        return AttachmentKind.OUTLOOK
    if kind in _HARMLESS or (_HARMLESS_NAME.search(name) and kind not in _SEALED) or (not content and not name):
        return None
    if kind.startswith("multipart/") or (kind and "/" not in kind and not name):
        return None  # parts without their boundary are a defect of the mail; a kind of no type is read as text
    if kind in _SEALED or _SEALED_NAME.search(name):
        return AttachmentKind.SEALED
    if is_zip(kind, filename, content):
        return AttachmentKind.ZIP
    if _DOCUWORKS.search(name):
        return AttachmentKind.DOCUWORKS
    if kind.startswith("image/") or _PICTURE.search(name) or content.startswith(_PICTURE_MARKS):
        return None if is_in_text and len(content) < LETTERHEAD else AttachmentKind.PICTURE
    if _ARCHIVE.search(name) or content.startswith(_ARCHIVE_MARKS) or _LZH.match(content):
        return AttachmentKind.ARCHIVE
    if kind.startswith("text/") and kind != "text/html":
        return None
    return AttachmentKind.OTHER


def _folded(filename: str) -> str:
    return unicodedata.normalize("NFKC", filename).strip().lower()


def is_mail_file(filename: str, content: bytes) -> bool:
    """Returns whether a file is a mail that was saved (``.eml``)."""
    return _folded(filename).endswith(".eml") and bool(content) and not content.startswith(b"%PDF-")


def name_file(read: Notice | Unreadable, filename: str, content: bytes) -> Notice | Unreadable:
    """Returns ``read``, or the kind of the file if it is not a PDF at all."""
    if not isinstance(read, Unreadable) or read.detail != CONTAINER or content.lstrip().startswith(b"%PDF-"):
        return read
    sort = attachment_kind("", filename, content) or AttachmentKind.OTHER
    return replace(read, detail=sort.value)


# --- Links in place of attachments ---------------------------------------------------------------------------

_INSTEAD: Final = re.compile(
    r"リンクに変換|URLに変換|(?:添付)?ファイル(?:が|を|は)?[^。\n]{0,30}(?:ダウンロード|取得|受け取|受取|お受け取り)"
    r"|ダウンロード(?:URL|リンク|用|して|をお願い|期限|期間|パスワード|キー|はこちら|ください|願)"
    r"|ファイル(?:転送|送信|共有|便)|大容量|(?:ファイル|フォルダ)[^。\n]{0,12}共有し"
    r"|shared[^\n]{0,20}(?:file|folder)|download (?:the |your )?(?:file|attachment)",
    re.IGNORECASE,
)
"""Words by which gateways and people say that an address leads to a file."""
_QUOTED: Final = re.compile(r"^[ \t　]*[>＞|].*$", re.MULTILINE)
_ORIGINAL: Final = re.compile(
    r"^[ \t　]*(?:-{2,} ?(?:Original Message|元のメッセージ)|_{10,}"
    r"|(?:差出人|From) ?[:：].*\n.*(?:送信|Sent|日時|Date))",
    re.IGNORECASE | re.MULTILINE,
)
"""The beginning of the answered mail, as Outlook quotes it."""


_FILE_LINK: Final = re.compile(
    r"https?://[^\s\"'<>/]{0,100}\b(?:1drv\.ms|sharepoint\.com|onedrive\.live\.com|drive\.google\.com|dropbox\.com|box\.com"
    r"|gigafile\.nu|firestorage\.jp|wetransfer\.com|we\.tl)\b"
    r"|\.(?:pdf|zip)\s{0,3}(?:</[a-z]{1,10}>\s{0,3}){0,5}</a\b|\.(?:pdf|zip)\s{0,3}[<(＜]\s{0,3}https?://",
    re.IGNORECASE,
)
"""An address of a file service, or one with a file's name: the card that Outlook makes of a file on OneDrive."""


def is_file_link(text: str) -> bool:
    """Returns whether a text, or raw HTML, links a file."""
    return _FILE_LINK.search(text) is not None


_UUENCODED: Final = re.compile(r"^begin [0-7]{3,4} (\S[^\r\n]{0,200})\r?\n[ -`]{2,61}\r?$", re.MULTILINE)
UUENCODED_LIMIT: Final = 10
"""Names that are given of one text."""


def find_uuencoded(text: str) -> tuple[str, ...]:
    """Returns the names of uuencoded files in a text, as old mail programs attach them."""
    return tuple(found[1].strip() for found in islice(_UUENCODED.finditer(text), UUENCODED_LIMIT))


def offers_file_link(texts: tuple[str, ...], *, is_answer: bool) -> bool:
    """Returns whether a text offers a file by its address; of an answer only its own words count."""
    return any(_INSTEAD.search(_own_words(text) if is_answer else text) for text in texts)


def _own_words(text: str) -> str:
    """Returns ``text`` up to the answered mail, without quoted lines."""
    answered = _ORIGINAL.search(text)
    return _QUOTED.sub("", text[: answered.start()] if answered else text)


DEPTH_LIMIT: Final = 256
"""Parts within parts: people's mail has some ten; 200 must still be read, thousands are an attack."""
TEXT_LIMIT: Final = 200_000
"""Bytes read of one text, and characters of all texts of one message: a page is 2,000."""
SUBJECT_LIMIT: Final = 1000
"""Characters of a subject or a date that are kept; recognition and display use the first 100."""
FILENAME_LIMIT: Final = 255
"""Characters of a file name: what a file system takes."""
_SNIFFED: Final = 1024
"""A part whose first bytes up to here hold the mark of a PDF is read as one; ``pdf_bytes`` names the fault of a false
one."""
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
"""Parts that only reports have; some bounces are not multipart/report."""
_PDF_MARK: Final = b"%PDF-"
_LINK: Final = re.compile(r"https?://", re.IGNORECASE)


class Defect(StrEnum):
    """The defects of a mail that was still read, and the parts that were left out."""

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
    """A parsed mail. The contents of an enclosed mail (message/rfc822) are in ``nested``."""

    message_id: str = ""
    """With its angle brackets; empty if there is none."""
    senders: tuple[str, ...] = ()
    """Bare addresses of every From."""
    subject: str = ""
    date: str = ""
    """As written; it may be no valid date."""
    texts: tuple[str, ...] = ()
    pdfs: tuple[Attached, ...] = ()
    """Without those of ``nested`` and of a multipart/report."""
    zips: tuple[Attached, ...] = ()
    unopened: tuple[Unopened, ...] = ()
    """Other attachments that may hold a notice."""
    names: tuple[str, ...] = ()
    """File names, without those of ``nested``."""
    has_link: bool = False
    """Set if a text or its HTML holds a web address."""
    links_a_file: bool = False
    """Set if such an address belongs to a file service, or carries a file name."""
    is_report: bool = False
    """Set for a multipart/report, also at the first level of another type (lists add a footer around it)."""
    auto_submitted: bool = False
    """RFC 3834 §5: anything but ``no``."""
    answers_by: str = ""
    """The sign of a reply or a report (``automatic_mail.find_reply_sign``); empty if there is none."""
    unattended_by: str = ""
    """The sign that a machine sent it from a person's address; empty if there is none."""
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
    """Set if it holds a report, or a part that only reports have, at any level of its own."""
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
    """A part still to be read, with its message, its depth and its default type."""

    raw: bytes
    sheet: _Sheet | None
    depth: int
    assumed: str = "text/plain"
    level: int = 0
    """Depth within its own message; 0 begins a message."""


def read_message(raw: bytes) -> Message:
    """Returns everything of a mail that can be read, however broken it is."""
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
    for sheet in reversed(sheets):  # an enclosed message follows the one that holds it
        sheet.finished = _finish(sheet)
    return sheets[0].finished


def _finish(sheet: _Sheet) -> Message:
    headers = sheet.headers
    automatic = headers.text(b"auto-submitted").lower()
    senders = tuple(dict.fromkeys(a for line in headers.every(b"from") for a in read_addresses(line)))
    subject = headers.text(b"subject")[:SUBJECT_LIMIT]
    return Message(
        message_id=read_message_id(headers.first(b"message-id")),
        senders=senders,
        subject=subject,
        date=headers.text(b"date")[:SUBJECT_LIMIT],
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
    """Adds the contents of a part to its message, and yields the parts that it contains."""
    content_type = headers.content_type
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
    filename = _filename(headers)
    if filename:
        sheet.names[filename] = None
    if kind in {"message/rfc822", "message/global"} or filename.lower().endswith(".eml"):
        yield _Part(_transfer(body, headers.encoding, sheet), sheet, part.depth + 1)
    else:
        is_in_text = headers.disposition.word == "inline" or bool(headers.first(b"content-id"))
        content = _transfer(body, headers.encoding, sheet)
        if kind == "text/html" and headers.disposition.word == "attachment" and filename:
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


def _filename(headers: Headers) -> str:
    """The name without folders; RFC 2047 forbids encoded words here (§5), and most senders write them."""
    name = headers.disposition.parameters.get("filename") or headers.content_type.parameters.get("name") or ""
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
    """Returns whether it is a PDF by type, name or first bytes.

    A text must begin with the mark of a PDF: people write about PDFs.
    """
    if kind in {"application/pdf", "application/x-pdf"}:
        return True
    if unicodedata.normalize("NFKC", filename).strip().lower().endswith(".pdf"):
        return True
    if kind.startswith("text/"):
        return content[:_SNIFFED].lstrip().startswith(_PDF_MARK)
    return _PDF_MARK in content[: _SNIFFED + len(_PDF_MARK)]
