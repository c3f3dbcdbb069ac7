"""Reads dates as Japanese offices write them, if they mean one day for certain, and writes them as issuers want.

A date that could mean two days, or a day that its era never had, is refused.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from worker.core.text import fold_hyphens


@dataclass(frozen=True, slots=True)
class _Era:
    first: dt.date
    last: dt.date
    year_zero: int


_REIWA: Final = _Era(dt.date(2019, 5, 1), dt.date.max, 2018)
_HEISEI: Final = _Era(dt.date(1989, 1, 8), dt.date(2019, 4, 30), 1988)
_ERAS: Final = {"令和": _REIWA, "R": _REIWA, "平成": _HEISEI, "H": _HEISEI}

# No contract that still needs a guarantee is older; a spreadsheet's empty date is a day of 1899 or 1900.
_EARLIEST: Final = _HEISEI.first

_DATE: Final = re.compile(
    r"(?:(?P<era>令和|平成|[RH]) ?(?P<of_era>元|[0-9]{1,2})|(?P<western>[0-9]{4}))"
    r"(?: ?年 ?(?P<month>[0-9]{1,2}) ?月 ?(?P<day>[0-9]{1,2}) ?日"
    r"|(?P<mark>[-./]) ?(?P<month_>[0-9]{1,2})(?P=mark) ?(?P<day_>[0-9]{1,2}))"
    r"(?:[ T]0?0:00(?::00(?:\.0+)?)?)?",  # a spreadsheet's date read as text bears the time of midnight
    re.IGNORECASE | re.ASCII,
)


def weekday(day: dt.date) -> str:
    """Returns the day of the week in one character: 月."""
    return "月火水木金土日"[day.weekday()]


def read_date(text: str) -> dt.date:
    """Returns the one day that ``text`` means: ``令和8年4月1日``, ``R8.4.1``, ``2026-04-01`` or similar, in any width.

    Raises ValueError if it is no date, if year or century must be guessed (``8.4.1``, ``4/1``, ``26/4/1``), if the era
    had no such day (``平成31年5月1日``), and before the Heisei era.
    """
    found = _DATE.fullmatch(fold_hyphens(" ".join(unicodedata.normalize("NFKC", text).split())))
    if found is None:
        raise ValueError("not written as a date of a certain year")
    month, day = int(found["month"] or found["month_"]), int(found["day"] or found["day_"])
    if found["western"]:
        date = dt.date(int(found["western"]), month, day)
        if date < _EARLIEST:
            raise ValueError("before the first day that a date may be")
        return date
    era = _ERAS[found["era"].upper()]
    year = 1 if found["of_era"] == "元" else int(found["of_era"])
    date = dt.date(era.year_zero + year, month, day)
    if not era.first <= date <= era.last:
        raise ValueError("the era had no such day")
    return date


def write_date(date: dt.date) -> str:
    """Returns ``令和8年4月1日``; before Reiwa the western year, which cannot be misread."""
    if date < _REIWA.first:
        return f"{date.year}年{date.month}月{date.day}日"
    year = date.year - _REIWA.year_zero
    return f"令和{'元' if year == 1 else year}年{date.month}月{date.day}日"


def write_date_short(date: dt.date) -> str:
    """``R8.4.1``; before Reiwa ``2019.4.30``."""
    if date < _REIWA.first:
        return f"{date.year}.{date.month}.{date.day}"
    return f"R{date.year - _REIWA.year_zero}.{date.month}.{date.day}"


def write_month_and_day(date: dt.date) -> str:
    """``4月1日``."""
    return f"{date.month}月{date.day}日"
