"""The figures that monitoring reads, in the text format of Prometheus.

Everything comes from the store, so that a service that is dead shows in what no longer moves. The labels are bounded:
mailboxes, states, results and urgencies; no issuer, project or address is among them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from worker.core.alarms import MAIL_PAUSE, SLOW_PAUSE, is_about_strangers
from worker.core.business_hours import OfficeHours
from worker.core.clock import AHEAD, elapsed, is_over
from worker.core.model import JST, Alarm, HealthRecord, Submission
from worker.core.states import NoteEvent, State
from worker.match.match import FIRST_START
from worker.store.backups import BACKED_UP, BACKUP_CHECKED, read_set_mark
from worker.store.ports import LOG_VERIFIED, Store
from worker.views.log_counts import ATTEMPTS, BUCKETS, NOTICES, LogCounts
from worker.views.tasks import Task, Urgency

if TYPE_CHECKING:
    from worker.store.backups import SetMark

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Sample:
    """One line."""

    value: float
    labels: Mapping[str, str]
    suffix: str = ""
    since: dt.datetime | None = None
    """When it began to be so, where that is known."""


@dataclass(frozen=True, slots=True)
class Family:
    """One name with its samples."""

    name: str
    kind: str
    help: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class ServiceState:
    """The service at the time of a look."""

    runs: bool
    begun: dt.datetime | None = None
    """When the last run began; None if it never ran."""
    ended: dt.datetime | None = None
    """When it ended, or was last known to run; None while it runs, or if that is not known."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The facts of one look, besides the store itself."""

    version: str
    service: ServiceState
    mailboxes: Sequence[str]
    hours: OfficeHours
    tasks: Sequence[Task]
    counts: LogCounts
    store_bytes: int


def render(families: Iterable[Family], tenant: str = "") -> str:
    """Returns the text of a scrape; ``tenant`` becomes a label of every line.

    Without it the files of two contractors would collide in one node_exporter.
    """
    common = {"tenant": tenant} if tenant else {}
    return "".join(f"{line}\n" for family in families for line in _lines(family, common))


def _lines(family: Family, common: Mapping[str, str]) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.kind}"
    for each in family.samples:
        named = {**each.labels, **common}
        labels = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in named.items())
        yield f"{family.name}{each.suffix}{{{labels}}} {_number(each.value)}".replace("{}", "")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def figures(store: Store, looked: Looked, now: dt.datetime) -> tuple[Family, ...]:
    """Returns every family, in the order of the documents."""
    return (
        _one("hoshobin_build_info", "The version of the program.", 1, version=looked.version),
        _service(looked.service),
        *_of_looks(store, looked),
        *_of_submissions(store, looked, now),
        _gauges("hoshobin_tasks", "Open tasks.", "urgency", _urgencies(looked.tasks)),
        *_of_log(looked.counts),
        _alarms(store, now),
        *_of_chain(store),
        *_of_backups(store),
        _one("hoshobin_store_bytes", "Bytes of the database.", looked.store_bytes),
        _one("hoshobin_store_free_bytes", "Free bytes of its file system.", store.free_disk()),
    )


def _one(name: str, text: str, value: float, **labels: str) -> Family:
    return Family(name, "gauge", text, (Sample(value, labels),))


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Family:
    return Family(name, "gauge", text, tuple(Sample(value, {label: each}) for each, value in values.items()))


def _service(state: ServiceState) -> Family:
    name, text = "hoshobin_service_running", "1 while the service runs, or if `run --once` ended within 15 minutes."
    return Family(name, "gauge", text, (Sample(state.runs, {}, since=state.ended),))


def _of_looks(store: Store, looked: Looked) -> Iterator[Family]:
    """Each watched place has its line: no alert could fire on one that is missing."""
    records = {each.name: each for each in store.health_records()}
    watched = {name: records.get(f"mail:{name}") for name in looked.mailboxes}
    folder = records.get("folder")
    awaited = 0.0
    if not all(map(_last_look, [*watched.values(), folder])):
        awaited = _awaited_since(store, looked.service)
    yield _gauges(
        "hoshobin_last_look_timestamp_seconds",
        "When a mailbox was last looked at; of one that never was, since when that fails or is awaited.",
        "mailbox",
        {name: _last_look(each) or awaited for name, each in watched.items()},
    )
    text = "The same of the folder of notices, of which a look is recorded every five minutes."
    yield _one("hoshobin_folder_last_look_timestamp_seconds", text, _last_look(folder) or awaited)
    counted = {name: each for name, each in watched.items() if each is not None and each.counted_at is not None}
    text = "Messages of a mailbox that are not in the ledger."
    yield _gauges("hoshobin_mailbox_gap_messages", text, "mailbox", {name: each.gap for name, each in counted.items()})


def _last_look(record: HealthRecord | None) -> float | None:
    if record is None:
        return None
    moment = record.last_ok or (record.failing_since if record.error else None)
    return moment.timestamp() if moment is not None else None


def _awaited_since(store: Store, service: ServiceState) -> float:
    """Returns since when a look is awaited: the start of the service, or the last change of its settings; 0: never."""
    changes = store.last_entries([NoteEvent.CONFIGURATION_CHANGED], _CHANGES_READ)
    moments = [each.at for each in changes if each.detail.get("file") == "worker.toml"]
    moments += [service.begun] if service.begun is not None else []
    return max((each.timestamp() for each in moments), default=0.0)


_CHANGES_READ: Final = 50
"""The newest changes of the configuration among which one of the settings is looked for: a mailbox that was added in an
earlier one was looked at since, or is long overdue."""


