"""The entries of a period are found by an index: the clock may have been set back, so their numbers do not tell."""

from __future__ import annotations

from worker.store.sqlite.migrations.statements import run_statements

revision = "0005"
down_revision = "0004"

STATEMENTS = ("CREATE INDEX entries_by_moment ON entries (at)",)


def upgrade() -> None:
    """Add the index, which SQLite fills from the entries that are there."""
    run_statements(STATEMENTS)
