"""A working day killed at every point: nothing is lost, nothing is sent twice, doubt is reported, the log holds.

The judge is independent of the code: it reads the relay's own record of the mails taken whole, and the database by
plain SQL. The day (``killed_run.live``): a rehearsal that a person approves afterwards, a notice from the folder with
To and Cc, one by mail, and the mail to the operator.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import random
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crash.lives import Lives, message_id
from tests.crash.recording_relay import RecordingRelay, Taken
from tests.support.stores import open_store
from worker.service.clock import SystemClock

pytestmark = pytest.mark.crash

SCRIPT = Path(__file__).parent / "killed_run.py"
MORNING = dt.datetime.fromisoformat("2026-11-21T09:00:00+09:00")
KAWA = ("doboku@kawa-town.example", "genba@contractor.example")
YAMA = ("keiyaku@yama-city.example",)
ISSUER_OF = {"40213-000001": KAWA, "40213-000002": YAMA, "40213-000003": KAWA}
REHEARSAL = ("renshu@contractor.example",)
OPERATOR = ("soumu@contractor.example",)
KEYS = ("kEy0001Zq0W", "kEy0002Zq0W", "kEy0003Zq0W")


AT_REST = {"SENT", "OVERDUE", "IN_DOUBT"}
"""The states in which the day ends; OVERDUE: no news came within the hours that the tests let pass."""


@dataclass
class Days:
    """Lives days in processes of their own."""

    relay: RecordingRelay
    lives: Lives

    def live(self, root: Path, day: int, kill: int = 0) -> int:
        """One life from the morning of ``day`` on; the exit code."""
        return self.lives.live(root=str(root), at=(MORNING + dt.timedelta(days=day)).isoformat(), kill=kill)


@pytest.fixture(scope="module")
def days() -> Iterator[Days]:
    with RecordingRelay() as relay, Lives(SCRIPT, relay.port) as lives:
        yield Days(relay, lives)


@dataclass
class Found:
    """The rows of the database, read apart from the program."""

    rows: dict[int, dict[str, Any]]
    entries: list[tuple[str, str, int | None, str]]
    """Hash, event, submission, body, in order."""
    waiting_alarms: int

    @classmethod
    def of(cls, root: Path) -> Found:
        with closing(sqlite3.connect(root / "hoshobin.sqlite3")) as database:
            rows = {
                number: json.loads(row)
                for number, row in database.execute("select id, row from submissions where id > 0")
            }
            entries = list(database.execute("select hash, event, submission, body from entries order by number"))
            (waiting,) = database.execute("select count(*) from alarms where accepted_at is null").fetchone()
        return cls(rows, entries, waiting)

    @property
    def is_quiet(self) -> bool:
        """True if nothing is left to do for the worker."""
        return not self.waiting_alarms and {row["state"] for row in self.rows.values()} <= AT_REST

    @property
    def in_flight(self) -> set[int]:
        """Submissions whose body was begun and for which nothing has been recorded since, rehearsals left out."""
        last = {number: event for _, event, number, _ in self.entries if number is not None}
        begun = {number for number, event in last.items() if event == "DataStarted"}
        return {number for number in begun if not self.rows[number]["draft"]["rehearsal_for"]}


def holds(root: Path) -> bool:
    store = open_store(root, SystemClock())
    try:
        return store.verify().holds
    finally:
        store.close()


def text_of(mail: Taken) -> str:
    read = email.message_from_bytes(mail.content, policy=email.policy.default)
    return str(read.get_body(("plain",)).get_content())


def judge(found: Found, taken: tuple[Taken, ...], in_doubt: set[int]) -> None:
    """The day came to its end: every notice has one, and it is true."""
    tellings = [each for each in taken if each.recipients == OPERATOR]
    mails = [each for each in taken if each.recipients != OPERATOR]
    copies = Counter(message_id(each.content) for each in mails)
    assert set(copies.values()) <= {1}, "sent twice"
    assert sorted(row["contract_number"] for row in found.rows.values()) == sorted(ISSUER_OF), "lost, or taken twice"
    assert {row["state"] for row in found.rows.values()} <= AT_REST
    assert {number for number, row in found.rows.items() if row["state"] == "IN_DOUBT"} == in_doubt
    for number, row in found.rows.items():
        own = [each for each in mails if message_id(each.content) == row["draft"]["message_id"]]
        assert {each.recipients for each in own} <= {ISSUER_OF[row["contract_number"]]}
        if number in in_doubt:
            assert row.get("silent")
            assert [each for each in tellings if f"hoshobin resolve {number} " in text_of(each)], "not told"
        else:
            assert len(own) == 1, "SENT, and the relay has nothing"
    known = {row["draft"]["message_id"] for row in found.rows.values()}
    assert {each.recipients for each in mails if message_id(each.content) not in known} <= {REHEARSAL}
    rehearsed = next(number for number, row in found.rows.items() if row["contract_number"] == "40213-000001")
    assert [each for each in tellings if f"hoshobin approve {rehearsed}@" in text_of(each)], "not told"
    assert found.waiting_alarms == 0
    assert not [body for _, _, _, body in found.entries if any(key in body for key in KEYS)]


def live_through(days: Days, root: Path, kills: tuple[int, ...]) -> None:
    """One life for each kill and as many as it takes to the end; judged after each."""
    root.mkdir()
    days.relay.begin()
    in_doubt: set[int] = set()
    before: list[Any] = []
    for day in range(len(kills) + 3):
        kill = kills[day] if day < len(kills) else 0
        code = days.live(root, day, kill)
        assert code == 0 or (code == -9 and kill), days.lives.said
        found = Found.of(root)
        assert found.entries[: len(before)] == before, "an entry was changed"
        before = found.entries
        assert holds(root)
        in_doubt |= found.in_flight
        if code == 0 and found.is_quiet:
            break
    judge(found, days.relay.taken, in_doubt)


def points_of_a_day(days: Days, root: Path) -> list[str]:
    """A day without a kill, judged like any other, and the points that it passed."""
    root.mkdir()
    days.relay.begin()
    assert days.live(root, 0) == 0
    points: list[str] = json.loads((root / "points.json").read_text())
    judge(Found.of(root), days.relay.taken, set())
    return points


def test_killed_at_every_point_of_a_day_nothing_is_lost_and_nothing_is_sent_twice(days: Days, room: Path) -> None:
    points = points_of_a_day(days, room / "whole")
    sys.stdout.write(f"{len(points)} points\n")
    assert Counter(points)["after the last byte of a body"] == 5
    assert sum(point.startswith("before commit") for point in points) > 25
    failures = []
    for kill, point in enumerate(points, start=1):
        try:
            live_through(days, room / str(kill), (kill,))
        except AssertionError as failure:
            failures.append(f"{kill} ({point}): {failure}")
    assert not failures, "\n".join(failures)


def test_killed_again_and_again_a_day_still_comes_to_its_end(days: Days, room: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)
    sys.stdout.write(f"seed {seed}\n")
    for number in range(12):
        kills = tuple(chance.randrange(1, 132) for _ in range(3))
        try:
            live_through(days, room / str(number), kills)
        except AssertionError as failure:
            raise AssertionError(f"seed {seed}, kills {kills}") from failure
