"""Facts that a tool's result shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from state.events import CallRef
from state.proposals import FactClaim, Proposal


@dataclass(frozen=True, slots=True)
class Observation:
    """One value that a result holds, as its tool's author reads it."""

    key: str
    """`type:id/attribute`."""
    value: str
    verified: bool = False
    """The tool reads the source that decides, rather than one that reports."""
    statement: str = ""
    expires_at: datetime | None = None
    stale_after_seconds: int | None = None


def from_tool(tenant: str, call: CallRef, observations: Iterable[Observation]) -> tuple[Proposal, ...]:
    """Propose what a completed call shows; `decide` checks that it completed."""
    return tuple(Proposal(content=_claim(call, seen), proposed_by="tool", tenant=tenant) for seen in observations)


def _claim(call: CallRef, seen: Observation) -> FactClaim:
    return FactClaim(
        key=seen.key,
        value=seen.value,
        trust="system_verified" if seen.verified else "tool_observed",
        statement=seen.statement,
        call=call,
        expires_at=seen.expires_at,
        stale_after_seconds=seen.stale_after_seconds,
    )
