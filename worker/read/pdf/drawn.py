"""Finds what a PDF's page holds beside its text, without drawing it: pictures, shapes, notes of a viewer, files.

A white or clear area shows nothing, and the straight lines of an empty form say nothing. Whatever is not sure counts as
shown. It runs in the child, under its limits.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

OBJECTS: Final = 20_000
"""The most objects of a page that are looked at; a page with more shows something."""

DEPTH: Final = 8
"""Forms within forms that are looked into."""

NOTES: Final = 1_000
"""The most notes and links of a page that are looked at."""

RULE: Final = 3.0
"""Points of the thickness of a ruled line: no letter of 8-point print is as flat."""

SEGMENTS: Final = 16
"""The most segments of a ruled line or a frame."""

_WHITE: Final = 250
"""Levels of each colour from which an area looks like paper."""


def shows_more(page: Any) -> bool:
    """Returns whether the page shows something that is no text and no ruled line."""
    from pypdfium2 import raw

    return bool(_notes_of(page) - {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP}) or _draws(raw, page)


def is_written_on(page: Any) -> bool:
    """Returns whether a person wrote or drew on the page in a viewer; links, fields and signatures are the form's."""
    from pypdfium2 import raw

    of_form = {raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_WIDGET, raw.FPDF_ANNOT_XFAWIDGET}
    return bool(_notes_of(page) - of_form)


def carries_file(page: Any) -> bool:
    """Returns whether a file, a sound or a film is attached to a place of the page: recipients would get it."""
    from pypdfium2 import raw

    files = {raw.FPDF_ANNOT_FILEATTACHMENT, raw.FPDF_ANNOT_SOUND, raw.FPDF_ANNOT_MOVIE, raw.FPDF_ANNOT_SCREEN}
    return not _notes_of(page).isdisjoint(files | {raw.FPDF_ANNOT_RICHMEDIA, raw.FPDF_ANNOT_THREED})


def _notes_of(page: Any) -> set[int]:
    """The kinds of the page's annotations (ISO 32000-1 §12.5.6); all kinds if there are too many to look at."""
    from pypdfium2 import raw

    count = raw.FPDFPage_GetAnnotCount(page.raw)
    if count > NOTES:
        return set(range(raw.FPDF_ANNOT_REDACT + 1))
    kinds = set()
    for index in range(count):
        note = raw.FPDFPage_GetAnnot(page.raw, index)
        kinds.add(raw.FPDFAnnot_GetSubtype(note) if note else raw.FPDF_ANNOT_UNKNOWN)
        if note:
            raw.FPDFPage_CloseAnnot(note)
    return kinds


def _draws(raw: Any, page: Any) -> bool:
    for count, each in enumerate(page.get_objects(max_depth=DEPTH)):
        if count >= OBJECTS:
            return True
        if each.type == raw.FPDF_PAGEOBJ_TEXT:
            continue
        if each.type == raw.FPDF_PAGEOBJ_FORM:
            if each.level >= DEPTH - 1:
                return True
        elif each.type != raw.FPDF_PAGEOBJ_PATH or _is_shape(raw, each):
            return True
    return False


def _is_shape(raw: Any, path: Any) -> bool:
    """Returns whether a path shows more than a ruled line."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(path.raw, fill, stroke):
        return True
    is_filled = bool(fill.value) and _has_ink(raw.FPDFPageObj_GetFillColor, path.raw)
    is_stroked = bool(stroke.value) and _has_ink(raw.FPDFPageObj_GetStrokeColor, path.raw)
    if not (is_filled or is_stroked):
        return False
    if path.level:
        return True  # its size is measured in the form's own units
    sides = tuple(ctypes.c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(path.raw, *sides):
        return True
    left, bottom, right, top = (side.value for side in sides)
    if min(right - left, top - bottom) <= RULE:
        return False
    return is_filled or not _is_frame(raw, path.raw)


def _has_ink(color_of: Any, held: Any) -> bool:
    """Returns whether the colour is seen on paper; one that is a pattern counts."""
    parts = tuple(ctypes.c_uint() for _ in range(4))
    if not color_of(held, *parts):
        return True
    *colors, alpha = (part.value for part in parts)
    return alpha > 0 and min(colors) < _WHITE


def _is_frame(raw: Any, held: Any) -> bool:
    """Returns whether a path is thin lines along the sides of the page."""
    count = raw.FPDFPath_CountSegments(held)
    width, matrix = ctypes.c_float(), raw.FS_MATRIX()
    if count > SEGMENTS or not (
        raw.FPDFPageObj_GetStrokeWidth(held, width) and raw.FPDFPageObj_GetMatrix(held, matrix)
    ):
        return False
    if width.value * max(map(abs, (matrix.a, matrix.b, matrix.c, matrix.d))) > RULE:
        return False
    x, y = ctypes.c_float(), ctypes.c_float()
    before = None
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(held, index)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind not in (raw.FPDF_SEGMENT_MOVETO, raw.FPDF_SEGMENT_LINETO):
            return False
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        at = x.value, y.value
        if kind == raw.FPDF_SEGMENT_LINETO and before is not None and at[0] != before[0] and at[1] != before[1]:
            return False
        before = at
    return True
