"""Alembic's entry: one connection, given by `dossier.adapters.migrate`."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="dossier")
with context.begin_transaction():
    context.run_migrations()
