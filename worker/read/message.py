"""Reads a mail from its bytes: its header fields, texts and PDFs, and the other attachments that may hold a notice.

It parses the mail itself: the standard parser needs 3 s for an 8 MB mail of 200 nested parts and ends in RecursionError
at 2,000. No function here raises or recurses, no text that it returns holds a surrogate, and its work is bounded by the
limits below. The standard codecs are asked first. Two things that they cannot read are converted by hand: ISO-2022-JP
with NEC row 13 (①, ㈱), which Outlook writes and none of Python's six codecs reads, and raw Shift_JIS in headers.
"""

from __future__ import annotations

import binascii
import html
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import islice
from typing import Final

from worker.core.model import Attached, Notice, Unreadable
from worker.core.text import match_key
from worker.read.pdf_bytes import CONTAINER

# --- Characters --------------------------------------------------------------------------------------------------

_JIS_CHARSETS: Final = frozenset(
    {"iso-2022-jp", "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-ms", "csiso2022jp"}
)

# An allow list: Python would also take "punycode" (quadratic in its input), "unicode_escape" or "hex" as a charset.
_CODECS: Final = (
    dict.fromkeys(("utf-8", "utf8", "unicode-1-1-utf-8", "utf-8-sig"), "utf-8-sig")
    | dict.fromkeys(("us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us"), "ascii")
    | dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j", "cp932", "ms932"), "cp932")
    | dict.fromkeys(("euc-jp", "eucjp", "x-euc-jp", "cp51932", "eucjp-ms"), "euc_jp")
    | dict.fromkeys(("gb2312", "gbk", "gb18030", "gb_2312-80"), "gb18030")
    | dict.fromkeys(("euc-kr", "ks_c_5601-1987", "cp949"), "cp949")
    | {"big5": "big5hkscs", "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be"}
    | {"koi8-r": "koi8_r", "iso-8859-1": "cp1252", "latin1": "cp1252", "tis-620": "tis_620"}
)
_NUMBERED: Final = re.compile(r"(?:iso-8859-(?:[2-9]|1[03456])|windows-125[0-8])\Z")

_ESCAPE: Final = re.compile(rb"\x1b(\$[@B]|\$\([@BD]|\([BJIH])")
_NO_SHIFT_JIS: Final = re.compile("[\x80\xa0\uf8f1-\uf8f3]")
"""The characters that Python's cp932 returns for the bytes 80, A0 and FD to FF, which are not Shift_JIS."""
_HALF_WIDTH: Final = b"(I"
_SUPPLEMENT: Final = b"$(D"
"""JIS X 0212, which Windows' tables do not hold."""
_ONE_BYTE: Final = (b"(B", b"(J", b"(H")
_JIS_RUN: Final = re.compile(rb"[\x21-\x7e]+|[^\x21-\x7e]+")
_SHIFTED: Final = re.compile(rb"\x0e([^\x0f]*)\x0f?")
"""Half-width kana between SO and SI, which RFC 1468 does not have and Windows and old gateways write."""

_WORD: Final = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,60})?\?([bBqQ])\?([^?]*)\?=")
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]+")

_PARAMETER: Final = re.compile(
    r"""([^\s=;"*]{1,80})(?:\*(\d{1,3}))?(\*)?\s{0,99}=\s{0,99}("(?:[^"\\]|\\.)*"?|[^;]*)[^;]*""", re.DOTALL
)
_DROPPED: Final = re.compile(r"(script|style|title)\b")
_CLOSINGS: Final = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "title")}
_SPACING: Final = re.compile(r"/?(?:br|p|div|tr|td|th|li|h\d|table|hr)\b", re.IGNORECASE)
_FIRST_WORD: Final = re.compile(r"\s*([^\s;]*)[\s;]*")
_ESCAPED: Final = re.compile(r'\\(["\\])')
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_PARAMETERS_LIMIT: Final = 500
"""Parameters read of one header: a split file name has some ten; thousands are an attack on the reader."""

REMEMBERED: Final = 512
"""Headers whose value is cached, those of a block of mails: each step that looks at one reads the same few headers."""

VALUE_LIMIT: Final = 32_768
"""Bytes read of one header: RFC 5322 allows 998 to a line, and subjects and addresses take a few of those."""

