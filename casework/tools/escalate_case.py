"""Escalate a case as urgent, once another person has approved it."""

from pydantic import Field

from casework.store import Store
from casework.tools.arguments import OnCase, Text
from casework.tools.change_status import approved_change
from casework.tools.on_case import case_versions, look_again
from dossier.tools import Tool, ToolContext, ToolResult


class EscalationArguments(OnCase):
    """Why it can't wait."""

    reason: Text = Field(max_length=500, description="Why, in one or two sentences; the approver reads it")


def escalate_case(store: Store) -> Tool:
    """Return the tool."""

    async def run(ctx: ToolContext, args: EscalationArguments) -> ToolResult:
        return await approved_change(store, ctx, args.case_id, "escalated", args.reason, urgent=True)

    return Tool(
        name="escalate_case",
        description="Escalate a case as urgent: status and urgency. Waits for the approval of a supervisor.",
        arguments=EscalationArguments,
        effect="irreversible",
        idempotency="transactional",
        run=run,
        versions=case_versions(store),
        verifies=look_again,
        describe=lambda args: f"Escalate case {args.case_id} as urgent. Reason: {args.reason}",
    )
