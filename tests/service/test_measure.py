"""The figures of a store, each limit crossed once, and a cost that does not grow with what is closed."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.fakes import FakeClock
from tests.support.office import Office
from tests.support.promtool import promtool
from tests.support.stores import SteppingClock, approve, create_held, make_store
from tests.support.world import HANAKO, START, WORKER
from worker.core.model import JST, Address, HealthRecord, Hold, NoticeRecord, Submission
from worker.core.states import Event, NoteEvent, Reason, State
from worker.match.match import FIRST_START
from worker.pipeline.verification import note_verified
from worker.send.smtp.lock import SenderLock
from worker.service.measure import measure
from worker.service.wiring import Installation, load_installation
from worker.store.backups import BACKED_UP, BACKUP_CHECKED, BACKUP_TROUBLE, SetMark, Trouble, read_set_mark
from worker.store.ports import Author
from worker.store.sqlite.store import SqlStore
from worker.views.limits import LIMITS, Crossing
from worker.views.log_counts import COUNTED
from worker.views.metrics import render

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
LATER = START + 5 * MINUTE
FRESH = "fresh"
"""Marks a backup and a look that are of just now whenever the figures are looked at."""
LOOKS = ("mail:main", "folder")
LOCKS: dict[SqlStore, SenderLock] = {}
"""The lock of the service that runs on each store."""
URGENT = "HoshobinUrgentTasks"
"""What is urgent is a task as well."""


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    made = Office(tmp_path, knows=())
    return load_installation(str(made.config))


@pytest.fixture
def store(office: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlStore]:
    store = make_store(office.places.store)
    monkeypatch.setattr(store, "free_disk", lambda: 10**12)
    for each in (BACKED_UP, BACKUP_CHECKED):
        put(store, each, SetMark(START, FRESH).text())
    for name in LOOKS:
        look(store, HealthRecord(name, last_ok=START, told=(FRESH,)))
    LOCKS[store] = SenderLock(office.places.store, FakeClock())
    yield store
    LOCKS.pop(store).release()
    store.close()


TO_DOUBT = ((Event.SEND_STARTED, State.SENDING), (Event.DATA_STARTED, State.IN_DOUBT))


def move(store: SqlStore, submission: Submission, *ways: tuple[Event, State]) -> Submission:
    for event, state in ways:
        with store.writing() as writing:
            submission = writing.change(event, submission, dataclasses.replace(submission, state=state), WORKER, {})
    return submission


def sent(store: SqlStore, *ways: tuple[Event, State]) -> None:
    move(store, approve(store, create_held(store)), *TO_DOUBT, *ways)


def look(store: SqlStore, record: HealthRecord) -> None:
    with store.writing() as writing:
        writing.record_health(record)


def put(store: SqlStore, name: str, value: str) -> None:
    with store.writing() as writing:
        writing.set_property(name, value)


def read_badly(store: SqlStore, unread: int, read: int) -> None:
    for number in range(unread + read):
        reasons = (Hold(Reason.NO_TEXT if number < unread else Reason.APPROVAL),)
        with store.writing() as writing:
            notice = NoticeRecord(contract_number=str(number))
            writing.create(Event.NOTICE_READ, Submission(0, State.HELD, notice=notice, reasons=reasons), WORKER, {})


def refused_account(store: SqlStore) -> None:
    look(store, HealthRecord("smtp", last_error=START, error="535 no", told=("account_refused",)))


def alarm(store: SqlStore, cause: str = "deaf:mail:main", tries: int = 2, told: tuple[Address, ...] = ()) -> None:
    with store.writing() as writing:
        writing.raise_alarm(cause, ())
    with store.writing() as writing:
        for each in store.alarms_waiting():
            writing.update_alarm(dataclasses.replace(each, tries=tries, told=told))


def end_service(store: SqlStore, why: str = "asked") -> None:
    LOCKS[store].note_end(START, why)
    LOCKS[store].release()


TROUBLE = Trouble(START, "unreached", "/srv/x").text()
WAYS: dict[str, tuple[Callable[[SqlStore], object], dt.datetime, str]] = {
    "HoshobinNotRunning": (end_service, LATER + MINUTE, "hoshobin_service_running 0"),
    "HoshobinDeaf": (
        lambda store: look(store, HealthRecord("mail:main", last_ok=START)),
        START + 16 * MINUTE,
        f'hoshobin_last_look_timestamp_seconds{{mailbox="main"}} {int(START.timestamp())}',
    ),
    "HoshobinFolderDeaf": (
        lambda store: look(store, HealthRecord("folder", last_ok=START)),
        START + 21 * MINUTE,
        f"hoshobin_folder_last_look_timestamp_seconds {int(START.timestamp())}",
    ),
    "HoshobinMailboxGap": (
        lambda store: look(store, HealthRecord("mail:main", last_ok=LATER, gap=3, counted_at=LATER)),
        LATER,
        'hoshobin_mailbox_gap_messages{mailbox="main"} 3',
    ),
    "HoshobinInDoubt": (sent, LATER, 'hoshobin_submissions{state="IN_DOUBT"} 1'),
    "HoshobinRefused": (
        lambda store: sent(store, (Event.REFUSED, State.REFUSED)),
        LATER,
        'hoshobin_submissions{state="REFUSED"} 1',
    ),
    "HoshobinBounced": (
        lambda store: sent(store, (Event.ACCEPTED, State.SENT), (Event.BOUNCED, State.BOUNCED)),
        LATER,
        'hoshobin_submissions{state="BOUNCED"} 1',
    ),
    "HoshobinOverdue": (
        lambda store: sent(store, (Event.ACCEPTED, State.SENT), (Event.OVERDUE, State.OVERDUE)),
        LATER,
        'hoshobin_submissions{state="OVERDUE"} 1',
    ),
    "HoshobinHeldLong": (
        create_held,
        START + 5 * DAY,
        "hoshobin_held_over_working_day 1",
    ),
    "HoshobinNotLeaving": (
        lambda store: approve(store, create_held(store)),
        START + 4 * DAY,
        'hoshobin_oldest_waiting_timestamp_seconds{state="APPROVED"}',
    ),
    URGENT: (lambda store: put(store, BACKUP_TROUBLE, TROUBLE), LATER, 'hoshobin_tasks{urgency="now"} 1'),
    "HoshobinAccountRefused": (
        refused_account,
        LATER,
        'hoshobin_send_attempts_total{result="account_refused"} 1',
    ),
    "HoshobinNoticesUnread": (
        lambda store: read_badly(store, 6, 4),
        LATER,
        'hoshobin_notices_read_total{result="refused"} 6',
    ),
    "HoshobinAlarmsUnsent": (alarm, START + 16 * MINUTE, "hoshobin_alarms_unsent 1"),
    "HoshobinLogBroken": (lambda store: note_verified(store, START, holds=False), LATER, "hoshobin_log_intact 0"),
    "HoshobinLogUnverified": (
        lambda store: note_verified(store, START, holds=True),
        START + 8 * DAY + MINUTE,
        f"hoshobin_log_verified_timestamp_seconds {int(START.timestamp())}",
    ),
    "HoshobinBackupOld": (
        lambda store: put(store, BACKED_UP, SetMark(START, "x").text()),
        START + 26 * HOUR + MINUTE,
        f"hoshobin_backup_last_success_timestamp_seconds {int(START.timestamp())}",
    ),
    "HoshobinBackupUntried": (
        lambda store: put(store, BACKUP_CHECKED, SetMark(START, "x").text()),
        START + 35 * DAY + MINUTE,
        f"hoshobin_backup_verified_timestamp_seconds {int(START.timestamp())}",
    ),
    "HoshobinDiskFull": (
        lambda store: setattr(store, "free_disk", lambda: 999_999_999),
        LATER,
        "hoshobin_store_free_bytes 999999999",
    ),
}
"""Of each limit how it is crossed, when that is looked at, and what the figures say of it."""


def crossed(office: Installation, store: SqlStore, now: dt.datetime) -> set[str]:
    for each in (BACKED_UP, BACKUP_CHECKED):
        if (mark := read_set_mark(store.property(each))) and mark.stem == FRESH:
            put(store, each, SetMark(now, FRESH).text())
    for record in store.health_records():
        if record.told == (FRESH,):
            look(store, dataclasses.replace(record, last_ok=now))
    return {each.limit.name for each in measure(office, store, now).crossed()}


def test_every_limit_is_crossed_here() -> None:
    """Where there are no figures, ``doctor --exit-code`` ends with 3 (tests/cli/test_metrics.py)."""
    assert list(WAYS) == [each.name for each in LIMITS if each.crossing is not Crossing.ABSENT]


@pytest.mark.parametrize("name", WAYS)
def test_a_limit_that_is_crossed_is_in_the_figures_and_found_alone(
    office: Installation, store: SqlStore, name: str
) -> None:
    cross, now, said = WAYS[name]
    assert crossed(office, store, now) == set()
    cross(store)
    assert crossed(office, store, now) - {URGENT} == {name} - {URGENT}
    assert name in crossed(office, store, now)
    text = render(measure(office, store, now).families)
    assert any(line.startswith(said) for line in text.splitlines()), text


@pytest.mark.parametrize(
    ("mark", "name"), [(BACKED_UP, "HoshobinBackupOld"), (BACKUP_CHECKED, "HoshobinBackupUntried")]
)
def test_a_backup_that_was_never_made_or_tried_is_told_like_one_that_is_too_old(
    office: Installation, store: SqlStore, mark: str, name: str
) -> None:
    put(store, mark, "")
    assert crossed(office, store, LATER) == {name}


def test_a_mailbox_that_was_never_reached_is_told_from_its_first_failure_on(
    office: Installation, store: SqlStore
) -> None:
    look(store, HealthRecord("mail:main", last_error=LATER, error="refused", failing_since=START))
    assert crossed(office, store, START + 15 * MINUTE) == set()
    assert crossed(office, store, START + 16 * MINUTE) == {"HoshobinDeaf"}


@pytest.mark.parametrize(
    ("name", "limit", "minutes"), [("mail:main", "HoshobinDeaf", 15), ("folder", "HoshobinFolderDeaf", 20)]
)
def test_a_place_without_any_look_is_told_from_the_start_of_the_service_on(
    office: Installation, store: SqlStore, name: str, limit: str, minutes: int
) -> None:
    look(store, HealthRecord(name))
    assert crossed(office, store, START + minutes * MINUTE) == set()
    assert crossed(office, store, START + (minutes + 1) * MINUTE) == {limit}


def test_a_mailbox_that_was_added_is_given_the_time_for_a_look(office: Installation, store: SqlStore) -> None:
    look(store, HealthRecord("mail:main"))
    for hours, file in ((30, "worker.toml"), (31, "projects.toml")):
        assert isinstance(store._clock, SteppingClock)
        store._clock.moment = START + hours * HOUR
        with store.writing() as writing:
            writing.note(NoteEvent.CONFIGURATION_CHANGED, None, WORKER, {"file": file, "sha256": ""})
    assert crossed(office, store, START + 30 * HOUR + 15 * MINUTE) == set()
    assert crossed(office, store, START + 30 * HOUR + 16 * MINUTE) == {"HoshobinDeaf"}


def test_a_service_that_never_ran_and_one_that_was_killed_do_not_run(office: Installation, store: SqlStore) -> None:
    for name in LOOKS:
        look(store, HealthRecord(name, last_ok=START))
    LOCKS[store].release()
    assert crossed(office, store, START + 4 * MINUTE) == set(), "it may be starting again"
    assert crossed(office, store, START + 6 * MINUTE) == {"HoshobinNotRunning"}, "killed"
    (office.places.store / "sender.lock").unlink()
    assert crossed(office, store, START) == {"HoshobinNotRunning"}, "never"


def test_an_office_that_runs_pass_by_pass_runs_until_a_pass_is_missing(office: Installation, store: SqlStore) -> None:
    end_service(store, "once")
    assert crossed(office, store, START + 15 * MINUTE) == set()
    assert crossed(office, store, START + 16 * MINUTE) == {"HoshobinNotRunning"}


def test_a_log_that_was_never_verified_is_told_from_its_beginning_on(office: Installation, store: SqlStore) -> None:
    put(store, FIRST_START, START.isoformat())
    assert crossed(office, store, START + 8 * DAY) == set()
    assert crossed(office, store, START + 8 * DAY + MINUTE) == {"HoshobinLogUnverified"}


JUST_WITHIN = {
    "HoshobinNotRunning": START + 4 * MINUTE,
    "HoshobinFolderDeaf": START + 20 * MINUTE,
    "HoshobinDeaf": START + 15 * MINUTE,
    "HoshobinNotLeaving": START + 30 * MINUTE,
    "HoshobinHeldLong": START + 2 * DAY,
    "HoshobinAlarmsUnsent": START + 14 * MINUTE,
    "HoshobinLogUnverified": START + 8 * DAY,
    "HoshobinBackupOld": START + 26 * HOUR,
    "HoshobinBackupUntried": START + 35 * DAY,
}


@pytest.mark.parametrize(("name", "now"), JUST_WITHIN.items())
def test_just_within_a_limit_nothing_is_found(
    office: Installation, store: SqlStore, name: str, now: dt.datetime
) -> None:
    WAYS[name][0](store)
    assert crossed(office, store, now) == set()


SET_BACK = START - 2 * DAY
"""The clock was two days ahead when it was recorded, and was set right since."""


@pytest.mark.parametrize(
    "name",
    ["HoshobinDeaf", "HoshobinAlarmsUnsent", "HoshobinLogUnverified", "HoshobinBackupOld", "HoshobinBackupUntried"],
)
def test_a_moment_from_before_the_clock_was_set_back_is_of_no_known_age_and_crosses_its_limit(
    office: Installation, store: SqlStore, name: str
) -> None:
    WAYS[name][0](store)
    assert crossed(office, store, SET_BACK) == {name}


def test_a_moment_a_little_ahead_is_of_another_clock_and_crosses_nothing(office: Installation, store: SqlStore) -> None:
    look(store, HealthRecord("mail:main", last_ok=START))
    assert crossed(office, store, START - MINUTE) == set()


@pytest.mark.parametrize("name", ["HoshobinAccountRefused", "HoshobinNoticesUnread", "HoshobinNotLeaving"])
def test_no_clock_that_is_set_back_keeps_an_alert_up(office: Installation, store: SqlStore, name: str) -> None:
    WAYS[name][0](store)
    assert name not in crossed(office, store, SET_BACK)


STRANGERS = "put_off:time:mail:main"
"""Told at most once an hour."""


@pytest.mark.parametrize(("cause", "held_back"), [("deaf:mail:main", 15 * MINUTE), (STRANGERS, HOUR)])
def test_a_mail_that_is_held_back_on_purpose_is_no_unsent_one_until_its_pause_and_the_wait_are_over(
    office: Installation, store: SqlStore, cause: str, held_back: dt.timedelta
) -> None:
    alarm(store, cause, tries=0)
    assert crossed(office, store, START + held_back) == set()
    assert "hoshobin_alarms_unsent 0\n" in render(measure(office, store, START + held_back).families)
    assert crossed(office, store, START + held_back + 14 * MINUTE) == set()
    assert crossed(office, store, START + held_back + 16 * MINUTE) == {"HoshobinAlarmsUnsent"}


def test_a_mail_that_some_have_got_and_others_get_after_their_pause_is_no_unsent_one(
    office: Installation, store: SqlStore
) -> None:
    alarm(store, tries=2, told=(Address("a@contractor.example"),))
    assert crossed(office, store, START + 29 * MINUTE) == set()
    assert crossed(office, store, START + 31 * MINUTE) == {"HoshobinAlarmsUnsent"}


def change(store: SqlStore, number: int, author: Author, *reasons: Hold) -> None:
    with store.writing() as writing:
        before = writing.submission(number)
        after = dataclasses.replace(before, reasons=reasons)
        writing.change(Event.REDRAFTED, before, after, author, {})


def test_a_held_submission_is_held_long_until_a_person_works_on_it_over_weekends_too(
    office: Installation, store: SqlStore
) -> None:
    """It is held on a Saturday before a holiday: a working day is over on Wednesday at 8:30."""
    number = create_held(store).id
    wednesday = dt.datetime(2026, 11, 25, 8, 30, tzinfo=JST)
    moments = [START + hours * HOUR for hours in range(0, 24 * 14, 5)]
    assert {each for each in moments if crossed(office, store, each)} == {each for each in moments if each > wednesday}
    change(store, number, WORKER, Hold(Reason.APPROVAL), Hold(Reason.TIMING))
    assert crossed(office, store, START + 14 * DAY) == {"HoshobinHeldLong"}, "the program judged it again by itself"
    change(store, number, HANAKO, Hold(Reason.APPROVAL))
    assert crossed(office, store, START + DAY) == set()


def test_a_refusal_of_the_account_is_over_after_a_quarter_of_an_hour(office: Installation, store: SqlStore) -> None:
    refused_account(store)
    assert crossed(office, store, START + MINUTE) == {"HoshobinAccountRefused"}
    assert crossed(office, store, START + 16 * MINUTE) == set()


def test_a_corrected_submission_alarms_no_more(office: Installation, store: SqlStore) -> None:
    """It stays REFUSED for ever."""
    sent(store, (Event.REFUSED, State.REFUSED))
    with store.writing() as writing:
        correction = Submission(0, State.HELD, corrects=1, notice=NoticeRecord(contract_number="2"))
        writing.create(Event.NOTICE_READ, correction, HANAKO, {})
    assert crossed(office, store, LATER) == set()
    text = render(measure(office, store, LATER).families)
    assert 'hoshobin_submissions{state="REFUSED"} 0' in text


def test_the_size_is_that_of_the_database_and_not_of_copies_beside_it(office: Installation, store: SqlStore) -> None:
    def size() -> float:
        families = {each.name: each for each in measure(office, store, LATER).families}
        return families["hoshobin_store_bytes"].samples[0].value

    folder = office.places.store
    own = sum((folder / name).stat().st_size for name in ("hoshobin.sqlite3", "hoshobin.sqlite3-wal"))
    for name in ("hoshobin.sqlite3.replaced-20261121T000000Z", "hoshobin.sqlite3.replaced-20261121T000000Z-wal"):
        (folder / name).write_bytes(b"x" * 5_000)
    assert size() == own


def test_of_several_contractors_every_line_has_its_name(office: Installation, store: SqlStore) -> None:
    alone = measure(office, store, LATER).text()
    assert "tenant" not in alone
    one_of_many = dataclasses.replace(office, directory=Path("/etc/hoshobin/yama"))
    lines = [each for each in measure(one_of_many, store, LATER).text().splitlines() if not each.startswith("#")]
    assert len(lines) == len([each for each in alone.splitlines() if not each.startswith("#")])
    assert all('tenant="yama"} ' in each for each in lines)
    checked = promtool("check", "metrics", given=measure(one_of_many, store, LATER).text())
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_prometheus_accepts_the_figures(office: Installation, store: SqlStore) -> None:
    for cross, _, _ in WAYS.values():
        cross(store)
    text = render(measure(office, store, LATER).families)
    assert "contractor" not in text
    checked = promtool("check", "metrics", given=text)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def closed(store: SqlStore, first: int, count: int) -> None:
    for number in range(first, first + count):
        held = create_held(store, f"12345-{number:06}", f"<{number}@contractor.example>")
        sent_one = move(store, approve(store, held), *TO_DOUBT, (Event.ACCEPTED, State.SENT))
        move(store, sent_one, (Event.DELIVERED, State.DELIVERED), (Event.CONFIRMED, State.CONFIRMED))


def statements_of_a_look(office: Installation, store: SqlStore) -> list[str]:
    measure(office, store, LATER)
    asked: list[str] = []
    store._connection().set_trace_callback(asked.append)
    try:
        measure(office, store, LATER)
    finally:
        store._connection().set_trace_callback(None)
    return asked


def test_a_look_costs_no_more_where_more_are_closed(office: Installation, store: SqlStore) -> None:
    closed(store, 0, 40)
    few = statements_of_a_look(office, store)
    closed(store, 40, 120)
    many = statements_of_a_look(office, store)
    assert len(many) <= len(few) + 5
    text = render(measure(office, store, LATER).families)
    assert 'hoshobin_send_attempts_total{result="accepted"} 160' in text
    assert "hoshobin_notice_to_accepted_seconds_count 160" in text


def test_the_counts_go_on_after_a_look_and_of_a_store_that_is_put_back(office: Installation, store: SqlStore) -> None:
    closed(store, 0, 40)
    measure(office, store, LATER)
    assert store.property(COUNTED)
    closed(store, 40, 1)
    assert measure(office, store, LATER).counts.attempts["accepted"] == 41
    put(store, COUNTED, "")
    assert measure(office, store, LATER).counts.attempts["accepted"] == 41
    assert store.verify().holds


def test_a_store_that_may_not_be_written_is_measured_all_the_same(
    office: Installation, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worker.core.errors import Unavailable

    closed(store, 0, 40)

    def refuse() -> None:
        raise Unavailable("store", "readonly")

    monkeypatch.setattr(store, "writing", refuse)
    assert measure(office, store, LATER).counts.attempts["accepted"] == 40
    assert not store.property(COUNTED)
