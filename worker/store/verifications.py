"""What the store keeps of the last verification of its log by a person, and of the heads that it looked for.

A head is the hash of one entry. If it was noted outside and is still in the log, all entries up to it are unchanged.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from worker.core.json_values import read_json, write_json

LOG_CHECKED: Final = "log_checked"
"""Name of the store's value with the last verification that a person ran (``Verification``)."""
HEADS_KEPT: Final = 20
"""Heads that people noted and entered, the newest."""


class NotedIn(StrEnum):
    """The place in which a head was noted (``noted_in_…`` in the messages)."""

    FILE = "file"
    """``DIR/head``, beside the database."""
    BACKUP = "backup"
    """The manifest of a backup."""
    PERSON = "person"
    """A mail or a paper: a person entered it."""


@dataclass(frozen=True, slots=True)
class NotedHead:
    """One head, and the result of the last search for it."""

    head: str
    noted_in: NotedIn
    noted_at: dt.datetime | None
    """When it was noted, by a person when it was first entered; None if that is not known."""
    number: int = 0
    """The number of its entry; 0 if it is not known."""
    by: str = ""
    """The person who entered it."""
    checked_at: dt.datetime | None = None
    is_found: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """The last verification by a person."""

    at: dt.datetime
    by: str
    count: int
    """Entries of the log."""
    head: str
    fault_count: int
    faults: tuple[tuple[str, str], ...]
    """The first faults: code and place."""
    heads: tuple[NotedHead, ...]
    """Every head that was looked for, and those that people entered before."""

    @property
    def lost(self) -> tuple[str, ...]:
        """The heads that the person entered and that are not in the log: a slip, or another store's, or a loss."""
        entered = (each for each in self.heads if each.noted_in is NotedIn.PERSON and each.checked_at == self.at)
        own = {each.head for each in self.heads if each.noted_in is not NotedIn.PERSON}
        return tuple(each.head for each in entered if not each.is_found and each.head not in own)

    @property
    def own_faults(self) -> int:
        """The faults of the log itself."""
        return self.fault_count - len(self.lost)

    def text(self) -> str:
        """Returns the text that the store keeps."""
        return write_json(self)


def read_verification(text: str | None) -> Verification | None:
    """Returns the verification that the store keeps; None if none was kept, or if it cannot be read."""
    return read_json(Verification, text)


def join_heads(
    own: Iterable[NotedHead], entered: Iterable[str], before: Verification | None, by: str, now: dt.datetime
) -> tuple[NotedHead, ...]:
    """Returns the heads to look for: those that the program noted, those entered now, and those entered before.

    A head that was entered twice keeps the first time and person.
    """
    known = {each.head: each for each in (before.heads if before else ()) if each.noted_in is NotedIn.PERSON}
    of_people = {each: known.get(each, NotedHead(each, NotedIn.PERSON, now, by=by)) for each in entered}
    of_people |= {head: each for head, each in known.items() if head not in of_people}
    return (*own, *list(of_people.values())[:HEADS_KEPT])


def judge_heads(
    heads: Iterable[NotedHead], missing: Iterable[str], now: dt.datetime, looked_for: Iterable[str]
) -> tuple[NotedHead, ...]:
    """Returns ``heads``, those ``looked_for`` with the result: they are in the log unless they are ``missing``."""
    lost, sought = frozenset(missing), frozenset(looked_for)
    return tuple(
        replace(each, checked_at=now, is_found=each.head not in lost) if each.head in sought else each for each in heads
    )
