"""Reads the one notice in a PDF's text: finds its fields by labels and confirms number and key by their positions.

It never guesses and never corrects. Number and key are returned only as both engines read them, character by
character, from the one place that a label points to; a code that is printed in full width throughout is returned in
ASCII. By its positions on the page, a value is refused if it may continue in the next line or cell, if it may be the
end of one that began above, or if one of its positions shows no visible character.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, count, pairwise, repeat
from typing import Final, NoReturn

from worker.core.model import CodePositions, Key, Notice, PageText, PdfText, Place, Product, TextRun, Unreadable
from worker.core.rulebook import Guarantor
from worker.core.states import Reason
from worker.core.text import (
    half_width,
    is_broken,
    match_key,
    repair_radicals,
    whole_half_width,
    with_line_end_hyphens,
)

CODES: Final = ("contract_number", "key")
NAMES: Final = ("project_name", "contractor_name", "product")
"""Fields that may run over several lines; a code never does."""

CONTINUATIONS: Final = 6
"""Lines that may follow the first of a name; the longest 工事名 seen has three. More are another text."""

STRIKES: Final = 4
"""The most times that a bold letter is printed over itself; two is usual."""

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
class PageLine:
    """A line, its comparison key, and the position of each character of the key in the line."""

    text: str
    folded: str
    at: tuple[int, ...]

    def rest(self, start: int, end: int | None = None) -> str:
        """The line's own text from one place of the folded line to another."""
        first = self.at[start] if start < len(self.at) else len(self.text)
        last = self.at[end] if end is not None and end < len(self.at) else len(self.text)
        return self.text[first:last].strip()


@dataclass(frozen=True, slots=True)
class LabelledValue:
    """One value of a field; ``beside`` is False if it is on the line after its label."""

    text: str
    beside: bool = True
    in_table: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    """A label in a line: its beginning, and the beginning of its value."""

    field: str
    start: int
    value: int


Fields = Mapping[str, tuple[LabelledValue, ...]]


@lru_cache(maxsize=8192)
def _fold(character: str) -> str:
    return match_key(character.translate(_GLYPH_TWINS)).translate(_COLONS)


@lru_cache(maxsize=256)  # the readings of a page have most of their lines in common
def fold_line(text: str) -> PageLine:
    """``text`` as a Line; radicals are repaired in both, nothing else is changed in what is shown."""
    repaired = repair_radicals(text)
    pieces = list(map(_fold, repaired))
    places = chain.from_iterable(map(repeat, count(), map(len, pieces)))  # a piece may be of no or several characters
    return PageLine(repaired, "".join(pieces), tuple(places))


def fold_lines(text: str) -> tuple[PageLine, ...]:
    """The lines of a page that hold anything."""
    lines = (fold_line(line) for line in text.split("\n"))
    return tuple(line for line in lines if line.folded)


