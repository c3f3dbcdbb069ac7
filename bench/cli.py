"""The processor time of commands: this tree against version 0.1.0, in turn, with the same interpreter and packages.

Version 0.1.0 is taken out of this repository's history into a temporary folder. Each tree makes its own store of the
same office: it takes the notices in from the folder, and a person withdraws the first.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.backlog import HERE, a_folder, as_installed
from bench.history import RELEASED, extract
from bench.office import Order, write_configuration
from tests.support.world import HANAKO

TURNS: Final = 9
PROJECTS: Final = 500
NOTICES: Final = 20
_NO_SERVER: Final = 1
"""A port without a listener: the folder is scanned anyway."""
_CLOSED: Final = "1"
_OPEN: Final = "2"


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and the share of 0.1.0's processor time that it may take; None if no target is set."""

    words: tuple[str, ...]
    target: float | None


COMMANDS: Final = (
    Command(("--help",), 0.75),
    Command(("list",), 0.45),
    Command(("tasks",), 0.45),
    Command(("show", _CLOSED), 0.45),
    Command(("show", _OPEN, "--no-pages"), 0.45),
    Command(("status",), None),
    Command(("log",), None),
    Command(("audit", "verify"), None),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """Medians of the processor seconds of one command, in both trees."""

    command: Command
    former: float
    now: float

    @property
    def ratio(self) -> float:
        """This tree's share of 0.1.0's time."""
        return self.now / self.former


def compare_commands(turns: int = TURNS, commands: Sequence[Command] = COMMANDS) -> Iterator[Compared]:
    """Yields each command's medians of ``turns`` turns. Raises HistoryMissing."""
    with a_folder() as root:
        former = extract(RELEASED, root / "0.1.0")
        trees = ((former, _make_office(former, root / "former")), (HERE, _make_office(HERE, root / "now")))
        for command in commands:
            spent: tuple[list[float], list[float]] = ([], [])
            for turn in range(turns + 1):
                for (tree, config), seconds in zip(trees, spent, strict=True):
                    taken = _measure(tree, config, command.words)
                    if turn:  # the first turn compiles modules and fills the disk's cache
                        seconds.append(taken)
            yield Compared(command, *map(median, spent))


def _make_office(tree: Path, root: Path) -> Path:
    """The configuration of an office whose store ``tree`` has made."""
    root.mkdir()
    orders = [Order.of(count) for count in range(PROJECTS)]
    config = write_configuration(root, orders, _NO_SERVER, _NO_SERVER, "secret", 3600)
    worker = (config / "worker.toml").read_text().replace('mode = "auto"', 'mode = "approve"')
    (config / "worker.toml").write_text(worker)
    for database in (root / "var").glob("hoshobin.sqlite3*"):
        database.unlink()  # the tree makes its own
    for order in orders[:NOTICES]:
        (root / "var" / "inbox" / "notices" / f"{order.number}.pdf").write_bytes(order.pdf())
    _run(tree, config, ("run", "--once"))  # no server answers, so its exit code says nothing
    _run(tree, config, ("withdraw", _CLOSED, "--by", HANAKO.by, "--why", "取違え"))
    return config


def _run(tree: Path, config: Path, words: Sequence[str]) -> tuple[int, float]:
    """The exit code, and the processor seconds of the child."""
    command = [sys.executable, "-m", "worker", "--config", str(config), *words]
    with subprocess.Popen(  # noqa: S603  our own module
        command, cwd=tree, env=as_installed(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, used.ru_utime + used.ru_stime


def _measure(tree: Path, config: Path, words: Sequence[str]) -> float:
    code, seconds = _run(tree, config, words)
    if code != 0:
        raise SystemExit(f"{' '.join(words)} ended with {code} in {tree}")
    return seconds
