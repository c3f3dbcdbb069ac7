"""Records the program's start and the configuration in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from worker.audit.kept_register import (
    CHANGES_LIMIT,
    REGISTER,
    Changes,
    find_changes,
    read_register,
    size_of_changes,
    split_tables,
)
from worker.core.errors import LogBroken
from worker.core.model import ConfigFile, Sha256
from worker.core.states import NoteEvent
from worker.match.match import FIRST_START
from worker.pipeline.begun_change import record_begun_changes
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
    """Record each configuration file that changed, appeared or was removed: its hash in the entry, its content kept.

    A change whose process was killed is recorded first. If less than half of the register changed, only the changed
    tables are kept.
    """
    author = Author("hoshobin", account)
    record_begun_changes(store, {each.name: each.sha256 for each in files})
    changed = [each for each in files if active_config.get(each.name) != each.sha256]
    gone = sorted(set(active_config) - {each.name for each in files})
    if not changed and not gone:
        return
    changes = {each.name: _changes_of_register(store, each, active_config) for each in changed}
    with store.writing() as writing:
        for each in changed:
            detail = {"file": each.name, "sha256": each.sha256}
            kept = changes[each.name]
            if kept is None:
                writing.keep("configuration", each.content)
                writing.note(NoteEvent.CONFIGURATION_CHANGED, None, author, detail)
            else:
                tables = [list(run) if isinstance(run, tuple) else writing.keep("configuration", run) for run in kept]
                changed_tables = {"former": active_config[each.name], "tables": tables}
                writing.note(NoteEvent.CONFIGURATION_CHANGED, None, author, detail | changed_tables)
        for name in gone:
            writing.note(NoteEvent.CONFIGURATION_CHANGED, None, author, {"file": name, "sha256": ""})


def _changes_of_register(store: Store, file: ConfigFile, active_config: Mapping[str, Sha256]) -> Changes | None:
    """Returns the changes of the register; None if ``file`` is another one, or is to be kept whole."""
    if file.name != REGISTER or not active_config.get(REGISTER):
        return None
    try:
        former, count = read_register(store.entries(events=[NoteEvent.CONFIGURATION_CHANGED]), store.original)
    except LogBroken:  # the stored register cannot be used: from here on a whole one is kept again
        return None
    changes = find_changes(former, split_tables(file.content))
    is_small = size_of_changes(changes) < len(file.content) / 2
    return changes if is_small and count < CHANGES_LIMIT else None
