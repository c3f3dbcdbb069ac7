"""Submissions handed to a server that fails, or recorded on a disk that does: the retries and the alarms.

Every step with every fault is in ``test_smtp_outcomes``. The whole way from the store to the socket is real, and the
copies are counted by the server alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support import decided
from tests.support.fakes import folder_of
from tests.support.holds import detail_of
from tests.support.misbehaving_smtp import FAULTS, At, MisbehavingServer
from tests.support.office import Office, a_form, notice
from tests.support.small_office import INVOICE, Settings, SmallOffice, WatchedStore, form
from tests.support.world import HANAKO, OFFICE, REHEARSAL, project
from worker.approve import decisions
from worker.core.errors import LogBroken, Unavailable
from worker.core.messages import say
from worker.core.server_faults import ServerFault, find_fault
from worker.core.states import AlarmCause, Reason, State
from worker.pipeline.pipeline import run_once
from worker.send.ports import Session
from worker.send.smtp.client import Timeouts
from worker.watch.folder.notices import NoticeDirectory

SHORT = 0.5
IN_DOUBT, ACCOUNT = "in_doubt", "account_refused:smtp"


@asynccontextmanager
async def office_with(tmp_path: Path, server: MisbehavingServer, **settings: object) -> AsyncIterator[SmallOffice]:
    """An office whose only notice is read and approved, and due now."""
    office = SmallOffice(tmp_path, Settings(port=server.port, **settings))
    try:
        yield office
    finally:
        await office.stop()


def ids_of(messages: Sequence[bytes]) -> Counter[str]:
    """Message-ID → copies, of what is no mail to the operator."""
    found = [re.search(rb"(?m)^Message-ID: (<\S+>)\r$", each) for each in messages]
    return Counter(each[1].decode() for each in found if each and not re.match(rb"<\w+\.a", each[1]))


async def test_a_late_answer_is_read_as_that_of_nothing_else(tmp_path: Path) -> None:
    async with MisbehavingServer(At.DOT, "late") as server, office_with(tmp_path, server) as office:
        office.timeouts = Timeouts(answer=SHORT)
        office.start()
        office.save(form(1))
        office.save(form(2))
        await office.pass_once()
        first, second = office.store.submissions()
        assert (first.state, second.state) == (State.IN_DOUBT, State.SENT)
        assert first.delivery.silent
        assert server.connections == 2
        assert sorted(ids_of(server.messages).values()) == [1, 1]


async def test_a_server_that_defers_is_asked_after_1_5_15_30_60_minutes_and_then_hourly(tmp_path: Path) -> None:
    server = MisbehavingServer(At.DATA, "450", times=9)
    async with server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        waited = []
        while (due := office.only()).state is State.APPROVED:
            assert due.approval.due_at is not None
            waited.append((due.approval.due_at - office.clock.now()) // dt.timedelta(minutes=1))
            office.clock.moment = due.approval.due_at - dt.timedelta(seconds=1)
            await office.finish()
            assert office.only().version == due.version
            office.clock.moment = due.approval.due_at
            await office.finish()
        assert waited == [1, 5, 15, 30, 60, 60, 60, 60, 60]
        assert office.only().state is State.SENT
        assert list(ids_of(server.messages).values()) == [1]
        first_tries = {entry.set["first_date"] for entry in office.store.entries() if "first_date" in entry.set}
        assert len(first_tries) == 1
        assert not office.alarms()


async def test_an_account_whose_sender_is_refused_raises_one_alarm_for_all_its_mails(tmp_path: Path) -> None:
    server = MisbehavingServer(At.MAIL, "554", times=8)
    async with server, office_with(tmp_path, server) as office:
        for number in (1, 2, 3):
            office.save(form(number))
        await office.pass_once()
        office.clock.let_pass(minutes=2)
        await office.pass_once()
        assert [each.state for each in office.store.submissions()] == [State.APPROVED] * 3
        assert office.alarms() == [ACCOUNT]
        look = office.store.health_of("smtp")
        assert look is not None
        assert look.error.startswith("554")
        for _ in range(3):
            office.clock.let_pass(minutes=61)
            await office.pass_once()
        assert [each.state for each in office.store.submissions()] == [State.SENT] * 3
        assert office.alarms() == [ACCOUNT]


async def test_where_no_mail_can_leave_a_pass_and_the_status_say_what_to_do_about_the_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = b"550 5.7.60 SMTP; Client does not have permissions to send as this sender\r\n"
    monkeypatch.setitem(FAULTS, "send_as", reply)
    async with MisbehavingServer(At.DOT, "send_as", times=9) as server:
        one = a_form()
        office = Office(tmp_path, smtp_port=server.port, projects=[project(one.project, "kawa", one.number)])
        office.save_notice("a.pdf", notice(one))
        ran = await asyncio.to_thread(office.run_once)
    remedy = say("remedy_sender_refused", "ja", table="[smtp]")
    assert remedy in ran.err
    assert remedy in office("status").out
    assert office.only(one)["state"] == State.APPROVED


BLOCKED_AT_RCPT = b"550 5.7.1 Service unavailable; client [192.0.2.1] blocked using list.example\r\n"


@pytest.fixture
def blocked_at_rcpt(monkeypatch: pytest.MonkeyPatch) -> None:
    """``554`` of the misbehaving server is a block of the client."""
    monkeypatch.setitem(FAULTS, "554", BLOCKED_AT_RCPT)


@pytest.mark.usefixtures("blocked_at_rcpt")
async def test_a_block_at_rcpt_is_shown_and_told_once_until_a_mail_to_an_issuer_is_accepted(tmp_path: Path) -> None:
    """The server still takes the mail about it to the office."""
    async with MisbehavingServer(At.RCPT_1, "554") as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        for _ in range(3):
            assert office.only().state is State.APPROVED
            look = office.store.health_of("smtp")
            assert look is not None
            assert find_fault(look.error) is ServerFault.BLOCKED
            server.misbehave(At.RCPT_1, "554")
            office.clock.let_pass(minutes=61)
            await office.finish()
        assert office.alarms() == [ACCOUNT]
        assert not ids_of(server.messages)
        assert server.messages, "the office was told"
        server.misbehave(None, "")
        office.clock.let_pass(minutes=61)
        await office.finish()
        assert office.only().state is State.SENT
        look = office.store.health_of("smtp")
        assert look is not None
        assert not look.error


@pytest.mark.usefixtures("blocked_at_rcpt")
async def test_a_block_that_no_submission_waits_for_any_more_ends_with_a_mail_to_the_office(tmp_path: Path) -> None:
    async with MisbehavingServer(At.RCPT_1, "554") as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        decisions.withdraw(office.store, office.only().id, HANAKO, "紙で提出")
        with office.store.writing() as writing:
            writing.raise_alarm(AlarmCause.BACKUP_FAILED, [], "")
        office.clock.let_pass(minutes=2)
        await office.finish()
        look = office.store.health_of("smtp")
        assert look is not None
        assert not look.error


@pytest.mark.usefixtures("blocked_at_rcpt")
async def test_the_status_shows_a_block_at_rcpt_with_its_reason_its_code_and_the_next_step(tmp_path: Path) -> None:
    async with MisbehavingServer(At.RCPT_1, "554") as server:
        one = a_form()
        office = Office(tmp_path, smtp_port=server.port, projects=[project(one.project, "kawa", one.number)])
        office.save_notice("a.pdf", notice(one))
        await asyncio.to_thread(office.run_once)
    shown = office("status").out
    assert say("fault_sending_blocked", "ja") in shown
    assert say("remedy_sending_blocked", "ja", table="[smtp]") in shown
    assert "550 5.7.1" in shown


async def test_an_account_refused_anew_after_a_success_is_told_anew(tmp_path: Path) -> None:
    async with MisbehavingServer(At.MAIL, "554", times=1) as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        for _ in range(2):
            office.clock.let_pass(minutes=61)
            await office.pass_once()
        assert office.only().state is State.SENT
        server.fault_done.clear()
        office.save(form(2))
        await office.pass_once()
        assert office.alarms() == [ACCOUNT] * 2


async def test_a_clock_that_is_set_back_raises_no_flood_of_alarms(tmp_path: Path) -> None:
    server = MisbehavingServer(At.MAIL, "554", times=20)
    server.fault_done.set()
    async with server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        assert office.only().state is State.SENT
        office.clock.let_pass(hours=-3)
        server.fault_done.clear()
        office.save(form(2))
        for _ in range(4):
            await office.pass_once()
            office.clock.let_pass(minutes=20)
        assert office.alarms() == [ACCOUNT]


# --- What cannot be recorded ------------------------------------------------------------------------------------


def on(*events: str, times: int = 1) -> Callable[[list[str]], bool]:
    """True at the first ``times`` commits that hold exactly these events."""
    left = [times]

    def holds(found: list[str]) -> bool:
        if found != list(events) or left[0] <= 0:
            return False
        left[0] -= 1
        return True

    return holds


@pytest.mark.parametrize("times", [1, 3])
async def test_an_answer_that_cannot_be_recorded_is_kept_and_nothing_else_is_sent_meanwhile(
    times: int, tmp_path: Path
) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        office.save(form(2))
        await office.take_in()
        office.store.refuses = on("Accepted", times=times)
        for _ in range(times):
            done = await office.finish()
            assert isinstance(done.failures["smtp"], Unavailable)
            assert done.sent == 0
            assert office.pipeline.sending.has_unrecorded_answer
            assert office.store.submission(1).state is State.IN_DOUBT
            assert office.store.submission(2).state is State.APPROVED
            assert len(server.messages) == 1
            office.clock.let_pass(minutes=61)
        assert (await office.finish()).sent == 2
        assert [each.state for each in office.store.submissions()] == [State.SENT] * 2
        assert sorted(ids_of(server.messages).values()) == [1, 1]
        assert office.store.submission(1).delivery.sent_at is not None
        assert office.store.submission(1).delivery.sent_at < office.clock.now() - dt.timedelta(hours=1)
        assert office.alarms() == []


async def test_an_answer_that_nobody_could_record_before_the_end_leaves_doubt_and_an_alarm(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        office.store.refuses = on("Accepted", times=99)
        await office.finish()
        await office.restart()
        assert office.only().state is State.IN_DOUBT
        for _ in range(3):
            office.clock.let_pass(minutes=61)
            await office.pass_once()
        assert office.only().state is State.IN_DOUBT
        assert office.alarms() == [IN_DOUBT]
        assert list(ids_of(server.messages).values()) == [1]


async def test_one_pass_that_no_other_follows_tries_again_at_its_end_to_record_an_answer(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        office.store.refuses = on("Accepted")
        done = await run_once(office.pipeline, [], {}, folder_of(NoticeDirectory(office.notices)), office.clock)
        assert isinstance(done.failures["smtp"], Unavailable)
        await office.restart()
        assert office.only().state is State.SENT
        assert office.alarms() == []
        assert list(ids_of(server.messages).values()) == [1]


@pytest.mark.parametrize("event", ["SendStarted", "DataStarted"])
async def test_no_byte_of_a_mail_leaves_before_its_beginning_is_recorded(event: str, tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        office.store.refuses = on(event, times=2)
        for _ in range(2):
            done = await office.finish()
            assert done.failures["smtp"].args
            office.clock.let_pass(minutes=6)
        assert not server.messages
        if event == "SendStarted":
            assert not [each for each in server.commands if each.startswith("MAIL")]
        await office.finish()
        assert office.only().state is State.SENT
        assert list(ids_of(server.messages).values()) == [1]
        assert office.alarms() == []


async def test_a_beginning_that_was_recorded_and_reported_as_failed_is_found_by_the_next_pass(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        office.store.denies = on("SendStarted")
        await office.finish()
        assert office.only().state is State.SENDING
        await office.finish()
        assert office.only().state is State.APPROVED
        office.clock.let_pass(minutes=2)
        await office.finish()
        assert office.only().state is State.SENT
        assert list(ids_of(server.messages).values()) == [1]


async def test_a_body_that_was_recorded_as_begun_and_reported_as_not_is_not_sent_and_a_person_is_told(
    tmp_path: Path,
) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        office.store.denies = on("DataStarted")
        await office.finish()
        assert not server.messages
        office.clock.let_pass(hours=2)
        await office.finish()
        assert office.only().state is State.IN_DOUBT
        assert office.only().delivery.silent
        assert office.alarms() == [IN_DOUBT]
        assert not ids_of(server.messages)


async def test_an_answer_that_was_recorded_and_reported_as_not_is_recorded_as_news(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        office.store.denies = on("Accepted")
        await office.finish()
        office.clock.let_pass(hours=2)
        await office.finish()
        assert office.only().state is State.SENT
        assert office.events(1)[-2:] == ["Accepted", "AnswerAfterwards"]
        assert list(ids_of(server.messages).values()) == [1]


async def test_an_acceptance_that_becomes_known_after_a_person_said_not_sent_is_not_sent_again(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        office.store.refuses = on("Accepted")
        await office.finish()
        assert office.only().state is State.IN_DOUBT
        office.store.refuses = lambda events: False
        office.clock.let_pass(hours=2)
        active_config, now = office.pipeline.active_config, office.clock.now()
        decided.resolve_not_sent(office.store, active_config, 1, HANAKO, now)
        decided.approve(office.store, active_config, 1, office.only().label, HANAKO, "", now)
        await office.finish()
        held = office.only()
        assert (held.state, [hold.reason for hold in held.reasons]) == (State.HELD, [Reason.MAYBE_SENT])
        assert "250" in detail_of(held.reasons[0])
        assert "late_answer" in office.alarms()
        assert list(ids_of(server.messages).values()) == [1]


@pytest.mark.parametrize("state", [State.SENDING, State.IN_DOUBT])
async def test_an_attempt_that_was_broken_off_in_a_living_process_is_found_by_the_next_pass(
    state: State, tmp_path: Path
) -> None:
    at = At.DATA if state is State.SENDING else At.DOT
    async with MisbehavingServer(at, "hang") as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        sending = asyncio.create_task(office.finish())
        async with asyncio.timeout(30):
            await server.fault_done.wait()
        assert office.only().state is state
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        office.clock.let_pass(minutes=2)
        await office.finish()
        office.clock.let_pass(minutes=2)
        await office.finish()
        copies = list(ids_of(server.messages).values())
        if state is State.SENDING:
            assert office.only().state is State.SENT
            assert copies == [1]
        else:
            assert office.only().state is State.IN_DOUBT
            assert office.alarms() == [IN_DOUBT]
            assert copies in ([], [1])


async def test_a_broken_log_in_the_middle_of_an_attempt_leaves_nothing_half_done(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        office.store.refuses = on("DataStarted")
        office.store.failure = LogBroken("corrupt", "database disk image is malformed")
        assert (await office.finish()).broken is not None
        assert [mail for mail in server.messages if b"Auto-Submitted" not in mail] == []
        office.clock.let_pass(minutes=2)
        await office.finish()
        assert office.only().state is State.SENT
        assert list(ids_of(server.messages).values()) == [1]


async def test_a_stop_begins_no_further_mail(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        for number in (1, 2, 3):
            office.save(form(number))
        await office.take_in()
        stop = office.pipeline.sending.end_after_this_mail
        office.store.after_commit = lambda events: stop() if events == ["DataStarted"] else None
        assert (await office.finish()).sent == 1
        states = Counter(each.state for each in office.store.submissions())
        assert states == {State.SENT: 1, State.APPROVED: 2}
        await office.restart()
        await office.finish()
        assert sorted(ids_of(server.messages).values()) == [1, 1, 1]


async def test_what_a_person_withdraws_while_the_connection_opens_is_not_sent(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        opening = office.server.open

        async def withdraw_then_open() -> Session:
            other = WatchedStore(tmp_path, office.clock)
            decisions.withdraw(other, 1, HANAKO, "工事の中止")
            other.close()
            return await opening()

        office.server.open = withdraw_then_open
        await office.finish()
        assert office.only().state is State.WITHDRAWN
        assert not [each for each in server.commands if each.startswith("MAIL")]


async def test_while_another_process_holds_the_database_nothing_is_sent(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.take_in()
        office.store.close()
        office.store = WatchedStore(tmp_path, office.clock, patience=0.05)
        office.start()
        with contextlib.closing(sqlite3.connect(tmp_path / "hoshobin.sqlite3", isolation_level=None)) as other:
            other.execute("begin immediate")
            with pytest.raises(Unavailable, match="locked"):
                await office.finish()
            assert isinstance((await office.pipeline.send_due()).failure, Unavailable)
            assert not [each for each in server.commands if each.startswith("MAIL")]
            other.execute("rollback")
        await office.finish()
        assert office.only().state is State.SENT


async def test_on_a_full_disk_nothing_is_sent_and_with_room_everything_is(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        office.save(form(2))
        await office.take_in()
        fill = office.store._connection()
        pages = fill.execute("pragma page_count").fetchone()[0]
        connect = office.store._connection

        def without_room() -> sqlite3.Connection:
            connection = connect()
            connection.execute(f"pragma max_page_count = {pages}")
            return connection

        office.store._connection = without_room
        seen = 0
        for _ in range(5):  # records that fit in the free pages are made; the rest is not done
            done = await office.finish()
            seen += done.sent
            assert len(server.messages) <= len(office.store.submissions(State.SENT, State.IN_DOUBT))
            office.clock.let_pass(minutes=61)
        assert seen < 2
        office.store._connection = connect
        office.store._give_up()
        for _ in range(3):
            await office.finish()
            office.clock.let_pass(minutes=61)
        assert [each.state for each in office.store.submissions()] == [State.SENT] * 2
        assert sorted(ids_of(server.messages).values()) == [1, 1]


# --- Rehearsals, and the mail to the operator -------------------------------------------------------------------


@pytest.mark.parametrize(("at", "fault"), [(None, ""), (At.RCPT_1, "550"), (At.DOT, "close"), (At.DOT, "554")])
async def test_however_a_rehearsal_ends_the_issuer_has_nothing_and_a_person_goes_on(
    at: At | None, fault: str, tmp_path: Path
) -> None:
    async with (
        MisbehavingServer(at, fault) as server,
        office_with(tmp_path, server, rehearsal_to=REHEARSAL) as office,
    ):
        office.save(form(1))
        await office.pass_once()
        held = office.only()
        assert held.state is State.HELD
        assert [each.reason for each in held.reasons] == [Reason.REHEARSED]
        assert {each for each in server.commands if each.startswith("RCPT") and "kawa-town" in each} == set()


async def test_a_rehearsal_that_broke_off_ends_even_while_the_share_with_the_invoice_is_away(tmp_path: Path) -> None:
    async with (
        MisbehavingServer(At.DOT, "close") as server,
        office_with(tmp_path, server, rehearsal_to=REHEARSAL) as office,
    ):
        office.save(form(1, product="前払金保証"))
        await office.take_in()
        office.store.refuses = on("RehearsalEnded", times=9)
        await office.finish()
        assert office.only().state is State.IN_DOUBT
        invoice = office.files.held[INVOICE]
        office.files.held[INVOICE] = Unavailable("folder", "the share does not answer")
        await office.restart()
        assert {each.reason for each in office.only().reasons} == {Reason.REHEARSED, Reason.INVOICE_MISSING}
        office.files.held[INVOICE] = invoice
        await office.finish()
        assert [each.reason for each in office.only().reasons] == [Reason.REHEARSED]


async def test_a_250_in_place_of_354_has_told_nobody_anything(tmp_path: Path) -> None:
    async with MisbehavingServer(At.DATA, "250") as server, office_with(tmp_path, server, mode="approve") as office:
        office.save(form(1))
        await office.pass_once()
        assert not server.messages
        assert office.store.alarms_waiting()
        office.clock.let_pass(minutes=2)
        await office.pass_once()
        assert not office.store.alarms_waiting()
        assert len(server.messages) == 1


async def test_one_wrong_operator_address_keeps_the_mail_from_no_other(tmp_path: Path) -> None:
    async with (
        MisbehavingServer(At.RCPT_1, "550") as server,
        office_with(tmp_path, server, mode="approve", notify=("gone@contractor.example", OFFICE)) as office,
    ):
        office.save(form(1))
        done = await office.pass_once()
        assert "gone@contractor.example" in str(done.failures["smtp"])
        assert len(server.messages) == 1
        assert not office.store.alarms_waiting()


async def test_a_mail_to_the_operator_that_no_server_takes_is_tried_again_on_the_schedule(tmp_path: Path) -> None:
    server = MisbehavingServer(At.RCPT_1, "450", times=3)
    async with server, office_with(tmp_path, server, mode="approve") as office:
        office.save(form(1))
        await office.pass_once()
        for minutes in (1, 5, 15):
            assert office.store.alarms_waiting()
            office.clock.let_pass(minutes=minutes, seconds=-1)
            await office.pass_once()
            office.clock.let_pass(seconds=1)
            await office.pass_once()
        assert not office.store.alarms_waiting()
        assert len(server.messages) == 1