_ID: Final = re.compile(r"<[^<>\s]{1,990}>")
_ADDRESS: Final = re.compile(r'[^\s<>()",:;@\\]{1,256}@[^\s<>()",:;@\\]{1,255}')
_QUOTED_OR_COMMENT: Final = re.compile(r'"(?:[^"\\]|\\.)*"?|[()]|[^"()]+', re.DOTALL)


def decode_bytes(raw: bytes, charset: str = "") -> tuple[str, bool]:
    """Returns ``raw`` as text, and whether ``charset`` was known and fitted; an empty one counts as fitting."""
    name = charset.strip().strip("\"'").lower()
    if name in _JIS_CHARSETS:
        return _decode_jis(raw), True
    codec = _CODECS.get(name) or (name if _NUMBERED.match(name) else "")
    if codec and not (codec == "ascii" and b"\x1b" in raw):
        try:
            return raw.decode(codec), True
        except UnicodeDecodeError:
            if codec == "euc_jp":
                return _decode_euc(raw), True
    return _guess(raw), not name


def _guess(raw: bytes) -> str:
    """Decodes undeclared or wrongly declared bytes: JIS by its escapes, UTF-8, Shift_JIS, else UTF-8 with gaps."""
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    if _ESCAPE.search(raw):
        return _decode_jis(raw)
    for codec in ("utf-8-sig", "cp932"):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if not _NO_SHIFT_JIS.search(text):
            return text
    return raw.decode("utf-8", "replace")


def _decode_jis(raw: bytes) -> str:
    """Decodes ISO-2022-JP by the codec, or character by character through cp932 if the codec fails."""
    if b"\x1b" not in raw and b"\x0e" not in raw:
        return _guess(raw)  # seen: UTF-8 and Shift_JIS declared as ISO-2022-JP
    if b"\x0e" not in raw:  # the codec takes SO for a control character
        try:
            return raw.decode("iso2022_jp")
        except UnicodeDecodeError:
            pass
    return "".join(_jis_pieces(raw))


def _jis_pieces(raw: bytes) -> Iterator[str]:
    pieces = _ESCAPE.split(raw)
    for escape, run in zip((b"(B", *pieces[1::2]), pieces[::2], strict=True):
        for place, part in enumerate(_SHIFTED.split(run)):  # every second one stood between SO and SI
            yield from _jis_run(_HALF_WIDTH if place % 2 else escape, part)


def _jis_run(escape: bytes, run: bytes) -> Iterator[str]:
    """The text of ``run`` in the character set that ``escape`` names."""
    if escape in _ONE_BYTE:
        yield _one_byte(run)
        return
    for part in _JIS_RUN.findall(run):
        if not 0x21 <= part[0] <= 0x7E:  # the 94 characters of a JIS row
            yield _one_byte(part)
        elif escape == _SUPPLEMENT:
            yield (b"\x1b$(D" + part + b"\x1b(B").decode("iso2022_jp_1", "replace")
        elif escape == _HALF_WIDTH:
            yield bytes(byte | 0x80 for byte in part).decode("cp932", "replace")
        else:
            yield _jis_to_sjis(part).decode("cp932", "replace")


def _one_byte(run: bytes) -> str:
    """Bytes outside the two-byte sets; some programs write half-width kana there in eight bits."""
    try:
        return run.decode("utf-8")
    except UnicodeDecodeError:
        return run.decode("cp932", "replace")


def _jis_to_sjis(pairs: bytes) -> bytes:
    """Two-byte JIS as Shift_JIS (JIS X 0208:1997, annex 1); rows 13 and 89 to 92 fall on Windows' own characters."""
    found = bytearray()
    for row, cell in zip(pairs[::2], pairs[1::2], strict=False):
        lead = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
        trail = cell + (0x7E if row % 2 == 0 else 0x1F if cell < 0x60 else 0x20)
        found += bytes((lead, trail))
    return bytes(found)


