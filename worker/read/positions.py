"""Decides whether number and key, where they stand on the page, are seen by its reader and are whole.

It promises that a value which may go on in the next line or cell, or may be the end of one that began above, is
refused, and so is one of whose places a reader of the page does not see a character. It corrects and joins nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from worker.core.model import CodePositions, Notice, PdfText, Place, TextRun, Unreadable
from worker.core.rulebook import Guarantor
from worker.core.states import Reason
from worker.core.text import half_width
from worker.read.notice import CODE_CHARACTERS, CODES, Labels, fold_line, fold_lines, labels_of

LINES_APART: Final = 2.4
"""Sizes of the print between a line and its continuation, at most: half as much again as a line of 1.6 sizes."""

COLUMN: Final = 4.0
"""Sizes of the print that a label may begin further left than the code's own: labels of a column may be centred."""

IN_TEXT: Final = 2.5
"""Sizes of the print between a label and the code that follows it in one text: its colon, and spaces."""

EDGE: Final = 2
"""Lines below a code at the foot of its page, and lines before its rest on the next: a page number, a date."""

_RUN: Final = re.compile(r"[!-~]+")
_WHOLE_RUN: Final = re.compile(r"[!-~]+\Z")
_OTHER_LABEL: Final = re.compile(r"[^:、。]{2,12}:")
_CAPITAL: Final = 0.8
"""Share of a line's size that its letters take above the baseline."""


def confirm_notice(notice: Notice, text: PdfText, located: CodePositions, guarantor: Guarantor) -> Notice | Unreadable:
    """``notice``, or why its number or key must not be used; a detail names the label, no value."""
    values = dict(zip(CODES, (notice.contract_number, notice.key.clear), strict=True))
    for field, places in zip(CODES, located.places, strict=True):
        if not places or not all(place.is_drawn for place in places):
            label = next(iter(guarantor.labels.get(field, ())), field)
            return Unreadable(Reason.NO_TEXT, "ocr_layer" if located.is_scan else f"unseen: {label}")
    for field, places in zip(CODES, located.places, strict=True):
        code = _code(field, values[field], guarantor, is_wide=any(each.at.text != values[field] for each in places))
        if _goes_on(code, places, located, code.labelled_cells(text)) or code.goes_on_in_a_table(text):
            return Unreadable(Reason.TWO_VALUES, f"continues: {code.label}")
        if any(place.at.height <= 0 for place in places) and code.goes_on_in_text(text):
            return Unreadable(Reason.TWO_VALUES, f"continues: {code.label}")
    return notice


def _code(field: str, value: str, guarantor: Guarantor, *, is_wide: bool) -> _Code:
    pattern = re.compile(guarantor.number if field == "contract_number" else guarantor.key, re.ASCII)
    labels = labels_of(tuple(guarantor.labels.items()), (guarantor.name, *guarantor.titles))
    return _Code(value, pattern, labels, next(iter(guarantor.labels.get(field, ())), field), is_wide)


@dataclass(frozen=True, slots=True)
class _Code:
    """A number or key, with what its guarantor's form and labels are."""

    value: str
    pattern: re.Pattern[str]
    labels: Labels
    label: str
    is_wide: bool
    """Whether it is printed in full width somewhere: then its rest would be."""

    def fits_before(self, text: str) -> bool:
        """Whether the value and some beginning of ``text`` have the form together."""
        run = _RUN.match(self._as_printed(text).lstrip())
        return run is not None and any(self._has_form(self.value + run[0][:end]) for end in range(1, len(run[0]) + 1))

    def fits_behind(self, text: str) -> bool:
        """Whether some end of ``text``, if it is one run, and the value have the form together."""
        run = _WHOLE_RUN.match(self._as_printed(text).strip())
        return run is not None and any(self._has_form(run[0][start:] + self.value) for start in range(len(run[0])))

    def _as_printed(self, text: str) -> str:
        return half_width(text) if self.is_wide else text

    def _has_form(self, value: str) -> bool:
        return len(value) <= CODE_CHARACTERS and bool(self.pattern.fullmatch(value))

    def is_label(self, text: str) -> bool:
        """Whether all of ``text`` is a label, one of the guarantor's or another with its colon."""
        folded = fold_line(text).folded
        return self.labels.is_label(folded) or _OTHER_LABEL.fullmatch(folded) is not None

    def begins_with_label(self, text: str) -> bool:
        """Whether ``text`` brings its own label."""
        line = fold_line(text)
        return self.labels.has_label(line) or _OTHER_LABEL.match(line.folded) is not None

    def labelled_cells(self, text: PdfText) -> frozenset[str]:
        """What stands in cells of ruled tables that have a label before them."""
        rows = (pairwise(filter(str.strip, row)) for page in text.pages for row in page.tables)
        return frozenset("".join(cell.split()) for row in rows for label, cell in row if self.is_label(label))

    def goes_on_in_a_table(self, text: PdfText) -> bool:
        """Whether the next cell without a label, in its row or below it, begins with what could be its rest."""
        rows = [row for page in text.pages for row in page.tables]
        for row, below in zip(rows, [*rows[1:], ()], strict=False):
            for column, cell in enumerate(row):
                if self._as_printed("".join(cell.split())) != self.value:
                    continue
                beside = next((each for each in row[column + 1 :] if each.strip()), "")
                under = below[column] if column < len(below) and not any(map(str.strip, below[:column])) else ""
                if self._may_be_rest(beside) or self._may_be_rest(under):
                    return True
        return False

    def goes_on_in_text(self, text: PdfText) -> bool:
        """Whether the line after one that ends with the value begins with what could be its rest."""
        for page in text.pages:
            for reading in (page.plumber, page.pdfium, page.deduped):
                lines = fold_lines(reading)
                for line, following in pairwise(lines):
                    if self._as_printed("".join(line.text.split())).endswith(self.value) and self._may_be_rest(
                        following.text
                    ):
                        return True
        return False

    def _may_be_rest(self, text: str) -> bool:
        return self.fits_before(text) and not self.begins_with_label(text)


