"""The SQL of the store's statements as ``worker/store/sqlite/compiled.py``; ``write_docs.py`` writes it."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

from worker.store.sqlite import statements

COMPILED = Path(__file__).parent.parent / "worker" / "store" / "sqlite" / "compiled.py"
_HEAD = '''"""The SQL of ``statements``, written by ``tests/write_docs.py``. Do not edit."""

from typing import Final
'''
_CLAUSES = re.compile(
    r"(?<!CROSS)\s+(?=(?:FROM|CROSS JOIN|JOIN|WHERE|AND|OR|ORDER BY|LIMIT|UNION ALL|VALUES|ON CONFLICT) )"
)
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


def schema_of(connection: sqlite3.Connection) -> list[str]:
    """The statements that make the tables, indexes and triggers of this database, in their order."""
    return [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")]


def _text_of(name: str, sql: str) -> str:
    """A statement in the module: on one line if it fits."""
    line = f'{name}: Final = "{sql}"\n'
    is_short = "\n" not in sql and '"' not in sql and len(line) <= _WIDTH + 1
    return line if is_short else f'{name}: Final = """\n{sql}\n"""\n'


def compiled_statements() -> str:
    """The text of the module."""
    named = {
        name: each
        for name, each in vars(statements).items()
        if isinstance(each, sa.Executable) and not name.startswith("_")
    }
    parts = [_text_of(name, sql_of(each)) for name, each in named.items()]
    return "".join([_HEAD, "\n", *parts])
