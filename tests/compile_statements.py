"""The SQL of the store's statements as the module ``worker/store/sqlite/compiled.py``; ``write_docs.py`` writes it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler

from worker.store.sqlite import statements

COMPILED = Path(__file__).parent.parent / "worker" / "store" / "sqlite" / "compiled.py"
_HEAD = '''"""The SQL of ``statements``, written by ``python tests/write_docs.py``. Do not edit."""

from typing import Final
'''
_CLAUSES = re.compile(r"\s+(?=(?:FROM|JOIN|WHERE|AND|OR|ORDER BY|LIMIT|UNION ALL|VALUES|ON CONFLICT) )")
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


def compiled_statements() -> str:
    """The text of the module."""
    named = {
        name: each
        for name, each in vars(statements).items()
        if isinstance(each, sa.Executable) and not name.startswith("_")
    }
    parts = [f'{name}: Final = """\n{sql_of(each)}\n"""\n' for name, each in named.items()]
    return "\n".join([_HEAD, *parts])
