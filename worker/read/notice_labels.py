"""Finds, in one engine's text of a page, the values that stand beside a form's labels.

It promises to hand on every value that a label points to, in the characters of the text, and never to choose among
them: ``read`` decides. It does not know the forms of numbers and keys, nor that there is a second engine.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, count, pairwise, repeat
from typing import Final

from worker.core.text import match_key, repair_radicals

CODES: Final = ("contract_number", "key")
NAMES: Final = ("project_name", "contractor_name", "product")
"""What may run over several lines; a code never does."""

CONTINUATIONS: Final = 6
"""Lines that may follow the first of a name; the longest 工事名 seen has three. More are another text."""

STRIKES: Final = 4
"""How often a bold letter is printed over itself; two is usual."""

_COLON: Final = ":"
_COLONS: Final = {0x2236: _COLON, 0xFE13: _COLON, 0xFE55: _COLON}  # ratio and presentation forms, as forms print them
# A browser's PDF names the first character of a glyph: in Noto Sans CJK one engine reads the left, the other the right.
_GLYPH_TWINS: Final = {0x2027: "・", 0x2215: "/"}
_NUMBERING: Final = r"(?:\(?[0-9]{1,2}[.):、,]?|[・■□●○◆◇◎※*])?"
_NOTE: Final = r"(?:\([^()]{1,20}\))"
_JOINT_VENTURE_NOTE: Final = re.compile(r"\([^()]*場合[^()]*\)")
_OTHER_LABEL: Final = re.compile(r"[^:、。]{2,12}:")
_NO_CONTINUATION: Final = re.compile(r"[【〔《※■□●◆]|\(注|.*。|(?:記|以上)$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line, what it is compared by, and where each character of that stands in the line."""

    text: str
    folded: str
    at: tuple[int, ...]

    def rest(self, start: int, end: int | None = None) -> str:
        """The line's own text from one place of the folded line to another."""
        first = self.at[start] if start < len(self.at) else len(self.text)
        last = self.at[end] if end is not None and end < len(self.at) else len(self.text)
        return self.text[first:last].strip()


@dataclass(frozen=True, slots=True)
class Found:
    """One value of a field; ``beside`` is False where it stands on the line after its label."""

    text: str
    beside: bool = True
    in_table: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    """A label in a line: where it begins, and where its value would."""

    field: str
    start: int
    value: int


Fields = Mapping[str, tuple[Found, ...]]


@lru_cache(maxsize=8192)
def _fold(character: str) -> str:
    return match_key(character.translate(_GLYPH_TWINS)).translate(_COLONS)


@lru_cache(maxsize=256)  # the readings of a page have most of their lines in common
def fold_line(text: str) -> Line:
    """``text`` as a Line; radicals are repaired in both, nothing else is changed in what is shown."""
    repaired = repair_radicals(text)
    pieces = list(map(_fold, repaired))
    places = chain.from_iterable(map(repeat, count(), map(len, pieces)))  # a piece may be of no or several characters
    return Line(repaired, "".join(pieces), tuple(places))


def fold_lines(text: str) -> tuple[Line, ...]:
    """The lines of a page that hold anything."""
    lines = (fold_line(line) for line in text.split("\n"))
    return tuple(line for line in lines if line.folded)