def _of_submissions(store: Store, looked: Looked, now: dt.datetime) -> Iterator[Family]:
    """Of the refused and the bounced, those that no correction replaces: they stay in their state for ever."""
    counted = store.count_by_state()
    open_ones = [each for each in store.walk_open(now.astimezone(JST).date()) if each.state in _CORRECTED]
    corrected = store.corrections(each.id for each in open_ones)
    standing = Counter(each.state for each in open_ones if each.id not in corrected)
    states = {state: counted.get(state, 0) for state in State} | {state: standing[state] for state in _CORRECTED}
    yield _gauges(
        "hoshobin_submissions",
        "Submissions by state; of REFUSED and BOUNCED those that no correction replaces.",
        "state",
        {state.value: count for state, count in states.items()},
    )
    found = store.submissions(State.HELD)
    held = [looked.counts.held_since(each.id) or each.updated_at or now for each in found if not each.rests(now)]
    approved = (_leaves_from(each, looked.hours) for each in store.submissions(State.APPROVED))
    waiting = {State.HELD: held, State.APPROVED: filter(None, approved)}
    oldest = {state.value: min(moments, default=None) for state, moments in waiting.items()}
    yield _gauges(
        "hoshobin_oldest_waiting_timestamp_seconds",
        "Since when the oldest waits: HELD since a person last changed it, APPROVED since due within office hours.",
        "state",
        {state: moment.timestamp() for state, moment in oldest.items() if moment is not None},
    )
    staffed = looked.hours.or_usual()
    long = [since for since in held if is_over(since - AHEAD, staffed.a_working_day_after(since), now)]
    name = "hoshobin_held_over_working_day"
    yield _one(name, "Held submissions that no person changed for more than a working day.", len(long))


_CORRECTED: Final = (State.REFUSED, State.BOUNCED)


def _leaves_from(submission: Submission, hours: OfficeHours) -> dt.datetime | None:
    due = submission.approval.due_at
    return due if due is None or submission.is_rehearsal else hours.next_opening(due)


def _urgencies(tasks: Iterable[Task]) -> Mapping[str, float]:
    counts: dict[str, float] = {urgency.name.lower(): 0 for urgency in Urgency}
    for each in tasks:
        counts[each.urgency.name.lower()] += 1
    return counts


def _of_log(counts: LogCounts) -> Iterator[Family]:
    for name, text, values, labels in (
        ("hoshobin_send_attempts_total", "Attempts to send.", counts.attempts, ATTEMPTS),
        ("hoshobin_notices_read_total", "Notices that were read, or could not be.", counts.notices, NOTICES),
    ):
        yield Family(name, "counter", text, tuple(Sample(values[each], {"result": each}) for each in labels))
    times = [
        *(Sample(count, {"le": str(limit)}, "_bucket") for limit, count in zip(BUCKETS, counts.buckets, strict=True)),
        Sample(counts.accepted, {"le": "+Inf"}, "_bucket"),
        Sample(counts.seconds, {}, "_sum"),
        Sample(counts.accepted, {}, "_count"),
    ]
    text = "From the notice to the mail server's acceptance; waiting for people is in it."
    yield Family("hoshobin_notice_to_accepted_seconds", "histogram", text, tuple(times))


def _alarms(store: Store, now: dt.datetime) -> Family:
    """Of the mails to people those that should have left; one that is held back on purpose is not of them."""
    unsent = [since for each in store.alarms_waiting() if (since := _unsent_since(each, store, now)) is not None]
    sample = Sample(len(unsent), {}, since=min(unsent, default=None))
    text = "Mails to people that no server has accepted, tried more than once or later than any pause between mails."
    return Family("hoshobin_alarms_unsent", "gauge", text, (sample,))


def _unsent_since(alarm: Alarm, store: Store, now: dt.datetime) -> dt.datetime | None:
    """Returns since when the mail should have left; None while it may still be held back, or is tried first."""
    if alarm.tries > 1 and not alarm.told:
        return alarm.created_at
    of_strangers = is_about_strangers(alarm, {number: store.submission(number) for number in alarm.submissions})
    pause = SLOW_PAUSE if of_strangers else MAIL_PAUSE
    return alarm.created_at + pause if elapsed(alarm.created_at, now) > pause else None


@dataclass(frozen=True, slots=True)
class LastVerification:
    """The last verification of the whole log, by the service's backup or by a person."""

    at: dt.datetime
    holds: bool


def last_verification(store: Store) -> LastVerification | None:
    """Returns the last verification of the log; None if it was never verified."""
    moment, _, found = (store.property(LOG_VERIFIED) or "").partition(" ")
    return LastVerification(dt.datetime.fromisoformat(moment), found == "holds") if moment else None


def _of_chain(store: Store) -> Iterator[Family]:
    name = "hoshobin_log_entries_total"
    yield Family(name, "counter", "Entries of the log.", (Sample(store.head()[0], {}),))
    last, begun = last_verification(store), store.property(FIRST_START)
    verified = last.at if last is not None else dt.datetime.fromisoformat(begun) if begun else None
    told = "When the log was last verified; of one that never was, when it began."
    for name, text, values in (
        ("hoshobin_log_verified_timestamp_seconds", told, [verified.timestamp()] if verified else []),
        ("hoshobin_log_intact", "1 if it held then.", [last.holds] if last is not None else []),
    ):
        yield Family(name, "gauge", text, tuple(Sample(each, {}) for each in values))


def _of_backups(store: Store) -> Iterator[Family]:
    for name, text, value in (
        ("hoshobin_backup_last_success_timestamp_seconds", "When the last backup was made; 0: never.", BACKED_UP),
        ("hoshobin_backup_verified_timestamp_seconds", "When one was last tried; 0: never.", BACKUP_CHECKED),
    ):
        mark: SetMark | None = read_set_mark(store.property(value))
        yield _one(name, text, mark.at.timestamp() if mark else 0)  # without a line no alert could fire
