"""Draws pages of a PDF as pictures in which every key is painted over, and finds the named values on them.

It runs in a child of its own kind, which reads the machine's fonts: text needs no shapes, a picture does. A page whose
key cannot be covered for certain gives no picture.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice, pairwise
from typing import Any, Final

from worker.core.text import match_key, repair_radicals
from worker.read.pdf.positions import PLACES, Glyph, TextPage, glyphs_of, looks_scanned

PICTURE_PAGES: Final = 20
"""Pages of a file that are drawn: invoices have one or two, other documents a few."""

PICTURE_SCALE: Final = 2.0
"""Pixels for a point: an A4 page is 1,190 pixels wide, sharp on a desk and legible when enlarged on a phone."""

PICTURE_PIXELS: Final = 6_000_000
"""Pixels of a picture, three times those of an A4 page; a larger sheet is drawn smaller."""

PICTURE_SIDE: Final = 4_000
"""Pixels of its longer side: a strip of paper stays within what browsers show."""

PNG_BYTES: Final = 8_000_000
"""A page of text has 0.2 MB, a photograph of a page some 5 MB."""

PAINT: Final = (140, 149, 159)
"""Grey: plainly no part of the paper."""

MARGIN: Final = 0.35
"""Sizes of the print around a key that are painted with it: strokes reach over the box of their character."""

BAND_MARGIN: Final = 12
"""Points beside the band of the fields."""

BAND_RIM: Final = 5
"""Points above and below it: less than the gap to the next line of print."""

_ABOVE: Final = 1.25
"""Sizes of the print from the baseline to above its characters."""

_LINES_BELOW: Final = 3.2
"""Sizes of the print below a label that are painted if the key itself was not found: a table may have it there."""

_NEAR: Final = 0.05
"""Sizes of the print by which two computations of one length may differ."""

_PLAIN_INK: Final = 4
"""Shapes that must differ among the six characters of the built-in notice: a missing font draws one box, or none."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in parts of the page."""


@dataclass(slots=True)
class _Sheet:
    """One page, the boxes of its values, and the boxes to be painted."""

    page: Any
    glyphs: list[Glyph]
    boxes: list[tuple[int, Box]]
    """The number of a value, and a box of it."""
    painted: list[Box] | None
    """None if no picture may be made."""


def sketch_pages(document: Any, wish: Mapping[str, Any]) -> list[list[Any]]:
    """Returns for each page its size in points, the boxes of the values, and whether a picture can be made."""
    found = []
    for number in range(len(document)):
        sheet = _sheet(document[number], wish)
        width, height = sheet.page.get_size()
        boxes = [[mark, *(round(each, 4) for each in box)] for mark, box in sheet.boxes]
        found.append([round(width, 2), round(height, 2), boxes, sheet.painted is not None])
        sheet.page.close()
    return found


def draw_page(document: Any, wish: Mapping[str, Any], number: int, *, is_band: bool) -> tuple[int, int, bytes] | None:
    """Returns a page as PNG with its width and height, keys painted over; None if that cannot be done for certain.

    With ``is_band`` it is only the band from the first value to the key.
    """
    from PIL import ImageDraw

    if not 0 <= number < len(document):
        return None
    sheet = _sheet(document[number], wish)
    if sheet.painted is None:
        return None
    width, height = sheet.page.get_size()
    scale = min(PICTURE_SCALE, math.sqrt(PICTURE_PIXELS / max(width * height, 1)), PICTURE_SIDE / max(width, height, 1))
    picture = sheet.page.render(scale=scale, may_draw_forms=False, rev_byteorder=True).to_pil().convert("RGB")
    pen = ImageDraw.Draw(picture)
    for box in sheet.painted:
        pen.rectangle(_pixels(box, picture), fill=PAINT)
    if is_band and (band := _band(sheet)):
        picture = picture.crop(_pixels(band, picture))
    written = BytesIO()
    picture.save(written, "PNG")
    sheet.page.close()
    png = written.getvalue()
    return (*picture.size, png) if len(png) <= PNG_BYTES else None


