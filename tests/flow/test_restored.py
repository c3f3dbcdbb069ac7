"""An old backup is restored: nothing leaves until a person says so, and then no mail twice that is proven to have left.

A mail sent after the backup is unknown to it, or is still to be sent by its record. Its proof is in the mailbox: a
delivery report, or our own copy. ``head`` stays, as ``docs/install.md`` says, or is restored with the database, as a
copy of the whole machine does it. In the second case nothing stops the sending, and the proof of the mail must be found
in time.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support import decided
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.office import Mailroom, a_form, notice
from tests.support.returned import dsn, recipient
from tests.support.small_office import Form, Settings, SmallOffice, form, mail_with
from tests.support.world import HANAKO, project
from worker.approve import decisions
from worker.core.errors import LogBroken, Unavailable
from worker.core.signs import Sign
from worker.core.states import Event, Reason, State
from worker.store.sqlite.connection import FILE_NAME

ONE = form(2)
TO = "keiyaku@yama-city.example"
TRACE = b"Return-Path: <soumu@contractor.example>\r\nReceived: from relay.example; Sat, 21 Nov 2026 09:00:01 +0900\r\n"


class Restored:
    """An office that sent one notice after its backup, and what came back of it."""

    def __init__(self, root: Path, server: MisbehavingServer, mode: str) -> None:
        self.root = root
        self.server = server
        self.settings = Settings(port=server.port, mode=mode, copy_to="hikae@contractor.example", notify=())
        self.office = SmallOffice(root, self.settings)
        self.backup = root / "backup"

    def back_up(self) -> None:
        with (
            contextlib.closing(sqlite3.connect(self.root / FILE_NAME)) as database,
            contextlib.closing(sqlite3.connect(self.backup)) as copy,
        ):
            database.backup(copy)
        head = self.root / "head"
        self.backed_up_head = head.read_bytes() if head.exists() else None

    def approve(self) -> None:
        store = self.office.store
        for each in store.submissions(State.HELD):
            active_config = self.office.pipeline.active_config
            decided.approve(store, active_config, each.id, each.label, HANAKO, "確認済み", self.office.clock.now())

    async def put_back(self, *, with_head: bool) -> None:
        """The service stopped, the backup in its place, the service started again some hours later."""
        (self.left,) = self.left_mails
        (submission,) = self.office.store.submissions()
        assert submission.state is State.SENT
        message_id = submission.composed.draft.message_id if submission.composed.draft else ""
        (started,) = self.office.store.entries(submission.id, ["SendStarted"])
        self.proofs = {
            "report": dsn(recipient("delivered", "2.0.0", TO), envid=started.detail["envid"], returned=""),
            "report without envelope id": dsn(recipient("delivered", "2.0.0", TO), envid="", returned=message_id),
            "bounce": dsn(recipient("failed", "5.1.1", TO), envid="", returned=message_id),
            "copy": TRACE + self.left,
            "forged copy": TRACE + self.left.replace(b"Subject: ", b"Subject: x"),
        }
        await self.office.stop()
        for ending in ("-wal", "-shm"):
            (self.root / (FILE_NAME + ending)).unlink(missing_ok=True)
        (self.root / FILE_NAME).write_bytes(self.backup.read_bytes())
        if with_head and self.backed_up_head is None:
            (self.root / "head").unlink()
        elif with_head and self.backed_up_head is not None:
            (self.root / "head").write_bytes(self.backed_up_head)
        self.office.clock.let_pass(hours=5)
        self.office.store = type(self.office.store)(self.root, self.office.clock)
        self.office.start()

    def bring(self, each: Form, known_as: str) -> None:
        """By mail or by the folder, as the name of the case says."""
        if known_as == "unknown, by mail":
            self.office.mails.received.append(mail_with(each))
        else:
            self.office.save(each)

    @property
    def left_mails(self) -> list[bytes]:
        return [each for each in self.server.messages if b"Auto-Submitted" not in each]


@asynccontextmanager
async def restored(
    root: Path, known_as: str, mode: str = "auto", *, with_head: bool = False
) -> AsyncIterator[Restored]:
    """``known_as``: how the backup knows what was sent afterwards: as nothing, not at all, held, or about to leave."""
    async with MisbehavingServer(At.AFTER, "421") as server:
        one = Restored(root, server, mode)
        if known_as == "nothing":
            one.back_up()
        await one.office.pass_once()
        if known_as.startswith("unknown"):
            one.back_up()
        one.bring(ONE, known_as)
        await one.office.take_in()
        if known_as == "held":
            one.back_up()
        one.approve()
        if known_as == "approved":
            one.back_up()
        await one.office.finish()
        await one.put_back(with_head=with_head)
        yield one
        await one.office.stop()


KNOWN = [
    ("unknown", "auto"),
    ("unknown, by mail", "auto"),
    ("unknown", "approve"),
    ("held", "approve"),
    ("approved", "auto"),
]


@pytest.mark.parametrize(("known_as", "mode"), [*KNOWN, ("approved", "approve")])
@pytest.mark.parametrize(
    ("proof", "state"),
    [
        ("report", State.DELIVERED),
        ("report without envelope id", State.SENT),
        ("bounce", State.BOUNCED),
        ("copy", State.SENT),
    ],
)
async def test_nothing_leaves_twice_that_a_report_or_an_own_copy_proves(
    tmp_path: Path, known_as: str, mode: str, proof: str, state: State
) -> None:
    async with restored(tmp_path, known_as, mode) as one:
        one.office.mails.received.append(one.proofs[proof])
        done = await one.office.pass_once()
        assert isinstance(done.broken, LogBroken)
        decisions.resume(one.office.store, HANAKO)
        one.office.clock.let_pass(minutes=1)
        await one.office.pass_once()
        one.approve()  # a person who does not know better
        await one.office.pass_once()
        assert one.office.only().state is state
        one.office.clock.let_pass(hours=30)
        await one.office.pass_once()
        assert one.left_mails == [one.left]


@pytest.mark.parametrize(("known_as", "mode"), [*KNOWN, ("approved", "approve")])
@pytest.mark.parametrize("proof", ["report", "report without envelope id", "bounce", "copy"])
@pytest.mark.parametrize("is_resumed_first", [True, False])
async def test_with_the_head_put_back_as_well_what_lies_in_the_mailbox_keeps_it_from_leaving_twice(
    tmp_path: Path, known_as: str, mode: str, proof: str, is_resumed_first: bool
) -> None:
    async with restored(tmp_path, known_as, mode, with_head=True) as one:
        if is_resumed_first:
            decisions.resume(one.office.store, HANAKO)
            one.office.clock.let_pass(minutes=1)
        one.office.mails.received.append(one.proofs[proof])
        done = await one.office.pass_once()
        # Mail from before a person resumed is settled; otherwise the mail itself shows that the database is old.
        assert (done.broken is None) is is_resumed_first
        assert done.broken is None or done.broken.code == Sign.UNKNOWN_MAIL
        one.approve()  # a person who does not know better
        await one.office.pass_once()
        if not is_resumed_first:
            decisions.resume(one.office.store, HANAKO)
        one.office.clock.let_pass(hours=30)
        await one.office.pass_once()
        one.approve()
        await one.office.pass_once()
        assert one.left_mails == [one.left]


@pytest.mark.parametrize("known_as", ["unknown", "held"])
@pytest.mark.parametrize("proof", ["report", "report without envelope id", "bounce", "copy"])
async def test_what_comes_back_while_it_waits_for_an_approval_is_told_and_holds_it(
    tmp_path: Path, known_as: str, proof: str
) -> None:
    async with restored(tmp_path, known_as, "approve", with_head=True) as one:
        await one.office.pass_once()
        assert [hold.reason for hold in one.office.only().reasons] == [Reason.APPROVAL]
        one.office.mails.received.append(one.proofs[proof])
        await one.office.take_in()
        held = one.office.only()
        assert (held.state, Reason.MAYBE_SENT in {hold.reason for hold in held.reasons}) == (State.HELD, True)
        assert one.office.alarms()[-1] == "came_back"
        assert (await one.office.finish()).sent == 0
        one.approve()
        await one.office.pass_once()
        assert one.left_mails == [one.left], "the proof keeps it from leaving, whatever was approved"


@pytest.mark.parametrize("proof", ["report", "copy"])
async def test_what_came_before_the_notice_was_read_again_is_seen_in_its_draft(tmp_path: Path, proof: str) -> None:
    """A person who approves is warned before, not only the sender."""
    async with restored(tmp_path, "unknown", "approve", with_head=True) as one:
        one.office.mails.received.append(one.proofs[proof])
        await one.office.pass_once()
        held = one.office.only()
        assert [hold.reason for hold in held.reasons] == [Reason.MAYBE_SENT, Reason.APPROVAL]


async def test_with_the_head_put_back_and_nothing_come_back_it_leaves_again(tmp_path: Path) -> None:
    """The program cannot detect this: the documents say so."""
    async with restored(tmp_path, "approved", with_head=True) as one:
        await one.office.pass_once()
        assert len(one.left_mails) == 2


@pytest.mark.parametrize(("known_as", "mode"), KNOWN)
async def test_nothing_leaves_before_every_mailbox_was_looked_at_since_the_person_said_to_go_on(
    tmp_path: Path, known_as: str, mode: str
) -> None:
    """The proof comes when the look is already over, or the person is faster than the first look."""
    async with restored(tmp_path, known_as, mode) as one:
        decisions.resume(one.office.store, HANAKO)
        one.office.mails.received.append(one.proofs["report"])
        await one.office.finish()
        assert one.left_mails == [one.left]
        one.office.clock.let_pass(minutes=1)
        for _ in range(2):
            await one.office.pass_once()
            one.approve()
        assert one.left_mails == [one.left]
        assert one.office.only().state is State.DELIVERED


async def test_a_mailbox_that_cannot_be_looked_at_keeps_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with restored(tmp_path, "approved") as one:
        decisions.resume(one.office.store, HANAKO)
        one.office.clock.let_pass(minutes=1)
        with monkeypatch.context() as away:
            away.setattr(one.office.mails, "open", lambda: (_ for _ in ()).throw(Unavailable("imap", "away")))
            with pytest.raises(Unavailable):
                await one.office.take_in()
            assert (await one.office.finish()).sent == 0
        one.office.mails.received.append(one.proofs["copy"])
        await one.office.pass_once()
        assert (one.left_mails, one.office.only().state) == ([one.left], State.SENT)


@pytest.mark.parametrize("is_reached", [True, False])
async def test_a_mailbox_that_the_backup_never_saw_is_tried_once_before_anything_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_reached: bool
) -> None:
    """One that cannot be reached held back nothing before, and does not then."""
    async with restored(tmp_path, "nothing") as one:
        one.office.mails.received.append(one.proofs["report"])
        decisions.resume(one.office.store, HANAKO)
        one.office.clock.let_pass(minutes=1)
        with monkeypatch.context() as away:
            away.setattr(one.office.mails, "open", lambda: (_ for _ in ()).throw(Unavailable("imap", "away")))
            with pytest.raises(Unavailable):
                await one.office.take_in()
        assert (await one.office.finish()).sent == 0
        if is_reached:
            await one.office.take_in()
        else:
            failure = Unavailable("imap", "away")
            one.office.pipeline.health.failed(f"mail:{one.office.mails.name}", failure, one.office.clock.now())
        assert (await one.office.finish()).sent == (0 if is_reached else 1)


async def test_it_stays_so_over_a_restart_between_the_decision_and_the_look(tmp_path: Path) -> None:
    async with restored(tmp_path, "approved") as one:
        decisions.resume(one.office.store, HANAKO)
        await one.office.restart()
        assert (await one.office.finish()).sent == 0


@pytest.mark.parametrize(("known_as", "mode"), KNOWN)
async def test_what_nothing_proves_waits_for_the_decision_and_then_leaves_as_any_other(
    tmp_path: Path, known_as: str, mode: str
) -> None:
    async with restored(tmp_path, known_as, mode) as one:
        for _ in range(2):
            done = await one.office.pass_once()
            assert (isinstance(done.broken, LogBroken), done.sent) == (True, 0)
        assert one.office.alarms().count("log_broken:behind_head") == 1
        decisions.resume(one.office.store, HANAKO)
        one.office.clock.let_pass(minutes=1)
        one.approve()
        await one.office.pass_once()
        assert len(one.left_mails) == 2
        assert len({mail.partition(b"Message-ID: ")[2].partition(b"\r\n")[0] for mail in one.left_mails}) == 1


async def test_a_forged_copy_proves_nothing_and_what_it_speaks_of_waits_for_a_person(tmp_path: Path) -> None:
    async with restored(tmp_path, "approved") as one:
        one.office.mails.received.append(one.proofs["forged copy"])
        await one.office.pass_once()
        decisions.resume(one.office.store, HANAKO)
        one.office.clock.let_pass(minutes=1)
        await one.office.pass_once()
        held = one.office.only()
        assert (held.state, [hold.reason for hold in held.reasons]) == (State.HELD, [Reason.MAYBE_SENT])
        assert one.left_mails == [one.left]


async def test_messages_that_came_after_the_backup_are_looked_at_again_and_earlier_ones_are_not(tmp_path: Path) -> None:
    async with restored(tmp_path, "unknown, by mail") as one:
        assert list(one.office.store.messages("main")) == []
        await one.office.pass_once()
        assert [(row.uid, row.submissions) for row in one.office.store.messages("main")] == [(1, (1,))]
        assert one.office.events(1)[0] == Event.NOTICE_READ


async def test_a_copy_of_a_killed_service_put_back_with_its_log_file_knows_what_had_left(tmp_path: Path) -> None:
    """The newest changes are in the write-ahead log: a copy of the main file alone lacks them."""
    async with MisbehavingServer(At.AFTER, "421") as server:
        settings = Settings(port=server.port, mode="auto", notify=())
        office = SmallOffice(tmp_path, settings)
        office.save(ONE)
        await office.pass_once()
        assert (len(server.messages), office.only().state) == (1, State.SENT)
        names = [FILE_NAME, f"{FILE_NAME}-wal"]
        copied = {name: (tmp_path / name).read_bytes() for name in names}  # as if it were killed here
        office.clock.let_pass(hours=1)
        await office.restart()
        await office.pass_once()
        await office.stop()
        for name in (*names, f"{FILE_NAME}-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        for name, content in copied.items():
            (tmp_path / name).write_bytes(content)
        office.store = type(office.store)(tmp_path, office.clock)
        office.start()
        assert office.only().state is State.SENT
        assert isinstance((await office.pass_once()).broken, LogBroken), "the noted head is a later one"
        decisions.resume(office.store, HANAKO)
        office.clock.let_pass(minutes=1)
        await office.pass_once()
        assert len(server.messages) == 1
        await office.stop()


# --- What the person sees ------------------------------------------------------------------------------------


def test_resume_tells_since_when_nothing_is_known_and_what_is_about_to_leave(
    mailroom: Callable[..., Mailroom],
) -> None:
    one = a_form()
    room = mailroom(projects=[project(one.project, "kawa", one.number)])
    room.office.run_once()
    (room.office.store / "head").write_text(f"999999 {'a' * 64}\n")
    room.office.save_notice("a.pdf", notice(one))
    room.office.run_once()
    for looked in ("list", "show 1", "tasks", "status"):
        out = room.office(*looked.split()).out
        assert "送信を止めています" in out, looked
        assert "次の送信は" not in out, "nothing leaves by itself"
    for unsure in (("--by", "山田 花子"), ("--by", "山田 花子", "--json")):
        assert room.office("resume", *unsure).code == 1
        assert "送信を止めています" in room.office("status").out, "it lists first, and asks"
    ran = room.office("resume", "--by", "山田 花子", "--yes")
    assert ran.code == 0
    assert "送信の記録はありません" in ran.out, "what the restored service itself wrote is no sign of what left"
    assert "（1件）" in ran.out
    assert "取り下げ" in ran.out
    (room.office.store / "head").write_text(f"999999 {'a' * 64}\n")
    document = json.loads(room.office("resume", "--by", "山田 花子", "--json", "--yes").out)
    assert document["resumed"] is True
    assert [each["id"] for each in document["to_send"]] == [1]
    assert document["last_entry_at"]
    assert document["last_sent_at"] is None
    assert room.office.run_once().code == 0
    sent = room.office.only(one)
    assert sent["state"] == "SENT"
    assert (
        f"最後の送信：{sent['sent_at'][:16].replace('T', ' ')}"
        in room.office("resume", "--by", "山田 花子", "--yes").out
    )


def test_another_secret_is_said_wherever_people_look_and_ends_with_resume(
    mailroom: Callable[..., Mailroom],
) -> None:
    one = a_form()
    room = mailroom(projects=[project(one.project, "kawa", one.number)])
    room.office.run_once()
    kept = (room.office.store / "secret").read_text()
    (room.office.store / "secret").write_text("ab" * 32)
    room.office.save_notice("a.pdf", notice(one))
    ran = room.office.run_once()
    assert "secret" in ran.out + ran.err
    assert any("secret" in told.text and "resume" in told.text for told in room.tellings)
    for looked in ("list", "show 1", "tasks", "status"):
        out = room.office(*looked.split()).out
        assert "送信を止めています" in out, looked
        assert "次の送信は" not in out, "nothing leaves by itself"
    assert json.loads(room.office("status", "--json").out)["other_secret"] is True
    assert room.office("resume", "--by", "山田 花子", "--yes").code == 0
    assert (room.office.store / "secret").read_text() == kept
    assert room.office.run_once().code == 0
    assert room.office.only(one)["state"] == "SENT"


def test_preview_and_rules_test_make_no_message_id_of_the_store(
    mailroom: Callable[..., Mailroom], tmp_path: Path
) -> None:
    """A preview of a draft that is not stored does not reveal the Message-ID of the mail that will leave."""
    one = a_form()
    room = mailroom(projects=[project(one.project, "kawa", one.number)])
    room.office.run_once()
    at_hand = tmp_path / "at-hand.pdf"
    at_hand.write_bytes(notice(one))
    previewed = room.office("preview", str(at_hand)).out + room.office("preview", str(at_hand), "--json").out
    room.office.save_notice("a.pdf", at_hand.read_bytes())
    room.office.run_once()
    sent = room.office.only(one)
    previewed += room.office("rules", "test", "--against", str(room.office.config), "--json").out
    digits = sent["message_id"][1:33]
    assert digits not in previewed
    assert "Message-ID" not in previewed
    assert "message_id" not in previewed
