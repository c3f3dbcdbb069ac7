"""A store in a folder of its own, with a clock that moves by a second whenever it is read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from tests.support.world import COMPANY, HANAKO, MIHON_TO, NUMBER, OFFICE, START, WORKER
from worker.core.clock import Clock
from worker.core.model import Address, Composition, Draft, NoticeRecord, Sha256, Submission
from worker.core.states import Event, State
from worker.store.sqlite import store as product
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore, create_or_migrate


class SteppingClock:
    def __init__(self) -> None:
        self.moment = START

    def now(self) -> dt.datetime:
        self.moment += dt.timedelta(seconds=1)
        return self.moment


_OPENED: list[SqlStore] = []


def open_store(folder: Path, clock: Clock, patience: float = 5.0) -> SqlStore:
    """The store in ``folder`` as the product opens it. It is closed when the test ends (tests/conftest.py)."""
    store = product.open_store(folder, clock, patience)
    _OPENED.append(store)
    return store


def close_stores() -> None:
    """Closes what ``open_store`` opened: from 3.13 on sqlite3 warns about a connection that the collector closes."""
    while _OPENED:
        _OPENED.pop().close()


@functools.cache
def _empty_database() -> bytes:
    """Returns a database as the product makes it, without its secret and its identity: each store has its own."""
    with tempfile.TemporaryDirectory() as folder:
        create_or_migrate(Path(folder))
        file = Path(folder) / FILE_NAME
        with closing(sqlite3.connect(file)) as database:
            assert database.execute("DELETE FROM properties").rowcount == 2
            database.commit()
        return file.read_bytes()


def make_database(folder: Path) -> None:
    """Makes what ``create_or_migrate`` makes, with copied tables: their statements take twice as long as the rest."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / FILE_NAME
    if not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(_empty_database())
    create_or_migrate(folder)


def make_store(folder: Path, patience: float = 5.0) -> SqlStore:
    make_database(folder)
    return open_store(folder, SteppingClock(), patience)


PEOPLE = ("accounts", "sessions", "invitations", "login_attempts", "taken_on")


def make_revision_0005(database: sqlite3.Connection) -> None:
    """The database as the program before revision 0006 made it, with what is in it but people."""
    for name in PEOPLE:
        database.execute(f"DROP TABLE {name}")
    fields = ["contract_number", "project", "project_name", "notice_name", "issuer", "issuer_name", "spelled_number"]
    for name in (*(f"entries_by_{field}" for field in fields), "messages_of_alarms", "uploads_by_hash"):
        database.execute(f"DROP INDEX {name}")
    database.execute("UPDATE alembic_version SET version_num = '0005'")


def make_revision_0003(database: sqlite3.Connection) -> None:
    """The database as the program before revision 0004 made it, with what is in it."""
    for name in ("are_counted", "are_counted_again", "are_counted_off"):
        database.execute(f"DROP TRIGGER submissions_{name}")
    for name in ("open_submissions", "spelled_numbers", "submission_counts"):
        database.execute(f"DROP TABLE {name}")
    make_revision_0005(database)
    for name in ("by_correction", "by_change", "by_guarantor", "unannounced", "awaiting_news", "standing"):
        database.execute(f"DROP INDEX submissions_{name}")
    for name in ("messages_due_after", "files_by_content", "entries_of_early_reports", "entries_by_moment"):
        database.execute(f"DROP INDEX {name}")
    database.execute("DROP INDEX submissions_by_contract_number")
    database.execute("CREATE INDEX submissions_by_contract_number ON submissions (contract_number)")
    for name in ("corrects", "updated_at"):
        database.execute(f"ALTER TABLE submissions DROP COLUMN {name}")
    database.execute("ALTER TABLE files DROP COLUMN sha256")
    database.execute("UPDATE alembic_version SET version_num = '0003'")


def draft_of(message_id: str, body: Sha256) -> Draft:
    return Draft(
        sender=Address(OFFICE),
        sender_name=COMPANY,
        to=(Address(MIHON_TO),),
        cc=(),
        subject="契約保証にかかる認証キー【道路改良工事】の提出について",
        body_sha256=body,
        attachments=(),
        message_id=message_id,
    )


def create_held(store: SqlStore, number: str = NUMBER, message_id: str = "<a.0@contractor.example>") -> Submission:
    with store.writing() as writing:
        body = writing.keep("body", message_id.encode())
        submission = Submission(
            0,
            State.HELD,
            notice=NoticeRecord(contract_number=number, guarantor="east"),
            composed=Composition(draft=draft_of(message_id, body)),
        )
        return writing.create(Event.NOTICE_READ, submission, WORKER, {"file": "お知らせ.pdf"})


def approve(store: SqlStore, held: Submission) -> Submission:
    with store.writing() as writing:
        return writing.change(
            Event.APPROVED,
            held,
            dataclasses.replace(held, state=State.APPROVED, approval=dataclasses.replace(held.approval, due_at=START)),
            HANAKO,
            {},
        )
