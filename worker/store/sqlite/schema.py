"""The tables as queries see them; ``migrations`` makes them.

What is recorded whole stands in one text column of JSON (``body``, ``row``); the columns that queries need are
generated from it, so that the two cannot differ. ``by_submission`` and the like are indexes, made by the migration.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

FILE_NAME: Final = "hoshobin.sqlite3"

REVISION: Final = "0004"
"""The newest migration; revisions are numbers of four digits, so that older and newer can be told without alembic."""

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
)

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

FILES: Final = Table("files", METADATA, Column("name", Text, primary_key=True), Column("row", Text))

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
