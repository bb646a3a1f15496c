"""Calls of the case desk's tools, as tests make them."""

from collections.abc import Callable
from typing import Any

import pytest

from casework.application import Casework
from dossier.tools import Tool, ToolContext, ToolError, ToolResult

Context = Callable[..., ToolContext]
ESCALATE = {"case_id": "C-1042", "status": "escalated", "reason": "A school kitchen is affected."}
NOTICE = {"case_id": "C-1042", "subject": "Samples", "text": "The results of S-201 to S-203 are outstanding."}
DELETION = {"case_id": "C-1042", "document_id": "CP-12", "reason": "Holds a private telephone number (rule 7)."}
DRAFT = {
    "case_id": "C-1042",
    "position": "No real excursion occurred on 11 February 2026.",
    "unknown": "Where pallet HD-2291 thawed is not established.",
    "risk": "medium",
    "cites": ["IR-77", "CP-12"],
}
WRITES: dict[str, dict[str, Any]] = {
    "add_note": {"case_id": "C-1042", "text": "t"},
    "draft_assessment": DRAFT,
    "change_status": ESCALATE,
    "escalate_case": {"case_id": "C-1042", "reason": "r"},
    "notify_licensee": NOTICE,
    "delete_record": DELETION,
}


def tool(desk: Casework, name: str) -> Tool:
    return next(tool for tool in desk.tools if tool.name == name)


async def call(desk: Casework, name: str, ctx: ToolContext, **args: Any) -> ToolResult:
    chosen = tool(desk, name)
    return await chosen.run(ctx, chosen.arguments.model_validate(args))


async def refused(desk: Casework, name: str, ctx: ToolContext, **args: Any) -> str:
    with pytest.raises(ToolError) as error:
        await call(desk, name, ctx, **args)
    return error.value.code


async def rows(cursor: Any, query: str) -> list[dict[str, Any]]:
    await cursor.execute(query)
    return await cursor.fetchall()
