"""A real PostgreSQL for every test that needs one: DATABASE_URL's, or a built-in one; a fresh database a test."""

import asyncio
import fcntl
import os
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from casework.application import application
from dossier.adapters.embedded_postgres import start
from dossier.adapters.migrate import prepare
from dossier.adapters.pool import silent
from dossier.application import Application
from dossier.services import Services, open_services, utc_now
from dossier.settings import Settings
from state.principal import Principal

SECRET = "5f" * 32
TEMPLATE = "dossier_template"

OpenServices = Callable[..., AbstractAsyncContextManager[Services]]


_LONG = ("torture", "dev_server", "service", "recall", "evals")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders with long tests first: beside them the short ones fill what is left of the other processors."""
    items.sort(key=lambda item: _LONG.index(folder) if (folder := item.path.parent.name) in _LONG else len(_LONG))


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server's administrator, with a migrated template database on it; shared by all workers of a run."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    given = os.environ.get("DATABASE_URL")
    server = None if given else start(shared / "cluster")
    admin = given or server.url()  # pyright: ignore[reportOptionalMemberAccess]
    with open(shared / "template.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "template.made").exists():
            _make_template(admin)
            (shared / "template.made").touch()
    yield admin
    if server is not None:
        server.close()


def _make_template(admin: str) -> None:
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(TEMPLATE)))
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    asyncio.run(prepare(on_database(admin, TEMPLATE), application()))
    with psycopg.connect(admin, autocommit=True) as conn:
        # So that tests can be these roles and nothing more.
        conn.execute("ALTER ROLE dossier_runtime LOGIN")
        conn.execute("ALTER ROLE dossier_eraser LOGIN")
        conn.execute("ALTER ROLE dossier_auditor LOGIN")


def on_database(url: str, name: str) -> str:
    """Return the same server's URL for another database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


@pytest.fixture
def database_url(cluster: str) -> Iterator[str]:
    """URL of a fresh database of the administrator's, migrated, with the case desk in it."""
    with _database(cluster) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(cluster: str) -> Iterator[str]:
    """The same for all tests of a module."""
    with _database(cluster) as url:
        yield url


@contextmanager
def _database(cluster: str) -> Iterator[str]:
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(cluster, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE)))
    yield on_database(cluster, name)
    with psycopg.connect(cluster, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of this test's database and the offline model, whatever the environment says."""
    return desk_settings(database_url)


def desk_settings(database_url: str, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "database_url": database_url,
        "secret": SECRET,
        "openai_api_key": None,
        "openai_base_url": None,
        "model": None,
        "pool_size": 6,
        **more,
    }
    return Settings(_env_file=None, **given)


desk_settings.__test__ = False  # pyright: ignore[reportFunctionMemberAccess]


@pytest.fixture
def open_case_desk(database_url: str) -> OpenServices:
    """Opens services on this test's database: `async with open_case_desk(tool_loop_limit=2) as services`."""

    @asynccontextmanager
    async def opened(
        *, app: Application | None = None, model_app: Any = None, probe: Any = silent, now: Any = utc_now, **more: Any
    ) -> AsyncIterator[Services]:
        given = desk_settings(database_url, **more)
        async with open_services(given, app or application(), model_app=model_app, probe=probe, now=now) as services:
            yield services

    return opened


@pytest.fixture
async def services(open_case_desk: OpenServices) -> AsyncIterator[Services]:
    """The case desk's services with the offline model."""
    async with open_case_desk() as opened:
        yield opened


@pytest.fixture
def officer() -> Principal:
    return Principal(tenant="northgate", user="o.brandt", roles=("officer",))


@pytest.fixture
def supervisor() -> Principal:
    return Principal(tenant="northgate", user="s.okafor", roles=("supervisor",))


@pytest.fixture
def stranger() -> Principal:
    """An officer of another tenant."""
    return Principal(tenant="southmoor", user="o.brandt", roles=("officer", "supervisor", "auditor"))


@pytest.fixture
def thread() -> str:
    return str(uuid.uuid4())
