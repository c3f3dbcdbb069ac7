"""Random days: notices, people, faults, restarts and changes of the configuration in any order.

In every order: no mail is accepted twice unless a person declared it unsent; mail goes only to addresses of the
configuration in force; and in the end every submission has an end or waits for a person who was informed.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import decided
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.small_office import Settings, SmallOffice, form, mail_with
from tests.support.world import HANAKO, REHEARSAL
from worker.approve import decisions
from worker.core.errors import Conflict, LogBroken, NotAllowed, Unavailable
from worker.core.states import State

SEQUENCES = 40
STEPS = 30
PLACES = [*(at for at in At if at not in (At.STARTTLS, At.AUTH, At.INVITED)), *[At.BODY, At.DOT] * 4]
FAULTS = ["close", "close", "close", "421", "450", "535", "550", "552", "554", "garbage", "250"]
COMMITS = [
    "NoticeRead",
    "SendStarted",
    "DataStarted",
    "Accepted",
    "NotNow",
    "Refused",
    "RehearsalEnded",
    "NoAnswer",
    "",
]
DECIDED = {State.SENT, State.HELD, State.REFUSED, State.IN_DOUBT, State.WITHDRAWN}


@pytest.fixture
def room() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


class Day:
    """One office, and what chance does to it."""

    def __init__(self, chance: random.Random, server: MisbehavingServer, root: Path) -> None:
        self.chance = chance
        self.server = server
        self.office = SmallOffice(root, Settings(port=server.port))
        self.heard = 0
        self.steps: list[str] = []

    async def step(self) -> None:
        """One random event, and what must hold after it."""
        doing = self.chance.choice(
            [self.notice] * 3 + [self.work] * 5 + [self.decide] * 4 + [self.harm] * 3 + [self.reconfigure, self.restart]
        )
        self.steps.append(doing.__name__)
        try:
            await doing()
        except (Unavailable, NotAllowed, Conflict) as refused:
            self.steps[-1] += f" ({refused})"
        self.look()

    # --- Events -------------------------------------------------------------------------------------------------

    async def notice(self) -> None:
        one = form(self.chance.randint(1, 4), key=self.chance.randint(0, 1), copy=self.chance.randint(0, 1))
        self.steps[-1] += f" {one.number} {one.key} {one.copy}"
        if self.chance.random() < 0.5:
            self.office.save(one)
        else:
            mails = self.office.mails.received
            mails.append(mail_with(one, number=len(mails) + 1))

    async def work(self) -> None:
        self.office.clock.let_pass(minutes=self.chance.choice([0, 1, 5, 61, 61, -30]))
        if self.chance.random() < 0.7:
            await self.office.pass_once()
            return
        cut = asyncio.create_task(self.office.pass_once())
        taken, turns = len(self.server.messages), self.chance.choice([self.chance.randint(1, 200), 1000])
        for _ in range(turns):  # broken off anywhere, and every other time just when the server has the next mail
            if cut.done() or (turns == 1000 and len(self.server.messages) > taken):
                break
            await asyncio.sleep(0)
        self.steps[-1] += f" cut short with {len(self.server.messages) - taken} new"
        cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)

    async def decide(self) -> None:
        store, active_config, now = self.office.store, self.office.pipeline.active_config, self.office.clock.now()
        found = [each for each in store.submissions() if each.state not in {State.SENDING, State.WITHDRAWN}]
        if not found:
            return
        one = self.chance.choice(found)
        self.steps[-1] += f" {one.id} {one.state}"
        if one.state is State.HELD and self.chance.random() < 0.8:
            decided.approve(store, active_config, one.id, one.label, HANAKO, "", now)
        elif one.state is State.IN_DOUBT and self.chance.random() < 0.5:
            decisions.resolve_sent(store, one.id, HANAKO, now)
        elif one.state is State.IN_DOUBT:
            decided.resolve_not_sent(store, active_config, one.id, HANAKO, now)
        elif one.state in {State.HELD, State.APPROVED}:
            decisions.withdraw(store, one.id, HANAKO, "")
        else:
            decided.resend(store, active_config, one.id, HANAKO, "", now)

    async def harm(self) -> None:
        what = self.chance.choice(["server", "server", "refuses", "denies"])
        if what == "server":
            at, fault, times = self.chance.choice(PLACES), self.chance.choice(FAULTS), self.chance.randint(1, 3)
            self.steps[-1] += f" {at} {fault} {times}"
            self.server.misbehave(at, fault, times)
            return
        event, left = self.chance.choice(COMMITS), [self.chance.randint(1, 3)]
        self.steps[-1] += f" {what} {event} {left}"

        def fails(events: list[str]) -> bool:
            if left[0] and (event in events if event else not events):
                left[0] -= 1
                return True
            return False

        setattr(self.office.store, what, fails)

    async def reconfigure(self) -> None:
        settings = dataclasses.replace(
            self.office.settings,
            mode=self.chance.choice(["auto", "auto", "hold", "approve"]),
            rehearsal_to=self.chance.choice(["", "", REHEARSAL]),
            doboku=self.chance.choice(["doboku@kawa-town.example", "kensetsu@kawa-town.example"]),
            works=self.chance.choice([(1, 2, 3, 4), (1, 2, 3, 4), (1, 2)]),
        )
        self.steps[-1] += f" {settings}"
        if self.chance.random() < 0.5:
            self.office.configure(settings)
        else:
            await self.office.restart(settings)

    async def restart(self) -> None:
        await self.office.restart()

    # --- What must hold -----------------------------------------------------------------------------------------

    def look(self) -> None:
        auth_headers, self.heard = self.server.commands[self.heard :], len(self.server.commands)
        addressed = {line.partition("<")[2].partition(">")[0] for line in auth_headers if line.startswith("RCPT")}
        assert addressed <= self.office.settings.addresses
        assert not {number: copies for number, copies in self.copies().items() if copies > 1 + self.unsent()[number]}

    def copies(self) -> Counter[str]:
        """Message-ID → how often the server took it, the operator's mail left out."""
        found = (re.search(rb"(?m)^Message-ID: (<\w+\.r?\d+@\S+>)\r$", each) for each in self.server.messages)
        return Counter(each[1].decode() for each in found if each)

    def unsent(self) -> Counter[str]:
        """Message-ID → how often a person stated that it had not left."""
        rows = {each.id: each for each in self.office.store.submissions()}
        stated = (entry.submission for entry in self.office.store.entries(events=["ConfirmedNotSent"]))
        drafts = (rows[number].composed.draft for number in stated if number is not None)
        return Counter(draft.message_id for draft in drafts if draft is not None)

    async def end(self) -> None:
        """All faults end; the worker finishes what it can."""
        self.server.misbehave(None, "")
        await self.office.restart()
        for _ in range(5):
            self.office.clock.let_pass(minutes=61)
            await self.office.pass_once()
            self.look()
        store = self.office.store
        assert store.verify().holds
        assert not store.alarms_waiting()
        folded: dict[int, str] = {}
        for entry in store.entries():
            assert "kEy00" not in json.dumps([entry.detail, entry.set], default=dict)
            if entry.submission is not None and "state" in entry.set:
                folded[entry.submission] = entry.set["state"]
        for each in store.submissions():
            assert folded[each.id] == each.state
            assert each.state in DECIDED
            assert each.state is not State.IN_DOUBT or each.delivery.silent
            assert each.state is not State.HELD or each.reasons
            stated = {entry.event for entry in store.entries(each.id)}
            if each.state is State.SENT and "ConfirmedSent" not in stated:
                assert each.composed.draft is not None
                assert self.copies()[each.composed.draft.message_id] >= 1, "SENT, and the server has nothing"


@pytest.mark.parametrize("number", range(SEQUENCES))
async def test_whatever_happens_in_whatever_order_nothing_is_sent_twice_or_lost(
    number: int, room: Path, pytestconfig: pytest.Config
) -> None:
    seed = pytestconfig.getoption("hypothesis_seed")  # printed at the head of every run
    async with MisbehavingServer() as server:
        day = Day(random.Random(f"{seed}-{number}"), server, room)
        try:
            for _ in range(STEPS):
                await day.step()
            await day.end()
        except (AssertionError, LogBroken) as failure:
            raise AssertionError(f"--hypothesis-seed={seed}:\n" + "\n".join(day.steps)) from failure
        finally:
            await day.office.stop()
