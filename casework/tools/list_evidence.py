"""List the documents of one case."""

from casework.records import Document
from casework.store import Store
from casework.tools.arguments import OnCase
from casework.tools.on_case import find_case
from dossier.tools import Tool, ToolContext, ToolResult


def list_evidence(store: Store) -> Tool:
    """Return the tool."""

    async def run(ctx: ToolContext, args: OnCase) -> ToolResult:
        case = await find_case(store, ctx, args.case_id)
        found = await store.evidence(ctx.cursor, case)
        content = {"case": case.id, "evidence": [_entry(document) for document in found]}
        return ToolResult(content, shown=tuple(document.ref for document in found))

    return Tool(
        name="list_evidence",
        description="List the documents on file for a case, newest first: reports, complaints, letters, certificates.",
        arguments=OnCase,
        effect="read",
        idempotency="transactional",
        run=run,
    )


def _entry(document: Document) -> dict[str, str]:
    return {
        "id": document.id,
        "type": document.type,
        "title": document.title,
        "date": document.dated.isoformat(),
        "version": document.version,
        "verified_by": document.verified_by,
    } | ({"superseded_by": document.superseded_by} if document.superseded_by else {})
