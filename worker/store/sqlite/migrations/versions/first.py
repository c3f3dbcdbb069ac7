"""The first tables: the log that can only grow, what it folds to, and the ledgers beside it."""

from __future__ import annotations

from worker.store.sqlite.migrations.statements import run_statements

revision = "0001"
down_revision = None

# Triggers run before a conflict is resolved, so an INSERT OR REPLACE of a used number is refused as well: it would
# otherwise pass the two that refuse UPDATE and DELETE.
STATEMENTS = (
    """
    CREATE TABLE entries (
        number INTEGER PRIMARY KEY,
        body TEXT NOT NULL,
        previous_hash TEXT NOT NULL UNIQUE,
        hash TEXT NOT NULL UNIQUE,
        at TEXT AS (json_extract(body, '$.at')),
        event TEXT AS (json_extract(body, '$.event')),
        submission INTEGER AS (json_extract(body, '$.submission')),
        "by" TEXT AS (json_extract(body, '$.by')),
        account TEXT AS (json_extract(body, '$.account'))
    )
    """,
    "CREATE INDEX entries_by_submission ON entries (submission)",
    "CREATE INDEX entries_by_event ON entries (event)",
    """
    CREATE TRIGGER entries_are_never_changed BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END
    """,
    """
    CREATE TRIGGER entries_are_never_deleted BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END
    """,
    """
    CREATE TRIGGER entries_only_follow BEFORE INSERT ON entries
    WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM entries)
    OR NEW.previous_hash IS NOT coalesce(
        (SELECT hash FROM entries ORDER BY number DESC LIMIT 1),
        '0000000000000000000000000000000000000000000000000000000000000000'
    )
    OR EXISTS (SELECT 1 FROM entries WHERE hash = NEW.hash)
    BEGIN SELECT RAISE(ABORT, 'an entry follows the last one'); END
    """,
    """
    CREATE TABLE originals (
        sha256 TEXT PRIMARY KEY NOT NULL,
        kind TEXT NOT NULL,
        content BLOB NOT NULL
    )
    """,
    """
    CREATE TRIGGER originals_are_never_changed BEFORE UPDATE ON originals
    BEGIN SELECT RAISE(ABORT, 'originals are never changed'); END
    """,
    """
    CREATE TRIGGER originals_are_never_deleted BEFORE DELETE ON originals
    BEGIN SELECT RAISE(ABORT, 'originals are never deleted'); END
    """,
    """
    CREATE TRIGGER originals_are_kept_once BEFORE INSERT ON originals
    WHEN EXISTS (SELECT 1 FROM originals WHERE sha256 = NEW.sha256)
    BEGIN SELECT RAISE(ABORT, 'originals are kept once'); END
    """,
    "CREATE TABLE notices (pdf_sha256 TEXT PRIMARY KEY NOT NULL, row TEXT NOT NULL)",
    """
    CREATE TABLE submissions (
        id INTEGER PRIMARY KEY,
        row TEXT NOT NULL,
        version INTEGER AS (json_extract(row, '$.version')),
        state TEXT AS (json_extract(row, '$.state')),
        guarantor TEXT AS (json_extract(row, '$.guarantor')),
        contract_number TEXT AS (json_extract(row, '$.contract_number')),
        pdf_sha256 TEXT AS (json_extract(row, '$.pdf_sha256')),
        source_message_id TEXT AS (json_extract(row, '$.source_message_id')),
        message_id TEXT AS (json_extract(row, '$.draft.message_id')),
        due_at TEXT AS (json_extract(row, '$.due_at'))
    )
    """,
    "CREATE INDEX submissions_by_state ON submissions (state)",
    "CREATE INDEX submissions_by_contract_number ON submissions (contract_number)",
    "CREATE INDEX submissions_by_pdf ON submissions (pdf_sha256)",
    "CREATE INDEX submissions_by_source_message ON submissions (source_message_id)",
    """
    CREATE TABLE own_message_ids (
        message_id TEXT PRIMARY KEY NOT NULL,
        submission INTEGER NOT NULL REFERENCES submissions (id)
    )
    """,
    """
    CREATE TABLE messages (
        mailbox TEXT NOT NULL,
        uidvalidity INTEGER NOT NULL,
        uid INTEGER NOT NULL,
        row TEXT NOT NULL,
        "end" TEXT AS (json_extract(row, '$.end')),
        message_id TEXT AS (json_extract(row, '$.message_id')),
        size INTEGER AS (json_extract(row, '$.size')),
        internal_date TEXT AS (json_extract(row, '$.internal_date')),
        PRIMARY KEY (mailbox, uidvalidity, uid)
    )
    """,
    "CREATE INDEX messages_by_message_id ON messages (mailbox, message_id, size)",
    'CREATE INDEX messages_by_end ON messages (mailbox, "end")',
    "CREATE TABLE files (name TEXT PRIMARY KEY NOT NULL, row TEXT NOT NULL)",
    "CREATE TABLE looks (name TEXT PRIMARY KEY NOT NULL, row TEXT NOT NULL)",
    """
    CREATE TABLE alarms (
        id INTEGER PRIMARY KEY,
        row TEXT NOT NULL,
        cause TEXT AS (json_extract(row, '$.cause')),
        message_id TEXT AS (json_extract(row, '$.message_id')),
        accepted_at TEXT AS (json_extract(row, '$.accepted_at'))
    )
    """,
    "CREATE INDEX alarms_by_cause ON alarms (cause)",
    "CREATE INDEX alarms_by_message_id ON alarms (message_id)",
    "CREATE INDEX alarms_by_acceptance ON alarms (accepted_at)",
)


def upgrade() -> None:
    """Make every table, index and trigger."""
    run_statements(STATEMENTS)
