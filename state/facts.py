"""What is held to be true, and what must not be assumed."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict

from state.instant import Instant
from state.lifecycle import Lifecycle

TrustLevel = Literal["user_claimed", "system_verified", "model_inferred", "tool_observed"]

EVIDENCE: tuple[TrustLevel, ...] = ("tool_observed", "system_verified")
"""Trust that can bring back a rejected assumption (with explicit user evidence)."""

_FACT = Lifecycle("task", "runtime", "thread", "validated proposals", "derived", "erasable", "when_relevant")
_REJECTED = Lifecycle("task", "user", "thread", "what the user ruled out", "claimed", "erasable", "always")


class Fact(BaseModel):
    """One key with one value, and why to believe it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, _FACT]
    key: Annotated[str, _FACT]
    """`type:id/attribute`, e.g. `case:C-1042/urgency`; a later fact of the same key supersedes."""
    value: Annotated[str, _FACT]
    trust: Annotated[TrustLevel, _FACT]
    source_turn: Annotated[str, _FACT]
    observed_at: Annotated[Instant, _FACT]
    expires_at: Annotated[Instant | None, _FACT] = None
    stale_after_seconds: Annotated[int | None, _FACT] = None
    task: Annotated[str | None, _FACT] = None
    """The task it was learned for; facts of the active task stay hot."""
    statement: Annotated[str, _FACT] = ""
    """The words it was stated in, for people and prompts."""


class RejectedAssumption(BaseModel):
    """A value that a key must not be taken to have."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, _REJECTED]
    key: Annotated[str, _REJECTED]
    value: Annotated[str, _REJECTED]
    reason: Annotated[str, _REJECTED]
    source_turn: Annotated[str, _REJECTED]
