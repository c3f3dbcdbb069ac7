"""The presence of the service, decided from its lock."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.world import START
from worker.core.errors import ConfigError, LogBroken, Problem, Unavailable
from worker.core.messages import say_end
from worker.core.model import HealthRecord
from worker.send.ports import Holder
from worker.service.absence import ASKED, NEVER, ONCE, UNKNOWN, Absence, explain_end, find_absence

LATER = START + dt.timedelta(minutes=10)
LATEST = START + dt.timedelta(minutes=20)


def test_a_lock_that_is_held_is_a_service_that_runs() -> None:
    assert find_absence(Holder(is_held=True, since=START), []) is None


def test_a_lock_that_never_was_is_one_that_was_never_started() -> None:
    assert find_absence(None, [HealthRecord("folder", last_ok=START)]) == Absence(NEVER)


def test_an_end_that_was_recorded_is_told_with_its_reason() -> None:
    holder = Holder(is_held=False, since=START, ended=LATER, why="unavailable", detail="disk: full")
    assert find_absence(holder, [HealthRecord("folder", last_ok=LATEST)]) == Absence("unavailable", LATER, "disk: full")


@pytest.mark.parametrize(
    ("looks", "since"),
    [
        ([], START),
        ([HealthRecord("folder", last_ok=LATER), HealthRecord("mail:main", last_error=LATEST)], LATEST),
        ([HealthRecord("folder", last_ok=START - dt.timedelta(days=1))], START),
    ],
)
def test_an_end_without_a_word_is_unknown_and_told_with_the_last_sign_of_life(
    looks: list[HealthRecord], since: dt.datetime
) -> None:
    assert find_absence(Holder(is_held=False, since=START), looks) == Absence(UNKNOWN, since)


def test_a_lock_of_an_older_program_that_says_nothing_is_unknown_without_a_time() -> None:
    assert find_absence(Holder(is_held=False), []) == Absence(UNKNOWN, None)


def test_only_what_a_person_means_so_is_no_failure() -> None:
    assert [why for why in (NEVER, ONCE, ASKED, UNKNOWN, "fault", "signal") if Absence(why).is_meant] == [NEVER, ONCE]


@pytest.mark.parametrize(
    ("error", "why", "words"),
    [
        (ConfigError([Problem("worker.toml", key, "x") for key in ("a", "b")]), "configuration", "worker.toml"),
        (Unavailable("disk", "No space left"), "unavailable", "No space left"),
        (LogBroken("corrupt", "malformed"), "log_broken", "malformed"),
        (ZeroDivisionError("secret text"), "fault", "ZeroDivisionError"),
        (KeyboardInterrupt(), "asked", ""),
    ],
)  # fmt: skip
def test_every_end_has_its_reason_in_words(error: BaseException, why: str, words: str) -> None:
    found, detail = explain_end(error)
    assert found == why
    for lang in ("ja", "en"):
        said = say_end(found, detail, lang)
        assert words in said
        assert "secret text" not in said


@pytest.mark.parametrize(
    "result",
    ["success", "protocol", "timeout", "exit-code", "signal", "core-dump", "watchdog", "start-limit-hit", "resources"],
)
def test_what_systemd_says_of_an_end_can_be_said(result: str) -> None:
    assert say_end(result, "9", "ja")
