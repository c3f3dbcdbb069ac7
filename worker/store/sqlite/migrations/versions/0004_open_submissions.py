"""The submissions that are open, how many there are of each state, and indexes for lookups in a store of any size."""

from __future__ import annotations

from worker.core.states import NoteEvent
from worker.core.text import match_key
from worker.store.sqlite.migrations.statements import run_statements

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    "ALTER TABLE submissions ADD COLUMN corrects INTEGER AS (json_extract(row, '$.corrects'))",
    "ALTER TABLE submissions ADD COLUMN updated_at TEXT AS (json_extract(row, '$.updated_at'))",
    "ALTER TABLE files ADD COLUMN sha256 TEXT AS (json_extract(row, '$.sha256'))",
    "CREATE INDEX submissions_by_correction ON submissions (corrects) WHERE corrects IS NOT NULL",
    # While it waits, a submission is open and costs this index nothing.
    """
    CREATE INDEX submissions_by_change ON submissions (updated_at)
    WHERE state NOT IN ('ANNOUNCED', 'HELD', 'APPROVED', 'SENDING', 'IN_DOUBT')
    """,
    "CREATE INDEX submissions_by_guarantor ON submissions (guarantor) WHERE pdf_sha256 IS NOT NULL",
    """
    CREATE INDEX submissions_unannounced ON submissions (guarantor)
    WHERE pdf_sha256 IS NOT NULL AND json_extract("row", '$.announced') IS NULL
    """,
    """
    CREATE INDEX submissions_awaiting_news ON submissions (state)
    WHERE state IN ('SENT', 'DELAYED', 'RELAYED') AND sent_at IS NOT NULL
    AND json_extract("row", '$.duties.closes') IS NOT 'none'
    """,
    # The numbers of a project, and the projects of a number, are read from the index without the rows.
    """
    CREATE INDEX submissions_standing ON submissions (project, product, contract_number)
    WHERE project IS NOT NULL AND state != 'WITHDRAWN'
    """,
    "DROP INDEX submissions_by_contract_number",
    "CREATE INDEX submissions_by_contract_number ON submissions (contract_number, project)",
    """
    CREATE INDEX messages_due_after ON messages (mailbox) WHERE json_extract("row", '$.is_after_due') = 1
    """,
    "CREATE INDEX files_by_content ON files (sha256)",
    f"""
    CREATE INDEX entries_of_early_reports ON entries (json_extract(body, '$.detail.message_id'))
    WHERE event = '{NoteEvent.REPORT_TOO_EARLY}'
    """,
    """
    CREATE TABLE open_submissions (
        submission INTEGER PRIMARY KEY REFERENCES submissions (id),
        until TEXT NOT NULL
    )
    """,
    "CREATE INDEX open_submissions_by_end ON open_submissions (until)",
    # As core/open_until.py decides. A duty that is recorded in another form counts as left: nothing open is lost.
    """
    INSERT INTO open_submissions (submission, until)
    SELECT id, until FROM (
        SELECT id, CASE
            WHEN json_array_length(row, '$.unread') > 0 THEN '9999-12-31'
            WHEN state IN ('ANNOUNCED', 'HELD', 'APPROVED', 'SENDING', 'IN_DOUBT') THEN '9999-12-31'
            WHEN state IN ('SENT', 'DELAYED', 'RELAYED') AND sent_at IS NOT NULL
                AND json_extract(row, '$.duties.closes') IS NOT 'none' THEN '9999-12-31'
            WHEN state = 'WITHDRAWN' THEN NULL
            WHEN EXISTS (SELECT 1 FROM submissions AS later
                WHERE later.corrects = submissions.id AND later.state != 'WITHDRAWN') THEN NULL
            WHEN state IN ('REFUSED', 'BOUNCED', 'HANDED_OVER') THEN '9999-12-31'
            WHEN EXISTS (SELECT 1 FROM json_each(submissions.row, '$.duties.after') AS duty
                WHERE duty.value NOT IN (SELECT done.value FROM json_each(submissions.row, '$.done') AS done))
                THEN '9999-12-31'
            WHEN state = 'CONFIRMED' THEN NULL
            WHEN state = 'OVERDUE' OR json_extract(row, '$.duties.call_after') = 1 THEN '9999-12-31'
            WHEN json_extract(row, '$.duties.closes') IS NOT 'none' THEN '9999-12-31'
            ELSE coalesce(
                date(sent_at, '+9 hours', coalesce(json_extract(row, '$.duties.settle_days'), 0) || ' days'),
                '9999-12-31'
            )
        END AS until FROM submissions
    ) WHERE until IS NOT NULL
    """,
    """
    CREATE TABLE spelled_numbers (
        match_key TEXT NOT NULL,
        submission INTEGER NOT NULL REFERENCES submissions (id),
        PRIMARY KEY (match_key, submission)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE submission_counts (state TEXT PRIMARY KEY NOT NULL, count INTEGER NOT NULL) WITHOUT ROWID",
    """
    INSERT INTO submission_counts (state, count)
    SELECT state, count(*) FROM submissions WHERE state IS NOT NULL GROUP BY state
    """,
    """
    CREATE TRIGGER submissions_are_counted AFTER INSERT ON submissions WHEN NEW.state IS NOT NULL
    BEGIN
        INSERT OR IGNORE INTO submission_counts (state, count) VALUES (NEW.state, 0);
        UPDATE submission_counts SET count = count + 1 WHERE state = NEW.state;
    END
    """,
    """
    CREATE TRIGGER submissions_are_counted_again AFTER UPDATE ON submissions WHEN OLD.state IS NOT NEW.state
    BEGIN
        UPDATE submission_counts SET count = count - 1 WHERE state = OLD.state;
        INSERT OR IGNORE INTO submission_counts (state, count) VALUES (NEW.state, 0);
        UPDATE submission_counts SET count = count + 1 WHERE state = NEW.state;
    END
    """,
    """
    CREATE TRIGGER submissions_are_counted_off AFTER DELETE ON submissions
    BEGIN
        UPDATE submission_counts SET count = count - 1 WHERE state = OLD.state;
    END
    """,
)
_IN_OTHER_LETTERS = "SELECT id, contract_number FROM submissions WHERE contract_number GLOB '*[^!-~]*'"
_SPELL = "INSERT INTO spelled_numbers (match_key, submission) VALUES (?, ?)"


def upgrade() -> None:
    """Add the columns, indexes and tables, and fill the tables from the rows that are there."""
    from alembic import op  # noqa: PLC0415  a new database is made without it

    run_statements(STATEMENTS)
    connection = op.get_bind()
    for submission, number in connection.exec_driver_sql(_IN_OTHER_LETTERS).all():
        connection.exec_driver_sql(_SPELL, (match_key(number), submission))