def _decode_euc(raw: bytes) -> str:
    """EUC-JP with Windows' rows: the same characters as JIS with the high bit set."""
    found: list[str] = []
    place = 0
    for run in re.finditer(rb"[\xa1-\xfe]{2,}|\x8e[\xa1-\xdf]", raw):
        found.append(raw[place : run.start()].decode("ascii", "replace"))
        piece = run[0][1:] if run[0][0] == 0x8E else _jis_to_sjis(bytes(b & 0x7F for b in run[0]))
        found.append(piece.decode("cp932", "replace"))
        place = run.end()
    found.append(raw[place:].decode("ascii", "replace"))
    return "".join(found)


def decode_base64(raw: bytes) -> tuple[bytes, bool]:
    """Returns the decoded bytes as far as possible, and whether the base64 was valid."""
    try:
        return binascii.a2b_base64(raw), True
    except binascii.Error:
        letters = _NOT_BASE64.sub(b"", raw)
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)), False


def decode_words(text: str) -> str:
    """Returns ``text`` with its RFC 2047 encoded words decoded.

    Neighbours of one charset are joined before they are decoded: many senders cut inside a character, which RFC 2047 §5
    forbids.
    """
    found: list[str] = []
    pending, charset, place = bytearray(), "", 0
    for word in _WORD.finditer(text):
        between = text[place : word.start()]
        raw = _word_bytes(word[2], word[3])
        if pending and not between.strip() and word[1].lower() == charset:
            pending += raw
        else:
            found.append(decode_bytes(bytes(pending), charset)[0])
            found.append("" if place and not between.strip() else between)
            pending, charset = bytearray(raw), word[1].lower()
        place = word.end()
    return "".join((*found, decode_bytes(bytes(pending), charset)[0], text[place:]))


def _word_bytes(encoding: str, content: str) -> bytes:
    raw = content.encode("utf-8", "replace")
    if encoding in "bB":
        return decode_base64(raw)[0]
    return binascii.a2b_qp(raw.replace(b"_", b"=20"), header=False)


def header_text(raw: bytes) -> str:
    """Returns an unfolded header as text: charset guessed, encoded words decoded, no line ends."""
    return _header_text(raw[:VALUE_LIMIT])


@lru_cache(maxsize=REMEMBERED)
def _header_text(raw: bytes) -> str:
    return " ".join(decode_words(_guess(raw)).splitlines()).strip()


@dataclass(frozen=True, slots=True)
class HeaderValue:
    """A header's first word in lower case (``text/plain``, ``attachment``) and its parameters, decoded."""

    word: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def read_header_value(raw: bytes) -> HeaderValue:
    """Reads a Content-Type or Content-Disposition with RFC 2231 parameters, split or not; encoded words stay.

    The charset is decoded before the quotes are searched: raw ISO-2022-JP and Shift_JIS contain the bytes of a quote or
    a backslash inside characters.
    """
    return _read_header_value(raw[:VALUE_LIMIT])


@lru_cache(maxsize=REMEMBERED)
def _read_header_value(raw: bytes) -> HeaderValue:
    text = " ".join(_guess(raw).splitlines())
    first = _FIRST_WORD.match(text)
    word, rest = (first[1], text[first.end() :]) if first else ("", text)
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(rest)):
        if count == _PARAMETERS_LIMIT:
            break
        content = found[4]
        if content.startswith('"'):
            content = _ESCAPED.sub(r"\1", content[1:].removesuffix('"'))
        number = int(found[2]) if found[2] else -1
        pieces.setdefault(found[1].lower(), []).append((number, bool(found[3]), content.strip()))
    return HeaderValue(word.lower(), {name: _join_pieces(found) for name, found in pieces.items()})


def _join_pieces(pieces: list[tuple[int, bool, str]]) -> str:
    """Joins one parameter's pieces (RFC 2231 §3, §4); ``name*`` counts before ``name*0`` and that before ``name``."""
    whole = [piece for piece in pieces if piece[0] < 0 and piece[1]]
    split = sorted((piece for piece in pieces if piece[0] >= 0), key=lambda piece: piece[0])
    plain = [piece for piece in pieces if piece[0] < 0 and not piece[1]]
    chosen = whole[:1] or split or plain[:1]
    if not any(encoded for _, encoded, _ in chosen):
        return "".join(content for _, _, content in chosen)
    charset, first = "utf-8", chosen[0][2]
    if chosen[0][1] and first.count("'") >= 2:  # charset'language'value
        charset, _, first = first.split("'", 2)
    raw = b""
    for place, (_, encoded, content) in enumerate(chosen):
        piece = (first if place == 0 else content).encode("utf-8", "replace")
        raw += _PERCENT.sub(lambda m: bytes.fromhex(m[1].decode()), piece) if encoded else piece
    return decode_bytes(raw, charset)[0]


