"""What a message is read against."""

from dataclasses import dataclass

from state.events import EntityRef
from state.facts import Fact, RejectedAssumption
from state.knowledge import Decision
from state.task import ActiveTask


@dataclass(frozen=True, slots=True)
class Held:
    """What the thread holds when the message arrives."""

    facts: tuple[Fact, ...] = ()
    rejections: tuple[RejectedAssumption, ...] = ()
    decisions: tuple[Decision, ...] = ()
    task: ActiveTask | None = None
    focus: tuple[EntityRef, ...] = ()
    """What the conversation is about, newest first."""
