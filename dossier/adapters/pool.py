"""The one way to the database: short transactions, bound to a tenant, under a name.

The name of a writing transaction is a *write point*: fault runs stop the process
before and after each of them. Driver errors become errors of ours here and nowhere
else.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

import psycopg
from psycopg import AsyncCursor
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from dossier.errors import DossierError, NotPermitted, StorageFailed, Unavailable

Cursor = AsyncCursor[dict[str, Any]]
Probe = Callable[[str], None]
"""Told `name:before` and `name:after` around each writing transaction."""

Role = Literal["dossier_runtime", "dossier_eraser"]

_OPTIONS = "-c role={role} -c search_path=dossier,langgraph -c statement_timeout=60s"


def _silent(point: str) -> None:
    """Do nothing: nobody watches the write points."""


class Database:
    """A pool of connections of the runtime's role."""

    def __init__(self, pool: AsyncConnectionPool[Any], probe: Probe = _silent) -> None:
        self._pool = pool
        self._probe = probe

    @asynccontextmanager
    async def read(self, tenant: str) -> AsyncIterator[Cursor]:
        """Yield a cursor that sees one tenant's rows."""
        with mapped_errors():
            async with self._pool.connection() as conn, conn.pipeline(), conn.transaction(), conn.cursor() as cursor:
                await cursor.execute("SELECT set_config('dossier.tenant', %s, true)", [tenant])
                yield cursor

    @asynccontextmanager
    async def write(self, point: str, tenant: str) -> AsyncIterator[Cursor]:
        """Yield a cursor whose work is committed as one, or not at all."""
        self._probe(f"{point}:before")
        async with self.read(tenant) as cursor:
            yield cursor
        self._probe(f"{point}:after")

    @asynccontextmanager
    async def session(self, point: str, tenant: str) -> AsyncIterator[Cursor]:
        """Yield a cursor outside a transaction, for code that opens its own."""
        self._probe(f"{point}:before")
        with mapped_errors():
            async with self._pool.connection() as conn, conn.cursor() as cursor:
                await cursor.execute("SELECT set_config('dossier.tenant', %s, false)", [tenant])
                try:
                    yield cursor
                finally:
                    await cursor.execute("RESET dossier.tenant")
        self._probe(f"{point}:after")


@asynccontextmanager
async def database(
    url: str, *, size: int, role: Role = "dossier_runtime", probe: Probe = _silent
) -> AsyncIterator[Database]:
    """Open a pool on a libpq URL, as one of our roles.

    Args:
        url: Its user is the role, or may become it.
        size: Connections at most.
        role: Whose rights the connections have.
        probe: Watches the write points.

    Raises:
        Unavailable: The server can't be reached within ten seconds.
    """
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        make_conninfo(url, options=_OPTIONS.format(role=role), application_name="dossier", connect_timeout=10),
        min_size=1,
        max_size=size,
        kwargs={"autocommit": True, "prepare_threshold": 2, "row_factory": dict_row},
        open=False,
        timeout=10.0,
    )
    with mapped_errors():
        await pool.open(wait=True, timeout=10.0)
    try:
        yield Database(pool, probe)
    finally:
        await pool.close()


@contextmanager
def mapped_errors() -> Iterator[None]:
    """Turn what the driver raises into errors of ours."""
    try:
        yield
    except (psycopg.Error, PoolTimeout) as error:
        raise database_error(error) from error


def database_error(error: psycopg.Error | PoolTimeout) -> DossierError:
    """Return the error of ours that stands for one of the driver's."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return NotPermitted(f"The database refused: {text}.")
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)):
        return Unavailable(f"The database is away: {text}.", hint="Nothing was lost; try again when it is back.")
    return StorageFailed(f"The database could not do it: {text}.", hint="This is a fault of the program; report it.")
