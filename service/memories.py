"""What is remembered of a user beyond conversations: listed, corrected, forgotten by themselves."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from dossier import memory
from service.conversations import Limit, Offset
from service.desk import NAME, Caller, Here
from service.exact import Sent
from service.problems import documented

router = APIRouter(prefix="/v1/memories", tags=["memories"])

MemoryId = Annotated[str, Path(pattern=NAME)]


class Memory(BaseModel):
    """Something that is remembered."""

    id: str
    scope: Literal["user", "team", "case", "tenant"]
    """Who is reminded of it."""
    of: str
    """Which user, team or tenant."""
    text: str
    trust: str
    said_by: str
    conversation: str
    """Where it was said."""
    said_at: datetime
    expires_at: datetime


class MemoryPage(BaseModel):
    """What the caller is reminded of, newest first."""

    memories: list[Memory]
    total: int
    limit: int
    offset: int


class Correction(Sent):
    """What is to be remembered instead."""

    text: str = Field(min_length=1, max_length=2_000)


class Forgotten(BaseModel):
    """What is not remembered any more."""

    forgotten: int


@router.get("", responses=documented())
async def listed(here: Here, caller: Caller, limit: Limit = 50, offset: Offset = 0) -> MemoryPage:
    """Return what the caller is reminded of: their own memories, their teams' and the tenant's."""
    found = await here.services.memories.of(caller)
    shown = [_shown(one) for one in found[offset : offset + limit]]
    return MemoryPage(memories=shown, total=len(found), limit=limit, offset=offset)


@router.put("/{memory}", responses=documented())
async def correct(here: Here, caller: Caller, memory: MemoryId, correction: Correction) -> Memory:
    """Put other words in the place of a memory's. They are checked as any that are to be remembered."""
    return _shown(await here.services.memories.correct(caller, memory, correction.text))


@router.delete("/{memory}", status_code=204, responses=documented())
async def forget(here: Here, caller: Caller, memory: MemoryId) -> None:
    """Forget a memory."""
    await here.services.memories.forget(caller, memory)


@router.delete("", responses=documented())
async def forget_all(here: Here, caller: Caller) -> Forgotten:
    """Forget all that is remembered of the caller alone."""
    return Forgotten(forgotten=await here.services.memories.forget_all(caller))


def _shown(one: memory.Memory) -> Memory:
    return Memory(
        id=one.id,
        scope=one.owner.kind,
        of=one.owner.id,
        text=one.text,
        trust=one.trust,
        said_by=one.said_by,
        conversation=one.thread,
        said_at=one.said_at,
        expires_at=one.expires_at,
    )
