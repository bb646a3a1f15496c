"""A conversation's past: its turns, and what was remembered at any point; forks go on from there."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from dossier.time_travel import state_at, turns_of
from service.conversations import Limit, Offset
from service.desk import Caller, ConversationId, Here
from service.exact import Absent
from service.problems import documented

router = APIRouter(prefix="/v1/conversations/{conversation}", tags=["conversations"])

Version = Annotated[int, Query(ge=1, le=2**53, description="The number of an event.")]


class Turn(BaseModel):
    """One turn, and what came of it."""

    id: str
    first: int
    """Its first event, and its last."""
    last: int
    said: str
    replied: str
    outcome: str
    """Empty while it is open."""
    receipts: list[str]
    """Packages of its model calls."""


class TurnPage(BaseModel):
    """Turns, oldest first."""

    turns: list[Turn]
    total: int
    limit: int
    offset: int


class Past(BaseModel):
    """What was remembered as of an event."""

    conversation: str
    version: int
    """The event's number."""
    session: dict[str, Any]
    facts: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    """What was ruled out."""
    decisions: list[dict[str, Any]]
    entities: list[dict[str, Any]]


@router.get("/turns", responses=documented())
async def turns(
    here: Here, caller: Caller, conversation: ConversationId, limit: Limit = 50, offset: Offset = 0
) -> TurnPage:
    """Return the turns of a conversation: the points that one can look at, and fork from."""
    await here.reach.visible(caller, conversation)
    found = turns_of(await here.services.log.events(caller.tenant, conversation))
    shown = [Turn.model_validate(one, from_attributes=True) for one in found[offset : offset + limit]]
    return TurnPage(turns=shown, total=len(found), limit=limit, offset=offset)


@router.get("/state", responses=documented())
async def state(here: Here, caller: Caller, conversation: ConversationId, at: Version | Absent = None) -> Past:
    """Return what was remembered as of an event, by default the last."""
    await here.reach.visible(caller, conversation)
    found = await state_at(here.services.log, here.services.knowledge, caller.tenant, conversation, at)
    return Past(conversation=conversation, version=found["session"]["version"], **found)
