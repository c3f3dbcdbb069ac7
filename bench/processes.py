"""The kernel's figures for processes: processor time by tree, memory, and the cores they may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on; the second may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def own_seconds(pid: int) -> float:
    """Processor time of this process alone."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS


def tree_seconds(pid: int) -> float:
    """Processor time of this process and of all that it started, also of those that have ended."""
    return sum(sum(map(int, fields[11:15])) / _TICKS for fields in tree_of(pid).values())


def tree_megabytes(pid: int) -> float:
    """Proportional set size of this process and of all that it started, in units of 1,000,000 bytes."""
    total = 0
    for each in tree_of(pid):
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total * 1024 / 1e6


def tree_of(pid: int) -> dict[int, list[str]]:
    """The fields of this process and of all that it started, by process."""
    found: dict[int, list[str]] = {}
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = fields = _stat(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    tree, waiting = {}, [pid]
    while waiting:
        one = waiting.pop()
        if one in found:
            tree[one] = found[one]
        waiting += children.get(one, [])
    return tree


def machine_seconds() -> float:
    """Processor time of the whole machine, by all programs, since it started; waiting for a disk is not counted."""
    fields = list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]))
    user, nice, system, _idle, _waiting, interrupts, soft, stolen = fields[:8]
    return (user + nice + system + interrupts + soft + stolen) / _TICKS


def resident_megabytes(pid: int) -> float:
    """VmRSS of this process alone, in units of 1,000,000 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


@contextmanager
def on_cores(count: int) -> Iterator[int]:
    """This process, and what it starts meanwhile, on so many cores; how many there really are."""
    allowed = os.sched_getaffinity(0)
    chosen = set(sorted(allowed)[:count])
    os.sched_setaffinity(0, chosen)
    try:
        yield len(chosen)
    finally:
        os.sched_setaffinity(0, allowed)
