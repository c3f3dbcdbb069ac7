"""When the office is open: windows, holidays, the turn of the year, closed days; and arithmetic with open hours."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tables import every_case
from worker.core.business_hours import USUAL, BadWindow, OfficeHours, read_window
from worker.core.model import JST

HOURS = OfficeHours(tuple(map(read_window, USUAL)))
ALWAYS = OfficeHours()
MOMENTS = st.datetimes(
    dt.datetime(2024, 1, 1),  # noqa: DTZ001  hypothesis wants bounds without a zone and adds it
    dt.datetime(2030, 12, 31),  # noqa: DTZ001
    timezones=st.just(JST),
)
SPANS = st.timedeltas(dt.timedelta(), dt.timedelta(hours=60))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=JST)


def of(*windows: str, closed: tuple[str, ...] = ()) -> OfficeHours:
    return OfficeHours(tuple(map(read_window, windows)), frozenset(map(dt.date.fromisoformat, closed)))


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-20 08:30", "2026-11-20 08:30"),
        ("2026-11-20 17:14:59", "2026-11-20 17:14:59"),
        ("2026-11-20 17:15", "2026-11-24 08:30"),  # Friday evening; Monday 23 November is a holiday
        ("2026-11-24 03:00", "2026-11-24 08:30"),
        ("2026-12-28 17:15", "2027-01-04 08:30"),  # closed from 29 December to 3 January
        ("2027-05-01 12:00", "2027-05-06 08:30"),  # Saturday before three holidays in a row
    ],
)
def test_a_mail_approved_while_it_is_closed_waits_for_the_next_opening(moment: str, opens: str) -> None:
    assert HOURS.next_opening(at(moment)) == at(opens)
    assert HOURS.is_open(at(moment)) is (moment == opens)


def test_a_day_that_the_office_closes_is_no_open_day() -> None:
    hours = of(*USUAL, closed=("2026-11-24",))
    assert hours.next_opening(at("2026-11-20 18:00")) == at("2026-11-25 08:30")


def test_the_moment_counts_in_japan_whatever_its_offset() -> None:
    assert HOURS.next_opening(dt.datetime(2026, 11, 19, 23, 0, tzinfo=dt.UTC)) == at("2026-11-20 08:30")
    assert HOURS.is_open(dt.datetime(2026, 11, 19, 23, 30, tzinfo=dt.UTC))


def test_without_windows_mail_leaves_at_any_hour_but_on_a_day_that_the_office_closes() -> None:
    assert ALWAYS.is_open(at("2027-01-01 03:00"))
    assert of(closed=("2027-01-01",)).next_opening(at("2027-01-01 03:00")) == at("2027-01-02 00:00")


def test_a_window_on_saturdays_is_open_on_saturdays_that_are_no_holiday() -> None:
    hours = of("sat 09:00-12:00")
    assert hours.next_opening(at("2026-11-20 10:00")) == at("2026-11-21 09:00")
    assert hours.next_opening(at("2026-12-31 10:00")) == at("2027-01-09 09:00")  # 2 January is a Saturday


def test_weekdays_may_pass_sunday_and_a_window_may_end_with_the_day() -> None:
    hours = of("sat-mon 22:00-24:00")
    assert hours.is_open(at("2026-11-22 23:59"))
    assert not hours.is_open(at("2026-11-24 23:00"))


def test_windows_that_overlap_or_touch_count_once() -> None:
    hours = of("mon-fri 08:00-12:00", "fri 10:00-13:00", "fri 13:00-14:00")
    assert hours.open_time(at("2026-11-20 00:00"), at("2026-11-21 00:00")) == dt.timedelta(hours=6)


def test_only_open_hours_pass() -> None:
    passed = HOURS.open_time(at("2026-11-20 16:15"), at("2026-11-24 09:30"))
    assert passed == dt.timedelta(hours=2)
    assert HOURS.open_time(at("2026-11-24 09:30"), at("2026-11-20 16:15")) == dt.timedelta()


def test_a_day_and_a_night_of_open_hours_last_most_of_three_days_of_work() -> None:
    assert HOURS.after(at("2026-11-20 16:00"), dt.timedelta(hours=24)) == at("2026-11-26 13:45")
    assert HOURS.after(at("2026-11-25 08:30"), dt.timedelta(hours=24)) == at("2026-11-27 15:00")


def test_hours_are_counted_back_over_a_holiday_too() -> None:
    assert HOURS.before(at("2026-11-24 09:30"), dt.timedelta(hours=4)) == at("2026-11-20 14:15")


def test_the_last_closing_of_a_closed_day_is_that_of_the_open_day_before_it() -> None:
    assert HOURS.last_closing(dt.date(2026, 11, 20)) == at("2026-11-20 17:15")
    assert HOURS.last_closing(dt.date(2026, 11, 23)) == at("2026-11-20 17:15")


def test_a_working_day_later_is_the_same_time_of_the_next_open_day() -> None:
    assert HOURS.a_working_day_after(at("2026-11-20 10:00")) == at("2026-11-24 10:00")
    assert HOURS.a_working_day_after(at("2026-11-20 22:00")) == at("2026-11-25 08:30")


def test_people_have_usual_hours_where_mail_leaves_at_any() -> None:
    assert ALWAYS.or_usual() == HOURS
    assert HOURS.or_usual() is HOURS


@every_case(
    "text",
    ["", "mon", "08:30-17:15", "mon-fri 8:30-17:15", "mon-fri 17:15-08:30", "mon-fri 08:30-08:30", "mon 08:60-09:00",
     "mon 09:00-24:01", "月-金 08:30-17:15", "mon,tue 08:30-17:15"],
)  # fmt: skip
def test_what_never_opens_or_is_written_otherwise_is_no_window(text: str) -> None:
    with pytest.raises(BadWindow):
        read_window(text)


@given(MOMENTS, SPANS)
def test_counting_forth_and_back_agree(moment: dt.datetime, span: dt.timedelta) -> None:
    later = HOURS.after(moment, span)
    assert HOURS.open_time(moment, later) == span
    assert HOURS.open_time(HOURS.before(moment, span), moment) == span


@given(MOMENTS)
def test_the_next_opening_is_open_and_nothing_before_it_is(moment: dt.datetime) -> None:
    opening = HOURS.next_opening(moment)
    assert HOURS.is_open(opening)
    assert HOURS.open_time(moment, opening) == dt.timedelta()
