"""A mail that waits for an hour, for the cap or for the server leaves then, once; no other mail is delayed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.decided import approve
from tests.support.fakes import FakeClock, FakeServer
from tests.support.office import Mailroom, a_form, notice
from tests.support.small_office import Settings, SmallOffice, form
from tests.support.world import HANAKO, REHEARSAL, project
from worker.core.business_hours import USUAL
from worker.core.errors import Unavailable
from worker.core.model import JST
from worker.core.states import State
from worker.pipeline.pipeline import Pipeline
from worker.send.ports import Reply

FRIDAY = dt.datetime(2026, 11, 20, 17, 10, tzinfo=JST)
"""Five minutes before the office closes for a week-end and a holiday."""
TUESDAY = dt.datetime(2026, 11, 24, 8, 30, tzinfo=JST)
WELL = ("250 ok", "250 ok", "250 ok", "354 go", "250 2.0.0 queued")


class Answering(FakeServer):
    """Every mail is taken but those for which other answers are given, one list a mail."""

    def __init__(self, clock: FakeClock, *mails: tuple[str, ...]) -> None:
        super().__init__()
        self._clock = clock
        self._mails = list(mails)
        self.opened = 0

    async def open(self) -> object:
        self.opened += 1
        told = self._mails.pop(0) if self._mails else None
        self._told = list(told) if told else None
        return await super().open()

    async def perform(self, step: object) -> Reply:
        default = {"Data": "354 go"}.get(type(step).__name__, "250 ok")
        answer = (self._told.pop(0) if self._told else default) if self._told is not None else default
        return Reply(int(answer[:3]), answer[4:], self._clock.now())


def office_at(root: Path, moment: dt.datetime, *mails: tuple[str, ...], **settings: object) -> SmallOffice:
    """An office whose server accepts unless it is set to refuse; its operator gets no mail."""
    clock = FakeClock(moment)
    office = SmallOffice(root, Settings(**{"notify": (), **settings}), clock)
    office.server = Answering(clock, *mails)
    replace_server(office)
    return office


def replace_server(office: SmallOffice) -> None:
    pipeline = office.pipeline
    office.pipeline = Pipeline(
        office.store, pipeline._reader, office.server, office.clock, "hoshobin", pipeline.active_config
    )


def states(office: SmallOffice) -> list[State]:
    return [each.state for each in office.store.submissions()]


async def test_what_is_approved_at_night_waits_for_the_opening_after_the_holiday(tmp_path: Path) -> None:
    office = office_at(tmp_path, FRIDAY + dt.timedelta(hours=2), mode="approve", windows=USUAL)
    office.save(form(1))
    await office.pass_once()
    approve(office.store, office.pipeline.active_config, 1, office.only().label, HANAKO, "", office.clock.now())
    for moment in (FRIDAY + dt.timedelta(hours=3), TUESDAY - dt.timedelta(days=1), TUESDAY - dt.timedelta(seconds=1)):
        office.clock.moment = moment
        await office.finish()
        assert states(office) == [State.APPROVED]
    office.clock.moment = TUESDAY
    done = await office.finish()
    assert (done.sent, states(office)) == (1, [State.SENT])


async def test_the_hours_hold_after_a_restart_and_new_hours_hold_at_once(tmp_path: Path) -> None:
    office = office_at(tmp_path, FRIDAY + dt.timedelta(hours=2), windows=USUAL)
    office.save(form(1))
    await office.pass_once()
    await office.restart()
    office.server = Answering(office.clock)
    replace_server(office)
    await office.finish()
    assert states(office) == [State.APPROVED]
    office.configure(Settings(notify=(), windows=()))
    await office.finish()
    assert states(office) == [State.SENT]


async def test_a_rehearsal_leaves_while_the_office_is_closed(tmp_path: Path) -> None:
    office = office_at(tmp_path, FRIDAY + dt.timedelta(hours=2), windows=USUAL, rehearsal_to=REHEARSAL)
    office.save(form(1))
    await office.pass_once()
    assert office.events(1)[-1] == "RehearsalEnded"


async def test_a_backlog_leaves_by_the_cap_and_says_when_it_goes_on(tmp_path: Path) -> None:
    office = office_at(tmp_path, FRIDAY, per_minute=2)
    for number in (1, 2, 3, 4):
        office.save(form(number))
    await office.take_in()
    first = await office.finish()
    assert (first.sent, first.goes_on_at) == (2, office.clock.now() + dt.timedelta(minutes=1))
    office.clock.let_pass(seconds=59)
    assert (await office.finish()).sent == 0
    office.clock.let_pass(seconds=1)
    last = await office.finish()
    assert (last.sent, last.goes_on_at) == (2, None)


async def test_a_server_that_asks_for_time_gets_it(tmp_path: Path) -> None:
    greylisted = ("250 ok", "450 4.2.0 Greylisted, try again in 7 minutes")
    office = office_at(tmp_path, FRIDAY, greylisted)
    office.save(form(1))
    await office.pass_once()
    assert office.only().approval.due_at == office.clock.now() + dt.timedelta(minutes=7)
    office.clock.let_pass(minutes=7)
    await office.finish()
    assert states(office) == [State.SENT]


@pytest.mark.parametrize("answers", [("450 4.7.1 too many mails, try again in 10 minutes",),
                                     ("250 ok", "421 4.7.0 closing, retry in 10 minutes")])  # fmt: skip
async def test_what_a_server_asks_for_all_mail_holds_for_all(tmp_path: Path, answers: tuple[str, ...]) -> None:
    office = office_at(tmp_path, FRIDAY, answers)
    for number in (1, 2, 3):
        office.save(form(number))
    await office.pass_once()
    assert (office.server.opened, states(office)) == (1, [State.APPROVED] * 3)
    office.clock.let_pass(minutes=10)
    assert (await office.finish()).sent == 3


async def test_no_server_silences_a_submission_for_longer_than_can_be_borne(tmp_path: Path) -> None:
    office = office_at(tmp_path, FRIDAY, ("250 ok", "450 try again in 900 hours"))
    office.save(form(1))
    await office.pass_once()
    assert office.only().approval.due_at == office.clock.now() + dt.timedelta(hours=4)


async def restarted(office: SmallOffice) -> SmallOffice:
    await office.restart()
    office.server = Answering(office.clock)
    replace_server(office)
    return office


async def test_the_cap_counts_over_a_restart(tmp_path: Path) -> None:
    office = office_at(tmp_path, FRIDAY, per_minute=2)
    for number in (1, 2, 3, 4):
        office.save(form(number))
    await office.take_in()
    assert (await office.finish()).sent == 2
    begun = office.clock.now()
    office.clock.let_pass(seconds=20)
    again = await (await restarted(office)).finish()
    assert (again.sent, again.goes_on_at) == (0, begun + dt.timedelta(minutes=1))
    office.clock.let_pass(seconds=40)
    assert (await (await restarted(office)).finish()).sent == 2


@pytest.mark.parametrize("answers", [("450 4.7.1 too many mails, try again in 10 minutes",),
                                     ("250 ok", "421 4.7.0 closing, retry in 10 minutes")])  # fmt: skip
async def test_what_a_server_asks_for_all_mail_holds_over_a_restart(tmp_path: Path, answers: tuple[str, ...]) -> None:
    office = office_at(tmp_path, FRIDAY, answers)
    for number in (1, 2, 3):
        office.save(form(number))
    await office.pass_once()
    office.clock.let_pass(minutes=9)
    await (await restarted(office)).finish()
    assert (office.server.opened, states(office)) == (0, [State.APPROVED] * 3)
    office.clock.let_pass(minutes=1)
    assert (await office.finish()).sent == 3


async def test_what_a_greeting_asks_for_holds_over_a_restart(tmp_path: Path) -> None:
    office = office_at(tmp_path, FRIDAY)
    office.save(form(1))
    await office.take_in()
    busy = Unavailable("smtp", "127.0.0.1:25: greeting: 421 busy, try again in 10 minutes")
    office.pipeline.health.failed("smtp", busy, office.clock.now())
    office.clock.let_pass(minutes=9)
    assert (await (await restarted(office)).finish()).sent == 0
    office.clock.let_pass(minutes=1)
    assert (await office.finish()).sent == 1


async def test_what_one_recipient_was_put_off_for_holds_no_other_back_after_a_restart(tmp_path: Path) -> None:
    office = office_at(tmp_path, FRIDAY, ("250 ok", "450 4.2.0 Greylisted, try again in 7 minutes"))
    office.save(form(1))
    await office.pass_once()
    office.save(form(2))
    await (await restarted(office)).pass_once()
    assert states(office) == [State.APPROVED, State.SENT]


def test_a_pass_that_sends_nothing_at_this_hour_says_when_it_leaves(mailroom: Callable[..., Mailroom]) -> None:
    one = a_form()
    room = mailroom(projects=[project(one.project, "kawa", one.number)])
    days = [dt.datetime.now(JST).date() + dt.timedelta(days=each) for each in range(3)]
    worker = room.office.config / "worker.toml"
    worker.write_text(worker.read_text() + f"closed = [{', '.join(map(str, days))}]\n")
    room.office.save_notice("a.pdf", notice(one))
    out = room.office.run_once().out
    assert "発注者への送信 0件" in out
    opens = days[-1] + dt.timedelta(days=1)
    assert f"送信待ち：1件（次の送信は {opens} 00:00）" in out
