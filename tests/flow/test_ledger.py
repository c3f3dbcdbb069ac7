"""The ledger of a mailbox: each message in the window has its row, under any fault of the server; none is taken twice.

The pipeline and its database are real; the IMAP server is scripted, so that it can renumber, lie and refuse.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.test_overlap import NoPdfs, Relay, announcement
from tests.support.fakes import FakeClock, mailbox_of
from tests.support.office import Office
from tests.support.scripted_imap import Fault, ScriptedImap
from tests.support.stores import open_store
from worker.config.settings import Security
from worker.core.errors import Unavailable
from worker.core.mailbox_actions import parse_after
from worker.core.model import Disposition
from worker.pipeline.pipeline import Pipeline
from worker.pipeline.watch import COMPARED, COUNT_AGAIN
from worker.service.wiring import load_installation
from worker.store.sqlite.store import SqlStore, create_or_migrate
from worker.watch.imap.mailbox import ImapAccount, ImapMailbox

SINCE = dt.date(2026, 1, 1)
PLAIN = b'"text" "plain" ("charset" "utf-8") NIL NIL "7bit" 20 1 NIL NIL NIL NIL'
PRICES = b"From: shop@store.example\r\nSubject: prices\r\nContent-Type: text/plain\r\n\r\nDear customer\r\n"


def announced(number: int) -> bytes:
    """An announcement; the number makes it another one than the rest, of the same size."""
    return announcement(number).content


class World:
    """A server, a database, and a pipeline that can be started again on it."""

    def __init__(self, root: Path, server: ScriptedImap) -> None:
        self.server = server
        self.clock = FakeClock()
        self.office = load_installation(str(Office(root).config))
        create_or_migrate(root / "var")
        self.root = root / "var"
        self.store: SqlStore = open_store(self.root, self.clock)
        self.boxes: list[ImapMailbox] = []
        self.begin()

    def begin(self, after: str = "nothing") -> None:
        """Another process, with another connection."""
        self.close()
        self.store = open_store(self.root, self.clock)
        self.pipeline = Pipeline(self.store, NoPdfs(), Relay(), self.clock, "account", self.office.active_config)
        self.box = ImapMailbox(
            "main",
            ImapAccount(
                host="127.0.0.1", port=self.server.port, security=Security.NONE, user="u", password="p", read_seconds=2
            ),
            after=parse_after(after),
        )
        self.boxes.append(self.box)

    def close(self) -> None:
        self.store.close()
        for box in getattr(self, "boxes", []):
            box.close()

    async def look(self) -> int:
        return await self.pipeline.watch_mailbox(mailbox_of(self.box), SINCE)

    def give(self, uid: int, content: bytes, message_id: bytes = b"") -> None:
        """A message; the structure of plain text is reported."""
        self.server.messages[uid] = content
        self.server.structures.pop(uid, None)
        if content.startswith(b"From: shop"):
            self.server.structures[uid] = PLAIN
        if message_id:
            self.server.ids[uid] = message_id

    @property
    def ends(self) -> dict[int, Disposition]:
        """By UID under the numbering that holds now."""
        look = self.store.health_of("mail:main")
        assert look is not None
        return {row.uid: row.end for row in self.store.messages("main") if row.uidvalidity == look.uidvalidity}

    @property
    def gap(self) -> tuple[int, int]:
        look = self.store.health_of("mail:main")
        assert look is not None
        return look.in_window, look.gap

    @property
    def fetched(self) -> list[int]:
        """UIDs of whole messages that were asked for since the last question."""
        asked = [re.match(rb"UID FETCH ([\d,]+) \(BODY\.PEEK\[\]", command) for command in self.server.commands]
        self.server.commands.clear()
        return [int(uid) for found in asked if found for uid in found[1].split(b",")]

    def count(self) -> int:
        return len(self.store.submissions())


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ScriptedImap({}, capabilities=b"IMAP4rev1 MOVE UIDPLUS") as server:
        made = World(tmp_path, server)
        yield made
        made.close()


# --- Headers first ----------------------------------------------------------------------------------------------


async def test_only_the_bodies_of_candidates_are_fetched_and_every_message_has_its_row(world: World) -> None:
    for uid in (1, 2, 4, 5):
        world.give(uid, PRICES)
    world.give(3, announced(3))
    assert await world.look() == 1
    assert world.fetched == [3]
    assert world.ends == {
        1: Disposition.NOT_OURS,
        2: Disposition.NOT_OURS,
        3: Disposition.ANNOUNCEMENT,
        4: Disposition.NOT_OURS,
        5: Disposition.NOT_OURS,
    }
    (row,) = [row for row in world.store.messages("main") if row.uid == 1]
    assert (row.sender, row.subject, row.why) == ("shop@store.example", "prices", "no announcement and no notice")
    assert await world.look() == 0
    assert world.fetched == []


async def test_a_message_whose_first_bytes_cannot_be_had_is_fetched(world: World) -> None:
    world.give(1, PRICES)
    world.server.faults.append(Fault(rb"UID FETCH 1 \(BODY\.PEEK\[1\]", b"TAG NO not now\r\n"))
    await world.look()
    assert world.fetched == [1]


async def test_a_look_that_is_broken_off_leaves_no_gap_below_what_it_recorded(world: World) -> None:
    world.give(1, announced(1))
    for uid in (2, 3, 6):
        world.give(uid, PRICES)
    world.give(4, announced(4) + b"x" * 4_100_000)  # alone in its block, as the next one
    world.give(5, announced(5) + b"x" * 4_100_000)
    world.server.faults.append(Fault(rb"UID FETCH [45] \(BODY", "drop"))
    with pytest.raises(Unavailable):
        await world.look()
    assert world.store.last_uid("main", 7) in {1, 4}
    world.server.faults.clear()
    world.clock.let_pass(hours=1)
    await world.look()
    assert set(world.ends) == {1, 2, 3, 4, 5, 6}
    await world.look()  # that which broke the connection is tried again
    assert world.count() == 3
    assert world.gap[1] == 0


async def test_a_backlog_longer_than_one_block_is_taken_whole(world: World) -> None:
    for uid in range(1, 1203):
        world.give(uid, PRICES)
    world.give(1100, announced(1100))
    assert await world.look() == 1
    assert len(world.ends) == 1202
    assert world.gap[1] == 0


# --- The gap ----------------------------------------------------------------------------------------------------


async def test_the_gap_is_nothing_and_a_hole_in_the_ledger_is_found_and_filled(world: World) -> None:
    await world.look()
    for uid in (1, 2, 3):
        world.give(uid, PRICES)
    await world.look()
    assert world.gap == (3, 0)
    with contextlib.closing(sqlite3.connect(world.root / "hoshobin.sqlite3")) as database, database:
        database.execute("delete from messages where uid = 2")
    database.close()
    await world.look()
    assert set(world.ends) == {1, 3}, "the count is made once an hour"
    world.clock.let_pass(seconds=COUNT_AGAIN.total_seconds())
    await world.look()
    assert set(world.ends) == {1, 2, 3}
    assert world.gap == (3, 0)


async def test_status_shows_the_window_the_gap_and_when_it_was_counted(world: World, tmp_path: Path) -> None:
    await world.look()
    world.give(1, PRICES)
    await world.look()
    world.store.close()
    office = Office(tmp_path)
    (main,) = [each for each in office("status", "--json").document["looks"] if each["name"] == "mail:main"]
    assert (main["in_window"], main["gap"]) == (1, 0)
    assert "取りこぼし 0通" in office("status").out
    assert "確認できていません" in office("status").out, "the fake clock's looks are long ago, or in the future"
    world.store = open_store(world.root, world.clock)


# --- Another numbering ------------------------------------------------------------------------------------------


async def renumber(world: World, uidvalidity: int) -> None:
    """The same messages in another order, under other UIDs."""
    server = world.server
    messages = [(server.ids.get(uid, b"<%d@b.example>" % uid), server.messages[uid]) for uid in sorted(server.messages)]
    server.messages.clear()
    server.ids.clear()
    server.structures.clear()
    for uid, (message_id, content) in enumerate(reversed(messages), 1):
        world.give(uid, content, message_id)
    server.uidvalidity = uidvalidity


@pytest.mark.parametrize("uidvalidity", [8, 7])
async def test_what_was_renumbered_is_known_again_by_its_headers_alone(world: World, uidvalidity: int) -> None:
    for uid in (11, 12, 14):
        world.give(uid, announced(uid))
    world.give(13, PRICES)
    await world.look()
    assert world.count() == 3
    assert len(world.fetched) == 3
    await renumber(world, uidvalidity)
    world.give(5, announced(99))
    await world.look()
    assert world.fetched == [5]
    assert world.count() == 4
    assert sorted(world.ends) == [1, 2, 3, 4, 5]
    world.begin()
    await world.look()
    assert world.fetched == []
    assert world.gap[1] == 0


async def test_messages_with_one_id_size_and_date_are_told_apart_by_their_bytes(world: World) -> None:
    for uid in (1, 2):
        world.give(uid, announced(uid), b"<same@surety.example>")
    await world.look()
    before = {row.uid: row.submissions for row in world.store.messages("main")}
    assert len(world.fetched) == 2
    entries = world.store.head()
    await renumber(world, 8)
    await world.look()
    assert sorted(world.fetched) == [1, 2]
    now = {row.uid: row.submissions for row in world.store.messages("main") if row.uidvalidity == 8}
    assert (now[1], now[2]) == (before[2], before[1])
    assert world.store.head() == entries, "nothing came in"


async def test_the_same_uid_with_other_bytes_is_taken_once_and_nothing_else_again(world: World) -> None:
    await world.look()
    for uid in (1, 2, 3):
        world.give(uid, announced(uid))
    await world.look()
    assert world.count() == 3
    assert len(world.fetched) == 3
    world.give(2, announced(77), b"<other@surety.example>")
    world.server.close_connections()
    await world.look()
    assert world.fetched == [2]
    assert world.count() == 4
    for _ in range(3):
        world.server.close_connections()
        await world.look()
    assert world.fetched == []
    assert world.count() == 4
    assert world.gap == (3, 0)


async def test_other_bytes_far_below_the_newest_are_found_within_the_hours_of_one_round(world: World) -> None:
    for uid in range(1, COMPARED + 6):
        world.give(uid, PRICES)
    await world.look()
    world.give(3, announced(3))
    world.server.close_connections()
    await world.look()
    assert world.count() == 0, "a new connection alone compares the newest"
    world.clock.let_pass(seconds=COUNT_AGAIN.total_seconds())
    await world.look()
    assert world.count() == 1
    assert world.gap[1] == 0


async def test_two_looks_at_one_mailbox_with_one_database_take_nothing_twice(world: World, tmp_path: Path) -> None:
    for uid in (1, 2, 3):
        world.give(uid, announced(uid))
    first, box = world.pipeline, world.box
    world.boxes.clear()
    second_store = open_store(world.root, world.clock)
    other = Pipeline(second_store, NoPdfs(), Relay(), world.clock, "other", world.office.active_config)
    assert await first.watch_mailbox(mailbox_of(box), SINCE) == 3
    assert await other.watch_mailbox(mailbox_of(box), SINCE) == 0
    world.give(4, announced(4))
    assert await other.watch_mailbox(mailbox_of(box), SINCE) == 1
    assert await first.watch_mailbox(mailbox_of(box), SINCE) == 0
    assert world.count() == 4
    second_store.close()
    box.close()


# --- Afterwards, in the mailbox ---------------------------------------------------------------------------------


async def settled(world: World, after: str) -> World:
    world.begin(after)
    await world.look()
    world.give(1, PRICES)
    world.give(2, announced(2))
    await world.look()
    return world


async def test_nothing_is_done_in_the_mailbox_unless_it_is_asked_for(world: World) -> None:
    await settled(world, "nothing")
    assert world.server.flags == {}
    assert not [command for command in world.server.commands if command.startswith(b"SELECT")]


async def test_a_message_with_an_end_is_marked_as_seen_once_and_other_mail_is_left(world: World) -> None:
    await settled(world, "seen")
    assert world.server.flags == {2: {b"\\Seen"}}
    world.server.flags.clear()  # somebody marks it as unread
    await world.look()
    world.begin("seen")
    await world.look()
    assert world.server.flags == {}


@pytest.mark.parametrize("offers", [b"IMAP4rev1 MOVE", b"IMAP4rev1 UIDPLUS"])
async def test_a_message_with_an_end_is_moved_alone(world: World, offers: bytes) -> None:
    world.server.capabilities = offers
    world.server.flags[1] = {b"\\Deleted"}  # of somebody else, not expunged yet
    await settled(world, "move:Done")
    assert world.server.folders == {b"Done": [announced(2)]}
    assert world.server.messages == {1: PRICES}
    assert await world.look() == 0
    assert world.gap[1] == 0


async def test_where_the_server_cannot_move_one_message_alone_nothing_is_removed(world: World) -> None:
    world.server.capabilities = b"IMAP4rev1"
    await settled(world, "move:Done")
    assert sorted(world.server.messages) == [1, 2]
    assert "neither MOVE nor UIDPLUS" in str(world.pipeline.watching.actions.failures["mail:main"])


FAILURES: list[tuple[str, bytes, str | bytes]] = [
    ("seen", b"UID STORE", b"TAG NO not now\r\n"),
    ("seen", b"UID STORE", "drop"),
    ("move:Done", b"UID MOVE", b"TAG NO [TRYCREATE] no such folder\r\n"),
    ("move:Done", b"UID MOVE", "drop"),
    ("seen", b"SELECT", b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [READ-ONLY] x\r\nTAG OK [READ-ONLY] x\r\n"),
]


@pytest.mark.parametrize(("after", "command", "act"), FAILURES)
async def test_what_fails_afterwards_changes_no_row_and_is_tried_again_also_after_a_restart(
    world: World, after: str, command: bytes, act: str | bytes
) -> None:
    world.server.faults.append(Fault(command, act))
    await settled(world, after)
    ends = world.ends
    assert ends == {1: Disposition.NOT_OURS, 2: Disposition.ANNOUNCEMENT}
    assert "mail:main" in world.pipeline.watching.actions.failures
    await world.look()
    assert world.ends == ends
    world.begin(after)
    world.server.faults.clear()
    await world.look()
    assert world.ends == ends
    assert world.pipeline.watching.actions.failures == {}
    assert world.server.flags == {2: {b"\\Seen"}} or world.server.folders == {b"Done": [announced(2)]}
    assert world.count() == 1


@pytest.mark.parametrize(
    ("command", "act"),
    [
        (b"UID COPY", "half"),  # done, and the answer is lost
        (b"UID STORE", b"TAG NO not now\r\n"),
        (b"UID STORE", "drop"),
        (b"UID EXPUNGE", b"TAG NO not now\r\n"),
        (b"UID EXPUNGE", "drop"),
    ],
)
@pytest.mark.parametrize("begins_anew", [False, True])
async def test_a_copy_whose_original_could_not_be_removed_is_not_copied_again_also_after_a_crash(
    *, begins_anew: bool, command: bytes, act: str | bytes, world: World
) -> None:
    world.server.capabilities = b"IMAP4rev1 UIDPLUS"
    world.server.faults.append(Fault(command, act, times=2))
    await settled(world, "move:Done")
    for _ in range(3):
        if begins_anew:
            world.begin("move:Done")
        await world.look()
    assert world.gap[1] == 0
    assert world.server.folders == {b"Done": [announced(2)]}
    assert sorted(world.server.messages) == [1]


def test_the_announcements_of_these_tests_differ_in_their_bytes_alone() -> None:
    assert len({announced(number) for number in (1, 2, 3)}) == 3
    assert len({len(announced(number)) for number in (1, 2, 3)}) == 1
