"""When a server that failed is asked again."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.fakes import FakeClock
from worker.core.errors import AccountRefused, Unavailable
from worker.send.ports import NoReply, Session
from worker.send.retry import Backoff, RetryingServer

MINUTE = dt.timedelta(minutes=1)


class Server:
    """Fails if it is set to, and counts the calls."""

    def __init__(self, failure: Unavailable | None = None) -> None:
        self.failure = failure
        self.asked = 0

    async def open(self) -> Session:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return Session(server="mx.relay.example", tls="", dsn=True)

    async def perform(self, step: object) -> NoReply:
        raise AssertionError(step)

    async def close(self) -> None:
        self.asked = -1


async def try_to_open(server: RetryingServer) -> Unavailable | None:
    try:
        await server.open()
    except Unavailable as failure:
        return failure
    return None


async def test_a_refused_account_is_tried_ever_more_rarely() -> None:
    clock = FakeClock()
    inner = Server(AccountRefused("smtp", "535 not you"))
    server = RetryingServer(inner, Backoff(clock, MINUTE))
    tried_at = []
    for minute in range(300):
        before = inner.asked
        assert await try_to_open(server) is inner.failure
        tried_at += [minute] if inner.asked > before else []
        clock.let_pass(minutes=1)
    assert tried_at == [0, 1, 6, 21, 51, 111, 171, 231, 291]


async def test_a_server_that_is_away_is_tried_at_the_pace_that_is_set_for_it() -> None:
    clock = FakeClock()
    inner = Server(Unavailable("smtp", "no answer"))
    server = RetryingServer(inner, Backoff(clock, MINUTE))
    for _ in range(12):
        assert await try_to_open(server) is inner.failure
        clock.let_pass(seconds=5)
    assert inner.asked == 1
    assert await try_to_open(server) is inner.failure
    assert inner.asked == 2


async def test_after_a_success_the_next_failure_is_the_first_again() -> None:
    clock = FakeClock()
    refused = AccountRefused("smtp", "535 not you")
    inner = Server(refused)
    server = RetryingServer(inner, Backoff(clock, MINUTE))
    for _ in range(3):
        assert await try_to_open(server) is refused
        clock.let_pass(hours=1)
    inner.failure = None
    assert await try_to_open(server) is None
    inner.failure = refused
    assert await try_to_open(server) is refused
    clock.let_pass(minutes=1)
    asked = inner.asked
    assert await try_to_open(server) is refused
    assert inner.asked == asked + 1


async def test_a_person_s_reload_is_a_reason_to_ask_at_once() -> None:
    clock = FakeClock()
    backoff = Backoff(clock)
    inner = Server(AccountRefused("imap", "NO"))
    server = RetryingServer(inner, backoff)
    await try_to_open(server)
    await try_to_open(server)
    assert inner.asked == 1
    backoff.forget()
    await try_to_open(server)
    assert inner.asked == 2


async def test_a_failure_that_is_told_again_does_not_grow() -> None:
    inner = Server(AccountRefused("smtp", "535 not you"))
    server = RetryingServer(inner, Backoff(FakeClock(), MINUTE))
    for _ in range(20):
        await try_to_open(server)
    depth, trace = 0, inner.failure and inner.failure.__traceback__
    while trace is not None:
        depth, trace = depth + 1, trace.tb_next
    assert depth < 6


async def test_a_fault_is_nothing_to_be_patient_about() -> None:
    backoff = Backoff(FakeClock(), MINUTE)

    async def fail() -> None:
        raise ZeroDivisionError

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await backoff.ask(fail)


async def test_the_server_itself_is_closed() -> None:
    inner = Server()
    await RetryingServer(inner, Backoff(FakeClock())).close()
    assert inner.asked == -1


@pytest.mark.parametrize("hours", [-1, -24, -24 * 40, 1, 24 * 40])
async def test_a_clock_that_is_set_neither_shortens_nor_lengthens_the_pause(hours: int) -> None:
    clock = FakeClock()
    inner = Server(AccountRefused("smtp", "535 not you"))
    server = RetryingServer(inner, Backoff(clock, MINUTE))
    await try_to_open(server)
    clock.set_by(hours=hours)
    await try_to_open(server)
    assert inner.asked == 1
    clock.let_pass(minutes=1)
    await try_to_open(server)
    assert inner.asked == 2
