"""Tests of the working days of public offices, and of counting by them."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tables import every_case
from worker.core.business_hours import is_working_day, last_first_of_april, working_days_before

DATES = st.dates(min_value=dt.date(2020, 1, 1), max_value=dt.date(2060, 12, 31))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@every_case(
    ("date", "why"),
    [
        ("2026-04-04", "Saturday"),
        ("2026-04-05", "Sunday"),
        ("2026-04-29", "holiday"),
        ("2026-05-06", "substitute, three days after the Sunday"),
        ("2026-09-22", "between two holidays"),
        ("2026-09-23", "equinox"),
        ("2027-03-22", "substitute of an equinox on a Sunday"),
        ("2026-12-29", "turn of the year"),
        ("2026-12-31", "turn of the year"),
        ("2027-01-01", "new year"),
        ("2029-01-03", "turn of the year"),
    ],
)
def test_offices_are_closed(date: str, why: str) -> None:
    assert not is_working_day(day(date)), why


@pytest.mark.parametrize(
    "date", ["2026-04-01", "2026-05-01", "2026-05-07", "2026-09-24", "2027-03-23", "2026-12-28", "2027-01-04"]
)
def test_offices_work(date: str) -> None:
    assert is_working_day(day(date))


@pytest.mark.parametrize(
    ("date", "count", "before"),
    [
        ("2026-04-03", 1, "2026-04-02"),
        ("2026-04-06", 1, "2026-04-03"),
        ("2026-04-05", 1, "2026-04-03"),
        ("2026-05-07", 1, "2026-05-01"),
        ("2026-09-24", 2, "2026-09-17"),
        ("2027-01-04", 3, "2026-12-24"),
    ],
)
def test_days_are_counted_back_over_closed_days(date: str, count: int, before: str) -> None:
    assert working_days_before(day(date), count) == day(before)


@pytest.mark.parametrize("count", [0, -1])
def test_no_day_before_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="one day"):
        working_days_before(day("2026-04-03"), count)


@given(date=DATES, count=st.integers(min_value=1, max_value=30))
def test_exactly_the_counted_working_days_lie_between(date: dt.date, count: int) -> None:
    before = working_days_before(date, count)
    between = [before + dt.timedelta(days=n) for n in range((date - before).days)]
    assert is_working_day(before)
    assert sum(map(is_working_day, between)) == count


@pytest.mark.parametrize(
    ("date", "april"),
    [("2026-04-01", "2026-04-01"), ("2026-03-31", "2025-04-01"), ("2026-12-31", "2026-04-01")],
)
def test_the_last_first_of_april_is_never_after_the_day(date: str, april: str) -> None:
    assert last_first_of_april(day(date)) == day(april)
