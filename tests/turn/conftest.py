"""A case desk with a scripted model: a turn goes through the gated graph on a real PostgreSQL."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import psycopg
import pytest
from langgraph.types import Command

from dossier.adapters.inprocess import ASGIApp
from dossier.adapters.model import Retry
from dossier.adapters.packages import Prompt
from dossier.adapters.script import Item
from dossier.adapters.scripted_model import ScriptedModel
from dossier.services import Services
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph
from state import events as e
from state.log import Event
from state.principal import Principal

B = TypeVar("B", bound=e.Body)
BeforeCall = Callable[[], Awaitable[None]]
"""Looks around when a request has reached the model and no answer was sent."""


@dataclass
class Desk:
    """One thread of an officer's, and what happened in it."""

    services: Services
    graph: GatedGraph
    model: ScriptedModel
    thread: str
    officer: Principal
    supervisor: Principal
    waits: list[float] = field(default_factory=list)
    """Seconds that were waited before calls were tried again; none of them pass."""

    @property
    def config(self) -> Any:
        return {"configurable": {"thread_id": self.thread}}

    async def say(self, text: str, *, id: str = "", who: Principal | None = None, **extras: Any) -> dict[str, Any]:
        """Send a message and wait for the end of the turn, or for an interrupt."""
        return await self.graph.acting_as(who or self.officer).ainvoke(said(text, id, **extras), self.config)

    async def decide(self, answers: dict[str, Any], *, who: Principal | None = None) -> dict[str, Any]:
        """Send decisions by interrupt or approval id."""
        return await self.graph.acting_as(who or self.supervisor).ainvoke(Command(resume=answers), self.config)

    async def events(self) -> tuple[Event, ...]:
        return await self.services.log.events(self.officer.tenant, self.thread)

    async def of(self, kind: type[B]) -> list[B]:
        """Return the bodies of one type, oldest first."""
        return [event.body for event in await self.events() if isinstance(event.body, kind)]

    async def last(self, kind: type[B]) -> B:
        return (await self.of(kind))[-1]

    async def types(self) -> list[str]:
        return [event.header.type for event in await self.events()]

    async def prompts(self) -> list[Prompt]:
        """Return the stored prompt of each package, oldest first, as `dossier receipt` reads it."""
        built = await self.of(e.ContextPackageBuilt)
        return [await self.services.packages.by_id(self.officer.tenant, body.package_id) for body in built]

    async def shown(self, kind: str, *, call: int = -1) -> list[tuple[str, str]]:
        """Return (id, text) of the items of one kind in a package, the last one's by default."""
        package = (await self.prompts())[call].package
        return [(entry.item.id, entry.item.text) for entry in package.items if entry.item.kind == kind]

    async def head(self) -> dict[str, Any]:
        """Return the channels as they stand."""
        return (await self.graph.acting_as(self.officer).aget_state(self.config)).values

    async def waiting(self) -> list[Any]:
        """Return what waits, in call order."""
        return await self.services.approvals.pending(self.officer.tenant, self.thread)

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """Read as the runtime does."""
        async with self.services.db.read(self.officer.tenant) as cursor:
            await cursor.execute(query)  # pyright: ignore[reportArgumentType]
            return await cursor.fetchall()


def said(text: str, id: str = "", **extras: Any) -> dict[str, Any]:
    message = {"role": "user", "content": text, "id": id or f"m-{uuid.uuid4()}"}
    return {"messages": [{**message, **({"additional_kwargs": extras} if extras else {})}]}


def _watched(model: ScriptedModel, before_call: BeforeCall) -> ASGIApp:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await before_call()
        await model(scope, receive, send)

    return app


OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def open_desk(open_case_desk: Any, officer: Principal, supervisor: Principal, thread: str) -> OpenDesk:
    """Opens a desk whose model plays a script: `async with open_desk([Say(text="Yes.")]) as desk:`."""

    @asynccontextmanager
    async def opened(
        script: Sequence[Item] = (), *, before_call: BeforeCall | None = None, **more: Any
    ) -> AsyncIterator[Desk]:
        played = ScriptedModel(script)
        app = _watched(played, before_call) if before_call else played
        async with open_case_desk(model_app=app, **more) as services:
            waits: list[float] = []

            async def note(seconds: float) -> None:
                waits.append(seconds)

            services = replace(services, retry=Retry(retries=services.settings.model_retries, sleep=note))
            yield Desk(services, turn_graph(services), played, thread, officer, supervisor, waits)

    return opened


@pytest.fixture
async def offline(services: Services, officer: Principal, supervisor: Principal, thread: str) -> Desk:
    """A desk whose model is the built-in offline one."""
    return Desk(services, turn_graph(services), ScriptedModel([]), thread, officer, supervisor)


@pytest.fixture
def as_owner(database_url: str) -> Callable[[str], None]:
    """Changes rows as somebody else would, through a connection of their own that no row security binds."""

    def change(statement: str) -> None:
        with psycopg.connect(database_url, autocommit=True) as conn:
            conn.execute(statement)  # pyright: ignore[reportArgumentType]

    return change
