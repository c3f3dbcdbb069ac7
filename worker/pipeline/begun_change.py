"""A file of the configuration that a person changes by us: kept as begun before the file is written.

The entry and the file cannot appear at the same moment. A process that is killed between leaves the begun change in the
store, and the next start, pass or reload records it in the name of the person.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, field
from typing import Any, Final

from worker.approve.project_notes import follow_ids, keep_change
from worker.core.errors import ConfigError
from worker.core.states import NoteEvent
from worker.store.ports import Author, Reading, Store, Writing

_BEGUN: Final = "begun_changes"
"""Name of the store's value: the changes of files that were begun and not recorded, by file."""
FILES_WRITTEN: Final = "files_written"
"""Name of the store's value: the number and the hash of the last write of each file by this program, by file."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A change of one file with its entries."""

    file: str
    """As the configuration names it."""
    former: str
    """The hash of its bytes before; empty for a new file."""
    content: str
    event: NoteEvent
    details: Sequence[Mapping[str, Any]]
    moved: Mapping[str, str] = field(default_factory=dict)
    """The later id of each project that gets another one."""
    projects: Sequence[str] = ()
    """The projects that the person changed, by their later ids."""


@dataclass(frozen=True, slots=True)
class FileWrite:
    """The last write of a file by a command or the console."""

    number: int
    """Counts the writes of all files."""
    sha256: str


@contextmanager
def recording_change(store: Store, change: FileChange, author: Author, now: dt.datetime) -> Iterator[None]:
    """Keeps the change as begun, then records it in a transaction whose last act is the block, which writes the file.

    A ConfigError in the block says that the file was not written: nothing is kept then.
    """
    begun = {**asdict(change), "by": author.by, "account": author.account, "at": now.isoformat()}
    with store.writing() as writing:
        _keep(writing, {**_begun(writing), change.file: begun})
    try:
        with store.writing() as writing:
            _record(writing, change, author, now)
            yield
    except ConfigError:
        with store.writing() as writing:
            _forget(writing, change.file)
        raise


def record_begun_changes(store: Store, files: Mapping[str, str]) -> None:
    """Records each change that was begun by a process that was killed; ``files`` has the hashes as they are now.

    ``interrupted`` of such an entry is ``written``; ``unknown`` if the file is neither as before nor as written.
    """
    if not _begun(store):
        return
    with store.writing() as writing:
        for file, begun in _begun(writing).items():
            now_is = files.get(file, "")
            if now_is == begun["former"]:
                _forget(writing, file)
                continue
            found = {"interrupted": "written" if now_is == begun["content"] else "unknown", "begun_at": begun["at"]}
            change = FileChange(
                file,
                begun["former"],
                begun["content"],
                NoteEvent(begun["event"]),
                [{**each, **found} for each in begun["details"]],
                begun["moved"],
                begun["projects"],
            )
            author = Author(begun["by"], begun["account"])
            _record(writing, change, author, dt.datetime.fromisoformat(begun["at"]))


def writes_noted(store: Reading | Writing) -> str:
    """Returns the writes of files by commands and the console until now, in one value that each of them changes.

    A write is recorded after its file is there: a file that is read later has these bytes or newer ones.
    """
    return store.property(FILES_WRITTEN) or ""


def files_written(noted: str) -> Mapping[str, FileWrite]:
    """Returns the last write of each file, by file, of what ``writes_noted`` returned."""
    kept = json.loads(noted or "{}")
    # Earlier programs kept the hash alone.
    return {file: FileWrite(0, each) if isinstance(each, str) else FileWrite(*each) for file, each in kept.items()}


def _record(writing: Writing, change: FileChange, author: Author, at: dt.datetime) -> None:
    written = files_written(writes_noted(writing))
    number = 1 + max((each.number for each in written.values()), default=0)
    kept = {file: astuple(each) for file, each in {**written, change.file: FileWrite(number, change.content)}.items()}
    writing.set_property(FILES_WRITTEN, json.dumps(kept, ensure_ascii=False))
    for each in change.details:
        writing.note(change.event, None, author, dict(each))
    follow_ids(writing, change.moved)
    keep_change(writing, change.projects, author, at)
    _forget(writing, change.file)


def _begun(store: Reading | Writing) -> dict[str, Any]:
    kept = store.property(_BEGUN)
    return dict(json.loads(kept)) if kept else {}


def _forget(writing: Writing, file: str) -> None:
    _keep(writing, {name: each for name, each in _begun(writing).items() if name != file})


def _keep(writing: Writing, begun: Mapping[str, Any]) -> None:
    writing.set_property(_BEGUN, json.dumps(begun, ensure_ascii=False) if begun else "")
