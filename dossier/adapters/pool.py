"""The one way to the database: short transactions, bound to a tenant, under a name.

The name of a writing transaction is a *write point*: fault runs stop the process
before and after each of them. Driver errors become errors of ours here and nowhere
else.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal, LiteralString

import psycopg
from psycopg import AsyncConnection, AsyncCursor, AsyncPipeline
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from dossier.adapters.queries import Statement
from dossier.errors import DatabaseUnreachable, DiskFull, DossierError, LoginRefused, NotPermitted, StorageFailed

Cursor = AsyncCursor[dict[str, Any]]
Probe = Callable[[str], None]
"""Told `name:before` and `name:after` around each writing transaction."""

Role = Literal["dossier_runtime", "dossier_eraser", "dossier_sweeper", "dossier_auditor"]

_OPTIONS = "-c role={role} -c search_path=dossier,langgraph -c statement_timeout=60s -c timezone=UTC"
_FROZEN_SECONDS = 10.0
_TENANT = "SELECT set_config('dossier.tenant', %s, true)"
_READ = f"{_TENANT}, set_config('transaction_read_only', 'on', true)"
_WRITE = f"{_TENANT}, set_config('idle_in_transaction_session_timeout', %s, true)"


class _Synced(AsyncCursor[dict[str, Any]]):
    """A cursor of a pipeline that tells the server, before each fetch, that it is the client's turn.

    Only then does the server's clock for idle transactions run: without it a process that is frozen
    after a fetch would keep its locks for ever.
    """

    pipeline: AsyncPipeline

    async def fetchone(self) -> dict[str, Any] | None:
        await self.pipeline.sync()
        return await super().fetchone()

    async def fetchall(self) -> list[dict[str, Any]]:
        await self.pipeline.sync()
        return await super().fetchall()


async def together(cursor: Cursor, *queries: Statement) -> list[list[dict[str, Any]]]:
    """Return what queries of one transaction find, in order, in one round trip."""
    assert isinstance(cursor, _Synced)
    cursors = [await cursor.connection.execute(query.sql, query.params) for query in queries]
    await cursor.pipeline.sync()
    return [await found.fetchall() for found in cursors]


def silent(point: str) -> None:
    """Do nothing: nobody watches the write points."""


class Database:
    """A pool of connections of the runtime's role."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], probe: Probe = silent, frozen_seconds: float = _FROZEN_SECONDS
    ) -> None:
        self._pool = pool
        self._probe = probe
        self._idle = f"{round(frozen_seconds * 1000)}ms"

    @asynccontextmanager
    async def read(self, tenant: str) -> AsyncIterator[Cursor]:
        """Yield a cursor that sees one tenant's rows and can't change them."""
        async with self._transaction(_READ, [tenant]) as cursor:
            yield cursor

    async def rows(self, tenant: str, *queries: Statement) -> list[list[dict[str, Any]]]:
        """Return what each query finds among one tenant's rows, which none can change: all in one round trip."""
        return await self._at_once(_READ, [tenant], queries)

    async def change(self, point: str, tenant: str, query: Statement) -> list[dict[str, Any]]:
        """Return what one writing query gives back; it is committed in the same round trip."""
        self._probe(f"{point}:before")
        (found,) = await self._at_once(_WRITE, [tenant, self._idle], [query])
        self._probe(f"{point}:after")
        return found

    @asynccontextmanager
    async def write(self, point: str, tenant: str) -> AsyncIterator[Cursor]:
        """Yield a cursor whose work is committed as one, or not at all.

        The server ends it when this process is silent for too long, so that locks of a
        frozen process don't outlive its lease.
        """
        self._probe(f"{point}:before")
        async with self._transaction(_WRITE, [tenant, self._idle]) as cursor:
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

    async def _at_once(
        self, begin: LiteralString, params: list[str], queries: Sequence[Statement]
    ) -> list[list[dict[str, Any]]]:
        with mapped_errors():
            async with self._pool.connection() as conn:
                # Up to its sync a pipeline is one transaction, so that the tenant holds for all of it.
                async with conn.pipeline():
                    await conn.execute(begin, params)
                    cursors = [await conn.execute(query.sql, query.params) for query in queries]
                return [await cursor.fetchall() for cursor in cursors]

    @asynccontextmanager
    async def _transaction(self, begin: LiteralString, params: list[str]) -> AsyncIterator[Cursor]:
        with mapped_errors():
            async with (
                self._pool.connection() as conn,
                conn.pipeline() as pipeline,
                conn.transaction(),
                _Synced(conn) as cursor,
            ):
                cursor.pipeline = pipeline
                await cursor.execute(begin, params)
                yield cursor


