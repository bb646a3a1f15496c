"""LangGraph's PostgreSQL checkpointer, bound to a tenant and fenced by the lease.

Each unit of work of the stock saver becomes one transaction that sets the tenant and,
when it writes, proves the lease's token. A write without a run is refused. The stock
saver's lock over its whole pool is gone with its connection.
"""

import copy
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn, Self

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import ERROR

from dossier.adapters.leases import Leases, behind_fence
from dossier.adapters.pool import Cursor, Database
from dossier.adapters.queries import load
from dossier.errors import ForgedInput, NotFound, NotIdentified
from dossier.run import RUN_KEY, Run
from dossier.telemetry.instruments import checkpoint_bytes, snapshot_bytes

reading_tenant: ContextVar[str | None] = ContextVar("reading_tenant", default=None)
"""The tenant of reads outside a run: set by the door that verified the caller."""

_ID_LIMIT = 128
_ADDRESS = ("thread_id", "checkpoint_ns", "checkpoint_id")


@dataclass(frozen=True, slots=True)
class _Unit:
    """For whom, and under which fence, one call of the saver works."""

    tenant: str
    thread: str = ""
    token: int | None = None
    point: str = ""


class FencedSaver(AsyncPostgresSaver):
    """A checkpointer with which only the holder of a thread's lease can write."""

    kept_metadata: ClassVar[frozenset[str]] = frozenset(
        {
            "source",
            "step",
            "parents",
            "turn_id",
            "run_id",
            "run_attempt",
            "graph_id",
            "assistant_id",
            "langgraph_version",
        }
    )
    """All that checkpoint metadata may hold: nothing personal."""

    SELECT_SQL = load("dossier.adapters", "sql/checkpoints.sql")["select"] + " "
    """The stock query with a plan that does not grow with the thread; the stock code adds what it looks for."""

    _unit: _Unit | None = None

    def __init__(self, db: Database, leases: Leases) -> None:
        serde = JsonPlusSerializer(allowed_msgpack_modules=None)
        super().__init__(None, serde=serde)  # pyright: ignore[reportArgumentType] - connections come from db
        self._db = db
        self._leases = leases

    async def setup(self) -> NoReturn:
        """Refuse: the schema comes from migrations, run by their own role."""
        raise ForgedInput("The runtime never changes the schema.", hint="Run `dossier migrate`.")

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Save a checkpoint, if the run still holds the lease."""
        known = get_checkpoint_metadata(config, metadata)
        kept: Any = {name: value for name, value in known.items() if name in self.kept_metadata and _is_short(value)}
        where = {name: value for name, value in _address(config).items() if name in _ADDRESS}
        bound = self._for_write(config, "checkpoint.put")
        return await AsyncPostgresSaver.aput(bound, {"configurable": where}, checkpoint, kept, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Save a task's writes, if the run still holds the lease."""
        bound = self._for_write(config, "checkpoint.writes")
        # An error is kept as its text: it may name a class of ours, which old checkpoints must not depend on.
        plain = [(channel, str(value) if channel == ERROR else value) for channel, value in writes]
        await AsyncPostgresSaver.aput_writes(bound, config, plain, task_id, task_path)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a thread's checkpoint, if it is of the caller's tenant."""
        return await AsyncPostgresSaver.aget_tuple(self._for_read(config), config)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """List checkpoints of the caller's tenant, newest first."""
        bound = self._for_read(config)
        async for found in AsyncPostgresSaver.alist(bound, config, filter=filter, before=before, limit=limit):
            yield found

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete a thread's checkpoints, unless a run holds its lease; an unknown thread has none."""
        with suppress(NotFound):
            async with self._alone(str(thread_id), "checkpoint.delete") as bound:
                await AsyncPostgresSaver.adelete_thread(bound, thread_id)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Prune checkpoints of threads that no run is working on."""
        if isinstance(thread_ids, str):
            raise TypeError("thread_ids must be a sequence of thread ids, not a str")
        for thread in thread_ids:
            with suppress(NotFound):
                async with self._alone(str(thread), "checkpoint.prune") as bound:
                    await AsyncPostgresSaver.aprune(bound, [thread], strategy=strategy)
        if not thread_ids:
            await AsyncPostgresSaver.aprune(self, [], strategy=strategy)

    def _dump_blobs(self, thread_id: str, checkpoint_ns: str, values: dict[str, Any], versions: ChannelVersions) -> Any:
        blobs = super()._dump_blobs(thread_id, checkpoint_ns, values, versions)
        sizes = {blob[2]: len(blob[5] or b"") for blob in blobs}
        checkpoint_bytes.record(sum(sizes.values()))
        if "session" in sizes:
            snapshot_bytes.record(sizes["session"])
        return blobs

    def _for_write(self, config: RunnableConfig, point: str) -> Self:
        run = _run(config)
        if run is None:
            raise NotIdentified(
                "A checkpoint can't be written outside a run that holds the thread's lease.",
                hint="Invoke the graph through its gate.",
            )
        if (thread := str(_address(config)["thread_id"])) != run.thread:
            raise ForgedInput(
                f"A run of thread {run.thread!r} writes to {thread!r}.", hint="Invoke that thread by itself."
            )
        return self._with(_Unit(run.tenant, run.thread, run.token, point))

    def _for_read(self, config: RunnableConfig | None) -> Self:
        run = _run(config)
        tenant = run.tenant if run else reading_tenant.get()
        if tenant is None:
            raise NotIdentified("Whose checkpoints to read is not known.", hint="Read through the gated graph.")
        return self._with(_Unit(tenant))

    def _with(self, unit: _Unit) -> Self:
        bound = copy.copy(self)
        bound._unit = unit
        return bound

    @asynccontextmanager
    async def _alone(self, thread: str, point: str) -> AsyncIterator[Self]:
        tenant = reading_tenant.get()
        if tenant is None:
            raise NotIdentified(
                "Whose checkpoints to delete is not known.", hint="Call through a door that identifies."
            )
        token = await self._leases.take(tenant, thread)
        async with self._leases.kept(tenant, thread, token):
            yield self._with(_Unit(tenant, thread, token, point))

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[Cursor]:
        unit = self._unit
        assert unit is not None, "a method of the stock saver that is not bound to a tenant"
        if unit.point == "checkpoint.prune":  # the stock code opens its own transactions, with their isolation level
            async with self._db.session(unit.point, unit.tenant) as cursor:
                yield cursor
        elif unit.token is None:
            async with self._db.read(unit.tenant) as cursor:
                yield cursor
        else:
            async with behind_fence(self._db, unit.point, unit.tenant, unit.thread, unit.token) as cursor:
                yield cursor


def _is_short(value: object) -> bool:
    """Tell whether a caller could hide no more than an id in a value."""
    return not isinstance(value, str) or len(value) <= _ID_LIMIT


def _address(config: RunnableConfig) -> dict[str, Any]:
    return config.get("configurable") or {}


def _run(config: RunnableConfig | None) -> Run | None:
    run = _address(config or {}).get(RUN_KEY)
    return run if isinstance(run, Run) else None
