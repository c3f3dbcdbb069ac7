"""Reads from an invoice's own text the amount in yen that it asks for, and its day.

A value is returned only if both engines read it and the paper leaves no choice; none is guessed. The values are for the
records only: ``invoice_check`` decides what may be sent.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final, TypeVar

from worker.core.japanese_dates import read_date
from worker.core.model import PdfText, Unreadable
from worker.core.text import match_key, repair_radicals

T = TypeVar("T")

_ASKED: Final = re.compile(
    r"(?:請求(?:金額|額|代金)|前払金(?:請求)?額|前金払(?:請求)?額)(?:\([^()]{1,10}\))?:?(?P<rest>.*)"
)
"""In a folded line: the label of the sum that is asked for."""
_YEN: Final = re.compile(
    r"(?<![\d,.])(?:[¥\\]|金)?(?P<sum>\d{1,3}(?:,\d{3})+|\d{4,12})(?:円|也|-|ー|(?![\d,.]))", re.ASCII
)
_AT_THE_TOP: Final = re.compile(r"一?(?:金|[¥\\])")
"""Matches the start of a line that states the amount in words: 一金…円也."""
_ANOTHER: Final = re.compile("請負|契約金|代金額|限度|残額|既に|受領済")
"""In a line this makes it another sum: what the contract is worth, what was paid before."""
_DAY: Final = re.compile(r"(?:令和|平成)(?:元|\d{1,2})年\d{1,2}月\d{1,2}日|\d{4}年\d{1,2}月\d{1,2}日", re.ASCII)
_DAY_OF_INVOICE: Final = re.compile("(?:請求|発行|作成|提出)(?:年月)?日:?$")
_OTHER_DAY: Final = re.compile(
    "契約|工期|着工|着手|完成|完了|竣工|期限|期日|支払|振込|保証|から|まで|自|至|納期|公告|入札"
)


@dataclass(frozen=True, slots=True)
class InvoiceValues:
    """The sum in yen and the day; None for what the paper does not say for certain."""

    amount: int | None = None
    date: dt.date | None = None


def read_invoice_values(text: PdfText | Unreadable | None) -> InvoiceValues:
    """Returns the amount and the day that the invoice's text states."""
    if text is None or isinstance(text, Unreadable):
        return InvoiceValues()
    engines = [_lines(page.plumber for page in text.pages), _lines(page.pdfium for page in text.pages)]
    return InvoiceValues(_agreed(engines, _amount), _agreed(engines, _date))


def _lines(pages: Iterable[str]) -> list[str]:
    return [folded for page in pages for line in page.splitlines() if (folded := match_key(repair_radicals(line)))]


def _agreed(engines: Iterable[list[str]], read: Callable[[list[str]], T | None]) -> T | None:
    found = {read(lines) for lines in engines}
    return found.pop() if len(found) == 1 else None


def _amount(lines: list[str]) -> int | None:
    """Returns the one sum after a label or at the top, else the only one of the paper; None if there are several."""
    for look in (_behind_a_label, _at_the_top, _anywhere):
        if sums := {int(found["sum"].replace(",", "")) for found in look(lines)}:
            return sums.pop() if len(sums) == 1 else None
    return None


def _behind_a_label(lines: list[str]) -> Iterator[re.Match[str]]:
    """In the label's line, or alone in the next."""
    for line, following in zip_longest(lines, lines[1:], fillvalue=""):
        label = _ASKED.search(line)
        if label is None or _ANOTHER.search(line[: label.start()]):
            continue
        yield from _YEN.finditer(label["rest"])
        if not label["rest"] and (below := _YEN.match(following)):
            yield below


def _at_the_top(lines: list[str]) -> Iterator[re.Match[str]]:
    for line in lines:
        if _AT_THE_TOP.match(line) and not _ANOTHER.search(line):
            yield from _YEN.finditer(line)


def _anywhere(lines: list[str]) -> Iterator[re.Match[str]]:
    for line in lines:
        yield from (found for found in _YEN.finditer(line) if _is_money(found) and not _ANOTHER.search(line))


def _is_money(found: re.Match[str]) -> bool:
    """A number alone is a year or a part of a telephone number."""
    return "," in found["sum"] or found[0].startswith(("金", "¥", "\\")) or found[0].endswith("円")


def _date(lines: list[str]) -> dt.date | None:
    """The day with the invoice's own label, else the only one in it that is not said of something else."""
    labelled: set[dt.date] = set()
    others: set[dt.date] = set()
    before = ""
    for line in lines:
        for found in _DAY.finditer(line):
            try:
                day = read_date(found[0])
            except ValueError:
                return None  # a day that was misread may be the invoice's
            label = line[: found.start()] or before
            if _DAY_OF_INVOICE.search(label):
                labelled.add(day)
            elif not _OTHER_DAY.search(line) and not (line == found[0] and _OTHER_DAY.search(before)):
                others.add(day)
        before = "" if _DAY.search(line) else line  # a line with its own day is no label of the next
    days = labelled or others
    return days.pop() if len(days) == 1 else None
