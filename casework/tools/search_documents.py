"""Search the documents."""

from collections.abc import Sequence

from pydantic import Field

from casework.records import Found
from casework.store import Store, Visible
from casework.tools.arguments import Arguments, CaseId, Text
from casework.tools.on_case import find_case
from dossier.tools import Tool, ToolContext, ToolResult
from state.events import EntityRef

PASSAGES_SHOWN = 6


class SearchArguments(Arguments):
    """What is looked for, and where."""

    query: Text = Field(max_length=400, description="Words to look for; any of them may match")
    case_id: CaseId | None = None


def search_documents(store: Store) -> Tool:
    """Return the tool."""

    async def run(ctx: ToolContext, args: SearchArguments) -> ToolResult:
        found = await store.search(ctx.cursor, await _where(ctx, args), args.query, limit=PASSAGES_SHOWN)
        return ToolResult({"passages": [_entry(passage) for passage in found]}, shown=_documents(found))

    async def _where(ctx: ToolContext, args: SearchArguments) -> Visible:
        if args.case_id is None:
            return await store.visible(ctx.cursor, ctx.principal)
        return Visible([await find_case(store, ctx, args.case_id)], of_agency=False)

    return Tool(
        name="search_documents",
        description="Search the text of documents and policies; give a case to search its documents only.",
        arguments=SearchArguments,
        effect="read",
        idempotency="transactional",
        run=run,
    )


def _entry(found: Found) -> dict[str, str | None]:
    document = found.document
    return {
        "id": found.id,
        "document": document.title,
        "case": document.case_id,
        "date": document.dated.isoformat(),
        "heading": found.heading,
        "text": found.text,
    }


def _documents(found: Sequence[Found]) -> tuple[EntityRef, ...]:
    return tuple({passage.document.id: passage.document.ref for passage in found}.values())
