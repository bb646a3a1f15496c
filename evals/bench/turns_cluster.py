"""A PostgreSQL of the benchmark's own, on which the write-ahead log grows by what turns write and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from dossier.adapters import embedded_postgres

CONDITIONS = {
    "full_page_writes": "off",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "4GB",
}
"""Whole pages after a checkpoint, and vacuums, come when the clock says so: they are no turn's own."""


class Cluster:
    """The server, seen by its administrator."""

    def __init__(self, server: embedded_postgres.EmbeddedPostgres, conn: psycopg.Connection) -> None:
        self._server = server
        self._conn = conn

    def make_database(self, name: str) -> str:
        """Return the URL of a new database."""
        self._conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url(name)

    def url(self, database: str) -> str:
        """Return the administrator's URL of a database."""
        return self._server.url(database=database)

    def written(self) -> int:
        """Return the bytes of write-ahead log so far."""
        row = self._conn.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        assert row is not None
        return int(row[0])

    def upkeep(self, database: str) -> int:
        """Do what autovacuum would have done, between turns; return the bytes that it wrote."""
        before = self.written()
        with psycopg.connect(self.url(database), autocommit=True) as conn:
            conn.execute("VACUUM (ANALYZE)")
        return self.written() - before


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Start the server in a folder and put it under the benchmark's conditions."""
    server = embedded_postgres.start(folder)
    try:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            for name, value in CONDITIONS.items():
                conn.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
            conn.execute("SELECT pg_reload_conf()")
            yield Cluster(server, conn)
    finally:
        server.close()
