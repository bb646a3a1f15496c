"""Wait for a human: one call, one task, one interrupt."""

from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.types import Interrupt, interrupt

from dossier.adapters.approvals import Approvals
from dossier.human_decisions import payload
from dossier.run import run_of


class Waiting(TypedDict):
    """What a task of this step is sent."""

    approval_id: str


async def request_approval(state: Waiting, config: RunnableConfig, *, approvals: Approvals) -> dict[str, Any]:
    """Interrupt unless the approval's row has its decision: what a resume says never counts."""
    run = run_of(config)
    approval = await approvals.get(run.tenant, state["approval_id"])
    if approval.waits:
        asked = payload(approval)
        waiting = Interrupt.from_ns(asked, ns=(config.get("configurable") or {})["checkpoint_ns"])
        if approval.interrupt_id != waiting.id:
            await approvals.waits(run, approval.id, waiting.id)
        interrupt(asked)
    return {}
