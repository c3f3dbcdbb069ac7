"""Accounts of people, their sessions and invitations, and counts of wrong passwords."""

from __future__ import annotations

from worker.store.sqlite.migrations.statements import run_statements

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    """
    CREATE TABLE accounts (
        id INTEGER PRIMARY KEY NOT NULL,
        "row" TEXT NOT NULL,
        login TEXT AS (json_extract("row", '$.login'))
    )
    """,
    "CREATE UNIQUE INDEX accounts_by_login ON accounts (login)",
    """
    CREATE TABLE sessions (
        token_sha256 TEXT PRIMARY KEY NOT NULL,
        "row" TEXT NOT NULL,
        account INTEGER AS (json_extract("row", '$.account')),
        opened_at TEXT AS (json_extract("row", '$.opened_at'))
    ) WITHOUT ROWID
    """,
    "CREATE INDEX sessions_by_account ON sessions (account, opened_at, token_sha256)",
    """
    CREATE TABLE invitations (
        token_sha256 TEXT PRIMARY KEY NOT NULL,
        "row" TEXT NOT NULL,
        account INTEGER AS (json_extract("row", '$.account'))
    ) WITHOUT ROWID
    """,
    "CREATE INDEX invitations_by_account ON invitations (account)",
    """
    CREATE TABLE login_attempts (
        name TEXT PRIMARY KEY NOT NULL,
        "row" TEXT NOT NULL,
        at TEXT AS (json_extract("row", '$.at'))
    ) WITHOUT ROWID
    """,
    "CREATE INDEX login_attempts_by_moment ON login_attempts (at)",
)


def upgrade() -> None:
    """Add the tables, empty: no account is made of ``[operator] people``."""
    run_statements(STATEMENTS)
