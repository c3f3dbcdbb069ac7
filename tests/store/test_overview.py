"""Questions about what is open: the answers are those of a walk over all submissions, at a cost that does not grow."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.registered import Register, of_project
from tests.support.stores import SteppingClock, draft_of, make_revision_0003, open_store
from tests.support.tables import every_case
from tests.support.whole_walk import all_cells, all_tasks
from tests.support.world import HANAKO, START, WORKER
from worker.config.load import Configuration
from worker.core.model import (
    JST,
    Announced,
    ApprovalRecord,
    Composition,
    Delivery,
    Destination,
    Disposition,
    FileRow,
    FollowUpRecord,
    FollowUps,
    MessageRow,
    NoticeRecord,
    Product,
    Receipt,
    ReceiptKind,
    Sha256,
    Source,
    Submission,
)
from worker.core.open_until import is_news_awaited, open_until
from worker.core.states import TRANSITIONS, Event, NoteEvent, State
from worker.store.sqlite import compiled
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore, create_or_migrate
from worker.track.overdue import overdue_from
from worker.views.project_status import project_rows
from worker.views.tasks import TaskKind, open_tasks

IDS = ("mihon/一", "mihon/二", "mihon/三")
GONE = "mihon/改名前"
NUMBERS = ("1-1", "1-2", "１－３", "9-9")
REPLY = Receipt(ReceiptKind.REPLY, START, "<a.0@contractor.example>", text="届いていません", sender="t@kawa.example")
LIVES = 24
STEPS = 12


def registered() -> Configuration:
    projects = tuple(
        of_project(
            id=project,
            name=project,
            contract_numbers=numbers,
            expects=tuple(Product),
            dates={"contract": START.date() + dt.timedelta(days=days)},
        )
        for project, numbers, days in zip(IDS, (("1-1",), ("1-2", "9-9"), ("1-3", "9-9")), (-20, 0, 3), strict=True)
    )
    return Register(projects=projects).active_config().configuration


class Office:
    """A store whose submissions live random lives."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self.chance = chance
        self.clock = SteppingClock()
        create_or_migrate(folder)
        self.store = open_store(folder, self.clock)

    def arrive(self) -> None:
        chance = self.chance
        event, states = chance.choice(list(TRANSITIONS[None].items()))
        known = [each.id for each in self.store.submissions()]
        with self.store.writing() as writing:
            pdf = None if event is Event.ANNOUNCED else writing.keep("notice", chance.randbytes(8))
            message_id = f"<{chance.randrange(10**9)}@contractor.example>"
            submission = Submission(
                0,
                chance.choice(states),
                notice=NoticeRecord(
                    guarantor=chance.choice(["east", "west", None]),
                    product=chance.choice([*Product, None]),
                    contract_number=chance.choice([*NUMBERS, None]),
                    pdf_sha256=pdf,
                ),
                destination=Destination(
                    project=chance.choice([*IDS, GONE, None]), issuer=chance.choice(["mihon", "mihon", "yama"])
                ),
                source=Source(
                    announced=Announced(START) if event is Event.ANNOUNCED or chance.random() < 0.3 else None
                ),
                corrects=chance.choice(known) if known and chance.random() < 0.3 else None,
                composed=Composition(draft=draft_of(message_id, writing.keep("body", message_id.encode()))),
                follow_ups=FollowUpRecord(
                    duties=FollowUps(
                        closes=chance.choice(["none", "none", "answer", "call"]),
                        call_after=chance.random() < 0.2,
                        settle_days=chance.randrange(5),
                        after=chance.choice([(), (), ("持参する",), ("持参する", "電話する")]),
                    )
                ),
                delivery=Delivery(unread=chance.choice([(), (), (), (REPLY,)])),
                approval=ApprovalRecord(due_at=START, release=chance.choice(["", "hold 10 min"])),
            )
            writing.create(event, submission, WORKER, {})

    def move(self) -> None:
        chance = self.chance
        before = chance.choice(self.store.submissions())
        if chance.random() < 0.3:
            done = chance.choice([(), before.follow_ups.duties.after, before.follow_ups.duties.after[:1]])
            changes: dict[str, Any] = {"done": done, "unread": chance.choice([(), (REPLY,)])}
            with self.store.writing() as writing:
                writing.note(NoteEvent.DONE, before.id, HANAKO, {}, changes)
        elif TRANSITIONS[before.state]:
            event, states = chance.choice(list(TRANSITIONS[before.state].items()))
            state = chance.choice(states)
            sent_at = self.clock.now() if state is State.SENT else before.delivery.sent_at
            after = dataclasses.replace(
                before,
                state=state,
                delivery=dataclasses.replace(
                    before.delivery, sent_at=sent_at, unread=chance.choice([(), before.delivery.unread])
                ),
            )
            with self.store.writing() as writing:
                writing.change(event, before, after, HANAKO, {})
        self.clock.moment += dt.timedelta(hours=chance.randrange(30))

    def compare(self, configuration: Configuration) -> None:
        """The answers of the store with those of a walk over everything, today and later."""
        everything = self.store.submissions()
        assert self.store.count_by_state() == Counter(each.state for each in everything)
        silent = [each for each in everything if overdue_from(each, configuration.settings) is not None]
        assert list(self.store.walk_awaiting_news()) == silent
        for days in (0, 1, 3, 9):
            now = self.clock.moment + dt.timedelta(days=days)
            tasks = open_tasks(self.store, configuration, now)
            of_work = tuple(each for each in tasks if each.kind is not TaskKind.BACKUP)
            assert of_work == all_tasks(everything, configuration, now)
            rows = project_rows(self.store, configuration, now)
            cells = {(row.project.id, product): cell for row in rows for product, cell in row.cells.items()}
            assert cells == all_cells(everything, configuration, now)
            self._compare_open(everything, now)

    def _compare_open(self, everything: Sequence[Submission], now: dt.datetime) -> None:
        today = now.astimezone(JST).date()
        corrected = {each.corrects for each in everything if each.state is not State.WITHDRAWN}
        expected = [
            each
            for each in everything
            if (until := open_until(each, is_corrected=each.id in corrected)) is not None and until >= today
        ]
        assert list(self.store.walk_open(today)) == expected
        since = now - dt.timedelta(days=2)
        recent = {each.id for each in everything if each.updated_at is not None and each.updated_at >= since}
        listed = [each for each in everything if each.id in recent or each in expected]
        assert list(self.store.walk_recent(today, since)) == listed


