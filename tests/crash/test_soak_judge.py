"""The soak's judge itself: what must not pass is named."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.soak_judge import Judge, Sums
from tests.crash.soak_relay import Progress, Taken, Talk

NOW = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def a_judge(folder: Path, state: str) -> Judge:
    path = folder / "hoshobin.sqlite3"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("create table submissions (id, row, state, message_id, due_at)")
        database.execute("create table entries (number, hash)")
        database.execute("insert into submissions values (1, '{}', ?, '<a.0@contractor.example>', null)", (state,))
        database.execute("insert into entries values (1, 'h')")
    return Judge(path)


@pytest.mark.parametrize("state", ["APPROVED", "SENDING", "HELD"])
def test_a_mail_that_the_relay_took_and_the_log_would_send_again_is_named(state: str, tmp_path: Path) -> None:
    judge = a_judge(tmp_path, state)
    judge.examine_death(Talk("a.0.1", Progress.TAKEN), NOW)
    assert "a second time" in "".join(judge.violations)


def test_a_doubt_about_a_mail_that_the_relay_was_not_at_is_named(tmp_path: Path) -> None:
    judge = a_judge(tmp_path, "IN_DOUBT")
    judge.examine_death(None, NOW)
    assert "no mail of it" in "".join(judge.violations)


def test_a_mail_taken_inside_the_window_is_in_doubt_and_no_violation(tmp_path: Path) -> None:
    judge = a_judge(tmp_path, "IN_DOUBT")
    death = judge.examine_death(Talk("a.0.1", Progress.TAKEN), NOW)
    assert (death.in_doubt, death.is_taken, judge.violations) == (1, True, [])


def test_an_entry_that_a_death_lost_is_named(tmp_path: Path) -> None:
    judge = a_judge(tmp_path, "SENT")
    judge.examine_death(None, NOW)
    with closing(sqlite3.connect(judge.database)) as database, database:
        database.execute("update entries set hash = 'other'")
    judge.examine_death(None, NOW)
    assert "entry 1" in "".join(judge.violations)


def test_a_notice_that_was_taken_twice_and_one_that_was_not_are_counted(tmp_path: Path) -> None:
    judge, sums = Judge(tmp_path / "none"), Sums(2)
    mail = Taken("a.0.1", "<a.0@contractor.example>", (), "first")
    judge._count_mails(sums, {"1": "first", "2": "second"}, [mail, mail])
    assert (sums.lost, sums.sent_twice, len(judge.violations)) == (1, 1, 2)


@pytest.mark.parametrize(("seconds", "violations"), [(59, 0), (61, 1), (180 + 59, 0), (180 + 61, 1)])
def test_an_alarm_that_comes_late_is_named_by_our_clock_also_where_the_services_was_put_forward(
    seconds: int, violations: int, tmp_path: Path
) -> None:
    judge, sums = a_judge(tmp_path, "IN_DOUBT"), Sums(1)
    judge.examine_death(Talk("a.0.1", Progress.TAKEN), NOW)
    if seconds > 180:
        judge.clock_goes_ahead(NOW, dt.timedelta(seconds=180))
    told = (NOW + dt.timedelta(seconds=seconds)).isoformat()
    row = json.dumps({"submissions": [1], "message_id": "<alarm@contractor.example>", "created_at": told})
    with closing(sqlite3.connect(judge.database)) as database, database:
        database.execute("create table alarms (row, cause)")
        database.execute("insert into alarms values (?, 'in_doubt')", (row,))
    judge._judge_alarms(sums, {"<alarm@contractor.example>"})
    assert len(judge.violations) == violations