def draws_japanese(document: Any) -> bool:
    """Returns whether the machine's fonts give the characters of the built-in notice shapes of their own."""
    page = document[0]
    sheet = _sheet(page, {"keys": [], "labels": [], "sure": [], "marks": [], "is_notice": False})
    picture = page.render(scale=3, may_draw_forms=False).to_pil().convert("L")
    shapes = set()
    for glyph in sheet.glyphs[:6]:
        cut = picture.crop(_pixels(_box_of(page, [glyph]), picture))
        if cut.getextrema()[0] < cut.getextrema()[1]:
            shapes.add(cut.tobytes())
    page.close()
    return len(shapes) >= _PLAIN_INK


def _sheet(page: Any, wish: Mapping[str, Any]) -> _Sheet:
    from pypdfium2 import raw

    one = TextPage(raw, page)
    one.text = page.get_textpage()
    try:
        glyphs = [each for each in glyphs_of(one) if each is not None]
        sheet = _Sheet(page, glyphs, [], None)
        folded = "".join(_fold(each.text) for each in glyphs)
        for number, text in wish["marks"]:
            if all(number != known for known, _ in sheet.boxes):
                for found in islice(_places(glyphs, folded, text), 1):
                    sheet.boxes += [(number, _box_of(page, line)) for line in _lines(found)]
        sheet.painted = _painted(one, sheet, folded, wish)
        return sheet
    finally:
        one.text.close()


# --- Keys ---------------------------------------------------------------------------------------------------------


def _painted(one: TextPage, sheet: _Sheet, folded: str, wish: Mapping[str, Any]) -> list[Box] | None:
    """Returns the boxes that cover every key; None if it is not certain that they do."""
    painted: list[Box] = []
    for key in wish["keys"]:
        places = list(islice(_places(sheet.glyphs, folded, key), PLACES + 1))
        if len(places) > PLACES:
            return None
        for place in places:
            painted += [_cover(one, sheet, line) for line in _lines(place)]
    agrees = bool(painted) and all(any(_places(sheet.glyphs, folded, text)) for text in wish["sure"])
    if wish["is_notice"] and (_has_drawn_annotation(one) or looks_scanned(one)):
        return None  # the text says nothing about a key in them
    if agrees:
        return painted
    labels = [place for label in wish["labels"] for place in _places(sheet.glyphs, folded, label)]
    if not labels and wish["is_notice"]:
        return None
    return painted + [box for place in labels for box in _rest_of_row(sheet, place[-1])]


def _has_drawn_annotation(one: TextPage) -> bool:
    raw = one.raw
    for number in range(raw.FPDFPage_GetAnnotCount(one.page)):
        annotation = raw.FPDFPage_GetAnnot(one.page, number)
        if not annotation:
            return True
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        raw.FPDFPage_CloseAnnot(annotation)
        if kind != raw.FPDF_ANNOT_LINK:
            return True
    return False


def _cover(one: TextPage, sheet: _Sheet, line: Sequence[Glyph]) -> Box:
    """Returns the box that covers characters of one line.

    It is as long as so many characters of full width, spaced as widely, so that it does not tell narrow letters from
    wide ones.
    """
    size = max(each.height for each in line)
    margin = MARGIN * size
    first, angle = line[0], line[0].angle
    left, right = min(each.left for each in line), max(each.right for each in line)
    spacing = max((after.left - before.right for before, after in pairwise(line)), default=0.0)
    length = len(line) * (size + max(spacing, 0.0))
    end = max(right, left + math.ceil(length / size - _NEAR) * size)  # whole sizes: two computations of it agree
    corners = _upright(left - margin, first.baseline - 2 * margin, end + margin, first.baseline + _ABOVE * size, angle)
    box, sides = one.raw.FS_RECTF(), tuple(ctypes.c_double() for _ in range(4))
    for each in line:
        if one.raw.FPDFText_GetLooseCharBox(one.text, each.index, box):
            corners += [(box.left, box.bottom), (box.right, box.top)]
        if one.raw.FPDFText_GetCharBox(one.text, each.index, *sides):
            corners += [(sides[0].value, sides[2].value), (sides[1].value, sides[3].value)]
    return _within_page(sheet.page, corners)


