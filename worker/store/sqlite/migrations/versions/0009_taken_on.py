"""Work that people have taken on."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty."""
    op.execute(
        """
    CREATE TABLE taken_on (
        about TEXT PRIMARY KEY NOT NULL,
        "row" TEXT NOT NULL
    ) WITHOUT ROWID
    """
    )
