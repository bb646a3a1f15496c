"""LangGraph's store on PostgreSQL, each unit of work in a transaction of the tenant that its namespaces begin with."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from itertools import groupby
from typing import NoReturn
from urllib.parse import unquote

from langgraph.store.base import ListNamespacesOp, Op, Result, SearchOp
from langgraph.store.postgres import AsyncPostgresStore

from dossier.adapters.pool import Cursor, Database
from dossier.errors import ForgedInput, NotIdentified
from dossier.stopping import stopped

_tenant: ContextVar[str] = ContextVar("store_tenant")


class TenantStore(AsyncPostgresStore):
    """A store whose namespaces begin with a tenant, as `dossier.memory.namespace` makes them; row security holds it."""

    def __init__(self, db: Database) -> None:
        super().__init__(None)  # pyright: ignore[reportArgumentType] - connections come from db
        self._db = db

    async def setup(self) -> NoReturn:
        """Refuse: the schema comes from migrations, run by their own role."""
        raise ForgedInput("The runtime never changes the schema.", hint="Run `dossier migrate`.")

    async def aclose(self) -> None:
        """End the task with which the stock store gathers operations; the store is not used after that."""
        if self._task is not None:
            await stopped(self._task)

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Run operations in order; those of one tenant that follow each other are one transaction."""
        results: list[Result] = []
        for tenant, group in groupby(ops, _tenant_of):
            token = _tenant.set(tenant)
            try:
                results += await super().abatch(list(group))
            finally:
                _tenant.reset(token)
        return results

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[Cursor]:  # pyright: ignore[reportIncompatibleMethodOverride]
        # Reads too: the stock query for them may touch a row's expiry.
        async with self._db.write("memory.store", _tenant.get()) as cursor:
            yield cursor


def _tenant_of(op: Op) -> str:
    if isinstance(op, ListNamespacesOp):
        path = next((one.path for one in op.match_conditions or () if one.match_type == "prefix"), ())
    else:
        path = op.namespace_prefix if isinstance(op, SearchOp) else op.namespace
    if not path or path[0] == "*":
        raise NotIdentified("Whose memories are meant is not known.", hint="Begin the namespace with the tenant.")
    return unquote(str(path[0]))
