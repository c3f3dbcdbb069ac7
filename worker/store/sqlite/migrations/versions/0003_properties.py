"""Single values of the store that no entry holds: the secret, the moment of the first start."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table. Values are written by the program when it first needs them."""
    op.execute("CREATE TABLE properties (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID")
