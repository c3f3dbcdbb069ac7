"""The entries that set a name or number, and our own alarms in a mailbox, are found by indexes."""

from __future__ import annotations

from worker.store.sqlite.migrations.statements import run_statements

revision = "0008"
down_revision = "0007"

_FIELDS = ("contract_number", "project", "project_name", "notice_name", "issuer", "issuer_name")
_VALUES = {field: f"json_extract(body, '$.set.{field}')" for field in _FIELDS}
_NUMBER = _VALUES["contract_number"]

STATEMENTS = (
    *(
        f"CREATE INDEX entries_by_{field} ON entries ({value}, submission) WHERE {value} IS NOT NULL"
        for field, value in _VALUES.items()
    ),
    f"CREATE INDEX entries_by_spelled_number ON entries ({_NUMBER}) WHERE {_NUMBER} GLOB '*[^!-~]*'",
    """
    CREATE INDEX messages_of_alarms ON messages (mailbox, message_id)
    WHERE "end" = 'own' AND message_id GLOB '<*.a[0-9]*@*>'
    """,
)


def upgrade() -> None:
    """Add the indexes, which SQLite fills from the rows that are there."""
    run_statements(STATEMENTS)
