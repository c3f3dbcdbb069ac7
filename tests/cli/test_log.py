"""The command ``log``: its filters read no more than they need, and a person sees how far a long log is read."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import itertools
import random
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.parts import with_fields
from tests.support.stores import SteppingClock, draft_of, make_revision_0003, open_store
from tests.support.turns import turns
from tests.support.world import HANAKO, START, WORKER
from worker.audit.sent_log import FILTERED_FIELDS, LogFilter, filter_rows, log_rows
from worker.audit.sent_log_export import csv_bytes
from worker.cli.log import _SHOWN_EVERY, _Progress
from worker.core.model import Submission
from worker.core.states import TRANSITIONS, NoteEvent
from worker.core.text import match_key
from worker.pipeline.export import LogSearch, entries_of, search_log
from worker.store.ports import Store
from worker.store.sqlite import compiled
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore, create_or_migrate

NAMES: dict[str, tuple[str | None, ...]] = {
    "contract_number": (None, "1-1", "１－１", "1 - 1", "1−1", "1-11", "ア-1", "ｱ-1", ""),
    "project": (None, "kawa", "kawa-2"),
    "project_name": ("", "道路改良工事（その２）", "道路改良工事(その2)", "道路 改良工事", "kawa"),
    "notice_name": ("", "道路改良工事（その２）", "ﾄﾞｳﾛ", "ドウロ"),
    "issuer": (None, "town", "village"),
    "issuer_name": ("", "東町", "東 町", "town"),
}
ASKED: dict[str, tuple[str, ...]] = {
    "contract": ("", "1-1", "１－１", "1−1", "ｱ-1", "1-111", " "),
    "project": ("", "kawa", "道路改良工事(その2)", "道路改良工事（その２）", "ドウロ", "　", "\udcff"),
    "issuer": ("", "town", "東町", "東　町", "東"),
}
LIVES = turns(6)
COMBINATIONS = turns(30)
"""Of the filters, of each random store."""


def random_names(chance: random.Random) -> dict[str, Any]:
    return {field: chance.choice(names) for field, names in NAMES.items()}


def live(folder: Path, chance: random.Random) -> SqlStore:
    """A store whose submissions get other names and states, some of them while they wait for an answer."""
    create_or_migrate(folder)
    clock = SteppingClock()
    store = open_store(folder, clock)
    for _ in range(chance.randrange(20, 80)):
        clock.moment += dt.timedelta(hours=chance.randrange(-5, 30))
        known = store.submissions()
        with store.writing() as writing:
            if not known or chance.random() < 0.2:
                event, states = chance.choice(list(TRANSITIONS[None].items()))
                draft = draft_of(f"<{chance.randrange(10**9)}@contractor.example>", writing.keep("body", b"body"))
                new = with_fields(Submission(0, chance.choice(states)), draft=draft, **random_names(chance))
                writing.create(event, new, WORKER, {})
                continue
            before = chance.choice(known)
            if chance.random() < 0.2:
                writing.note(NoteEvent.SEEN_AGAIN, before.id, HANAKO, {}, random_names(chance))
            elif TRANSITIONS[before.state]:
                event, states = chance.choice(list(TRANSITIONS[before.state].items()))
                fields = random_names(chance) if chance.random() < 0.3 else {}
                writing.change(event, before, with_fields(before, state=chance.choice(states), **fields), HANAKO, {})
    return store


def log_of(store: Store, days: tuple[dt.date | None, dt.date | None], asked: dict[str, str]) -> bytes:
    return b"".join(csv_bytes(search_log(store, LogSearch(*days, LogFilter(**asked)))))


@pytest.mark.parametrize("number", range(LIVES))
def test_each_filter_gives_the_bytes_that_the_whole_log_gives(
    tmp_path: Path, number: int, pytestconfig: pytest.Config
) -> None:
    seed = pytestconfig.getoption("hypothesis_seed")  # printed at the head of every run
    chance = random.Random(f"{seed}-{number}")
    store = live(tmp_path, chance)
    some_days = (START + dt.timedelta(days=3)).date(), (START + dt.timedelta(days=9)).date()
    for is_upgraded in (False, True):
        for days in ((None, None), some_days):
            rows = list(log_rows(store.entries(), since=days[0], until=days[1]))
            for values in chance.sample(list(itertools.product(*ASKED.values())), COMBINATIONS):
                asked = dict(zip(ASKED, values, strict=True))
                expected = b"".join(csv_bytes(filter_rows(rows, LogFilter(**asked))))
                where = f"--hypothesis-seed={seed}, life {number}, {asked}, {days}, {is_upgraded}"
                assert log_of(store, days, asked) == expected, where
        if not is_upgraded:
            store.close()
            with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
                make_revision_0003(database)
            create_or_migrate(tmp_path)
            store = open_store(tmp_path, SteppingClock())


def test_a_filter_without_a_period_reads_the_entries_of_the_submissions_that_bore_the_name(tmp_path: Path) -> None:
    store = live(tmp_path, random.Random(1))
    for option, name in (("contract", "１－１"), ("project", "道路改良工事(その2)"), ("issuer", "東町")):
        named = {
            entry.submission
            for entry in store.entries()
            for field in FILTERED_FIELDS[option]
            if match_key(entry.set.get(field) or "") == match_key(name)
        }
        assert named
        assert {
            entry.submission for entry in entries_of(store, LogSearch(None, None, LogFilter(**{option: name})))
        } == named
    store.close()


@pytest.mark.parametrize("field", [field for fields in FILTERED_FIELDS.values() for field in fields])
def test_an_index_answers_which_submissions_bore_a_name(tmp_path: Path, field: str) -> None:
    create_or_migrate(tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as database:

        def plan(statement: str, *values: str) -> list[str]:
            text = statement.replace("FIELD", field).replace("(:names)", "(?)")
            return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {text}", values) if "entries" in row[3]]

        names = f"SEARCH entries USING INDEX entries_by_{field}"
        assert plan(compiled.NAMES_SET) == [names, f"{names} (<expr>>?)"]
        assert plan(compiled.SUBMISSIONS_NAMED, "x") == [f"{names} (<expr>=? AND submission>?)"]
        if field == "contract_number":
            spelled = "SEARCH entries USING INDEX entries_by_spelled_number"
            assert plan(compiled.SPELLED_NAMES_SET) == [spelled, f"{spelled} (<expr>>?)"]


class Screen(io.StringIO):
    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


def shown(monkeypatch: pytest.MonkeyPatch, count: int, *, is_terminal: bool) -> str:
    screen = Screen(is_terminal=is_terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    progress = _Progress(526_000, "ja")
    for _ in range(count):
        progress.step()
    progress.end()
    return screen.getvalue()


def test_a_person_sees_how_far_a_long_log_is_read_and_nothing_of_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(monkeypatch, 2 * _SHOWN_EVERY, is_terminal=True)
    assert text.startswith("\r記録を読み込んでいます… 2,000 / 526,000件\r")
    assert text.endswith("\r\033[K")


def test_a_short_log_and_a_pipe_show_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, _SHOWN_EVERY - 1, is_terminal=True) == ""
    assert shown(monkeypatch, 2 * _SHOWN_EVERY, is_terminal=False) == ""
