"""What a turn comes to: the reply, the validated changes, the summary if it is time, the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dossier.extraction.extract import extract
from dossier.extraction.held import Held
from dossier.extraction.proposing import proposals_of
from dossier.guards import refusal
from dossier.limits import told_of
from dossier.summaries import DueReason, Thresholds, due, fitted, summarise, validated
from dossier.summaries.by_model import written
from dossier.updates.decide import decide
from state import events as e
from state.log import Event
from state.proposals import Mentioned, Proposal, SummaryMade
from state.session import Session
from state.situation import Situation
from state.summaries import Summary

SUMMARY_CAP = 600
"""Tokens that a summary should not exceed; decisions and what was ruled out stay whatever they take."""
LIMIT_TEXT = "I stopped here: this turn reached its limit of model calls. Nothing further was done."
REFUSED_TEXT = "A check stopped this turn: {reason}"

_OUTCOMES: dict[str, e.TurnOutcome] = {
    "reply": "answered",
    "ask": "clarified",
    "limit": "limit_reached",
    "refused": "refused",
    "end": "abandoned",
}


@dataclass(frozen=True, slots=True)
class Closing:
    """All that the end of a turn looks at."""

    session: Session
    turn: Sequence[Event]
    """The events of the turn, in order."""
    route: str
    """Why the turn ends: reply, ask, limit, refused or end."""


def read_message(closing: Closing, held: Held, reply: str = "") -> tuple[Proposal, ...]:
    """Return what the turn's message asks to change, by rule; a yes is held against the reply before it."""
    message = _message(closing.turn)
    resolved = [event.body for event in closing.turn if isinstance(event.body, e.ReferenceResolved)]
    mentions = [event.body for event in closing.turn if isinstance(event.body, e.EntitiesMentioned)]
    counted = {(entity.type, entity.id) for mention in mentions for entity in mention.entities}
    found = proposals_of(extract(message, resolved, held, reply), message.principal.tenant)
    return tuple(fresh for proposal in found if (fresh := _without(proposal, counted)) is not None)


def keys_of(proposals: Sequence[Proposal]) -> list[str]:
    """Return the fact keys that proposals speak of."""
    named = [getattr(proposal.content, name, None) for proposal in proposals for name in ("key", "source")]
    return sorted({key for key in named if key})


def close_turn(
    closing: Closing,
    proposals: Sequence[Proposal],
    situation: Situation,
    thresholds: Thresholds,
    *,
    count: Callable[[str], int],
    new_id: Callable[[], str],
) -> list[e.EventBody]:
    """Return the reply, the changes, and the end of the turn unless a summary has to come before it.

    Args:
        closing: The turn.
        proposals: Of `read_message`.
        situation: What they are judged against; the turn's message is added here.
        thresholds: When a summary is due.
        count: Tokens of a text.
        new_id: Gives a new id at each call.
    """
    changes = decide(proposals, replace(situation, message=_message(closing.turn).text), new_id)
    bodies = [*_reply(closing, count), *changes]
    return bodies if _summary_reason(closing, bodies, thresholds) else [*bodies, _ended(closing)]


def summarise_turn(
    closing: Closing,
    previous: Summary | None,
    fresh: Sequence[Event],
    held: Held,
    situation: Situation,
    thresholds: Thresholds,
    *,
    wording: str | None = None,
    count: Callable[[str], int],
    new_id: Callable[[], str],
) -> list[e.EventBody]:
    """Return the refreshed summary, validated like any change, and the end of the turn.

    Args:
        closing: The turn, its changes included.
        previous: The summary before.
        fresh: The events that it does not cover, this turn's included.
        held: What the thread holds now.
        situation: What the summary is judged against.
        thresholds: When a summary is due.
        wording: What a model wrote, in its form: kept as far as it rests on events and loses nothing.
        count: Tokens of a text.
        new_id: Gives a new id at each call.
    """
    rule = summarise(previous, fresh, held, count=count, cap=SUMMARY_CAP)
    known = replace(situation, known_seqs=range(1, fresh[-1].seq + 1))
    summary, dropped = rule, ()
    if wording is not None:
        erased = {event.seq for event in fresh if event.body is None}
        there = frozenset(range(1, fresh[-1].seq + 1)) - erased
        checked = validated(written(wording, rule), known_seqs=there, held=held, baseline=rule)
        summary, dropped = fitted(checked.summary, count, SUMMARY_CAP), checked.dropped
    reason = _summary_reason(closing, (), thresholds) or "task_change"
    made = SummaryMade(summary=summary, reason=reason, dropped=dropped)
    proposer = "user_rule" if wording is None else "model"
    proposal = Proposal(content=made, proposed_by=proposer, tenant=situation.tenant)
    return [*decide([proposal], known, new_id), _ended(closing)]


def _summary_reason(closing: Closing, bodies: Sequence[e.EventBody], thresholds: Thresholds) -> DueReason | None:
    changed = [body.task for body in bodies if isinstance(body, e.TaskStateChanged)]
    session = closing.session.model_copy(update={"task": changed[-1]} if changed else {})
    happened = [event.body for event in closing.turn if event.body is not None]
    return due(session, thresholds, turn_events=[*happened, *bodies], task_before=closing.session.task)


def _ended(closing: Closing) -> e.TurnEnded:
    return e.TurnEnded(outcome=_OUTCOMES[closing.route])


def _reply(closing: Closing, count: Callable[[str], int]) -> list[e.EventBody]:
    if closing.route in ("ask", "end"):
        return []
    text, ordinal = _said(closing)
    message_id = f"{closing.turn[0].header.turn}/{ordinal}"
    return [e.AssistantResponseGenerated(message_id=message_id, text=text, tokens=count(text))]


def _said(closing: Closing) -> tuple[str, int]:
    """Return the reply, and which model call of the turn it belongs to."""
    bodies = [event.body for event in reversed(closing.turn)]
    if closing.route == "refused" and (ruled := refusal(bodies, "before_model", "after_model")):
        return REFUSED_TEXT.format(reason=ruled.text), ruled.call.ordinal
    if closing.route == "limit" and isinstance(reached := bodies[0], e.UsageLimitReached):
        return f"I stopped here: {told_of(reached)}. Nothing further was done.", reached.ordinal
    last = next(body for body in bodies if isinstance(body, e.ModelCalled) and body.purpose == "reply")
    return LIMIT_TEXT if closing.route == "limit" else last.text, last.ordinal


def _without(proposal: Proposal, counted: set[tuple[str, str]]) -> Proposal | None:
    """Leave out mentions that are counted already."""
    content = proposal.content
    if not isinstance(content, Mentioned):
        return proposal
    fresh = tuple(entity for entity in content.entities if (entity.type, entity.id) not in counted)
    return proposal.model_copy(update={"content": content.model_copy(update={"entities": fresh})}) if fresh else None


def _message(turn: Sequence[Event]) -> e.UserMessageReceived:
    return next(event.body for event in turn if isinstance(event.body, e.UserMessageReceived))
