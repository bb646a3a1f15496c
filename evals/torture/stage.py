"""Where a race is played: two processes of one runtime over one database, and the outside that they act upon."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, cast

from evals.torture.actors import Actor, begun
from evals.torture.dev import Dev, dev_server
from evals.torture.outside import Outside
from evals.torture.player import Told
from evals.torture.replica import Replica, replica

Runtime = Literal["ours", "endpoint", "dev", "plain", "careful"]
"""Ours in process, behind the endpoint, behind langgraph dev; LangGraph by its guides, and with options that help."""
OURS: tuple[Runtime, ...] = ("ours", "endpoint", "dev")
PLAIN: tuple[Runtime, ...] = ("plain", "careful")


class Caller:
    """A client of a server that no race stops."""

    def __init__(self, client: Dev) -> None:
        self._client = client

    def begin(self, verb: str, *args: Any) -> "asyncio.Future[Told]":
        """Begin a job."""
        return asyncio.ensure_future(getattr(self._client, verb)(*args))

    async def do(self, verb: str, *args: Any) -> Told:
        """Do one job and return its answer."""
        return await self.begin(verb, *args)


@dataclass(frozen=True, slots=True)
class Stage:
    """Two processes of one runtime over one database, and the outside."""

    runtime: Runtime
    one: Actor
    other: Actor
    outside: Outside
    database: str

    def thread(self) -> str:
        """Return a new thread's id."""
        return str(uuid.uuid4())

    async def acts(self, thread: str) -> list[str]:
        """Return what was done outside for a thread, sorted."""
        known = await asyncio.to_thread(self.outside.ask, "/of", thread=thread)
        return sorted(known["acts"])


@asynccontextmanager
async def stage(
    runtime: Runtime, database: str, secret: str, sink: int, settings: Mapping[str, Any] | None = None
) -> AsyncIterator[Stage]:
    """Start two processes of a runtime; of langgraph dev one, which two talk to."""
    given = {"runtime": runtime, "database": database, "secret": secret, "sink": sink, "settings": dict(settings or {})}
    if runtime == "dev":
        async with dev_server(database, secret, sink, given["settings"]) as url, aclosing(Dev(url)) as client:
            yield Stage(runtime, cast(Actor, Caller(client)), cast(Actor, Caller(client)), Outside(sink), database)
        return
    start = _start_replica if runtime == "endpoint" else _start
    async with AsyncExitStack() as stack:
        actors: Sequence[Actor] = await asyncio.gather(start(given), start(given))
        for actor in actors:
            stack.push_async_callback(actor.close)
        await asyncio.gather(*(actor.ready() for actor in actors))
        yield Stage(runtime, actors[0], actors[1], Outside(sink), database)


async def _start(given: Mapping[str, Any]) -> Actor:
    actor = Actor(await begun("evals.torture.actor"))
    actor.tell(**given)
    return actor


async def _start_replica(given: Mapping[str, Any]) -> Replica:
    started = await replica()
    started.tell(**given, again=True)
    return started
