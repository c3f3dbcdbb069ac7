"""Days and times as people at an office write them: one reader for every option that takes one."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from typing import Any, Final

import click

from worker.cli import language_of
from worker.core.japanese_dates import read_date
from worker.core.messages import say
from worker.core.model import JST
from worker.service.wiring import system_clock

Period = tuple[dt.date, dt.date]
"""First and last day."""

_DAYS_BACK: Final = {"今日": 0, "本日": 0, "昨日": 1, "一昨日": 2, "おととい": 2}
_WEEKS_BACK: Final = {"今週": 0, "先週": 1, "先々週": 2}
_MONTHS_BACK: Final = {"今月": 0, "先月": 1, "先々月": 2}
_MONTH: Final = re.compile(r"(?P<year>.*?[0-9元])(?: ?年 ?|[-./])(?P<month>1[0-2]|0?[1-9])(?: ?月)?")
_WEEK: Final = 7
_YEAR: Final = 12


def read_period(text: str, today: dt.date) -> Period:
    """The days that ``text`` names: one day in any form of ``read_date``, a word (先週), or a month (R8.11, 2026-11).

    Weeks begin on Monday. Raises ValueError.
    """
    word = unicodedata.normalize("NFKC", text).strip()
    if word in _DAYS_BACK:
        day = today - dt.timedelta(days=_DAYS_BACK[word])
        return day, day
    if word in _WEEKS_BACK:
        monday = today - dt.timedelta(days=today.weekday() + _WEEK * _WEEKS_BACK[word])
        return monday, monday + dt.timedelta(days=_WEEK - 1)
    if word in _MONTHS_BACK:
        months = today.year * _YEAR + today.month - 1 - _MONTHS_BACK[word]
        return _month(months // _YEAR, months % _YEAR + 1)
    try:
        day = read_date(word)  # before a month: the last two numbers of a day look like one
    except ValueError:
        return _read_month(word)
    return day, day


def _read_month(word: str) -> Period:
    found = _MONTH.fullmatch(word)
    if found is None:
        raise ValueError("no day and no month")
    year, month = found["year"], found["month"]
    first = read_date(f"{year}年{month}月1日" if "年" in word else f"{year}.{month}.1")
    return _month(first.year, first.month)


def _month(year: int, month: int) -> Period:
    return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])


class Days(click.ParamType[Period]):
    """A day, a week or a month."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Period:
        """Its first and its last day."""
        if isinstance(value, tuple):
            return value
        try:
            return read_period(str(value), system_clock().now().astimezone(JST).date())
        except ValueError:
            self.fail(say("usage_day", language_of(ctx), given=value), param, ctx)


class Moment(click.ParamType[dt.datetime]):
    """A time: a day in any of those forms with a time, ``10:30`` of today, or ISO 8601; without an offset it is JST."""

    name = "TIME"
    _FORM: Final = re.compile(r"(?:(?P<day>.*\S)\s+)?(?P<hour>[0-9]{1,2})[:時](?P<minute>[0-9]{1,2})分?")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """The moment, zone-aware."""
        if isinstance(value, dt.datetime):
            return value
        try:
            return self._read(str(value))
        except ValueError:
            self.fail(say("usage_moment", language_of(ctx), given=value), param, ctx)

    def _read(self, text: str) -> dt.datetime:
        today = system_clock().now().astimezone(JST).date()
        found = self._FORM.fullmatch(unicodedata.normalize("NFKC", text).strip())
        if found is None:
            moment = dt.datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=JST)
        day, last = read_period(found["day"], today) if found["day"] else (today, today)
        if day != last:
            raise ValueError("no single day")
        return dt.datetime.combine(day, dt.time(int(found["hour"]), int(found["minute"])), JST)
