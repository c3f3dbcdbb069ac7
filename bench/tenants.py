"""Several contractors on one machine: a service and a console each, with nothing to do.

Each has its own configuration and store. All services log in to one empty mailbox and wait in IDLE. The consoles listen
on sockets and have no visitor. PDFs are read behind one socket, as under ``hoshobin-reader.socket``: each child has a
process above it, which ``systemd-socket-activate`` starts for each connection in place of systemd. What systemd itself
holds for each unit is not in the figures.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.backlog import a_folder, a_mailbox, a_process, as_installed, wait_until
from bench.idle import POLL_SECONDS, SETTLE_SECONDS
from bench.office import Order, write_configuration
from bench.processes import machine_seconds, tree_megabytes, tree_of, tree_seconds
from tests.support.reader_socket import reader_socket
from worker.service.readers import READER
from worker.service.wiring import system_clock
from worker.store.sqlite.store import open_store

PROJECTS: Final = 20
"""Of each contractor."""
_SERVICE: Final = "service"
_CONSOLE: Final = "console"
_READERS: Final = "readers"


@dataclass(frozen=True, slots=True)
class TenantsCost:
    """Memory in MB (proportional set size) and processor time over ``seconds``, with children, by kind of process."""

    seconds: float
    megabytes: dict[str, float]
    processor: dict[str, float]
    others: float
    """The average number of cores that other programs kept busy."""


def measure_tenants(count: int, seconds: float) -> TenantsCost:
    """Starts ``count`` services and consoles, lets them settle, and looks at them for ``seconds``."""
    orders = [Order.of(number) for number in range(PROJECTS)]
    with ExitStack() as ends:
        mailbox = ends.enter_context(a_mailbox([]))
        folder = ends.enter_context(a_folder())
        sink = ends.enter_context(a_process(["bench.sink", str(folder)]))
        wait_until((folder / "port").exists, sink)
        smtp_port = int((folder / "port").read_text())
        place = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="hoshobin-reader-"))) / "socket"
        server = ends.enter_context(reader_socket(place))
        env = as_installed() | {READER: str(place)}
        pids: dict[str, list[int]] = {_SERVICE: [], _CONSOLE: [], _READERS: [server]}
        for number in range(count):
            root = folder / str(number)
            root.mkdir()
            servers = mailbox.servers
            config = write_configuration(root, orders, servers.imap, smtp_port, servers.password, POLL_SECONDS)
            # A socket's path has at most 107 bytes, and that of a checkout may be longer.
            socket = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="hoshobin-"))) / "socket"
            for name, command in ((_SERVICE, ["run"]), (_CONSOLE, ["console", "--unix", str(socket)])):
                log = ends.enter_context((root / f"{name}.log").open("wb"))
                words = ["worker", "--config", str(config), *command]
                process = ends.enter_context(a_process(words, stderr=log, stdout=log, env=env))
                pids[name].append(process.pid)
                ready = (root / "var" / "sender.lock").exists if name == _SERVICE else socket.exists
                wait_until(ready, process)
        time.sleep(SETTLE_SECONDS)
        _refuse_other_children(pids, server, count)
        before, began = {name: _sum(tree_seconds, each) for name, each in pids.items()}, time.monotonic()
        busy = machine_seconds()
        time.sleep(seconds)
        spent, busy = time.monotonic() - began, machine_seconds() - busy
        processor = {name: _sum(tree_seconds, each) - before[name] for name, each in pids.items()}
        megabytes = {name: _sum(tree_megabytes, each) for name, each in pids.items()}
        for store in folder.glob("*/var"):
            _refuse_unwatched(store)
    others = max(0.0, busy - sum(processor.values())) / spent
    return TenantsCost(spent, megabytes, processor, others)


def _refuse_other_children(pids: dict[str, list[int]], server: int, count: int) -> None:
    """Raises SystemExit unless each child is behind the socket, below a process of its own."""
    own = sum(len(tree_of(each)) for name in (_SERVICE, _CONSOLE) for each in pids[name])
    behind = len(tree_of(server)) - 1
    if own != 2 * count or behind < 2 * count or behind % 2:
        raise SystemExit(f"{own} processes of services and consoles, {behind} behind the socket of the reader")


def _refuse_unwatched(folder: Path) -> None:
    """Raises SystemExit if the service of a store has not scanned its mailbox: idle is more than absent."""
    with closing(open_store(folder, system_clock())) as store:
        unwatched = [each for each in store.health_records() if each.last_ok is None]
    if unwatched:
        raise SystemExit(f"{folder}: {unwatched}")


def _sum(figure: Callable[[int], float], pids: Sequence[int]) -> float:
    return sum(map(figure, pids))
