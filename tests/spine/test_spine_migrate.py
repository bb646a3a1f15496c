"""Migrations and the mapping of the driver's errors."""

import asyncio
import socket
import sys
import uuid

import psycopg
import pytest
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from casework.application import application
from dossier.adapters.migrate import migrate, prepare
from dossier.adapters.pool import database, database_error, mapped_errors
from dossier.errors import (
    DatabaseUnreachable,
    DiskFull,
    LoginRefused,
    NotPermitted,
    SchemaMismatch,
    StorageFailed,
    Unavailable,
)


@pytest.fixture
def empty_database(cluster):
    name = f"e_{uuid.uuid4().hex}"
    with psycopg.connect(cluster, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield make_conninfo(cluster, dbname=name)
    with psycopg.connect(cluster, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _schema(url):
    """Everything that the catalogue knows of our schemas, and when each part of it was last changed."""
    with psycopg.connect(url) as conn:
        return conn.execute(
            "SELECT c.oid::regclass::text, c.xmin::text, c.relacl::text FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN ('dossier', 'langgraph', 'casework')"
            " ORDER BY 1"
        ).fetchall()


@pytest.mark.req("GR-2", "PE-1")
async def test_processes_that_start_at_once_on_an_empty_database_all_get_ready(empty_database):
    children = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.spine.starting_process", empty_database, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(4)
    ]
    said = [(await child.communicate())[0] for child in children]
    assert said == [b"ready\n"] * 4
    with psycopg.connect(empty_database) as conn:
        assert conn.execute("SELECT version_num FROM dossier.alembic_version").fetchall() == [("0001",)]
        assert len(conn.execute("SELECT name FROM dossier.applications").fetchall()) == 1


@pytest.mark.req("GR-2")
async def test_a_database_that_is_up_to_date_is_left_alone(database_url):
    before = _schema(database_url)
    await prepare(database_url, application())
    assert _schema(database_url) == before != []


@pytest.mark.req("ST-5")
async def test_a_newer_schema_is_refused_and_left_alone(database_url):
    with psycopg.connect(database_url) as conn:
        conn.execute("UPDATE dossier.alembic_version SET version_num = '0999'")
    before = _schema(database_url)
    with pytest.raises(SchemaMismatch, match="has schema 0999; this code knows 0001") as refused:
        await prepare(database_url, application())
    assert refused.value.hint == "Upgrade Dossier on this machine."
    assert _schema(database_url) == before


@pytest.mark.req("GR-2")
def test_a_role_that_may_not_migrate_is_told_so(empty_database):
    with pytest.raises(NotPermitted, match="permission denied"):
        migrate(make_conninfo(empty_database, user="dossier_runtime"))


@pytest.mark.req("GR-2", "PE-1")
async def test_a_server_that_can_not_be_reached_is_unavailable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql://postgres@127.0.0.1:{taken.getsockname()[1]}/dossier"
        with pytest.raises(Unavailable) as refused:
            await prepare(url, application())
    assert (refused.value.code, refused.value.status) == ("database_unreachable", 503)
    assert refused.value.hint.startswith("Check DATABASE_URL and that the server runs, or unset it")


@pytest.mark.req("PE-2")
async def test_a_connection_that_the_server_ends_is_unavailable_and_the_next_one_works(database_url):
    async with database(database_url, size=1) as db:
        with pytest.raises(Unavailable):
            async with db.write("test", "northgate") as cursor:
                await cursor.execute("SELECT pg_backend_pid() AS pid")
                with psycopg.connect(database_url) as admin:
                    admin.execute("SELECT pg_terminate_backend(%(pid)s)", await cursor.fetchone())
                await cursor.execute("SELECT 1 AS one")
                await cursor.fetchone()
        async with db.read("northgate") as cursor:
            await cursor.execute("SELECT 1 AS one")
            assert await cursor.fetchone() == {"one": 1}


@pytest.mark.req("PE-2")
async def test_a_write_that_fails_unseen_until_its_end_fails_and_is_not_told_as_done(database_url):
    points = []
    async with database(database_url, size=1, probe=points.append) as db:
        with pytest.raises(StorageFailed):
            async with db.write("test", "northgate") as cursor:
                await cursor.execute("INSERT INTO bodies (digest, body) VALUES ('a', 'b')")
                await cursor.execute("INSERT INTO bodies (digest, body) VALUES ('a', 'b')")
        async with db.read("northgate") as cursor:
            await cursor.execute("SELECT count(*) AS n FROM bodies")
            assert await cursor.fetchone() == {"n": 0}
    assert points == ["test:before"]


AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
CLASSES = sorted(
    {
        thing
        for module in (psycopg, errors)
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, psycopg.Error)
    }
    | {PoolTimeout, PoolClosed, TooManyRequests},
    key=lambda kind: kind.__name__,
)


@pytest.mark.req("GR-2")
def test_every_error_of_the_driver_becomes_one_of_ours():
    assert len(CLASSES) > 200
    for kind in CLASSES:
        with pytest.raises((NotPermitted, Unavailable, StorageFailed)) as mapped, mapped_errors():
            raise kind("first line\nsecond line")
        expected = StorageFailed
        if issubclass(kind, AWAY):
            expected = DatabaseUnreachable
        if kind is errors.DiskFull:
            expected = DiskFull
        if issubclass(kind, (errors.InvalidAuthorizationSpecification, errors.InvalidPassword)):
            expected = LoginRefused
        if kind is errors.InsufficientPrivilege:
            expected = NotPermitted
        assert (type(mapped.value), type(mapped.value.__cause__)) == (expected, kind), kind
        assert "first line" in mapped.value.message
        assert "second line" not in mapped.value.message


@pytest.mark.req("GR-2")
def test_an_error_without_words_is_named_by_its_class():
    assert "UniqueViolation" in database_error(errors.UniqueViolation()).message
