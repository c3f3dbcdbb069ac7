"""Single values of the store that no entry holds: the secret, the moment of the first start."""

from __future__ import annotations

from worker.store.sqlite.migrations.statements import run_statements

revision = "0003"
down_revision = "0002"

STATEMENTS = ("CREATE TABLE properties (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID",)


def upgrade() -> None:
    """Add the table. Values are written by the program when it first needs them."""
    run_statements(STATEMENTS)
