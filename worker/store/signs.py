"""Reads what the store's properties say of sending: signs that it is an old copy, and the rehearsal in force.

The service and all commands find the same, and finding it changes nothing. A sign that came by mail was recorded when
the mailbox was read.
"""

from __future__ import annotations

from collections.abc import Iterator

from worker.core.errors import LogBroken
from worker.core.model import Address
from worker.core.signs import Sign
from worker.store.ports import FOREIGN_MAIL, IDENTITY, MACHINE, REHEARSAL, RESTORED_AT, Reading, Store


def find_signs(store: Store) -> tuple[Sign, ...]:
    """The present signs, the gravest first; without any, the store may send. Raises Unavailable."""
    return tuple(dict.fromkeys(_find(store)))


def _find(store: Store) -> Iterator[Sign]:
    try:
        noted = store.marked_head()
    except LogBroken:
        yield Sign.HEAD_UNREADABLE
    else:
        if noted is not None and not store.holds_head(*noted):
            yield Sign.BEHIND_HEAD
    if store.is_other_secret_noted():
        yield Sign.OTHER_SECRET
    if store.property(RESTORED_AT):
        yield Sign.RESTORED
    yield from _told_by_witness(store)
    yield from map(Sign, (store.property(FOREIGN_MAIL) or "").split())


def _told_by_witness(store: Store) -> Iterator[Sign]:
    try:
        witness = store.witness()
    except LogBroken:
        yield Sign.OTHER_WITNESS
        return
    if witness is None:
        home = store.property(MACHINE)
        if home and store.machine and home != store.machine:
            yield Sign.OTHER_MACHINE
    elif witness.identity != store.property(IDENTITY):
        yield Sign.OTHER_WITNESS
    elif not store.holds_head(witness.number, witness.hash):
        yield Sign.BEHIND_WITNESS


def rehearsing_to(reading: Reading, setting: Address | None) -> Address | None:
    """Returns the address to which all mail goes; None if it goes to the issuers.

    ``setting`` is ``rehearsal_to``. An address that is new since a person ended the rehearsal begins it again; a
    removed one ends nothing. Without a decision the setting alone counts.
    """
    decided = reading.property(REHEARSAL)
    if decided is None:
        return setting
    word, _, former = decided.partition(" ")
    if word == "on":
        return setting or Address(former)
    return setting if setting is not None and setting != former else None
