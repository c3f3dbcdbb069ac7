"""The order in which the places of the children are given."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.support.strangers import OwnTime
from worker.read.budget import Lane, strangers_most
from worker.read.pdf.pool import Lanes

SECONDS = {Lane.OURS: 1.0, Lane.STRANGERS: 5.0}


class Scene:
    def __init__(self, children: int) -> None:
        self.lanes = Lanes(children)
        self.log: list[tuple[str, str]] = []
        self.most = dict.fromkeys(Lane, 0)
        self._busy = dict.fromkeys(Lane, 0)

    async def read(self, name: str, lane: Lane, parts: int = 1) -> None:
        """``parts`` are asked for one behind the other, as the text and the places of a notice are."""
        for _ in range(parts):
            async with self.lanes.place(lane):
                self.log.append(("begin", name))
                self._busy[lane] += 1
                self.most[lane] = max(self.most[lane], self._busy[lane])
                try:
                    await asyncio.sleep(SECONDS[lane])
                finally:
                    self._busy[lane] -= 1
                    self.log.append(("end", name))

    def begun(self) -> list[str]:
        return [name for what, name in self.log if what == "begin"]


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=OwnTime) as runner:
        runner.run(coroutine)


def test_with_one_child_a_strangers_pdf_is_begun_only_while_none_of_ours_waits() -> None:
    scene = Scene(1)

    async def act() -> None:
        reads = [scene.read(f"stranger {number}", Lane.STRANGERS) for number in range(3)]
        reads += [scene.read(f"ours {number}", Lane.OURS) for number in range(3)]
        await asyncio.gather(*reads)

    run(act())
    assert scene.begun() == ["stranger 0", "ours 0", "ours 1", "ours 2", "stranger 1", "stranger 2"]


def test_no_stranger_comes_between_the_text_and_the_places_of_one_of_ours() -> None:
    scene = Scene(1)

    async def act() -> None:
        reads = [scene.read(f"stranger {number}", Lane.STRANGERS) for number in range(3)]
        await asyncio.gather(*reads, scene.read("ours", Lane.OURS, parts=3))

    run(act())
    assert scene.begun() == ["stranger 0", "ours", "ours", "ours", "stranger 1", "stranger 2"]


@pytest.mark.parametrize("children", [2, 3, 4])
def test_with_several_children_one_of_ours_waits_for_no_stranger(children: int) -> None:
    scene = Scene(children)

    async def act() -> None:
        strangers = [asyncio.create_task(scene.read(f"stranger {n}", Lane.STRANGERS)) for n in range(10)]
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        await scene.read("ours", Lane.OURS)
        assert asyncio.get_running_loop().time() - began == SECONDS[Lane.OURS]
        await asyncio.gather(*strangers)

    run(act())
    assert scene.most[Lane.STRANGERS] == strangers_most(children)


def test_ours_may_have_all_children() -> None:
    scene = Scene(4)

    async def act() -> None:
        await asyncio.gather(*(scene.read(f"{n}", Lane.OURS) for n in range(8)))

    run(act())
    assert scene.most[Lane.OURS] == 4


@pytest.mark.parametrize("turn", range(10))
def test_whatever_is_cancelled_no_place_is_lost_and_none_given_twice(turn: int, pytestconfig: pytest.Config) -> None:
    chance = random.Random(f"{pytestconfig.getoption('hypothesis_seed')}-{turn}")
    children = chance.choice((1, 2, 4))
    scene = Scene(children)

    async def act() -> None:
        tasks = []
        for number in range(60):
            lane = chance.choice(list(Lane))
            tasks.append(asyncio.create_task(scene.read(f"{number}", lane)))
            await asyncio.sleep(chance.choice((0, 0, 0.5, 3)))
            if chance.random() < 0.5:
                chance.choice(tasks).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(scene.read(f"last {n}", Lane.OURS) for n in range(children)))

    run(act())
    assert scene.most[Lane.OURS] <= children
    assert scene.most[Lane.STRANGERS] <= strangers_most(children)
    last = [entry for entry in scene.log if entry[1].startswith("last")]
    assert [what for what, _ in last] == ["begin"] * children + ["end"] * children  # all places at once
