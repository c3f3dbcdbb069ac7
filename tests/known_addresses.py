"""Addresses that an office has written to before: the first mail to any other is held for a second look."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import sqlite3
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from worker.adapters.store import SqlStore, create_or_migrate
from worker.adapters.store.schema import FILE_NAME
from worker.before import FIRST_START
from worker.model import JST, Address, Attachment, Channel, Draft, Product, Submission, sha256
from worker.ports import Author
from worker.states import Event, State

LONG_AGO = dt.datetime(2020, 4, 1, 9, tzinfo=JST)
"""The first start of an office that has had the product for long."""
WORKER = Author("hoshobin", "hoshobin")
_STEPS = (
    (Event.SEND_STARTED, State.SENDING),
    (Event.DATA_STARTED, State.IN_DOUBT),
    (Event.ACCEPTED, State.SENT),
)


def record_past_submission(
    store: SqlStore,
    issuer: str,
    product: Product,
    addresses: Iterable[str],
    *,
    number: str = "90001-000001",
    sent_at: dt.datetime | None = None,
    attachments: tuple[Attachment, ...] = (),
    **fields: Any,
) -> Submission:
    """A submission that was released, sent and accepted, by the events that a real one goes through.

    ``fields`` are others of the submission: ``section``, ``project``, ``duties`` …
    """
    to = tuple(map(Address, addresses))
    with store.writing() as writing:
        draft = Draft(
            sender=Address("soumu@contractor.example"),
            sender_name="〇〇建設 株式会社",
            to=to,
            cc=(),
            subject="以前の提出",
            body_sha256=writing.keep("body", b"past\n"),
            attachments=attachments,
            message_id=f"<past.{number}.{issuer}@contractor.example>",
        )
        past = Submission(
            id=0,
            state=State.APPROVED,
            came_by="folder",
            proven=True,
            pdf_sha256=writing.keep("notice", f"%PDF-1.4 {issuer} {number}".encode()),
            guarantor="east",
            product=product,
            contract_number=number,
            issuer=issuer,
            channel=Channel.EMAIL,
            draft=draft,
            draft_hash=sha256(draft.message_id.encode()),
            release="auto",
        )
        past = writing.create(Event.NOTICE_READ, dataclasses.replace(past, **fields), WORKER, {})
        for event, state in _STEPS:
            moment = (sent_at or past.created_at) if state is State.SENT else None
            after = dataclasses.replace(past, state=state, sent_at=moment)
            past = writing.change(event, past, after, WORKER, {})
    return past


def make_known(folder: Path, *addresses: str) -> None:
    """Make ``addresses`` known in the database of ``folder``, and the database where there is none.

    Only the index over past submissions is written, not a submission: so the first of a test is still number 1. The
    office has had the product for long: what comes in is not from before.
    """
    database = folder / FILE_NAME
    if not database.exists():
        database.parent.mkdir(parents=True, exist_ok=True)
        database.write_bytes(_empty_database())
        database.chmod(0o600)
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        rows = [(address,) for address in addresses]
        connection.executemany("INSERT OR IGNORE INTO sent_to (address, submission) VALUES (?, 0)", rows)
        _say_installed(connection, LONG_AGO)


def say_installed(folder: Path, moment: dt.datetime = LONG_AGO) -> None:
    """Make ``moment`` the first start of the product in the database of ``folder``."""
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        _say_installed(connection, moment)


def _say_installed(connection: sqlite3.Connection, moment: dt.datetime) -> None:
    values = (FIRST_START, moment.isoformat())
    connection.execute("INSERT OR REPLACE INTO properties (name, value) VALUES (?, ?)", values)


@cache
def _empty_database() -> bytes:
    """What a first run makes: migrating takes longer than most tests."""
    with TemporaryDirectory() as folder:
        create_or_migrate(Path(folder))
        return (Path(folder) / FILE_NAME).read_bytes()
