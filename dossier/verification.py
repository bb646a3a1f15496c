"""Before an approved call: what it rests on is read at its source, and recorded as verified."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from pydantic import BaseModel, ValidationError

from dossier.adapters.effects import Outcome
from dossier.application import Application
from dossier.cleaning import clean
from dossier.execution import Ready
from dossier.tools import ObservedFact, Tool
from dossier.updates.decide import decide
from dossier.updates.observed import Observation, from_tool
from state import events as e
from state.situation import Situation

Read = Callable[[Tool, BaseModel], Awaitable[Outcome]]
"""Runs a reading tool for the turn's principal."""


@dataclass(frozen=True, slots=True)
class Verified:
    """An approved call, and what its source said just now."""

    ready: Ready
    name: str
    outcome: Outcome

    @property
    def facts(self) -> tuple[ObservedFact, ...]:
        """Return what the source says."""
        return self.outcome.result.facts if self.outcome.result else ()

    @property
    def keys(self) -> list[str]:
        """Return the keys of the facts that were read."""
        return [fact.key for fact in self.facts]

    @property
    def refusal(self) -> Outcome | None:
        """Return how the call comes out without having run: what can't be verified can't be acted on."""
        if self.outcome.status == "done":
            return None
        because = self.outcome.detail or self.outcome.code
        return Outcome("failed", code="unverified", detail=f"{self.name} could not verify what it rests on: {because}")


async def verify(app: Application, ready: Ready, read: Read) -> Verified:
    """Run the read that a call names."""
    assert ready.tool.verifies is not None
    name, args = ready.tool.verifies(ready.args)
    tool = next((tool for tool in app.tools if tool.name == name and tool.effect == "read"), None)
    if tool is None:
        return Verified(ready, name, Outcome("failed", code="unknown_tool", detail="There is no such read."))
    try:
        given = tool.arguments.model_validate(args)
    except ValidationError:
        return Verified(ready, name, Outcome("failed", code="invalid_arguments", detail="Its arguments do not fit."))
    return Verified(ready, name, await read(tool, given))


def verified_events(one: Verified, situation: Situation, new_id: Callable[[], str]) -> list[e.EventBody]:
    """Return what the log has to say: each fact as the source has it, system_verified, with the time of the read."""
    # The read is the runtime's own: no call of the model's, but as good as one to judge facts by.
    read = e.ToolCallCompleted(call=one.ready.call, name=one.name, args={}, content="")
    seen = [
        Observation(clean(f.key), clean(f.value), True, clean(f.statement), None, f.stale_after_seconds)
        for f in one.facts
    ]
    here = replace(situation, completed=(read,), verifiers=frozenset({one.name}))
    return list(decide(from_tool(situation.tenant, one.ready.call, seen), here, new_id))
