"""Runs the migrations on an open connection.

No other module loads alembic, and only this one, the revisions, ``schema`` and ``statements`` load SQLAlchemy.
"""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import StaticPool


def upgrade(connection: sqlite3.Connection) -> None:
    """Runs the missing migrations in the transaction that the caller has begun and will end. Raises sqlite3.Error."""
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    for ending in ("do_commit", "do_rollback", "do_close"):
        setattr(engine.dialect, ending, _leave_to_the_caller)
    config = Config()
    config.set_main_option("script_location", "worker.store.sqlite:migrations")
    config.set_main_option("path_separator", "os")
    try:
        with engine.connect() as config.attributes["connection"]:
            command.upgrade(config, "head")
    except sa.exc.DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise error.orig from error
        raise


def _leave_to_the_caller(_connection: object) -> None:
    """Neither SQLAlchemy nor alembic ends the transaction or closes the connection."""
