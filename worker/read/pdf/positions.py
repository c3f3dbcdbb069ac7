"""Finds number and key on a PDF's pages, and checks that each of their characters is visible.

It returns facts only: positions, the text around them, and whether ink shows; ``notice`` decides what follows. A
character is visible if the page looks different without the text that holds it. Only the boxes of these characters are
rendered. It runs in the child, under its limits.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from worker.core.text import half_width

SCALE: Final = 3.0
"""Pixels for a point: thin strokes of small print still darken a pixel by half."""

INK: Final = 48
"""Levels of grey, of 255, by which a character changes a pixel: pale grey on white passes, a hidden colour fails."""

SMALLEST: Final = 1.2
"""Points of the longer side of a character's box: a hyphen of 4-point print. Smaller print is not legible."""

FLATTEST: Final = 2.0
"""Points of a line's height: print that is pressed flat has boxes of the usual width."""

SHOWN: Final = 0.6
"""Share of the height of a character's box in which ink shows: a clip or a line through it leaves a part of it."""

PIXELS: Final = 4_000_000
"""Pixels of one code's box, as many as an A4 page has; a code is one line of it."""

CHARACTERS: Final = 20_000
PLACES: Final = 20
"""The most positions of one code on a page: it is there once or twice."""

OBJECTS: Final = 20_000
"""The most objects of a page that are searched for an invisible character; a notice has some hundred."""

GAP: Final = 0.5
"""Sizes of the print between two characters that belong to two stretches of text."""

SCAN: Final = 0.5
"""The share of a page that images cover if it is a scan: copiers scan the sheet, with or without its margins."""

CORE: Final = 0.2
"""Share of a character's box at its beginning and end that its neighbours may reach into."""

_NO_TEXT: Final = 2  # bytes: the end of an empty text
_HYPHENS: Final = {2: "-", 0xFFFE: "-"}  # pdfium's marks for a hyphen at the end of a line


@dataclass(slots=True)
class Glyph:
    """One drawn character; its position along and across its line, at any angle of the line."""

    text: str
    index: int
    left: float
    right: float
    baseline: float
    height: float
    angle: int


@dataclass(slots=True)
class _Place:
    """The characters of one code at one place."""

    code: int
    characters: Sequence[Glyph]
    is_drawn: bool = False


@dataclass(slots=True)
class OpenPage:
    """A page that pdfium has opened, with its text."""

    page: Any
    text: Any


@dataclass(slots=True)
class TextPage:
    """A page of the document with its text, for the time of the check."""

    raw: Any
    page: Any
    text: Any = None
    characters: list[Glyph | None] = field(default_factory=list)


def locate(pages: Sequence[OpenPage], codes: Sequence[str]) -> dict[str, Any]:
    """Returns the positions of each code, and all stretches of text by page.

    It also returns whether a page with an invisible code is a scan. A page that was checked no longer shows its codes.
    """
    from pypdfium2 import raw

    places: list[list[Any]] = [[] for _ in codes]
    lines = []
    is_scan = False
    for number, page in enumerate(pages):
        one = TextPage(raw, page.page, page.text)
        one.characters = list(glyphs_of(one))
        lines.append([_as_stretch(stretch) for stretch in stretches_of(one.characters)])
        found = list(_find(one.characters, codes))
        _look(one, found)
        for place in found:
            places[place.code].append([number, *_as_stretch(place.characters), place.is_drawn])
        is_scan = is_scan or (not all(place.is_drawn for place in found) and looks_scanned(one))
    return {"places": places, "lines": lines, "scan": is_scan}


# --- Text and its places ------------------------------------------------------------------------------------------


