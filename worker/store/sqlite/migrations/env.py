"""Runs the migrations for alembic, in the transaction that the caller began with BEGIN IMMEDIATE."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
