"""Records when each mailbox, the folder and the mail server was reached, how it failed, and which files are not read.

A refused account raises one alarm for as long as it stays refused, also across restarts.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from worker.core.alarms import cause_about
from worker.core.errors import AccountRefused, Unavailable
from worker.core.model import HealthRecord, UnreadReason
from worker.core.states import AlarmCause
from worker.read.ports import BROKEN_SANDBOX
from worker.store.ports import Store, Writing
from worker.views.unread_files import EMPTY, PROPERTY, UnreadIn, gather_unread, mark_reported, read_unread, spell_unread

FRESH: Final = dt.timedelta(minutes=5)
"""Age up to which the recorded success of the mail server stays while mails go out: each needs no record of its own."""


class Health:
    """Keeps ``looks`` true; mailboxes and folder record their success with what they found."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def reached(self, name: str, now: dt.datetime) -> None:
        """Record that ``name`` answered, if that is news."""
        if self._is_news(name, now):
            with self._store.writing() as writing:
                self.note_reached(writing, name, now)

    def note_reached(self, writing: Writing, name: str, now: dt.datetime) -> None:
        """As ``reached``, in an open transaction."""
        if self._is_news(name, now):
            known = self._store.look(name) or HealthRecord(name)
            writing.record_look(dataclasses.replace(known, last_ok=now, error="", told=()))

    def _is_news(self, name: str, now: dt.datetime) -> bool:
        known = self._store.look(name)
        if known is None or known.last_ok is None or known.error or known.told:
            return True
        return abs(now - known.last_ok) > FRESH

    def failed(self, name: str, failure: Unavailable, now: dt.datetime) -> bool:
        """Record that ``name`` was not reached; whether that raised an alarm."""
        with self._store.writing() as writing:
            if isinstance(failure, AccountRefused):
                return self.refused(writing, name, failure.detail, now)
            known = _failing(self._store.look(name) or HealthRecord(name), now)
            writing.record_look(dataclasses.replace(known, last_error=now, error=str(failure)))
            return _tell_broken_sandbox(writing, failure)

    def tell_unread(self, failure: Unavailable) -> None:
        """Tell a person if ``failure`` is a sandbox in which nothing can be read."""
        with self._store.writing() as writing:
            _tell_broken_sandbox(writing, failure)

    def refused(self, writing: Writing, name: str, answer: str, now: dt.datetime) -> bool:
        """Record that our account was refused, and tell a person unless that is told already."""
        known = _failing(self._store.look(name) or HealthRecord(name), now)
        is_told = AlarmCause.ACCOUNT_REFUSED.value in known.told
        told = known.told if is_told else (*known.told, AlarmCause.ACCOUNT_REFUSED.value)
        writing.record_look(dataclasses.replace(known, last_error=now, error=answer, told=told))
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


class UnreadFiles:
    """The store's value about them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def recorded(self) -> dict[str, UnreadIn]:
        """By place."""
        return read_unread(self._store.property(PROPERTY))

    def note(self, place: str, found: Iterable[tuple[str, UnreadReason]]) -> None:
        """Record what a look at ``place`` found, if that is news. Raises Unavailable."""
        pairs = tuple(found)
        if not pairs and self._store.property(PROPERTY) in {None, EMPTY}:
            return
        former = self.recorded()
        fresh = {**former, place: gather_unread(pairs, former.get(place))}
        if spell_unread(fresh) != spell_unread(former):
            with self._store.writing() as writing:
                _change(writing, lambda before: {**before, place: gather_unread(pairs, before.get(place))})

    def told(self, told: Mapping[str, UnreadIn]) -> None:
        """Record that a digest has named these. Raises Unavailable."""
        if not told:
            return

        def marked(before: dict[str, UnreadIn]) -> dict[str, UnreadIn]:
            return {
                place: mark_reported(each, told[place].files) if place in told else each
                for place, each in before.items()
            }

        with self._store.writing() as writing:
            _change(writing, marked)


def _change(writing: Writing, change: Callable[[dict[str, UnreadIn]], dict[str, UnreadIn]]) -> None:
    writing.set_property(PROPERTY, spell_unread(change(read_unread(writing.property(PROPERTY)))))