def glyphs_of(one: TextPage) -> Iterator[Glyph | None]:
    """The characters in the engine's order, None for the end of a line."""
    raw, text = one.raw, one.text.raw
    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    # A page has some hundred characters: six calls for each, which cost more than what they do.
    unicode_of, is_generated, size_of = raw.FPDFText_GetUnicode, raw.FPDFText_IsGenerated, raw.FPDFText_GetFontSize
    put_box, put_matrix, put_origin = raw.FPDFText_GetLooseCharBox, raw.FPDFText_GetMatrix, raw.FPDFText_GetCharOrigin
    at_box, at_matrix, at_x, at_y = map(ctypes.byref, (box, matrix, x, y))
    for index in range(min(raw.FPDFText_CountChars(text), CHARACTERS)):
        code = unicode_of(text, index)
        sign = _HYPHENS.get(code) or chr(code or 0xFFFD)
        if sign in "\r\n":
            yield None
        if sign.isspace() or is_generated(text, index) == 1:
            continue
        put_box(text, index, at_box)
        put_matrix(text, index, at_matrix)
        put_origin(text, index, at_x, at_y)
        left, right, low, top = box.left, box.right, box.bottom, box.top
        if matrix.b == 0 and matrix.a > 0:  # upright, as most print is
            turn = 0.0
            along, across, baseline = [left, right], [low, top], y.value
        else:
            turn = math.atan2(matrix.b, matrix.a)
            cos, sin = math.cos(turn), math.sin(turn)
            corners = [(h, v) for h in (left, right) for v in (low, top)]
            along = [h * cos + v * sin for h, v in corners]
            across = [v * cos - h * sin for h, v in corners]
            baseline = y.value * cos - x.value * sin
        size = size_of(text, index) * math.hypot(matrix.c, matrix.d)
        yield Glyph(
            text=sign,
            index=index,
            left=min(along),
            right=max(along),
            baseline=baseline,
            height=_height(size, max(across) - min(across)),
            angle=round(math.degrees(turn)) % 360,
        )


def _height(size: float, extent: float) -> float:
    """Returns the size of the print; its extent if the font has units of its own (Type 3)."""
    return size if extent / 2 < size < 2 * extent else extent


def stretches_of(characters: Sequence[Glyph | None]) -> Iterator[list[Glyph]]:
    """Characters that follow each other on one line without a gap."""
    stretch: list[Glyph] = []
    for each in characters:
        if stretch and (each is None or not _follows(stretch[-1], each)):
            yield stretch
            stretch = []
        if each is not None:
            stretch.append(each)
    if stretch:
        yield stretch


def _follows(before: Glyph, after: Glyph) -> bool:
    height = max(before.height, after.height)
    return (
        before.angle == after.angle
        and abs(before.baseline - after.baseline) < height / 2
        and before.left - height / 2 < after.left < before.right + GAP * height
    )


def _as_stretch(characters: Sequence[Glyph]) -> list[Any]:
    first = characters[0]
    numbers = (
        min(each.left for each in characters),
        max(each.right for each in characters),
        first.baseline,
        first.height,
    )
    shown = [round(number, 2) if math.isfinite(number) else 0.0 for number in numbers]
    return ["".join(each.text for each in characters), *shown, first.angle]


def _find(characters: Sequence[Glyph | None], codes: Sequence[str]) -> Iterator[_Place]:
    """Every place of every code, letter-spaced or not."""
    drawn = [each for each in characters if each is not None]
    text = half_width("".join(each.text for each in drawn))
    for number, code in enumerate(codes):
        wanted = "".join(code.split())
        at = text.find(wanted) if wanted else -1
        for _ in range(PLACES):
            if at < 0:
                break
            yield _Place(number, drawn[at : at + len(wanted)])
            at = text.find(wanted, at + 1)
        if at >= 0:
            yield _Place(number, drawn[at : at + 1])  # too many to be looked at, so that one of them is not seen


# --- Ink ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Window:
    """A part of the page in pixels, and the boxes of single characters in it."""

    left: int
    top: int
    width: int
    height: int
    boxes: list[tuple[int, int, int, int]]


def _look(one: TextPage, places: Sequence[_Place]) -> None:
    """Say of each place whether all of its characters are seen."""
    raw = one.raw
    covers = list(_covers(one))
    windows = [None if _is_covered(one, place, covers) else _window(one, place.characters) for place in places]
    if not any(windows):
        return
    before = [_render(one, window) for window in windows]
    own = {}
    for place in places:
        for each in place.characters:
            if held := raw.FPDFText_GetTextObject(one.text, each.index):
                own[ctypes.addressof(held.contents)] = held
    for held in own.values():
        raw.FPDFPageObj_SetIsActive(held, False)
    _compare(one, places, windows, before)
    if not all(place.is_drawn for place in places):
        # Print struck over itself shows through: the engine leaves the second strike out of its text.
        for held in _strikes(one, tuple(own.values())):
            raw.FPDFPageObj_SetIsActive(held, False)
        _compare(one, places, windows, before)


