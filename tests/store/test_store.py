"""The store on real files: what is recorded is whole, only grows, and is said to be there only when it is."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import itertools
import os
import re
import sqlite3
import subprocess
import sys
import traceback
from functools import partial
from pathlib import Path

import pytest

from tests.support import world
from tests.support.parts import with_fields
from tests.support.stores import (
    SteppingClock,
    approve,
    create_held,
    draft_of,
    make_revision_0003,
    make_store,
    open_store,
)
from tests.support.world import HANAKO, OFFICE, START, WORKER
from worker.audit.chain import GENESIS
from worker.audit.sent_log import is_between_days
from worker.audit.verify import verify_log
from worker.core.errors import ConfigError, Conflict, LogBroken, NotAllowed, Unavailable
from worker.core.message_id import alarm_message_id, alarm_number
from worker.core.model import (
    JST,
    Address,
    Attachment,
    Channel,
    Disposition,
    FileRow,
    FollowUps,
    HealthRecord,
    Hold,
    Key,
    MessageRow,
    Notice,
    NoticeRecord,
    Product,
    Receipt,
    ReceiptKind,
    Sha256,
    Source,
    Submission,
    sha256,
)
from worker.core.states import Event, IllegalEvent, NoteEvent, Reason, State
from worker.store.sqlite import compiled, queries
from worker.store.sqlite.connection import FILE_NAME, REVISION
from worker.store.sqlite.schema import METADATA
from worker.store.sqlite.store import SqlStore, create_or_migrate

ROOT = Path(__file__).parent.parent.parent
DISK = sqlite3.OperationalError("disk I/O error")
DISK.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC


def raw(store: SqlStore) -> sqlite3.Connection:
    return sqlite3.connect(store._folder / FILE_NAME, isolation_level=None)


def run_script(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# --- Which database is there -----------------------------------------------------------------------------------


def test_a_new_database_can_be_read_by_its_owner_alone(store: SqlStore) -> None:
    create_held(store)
    modes = {path.name: path.stat().st_mode & 0o777 for path in store._folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert store._folder.stat().st_mode & 0o777 == 0o700


def test_every_commit_waits_for_the_disk(store: SqlStore) -> None:
    names = ("journal_mode", "synchronous", "foreign_keys")
    pragmas = [store._connection().execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    assert pragmas == ["wal", 2, 1]


def problem_of(error: pytest.ExceptionInfo[ConfigError], folder: Path) -> str:
    (problem,) = error.value.problems
    assert problem.file == problem.params["path"] == str(folder / FILE_NAME)
    return problem.code


def test_a_missing_database_is_named_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        open_store(tmp_path, SteppingClock())
    assert problem_of(error, tmp_path) == "no_database"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("revision", "code"), [("0000", "old_database"), ("9999", "newer_database")])
def test_an_older_or_newer_database_is_named(tmp_path: Path, revision: str, code: str) -> None:
    make_store(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", [revision])
    database.close()
    with pytest.raises(ConfigError) as error:
        open_store(tmp_path, SteppingClock())
    assert problem_of(error, tmp_path) == code


def test_a_database_that_was_migrated_under_a_process_takes_nothing_from_it_any_more(tmp_path: Path) -> None:
    """A console that nobody restarted after an update has the former program in its memory."""
    store = make_store(tmp_path)
    with store.writing() as writing:
        writing.set_property("before", "written")
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    for _ in range(2):
        with pytest.raises(ConfigError) as error, store.writing() as writing:
            writing.set_property("after", "written")
        assert problem_of(error, tmp_path) == "newer_database"
        with pytest.raises(ConfigError):
            store.property("before")
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
        assert not database.execute("SELECT 1 FROM properties WHERE name = 'after'").fetchall()
        database.execute("UPDATE alembic_version SET version_num = ?", [REVISION])
    with store.writing() as writing:
        writing.set_property("after", "written")
    assert store.property("before") == store.property("after") == "written"


def test_a_newer_database_is_not_migrated(tmp_path: Path) -> None:
    make_store(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(ConfigError) as error:
        create_or_migrate(tmp_path)
    assert problem_of(error, tmp_path) == "newer_database"


def test_a_database_whose_making_was_cut_short_is_made_by_the_next_start(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch()
    with pytest.raises(ConfigError) as error:
        open_store(tmp_path, SteppingClock())
    assert problem_of(error, tmp_path) == "old_database"
    store = make_store(tmp_path)
    assert store.head() == (0, GENESIS)
    store.close()


def test_migrating_twice_changes_nothing(store: SqlStore) -> None:
    create_held(store)
    create_or_migrate(store._folder)
    assert store.verify().holds
    assert len(store.submissions()) == 1


def test_a_file_that_is_no_database_is_a_broken_log(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"no database at all\n" * 100)
    with pytest.raises(LogBroken, match="NOTADB"):
        open_store(tmp_path, SteppingClock())


def test_the_tables_are_those_that_the_queries_name(store: SqlStore) -> None:
    with contextlib.closing(raw(store)) as database, database:
        for table in METADATA.tables.values():
            columns = {row[1] for row in database.execute(f"PRAGMA table_xinfo({table.name})")}
            assert columns == {column.name for column in table.columns}, table.name
    database.close()


# --- Submissions -----------------------------------------------------------------------------------------------


def test_what_was_recorded_comes_back_equal(store: SqlStore) -> None:
    created = create_held(store)
    assert created.id == 1
    assert created.version == 1
    assert created.created_at == created.updated_at == START + dt.timedelta(seconds=1)
    approved = approve(store, created)
    assert (approved.version, approved.created_at) == (2, created.created_at)
    assert approved.updated_at == START + dt.timedelta(seconds=2)
    assert store.submission(1) == approved
    assert store.submissions() == (approved,)


def test_an_entry_sets_exactly_the_fields_that_changed(store: SqlStore) -> None:
    approve(store, create_held(store))
    first, second = store.entries()
    assert set(first.set) == {"state", "contract_number", "guarantor", "draft"}
    assert second.set == {"state": "APPROVED", "due_at": START.isoformat()}
    assert (second.by, second.account, second.event) == (HANAKO.by, HANAKO.account, "Approved")


def test_a_field_set_back_to_its_default_is_set_back_by_the_fold(store: SqlStore) -> None:
    approved = approve(store, create_held(store))
    with store.writing() as writing:
        held = writing.change(
            Event.HELD,
            approved,
            dataclasses.replace(
                approved, state=State.HELD, approval=dataclasses.replace(approved.approval, due_at=None)
            ),
            WORKER,
            {},
        )
    assert held.approval.due_at is None
    assert [entry.set for entry in store.entries()][-1] == {"state": "HELD", "due_at": None}
    assert store.verify().holds


def test_who_comes_second_gets_a_conflict_and_changes_nothing(store: SqlStore) -> None:
    held = create_held(store)
    approve(store, held)
    with pytest.raises(Conflict):
        approve(store, held)
    assert store.head()[0] == 2


def test_what_the_states_do_not_allow_changes_nothing(store: SqlStore) -> None:
    held = create_held(store)
    with pytest.raises(IllegalEvent), store.writing() as writing:
        writing.change(Event.ACCEPTED, held, dataclasses.replace(held, state=State.SENT), WORKER, {})
    with pytest.raises(IllegalEvent), store.writing() as writing:
        writing.create(Event.NOTICE_READ, Submission(0, State.SENT), WORKER, {})
    assert store.head()[0] == 1


def test_a_transaction_that_raised_has_changed_nothing(store: SqlStore) -> None:
    def record_and_fail() -> None:
        with store.writing() as writing:
            writing.keep("notice", b"%PDF-")
            writing.create(Event.NOTICE_READ, Submission(0, State.HELD), WORKER, {})
            assert writing.submission(1).state is State.HELD
            assert store.submission(1).state is State.HELD
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record_and_fail()
    assert store.head() == (0, GENESIS)
    with pytest.raises(NotAllowed, match="no_such_submission"):
        store.submission(1)
    with pytest.raises(LogBroken, match="original_missing"):
        store.original(sha256(b"%PDF-"))


def test_a_transaction_that_ended_is_of_no_use(store: SqlStore) -> None:
    with store.writing() as writing:
        pass
    with pytest.raises(RuntimeError):
        writing.note("Started", None, WORKER, {})


def test_a_note_sets_columns_other_than_the_state(store: SqlStore) -> None:
    held = create_held(store)
    with store.writing() as writing:
        writing.note("NoAnswer", 1, WORKER, {}, {"silent": "closed", "reasons": (Hold(Reason.TIMING),)})
        writing.note("SeenAgain", 1, WORKER, {"came_by": "folder"})
    noted = store.submission(1)
    assert (noted.delivery.silent, noted.reasons, noted.version) == ("closed", (Hold(Reason.TIMING),), 2)
    assert noted.composed.draft == held.composed.draft
    for changes in ({"state": "SENT"}, {"version": 9}, {"no_such_field": 1}):
        with pytest.raises(ValueError, match="note"), store.writing() as writing:
            writing.note("NoAnswer", 1, WORKER, {}, changes)
    assert store.verify().holds


def test_submissions_are_found_by_what_they_came_of(store: SqlStore) -> None:
    pdf = sha256(b"%PDF-1")
    with store.writing() as writing:
        writing.keep("notice", b"%PDF-1")
        arrived = Submission(
            0,
            State.HELD,
            notice=NoticeRecord(pdf_sha256=pdf, contract_number="1-1"),
            source=Source(source_message_id="<m\udc80@mail.example>"),
        )
        first = writing.create(Event.NOTICE_READ, arrived, WORKER, {})
        assert writing.by_pdf(pdf) == (first,)
    second = create_held(store, number="1-1")
    assert store.by_number("1-1") == (first, second)
    assert store.by_source_message("<m\udc80@mail.example>") == (first,)
    assert store.by_pdf(sha256(b"other")) == ()
    assert store.count_by_state() == {State.HELD: 2}
    assert store.submissions(State.SENT, State.APPROVED) == ()


def test_what_is_due_comes_in_order_of_its_moment(store: SqlStore) -> None:
    for number, after in enumerate((3.5, 3, 0, 4), start=1):
        held = create_held(store, message_id=f"<{number}@contractor.example>")
        due_at = START + dt.timedelta(hours=1, seconds=after)
        with store.writing() as writing:
            writing.change(
                Event.APPROVED,
                held,
                dataclasses.replace(
                    held, state=State.APPROVED, approval=dataclasses.replace(held.approval, due_at=due_at)
                ),
                HANAKO,
                {},
            )
    assert store.due(START + dt.timedelta(hours=1, seconds=3.5)) == (3, 2, 1)
    assert store.due(START - dt.timedelta(days=40)) == (3, 2, 1, 4), "the clock was set back"


def test_every_message_id_that_a_draft_ever_had_is_ours(store: SqlStore) -> None:
    held = create_held(store, message_id="<a.r1@contractor.example>")
    with store.writing() as writing:
        redrafted = dataclasses.replace(
            held,
            composed=dataclasses.replace(
                held.composed, draft=draft_of("<a.0@contractor.example>", writing.keep("body", b"b"))
            ),
        )
        writing.change(Event.REDRAFTED, held, redrafted, WORKER, {})
        alarm = writing.raise_alarm("refused", [1])
        writing.update_alarm(dataclasses.replace(alarm, message_id="<alarm@contractor.example>"))
    for ours in ("<a.r1@contractor.example>", "<a.0@contractor.example>", "<alarm@contractor.example>"):
        assert store.by_message_id(ours)
    for other in ("<b@town.example>", "", "<\udc80@town.example>"):
        assert not store.by_message_id(other)


def test_the_last_binding_of_a_number_counts(store: SqlStore) -> None:
    def bind(held: Submission, project: str) -> Submission:
        with store.writing() as writing:
            after = dataclasses.replace(
                held,
                notice=dataclasses.replace(held.notice, product=Product.CONTRACT),
                destination=dataclasses.replace(held.destination, bound_project=project),
                state=State.APPROVED,
            )
            return writing.change(Event.APPROVED, held, after, HANAKO, {})

    first = create_held(store, message_id="<1@contractor.example>")
    second = create_held(store, message_id="<2@contractor.example>")
    assert store.bound_project("east", "12345-678901", Product.CONTRACT) is None
    bind(second, "road")
    bound = bind(first, "bridge")
    with store.writing() as writing:
        writing.change(Event.HELD, bound, dataclasses.replace(bound, state=State.HELD), WORKER, {})
        writing.note("NoAnswer", second.id, WORKER, {}, {"silent": "later, and no binding"})
    assert store.bound_project("east", "12345-678901", Product.CONTRACT) == "bridge"
    assert store.bound_project("west", "12345-678901", Product.CONTRACT) is None
    assert store.bound_project("east", "12345-678901", Product.ADVANCE) is None


# --- What is kept ----------------------------------------------------------------------------------------------


def test_originals_are_kept_once_and_checked_when_read(store: SqlStore) -> None:
    with store.writing() as writing:
        digest = writing.keep("notice", b"%PDF-")
        assert writing.keep("invoice", b"%PDF-") == digest
        assert writing.original(digest) == b"%PDF-"
    assert store.original(digest) == b"%PDF-"
    with contextlib.closing(raw(store)) as database, database:
        database.execute("DROP TRIGGER originals_are_never_changed")
        database.execute("UPDATE originals SET content = ?", [b"other"])
    database.close()
    with pytest.raises(LogBroken, match="original_differs"):
        store.original(digest)


def test_a_key_is_kept_with_its_notice_and_in_no_entry_and_no_error(store: SqlStore) -> None:
    notice = Notice("east", "道路改良工事", "〇〇建設", Product.ADVANCE, "12345-678901", Key("abcdefgh12ux"))
    with store.writing() as writing:
        writing.keep_notice(Sha256("a" * 64), notice)
        writing.keep_notice(Sha256("a" * 64), notice)
        writing.note("NoticeSeen", None, WORKER, {"notice": notice})
    assert store.notice(Sha256("a" * 64)) == notice
    assert store.notice(Sha256("b" * 64)) is None
    assert [entry.detail["notice"]["key"] for entry in store.entries()] == ["********ux"]
    with contextlib.closing(raw(store)) as database, database:
        database.execute("DROP TABLE notices")
    database.close()
    with pytest.raises(sqlite3.OperationalError, match="no such table") as error, store.writing() as writing:
        writing.keep_notice(Sha256("c" * 64), notice)
    assert "abcdefgh12ux" not in "".join(traceback.format_exception(error.value))


def test_the_ledger_of_messages_is_read_in_order_whatever_its_length(store: SqlStore) -> None:
    rows = [
        MessageRow(
            "main",
            validity,
            uid,
            Disposition.UNFETCHED if uid % 2 else Disposition.NOT_OURS,
            message_id=f"<{uid}@x.example>",
        )
        for validity in (7, 12)
        for uid in range(1, 601)
    ]
    with store.writing() as writing:
        for row in reversed(rows):
            writing.record_message(row)
        writing.record_message(dataclasses.replace(rows[0], end=Disposition.SUBMISSION, submissions=(1,)))
        writing.record_message(MessageRow("other", 7, 9000, Disposition.NOT_OURS))
    kept = list(store.messages("main"))
    assert kept[1:] == rows[1:]
    assert (kept[0].end, kept[0].submissions) == (Disposition.SUBMISSION, (1,))
    assert len(list(store.messages("main", Disposition.UNFETCHED, Disposition.SUBMISSION))) == 600
    assert store.last_uid("main", 7) == 600
    assert store.last_uid("main", 8) == 0


def test_rows_are_found_by_message_id_and_size(store: SqlStore) -> None:
    utc = START.astimezone(dt.UTC)
    row = MessageRow("main", 7, 1, Disposition.NOT_OURS, message_id="<m@x.example>", size=10, internal_date=utc)
    with store.writing() as writing:
        writing.record_message(row)
        writing.record_message(dataclasses.replace(row, uid=2, end=Disposition.UNFETCHED))
    assert [each.uid for each in store.known_messages("main", "<m@x.example>", 10)] == [2, 1]
    assert store.known_messages("main", "<m@x.example>")[1] == row
    assert store.known_messages("main", "<m@x.example>", 11) == ()
    assert store.known_messages("other", "<m@x.example>") == ()
    assert store.known_messages("main", "<\udc80@x.example>", 10) == ()


def test_the_ledger_tells_which_uids_it_has_the_last_of_them_and_those_still_to_be_dealt_with(store: SqlStore) -> None:
    rows = [MessageRow("main", 7, uid, Disposition.SUBMISSION, is_after_due=uid % 2 == 1) for uid in (3, 4, 5, 9)]
    with store.writing() as writing:
        for row in rows:
            writing.record_message(row)
        writing.record_message(MessageRow("other", 7, 6, Disposition.SUBMISSION, is_after_due=True))
        writing.record_message(MessageRow("main", 8, 6, Disposition.SUBMISSION))
    assert store.recorded_uids("main", 7, 4) == {4, 5, 9}
    assert store.last_messages("main", 7, 2) == tuple(rows[2:])
    assert store.last_messages("main", 7, 2, 5) == tuple(rows[1:3])
    assert store.last_messages("main", 9, 2) == ()
    assert [row.uid for row in store.messages_due_after("main")] == [3, 5, 9]


@pytest.mark.parametrize("name", ["お知らせ.pdf", "broken\udc83\udc84.pdf", "a'b;--\n.pdf"])
def test_a_file_is_known_by_its_name_even_if_that_is_no_utf8(store: SqlStore, name: str) -> None:
    row = FileRow(name, 10, 1_795_000_000_123_456_789, 2**63 - 1, START)
    with store.writing() as writing:
        writing.record_file(row)
        writing.record_file(dataclasses.replace(row, end=Disposition.SUBMISSION, sha256=sha256(b"")))
    assert store.file(name) == dataclasses.replace(row, end=Disposition.SUBMISSION, sha256=sha256(b""))
    assert store.file(name + "x") is None


def test_many_files_are_asked_for_at_once_and_those_of_the_same_bytes_are_found(store: SqlStore) -> None:
    digest = sha256(b"same")
    names = [f"11月分/{number}'\udc83.pdf" for number in range(1_100)]
    rows = {name: FileRow(name, 1, number, number, START, Disposition.SUBMISSION) for number, name in enumerate(names)}
    rows["why"] = FileRow("why", 1, 1, 1, START, why=digest)  # holds the digits, and is of other bytes
    for name in ("a.pdf", "b\n.pdf"):
        rows[name] = FileRow(name, 1, 2, 3, START, sha256=digest)
    with store.writing() as writing:
        for row in rows.values():
            writing.record_file(row)
    assert store.files([*rows, "none"]) == rows
    assert store.files([]) == {}
    assert [row.name for row in store.files_of(digest)] == ["a.pdf", "b\n.pdf"]


def test_looks_and_alarms_are_kept(store: SqlStore) -> None:
    with store.writing() as writing:
        writing.record_health(HealthRecord("smtp", error="down"))
        writing.record_health(HealthRecord("mail:main", last_ok=START, uidvalidity=7, first_uid=5))
        writing.record_health(HealthRecord("smtp", last_ok=START))
        first = writing.raise_alarm("refused", [1, 2])
        second = writing.raise_alarm("refused", [3], "535 no")
        writing.update_alarm(dataclasses.replace(first, accepted_at=START))
    assert store.health_of("smtp") == HealthRecord("smtp", last_ok=START)
    assert store.health_of("folder") is None
    assert [look.name for look in store.health_records()] == ["mail:main", "smtp"]
    assert store.alarms_waiting() == (second,)
    assert second.detail == "535 no"
    assert store.last_alarm("refused") == second
    assert store.last_alarm("in_doubt") is None


def test_the_configuration_in_force_is_the_one_last_recorded(store: SqlStore) -> None:
    with store.writing() as writing:
        for file, digest in (("a.toml", "1" * 64), ("b.toml", "2" * 64), ("a.toml", "3" * 64), ("b.toml", "")):
            writing.note(NoteEvent.CONFIGURATION_CHANGED, None, WORKER, {"file": file, "sha256": digest})
    assert store.config_in_force() == {"a.toml": "3" * 64}


def test_entries_are_read_in_order_whole_or_chosen(store: SqlStore) -> None:
    with store.writing() as writing:
        for number in range(1200):
            writing.note("Started" if number % 3 else "Resumed", None, WORKER, {"number": number})
    create_held(store)
    assert [entry.number for entry in store.entries()] == list(range(1, 1202))
    assert len(list(store.entries(events=["Resumed", Event.NOTICE_READ]))) == 401
    assert [entry.number for entry in store.entries(submission=1)] == [1201]


def test_a_log_that_is_being_read_can_be_written(store: SqlStore) -> None:
    with store.writing() as writing:
        for _ in range(1000):
            writing.note("Started", None, WORKER, {})
    reading = store.entries()
    next(reading)
    create_held(store)
    assert sum(1 for _ in reading) == 1000


# --- Only growing ----------------------------------------------------------------------------------------------

_COPY = "SELECT number{}, body, previous_hash, hash FROM entries WHERE number = 2"
FORBIDDEN = [
    "UPDATE entries SET body = '{}' WHERE number = 2",
    "UPDATE entries SET number = 9 WHERE number = 2",
    "DELETE FROM entries WHERE number = 2",
    "DELETE FROM entries",
    f"INSERT INTO entries (number, body, previous_hash, hash) {_COPY.format('')}",
    f"INSERT OR REPLACE INTO entries (number, body, previous_hash, hash) {_COPY.format('')}",
    f"INSERT OR REPLACE INTO entries (number, body, previous_hash, hash) {_COPY.format(' + 1')}",
    f"INSERT OR REPLACE INTO entries (number, body, previous_hash, hash) {_COPY.format(' + 5')}",
    """INSERT OR REPLACE INTO entries (number, body, previous_hash, hash)
    SELECT 3, body, (SELECT hash FROM entries WHERE number = 2), hash FROM entries WHERE number = 1""",
    "REPLACE INTO entries (number, body, previous_hash, hash) VALUES (NULL, '{}', 'x', 'y')",
    "UPDATE originals SET content = x'00'",
    "UPDATE OR REPLACE originals SET kind = 'other'",
    "DELETE FROM originals",
    "INSERT OR REPLACE INTO originals SELECT sha256, kind, x'00' FROM originals",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_database_itself_refuses_to_forget(store: SqlStore, statement: str) -> None:
    approve(store, create_held(store))
    database = raw(store)
    with pytest.raises(sqlite3.IntegrityError, match=r"never|follows|once"):
        database.execute(statement)
    database.close()
    assert store.verify().holds
    assert store.head()[0] == 2


def test_what_was_changed_behind_the_triggers_is_found(store: SqlStore) -> None:
    approve(store, create_held(store))
    database = raw(store)
    database.execute("DROP TRIGGER entries_are_never_changed")
    database.execute("UPDATE entries SET body = replace(body, '花子', '次郎') WHERE number = 2")
    assert {(fault.code, fault.where) for fault in store.verify().faults} == {("bad_hash", "2")}
    database.execute("UPDATE entries SET body = replace(body, '次郎', '花子') WHERE number = 2")
    database.execute("UPDATE submissions SET row = replace(row, 'APPROVED', 'HELD')")
    assert {(fault.code, fault.where) for fault in store.verify().faults} == {("row_differs", "1")}
    database.close()


def test_bytes_that_are_no_utf8_are_a_fault_and_end_nothing(store: SqlStore) -> None:
    create_held(store)
    store.close()
    file = store._folder / FILE_NAME
    file.write_bytes(file.read_bytes().replace("お知らせ.pdf".encode(), b"\xff" + "お知らせ.pdf".encode()[1:]))
    assert ("bad_hash", "1") in {(fault.code, fault.where) for fault in store.verify().faults}
    with pytest.raises(LogBroken):
        list(store.entries())


def test_an_entry_that_is_no_json_any_more_is_a_broken_log(store: SqlStore) -> None:
    create_held(store)
    store.close()
    file = store._folder / FILE_NAME
    file.write_bytes(file.read_bytes().replace(b'{"account":"hoshobin"', b'["account":"hoshobin"'))
    assert ("no_entry", "1") in {(fault.code, fault.where) for fault in store.verify().faults}
    with pytest.raises(LogBroken):
        list(store.entries())


def test_the_projection_can_be_rebuilt_from_the_entries(store: SqlStore) -> None:
    for number in range(1, 6):
        approve(store, create_held(store, message_id=f"<{number}@contractor.example>"))
    database = raw(store)
    lines = database.execute("SELECT number, body, previous_hash, hash FROM entries ORDER BY number").fetchall()
    database.close()
    verdict = store.verify(heads=[lines[3][3]])
    assert verdict.holds
    assert (verdict.count, verdict.head) == (10, lines[-1][3])
    assert verify_log([], [(1, "{}")], []).fault_count == 1


@pytest.mark.process
def test_an_outsider_checks_the_chain_with_the_lines_of_the_document(store: SqlStore) -> None:
    approve(store, create_held(store))
    document = (ROOT / "docs" / "log-format.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    assert len(snippet.splitlines()) <= 22

    def check() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", snippet, str(store._folder / FILE_NAME)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert check().stdout == f"2 {store.head()[1]}\n"
    database = raw(store)
    database.execute("DROP TRIGGER entries_are_never_changed")
    database.execute("UPDATE entries SET body = replace(body, '花子', '次郎') WHERE number = 2")
    assert (check().returncode, check().stderr) == (1, "entry 2: changed, or the one before it\n")
    database.close()


def test_our_own_alarms_in_a_mailbox_are_found_by_an_index_among_many_of_our_mails(store: SqlStore) -> None:
    """More of them than one block holds, beside submissions, and mails of others that look like them."""
    alarms = [alarm_message_id(number, START, Address(OFFICE)) for number in range(1200)]
    others = ["<0123456789abcdef0123.r1@x.example>", "<0123456789abcdef0123.1@x.example>", "", "<a1@x.example>"]
    rows = [
        MessageRow(mailbox, 7, uid, end, message_id=message_id)
        for mailbox, end, ids in (
            ("main", Disposition.OWN, [*alarms, *others]),
            ("second", Disposition.NOT_OURS, alarms[:3]),
            ("third", Disposition.OWN, others),
        )
        for uid, message_id in enumerate(ids, 1)
    ]
    with store.writing() as writing:
        for row in rows:
            writing.record_message(row)
    found = {name: sorted(store.alarm_messages(name)) for name in ("main", "second", "third", "none")}
    assert found == {"main": sorted(alarms), "second": [], "third": [], "none": []}
    assert all(alarm_number(each) is not None for each in alarms)
    database = raw(store)
    asked = {"mailbox": "main", "after": "", "limit": 1}
    (plan,) = database.execute(f"EXPLAIN QUERY PLAN {compiled.ALARM_MESSAGES}", asked)
    assert plan[3].startswith("SEARCH messages USING INDEX messages_of_alarms (mailbox=?")
    database.close()


def test_the_entries_of_a_period_are_those_of_every_submission_that_has_one_in_it(tmp_path: Path) -> None:
    """Also where the clock was set back, and where the entries fill several blocks; an index finds them."""
    create_or_migrate(tmp_path)
    clock = SteppingClock()
    store = open_store(tmp_path, clock)
    held = []
    for day in (0, 5, 2, 9):
        clock.moment = START + dt.timedelta(days=day)
        held.append(create_held(store, message_id=f"<{day}@contractor.example>"))
    clock.moment = START + dt.timedelta(days=4)
    approve(store, held[0])
    for _ in range(600):
        with store.writing() as writing:
            writing.note(NoteEvent.SEEN_AGAIN, held[3].id, WORKER, {})
    days = [(START + dt.timedelta(days=day)).date() for day in (0, 1, 2, 4, 5, 8, 9, 11)]
    entries = list(store.entries())
    for since, until in itertools.product([None, *days], repeat=2):
        found = list(store.entries_of_period(since, until))
        concerned = {each.submission for each in found}
        assert found == [entry for entry in entries if entry.submission in concerned]
        numbers = {entry.number for entry in found}
        assert {entry.number for entry in entries if is_between_days(entry.at, since, until)} <= numbers
    assert {each.submission for each in store.entries_of_period(days[-1], None)} == set()
    database = raw(store)
    asked = {"since": "a", "until": "b"}
    plan = database.execute(f"EXPLAIN QUERY PLAN {compiled.SUBMISSIONS_BETWEEN}", asked)
    assert next(row[3] for row in plan) == "SEARCH entries USING INDEX entries_by_moment (at>? AND at<?)"
    database.close()
    store.close()


# --- Two at once -----------------------------------------------------------------------------------------------

WRITE_MANY = """
import sys, pathlib
from tests.support.stores import SteppingClock, open_store
from tests.support.world import WORKER
store = open_store(pathlib.Path(sys.argv[1]), SteppingClock(), 60)
print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    with store.writing() as writing:
        writing.note("Started", None, WORKER, {"number": number})
