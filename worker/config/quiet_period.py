"""Waits until changed configuration files have been quiet: a person may be saving one.

A file that is still being written is not taken. A folder that was taken, or refused, is not read again until it
changes.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

REST_SECONDS: Final = 5.0
"""Seconds without a change: the time between two passes. Editors write a file within milliseconds, and a
share that is slow writes on all the while."""

Stamp = tuple[tuple[str, int, int, int, int], ...]
"""Name, size, inode, times of change of each file."""


class Debounce:
    """The stamps of one folder, pass by pass."""

    def __init__(self) -> None:
        self._taken: Stamp | None = None
        self._seen: Stamp | None = None
        self._since = 0.0

    def has_rested(self, stamp: Stamp, now: float) -> bool:
        """Returns true if the folder differs from the one taken last, and has not changed for REST_SECONDS.

        ``now`` is monotonic. The first folder of all counts as another: it may have changed since it was read.
        """
        if stamp == self._taken:
            self._seen = None
            return False
        if stamp != self._seen:
            self._seen, self._since = stamp, now
            return False
        return now - self._since >= REST_SECONDS

    def differs_only_in(self, stamp: Stamp, names: Collection[str]) -> bool:
        """Returns whether every other file is as it was in the folder taken last."""
        others = [tuple(each for each in some or () if each[0] not in names) for some in (stamp, self._taken)]
        return self._taken is not None and others[0] == others[1]

    def take(self, stamp: Stamp) -> None:
        """Marks this folder as handled, successfully or not."""
        self._taken, self._seen = stamp, None