def read_message_id(raw: bytes) -> str:
    """Returns a Message-ID with its angle brackets, or the bounded content of the field if it has none."""
    text = header_text(raw)
    found = _ID.search(text)
    return found[0] if found else text[:998]


def read_addresses(raw: bytes) -> tuple[str, ...]:
    """Returns every bare address of a From or To, domain in lower case, in order.

    Names, quoted strings and comments are dropped first, and encoded words are not decoded: an address that is
    displayed as a name is not a sender.
    """
    bare: list[str] = []
    depth = 0
    for token in _QUOTED_OR_COMMENT.findall(_guess(raw[:VALUE_LIMIT])):
        if token in {"(", ")"}:
            depth = max(0, depth + (1 if token == "(" else -1))  # noqa: S105  a bracket, no secret
        elif depth == 0:
            bare.append(" " if token.startswith('"') else token)
    found: list[str] = []
    for piece in "".join(bare).replace(";", ",").split(","):
        angle = piece.rpartition("<")
        address = _ADDRESS.search(angle[2].partition(">")[0] if angle[1] else piece)
        if address:
            local, _, domain = address[0].rpartition("@")
            found.append(f"{local}@{domain.lower()}")
    return tuple(found)


def html_text(source: str) -> str:
    """Returns the words of an HTML text without markup; it only searches forward, so that no input takes long."""
    found: list[str] = []
    place = 0
    while (start := source.find("<", place)) >= 0:
        found.append(source[place:start])
        close = "-->" if source.startswith("<!--", start) else ">"
        end = source.find(close, start)
        if end < 0:
            break
        tag = source[start + 1 : end].lower()
        place = end + len(close)
        found.append("\n" if _SPACING.match(tag) else "")
        dropped = _DROPPED.match(tag)
        if dropped:
            closing = _CLOSINGS[dropped[1]].search(source, place)
            place = closing.start() if closing else len(source)
    else:
        found.append(source[place:])
    return html.unescape("".join(found))


# --- Header fields and parts -------------------------------------------------------------------------------------

PARTS_LIMIT: Final = 1000
"""Parts of one mail, all levels together: a mail with that many attachments is no announcement."""
HEADERS_LIMIT: Final = 262_144
"""Bytes of one part's headers: servers accept 50 to 200 kB. The rest is skipped. A longer line counts as VALUE_LIMIT,
the part of it that is read: one field of megabytes must not hide the type that follows it."""

_FIELD: Final = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)", re.DOTALL)
_WORD_END: Final = re.compile(r"[;(\s]")
_LINE: Final = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|\Z)")
_BLANK_LINE: Final = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")


