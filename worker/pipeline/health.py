"""Records when the mail server was reached, and how it, a mailbox or the folder failed.

A refused account raises one alarm for as long as it stays refused, also across restarts.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from worker.core.alarms import cause_about
from worker.core.errors import AccountRefused, Unavailable
from worker.core.model import HealthRecord
from worker.core.states import AlarmCause, State
from worker.read.ports import BROKEN_SANDBOX
from worker.store.ports import Store, Writing


class Health:
    """Keeps ``looks`` true; mailboxes and folder record their success with what they found."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reached(self, name: str, now: dt.datetime) -> None:
        """Record that ``name`` answered, if that is news."""
        if self._reached(name, now) is not None:
            with self._store.writing() as writing:
                self.note_reached(writing, name, now)

    def note_reached(self, writing: Writing, name: str, now: dt.datetime) -> None:
        """As ``reached``, in an open transaction."""
        if (fresh := self._reached(name, now)) is not None:
            writing.record_health(fresh)

    def answered(self, now: dt.datetime) -> None:
        """Record that the mail server took a mail that is no submission, or answered one."""
        with self._store.writing() as writing:
            self.note_answered(writing, now)

    def note_answered(self, writing: Writing, now: dt.datetime) -> None:
        """As ``answered``, in an open transaction.

        A refusal stays while a submission waits because of it: a server that blocks an account may still take its
        mail to its own addresses.
        """
        look = self._store.health_of("smtp")
        if look is not None and look.error:
            waiting = self._store.submissions(State.APPROVED)
            if any(each.delivery.reply == look.error for each in waiting):
                return
        self.note_reached(writing, "smtp", now)

    def _reached(self, name: str, now: dt.datetime) -> HealthRecord | None:
        return (self._store.health_of(name) or HealthRecord(name)).reached_at(now)

    def failed(self, name: str, failure: Unavailable, now: dt.datetime) -> bool:
        """Record that ``name`` was not reached; whether that raised an alarm."""
        with self._store.writing() as writing:
            if isinstance(failure, AccountRefused):
                return self.refused(writing, name, failure.detail, now)
            known = _failing(self._store.health_of(name) or HealthRecord(name), now)
            writing.record_health(dataclasses.replace(known, last_error=now, error=str(failure)))
            return _tell_broken_sandbox(writing, failure)

    def tell_unread(self, failure: Unavailable) -> None:
        """Tell a person if ``failure`` is a sandbox in which nothing can be read."""
        with self._store.writing() as writing:
            _tell_broken_sandbox(writing, failure)

    def refused(self, writing: Writing, name: str, answer: str, now: dt.datetime) -> bool:
        """Record that our account was refused, and tell a person unless that is told already."""
        known = _failing(self._store.health_of(name) or HealthRecord(name), now)
        is_told = AlarmCause.ACCOUNT_REFUSED.value in known.told
        told = known.told if is_told else (*known.told, AlarmCause.ACCOUNT_REFUSED.value)
        writing.record_health(dataclasses.replace(known, last_error=now, error=answer, told=told))
        if not is_told:
            writing.raise_alarm(cause_about(AlarmCause.ACCOUNT_REFUSED, name), [], answer)
        return not is_told


def _tell_broken_sandbox(writing: Writing, failure: Unavailable) -> bool:
    """At once, and again each hour for as long as it lasts: no notice is read."""
    if failure.what != BROKEN_SANDBOX:
        return False
    writing.raise_alarm(AlarmCause.PDF_SANDBOX, [], failure.detail)
    return True


def _failing(known: HealthRecord, now: dt.datetime) -> HealthRecord:
    """``known`` with the moment since which it fails: now, if the clock was set back behind the recorded one."""
    since = known.failing_since if known.error else None
    return dataclasses.replace(known, failing_since=now if since is None else min(since, now))
