"""Wait for a human: one call, one task, one interrupt."""

from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.types import interrupt

from dossier.adapters.approvals import Approvals
from dossier.human_decisions import payload
from dossier.run import run_of


class Waiting(TypedDict):
    """What a task of this step is sent."""

    approval_id: str


async def request_approval(state: Waiting, config: RunnableConfig, *, approvals: Approvals) -> dict[str, Any]:
    """Interrupt unless the approval's row has its decision: what a resume says never counts."""
    approval = await approvals.get(run_of(config).tenant, state["approval_id"])
    if approval.status == "pending" and not approval.is_late:
        interrupt(
            payload(approval.id, approval.tool, approval.args, approval.description, approval.expires_at.isoformat())
        )
    return {}