store.close()
"""


@pytest.mark.process
def test_two_processes_writing_at_once_never_fork_the_chain(store: SqlStore) -> None:
    folder = store._folder
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE_MANY, str(folder)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    verdict = store.verify()
    assert verdict.holds
    assert verdict.count == 120


def test_a_locked_database_is_unavailable_and_nothing_is_recorded(tmp_path: Path) -> None:
    store = make_store(tmp_path, patience=0.05)
    other = raw(store)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as error:
        create_held(store)
    assert error.value.what == "store"
    assert store.head()[0] == 0
    other.execute("ROLLBACK")
    other.close()
    assert create_held(store).id == 1
    store.close()


# --- What could not be recorded --------------------------------------------------------------------------------


def test_a_full_disk_is_unavailable_and_what_was_there_stays(store: SqlStore) -> None:
    held = create_held(store)
    store._connection().execute("PRAGMA max_page_count = 1")
    with pytest.raises(Unavailable) as error, store.writing() as writing:
        writing.keep("notice", bytes(1_000_000))
    assert error.value.what == "disk"
    assert approve(store, held).state is State.APPROVED
    assert store.verify().holds


FILL = """
import pathlib, resource, sys
from tests.support.stores import SteppingClock, open_store
from tests.support.world import WORKER
from worker.core.errors import Unavailable
folder = pathlib.Path(sys.argv[1])
store = open_store(folder, SteppingClock())
try:
    with store.writing() as writing:
        writing.note("Started", None, WORKER, {})
        size = (folder / "hoshobin.sqlite3-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5000, resource.RLIM_INFINITY))
except Unavailable as error:
    print(error.what, store.head()[0])
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
with store.writing() as writing:
    writing.note("Started", None, WORKER, {})
print(store.head()[0], store.verify().holds)
"""


@pytest.mark.process
def test_a_commit_that_cannot_be_written_is_not_there_and_the_next_one_is(store: SqlStore) -> None:
    output, errors = run_script(FILL, store._folder).communicate(timeout=60)
    assert (output, errors) == ("disk 0\n1 True\n", "")


def fail_at_commit(store: SqlStore, monkeypatch: pytest.MonkeyPatch, *, is_made: bool) -> None:
    """The next commit fails: after it was made, or before."""
    fails = [True]

    class Failing(sqlite3.Connection):
        def commit(self) -> None:
            if not fails:
                return super().commit()
            fails.clear()
            if is_made:
                super().commit()
            raise DISK

    store.close()
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Failing))


def test_a_commit_that_failed_and_was_made_is_found_in_the_reopened_file(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_at_commit(store, monkeypatch, is_made=True)
    assert create_held(store).id == 1
    assert store.submission(1).state is State.HELD
    assert store.verify().holds


def test_a_commit_that_failed_and_was_not_made_is_unavailable(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    held = create_held(store)
    fail_at_commit(store, monkeypatch, is_made=False)
    with pytest.raises(Unavailable) as error:
        approve(store, held)
    assert error.value.what == "disk"
    assert store.submission(1) == held
    assert approve(store, held).version == 2


def test_submissions_are_walked_block_after_block_each_once_whatever_changes_meanwhile(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "BLOCK", 2)
    held = [create_held(store, f"1-{number}", f"<c.{number}@contractor.example>") for number in range(5)]
    assert tuple(store.walk_submissions()) == store.submissions()
    assert tuple(store.walk_submissions(State.SENT)) == ()
    seen = []
    for each in store.walk_submissions(State.HELD, State.APPROVED):
        seen.append(each.id)
        approve(store, each)
    assert seen == [each.id for each in held]
    assert [each.id for each in store.walk_submissions(State.APPROVED)] == seen


def test_times_come_back_in_japanese_time(store: SqlStore) -> None:
    with store.writing() as writing:
        writing.record_health(HealthRecord("smtp", last_ok=START.astimezone(dt.UTC)))
    found = store.health_of("smtp")
    assert found is not None
    assert found.last_ok is not None
    assert found.last_ok.isoformat() == START.astimezone(JST).isoformat()


# --- What was sent before --------------------------------------------------------------------------------------

TOWN, SITE = Address(world.MIHON_TO), Address(world.SITE)
PAPER = Attachment("前払金請求書", "請求書.pdf", sha256(b"%PDF-invoice"), 12)
ASKED_BY_THE_GUARDS = {
    "was_sent_to": compiled.WAS_SENT_TO,
    "carried": compiled.CARRIED,
    "last_sent": compiled.LAST_SENT,
    "last_sent to a section": compiled.LAST_SENT_TO_SECTION,
    "last_confirmed": compiled.LAST_CONFIRMED,
    "last_handed_over": compiled.LAST_HANDED_OVER,
    "last_handed_over to a section": compiled.LAST_HANDED_OVER_TO_SECTION,
    "of_project": compiled.OF_PROJECT,
}


def record_sent(store: SqlStore, number: str, **fields: object) -> Submission:
    """A submission with a copy receiver and one file, sent and accepted."""
    held = create_held(store, number, f"<{number}.0@contractor.example>")
    assert held.composed.draft is not None
    draft = dataclasses.replace(held.composed.draft, cc=(SITE,), attachments=(PAPER,))
    values = {"draft": draft, "issuer": "town", "product": Product.ADVANCE, "section": "kensetsu", **fields}
    with store.writing() as writing:
        writing.keep("invoice", b"%PDF-invoice")
        kept = writing.change(Event.REDRAFTED, held, with_fields(held, **values), WORKER, {})
        done = writing.change(
            Event.APPROVED,
            kept,
            dataclasses.replace(kept, state=State.APPROVED, approval=dataclasses.replace(kept.approval, due_at=START)),
            HANAKO,
            {},
        )
        for event, state in ((Event.SEND_STARTED, State.SENDING), (Event.DATA_STARTED, State.IN_DOUBT)):
            done = writing.change(event, done, dataclasses.replace(done, state=state), WORKER, {})
        sent_at = store._clock.now()
        return writing.change(
            Event.ACCEPTED,
            done,
            dataclasses.replace(
                done,
                state=State.SENT,
                delivery=dataclasses.replace(done.delivery, sent_at=sent_at, reply="250 2.0.0 Ok"),
            ),
            WORKER,
            {},
        )


def step(store: SqlStore, event: Event, before: Submission, state: State, **fields: object) -> Submission:
    with store.writing() as writing:
        return writing.change(event, before, with_fields(before, state=state, **fields), WORKER, {})


def is_known(store: SqlStore, address: Address, **place: str) -> bool:
    asked = {"issuer": "town", "section": "kensetsu", "project": "town/道路改良工事"} | place
    return store.was_sent_to(address, **asked)


def test_an_address_is_known_from_the_acceptance_until_the_mail_comes_back(store: SqlStore) -> None:
    held = create_held(store)
    approved = approve(store, held)
    sending = step(store, Event.SEND_STARTED, approved, State.SENDING)
    in_doubt = step(store, Event.DATA_STARTED, sending, State.IN_DOUBT)
    assert not is_known(store, TOWN)
    place = {"issuer": "town", "section": "kensetsu", "project": "town/道路改良工事"}
    sent = step(store, Event.ACCEPTED, in_doubt, State.SENT, sent_at=START, reply="250 ok", **place)
    assert is_known(store, TOWN)
    assert not is_known(store, SITE)
    assert not is_known(store, TOWN, issuer="city")
    assert not is_known(store, TOWN, section="keiyaku")
    assert is_known(store, TOWN, project="town/another")
    bounced = step(store, Event.NOT_ACCEPTED, sent, State.BOUNCED)
    assert not is_known(store, TOWN)
    step(store, Event.CONFIRMED, bounced, State.CONFIRMED)
    assert not is_known(store, TOWN), "that the issuer has it says nothing of the address that sent it back"


def test_the_office_of_a_project_is_known_for_that_project_alone(store: SqlStore) -> None:
    record_sent(store, "1-1", section="office", project="town/道路改良工事")
    assert is_known(store, TOWN, section="office")
    assert not is_known(store, TOWN, section="office", project="town/another")


def test_what_a_person_recorded_as_sent_makes_no_address_known(store: SqlStore) -> None:
    sending = step(store, Event.SEND_STARTED, approve(store, create_held(store)), State.SENDING)
    in_doubt = step(store, Event.DATA_STARTED, sending, State.IN_DOUBT, issuer="town", section="kensetsu")
    stated = step(store, Event.CONFIRMED_SENT, in_doubt, State.SENT, sent_at=START, reply="no answer for 600 s")
    assert not is_known(store, TOWN)
    step(store, Event.CONFIRMED, stated, State.CONFIRMED)
    assert not is_known(store, TOWN)


def test_a_copy_receiver_whose_mail_came_back_is_not_known(store: SqlStore) -> None:
    sent = record_sent(store, "1-1")
    assert is_known(store, SITE)
    assert sent.composed.draft is not None
    bounce = Receipt(ReceiptKind.FAILED, START, sent.composed.draft.message_id, SITE, "5.1.1")
    with store.writing() as writing:
        writing.note("ReportRead", sent.id, WORKER, {}, {"receipts": (bounce,)})
    assert not is_known(store, SITE)
    assert is_known(store, TOWN)


def test_a_rehearsal_makes_nothing_known(store: SqlStore) -> None:
    draft = dataclasses.replace(draft_of("<a.1@contractor.example>", sha256(b"")), rehearsal_for=(SITE,))
    sent = record_sent(store, "1-1", draft=dataclasses.replace(draft, attachments=(PAPER,)))
    assert sent.state is State.SENT
    assert not is_known(store, TOWN)
    assert store.carried(PAPER.sha256) == ()


def test_a_file_was_carried_from_the_first_byte_until_it_is_known_not_to_have_left(store: SqlStore) -> None:
    sent = record_sent(store, "1-1")
    assert store.carried(PAPER.sha256) == (sent,)
    assert store.carried(sha256(b"another")) == ()
    bounced = step(store, Event.NOT_ACCEPTED, sent, State.BOUNCED)
    assert store.carried(PAPER.sha256) == (bounced,)
    assert bounced.composed.draft is not None
    approved = approve(store, create_held(store, "1-2", "<b.0@contractor.example>"))
    sending = step(store, Event.SEND_STARTED, approved, State.SENDING, draft=bounced.composed.draft)
    in_doubt = step(store, Event.DATA_STARTED, sending, State.IN_DOUBT)
    assert store.carried(PAPER.sha256) == (bounced, in_doubt)
    step(store, Event.CONFIRMED_NOT_SENT, in_doubt, State.HELD)
    assert store.carried(PAPER.sha256) == (bounced,)


def test_the_last_mail_of_an_issuer_is_found_by_product_section_and_kind_of_contract(store: SqlStore) -> None:
    first = record_sent(store, "1-1")
    other = record_sent(store, "1-2", section="keiyaku")
    amended = record_sent(store, "1-3", duties=FollowUps(is_amended=True))
    create_held(store, "1-4", "<d.0@contractor.example>")
    assert store.last_sent("town", Product.ADVANCE) == other
    assert store.last_sent("town", Product.ADVANCE, "kensetsu") == first
    assert store.last_sent("town", Product.ADVANCE, "kensetsu", is_amended=True) == amended
    assert store.last_sent("town", Product.CONTRACT) is None
    assert store.last_sent("city", Product.ADVANCE) is None


def test_the_files_that_came_last_are_read_back_the_newest_first(store: SqlStore) -> None:
    with store.writing() as writing:
        for name in ("一.pdf", "二.pdf", "三.pdf", "一.pdf"):
            writing.record_file(FileRow(name, 1, 1, 1, START))
    assert [each.name for each in store.find_files(lambda *_: True, 2)] == ["三.pdf", "二.pdf"]
    assert [each.name for each in store.find_files(lambda name, digest: name > "一" and not digest, 9)] == [
        *("三.pdf", "二.pdf", "一.pdf"),
    ]


def test_messages_are_searched_over_every_block_and_numbering_the_newest_first(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.store.sqlite.queries.BLOCK", 3)
    with store.writing() as writing:
        for uidvalidity, uid in ((1, 900), *((2, uid) for uid in range(1, 9))):
            subject = "" if uid == 5 else f"件名{uid % 2}"
            writing.record_message(
                MessageRow("main", uidvalidity, uid, Disposition.NOT_OURS, subject=subject, sender="差出人")
            )
        writing.record_message(MessageRow("other", 1, 1, Disposition.NOT_OURS, subject="件名0"))

    def found(subject: str, most: int = 9) -> list[tuple[int, int]]:
        rows = store.find_messages("main", lambda name, sender: subject in name and sender == "差出人", most)
        return [(row.uidvalidity, row.uid) for row in rows]

    assert found("件名0") == [(2, 8), (2, 6), (2, 4), (2, 2), (1, 900)]
    assert found("件名1", 2) == [(2, 7), (2, 3)]
    assert found("", 1) == [(2, 8)]
    assert found("ない") == []
    assert store.find_messages("none", lambda *_: True, 9) == ()


def test_the_last_mail_that_a_person_confirmed_is_found_and_none_that_is_not_confirmed(store: SqlStore) -> None:
    first = step(store, Event.CONFIRMED, record_sent(store, "1-1"), State.CONFIRMED)
    step(store, Event.CONFIRMED, record_sent(store, "1-2", section="keiyaku"), State.CONFIRMED)
    record_sent(store, "1-3")
    assert store.last_confirmed("town", Product.ADVANCE, "kensetsu") == first
    assert store.last_confirmed("town", Product.ADVANCE, "kensetsu", is_amended=True) is None
    assert store.last_confirmed("town", Product.CONTRACT, "kensetsu") is None


def test_the_last_that_people_hand_in_is_found_and_not_what_they_handed_in_in_place_of_a_mail(store: SqlStore) -> None:
    def handed_over(number: str, **fields: object) -> Submission:
        held = create_held(store, number, f"<{number}.0@contractor.example>")
        values = {"issuer": "town", "product": Product.ADVANCE, "section": "kensetsu", "draft": None, **fields}
        return step(store, Event.HANDED_OVER, held, State.HANDED_OVER, **values)

    first = handed_over("1-1", channel=Channel.FORM)
    other = handed_over("1-2", channel=Channel.PAPER, section="keiyaku")
    handed_over("1-3", channel=Channel.EMAIL)
    step(store, Event.WITHDRAWN, handed_over("1-4", channel=Channel.FORM), State.WITHDRAWN)
    record_sent(store, "1-5", channel=Channel.EMAIL)
    assert store.last_handed_over("town", Product.ADVANCE) == other
    assert store.last_handed_over("town", Product.ADVANCE, "kensetsu") == first
    assert store.last_handed_over("town", Product.ADVANCE, is_amended=True) is None
    assert store.last_handed_over("town", Product.CONTRACT) is None
    confirmed = step(store, Event.CONFIRMED, other, State.CONFIRMED)
    assert store.last_handed_over("town", Product.ADVANCE) == confirmed


def test_submissions_are_found_by_their_project_and_numbers_by_themselves(store: SqlStore) -> None:
    one = record_sent(store, "1-1", project="town/道路改良工事")
    record_sent(store, "1-2", project="town/道路改良工事", product=Product.CONTRACT)
    assert store.of_project("town/道路改良工事", Product.ADVANCE) == (one,)
    assert store.of_project("town/橋梁補修工事", Product.ADVANCE) == ()
    assert store.by_number("1-1") == (one,)
    assert store.by_number("1-9") == ()


def test_a_property_is_what_it_was_last_set_to(store: SqlStore) -> None:
    assert store.property("first_start") is None
    with store.writing() as writing:
        writing.set_property("first_start", "2026-11-29")
        assert writing.property("first_start") == "2026-11-29"
        writing.set_property("first_start", "2026-11-30")
    assert store.property("first_start") == "2026-11-30"


def make_older(folder: Path) -> None:
    """The database as the first program made it, with what is in it."""
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as database, database:
        make_revision_0003(database)
        for name in ("by_moment_sent", "by_moment_sent_to_section", "by_hand", "by_project"):
            database.execute(f"DROP INDEX submissions_{name}")
        for name in ("issuer", "product", "project", "section", "is_amended", "sent_at"):
            database.execute(f"ALTER TABLE submissions DROP COLUMN {name}")
        database.execute("DROP TABLE sent_to")
        database.execute("DROP TABLE properties")
        database.execute("DROP TABLE sent_with")
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    database.close()


def test_a_database_of_the_first_program_is_refused_until_it_is_brought_up_to_date(tmp_path: Path) -> None:
    store = make_store(tmp_path)
    sent = record_sent(store, "1-1", project="town/道路改良工事")
    bounced = step(store, Event.NOT_ACCEPTED, record_sent(store, "1-2"), State.BOUNCED)
    assert bounced.composed.draft is not None
    handed = create_held(store, "1-3", "<c.0@contractor.example>")
    handed = step(store, Event.HANDED_OVER, handed, State.HANDED_OVER, draft=bounced.composed.draft)
    step(store, Event.CONFIRMED, handed, State.CONFIRMED)
    store.close()
    make_older(tmp_path)
    with pytest.raises(ConfigError) as error:
        open_store(tmp_path, SteppingClock())
    assert problem_of(error, tmp_path) == "old_database"
    migrated = make_store(tmp_path)
    assert is_known(migrated, TOWN)
    assert is_known(migrated, SITE)
    assert [each.id for each in migrated.carried(PAPER.sha256)] == [sent.id, bounced.id]
    assert migrated.last_sent("town", Product.ADVANCE) == bounced
    assert migrated.of_project("town/道路改良工事", Product.ADVANCE) == (sent,)
    assert migrated.verify().holds
    later = record_sent(migrated, "1-4")
    assert migrated.carried(PAPER.sha256)[-1] == later
    migrated.close()


@pytest.mark.parametrize("statement", ASKED_BY_THE_GUARDS.values(), ids=ASKED_BY_THE_GUARDS)
def test_what_the_guards_ask_is_found_by_an_index_and_sorted_by_it(store: SqlStore, statement: str) -> None:
    with contextlib.closing(raw(store)) as database, database:
        asked = f"EXPLAIN QUERY PLAN {statement}"
        plan = [row[3] for row in database.execute(asked, dict.fromkeys(re.findall(r":(\w+)", statement), ""))]
    database.close()
    assert not [each for each in plan if each.startswith("SCAN") or "TEMP B-TREE" in each], plan


def test_free_space_is_that_of_the_stores_own_file_system_and_a_folder_that_is_gone_is_unavailable(
    store: SqlStore, tmp_path: Path
) -> None:
    size = os.statvfs(tmp_path / "var")
    assert 0 < store.free_disk() <= size.f_frsize * size.f_blocks
    (tmp_path / "var").rename(tmp_path / "elsewhere")
    with pytest.raises(Unavailable) as gone:
        store.free_disk()
    assert gone.value.what == "disk"
