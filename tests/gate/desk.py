"""A case desk with a scripted model behind its gate, and how to speak with it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from langgraph.types import Command

from dossier.adapters.scripted_model import ScriptedModel
from dossier.errors import DossierError
from dossier.services import Services
from graphs.gate import GatedGraph
from state.fold import fold
from state.principal import Principal

OFFICER = Principal(tenant="northgate", user="o.brandt", roles=("officer",))
SUPERVISOR = Principal(tenant="northgate", user="s.okafor", roles=("supervisor",))
APPROVE = {"decisions": [{"type": "approve"}]}
REJECT = {"decisions": [{"type": "reject", "message": "Not now."}]}
NOTICE = {"case_id": "C-1042", "subject": "Records", "text": "Please send the temperature records."}
ASK_NOTICE = {"kind": "tool_calls", "when": "licensee", "calls": [{"name": "notify_licensee", "arguments": NOTICE}]}


def said(text: str, id: str | None = None, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text, **({"id": id} if id else {}), **more}]}


def on(thread: str, **configurable: Any) -> dict[str, Any]:
    return {"configurable": {"thread_id": thread, **configurable}}


def resume(key: str, decision: Any) -> Command[Any]:
    return Command(resume={key: decision})


async def code_of(running: Awaitable[Any]) -> str | None:
    """The code with which something was refused; None if it went through."""
    try:
        await running
    except DossierError as error:
        return error.code
    return None


@dataclass(frozen=True)
class Desk:
    """Open services, the graph over them and the model that plays."""

    services: Services
    model: ScriptedModel
    graph: GatedGraph

    @property
    def officer(self) -> GatedGraph:
        return self.graph.acting_as(OFFICER)

    @property
    def supervisor(self) -> GatedGraph:
        return self.graph.acting_as(SUPERVISOR)

    async def types(self, thread: str, turn: str | None = None) -> list[str]:
        events = await self.services.log.events("northgate", thread)
        return [event.header.type for event in events if turn in (None, event.header.turn)]

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """Read as the runtime does."""
        async with self.services.db.read("northgate") as cursor:
            await cursor.execute(query)  # pyright: ignore[reportArgumentType]
            return await cursor.fetchall()

    async def waiting(self, thread: str, id: str = "ask") -> str:
        """Bring a thread to where a notice waits for approval; return the interrupt's id."""
        result = await self.officer.ainvoke(said("Notify the licensee of C-1042.", id), on(thread))
        return result["__interrupt__"][0].id

    async def is_consistent(self, thread: str) -> bool:
        """Tell whether the log is whole and the cached session equals its fold."""
        events = await self.services.log.events("northgate", thread)
        state = await self.officer.aget_state(on(thread))
        verdict = await self.services.verifier.verify("northgate", thread)
        return verdict.status == "intact" and state.values["session"] == fold(None, events).model_dump(mode="json")


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another task brings about."""
    while not condition():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.005)
