"""The judge of a month: what the relay took and what the store holds, against what chance did to the office.

It keeps, for each notice and each other incident, how many tasks and alarms must name it, and gives a sentence for each
broken promise. An alarm that no incident explains is one, too.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.support.month_office import MonthOffice, number_of, recipients_of
from tests.support.small_office import Form
from tests.support.world import OFFICE
from worker.core.model import Submission, sha256
from worker.core.states import AlarmCause, Reason, State
from worker.store.sqlite.connection import FILE_NAME
from worker.views.tasks import TaskKind, open_tasks

ACCEPTED = frozenset({State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED})
REPEATED = frozenset({AlarmCause.DIGEST, AlarmCause.ESCALATION, AlarmCause.ANNOUNCED})
"""Alarms that remind, by the calendar, of what is a task already."""
_ABOUT = re.compile(r"([0-9]{1,12}): ")


@dataclass
class Fate:
    """The required result of one genuine notice."""

    form: Form
    states: frozenset[State] = ACCEPTED
    copies: tuple[int, int] = (1, 1)
    """The number of its mails that the relay may have taken, at least and at most."""
    tasks: Counter[TaskKind] = field(default_factory=Counter)
    """In addition to the task that asks for its arrival, which follows from the state."""
    alarms: Counter[AlarmCause] = field(default_factory=Counter)
    may_doubt: bool = False
    """True if a connection, or the process, ended while it may have been sent."""
    may_wait: bool = False
    """True if it may count as earlier: saved by a right clock in a folder that was first read by a fast one."""
    happened: list[str] = field(default_factory=list)


@dataclass
class Stranger:
    """The required result of another incoming message: the task or alarm that a person must see, found by its name."""

    kind: str
    name: str
    """A piece of the name under which people see it."""
    holds: tuple[int, int] = (0, 0)
    """The number of submissions that wait for it, at least and at most."""


@dataclass
class Outcome:
    """The result of a month."""

    notices: int = 0
    incidents: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    twice: int = 0
    wrong: int = 0
    violations: list[str] = field(default_factory=list)


@dataclass
class Judge:
    """Of one office and its relay."""

    fates: dict[str, Fate] = field(default_factory=dict)
    """By contract number."""
    strangers: list[Stranger] = field(default_factory=list)
    alarms: Counter[str] = field(default_factory=Counter)
    """Alarms about no submission, by cause and place."""
    named_once: list[str] = field(default_factory=list)
    """Files that exactly one digest must name."""
    named_never: list[str] = field(default_factory=list)
    announced: dict[str, str] = field(default_factory=dict)
    """When a notice was announced that never came, by contract number."""

    def judge(self, office: MonthOffice, incidents: Counter[str]) -> Outcome:
        """Everything, once all faults have ended and the office has had time."""
        found = Outcome(len(self.fates), incidents)
        self._judge_mails(office, found)
        seen = _Seen(office)
        expected: set[int] = set()
        for number, fate in self.fates.items():
            expected |= self._judge_fate(number, fate, seen, found)
        for number, at in self.announced.items():
            expected |= self._judge_announced(number, at, seen, found)
        for stranger in self.strangers:
            expected |= self._judge_stranger(stranger, seen, found)
        for each in seen.submissions:
            if each.id not in expected:
                found.violations.append(f"nothing explains #{each.id} {each.state} {each.source.source_name}")
        self._judge_alarms(seen, found)
        self._judge_digests(office, found)
        if not office.store.verify().holds:
            found.violations.append("the log does not verify")
        return found

    # --- Mails ---------------------------------------------------------------------------------------------------

    def _judge_mails(self, office: MonthOffice, found: Outcome) -> None:
        known = {sha256(fate.form.pdf): number for number, fate in self.fates.items()}
        copies: Counter[str] = Counter()
        for taken in office.relay.taken:
            if not taken.envid:
                if not set(taken.to) <= {OFFICE, "buchou@contractor.example"} or taken.files:
                    found.wrong += 1
                    found.violations.append(f"a mail to people went to {taken.to} with {len(taken.files)} files")
                continue
            numbers = {known.get(sha256(each)) for each in taken.files}
            (number,) = numbers if len(numbers) == 1 else (None,)
            if number is None or len(taken.files) != 1:
                found.wrong += 1
                found.violations.append(f"a mail holds what is no genuine notice, or several: {taken.subject}")
                continue
            copies[number] += 1
            if set(taken.to) != recipients_of(number_of(self.fates[number].form)):
                found.wrong += 1
                found.violations.append(f"{number} went to {taken.to}")
        for number, fate in self.fates.items():
            least, most = fate.copies
            if copies[number] > most:
                found.twice += 1
                found.violations.append(f"{number} was sent {copies[number]} times: {fate.happened}")
            if copies[number] < least and not fate.may_doubt and not fate.may_wait:
                found.lost += 1
                found.violations.append(f"{number} was sent {copies[number]} times: {fate.happened}")

    # --- Notices -------------------------------------------------------------------------------------------------

    def _judge_fate(self, number: str, fate: Fate, seen: _Seen, found: Outcome) -> set[int]:
        ours = [each for each in seen.submissions if each.notice.pdf_sha256 == sha256(fate.form.pdf)]
        if len(ours) != 1:
            stand = [
                (each.id, each.state.value, each.source.source_name, [h.reason.value for h in each.reasons])
                for each in ours
            ]
            found.violations.append(f"{number} is {len(ours)} submissions: {stand} {fate.happened}")
            found.lost += not ours and fate.copies[0] == 0  # else no mail of it was found
            return {each.id for each in ours}
        (one,) = ours
        states, alarms, tasks = fate.states, Counter(fate.alarms), Counter(fate.tasks)
        if fate.may_doubt:
            states |= {State.IN_DOUBT}
            alarms[AlarmCause.IN_DOUBT] = len(seen.entries_of(one.id, "NoAnswer"))
        if fate.may_wait and [hold.reason for hold in one.reasons] == [Reason.FROM_BEFORE]:
            states |= {State.HELD}
            tasks[TaskKind.HELD] += 1
            alarms[AlarmCause.BEGAN_TO_WAIT] += 1
        tasks += _by_state(one)
        if one.state not in states:
            reasons = [hold.reason.value for hold in one.reasons]
            found.violations.append(f"{number} (#{one.id}) is {one.state} {reasons}: {fate.happened}")
        elif (seen.tasks[one.id], seen.alarms[one.id]) != (tasks, +alarms):
            found.violations.append(
                f"{number} (#{one.id}, {one.state}): tasks {dict(seen.tasks[one.id])} for {dict(tasks)}, "
                f"alarms {dict(seen.alarms[one.id])} for {dict(+alarms)}: {fate.happened}"
            )
        return {one.id}

    # --- What else came in ---------------------------------------------------------------------------------------

    def _judge_stranger(self, stranger: Stranger, seen: _Seen, found: Outcome) -> set[int]:
        named = [each for each in seen.submissions if stranger.name in each.source.source_name]
        least, most = stranger.holds
        if not least <= len(named) <= most:
            found.violations.append(f"{stranger.kind} {stranger.name}: {len(named)} submissions")
            found.lost += not named
        for each in named:
            self._judge_wait(f"{stranger.kind} {stranger.name}", TaskKind.HELD, each, seen, found)
        return {each.id for each in named}

    def _judge_announced(self, number: str, at: str, seen: _Seen, found: Outcome) -> set[int]:
        named = [each for each in seen.submissions if each.source.announced and number in each.source.announced.numbers]
        if [each.state for each in named] != [State.ANNOUNCED]:
            found.violations.append(f"announced at {at}, {number} is {[each.state.value for each in named]}")
        for each in named:
            self._judge_wait(f"announced at {at}, {number}", TaskKind.DOWNLOAD, each, seen, found)
        return {each.id for each in named}

    @staticmethod
    def _judge_wait(what: str, kind: TaskKind, each: Submission, seen: _Seen, found: Outcome) -> None:
        """One task, and one alarm that announced it."""
        tasks, alarms = seen.tasks[each.id], seen.alarms[each.id]
        if tasks != Counter({kind: 1}) or alarms != Counter({AlarmCause.BEGAN_TO_WAIT: 1}):
            found.violations.append(f"{what} (#{each.id}, {each.state}): tasks {dict(tasks)}, alarms {dict(alarms)}")

    def _judge_alarms(self, seen: _Seen, found: Outcome) -> None:
        if seen.others != self.alarms:
            more, less = seen.others - self.alarms, self.alarms - seen.others
            found.violations.append(f"alarms about no submission: too many {dict(more)}, missing {dict(less)}")
        if seen.untold:
            found.violations.append(f"alarms that no mail told: {seen.untold}")

    def _judge_digests(self, office: MonthOffice, found: Outcome) -> None:
        told = [each.text for each in office.relay.taken if not each.envid]
        for name in self.named_once:
            times = sum(name in text for text in told)
            if times != 1:
                found.violations.append(f"the file {name} is named by {times} mails")
        for name in self.named_never:
            if any(name in text for text in told):
                found.violations.append(f"the file {name} is named")


class _Seen:
    """The view that people have at the end, by submission."""

    def __init__(self, office: MonthOffice) -> None:
        self._office = office
        now = office.clock.now()
        self.submissions = [each for each in office.store.submissions() if each.id > 0]
        self.tasks: dict[int, Counter[TaskKind]] = {each.id: Counter() for each in self.submissions}
        for task in open_tasks(office.store, office.pipeline.active_config.configuration, now):
            if task.submission:
                self.tasks[task.submission][task.kind] += 1
        self.alarms: dict[int, Counter[AlarmCause]] = {each.id: Counter() for each in self.submissions}
        self._told_by: dict[tuple[int, AlarmCause], object] = {}
        self._newcomers: list[tuple[int, object]] = []
        """The alarm that others of the number continue is in the mail about the newcomer; otherwise it counts."""
        self.others: Counter[str] = Counter()
        self.untold: list[str] = []
        for row in _alarm_rows(office):
            self._take(row)
        for number, message_id in self._newcomers:
            is_beside = self._told_by.get((number, AlarmCause.BEGAN_TO_WAIT)) == message_id
            self.alarms[number][AlarmCause.UNPROVEN_NEWCOMER] += not is_beside
        self.alarms = {number: +causes for number, causes in self.alarms.items()}

    def _take(self, row: dict[str, object]) -> None:
        cause = str(row["cause"])
        kind = AlarmCause(cause.partition(":")[0])
        if not row.get("accepted_at"):
            self.untold.append(cause)
        if kind in REPEATED:
            return
        named = [int(each) for each in row.get("submissions") or []]  # type: ignore[attr-defined]  # a row as JSON
        about = _ABOUT.match(str(row.get("detail") or ""))
        if about and kind in {AlarmCause.NEWS, AlarmCause.CAME_BACK, AlarmCause.UNPROVEN_NEWCOMER}:
            named.append(int(about[1]))
        for number in named:
            if kind is AlarmCause.UNPROVEN_NEWCOMER:
                self._newcomers.append((number, row.get("message_id")))
                continue
            self._told_by[number, kind] = row.get("message_id")
            self.alarms[number][kind] += 1
        if not named:
            place = {AlarmCause.DEAF, AlarmCause.ACCOUNT_REFUSED, AlarmCause.PUT_OFF}
            self.others[cause if kind in place else kind.value] += 1

    def entries_of(self, number: int, *events: str) -> list[object]:
        return list(self._office.store.entries(number, events))


def _alarm_rows(office: MonthOffice) -> Iterator[dict[str, object]]:
    with contextlib.closing(sqlite3.connect(office.root / FILE_NAME)) as database:
        for (row,) in database.execute("select row from alarms order by id"):
            yield json.loads(row)


def _by_state(one: Submission) -> Counter[TaskKind]:
    """The one task that follows from the state of a notice."""
    match one.state:
        case State.OVERDUE:
            return Counter({TaskKind.CALL: 1})
        case state if state in ACCEPTED:
            return Counter({TaskKind.UNCONFIRMED: 1})
        case State.IN_DOUBT:
            return Counter({TaskKind.RESOLVE: 1})
        case State.BOUNCED | State.REFUSED:
            return Counter({TaskKind.CORRECT: 1})
        case _:
            return Counter()
