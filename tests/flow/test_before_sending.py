"""In mode ``hold`` a person gets a mail about each automatic sending and how to stop it, long enough before."""

from __future__ import annotations

import datetime as dt
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.policy import default
from pathlib import Path

import pytest

from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.small_office import Settings, SmallOffice, form
from tests.support.world import HANAKO, KAWA_TO, REHEARSAL
from worker.approve import decisions
from worker.core.states import NoteEvent, State
from worker.pipeline.notify import LEAVING_GAP
from worker.views.tasks import TaskKind, open_tasks

SET = [{"hours": sign * hours} for hours in (1, 24, 40 * 24) for sign in (1, -1)]
HOLD = dt.timedelta(minutes=10)


@asynccontextmanager
async def office_with(root: Path, server: MisbehavingServer, **settings: object) -> AsyncIterator[SmallOffice]:
    office = SmallOffice(root, Settings(**{"port": server.port, "mode": "hold", **settings}))
    try:
        yield office
    finally:
        await office.stop()


def told(server: MisbehavingServer) -> list[str]:
    """Subject and body of each mail to people about what leaves."""
    mails = [email.message_from_bytes(each, policy=default) for each in server.messages]
    return [f"{mail['Subject']}\n{mail.get_content()}" for mail in mails if "自動で送信します" in str(mail["Subject"])]


def sent(server: MisbehavingServer) -> int:
    return sum(b"Content-Disposition: attachment" in each for each in server.messages)


def tasks(office: SmallOffice) -> list[str]:
    found = open_tasks(office.store, office.pipeline.active_config.configuration, office.clock.now())
    return [each.text("ja") for each in found if each.kind is TaskKind.LEAVING]


async def pass_minutes(office: SmallOffice, minutes: int) -> None:
    for _ in range(minutes):
        office.clock.let_pass(minutes=1)
        await office.finish()


