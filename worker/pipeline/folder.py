"""watch, for the notices folder: which files are taken, which are known again, which are not read.

A file is taken once for each content and place. A file that was moved is the same one. A file that was written to its
end continues the hold of its beginning. A file that is not read is named to people.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.core.clock import Clock
from worker.core.errors import Forbidden, Unavailable
from worker.core.model import Disposition, FileRow, Submission, UnreadReason, sha256
from worker.match.match import file_from_before, is_replaced_by
from worker.pipeline.health import Health, UnreadFiles
from worker.pipeline.record import Recorder
from worker.pipeline.watch import WatchStart
from worker.store.ports import Store
from worker.views.unread_files import NOTICES
from worker.watch.plan import FILE_LIMIT, is_same_shape, plan_folder, plan_unread, saved_at
from worker.watch.ports import Folder, Listed

BEGINNING: Final = 1_024
"""Bytes by which a beginning is known: those of fewer may be alike in all notices of one program, and a file system
gives the inode of a deleted file to the next one."""


class FolderWatcher:
    """Looks at the folder of one store; used from one event loop."""

    def __init__(self, store: Store, clock: Clock, recording: Recorder, health: Health, beginning: WatchStart) -> None:
        self._store = store
        self._clock = clock
        self._recording = recording
        self._health = health
        self._beginning = beginning
        self._unread = UnreadFiles(store)
        self._ended: dict[str, FileRow] = {}
        """Rows of files that were dealt with: what such a row says of a file of that shape never changes."""

    async def look(self, folder: Folder, active_config: ActiveConfig) -> tuple[int, dt.timedelta | None]:
        """Take settled files; how many submissions began to wait, and when to look again at others.

        Raises Unavailable.
        """
        place = await folder.place()
        first_read = self._beginning.note_folder(place)
        now = self._clock.now()
        listed, rest = await folder.look(), await folder.rest()
        unreadable = [each.name for each in rest.unread if each.why is UnreadReason.FOLDER_UNREADABLE]
        since = self._beginning.note_subfolders(place, rest.folders, unreadable, first_read)
        known = self._rows(listed) | self._rows(each for each in rest.unread if each.why is UnreadReason.UNFINISHED)
        seen_at = self._clock.now()  # a slow look may have seen a file just now
        plan = plan_folder(listed, known.get, now)
        told, begun = plan_unread(rest.unread, known.get, now)
        self._record([_keeping(row, known.get(row.name)) for row in (*plan.record, *begun)], seen_at)
        here = {each.name: each for each in listed}
        waiting = 0
        failures: list[Unavailable] = []
        forbidden: list[Listed] = []
        for each in plan.take:
            watched = max(first_read, since.get(each.name[: each.name.rfind("/") + 1], first_read))
            try:
                waiting += await self._take(folder, each, known[each.name], watched, here, active_config)
            except Forbidden:
                forbidden.append(dataclasses.replace(each, why=UnreadReason.FORBIDDEN))
            except Unavailable as failure:
                if failure.what != "folder":
                    raise
                failures.append(failure)
        unread = (*forbidden, *told, *self._of_other_kinds(listed))
        self._unread.note(NOTICES, [(each.name, each.why) for each in unread if each.why is not None])
        for broken in failures:
            raise broken  # one file does not keep the others waiting, and is not passed over in silence
        self._health.reached("folder", now)
        return waiting, plan.look_again

    # --- The ledger -----------------------------------------------------------------------------------------

    def _rows(self, listed: Iterable[Listed]) -> dict[str, FileRow]:
        """The rows of these files; an older program kept a name from macOS in the letters of macOS (NFD)."""
        names = [each.name for each in listed]
        unknown = [name for name in names if name not in self._ended]
        found = dict(self._store.files(unknown))
        spelled = {unicodedata.normalize("NFD", name): name for name in unknown if name not in found}
        former = self._store.files(name for name, own in spelled.items() if name != own)
        found |= {spelled[name]: dataclasses.replace(row, name=spelled[name]) for name, row in former.items()}
        self._ended |= {name: row for name, row in found.items() if row.end is not Disposition.PENDING}
        return {name: row for name in names if (row := self._ended.get(name) or found.get(name)) is not None}

    def _record(self, rows: Iterable[FileRow], seen_at: dt.datetime) -> None:
        rows = tuple(rows)
        if not rows:
            return
        with self._store.writing() as writing:
            for row in rows:
                self._ended.pop(row.name, None)
                writing.record_file(dataclasses.replace(row, looked_at=seen_at))

    def _of_other_kinds(self, listed: Sequence[Listed]) -> Iterator[Listed]:
        """Files of which only the bytes told that they are no PDF."""
        rows = self._rows(listed)
        for each in listed:
            row = rows.get(each.name)
            if row is not None and row.end is Disposition.NOT_OURS and is_same_shape(row, each):
                yield dataclasses.replace(each, why=UnreadReason.OTHER_KIND)

    # --- One file -------------------------------------------------------------------------------------------

    async def _take(
        self,
        folder: Folder,
        listed: Listed,
        row: FileRow,
        watched: dt.datetime,
        here: Mapping[str, Listed],
        active_config: ActiveConfig,
    ) -> int:
        """Take one file; how many submissions began to wait. Raises Unavailable."""
        from_before = file_from_before(saved_at(listed), self._beginning.first_start, watched)
        if listed.size > FILE_LIMIT:
            return self._take_large(listed, row, here, active_config, from_before)
        content = await folder.read(listed)
        if content is None:
            return 0
        digest = sha256(content)
        of_bytes = [each for each in self._store.files_of(digest) if each.name != listed.name and _is_ended(each)]
        unfinished = self._unfinished(row, here)
        moved = next((each for each in of_bytes if _is_moved(each, listed, here)), None)
        if moved is not None and unfinished is None:
            self._record([_renamed(moved, listed)], self._clock.now())
            return 0
        unfinished = unfinished or self._unfinished_elsewhere(listed, content, here)
        waiting = await self._recording.take_file(listed, content, active_config, from_before, unfinished, of_bytes)
        self._rows([listed])  # remembered, should it be renamed before the next look
        return waiting

    def _take_large(
        self, listed: Listed, row: FileRow, here: Mapping[str, Listed], active_config: ActiveConfig, from_before: str
    ) -> int:
        """Its bytes are not read: if this process saw a file of its shape that is gone, it was moved."""
        unfinished = self._unfinished(row, here)
        seen = (each for each in self._ended.values() if is_same_shape(each, listed) and each.name not in here)
        moved = next(seen, None)
        if moved is not None and unfinished is None:
            self._record([_renamed(moved, listed)], self._clock.now())
            return 0
        waiting = self._recording.hold_large_file(listed, active_config, from_before, unfinished)
        self._rows([listed])
        return waiting

    def _unfinished(self, row: FileRow, here: Mapping[str, Listed]) -> Submission | None:
        """The hold of what this file was before it was written to its end, or replaced; None where it goes on alone.

        Of bytes that lie elsewhere too, the hold is also that file's.
        """
        for number in row.submissions:
            held = self._store.submission(number)
            if not is_replaced_by(held, row.sha256):
                continue
            others = self._store.files_of(row.sha256) if row.sha256 else ()
            if not any(each.name != row.name and each.name in here and _is_ended(each) for each in others):
                return held
        return None

    def _unfinished_elsewhere(self, listed: Listed, content: bytes, here: Mapping[str, Listed]) -> Submission | None:
        """The hold of a beginning of ``content`` whose own name is gone: it was renamed when it was whole.

        Only if this process has seen it; else a person takes the hold back.
        """
        for row in self._ended.values():
            if row.inode != listed.inode or row.name in here or not BEGINNING <= row.size < len(content):
                continue
            if sha256(content[: row.size]) == row.sha256:
                return self._unfinished(row, here)
        return None


def _keeping(row: FileRow, former: FileRow | None) -> FileRow:
    """``row`` with what became of the file's former content: its hold ends with it."""
    if former is None:
        return row
    return dataclasses.replace(row, sha256=former.sha256, submissions=former.submissions)


def _is_ended(row: FileRow) -> bool:
    """Returns whether the row tells of the file as it was read; a PENDING one tells what it was before."""
    return row.end is not Disposition.PENDING


def _is_moved(row: FileRow, listed: Listed, here: Mapping[str, Listed]) -> bool:
    """Returns whether ``listed``, of the same bytes, is the file of ``row`` under another name; a copy leaves it."""
    return row.mtime_ns == listed.mtime_ns and row.name not in here


def _renamed(row: FileRow, listed: Listed) -> FileRow:
    """``row`` as that of ``listed``, which is the same file under another name."""
    return dataclasses.replace(row, name=listed.name, inode=listed.inode)
