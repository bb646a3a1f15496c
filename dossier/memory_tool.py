"""The tool by which a model asks for something to be remembered: always a human's decision, and policy's."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dossier.tools import Tool, ToolContext, ToolResult
from state import events as e
from state.log import Event
from state.proposals import CarefulChange, Proposal

NAME = "remember"


class RememberArguments(BaseModel):
    """What to remember, and for whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(min_length=1, max_length=500, description="One sentence that will still hold in later talks")
    scope: Literal["user", "tenant"] = Field(default="user", description="Whom it concerns: this user, or everyone")


def remember() -> Tool:
    """Return the tool, for an application that offers it; a policy has to permit `remember` of `Memory::"inferred"`.

    The call itself changes nothing: the memory is kept with the end of the turn, once it passed the checks.
    """

    async def run(ctx: ToolContext, args: RememberArguments) -> ToolResult:
        return ToolResult({"kept": "at the end of this turn, if it passes the checks", "text": args.text})

    return Tool(
        name=NAME,
        description="Ask for something to be remembered beyond this conversation. A person decides.",
        arguments=RememberArguments,
        effect="irreversible",
        idempotency="transactional",
        run=run,
        describe=lambda args: f"Remember for {'everyone' if args.scope == 'tenant' else 'this user'}: {args.text!r}.",
    )


def approved_memories(turn: Sequence[Event], tenant: str) -> tuple[Proposal, ...]:
    """Return the memories that a human agreed to in a turn, as the approved arguments word them."""
    bodies = [event.body for event in turn]
    decided = {
        body.call: body.approval_id
        for body in bodies
        if isinstance(body, e.HumanApprovalGranted | e.HumanApprovalEdited) and body.name == NAME
    }
    done = [body for body in bodies if isinstance(body, e.ToolCallCompleted) and body.name == NAME]
    return tuple(_proposal(body, decided[body.call], tenant) for body in done if body.call in decided)


def _proposal(done: e.ToolCallCompleted, approval: str, tenant: str) -> Proposal:
    asked = RememberArguments.model_validate(done.args)
    change = CarefulChange(kind="memory", text=asked.text, scope=asked.scope, approval_id=approval)
    return Proposal(content=change, proposed_by="model", tenant=tenant)
