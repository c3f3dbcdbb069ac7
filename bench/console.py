"""The console over a store of 100,000 submissions: how long its pages take, and how much memory it holds.

The store is that of ``bench growth``. The console runs as installed, in a process of its own; two people are logged in,
and each page is asked for over HTTP, one at a time.
"""

from __future__ import annotations

import datetime as dt
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import httpx

from bench.backlog import a_process, wait_until
from bench.filled import copy_of, fill
from bench.office import Order
from bench.processes import own_seconds, resident_megabytes
from worker.accounts import people
from worker.core.accounts import Account, Role
from worker.core.model import JST
from worker.service.wiring import build_hasher, load_installation, open_store_of, system_clock
from worker.store.ports import Author

SUBMISSIONS: Final = 100_000
ROUNDS: Final = 15
MONTH: Final = dt.timedelta(days=30)
LONG_AGO: Final = dt.timedelta(days=3_650)
"""Ten years: the search reads from the middle of the log."""
PASSWORD: Final = "青い橋の下を静かに川が流れていく"  # noqa: S105  of accounts that live as long as the measurement
LOGINS: Final[Mapping[str, Role]] = {"admin": Role.ADMIN, "staff": Role.APPROVER, "auditor": Role.AUDITOR}
MOST_MEGABYTES: Final = 120
TARGETS: Final[Mapping[str, float]] = {"/": 0.3, "/log": 0.5}
"""Seconds, by the path; a page that is not here has no target."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A page: its name, its target, the seconds of each answer and its size."""

    name: str
    target: float | None
    seconds: Sequence[float]
    processor: float
    """Processor seconds of the console for one of them: other programs of the machine disturb it less."""
    bytes: int


@dataclass(frozen=True, slots=True)
class ConsoleCost:
    """The pages, and the memory of the process before the first login and after all."""

    pages: Sequence[Timed]
    at_start: float
    at_end: float


def measure_console(size: int = SUBMISSIONS, rounds: int = ROUNDS) -> ConsoleCost:
    """Raises SystemExit if a page is not answered."""
    config = copy_of(fill(size)) / "config"
    _add_people(config)
    port = _free_port()
    base = f"http://127.0.0.1:{port}"
    command = ["worker", "--config", str(config), "console", "--port", str(port)]
    with a_process(command, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: _answers(port), process)
        at_start = resident_megabytes(process.pid)
        with httpx.Client(base_url=base, timeout=60) as staff, httpx.Client(base_url=base, timeout=60) as auditor:
            for client, login in ((staff, "staff"), (auditor, "auditor")):
                _log_in(client, base, login)
            pages = [
                _time(auditor if path.startswith("/log") else staff, process.pid, name, path, rounds)
                for name, path in _paths().items()
            ]
            at_end = resident_megabytes(process.pid)
    return ConsoleCost(pages, at_start, at_end)


def _paths() -> Mapping[str, str]:
    today = dt.datetime.now(JST).date()
    then = today - LONG_AGO
    return {
        "/ (today)": "/",
        "/log, the last month": "/log",
        "/log, a month of ten years ago": f"/log?since={then}&until={then + MONTH}",
        "/log, an amount in the last month": f"/log?since={today - MONTH}&amount_from=1",
        "/s/2": "/s/2",
        "/projects": "/projects",
        "/search, a number": f"/search?q={Order.of(0).number}",
        "/received": "/received",
        "/changes": "/changes",
    }


def _time(client: httpx.Client, pid: int, name: str, path: str, rounds: int) -> Timed:
    client.get(path)  # loads modules
    seconds, size, spent = [], 0, own_seconds(pid)
    for _ in range(rounds):
        began = time.monotonic()
        answer = client.get(path)
        seconds.append(time.monotonic() - began)
        size = len(answer.content)
        if answer.status_code != httpx.codes.OK:
            raise SystemExit(f"{path} was answered with {answer.status_code}")
    return Timed(name, TARGETS.get(path.partition("?")[0]), seconds, (own_seconds(pid) - spent) / rounds, size)


def _log_in(client: httpx.Client, base: str, login: str) -> None:
    fields = {"login": login, "password": PASSWORD}
    done = client.post("/login", data=fields, headers={"origin": base, "sec-fetch-site": "same-origin"})
    if done.status_code != httpx.codes.SEE_OTHER:
        raise SystemExit(f"{login} was not logged in: {done.status_code}")


def _add_people(config: Path) -> None:
    clock, by, hasher = system_clock(), Author("hoshobin", "bench"), build_hasher()
    store = open_store_of(load_installation(str(config)), clock)
    try:
        for login, role in LOGINS.items():
            account = people.add_account(store, Account(0, login, login, roles=frozenset({role})), by, clock.now())
            token = people.invite(store, account.id, by, clock.now())
            people.accept_invitation(store, token, PASSWORD, hasher, clock.now())
    finally:
        store.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def middle(page: Timed) -> float:
    """The median, in milliseconds."""
    return median(page.seconds) * 1000
