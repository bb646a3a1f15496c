"""Look at one case."""

from casework.records import Case
from casework.store import Store
from casework.tools.arguments import OnCase
from casework.tools.on_case import find_case
from dossier.tools import ObservedFact, Tool, ToolContext, ToolResult

NOTES_SHOWN = 5
STATUS_STALE_SECONDS = 900
"""After a quarter of an hour a status is looked up again before anyone relies on it."""


def get_case(store: Store) -> Tool:
    """Return the tool."""

    async def run(ctx: ToolContext, args: OnCase) -> ToolResult:
        case = await find_case(store, ctx, args.case_id)
        notes = await store.notes(ctx.cursor, case, NOTES_SHOWN)
        return ToolResult({**_content(case), "notes": notes}, shown=(case.ref,), facts=(status_fact(case),))

    return Tool(
        name="get_case",
        description="Look at a case: its status with verifier and time, licensee, urgency, risk and newest notes.",
        arguments=OnCase,
        effect="read",
        idempotency="transactional",
        run=run,
    )


def status_fact(case: Case) -> ObservedFact:
    """Return what a look at a case shows about its status."""
    return ObservedFact(
        f"case:{case.id}/status",
        case.status,
        f"The status of {case.id} is {case.status_line}.",
        STATUS_STALE_SECONDS,
    )


def _content(case: Case) -> dict[str, object]:
    return {
        "case": case.id,
        "title": case.title,
        "licensee": {"id": case.licensee_id, "name": case.licensee_name},
        "status": case.status,
        "status_verified_by": case.status_verified_by,
        "status_verified_at": case.status_verified_at.isoformat(),
        "urgency": case.urgency,
        "risk": case.risk,
        "assigned_to": case.assigned_to,
        "opened": case.opened.isoformat(),
        "version": case.version,
    }
