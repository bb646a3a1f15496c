"""One writer a thread: leases with a growing token, on the database's clock.

A lease is given back at the end of an invocation and at an interrupt. Giving it back
raises the token, so that a late write of the same run is refused like that of a run
that was overtaken.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from psycopg.errors import DivisionByZero

from dossier.adapters.pool import Cursor, Database, together
from dossier.adapters.queries import Statement, load
from dossier.errors import LeaseLost, NotFound, StorageFailed, ThreadBusy, Unavailable
from dossier.stopping import stopped

_SQL = load("dossier.adapters", "sql/leases.sql")
_POLL_SECONDS = 0.05


async def fence(cursor: Cursor, thread: str, token: int) -> None:
    """Refuse the transaction unless the token is the thread's newest.

    The row stays locked until the transaction ends, so that nobody can take the lease
    over between this check and the commit.

    Raises:
        LeaseLost: The lease was given back or taken over.
    """
    await fenced(cursor, thread, token)


async def fenced(cursor: Cursor, thread: str, token: int, *queries: Statement) -> list[list[dict[str, Any]]]:
    """Return what queries find behind the fence, in the same round trip.

    Raises:
        LeaseLost: As `fence`.
    """
    held, *found = await together(cursor, Statement(_SQL["fence"], {"thread": thread, "token": token}), *queries)
    if not held:
        raise _lost(thread)
    return found


@asynccontextmanager
async def behind_fence(db: Database, point: str, tenant: str, thread: str, token: int) -> AsyncIterator[Cursor]:
    """Yield a cursor for writes that look at nothing: fence and commit share their one round trip.

    Raises:
        LeaseLost: As `fence`.
    """
    try:
        async with db.write(point, tenant) as cursor:
            yield cursor
            # Last, so that the row is locked no longer than the commit takes.
            await cursor.execute(_SQL["insist"], {"thread": thread, "token": token})
    except StorageFailed as failed:
        if isinstance(failed.__cause__, DivisionByZero):
            raise _lost(thread) from failed
        raise


def _lost(thread: str) -> LeaseLost:
    return LeaseLost(
        f"This run no longer holds thread {thread!r}.", hint="Another run went on with it; read the thread's state."
    )


class Leases:
    """Takes, keeps and gives back the leases of threads."""

    def __init__(self, db: Database, *, holder: str, seconds: float, heartbeat: float) -> None:
        self._db = db
        self._holder = holder
        self._seconds = seconds
        self._heartbeat = heartbeat

    async def take(self, tenant: str, thread: str, *, wait: float = 0.0) -> int:
        """Take a thread's lease and return its token.

        Args:
            tenant: The thread's tenant.
            thread: The thread's id.
            wait: Seconds to wait for another run to give it back.

        Raises:
            NotFound: There is no such thread in the tenant.
            ThreadBusy: Another run holds it.
        """
        deadline = asyncio.get_running_loop().time() + wait
        while True:
            token = await self._tried(tenant, thread)
            if token is not None:
                return token
            if asyncio.get_running_loop().time() >= deadline:
                raise ThreadBusy(
                    f"Another run is working on thread {thread!r}.", hint="Wait for its end and try again."
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def release(self, tenant: str, thread: str, token: int) -> None:
        """Give a lease back; one that was lost stays with its new holder."""
        await self._db.change("lease.release", tenant, Statement(_SQL["release"], {"thread": thread, "token": token}))

    @asynccontextmanager
    async def kept(self, tenant: str, thread: str, token: int) -> AsyncIterator[None]:
        """Renew a lease while the block runs, then give it back, cancelled or not."""
        beat = asyncio.create_task(self._beat(tenant, thread, token))
        try:
            yield
        finally:
            await asyncio.shield(asyncio.create_task(self._give_back(beat, tenant, thread, token)))

    async def _give_back(self, beat: asyncio.Task[None], tenant: str, thread: str, token: int) -> None:
        await stopped(beat)
        with suppress(Unavailable):  # then it expires by itself, and what ended the run is not hidden
            await self.release(tenant, thread, token)

    async def _tried(self, tenant: str, thread: str) -> int | None:
        """Try once; who is cancelled while the answer is under way gives back what it may have taken."""
        trying = asyncio.create_task(self._try(tenant, thread))
        try:
            return await asyncio.shield(trying)
        except asyncio.CancelledError:
            with suppress(NotFound, Unavailable):
                if (token := await trying) is not None:
                    await self.release(tenant, thread, token)
            raise

    async def _try(self, tenant: str, thread: str) -> int | None:
        params = {"thread": thread, "holder": self._holder, "seconds": self._seconds}
        found = await self._db.change("lease.take", tenant, Statement(_SQL["take"], params))
        if not found:
            return None
        if found[0]["token"] is None:
            raise NotFound(f"There is no thread {thread!r}.", hint="Check the id.")
        return int(found[0]["token"])

    async def _beat(self, tenant: str, thread: str, token: int) -> None:
        """Renew until the lease is lost: the next fenced write tells the run."""
        while True:
            await asyncio.sleep(self._heartbeat)
            with suppress(Unavailable):  # the database may come back before the lease expires
                if not await self._renew(tenant, thread, token):
                    return

    async def _renew(self, tenant: str, thread: str, token: int) -> bool:
        params = {"thread": thread, "token": token, "seconds": self._seconds}
        return bool(await self._db.change("lease.renew", tenant, Statement(_SQL["renew"], params)))
