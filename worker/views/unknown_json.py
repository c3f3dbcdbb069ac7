"""The JSON of a store that lacks records: the signs, the witness, the mails without a record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from worker.core.signs import Sign
from worker.store.ports import Witness
from worker.views.submission_json import time_json


@dataclass(frozen=True, slots=True)
class UnknownMail:
    """A mail that the store did not write, or that it has no record of; or one about such a mail."""

    at: dt.datetime
    """The time at which it was scanned."""
    date: str
    """As the mail itself states it."""
    sender: str
    subject: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The data that a person who resumes must know."""

    signs: tuple[Sign, ...]
    own_entries: int
    witness: Witness | None
    mails: tuple[UnknownMail, ...]


def unknown_json(unknown: Unknown) -> dict[str, Any]:
    """The fields of ``resume --json``."""
    witness = unknown.witness
    return {
        "signs": list(unknown.signs),
        "own_entries": unknown.own_entries,
        "witness_entries": witness.number if witness else None,
        "witness_store": witness.store if witness else None,
        "unknown_mails": [
            {
                "at": time_json(each.at),
                "date": each.date,
                "sender": each.sender,
                "subject": each.subject,
                "message_id": each.message_id,
            }
            for each in unknown.mails
        ],
    }
