"""Runs the statements of a migration. Alembic takes each other file beside the migrations for one of them."""

from __future__ import annotations

from collections.abc import Iterable


def run_statements(statements: Iterable[str]) -> None:
    """Runs the statements of one migration; alembic, which calls this, has set the connection."""
    from alembic import op  # noqa: PLC0415  a new database is made without it

    for each in statements:
        op.execute(each)
