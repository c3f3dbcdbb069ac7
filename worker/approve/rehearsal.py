"""Rehearsal is a decision of a person: it begins by a setting or a person, and ends by a person alone.

``rehearsal_to`` of the configuration is the address of rehearsals. The store's property says if mail goes there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from worker.core.errors import NotAllowed
from worker.core.model import Address
from worker.core.states import NoteEvent
from worker.store.ports import REHEARSAL, Author, Store, Writing
from worker.store.signs import rehearsing_to

_ON: Final = "on"
_OFF: Final = "off"


def start_rehearsals(store: Store, setting: Address | None, own: Address, author: Author) -> Address:
    """Begins the rehearsal: all mail goes to ``setting``, or to ``own``, until a person ends it. Returns the address.

    Raises NotAllowed if it has begun.
    """
    with store.writing() as writing:
        if rehearsing_to(writing, setting) is not None:
            raise NotAllowed("rehearsing_before")
        return _record_on(writing, setting or own, author)


def stop_rehearsals(store: Store, setting: Address | None, author: Author) -> None:
    """Ends the rehearsal: mail that a person approves goes to the issuers. Raises NotAllowed if there is none."""
    with store.writing() as writing:
        if rehearsing_to(writing, setting) is None:
            raise NotAllowed("live_before")
        writing.set_property(REHEARSAL, f"{_OFF} {setting or ''}".strip())
        writing.note(NoteEvent.REHEARSAL_OFF, None, author, {})


def record_setting(store: Store, setting: Address | None, author: Author) -> None:
    """Records what the configuration in force makes of the rehearsal.

    A new address, or one that differs from that of the last decision, begins it. A removed one ends nothing. A store
    without a decision takes that of its configuration.
    """
    decided = store.property(REHEARSAL)
    to = rehearsing_to(store, setting)
    if decided == _value_of(to, setting):
        return
    with store.writing() as writing:
        if to is None and decided is None:
            writing.set_property(REHEARSAL, _OFF)
        elif to is not None:
            _record_on(writing, to, author)


def _value_of(to: Address | None, setting: Address | None) -> str:
    return f"{_OFF} {setting or ''}".strip() if to is None else f"{_ON} {to}"


def _record_on(writing: Writing, to: Address, author: Author) -> Address:
    detail: Mapping[str, Any] = {"to": to}
    writing.set_property(REHEARSAL, f"{_ON} {to}")
    writing.note(NoteEvent.REHEARSAL_ON, None, author, detail)
    return to
