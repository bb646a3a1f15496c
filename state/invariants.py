"""What no change of state may break; each rule has a name that stands in the log."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from state.facts import EVIDENCE, Fact, TrustLevel
from state.proposals import (
    Acceptance,
    CarefulChange,
    CarryOver,
    Correction,
    DecisionMade,
    FactClaim,
    Mentioned,
    ProfileHint,
    Proposal,
    Rejection,
    SummaryMade,
    TaskChange,
    plain,
    same_value,
)
from state.situation import Situation, is_stale
from state.summaries import Statement, Summary

Rule = Callable[[Proposal, Situation], str | None]
"""Returns why a proposal breaks the invariant, None when it does not."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A named rule."""

    name: str
    broken: Rule


@dataclass(frozen=True, slots=True)
class Breach:
    """The first invariant that a proposal breaks, and why."""

    invariant: str
    reason: str


def breach(proposal: Proposal, situation: Situation) -> Breach | None:
    """Return the first invariant that the proposal breaks."""
    for invariant in INVARIANTS:
        if reason := invariant.broken(proposal, situation):
            return Breach(invariant.name, reason)
    return None


def one_tenant(proposal: Proposal, situation: Situation) -> str | None:
    """A thread holds what belongs to its own tenant only."""
    if proposal.tenant == situation.tenant:
        return None
    return "It was read from another tenant than the thread's."


def only_authorised_entities(proposal: Proposal, situation: Situation) -> str | None:
    """A model brings up nothing that the user may not see."""
    if proposal.proposed_by != "model":
        return None
    hidden = [name for name in _named(proposal) if name not in situation.visible]
    return f"{hidden[0]!r} is not among what the user may see here." if hidden else None


def _named(proposal: Proposal) -> tuple[str, ...]:
    match proposal.content:
        case Mentioned(entities=entities):
            return tuple(f"{entity.type}:{entity.id}" for entity in entities)
        case TaskChange(entities=entities):
            return entities
        case _:
            return ()


def user_words_are_quoted(proposal: Proposal, situation: Situation) -> str | None:
    """What counts as said by the user quotes the message of the turn; of a model's proposal, each value too."""
    words = _users_own(proposal)
    if not words:
        return None
    if proposal.proposed_by == "tool":
        return "A tool can't speak for the user."
    told = words if proposal.proposed_by == "model" else words[:1]
    unsaid = [word for word in told if not _says(situation.message, word)]
    return f"The turn's message does not say {unsaid[0][:80]!r}." if unsaid else None


def _says(message: str, words: str) -> bool:
    """Tell whether whole words of a message say so."""
    sought = plain(words)
    return bool(sought and re.search(rf"(?<![^\W_]){re.escape(sought)}(?![^\W_])", plain(message)))


def _users_own(proposal: Proposal) -> list[str]:
    """Return the quotation, then the values, of what counts as said by the user."""
    match proposal.content:
        case FactClaim(trust="user_claimed", statement=statement, value=value):
            return [statement, value]
        case Correction(statement=statement, value=value, old=old):
            return [statement, *(v for v in (value, old) if v is not None)]
        case Rejection(statement=statement, value=value) | DecisionMade(statement=statement, text=value):
            return [statement, value]
        case ProfileHint(statement=statement, name=name, preferences=preferences):
            return [statement, *([name] if name else []), *preferences.values()]
        case Acceptance(statement=statement) | CarryOver(statement=statement):
            return [statement]
        case CarefulChange(statement=statement, text=text) if statement:
            return [text, statement]
        case _:
            return []


def tool_facts_only_from_completed_calls(proposal: Proposal, situation: Situation) -> str | None:
    """What a tool observed or verified comes from a call that completed in this turn."""
    claim = proposal.content
    if not isinstance(claim, FactClaim) or claim.trust not in EVIDENCE:
        return None
    if proposal.proposed_by != "tool" or claim.call is None:
        return f"Only a tool's result is {claim.trust}."
    names = {done.name for done in situation.completed if done.call == claim.call}
    if not names:
        return f"Call {claim.call.ordinal}.{claim.call.index} did not complete in this turn."
    if claim.trust == "system_verified" and not names <= situation.verifiers:
        return f"{min(names)} shows, but does not verify."
    return None


