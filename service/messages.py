"""Messages: send one and have its reply streamed or awaited; read them; take a stream up again."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path
from pydantic import Field
from starlette.responses import Response
from structlog.contextvars import get_contextvars

from dossier.cleaning import clean
from dossier.errors import Conflict, InvalidInput, ThreadBusy
from service.conversations import Limit, Offset
from service.desk import NAME, Caller, ConversationId, Here, IdempotencyKey
from service.exact import Sent
from service.problems import documented
from service.replies import Reply
from service.shelf import MessagePage
from service.sse import position_of, stream
from state.events import UserMessageReceived
from state.principal import Principal

router = APIRouter(prefix="/v1/conversations/{conversation}/messages", tags=["messages"])

EVENTS = """Server-sent events: `step` (the step that begins), `text` (more of the answer), `reset` (forget the text so
far: another answer begins), and last `reply` (how the turn stands, as when awaited) or `problem`. Each `step` and
`text` has an id: send the last one as Last-Event-ID to go on from there, at any replica."""
_EVENT: dict[str, Any] = {
    "type": "object",
    "description": EVENTS,
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["step", "text", "reset", "reply", "problem"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "id": {"type": "string"},
    },
}
_STREAM: dict[str, Any] = {
    "description": "How the turn stands, or its stream.",
    "content": {"text/event-stream": {"schema": _EVENT}},
}
LastEventId = Annotated[str, Header(pattern=r"^([0-9]{1,9}\.[0-9]{1,9})?$", alias="Last-Event-ID")]
MessageId = Annotated[str, Path(pattern=NAME, description="The id of a user's message.")]


class Selected(Sent):
    """Something that is selected in the interface."""

    type: str = Field(min_length=1, max_length=128)
    id: str = Field(min_length=1, max_length=128)


class NewMessage(Sent):
    """A user's message."""

    text: str = Field(min_length=1, max_length=100_000, description="Said by the user; other roles can't be sent.")
    id: str | None = Field(None, pattern=NAME, description="Names the turn; the same again is the same turn.")
    stream: bool = Field(False, description="Have the reply streamed instead of awaited.")
    locale: str | None = Field(None, max_length=64)
    selection: list[Selected] = Field(default_factory=list, max_length=20)
    metadata: dict[str, str] = Field(default_factory=dict, max_length=16)


@router.post("", response_model=Reply, responses={**documented(409, 429, 502), 200: _STREAM})
async def post(
    here: Here,
    caller: Caller,
    conversation: ConversationId,
    message: NewMessage,
    idempotency_key: IdempotencyKey = "",
    last_event_id: LastEventId = "",
) -> Reply | Response:
    """Send a message. Sent again under the same id, it is the same turn: continued, or answered from the log."""
    await here.reach.own(caller, conversation)
    turn = _turn(message, idempotency_key) or here.services.new_id()
    await here.services.usage.take_message(caller.tenant)
    try:
        await here.turns.send(caller, conversation, turn, _plain(message, turn))
    except ThreadBusy:
        await _refuse_unless_running(here, caller, conversation, turn, message.text)
    if message.stream:
        after = position_of(last_event_id)
        return stream(here.follower.frames(caller.tenant, conversation, turn, after))
    return await here.follower.reply(caller.tenant, conversation, turn)


@router.get("", responses=documented())
async def get(
    here: Here, caller: Caller, conversation: ConversationId, limit: Limit = 50, offset: Offset = 0
) -> MessagePage:
    """Return the messages since the conversation was last cleared, oldest first."""
    await here.reach.visible(caller, conversation)
    return await here.shelf.messages(caller.tenant, conversation, limit=limit, offset=offset)


@router.get("/{message}", responses=documented())
async def reply(here: Here, caller: Caller, conversation: ConversationId, message: MessageId) -> Reply:
    """Return how the turn of a message stands."""
    await here.reach.visible(caller, conversation)
    return await here.replies.of_turn(caller.tenant, conversation, message)


@router.get("/{message}/events", response_class=Response, responses={**documented(), 200: _STREAM})
async def events(
    here: Here, caller: Caller, conversation: ConversationId, message: MessageId, last_event_id: LastEventId = ""
) -> Response:
    """Follow the turn of a message, from its beginning or from where a stream broke off."""
    await here.reach.visible(caller, conversation)
    await here.replies.of_turn(caller.tenant, conversation, message)
    return stream(here.follower.frames(caller.tenant, conversation, message, position_of(last_event_id)))


def _turn(message: NewMessage, key: str) -> str:
    if message.id and key and message.id != key:
        raise InvalidInput("The message's id and the Idempotency-Key differ.", hint="Send one of them, or the same.")
    return message.id or key


def _plain(message: NewMessage, turn: str) -> dict[str, Any]:
    extras = message.model_dump(include={"locale", "selection", "metadata"})
    extras["request_id"] = get_contextvars().get("request_id")
    return {"role": "user", "id": turn, "content": message.text, "additional_kwargs": extras}


async def _refuse_unless_running(here: Here, caller: Principal, thread: str, turn: str, text: str) -> None:
    """Let a message pass whose turn is what keeps the thread busy: it is followed."""
    events = await here.services.log.turn(caller.tenant, thread, turn)
    received = next((event.body for event in events if isinstance(event.body, UserMessageReceived)), None)
    if received is None:
        raise ThreadBusy("Another message of the conversation is being answered.", hint="Wait for its reply.")
    if received.text != clean(text):
        raise Conflict(f"The id {turn!r} was used for another message.", hint="Give each message an id of its own.")
