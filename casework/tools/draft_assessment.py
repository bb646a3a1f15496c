"""Draft a non-binding assessment of a case."""

from typing import Annotated, Literal

from pydantic import Field

from casework.records import Document
from casework.store import Assessment, Store
from casework.tools.arguments import DocumentId, OnCase, Text
from casework.tools.on_case import find_case
from dossier.tools import Tool, ToolContext, ToolError, ToolResult


class AssessmentArguments(OnCase):
    """What the draft says."""

    position: Text = Field(max_length=2000, description="Where the case stands, with what each document shows")
    unknown: Text = Field(max_length=1000, description="What is not established")
    risk: Literal["low", "medium", "high"]
    cites: Annotated[tuple[DocumentId, ...], Field(min_length=1, max_length=20)]


def draft_assessment(store: Store) -> Tool:
    """Return the tool."""

    async def run(ctx: ToolContext, args: AssessmentArguments) -> ToolResult:
        case = await find_case(store, ctx, args.case_id)
        on_file = {document.id: document for document in await store.evidence(ctx.cursor, case)}
        cites = list(dict.fromkeys(args.cites))
        cited = [_current(on_file, case.id, name) for name in cites]
        draft = Assessment(ctx.key, case.id, args.position, args.unknown, args.risk, cites, ctx.principal.user, ctx.now)
        await store.draft_assessment(ctx.cursor, draft)
        content = {"case": case.id, "risk": args.risk, "cites": cites, "status": "draft, non-binding"}
        return ToolResult(content, shown=(case.ref, *(document.ref for document in cited)))

    return Tool(
        name="draft_assessment",
        description="Draft a non-binding assessment of a case for the file. Cites documents on file; binds nobody.",
        arguments=AssessmentArguments,
        effect="write",
        idempotency="transactional",
        run=run,
        describe=lambda args: f"Draft an assessment of case {args.case_id}, risk {args.risk}: {args.position}",
    )


def _current(on_file: dict[str, Document], case_id: str, name: str) -> Document:
    document = on_file.get(name)
    if document is None:
        raise ToolError("not_on_file", f"Case {case_id} has no document {name!r} on file.")
    if document.superseded_by:
        raise ToolError("superseded", f"{name} was replaced by {document.superseded_by}; cite that one.")
    return document