def accepted_values_were_offered(proposal: Proposal, situation: Situation) -> str | None:
    """A yes takes what the assistant offered, nothing else."""
    taken = proposal.content
    if not isinstance(taken, Acceptance):
        return None
    if proposal.proposed_by == "model" and (_DENIES.search(taken.statement) or not _ASSENTS.search(taken.statement)):
        return f"{taken.statement[:80]!r} does not say yes."
    if (taken.key, taken.value) in situation.offered or _says(situation.reply, taken.value):
        return None
    return f"{taken.value[:80]!r} was not offered."


_ASSENTS = re.compile(
    r"\b(?:yes|yeah|yep|ok(?:ay)?|sure|fine|good|great|perfect|correct|right|exactly|agreed?|confirm(?:ed)?|"
    r"go ahead|please do|sounds|works|do (?:it|that|so)|(?:take|choose|book) (?:it|that|this))\b",
    re.IGNORECASE,
)
_DENIES = re.compile(r"\b(?:no|not|never|don['’]?t|doesn['’]?t|isn['’]?t|wrong|cancel)\b", re.IGNORECASE)


def carried_values_are_known(proposal: Proposal, situation: Situation) -> str | None:
    """What is carried over stands under its source, and fills a gap: it replaces nothing."""
    carried = proposal.content
    if not isinstance(carried, CarryOver):
        return None
    if proposal.proposed_by != "user_rule":
        return "Only a rule carries over; of a model it is an inference."
    if situation.fact(carried.key):
        return f"{carried.key} has a value of its own."
    held = situation.fact(carried.source)
    known = held.value == carried.value if held else (carried.source, carried.value) in situation.offered
    if held and held.trust == "model_inferred":
        return f"{carried.source} is only inferred."
    return None if known else f"{carried.source} does not hold {carried.value[:80]!r}."


def inferred_never_supersedes(proposal: Proposal, situation: Situation) -> str | None:
    """What a model infers does not replace what was claimed, observed or verified."""
    claim = proposal.content
    if not isinstance(claim, FactClaim) or claim.trust != "model_inferred":
        return None
    held = situation.fact(claim.key)
    if held is None or held.trust == "model_inferred" or same_value(held.value, claim.value):
        return None
    return f"{held.key} is {held.value!r}, {held.trust}; an inference does not change that."


def claims_never_overwrite_observations(proposal: Proposal, situation: Situation) -> str | None:
    """A user's claim against what a tool observed or verified is kept on record as a conflict, not as a fact.

    Who has authority to change the observed thing does so through its tool; the next observation then agrees.
    """
    held = _contradicted(proposal, situation)
    if held is None or held.trust not in EVIDENCE:
        return None
    claimed = proposal.content.value if isinstance(proposal.content, FactClaim | Correction | Acceptance) else None
    says = f"says {claimed!r} of {held.key}" if claimed else f"denies {held.key} = {held.value!r}"
    return f"The user {says}, but {held.value!r} is {held.trust} and stays until it is observed otherwise."


def _contradicted(proposal: Proposal, situation: Situation) -> Fact | None:
    match proposal.content:
        case (
            FactClaim(trust="user_claimed", key=key, value=value)
            | Correction(key=key, value=value)
            | Acceptance(key=key, value=value)
        ):
            held = situation.fact(key)
            return held if held and (value is None or not same_value(held.value, value)) else None
        case Rejection(key=key, value=value):
            held = situation.fact(key)
            return held if held and same_value(held.value, value) else None
        case _:
            return None


def rejected_assumption_needs_new_evidence(proposal: Proposal, situation: Situation) -> str | None:
    """A rejected value returns when a tool shows it or the user states it, never by inference."""
    claim = proposal.content
    if not isinstance(claim, FactClaim | Correction | Acceptance | CarryOver) or claim.value is None:
        return None
    rejected = situation.rejects(claim.key, claim.value)
    # That evidence comes from a completed call is another invariant's matter. The user's own
    # words count as they stand in the message: what a model makes of them does not.
    said = proposal.proposed_by == "user_rule" and not isinstance(claim, CarryOver)
    if rejected is None or _trust(claim) in EVIDENCE or said:
        return None
    return f"{rejected.key} = {rejected.value!r} was rejected ({rejected.reason}) and nothing new shows it."


def _trust(claim: FactClaim | Correction | Acceptance | CarryOver) -> TrustLevel:
    return claim.trust if isinstance(claim, FactClaim) else "user_claimed"


def rules_infer_nothing(proposal: Proposal, situation: Situation) -> str | None:
    """An inference is a model's, and named so."""
    claim = proposal.content
    inferred = isinstance(claim, FactClaim) and claim.trust == "model_inferred"
    return "Only a model infers." if inferred and proposal.proposed_by != "model" else None


