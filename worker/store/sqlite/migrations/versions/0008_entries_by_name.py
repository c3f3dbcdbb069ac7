"""The entries that set a name or number, and our own alarms in a mailbox, are found by indexes."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_FIELDS = ("contract_number", "project", "project_name", "notice_name", "issuer", "issuer_name")


def upgrade() -> None:
    """Add the indexes, which SQLite fills from the rows that are there."""
    for field in _FIELDS:
        value = f"json_extract(body, '$.set.{field}')"
        op.execute(f"CREATE INDEX entries_by_{field} ON entries\n({value}, submission)\nWHERE {value} IS NOT NULL")
    number = "json_extract(body, '$.set.contract_number')"
    op.execute(f"CREATE INDEX entries_by_spelled_number ON entries ({number})\nWHERE {number} GLOB '*[^!-~]*'")
    op.execute(
        "CREATE INDEX messages_of_alarms ON messages (mailbox, message_id)\n"
        "WHERE \"end\" = 'own' AND message_id GLOB '<*.a[0-9]*@*>'"
    )
