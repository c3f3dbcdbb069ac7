"""Decides what a PDF's text says: one notice with its fields, or the name of why it must not be read as one.

It promises never to guess and never to correct: number and key are given only as both engines read them, character
by character, from the one place a label points to; one that is printed in full width throughout is given in ASCII. It
does not know the PDF, the projects or the issuers.

Longer than other files: every way in which a text is refused stands beside what is read of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NoReturn

from worker.core.model import Key, Notice, PageText, PdfText, Product, Unreadable
from worker.core.rulebook import Guarantor
from worker.core.states import Reason
from worker.core.text import half_width, match_key, whole_half_width
from worker.read.notice import (
    CODES,
    Fields,
    LabelledValue,
    Labels,
    Line,
    fold_line,
    fold_lines,
    is_broken,
    is_struck_over,
    join_lines,
    labels_of,
    without_letter_spacing,
)

PAGE_CHARACTERS: Final = 20_000
"""A form has some 400. What stands behind the cut could be a second key, so a page that was cut is refused."""

CODE_CHARACTERS: Final = 64
"""Longest number or key that a guarantor's pattern is tried on: the pattern is the operator's, its cost unknown."""

_HEADING: Final = re.compile(r"[^:、。「」『』]{0,12}(?:証書|証券|保証保険)(?:\([^()]{1,10}\))?")
_INVOICE: Final = re.compile(r"[^:、。「」『』]{0,12}請求書(?:\([^()]{1,12}\))?")
_LOOKS_LIKE: Final = ("公共工事履行保証証券", "履行保証保険", "保証証書", "電子証書")
_NOTICE: Final = re.compile("認証キー」?等?の(?:お知らせ|御知らせ|通知)")
"""In the title of every notice: a certificate or a bond has no key of its own to give notice of."""
_FORM: Final = frozenset({"labels", "number", "key", "products"})
"""What a profile may assume of a notice's form."""
_LINE_END_HYPHEN: Final = re.compile("[\u0002\ufffe](?=\r?\n|$)")


class _Refused(Exception):
    """Carries the refusal out of the steps below; never leaves this module."""

    def __init__(self, unreadable: Unreadable) -> None:
        super().__init__(unreadable.reason)
        self.unreadable = unreadable


def read_notice(text: PdfText, guarantors: tuple[Guarantor, ...]) -> Notice | Unreadable:
    """The one notice that ``text`` holds, or why there is none; a detail names a label or a kind of paper, no value."""
    pages: tuple[_Page, ...] = ()
    try:
        pages = _checked(text)
        _refuse_other_papers(pages)
        guarantor = _recognise(pages, guarantors)
        return _read_form(tuple(_Form(page, guarantor) for page in pages), guarantor, has_fields=text.has_fields)
    except _Refused as refused:
        if refused.unreadable.reason is Reason.NOT_A_NOTICE and _is_invoice(pages, guarantors):
            return Unreadable(Reason.NOT_A_NOTICE, "invoice")
        return refused.unreadable


def _refuse(reason: Reason, detail: str = "") -> NoReturn:
    raise _Refused(Unreadable(reason, detail))


# --- The text as a whole ------------------------------------------------------------------------------------------


class _Page:
    """One page's three readings as lines."""

    def __init__(self, text: PageText) -> None:
        self.plain = text.plumber
        self.tables = text.tables
        self.plumber = fold_lines(text.plumber)
        self.deduped = fold_lines(text.deduped)
        self.pdfium = fold_lines(_LINE_END_HYPHEN.sub("-", text.pdfium))

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
        if is_broken(page.plumber) or is_broken(_LINE_END_HYPHEN.sub("-", page.pdfium)):
            _refuse(Reason.BROKEN_TEXT)
    return tuple(map(_Page, text.pages))


