"""A date is read if it means one day for certain, and written as issuers want it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tables import every_case
from worker.core.japanese_dates import read_date, write_date, write_date_short, write_month_and_day

FIRST_OF_APRIL = dt.date(2026, 4, 1)
CERTAIN = st.dates(min_value=dt.date(1989, 1, 8), max_value=dt.date(2117, 12, 31))
"""The days that have a year of two digits in their era."""


@every_case(
    "text",
    [
        "令和8年4月1日",
        "令和８年４月１日",
        "令和08年04月01日",
        "令和 8年 4月 1日",
        "㋿8年4月1日",
        "R8.4.1",
        "r8.4.1",
        "R8/4/1",
        "r8-4-1",
        "R08.04.01",
        "R8. 4. 1",
        "R8年4月1日",
        "Ｒ８．４．１",
        "Ｒ８－４－１",
        "R8−4−1",
        "R8ー4ー1",
        "令和8.4.1",
        "2026-04-01",
        "2026/4/1",
        "2026.4.1",
        "2026年4月1日",
        "２０２６年４月１日",
        " 2026-04-01　",
        "2026-04-01 00:00:00",
        "2026-04-01T00:00:00",
        "2026/4/1 0:00",
        "2026-04-01 00:00:00.000",
    ],
)
def test_a_date_is_read_however_offices_and_spreadsheets_write_it(text: str) -> None:
    assert read_date(text) == FIRST_OF_APRIL


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("令和元年5月1日", dt.date(2019, 5, 1)),
        ("令和1年5月1日", dt.date(2019, 5, 1)),
        ("R元.12.31", dt.date(2019, 12, 31)),
        ("平成31年4月30日", dt.date(2019, 4, 30)),
        ("H31.4.30", dt.date(2019, 4, 30)),
        ("平成元年1月8日", dt.date(1989, 1, 8)),
        ("令和6年2月29日", dt.date(2024, 2, 29)),
    ],
)
def test_an_era_begins_and_ends_on_its_days(text: str, date: dt.date) -> None:
    assert read_date(text) == date


@every_case(
    "text",
    [
        "令和元年4月30日",
        "R1.4.30",
        "平成31年5月1日",
        "H31.5.1",
        "平成元年1月7日",
        "平成38年4月1日",
        "令和0年5月1日",
        "R0.4.1",
    ],
)
def test_a_day_that_the_era_never_had_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"era|year"):
        read_date(text)


@every_case(
    "text",
    [
        "4/1",
        "4月1日",
        "8.4.1",
        "8/4/1",
        "08-04-01",
        "26/4/1",
        "4/1/2026",
        "1.4.2026",
        "元年5月1日",
        "令和8年4月",
        "R8.4/1",
        "R2026.4.1",
        "S63.4.1",
        "20260401",
        "46113",
        "2026-04-01 09:30:00",
        "2026-04-01 00:00:01",
        "2026-04-01 2026-04-02",
        "令和8年4月1日頃",
        "4月1日以降",
        "",
        "　",
        "2026-13-01",
        "2026-02-29",
        "令和8年2月30日",
        "1899-12-30",
        "1900-01-01",
        "0008-04-01",
        "२०२६-०४-०१",
        "9" * 10_000,
    ],
)
def test_what_is_no_certain_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_date(text)


@given(date=CERTAIN)
def test_what_is_written_is_read_as_the_same_day(date: dt.date) -> None:
    assert read_date(write_date(date)) == date
    assert read_date(write_date_short(date)) == date
    assert read_date(date.isoformat()) == date
    assert read_date(str(dt.datetime(date.year, date.month, date.day))) == date  # noqa: DTZ001  as a cell has it


@given(text=st.text(alphabet="令和平成元年月日RHr0123456789０１２.-/ー: T　", max_size=45))
def test_any_text_is_one_day_or_refused(text: str) -> None:
    try:
        date = read_date(text)
    except ValueError:
        return
    assert date >= dt.date(1989, 1, 8)


def test_a_date_is_written_in_the_three_styles() -> None:
    written = write_date(FIRST_OF_APRIL), write_date_short(FIRST_OF_APRIL), write_month_and_day(FIRST_OF_APRIL)
    assert written == ("令和8年4月1日", "R8.4.1", "4月1日")
