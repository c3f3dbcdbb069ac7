"""Parses the bytes of a mail: header fields, parts, transfer encodings and character sets.

No function here raises or recurses, no text that it returns holds a surrogate, and its work is bounded by the limits
below. The standard codecs are asked first. Two things that they cannot read are converted by hand: ISO-2022-JP with
NEC row 13 (①, ㈱), which Outlook writes and none of Python's six codecs reads, and raw Shift_JIS in headers.
"""

from __future__ import annotations

import binascii
import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

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
    return " ".join(decode_words(_guess(raw[:VALUE_LIMIT])).splitlines()).strip()


@dataclass(frozen=True, slots=True)
class Value:
    """A header's first word in lower case (``text/plain``, ``attachment``) and its parameters, decoded."""

    word: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def read_value(raw: bytes) -> Value:
    """Reads a Content-Type or Content-Disposition with RFC 2231 parameters, split or not; encoded words stay.

    The charset is decoded before the quotes are searched: raw ISO-2022-JP and Shift_JIS contain the bytes of a quote or
    a backslash inside characters.
    """
    text = " ".join(_guess(raw[:VALUE_LIMIT]).splitlines())
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
    return Value(word.lower(), {name: _join_pieces(found) for name, found in pieces.items()})


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

    fields: tuple[tuple[bytes, bytes], ...]
    broken: bool

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
    def content_type(self) -> Value:
        """The Content-Type."""
        return read_value(self.first(b"content-type"))

    @cached_property
    def disposition(self) -> Value:
        """The Content-Disposition."""
        return read_value(self.first(b"content-disposition"))

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
