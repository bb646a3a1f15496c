"""End the turn with a numbered question: it works in any chat client."""

from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.adapters.log import Log
from dossier.run import Step
from nodes.view import after, view_of
from state.channels import Channels
from state.events import AssistantResponseGenerated, ClarificationRequested

STEP = Step("ask_clarification")


async def ask_clarification(state: Channels, config: RunnableConfig, *, log: Log, count: Any) -> dict[str, Any]:
    """Put the question that was found to the user."""
    view = view_of(state, config)
    turn = await log.turn(view.run.tenant, view.run.thread, view.run.turn)
    question = next(event.body.question for event in turn if isinstance(event.body, ClarificationRequested))
    reply = AssistantResponseGenerated(message_id=f"{view.run.turn}/question", text=question, tokens=count(question))
    recorded = await log.record(view.run, STEP, [reply], since=view.version)
    return after(view, recorded, messages=[{"type": "ai", "id": reply.message_id, "content": reply.text}])
