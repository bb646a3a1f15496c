"""Decide proposals in their order: each is on record, then applied or rejected."""

from collections.abc import Callable, Sequence
from typing import assert_never

from dossier.updates import holding, remembering
from dossier.updates.task import changed_task
from dossier.updates.working import Working
from state import events as e
from state import proposals as p
from state.invariants import breach
from state.situation import Situation

RAW_LIMIT = 4_000
"""Characters kept of an output that can't be read."""


def decide(proposals: Sequence[p.Proposal], situation: Situation, new_id: Callable[[], str]) -> tuple[e.EventBody, ...]:
    """Return what the proposals of a turn come to, as events to append.

    For each: `StateUpdateProposed`, then `StateUpdateApplied` and the change's own events, or
    `StateUpdateRejected` with the invariant it breaks. Each is judged by what the ones before it
    left, so the later wins; a key never has two live facts. What changes nothing is applied
    without events of its own.

    Args:
        proposals: In the order they were made: the user's, the tools', the model's.
        situation: What is held, and what the turn did.
        new_id: Gives a new id at each call.
    """
    working = Working(situation, new_id)
    events: list[e.EventBody] = []
    for proposal in proposals:
        events += _decided(proposal, working)
    return tuple(events)


def _decided(proposal: p.Proposal, working: Working) -> list[e.EventBody]:
    # A summary is on record once, in the event that it becomes.
    content = proposal.content.model_dump(mode="json", exclude={"kind", "summary"})
    asked = e.StateUpdateProposed(proposal=proposal.kind, content=content, proposed_by=proposal.proposed_by)
    broken = breach(proposal, working.situation)
    if broken:
        refused = e.StateUpdateRejected(
            proposal=proposal.kind, content=content, invariant=broken.invariant, reason=broken.reason
        )
        return [asked, refused, *remembering.refused(working, proposal, broken)]
    return [asked, e.StateUpdateApplied(proposal=proposal.kind, content=content), *_changes(proposal, working)]


def _changes(proposal: p.Proposal, working: Working) -> list[e.EventBody]:
    content = proposal.content
    match content:
        case p.FactClaim():
            return holding.claim(working, content)
        case p.Correction():
            return holding.correct(working, content)
        case p.Acceptance() | p.CarryOver():
            return holding.take(working, content)
        case p.Rejection():
            return holding.reject(working, content.key, content.value, content.reason)
        case p.DecisionMade():
            return holding.record(working, content)
        case p.ProfileHint():
            return holding.hint(working, content)
        case p.TaskChange():
            return changed_task(working, content)
        case p.Mentioned():
            return holding.mention(working, content)
        case p.SummaryMade():
            return [e.SummaryGenerated(summary=content.summary, reason=content.reason, dropped=content.dropped)]
        case p.CarefulChange():
            # Tools alone act outside the thread, so an approved change of another kind has no event of its own.
            return remembering.candidate(working, proposal) if content.kind == "memory" else []
        case _ as unreachable:
            assert_never(unreachable)


def unreadable(raw: str, reason: str) -> tuple[e.EventBody, ...]:
    """Put on record a model's output that could not be read, the repair attempt included: nothing changes."""
    content = {"raw": raw[:RAW_LIMIT]}
    return (
        e.StateUpdateProposed(proposal="unreadable", content=content, proposed_by="model"),
        e.StateUpdateRejected(proposal="unreadable", content=content, invariant="well_formed", reason=reason),
    )
