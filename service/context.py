"""The package that a message would be answered from: built as for a turn, stored nowhere."""

from collections.abc import Callable
from dataclasses import replace

from fastapi import APIRouter
from pydantic import BaseModel, Field

from dossier.cleaning import clean
from dossier.context.items import ContextItem
from dossier.errors import InvalidInput
from dossier.gathering import items, received_in
from dossier.run import Run
from graphs.turn import maker_of, sources_of
from nodes.build_context import tools_for
from nodes.view import View
from service.desk import Caller, ConversationId, Here
from service.exact import Sent, Whole
from service.problems import documented
from service.receipts import Excluded, Included, excluded, included
from state.channels import Scratchpad
from state.events import UserMessageReceived
from state.fold import fold
from state.log import Event
from state.session import Session

router = APIRouter(prefix="/v1/conversations/{conversation}", tags=["context"])
TOP = 10


class ContextWanted(Sent):
    """What the package is to be built from."""

    max_messages: Whole = Field(10, ge=0, le=50, description="Newest messages of before, at most.")
    include_summary: bool = True
    text: str | None = Field(None, min_length=1, max_length=20_000, description="As if this were said; else the last.")


class Entity(BaseModel):
    """Something that was spoken of."""

    type: str
    id: str
    label: str
    mentions: int


class Context(BaseModel):
    """What the model would be shown."""

    conversation: str
    user: str
    user_name: str | None
    """As the user gave it."""
    topic: str | None
    """The thing that was spoken of last."""
    entities: list[Entity]
    """Those most often mentioned."""
    tokens: int
    budget: int
    segments: dict[str, int]
    included: list[Included]
    excluded: list[Excluded]
    messages: list[dict[str, str]]
    """The prompt."""


@router.post("/context", responses=documented(409))
async def preview(here: Here, caller: Caller, conversation: ConversationId, wanted: ContextWanted) -> Context:
    """Return the package that would be built; nothing is asked, stored or changed."""
    await here.reach.own(caller, conversation)
    services = here.services
    events = await services.log.events(caller.tenant, conversation)
    turn = _turn(events, wanted.text)
    session = fold(None, events)
    run = Run(conversation, received_in(turn)[1].message_id, caller, 0)
    gathered = await sources_of(services).gather(run, session, turn=turn)
    built = await maker_of(services).build(
        View(run, session, Scratchpad()), gathered, _keeping(wanted)(items(gathered)), tools_for(services.app, run)
    )
    package = built.package
    known = await services.knowledge.entities(caller.tenant, conversation, session.version, limit=TOP)
    return Context(
        conversation=conversation,
        user=session.user,
        user_name=session.profile.name,
        topic=_topic(session),
        entities=[Entity(type=m.type, id=m.id, label=m.label, mentions=m.mentions) for m in known],
        tokens=package.total_tokens,
        budget=package.budget,
        segments=dict(package.segment_tokens),
        included=[included(entry) for entry in package.items],
        excluded=[excluded(entry) for entry in package.exclusions],
        messages=built.messages,
    )


def _turn(events: tuple[Event, ...], text: str | None) -> list[Event]:
    """Return the last turn, what was said in it replaced if a text is given.

    Raises:
        InvalidInput: Nothing was said yet, or the text is empty.
    """
    said = [event for event in events if isinstance(event.body, UserMessageReceived)]
    if not said:
        raise InvalidInput("Nothing was said in this conversation yet.", hint="Send a message first.")
    turn = [event for event in events if event.header.turn == said[-1].header.turn]
    if text is None:
        return turn
    if not clean(text).strip():
        raise InvalidInput("The text is empty.", hint="Say something.")
    body = said[-1].body
    assert isinstance(body, UserMessageReceived)
    return [replace(said[-1], body=body.model_copy(update={"text": clean(text)}))]


def _keeping(wanted: ContextWanted) -> Callable[[list[ContextItem]], list[ContextItem]]:
    def keep(items: list[ContextItem]) -> list[ContextItem]:
        turns = sorted((i for i in items if i.kind == "recent_turn"), key=lambda i: i.position, reverse=True)
        too_many = {item.id for item in turns[wanted.max_messages :]}
        return [i for i in items if i.id not in too_many and (wanted.include_summary or i.kind != "summary")]

    return keep


def _topic(session: Session) -> str | None:
    if not session.focus:
        return session.task.name if session.task else None
    first = session.focus[0]
    return f"{first.type} {first.id}"
