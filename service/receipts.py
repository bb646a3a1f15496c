"""Receipts: what one model call was shown, and what was left out and why."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel

from dossier.adapters.packages import Prompt
from dossier.adapters.tokens import is_exact
from dossier.context.package import Exclusion, IncludedItem
from dossier.errors import NotFound
from dossier.services import Services
from service.desk import NAME, Caller, ConversationId, Here
from service.problems import documented
from state import events as e
from state.principal import Principal

router = APIRouter(prefix="/v1", tags=["receipts"])

PackageId = Annotated[str, Path(pattern=NAME)]


class Included(BaseModel):
    """Something that was shown."""

    id: str
    kind: str
    text: str
    tokens: int
    trust: str
    source: str
    as_of: datetime | None
    stale: str | None
    """Its age, when it was too old to act on."""
    packed_as: str
    """The rule that let it in."""
    reason: str


class Excluded(BaseModel):
    """Something that was not shown."""

    id: str
    kind: str
    tokens: int
    reason: str


class Hidden(BaseModel):
    """Something that the user may not see, and that was kept from the package."""

    id: str
    kind: str
    source: str
    scope: str


class Usage(BaseModel):
    """What a call was counted to send, and what the endpoint counted."""

    exact: bool
    """Whether the count should meet the endpoint's: how one writes tools and answer forms is not published."""
    estimated: int | None
    """None in logs from before it was kept."""
    used: int | None
    """None when the endpoint did not say."""
    difference: int | None
    """Tokens that the endpoint counted beyond the estimate."""


class Receipt(BaseModel):
    """What one model call was shown."""

    package: str
    conversation: str
    turn: str
    user: str
    """For whom it was made."""
    hash: str
    built_at: datetime
    model_profile: str
    prompt_version: str
    policy_version: str
    snapshot_version: int
    profile: str
    budget: int
    tokens: int
    segments: dict[str, int]
    included: list[Included]
    excluded: list[Excluded]
    tools: list[str]
    answer_form: dict[str, Any] | None
    """JSON schema of the answer, where the endpoint was sent one."""
    messages: list[dict[str, str]]
    """The exact prompt."""
    usage: Usage | None = None
    """None as long as no answer has come."""
    departures: list[str] = []
    """Where the reply breaks the output contract."""
    hidden: list[Hidden] | None = None
    """What authorisation kept from the package: told to auditors of the tenant; None for everybody else."""


class Call(BaseModel):
    """One model call of a conversation."""

    package: str
    turn: str
    ordinal: int
    tokens: int
    budget: int
    at: datetime


class Calls(BaseModel):
    """The model calls of a conversation, oldest first."""

    calls: list[Call]


@router.get("/conversations/{conversation}/receipts", responses=documented())
async def of_conversation(here: Here, caller: Caller, conversation: ConversationId) -> Calls:
    """Return the model calls of a conversation, the newest 200."""
    await here.reach.visible(caller, conversation)
    return Calls(calls=await calls_of(here.services, caller, conversation))


@router.get("/receipts/{package}", responses=documented())
async def get(here: Here, caller: Caller, package: PackageId) -> Receipt:
    """Return the receipt of one model call; it was compared with what the log says of it."""
    return await receipt_for(here.services, caller, await visible(here, caller, package))


async def receipt_for(services: Services, caller: Principal, prompt: Prompt) -> Receipt:
    """Return the receipt of a stored prompt, with what came of the call, and for an auditor with what was hidden."""
    head = prompt.package.header
    events = await services.log.turn(caller.tenant, head.session, head.turn)
    called = [event.body for event in events if isinstance(event.body, e.ModelCalled)]
    kept = await services.audit.hidden(caller, head.id)
    hidden = None if kept is None else [Hidden(**asdict(item)) for item in kept]
    answer = next((body for body in called if body.package_id == head.id), None)
    if answer is None:
        return receipt_of(prompt).model_copy(update={"hidden": hidden})
    usage = Usage(
        exact=is_exact(prompt.messages, prompt.tools, services.counter, prompt.schema),
        estimated=answer.estimated_tokens,
        used=answer.input_tokens,
        difference=answer.token_difference,
    )
    more = {"hidden": hidden, "usage": usage, "departures": list(answer.departures)}
    return receipt_of(prompt).model_copy(update=more)


async def calls_of(services: Services, caller: Principal, conversation: str) -> list[Call]:
    """Return what the log says of a conversation's model calls."""
    built = await services.log.latest(caller.tenant, conversation, ["context_package_built"], limit=200)
    return [
        Call(
            package=body.package_id,
            turn=event.header.turn or "",
            ordinal=body.ordinal,
            tokens=body.tokens,
            budget=body.budget,
            at=event.header.at,
        )
        for event in built
        if isinstance(body := event.body, e.ContextPackageBuilt)
    ]


async def visible(here: Here, caller: Principal, package: str) -> Prompt:
    """Return the stored prompt of a thread that the caller may see.

    Raises:
        NotFound: It is missing, or of someone else's thread.
    """
    prompt = await here.services.packages.by_id(caller.tenant, package)
    try:
        await here.reach.visible(caller, prompt.package.header.session)
    except NotFound as error:
        raise NotFound("No such package is stored.", hint="Check the id.") from error
    return prompt


def receipt_of(prompt: Prompt) -> Receipt:
    """Return a stored prompt as a receipt."""
    package = prompt.package
    head = package.header
    return Receipt(
        package=head.id,
        conversation=head.session,
        turn=head.turn,
        user=head.user,
        hash=prompt.hash,
        built_at=package.built_at,
        model_profile=head.model_profile,
        prompt_version=head.prompt_version,
        policy_version=head.policy_version,
        snapshot_version=head.snapshot_version,
        profile=package.profile,
        budget=package.budget,
        tokens=package.total_tokens,
        segments=dict(package.segment_tokens),
        included=[included(entry) for entry in package.items],
        excluded=[excluded(entry) for entry in package.exclusions],
        tools=[str(tool["function"]["name"]) for tool in prompt.tools],
        answer_form=prompt.schema,
        messages=prompt.messages,
    )


def excluded(entry: Exclusion) -> Excluded:
    """Return what was left out as a client sees it."""
    return Excluded(id=entry.id, kind=entry.kind, tokens=entry.tokens, reason=entry.reason)


def included(entry: IncludedItem) -> Included:
    """Return what was shown as a client sees it."""
    item = entry.item
    return Included(
        id=item.id,
        kind=item.kind,
        text=item.text,
        tokens=entry.tokens,
        trust=item.trust,
        source=item.source,
        as_of=item.as_of,
        stale=item.stale_age,
        packed_as=entry.packed_as,
        reason=item.reason,
    )
