"""``audit verify`` of a long log, by 0.1.0 and by the present program, each on a store of the same entries.

The entries of a real run (``tests/flow/0.1.0``) are played again and again, with other submissions and other originals
each time. The released 0.1.0 makes the database; the present program gets a copy of it and upgrades that.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import lzma
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from bench.history import RELEASED, extract
from worker.audit.chain import GENESIS, LogLine, canonical, chain, fold, read_entry
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import create_or_migrate

_ROOT: Final = Path(__file__).parent.parent
_RUN: Final = _ROOT / "tests" / "flow" / "0.1.0"
_STEP: Final = dt.timedelta(hours=12)
"""Between two times that the run is played: 526,000 entries are then some years of an office."""
_REPETITIONS: Final = 20
"""Of an original's name in its content: 1.4 kB, as a small mail."""
_MAKE: Final = (
    "import sys; from pathlib import Path; from worker.adapters.store import create_or_migrate; "
    "create_or_migrate(Path(sys.argv[1]))"
)
_MEASURED: Final = """
import atexit, pathlib, re, runpy, sys
told = pathlib.Path(sys.argv.pop(1))
status = pathlib.Path("/proc/self/status")
atexit.register(lambda: told.write_text(re.search(r"VmHWM:\\s*([0-9]+)", status.read_text())[1]))
runpy.run_module("worker", run_name="__main__", alter_sys=True)
"""
"""The program, which at its end writes its greatest memory: wait4 would count what this process held at the fork."""
_HASH: Final = re.compile('"([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Ran:
    """One command: seconds on the wall and of the processor, and the most memory that it held."""

    seconds: float
    processor: float
    megabytes: float
    output: str


@dataclass(frozen=True, slots=True)
class Stores:
    """The two programs, each with its configuration."""

    released: Path
    """The tree of 0.1.0."""
    configurations: Mapping[Path, Path]
    """By tree."""

    def run(self, tree: Path, *arguments: str) -> Ran:
        """A command of the program in ``tree``."""
        configuration = self.configurations[tree]
        told = configuration / "memory"
        ran = _run(tree, [sys.executable, "-c", _MEASURED, str(told), "--config", str(configuration), *arguments])
        return replace(ran, megabytes=int(told.read_text()) * 1024 / 1e6)


PRESENT: Final = _ROOT
"""The tree of the present program."""


def make_stores(folder: Path, entries: int) -> Stores:
    """Both programs below ``folder``, each with a store of so many entries. Raises HistoryMissing."""
    released = extract(RELEASED, folder / "0.1.0")
    ours, theirs = folder / "present-store", folder / "0.1.0-store"
    ours.mkdir(mode=0o700)
    _run(released, [sys.executable, "-c", _MAKE, str(theirs)])
    fill(theirs / FILE_NAME, entries)
    shutil.copy(theirs / FILE_NAME, ours / FILE_NAME)
    create_or_migrate(ours)
    return Stores(released, {PRESENT: _configure(folder, ours), released: _configure(folder, theirs)})


def _configure(folder: Path, store: Path) -> Path:
    config = folder / f"{store.name}-config"
    shutil.copytree(_RUN / "config", config)
    (config / "imap-password").write_text("x", encoding="utf-8")
    toml = config / "worker.toml"
    text = toml.read_text(encoding="utf-8").format(imap_port=1, smtp_port=1, store=store)
    toml.write_text(text, encoding="utf-8")
    return config


def _run(tree: Path, command: Sequence[str]) -> Ran:
    began = time.monotonic()
    # A program of its own: what the kernel says of it is not mixed with what this process did before.
    with subprocess.Popen(command, cwd=tree, stdout=subprocess.PIPE) as process:  # noqa: S603
        output = process.stdout.read().decode() if process.stdout else ""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {output[-500:]}")
    return Ran(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6, output)


# --- The store ---------------------------------------------------------------------------------------------------


def fill(database: Path, entries: int) -> None:
    """At least so many entries of submissions that were sent, their rows and their originals, in an empty database."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        head = (0, GENESIS)
        for lines, rows, originals in _play_again(_sent_in_the_run(database.parent), entries, head):
            connection.executemany(
                "INSERT INTO entries (number, body, previous_hash, hash) VALUES (?, ?, ?, ?)",
                [(line.number, line.body, line.previous_hash, line.hash) for line in lines],
            )
            connection.executemany("INSERT INTO submissions (id, row) VALUES (?, ?)", rows)
            connection.executemany("INSERT INTO originals VALUES (?, 'mail', ?)", originals)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _sent_in_the_run(folder: Path) -> list[dict[str, Any]]:
    """What the entries of the sent submissions hold, in their order."""
    file = folder / "run.sqlite3"
    file.write_bytes(lzma.decompress((_RUN / f"{FILE_NAME}.xz").read_bytes()))
    with contextlib.closing(sqlite3.connect(file)) as run:
        found = run.execute(
            "SELECT body FROM entries WHERE submission IN (SELECT submission FROM entries WHERE event = 'Accepted') "
            "ORDER BY number"
        )
        return [json.loads(body) for (body,) in found]


_Round = tuple[list[LogLine], list[tuple[int, str]], list[tuple[str, bytes]]]


def _play_again(contents: Sequence[dict[str, Any]], entries: int, head: tuple[int, str]) -> Iterator[_Round]:
    """Round after round the lines, rows and originals."""
    known = {number: place for place, number in enumerate(sorted({each["submission"] for each in contents}), 1)}
    turn = 0
    while head[0] < entries:
        lines: list[LogLine] = []
        folds: dict[int, dict[str, Any]] = {}
        originals: dict[str, bytes] = {}

        def other(found: re.Match[str], turn: int = turn, originals: dict[str, bytes] = originals) -> str:
            content = f"{found[1]} {turn}\n".encode() * _REPETITIONS
            digest = hashlib.sha256(content).hexdigest()
            originals[digest] = content
            return f'"{digest}"'

        for each in contents:
            content = json.loads(_HASH.sub(other, canonical(each)))
            content["at"] = dt.datetime.fromisoformat(content["at"]) + turn * _STEP
            content["submission"] = turn * len(known) + known[content["submission"]]
            line = chain(head, content)
            head = (line.number, line.hash)
            lines.append(line)
            folds[content["submission"]] = fold(folds.get(content["submission"], {}), read_entry(line))
        yield lines, [(number, canonical(row)) for number, row in folds.items()], list(originals.items())
        turn += 1
