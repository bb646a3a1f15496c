"""What proposals are judged against: what is held, and what the turn did."""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from state.events import ToolCallCompleted
from state.facts import Fact, RejectedAssumption
from state.knowledge import Decision
from state.proposals import same_value
from state.session import Profile
from state.task import ActiveTask


@dataclass(frozen=True, slots=True)
class Situation:
    """The state before a proposal, and the turn that it comes from."""

    tenant: str
    user: str
    turn: str
    message: str
    """What the user wrote in this turn: their claims must quote it."""
    now: datetime
    facts: tuple[Fact, ...] = ()
    """Live facts, at most one a key; those of all keys that are proposed have to be among them."""
    rejections: tuple[RejectedAssumption, ...] = ()
    decisions: tuple[Decision, ...] = ()
    task: ActiveTask | None = None
    task_name: str = "conversation"
    """How a task is called that begins with a step only."""
    profile: Profile = field(default_factory=Profile)
    offered: frozenset[tuple[str, str]] = frozenset()
    """Key and value of what the assistant offered or asked to confirm, and of what it showed."""
    reply: str = ""
    """What the assistant said last: a value that it names was offered."""
    completed: tuple[ToolCallCompleted, ...] = ()
    """The turn's completed tool calls."""
    verifiers: frozenset[str] = frozenset()
    """Tools whose result verifies, rather than only shows."""
    approved: frozenset[str] = frozenset()
    """Ids of the turn's granted approvals."""
    memory_from_inferred: bool = False
    """Whether policy lets a reviewed memory rest on an inferred fact."""
    remembers: frozenset[str] = frozenset()
    """Scopes for which policy lets the user's own words be remembered without an approval."""
    memories: tuple[str, ...] = ()
    """What is remembered already, within the user's reach."""
    visible: frozenset[str] = frozenset()
    """`type:id` of what the user may see: a model may speak of nothing else."""
    known_seqs: Container[int] = range(0)
    """Sequence numbers of the thread's log."""

    def fact(self, key: str) -> Fact | None:
        """Return the live fact of a key."""
        return next((fact for fact in self.facts if fact.key == key), None)

    def rejects(self, key: str, value: str) -> RejectedAssumption | None:
        """Return the rejection in force of a value."""
        return next((r for r in self.rejections if r.key == key and same_value(r.value, value)), None)


def is_stale(fact: Fact, now: datetime) -> bool:
    """Tell whether a fact is too old to act on."""
    if fact.expires_at is not None and fact.expires_at <= now:
        return True
    limit = fact.stale_after_seconds
    return limit is not None and fact.observed_at + timedelta(seconds=limit) <= now
