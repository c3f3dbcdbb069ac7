"""The uploads of a file are found by its hash."""

from __future__ import annotations

from worker.core.states import NoteEvent
from worker.store.sqlite.migrations.statements import run_statements

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    f"""
    CREATE INDEX uploads_by_hash ON entries (json_extract(body, '$.detail.sha256'))
    WHERE event = '{NoteEvent.UPLOADED}'
    """,
)


def upgrade() -> None:
    """Add the index; no entry of an upload is there yet."""
    run_statements(STATEMENTS)
