"""Statements that every submission needs several times, made once and handed to SQLite's own driver.

The promise: the same statement with the same values, in whatever transaction the connection stands in, as SQLAlchemy
would execute it; only its work on every single execution, twenty times that of SQLite, is saved. Errors are sqlite3's
own. It does not know what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection

_DIALECT: Final = sqlite.dialect(paramstyle="qmark")


class Ready:
    """One statement as text; rows come back as tuples."""

    __slots__ = ("_fixed", "_names", "text")

    def __init__(self, statement: sa.ClauseElement, columns: Sequence[str] = ()) -> None:
        """``columns`` are those that an INSERT or UPDATE without values of its own sets."""
        compiled = statement.compile(dialect=_DIALECT, column_keys=list(columns) or None)
        self.text = str(compiled)
        self._names: tuple[str, ...] = tuple(getattr(compiled, "positiontup", None) or ())
        binds = getattr(compiled, "binds", {})
        self._fixed: dict[str, Any] = {name: bind.value for name, bind in binds.items() if not bind.required}

    def run(self, connection: Connection, values: Mapping[str, Any] | None = None) -> Sequence[tuple[Any, ...]]:
        """All rows. Raises sqlite3.Error, KeyError for a value that is not given."""
        given = {**self._fixed, **values} if values else self._fixed
        driver = connection.connection.driver_connection
        if driver is None:
            raise RuntimeError("the connection is closed")
        rows: list[tuple[Any, ...]] = driver.execute(self.text, [given[name] for name in self._names]).fetchall()
        return rows


def run(
    connection: Connection, statement: Ready | sa.Executable, values: Mapping[str, Any] | None = None
) -> Sequence[Any]:
    """All rows of a statement, ready or made for this one time."""
    if isinstance(statement, Ready):
        return statement.run(connection, values)
    return connection.execute(statement, values or {}).all()
