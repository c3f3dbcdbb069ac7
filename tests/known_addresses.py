"""Addresses that an office has written to before: the first mail to any other is held for a second look."""

from __future__ import annotations

import contextlib
import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from worker.adapters.store import create_or_migrate
from worker.adapters.store.schema import FILE_NAME


def make_known(folder: Path, *addresses: str) -> None:
    """Make ``addresses`` known in the database of ``folder``, and the database where there is none.

    Only the index over past submissions is written, not a submission: so the first of a test is still number 1.
    """
    database = folder / FILE_NAME
    if not database.exists():
        database.parent.mkdir(parents=True, exist_ok=True)
        database.write_bytes(_empty_database())
        database.chmod(0o600)
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        rows = [(address,) for address in addresses]
        connection.executemany("INSERT OR IGNORE INTO sent_to (address, submission) VALUES (?, 0)", rows)


@cache
def _empty_database() -> bytes:
    """What a first run makes: migrating takes longer than most tests."""
    with TemporaryDirectory() as folder:
        create_or_migrate(Path(folder))
        return (Path(folder) / FILE_NAME).read_bytes()
