"""Makes the database and brings an older one up to date, with alembic; nothing else imports alembic."""
