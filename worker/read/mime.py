"""Decides how a mail's bytes fall apart: header fields, parts between delimiters, what a transfer encoding hides.

Promise: nothing here raises or recurses, and its work is bounded by the limits below. It does not know what a part is
for; ``message`` and ``track.reports`` do.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import Final

from worker.read.mime import VALUE_LIMIT, decode_base64

PARTS_LIMIT: Final = 1000
"""Parts of one mail, all levels together: a mail with that many attachments is no announcement."""
HEADERS_LIMIT: Final = 262_144
"""Bytes of one part's headers: servers take 50 to 200 kB; what stands behind them is skipped. A longer line counts
as VALUE_LIMIT, which is what is read of it: one field of megabytes must not hide the type that stands behind it."""

_FIELD: Final = re.compile(rb"([!-9;-~]{1,100})[ \t]*:[ \t]*(.*)", re.DOTALL)
_LINE: Final = re.compile(rb"([^\r\n]*)(\r\n|\n|\r|\Z)")
_BLANK_LINE: Final = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one part, names in lower case, unfolded; ``broken`` where something was no field, or too much."""

    fields: tuple[tuple[bytes, bytes], ...]
    broken: bool

    def every(self, name: bytes) -> tuple[bytes, ...]:
        """The content of each field of this name, in order."""
        return tuple(content for field_name, content in self.fields if field_name == name)

    def first(self, name: bytes) -> bytes:
        """The content of the first field of this name; empty where there is none."""
        return next(iter(self.every(name)), b"")


@dataclass(frozen=True, slots=True)
class Parts:
    """What stands between the delimiters of a multipart."""

    pieces: tuple[bytes, ...]
    is_closed: bool
    """Whether the last delimiter is there."""
    is_cut: bool
    """Whether there are more than PARTS_LIMIT."""


def split_headers(raw: bytes) -> tuple[Headers, bytes]:
    """The header fields, and the body: from the first line that is no header."""
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
    """The parts between the delimiter lines (RFC 2046 §5.1.1); a missing last delimiter ends at the end."""
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
    """The line end before a delimiter belongs to the delimiter."""
    return raw[:-2] if raw.endswith(b"\r\n") else raw[:-1] if raw[-1:] in {b"\r", b"\n"} else raw


def undo_transfer(body: bytes, encoding: str) -> tuple[bytes, bool]:
    """The content under base64 or quoted-printable, and whether it was whole; any other word means as it is."""
    if encoding.startswith("base64"):
        return decode_base64(body)
    return (binascii.a2b_qp(body) if encoding.startswith("quoted-printable") else body), True
