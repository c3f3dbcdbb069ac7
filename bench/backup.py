"""Backups beside the service's writing: the longest commit, the growth of the ``-wal``, and what a backup takes.

The store is filled with synthetic originals of a size of one's choice. One thread commits an entry twenty times a
second, and every second an original as well, as in a busy hour; ``hoshobin backup`` runs as a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from worker.core.states import NoteEvent
from worker.service.clock import SystemClock
from worker.store.ports import Author
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore, create_or_migrate, open_store

ORIGINAL: Final = 300_000
"""Bytes of one original: a notice with its invoice has about as many."""
PAUSE: Final = 0.05
"""Seconds between two commits."""
PATIENCE: Final = 60.0
"""Seconds that a commit waits at most: what is measured must not end as an error."""
_BATCH: Final = 200
_ROOT: Final = Path(__file__).parent.parent
_AUTHOR: Final = Author("bench", "bench")


@dataclass(frozen=True, slots=True)
class Backed:
    """One backup beside the traffic, or the same time without one."""

    seconds: float
    commits: int
    median: float
    longest: float
    """Seconds of a commit."""
    wal: int
    """The most bytes of the ``-wal``."""
    size: int = 0
    """Bytes of the copy; 0 without a backup."""


def measure_backup(size: int, count: int, every: float, place: Path | None = None) -> Iterator[Backed]:
    """Yields a while without a backup, then ``count`` backups of a store of ``size`` bytes, one each ``every`` seconds.

    ``place`` is the folder for store and copies; without one, a temporary one.
    """
    with tempfile.TemporaryDirectory(dir=place) as root:
        store, config, target = (Path(root) / name for name in ("store", "config", "backups"))
        config.mkdir()
        (config / "worker.toml").write_text(f'[store]\ndir = "{store}"\n', encoding="utf-8")
        _fill(store, size)
        with _Traffic(store) as traffic:
            traffic.rest(min(every, 20.0))
            yield traffic.since_the_last()
            for _ in range(count):
                began = time.monotonic()
                told = _run(config, "backup", str(target), "--json")
                yield traffic.since_the_last(int(json.loads(told)["size"]))
                shutil.rmtree(target)
                traffic.rest(max(0.0, every - (time.monotonic() - began)))
                traffic.since_the_last()


def _fill(folder: Path, size: int) -> None:
    create_or_migrate(folder)
    with contextlib.closing(open_store(folder, SystemClock())) as store:
        while (folder / FILE_NAME).stat().st_size < size:
            with store.writing() as writing:
                for _ in range(min(_BATCH, 1 + size // ORIGINAL)):
                    writing.keep("notice", os.urandom(ORIGINAL))


def _run(config: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "worker", "--config", str(config), *arguments]
    ran = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if ran.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {ran.returncode}: {ran.stdout}{ran.stderr}")
    return ran.stdout


class _Traffic:
    """The thread that commits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._commits: list[float] = []
        self._wal = 0
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        self._thread.join()

    def rest(self, seconds: float) -> None:
        """Lets so many seconds pass."""
        self._ends.wait(seconds)

    def since_the_last(self, size: int = 0) -> Backed:
        """Returns what was measured since the last call."""
        commits, self._commits = self._commits, []
        wal, self._wal = self._wal, 0
        seconds, self._began = time.monotonic() - self._began, time.monotonic()
        ordered = sorted(commits) or [0.0]
        return Backed(seconds, len(commits), ordered[len(ordered) // 2], ordered[-1], wal, size)

    def _write(self) -> None:
        with contextlib.closing(open_store(self._folder, SystemClock(), PATIENCE)) as store:
            number = 0
            while not self._ends.wait(PAUSE):
                number += 1
                self._commits.append(_commit(store, with_original=number % round(1 / PAUSE) == 0))
                with contextlib.suppress(FileNotFoundError):
                    self._wal = max(self._wal, (self._folder / f"{FILE_NAME}-wal").stat().st_size)


def _commit(store: SqlStore, *, with_original: bool) -> float:
    """The seconds of one transaction, from its begin to the disk."""
    content = os.urandom(ORIGINAL) if with_original else b""
    began = time.monotonic()
    with store.writing() as writing:
        if content:
            writing.keep("notice", content)
        writing.note(NoteEvent.NOTED, None, _AUTHOR, {"note": "x"})
    return time.monotonic() - began