def _compare(
    one: TextPage, places: Sequence[_Place], windows: Sequence[_Window | None], before: Sequence[bytes | None]
) -> None:
    for place, window, shown in zip(places, windows, before, strict=True):
        if window is not None and shown is not None:
            bare = _render(one, window)
            place.is_drawn = bare is not None and all(_differ(shown, bare, window, box) for box in window.boxes)


def _covers(one: TextPage) -> Iterator[tuple[float, ...]]:
    """Annotations that a viewer or a printer shows and the engine does not: fields, redactions, print-only ones."""
    raw, rect = one.raw, one.raw.FS_RECTF()
    for number in range(min(raw.FPDFPage_GetAnnotCount(one.page), OBJECTS)):
        if not (annotation := raw.FPDFPage_GetAnnot(one.page, number)):
            continue
        flags = raw.FPDFAnnot_GetFlags(annotation)
        is_drawn = raw.FPDFAnnot_GetSubtype(annotation) not in (raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_REDACT)
        is_drawn = is_drawn and not flags & raw.FPDF_ANNOT_FLAG_NOVIEW
        if not (is_drawn or flags & raw.FPDF_ANNOT_FLAG_HIDDEN) and raw.FPDFAnnot_GetRect(annotation, rect):
            (left, right), (low, top) = sorted((rect.left, rect.right)), sorted((rect.bottom, rect.top))
            yield left, low, right, top
        raw.FPDFPage_CloseAnnot(annotation)


def _is_covered(one: TextPage, place: _Place, covers: Sequence[tuple[float, ...]]) -> bool:
    raw, box = one.raw, one.raw.FS_RECTF()
    for each in place.characters if covers else ():
        raw.FPDFText_GetLooseCharBox(one.text, each.index, box)
        x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        if any(left <= x <= right and low <= y <= top for left, low, right, top in covers):
            return True
    return False


def _window(one: TextPage, characters: Sequence[Glyph]) -> _Window | None:
    """Returns the window around the characters; None if one of them is off the page or too small to be read."""
    raw = one.raw
    width, height = _size(one)
    boxes = []
    for each in characters:
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        raw.FPDFText_GetCharBox(one.text, each.index, left, right, bottom, top)
        if not (max(right.value - left.value, top.value - bottom.value) >= SMALLEST and each.height >= FLATTEST):
            return None
        corners = [_device(one, x.value, y.value) for x, y in ((left, bottom), (right, top))]
        (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(*corners, strict=True))
        if not (x0 >= -1 and y0 >= -1 and x1 <= width and y1 <= height):
            return None  # the sheet's edge goes through it
        boxes.append((max(x0, 0), max(y0, 0), min(x1 + 1, width), min(y1 + 1, height)))
    x0, y0 = min(box[0] for box in boxes), min(box[1] for box in boxes)
    x1, y1 = max(box[2] for box in boxes), max(box[3] for box in boxes)
    if not 0 < (x1 - x0) * (y1 - y0) <= PIXELS:
        return None
    inner = [(left - x0, right - x0, top - y0, bottom - y0) for left, top, right, bottom in boxes]
    return _Window(x0, y0, x1 - x0, y1 - y0, inner)


def _core(width: int) -> tuple[int, int]:
    """The inner part of a width that is large enough to have one."""
    edge = int(width * CORE) if width > 1 / CORE else 0
    return edge, width - edge


def _size(one: TextPage) -> tuple[int, int]:
    width, height = one.page.get_size()
    return max(1, int(width * SCALE)), max(1, int(height * SCALE))


def _device(one: TextPage, x: float, y: float) -> tuple[int, int]:
    """A place of the page in pixels, the page turned as it is shown."""
    across, down = ctypes.c_int(), ctypes.c_int()
    one.raw.FPDF_PageToDevice(one.page, 0, 0, *_size(one), 0, x, y, across, down)
    return across.value, down.value


