"""What if: a turn told again with one thing about its first package changed, where nothing takes effect."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from dossier.context.alter import Alteration
from dossier.recall.strategies import StrategyName
from graphs.rehearsal import Told, what_if
from service.desk import Caller, Here
from service.exact import Sent, Whole
from service.problems import documented
from service.receipts import PackageId, Receipt, receipt_of, visible
from state.principal import Principal

router = APIRouter(prefix="/v1/receipts/{package}", tags=["receipts"])

ItemId = Annotated[str, StringConstraints(min_length=1, max_length=512)]


class Change(Sent):
    """What is changed; nothing: the turn is told again as it was."""

    without: list[ItemId] = Field(default_factory=list, max_length=50, description="As if these were not there.")
    including: list[ItemId] = Field(default_factory=list, max_length=50, description="Shown whatever gives way.")
    stale: list[ItemId] = Field(default_factory=list, max_length=50, description="As if these were too old.")
    budget: Whole | None = Field(None, ge=1, le=1_000_000, description="Tokens that the package may take.")
    prompt: str | None = Field(None, max_length=128, description="A version, `v2`, or another kind's: `research@v1`.")
    strategy: StrategyName | None = Field(None, description="How past turns are chosen.")

    @property
    def alteration(self) -> Alteration:
        """Return what the rehearsal changes."""
        items = (frozenset(self.without), frozenset(self.including), frozenset(self.stale))
        return Alteration(*items, budget=self.budget, prompt=self.prompt, strategy=self.strategy)


class Telling(BaseModel):
    """One telling of a turn."""

    conversation: str
    """The one of before, or the fork in which it was told again."""
    receipt: Receipt | None
    """Of its first model call; None when no package could be made."""
    reply: str
    calls: list[str]
    """Tools that the model asked for, with arguments; in the fork none that has an effect ran."""
    refused: str
    """Code and message of why no package could be made."""


class Comparison(BaseModel):
    """A turn as it was, and as it would have been."""

    before: Telling
    after: Telling


@router.post("/what-if", responses=documented(409, 429, 502))
async def tell_again(here: Here, caller: Caller, package: PackageId, change: Change) -> Comparison:
    """Tell a turn again with its first package changed, for whoever sent its message."""
    return await compared(here, caller, package, change)


async def compared(here: Here, caller: Principal, package: str, change: Change) -> Comparison:
    """Return a turn as it was and as it would have been; what the model takes counts for the tenant.

    Raises:
        NotFound: The package is missing, or of a conversation that the caller may not see; or there is no such prompt.
        InvalidInput: It is not of the first call of a turn, or an item is named that was not there.
        LimitReached: The tenant's.
    """
    await visible(here, caller, package)
    await here.services.usage.take_message(caller.tenant)
    told = await what_if(here.services, caller.tenant, package, change.alteration)
    return Comparison(before=_telling(told.before), after=_telling(told.after))


def _telling(told: Told) -> Telling:
    return Telling(
        conversation=told.thread,
        receipt=receipt_of(told.prompt) if told.prompt else None,
        reply=told.reply,
        calls=list(told.calls),
        refused=told.refused,
    )
