"""The uploads of a file are found by its hash."""

from __future__ import annotations

from alembic import op

from worker.core.states import NoteEvent

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index; no entry of an upload is there yet."""
    op.execute(
        "CREATE INDEX uploads_by_hash ON entries (json_extract(body, '$.detail.sha256')) "
        f"WHERE event = '{NoteEvent.UPLOADED}'"
    )
