"""Since when the product watches: its first start, each mailbox as it is configured, each folder of notices.

Its one promise: a moment is recorded durably before the look that it counts for. It does not decide what is from
before.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Final

from worker.approve.redraft import InForce
from worker.core.clock import Clock
from worker.match.from_before import FIRST_START, Watched, renew_watched
from worker.store.ports import Store

MAILBOXES: Final = "watched_mailboxes"
"""Name of the store's value: a JSON object, by mailbox the fields of ``match.from_before.Watched``."""
FOLDERS: Final = "notice_folders"
"""Name of the store's value: a JSON object, by resolved path when the folder was first read."""


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

    def note_mailboxes(self, in_force: InForce) -> Mapping[str, Watched]:
        """Record what ``in_force`` watches, where that is news; every mailbox with its moments. Raises Unavailable."""
        mailboxes = in_force.configuration.settings.mailboxes
        configured = {
            name: (each.user, each.folder, each.since.isoformat() if each.since else "")
            for name, each in mailboxes.items()
        }
        recorded = self._store.property(MAILBOXES)
        former = None if recorded is None else {name: _watched(row) for name, row in json.loads(recorded).items()}
        looked_at = frozenset(name for name in configured if self._store.look(f"mail:{name}") is not None)
        now = self._clock.now()
        watched = renew_watched(former, configured, looked_at, self.first_start or now, now)
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

    def _record(self, name: str, value: Mapping[str, object]) -> None:
        with self._store.writing() as writing:
            writing.set_property(name, json.dumps(value, ensure_ascii=False, sort_keys=True))


def _row(watched: Watched) -> dict[str, str]:
    return {
        "user": watched.user,
        "folder": watched.folder,
        "since": watched.since,
        "begun_at": watched.begun_at.isoformat(),
        "since_at": watched.since_at.isoformat(),
    }


def _watched(row: Mapping[str, str]) -> Watched:
    moments = {name: dt.datetime.fromisoformat(row[name]) for name in ("begun_at", "since_at")}
    return Watched(row["user"], row["folder"], row["since"], **moments)