def _render(one: TextPage, window: _Window | None) -> bytes | None:
    """The window in grey, annotations included: what covers the text hides it."""
    if window is None:
        return None
    raw = one.raw
    stride = window.width
    pixels = (ctypes.c_uint8 * (stride * window.height))()
    bitmap = raw.FPDFBitmap_CreateEx(window.width, window.height, raw.FPDFBitmap_Gray, pixels, stride)
    if not bitmap:
        return None
    try:
        raw.FPDFBitmap_FillRect(bitmap, 0, 0, window.width, window.height, 0xFFFFFFFF)
        raw.FPDF_RenderPageBitmap(bitmap, one.page, -window.left, -window.top, *_size(one), 0, raw.FPDF_ANNOT)
    finally:
        raw.FPDFBitmap_Destroy(bitmap)
    return bytes(pixels)


def _differ(first: bytes, second: bytes, window: _Window, box: tuple[int, int, int, int]) -> bool:
    """Returns whether ink shows within ``box``, and in most of its height.

    For a line up or down the page that is its width.
    """
    left, right, top, bottom = box
    width = window.width
    if window.height > width:
        cuts = [slice(top * width + column, bottom * width, width) for column in range(left, right)]
        along = bottom - top
    else:
        cuts = [slice(row * width + left, row * width + right) for row in range(top, bottom)]
        along = right - left
    lines = [(first[cut], second[cut]) for cut in cuts]
    inked = [at for at, (one, other) in enumerate(lines) if _has_ink(one, other)]
    if not inked or inked[-1] - inked[0] + 1 < SHOWN * len(lines):
        return False
    begin, end = _core(along)
    return any(_has_ink(lines[at][0][begin:end], lines[at][1][begin:end]) for at in inked)


def _has_ink(one: bytes, other: bytes) -> bool:
    return one != other and any(abs(a - b) >= INK for a, b in zip(one, other, strict=True))


def _strikes(one: TextPage, own: Sequence[Any]) -> Iterator[Any]:
    """Text of the same font at nearly the same place as one of ``own``, which gives no text of its own."""
    raw = one.raw
    held = {ctypes.addressof(each.contents) for each in own}
    known = [(_font(raw, each), _bounds(raw, each)) for each in own]
    objects = one.page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=8)
    for _, each in zip(range(OBJECTS), objects, strict=False):
        if (
            ctypes.addressof(each.raw.contents) in held
            or raw.FPDFTextObj_GetText(each.raw, one.text, None, 0) > _NO_TEXT
        ):
            continue
        font, bounds = _font(raw, each.raw), _bounds(raw, each.raw)
        for other_font, other in known:
            near = max(other[3] - other[1], 1.0) / 4
            if font == other_font and all(abs(a - b) <= near for a, b in zip(bounds, other, strict=True)):
                yield each.raw


def _font(raw: Any, held: Any) -> int:
    font = raw.FPDFTextObj_GetFont(held)
    return ctypes.addressof(font.contents) if font else 0


def _bounds(raw: Any, held: Any) -> tuple[float, ...]:
    sides = tuple(ctypes.c_float() for _ in range(4))
    raw.FPDFPageObj_GetBounds(held, *sides)
    return tuple(side.value for side in sides)


def looks_scanned(one: TextPage) -> bool:
    """Returns whether images cover most of the page, in one piece or in strips."""
    raw = one.raw
    width, height = one.page.get_size()
    covered = 0.0
    for _, each in zip(range(OBJECTS), one.page.get_objects(max_depth=1), strict=False):
        is_image = each.type == raw.FPDF_PAGEOBJ_IMAGE
        if each.type == raw.FPDF_PAGEOBJ_FORM:
            inner = one.page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=8, form=each.raw)
            is_image = next(iter(inner), None) is not None
        if is_image:
            left, bottom, right, top = _bounds(raw, each.raw)
            covered += max(right - left, 0.0) * max(top - bottom, 0.0)
    return bool(covered >= SCAN * width * height)
