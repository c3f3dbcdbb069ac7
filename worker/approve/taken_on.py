"""Work that a person has taken on: it is shown with the name, and changes no state.

It ends when another takes it, when the person leaves it, and by itself after a working day without an act.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from worker.core.accounts import TakenWork
from worker.core.business_hours import OfficeHours
from worker.core.clock import is_over
from worker.core.errors import NotAllowed
from worker.core.states import NoteEvent
from worker.core.text import match_key
from worker.store.ports import Author, Store


def take_on(store: Store, about: str, hours: OfficeHours, author: Author, now: dt.datetime) -> TakenWork:
    """Records that a person has taken this work on, in place of another person. Work that is over is removed."""
    current = taken_now(store, hours, now)
    with store.writing() as writing:
        for each in writing.taken_on():
            if each.about not in current:
                writing.drop_taken_on(each.about)
        taken = TakenWork(about, author.by, now)
        writing.put_taken_on(taken)
        return taken


def leave_work(store: Store, about: str, author: Author) -> None:
    """Ends it. Raises NotAllowed ``taken_by_another``; what no one has taken on stays so."""
    with store.writing() as writing:
        held = next((each for each in writing.taken_on() if each.about == about), None)
        if held is None:
            return
        if match_key(held.by) != match_key(author.by):
            raise NotAllowed("taken_by_another", name=held.by)
        writing.drop_taken_on(about)


def taken_now(store: Store, hours: OfficeHours, now: dt.datetime) -> Mapping[str, TakenWork]:
    """Returns the work that is taken on at this moment, by what it is about."""
    return {each.about: each for each in store.taken_on() if is_still_taken(each, _last_act(store, each), hours, now)}


def is_still_taken(taken: TakenWork, last_act: dt.datetime, hours: OfficeHours, now: dt.datetime) -> bool:
    """Returns whether less than a working day has passed since the person took it on or last acted on it."""
    since = max(taken.at, last_act)
    return not is_over(since, hours.or_usual().a_working_day_after(since), now)


def _last_act(store: Store, taken: TakenWork) -> dt.datetime:
    """Returns the last entry of the person about the submission; having looked at it is no act."""
    if not taken.about.isdecimal():
        return taken.at
    acts = (
        each.at
        for each in store.entries(int(taken.about))
        if each.event != NoteEvent.VIEWED and match_key(each.by) == match_key(taken.by)
    )
    return max(acts, default=taken.at)