def _rest_of_row(sheet: _Sheet, last: Glyph) -> Iterator[Box]:
    """Yields the row to the right of a label whose last character is ``last``, and the lines below it."""
    far = sum(sheet.page.get_size()) + abs(last.right)
    low, top = last.baseline - 2 * MARGIN * last.height, last.baseline + _ABOVE * last.height
    yield _within_page(sheet.page, _upright(last.right, low, far, top, last.angle))
    yield _within_page(sheet.page, _upright(-far, last.baseline - _LINES_BELOW * last.height, far, low, last.angle))


# --- Places -------------------------------------------------------------------------------------------------------


def _fold(character: str) -> str:
    """Returns a character as values are compared; one for one, so that places in the text are places of characters."""
    folded = match_key(repair_radicals(character))
    return folded if len(folded) == 1 else character


def _places(glyphs: Sequence[Glyph], folded: str, text: str) -> Iterator[Sequence[Glyph]]:
    """Every place of ``text``, over the ends of lines too."""
    wanted = "".join(_fold(each) for each in text if not each.isspace())
    at = folded.find(wanted) if wanted else -1
    while at >= 0:
        yield glyphs[at : at + len(wanted)]
        at = folded.find(wanted, at + 1)


def _lines(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    line: list[Glyph] = []
    for each in glyphs:
        if line and not (
            line[-1].angle == each.angle
            and abs(line[-1].baseline - each.baseline) < each.height / 2
            and each.left >= line[-1].left
        ):
            yield line
            line = []
        line.append(each)
    if line:
        yield line


def _box_of(page: Any, line: Sequence[Glyph]) -> Box:
    size = max(each.height for each in line)
    left, right = min(each.left for each in line), max(each.right for each in line)
    low, high = line[0].baseline - 0.3 * size, line[0].baseline + size
    return _within_page(page, _upright(left, low, right, high, line[0].angle))


def _pixels(box: Box, picture: Any) -> tuple[int, int, int, int]:
    left, top, right, bottom = box
    across, down = picture.size
    return math.floor(left * across), math.floor(top * down), math.ceil(right * across), math.ceil(bottom * down)


def _upright(left: float, low: float, right: float, high: float, angle: int) -> list[tuple[float, float]]:
    """Returns the corners of a box along a line of print in the page's own coordinates."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return [(along * cos - up * sin, along * sin + up * cos) for along in (left, right) for up in (low, high)]


_GRID: Final = 1_000_000
"""Steps of a page's side in which places on it are computed."""


def _within_page(page: Any, corners: Sequence[tuple[float, float]]) -> Box:
    """Returns the box around ``corners`` on the page as it is shown, turned and cut."""
    from pypdfium2 import raw

    across, down = ctypes.c_int(), ctypes.c_int()
    shown = []
    for x, y in corners:
        raw.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, across, down)
        shown.append((across.value / _GRID, down.value / _GRID))
    sides = zip(*shown, strict=True)
    (left, right), (top, bottom) = ((min(side), max(side)) for side in sides)
    left, top, right, bottom = (min(max(each, 0.0), 1.0) for each in (left, top, right, bottom))
    return left, top, right, bottom


def _band(sheet: _Sheet) -> Box | None:
    """Returns the box of all values and keys with the print beside them; None without a value."""
    if not sheet.boxes:
        return None
    width, height = sheet.page.get_size()
    painted = sheet.painted or []
    kept = [*(box for _, box in sheet.boxes), *painted]
    top, bottom = min(box[1] for box in kept), max(box[3] for box in kept)
    for glyph in sheet.glyphs:
        box = _box_of(sheet.page, [glyph])
        # A character under paint must not move the edge: that would tell its width.
        if _is_in(box, (0.0, top, 1.0, bottom)) and not any(_is_in(box, cover) for cover in painted):
            kept.append(box)
    left, right = min(box[0] for box in kept), max(box[2] for box in kept)
    edge, rim = BAND_MARGIN / width, BAND_RIM / height
    return max(left - edge, 0.0), max(top - rim, 0.0), min(right + edge, 1.0), min(bottom + rim, 1.0)


def _is_in(box: Box, other: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] <= x <= other[2] and other[1] <= y <= other[3]
