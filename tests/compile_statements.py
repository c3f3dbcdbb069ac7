"""The SQL of the store's statements and tables as ``worker/store/sqlite/compiled.py``; ``write_docs.py`` writes it."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

from worker.store.sqlite import statements
from worker.store.sqlite.migrations.upgrade import upgrade

COMPILED = Path(__file__).parent.parent / "worker" / "store" / "sqlite" / "compiled.py"
_HEAD = '''"""The SQL of ``statements`` and of a new database, written by ``tests/write_docs.py``. Do not edit."""

from typing import Final
'''
_CLAUSES = re.compile(
    r"(?<!CROSS)\s+(?=(?:FROM|CROSS JOIN|JOIN|WHERE|AND|OR|ORDER BY|LIMIT|UNION ALL|VALUES|ON CONFLICT) )"
)
_ADDED_COLUMN = re.compile(r"\), (?=\w+ (?:TEXT|INTEGER) AS )")
_WIDTH = 118


class _Compiler(SQLiteCompiler):
    def visit_bindparam(self, bindparam: Any, **options: Any) -> str:
        """A fixed value as a literal, any other as ``:name``."""
        if bindparam.expanding:
            return f"(:{bindparam.key})"
        return str(
            super().visit_bindparam(bindparam, **options, **({} if bindparam.required else {"literal_binds": True}))
        )


def sql_of(statement: sa.ClauseElement) -> str:
    """The statement for SQLite, with as many clauses on a line as fit."""
    dialect = sqlite.dialect(paramstyle="named")
    dialect.statement_compiler = _Compiler
    first, *clauses = _CLAUSES.split(str(statement.compile(dialect=dialect)))
    lines = [first]
    for clause in clauses:
        if len(lines[-1]) + len(clause) < _WIDTH:
            lines[-1] += f" {clause}"
        else:
            lines.append(clause)
    return "\n".join(lines)


def _unindented(sql: str) -> str:
    """The statement without the indentation that it has in its migration."""
    lines = (line.removeprefix("    ").rstrip() for line in sql.strip().splitlines())
    return "\n".join(_ADDED_COLUMN.sub("),\n    ", line) for line in lines)


def schema_of(connection: sqlite3.Connection) -> list[str]:
    """The statements that make the tables, indexes and triggers of this database, in their order."""
    return [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")]


def new_schema() -> list[str]:
    """The statements that make a database as all migrations leave it."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("BEGIN")
        upgrade(connection)
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return [*schema_of(connection), f"INSERT INTO alembic_version (version_num) VALUES ('{revision}')"]


def _text_of(before: str, sql: str, after: str = "") -> str:
    """A statement in the module: on one line if it fits."""
    line = f'{before}"{sql}"{after}'
    is_short = "\n" not in sql and '"' not in sql and len(line) <= _WIDTH
    return f"{line}\n" if is_short else f'{before}"""\n{sql}\n"""{after}\n'


def compiled_statements() -> str:
    """The text of the module."""
    named = {
        name: each
        for name, each in vars(statements).items()
        if isinstance(each, sa.Executable) and not name.startswith("_")
    }
    parts = [_text_of(f"{name}: Final = ", sql_of(each)) for name, each in named.items()]
    made = "".join(_text_of("    ", _unindented(each), ",") for each in new_schema())
    return "".join([_HEAD, "\n", *parts, f"NEW_DATABASE: Final = (\n{made})\n"])