class Labels:
    """One guarantor's labels, compiled for searching."""

    def __init__(self, labels: Mapping[str, tuple[str, ...]], stops: tuple[str, ...] = ()) -> None:
        """``stops`` are names and titles that end a value; they are printed on their own lines."""
        self._stops = tuple(match_key(stop) for stop in stops)
        self._words = {field: tuple(fold_line(word).folded for word in words) for field, words in labels.items()}
        self._field = {word: field for field, words in self._words.items() for word in words if word}
        ordered = sorted(self._field, key=len, reverse=True)  # 商品(保証区分) before 商品
        words = "|".join(map(re.escape, ordered)) or "(?!)"  # no label: nothing matches
        self._first = re.compile(f"{_NUMBERING}({words})(?:{_NOTE}?(:)|)")
        self._colon = re.compile(f"({words}){_NOTE}?:")
        self._inner = re.compile(f"({words})")
        self._cell = re.compile(f"{_NUMBERING}({words}){_NOTE}?:?")

    def find(self, lines: tuple[PageLine, ...], tables: tuple[tuple[str, ...], ...] = ()) -> Fields:
        """Every value that a label of ``lines`` or a cell of ``tables`` points to, per field; "" for a lone label."""
        found: dict[str, list[LabelledValue]] = {}
        marks = [self._marks(line) for line in lines]
        for number, line_marks in enumerate(marks):
            for mark, after in zip(line_marks, [*line_marks[1:], None], strict=False):
                value = lines[number].rest(mark.value, after.start if after else None)
                following = [] if after else self._following(lines[number + 1 :], marks[number + 1 :])
                found.setdefault(mark.field, []).append(self._found(mark.field, value, following))
        for field, value in self._in_tables(tables):
            found.setdefault(field, []).append(LabelledValue(self._without_note(field, value), in_table=True))
        return {field: tuple(dict.fromkeys(values)) for field, values in found.items()}

    def is_label(self, folded: str) -> bool:
        """Returns whether a whole folded line is one label."""
        return self._cell.fullmatch(folded) is not None

    def has_label(self, line: PageLine) -> bool:
        """Returns whether ``line`` begins with a label, or holds that of a number or key with its colon."""
        return bool(self._marks(line))

    def unlabelled(self, lines: tuple[PageLine, ...]) -> tuple[PageLine, ...]:
        """The lines without labels and the note below them: what is left, in the same order."""
        rests = (fold_line(self._without_labels(line)) for line in lines)
        return tuple(line for line in rests if line.folded and not _JOINT_VENTURE_NOTE.fullmatch(line.folded))

    def _without_labels(self, line: PageLine) -> str:
        """Returns ``line`` without the label that it begins with, else without one between two gaps.

        A table cell reads like that if its lines are above and below the height of its label.
        """
        if marks := self._marks(line):
            return line.rest(marks[0].value)
        for match in self._inner.finditer(line.folded, 1):
            if self._gap_before(line, match.start()) and self._gap_after(line, match.end()):
                return line.rest(0, match.start()) + line.rest(match.end())
        return line.text

    def _marks(self, line: PageLine) -> list[_Mark]:
        """Returns the labels of a line: the first if the line begins with one, and those that follow in the same line.

        In any other line only a number or key with its colon counts: hidden text may be anywhere.
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
    def _gap_after(line: PageLine, end: int) -> bool:
        """Returns whether a label ends here, at the line's end or before a space: 工事名称 is not 工事名."""
        if end >= len(line.folded):
            return True
        spaced = line.at[end] > line.at[end - 1] + 1
        return spaced and not re.match(r"[一-鿿々]{1,3}:", line.folded[end:])  # 工 事 名 称 ：, spaced out

    @staticmethod
    def _gap_before(line: PageLine, start: int) -> bool:
        return line.at[start] > line.at[start - 1] + 1 and line.folded[start - 1] not in "「『(["

    def _following(self, lines: tuple[PageLine, ...], marks: list[list[_Mark]]) -> list[PageLine]:
        """The lines that may belong to a value, up to the next label or what cannot be part of a name."""
        following: list[PageLine] = []
        for line, line_marks in zip(lines, marks, strict=True):
            if line_marks or _NO_CONTINUATION.match(line.folded) or _OTHER_LABEL.match(line.folded):
                break
            if any(stop in line.folded for stop in self._stops):
                break
            following.append(line)
        return following

    def _found(self, field: str, value: str, following: list[PageLine]) -> LabelledValue:
        if field in CODES:
            return (
                LabelledValue(value)
                if value or not following
                else LabelledValue(following[0].text.strip(), beside=False)
            )
        rest = [line for line in following if not _JOINT_VENTURE_NOTE.fullmatch(line.folded)]
        if len(rest) > CONTINUATIONS:
            return LabelledValue("")  # the end of the name is not known
        whole = value + "".join(line.text.strip() for line in rest)
        return LabelledValue(self._without_note(field, whole), beside=bool(value))

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
                    found.append((self._field[match[1]], join_lines(fold_lines(value)).text))
        return found


@lru_cache(maxsize=64)  # guarantors are few, and making one costs as much as using it on a page
def labels_of(labels: tuple[tuple[str, tuple[str, ...]], ...], stops: tuple[str, ...]) -> Labels:
    """The labels of these fields, in their order, ready to look for."""
    return Labels(dict(labels), stops)


