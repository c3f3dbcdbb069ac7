"""Days and moments within a sentence, as the reader writes them.

A command and a mail keep 2026-12-01, which sorts and can be typed again; so do English pages. A Japanese page has
12/1（火）, as its tables do, or 令和8年12月1日 if the day may be of another year.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, Literal

from worker.core.japanese_dates import weekday, write_date
from worker.core.messages.on_pages import is_on_page
from worker.core.model import JST

Language = Literal["ja", "en"]
_AT_END: Final = re.compile(
    r"(?<!\S)([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}):([0-9]{2})(?::[0-9.]+)?\S*)?$", re.ASCII
)


def short_day(day: dt.date) -> str:
    """Returns a near day as a Japanese page has it: 12/1（火）."""
    return f"{day.month}/{day.day}（{weekday(day)}）"


def name_near_day(day: dt.date, lang: Language) -> str:
    """Returns a day of which the year is certain, such as a deadline."""
    return short_day(day) if _is_japanese_page(lang) else day.isoformat()


def name_day(day: dt.date, lang: Language) -> str:
    """Returns a day with its year."""
    return write_date(day) if _is_japanese_page(lang) else day.isoformat()


def name_near_moment(moment: dt.datetime, lang: Language) -> str:
    """Returns a moment without seconds of which the year is certain."""
    at = moment.astimezone(JST)
    return f"{short_day(at)}{at.hour}:{at:%M}" if _is_japanese_page(lang) else f"{at:%Y-%m-%d %H:%M}"


def name_brief_moment(moment: dt.datetime, lang: Language) -> str:
    """Returns a near moment for a short word such as a state: 11/30 8:30."""
    at = moment.astimezone(JST)
    return f"{at.month}/{at.day} {at.hour}:{at:%M}" if _is_japanese_page(lang) else name_near_moment(moment, lang)


def spell_days(value: str, lang: Language) -> str:
    """Returns the value of a reason with the day or moment at its end as the reader writes it.

    A day within a file's name stays.
    """
    return _AT_END.sub(_spelled, value) if _is_japanese_page(lang) else value


def _spelled(found: re.Match[str]) -> str:
    day, hour, minute = found.groups()
    try:
        written = write_date(dt.date.fromisoformat(day))
    except ValueError:
        return found[0]
    return f"{written} {int(hour)}:{minute}" if hour else written


def _is_japanese_page(lang: Language) -> bool:
    return lang == "ja" and is_on_page()
