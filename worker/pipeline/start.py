"""Records the program's start and the configuration in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from worker.core.model import ConfigFile, Sha256
from worker.core.states import NoteEvent
from worker.match.match import FIRST_START
from worker.store.ports import Author, Store


def record_start(
    store: Store, files: Sequence[ConfigFile], version: str, account: str, active_config: Mapping[str, Sha256]
) -> None:
    """Record the program's start, also as the first one, and each configuration file that is not the one recorded."""
    author = Author("hoshobin", account)
    with store.writing() as writing:
        started = writing.note(NoteEvent.STARTED, None, author, {"version": version})
        if writing.property(FIRST_START) is None:  # a new store, or one of a program that did not record it
            first = next(store.entries(events=[NoteEvent.STARTED]), started)
            writing.set_property(FIRST_START, first.at.isoformat())
    record_configuration(store, files, account, active_config)


def record_configuration(
    store: Store, files: Sequence[ConfigFile], account: str, active_config: Mapping[str, Sha256]
) -> None:
    """Record each configuration file that changed, appeared or went: hash in the entry, content kept."""
    author = Author("hoshobin", account)
    changed = [each for each in files if active_config.get(each.name) != each.sha256]
    gone = sorted(set(active_config) - {each.name for each in files})
    if not changed and not gone:
        return
    with store.writing() as writing:
        for each in changed:
            writing.keep("configuration", each.content)
            writing.note(NoteEvent.CONFIGURATION_CHANGED, None, author, {"file": each.name, "sha256": each.sha256})
        for name in gone:
            writing.note(NoteEvent.CONFIGURATION_CHANGED, None, author, {"file": name, "sha256": ""})