@asynccontextmanager
async def database(
    url: str,
    *,
    size: int,
    role: Role = "dossier_runtime",
    probe: Probe = silent,
    frozen_seconds: float = _FROZEN_SECONDS,
) -> AsyncIterator[Database]:
    """Open a pool on a libpq URL, as one of our roles.

    Args:
        url: Its user is the role, or may become it.
        size: Connections at most.
        role: Whose rights the connections have.
        probe: Watches the write points.
        frozen_seconds: How long a writing transaction may be silent; less than a lease lasts.

    Raises:
        DatabaseUnreachable: The server can't be reached within ten seconds.
        LoginRefused: It does not let this user in, or not become the role.
    """
    where = make_conninfo(url, options=_OPTIONS.format(role=role), application_name="dossier", connect_timeout=10)
    with mapped_errors():  # a pool would try until its time is up, and then not say what was wrong
        await (await AsyncConnection.connect(where)).close()
    pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
        where,
        min_size=1,
        max_size=size,
        kwargs={"autocommit": True, "prepare_threshold": 2, "row_factory": dict_row},
        open=False,
        timeout=10.0,
    )
    with mapped_errors():
        await pool.open(wait=True, timeout=10.0)
    try:
        yield Database(pool, probe, frozen_seconds)
    finally:
        await pool.close()


@contextmanager
def mapped_errors() -> Iterator[None]:
    """Turn what the driver raises into errors of ours.

    Raises:
        CancelledError: The task was cancelled: what the driver says of its broken pipeline then is not the reason.
    """
    try:
        yield
    except (psycopg.Error, PoolTimeout) as error:
        if _is_cancelled():
            raise asyncio.CancelledError from error
        raise database_error(error) from error


def _is_cancelled() -> bool:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return task is not None and task.cancelling() > 0


_CHECK_URL = "Check DATABASE_URL and that the server runs, or unset it to use the built-in server; nothing was lost."
_CHECK_LOGIN = "Check user, password and database in DATABASE_URL, and the server's pg_hba.conf; nothing was lost."
_FREE_SPACE = "Free some space on the disk of the database, then do it again; nothing was lost."
# A refused login has no SQLSTATE in the driver, only the server's words.
_LOGIN = re.compile(
    r"authentication failed|no password supplied|pg_hba\.conf|permission denied (to set role|for database)"
    r"|not permitted to log in|(role|database) \"[^\"]*\" does not exist"
)
_REFUSED = (psycopg.errors.InvalidAuthorizationSpecification, psycopg.errors.InvalidPassword)


def database_error(error: psycopg.Error | PoolTimeout) -> DossierError:
    """Return the error of ours that stands for one of the driver's."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return NotPermitted(f"The database refused: {text}.")
    if isinstance(error, psycopg.errors.DiskFull):
        return DiskFull(f"The database has no space left: {text}.", hint=_FREE_SPACE)
    if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)):
        if isinstance(error, _REFUSED) or _LOGIN.search(text):
            return LoginRefused(f"The database let nobody in: {text}.", hint=_CHECK_LOGIN)
        return DatabaseUnreachable(f"The database can't be reached: {text}.", hint=_CHECK_URL)
    return StorageFailed(f"The database could not do it: {text}.", hint="This is a fault of the program; report it.")
