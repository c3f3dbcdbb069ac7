"""The worker's whole life in a process that kills itself at a chosen point. Run as a script; asked line by line.

The argument is the relay's port. Each line on standard input is a JSON object: ``root`` (the office's folder), ``at``
(the moment the clock shows), ``kill`` (the point at which to die; 0: never). The process lives through one day as a
warm-up and then forks for each line (``lives``). It answers with the exit code, -9 for a death; ``points.json`` in the
folder names the points that a whole day passed.

The points: before and after every commit, every answer of the mail server, the last byte of every body, and every
replacement of the noted head. Nothing of the product is changed: the hooks are laid around it here.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import worker.store.sqlite.store as store_module
from tests.crash.lives import fork_for_each_line
from tests.support import decided, small_office
from tests.support.fakes import FakeClock
from tests.support.small_office import Settings, SmallOffice, WatchedStore, form, mail_with
from tests.support.world import HANAKO, REHEARSAL
from worker.core.states import Reason, State
from worker.send.smtp.client import Wire
from worker.send.smtp.lock import SenderLock


class Points:
    """Counts what happens and dies at the chosen one."""

    def __init__(self, kill: int) -> None:
        self.kill = kill
        self.labels: list[str] = []

    def reach(self, label: str) -> None:
        self.labels.append(label)
        if len(self.labels) == self.kill:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, label: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            self.reach(f"before {label}")
            result = call(*arguments)
            self.reach(f"after {label}")
            return result

        return called


class PointedServer:
    """The real adapter with a point before and after each answer."""

    def __init__(self, server: Any, points: Points) -> None:
        self._server = server
        self._points = points

    async def open(self) -> Any:
        self._points.reach("before open")
        session = await self._server.open()
        self._points.reach("after open")
        return session

    async def perform(self, step: Any) -> Any:
        name = type(step).__name__
        self._points.reach(f"before {name}")
        answer = await self._server.perform(step)
        self._points.reach(f"after {name}")
        return answer

    async def close(self) -> None:
        await self._server.close()


def lay_hooks(points: Points) -> None:
    class PointedStore(WatchedStore):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.before_commit = lambda events: points.reach(f"before commit of {events}")
            self.after_commit = lambda events: points.reach(f"after commit of {events}")

    plain_server, plain_body = small_office.server_at, Wire._write_body

    async def write_body(wire: Wire, *arguments: Any) -> bool:
        is_written = await plain_body(wire, *arguments)
        points.reach("after the last byte of a body")
        return is_written

    small_office.WatchedStore = PointedStore
    small_office.server_at = lambda *arguments: PointedServer(plain_server(*arguments), points)
    Wire._write_body = write_body
    store_module.write_mark = points.around("the noted head", store_module.write_mark)


async def live(root: Path, port: int, clock: FakeClock) -> None:
    """A rehearsal of notice 1; then the rehearsal is switched off, a person approves it, and notices 2 and 3 come."""
    for_real = root / "for-real"
    office = SmallOffice(root, Settings(port=port, rehearsal_to="" if for_real.exists() else REHEARSAL), clock)
    while not for_real.exists():
        office.save(form(1))
        await office.pass_once()
        clock.let_pass(minutes=2)
        if [each for each in office.store.submissions(State.HELD) if each.delivery.rehearsals]:
            for_real.touch()
            office.configure(Settings(port=port))
    office.save(form(3))
    office.mails.received.append(mail_with(form(2)))
    for _ in range(2):
        await office.pass_once()
        for held in office.store.submissions(State.HELD):
            if [hold.reason for hold in held.reasons] == [Reason.REHEARSED]:
                decided.approve(
                    office.store, office.pipeline.active_config, held.id, held.label, HANAKO, "", clock.now()
                )
        clock.let_pass(minutes=2)
        await office.finish()
        clock.let_pass(minutes=61)
    await office.stop()


def run(asked: dict[str, Any], port: int) -> int:
    """In the forked child: one life; the exit code."""
    points = Points(asked["kill"])
    lay_hooks(points)
    clock = FakeClock(dt.datetime.fromisoformat(asked["at"]))
    root = Path(asked["root"])
    with SenderLock(root, clock):
        asyncio.run(live(root, port, clock))
    (root / "points.json").write_text(json.dumps(points.labels))
    return 0


def main(port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live(Path(folder), port, FakeClock()))
    fork_for_each_line(lambda asked: run(asked, port))


if __name__ == "__main__":
    main(int(sys.argv[1]))
