"""The situation as the proposals of a turn change it, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from state import events as e
from state.facts import Fact, RejectedAssumption
from state.knowledge import Decision
from state.proposals import same_value
from state.session import Profile
from state.situation import Situation
from state.task import ActiveTask


@dataclass(slots=True)
class Working:
    """Holds what the next proposal is judged by; lives for one call of `decide`."""

    situation: Situation
    new_id: Callable[[], str]
    mentioned: set[tuple[str, str, str]] = field(default_factory=set)
    """By whom and what, of this turn: things are counted once a turn."""

    def confirm(self, fact: Fact) -> list[e.EventBody]:
        """Hold a fact; the facts that its key had go first."""
        old = [f for f in self.situation.facts if f.key == fact.key]
        reason = "observed again" if any(same_value(f.value, fact.value) for f in old) else "a later value"
        closed = [e.FactSuperseded(fact_id=f.id, key=f.key, by=fact.id, reason=reason) for f in old]
        self._set_facts((*self._without(fact.key), fact))
        return [*closed, e.FactConfirmed(fact=fact), *self._reinstated(fact)]

    def withdraw(self, key: str, reason: str) -> list[e.EventBody]:
        """Hold nothing of a key any more."""
        old = [f for f in self.situation.facts if f.key == key]
        self._set_facts(self._without(key))
        return [e.FactSuperseded(fact_id=f.id, key=f.key, by=None, reason=reason) for f in old]

    def rule_out(self, assumption: RejectedAssumption) -> list[e.EventBody]:
        """Hold that something must not be assumed, once."""
        if self.situation.rejects(assumption.key, assumption.value):
            return []
        self.situation = replace(self.situation, rejections=(*self.situation.rejections, assumption))
        return [e.AssumptionRejected(assumption=assumption)]

    def decided(self, decision: Decision) -> None:
        """Hold a decision."""
        self.situation = replace(self.situation, decisions=(*self.situation.decisions, decision))

    def set_task(self, task: ActiveTask | None) -> None:
        """Make this the active task."""
        self.situation = replace(self.situation, task=task)

    def set_profile(self, profile: Profile) -> None:
        """Hold these hints about the user."""
        self.situation = replace(self.situation, profile=profile)

    def remember(self, text: str) -> None:
        """Count a memory among what is remembered."""
        self.situation = replace(self.situation, memories=(*self.situation.memories, text))

    def _reinstated(self, fact: Fact) -> list[e.EventBody]:
        """End the rejections that a fact overcomes: the invariants let it through on new evidence only."""
        over = [r for r in self.situation.rejections if r.key == fact.key and same_value(r.value, fact.value)]
        kept = tuple(r for r in self.situation.rejections if r not in over)
        self.situation = replace(self.situation, rejections=kept)
        return [e.AssumptionReinstated(assumption_id=r.id, key=r.key, value=r.value, by=fact.id) for r in over]

    def _without(self, key: str) -> tuple[Fact, ...]:
        return tuple(f for f in self.situation.facts if f.key != key)

    def _set_facts(self, facts: tuple[Fact, ...]) -> None:
        self.situation = replace(self.situation, facts=facts)