def _goes_on(code: _Code, places: tuple[Place, ...], located: CodePositions, cells: frozenset[str]) -> bool:
    for place in places:
        at = place.at
        if place.page < len(located.lines) and at.height > 0:
            lines = tuple(line for line in located.lines[place.page] if line.angle == at.angle)
            if _Column(code, at, lines, cells).goes_on or _goes_on_overleaf(code, place, located):
                return True
    return False


def _goes_on_overleaf(code: _Code, place: Place, located: CodePositions) -> bool:
    """Whether the code is at the foot of its page, and the next page begins with what could be its rest."""
    below = {line.baseline for line in located.lines[place.page] if line.baseline < place.at.baseline - place.at.height}
    following = located.lines[place.page + 1] if place.page + 1 < len(located.lines) else ()
    rows = sorted({line.baseline for line in following}, reverse=True)[: EDGE + 1]
    return len(below) <= EDGE and any(
        code.fits_before(line.text) and not code.begins_with_label(line.text)
        for line in following
        if line.baseline in rows
    )


class _Column:
    """The text around one place of a code, in the code's own direction."""

    def __init__(
        self, code: _Code, at: TextRun, lines: tuple[TextRun, ...], cells: frozenset[str] = frozenset()
    ) -> None:
        """``cells``: what is known to have a label of its own."""
        self._code = code
        self._at = at
        self._lines = lines
        self._cells = cells
        self._letter = max((at.right - at.left) / max(len(at.text), 1), at.height / 2)
        self._near = at.height  # one character of full width
        self._begins = self._own_beginning()

    @property
    def goes_on(self) -> bool:
        """Whether the code may have a rest below or beside it, or a beginning above it."""
        code = self._code
        return (
            any(code.fits_before(line.text) and not self._is_labelled(line) for line in self._next(-1))
            or any(code.fits_behind(line.text) and not self._is_labelled(line) for line in self._next(1))
            or any(code.fits_before(line.text) and not code.begins_with_label(line.text) for line in self._beside())
        )

    def _next(self, direction: int) -> Iterator[TextRun]:
        """What stands nearest above (1) or below (-1) in the same column."""

        def distance(line: TextRun) -> float:
            return direction * (line.baseline - self._at.baseline)

        near = [
            line
            for line in self._lines
            if self._at.height * 0.3 < distance(line) <= self._at.height * LINES_APART and self._is_aligned(line)
        ]
        nearest = min(map(distance, near), default=0.0)
        yield from (line for line in near if distance(line) <= nearest + self._at.height * 0.3)

    def _beside(self) -> Iterator[TextRun]:
        """What stands next on the right."""
        right = [line for line in self._on_row(self._at) if line.left > self._at.right - self._letter / 2]
        yield from sorted(right, key=lambda line: line.left)[:1]

    def _is_aligned(self, line: TextRun) -> bool:
        """Whether it stands in the code's column: at its left edge, or with it centred or at the right.

        A line that is broken within a paragraph goes on where the paragraph begins.
        """
        at, near = self._at, self._near
        if abs(line.left - at.left) <= near or abs(line.right - at.right) <= near:
            return True
        if abs((line.left + line.right) - (at.left + at.right)) <= 2 * near:
            return True
        return self._is_in_text and abs(line.left - self._begins) <= near

    @property
    def _is_in_text(self) -> bool:
        """Whether the code follows its label in one text: behind a wider gap it stands in a column of its own."""
        ends = [line.right for line in self._on_row(self._at) if line.left < self._at.left - self._letter]
        return any(self._at.left - end <= IN_TEXT * self._at.height for end in ends)

    def _own_beginning(self) -> float:
        """Where the code's line begins with its label; the code's own left edge where the label stands elsewhere."""
        at = self._at
        own = [line for line in self._on_row(at) if line.left <= at.left + self._letter / 2 and line.right > at.left]
        if own and min(line.left for line in own) < at.left - self._letter:
            return min(line.left for line in own)
        lefts = self._labels_before(at)
        return min(lefts, default=at.left)

    def _labels_before(self, line: TextRun) -> list[float]:
        """Left edges of the label that stands directly before ``line`` on its row; none where there is none."""
        before = sorted(
            (each for each in self._on_row(line) if each.right <= line.left + self._letter), key=lambda each: each.left
        )
        for start in range(len(before) - 1, -1, -1):
            if self._code.is_label(" ".join(each.text for each in before[start:])):
                return [each.left for each in before[start:]]
        return []

    def _is_labelled(self, line: TextRun) -> bool:
        """Whether the text has a label of its own: in itself, or before it, in the code's column of labels."""
        if self._code.begins_with_label(line.text) or "".join(line.text.split()) in self._cells:
            return True
        lefts = self._labels_before(line)
        return bool(lefts) and self._begins < self._at.left and min(lefts) >= self._begins - COLUMN * self._at.height

    def _on_row(self, line: TextRun) -> Iterator[TextRun]:
        """The other stretches that stand beside ``line``; a label between two lines belongs to the code's."""
        for each in self._lines:
            shared = _overlap(each, line)
            is_own = line is not self._at and _overlap(each, self._at) >= shared
            if each is not line and shared >= 0.5 * _CAPITAL * min(each.height, line.height) and not is_own:
                yield each


def _overlap(first: TextRun, second: TextRun) -> float:
    tops = (first.baseline + _CAPITAL * first.height, second.baseline + _CAPITAL * second.height)
    return min(tops) - max(first.baseline, second.baseline)
