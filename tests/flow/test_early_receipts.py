"""Replies to a mail that never left by the record: forged by a holder of the PDF, or proof of a lost record.

The way from the store to the socket is real; what comes back is put into the mailbox. A stranger here knows the PDF
and this program: the Message-ID that 0.1.0 made of the PDF, and, after the mail has left, the mail itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import decided
from tests.support.authenticated import AUTHSERV_ID, SIGNATURE, signature
from tests.support.holds import detail_of
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.returned import dsn, qmail, recipient, reply
from tests.support.small_office import Form, Settings, SmallOffice, form
from tests.support.world import HANAKO, OFFICE
from worker.approve import decisions
from worker.compose.compose import hash_draft
from worker.core.errors import LogBroken
from worker.core.message_id import SECRET, bears_secret, old_message_id
from worker.core.messages import name_hold, name_receipt
from worker.core.model import Address, Product, ReceiptKind, sha256
from worker.core.states import Event, Reason, State
from worker.store.ports import Author
from worker.store.sqlite.store import read_secret
from worker.views.tasks import Urgency, open_tasks

TO = "keiyaku@yama-city.example"
ONE = form(2)
DELIVERED = recipient("delivered", "2.0.0", TO)


def guessed(each: Form = ONE) -> str:
    """The Message-ID that any holder of the PDF can compute."""
    return old_message_id(sha256(each.pdf), "yama", Product.CONTRACT, 0, Address(OFFICE))


def forged(message_id: str, what: str) -> bytes:
    local = message_id[1:].partition("@")[0]
    match what:
        case "report":
            return dsn(DELIVERED, envid=f"{local}.1", returned=message_id)
        case "reply":
            return reply(to=message_id, sender="tanaka@yama-city.example")
        case "bounce":
            return qmail(TO, message_id)
        case _:
            head = f"From: {OFFICE}\r\nTo: {TO}\r\nSubject: x\r\nMessage-ID: {message_id}\r\n"
            return f"{head}\r\nbody\r\n".encode()


class Stage:
    """An office with one server, in a mode of release."""

    def __init__(self, root: Path, server: MisbehavingServer) -> None:
        self.root = root
        self.server = server
        self.office: SmallOffice

    async def begin(self, mode: str) -> SmallOffice:
        self.office = SmallOffice(self.root, Settings(port=self.server.port, mode=mode, notify=()))
        self.office.save(ONE)
        await self.office.pass_once()
        return self.office

    async def comes(self, *mails: bytes) -> None:
        self.office.mails.received += mails
        await self.office.take_in()

    def approve(self) -> None:
        office = self.office
        now = office.clock.now()
        decided.approve(
            office.store, office.pipeline.active_config, 1, office.only().label, HANAKO, "未送信を確認", now
        )

    @property
    def reasons(self) -> list[Reason]:
        return [hold.reason for hold in self.office.only().reasons]

    def urgent(self) -> list[str]:
        office = self.office
        tasks = open_tasks(office.store, office.pipeline.active_config.configuration, office.clock.now())
        return [each.text("ja") for each in tasks if each.urgency is Urgency.NOW]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with MisbehavingServer(At.AFTER, "421") as server:
        found = Stage(tmp_path, server)
        yield found
        await found.office.stop()


def present(office: SmallOffice) -> str:
    draft = office.only().composed.draft
    assert draft is not None
    return draft.message_id


def as_0_1_drafted(office: SmallOffice) -> None:
    """Make the stored draft one that 0.1.0 made: under the Message-ID that follows from the PDF."""
    with office.store.writing() as writing:
        before = writing.submission(1)
        assert before.composed.draft is not None
        draft = replace(before.composed.draft, message_id=guessed())
        digest = hash_draft(draft)
        released = digest if before.approval.released_draft else ""
        after = replace(
            before,
            state=State.HELD,
            composed=replace(before.composed, draft=draft, draft_hash=digest),
            approval=replace(before.approval, released_draft=released),
        )
        event = Event.HELD if before.state is State.APPROVED else Event.REDRAFTED
        held = writing.change(event, before, after, Author("hoshobin", "hoshobin"), {})
        if before.state is State.APPROVED:
            back = replace(held, state=State.APPROVED, approval=replace(held.approval, due_at=before.approval.due_at))
            writing.change(Event.REDRAFTED, held, back, Author("hoshobin", "hoshobin"), {})


# --- Before any try ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["report", "reply", "bounce", "copy"])
@pytest.mark.parametrize("mode", ["hold", "approve"])
async def test_what_everybody_with_the_pdf_can_forge_never_passes_for_sent(stage: Stage, what: str, mode: str) -> None:
    """The attack on 0.1.0: APPROVED became DELIVERED, nothing left, and no person learned of it."""
    office = await stage.begin(mode)
    assert bears_secret(present(office))
    as_0_1_drafted(office)
    await stage.comes(forged(guessed(), what))
    office.clock.let_pass(minutes=11)
    done = await office.finish()
    assert (done.sent, office.only().state, Reason.MAYBE_SENT in stage.reasons) == (0, State.HELD, True)
    assert {"came_back", "began_to_wait"} & set(office.alarms())
    stage.approve()
    done = await office.finish()
    assert (done.sent, office.only().state, len(stage.server.messages)) == (1, State.SENT, 1)


@pytest.mark.parametrize("what", ["report", "copy"])
async def test_a_forgery_under_the_name_that_0_1_would_have_given_holds_a_new_draft_for_a_person(
    stage: Stage, what: str
) -> None:
    """It may also be true: a database of 0.1.0 was restored, and the mail had left from there."""
    office = await stage.begin("hold")
    await stage.comes(forged(guessed(), what))
    office.clock.let_pass(minutes=11)
    done = await office.finish()
    assert (done.sent, stage.reasons) == (0, [Reason.MAYBE_SENT])
    stage.approve()
    assert ((await office.finish()).sent, len(stage.server.messages)) == (1, 1)


async def test_the_reason_is_shown_in_words_and_kept_as_a_code(stage: Stage) -> None:
    office = await stage.begin("hold")
    as_0_1_drafted(office)
    await stage.comes(forged(guessed(), "report"))
    (hold,) = office.only().reasons
    assert detail_of(hold).startswith(f"delivered: {TO} 2026-")
    assert detail_of(hold).isascii()
    assert name_hold(hold, "ja").startswith(f"送信済みの可能性（先方サーバーに到着：{TO}")
    assert name_hold(hold, "en").startswith(f"it may have been sent already (delivered: {TO}")


async def test_each_further_report_is_asked_about_anew(stage: Stage) -> None:
    office = await stage.begin("approve")
    as_0_1_drafted(office)
    for number in range(3):
        office.clock.let_pass(minutes=1)
        await stage.comes(dsn(DELIVERED, envid="", returned=guessed(), number=number))
        assert Reason.MAYBE_SENT in stage.reasons


@pytest.mark.parametrize("what", ["report", "reply", "bounce", "copy"])
async def test_what_comes_of_a_withdrawn_one_is_an_urgent_task_and_it_stays_withdrawn(stage: Stage, what: str) -> None:
    office = await stage.begin("approve")
    decisions.withdraw(office.store, 1, HANAKO, "不要")
    await stage.comes(forged(present(office), what))
    assert (office.only().state, len(office.only().delivery.unread)) == (State.WITHDRAWN, 1)
    assert office.alarms()[-1] == "came_back"
    assert what == "reply" or stage.urgent()


@pytest.mark.parametrize("what", ["report", "reply", "bounce", "copy"])
async def test_what_comes_of_one_that_was_handed_in_otherwise_is_a_task_and_the_state_stays(
    stage: Stage, what: str
) -> None:
    office = await stage.begin("approve")
    decisions.hand_over(office.store, 1, HANAKO, "窓口へ持参")
    await stage.comes(forged(present(office), what))
    assert (office.only().state, len(office.only().delivery.unread)) == (State.HANDED_OVER, 1)


async def test_evidence_that_it_was_sent_is_never_shown_as_confirmed_unsent(stage: Stage) -> None:
    office = await stage.begin("approve")
    await stage.comes(forged(present(office), "report"))
    words = [name_hold(hold, "ja") for hold in office.only().reasons]
    assert not any("未送信" in each for each in words)
    assert any("送信済みの可能性" in each for each in words)


# --- After it has left ---------------------------------------------------------------------------------------


async def test_whoever_has_the_mail_cannot_make_it_delivered(stage: Stage) -> None:
    office = await stage.begin("auto")
    await stage.comes(forged(present(office), "report"))
    after = office.only()
    assert (after.state, [each.kind for each in after.delivery.unread]) == (State.SENT, [ReceiptKind.DELIVERED])
    assert "確認できません" in name_receipt(after.delivery.unread[0], "ja")
    assert "not proven" in name_receipt(after.delivery.unread[0], "en")


async def test_a_report_with_the_envelope_id_that_only_servers_saw_is_believed(stage: Stage) -> None:
    office = await stage.begin("auto")
    (started,) = office.store.entries(1, ["SendStarted"])
    await stage.comes(dsn(DELIVERED, envid=started.detail["envid"], returned=""))
    after = office.only()
    assert (after.state, after.delivery.receipts[0].proof) == (State.DELIVERED, "envelope")
    assert "確認できません" not in name_receipt(after.delivery.receipts[0], "ja")


@pytest.mark.parametrize(
    ("found", "state"),
    [
        ("dkim=pass header.d=yama-city.example", State.DELIVERED),
        ("spf=pass smtp.mailfrom=yama-city.example", State.SENT),
        ("dkim=pass header.d=elsewhere.example", State.SENT),
        ("dkim=fail header.d=yama-city.example", State.SENT),
        ("dkim=pass header.d=yama-city.example; dmarc=fail header.from=yama-city.example", State.SENT),
    ],
)
async def test_a_report_is_believed_where_our_own_server_found_the_issuers_signature(
    stage: Stage, found: str, state: State
) -> None:
    office = await stage.begin("auto")
    report = dsn(DELIVERED, envid="", returned=present(office)).replace(
        b"MAILER-DAEMON@contractor.example", b"MAILER-DAEMON@mx.yama-city.example"
    )
    signed = f"{SIGNATURE}: {signature('x@yama-city.example', office.clock.now())}\r\n"
    await stage.comes(f"Authentication-Results: {AUTHSERV_ID}; {found}\r\n{signed}".encode() + report)
    assert office.only().state is state


async def test_the_envelope_id_stands_in_no_byte_of_the_mail(stage: Stage) -> None:
    office = await stage.begin("auto")
    (started,) = office.store.entries(1, ["SendStarted"])
    mac = str(started.detail["envid"]).partition("-")[2]
    assert len(mac) == 20
    assert all(mac.encode() not in mail for mail in stage.server.messages)


async def test_a_failure_known_by_the_mail_alone_counts_and_says_that_it_is_not_proven(stage: Stage) -> None:
    """A server without DSN gives no more back, and a bounce must not be passed over."""
    office = await stage.begin("auto")
    await stage.comes(forged(present(office), "bounce"))
    after = office.only()
    assert (after.state, office.alarms()) == (State.BOUNCED, ["bounced"])
    assert "確認できません" in name_receipt(after.delivery.receipts[0], "ja")


async def test_what_0_1_handed_over_is_judged_as_0_1_judged_it(stage: Stage) -> None:
    office = await stage.begin("hold")
    as_0_1_drafted(office)
    office.clock.let_pass(minutes=11)
    assert (await office.finish()).sent == 1
    assert present(office) == guessed(), "a draft keeps its Message-ID"
    await stage.comes(forged(guessed(), "report"))
    assert office.only().state is State.DELIVERED


# --- The secret and its file ---------------------------------------------------------------------------------


async def test_two_secrets_that_differ_stop_the_sending_until_a_person_resumes(stage: Stage) -> None:
    office = await stage.begin("hold")
    own = office.store.property(SECRET)
    (stage.root / "secret").write_text("ab" * 32 + "\n")
    office.clock.let_pass(minutes=11)
    for _ in range(2):
        done = await office.pass_once()
        assert isinstance(done.broken, LogBroken)
        assert (done.broken.code, done.sent) == ("other_secret", 0)
    assert office.alarms().count("log_broken:other_secret") == 1
    decisions.resume(office.store, HANAKO)
    assert (read_secret(stage.root), office.store.property(SECRET)) == (own, own)
    assert (await office.finish()).sent == 0, "not before every mailbox was looked at"
    office.clock.let_pass(minutes=1)
    assert (await office.pass_once()).sent == 1


async def test_a_file_that_is_gone_is_written_again_and_stops_nothing(stage: Stage) -> None:
    office = await stage.begin("hold")
    (stage.root / "secret").unlink()
    office.clock.let_pass(minutes=11)
    assert (await office.finish()).sent == 1
    assert read_secret(stage.root) == office.store.property(SECRET)
