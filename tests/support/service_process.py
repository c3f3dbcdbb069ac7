"""The service as systemd runs it: a process of its own with a notify socket, and what it says on both.

Nothing here sleeps: each wait is for the next datagram of the service, which says its status after every pass, and
ends with a failure after ``PATIENCE``.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support import office as offices

PATIENCE = 300.0
"""Seconds after which a test gives up. No requirement: a whole start takes 2 on an idle machine, 60 on a busy one."""
STOP_SECONDS = 10.0
"""The limit promised for SIGTERM."""


class ServiceOffice(offices.Office):
    """An office that looks every second."""

    def _worker(self) -> str:
        return super()._worker() + "poll_seconds = 1\n"  # [schedule] is the last table

    def states(self) -> list[str]:
        """State of each submission, by id; empty if there is no database yet."""
        with contextlib.suppress(sqlite3.OperationalError):
            return [state for (state,) in self.rows("SELECT state FROM submissions WHERE id > 0 ORDER BY id")]
        return []


class Listener:
    """The notify socket: every datagram in order."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._arrived: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.said: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while said := self._socket.recv(65_536).decode():
                self._arrived.put(said)

    def hear(self, deadline: float) -> str:
        """The next datagram."""
        left = deadline - time.monotonic()
        try:
            said = self._arrived.get(timeout=left) if left > 0 else ""
        except queue.Empty:
            said = ""
        assert said, f"not within {PATIENCE:g} s; heard {self.said[-5:]}"
        self.said.append(said)
        return said

    def until(self, condition: Callable[[], Any]) -> Any:
        """The value of ``condition`` once it is true, asked again after each datagram."""
        deadline = time.monotonic() + PATIENCE
        while not (found := condition()):
            self.hear(deadline)
        return found

    def until_said(self, *parts: str) -> str:
        """The next datagram that holds all ``parts``."""
        deadline = time.monotonic() + PATIENCE
        while True:
            said = self.hear(deadline)
            if all(part in said for part in parts):
                return said

    def until_passes(self, count: int) -> None:
        """Let the service say its status so many times more."""
        for _ in range(count):
            self.until_said("STATUS=")

    def close(self) -> None:
        self._socket.close()


class Running:
    """``hoshobin run`` as a process; leaving the block kills it."""

    def __init__(self, office: offices.Office, folder: Path, **environment: str) -> None:
        self.office = office
        self.listener = Listener(folder)
        self._log = folder / "journal"
        known = {name: value for name, value in os.environ.items() if name != "SUDO_USER"}
        with self._log.open("wb") as journal:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "worker", "--config", str(office.config), "run"],
                env={**known, "NOTIFY_SOCKET": str(self.listener.path), **environment},
                stdout=subprocess.DEVNULL,
                stderr=journal,
            )

    def until(self, condition: Callable[[], Any]) -> Any:
        return self.listener.until(condition)

    def until_said(self, *parts: str) -> str:
        return self.listener.until_said(*parts)

    @property
    def journal(self) -> str:
        return self._log.read_text(encoding="utf-8")

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.splitlines()]

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self, within: float = PATIENCE) -> int:
        """Exit status after SIGTERM; fails if that takes longer. The promise of ``STOP_SECONDS`` has its own tests."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def pdf_children(self) -> list[int]:
        """Process ids of the children that read PDFs."""
        found = []
        for each in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                parent = int(each.joinpath("stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid and b"worker.read.pdf.child" in each.joinpath("cmdline").read_bytes():
                    found.append(int(each.name))
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self.listener.close()


class Gate:
    """A port that closes every connection at once, and after ``open`` leads to the server behind it."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._is_open = False
        self._sockets: list[socket.socket] = []
        self.attempts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets.append(self._listener)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def open(self) -> None:
        self._is_open = True

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inside, _ = self._listener.accept()
                self.attempts += 1
                if not self._is_open:
                    inside.close()
                    continue
                outside = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [inside, outside]
                for source, sink in ((inside, outside), (outside, inside)):
                    threading.Thread(target=_carry, args=(source, sink), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while some := source.recv(65_536):
            sink.sendall(some)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def pace(gate: Gate) -> Iterator[Callable[[], float]]:
    """Tries per second at ``gate`` since the block began."""
    before, begun = gate.attempts, time.monotonic()
    yield lambda: (gate.attempts - before - 1) / max(time.monotonic() - begun, 0.1)
