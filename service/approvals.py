"""Approvals: what waits for a human, and the decision on it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from dossier.adapters.approvals import Approval as Row
from dossier.adapters.approvals import Status
from dossier.application import Scope
from dossier.errors import NotFound
from graphs.admission import Decisions
from service.conversations import Limit, Offset
from service.desk import NAME, Caller, Here
from service.exact import Sent
from service.problems import documented
from state.principal import Principal

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])

ApprovalId = Annotated[str, Path(pattern=NAME)]


class Approval(BaseModel):
    """A call that waits, or waited, for a human."""

    id: str
    conversation: str
    turn: str
    tool: str
    effect: Literal["write", "irreversible"]
    args: dict[str, Any]
    description: str
    """What would happen, in words."""
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    status: Status
    decided_by: str | None
    message: str
    """Said by who decided."""
    may_decide: bool
    """Whether the caller may approve it."""


class ApprovalPage(BaseModel):
    """What waits, oldest first."""

    approvals: list[Approval]
    limit: int
    offset: int


class EditedAction(Sent):
    """The call as it may run instead."""

    name: str = Field(min_length=1, max_length=128)
    args: dict[str, Any]


class Decision(Sent):
    """What a human says to one call."""

    type: Literal["approve", "edit", "reject", "respond"]
    """`respond`: the call does not run, the model is told the message instead."""
    message: str = Field("", max_length=2_000)
    edited_action: EditedAction | None = None
    """Needed by `edit`."""


@router.get("", responses=documented())
async def inbox(here: Here, caller: Caller, limit: Limit = 50, offset: Offset = 0) -> ApprovalPage:
    """Return what waits: of the whole tenant for who decides, else of the caller's own."""
    of = None if here.reach.oversees(caller) else caller.user
    rows = await here.services.approvals.inbox(caller.tenant, requested_by=of, limit=limit, offset=offset)
    return ApprovalPage(approvals=[shown(here, caller, row) for row in rows], limit=limit, offset=offset)


@router.get("/{approval}", responses=documented())
async def get(here: Here, caller: Caller, approval: ApprovalId) -> Approval:
    """Return an approval, waiting or decided."""
    return shown(here, caller, await visible(here, caller, approval))


@router.post("/{approval}/decision", responses=documented(403, 409))
async def decide(here: Here, caller: Caller, approval: ApprovalId, decision: Decision) -> Approval:
    """Decide. The first decision wins; the turn goes on by itself."""
    row = await visible(here, caller, approval)
    await settle(here, caller, row, decision.model_dump(exclude_none=True))
    return shown(here, caller, await here.services.approvals.get(caller.tenant, approval))


async def visible(here: Here, caller: Principal, approval: str) -> Row:
    """Return an approval of a thread that the caller may see.

    Raises:
        NotFound: It is missing, or of someone else's thread.
    """
    row = await here.services.approvals.get(caller.tenant, approval)
    try:
        await here.reach.visible(caller, row.thread)
    except NotFound as error:
        raise NotFound(f"There is no approval {approval!r}.", hint="List what waits with the inbox.") from error
    return row


async def settle(here: Here, caller: Principal, row: Row, decision: dict[str, Any]) -> None:
    """Record a decision by compare-and-set, then let its turn go on.

    Raises:
        NotPermitted: The caller may not decide it.
        AlreadyDecided: Another decision stands.
        InvalidInput: The edited arguments do not fit.
    """
    desk = here.graph.ports.reception
    await desk.decide(Decisions(((row.id, decision),)), caller, row.thread)
    await here.turns.decided(caller, row.thread, row.turn, {row.id: decision})


def shown(here: Here, caller: Principal, row: Row) -> Approval:
    """Return an approval as the caller sees it."""
    context = {"effect": row.effect, "requested_by": row.requested_by, "tenant": caller.tenant}
    allowed = here.services.app.authorizer.decide(caller, "approve", Scope("Tool", row.tool), context).allowed
    return Approval(
        id=row.id,
        conversation=row.thread,
        turn=row.turn,
        tool=row.tool,
        effect=row.effect,
        args=dict(row.args),
        description=row.description,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        status="expired" if row.is_late and row.status == "pending" else row.status,
        decided_by=row.decided_by,
        message=str(row.decision.get("message", "")),
        may_decide=allowed and row.status == "pending" and not row.is_late,
    )
