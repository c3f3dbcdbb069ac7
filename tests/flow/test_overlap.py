"""Reading and sending overlap: the result of a block of messages is recorded at once, and a look is reported once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from tests.support.fakes import mailbox_of
from tests.support.office import EAST, Office
from tests.support.stores import open_store
from worker.core.errors import Unavailable
from worker.core.mailbox_actions import MailboxAction
from worker.core.model import JST
from worker.pipeline.pipeline import Pipeline
from worker.send.ports import Body, Data, Reply, Session, Step
from worker.service.clock import SystemClock
from worker.service.wiring import load_installation
from worker.store.sqlite.store import SqlStore, create_or_migrate
from worker.watch.ports import Fetched, Header, IdleResult, SelectedMailbox

WHEN = dt.datetime(2026, 11, 20, 9, tzinfo=JST)
SINCE = dt.date(2026, 1, 1)


def announcement(uid: int) -> Fetched:
    mail = EmailMessage()
    mail["From"] = "netdesk@surety.example"
    mail["Subject"] = EAST
    mail["Message-ID"] = f"<{uid}@surety.example>"
    mail.set_content("発行が完了しました。\n")
    raw = mail.as_bytes(policy=SMTP)
    return Fetched(Header(uid, len(raw), WHEN, f"<{uid}@surety.example>"), raw)


class Mailbox:
    """Announcements in blocks of one; in place of the UID ``breaks_at`` the connection is lost."""

    name = "main"
    after = MailboxAction()

    def __init__(self, count: int, breaks_at: int = 0) -> None:
        self._messages = {uid: announcement(uid) for uid in range(1, count + 1)}
        self._breaks_at = breaks_at

    def open(self) -> SelectedMailbox:
        return SelectedMailbox(1, len(self._messages) + 1, len(self._messages))

    def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        return tuple(uid for uid in self._messages if uid >= first)

    def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        return tuple(self._messages[uid].header for uid in uids)

    fetch_summaries = headers

    def fetch_prefixes(self, headers: Sequence[Header]) -> dict[int, dict[str, bytes]]:
        return {}

    def apply_mailbox_action(self, uids: Sequence[int]) -> None:
        raise AssertionError(uids)

    def listen(self, seconds: float) -> IdleResult:
        return IdleResult.NOT_OFFERED

    def blocks(self, headers: Sequence[Header]) -> Iterator[tuple[Fetched, ...]]:
        for header in headers:
            if header.uid == self._breaks_at:
                raise Unavailable("imap", "lost")
            yield (self._messages[header.uid],)


class NoPdfs:
    async def read(self, pdf: bytes) -> Any:
        raise AssertionError("there is none to read")


class Relay:
    """Takes everything and counts the mails."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def open(self) -> Session:
        return Session("relay.example", "", dsn=False)

    async def perform(self, step: Step) -> Reply:
        if isinstance(step, Body):
            self.mails.append(step.content)
        return Reply(354 if isinstance(step, Data) else 250, "ok", SystemClock().now())


async def at_once(call: Callable[..., Any], *args: Any) -> Any:
    return call(*args)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    create_or_migrate(tmp_path / "var")
    opened = open_store(tmp_path / "var", SystemClock())
    yield opened
    opened.close()


@pytest.fixture
def relay() -> Relay:
    return Relay()


@pytest.fixture
def pipeline(tmp_path: Path, store: SqlStore, relay: Relay) -> Pipeline:
    office = load_installation(str(Office(tmp_path).config))
    return Pipeline(store, NoPdfs(), relay, SystemClock(), "account", office.active_config)


async def test_a_block_is_recorded_and_may_be_sent_while_a_later_one_is_still_fetched(
    pipeline: Pipeline, store: SqlStore
) -> None:
    recorded, answered = asyncio.Event(), asyncio.Event()
    pipeline.on_recorded = recorded.set
    asked: list[Callable[..., Any]] = []

    async def slow_from_the_third(call: Callable[..., Any], *args: Any) -> Any:
        asked.append(call)
        if [each.__name__ for each in asked].count("_next_block") >= 3:
            await answered.wait()
        return call(*args)

    look = asyncio.create_task(pipeline.watch_mailbox(mailbox_of(Mailbox(4), slow_from_the_third), SINCE))
    await asyncio.wait_for(recorded.wait(), 10)
    assert store.last_uid("main", 1) in {1, 2}
    assert not look.done()
    answered.set()
    assert await look == 4
    assert store.last_uid("main", 1) == 4


async def test_what_was_read_is_recorded_though_the_next_block_cannot_be_fetched(
    pipeline: Pipeline, store: SqlStore
) -> None:
    with pytest.raises(Unavailable, match="lost"):
        await pipeline.watch_mailbox(mailbox_of(Mailbox(5, breaks_at=3), at_once), SINCE)
    assert store.last_uid("main", 1) == 2
    assert await pipeline.watch_mailbox(mailbox_of(Mailbox(5), at_once), SINCE) == 3


async def test_a_look_that_began_to_wait_several_times_is_told_in_one_mail(
    pipeline: Pipeline, store: SqlStore, relay: Relay
) -> None:
    waiting_meanwhile = []

    async def with_a_sending_pass(call: Callable[..., Any], *args: Any) -> Any:
        waiting_meanwhile.append(len(store.alarms_waiting()))
        assert await pipeline.notify_operator() is None
        return call(*args)

    assert await pipeline.watch_mailbox(mailbox_of(Mailbox(6), with_a_sending_pass), SINCE) == 6
    assert max(waiting_meanwhile) > 1
    assert relay.mails == []
    assert await pipeline.notify_operator() is None
    assert len(relay.mails) == 1


async def test_a_look_that_was_broken_off_no_longer_keeps_the_operator_waiting(
    pipeline: Pipeline, relay: Relay
) -> None:
    with pytest.raises(Unavailable):
        await pipeline.watch_mailbox(mailbox_of(Mailbox(2, breaks_at=2), at_once), SINCE)
    assert await pipeline.notify_operator() is None
    assert len(relay.mails) == 1
