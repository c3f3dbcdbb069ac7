"""A table that is one test runs every case, and names those that fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tables import SHOWN, every_case


def test_every_failing_case_is_named_and_none_hides_another() -> None:
    seen = []

    @every_case("number", range(4))
    def is_even(number: int) -> None:
        seen.append(number)
        assert number % 2 == 0, f"{number} is odd"

    with pytest.raises(BaseExceptionGroup, match="2 of 4 cases: 1, 3") as raised:
        is_even()
    assert seen == [0, 1, 2, 3]
    assert [str(each).partition("\n")[0] for each in raised.value.exceptions] == ["1 is odd", "3 is odd"]


def test_a_failure_of_pytest_itself_is_that_of_its_case() -> None:
    @every_case(("a", "b"), [(1, 2), (3, 4)], ids=lambda each: f"<{each}>")
    def raises(a: int, b: int) -> None:
        with pytest.raises(ValueError, match="x"):
            int(a + b)

    with pytest.raises(BaseExceptionGroup, match="2 of 2 cases: <1>-<2>, <3>-<4>"):
        raises()


def test_tables_above_each_other_run_their_product() -> None:
    seen = []

    @every_case("a", [1, 2])
    @every_case("b", [3, 4])
    def pair(a: int, b: int) -> None:
        seen.append((a, b))
        assert (a, b) != (2, 4)

    with pytest.raises(BaseExceptionGroup, match="1 of 2 cases: 2"):
        pair()
    assert seen == [(1, 3), (1, 4), (2, 3), (2, 4)]


def test_a_long_list_of_failures_shows_a_few_and_names_all() -> None:
    @every_case("number", range(100))
    def fails(number: int) -> None:
        assert number < 0

    with pytest.raises(BaseExceptionGroup, match=r"100 of 100 cases: 0, 1, .*98, 99") as raised:
        fails()
    assert len(raised.value.exceptions) == SHOWN


def test_a_table_without_rows_is_an_error() -> None:
    with pytest.raises(ValueError, match="tests nothing"):
        every_case("a", [])


@every_case("name", ["a", "b"])
def test_fixtures_are_given_beside_the_row(tmp_path: Path, name: str) -> None:
    assert not (tmp_path / name).exists()
    (tmp_path / name).touch()
