"""A pattern of ``guarantors.toml`` comes to an end on every text."""

from __future__ import annotations

import re

import pytest

from tests.support.config_samples import files
from tests.support.tables import every_case
from worker.config.load import load_configuration
from worker.config.shipped import shipped_file
from worker.core.errors import ConfigError

SHIPPED = shipped_file("config", "guarantors.toml").decode()
NUMBER = "number = '[0-9]{4,5}-[0-9]{5,6}[A-Z]?'"


def with_number(pattern: str) -> dict[str, bytes]:
    assert NUMBER in SHIPPED
    return {**files(), "guarantors.toml": SHIPPED.replace(NUMBER, f"number = '{pattern}'", 1).encode()}


@every_case(
    "pattern",
    [
        "(a+)+",
        "(a|a)*b",
        "(?:[0-9]+-?)+",
        "([0-9]{1,9}){1,9}",
        ".*[0-9].*-.*",
        "[0-9]+-[0-9]+-[0-9]+",
        "(?:a?[0-9]?)+",
        "(?:x|[0-9]{1,3})+",
        r"([0-9])\1",
        "(?=[0-9])[0-9]{5}",
        "[0-9]{1,200}[0-9]{1,200}[0-9]{1,200}[0-9]{1,200}",
        "(a{1,2}){30}",
        "(?:(?:a?){9}){9}",
    ],
)
def test_a_pattern_that_could_try_every_division_of_a_text_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_configuration(with_number(pattern))
    assert [(each.key, each.code) for each in error.value.problems] == [("guarantor.east.number", "pattern_slow")]


@every_case(
    "pattern",
    [
        "[0-9]{4,5}-[0-9]{5,6}[A-Z]?",
        "[0-9]+",
        "[0-9]+-[0-9]+",
        "[A-Z]?[0-9]+",
        "(?i:[a-z]{1,9})-[0-9]+",
        "([A-Z]|[0-9]){1,8}",
        r"(?:\d+)?-\d{1,3}",
        r"(?:\d{3}-){2}\d{4}",
        "(?:ab)?[0-9]{8}",
        "(?:[A-Z]{1,4}|[0-9]{2,8})-[0-9]{5,6}",
        "第[0-9]{1,4}号",
    ],
)
def test_a_pattern_of_single_characters_with_bounds_is_taken(pattern: str) -> None:
    loaded = load_configuration(with_number(pattern))
    assert pattern in {each.number for each in loaded.guarantors}
    assert re.fullmatch(pattern, "x" * 10_000) is None
