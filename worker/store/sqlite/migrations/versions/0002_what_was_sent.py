"""Columns and tables for questions about earlier mails: their addresses, attachments and rules."""

from __future__ import annotations

from worker.store.sqlite.migrations.statements import run_statements

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    "ALTER TABLE submissions ADD COLUMN issuer TEXT AS (json_extract(row, '$.issuer'))",
    "ALTER TABLE submissions ADD COLUMN product TEXT AS (json_extract(row, '$.product'))",
    "ALTER TABLE submissions ADD COLUMN project TEXT AS (json_extract(row, '$.project'))",
    "ALTER TABLE submissions ADD COLUMN section TEXT AS (json_extract(row, '$.section'))",
    # Rows of before the rule for amended contracts do not say: the rule was that for original ones.
    """
    ALTER TABLE submissions ADD COLUMN is_amended INTEGER
    AS (coalesce(json_extract(row, '$.duties.is_amended'), 0))
    """,
    "ALTER TABLE submissions ADD COLUMN sent_at TEXT AS (json_extract(row, '$.sent_at'))",
    # Only rows with sent_at: while it waits, a submission costs these indexes nothing.
    """
    CREATE INDEX submissions_by_moment_sent ON submissions (issuer, product, is_amended, sent_at)
    WHERE sent_at IS NOT NULL
    """,
    """
    CREATE INDEX submissions_by_moment_sent_to_section ON submissions (issuer, product, is_amended, section, sent_at)
    WHERE sent_at IS NOT NULL
    """,
    """
    CREATE INDEX submissions_by_hand ON submissions (issuer, product, is_amended)
    WHERE sent_at IS NULL AND state IN ('HANDED_OVER', 'CONFIRMED')
    """,
    "CREATE INDEX submissions_by_project ON submissions (project, product)",
    """
    CREATE TABLE sent_to (
        address TEXT NOT NULL,
        submission INTEGER NOT NULL REFERENCES submissions (id),
        PRIMARY KEY (address, submission)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX sent_to_by_submission ON sent_to (submission)",
    """
    CREATE TABLE sent_with (
        sha256 TEXT NOT NULL,
        submission INTEGER NOT NULL REFERENCES submissions (id),
        PRIMARY KEY (sha256, submission)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX sent_with_by_submission ON sent_with (submission)",
    # A CONFIRMED row without sent_at was handed in by a person. Nothing is left of the view.
    """
    CREATE TEMPORARY VIEW mails AS SELECT id, state, json_extract(row, '$.draft') AS draft FROM main.submissions
    WHERE json_array_length(row, '$.draft.rehearsal_for') = 0
    AND (state IN ('IN_DOUBT', 'SENT', 'DELAYED', 'OVERDUE', 'RELAYED', 'DELIVERED', 'BOUNCED')
    OR (state = 'CONFIRMED' AND sent_at IS NOT NULL))
    """,
    """
    INSERT OR IGNORE INTO sent_to (address, submission)
    SELECT address.value, mails.id FROM mails, json_each(mails.draft, '$.to') AS address
    WHERE mails.state NOT IN ('IN_DOUBT', 'BOUNCED')
    """,
    """
    INSERT OR IGNORE INTO sent_to (address, submission)
    SELECT address.value, mails.id FROM mails, json_each(mails.draft, '$.cc') AS address
    WHERE mails.state NOT IN ('IN_DOUBT', 'BOUNCED')
    """,
    """
    INSERT OR IGNORE INTO sent_with (sha256, submission)
    SELECT json_extract(file.value, '$.sha256'), mails.id FROM mails, json_each(mails.draft, '$.attachments') AS file
    """,
    "DROP VIEW mails",
)


def upgrade() -> None:
    """Add the columns and tables, and fill them from the rows that are there."""
    run_statements(STATEMENTS)