def without_letter_spacing(value: str) -> str:
    """Returns ``value`` without its spaces if one follows every character: that is letter spacing."""
    return value.replace(" ", "") if re.fullmatch(r"\S(?: \S)+", value) else value


def join_lines(lines: tuple[PageLine, ...]) -> PageLine:
    """All lines as one, for values that run over several."""
    return fold_line("".join(line.text.strip() for line in lines))


def is_struck_over(code: str, plain: str) -> bool:
    """Returns whether the plain reading holds ``code`` as it is, or with each letter the same number of times.

    If two different values are printed over each other, both engines may drop the letters that they share.
    """
    squeezed = "".join(plain.split())
    return any("".join(letter * times for letter in code) in squeezed for times in range(1, STRIKES + 1))


PAGE_CHARACTERS: Final = 20_000
"""A form has some 400. The text beyond could hold a second key, so a page that is cut is refused."""

CODE_CHARACTERS: Final = 64
"""Longest number or key that a guarantor's pattern is tried on: the pattern is the operator's, its cost unknown."""

_HEADING: Final = re.compile(r"[^:、。「」『』]{0,12}(?:証書|証券|保証保険)(?:\([^()]{1,10}\))?")
_INVOICE: Final = re.compile(
    r"[^:、。「」『』]{0,12}請求書(?:\([^()]{1,12}\))?(?:(?:令和|平成|20\d\d|第\d)[^、。]{0,16})?"
)
_LOOKS_LIKE: Final = ("公共工事履行保証証券", "履行保証保険", "保証証書", "電子証書")
FEW_CHARACTERS: Final = 8
"""Of a page that may stand beside a notice and says nothing: 「以下余白」, 「ご利用にあたって」."""
_OF_PRINT: Final = re.compile(
    r"https?://[!-~]+|[^\s/]{1,60}\.pdf|(?:令和|平成|page|ページ|頁|[0-9]|[-/:.,年月日時分秒()~〜])+", re.IGNORECASE
)
"""Words that a print has on each page: its number, the date, the address or the name of the file."""
_NOTICE: Final = re.compile("認証キー」?等?の(?:お知らせ|御知らせ|通知)")
"""In the title of every notice: a certificate or a bond has no key to announce."""
_FORM: Final = frozenset({"labels", "number", "key", "products"})
"""The parts of a notice's form that a profile may assume."""


class _Refused(Exception):
    """Carries the refusal out of the steps below; it never leaves this module."""

    def __init__(self, unreadable: Unreadable) -> None:
        super().__init__(unreadable.reason)
        self.unreadable = unreadable


def read_notice(text: PdfText, guarantors: tuple[Guarantor, ...]) -> Notice | Unreadable:
    """Returns the one notice in ``text``, or why there is none.

    A detail names a label or a kind of paper, never a value.
    """
    pages: tuple[_Page, ...] = ()
    try:
        pages = _checked(text)
        _refuse_other_papers(pages)
        guarantor = _recognise(pages, guarantors)
        forms = tuple(_Form(page, guarantor) for page in pages)
        notice = _read_form(forms, guarantor, has_fields=text.has_fields)
        _refuse_other_pages(forms, guarantor)
    except _Refused as refused:
        is_other = refused.unreadable.reason is Reason.NOT_A_NOTICE and not refused.unreadable.is_of_a_notice
        if is_other and _is_invoice(pages, guarantors):
            return Unreadable(Reason.NOT_A_NOTICE, "invoice")
        return refused.unreadable
    return notice


def _refuse(reason: Reason, detail: str = "") -> NoReturn:
    raise _Refused(Unreadable(reason, detail))


# --- The text as a whole ------------------------------------------------------------------------------------------


class _Page:
    """One page's three readings as lines."""

    def __init__(self, text: PageText) -> None:
        self.plain = text.plumber
        self.shows_more = text.shows_more
        self.tables = text.tables
        self.plumber = fold_lines(text.plumber)
        self.deduped = fold_lines(text.deduped)
        self.pdfium = fold_lines(with_line_end_hyphens(text.pdfium))

    @cached_property
    def squeezed(self) -> str:
        """All readings without spaces and line ends, a line end between the readings."""
        readings = (self.plumber, self.deduped, self.pdfium)
        return "\n".join("".join(line.folded for line in lines) for lines in readings)