def live(folder: Path, chance: random.Random) -> Office:
    office = Office(folder, chance)
    office.arrive()
    for _ in range(chance.randrange(2, 9) * STEPS):
        office.arrive() if chance.random() < 0.25 else office.move()
    return office


@pytest.mark.parametrize("number", range(LIVES // 4))
def test_tasks_and_projects_from_what_is_open_are_those_from_all_submissions(
    tmp_path: Path, number: int, pytestconfig: pytest.Config
) -> None:
    seed = pytestconfig.getoption("hypothesis_seed")  # printed at the head of every run
    configuration = registered()
    for life in range(4):
        office = live(tmp_path / str(life), random.Random(f"{seed}-{number}-{life}"))
        try:
            office.compare(configuration)
            # A store of before the table of open submissions gets the same one from its rows.
            rows = office.store.submissions()
            assert office.store.verify().holds
            office.store.close()
            with contextlib.closing(sqlite3.connect(office.folder / FILE_NAME)) as database, database:
                make_revision_0003(database)
            database.close()
            create_or_migrate(office.folder)
            office.store = open_store(office.folder, office.clock)
            assert office.store.submissions() == rows
            assert office.store.verify().holds
            office.compare(configuration)
        except AssertionError as failure:
            raise AssertionError(f"--hypothesis-seed={seed}, life {number}-{life}") from failure
        office.store.close()


TAMPERED = {
    "a line is gone": ("DELETE FROM open_submissions WHERE submission = :id", True),
    "another day": ("UPDATE open_submissions SET until = '2026-11-01' WHERE submission = :id", True),
    "no day": ("UPDATE open_submissions SET until = 'x' WHERE submission = :id", True),
    "no text": ("UPDATE open_submissions SET until = x'ff00' WHERE submission = :id", True),
    "a closed one": ("INSERT INTO open_submissions (submission, until) VALUES (:id, '9999-12-31')", False),
}


@pytest.mark.parametrize(("statement", "is_noted"), TAMPERED.values(), ids=TAMPERED)
def test_a_changed_table_of_what_is_open_is_named_by_the_verification(
    tmp_path: Path, statement: str, is_noted: bool, pytestconfig: pytest.Config
) -> None:
    seed = pytestconfig.getoption("hypothesis_seed")
    tried = 0
    for life in range(3):
        office = live(tmp_path / str(life), random.Random(f"{seed}-{life}"))
        with sqlite3.connect(office.folder / FILE_NAME) as database:
            noted = {row[0] for row in database.execute("SELECT submission FROM open_submissions")}
            for each in office.store.submissions():
                if (each.id in noted) is not is_noted:
                    continue
                before = database.execute("SELECT * FROM open_submissions").fetchall()
                database.execute(statement, {"id": each.id})
                database.commit()
                found = [(fault.code, fault.where) for fault in office.store.verify().faults]
                assert found == [("row_differs", str(each.id))], f"--hypothesis-seed={seed}, life {life}"
                database.execute("DELETE FROM open_submissions")
                database.executemany("INSERT INTO open_submissions VALUES (?, ?)", before)
                database.commit()
                tried += 1
        database.close()
        assert office.store.verify().holds
        office.store.close()
    assert tried > 0


def test_a_submission_that_is_noted_as_open_and_is_none_is_named(store: SqlStore) -> None:
    with sqlite3.connect(store._folder / FILE_NAME) as database:
        database.execute("INSERT INTO open_submissions (submission, until) VALUES (7, '9999-12-31')")
    database.close()
    assert [(fault.code, fault.where) for fault in store.verify().faults] == [("row_unknown", "7")]


def test_the_last_moment_of_an_event_is_the_latest_of_all_its_entries(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    seed = pytestconfig.getoption("hypothesis_seed")
    chance = random.Random(f"{seed}")
    office = live(tmp_path, chance)
    for _ in range(20):
        office.clock.moment += dt.timedelta(hours=chance.randrange(-90, 30))  # a clock that is set back, too
        office.move()
    moments: dict[str, dt.datetime] = {}
    for entry in office.store.entries():
        moments[entry.event] = max(entry.at, moments.get(entry.event, entry.at))
    assert len(moments) > 2
    for event, moment in moments.items():
        assert office.store.last_moment(event) == moment, f"--hypothesis-seed={seed}"
    assert office.store.last_moment("no such event") is None
    office.store.close()


def test_the_last_entries_of_some_events_are_the_newest_of_them_in_their_order(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    seed = pytestconfig.getoption("hypothesis_seed")
    office = live(tmp_path, random.Random(f"{seed}"))
    counts = Counter(entry.event for entry in office.store.entries())
    events = [event for event, _ in counts.most_common(3)]
    wanted = [entry for entry in office.store.entries() if entry.event in events][::-1]
    for most in (1, len(wanted) - 1, len(wanted) + 9):
        assert office.store.last_entries(events, most) == tuple(wanted[:most]), f"--hypothesis-seed={seed}"
    office.store.close()


# --- No query reads or sorts a table that only grows --------------------------------------------------------------

NAMED = {
    "EVERY_LINE": "verify reads all",
    "EVERY_ROW": "verify reads all",
    "HEAD": "the last row alone, by its key",
    "LAST_MOMENT": "ends at the first entry of the event, from the newest backwards; asked if there is one",
    "SUBMISSIONS_BETWEEN": "sorts the ids of the period alone, each of which is needed once",
    "MESSAGES_OF_ENDS_AFTER": "for the order SQLite would read all messages of the mailbox instead of the few",
    "BOUND_PROJECT": "sorts the few entries of one contract number",
    "SAME_ALARM": "sorts at most 200 alarms (_LATE_ALARMS)",
}
"""Statements whose plan scans or sorts, with the reason."""


STATEMENTS = {name: text for name, text in vars(compiled).items() if isinstance(text, str) and name.isupper()}


def _plan(database: sqlite3.Connection, text: str) -> list[str]:
    parameters = dict.fromkeys(re.findall(r":(\w+)", text), "")
    return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {text}", parameters)]


@every_case("name", STATEMENTS)
def test_no_query_scans_or_sorts_what_only_grows(store: SqlStore, name: str) -> None:
    plan = _plan(store._connection(), STATEMENTS[name])
    faults = [each for each in plan if _grows(each) or "TEMP B-TREE" in each]
    assert bool(faults) == (name in NAMED), plan


ASKED = {
    "due": lambda store: store.due(START),
    "last_moment": lambda store: store.last_moment(Event.ACCEPTED),
    "untold": lambda store: store.untold(),
    "messages": lambda store: list(store.messages("main")),
    "messages of ends": lambda store: list(store.messages("main", Disposition.UNFETCHED, Disposition.PUT_OFF)),
    "last_uid": lambda store: store.last_uid("main", 1),
    "recorded_uids": lambda store: store.recorded_uids("main", 1, 1),
    "last_messages": lambda store: store.last_messages("main", 1, 20, 9),
    "find_messages": lambda store: store.find_messages("main", lambda *_: True, 5),
    "find_files": lambda store: store.find_files(lambda *_: True, 5),
    "known_messages": lambda store: store.known_messages("main", "<a@b.example>", 1),
    "file": lambda store: store.file("a.pdf"),
    "files": lambda store: store.files(["a.pdf", "b.pdf"]),
    "alarms_waiting": lambda store: store.alarms_waiting(),
    "last_alarm": lambda store: store.last_alarm("digest"),
    "alarm": lambda store: store.alarm(1),
    "head": lambda store: store.head(),
    "config_in_force": lambda store: store.config_in_force(),
    "entries": lambda store: list(store.entries(events=["Accepted", "Delayed"], after=1)),
    "written_to": lambda store: store.written_to(["a@b.example"], 5),
    "walk": lambda store: list(store.walk_submissions(State.HELD, State.SENT)),
}
EXCEPTED = {
    "messages of ends": NAMED["MESSAGES_OF_ENDS_AFTER"],
    "head": NAMED["HEAD"],
}
"""Questions whose plan scans or sorts, with the reason."""


@pytest.mark.parametrize("name", ASKED)
def test_what_a_pass_asks_is_found_by_an_index_and_not_sorted(store: SqlStore, name: str) -> None:
    heard: list[str] = []
    connection = store._connection()
    connection.set_trace_callback(heard.append)
    ASKED[name](store)
    connection.set_trace_callback(None)
    asked = [text for text in heard if text.lstrip().startswith("SELECT")]
    assert asked
    plans = [[row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")] for text in asked]
    faults = [step for plan in plans for step in plan if _grows(step) or "TEMP B-TREE" in step]
    assert bool(faults) == (name in EXCEPTED), plans


def _grows(step: str) -> bool:
    return any(step.startswith(f"SCAN {table}") for table in ("submissions", "entries", "messages", "files", "alarms"))


def test_what_is_asked_once_more_while_states_change_is_seen_once(store: SqlStore) -> None:
    made = []
    for number in range(3):
        with store.writing() as writing:
            held = Submission(0, State.HELD, notice=NoticeRecord(contract_number=f"1-{number}"))
            made.append(writing.create(Event.NOTICE_READ, held, WORKER, {}))
    seen = []
    for each in store.walk_submissions(State.HELD, State.APPROVED):
        seen.append(each.id)
        with store.writing() as writing:
            writing.change(Event.APPROVED, each, dataclasses.replace(each, state=State.APPROVED), HANAKO, {})
    assert seen == [1, 2, 3]


def test_files_and_messages_are_found_by_what_is_asked(store: SqlStore) -> None:
    digest = Sha256("a" * 64)
    with store.writing() as writing:
        for uid in range(1, 6):
            end = Disposition.TOO_LARGE if uid % 2 else Disposition.NOT_OURS
            writing.record_message(MessageRow("main", 1, uid, end, is_after_due=uid == 4))
        for name in ("b.pdf", "a.pdf"):
            writing.record_file(FileRow(name, 1, 1, 1, START, sha256=digest))
    assert [row.uid for row in store.messages_due_after("main")] == [4]
    assert store.messages_due_after("other") == ()
    assert (store.count_messages("main", Disposition.TOO_LARGE), store.count_messages("main", Disposition.OWN)) == (
        3,
        0,
    )
    assert [row.name for row in store.files_of(digest)] == ["a.pdf", "b.pdf"]


def test_awaiting_news_is_what_can_become_overdue() -> None:
    sent = Submission(1, State.SENT, delivery=Delivery(sent_at=START))
    assert is_news_awaited(sent)
    assert not is_news_awaited(
        dataclasses.replace(sent, follow_ups=dataclasses.replace(sent.follow_ups, duties=FollowUps(closes="none")))
    )
    assert not is_news_awaited(dataclasses.replace(sent, state=State.DELIVERED))
