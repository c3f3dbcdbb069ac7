"""Statements made once: the same rows as SQLAlchemy's own execution of them, in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from tests.support.stores import create_held, make_store
from worker.core.model import HealthRecord
from worker.store.sqlite import SqlStore
from worker.store.sqlite.ready import Ready, run
from worker.store.sqlite.schema import LOOKS, SUBMISSIONS

_OF_STATE = (
    sa.select(SUBMISSIONS.c.id, SUBMISSIONS.c.row)
    .where(SUBMISSIONS.c.state == "HELD", SUBMISSIONS.c.id >= sa.bindparam("first"))
    .order_by(SUBMISSIONS.c.id)
    .limit(2)
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    made = make_store(tmp_path / "var")
    yield made
    made.close()


def test_a_ready_statement_gives_the_rows_that_sqlalchemy_gives(store: SqlStore) -> None:
    for number in ("1-1", "1-2", "1-3"):
        create_held(store, number)
    with store._reading() as connection:
        for first in (1, 2, 9):
            expected = [tuple(row) for row in run(connection, _OF_STATE, {"first": first})]
            assert run(connection, Ready(_OF_STATE), {"first": first}) == expected
        assert [row[0] for row in Ready(_OF_STATE).run(connection, {"first": 2})] == [2, 3]


def test_a_ready_statement_takes_no_value_for_granted_that_was_not_given(store: SqlStore) -> None:
    with store._reading() as connection, pytest.raises(KeyError, match="first"):
        Ready(_OF_STATE).run(connection)
    insert = Ready(sa.insert(LOOKS), ("name", "row"))
    with store._reading() as connection, pytest.raises(KeyError, match="row"):
        insert.run(connection, {"name": "folder"})


def test_what_a_ready_statement_wrote_is_gone_with_its_transaction(store: SqlStore) -> None:
    def write_and_fail() -> None:
        with store.writing() as writing:
            writing.record_look(HealthRecord("folder"))
            assert store.look("folder") == HealthRecord("folder")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert store.look("folder") is None


def test_a_ready_question_leaves_no_transaction_open(store: SqlStore) -> None:
    assert store.by_number("1-1") == ()
    assert not store._connection().in_transaction()
    driver = store._connection().connection.driver_connection
    assert driver is not None
    assert not driver.in_transaction


def test_a_ready_question_that_the_disk_does_not_answer_is_unavailable_and_the_connection_given_up(
    store: SqlStore,
) -> None:
    before = store._connection()
    driver = before.connection.driver_connection
    assert driver is not None
    driver.set_progress_handler(lambda: 1, 1)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        store.by_number("1-1")
    assert store._connection() is not before
    assert store.by_number("1-1") == ()


def test_without_a_connection_there_is_no_answer() -> None:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    connection = engine.connect()
    connection.close()
    with pytest.raises(sa.exc.ResourceClosedError):
        Ready(sa.select(sa.literal(1))).run(connection)
    engine.dispose()