class Labels:
    """One guarantor's labels, ready to look for."""

    def __init__(self, labels: Mapping[str, tuple[str, ...]], stops: tuple[str, ...] = ()) -> None:
        """``stops``: names and titles that end a value; they stand on the page for themselves."""
        self._stops = tuple(match_key(stop) for stop in stops)
        self._words = {field: tuple(fold_line(word).folded for word in words) for field, words in labels.items()}
        self._field = {word: field for field, words in self._words.items() for word in words if word}
        ordered = sorted(self._field, key=len, reverse=True)  # 商品(保証区分) before 商品
        words = "|".join(map(re.escape, ordered)) or "(?!)"  # no label: nothing matches
        self._first = re.compile(f"{_NUMBERING}({words})(?:{_NOTE}?(:)|)")
        self._colon = re.compile(f"({words}){_NOTE}?:")
        self._inner = re.compile(f"({words})")
        self._cell = re.compile(f"{_NUMBERING}({words}){_NOTE}?:?")

    def find(self, lines: tuple[Line, ...], tables: tuple[tuple[str, ...], ...] = ()) -> Fields:
        """Every value that a label of ``lines`` or a cell of ``tables`` points to, per field; "" for a lone label."""
        found: dict[str, list[Found]] = {}
        marks = [self._marks(line) for line in lines]
        for number, line_marks in enumerate(marks):
            for mark, after in zip(line_marks, [*line_marks[1:], None], strict=False):
                value = lines[number].rest(mark.value, after.start if after else None)
                following = [] if after else self._following(lines[number + 1 :], marks[number + 1 :])
                found.setdefault(mark.field, []).append(self._found(mark.field, value, following))
        for field, value in self._in_tables(tables):
            found.setdefault(field, []).append(Found(self._without_note(field, value), in_table=True))
        return {field: tuple(dict.fromkeys(values)) for field, values in found.items()}

    def is_label(self, folded: str) -> bool:
        """Whether all of a folded line is one label."""
        return self._cell.fullmatch(folded) is not None

    def has_label(self, line: Line) -> bool:
        """Whether ``line`` begins with a label, or holds that of a number or key with its colon."""
        return bool(self._marks(line))

    def unlabelled(self, lines: tuple[Line, ...]) -> tuple[Line, ...]:
        """The lines without labels and the note below them: what is left, in the same order."""
        rests = (fold_line(self._without_labels(line)) for line in lines)
        return tuple(line for line in rests if line.folded and not _JOINT_VENTURE_NOTE.fullmatch(line.folded))

    def _without_labels(self, line: Line) -> str:
        """``line`` without the label it begins with, else without one between two gaps.

        That is how a table cell reads whose lines stand above and below its label's height.
        """
        if marks := self._marks(line):
            return line.rest(marks[0].value)
        for match in self._inner.finditer(line.folded, 1):
            if self._gap_before(line, match.start()) and self._gap_after(line, match.end()):
                return line.rest(0, match.start()) + line.rest(match.end())
        return line.text

    def _marks(self, line: Line) -> list[_Mark]:
        """The labels of a line: the first where the line begins with one, and what follows in the same line.

        In a line that begins otherwise only a number or key with its colon counts: hidden text may stand anywhere.
        """
        begin = self._first.match(line.folded)
        if begin is None or not (begin[2] or self._gap_after(line, begin.end(1))):
            matches = self._colon.finditer(line.folded)
            return [mark for match in matches if (mark := self._mark(match)).field in CODES]
        marks = [self._mark(begin)]
        for match in self._inner.finditer(line.folded, begin.end()):
            if self._colon.match(line.folded, match.start()):
                marks.append(self._mark(self._colon.match(line.folded, match.start()) or match))
            elif self._gap_before(line, match.start()) and self._gap_after(line, match.end()):
                marks.append(self._mark(match))
        return marks

    def _mark(self, match: re.Match[str]) -> _Mark:
        return _Mark(self._field[match[1]], match.start(1), match.end())

    @staticmethod
    def _gap_after(line: Line, end: int) -> bool:
        """Whether a label ends here: at the line's end or before a space. 工事名称 does not begin with 工事名."""
        if end >= len(line.folded):
            return True
        spaced = line.at[end] > line.at[end - 1] + 1
        return spaced and not re.match(r"[一-鿿々]{1,3}:", line.folded[end:])  # 工 事 名 称 ：, spaced out

    @staticmethod
    def _gap_before(line: Line, start: int) -> bool:
        return line.at[start] > line.at[start - 1] + 1 and line.folded[start - 1] not in "「『(["

    def _following(self, lines: tuple[Line, ...], marks: list[list[_Mark]]) -> list[Line]:
        """The lines that may belong to a value, up to the next label or what cannot be part of a name."""
        following: list[Line] = []
        for line, line_marks in zip(lines, marks, strict=True):
            if line_marks or _NO_CONTINUATION.match(line.folded) or _OTHER_LABEL.match(line.folded):
                break
            if any(stop in line.folded for stop in self._stops):
                break
            following.append(line)
        return following

    def _found(self, field: str, value: str, following: list[Line]) -> Found:
        if field in CODES:
            return Found(value) if value or not following else Found(following[0].text.strip(), beside=False)
        rest = [line for line in following if not _JOINT_VENTURE_NOTE.fullmatch(line.folded)]
        if len(rest) > CONTINUATIONS:
            return Found("")  # where the name ends is not known
        whole = value + "".join(line.text.strip() for line in rest)
        return Found(self._without_note(field, whole), beside=bool(value))

    def _without_note(self, field: str, value: str) -> str:
        """``value`` without what is left of a longer label, or the note on joint ventures, wrapped into its cell."""
        line = fold_line(value)
        words = self._words[field]
        for rest in (long[len(short) :] for short in words for long in words if long.startswith(short)):
            if rest and line.folded.startswith(rest):
                return line.rest(len(rest))
            if rest and line.folded.endswith(rest):
                return line.rest(0, len(line.folded) - len(rest))
        return value

    def _in_tables(self, tables: tuple[tuple[str, ...], ...]) -> list[tuple[str, str]]:
        found = []
        for row in tables:
            cells = [cell for cell in row if cell.strip()]
            for label, value in pairwise(cells):
                match = self._cell.fullmatch(fold_line(label).folded)
                if match:
                    found.append((self._field[match[1]], joined(fold_lines(value)).text))
        return found


@lru_cache(maxsize=64)  # guarantors are few, and making one costs as much as using it on a page
def labels_of(labels: tuple[tuple[str, tuple[str, ...]], ...], stops: tuple[str, ...]) -> Labels:
    """The labels of these fields, in their order, ready to look for."""
    return Labels(dict(labels), stops)


def despaced(value: str) -> str:
    """``value`` without its spaces where one stands between all its characters: letter spacing, not a gap."""
    return value.replace(" ", "") if re.fullmatch(r"\S(?: \S)+", value) else value


def joined(lines: tuple[Line, ...]) -> Line:
    """All lines as one, for values that run over several."""
    return fold_line("".join(line.text.strip() for line in lines))


def is_broken(text: str) -> bool:
    """Whether ``text`` shows a broken font table: ``(cid:12)``, U+FFFD, control characters, lone surrogates."""
    if "(cid:" in text or "\ufffd" in text:
        return True
    return any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\t\n\r\f" for c in set(text))


def is_struck_over(code: str, plain: str) -> bool:
    """Whether ``code`` stands in the plain reading as it is, or with each letter the same number of times.

    Where two different values are printed over each other, both engines may drop the letters they share.
    """
    squeezed = "".join(plain.split())
    return any("".join(letter * times for letter in code) in squeezed for times in range(1, STRIKES + 1))
