"""Schema migrations: alembic runs the numbered revisions, each a .sql file."""