def _refuse_other_papers(pages: tuple[_Page, ...]) -> None:
    """A line of its own that names a certificate or a bond is a heading: the paper is that, whatever else it holds.

    Below the title of a notice it is a part of the notice's text that a narrow print broke: that says nothing of it.
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


def _is_invoice(pages: tuple[_Page, ...], guarantors: tuple[Guarantor, ...]) -> bool:
    """Whether a line of its own names an invoice, and no notice's title stands: an invoice may name a guarantor."""
    titles = tuple(title for guarantor in guarantors for title in guarantor.titles)
    lines = (line for page in pages for line in (*page.plumber, *page.pdfium))
    return any(_INVOICE.fullmatch(line.folded) for line in lines) and not _any_stands(pages, titles)


def _refuse_unknown(pages: tuple[_Page, ...], missing: str) -> NoReturn:
    """No notice: say what it looks like, else what was not found; a notice of a surety without a profile is told so.

    The words of a certificate stand in every notice as well, which says where the certificate is read.
    """
    if any(_NOTICE.search(page.squeezed) for page in pages):
        _refuse(Reason.NOT_A_NOTICE, "unknown_surety")
    seen = (word for word in _LOOKS_LIKE if any(word in page.squeezed for page in pages))
    _refuse(Reason.NOT_A_NOTICE, next(seen, missing))


def _recognise(pages: tuple[_Page, ...], guarantors: tuple[Guarantor, ...]) -> Guarantor:
    """The guarantor by its name, else by its title, else by labels with values of its forms; only if one alone fits."""

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
    """What one engine's lines hold."""

    lines: tuple[Line, ...]
    fields: Fields
    labels: Labels

    @property
    def bare(self) -> Line:
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

    def _reading(self, lines: tuple[Line, ...], tables: tuple[tuple[str, ...], ...] = ()) -> _Reading:
        fields = self._labels.find(lines, tables) if lines else {}
        return _Reading(lines, fields, self._labels)

    @property
    def readings(self) -> tuple[_Reading, ...]:
        return (self.plain, self.deduped, self.pdfium)

    @cached_property
    def is_complete(self) -> bool:
        """Whether a number and a key stand beside their labels, in whatever reading."""
        return all(any(self.codes(reading, field) for reading in self.readings) for field in CODES)

    def is_code(self, field: str, value: str) -> bool:
        """Whether the whole of ``value`` has the guarantor's form."""
        return len(value) <= CODE_CHARACTERS and value.isascii() and bool(self._patterns[field].fullmatch(value))

    def codes(self, reading: _Reading, field: str) -> tuple[str, ...]:
        """Every different value that a label of ``field`` points to.

        The line after a lone label counts only where it has the form: where an engine draws all values before
        all labels, any other text follows.
        """
        found = (
            (found.beside, whole_half_width(without_letter_spacing(found.text)))
            for found in reading.fields.get(field, ())
        )
        values = (value for beside, value in found if value and (beside or self.is_code(field, value)))
        return tuple(dict.fromkeys(values))

    def lone_codes(self, reading: _Reading, field: str) -> tuple[str, ...]:
        """Whole lines of a reading that have the form, for where its engine parts values from their labels."""
        values = (whole_half_width(without_letter_spacing(line.text.strip())) for line in reading.lines)
        return tuple(value for value in values if self.is_code(field, value))


def _read_form(forms: tuple[_Form, ...], guarantor: Guarantor, *, has_fields: bool) -> Notice:
    _refuse_several(forms, guarantor)
    form = next((form for form in forms if form.is_complete), None)
    if form is None:
        if not any(_NOTICE.search(form.page.squeezed) for form in forms) and not _has_labels(forms):
            _refuse_unknown(tuple(form.page for form in forms), _missing_label(forms, guarantor))
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
    """Whether the labels of number and key stand on it, with or without their values."""
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
    """Whether one engine alone reads two values; two engines that differ disagree, which is another refusal."""
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
    # Print larger than its label stands on a line of its own for the one engine, values drawn first for the other.
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
    """A name in pdfium's characters (it keeps －, ～ and U+3000), where plumber reads the same as lines are compared.

    Where one engine gives only a part of it (a cell's lines around its label, values drawn before labels), the longer
    one counts if it stands in the other's text too, in one piece. A number or key that the one engine reads as its last
    line, and the other beside its label, is no part of it.
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
    """The one value of ``field``, "" where its label stands alone; a table's cell before the line it is part of."""
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
