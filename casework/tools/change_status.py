"""Change the status of a case, once another person has approved it."""

from dataclasses import replace

from pydantic import Field

from casework.records import Case
from casework.status import NEXT, CaseStatus
from casework.store import Change, Store
from casework.tools.arguments import OnCase, Text
from casework.tools.get_case import status_fact
from casework.tools.on_case import case_versions, find_case, look_again, require_grant, stale
from dossier.tools import Moved, Tool, ToolContext, ToolError, ToolResult


class StatusArguments(OnCase):
    """The status that the case is to have."""

    status: CaseStatus
    reason: Text = Field(max_length=500, description="Why, in one or two sentences; the approver reads it")


def change_status(store: Store) -> Tool:
    """Return the tool."""

    async def run(ctx: ToolContext, args: StatusArguments) -> ToolResult:
        return await approved_change(store, ctx, args.case_id, args.status, args.reason)

    return Tool(
        name="change_status",
        description="Change the status of a case. Waits for the approval of a supervisor.",
        arguments=StatusArguments,
        effect="irreversible",
        idempotency="transactional",
        run=run,
        versions=case_versions(store),
        verifies=look_again,
        describe=lambda args: f"Change the status of case {args.case_id} to {args.status}. Reason: {args.reason}",
    )


async def approved_change(
    store: Store, ctx: ToolContext, case_id: str, to: CaseStatus, reason: str, *, urgent: bool = False
) -> ToolResult:
    """Change a case as it was approved, and return what the change shows.

    Raises:
        ToolError: It is missing, nobody approved it, it has changed since, or the rules do not let it.
    """
    case = await find_case(store, ctx, case_id)
    approver = require_grant(ctx, case).approved_by
    _require_possible(case, to)
    change = Change(ctx.key, case, to, reason, ctx.principal.user, approver, ctx.now, urgent)
    version = await store.change_status(ctx.cursor, change)
    if version is None:
        raise stale(case.id)
    changed = replace(case, status=to, status_verified_by=approver, status_verified_at=ctx.now, version=version)
    content = {"case": case.id, "from": case.status, "to": to, "approved_by": approver}
    moved = Moved(f"case:{case.id}", str(case.version), str(version))
    content |= {"urgency": "urgent"} if urgent else {}
    return ToolResult(content, shown=(case.ref,), facts=(status_fact(changed),), moved=(moved,))


def _require_possible(case: Case, to: CaseStatus) -> None:
    if to not in NEXT[case.status]:
        possible = ", ".join(sorted(NEXT[case.status])) or "none"
        raise ToolError(
            "impossible_transition",
            f"Case {case.id} is {case.status} and can't become {to}. Possible: {possible}.",
        )