def _checked(text: PdfText) -> tuple[_Page, ...]:
    if not any(page.plumber.strip() or page.pdfium.strip() for page in text.pages):
        _refuse(Reason.NO_TEXT)
    for page in text.pages:
        if max(map(len, (page.plumber, page.pdfium, page.deduped))) > PAGE_CHARACTERS:
            _refuse(Reason.TOO_LARGE, f"{PAGE_CHARACTERS} characters")
        # pdfium writes U+0002 or U+FFFE for a hyphen at the end of a line: a mark of its own, no broken table.
        if is_broken(page.plumber) or is_broken(with_line_end_hyphens(page.pdfium)):
            _refuse(Reason.BROKEN_TEXT)
    return tuple(map(_Page, text.pages))


def _refuse_other_papers(pages: tuple[_Page, ...]) -> None:
    """A separate line that names a certificate or a bond is a heading: the paper is that document and not a notice.

    Below the title of a notice the line is part of its text, broken by a narrow print, and says nothing of the paper.
    """
    for page in pages:
        for lines in (page.plumber, page.pdfium):
            above = ""
            for line in lines:
                if _HEADING.fullmatch(line.folded):
                    if _NOTICE.search(above):
                        _refuse(Reason.NOT_A_NOTICE, f"unread: {line.folded}")
                    _refuse(Reason.NOT_A_NOTICE, line.folded)
                above += line.folded


def _refuse_other_pages(forms: tuple[_Form, ...], guarantor: Guarantor) -> None:
    """Refuses a file that has a page of another paper behind or before the notice: the whole file would be sent.

    A guarantor's own further page has its name. The words of a notice prove nothing: a cover letter and an invoice have
    them as well, and an invoice may have the name. A scan has no words, and may be any paper.
    """
    for number, form in enumerate(forms, start=1):
        says = form.page.shows_more or max(map(_count_words, form.page.squeezed.split("\n"))) > FEW_CHARACTERS
        is_other = (says and not _any_stands((form.page,), (guarantor.name,))) or _names_invoice((form.page,))
        if is_other and not form.is_complete:
            _refuse(Reason.NOT_A_NOTICE, f"other_page: {number}")


def _count_words(squeezed: str) -> int:
    """Returns the number of characters of a page beside its number, its date, an address and the name of a file."""
    return len(_OF_PRINT.sub("", squeezed))


def _is_invoice(pages: tuple[_Page, ...], guarantors: tuple[Guarantor, ...]) -> bool:
    """Returns whether a separate line names an invoice and no title of a notice is there.

    An invoice may name a guarantor.
    """
    titles = tuple(title for guarantor in guarantors for title in guarantor.titles)
    return _names_invoice(pages) and not _any_stands(pages, titles)


def _names_invoice(pages: tuple[_Page, ...]) -> bool:
    return any(_INVOICE.fullmatch(line.folded) for page in pages for line in (*page.plumber, *page.pdfium))


def _refuse_unknown(pages: tuple[_Page, ...], missing: str) -> NoReturn:
    """Refuses a paper that is no notice, naming the document that it resembles, or the missing label.

    A notice of a surety without a profile is named as such. Every notice contains the words of a certificate as well:
    it tells the reader how to read the certificate.
    """
    if any(_NOTICE.search(page.squeezed) for page in pages):
        _refuse(Reason.NOT_A_NOTICE, "unknown_surety")
    seen = (word for word in _LOOKS_LIKE if any(word in page.squeezed for page in pages))
    _refuse(Reason.NOT_A_NOTICE, next(seen, missing))


def _recognise(pages: tuple[_Page, ...], guarantors: tuple[Guarantor, ...]) -> Guarantor:
    """Returns the guarantor that alone fits, by its name, else its title, else its labels with fitting values."""

    def is_named(guarantor: Guarantor) -> bool:
        return _any_stands(pages, (guarantor.name,))

    def is_titled(guarantor: Guarantor) -> bool:
        return _any_stands(pages, guarantor.titles)

    def is_filled(guarantor: Guarantor) -> bool:
        return any(_Form(page, guarantor).is_complete for page in pages)

    left = guarantors
    signs: tuple[Callable[[Guarantor], bool], ...] = (is_named, is_titled, is_filled)
    for sign in signs:
        fitting = tuple(filter(sign, left))
        if len(fitting) == 1:
            return fitting[0]
        left = fitting or left
    _refuse_unknown(pages, "保証会社")


