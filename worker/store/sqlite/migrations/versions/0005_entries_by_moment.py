"""The entries of a period are found by an index: the clock may have been set back, so their numbers do not tell."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index, which SQLite fills from the entries that are there."""
    op.execute("CREATE INDEX entries_by_moment ON entries (at)")
