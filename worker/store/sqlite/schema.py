"""The tables as ``statements`` sees them; ``migrations`` makes them, and their indexes and triggers.

Each record is one text column of JSON (``body``, ``row``). The columns that queries need are generated from it, so that
the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

METADATA: Final = MetaData()
_KINDS: Final = {"": Text, "INTEGER": Integer, "BLOB": LargeBinary}


def _table(name: str, keys: Sequence[str], *columns: str, generated: Sequence[str] = ()) -> Table:
    """A table by its keys, its columns and those that are generated from ``body`` or ``row``; without a kind, texts."""
    parted = [each.partition(" ") for each in (*keys, *columns, *generated)]
    found: list[Column[Any]] = [
        Column(column, _KINDS[kind], primary_key=at < len(keys)) for at, (column, _, kind) in enumerate(parted)
    ]
    return Table(name, METADATA, *found)


ENTRIES: Final = _table(
    "entries",
    ("number INTEGER",),
    *("body", "previous_hash", "hash"),
    generated=("at", "event", "submission INTEGER", "by", "account"),
)

ORIGINALS: Final = _table("originals", ("sha256",), "kind", "content BLOB")

NOTICES: Final = _table("notices", ("pdf_sha256",), "row")

SUBMISSIONS: Final = _table(
    "submissions",
    ("id INTEGER",),
    "row",
    generated=(
        *("version INTEGER", "state", "guarantor", "contract_number", "pdf_sha256", "source_message_id", "message_id"),
        *("due_at", "issuer", "product", "project", "section", "is_amended INTEGER", "sent_at", "corrects INTEGER"),
        "updated_at",
    ),
)

OPEN_SUBMISSIONS: Final = _table("open_submissions", ("submission INTEGER",), "until")
"""The last day of each submission that is not closed: an index over the rows of ``submissions``."""

SPELLED_NUMBERS: Final = _table("spelled_numbers", ("match_key", "submission INTEGER"))
"""Contract numbers that are not written as they are compared: an index over the rows of ``submissions``."""

SUBMISSION_COUNTS: Final = _table("submission_counts", ("state",), "count INTEGER")
"""The number of submissions of each state; triggers keep it."""

OWN_MESSAGE_IDS: Final = _table("own_message_ids", ("message_id",), "submission INTEGER")
"""Every Message-ID that a draft of ours ever had, rehearsals too: an index over the entries."""

SENT_TO: Final = _table("sent_to", ("address", "submission INTEGER"))
"""Addresses that a mail server took a submission for: an index over the rows of ``submissions``."""

SENT_WITH: Final = _table("sent_with", ("sha256", "submission INTEGER"))
"""Attachments with which a submission left or may have left: an index over the rows of ``submissions``."""

MESSAGES: Final = _table(
    "messages",
    ("mailbox", "uidvalidity INTEGER", "uid INTEGER"),
    "row",
    generated=("end", "message_id", "size INTEGER", "internal_date"),
)

FILES: Final = _table("files", ("name",), "row", generated=("sha256",))

LOOKS: Final = _table("looks", ("name",), "row")

ALARMS: Final = _table("alarms", ("id INTEGER",), "row", generated=("cause", "message_id", "accepted_at"))

PROPERTIES: Final = _table("properties", ("name",), "value")
"""Single values of the store that are no entry: its secret, the moment of its first start."""

ACCOUNTS: Final = _table("accounts", ("id INTEGER",), "row", generated=("login",))

SESSIONS: Final = _table("sessions", ("token_sha256",), "row", generated=("account INTEGER", "opened_at"))

INVITATIONS: Final = _table("invitations", ("token_sha256",), "row", generated=("account INTEGER",))

LOGIN_ATTEMPTS: Final = _table("login_attempts", ("name",), "row", generated=("at",))
"""Counts of wrong passwords; those of a day ago are removed."""

TAKEN_ON: Final = _table("taken_on", ("about",), "row")
"""Work that people have taken on; it is no entry, and ends by itself."""
