"""Makes the tables of the database and brings older ones up to date, with alembic. Start reading at ``upgrade``."""
