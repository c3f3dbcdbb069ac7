"""Looks at the store for monitoring: the figures of this moment and the limits that they cross.

The counts of the log go on from the last look (``views.log_counts``). They are kept in the store now and then, which is
all that a look changes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from worker.config.system_places import tenant_of
from worker.core.clock import elapsed
from worker.core.errors import HoshobinError, Unavailable
from worker.core.states import Event
from worker.service.absence import ONCE, find_absence
from worker.service.wiring import Installation, program_version, read_lock_holder
from worker.store.ports import Store
from worker.views.limits import Crossed, crossed_limits
from worker.views.log_counts import COUNTED, LogCounts, read_counts
from worker.views.metrics import Family, Looked, ServiceState, figures, render
from worker.views.tasks import open_tasks

_KEPT_EVERY: Final = 200
"""Entries that are read again at most by the next look: reading them takes less than the commit that saves it."""
_PASS_EVERY: Final = dt.timedelta(minutes=15)
"""An installation that runs pass by pass (``run --once``) counts as running for this time after a pass."""
_BLOCK: Final = 5_000
"""Entries after which a first look at a long log keeps what it has: one that is broken off is not for nothing."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one look."""

    families: tuple[Family, ...]
    counts: LogCounts
    at: dt.datetime
    tenant: str = ""
    """The contractor, if the configuration is one of several on this machine."""

    def text(self) -> str:
        """Returns the text of a scrape."""
        return render(self.families, self.tenant)

    def crossed(self) -> tuple[Crossed, ...]:
        """Returns the limits that are crossed."""
        return crossed_limits(self.families, self.counts, self.at)


def measure(office: Installation, store: Store, now: dt.datetime) -> Measured:
    """Returns the figures at ``now``. Raises Unavailable, LogBroken."""
    counts = _count(store)
    looked = Looked(
        program_version(),
        _service_state(office.places.store, store, now),
        tuple(office.brief.mailboxes),
        office.brief.hours,
        open_tasks(store, office.outline, now),
        counts,
        _bytes_of(office.places.store),
    )
    return Measured(figures(store, looked, now), counts, now, tenant_of(office.directory))


def _service_state(folder: Path, store: Store, now: dt.datetime) -> ServiceState:
    """Raises Unavailable."""
    holder = read_lock_holder(folder)
    begun = holder.since if holder is not None else None
    absence = find_absence(holder, store.health_records())
    if absence is None:
        return ServiceState(runs=True, begun=begun)
    is_pass = absence.why == ONCE and absence.since is not None and elapsed(absence.since, now) <= _PASS_EVERY
    return ServiceState(is_pass, begun, absence.since)


def _count(store: Store) -> LogCounts:
    counts = read_counts(store.property(COUNTED), store.head()[0])
    kept = counts.entry

    def read_at(submission: int) -> dt.datetime | None:
        first = next(iter(store.entries(submission, [Event.NOTICE_READ])), None)
        return first.at if first is not None else None

    for entry in store.entries(after=counts.entry):
        counts.add(entry, read_at)
        if entry.number - kept >= _BLOCK:
            _keep(store, counts)
            kept = entry.number
    is_new = counts.add_refusal(store.health_of("smtp"))
    if is_new or counts.entry - kept >= _KEPT_EVERY:
        _keep(store, counts)
    return counts


def _keep(store: Store, counts: LogCounts) -> None:
    """An account that may only read, or a store that is busy, has it counted again by the next look."""
    with contextlib.suppress(HoshobinError), store.writing() as writing:
        writing.set_property(COUNTED, counts.text())


def _bytes_of(folder: Path) -> int:
    """The database and its log of writes; copies beside it, such as those that a restore replaced, are not of it."""
    size = 0
    for name in ("hoshobin.sqlite3", "hoshobin.sqlite3-wal"):
        try:
            size += (folder / name).stat().st_size
        except FileNotFoundError:  # the last one to close the database removes the log of writes
            continue
        except OSError as error:
            raise Unavailable("disk", str(error)) from error
    return size
