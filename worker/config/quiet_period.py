"""Decides when changed configuration files have rested: whoever saves one may be in the middle of it.

The promise: what is still being written is not taken, and what was taken, or refused, is not looked at again until it
changes. It knows no file, only how the folder looked at which moment.
"""

from __future__ import annotations

from typing import Final

REST_SECONDS: Final = 5.0
"""How long nothing may have changed: the time between two passes. Editors write a file within milliseconds, and a
share that is slow writes on all the while."""

Stamp = tuple[tuple[str, int, int, int, int], ...]
"""Name, size, inode, times of change of each file."""


class Debounce:
    """One folder as the looks saw it."""

    def __init__(self) -> None:
        self._taken: Stamp | None = None
        self._seen: Stamp | None = None
        self._since = 0.0

    def has_rested(self, stamp: Stamp, now: float) -> bool:
        """Whether the folder is another than the one taken last, and has looked like this for REST_SECONDS.

        ``now`` is monotonic. The first folder of all counts as another: it may have changed since it was read.
        """
        if stamp == self._taken:
            self._seen = None
            return False
        if stamp != self._seen:
            self._seen, self._since = stamp, now
            return False
        return now - self._since >= REST_SECONDS

    def take(self, stamp: Stamp) -> None:
        """This folder has been dealt with, well or not."""
        self._taken, self._seen = stamp, None
