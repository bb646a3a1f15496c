"""What was taken of the limits, as clients see it."""

from collections.abc import Sequence

from pydantic import BaseModel

from dossier.limits import BILLIONTHS, Amounts, Used
from state.model_events import LimitScope


class Taken(BaseModel):
    """What models and tools took."""

    model_calls: int
    tool_calls: int
    tokens: int
    spend_usd: float
    """By the prices that were known."""


class Allowed(BaseModel):
    """What may be taken; None: any amount."""

    model_calls: int | None
    tool_calls: int | None
    tokens: int | None
    spend_usd: float | None


def taken_by(used: Sequence[Used], scope: LimitScope) -> Taken:
    """Return what a scope has taken."""
    amounts = next((one.amounts for one in used if one.scope == scope), Amounts())
    return Taken(
        model_calls=amounts.model_calls,
        tool_calls=amounts.tool_calls,
        tokens=amounts.tokens,
        spend_usd=amounts.spend / BILLIONTHS,
    )
