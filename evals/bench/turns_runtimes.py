"""What is compared: our graph of a turn, and a plain LangGraph that does the same work."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

from langchain_core.messages import AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.graph import END, START, StateGraph, add_messages

from dossier.adapters.model import chat_model
from dossier.services import Services
from dossier.tools import ToolContext
from evals.bench.turns_model import InstantModel
from graphs.assembly import turn_graph
from state.canonical import canonical
from state.principal import Principal

OFFICER = Principal(tenant="northgate", user="o.brandt", roles=("officer",))
OURS = "dossier"
YOUNG = "dossier (young thread, at the same time)"
_THREAD = "one-long-thread"


class Runtime(NamedTuple):
    """Something that can take a turn."""

    name: str
    database: str
    say: Callable[[int, str], Awaitable[str]]
    """Takes the turn's number and message, returns the reply."""


def ours(services: Services, database: str, name: str) -> Runtime:
    """Return the product, the gated graph of a turn, on a thread of that name."""
    graph = turn_graph(services).acting_as(OFFICER)

    async def say(turn: int, text: str) -> str:
        message = {"role": "user", "content": text, "id": f"m{turn}"}
        result = await graph.ainvoke({"messages": [message]}, _on(name))
        return str(result["messages"][-1]["content"])

    return Runtime(name, database, say)


def _on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


class _Messages(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


@asynccontextmanager
async def plain(
    services: Services, model_app: InstantModel, url: str, database: str, durability: Literal["async", "sync"]
) -> AsyncIterator[Runtime]:
    """Yield LangGraph as its guides build it: all messages in the state, the stock checkpointer, no more.

    It calls the same model through the same client, with the same tools, on the same case desk.
    """
    async with AsyncPostgresSaver.from_conn_string(url) as saver:
        await saver.setup()
        graph = _plain_graph(services, model_app).compile(checkpointer=saver)

        async def say(turn: int, text: str) -> str:
            said = HumanMessage(text, id=f"m{turn}")
            result = await graph.ainvoke({"messages": [said]}, _on(_THREAD), durability=durability)
            return str(result["messages"][-1].content)

        yield Runtime(f"langgraph ({durability})", database, say)


def _plain_graph(services: Services, model_app: InstantModel) -> StateGraph[Any, Any, Any, Any]:
    app = services.app
    tools = {tool.name: tool for tool in app.tools}
    model = chat_model("instant", services.settings, app=model_app).bind_tools([t.schema() for t in app.tools])
    instruction = SystemMessage(app.prompt(app.task).instruction)

    async def call_model(state: _Messages) -> dict[str, Any]:
        return {"messages": [await model.ainvoke([instruction, *state["messages"]])]}

    async def run_tools(state: _Messages) -> dict[str, Any]:
        calls = getattr(state["messages"][-1], "tool_calls", [])
        return {"messages": [await run_tool(call) for call in calls]}

    async def run_tool(call: dict[str, Any]) -> ToolMessage:
        tool = tools[call["name"]]
        async with services.db.read(OFFICER.tenant) as cursor:
            context = ToolContext(OFFICER, _THREAD, "", "", datetime.now(UTC), cursor)
            result = await tool.run(context, tool.arguments.model_validate(call["args"]))
        return ToolMessage(canonical(dict(result.content)).decode(), tool_call_id=call["id"])

    def after_model(state: _Messages) -> str:
        return "run_tools" if getattr(state["messages"][-1], "tool_calls", None) else END

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(_Messages)
    graph.add_node("call_model", call_model)
    graph.add_node("run_tools", run_tools)
    graph.add_edge(START, "call_model")
    graph.add_conditional_edges("call_model", after_model, ["run_tools", END])
    graph.add_edge("run_tools", "call_model")
    return graph