def action_rests_on_live_facts(proposal: Proposal, situation: Situation) -> str | None:
    """What a careful change rests on is held."""
    held = {fact.id for fact in situation.facts}
    missing = [i for i in _grounds(proposal) if i not in held]
    return f"It rests on {missing[0]!r}, which is not held." if missing else None


def inferred_facts_support_no_action(proposal: Proposal, situation: Situation) -> str | None:
    """No change that is felt outside the thread rests on an inference, approved or not."""
    if proposal.kind == "memory":
        return None
    inferred = _resting(proposal, situation, lambda fact: fact.trust == "model_inferred")
    return f"It rests on {inferred.key}, which is only inferred." if inferred else None


def stale_facts_support_no_action(proposal: Proposal, situation: Situation) -> str | None:
    """No careful change rests on a fact that is too old."""
    stale = _resting(proposal, situation, lambda fact: is_stale(fact, situation.now))
    return f"It rests on {stale.key}, which is stale: read it again first." if stale else None


def no_memory_from_inferred(proposal: Proposal, situation: Situation) -> str | None:
    """A durable memory rests on what was not inferred, unless policy allows it; a model's bare word is an inference."""
    if proposal.kind != "memory" or situation.memory_from_inferred:
        return None
    if proposal.proposed_by == "model" and not _grounds(proposal):
        return "A model's memory has to name the facts it rests on."
    inferred = _resting(proposal, situation, lambda fact: fact.trust == "model_inferred")
    return f"It rests on {inferred.key}, which is only inferred." if inferred else None


def _grounds(proposal: Proposal) -> tuple[str, ...]:
    return proposal.content.rests_on if isinstance(proposal.content, CarefulChange) else ()


def _resting(proposal: Proposal, situation: Situation, on: Callable[[Fact], bool]) -> Fact | None:
    grounds = _grounds(proposal)
    return next((fact for fact in situation.facts if fact.id in grounds and on(fact)), None)


def careful_kinds_need_approval(proposal: Proposal, situation: Situation) -> str | None:
    """What lasts or is felt outside the thread waits for a human; a memory that the user asks for, for policy."""
    change = proposal.content
    if not isinstance(change, CarefulChange) or change.approval_id in situation.approved:
        return None
    asked = change.kind == "memory" and proposal.proposed_by == "user_rule" and bool(change.statement)
    if asked and change.scope in situation.remembers:
        return None
    return f"A {change.kind} waits for a human's approval."


def summary_names_last_turn(proposal: Proposal, situation: Situation) -> str | None:
    """A summary says up to where it goes: to this turn, and to an event of the log."""
    change = proposal.content
    if not isinstance(change, SummaryMade):
        return None
    if change.summary.covers_turn != situation.turn:
        return f"It names {change.summary.covers_turn!r} as the last turn covered, not {situation.turn!r}."
    if change.summary.covers_seq not in situation.known_seqs:
        return f"It claims to cover event {change.summary.covers_seq}, which the log does not have."
    return None


def statement_rests_on_events(proposal: Proposal, situation: Situation) -> str | None:
    """Each statement of a summary names events that exist."""
    if not isinstance(proposal.content, SummaryMade):
        return None
    for statement in statements_of(proposal.content.summary):
        if not statement.events or any(seq not in situation.known_seqs for seq in statement.events):
            return f"{statement.text[:80]!r} rests on no known event."
    return None


def statements_of(summary: Summary) -> tuple[Statement, ...]:
    """Return all statements of a summary."""
    single = tuple(s for s in (summary.goal, summary.active_task) if s is not None)
    lists = (summary.decisions, summary.open_questions, summary.rejected_assumptions)
    return (*single, *(s for many in (*lists, summary.entities, summary.risk_notes) for s in many))


INVARIANTS: tuple[Invariant, ...] = tuple(
    Invariant(rule.__name__, rule)
    for rule in (
        one_tenant,
        only_authorised_entities,
        user_words_are_quoted,
        rules_infer_nothing,
        accepted_values_were_offered,
        carried_values_are_known,
        tool_facts_only_from_completed_calls,
        inferred_never_supersedes,
        claims_never_overwrite_observations,
        rejected_assumption_needs_new_evidence,
        action_rests_on_live_facts,
        inferred_facts_support_no_action,
        stale_facts_support_no_action,
        no_memory_from_inferred,
        careful_kinds_need_approval,
        summary_names_last_turn,
        statement_rests_on_events,
    )
)
"""In the order they are tried."""
