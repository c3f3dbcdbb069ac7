"""Decides of a file by its type, its name and its first bytes what it is, where it is no PDF and no text.

Promise: whatever may hold a notice that this program does not open is named; signatures, calendar entries and the small
pictures of a letterhead are not. It opens nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Final

from worker.core.model import Notice, Unreadable
from worker.core.text import match_key
from worker.read.pdf_bytes import CONTAINER

LETTERHEAD: Final = 40_000
"""Bytes of a picture that stands in the text: logos of signatures have some 5 kB, a legible photo of a sheet 100 kB."""

_KEY_WORD: Final = match_key("認証キー")
_ZIP_MARKS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08PK\x03\x04")
"""A ZIP, an empty one, one that was split and is one piece after all."""
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


class Sort(StrEnum):
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
    """Empty where it is the ZIP itself, or no file."""
    sort: Sort
    archive: str = ""
    """Name of the ZIP that it stands in, or is."""

    @property
    def shown(self) -> str:
        """Its name for people."""
        return "/".join(filter(None, (self.archive, self.filename)))


def mentions_key(text: str) -> bool:
    """Returns whether ``text`` has 認証キー, in full or half width, with or without spaces."""
    return _KEY_WORD in match_key(text)


def is_zip(kind: str, filename: str, content: bytes) -> bool:
    """By name, or by its first bytes where it is no document of an office program: those are ZIPs as well."""
    name = _folded(filename)
    if name.endswith(".zip"):
        return True
    is_office = bool(_OFFICE.search(name)) or (kind.startswith(_OFFICE_KINDS) and "zip" not in kind)
    return content.startswith(_ZIP_MARKS) and not is_office


def name_sort(kind: str, filename: str, content: bytes, *, is_in_text: bool = False) -> Sort | None:
    """Returns the kind of a file that is neither PDF nor text; None where it cannot hold a notice.

    ``is_in_text`` is set where it stands inside the text instead of beside it.
    """
    name = _folded(filename)
    if kind in _TNEF or name == "winmail.dat" or _OUTLOOK.search(name):
        return Sort.OUTLOOK
    if kind in _HARMLESS or (_HARMLESS_NAME.search(name) and kind not in _SEALED) or (not content and not name):
        return None
    if kind.startswith("multipart/") or (kind and "/" not in kind and not name):
        return None  # parts without their boundary are a defect of the mail; a kind of no type is read as text
    if kind in _SEALED or _SEALED_NAME.search(name):
        return Sort.SEALED
    if is_zip(kind, filename, content):
        return Sort.ZIP
    if _DOCUWORKS.search(name):
        return Sort.DOCUWORKS
    if kind.startswith("image/") or _PICTURE.search(name) or content.startswith(_PICTURE_MARKS):
        return None if is_in_text and len(content) < LETTERHEAD else Sort.PICTURE
    if _ARCHIVE.search(name) or content.startswith(_ARCHIVE_MARKS) or _LZH.match(content):
        return Sort.ARCHIVE
    if kind.startswith("text/") and kind != "text/html":
        return None
    return Sort.OTHER


def _folded(filename: str) -> str:
    return unicodedata.normalize("NFKC", filename).strip().lower()


def is_mail_file(filename: str, content: bytes) -> bool:
    """Returns whether a file is a mail that was saved (``.eml``)."""
    return _folded(filename).endswith(".eml") and bool(content) and not content.startswith(b"%PDF-")


def name_file(read: Notice | Unreadable, filename: str, content: bytes) -> Notice | Unreadable:
    """``read``; where the file is no PDF at all, it says what it is instead."""
    if not isinstance(read, Unreadable) or read.detail != CONTAINER or content.lstrip().startswith(b"%PDF-"):
        return read
    sort = name_sort("", filename, content) or Sort.OTHER
    return replace(read, detail=sort.value)


# --- Links in place of attachments ---------------------------------------------------------------------------

_INSTEAD: Final = re.compile(
    r"リンクに変換|URLに変換|(?:添付)?ファイル(?:が|を|は)?[^。\n]{0,30}(?:ダウンロード|取得|受け取|受取|お受け取り)"
    r"|ダウンロード(?:URL|リンク|用|して|をお願い|期限|期間|パスワード|キー|はこちら|ください|願)"
    r"|ファイル(?:転送|送信|共有|便)|大容量|(?:ファイル|フォルダ)[^。\n]{0,12}共有し"
    r"|shared[^\n]{0,20}(?:file|folder)|download (?:the |your )?(?:file|attachment)",
    re.IGNORECASE,
)
"""Words by which gateways and people say that a file lies behind an address."""
_QUOTED: Final = re.compile(r"^[ \t　]*[>＞|].*$", re.MULTILINE)
_ORIGINAL: Final = re.compile(
    r"^[ \t　]*(?:-{2,} ?(?:Original Message|元のメッセージ)|_{10,}"
    r"|(?:差出人|From) ?[:：].*\n.*(?:送信|Sent|日時|Date))",
    re.IGNORECASE | re.MULTILINE,
)
"""Begins the mail that is answered, as Outlook quotes it."""


_FILE_LINK: Final = re.compile(
    r"https?://[^\s\"'<>/]{0,100}\b(?:1drv\.ms|sharepoint\.com|onedrive\.live\.com|drive\.google\.com|dropbox\.com|box\.com"
    r"|gigafile\.nu|firestorage\.jp|wetransfer\.com|we\.tl)\b"
    r"|\.(?:pdf|zip)\s{0,3}(?:</[a-z]{1,10}>\s{0,3}){0,5}</a\b|\.(?:pdf|zip)\s{0,3}[<(＜]\s{0,3}https?://",
    re.IGNORECASE,
)
"""An address of a file service, and one that bears a file's name: the card that Outlook makes of a file on OneDrive."""


def is_file_link(text: str) -> bool:
    """Returns whether a text, HTML as it stands, links a file."""
    return _FILE_LINK.search(text) is not None


_UUENCODED: Final = re.compile(r"^begin [0-7]{3,4} (\S[^\r\n]{0,200})\r?\n[ -`]{2,61}\r?$", re.MULTILINE)
UUENCODED_LIMIT: Final = 10
"""Names that are given of one text."""


def find_uuencoded(text: str) -> tuple[str, ...]:
    """Returns the names of files that stand in a text by uuencode, as old mail programs attach them."""
    return tuple(found[1].strip() for found in islice(_UUENCODED.finditer(text), UUENCODED_LIMIT))


def hands_a_link(texts: tuple[str, ...], *, is_answer: bool) -> bool:
    """Returns whether a text hands over a file by an address; of an answer only its own words count."""
    return any(_INSTEAD.search(_own_words(text) if is_answer else text) for text in texts)


def _own_words(text: str) -> str:
    """``text`` up to the mail that it answers, without quoted lines."""
    answered = _ORIGINAL.search(text)
    return _QUOTED.sub("", text[: answered.start()] if answered else text)
