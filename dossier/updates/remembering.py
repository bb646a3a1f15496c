"""What becomes of a memory that is proposed: it passes the seven checks, or is refused with the reason."""

from dossier.memory import Candidate, Refusal, judge
from dossier.updates.working import Working
from state import events as e
from state.invariants import Breach, no_memory_from_inferred
from state.proposals import CarefulChange, Proposal


def candidate(working: Working, proposal: Proposal) -> list[e.EventBody]:
    """Keep what breaks no invariant, if it passes the checks; its candidate's id names it."""
    change = _change(proposal)
    refusal = judge(_judged(working, proposal, change))
    if refusal:
        return _refused(working, change, refusal)
    asked = _proposed(working, change)
    working.remember(change.text)
    return [asked, e.MemoryCandidateStored(candidate_id=asked.candidate_id, memory_id=asked.candidate_id)]


def refused(working: Working, proposal: Proposal, broken: Breach) -> list[e.EventBody]:
    """Name the check that a memory fails which breaks an invariant; nothing for changes of another kind."""
    if proposal.kind != "memory":
        return []
    change = _change(proposal)
    found = judge(_judged(working, proposal, change))
    return _refused(working, change, found or Refusal("source", broken.reason))


def _refused(working: Working, change: CarefulChange, refusal: Refusal) -> list[e.EventBody]:
    asked = _proposed(working, change)
    told = e.MemoryCandidateRefused(candidate_id=asked.candidate_id, check=refusal.check, reason=refusal.reason)
    return [asked, told]


def _proposed(working: Working, change: CarefulChange) -> e.MemoryCandidateProposed:
    return e.MemoryCandidateProposed(candidate_id=working.new_id(), text=change.text, scope=change.scope)


def _change(proposal: Proposal) -> CarefulChange:
    assert isinstance(proposal.content, CarefulChange), "a memory is a careful change"
    return proposal.content


def _judged(working: Working, proposal: Proposal, change: CarefulChange) -> Candidate:
    situation = working.situation
    return Candidate(
        text=change.text,
        scope=change.scope,
        now=situation.now,
        asked=proposal.proposed_by == "user_rule" and bool(change.statement),
        approved=change.approval_id in situation.approved,
        permitted=situation.remembers,
        inferred=no_memory_from_inferred(proposal, situation) is not None,
        about=change.about,
        known=situation.memories,
    )
