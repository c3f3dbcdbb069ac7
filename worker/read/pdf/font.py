"""The one font that pdfium is given in place of the machine's fonts: every character is the same box.

With it a PDF reads the same on every machine. For a Japanese font that is not embedded, pdfium searches the installed
fonts. A server has none, and pdfium then loses every character that is drawn alone: a name whose last line is one
character was refused. An installed one is read again for each PDF: 46 MB of Noto, in two thirds of the time that pdfium
takes for a notice. Text extraction does not need a character's shape, only its extent.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

NAME: Final = "Box"
JAPANESE: Final = 128
"""SHIFTJIS_CHARSET, as Windows numbers it and as pdfium asks."""
EAST_ASIAN: Final = frozenset({JAPANESE, 129, 134, 136})
"""With the Korean and the two Chinese ones. For all others pdfium has fonts of its own."""

_HANDLE: Final = 1
_EM: Final = 1000
_BOX: Final = (60, -60, 940, 820)
"""Left, bottom, right and top: about what an ideograph covers."""
_CHARACTERS: Final = (0x20, 0x2FFFF)
"""From the space to the last ideograph of plane 2."""
_KEPT: Final[list[Any]] = []
"""Objects that pdfium holds pointers to, kept for the life of the process."""


def use_box_font(raw: Any) -> None:
    """Let pdfium (``pypdfium2.raw``) look for fonts here alone. Before the first page is loaded."""
    font = build_box_font()
    answers: dict[str, Callable[..., int | None]] = {
        "MapFont": lambda _fonts, _weight, _italic, charset, *_style: _HANDLE if charset in EAST_ASIAN else None,
        "GetFont": lambda _fonts, _name: None,
        "GetFontData": lambda _fonts, _font, table, buffer, room: 0 if table else _give(font, buffer, room),
        "GetFaceName": lambda _fonts, _font, buffer, room: _give(f"{NAME}\0".encode(), buffer, room),
        "GetFontCharset": lambda _fonts, _font: JAPANESE,
    }
    types = dict(raw.FPDF_SYSFONTINFO._fields_)
    fonts = raw.FPDF_SYSFONTINFO(version=1, **{name: types[name](answer) for name, answer in answers.items()})
    _KEPT.append(fonts)
    raw.FPDF_SetSystemFontInfo(fonts)


def _give(content: bytes, buffer: Any, room: int) -> int:
    """Copies ``content`` into pdfium's buffer if it fits, and returns its length in any case."""
    if buffer and room >= len(content):
        ctypes.memmove(buffer, content, len(content))
    return len(content)


def build_box_font() -> bytes:
    """A TrueType font with the tables that a reader cannot do without (OpenType 1.9), and one shape in it."""
    left, bottom, right, top = _BOX
    corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
    steps = [(to[0] - start[0], to[1] - start[1]) for start, to in pairwise([(0, 0), *corners])]
    across, up = zip(*steps, strict=True)
    box = struct.pack(">5hHH4B4h4hxx", 1, *_BOX, len(corners) - 1, 0, 1, 1, 1, 1, *across, *up)
    glyphs = 2  # .notdef, which means "no such character", and the box for all characters
    version, many_to_one = 0x00010000, 13
    tables = {
        b"cmap": struct.pack(">HHHHIHHIIIIII", 0, 1, 3, 10, 12, many_to_one, 0, 28, 0, 1, *_CHARACTERS, 1),
        b"glyf": box * glyphs,
        b"head": struct.pack(">4I2H16x4hHH3h", version, version, 0, 0x5F0F3CF5, 0, _EM, *_BOX, 0, 8, 2, 1, 0),
        b"hhea": struct.pack(">I3hH3h16xhH", version, top, bottom, 0, _EM, left, _EM - right, right, 0, glyphs),
        b"hmtx": struct.pack(">Hh", _EM, left) * glyphs,
        b"loca": struct.pack(">3I", 0, len(box), glyphs * len(box)),
        b"maxp": struct.pack(">I14H", version, glyphs, len(corners), 1, 0, 0, 2, *([0] * 8)),
    }
    place = 12 + 16 * len(tables)
    directory, content = struct.pack(">I4H", version, len(tables), 64, 2, 16 * len(tables) - 64), b""
    for tag, table in tables.items():
        directory += struct.pack(">4s3I", tag, 0, place + len(content), len(table))
        content += table + bytes(-len(table) % 4)
    return directory + content
