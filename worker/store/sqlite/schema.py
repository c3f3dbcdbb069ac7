"""The tables as ``statements`` sees them; ``migrations`` makes them, and their indexes and triggers.

Each record is one text column of JSON (``body``, ``row``). The columns that queries need are generated from it, so that
the two cannot differ.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

METADATA: Final = MetaData()

ENTRIES: Final = Table(
    "entries",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("body", Text),
    Column("previous_hash", Text),
    Column("hash", Text),
    # generated from body
    Column("at", Text),
    Column("event", Text),
    Column("submission", Integer),
    Column("by", Text),
    Column("account", Text),
)

ORIGINALS: Final = Table(
    "originals",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("kind", Text),
    Column("content", LargeBinary),
)

NOTICES: Final = Table("notices", METADATA, Column("pdf_sha256", Text, primary_key=True), Column("row", Text))

SUBMISSIONS: Final = Table(
    "submissions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("row", Text),
    # generated from row
    Column("version", Integer),
    Column("state", Text),
    Column("guarantor", Text),
    Column("contract_number", Text),
    Column("pdf_sha256", Text),
    Column("source_message_id", Text),
    Column("message_id", Text),
    Column("due_at", Text),
    Column("issuer", Text),
    Column("product", Text),
    Column("project", Text),
    Column("section", Text),
    Column("is_amended", Integer),
    Column("sent_at", Text),
    Column("corrects", Integer),
    Column("updated_at", Text),
)

OPEN_SUBMISSIONS: Final = Table(
    "open_submissions",
    METADATA,
    Column("submission", Integer, primary_key=True),
    Column("until", Text),
)
"""The last day of each submission that is not closed: an index over the rows of ``submissions``."""

SPELLED_NUMBERS: Final = Table(
    "spelled_numbers",
    METADATA,
    Column("match_key", Text, primary_key=True),
    Column("submission", Integer, primary_key=True),
)
"""Contract numbers that are not written as they are compared: an index over the rows of ``submissions``."""

SUBMISSION_COUNTS: Final = Table(
    "submission_counts", METADATA, Column("state", Text, primary_key=True), Column("count", Integer)
)
"""How many submissions there are of each state; triggers keep it."""

OWN_MESSAGE_IDS: Final = Table(
    "own_message_ids",
    METADATA,
    Column("message_id", Text, primary_key=True),
    Column("submission", Integer),
)
"""Every Message-ID that a draft of ours ever had, rehearsals too: an index over the entries."""

SENT_TO: Final = Table(
    "sent_to",
    METADATA,
    Column("address", Text, primary_key=True),
    Column("submission", Integer, primary_key=True),
)
"""Addresses that a mail server took a submission for: an index over the rows of ``submissions``."""

SENT_WITH: Final = Table(
    "sent_with",
    METADATA,
    Column("sha256", Text, primary_key=True),
    Column("submission", Integer, primary_key=True),
)
"""Attachments with which a submission left or may have left: an index over the rows of ``submissions``."""

MESSAGES: Final = Table(
    "messages",
    METADATA,
    Column("mailbox", Text, primary_key=True),
    Column("uidvalidity", Integer, primary_key=True),
    Column("uid", Integer, primary_key=True),
    Column("row", Text),
    # generated from row
    Column("end", Text),
    Column("message_id", Text),
    Column("size", Integer),
    Column("internal_date", Text),
)

FILES: Final = Table(
    "files",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("row", Text),
    # generated from row
    Column("sha256", Text),
)

LOOKS: Final = Table("looks", METADATA, Column("name", Text, primary_key=True), Column("row", Text))

ALARMS: Final = Table(
    "alarms",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("row", Text),
    # generated from row
    Column("cause", Text),
    Column("message_id", Text),
    Column("accepted_at", Text),
)

PROPERTIES: Final = Table("properties", METADATA, Column("name", Text, primary_key=True), Column("value", Text))
"""Single values of the store that are no entry: its secret, the moment of its first start."""

ACCOUNTS: Final = Table(
    "accounts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("row", Text),
    # generated from row
    Column("login", Text),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("token_sha256", Text, primary_key=True),
    Column("row", Text),
    # generated from row
    Column("account", Integer),
    Column("opened_at", Text),
)

INVITATIONS: Final = Table(
    "invitations",
    METADATA,
    Column("token_sha256", Text, primary_key=True),
    Column("row", Text),
    # generated from row
    Column("account", Integer),
)

LOGIN_ATTEMPTS: Final = Table(
    "login_attempts",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("row", Text),
    # generated from row
    Column("at", Text),
)
"""Counts of wrong passwords; those of a day ago are removed."""

TAKEN_ON: Final = Table("taken_on", METADATA, Column("about", Text, primary_key=True), Column("row", Text))
"""Work that people have taken on; it is no entry, and ends by itself."""
