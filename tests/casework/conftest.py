"""A real PostgreSQL with the desk installed by a migrator that is no superuser."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import dict_row

from casework.application import Casework, application
from dossier.adapters.embedded_postgres import EmbeddedPostgres, start
from dossier.tools import Grant, ToolContext
from state.principal import Principal

Cursor = AsyncCursor[dict[str, Any]]
As = Callable[[str], AbstractAsyncContextManager[Cursor]]

ROLES = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dossier_runtime') THEN
        CREATE ROLE dossier_runtime NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
END $$;
CREATE ROLE desk_migrator LOGIN NOSUPERUSER NOBYPASSRLS;
"""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    handle = start(tmp_path_factory.mktemp("casework") / "postgres")
    yield handle
    handle.close()


@pytest.fixture(scope="session")
def template(server: EmbeddedPostgres) -> str:
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(ROLES)
        admin.execute("CREATE DATABASE desk_template OWNER desk_migrator")
    for _ in range(2):
        asyncio.run(_install(server.url(user="desk_migrator", database="desk_template")))
    return "desk_template"


async def _install(url: str) -> None:
    async with await AsyncConnection[dict[str, Any]].connect(url, row_factory=dict_row) as connection:
        await application().install(connection.cursor())


@pytest.fixture(scope="session")
def names() -> Iterator[int]:
    return count()


def _clone(server: EmbeddedPostgres, template: str, name: str) -> str:
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER desk_migrator")
    return name


@asynccontextmanager
async def _bound(server: EmbeddedPostgres, database: str, tenant: str) -> AsyncIterator[Cursor]:
    url = server.url(database=database) + "&options=-c%20role%3Ddossier_runtime"
    async with await AsyncConnection[dict[str, Any]].connect(url, row_factory=dict_row) as connection:
        cursor = connection.cursor()
        await cursor.execute("SELECT set_config('dossier.tenant', %s, true)", [tenant])
        yield cursor


@pytest.fixture(scope="session")
def shipped(server: EmbeddedPostgres, template: str) -> str:
    """A database with the desk as it was shipped; nobody commits to it."""
    return _clone(server, template, "desk_shipped")


@pytest.fixture
async def cursor(server: EmbeddedPostgres, shipped: str) -> AsyncIterator[Cursor]:
    """A transaction of the runtime's role, bound to northgate and rolled back at its end."""
    async with _bound(server, shipped, "northgate") as cursor:
        yield cursor
        await cursor.connection.rollback()


@pytest.fixture
def database(server: EmbeddedPostgres, template: str, names: Iterator[int]) -> str:
    """A database of its own, for a test that commits."""
    return _clone(server, template, f"desk_{next(names)}")


@pytest.fixture
def as_tenant(server: EmbeddedPostgres, database: str) -> As:
    """Open a transaction of the runtime's role, bound to a tenant and committed at its end."""
    return lambda tenant: _bound(server, database, tenant)


@pytest.fixture(scope="session")
def desk() -> Casework:
    return application()


@pytest.fixture(scope="session")
def officer() -> Principal:
    return Principal(tenant="northgate", user="o.brandt", roles=("officer",))


@pytest.fixture(scope="session")
def supervisor() -> Principal:
    return Principal(tenant="northgate", user="s.okafor", roles=("supervisor",))


@pytest.fixture(scope="session")
def context() -> Callable[..., ToolContext]:
    """Make the context of a call."""

    def make(
        cursor: Cursor, principal: Principal, *, key: str = "key-1", relied_on: dict[str, str] | None = None
    ) -> ToolContext:
        grant = None if relied_on is None else Grant("s.okafor", relied_on)
        return ToolContext(principal, "t", "u", key, datetime(2026, 11, 21, 9, 0, tzinfo=UTC), cursor, grant)

    return make
