"""Where a turn goes next: read from what the step before wrote."""

from collections.abc import Sequence
from typing import Literal

from langchain_core.runnables import RunnableConfig
from langgraph.types import Send

from dossier.adapters.approvals import Approvals
from dossier.run import run_of
from nodes.request_approval import Waiting
from state.channels import Channels


def after_references(state: Channels) -> Literal["ask_clarification", "build_context"]:
    """Ask, if a phrase could not be resolved."""
    return "ask_clarification" if state["turn"].get("route") == "ask" else "build_context"


def after_context(state: Channels) -> Literal["call_model", "update_state"]:
    """Call the model, unless a limit stands against it."""
    return "update_state" if state["turn"].get("route") == "limit" else "call_model"


def after_model(state: Channels) -> Literal["review_tools", "update_state"]:
    """Review the tool calls, if the model asks for any and may."""
    return "review_tools" if state["turn"].get("route") == "tools" else "update_state"


async def after_review(
    state: Channels, config: RunnableConfig, *, approvals: Approvals
) -> Sequence[Send] | Literal["run_tools"]:
    """Send each call that needs a human to its own waiting task."""
    if state["turn"].get("route") != "approve":
        return "run_tools"
    return await _waiting(state, config, approvals)


async def after_tools(
    state: Channels, config: RunnableConfig, *, approvals: Approvals
) -> Sequence[Send] | Literal["build_context", "update_state"]:
    """Show the results to the model, unless the request was withdrawn or a human has to find out what happened."""
    if state["turn"].get("route") == "ask_outcome":
        return await _waiting(state, config, approvals)
    return "update_state" if state["turn"].get("route") == "end" else "build_context"


async def _waiting(state: Channels, config: RunnableConfig, approvals: Approvals) -> list[Send]:
    asked = await approvals.of_call(run_of(config), state["turn"].get("ordinal", 0))
    about = "outcome" if state["turn"].get("route") == "ask_outcome" else "call"
    return [Send("request_approval", Waiting(approval_id=one.id)) for one in asked if one.about == about]
