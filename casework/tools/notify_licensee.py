"""Send a notification to the licensee of a case, once another person has approved it."""

from pydantic import Field

from casework.gateway import Gateway, Notice
from casework.store import Store
from casework.tools.arguments import OnCase, Text
from casework.tools.on_case import case_versions, find_case, look_again, require_grant
from dossier.tools import CallStatus, Tool, ToolContext, ToolResult
from state.events import EntityRef


class NoticeArguments(OnCase):
    """What the licensee is told."""

    subject: Text = Field(max_length=120)
    text: Text = Field(max_length=4000)


def notify_licensee(store: Store, gateway: Gateway) -> Tool:
    """Return the tool."""

    async def run(ctx: ToolContext, args: NoticeArguments) -> ToolResult:
        # A second run must not fail on what has changed since the first one sent it.
        if await gateway.status(ctx) == "done":
            return _sent(args)
        case = await find_case(store, ctx, args.case_id)
        approver = require_grant(ctx, case).approved_by
        by = ctx.principal.user
        await gateway.post(ctx, Notice(case.id, case.licensee_id, args.subject, args.text, by, approver))
        return _sent(args)

    async def status(ctx: ToolContext, args: NoticeArguments) -> CallStatus:
        return await gateway.status(ctx)

    return Tool(
        name="notify_licensee",
        description="Send a notification to the licensee of a case. Waits for the approval of a supervisor.",
        arguments=NoticeArguments,
        effect="irreversible",
        idempotency="idempotency_key",
        run=run,
        versions=case_versions(store),
        verifies=look_again,
        status=status,
        describe=lambda args: f"Notify the licensee of case {args.case_id}, {args.subject!r}: {args.text}",
    )


def _sent(args: NoticeArguments) -> ToolResult:
    return ToolResult({"case": args.case_id, "sent": args.subject}, shown=(EntityRef(type="case", id=args.case_id),))
