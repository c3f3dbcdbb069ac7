"""The watchdog's view of a loop: on a clock of its own, in seconds."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from tests.support.fakes import FakeClock, mailbox_of
from worker.core import heartbeat as beat
from worker.core.heartbeat import RUNNING, Heartbeat
from worker.core.mailbox_actions import MailboxAction
from worker.core.model import JST, PdfText, Unreadable
from worker.pipeline.read import read_pdf
from worker.read.pdf.pool import READ_SECONDS as PDF_SECONDS
from worker.read.pdf.pool import START_SECONDS
from worker.send import retry
from worker.send.ports import Body, Data, NoReply, Reply, Session, Step
from worker.send.retry import Backoff, RetryingServer
from worker.send.smtp.client import Timeouts
from worker.watch.imap.mailbox import CONNECT_SECONDS, READ_SECONDS


@dataclasses.dataclass
class Seconds:
    now: float = 5000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def loop(seconds: Seconds) -> Heartbeat:
    return Heartbeat("mail:main", 60, seconds)


class SlowServer:
    """Each call takes its time on the clock, and says whether the loop counted as alive at the end of it."""

    def __init__(self, seconds: Seconds, loop: Heartbeat, takes: float) -> None:
        self._seconds, self._loop, self._takes = seconds, loop, takes
        self.alive: list[bool] = []

    def _pass(self) -> None:
        self._seconds.now += self._takes
        self.alive.append(self._loop.is_alive)

    async def open(self) -> Session:
        self._pass()
        return Session("mx.relay.example", "", dsn=True)

    async def perform(self, step: Step) -> Reply | NoReply:
        self._pass()
        return Reply(250, "ok", dt.datetime(2026, 11, 21, tzinfo=JST))

    async def close(self) -> None:
        self._pass()


def test_a_loop_between_its_passes_is_alive_and_one_whose_next_pass_never_comes_is_not(
    seconds: Seconds, loop: Heartbeat
) -> None:
    loop.rest()
    seconds.now += 60
    assert loop.is_alive
    seconds.now += beat.MISSED_PASSES * 60 + beat.STEP_LIMIT
    assert not loop.is_alive


def test_a_loop_that_never_begins_is_not_alive_for_ever(seconds: Seconds, loop: Heartbeat) -> None:
    assert loop.is_alive
    seconds.now += beat.STEP_LIMIT + 1
    assert not loop.is_alive


def test_a_step_is_alive_until_its_deadline_has_passed(seconds: Seconds, loop: Heartbeat) -> None:
    loop.step(10)
    seconds.now += 10
    assert loop.is_alive
    seconds.now += 1
    assert not loop.is_alive


@pytest.mark.parametrize(
    ("limit", "takes"),
    [
        (retry.BODY_LIMIT, Timeouts().longest),
        (beat.STEP_LIMIT, Timeouts().command),
        (beat.STEP_LIMIT, Timeouts().data),
        (beat.STEP_LIMIT, CONNECT_SECONDS * 4 + READ_SECONDS * 5),
        (beat.STEP_LIMIT, 2 * (PDF_SECONDS + START_SECONDS)),
    ],
)
def test_whatever_has_a_deadline_of_its_own_meets_it_before_it_counts_as_hung(limit: float, takes: float) -> None:
    assert takes < limit


async def test_a_slow_mail_server_is_no_hang_at_any_step(seconds: Seconds, loop: Heartbeat) -> None:
    RUNNING.set(loop)
    limits = Timeouts()
    opening = limits.reset + 3 * limits.connect + limits.greeting + 5 * limits.command
    for takes, call in (
        (opening, lambda server: server.open()),
        (limits.data, lambda server: server.perform(Data())),
        (limits.transfer + limits.answer, lambda server: server.perform(Body(b"x"))),
        (limits.quit, lambda server: server.close()),
    ):
        slow = SlowServer(seconds, loop, takes)
        await call(RetryingServer(slow, Backoff(FakeClock())))
        assert slow.alive == [True]
        assert loop.is_alive


async def test_an_answer_that_never_comes_is_a_hang_in_the_end(seconds: Seconds, loop: Heartbeat) -> None:
    slow = SlowServer(seconds, loop, retry.BODY_LIMIT + 1)
    RUNNING.set(loop)
    await RetryingServer(slow, Backoff(FakeClock())).perform(Body(b"x"))
    assert slow.alive == [False]


async def test_each_call_of_a_mailbox_is_a_step_of_its_own(seconds: Seconds, loop: Heartbeat) -> None:
    class Slow:
        name, after = "main", MailboxAction()

        def newest_results(self, takes: float) -> tuple[bytes, ...]:
            seconds.now += takes
            return (b"alive",) if loop.is_alive else ()

    RUNNING.set(loop)
    mailbox = mailbox_of(Slow())
    assert [await mailbox.newest_results(beat.STEP_LIMIT) for _ in range(3)] == [(b"alive",)] * 3
    assert await mailbox.newest_results(beat.STEP_LIMIT + 1) == ()


async def test_a_folder_of_many_pdfs_is_as_many_steps(seconds: Seconds, loop: Heartbeat) -> None:
    class Reader:
        async def read(self, pdf: bytes) -> PdfText | Unreadable:
            seconds.now += beat.STEP_LIMIT - 1
            return PdfText(())

    RUNNING.set(loop)
    for _ in range(5):
        await read_pdf(Reader(), b"%PDF-", ())
        assert loop.is_alive
