"""Bring a database to this code's schema and the application's, or refuse one that is newer.

Several processes may start at once: one migrates, the others wait by polling an
advisory lock (a blocking one deadlocks with CREATE INDEX CONCURRENTLY).
"""

import asyncio
import time
from importlib.resources import files

import psycopg
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg import AsyncConnection, AsyncCursor, Connection, sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import DictRow, dict_row

from dossier.adapters.pool import mapped_errors
from dossier.application import Application
from dossier.errors import SchemaMismatch, Unavailable

HEAD = "0001"
_LOCK = 0x646F7373
_INSTALL_LOCK = 0x646F7374
_INSTALLED = """
INSERT INTO dossier.applications (name, version) VALUES (%s, %s)
ON CONFLICT (name) DO UPDATE SET version = excluded.version, installed_at = now()
"""
_POLL_SECONDS = 0.05
_WAIT_SECONDS = 120.0


async def prepare(url: str, app: Application) -> None:
    """Migrate a database and install the application; nothing happens when both are up to date.

    Args:
        url: A libpq URL of a role that owns the database, or may.
        app: Its `install` runs once a version.

    Raises:
        SchemaMismatch: The database is newer than this code.
        Unavailable: It can't be reached, or another migration does not end.
    """
    await asyncio.to_thread(migrate, url)
    with mapped_errors():
        async with await AsyncConnection[DictRow].connect(url, row_factory=dict_row) as conn, conn.cursor() as cursor:
            if not await _is_installed(cursor, app):
                await cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_INSTALL_LOCK])
                if not await _is_installed(cursor, app):
                    await app.install(cursor)
                    await cursor.execute(_INSTALLED, [app.name, app.version])


async def _is_installed(cursor: AsyncCursor[DictRow], app: Application) -> bool:
    await cursor.execute("SELECT version FROM dossier.applications WHERE name = %s", [app.name])
    return await cursor.fetchone() == {"version": app.version}


def migrate(url: str) -> None:
    """Bring the schemas `dossier` and `langgraph` up to date."""
    where = make_conninfo(url, connect_timeout=10)
    with mapped_errors(), Connection[DictRow].connect(where, autocommit=True, row_factory=dict_row) as conn:
        if _revision(conn) == HEAD:
            return
        _lock(conn)
        if _revision(conn) != HEAD:
            _upgrade(conn, url)


def _revision(conn: Connection[DictRow]) -> str | None:
    if conn.execute("SELECT to_regclass('dossier.alembic_version') AS t").fetchone() == {"t": None}:
        return None
    row = conn.execute("SELECT version_num FROM dossier.alembic_version").fetchone()
    revision = row["version_num"] if row else None
    if revision is not None and revision > HEAD:
        raise SchemaMismatch(
            f"The database has schema {revision}; this code knows {HEAD}.",
            hint="Upgrade Dossier on this machine.",
        )
    return revision


def _lock(conn: Connection[DictRow]) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while conn.execute("SELECT pg_try_advisory_lock(%s) AS got", [_LOCK]).fetchone() != {"got": True}:
        if time.monotonic() > deadline:
            raise Unavailable("Another process has been migrating for two minutes.", hint="Look at its log.")
        time.sleep(_POLL_SECONDS)


def _upgrade(conn: Connection[DictRow], url: str) -> None:
    # Imported here: a start that has nothing to migrate, as nearly all have, need not wait for them.
    from alembic import command
    from alembic.config import Config
    from langgraph.store.postgres import PostgresStore
    from sqlalchemy import create_engine, pool

    for schema in ("dossier", "langgraph"):
        conn.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)))
    conn.execute("SET search_path TO langgraph")
    PostgresSaver(conn).setup()
    PostgresStore(conn).setup()
    config = Config()
    config.set_main_option("script_location", str(files("dossier.adapters.migrations")).replace("%", "%%"))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
