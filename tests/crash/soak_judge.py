"""The soak's judge: it compares the relay's own count of the mails taken with the database, read with plain SQL.

It is asked after every death and once at the end. Each broken promise becomes a sentence in ``violations``.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash.soak_relay import Progress, Taken, Talk

ACCEPTED = {"SENT", "DELAYED", "OVERDUE", "RELAYED", "DELIVERED"}
TOLD_WITHIN = dt.timedelta(minutes=1)
"""The promised limit for the alarm about mails in doubt, counted from the restart; here from the death."""


@dataclass
class Death:
    """The result of one death."""

    at: dt.datetime
    in_doubt: int | None = None
    """The submission that was inside the window: IN_DOUBT is recorded, and no answer."""
    is_taken: bool = False
    """True if the relay had taken that submission's mail."""


@dataclass
class Sums:
    """The totals of the soak."""

    notices: int
    lost: int = 0
    sent_twice: int = 0
    delivered: int = 0
    put_back: int = 0
    """Attempts that broke off outside the window, and went again by themselves."""
    by_report: int = 0
    by_person: int = 0
    unfinished: int = 0
    entries: int = 0
    slowest_alarm: float = 0.0


@dataclass
class Judge:
    """Of one database and one relay."""

    database: Path
    deaths: list[Death] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    _head: tuple[int, str] = (0, "")
    _ahead: tuple[dt.datetime, dt.timedelta] = (dt.datetime.max.replace(tzinfo=dt.UTC), dt.timedelta())

    # --- After a death ---------------------------------------------------------------------------------------

    def examine_death(self, broken: Talk | None, at: dt.datetime) -> Death:
        """Find the submission inside the window, and compare the relay's account of it with the log's."""
        death = Death(at)
        self.deaths.append(death)
        if not self.database.exists():
            return death
        found = self._in_window() - {each.in_doubt for each in self.deaths}
        if len(found) > 1:
            self.violations.append(f"several were in the window at once: {sorted(found)}")
        death.in_doubt = min(found, default=None)
        self._compare(death, broken)
        self._compare_head()
        return death

    def _in_window(self) -> set[int]:
        """IN_DOUBT without an entry about a lost answer: the program has not found it yet."""
        rows = self._rows("select id, row from submissions where state = 'IN_DOUBT'")
        return {number for number, row in rows if not json.loads(row).get("silent")}

    def _compare(self, death: Death, broken: Talk | None) -> None:
        """The relay's own knowledge of the connection that broke, against the log."""
        if broken is None:
            if death.in_doubt is not None:
                self.violations.append(f"{death.in_doubt} is in doubt, and the relay was at no mail of it")
            return
        identifier = broken.envid.rpartition(".")[0]
        ((number, state),) = self._rows("select id, state from submissions where message_id like ?", f"<{identifier}@%")
        death.is_taken = broken.progress is Progress.TAKEN
        if death.in_doubt not in {None, number}:
            self.violations.append(f"{death.in_doubt} is in doubt, and the relay was at {number}")
        elif death.in_doubt is None and death.is_taken and state not in ACCEPTED:
            self.violations.append(f"the relay took {number}, which is {state}: it would go a second time")

    def _compare_head(self) -> None:
        """The last entry seen before is still there: a death loses no recorded entry."""
        if self._head[0]:
            known = self._rows("select number, hash from entries where number = ?", self._head[0])
            if known != [self._head]:
                self.violations.append(f"entry {self._head[0]} was there before a death and is not afterwards")
        last = self._rows("select number, hash from entries order by number desc limit 1")
        self._head = next(iter(last), self._head)  # it may die before its first entry

    # --- While it runs ---------------------------------------------------------------------------------------

    @property
    def in_doubt(self) -> dict[int, Death]:
        """Every submission that a death caught inside the window."""
        return {each.in_doubt: each for each in self.deaths if each.in_doubt is not None}

    @property
    def never_arrived(self) -> set[int]:
        """Of these, those that the relay never took: no report will come."""
        return {number for number, death in self.in_doubt.items() if not death.is_taken}

    def last_due(self, submissions: int) -> dt.datetime | None:
        """When the last of what was put off is due; None while there is anything else to do for the worker."""
        now = dt.datetime.now(dt.UTC)
        found = [(state, due) for number, state, due in self._open() if number not in self.never_arrived]
        if self._count_submissions() != submissions or any(state != "APPROVED" for state, _ in found):
            return None
        moments = [dt.datetime.fromisoformat(due) for _, due in found]
        return max(moments, default=now) if all(moment > now for moment in moments) else None

    def is_at_rest(self, submissions: int, besides: Iterable[int] = ()) -> bool:
        """True if so many submissions are there, all but ``besides`` with their report, and every alarm was taken."""
        (alarms,) = self._rows("select count(*) from alarms where accepted_at is null")[0]
        is_all_there = self._count_submissions() == submissions
        return is_all_there and not alarms and {number for number, _, _ in self._open()} <= set(besides)

    def waits_for_people(self, submissions: int) -> bool:
        """True if so many submissions are there, and the service has nothing more to do about any."""
        return self._count_submissions() == submissions and {state for _, state, _ in self._open()} <= {"HELD"}

    def _count_submissions(self) -> int:
        (count,) = self._rows("select count(*) from submissions where id > 0")[0]
        return int(count)

    def _open(self) -> list[tuple[int, str, str]]:
        return self._rows("select id, state, due_at from submissions where state != 'DELIVERED' and id > 0")

    # --- At the end ------------------------------------------------------------------------------------------

    def sum_up(self, notices: dict[str, str], taken: tuple[Taken, ...]) -> Sums:
        """Everything, once nothing is left to be done; ``notices``: sha256 of each PDF by contract number."""
        sums = Sums(len(notices))
        rows = [json.loads(row) for (row,) in self._rows("select row from submissions where id > 0")]
        events = self._events()
        mails = [mail for mail in taken if mail.envid]
        self._count_mails(sums, notices, mails)
        self._count_ends(sums, notices, rows)
        doubted = self.in_doubt
        noted = Counter(number for number, story in events.items() for event, _ in story if event == "NoAnswer")
        if noted != Counter(list(doubted)):
            self.violations.append(f"noted as in doubt: {sorted(noted.elements())}, in the window: {sorted(doubted)}")
        copies = Counter(mail.message_id for mail in mails)
        for row in rows:
            self._judge_story(sums, row["id"], events[row["id"]], copies[row["draft"]["message_id"]])
        self._judge_alarms(sums, {mail.message_id for mail in taken if not mail.envid})
        sums.entries = self._head[0]
        return sums

    def _count_mails(self, sums: Sums, notices: dict[str, str], mails: list[Taken]) -> None:
        arrived = Counter(mail.pdf for mail in mails)
        sums.lost = sum(1 for pdf in notices.values() if not arrived[pdf])
        twice = Counter(mail.message_id for mail in mails) - Counter({mail.message_id for mail in mails})
        sums.sent_twice = max(twice.total(), (arrived - Counter(notices.values())).total())
        if sums.lost:
            self.violations.append(f"lost: {sums.lost}")
        if sums.sent_twice:
            self.violations.append(f"sent twice: {sums.sent_twice}: {sorted(twice)[:5]}")

    def _count_ends(self, sums: Sums, notices: dict[str, str], rows: list[dict[str, Any]]) -> None:
        if Counter(row["contract_number"] for row in rows) != Counter(list(notices)):
            self.violations.append(f"{len(rows)} submissions of {len(notices)} notices")
        ends = Counter(row["state"] for row in rows)
        sums.delivered = ends["DELIVERED"]
        sums.unfinished = len(rows) - sums.delivered
        if sums.unfinished:
            self.violations.append(f"not at their end: {dict(ends)}")

    def _judge_story(self, sums: Sums, number: int, story: list[tuple[str, str]], copies: int) -> None:
        names = [event for event, _ in story]
        sums.put_back += names.count("NotNow")
        people = [event for event, by in story if by != "hoshobin"]
        if number not in self.in_doubt:
            if people or "Held" in names:
                self.violations.append(f"{number} was not in the window, and needed a person: {names}")
        elif number in self.never_arrived:
            sums.by_person += 1
            if people != ["ConfirmedNotSent", "Approved"] or copies != 1:
                self.violations.append(f"{number} never arrived: {names}, {copies} copies")
        else:
            sums.by_report += 1
            is_resolved = "Delivered" in names[names.index("NoAnswer") :] if "NoAnswer" in names else False
            if not is_resolved or people or names.count("DataStarted") != 1 or copies != 1:
                self.violations.append(f"{number} arrived, in doubt: {names}, {copies} copies")

    def _judge_alarms(self, sums: Sums, told: set[str]) -> None:
        alarms = [json.loads(row) for (row,) in self._rows("select row from alarms where cause = 'in_doubt'")]
        by_number = {number: alarm for alarm in alarms for number in alarm["submissions"]}
        for number, death in self.in_doubt.items():
            alarm = by_number.get(number)
            if alarm is None or alarm["message_id"] not in told:
                self.violations.append(f"nobody was told that {number} is in doubt")
                continue
            after = self._by_our_clock(dt.datetime.fromisoformat(alarm["created_at"])) - death.at
            sums.slowest_alarm = max(sums.slowest_alarm, after.total_seconds())
            if after > TOLD_WITHIN:
                self.violations.append(f"the alarm about {number} came {after} after the death")

    def clock_goes_ahead(self, now: dt.datetime, by: dt.timedelta) -> None:
        """From ``now`` on the service's clock shows so much more than ours."""
        self._ahead = (now + by, by)

    def _by_our_clock(self, moment: dt.datetime) -> dt.datetime:
        first, by = self._ahead
        return moment - by if moment >= first else moment

    def _events(self) -> dict[int, list[tuple[str, str]]]:
        found: dict[int, list[tuple[str, str]]] = {}
        query = 'select submission, event, "by" from entries where submission is not null order by number'
        for number, event, by in self._rows(query):
            found.setdefault(number, []).append((event, by))
        return found

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(self.database, timeout=30)) as database:
            return database.execute(sql, values).fetchall()
