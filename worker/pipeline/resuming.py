"""After an old backup was put back: which mailboxes must be looked at before anything is sent.

Its one promise: what a report or our own copy proves to have left is known before it could leave again. It does not
know what a look finds.
"""

from __future__ import annotations

from worker.decisions import RESUMED
from worker.drafting import InForce
from worker.ports import Store


def unlooked(store: Store, in_force: InForce) -> tuple[str, ...]:
    """The mailboxes without a look that succeeded since a person last said to go on.

    One that was never reached held back nothing before, and does not now.
    """
    resumed_at = None
    for entry in store.entries(events=[RESUMED]):
        resumed_at = entry.at
    if resumed_at is None:
        return ()
    looks = {name: store.look(f"mail:{name}") for name in in_force.configuration.settings.mailboxes}
    return tuple(
        name
        for name, look in looks.items()
        if look is not None and look.last_ok is not None and look.last_ok <= resumed_at
    )
