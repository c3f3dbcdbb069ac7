"""What is found of attempts that broke off, at a start and before each sending, and what is done about it.

Its one promise: what broke off in SENDING is tried again by itself, what broke off in IN_DOUBT never is. Only the
holder of the sender's lock may call it, and only between two mails: then no SENDING, and no IN_DOUBT whose answer may
still come, is anybody's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.core.model import ConfigFile, Sha256
from worker.core.states import NoteEvent, State
from worker.match.match import FIRST_START
from worker.send.outcomes import defer, end_rehearsal, note_no_reply
from worker.store.ports import Author, Store
from worker.watch.ports import NOT_LOOKED, InvoiceSnapshot

BROKE_OFF: Final = "the attempt broke off before its answer was recorded"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found."""

    put_back: tuple[int, ...]
    """Broke off before the body: APPROVED again, to be tried after the usual delay."""
    in_doubt: tuple[int, ...]
    """Broke off between the record of the body and its answer: waits for a report or a person."""
    rehearsals: tuple[int, ...]


def recover(
    store: Store, active_config: ActiveConfig, account: str, now: dt.datetime, invoices: InvoiceSnapshot = NOT_LOOKED
) -> Recovered:
    """Put back what certainly did not leave, and alarm about what perhaps did.

    Without ``invoices``, as at a start, a rehearsal that ended is held for its invoice until it is judged anew.
    """
    author = Author("hoshobin", account)
    detail = {"answer": BROKE_OFF, "answered_at": now.isoformat()}
    put_back, in_doubt, rehearsals = [], [], []
    for each in store.submissions(State.SENDING, State.IN_DOUBT):
        if each.silent and not each.is_rehearsal:
            continue  # a person has been told
        with store.writing() as writing:
            found = writing.submission(each.id)
            if found.state is State.SENDING:
                defer(writing, found, found.reply, author, detail, now)
                put_back.append(found.id)
            elif found.state is State.IN_DOUBT and found.is_rehearsal:
                end_rehearsal(writing, active_config, invoices, found, author, detail, now)
                rehearsals.append(found.id)
            elif found.state is State.IN_DOUBT and not found.silent:
                note_no_reply(writing, found, BROKE_OFF, author, detail)
                in_doubt.append(found.id)
    return Recovered(tuple(put_back), tuple(in_doubt), tuple(rehearsals))


def record_start(
    store: Store, files: Sequence[ConfigFile], version: str, account: str, active_config: Mapping[str, Sha256]
) -> None:
    """Record the program's start, also as the first one, and each configuration file that is not the one recorded."""
    author = Author("hoshobin", account)
    with store.writing() as writing:
        started = writing.note(NoteEvent.STARTED, None, author, {"version": version})
        if writing.property(FIRST_START) is None:  # a new store, or one of a program that did not record it
            first = next(store.entries(events=[NoteEvent.STARTED]), started)
            writing.set_property(FIRST_START, first.at.isoformat())
    record_configuration(store, files, account, active_config)


def record_configuration(
    store: Store, files: Sequence[ConfigFile], account: str, active_config: Mapping[str, Sha256]
) -> None:
    """Record each configuration file that changed, appeared or went: hash in the entry, content kept."""
    author = Author("hoshobin", account)
    changed = [each for each in files if active_config.get(each.name) != each.sha256]
    gone = sorted(set(active_config) - {each.name for each in files})
    if not changed and not gone:
        return
    with store.writing() as writing:
        for each in changed:
            writing.keep("configuration", each.content)
            writing.note(NoteEvent.CONFIGURATION_CHANGED, None, author, {"file": each.name, "sha256": each.sha256})
        for name in gone:
            writing.note(NoteEvent.CONFIGURATION_CHANGED, None, author, {"file": name, "sha256": ""})
