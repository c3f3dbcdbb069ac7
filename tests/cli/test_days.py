"""Days, weeks and months as people at an office write them, for every option that takes one."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.tables import every_case
from worker.cli.days import read_period

TODAY = dt.date(2026, 11, 29)
"""A Sunday."""


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@every_case(
    "text",
    [
        "2026-11-22",
        "R8.11.22",
        "r8.11.22",
        "Ｒ８．１１．２２",
        "令和8年11月22日",
        "2026/11/22",
        "2026年11月22日",
        "2026.11.22",
    ],
)
def test_a_day_is_read_in_any_form_of_the_register(text: str) -> None:
    assert read_period(text, TODAY) == (day("2026-11-22"), day("2026-11-22"))


@every_case(
    ("text", "first", "last"),
    [
        ("今日", "2026-11-29", "2026-11-29"),
        ("昨日", "2026-11-28", "2026-11-28"),
        ("一昨日", "2026-11-27", "2026-11-27"),
        ("今週", "2026-11-23", "2026-11-29"),
        ("先週", "2026-11-16", "2026-11-22"),
        ("先々週", "2026-11-09", "2026-11-15"),
        ("今月", "2026-11-01", "2026-11-30"),
        ("先月", "2026-10-01", "2026-10-31"),
        ("2026-11", "2026-11-01", "2026-11-30"),
        ("2026/2", "2026-02-01", "2026-02-28"),
        ("R8.11", "2026-11-01", "2026-11-30"),
        ("令和8年11月", "2026-11-01", "2026-11-30"),
        ("２０２８年２月", "2028-02-01", "2028-02-29"),
        ("令和元年5月", "2019-05-01", "2019-05-31"),
    ],
)
def test_a_word_or_a_month_names_its_first_and_its_last_day(text: str, first: str, last: str) -> None:
    assert read_period(text, TODAY) == (day(first), day(last))


def test_last_month_in_january_is_december_of_the_year_before() -> None:
    assert read_period("先月", day("2027-01-05")) == (day("2026-12-01"), day("2026-12-31"))


@every_case(
    "text",
    [
        "",
        "11/22",
        "8.11.22",
        "26-11-22",
        "2026-02-30",
        "2026-13",
        "2026-0",
        "R8",
        "平成31年5月",
        "来週",
        "sunday",
        "11月",
    ],
)
def test_what_names_no_certain_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_period(text, TODAY)


EVERY_DAY = [dt.date(2028, 1, 1) + dt.timedelta(days=number) for number in range(366)]
FORMS = (
    "{d:%Y-%m-%d}",
    "{d:%Y/%m/%d}",
    "{d.year}/{d.month}/{d.day}",
    "{d.year}.{d.month}.{d.day}",
    "{d.year}年{d.month}月{d.day}日",
    "R10.{d.month}.{d.day}",
    "R10.{d:%m}.{d:%d}",
    "令和10年{d.month}月{d.day}日",
)


@every_case("form", FORMS)
def test_every_day_of_a_year_is_that_day_and_no_month(form: str) -> None:
    for each in EVERY_DAY:
        assert read_period(form.format(d=each), TODAY) == (each, each), form.format(d=each)


@pytest.mark.parametrize("form", ["{d:%Y-%m}", "{d.year}/{d.month}", "R10.{d.month}", "令和10年{d.month}月"])
def test_every_month_of_a_year_is_that_month(form: str) -> None:
    for first in (each for each in EVERY_DAY if each.day == 1):
        found = read_period(form.format(d=first), TODAY)
        assert found[0] == first
        assert found[1] + dt.timedelta(days=1) == (first + dt.timedelta(days=31)).replace(day=1)


@every_case("text", ["", "2026-13-01", "2026-02-30", "2026-13", "2026-00", "R8.11.31", "2026-11-", "11月", "いつか"])
def test_what_is_no_day_and_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_period(text, TODAY)
