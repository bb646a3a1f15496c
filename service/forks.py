"""Forks: a conversation that goes its own way from an earlier point of another."""

from collections.abc import Sequence

from fastapi import APIRouter, Response
from pydantic import Field

from dossier.errors import Conflict, InvalidInput, NotFound
from service.desk import NAME, Caller, ConversationId, Here
from service.exact import Sent
from service.problems import documented
from service.reach import owned
from service.shelf import Conversation
from state.log import Event
from state.principal import Principal

router = APIRouter(prefix="/v1/conversations/{conversation}", tags=["conversations"])


class ForkWanted(Sent):
    """Where a fork begins, and what may happen in it."""

    id: str | None = Field(None, pattern=NAME, description="Of the fork, so that making it twice is one.")
    before: str | None = Field(None, pattern=NAME, description="A message: what came before it is shared.")
    after: str | None = Field(None, pattern=NAME, description="A message: it and its turn are shared as well.")
    effects: bool = Field(False, description="Calls that change something may run, once approved. Else they never do.")


@router.post(
    "/fork",
    status_code=201,
    response_model=Conversation,
    responses={200: {"model": Conversation, "description": "It was there already."}, **documented(409)},
)
async def make(
    here: Here, caller: Caller, conversation: ConversationId, response: Response, wanted: ForkWanted
) -> Conversation:
    """Make a fork of one's own conversation: from a message, or from where it stands. The origin stays as it is."""
    found, is_new = await forked(here, caller, conversation, wanted)
    response.status_code = 201 if is_new else 200
    return found


async def forked(here: Here, caller: Principal, origin: str, wanted: ForkWanted) -> tuple[Conversation, bool]:
    """Return a fork, and whether it was made now.

    Raises:
        NotFound: The conversation or the message is missing, or someone else's.
        InvalidInput: A turn is under way there, or two places are named.
        Conflict: The id is that of another conversation of the caller's.
    """
    await here.reach.own(caller, origin)
    upto = _upto(await here.services.log.events(caller.tenant, origin), wanted)
    fork = wanted.id or here.services.new_id()
    is_new = True
    try:
        await here.services.forks.make(
            caller.tenant, origin, fork, upto=upto, user=caller.user, rehearsal=not wanted.effects
        )
    except Conflict:
        row = owned(caller, await here.services.log.thread(caller.tenant, fork))
        if row.is_rehearsal is wanted.effects or not (row.forked_from or "").startswith(f"{origin}:{upto}:"):
            raise
        is_new = False
    return await here.shelf.conversation(caller.tenant, fork), is_new


def _upto(events: Sequence[Event], wanted: ForkWanted) -> int:
    """Return the last event that a fork shares."""
    if wanted.before and wanted.after:
        raise InvalidInput("The fork has two places to begin at.", hint="Send before or after.")
    if message := wanted.before or wanted.after:
        turn = [event.seq for event in events if event.header.turn == message]
        if not turn:
            raise NotFound(f"There is no message {message!r}.", hint="Check the id.")
        return turn[0] - 1 if wanted.before else turn[-1]
    ended = [event.seq for event in events if event.header.type == "turn_ended"]
    return ended[-1] if ended else 0
