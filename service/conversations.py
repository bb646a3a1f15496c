"""Conversations: begin, look, find, clear, delete."""

from typing import Annotated, Literal
from uuid import NAMESPACE_URL, uuid5

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field, StringConstraints

from service.alone import alone
from service.amounts import taken_by
from service.desk import NAME, PERSON, Caller, ConversationId, Here, IdempotencyKey
from service.erasing import erase_with_rehearsals
from service.exact import Absent, Instant, Sent
from service.problems import documented
from service.reach import missing, owned
from service.shelf import Conversation, ConversationPage, Overview, Wanted
from state.events import ThreadCleared
from state.principal import Principal

router = APIRouter(prefix="/v1", tags=["conversations"])

Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


class NewConversation(Sent):
    """What a conversation begins with."""

    id: str | None = Field(None, pattern=NAME, description="Chosen by the client, so that creating twice is one.")


@router.post(
    "/conversations",
    status_code=201,
    response_model=Conversation,
    responses={200: {"model": Conversation, "description": "It was there already."}, **documented()},
)
async def create(
    here: Here,
    caller: Caller,
    response: Response,
    wanted: NewConversation | None = None,
    idempotency_key: IdempotencyKey = "",
) -> Conversation:
    """Begin a conversation; the same id, or key, again returns the one that was begun."""
    thread = _id(caller, wanted.id if wanted else None, idempotency_key) or here.services.new_id()
    row = owned(caller, await here.services.log.claim(caller, thread))
    found = await here.shelf.conversation(caller.tenant, thread)
    if not row.is_new:
        response.status_code = 200
    return found


@router.get("/conversations", responses=documented())
async def find(
    here: Here,
    caller: Caller,
    text: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")] | Absent = None,
    state: Literal["idle", "working", "waiting"] | Absent = None,
    user: Annotated[str, StringConstraints(**PERSON)] | Absent = None,
    active_after: Instant | Absent = None,
    active_before: Instant | Absent = None,
    rehearsals: Annotated[
        Literal["left_out", "included"], Query(description="Forks in which nothing takes effect.")
    ] = "left_out",
    limit: Limit = 50,
    offset: Offset = 0,
) -> ConversationPage:
    """Find conversations that the caller may see, newest first."""
    of = user or (None if here.reach.oversees(caller) else caller.user)
    _refuse_others(here, caller, of)
    wanted = Wanted(of, state, text, active_after, active_before, rehearsals == "included")
    return await here.shelf.find(caller.tenant, wanted, limit=limit, offset=offset)


@router.get("/users/{user}/conversations", responses=documented())
async def of_user(
    here: Here, caller: Caller, user: Annotated[str, Path(**PERSON)], limit: Limit = 50, offset: Offset = 0
) -> ConversationPage:
    """Return a user's conversations, newest first."""
    _refuse_others(here, caller, user)
    return await here.shelf.find(caller.tenant, Wanted(user), limit=limit, offset=offset)


@router.get("/conversations/{conversation}", responses=documented())
async def get(here: Here, caller: Caller, conversation: ConversationId) -> Conversation:
    """Return a conversation."""
    await here.reach.visible(caller, conversation)
    return await here.shelf.conversation(caller.tenant, conversation)


@router.get("/conversations/{conversation}/overview", responses=documented())
async def overview(here: Here, caller: Caller, conversation: ConversationId) -> Overview:
    """Return a conversation in figures."""
    await here.reach.visible(caller, conversation)
    used = await here.services.usage.used(caller.tenant, "", conversation)
    return await here.shelf.overview(caller.tenant, conversation, taken_by(used, "thread"))


@router.post("/conversations/{conversation}/clear", responses=documented(409))
async def clear(here: Here, caller: Caller, conversation: ConversationId) -> Conversation:
    """Start afresh: nothing said before is shown or recalled any more; the log keeps it."""
    async with alone(here, caller, conversation) as held:
        await held.record("clear", here.services.new_id(), [ThreadCleared(by=caller.user)])
    return await here.shelf.conversation(caller.tenant, conversation)


@router.delete("/conversations/{conversation}", status_code=204, responses=documented(409))
async def delete(here: Here, caller: Caller, conversation: ConversationId) -> None:
    """Erase what was said, in its rehearsals too; the log goes on proving that it was."""
    await here.reach.own(caller, conversation)
    await erase_with_rehearsals(here.services, caller, conversation)


def _id(caller: Principal, given: str | None, key: str) -> str | None:
    """Return the id that a client chose, or the one that its key always means for it."""
    return given or (str(uuid5(NAMESPACE_URL, f"{caller.tenant}\0{caller.user}\0{key}")) if key else None)


def _refuse_others(here: Here, caller: Principal, user: str | None) -> None:
    if user != caller.user and not here.reach.oversees(caller):
        raise missing(user or "")
