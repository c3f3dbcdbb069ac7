"""Waits until changed configuration files have been quiet: a person may be saving one.

A file that is still being written is not taken. A folder that was taken, or refused, is not read again until it
changes. Files that the program wrote are taken at once, because nothing is judged or sent by older ones.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

REST_SECONDS: Final = 5.0
"""Seconds without a change: the time between two passes. Editors write a file within milliseconds, and a
share that is slow writes on all the while."""

WRITTEN_SECONDS: Final = 60.0
"""Seconds after which the folder is read as it is, if the program wrote a file and others go on changing: nothing is
judged or sent meanwhile, and the console says that a change takes effect within a minute."""

Stamp = tuple[tuple[str, int, int, int, int], ...]
"""Name, size, inode, times of change of each file."""


class Debounce:
    """The stamps of one folder, pass by pass."""

    def __init__(self) -> None:
        self._taken: Stamp | None = None
        self._seen: Stamp | None = None
        self._since = 0.0
        self._superseded_since: float | None = None

    def is_due(self, stamp: Stamp, now: float, *, is_superseded: bool, whole: Collection[str]) -> bool:
        """Returns true if the folder should be read now; ``now`` is monotonic.

        It is due if it has rested. If the program wrote files since the folder was read (``is_superseded``), it is also
        due at once if only ``whole`` files changed, which are as the program wrote them, or after WRITTEN_SECONDS.
        """
        has_rested = self.has_rested(stamp, now)
        if not is_superseded:
            self._superseded_since = None
            return has_rested
        if self._superseded_since is None:
            self._superseded_since = now
        is_overdue = now - self._superseded_since >= WRITTEN_SECONDS
        return has_rested or is_overdue or (bool(whole) and self._differs_only_in(stamp, whole))

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

    def _differs_only_in(self, stamp: Stamp, names: Collection[str]) -> bool:
        """Returns whether every other file is as it was in the folder taken last."""
        others = [tuple(each for each in some or () if each[0] not in names) for some in (stamp, self._taken)]
        return self._taken is not None and others[0] == others[1]

    def take(self, stamp: Stamp) -> None:
        """Marks this folder as handled, successfully or not."""
        self._taken, self._seen, self._superseded_since = stamp, None, None