async def test_a_person_is_told_at_once_what_leaves_when_and_how_to_stop_it(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        notice = form(1)
        office.save(notice)
        await office.pass_once()
        (mail,) = told(server)
        waiting = office.only()
        assert waiting.approval.due_at == office.clock.now() + HOLD
        moment = f"{waiting.approval.due_at:%H:%M}"
        for part in (
            waiting.label,
            KAWA_TO,
            moment,
            f"hoshobin withdraw {waiting.id} --by",
            waiting.destination.issuer_name,
        ):
            assert part in mail
        assert waiting.composed.draft is not None
        assert waiting.composed.draft.attachments[0].filename in mail
        assert notice.key not in mail
        assert [moment in each for each in tasks(office)] == [True]
        await pass_minutes(office, 9)
        assert sent(server) == 0
        await pass_minutes(office, 1)
        assert sent(server) == 1
        assert tasks(office) == []
        assert NoteEvent.TOLD_BEFORE in office.events(waiting.id)
        await pass_minutes(office, 30)
        assert len(told(server)) == 1


async def test_what_is_withdrawn_in_its_minutes_never_leaves(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        await pass_minutes(office, 9)
        decisions.withdraw(office.store, office.only().id, HANAKO, "重複")
        await pass_minutes(office, 60)
        assert sent(server) == 0


async def test_many_that_leave_together_are_told_in_one_mail(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        for number in (1, 2, 3):
            office.save(form(number))
        await office.pass_once()
        (mail,) = told(server)
        assert [each.label in mail for each in office.store.submissions()] == [True] * 3
        assert "3件" in mail


async def test_what_comes_in_a_trickle_is_told_in_few_mails_and_waits_for_them(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server, works=tuple(range(1, 13))) as office:
        for number in range(1, 13):
            office.save(form(number))
            await office.pass_once()
            await pass_minutes(office, 1)
        await pass_minutes(office, 30)
        span = dt.timedelta(minutes=13)
        assert len(told(server)) <= span // LEAVING_GAP + 2
        assert sent(server) == 12
        for each in office.store.submissions():
            (entry,) = office.store.entries(each.id, [NoteEvent.TOLD_BEFORE])
            assert each.delivery.sent_at is not None
            assert each.delivery.sent_at - entry.at >= HOLD


@pytest.mark.parametrize(
    ("at", "fault"), [(At.RCPT_1, "550"), (At.RCPT_1, "450"), (At.DOT, "450"), (At.DOT, "close"), (At.CONNECT, "close")]
)
async def test_while_nobody_could_be_told_nothing_leaves_and_the_list_says_so(
    tmp_path: Path, at: At, fault: str
) -> None:
    async with MisbehavingServer(at, fault, times=4) as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        assert office.only().approval.due_at is None
        assert "お知らせのメールをまだ送れていない" in tasks(office)[0]
        assert office.store.alarms_waiting()
        await pass_minutes(office, 5)
        assert sent(server) == 0
        await pass_minutes(office, 300)
        (entry,) = office.store.entries(office.only().id, [NoteEvent.TOLD_BEFORE])
        sent_at = office.only().delivery.sent_at
        assert sent_at is not None
        assert sent_at - entry.at >= HOLD
        assert sent(server) == 1


async def test_the_operators_command_tells_while_no_mail_can_be_sent(tmp_path: Path) -> None:
    class Command:
        said: list[str] = []  # noqa: RUF012  of this test alone

        async def call(self, text: str) -> str:
            self.said.append(text)
            return ""

    async with MisbehavingServer(At.RCPT_1, "550", times=1000) as server, office_with(tmp_path, server) as office:
        office.pipeline.notifying._command = Command()
        office.save(form(1))
        for minute in range(30):
            done = await office.pass_once()
            if failure := done.failures.get("smtp"):
                office.pipeline.health.failed("smtp", failure, office.clock.now())
                await office.pipeline.notifying.call_operator(office.pipeline.active_config, failure)
            office.clock.let_pass(minutes=1)
            assert sent(server) == 0, minute
        assert any(f"hoshobin withdraw {office.only().id}" in each for each in Command.said)


async def test_an_office_that_is_told_nothing_by_mail_has_its_minutes_all_the_same(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server, notify=()) as office:
        office.save(form(1))
        await office.pass_once()
        await pass_minutes(office, 9)
        assert (sent(server), len(tasks(office))) == (0, 1)
        await pass_minutes(office, 1)
        assert sent(server) == 1


@pytest.mark.parametrize("changes", [{"mode": "auto"}, {"notify": ()}], ids=["auto", "nobody"])
async def test_what_waits_to_be_told_goes_on_where_the_configuration_wants_no_mail_any_more(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    async with MisbehavingServer(At.RCPT_1, "550", times=1) as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        assert office.only().approval.due_at is None
        office.configure(Settings(**{"port": server.port, "mode": "hold", **changes}))
        await pass_minutes(office, 11)
        assert office.only().state is State.SENT


async def test_a_rehearsal_which_reaches_nobody_is_not_announced(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server, rehearsal_to=REHEARSAL) as office:
        office.save(form(1))
        await office.pass_once()
        await pass_minutes(office, 11)
        assert told(server) == []
        assert office.only().delivery.rehearsals == 1


async def test_what_changed_after_it_was_told_is_held_and_told_anew_when_it_is_to_leave(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        office.configure(Settings(port=server.port, mode="hold", doboku="other@kawa-town.example"))
        await office.finish()
        assert office.only().state is State.HELD


@pytest.mark.parametrize("span", SET, ids=str)
@pytest.mark.parametrize("restarts", [False, True], ids=["runs", "restarts"])
async def test_a_clock_that_is_set_neither_shortens_nor_lengthens_the_minutes(
    tmp_path: Path, span: dict[str, float], restarts: bool
) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        await pass_minutes(office, 3)
        office.clock.set_by(**span)
        if restarts:
            await office.restart()
        await pass_minutes(office, 6)
        assert sent(server) == 0
        await pass_minutes(office, 2)
        assert sent(server) == 1


async def test_after_a_start_of_the_machine_the_minutes_begin_once_more(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        office.clock.seconds = 20.0
        office.clock.set_by(hours=9)  # the hardware clock is in local time
        await office.restart()
        await pass_minutes(office, 9)
        assert sent(server) == 0
        await pass_minutes(office, 2)
        assert sent(server) == 1


@pytest.mark.parametrize("span", SET, ids=str)
async def test_a_clock_that_is_set_delays_no_retry_and_no_alarm(tmp_path: Path, span: dict[str, float]) -> None:
    server = MisbehavingServer(At.RCPT_1, "450", times=2)
    async with server, office_with(tmp_path, server, mode="approve") as office:
        office.save(form(1))
        await office.pass_once()
        assert office.store.alarms_waiting()
        office.clock.set_by(**span)
        await pass_minutes(office, 10)
        assert not office.store.alarms_waiting()


@pytest.mark.parametrize("span", SET, ids=str)
async def test_a_clock_that_is_set_delays_no_submission_that_was_put_off(
    tmp_path: Path, span: dict[str, float]
) -> None:
    server = MisbehavingServer(At.RCPT_1, "450", times=1)
    async with server, office_with(tmp_path, server, mode="auto") as office:
        office.save(form(1))
        await office.pass_once()
        assert office.only().state is State.APPROVED
        office.clock.set_by(**span)
        await pass_minutes(office, 2)
        assert sent(server) == 1


async def test_what_is_told_is_as_fresh_as_the_mail_and_what_was_stopped_before_is_not_told(tmp_path: Path) -> None:
    async with MisbehavingServer(At.RCPT_1, "450", times=1) as server, office_with(tmp_path, server) as office:
        office.save(form(1))
        await office.pass_once()
        decisions.withdraw(office.store, office.only().id, HANAKO, "重複")
        await pass_minutes(office, 10)
        assert told(server) == []
        assert not office.store.alarms_waiting()


async def test_a_clock_that_is_set_back_after_resume_does_not_stop_the_sending(tmp_path: Path) -> None:
    async with MisbehavingServer() as server, office_with(tmp_path, server, mode="auto") as office:
        decisions.resume(office.store, HANAKO)
        office.clock.set_by(days=-40)
        await office.restart()
        office.save(form(1))
        await office.pass_once()
        assert sent(server) == 1
