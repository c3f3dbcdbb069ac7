"""The SQL that the running store executes is up to date, valid, and gives the rows that SQLAlchemy gives."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.compile_statements import COMPILED, compiled_statements, schema_of
from tests.support.stores import make_store
from tests.support.tables import every_case
from worker.core.model import Disposition, HealthRecord, MessageRow
from worker.store.sqlite import compiled, statements
from worker.store.sqlite.connection import FILE_NAME, REVISION
from worker.store.sqlite.migrations.upgrade import upgrade
from worker.store.sqlite.queries import listed
from worker.store.sqlite.store import SqlStore

STATEMENTS = {name: text for name, text in vars(compiled).items() if isinstance(text, str) and name.isupper()}


def test_the_compiled_statements_are_those_of_the_expressions() -> None:
    assert COMPILED.read_text() == compiled_statements(), "run .venv/bin/python tests/write_docs.py"


@every_case("name", STATEMENTS)
def test_sqlite_takes_every_statement(store: SqlStore, name: str) -> None:
    parameters = dict.fromkeys(re.findall(r":(\w+)", STATEMENTS[name]), "")
    assert store._connection().execute(f"EXPLAIN {STATEMENTS[name]}", parameters).fetchall()


def test_a_new_database_is_that_which_all_migrations_make(store: SqlStore) -> None:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as migrated:
        migrated.execute("BEGIN")
        upgrade(migrated)
        made, expected = (
            [each.split() for each in schema_of(database)] for database in (store._connection(), migrated)
        )
        assert made == expected
        version = "SELECT * FROM alembic_version"
        assert store._connection().execute(version).fetchall() == migrated.execute(version).fetchall() == [(REVISION,)]


def test_every_statement_is_used() -> None:
    modules = [path for path in COMPILED.parent.glob("*.py") if path.name not in {"compiled.py", "statements.py"}]
    used = set(re.findall(r"\bcompiled\.([A-Z_]+)", " ".join(path.read_text() for path in modules)))
    assert used == {*STATEMENTS}


def test_a_compiled_statement_gives_the_rows_that_sqlalchemy_gives(store: SqlStore) -> None:
    with store.writing() as writing:
        for uid, end in enumerate((Disposition.OWN, Disposition.NOT_OURS, Disposition.OWN), 1):
            writing.record_message(MessageRow("main", 1, uid, end))
    engine = sa.create_engine(f"sqlite:///{store._folder / FILE_NAME}")
    with contextlib.closing(engine.connect()) as connection:
        for uid in (0, 1, 9):
            given = {"mailbox": "main", "uidvalidity": 1, "uid": uid, "limit": 2}
            ends = (Disposition.OWN, Disposition.TOO_LARGE)
            found = connection.execute(statements.MESSAGES_OF_ENDS_AFTER, {**given, "ends": ends})
            text, values = listed(compiled.MESSAGES_OF_ENDS_AFTER, "ends", ends)
            assert store._rows(text, given | values) == [tuple(row) for row in found]
    engine.dispose()
    assert len(store._rows(text, {**given, **values, "uid": 0})) == 2


def test_a_value_that_was_not_given_is_an_error(store: SqlStore) -> None:
    with pytest.raises(sqlite3.ProgrammingError, match="value for binding"):
        store._rows(compiled.SUBMISSION)
    with pytest.raises(sqlite3.ProgrammingError, match="value for binding"), store.writing() as writing:
        writing._rows(compiled.RECORD_LOOK, {"name": "folder"})


def test_what_a_transaction_wrote_is_gone_with_it(store: SqlStore) -> None:
    def write_and_fail() -> None:
        with store.writing() as writing:
            writing.record_health(HealthRecord("folder"))
            assert store.health_of("folder") == HealthRecord("folder")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert store.health_of("folder") is None


def test_a_question_leaves_no_transaction_open(store: SqlStore) -> None:
    assert store.by_number("1-1") == ()
    assert not store._connection().in_transaction


def test_after_a_question_that_failed_the_file_is_opened_again(store: SqlStore) -> None:
    before = store._connection()
    before.set_progress_handler(lambda: 1, 1)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        store.by_number("1-1")
    assert store._connection() is not before
    assert store.by_number("1-1") == ()


def test_a_question_that_fails_inside_a_transaction_leaves_it_open(store: SqlStore) -> None:
    with store.writing() as writing:
        writing.record_health(HealthRecord("folder"))
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            store._rows("SELECT 1 FROM none_such")
        assert store._connection().in_transaction
    assert store.health_of("folder") == HealthRecord("folder")


RUNNING = """
import pathlib, sys
from tests.support.stores import SteppingClock, approve, create_held
from worker.store.sqlite.store import create_or_migrate, open_store
create_or_migrate(pathlib.Path(sys.argv[1]))
store = open_store(pathlib.Path(sys.argv[1]), SteppingClock())
approve(store, create_held(store))
assert len(store.submissions()) == len(list(store.walk_submissions())) == 1
assert store.verify().holds
store.mark_head()
store.close()
print(sorted({name.partition(".")[0] for name in sys.modules} & {"sqlalchemy", "alembic"}))
"""


@pytest.mark.parametrize("is_new", [True, False], ids=["new", "up to date"])
def test_a_database_is_made_read_and_written_without_sqlalchemy_and_alembic(tmp_path: Path, is_new: bool) -> None:
    if not is_new:
        make_store(tmp_path).close()
    root = Path(__file__).parent.parent.parent.parent
    command = [sys.executable, "-c", RUNNING, str(tmp_path)]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.stdout, ended.stderr) == ("[]\n", "")
