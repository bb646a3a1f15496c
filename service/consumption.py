"""What was taken of the limits: of a conversation, and today by the caller and their tenant."""

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import BaseModel

from dossier.limits import NONE, Limit, Used
from service.amounts import Allowed, Taken, taken_by
from service.desk import Caller, Here
from service.problems import documented
from state.model_events import LimitScope

router = APIRouter(prefix="/v1/usage", tags=["usage"])


class Share(BaseModel):
    """What was taken of what may be."""

    used: Taken
    limit: Allowed


class Today(BaseModel):
    """What was taken today (UTC)."""

    user: Share
    tenant: Share | None
    """None for who may not look into what others do."""


@router.get("", responses=documented())
async def today(here: Here, caller: Caller) -> Today:
    """Return what the caller has taken today; to who oversees others, also what the tenant has."""
    used = await here.services.usage.used(caller.tenant, caller.user)
    limits = here.services.settings.limits or NONE
    return Today(
        user=_share(used, "user", limits.user),
        tenant=_share(used, "tenant", limits.tenant) if here.reach.oversees(caller) else None,
    )


def _share(used: Sequence[Used], scope: LimitScope, limit: Limit) -> Share:
    allowed = Allowed(
        model_calls=limit.model_calls, tool_calls=limit.tool_calls, tokens=limit.tokens, spend_usd=limit.spend
    )
    return Share(used=taken_by(used, scope), limit=allowed)
