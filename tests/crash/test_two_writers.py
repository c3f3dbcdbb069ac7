"""The worker and two people at other screens write at once: no entry forks, no decision is lost or made twice."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.crash.lives import message_id
from tests.crash.recording_relay import RecordingRelay
from tests.support.fakes import FakeClock
from tests.support.small_office import Settings, SmallOffice, configuration_of, form
from tests.support.world import START
from worker.core.states import State
from worker.service.clock import SystemClock

pytestmark = pytest.mark.crash

SCRIPT = Path(__file__).parent / "approver.py"
COUNT = 12
PATIENCE = 90


class RunningClock(FakeClock):
    """The real clock, and ahead of it by what was let pass."""

    def now(self) -> dt.datetime:
        return SystemClock().now() + (self.moment - START)


async def approver(config: Path, name: str) -> tuple[list[int], list[int]]:
    """The submissions that this person released, and the exit codes for those that the other person had released."""
    command = (sys.executable, str(SCRIPT), str(config), name, str(COUNT))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    said = json.loads(out)
    return said["own"], said["others"]


async def work(office: SmallOffice) -> None:
    """A notice a pass, until all have been sent."""
    for number in range(1, COUNT + 1):
        office.save(form(number))
        await office.pass_once()
    while len(office.store.submissions(State.SENT)) < COUNT:
        await office.pass_once()
        await asyncio.sleep(0.01)


async def test_two_people_and_the_worker_at_once_release_each_notice_once_and_fork_no_log(tmp_path: Path) -> None:
    with RecordingRelay() as relay:
        settings = Settings(port=relay.port, mode="approve", works=tuple(range(1, COUNT + 1)))
        for file in configuration_of(settings).files:
            place = tmp_path / "config" / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.content)
        office = SmallOffice(tmp_path / "var", settings, RunningClock())
        async with asyncio.timeout(PATIENCE):
            first, second, _ = await asyncio.gather(
                approver(tmp_path / "config", "山田 花子"), approver(tmp_path / "config", "佐藤 次郎"), work(office)
            )
        assert sorted(first[0] + second[0]) == list(range(1, COUNT + 1))
        assert set(first[1] + second[1]) <= {1}
        approved = Counter(entry.submission for entry in office.store.entries(events=["Approved"]))
        assert approved == dict.fromkeys(range(1, COUNT + 1), 1)
        by = {entry.submission: entry.by for entry in office.store.entries(events=["Approved"])}
        assert {number for number, name in by.items() if name == "山田 花子"} == set(first[0])
        assert office.store.verify().holds
        await office.stop()
        mails = [each for each in relay.taken if each.recipients != ("soumu@contractor.example",)]
        assert Counter(message_id(each.content) for each in mails).most_common(1)[0][1] == 1
        assert len(mails) == COUNT
