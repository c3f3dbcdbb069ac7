"""What is done in the mailbox to messages whose end is recorded, as ``[mailbox.x] after`` says: always last.

Its one promise: what fails is tried again at the next look, also after a restart, and changes nothing that is
recorded. It does not know why a message has the end it has.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from worker.config.mailbox_actions import Act
from worker.core.errors import Unavailable
from worker.core.model import MessageRow
from worker.store.ports import Store
from worker.watch.ports import Mailbox, Thread

TOGETHER: Final = 100
"""Messages in one command: what fails is tried again in whole."""


class Settling:
    """What is still to be done, per mailbox; the store knows it, and this remembers it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._due: dict[str, dict[tuple[int, int], MessageRow]] = {}
        self.failures: dict[str, Unavailable] = {}
        """Why the last try failed, by ``mail:NAME``; none where it did not."""

    async def settle(self, mailbox: Mailbox, thread: Thread, uidvalidity: int) -> None:
        """Do what is due in the open folder. Raises nothing for what the server refuses."""
        if mailbox.after.act is Act.NOTHING:
            return
        due = self._rows(mailbox.name)
        uids = sorted(uid for validity, uid in due if validity == uidvalidity)
        self.failures.pop(f"mail:{mailbox.name}", None)
        for place in range(0, len(uids), TOGETHER):
            some = uids[place : place + TOGETHER]
            try:
                await thread(mailbox.settle, some)
            except Unavailable as failure:
                self.failures[f"mail:{mailbox.name}"] = failure
                return
            with self._store.writing() as writing:
                for uid in some:
                    writing.record_message(dataclasses.replace(due[uidvalidity, uid], is_after_due=False))
            for uid in some:
                del due[uidvalidity, uid]

    def note(self, row: MessageRow) -> None:
        """Remember a row that was recorded with something to be done."""
        self._rows(row.mailbox)[row.uidvalidity, row.uid] = row

    def _rows(self, name: str) -> dict[tuple[int, int], MessageRow]:
        if name not in self._due:
            rows = self._store.messages_due_after(name)
            self._due[name] = {(row.uidvalidity, row.uid): row for row in rows}
        return self._due[name]
