"""Work that people have taken on."""

from __future__ import annotations

from worker.store.sqlite.migrations.statements import run_statements

revision = "0009"
down_revision = "0008"

STATEMENTS = ('CREATE TABLE taken_on (about TEXT PRIMARY KEY NOT NULL, "row" TEXT NOT NULL) WITHOUT ROWID',)


def upgrade() -> None:
    """Add the table, empty."""
    run_statements(STATEMENTS)
