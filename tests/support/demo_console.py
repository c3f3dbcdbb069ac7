"""``hoshobin demo --console`` as a process of its own: its address, its logins, and what became of a submission.

Nothing here sleeps: each wait is for the next word of the demonstration's own service.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.service_process import Listener


@dataclass(frozen=True)
class DemoConsole:
    """A demonstration that answers."""

    url: str
    login: str
    admin: str
    password: str
    folder: Path
    """Everything that it keeps."""
    listener: Listener
    process: subprocess.Popen[str]

    def state(self, submission: int) -> str:
        """The state of a submission; empty if there is none."""
        with contextlib.suppress(sqlite3.OperationalError), closing(self._database()) as store:
            found = store.execute("SELECT state FROM submissions WHERE id = ?", [submission]).fetchone()
            return str(found[0]) if found else ""
        return ""

    def until(self, submission: int, state: str) -> None:
        """Waits until the service has brought the submission into this state."""
        self.listener.until(lambda: self.state(submission) == state)

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "var" / "hoshobin.sqlite3")


@contextmanager
def demo_console(folder: Path) -> Iterator[DemoConsole]:
    """Starts the demonstration and everything below ``folder``; at the end it is killed if it still runs."""
    folder.mkdir(parents=True, exist_ok=True)
    listener = Listener(folder)
    kept = folder / "kept"
    process = subprocess.Popen(
        [sys.executable, "-m", "worker", "demo", "--console", "--keep", str(kept), "--port", str(free_port())],
        env={**os.environ, "NOTIFY_SOCKET": str(listener.path), "HOSHOBIN_LANG": "ja", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield DemoConsole(**_printed(process), folder=kept, listener=listener, process=process)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=30)
        process.kill()
        process.wait()
        listener.close()


def _printed(process: subprocess.Popen[str]) -> dict[str, str]:
    """What the demonstration prints for the person at the screen."""
    assert process.stdout is not None
    said = ""
    while "Ctrl+C" not in said:
        line = process.stdout.readline()
        assert line, f"it ended before it said its address: {said}"
        said += line
    patterns = {
        "url": r"(http://127\.0\.0\.1:\d+)",
        "login": r"ログイン名：(\w+)",
        "admin": r"または (\w+)（管理）",
        "password": r"パスワード：(\S+)",
    }
    return {name: re.findall(pattern, said)[0] for name, pattern in patterns.items()}


def free_port() -> int:
    """A port of loopback that is free at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
