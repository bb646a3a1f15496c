"""What models are shown and asked, what comes back, and what that takes, as events."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict

from state.bodies import Body
from state.lifecycle import Lifecycle

_RETRIEVED = Lifecycle("retrieval", "runtime", "thread", "context builder", "derived", "erasable", "never")

Purpose = Literal["reply", "extraction", "summary"]
"""What a model is called for."""
LimitScope = Literal["turn", "thread", "user", "tenant"]
Quantity = Literal["model_calls", "tool_calls", "tokens", "spend"]


class ContextPackageBuilt(Body):
    """What a model call will be shown was stored."""

    type: Annotated[Literal["context_package_built"], _RETRIEVED] = "context_package_built"
    package_id: Annotated[str, _RETRIEVED]
    package_hash: Annotated[str, _RETRIEVED]
    ordinal: Annotated[int, _RETRIEVED]
    tokens: Annotated[int, _RETRIEVED]
    budget: Annotated[int, _RETRIEVED]
    segments: Annotated[dict[str, int], _RETRIEVED]
    included: Annotated[int, _RETRIEVED]
    """How many items were shown; the package names them."""
    excluded: Annotated[int, _RETRIEVED]
    """How many items were left out; the package says why."""
    purpose: Annotated[Purpose, _RETRIEVED] = "reply"


class ToolRequest(BaseModel):
    """A tool call as a model asked for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    args: dict[str, Any]


class Taken(BaseModel):
    """What one answer of a model counts for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: int = 0
    """Of prompt and answer: as the endpoint counts them, else as counted here."""
    spend: int | None = None
    """Billionths of a US dollar, by the price that was known then; none when none was."""


class ModelCalled(Body):
    """A model answered one package."""

    type: Literal["model_called"] = "model_called"
    package_id: str
    model: str
    offline: bool
    ordinal: int
    response_id: str | None
    text: str
    tool_calls: tuple[ToolRequest, ...] = ()
    finish_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    purpose: Purpose = "reply"
    repaired: bool = False
    """It is a second attempt: the failure before it, with its raw answer, is on record."""
    taken: Taken = Taken()
    estimated_tokens: int | None = None
    """What the call was counted to send; None in logs from before this was kept."""
    departures: tuple[str, ...] = ()
    """Where the reply departs from its output contract, a sentence each."""

    @property
    def token_difference(self) -> int | None:
        """Return how many tokens more the endpoint counted than we did; None when one of both is not known."""
        if self.input_tokens is None or self.estimated_tokens is None:
            return None
        return self.input_tokens - self.estimated_tokens


class ModelCallFailed(Body):
    """A model call gave no usable answer."""

    type: Literal["model_call_failed"] = "model_call_failed"
    package_id: str
    ordinal: int
    code: str
    detail: str
    model: str = ""
    """The model that was asked for."""
    purpose: Purpose = "reply"
    raw: str = ""
    """The answer as far as it could be read, shortened."""
    taken: Taken = Taken()


class UsageLimitReached(Body):
    """A limit stands against a further model call; the turn ends."""

    type: Literal["usage_limit_reached"] = "usage_limit_reached"
    scope: LimitScope
    quantity: Quantity
    limit: int
    """Of spend: billionths of a US dollar."""
    used: int
    ordinal: int = 0
    """Of the call that was not made."""
