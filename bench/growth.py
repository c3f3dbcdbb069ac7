"""How cost grows with closed submissions: commands and steps of the service over stores of several sizes.

Processor time is that of the process alone (``os.wait4``), and memory its peak. Sizes are measured in turn, so that
other programs of the machine disturb each alike.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from bench.backlog import HERE, as_installed
from bench.filled import OPEN, PROJECTS, RECENT, a_sink, adapt, copy_of, fill
from bench.office import Order
from worker.core.model import JST

SIZES: Final = (100, 10_000, 100_000)
ROUNDS: Final = 3
NOTICES: Final = 50
NOTICES_ROUNDS: Final = 2
"""150 of the registered projects are left for them."""
A_WEEK_AGO: Final = (dt.datetime.now(JST) - dt.timedelta(days=7)).date().isoformat()
COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    "tasks": ["tasks"],
    "status": ["status"],
    "show": ["show", "2"],
    "list": ["list"],
    "project list": ["project", "list"],
    "log --since": ["log", "--since", A_WEEK_AGO],
    "metrics": ["metrics"],
    "list --all": ["list", "--all"],
    "log": ["log"],
    "audit verify": ["audit", "verify"],
}
TARGETS: Final[Mapping[str, tuple[float | None, float | None]]] = {
    **dict.fromkeys(("tasks", "status", "show", "list", "project list", "metrics"), (1.2, 1.2)),
    "log --since": (1.5, 1.2),
    "list --all": (None, 1.2),
    "log": (None, 1.2),
    "audit verify": (None, 1.2),
    **dict.fromkeys(("pass with nothing to do", "look", "digest", "escalate", "start to READY"), (1.2, 1.2)),
    "50 notices": (1.1, 1.2),
}
"""At most so many times the processor time, and the memory, of the smallest store."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds and peak memory in MB."""

    seconds: float
    megabytes: float


@dataclass(slots=True)
class Row:
    """One thing measured, by the size of the store."""

    name: str
    costs: dict[int, list[Cost]] = field(default_factory=dict)

    def middle(self, size: int) -> Cost:
        """The medians of the rounds."""
        several = self.costs[size]
        return Cost(median(each.seconds for each in several), max(each.megabytes for each in several))


def measure_growth(sizes: Sequence[int]) -> list[Row]:
    """Fill the stores where they are not, and measure everything."""
    rows = {name: Row(name) for name in TARGETS}

    def note(name: str, size: int, cost: Cost) -> None:
        rows[name].costs.setdefault(size, []).append(cost)

    with a_sink() as (port, _):
        configs = {size: adapt(copy_of(fill(size)) / "config", port) for size in sizes}
        for round_number in range(ROUNDS):
            for name, words in COMMANDS.items():
                for size, config in configs.items():
                    note(name, size, _cost_of([*_worker(config), *words]))
            for size, config in configs.items():
                if round_number == 0:  # the first pass of an office makes its folder's and configuration's entries
                    _cost_of([*_worker(config), "run", "--once"])
                note("pass with nothing to do", size, _cost_of([*_worker(config), "run", "--once"]))
                note("start to READY", size, _cost_of_start(config))
                for step, cost in _costs_of_steps(config).items():
                    note(step, size, cost)
        for round_number in range(NOTICES_ROUNDS):
            for size, config in configs.items():
                note("50 notices", size, _cost_of_notices(config, round_number))
    return list(rows.values())


def _worker(config: Path) -> list[str]:
    return [sys.executable, "-m", "worker", "--config", str(config)]


def _cost_of(command: Sequence[str]) -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "spent"
        whole = [sys.executable, "-S", str(HERE / "bench" / "spent.py"), str(target), *command]
        done = subprocess.run(  # noqa: S603  our own modules
            whole, cwd=HERE, env=as_installed(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        if done.returncode not in {0, 1, 3}:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
        seconds, kilobytes = target.read_text().split()
    return Cost(float(seconds), int(kilobytes) * 1024 / 1e6)


def _cost_of_start(config: Path) -> Cost:
    """``run`` until it says that it is ready; its own processor time by then."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(f"{folder}/notify")
        told.settimeout(120)
        env = {**as_installed(), "NOTIFY_SOCKET": f"{folder}/notify"}
        command = [*_worker(config), "run"]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, cwd=HERE, env=env, stdout=quiet, stderr=quiet) as service:  # noqa: S603  ours
            try:
                while b"READY=1" not in told.recv(4096):
                    pass
                seconds, megabytes = _spent_by(service.pid)
            finally:
                service.send_signal(signal.SIGTERM)
                _drain(told, service)
    return Cost(seconds, megabytes)


def _spent_by(pid: int) -> tuple[float, float]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    peak = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) * 1024 / 1e6


def _drain(told: socket.socket, service: subprocess.Popen[bytes]) -> None:
    told.settimeout(0.1)
    deadline = time.monotonic() + 30
    while service.poll() is None and time.monotonic() < deadline:
        try:
            told.recv(4096)
        except TimeoutError:
            continue
    if service.poll() is None:
        service.kill()


def _costs_of_steps(config: Path) -> dict[str, Cost]:
    """The look of every minute, the digest and the escalation, each in a process of its own after a common start."""
    found = {}
    for step in ("look", "digest", "escalate"):
        command = [sys.executable, "-m", "bench.growth_step", step, str(config)]
        done = subprocess.run(command, cwd=HERE, env=as_installed(), capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise SystemExit(f"{step}: {done.stderr[-2000:]}")
        said = json.loads(done.stdout.splitlines()[-1])
        found[step] = Cost(said["seconds"], said["megabytes"])
    return found


def _cost_of_notices(config: Path, round_number: int) -> Cost:
    folder = config.parent / "var" / "inbox" / "notices"
    first = RECENT + OPEN + round_number * NOTICES
    if first + NOTICES > PROJECTS:
        raise ValueError("no registered project is left")
    for count in range(first, first + NOTICES):
        (folder / f"{count}.pdf").write_bytes(Order.of(count).pdf())
    return _cost_of([*_worker(config), "run", "--once"])


def print_growth(rows: Sequence[Row], sizes: Sequence[int], say: Callable[[str], None]) -> None:
    """One line each: the cost at the smallest size, the ratios at the others, the target."""
    smallest, *others = sizes
    heads = "".join(f"{f'time × at {size:,}':>20}{'memory ×':>10}" for size in others)
    say(f"{'':26}{f's at {smallest}':>10}{'MB':>8}{heads}   target: time, memory at most")
    for row in rows:
        base = row.middle(smallest)
        text = f"{row.name:26}{base.seconds:10.3f}{base.megabytes:8.1f}"
        for size in others:
            cost = row.middle(size)
            text += f"{cost.seconds / base.seconds:20.2f}{cost.megabytes / base.megabytes:10.2f}"
        time_target, memory_target = TARGETS[row.name]
        say(f"{text}   {time_target or '-'}, {memory_target or '-'}")
