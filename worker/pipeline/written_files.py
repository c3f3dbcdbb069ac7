"""The configuration files that a command or the console wrote after the configuration in force was read.

The writer judged the submissions that its change touches. A judgement by the configuration in force would undo that,
and a mail might go to the former address. A write counts by its number: it stays newer than the configuration in force
if the file is changed by hand afterwards.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path

from worker.config.files import place_of_file
from worker.core.model import ConfigFile, sha256
from worker.pipeline.begun_change import files_written, writes_noted
from worker.store.ports import Store


class WrittenFiles:
    """The writes of one installation that the configuration in force does not hold."""

    def __init__(self, store: Store, directory: Path, in_force: Sequence[ConfigFile]) -> None:
        """``in_force`` was read before the store was opened: it holds the writes if their files are still as read."""
        self._store = store
        self._directory = directory
        hashes = {each.name: each.sha256 for each in in_force}
        noted = self.note()
        is_held = all(self._hash_on_disk(name) == hashes.get(name) for name in files_written(noted))
        self.known = noted if is_held else ""
        """The writes that the configuration in force holds, or that were refused, as ``note`` returned them."""

    def note(self) -> str:
        """Returns the writes until now in one value; the files that are read after this call hold them."""
        return writes_noted(self._store)

    def find_newer(self) -> frozenset[str]:
        """Returns the names of the files that were written since."""
        known = files_written(self.known)
        return frozenset(name for name, each in files_written(self.note()).items() if each != known.get(name))

    def are_as_written(self, names: Collection[str]) -> bool:
        """Returns true if no other program changed these files since: they are whole."""
        writes = files_written(self.note())
        return all(name in writes and self._hash_on_disk(name) == writes[name].sha256 for name in names)

    def _hash_on_disk(self, name: str) -> str | None:
        with contextlib.suppress(OSError):
            return sha256(place_of_file(self._directory, name).read_bytes())
        return None
