"""The database `dossier` on the built-in server, and the URLs by which its roles log in."""

import psycopg

from dossier.adapters.embedded_postgres import EmbeddedPostgres
from dossier.adapters.migrate import migrate
from dossier.adapters.pool import mapped_errors

NAME = "dossier"


def own_database(server: EmbeddedPostgres) -> tuple[str, str]:
    """Return the runtime's and the migrator's URL, the database made if it is missing.

    On this server the runtime logs in as itself: no connection of it could ever become
    the superuser's.
    """
    with mapped_errors(), psycopg.connect(server.url(), autocommit=True) as conn:
        if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
            _create(conn)
    admin = server.url(database=NAME)
    migrate(admin)
    with mapped_errors(), psycopg.connect(admin) as conn:
        # Processes that start together would change the role's row at the same moment, which PostgreSQL refuses.
        conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('dossier own database', 0))")
        login = conn.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'dossier_runtime'").fetchone()
        if login == (False,):
            conn.execute("ALTER ROLE dossier_runtime LOGIN")
    return server.url(user="dossier_runtime", database=NAME), admin


def _create(conn: psycopg.Connection) -> None:
    try:
        conn.execute(f"CREATE DATABASE {NAME}")
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
        return  # another process was faster
