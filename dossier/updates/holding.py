"""The events of each change that broke no invariant."""

from dossier.updates.task import limited_task
from dossier.updates.working import Working
from state import events as e
from state import proposals as p
from state.facts import EVIDENCE, Fact, RejectedAssumption, TrustLevel
from state.knowledge import Decision
from state.session import Profile

_RANK: dict[TrustLevel, int] = {"model_inferred": 0, "user_claimed": 1, "tool_observed": 2, "system_verified": 3}


def claim(working: Working, content: p.FactClaim) -> list[e.EventBody]:
    """Hold a fact, unless what is held already says so as reliably."""
    held = working.situation.fact(content.key)
    if held and p.same_value(held.value, content.value) and not _adds(working, content, held):
        return []
    return working.confirm(_fact(working, content))


def _adds(working: Working, content: p.FactClaim, held: Fact) -> bool:
    if _RANK[content.trust] != _RANK[held.trust]:
        return _RANK[content.trust] > _RANK[held.trust]
    # What can go stale is fresh again once another turn has observed it.
    ages = held.stale_after_seconds is not None or held.expires_at is not None
    return ages and content.trust in EVIDENCE and held.source_turn != working.situation.turn


def _fact(working: Working, content: p.FactClaim) -> Fact:
    situation = working.situation
    return Fact(
        id=working.new_id(),
        key=content.key,
        value=content.value,
        trust=content.trust,
        source_turn=situation.turn,
        observed_at=situation.now,
        expires_at=content.expires_at,
        stale_after_seconds=content.stale_after_seconds,
        task=situation.task.name if situation.task else None,
        statement=content.statement,
    )


def take(working: Working, content: p.Acceptance | p.CarryOver) -> list[e.EventBody]:
    """Hold what the user agreed to, or what their next request takes over, as their claim."""
    value, words = content.value, content.statement
    return claim(working, p.FactClaim(key=content.key, value=value, trust="user_claimed", statement=words))


def correct(working: Working, content: p.Correction) -> list[e.EventBody]:
    """Put the right value in the place of the wrong one, which must not be assumed any more."""
    held = working.situation.fact(content.key)
    wrong = list(dict.fromkeys(value for value in (held.value if held else None, content.old) if value))
    events: list[e.EventBody] = []
    if content.value is None:
        events += working.withdraw(content.key, "the user says it is wrong")
    else:
        right = p.FactClaim(key=content.key, value=content.value, trust="user_claimed", statement=content.statement)
        events += claim(working, right)
    for value in wrong:
        if content.value is None or not p.same_value(value, content.value):
            events += working.rule_out(_assumption(working, content.key, value, _corrected(content)))
    return events


def _corrected(content: p.Correction) -> str:
    return f"corrected to {content.value!r}" if content.value else "the user says it is wrong"


def reject(working: Working, key: str, value: str, reason: str) -> list[e.EventBody]:
    """Rule a value out; it is no fact any more."""
    held = working.situation.fact(key)
    closed = working.withdraw(key, reason) if held and p.same_value(held.value, value) else []
    return [*closed, *working.rule_out(_assumption(working, key, value, reason))]


def _assumption(working: Working, key: str, value: str, reason: str) -> RejectedAssumption:
    turn = working.situation.turn
    return RejectedAssumption(id=working.new_id(), key=key, value=value, reason=reason, source_turn=turn)


def record(working: Working, content: p.DecisionMade) -> list[e.EventBody]:
    """Hold a decision, once a task; a constraint limits the active task from now on."""
    situation = working.situation
    task = situation.task.name if situation.task else None
    said = (p.plain(content.text), content.constraint, task)
    if any((p.plain(d.text), d.constraint, d.task) == said for d in situation.decisions):
        return []
    made = Decision(working.new_id(), content.text, situation.user, task, content.constraint)
    working.decided(made)
    body = e.DecisionRecorded(
        decision_id=made.id, text=made.text, decided_by=made.decided_by, task=task, constraint=made.constraint
    )
    return [body, *(limited_task(working, made.id) if made.constraint else [])]


def hint(working: Working, content: p.ProfileHint) -> list[e.EventBody]:
    """Hold what is new about the user."""
    known = working.situation.profile
    name = content.name if content.name != known.name else None
    preferences = {k: v for k, v in content.preferences.items() if known.preferences.get(k) != v}
    if name is None and not preferences:
        return []
    working.set_profile(Profile(name=name or known.name, preferences={**known.preferences, **preferences}))
    return [e.ProfileHinted(name=name, preferences=preferences)]


def mention(working: Working, content: p.Mentioned) -> list[e.EventBody]:
    """Count what came up, once a turn and speaker."""
    fresh: list[e.EntityRef] = []
    for entity in content.entities:
        mark = (content.by, entity.type, entity.id)
        if mark not in working.mentioned:
            working.mentioned.add(mark)
            fresh.append(entity)
    return [e.EntitiesMentioned(entities=tuple(fresh), by=content.by)] if fresh else []
