"""On which days public offices work.

Its one promise: a day counts as working only where no Saturday, Sunday, holiday (substitutes and days between two
holidays with them) or turn of the year forbids it. It does not know what is counted.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import jpholiday

_ONE_DAY: Final = dt.timedelta(days=1)
_SATURDAY: Final = 5
_TURN_OF_THE_YEAR: Final = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})
"""Closed by the law on administrative organs' holidays, and by the ordinances of towns modelled on it."""


def is_working_day(date: dt.date) -> bool:
    """Whether public offices work on ``date``; a town's own holidays are not known."""
    return date.weekday() < _SATURDAY and not is_holiday(date)


def is_holiday(date: dt.date) -> bool:
    """Whether ``date`` is a national holiday or lies at the turn of the year, whatever its weekday."""
    return (date.month, date.day) in _TURN_OF_THE_YEAR or jpholiday.is_holiday(date)


def working_days_before(date: dt.date, count: int) -> dt.date:
    """The working day that lies ``count`` working days before ``date``, which itself is not counted.

    Raises ValueError for a ``count`` below 1.
    """
    if count < 1:
        raise ValueError("at least one day before")
    for _ in range(count):
        date -= _ONE_DAY
        while not is_working_day(date):
            date -= _ONE_DAY
    return date


def last_first_of_april(date: dt.date) -> dt.date:
    """The newest 1 April not after ``date``: sections move and rules change as the fiscal year begins."""
    april = dt.date(date.year, 4, 1)
    return april if april <= date else dt.date(date.year - 1, 4, 1)