@dataclass(frozen=True)
class Headers:
    """The fields of one part, names in lower case, unfolded.

    ``broken`` is set if a line was no field, or if there was too much.
    """

    fields: tuple[tuple[bytes, bytes], ...] = ()
    broken: bool = False

    @cached_property
    def _by_name(self) -> dict[bytes, tuple[bytes, ...]]:
        found: dict[bytes, list[bytes]] = {}
        for name, content in self.fields:
            found.setdefault(name, []).append(content)
        return {name: tuple(contents) for name, contents in found.items()}

    def every(self, name: bytes) -> tuple[bytes, ...]:
        """Returns the contents of the fields of this name, in order."""
        return self._by_name.get(name, ())

    def first(self, name: bytes) -> bytes:
        """Returns the content of the first field of this name; empty if there is none."""
        return self._by_name.get(name, (b"",))[0]

    def text(self, name: bytes) -> str:
        """Returns the first field of this name as text."""
        return header_text(self.first(name))

    def words(self, name: bytes) -> tuple[str, ...]:
        """Returns the first word of each field of this name in lower case, without parameters and comments."""
        return tuple(_WORD_END.split(header_text(each).lower(), maxsplit=1)[0] for each in self.every(name))

    @cached_property
    def content_type(self) -> HeaderValue:
        """The Content-Type."""
        return read_header_value(self.first(b"content-type"))

    @cached_property
    def disposition(self) -> HeaderValue:
        """The Content-Disposition."""
        return read_header_value(self.first(b"content-disposition"))

    @cached_property
    def encoding(self) -> str:
        """The Content-Transfer-Encoding in lower case."""
        return self.text(b"content-transfer-encoding").lower()

    def first_filled(self, names: Iterable[bytes]) -> str:
        """Returns the first of ``names`` whose field has a content, in title case; empty if none has."""
        return next((name.decode().title() for name in names if self._by_name.get(name, (b"",))[0]), "")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a multipart."""

    pieces: tuple[bytes, ...]
    is_closed: bool
    """Set if the last delimiter is present."""
    is_cut: bool
    """Set if there are more than PARTS_LIMIT."""


def split_headers(raw: bytes) -> tuple[Headers, bytes]:
    """Returns the header fields, and the body from the first line that is no header."""
    fields: list[tuple[bytes, list[bytes]]] = []
    place, counted, broken = 0, 0, False
    while place < len(raw):
        if counted > HEADERS_LIMIT:
            end = _BLANK_LINE.search(raw, place)
            place, broken = end.end() if end else len(raw), True
            break
        line = _LINE.match(raw, place)
        if line is None or not line[1]:
            place = line.end() if line else place
            break
        found = _FIELD.fullmatch(line[1])
        if line[1][:1] in b" \t" and fields:
            fields[-1][1].append(line[1][:VALUE_LIMIT])
        elif found:
            fields.append((found[1].lower(), [found[2][:VALUE_LIMIT]]))
        elif place or not line[1].startswith((b"From ", b">From ")):  # the envelope line of an mbox
            broken = True
            break
        place = line.end()
        counted += min(len(line[0]), VALUE_LIMIT)
    return Headers(tuple((name, b"".join(lines).strip()) for name, lines in fields), broken), raw[place:]


def split_parts(body: bytes, boundary: str) -> Parts:
    """Returns the parts between the delimiter lines (RFC 2046 §5.1.1); the last delimiter may be missing."""
    delimiter = b"--" + boundary.rstrip().encode("utf-8", "replace")
    pieces: list[bytes] = []
    place, start = 0, -1
    while len(pieces) < PARTS_LIMIT and (place := body.find(delimiter, place)) >= 0:
        end = place + len(delimiter)
        begins_line = place == 0 or body[place - 1] in b"\r\n"
        line = _LINE.match(body, end) if begins_line else None
        if line is None or line[1].strip() not in {b"", b"--"}:
            place = end
            continue
        if start >= 0:
            pieces.append(_without_line_end(body[start:place]))
        if line[1].strip():
            return Parts(tuple(pieces), is_closed=True, is_cut=False)
        start = place = line.end()
    is_cut = len(pieces) >= PARTS_LIMIT
    if start >= 0 and not is_cut:
        pieces.append(body[start:])
    return Parts(tuple(pieces), is_closed=start < 0, is_cut=is_cut)


def _without_line_end(raw: bytes) -> bytes:
    """Removes the line end before a delimiter, which belongs to the delimiter."""
    return raw[:-2] if raw.endswith(b"\r\n") else raw[:-1] if raw[-1:] in {b"\r", b"\n"} else raw


def undo_transfer(body: bytes, encoding: str) -> tuple[bytes, bool]:
    """Returns the content decoded from base64 or quoted-printable, and whether it was valid.

    Other encodings are left as they are.
    """
    if encoding.startswith("base64"):
        return decode_base64(body)
    return (binascii.a2b_qp(body) if encoding.startswith("quoted-printable") else body), True


# --- Attachments -------------------------------------------------------------------------------------------------

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


# --- The message -------------------------------------------------------------------------------------------------

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
    holds_report: bool = False
    """Set if it holds a multipart/report, or a part that only reports have, at any level of its own."""
    headers: Headers = field(default_factory=Headers, compare=False, repr=False)
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
        holds_report=sheet.holds_report,
        headers=headers,
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
    kind: str, content_type: HeaderValue, filename: str, content: bytes, sheet: _Sheet, *, is_in_text: bool
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