def _any_stands(pages: tuple[_Page, ...], words: tuple[str, ...]) -> bool:
    keys = tuple(match_key(word) for word in words if word)
    return any(key in page.squeezed for page in pages for key in keys)


# --- One page under one guarantor's labels --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reading:
    """The contents of one engine's lines."""

    lines: tuple[PageLine, ...]
    fields: Fields
    labels: Labels

    @property
    def bare(self) -> PageLine:
        """All of it in one line, without the labels."""
        return join_lines(self.labels.unlabelled(self.lines))


class _Form:
    """A page as one guarantor's form."""

    def __init__(self, page: _Page, guarantor: Guarantor) -> None:
        self.page = page
        self.guarantor = guarantor
        self._labels = labels_of(tuple(guarantor.labels.items()), (guarantor.name, *guarantor.titles))
        # ASCII: a person's \d must not take a full-width digit for the digit that the issuer will type
        self._patterns = {
            "contract_number": re.compile(guarantor.number, re.ASCII),
            "key": re.compile(guarantor.key, re.ASCII),
        }
        self.plain = self._reading(page.plumber, page.tables)
        self.deduped = self._reading(page.deduped, page.tables)
        self.pdfium = self._reading(page.pdfium)

    def _reading(self, lines: tuple[PageLine, ...], tables: tuple[tuple[str, ...], ...] = ()) -> _Reading:
        fields = self._labels.find(lines, tables) if lines else {}
        return _Reading(lines, fields, self._labels)

    @property
    def readings(self) -> tuple[_Reading, ...]:
        return (self.plain, self.deduped, self.pdfium)

    @cached_property
    def is_complete(self) -> bool:
        """Set if a number and a key follow their labels, in any reading."""
        return all(any(self.codes(reading, field) for reading in self.readings) for field in CODES)

    def is_code(self, field: str, value: str) -> bool:
        """Returns whether the whole of ``value`` has the guarantor's form."""
        return len(value) <= CODE_CHARACTERS and value.isascii() and bool(self._patterns[field].fullmatch(value))

    def codes(self, reading: _Reading, field: str) -> tuple[str, ...]:
        """Returns every different value that a label of ``field`` points to.

        The line after a lone label only counts if it has the form: an engine that draws all values before all labels
        puts other text there.
        """
        found = (
            (found.beside, whole_half_width(without_letter_spacing(found.text)))
            for found in reading.fields.get(field, ())
        )
        values = (value for beside, value in found if value and (beside or self.is_code(field, value)))
        return tuple(dict.fromkeys(values))

    def lone_codes(self, reading: _Reading, field: str) -> tuple[str, ...]:
        """Returns whole lines that have the form, for an engine that separates values from their labels."""
        values = (whole_half_width(without_letter_spacing(line.text.strip())) for line in reading.lines)
        return tuple(value for value in values if self.is_code(field, value))


def _read_form(forms: tuple[_Form, ...], guarantor: Guarantor, *, has_fields: bool) -> Notice:
    if not any(_NOTICE.search(form.page.squeezed) for form in forms) and not _has_labels(forms):
        _refuse_unknown(tuple(form.page for form in forms), _missing_label(forms, guarantor))
    _refuse_several(forms, guarantor)
    form = next((form for form in forms if form.is_complete), None)
    if form is None:
        if has_fields:
            _refuse(Reason.NOT_A_NOTICE, f"form_fields: {_missing_label(forms, guarantor)}")
        _refuse_form(guarantor, _missing_label(forms, guarantor))
    try:
        return _read_fields(form, form.plain, guarantor)
    except _Refused as refused:
        if refused.unreadable.reason is not Reason.ENGINES_DISAGREE or not form.deduped.lines:
            raise
    return _read_fields(form, form.deduped, guarantor)


