"""What a turn comes to: the reply, the validated changes, the summary if it is time, the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dossier.extraction.extract import extract
from dossier.extraction.held import Held
from dossier.extraction.proposing import proposals_of
from dossier.updates.decide import decide
from state import events as e
from state.log import Event
from state.proposals import Mentioned, Proposal
from state.session import Session
from state.situation import Situation

LIMIT_TEXT = "I stopped here: this turn reached its limit of model calls. Nothing further was done."

_OUTCOMES: dict[str, e.TurnOutcome] = {
    "reply": "answered",
    "ask": "clarified",
    "limit": "limit_reached",
    "end": "abandoned",
}


@dataclass(frozen=True, slots=True)
class Closing:
    """All that the end of a turn looks at."""

    session: Session
    turn: Sequence[Event]
    """The events of the turn, in order."""
    route: str
    """Why the turn ends: reply, ask, limit or end."""


def read_message(closing: Closing, held: Held) -> tuple[Proposal, ...]:
    """Return what the turn's message asks to change, by rule."""
    message = _message(closing.turn)
    resolved = [event.body for event in closing.turn if isinstance(event.body, e.ReferenceResolved)]
    counted = {m for event in closing.turn if isinstance(event.body, e.EntitiesMentioned) for m in event.body.entities}
    found = proposals_of(extract(message, resolved, held), message.principal.tenant)
    return tuple(fresh for proposal in found if (fresh := _without(proposal, counted)) is not None)


def keys_of(proposals: Sequence[Proposal]) -> list[str]:
    """Return the fact keys that proposals speak of."""
    return sorted({key for proposal in proposals if (key := getattr(proposal.content, "key", None))})


def close_turn(
    closing: Closing,
    proposals: Sequence[Proposal],
    situation: Situation,
    *,
    count: Callable[[str], int],
    new_id: Callable[[], str],
) -> list[e.EventBody]:
    """Return the events that end a turn, but for its summary.

    Args:
        closing: The turn.
        proposals: Of `read_message`.
        situation: What they are judged against; the turn's message is added here.
        count: Tokens of a text.
        new_id: Gives a new id at each call.
    """
    message = _message(closing.turn).text
    changes = decide(proposals, replace(situation, message=message), new_id)
    return [*_reply(closing, count), *changes]


def ended(closing: Closing) -> e.TurnEnded:
    """Return the event that ends the turn."""
    return e.TurnEnded(outcome=_OUTCOMES[closing.route])


def _reply(closing: Closing, count: Callable[[str], int]) -> list[e.EventBody]:
    if closing.route in ("ask", "end"):
        return []
    last = next(event.body for event in reversed(closing.turn) if isinstance(event.body, e.ModelCalled))
    text = LIMIT_TEXT if closing.route == "limit" else last.text
    message_id = f"{closing.turn[0].header.turn}/{last.ordinal}"
    return [e.AssistantResponseGenerated(message_id=message_id, text=text, tokens=count(text))]


def _without(proposal: Proposal, counted: set[e.EntityRef]) -> Proposal | None:
    """Leave out mentions that are counted already."""
    content = proposal.content
    if not isinstance(content, Mentioned):
        return proposal
    fresh = tuple(entity for entity in content.entities if entity not in counted)
    return proposal.model_copy(update={"content": content.model_copy(update={"entities": fresh})}) if fresh else None


def _message(turn: Sequence[Event]) -> e.UserMessageReceived:
    return next(event.body for event in turn if isinstance(event.body, e.UserMessageReceived))
