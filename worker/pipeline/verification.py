"""The verification of the whole log by a person, with every head that was noted."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from worker.core.errors import HoshobinError, LogBroken
from worker.core.states import NoteEvent
from worker.store.ports import LOG_VERIFIED, Store
from worker.store.verifications import (
    LOG_CHECKED,
    NotedHead,
    NotedIn,
    Verification,
    join_heads,
    judge_heads,
    read_verification,
)

if TYPE_CHECKING:
    from worker.audit.verify import LogVerdict  # its parser costs `log`, which verifies nothing, its start

BACKUPS_NAMED: Final = 5
"""The newest backups whose heads are looked for: the log only grows, so the newest one covers the older."""
_FAULTS_KEPT: Final = 20


def note_verified(store: Store, now: dt.datetime, *, holds: bool) -> None:
    """Notes the result of a verification of the log. A store that cannot be written keeps the one before."""
    with contextlib.suppress(HoshobinError), store.writing() as writing:
        writing.set_property(LOG_VERIFIED, _result(now, holds=holds))


def _result(now: dt.datetime, *, holds: bool) -> str:
    return f"{now.isoformat()} {'holds' if holds else 'broken'}"


def own_heads(store: Store) -> tuple[NotedHead, ...]:
    """Returns the heads that the program noted: in ``DIR/head``, and with the newest backups."""
    return tuple(_own_heads(store))


def _own_heads(store: Store) -> Iterator[NotedHead]:
    with contextlib.suppress(LogBroken):  # a file that is unreadable stops the sending, and every page says so
        number, head = store.marked_head() or (0, "")
        if number:
            entry = next(store.entries(after=number - 1), None)
            yield NotedHead(head, NotedIn.FILE, entry.at if entry and entry.number == number else None, number)
    for entry in store.last_entries([NoteEvent.BACKED_UP], BACKUPS_NAMED):
        if head := str(entry.detail.get("head", "")):
            yield NotedHead(head, NotedIn.BACKUP, entry.at, int(entry.detail.get("entries", 0)))


def noted_heads(store: Store) -> tuple[NotedHead, ...]:
    """Returns every noted head with the result of the last search for it, the newest of each kind first."""
    kept = read_verification(store.property(LOG_CHECKED))
    searched = {(each.head, each.noted_in): each for each in (kept.heads if kept else ())}
    own = tuple(searched.get((each.head, each.noted_in), each) for each in own_heads(store))
    return (*own, *(each for each in searched.values() if each.noted_in is NotedIn.PERSON))


@dataclass(frozen=True, slots=True)
class Checked:
    """A verification that was run."""

    verdict: LogVerdict
    result: Verification
    """The form in which the store keeps it."""
    is_kept: bool
    """False if the store could not be written: it still has the result before."""


def verify_noted(
    store: Store, entered: Sequence[str], by: str, now: dt.datetime, told: Callable[[int], object] | None = None
) -> Checked:
    """Verifies the log, looks for the heads that the program noted and for those ``entered``, and keeps the result.

    ``told`` is called with each entry. A head that was entered may be another store's: without it the log still counts
    as intact. A store that cannot be written keeps the result before. Raises LogBroken, Unavailable.
    """
    before = read_verification(store.property(LOG_CHECKED))
    own = own_heads(store)
    sought = (*(each.head for each in own), *entered)
    verdict = store.verify(sought, told)
    heads = judge_heads(join_heads(own, entered, before, by, now), verdict.missing, now, sought)
    faults = tuple((each.code, each.where) for each in verdict.faults[:_FAULTS_KEPT])
    kept = Verification(now, by, verdict.count, verdict.head, verdict.fault_count, faults, heads)
    try:
        with store.writing() as writing:
            writing.set_property(LOG_VERIFIED, _result(now, holds=kept.own_faults == 0))
            writing.set_property(LOG_CHECKED, kept.text())
    except HoshobinError:
        return Checked(verdict, kept, is_kept=False)
    return Checked(verdict, kept, is_kept=True)


def last_check(store: Store) -> Verification | None:
    """Returns the last verification by a person; None if there was none."""
    return read_verification(store.property(LOG_CHECKED))
