"""Add a note to a case."""

from pydantic import Field

from casework.store import Store
from casework.tools.arguments import OnCase, Text
from casework.tools.on_case import find_case
from dossier.tools import Tool, ToolContext, ToolResult


class NoteArguments(OnCase):
    """The note."""

    text: Text = Field(max_length=2000, description="The note, in plain words")


def add_note(store: Store) -> Tool:
    """Return the tool."""

    async def run(ctx: ToolContext, args: NoteArguments) -> ToolResult:
        case = await find_case(store, ctx, args.case_id)
        await store.add_note(ctx.cursor, case, key=ctx.key, text=args.text, by=ctx.principal.user, now=ctx.now)
        return ToolResult({"case": case.id, "note": args.text}, shown=(case.ref,))

    return Tool(
        name="add_note",
        description="Add a note to a case. Changes nothing else.",
        arguments=NoteArguments,
        effect="write",
        idempotency="transactional",
        run=run,
        describe=lambda args: f"Add a note to case {args.case_id}: {args.text!r}.",
    )
