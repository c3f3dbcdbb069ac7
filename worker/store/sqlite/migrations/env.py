"""What alembic runs: the migrations, in the transaction that the caller opened with BEGIN IMMEDIATE."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
