"""After an old backup was put back: which mailboxes must be looked at before anything is sent.

Its one promise: what a report or our own copy proves to have left is known before it could leave again. It does not
know what a look finds.
"""

from __future__ import annotations

import datetime as dt
from collections import deque

from worker.approve.reevaluate import ActiveConfig
from worker.core.model import Entry, HealthRecord
from worker.core.states import NoteEvent
from worker.store.ports import Store


def unlooked(store: Store, active_config: ActiveConfig, now: dt.datetime) -> tuple[str, ...]:
    """The mailboxes without a look that succeeded since a person last said to go on.

    One that the database never saw reached held back nothing before: it is to be tried once, well or not. Where the
    clock was set back since, no look comes after that moment; that each start looks before it sends has to do.
    """
    resumed = last_resumed(store)
    if resumed is None or resumed.at > now:
        return ()
    looks = {name: store.look(f"mail:{name}") for name in active_config.configuration.settings.mailboxes}
    return tuple(name for name, look in looks.items() if not _is_tried(look, resumed.at))


def last_resumed(store: Store) -> Entry | None:
    """The entry of the last time that a person said to go on; None where nobody ever did."""
    return next(iter(deque(store.entries(events=[NoteEvent.RESUMED]), maxlen=1)), None)


def _is_tried(look: HealthRecord | None, resumed_at: dt.datetime) -> bool:
    if look is None:
        return False
    tried_at = look.last_ok or look.last_error
    return tried_at is not None and tried_at > resumed_at
