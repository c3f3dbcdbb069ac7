"""The statements of every migration: a new database is made by all of them, an older one by those that it lacks.

Without alembic, which would cost the process that makes a new database 130 ms and 20 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

from worker.store.sqlite.migrations import versions

_OF_ALEMBIC: Final = """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)
"""
"""The table in which alembic keeps the revision of a database, as it makes it itself."""


def statements_of_new_database() -> Iterator[str]:
    """Yields the statements that make a database of the newest revision."""
    names = (f"{versions.__name__}.{each.name}" for each in iter_modules(versions.__path__))
    migrations = sorted(map(import_module, names), key=lambda each: str(each.revision))
    yield _OF_ALEMBIC
    for each in migrations:
        yield from each.STATEMENTS
    yield f"INSERT INTO alembic_version (version_num) VALUES ('{migrations[-1].revision}')"  # noqa: S608  ours
