"""The limits of the figures beyond which people are alarmed: one table for ``doctor --exit-code`` and for Prometheus.

``ops/prometheus-rules.yml`` is made from this table (``tests/write_docs.py``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from worker.core.clock import elapsed
from worker.store.backups import TOO_OLD
from worker.views.log_counts import LogCounts
from worker.views.metrics import Family, Sample

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_SECOND: Final = dt.timedelta(seconds=1)
WINDOW: Final = 15 * MINUTE
"""Seconds in which one refused login of our account counts."""
LEAST_NOTICES: Final = 10
"""Notices of a day below which their share says nothing."""


class Crossing(StrEnum):
    """How a figure is compared."""

    ABOVE = "above"
    BELOW = "below"
    AGE = "age"
    """The seconds since the moment that the figure is. A moment in the future is crossed: the clock was set back."""
    DUE = "due"
    """The seconds since the moment that the figure is, for which something is planned: one in the future is well."""
    ABSENT = "absent"
    """Monitoring has no such figure: a store that is not read gives none. A look that has figures never crosses it."""
    GROWS = "grows"
    """A counter grew within ``WINDOW``."""
    SHARE = "share"
    """The share of the refused of a day's notices, if they are at least ``LEAST_NOTICES``."""


class Severity(StrEnum):
    """The urgency of an alert."""

    CRITICAL = "critical"
    """Nothing comes in or goes out, or something is lost."""
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Limit:
    """One alert."""

    name: str
    """As in Prometheus; the code of its sentence is ``limit_`` and this."""
    figure: str
    crossing: Crossing
    value: float
    severity: Severity
    labels: Mapping[str, str] = field(default_factory=dict)
    hold: int = 0
    """Seconds that it must be so."""


def _limit(
    name: str, figure: str, crossing: Crossing, value: float, severity: Severity, hold: int = 0, **labels: str
) -> Limit:
    return Limit(name, f"hoshobin_{figure}", crossing, value, severity, labels, hold)


_C, _W = Severity.CRITICAL, Severity.WARNING
LIMITS: Final = (
    _limit("HoshobinAbsent", "build_info", Crossing.ABSENT, 0, _C, 15 * MINUTE),
    _limit("HoshobinNotRunning", "service_running", Crossing.BELOW, 1, _C, 5 * MINUTE),
    _limit("HoshobinDeaf", "last_look_timestamp_seconds", Crossing.AGE, 15 * MINUTE, _C),
    _limit("HoshobinFolderDeaf", "folder_last_look_timestamp_seconds", Crossing.AGE, 20 * MINUTE, _C),
    _limit("HoshobinMailboxGap", "mailbox_gap_messages", Crossing.ABOVE, 0, _C, 10 * MINUTE),
    _limit("HoshobinInDoubt", "submissions", Crossing.ABOVE, 0, _C, state="IN_DOUBT"),
    _limit("HoshobinRefused", "submissions", Crossing.ABOVE, 0, _W, state="REFUSED"),
    _limit("HoshobinBounced", "submissions", Crossing.ABOVE, 0, _W, state="BOUNCED"),
    _limit("HoshobinOverdue", "submissions", Crossing.ABOVE, 0, _W, state="OVERDUE"),
    _limit("HoshobinHeldLong", "held_over_working_day", Crossing.ABOVE, 0, _W),
    _limit("HoshobinNotLeaving", "oldest_waiting_timestamp_seconds", Crossing.DUE, 30 * MINUTE, _C, state="APPROVED"),
    _limit("HoshobinUrgentTasks", "tasks", Crossing.ABOVE, 0, _W, 2 * HOUR, urgency="now"),
    _limit("HoshobinAccountRefused", "send_attempts_total", Crossing.GROWS, 0, _C, result="account_refused"),
    _limit("HoshobinNoticesUnread", "notices_read_total", Crossing.SHARE, 0.5, _W, result="refused"),
    _limit("HoshobinAlarmsUnsent", "alarms_unsent", Crossing.ABOVE, 0, _C, 15 * MINUTE),
    _limit("HoshobinLogBroken", "log_intact", Crossing.BELOW, 1, _C),
    _limit("HoshobinLogUnverified", "log_verified_timestamp_seconds", Crossing.AGE, 8 * DAY, _W),
    _limit("HoshobinBackupOld", "backup_last_success_timestamp_seconds", Crossing.AGE, TOO_OLD // _SECOND, _W),
    _limit("HoshobinBackupUntried", "backup_verified_timestamp_seconds", Crossing.AGE, 35 * DAY, _W),
    _limit("HoshobinDiskFull", "store_free_bytes", Crossing.BELOW, 1_000_000_000, _C),
)


@dataclass(frozen=True, slots=True)
class Crossed:
    """A limit that is crossed, with the sample."""

    limit: Limit
    sample: Sample


def crossed_limits(families: Sequence[Family], counts: LogCounts, now: dt.datetime) -> tuple[Crossed, ...]:
    """Returns each sample that is beyond its limit.

    A limit that must hold for a while is compared with the time at which the figure became so, where that is known;
    else the caller looks again, as monitoring does before it alarms.
    """
    known = {family.name: family for family in families}
    return tuple(
        Crossed(limit, sample)
        for limit in LIMITS
        for sample in _samples(known[limit.figure], limit)
        if _is_beyond(limit, sample, counts, now) and _is_held(limit, sample, now)
    )


def _samples(family: Family, limit: Limit) -> Iterator[Sample]:
    return (each for each in family.samples if limit.labels.items() <= each.labels.items())


def _is_held(limit: Limit, sample: Sample, now: dt.datetime) -> bool:
    return sample.since is None or elapsed(sample.since, now).total_seconds() >= limit.hold


def _is_beyond(limit: Limit, sample: Sample, counts: LogCounts, now: dt.datetime) -> bool:
    match limit.crossing:
        case Crossing.ABOVE:
            return sample.value > limit.value
        case Crossing.BELOW:
            return sample.value < limit.value
        case Crossing.ABSENT:
            return False
        case Crossing.AGE:
            return elapsed(_moment(sample), now).total_seconds() > limit.value
        case Crossing.DUE:
            return (now - _moment(sample)).total_seconds() > limit.value
        case Crossing.GROWS:
            last = counts.last_refusal()
            return last is not None and elapsed(last, now).total_seconds() <= WINDOW
        case Crossing.SHARE:
            read, refused = counts.of_a_day(now)
            return read + refused >= LEAST_NOTICES and refused > limit.value * (read + refused)


def _moment(sample: Sample) -> dt.datetime:
    return dt.datetime.fromtimestamp(sample.value, dt.UTC)