def _has_labels(forms: tuple[_Form, ...]) -> bool:
    """Returns whether the labels of number and key are on it, with or without their values."""
    return all(any(reading.fields.get(field) for form in forms for reading in form.readings) for field in CODES)


def _refuse_form(guarantor: Guarantor, label: str) -> NoReturn:
    """A notice of this guarantor in which the value of ``label`` is not found, or has another form."""
    if _FORM & {*guarantor.assumed}:
        _refuse(Reason.NOT_A_NOTICE, f"assumed: {guarantor.name} {label}")
    _refuse(Reason.NOT_A_NOTICE, f"unread: {label}")


def _refuse_several(forms: tuple[_Form, ...], guarantor: Guarantor) -> None:
    """One file is one notice with one number and one key, and what is hidden on the page counts."""
    several = [field for field in CODES if _values_differ(forms, field)]
    if sum(form.is_complete for form in forms) > 1 or len(several) == len(CODES):
        _refuse(Reason.TWO_NOTICES)
    if several:
        _refuse(Reason.TWO_VALUES, _label(guarantor, several[0]))


def _values_differ(forms: tuple[_Form, ...], field: str) -> bool:
    """Returns whether one engine alone reads two values; two engines that differ are another refusal."""
    by_engine = zip(*(form.readings for form in forms), strict=True)
    return any(
        len({code for form, reading in zip(forms, readings, strict=True) for code in form.codes(reading, field)}) > 1
        for readings in by_engine
    )


def _missing_label(forms: tuple[_Form, ...], guarantor: Guarantor) -> str:
    for field in CODES:
        if not any(form.codes(reading, field) for form in forms for reading in form.readings):
            return _label(guarantor, field)
    return _label(guarantor, "key")  # number and key on different pages


def _label(guarantor: Guarantor, field: str) -> str:
    return next(iter(guarantor.labels.get(field, ())), field)


# --- The fields -----------------------------------------------------------------------------------------------------


def _read_fields(form: _Form, plumber: _Reading, guarantor: Guarantor) -> Notice:
    number, key = (_agreed_code(form, plumber, field, _label(guarantor, field)) for field in CODES)
    project, contractor, product = (
        _agreed_name(form, plumber, field, _label(guarantor, field), (number, key))
        for field in ("project_name", "contractor_name", "product")
    )
    return Notice(
        guarantor=guarantor.id,
        project_name=project,
        contractor_name=contractor,
        product=_known_product(product, guarantor),
        contract_number=number,
        key=Key(key),
    )


def _agreed_code(form: _Form, plumber: _Reading, field: str, label: str) -> str:
    """The number or key as both engines read it."""
    labelled = [form.codes(reading, field) for reading in (plumber, form.pdfium)]
    # One engine puts print larger than its label on a separate line, the other puts values first that are drawn first.
    first = labelled[0] or form.lone_codes(plumber, field)
    second = labelled[1] or form.lone_codes(form.pdfium, field)
    if not any(labelled) or len(first) != 1 or first != second:
        _refuse(Reason.ENGINES_DISAGREE, label)
    (code,) = first
    if plumber is form.deduped and not is_struck_over(code, half_width(form.page.plain)):
        _refuse(Reason.ENGINES_DISAGREE, label)
    if not form.is_code(field, code):
        _refuse_form(form.guarantor, label)
    return code


def _agreed_name(form: _Form, plumber: _Reading, field: str, label: str, codes: tuple[str, ...]) -> str:
    """Returns a name in pdfium's characters (it keeps －, ～ and U+3000) if plumber reads the same by comparison key.

    If one engine gives only a part of it (a cell's lines around its label, values drawn before labels), the longer
    reading counts if the other's text contains it in one piece. A number or key that one engine reads as the last line
    of the name, and the other next to its own label, is not part of it.
    """
    first, second = _one_name(plumber.fields, field, label), _one_name(form.pdfium.fields, field, label)
    first_key, second_key = fold_line(first).folded, fold_line(second).folded
    if not first_key and not second_key:
        _refuse_form(form.guarantor, label)
    if second_key and second_key in {first_key, *(first_key.removesuffix(match_key(code)) for code in codes)}:
        return second
    longer_first = second_key in first_key
    bare = form.pdfium.bare
    if longer_first and (start := bare.folded.find(first_key)) >= 0:
        return bare.rest(start, start + len(first_key))
    if not longer_first and first_key in second_key and second_key in plumber.bare.folded:
        return second
    _refuse(Reason.ENGINES_DISAGREE, label)


