"""Computes office hours, in which mail is sent and time is counted: windows by weekday and hour, closed on holidays.

An hour counts only if a window is open. No window is open on a holiday, at the turn of the year or on a day that the
office closes. The caller passes all times.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from worker.core.model import JST

USUAL: Final = ("mon-fri 08:30-17:15",)
"""The hours of most public offices: a mail that comes within them can be asked about at once."""

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM: Final = re.compile(
    rf"({'|'.join(_DAYS)})(?:-({'|'.join(_DAYS)}))? +([0-9]{{2}}):([0-9]{{2}})-([0-9]{{2}}):([0-9]{{2}})"
)
_MIDNIGHT: Final = 24 * 60
_ONE_DAY: Final = dt.timedelta(days=1)


class BadWindow(ValueError):
    """A text that is no window, or one that never opens."""


@dataclass(frozen=True, slots=True)
class Window:
    """One span of the day, on some weekdays; minutes count from midnight in Japan."""

    weekdays: frozenset[int]
    """0 is Monday."""
    opens: int
    closes: int
    """Not open any more at this minute; 1440 is the end of the day."""


Span = tuple[dt.datetime, dt.datetime]


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """When the office is open; without ``windows`` around the clock, on holidays too, but not on days in ``closed``."""

    windows: tuple[Window, ...] = ()
    closed: frozenset[dt.date] = frozenset()

    def is_open(self, moment: dt.datetime) -> bool:
        """Returns whether a window is open at ``moment``."""
        local = moment.astimezone(JST)
        return any(opens <= local < closes for opens, closes in self._spans(local.date()))

    def next_opening(self, moment: dt.datetime) -> dt.datetime:
        """Returns ``moment`` if a window is open, else the next moment at which one opens."""
        local = moment.astimezone(JST)
        return next(max(opens, local) for opens, closes in self._spans_from(local.date()) if local < closes)

    def open_time(self, since: dt.datetime, until: dt.datetime) -> dt.timedelta:
        """Returns how long windows were open between ``since`` and ``until``; zero if ``until`` is not later."""
        first, last = since.astimezone(JST), until.astimezone(JST)
        passed = dt.timedelta()
        if first >= last:
            return passed
        for opens, closes in self._spans_from(first.date()):
            if opens >= last:
                break
            passed += max(min(closes, last) - max(opens, first), dt.timedelta())
        return passed

    def after(self, moment: dt.datetime, span: dt.timedelta) -> dt.datetime:
        """The moment at which windows have been open for ``span`` since ``moment``."""
        local = moment.astimezone(JST)
        left = span
        for opens, closes in self._spans_from(local.date()):
            begins = max(opens, local)
            if closes - begins >= left:
                return begins + left
            left -= max(closes - begins, dt.timedelta())
        raise AssertionError("days do not end")

    def before(self, moment: dt.datetime, span: dt.timedelta) -> dt.datetime:
        """The moment from which on windows are open for ``span`` until ``moment``."""
        local = moment.astimezone(JST)
        left = span
        for opens, closes in self._spans_before(local.date()):
            ends = min(closes, local)
            if ends - opens >= left:
                return ends - left
            left -= max(ends - opens, dt.timedelta())
        raise AssertionError("days do not begin")

    def last_closing(self, day: dt.date) -> dt.datetime:
        """The end of the last window that is open on ``day``, or on the last day before it on which one is."""
        return next(closes for _, closes in self._spans_before(day))

    def opening_on(self, day: dt.date) -> dt.datetime | None:
        """Returns when the first window of ``day`` opens; None if the office is closed on that day."""
        return next((opens for opens, _ in self._spans(day)), None)

    def a_working_day_after(self, moment: dt.datetime) -> dt.datetime:
        """The same time of the next day on which a window opens; what is not within a window counts from the next."""
        start = self.next_opening(moment)
        day = start.date() + _ONE_DAY
        while self.opening_on(day) is None:
            day += _ONE_DAY
        return dt.datetime.combine(day, start.timetz())

    def or_usual(self) -> OfficeHours:
        """Returns the usual office hours if mail leaves at any hour, for work that needs people."""
        return self if self.windows else OfficeHours(usual_windows(), self.closed)

    def _spans_from(self, day: dt.date) -> Iterator[Span]:
        while True:
            yield from self._spans(day)
            day += _ONE_DAY

    def _spans_before(self, day: dt.date) -> Iterator[Span]:
        while True:
            yield from reversed(self._spans(day))
            day -= _ONE_DAY

    def _spans(self, day: dt.date) -> tuple[Span, ...]:
        """Returns the open spans of ``day``, in order and without overlap."""
        return _spans_on(self.windows, self.closed, day)


@functools.lru_cache(maxsize=1024)  # asking for a holiday costs more than all the rest, and days are asked for again
def _spans_on(windows: tuple[Window, ...], closed: frozenset[dt.date], day: dt.date) -> tuple[Span, ...]:
    if day in closed:
        return ()
    midnight = dt.datetime.combine(day, dt.time(), JST)
    if not windows:
        return ((midnight, midnight + _ONE_DAY),)
    if is_holiday(day):
        return ()
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted((each.opens, each.closes) for each in windows if day.weekday() in each.weekdays):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return tuple(
        (midnight + dt.timedelta(minutes=opens), midnight + dt.timedelta(minutes=closes)) for opens, closes in joined
    )


def read_window(text: str) -> Window:
    """``mon-fri 08:30-17:15`` as a Window; 24:00 is the end of the day. Raises BadWindow.

    A window ends on the day on which it opens; the weekdays may pass Sunday (``sat-mon``).
    """
    form = _FORM.fullmatch(text.strip().lower())
    if form is None:
        raise BadWindow(text)
    first = _DAYS.index(form[1])
    last = _DAYS.index(form[2] or form[1])
    opens, closes = int(form[3]) * 60 + int(form[4]), int(form[5]) * 60 + int(form[6])
    is_time = int(form[4]) < 60 and int(form[6]) < 60 and opens < closes <= _MIDNIGHT  # noqa: PLR2004  minutes
    if not is_time:
        raise BadWindow(text)
    return Window(frozenset((first + step) % 7 for step in range((last - first) % 7 + 1)), opens, closes)


@functools.cache
def usual_windows() -> tuple[Window, ...]:
    """``USUAL`` as Windows."""
    return tuple(map(read_window, USUAL))


_SATURDAY: Final = 5


_TURN_OF_THE_YEAR: Final = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})
"""Closed by the law on administrative organs' holidays, and by the ordinances of towns modelled on it."""


def is_working_day(date: dt.date) -> bool:
    """Returns whether public offices work on ``date``; a town's own holidays are not known."""
    return date.weekday() < _SATURDAY and not is_holiday(date)


def is_holiday(date: dt.date) -> bool:
    """Returns whether ``date`` is a national holiday or at the turn of the year, on any weekday."""
    import jpholiday  # noqa: PLC0415  eighteen modules, and most commands ask for no day

    return (date.month, date.day) in _TURN_OF_THE_YEAR or jpholiday.is_holiday(date)


def working_days_before(date: dt.date, count: int) -> dt.date:
    """The working day ``count`` working days before ``date``, which itself is not counted.

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
