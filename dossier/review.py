"""Judge a tool call: known, well-formed, permitted, and how grave."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from dossier.application import Application, Scope
from dossier.errors import LimitReached
from dossier.rights import needs_approval
from dossier.run import Run
from dossier.tools import Tool, args_hash
from state.events import (
    CallRef,
    Effect,
    EventBody,
    ToolCallAuthorized,
    ToolCallFailed,
    ToolCallRejected,
    ToolCallRequested,
    ToolRequest,
)
from state.log import Event


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of one call."""

    call: CallRef
    events: tuple[EventBody, ...]
    tool: Tool | None = None
    """None when the call will not run."""
    args: BaseModel | None = None
    plain_args: dict[str, Any] = field(default_factory=dict)
    args_hash: str = ""
    needs_approval: bool = False
    """A human has to decide: by its effect, by policy, or since the very same call may have taken place already."""

    @property
    def effect(self) -> Effect:
        """Return what the call would do to the world."""
        return self.tool.effect if self.tool else "read"

    @property
    def approvers(self) -> int:
        """Return how many people have to approve the call, if it needs that."""
        return self.tool.approvers if self.tool else 1


def judge(app: Application, run: Run, call: CallRef, asked: ToolRequest, turn: Sequence[Event]) -> Judged:
    """Return the judgement of one call as events; default deny.

    Args:
        app: Its tools and policies.
        run: For whom.
        call: Its place among the turn's calls.
        asked: What the model wants.
        turn: What has happened in the turn so far.
    """
    tool = next((tool for tool in app.tools if tool.name == asked.name), None)
    if tool is None:
        return _refused(call, asked, "unknown_tool", f"There is no tool {asked.name!r}.")
    try:
        args = tool.arguments.model_validate(asked.args)
    except ValidationError as error:
        return _refused(call, asked, "invalid_arguments", _problems(error))
    decision = app.authorizer.decide(run.principal, "call", Scope("Tool", tool.name), {"effect": tool.effect})
    if not decision.allowed:
        return _refused(call, asked, "not_permitted", f"{run.principal.user} may not call {tool.name}.")
    if run.rehearsal and tool.effect != "read":
        return _refused(call, asked, "rehearsal", f"{tool.name} does not run in a rehearsal: nothing was changed.")
    plain = args.model_dump(mode="json")
    digest = args_hash(tool.name, plain)
    requested = ToolCallRequested(
        call=call, call_id=asked.id, name=tool.name, args=plain, args_hash=digest, effect=tool.effect
    )
    events = (requested, ToolCallAuthorized(call=call, policies=decision.policies))
    waits = needs_approval(app.authorizer, run.principal, tool) or (tool.effect != "read" and digest in _unknown(turn))
    return Judged(call, events, tool, args, plain, digest, waits)


def within(judged: Sequence[Judged], refused: LimitReached) -> list[Judged]:
    """Return judged calls of which no more will run than a limit leaves room for; the first ones do."""
    assert refused.reached is not None
    room, kept = refused.reached.limit - refused.reached.used, []
    for one in judged:
        if one.tool is not None and room <= 0:
            rejected = ToolCallRejected(
                call=one.call, name=one.tool.name, code=LimitReached.code, reason=refused.message
            )
            kept.append(Judged(one.call, (rejected,)))
            continue
        room -= one.tool is not None
        kept.append(one)
    return kept


def _unknown(turn: Sequence[Event]) -> set[str]:
    """Return the argument hashes of the turn's calls whose outcome is not known."""
    bodies = [event.body for event in turn]
    calls = {
        (b.call.ordinal, b.call.index) for b in bodies if isinstance(b, ToolCallFailed) and b.code == "outcome_unknown"
    }
    return {b.args_hash for b in bodies if isinstance(b, ToolCallRequested) and (b.call.ordinal, b.call.index) in calls}


def _refused(call: CallRef, asked: ToolRequest, code: str, reason: str) -> Judged:
    return Judged(call, (ToolCallRejected(call=call, name=asked.name, code=code, reason=reason),))


def _problems(error: ValidationError) -> str:
    rows = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, row['loc'])) or 'arguments'}: {row['msg']}" for row in rows)
