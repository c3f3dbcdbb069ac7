"""Addresses that an office has written to before: the first mail to any other is held for a second look."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import secrets
import sqlite3
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.parts import with_fields
from tests.support.world import ACCOUNT, COMPANY, OFFICE, WORKER
from worker.audit.chain import GENESIS, canonical, chain, fold, read_entry
from worker.core.message_id import IDENTITY_BYTES
from worker.core.model import (
    JST,
    Address,
    ApprovalRecord,
    Attachment,
    Channel,
    Composition,
    Delivery,
    Destination,
    Draft,
    NoticeRecord,
    Product,
    Source,
    Submission,
    sha256,
)
from worker.core.states import Event, State
from worker.match.match import FIRST_START
from worker.store.ports import IDENTITY
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.queries import DEFAULTS, StoreReads, fields_of
from worker.store.sqlite.store import SqlStore, create_or_migrate

LONG_AGO = dt.datetime(2020, 4, 1, 9, tzinfo=JST)
"""The first start of an office that has had the product for long."""
_PAST = Submission(
    id=0,
    state=State.CONFIRMED,
    destination=Destination(channel=Channel.EMAIL),
    delivery=Delivery(reply="250 2.0.0 Ok: queued before"),
)
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
            sender=Address(OFFICE),
            sender_name=COMPANY,
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
            source=Source(came_by="folder", proven=True),
            notice=NoticeRecord(
                pdf_sha256=writing.keep("notice", f"%PDF-1.4 {issuer} {number}".encode()),
                guarantor="east",
                product=product,
                contract_number=number,
            ),
            destination=Destination(issuer=issuer, channel=Channel.EMAIL),
            composed=Composition(draft=draft, draft_hash=sha256(draft.message_id.encode())),
            approval=ApprovalRecord(release="auto"),
        )
        past = writing.create(Event.NOTICE_READ, with_fields(past, **fields), WORKER, {})
        for event, state in _STEPS:
            moment = (sent_at or past.created_at) if state is State.SENT else None
            after = dataclasses.replace(past, state=state, delivery=dataclasses.replace(past.delivery, sent_at=moment))
            past = writing.change(event, past, after, WORKER, {})
    return past


def make_known(
    folder: Path, *known: tuple[str, str, tuple[str, ...]], at: dt.datetime = dt.datetime(2026, 11, 21, 8, tzinfo=JST)
) -> None:
    """Make addresses known in the database of ``folder``, as (issuer, section, addresses); make it if there is none.

    Each is a past submission numbered 0, -1 …: so the first of a test is still number 1. Its one entry makes no row of
    the sent-mail log. The office has had the product for long: what comes in is not from before.
    """
    database = folder / FILE_NAME
    is_new = not database.exists()
    if is_new:
        database.parent.mkdir(parents=True, exist_ok=True)
        database.write_bytes(_empty_database())
        database.chmod(0o600)
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        for issuer, section, addresses in known:
            _add_past(connection, issuer, section, addresses, at)
        _say_installed(connection, LONG_AGO)
        if is_new:  # each is made from one empty database, and no two offices are one
            own = (secrets.token_hex(IDENTITY_BYTES), IDENTITY)
            connection.execute("UPDATE properties SET value = ? WHERE name = ?", own)


def say_installed(folder: Path, moment: dt.datetime = LONG_AGO) -> None:
    """Make ``moment`` the first start of the product in the database of ``folder``."""
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        _say_installed(connection, moment)


def _say_installed(connection: sqlite3.Connection, moment: dt.datetime) -> None:
    values = (FIRST_START, moment.isoformat())
    connection.execute("INSERT OR REPLACE INTO properties (name, value) VALUES (?, ?)", values)


def _add_past(
    connection: sqlite3.Connection, issuer: str, section: str, addresses: Iterable[str], at: dt.datetime
) -> None:
    (lowest,) = connection.execute("SELECT min(id) FROM submissions WHERE id <= 0").fetchone()
    last = connection.execute("SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1").fetchone()
    past = dataclasses.replace(
        _PAST, destination=dataclasses.replace(_PAST.destination, issuer=issuer, section=section)
    )
    content = {
        "at": at,
        "event": "Confirmed before",
        "submission": 0 if lowest is None else lowest - 1,
        "by": ACCOUNT,
        "account": "",
        "detail": {},
        "set": {name: value for name, value in fields_of(past).items() if value != DEFAULTS[name]},
    }
    line = chain(last or (0, GENESIS), content)
    entry = read_entry(line)
    connection.execute(
        "INSERT INTO entries (number, body, previous_hash, hash) VALUES (?, ?, ?, ?)",
        (line.number, line.body, line.previous_hash, line.hash),
    )
    row = canonical(fold({}, entry))
    connection.execute("INSERT INTO submissions (id, row) VALUES (?, ?)", (entry.submission, row))
    rows = [(address, entry.submission) for address in dict.fromkeys(addresses)]
    connection.executemany("INSERT INTO sent_to (address, submission) VALUES (?, ?)", rows)


def sections_with(issuers: Mapping[str, str], addresses: Iterable[str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """For ``make_known``: those of ``addresses`` that each section receives at, in the TOML of each issuer."""
    wanted, found = set(addresses), []
    for issuer, text in issuers.items():
        for section, table in tomllib.loads(text).get("section", {}).items():
            own = tuple(each for each in (*table.get("to", ()), *table.get("cc", ())) if each in wanted)
            if own:
                found.append((issuer, section, own))
    return found


class _WithoutPast:
    """A list of all submissions, in this process, leaves out those that only make addresses known."""

    def walk_submissions(self: StoreReads, *states: State) -> Iterator[Submission]:
        return (each for each in _WALK(self, *states) if each.id > 0)

    def walk_recent(self: StoreReads, today: dt.date, since: dt.datetime) -> Iterator[Submission]:
        return (each for each in _WALK_RECENT(self, today, since) if each.id > 0)

    def count_by_state(self: StoreReads) -> Mapping[State, int]:
        past = Counter(each.state for each in _WALK(self) if each.id <= 0)
        counted = {state: count - past[state] for state, count in _COUNT(self).items()}
        return {state: count for state, count in counted.items() if count}


_WALK, _WALK_RECENT, _COUNT = StoreReads.walk_submissions, StoreReads.walk_recent, StoreReads.count_by_state
StoreReads.walk_submissions = _WithoutPast.walk_submissions  # type: ignore[assignment]
StoreReads.walk_recent = _WithoutPast.walk_recent  # type: ignore[assignment]
StoreReads.count_by_state = _WithoutPast.count_by_state  # type: ignore[assignment]


@cache
def _empty_database() -> bytes:
    """The database of a first run: migrating takes longer than most tests."""
    with TemporaryDirectory() as folder:
        create_or_migrate(Path(folder))
        return (Path(folder) / FILE_NAME).read_bytes()
