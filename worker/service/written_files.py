"""The configuration files that a command or the console wrote after the configuration in force was read.

The writer judged the submissions that its change touches. A judgement by the configuration in force would undo that,
and a mail might go to the former address. A write counts by its number: it stays newer than the configuration in force
if the file is changed by hand afterwards.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from worker.config.files import place_of_file
from worker.core.model import ConfigFile, sha256
from worker.pipeline.begun_change import FileWrite, files_written
from worker.store.ports import Store


class WrittenFiles:
    """The writes of one installation that the configuration in force does not hold."""

    def __init__(self, store: Store, directory: Path, in_force: Sequence[ConfigFile]) -> None:
        """``in_force`` was read before the store was opened.

        A write is in it if the file still has the bytes that were read.
        """
        self._store = store
        self._directory = directory
        self._in_force = {each.name: each.sha256 for each in in_force}
        writes = self.note()
        self._read = {
            name: each for name, each in writes.items() if self._hash_on_disk(name) == self._in_force.get(name)
        }

    def note(self) -> Mapping[str, FileWrite]:
        """Returns the writes until now; the files that are read after this call hold them."""
        return files_written(self._store)

    def take(self, noted: Mapping[str, FileWrite], in_force: Sequence[ConfigFile]) -> None:
        """Records that the files were read after ``noted``; ``in_force`` is the configuration from now on.

        If the files read were refused, it is the former one: the refusal is told, and the work goes on.
        """
        self._read = dict(noted)
        self._in_force = {each.name: each.sha256 for each in in_force}

    def find_newer(self) -> frozenset[str]:
        """Returns the names of the files that were written since."""
        return frozenset(
            name
            for name, each in files_written(self._store).items()
            if each != self._read.get(name) and each.sha256 != self._in_force.get(name)
        )

    def are_as_written(self, names: Collection[str]) -> bool:
        """Returns true if no other program changed these files since: they are whole."""
        writes = files_written(self._store)
        return all(name in writes and self._hash_on_disk(name) == writes[name].sha256 for name in names)

    def _hash_on_disk(self, name: str) -> str | None:
        with contextlib.suppress(OSError):
            return sha256(place_of_file(self._directory, name).read_bytes())
        return None
