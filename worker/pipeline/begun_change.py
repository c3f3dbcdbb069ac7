"""A file of the configuration that a person changes by us: kept as begun before the file is written.

The entry and the file cannot appear at the same moment. A process that is killed between leaves the begun change in the
store, and the next start, pass or reload records it in the name of the person.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from worker.approve.project_notes import follow_ids, keep_change
from worker.core.errors import ConfigError
from worker.core.states import NoteEvent
from worker.store.ports import Author, Reading, Store, Writing

_BEGUN: Final = "begun_changes"
"""Name of the store's value: the changes of files that were begun and not recorded, by file."""
_WRITTEN: Final = "files_written"
"""Name of the store's value: the hash with which this program wrote each file last, by file."""


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


def files_written(store: Reading) -> Mapping[str, str]:
    """Returns the hash with which a command or the console wrote each file last, by file."""
    return dict(json.loads(store.property(_WRITTEN) or "{}"))


def _record(writing: Writing, change: FileChange, author: Author, at: dt.datetime) -> None:
    written = json.loads(writing.property(_WRITTEN) or "{}")
    writing.set_property(_WRITTEN, json.dumps({**written, change.file: change.content}, ensure_ascii=False))
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
