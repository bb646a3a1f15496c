"""Our graph in the races."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

from langgraph.types import Command
from pydantic import BaseModel, ConfigDict

from dossier.application import Application
from dossier.errors import DossierError
from dossier.services import Services
from dossier.tools import CallStatus, Tool, ToolContext, ToolResult
from evals.torture.opening import opened, settings_on
from evals.torture.outside import Outside, served
from evals.torture.player import Faults, Told
from evals.torture.talk import Model
from graphs.assembly import turn_graph
from graphs.served import demonstration

_BUSY = ("thread_busy", "lease_lost")


class TellArguments(BaseModel):
    """What the outside is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str


class Ours:
    """See `evals.torture.player.Player`."""

    def __init__(self, services: Services) -> None:
        self._graph = turn_graph(services)
        self._asks = self._graph.acting_as(demonstration.requester)
        self._decides = self._graph.acting_as(demonstration.approver)

    async def say(self, thread: str, number: int, words: str) -> Told:
        given: Any = {"messages": [{"role": "user", "content": words, "id": f"m{number}"}]}
        return await _told(self._asks.ainvoke(given, _on(thread)))

    async def again(self, thread: str, number: int, words: str) -> Told:
        told = await self.say(thread, number, words)
        while told.get("code") in _BUSY:  # until the lease of a dead process has run out
            await asyncio.sleep(0.05)
            told = await self.say(thread, number, words)
        return told

    async def decide(self, thread: str, key: str | None, decision: Any, checkpoint: str | None = None) -> Told:
        where = _on(thread)
        if checkpoint is not None:
            where["configurable"]["checkpoint_id"] = checkpoint
        return await _told(self._decides.ainvoke(Command(resume=_resume(key, decision)), where))

    async def decide_as_requester(self, thread: str, key: str, decision: Any) -> Told:
        return await _told(self._asks.ainvoke(Command(resume=_resume(key, decision)), _on(thread)))

    async def state(self, thread: str) -> dict[str, Any]:
        state = await self._asks.aget_state(_on(thread))
        return {
            "messages": [[one["type"], one["content"]] for one in state.values.get("messages", ())],
            "waits": _waits(state.interrupts),
            "checkpoint": state.config["configurable"].get("checkpoint_id"),
        }


@asynccontextmanager
async def ours(database: str, secret: str, outside: Outside, faults: Faults, **more: Any) -> AsyncIterator[Ours]:
    """Open our runtime on a database."""
    settings = settings_on(database, secret, pool_size=8, **more)
    app, model = telling(outside, faults), Model(faults.model)
    async with opened(settings, app, model, faults.reached) as services:
        yield Ours(services)


def telling(outside: Outside, faults: Faults) -> Application:
    """Return the application with a tool that tells the outside."""
    app = served(outside, faults.reached)
    app.tools = (*app.tools, _tell(outside, faults))
    return app


def _tell(outside: Outside, faults: Faults) -> Tool:
    """Return a tool whose effect knows no keys; whether it took place can be asked for."""

    async def run(ctx: ToolContext, args: TellArguments) -> ToolResult:
        faults.reached("act:before")
        await asyncio.to_thread(outside.ask, "/act", thread=ctx.thread, text=args.text)
        faults.reached("act:after")
        return ToolResult({"told": args.text})

    async def status(ctx: ToolContext, args: TellArguments) -> CallStatus:
        known = await asyncio.to_thread(outside.ask, "/of", thread=ctx.thread)
        return "done" if args.text in known["acts"] else "not_done"

    return Tool(
        name="tell",
        description="Tell the outside.",
        arguments=TellArguments,
        effect="irreversible",
        idempotency="none",
        run=run,
        status=status,
        describe=lambda args: f"Say {args.text!r} outside",
    )


def _on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


def _resume(key: str | None, decision: Any) -> Any:
    return decision if key is None else {key: decision}


def _waits(interrupts: Any) -> dict[str, str]:
    return {one.id: one.value["action_requests"][0]["args"].get("text", "") for one in interrupts}


async def _told(running: Awaitable[Any]) -> Told:
    try:
        result = await running
    except DossierError as error:
        return {"code": error.code}
    if waiting := result.get("__interrupt__"):
        return {"waits": _waits(waiting)}
    return {"told": result["messages"][-1]["content"]}
