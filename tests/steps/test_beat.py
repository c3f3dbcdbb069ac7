"""A server that is down is no hang, and a hang is one: what the watchdog is fed by."""

from __future__ import annotations

import contextvars
import datetime as dt

import pytest
from fakes import START, FakePdfReader, FakeServer, run_at_once

from worker.adapters import imap, imap_answers, pdf
from worker.adapters.smtp_wire import Timeouts
from worker.beat import (
    BODY_LIMIT,
    MISSED_PASSES,
    OPEN_LIMIT,
    RUNNING,
    STEP_LIMIT,
    Beat,
    BeatingReader,
    BeatingServer,
    BeatingThread,
)
from worker.errors import Unavailable
from worker.model import Address, PdfText
from worker.ports import Body, Data, Mail, Rcpt, Reply, Silence, Step

OK = Reply(250, "ok", START)
SENDER = Address("soumu@contractor.example")
SLOWEST_LINE = 64_000 / 8  # bytes in a second: the slowest line still rented out


class Seconds:
    """A monotonic clock that is told to pass."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_loop_lives_while_its_step_may_take_and_not_longer() -> None:
    seconds = Seconds()
    beat = Beat("sending", 5, seconds)
    beat.step(60)
    seconds.now += 60
    assert beat.is_alive
    seconds.now += 0.1
    assert not beat.is_alive


def test_a_loop_that_rests_lives_until_some_passes_were_missed() -> None:
    seconds = Seconds()
    beat = Beat("mail:main", 60, seconds)
    beat.rest()
    seconds.now += MISSED_PASSES * 60 + STEP_LIMIT
    assert beat.is_alive
    seconds.now += 1
    assert not beat.is_alive


def test_a_loop_that_never_began_is_a_hang_in_time() -> None:
    seconds = Seconds()
    beat = Beat("folder", 60, seconds)
    assert beat.is_alive
    seconds.now += STEP_LIMIT + 1
    assert not beat.is_alive


# --- No wait of an adapter is longer than the step it belongs to -------------------------------------------------


def test_a_body_and_its_answer_may_take_as_long_as_the_adapter_waits() -> None:
    assert Timeouts().transfer + Timeouts().answer < BODY_LIMIT


def test_opening_and_every_command_may_take_as_long_as_the_adapter_waits() -> None:
    waits = Timeouts()
    greylisting = Timeouts(transfer=0, answer=0).longest
    assert greylisting < OPEN_LIMIT
    assert max(waits.command, waits.data) < STEP_LIMIT


def test_a_block_of_mail_on_the_slowest_line_is_no_hang() -> None:
    assert imap_answers.BLOCK_BYTES / SLOWEST_LINE + imap.CONNECT_SECONDS + imap.READ_SECONDS < STEP_LIMIT


def test_one_pdf_is_no_hang_even_if_its_child_must_be_started_twice() -> None:
    assert 2 * (pdf.READ_SECONDS + pdf.START_SECONDS) < STEP_LIMIT


# --- What beats --------------------------------------------------------------------------------------------------


class Watched(FakeServer):
    """A server that takes its time at each step, and says how long the loop would still have lived."""

    def __init__(self, seconds: Seconds, beat: Beat, takes: float, *answers: Reply | Silence) -> None:
        super().__init__(*answers)
        self.seconds, self.beat, self.takes = seconds, beat, takes
        self.lived: list[bool] = []

    async def take(self, step: Step) -> Reply | Silence:
        self.seconds.now += self.takes
        self.lived.append(self.beat.is_alive)
        return await super().take(step)


@pytest.mark.parametrize(
    ("step", "limit"),
    [
        (Mail(SENDER, 100), STEP_LIMIT),
        (Rcpt(SENDER), STEP_LIMIT),
        (Data(), STEP_LIMIT),
        (Body(b"x"), BODY_LIMIT),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_each_step_of_a_mail_has_its_own_limit(step: Step, limit: float) -> None:
    seconds = Seconds()
    beat = Beat("sending", 5, seconds)
    server = Watched(seconds, beat, limit, OK, OK)
    beating = BeatingServer(server, beat)
    assert await beating.take(step) == OK
    server.takes = limit + 1
    assert await beating.take(step) == OK
    assert server.lived == [True, False]
    assert server.steps == [step, step]


async def test_a_step_that_ended_gives_the_next_one_its_time() -> None:
    seconds = Seconds()
    beat = Beat("sending", 5, seconds)
    beating = BeatingServer(FakeServer(OK), beat)
    seconds.now += 10 * STEP_LIMIT
    assert (await beating.open()).server == "mx.contractor.example"
    assert beat.is_alive
    seconds.now += 10 * STEP_LIMIT
    await beating.take(Data())
    assert beat.is_alive
    seconds.now += 10 * STEP_LIMIT
    await beating.close()
    assert beat.is_alive


async def test_a_mailbox_call_beats_and_fails_as_it_fails() -> None:
    seconds = Seconds()
    beat = Beat("mail:main", 60, seconds)
    thread = BeatingThread(run_at_once, beat)
    seconds.now += 10 * STEP_LIMIT
    assert await thread(dt.timedelta, minutes=1) == dt.timedelta(minutes=1)
    assert beat.is_alive

    def fail() -> None:
        raise Unavailable("imap", "no answer")

    with pytest.raises(Unavailable):
        await thread(fail)


async def test_a_pdf_that_was_read_beats_for_the_loop_that_asked_and_no_other() -> None:
    seconds = Seconds()
    mail, folder = Beat("mail:main", 60, seconds), Beat("folder", 60, seconds)
    reader = BeatingReader(FakePdfReader(PdfText(())))
    context = contextvars.copy_context()
    context.run(RUNNING.set, mail)
    seconds.now += 10 * STEP_LIMIT
    reading = reader.read(b"%PDF-")
    with pytest.raises(StopIteration) as ended:
        context.run(reading.send, None)
    assert ended.value.value == PdfText(())
    assert (mail.is_alive, folder.is_alive) == (True, False)


async def test_a_pdf_read_for_no_loop_is_read_all_the_same() -> None:
    inner = FakePdfReader(PdfText(()))
    reader = BeatingReader(inner)
    assert await reader.read(b"%PDF-") == PdfText(())
    await reader.close()
    assert inner.is_closed
