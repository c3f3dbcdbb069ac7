"""The cost of waiting while both mail servers are gone: ``hoshobin run`` with a notice to send, for a minute.

The minute begins when the notice is approved, so that it holds the first and closest tries.
"""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.backlog import POLL_OF_THE_OFFICE, a_folder, a_process, wait_until
from bench.office import Order, write_configuration
from bench.processes import tree_seconds

SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Gone:
    """One kind of being gone: the share of one core, children included, and how often a server was reached."""

    kind: str
    share: float
    connections: int


class _BlackHole:
    """Takes every connection and says nothing."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.taken: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                self.taken.append(self._listener.accept()[0])
            except OSError:
                return


@contextmanager
def _refusing() -> Iterator[int]:
    """A port that no other program can have, and no program listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def _silent() -> Iterator[tuple[int, _BlackHole]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        hole = _BlackHole(listener)
        try:
            yield listener.getsockname()[1], hole
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in hole.taken:
                connection.close()


def measure_gone() -> Iterator[Gone]:
    """Connections refused, then servers that accept them and say nothing."""
    with _refusing() as imap, _refusing() as smtp:
        yield Gone("connection refused", _share_of_a_core(imap, smtp), 0)
    with _silent() as (imap, imap_hole), _silent() as (smtp, smtp_hole):
        share = _share_of_a_core(imap, smtp)
        yield Gone("accepts and says nothing", share, len(imap_hole.taken) + len(smtp_hole.taken))


def _share_of_a_core(imap: int, smtp: int) -> float:
    order = Order.of(1)
    with a_folder() as root, (root / "service.log").open("wb") as log:
        config = write_configuration(root, [order], imap, smtp, "password", POLL_OF_THE_OFFICE)
        (root / "var" / "inbox" / "notices" / "notice.pdf").write_bytes(order.pdf())
        with a_process(["worker", "--config", str(config), "run"], stderr=log, stdout=log) as service:
            wait_until(lambda: _waits(root / "var" / "hoshobin.sqlite3"), service)
            began, spent = time.perf_counter(), tree_seconds(service.pid)
            time.sleep(SECONDS)
            spent, seconds = tree_seconds(service.pid) - spent, time.perf_counter() - began
            if service.poll() is not None or not _waits(root / "var" / "hoshobin.sqlite3"):
                raise SystemExit("the service did not wait for its servers")
    return spent / seconds


def _waits(database: Path) -> bool:
    """True if the one submission is approved and not sent."""
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT state FROM submissions").fetchall() == [("APPROVED",)]
    except sqlite3.OperationalError:  # not made yet
        return False
