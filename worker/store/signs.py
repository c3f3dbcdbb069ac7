"""Decides which signs there are that the store is an old copy, or that another installation sends.

Its one promise: what a look finds does not depend on who looks, and a look changes nothing. It does not know how the
sending is stopped; what a mail tells was noted by the look at the mailbox that found it.
"""

from __future__ import annotations

from collections.abc import Iterator

from worker.core.errors import LogBroken
from worker.core.signs import Sign
from worker.store.ports import FOREIGN_MAIL, IDENTITY, MACHINE, RESTORED_AT, Store


def find_signs(store: Store) -> tuple[Sign, ...]:
    """Each sign that stands now, the gravest first; empty: nothing keeps the store from sending. Raises Unavailable."""
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
