"""What a turn comes to: the reply, the validated changes, the summary if it is time, the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from state import events as e
from state.facts import Fact, RejectedAssumption
from state.knowledge import Decision
from state.log import Event
from state.session import Session


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a summary is due."""

    turns: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Closing:
    """All that the end of a turn looks at."""

    session: Session
    turn: Sequence[Event]
    route: str
    """Why the turn ends: reply, ask, limit or end."""
    facts: Sequence[Fact]
    rejections: Sequence[RejectedAssumption]
    decisions: Sequence[Decision]
    unsummarised: Sequence[Event]
    now: datetime


LIMIT_TEXT = "I stopped here: this turn reached its limit of model calls. Nothing further was done."


def close_turn(
    closing: Closing, thresholds: Thresholds, *, count: Callable[[str], int], new_id: Callable[[], str]
) -> list[e.EventBody]:
    """Return the events that end a turn."""
    return [*_reply(closing, count), _ended(closing)]


def _reply(closing: Closing, count: Callable[[str], int]) -> list[e.EventBody]:
    if closing.route in ("ask", "end"):
        return []
    last = next(event.body for event in reversed(closing.turn) if isinstance(event.body, e.ModelCalled))
    text = LIMIT_TEXT if closing.route == "limit" else last.text
    message_id = f"{closing.turn[0].header.turn}/{last.ordinal}"
    return [e.AssistantResponseGenerated(message_id=message_id, text=text, tokens=count(text))]


def _ended(closing: Closing) -> e.TurnEnded:
    outcomes: dict[str, e.TurnOutcome] = {"ask": "clarified", "limit": "limit_reached", "end": "abandoned"}
    return e.TurnEnded(outcome=outcomes.get(closing.route, "answered"))
