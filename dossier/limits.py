"""Limits on what models and tools may take, by turn, thread, user and tenant; pure.

A call is counted before it is made, so a limit on calls is never passed. What it takes in tokens and money is known
only afterwards: such a limit is passed at most by what the calls take that were under way when it was reached, of which
a turn and a thread have one at a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, get_args

from pydantic import BaseModel, ConfigDict, Field

from dossier.errors import LimitReached, RateLimited
from state.call_events import ToolCallAuthorized
from state.events import EventBody
from state.model_events import (
    ContextPackageBuilt,
    LimitScope,
    ModelCalled,
    ModelCallFailed,
    Quantity,
    UsageLimitReached,
)

BILLIONTHS = 10**9


class Limit(BaseModel):
    """What one scope may take in its window; None: any amount."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_calls: Annotated[int | None, Field(ge=1)] = None
    """Packages sent to a model; its repair, retries and fallback are part of the call."""
    tool_calls: Annotated[int | None, Field(ge=1)] = None
    """Calls that policy let through."""
    tokens: Annotated[int | None, Field(ge=1)] = None
    """Of prompts and answers."""
    spend: Annotated[float | None, Field(gt=0)] = None
    """US dollars."""

    def of(self, quantity: Quantity) -> int | None:
        """Return the limit of a quantity; of spend in billionths of a dollar."""
        value = getattr(self, quantity)
        return round(value * BILLIONTHS) if quantity == "spend" and value is not None else value


class Limits(BaseModel):
    """What may be taken: by a turn and a thread in their lives, by a user and a tenant in a day (UTC)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    turn: Limit = Limit()
    thread: Limit = Limit()
    user: Limit = Limit()
    tenant: Limit = Limit()

    def of(self, scope: LimitScope) -> Limit:
        """Return the limit of a scope."""
        return getattr(self, scope)

    @property
    def any_spend(self) -> bool:
        """Return whether money is limited anywhere."""
        return any(self.of(scope).spend is not None for scope in get_args(LimitScope))


NONE = Limits()


@dataclass(frozen=True, slots=True)
class Amounts:
    """What was taken, or is about to be."""

    model_calls: int = 0
    tool_calls: int = 0
    tokens: int = 0
    spend: int = 0
    """Billionths of a US dollar."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a scope has taken in its window."""

    scope: LimitScope
    amounts: Amounts
    seconds: int = 0
    """Until the window of a user or tenant ends."""


def amounts_of(bodies: Iterable[EventBody | None]) -> Amounts:
    """Return what the events of a step count for."""
    calls = tools = tokens = spend = 0
    for body in bodies:
        match body:
            case ContextPackageBuilt():
                calls += 1
            case ToolCallAuthorized():
                tools += 1
            case ModelCalled() | ModelCallFailed():
                tokens, spend = tokens + body.taken.tokens, spend + (body.taken.spend or 0)
            case _:
                pass
    return Amounts(calls, tools, tokens, spend)


def refuse_beyond(limits: Limits, used: Sequence[Used], adding: Amounts, ordinal: int = 0) -> None:
    """Refuse calls for which a limit leaves no room.

    Args:
        limits: That hold.
        used: What each scope has taken, without what is about to be added.
        adding: The calls that are about to be made.
        ordinal: Of the model call.

    Raises:
        LimitReached: Of a turn or thread.
        RateLimited: Of a user or tenant, whose window ends.
    """
    wanted = _wanted(adding)
    for one in used:
        for quantity, room in wanted.items():
            limit, taken = limits.of(one.scope).of(quantity), getattr(one.amounts, quantity)
            if limit is not None and taken + room > limit:
                reached = UsageLimitReached(
                    scope=one.scope, quantity=quantity, limit=limit, used=taken, ordinal=ordinal
                )
                raise _refusal(reached, one.seconds)


def _wanted(adding: Amounts) -> dict[Quantity, int]:
    """Return the room that calls need; of what is not known before, the least there is."""
    models: dict[Quantity, int] = {"model_calls": adding.model_calls, "tokens": 1, "spend": 1}
    tools: dict[Quantity, int] = {"tool_calls": adding.tool_calls}
    return (models if adding.model_calls else {}) | (tools if adding.tool_calls else {})


def _refusal(reached: UsageLimitReached, seconds: int) -> LimitReached:
    told = f"{told_of(reached)}."
    if reached.scope in ("user", "tenant"):
        hint = "Wait for tomorrow (UTC), or have the limit raised."
        return RateLimited(told, hint=hint, retry_after=seconds, reached=reached)
    hint = "Send another message." if reached.scope == "turn" else "Begin another conversation."
    return LimitReached(told, hint=f"{hint[:-1]}, or have the limit raised.", reached=reached)


def told_of(reached: UsageLimitReached) -> str:
    """Return which limit was reached, in words."""
    whose = {"turn": "this turn", "thread": "this conversation", "user": "this user", "tenant": "this tenant"}
    amount = f"{reached.limit / BILLIONTHS:.6g} US dollars" if reached.quantity == "spend" else str(reached.limit)
    what = "" if reached.quantity == "spend" else f" {reached.quantity.replace('_', ' ')}"
    today = " for today" if reached.scope in ("user", "tenant") else ""
    return f"The limit of {whose[reached.scope]}{today}, {amount}{what}, is reached"
