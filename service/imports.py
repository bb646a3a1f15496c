"""Bringing in what was said elsewhere: any role, for who has the right to, and never trusted."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dossier.application import Scope
from dossier.cleaning import clean
from dossier.errors import InvalidInput, NotPermitted
from service.alone import alone
from service.desk import NAME, Caller, ConversationId, Here, IdempotencyKey
from service.exact import Instant, Sent
from service.problems import documented
from state.events import ImportedRole, MessageImported

router = APIRouter(prefix="/v1/conversations/{conversation}", tags=["messages"])
MOST = 200


class OldMessage(Sent):
    """Something that was said elsewhere."""

    role: ImportedRole
    text: str = Field(min_length=1, max_length=20_000)
    id: str | None = Field(None, pattern=NAME)
    said_at: Instant | None = None


class Import(Sent):
    """What was said elsewhere, oldest first."""

    messages: list[OldMessage] = Field(min_length=1, max_length=MOST)


class Imported(BaseModel):
    """What was brought in."""

    conversation: str
    messages: int


@router.post("/import", responses=documented(403, 409))
async def bring_in(
    here: Here, caller: Caller, conversation: ConversationId, given: Import, idempotency_key: IdempotencyKey = ""
) -> Imported:
    """Bring in messages of any role. They can be recalled, as untrusted; nothing is learned from them."""
    await here.reach.own(caller, conversation)
    right = here.services.app.authorizer.decide(caller, "import", Scope("Tenant", caller.tenant), {})
    if not right.allowed:
        raise NotPermitted(f"{caller.user} may not import messages.", hint="Ask someone who has the right to.")
    key = idempotency_key or here.services.new_id()
    count = here.services.counter.count
    bodies = [
        MessageImported(
            message_id=message.id or f"{key}/{number}",
            role=message.role,
            text=text,
            tokens=count(text),
            imported_by=caller.user,
            said_at=message.said_at,
        )
        for number, message in enumerate(given.messages)
        if (text := _cleaned(message.text))
    ]
    async with alone(here, caller, conversation) as held:
        await held.record("import", key, bodies)
    return Imported(conversation=conversation, messages=len(bodies))


def _cleaned(text: str) -> str:
    if not (said := clean(text).strip()):
        raise InvalidInput("A message has no text.", hint="Leave it out.")
    return said
