"""remind: silence that is too long, deadlines, the morning's digest, tasks that are left alone.

Each is recorded once with its alarm, also across restarts. A look costs as much as the office is large: it is made when
something was recorded, at most once a minute, and when the next moment has come.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.config.load import Configuration
from worker.core.accounts import japanese_day
from worker.core.alarms import deadline_cause
from worker.core.clock import Clock
from worker.core.model import JST, Submission
from worker.core.states import Event, NoteEvent, State
from worker.notify.digest import (
    digest_cause,
    digest_moment,
    escalates_at,
    escalation_cause,
    next_digest_moment,
    next_sent_list_moment,
    sent_list_cause,
    sent_list_moment,
)
from worker.notify.readers import has_sent_list_readers
from worker.store.ports import Author, Store
from worker.track.overdue import (
    PRESSED,
    count_reminders,
    next_reminder,
    overdue_from,
    reminder_cause,
    request_cause,
    unanswered_from,
    warn_from,
)
from worker.views.tasks import Task, open_tasks

LOOK_GAP: Final = dt.timedelta(minutes=1)
"""Time between two looks: everything here is counted in hours."""


class Reminders:
    """Looks at the clock on behalf of everything that is open."""

    def __init__(self, store: Store, clock: Clock, author: Author) -> None:
        self._store = store
        self._clock = clock
        self._author = author
        self._looked_at: dt.datetime | None = None
        self._head = (0, "")
        self._next: dt.datetime | None = None

    def forget(self) -> None:
        """Another configuration may bring other moments: look at the next occasion."""
        self._looked_at = None

    def remind(self, active_config: ActiveConfig) -> int:
        """Record what the time has come for; how many submissions began to wait for a person. Raises Unavailable."""
        now = self._clock.now()
        if not self._is_due(now):
            return 0
        configuration = active_config.configuration
        moments = [self._raise_digest(configuration, now), self._raise_sent_list(configuration, now)]
        overdue, next_silence = self._end_silences(configuration, now)
        moments.append(self._remind_of_announced(configuration, now))
        moments.append(self._tell_of_requests(configuration, now))
        moments += [next_silence, self._warn_of_deadlines(configuration, now), self._escalate(configuration, now)]
        self._looked_at = now
        self._head = self._store.head()
        self._next = min((each for each in moments if each is not None), default=None)
        return overdue

    def _is_due(self, now: dt.datetime) -> bool:
        if self._looked_at is None or now < self._looked_at:
            return True
        if self._next is not None and now >= self._next:
            return True
        return now >= self._looked_at + LOOK_GAP and self._store.head() != self._head

    # --- Each thing that time brings; each gives the next moment at which it may bring more ------------------

    def _end_silences(self, configuration: Configuration, now: dt.datetime) -> tuple[int, dt.datetime | None]:
        """OVERDUE if no news came for too long; a call is then a task."""
        overdue = 0
        later: list[dt.datetime] = []
        for each in self._store.walk_awaiting_news():
            moment = overdue_from(each, configuration.settings)
            if moment is None:
                continue
            if moment > now:
                later.append(moment)
                continue
            overdue += self._end_silence(each, configuration, moment)
        return overdue, min(later, default=None)

    def _end_silence(self, silent: Submission, configuration: Configuration, since: dt.datetime) -> int:
        hours = configuration.settings.overdue_hours
        with self._store.writing() as writing:
            before = writing.submission(silent.id)
            if before.version != silent.version:
                return 0  # news came a moment ago: the next look counts from it
            after = dataclasses.replace(before, state=State.OVERDUE)
            detail = {"open_hours": hours, "since": since.isoformat()}
            writing.change(Event.OVERDUE, before, after, self._author, detail)
            return 1

    def _warn_of_deadlines(self, configuration: Configuration, now: dt.datetime) -> dt.datetime | None:
        later: list[dt.datetime] = []
        for each in self._store.walk_submissions(*PRESSED):
            moment = warn_from(each, configuration.settings.hours)
            if moment is not None and moment > now:
                later.append(moment)
            elif moment is not None and self._store.last_alarm(deadline_cause(each)) is None:
                with self._store.writing() as writing:
                    day = str(each.follow_ups.duties.deadline)
                    writing.note(
                        NoteEvent.DEADLINE_NEAR,
                        each.id,
                        self._author,
                        {"deadline": day, "phone": each.destination.section_phone},
                    )
                    writing.raise_alarm(deadline_cause(each), [each.id])
        return min(later, default=None)

    def _remind_of_announced(self, configuration: Configuration, now: dt.datetime) -> dt.datetime | None:
        """A notice was announced and is not here: once after each period, in open hours, up to a limit."""
        period, hours = configuration.settings.announced_hours, configuration.settings.hours
        later: list[dt.datetime] = []
        for each in self._store.walk_submissions(State.ANNOUNCED):
            opened = each.created_at or now
            count = count_reminders(opened, period, hours, now)
            if count and self._store.last_alarm(reminder_cause(each.id, count)) is None:
                with self._store.writing() as writing:
                    writing.note(NoteEvent.NOTICE_AWAITED, each.id, self._author, {"open_hours": count * period})
                    writing.raise_alarm(reminder_cause(each.id, count), [each.id])
            if (moment := next_reminder(opened, period, hours, now)) is not None:
                later.append(moment)
        return min(later, default=None)

    def _tell_of_requests(self, configuration: Configuration, now: dt.datetime) -> dt.datetime | None:
        """A request for an approval has no answer: once for each request, if there is an address to tell it to."""
        later: list[dt.datetime] = []
        settings = configuration.settings
        if not settings.escalate and not settings.notify and not any(each.mail for each in self._store.accounts()):
            return None
        for each in self._store.walk_submissions(State.HELD):
            moment = unanswered_from(each, settings.hours)
            if moment is not None and moment > now:
                later.append(moment)
            elif moment is not None and self._store.last_alarm(request_cause(each)) is None:
                with self._store.writing() as writing:
                    writing.raise_alarm(request_cause(each), [each.id])
        return min(later, default=None)

    def _raise_digest(self, configuration: Configuration, now: dt.datetime) -> dt.datetime | None:
        """The digest of today, once its moment has come; an office that began later has its first one the next day."""
        settings = configuration.settings
        if not settings.notify:
            return None
        moment = digest_moment(settings.hours, now)
        cause = digest_cause(now.astimezone(JST).date())
        is_due = moment is not None and moment <= now and self._store.last_alarm(cause) is None
        if is_due and moment is not None and self._began_before(moment):
            with self._store.writing() as writing:
                writing.raise_alarm(cause, [])
        return next_digest_moment(settings.hours, now)

    def _raise_sent_list(self, configuration: Configuration, now: dt.datetime) -> dt.datetime | None:
        """The list of what was sent today, once its time has come."""
        settings = configuration.settings
        if settings.sent_digest is None:
            return None
        moment = sent_list_moment(settings.hours, settings.sent_digest, now)
        cause = sent_list_cause(now.astimezone(JST).date())
        is_due = moment is not None and moment <= now and self._store.last_alarm(cause) is None
        if is_due and moment is not None and self._began_before(moment):
            with self._store.writing() as writing:
                if has_sent_list_readers(settings, writing.accounts(), japanese_day(now)):
                    writing.raise_alarm(cause, [])
        return next_sent_list_moment(settings.sent_digest, now)

    def _began_before(self, moment: dt.datetime) -> bool:
        first = next(self._store.entries(), None)
        return first is not None and first.at < moment

    def _escalate(self, configuration: Configuration, now: dt.datetime) -> dt.datetime | None:
        settings = configuration.settings
        if not settings.escalate:
            return None
        later: list[dt.datetime] = []
        for task in open_tasks(self._store, configuration, now):
            submission = self._store.submission(task.submission) if task.submission else None
            moment = escalates_at(task, submission, settings.hours)
            if moment is not None and moment > now:
                later.append(moment)
            elif moment is not None:
                self._raise_escalation(task, moment)
        return min(later, default=None)

    def _raise_escalation(self, task: Task, moment: dt.datetime) -> None:
        """Once for as long as no person touches it: ``moment`` moves with every touch."""
        told = self._store.last_alarm(escalation_cause(task))
        if told is None or told.detail != moment.isoformat():
            with self._store.writing() as writing:
                writing.raise_alarm(escalation_cause(task), [], moment.isoformat())
