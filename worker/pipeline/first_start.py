"""Since when the product watches: its first start, each mailbox as it is configured, each folder of notices.

Its one promise: a moment is recorded durably before the look that it counts for. It does not decide what is from
before.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.core.clock import Clock
from worker.match.match import FIRST_START, WatchedMailbox, update_watched
from worker.store.ports import Store

MAILBOXES: Final = "watched_mailboxes"
"""Name of the store's value: a JSON object, by mailbox the fields of ``match.from_before.WatchedMailbox``."""
FOLDERS: Final = "notice_folders"
"""Name of the store's value: a JSON object, by resolved path when the folder was first read."""
SUBFOLDERS: Final = "notice_subfolders"
"""Name of the store's value: a JSON object, by resolved path of the folder an object, by path inside since when each of
its folders counts as watched."""


class Beginning:
    """Records the moments, and gives them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    @property
    def first_start(self) -> dt.datetime | None:
        """The moment of the first start; None where a start was never recorded."""
        recorded = self._store.property(FIRST_START)
        return dt.datetime.fromisoformat(recorded) if recorded else None

    def note_mailboxes(self, active_config: ActiveConfig) -> Mapping[str, WatchedMailbox]:
        """Record what ``active_config`` watches, where that is news; every mailbox with its moments. Raises Unavailable."""
        mailboxes = active_config.configuration.settings.mailboxes
        configured = {
            name: (each.user, each.folder, each.since.isoformat() if each.since else "")
            for name, each in mailboxes.items()
        }
        recorded = self._store.property(MAILBOXES)
        former = None if recorded is None else {name: _watched(row) for name, row in json.loads(recorded).items()}
        looked_at = frozenset(name for name in configured if self._store.look(f"mail:{name}") is not None)
        now = self._clock.now()
        watched = update_watched(former, configured, looked_at, self.first_start or now, now)
        if watched != former:
            self._record(MAILBOXES, {name: _row(each) for name, each in watched.items()})
        return watched

    def note_folder(self, place: str) -> dt.datetime:
        """When the folder at ``place`` was first read: recorded now where it never was. Raises Unavailable."""
        folders = json.loads(self._store.property(FOLDERS) or "{}")
        if place not in folders:
            now = self._clock.now()
            folders[place] = (now if folders else self.first_start or now).isoformat()
            self._record(FOLDERS, folders)
        return dt.datetime.fromisoformat(folders[place])

    def note_subfolders(
        self, place: str, folders: Iterable[str], unreadable: Iterable[str], first_read: dt.datetime
    ) -> Mapping[str, dt.datetime]:
        """Since when each of ``folders`` inside the folder at ``place`` counts as watched; recorded where it is news.

        One that a look finds for the first time was not there at the look before: only what was saved after that one
        certainly came while it was watched. Where folders inside were never read (a store of an older program), all
        that lies in them now is from before. One that is gone, and comes back, begins again; behind one that is
        ``unreadable`` for now, none is gone. Raises Unavailable.
        """
        recorded = json.loads(self._store.property(SUBFOLDERS) or "{}")
        former = recorded.get(place)
        known = self._store.look("folder")
        last_look = known.last_ok if known is not None else None
        begun = first_read
        if last_look is not None:
            begun = self._clock.now() if former is None else max(last_look, first_read)
        away = tuple(unreadable)
        found = {name: (former or {}).get(name) or begun.isoformat() for name in folders}
        found |= {name: since for name, since in (former or {}).items() if name.startswith(away)}
        if found != former:
            self._record(SUBFOLDERS, {**recorded, place: found})
        return {name: dt.datetime.fromisoformat(since) for name, since in found.items()}

    def _record(self, name: str, value: Mapping[str, object]) -> None:
        with self._store.writing() as writing:
            writing.set_property(name, json.dumps(value, ensure_ascii=False, sort_keys=True))


def _row(watched: WatchedMailbox) -> dict[str, str]:
    return {
        "user": watched.user,
        "folder": watched.folder,
        "since": watched.since,
        "begun_at": watched.begun_at.isoformat(),
        "since_at": watched.since_at.isoformat(),
    }


def _watched(row: Mapping[str, str]) -> WatchedMailbox:
    moments = {name: dt.datetime.fromisoformat(row[name]) for name in ("begun_at", "since_at")}
    return WatchedMailbox(row["user"], row["folder"], row["since"], **moments)