def _one_name(fields: Fields, field: str, label: str) -> str:
    """Returns the one value of ``field``, "" for a lone label; a table's cell before the line that contains it."""
    found: tuple[LabelledValue, ...] = tuple(found for found in fields.get(field, ()) if found.text)
    found = tuple(filter(lambda one: one.in_table, found)) or found
    values = {match_key(one.text): one.text for one in found}
    if len(values) > 1:
        _refuse(Reason.TWO_VALUES, label)
    return next(iter(values.values()), "")


def _known_product(text: str, guarantor: Guarantor) -> Product:
    """The product whose word is the whole of ``text``: 前払金保証 is also the end of 中間前払金保証."""
    words = {match_key(word): product for product, several in guarantor.products.items() for word in several}
    product = words.get(match_key(text))
    if product is None:
        _refuse_form(guarantor, _label(guarantor, "product"))
    return product


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
_CAPITAL: Final = 0.8
"""Share of a line's size that its letters take above the baseline."""


def confirm_notice(notice: Notice, text: PdfText, located: CodePositions, guarantor: Guarantor) -> Notice | Unreadable:
    """``notice``, or why its number, its key or its PDF must not be used; a detail names the label, no value."""
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
    # What colleagues write for each other in a viewer would be sent.
    written_on = next((number for number, page in enumerate(text.pages, start=1) if page.is_written_on), None)
    return Unreadable(Reason.NOT_A_NOTICE, f"written_on: {written_on}") if written_on else notice


def _code(field: str, value: str, guarantor: Guarantor, *, is_wide: bool) -> _Code:
    pattern = re.compile(guarantor.number if field == "contract_number" else guarantor.key, re.ASCII)
    labels = labels_of(tuple(guarantor.labels.items()), (guarantor.name, *guarantor.titles))
    return _Code(value, pattern, labels, next(iter(guarantor.labels.get(field, ())), field), is_wide)


