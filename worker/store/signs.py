"""Finds the signs that the store is an old copy, or that another installation sends.

The service and all commands find the same signs, and finding them changes nothing. A sign that came by mail was
recorded when the mailbox was read.
"""

from __future__ import annotations

from collections.abc import Iterator

from worker.core.errors import LogBroken
from worker.core.signs import Sign
from worker.store.ports import FOREIGN_MAIL, IDENTITY, MACHINE, RESTORED_AT, Store


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
