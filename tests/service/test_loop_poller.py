"""The watch over a mailbox; the fake clock moves on when the service would wait."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from tests.support.fakes import FakeClock
from worker.core.errors import AccountRefused, Unavailable
from worker.service.loop import IDLE_LIMIT, LOOK_GAP, RECONNECT_LIMIT, MailboxPoller, reconnect_delay
from worker.watch.ports import IdleResult

POLL = 60.0


@dataclass
class World:
    """A server that behaves as set, a clock, and the times at which it was scanned and listened to."""

    clock: FakeClock = field(default_factory=FakeClock)
    failure: Unavailable | None = None
    answers: list[IdleResult] = field(default_factory=list)
    always: IdleResult = IdleResult.QUIET
    takes: float = 0.0
    looks: list[float] = field(default_factory=list)
    listened: list[float] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.began = self.clock.now()

    def seconds(self) -> float:
        return (self.clock.now() - self.began).total_seconds()

    async def look(self) -> int:
        self.looks.append(self.seconds())
        self.clock.let_pass(seconds=self.takes)
        if self.failure is not None:
            raise self.failure
        return 0

    async def listen(self, seconds: float) -> IdleResult:
        heard = self.answers.pop(0) if self.answers else self.always
        self.listened.append(seconds)
        if heard is IdleResult.QUIET:
            self.clock.let_pass(seconds=seconds)
        return heard

    async def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.clock.let_pass(seconds=seconds)

    def poller(self, poll: float = POLL, chance: Callable[[], float] = lambda: 0.0) -> MailboxPoller:
        return MailboxPoller(self.look, self.listen, poll, chance, self.seconds)


async def watch(poller: MailboxPoller, world: World, seconds: float, most: int = 1000) -> None:
    for _ in range(most):
        if world.seconds() >= seconds:
            return
        await poller.wait(world.pause)
        with contextlib.suppress(Unavailable):
            await poller.poll()


async def test_the_first_look_is_at_once_and_the_sweep_comes_every_poll_seconds() -> None:
    world = World()
    await watch(world.poller(), world, 240)
    assert world.looks == [0, 60, 120, 180, 240]
    assert world.paused == []


async def test_a_look_follows_what_was_heard_at_once() -> None:
    world = World(answers=[IdleResult.QUIET, IdleResult.NEWS], takes=1.0)
    await watch(world.poller(), world, 62)
    assert world.looks[:2] == [0, 61]
    world = World(answers=[IdleResult.NEWS])
    poller = world.poller()
    await watch(poller, world, LOOK_GAP)
    assert world.looks == [0, LOOK_GAP], "the look before ended in the same moment"


async def test_a_server_that_tells_of_news_all_the_time_is_looked_at_a_few_times_a_second() -> None:
    world = World(always=IdleResult.NEWS)
    await watch(world.poller(), world, 60)
    assert len(world.looks) <= 60 / LOOK_GAP + 1


async def test_a_long_sweep_is_waited_for_in_spans_of_minutes() -> None:
    world = World()
    await watch(world.poller(poll=1000), world, 1000)
    assert world.looks == [0, 1000]
    assert world.listened == [IDLE_LIMIT, IDLE_LIMIT, IDLE_LIMIT, 100]
    assert IDLE_LIMIT < 29 * 60


async def test_a_server_without_idle_is_polled() -> None:
    world = World(always=IdleResult.NOT_OFFERED)
    await watch(world.poller(), world, 180)
    assert world.looks == [0, 60, 120, 180]


@pytest.mark.parametrize("failure", [Unavailable("imap", "gone"), AccountRefused("imap", "no")])
async def test_a_server_gone_for_ten_minutes_is_asked_ever_more_rarely_and_found_when_it_is_back(
    failure: Unavailable,
) -> None:
    world = World(failure=failure)
    poller = world.poller()
    await watch(poller, world, 600)
    assert len(world.looks) == 11
    gaps = [later - earlier for earlier, later in pairwise(world.looks)]
    assert gaps == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    world.failure = None
    back = world.seconds()
    await watch(poller, world, back + 2 * RECONNECT_LIMIT)
    assert world.looks[11] - back <= RECONNECT_LIMIT
    assert world.looks[12] - world.looks[11] == POLL


async def test_a_server_gone_for_hours_is_asked_for_ever() -> None:
    world = World(failure=Unavailable("imap", "gone"))
    await watch(world.poller(), world, 48 * 3600)
    assert max(later - earlier for earlier, later in pairwise(world.looks)) == RECONNECT_LIMIT
    assert world.looks[-1] >= 48 * 3600


async def test_a_connection_that_is_lost_in_idle_each_time_is_made_ever_more_rarely() -> None:
    world = World(always=IdleResult.LOST)
    await watch(world.poller(), world, 600)
    assert len(world.looks) == 11


async def test_a_connection_lost_once_is_made_again_within_a_second() -> None:
    world = World(answers=[IdleResult.QUIET, IdleResult.LOST, IdleResult.QUIET, IdleResult.LOST])
    await watch(world.poller(), world, 122)
    assert world.looks == [0, 60, 61, 121, 122]


async def test_what_was_forgotten_counts_for_nothing() -> None:
    world = World(failure=Unavailable("imap", "gone"))
    poller = world.poller()
    await watch(poller, world, 100)
    poller.forget()
    await watch(poller, world, world.seconds() + 1)
    before = len(world.looks)
    await watch(poller, world, world.seconds() + 1)
    assert world.looks[before] - world.looks[before - 1] == 1


@pytest.mark.parametrize(("chance", "expected"), [(0.0, 8.0), (0.5, 6.0), (1.0, 4.0)])
def test_chance_shortens_the_delay_by_up_to_half(chance: float, expected: float) -> None:
    assert reconnect_delay(4, chance) == expected


def test_the_delay_of_a_million_failures_is_the_limit() -> None:
    assert reconnect_delay(1_000_000, 0.0) == RECONNECT_LIMIT