@dataclass(frozen=True, slots=True)
class _Code:
    """A number or key, with its guarantor's form and labels."""

    value: str
    pattern: re.Pattern[str]
    labels: Labels
    label: str
    is_wide: bool
    """Set if it is printed in full width somewhere: its rest would be as well."""

    def fits_before(self, text: str) -> bool:
        """Returns whether the value followed by some beginning of ``text`` has the form."""
        run = _RUN.match(self._as_printed(text).lstrip())
        return run is not None and any(self._has_form(self.value + run[0][:end]) for end in range(1, len(run[0]) + 1))

    def fits_behind(self, text: str) -> bool:
        """Returns whether some end of ``text``, if it is one run, followed by the value has the form."""
        run = _WHOLE_RUN.match(self._as_printed(text).strip())
        return run is not None and any(self._has_form(run[0][start:] + self.value) for start in range(len(run[0])))

    def _as_printed(self, text: str) -> str:
        return half_width(text) if self.is_wide else text

    def _has_form(self, value: str) -> bool:
        return len(value) <= CODE_CHARACTERS and bool(self.pattern.fullmatch(value))

    def is_label(self, text: str) -> bool:
        """Returns whether all of ``text`` is a label, one of the guarantor's or another with its colon."""
        folded = fold_line(text).folded
        return self.labels.is_label(folded) or _OTHER_LABEL.fullmatch(folded) is not None

    def begins_with_label(self, text: str) -> bool:
        """Returns whether ``text`` begins with a label."""
        line = fold_line(text)
        return self.labels.has_label(line) or _OTHER_LABEL.match(line.folded) is not None

    def labelled_cells(self, text: PdfText) -> frozenset[str]:
        """Returns the cells of ruled tables that follow a label."""
        rows = (pairwise(filter(str.strip, row)) for page in text.pages for row in page.tables)
        return frozenset("".join(cell.split()) for row in rows for label, cell in row if self.is_label(label))

    def goes_on_in_a_table(self, text: PdfText) -> bool:
        """Returns whether the next unlabelled cell, in its row or below it, begins with a possible rest of the code."""
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
        """Returns whether the line after one that ends with the value begins with a possible rest of the code."""
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
    """Returns whether the code is at the foot of its page, and the next page begins with a possible rest of it."""
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
        """``cells`` are the texts that have a label of their own."""
        self._code = code
        self._at = at
        self._lines = lines
        self._cells = cells
        self._letter = max((at.right - at.left) / max(len(at.text), 1), at.height / 2)
        self._near = at.height  # one character of full width
        self._begins = self._own_beginning()

    @property
    def goes_on(self) -> bool:
        """Set if the code may have a rest below or to the right, or a beginning above."""
        code = self._code
        return (
            any(code.fits_before(line.text) and not self._is_labelled(line) for line in self._next(-1))
            or any(code.fits_behind(line.text) and not self._is_labelled(line) for line in self._next(1))
            or any(code.fits_before(line.text) and not code.begins_with_label(line.text) for line in self._beside())
        )

    def _next(self, direction: int) -> Iterator[TextRun]:
        """Returns the nearest text above (1) or below (-1) in the same column."""

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
        """Returns the next text to the right."""
        right = [line for line in self._on_row(self._at) if line.left > self._at.right - self._letter / 2]
        yield from sorted(right, key=lambda line: line.left)[:1]

    def _is_aligned(self, line: TextRun) -> bool:
        """Returns whether it is in the code's column: at its left edge, at its right edge, or centred with it.

        A line that is broken within a paragraph continues at the paragraph's beginning.
        """
        at, near = self._at, self._near
        if abs(line.left - at.left) <= near or abs(line.right - at.right) <= near:
            return True
        if abs((line.left + line.right) - (at.left + at.right)) <= 2 * near:
            return True
        return self._is_in_text and abs(line.left - self._begins) <= near

    @property
    def _is_in_text(self) -> bool:
        """Set if the code follows its label in one text; after a wider gap it is in a column of its own."""
        ends = [line.right for line in self._on_row(self._at) if line.left < self._at.left - self._letter]
        return any(self._at.left - end <= IN_TEXT * self._at.height for end in ends)

    def _own_beginning(self) -> float:
        """Returns the left edge of the code's line including its label, or the code's own if its label is elsewhere."""
        at = self._at
        own = [line for line in self._on_row(at) if line.left <= at.left + self._letter / 2 and line.right > at.left]
        if own and min(line.left for line in own) < at.left - self._letter:
            return min(line.left for line in own)
        lefts = self._labels_before(at)
        return min(lefts, default=at.left)

    def _labels_before(self, line: TextRun) -> list[float]:
        """Returns the left edges of the label directly before ``line`` on its row; empty if there is none."""
        before = sorted(
            (each for each in self._on_row(line) if each.right <= line.left + self._letter), key=lambda each: each.left
        )
        for start in range(len(before) - 1, -1, -1):
            if self._code.is_label(" ".join(each.text for each in before[start:])):
                return [each.left for each in before[start:]]
        return []

    def _is_labelled(self, line: TextRun) -> bool:
        """Returns whether the text has a label of its own: in itself, or before it, in the code's column of labels."""
        if self._code.begins_with_label(line.text) or "".join(line.text.split()) in self._cells:
            return True
        lefts = self._labels_before(line)
        return bool(lefts) and self._begins < self._at.left and min(lefts) >= self._begins - COLUMN * self._at.height

    def _on_row(self, line: TextRun) -> Iterator[TextRun]:
        """Yields the other stretches on the row of ``line``; a label between two lines belongs to the code's."""
        for each in self._lines:
            shared = _overlap(each, line)
            is_own = line is not self._at and _overlap(each, self._at) >= shared
            if each is not line and shared >= 0.5 * _CAPITAL * min(each.height, line.height) and not is_own:
                yield each


def _overlap(first: TextRun, second: TextRun) -> float:
    tops = (first.baseline + _CAPITAL * first.height, second.baseline + _CAPITAL * second.height)
    return min(tops) - max(first.baseline, second.baseline)
