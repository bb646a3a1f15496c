"""LangGraph in the races, as its guides show it: messages in the state, the stock checkpointer, `interrupt`.

Each tool call has a task of its own, which interrupts for the human's answer and then acts. With `careful`
the options that would help are set: `durability="sync"`, and the refusal of resumes for unknown interrupts.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph, add_messages
from langgraph.types import Command, Send, interrupt
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from evals.torture.outside import Outside
from evals.torture.player import Faults, Told
from evals.torture.talk import heard, newest


class _Messages(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


class _Call(TypedDict):
    id: str
    text: str


class Plain:
    """See `evals.torture.player.Player`."""

    def __init__(self, graph: Any, careful: bool) -> None:
        self._graph = graph
        self._more: dict[str, Any] = {"durability": "sync"} if careful else {}
        self._options = {"__pregel_strict_resume": True} if careful else {}

    async def say(self, thread: str, number: int, words: str) -> Told:
        given = {"messages": [HumanMessage(words, id=f"m{number}")]}
        return await _told(self._graph.ainvoke(given, self._on(thread), **self._more))

    async def again(self, thread: str, number: int, words: str) -> Told:
        state = await self._graph.aget_state(self._on(thread))
        if state.next:  # "resume by invoking with None"
            return await _told(self._graph.ainvoke(None, self._on(thread), **self._more))
        if any(one.id == f"m{number}" for one in state.values.get("messages", ())):
            return {"told": state.values["messages"][-1].content}
        return await self.say(thread, number, words)

    async def decide(self, thread: str, key: str | None, decision: Any, checkpoint: str | None = None) -> Told:
        where = self._on(thread)
        if checkpoint is not None:
            where["configurable"]["checkpoint_id"] = checkpoint
        resume = decision if key is None else {key: decision}
        return await _told(self._graph.ainvoke(Command(resume=resume), where, **self._more))

    async def decide_as_requester(self, thread: str, key: str, decision: Any) -> Told:
        return await self.decide(thread, key, decision)

    async def state(self, thread: str) -> dict[str, Any]:
        state = await self._graph.aget_state(self._on(thread))
        return {
            "messages": [[one.type, one.text] for one in state.values.get("messages", ()) if one.type != "tool"],
            "waits": _waits(state.interrupts),
            "checkpoint": state.config["configurable"].get("checkpoint_id"),
        }

    def _on(self, thread: str) -> Any:
        return {"configurable": {"thread_id": thread, **self._options}}


@asynccontextmanager
async def plain(database: str, outside: Outside, faults: Faults, *, careful: bool) -> AsyncIterator[Plain]:
    """Open LangGraph on a database that its own `setup` was run on."""
    kwargs = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(database, min_size=1, max_size=8, kwargs=kwargs, open=False) as pool:
        saver = AsyncPostgresSaver(pool)  # pyright: ignore[reportArgumentType] - as its guide makes it
        yield Plain(_graph(outside, faults).compile(checkpointer=saver), careful)


async def set_up(database: str) -> None:
    """Make the stock checkpointer's tables."""
    async with AsyncPostgresSaver.from_conn_string(database) as saver:
        await saver.setup()


def _graph(outside: Outside, faults: Faults) -> StateGraph[Any, Any, Any, Any]:
    async def call_model(state: _Messages) -> dict[str, Any]:
        await faults.model("model")
        spoken = newest(" ".join(one.text for one in state["messages"] if one.type == "human"))
        if not spoken.texts or state["messages"][-1].type == "tool":
            return {"messages": [AIMessage(heard(spoken.number))]}
        ids = [f"c{spoken.number}-{place}" for place, _ in enumerate(spoken.texts)]
        calls = [{"id": id, "name": "tell", "args": {"text": t}} for id, t in zip(ids, spoken.texts, strict=True)]
        return {"messages": [AIMessage("", tool_calls=calls)]}

    async def tell(call: _Call, config: RunnableConfig) -> dict[str, Any]:
        answer = interrupt({"action_requests": [{"name": "tell", "args": {"text": call["text"]}}]})
        said, text = answer["decisions"][0], call["text"]
        if said["type"] == "reject":
            return {"messages": [ToolMessage("refused", tool_call_id=call["id"])]}
        if said["type"] not in ("approve", "edit"):
            raise ValueError(f"unknown decision {said['type']!r}")
        text = said["edited_action"]["args"]["text"] if said["type"] == "edit" else text
        faults.reached("act:before")
        thread = config.get("configurable", {})["thread_id"]
        await asyncio.to_thread(outside.ask, "/act", thread=thread, text=text)
        faults.reached("act:after")
        return {"messages": [ToolMessage(f"told {text}", tool_call_id=call["id"])]}

    def after_model(state: _Messages) -> Any:
        calls = getattr(state["messages"][-1], "tool_calls", ())
        return [Send("tell", _Call(id=call["id"], text=call["args"]["text"])) for call in calls] or END

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(_Messages)
    graph.add_node("call_model", call_model)
    graph.add_node("tell", tell)  # pyright: ignore[reportArgumentType] - a task of Send has its own input
    graph.add_edge(START, "call_model")
    graph.add_conditional_edges("call_model", after_model, ["tell", END])
    graph.add_edge("tell", "call_model")
    return graph


def _waits(interrupts: Any) -> dict[str, str]:
    return {one.id: one.value["action_requests"][0]["args"]["text"] for one in interrupts}


async def _told(running: Awaitable[Any]) -> Told:
    try:
        result = await running
    except Exception as error:
        return {"code": type(error).__name__}
    if waiting := result.get("__interrupt__"):
        return {"waits": _waits(waiting)}
    return {"told": result["messages"][-1].text}
