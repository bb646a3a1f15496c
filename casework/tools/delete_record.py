"""Delete a document from the file of a case, once another person has approved it."""

from pydantic import Field

from casework.store import Deletion, Store
from casework.tools.arguments import DocumentId, OnCase, Text
from casework.tools.on_case import case_versions, find_case, look_again, require_grant, stale
from dossier.tools import Moved, Tool, ToolContext, ToolError, ToolResult


class DeletionArguments(OnCase):
    """What is deleted, and why."""

    document_id: DocumentId
    reason: Text = Field(max_length=500, description="The rule that asks for it; the approver reads it")


def delete_record(store: Store) -> Tool:
    """Return the tool."""

    async def run(ctx: ToolContext, args: DeletionArguments) -> ToolResult:
        case = await find_case(store, ctx, args.case_id)
        approver = require_grant(ctx, case).approved_by
        if args.document_id not in {document.id for document in await store.evidence(ctx.cursor, case)}:
            raise ToolError("not_on_file", f"Case {case.id} has no document {args.document_id!r} on file.")
        deletion = Deletion(ctx.key, case, args.document_id, args.reason, ctx.principal.user, approver, ctx.now)
        if not await store.delete_record(ctx.cursor, deletion):
            raise stale(case.id)
        content = {"case": case.id, "deleted": args.document_id, "approved_by": approver}
        moved = Moved(f"case:{case.id}", str(case.version), str(case.version + 1))
        return ToolResult(content, shown=(case.ref,), moved=(moved,))

    return Tool(
        name="delete_record",
        description="Delete a document from the file of a case, for good. Waits for the approval of a supervisor.",
        arguments=DeletionArguments,
        effect="irreversible",
        idempotency="transactional",
        run=run,
        versions=case_versions(store),
        verifies=look_again,
        describe=lambda args: f"Delete {args.document_id} from case {args.case_id}. Reason: {args.reason}",
    )
