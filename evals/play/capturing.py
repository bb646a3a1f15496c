"""From a real thread to a scenario.

It has the same messages and decisions, the model's answers as its script, and what came of them as what is expected.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from dossier.context.alter import NOTHING, Alteration
from dossier.errors import NotFound
from evals.play.people import known_people
from evals.play.redacting import redaction_of
from state import events as e
from state.events import EventBody
from state.log import Event
from state.principal import Principal

_GUARDS: Mapping[type[e.Body], str] = {
    e.HumanApprovalRequested: "approval",
    e.ClarificationRequested: "asking",
    e.FactSuperseded: "supersession",
    e.DecisionRecorded: "decisions",
    e.FactConfirmed: "facts",
    e.ReferenceResolved: "resolving",
}
"""Which guard a captured scenario says to test: the first whose event happened; "one path" without any."""
_VERDICTS: Mapping[type[e.Body], str] = {
    e.HumanApprovalGranted: "approve",
    e.HumanApprovalEdited: "edit",
    e.HumanApprovalDenied: "reject",
}
Data = dict[str, Any]


@dataclass
class _Step:
    data: Data
    bodies: list[EventBody] = field(default_factory=list)


def captured(
    events: Sequence[Event], name: str, *, raw: bool = False, what_if: Alteration = NOTHING, refused: str = ""
) -> str:
    """Return a scenario as YAML, to be read through before it is kept.

    Args:
        events: Of one thread, all of them.
        name: What the scenario is called.
        raw: Whether personal data stays in it.
        what_if: What was changed about the packages of the last message.
        refused: The code with which that message was refused.

    Raises:
        NotFound: There are none, or what was said was erased.
    """
    bodies = [event.body for event in events if event.body is not None]
    if len(bodies) < len(events) or not any(isinstance(body, e.UserMessageReceived) for body in bodies):
        raise NotFound("The thread holds no messages, or they were erased.", hint="Capture another one.")
    steps = list(_steps(bodies))
    scenario: Data = {"name": name, "tags": ["captured"], "guard": _guard(bodies), **_people(bodies)}
    offline = all(body.offline for body in bodies if isinstance(body, e.ModelCalled))
    scenario["steps"] = [_told(step, offline=offline) for step in steps]
    kept = scenario if raw else {**redaction_of(events).data(scenario), "name": name}
    if what_if != NOTHING:
        _alter(kept["steps"], what_if, refused)
    text = yaml.safe_dump([kept], sort_keys=False, allow_unicode=True, width=110)
    return f"# Captured from a thread. Say what it shows in its name, and keep only what you mean to expect.\n{text}"


def _alter(steps: list[Data], alteration: Alteration, refused: str) -> None:
    """Say of the last message how its package was changed, and what that came to."""
    last = next(step for step in reversed(steps) if "user" in step)
    last["what_if"] = _changed(alteration)
    expected = last.setdefault("expect", {})
    if refused:
        expected["error"] = refused
        return
    package = {
        name: [{"id": id} for id in sorted(ids)]
        for name, ids in (("includes", alteration.shown), ("lacks", alteration.without))
        if ids
    }
    expected |= {"package": package} if package else {}


def _changed(alteration: Alteration) -> Data:
    """Return what was changed, as a scenario says it."""
    named = {"without": alteration.without, "with": alteration.shown, "stale": alteration.stale}
    values = {name: getattr(alteration, name) for name in ("budget", "prompt", "strategy")}
    return {
        **{name: sorted(ids) for name, ids in named.items() if ids},
        **{name: value for name, value in values.items() if value is not None},
    }


def what_if_name(alteration: Alteration) -> str:
    """Return what a scenario of a turn told again is called: by what was changed."""
    told = (f"{name} {' '.join(v) if isinstance(v, list) else v}" for name, v in _changed(alteration).items())
    return re.sub(r"[^a-z0-9 ,'-]+", "-", f"what if {', '.join(told)}".lower())[:80]


def _steps(bodies: Sequence[EventBody]) -> Iterator[_Step]:
    """Yield what people did, each with what happened until the next of them did something."""
    step: _Step | None = None
    for body in bodies:
        begun = _begun(body)
        if begun is not None and step is not None and _is_next_verdict(step, body):
            step.data["decide"] |= begun["decide"]
        elif begun is not None:
            if step is not None:
                yield step
            step = _Step(begun)
        if step is not None:
            step.bodies.append(body)
    if step is not None:
        yield step


def _begun(body: EventBody) -> Data | None:
    if isinstance(body, e.UserMessageReceived):
        selected = [{"type": one.type, "id": one.id} for one in body.selection]
        return {"user": body.text, **({"select": selected} if selected else {})}
    if isinstance(body, e.HumanApprovalEdited):
        edit = {"verdict": "edit", "args": body.args, "message": body.message}
        return {"decide": {body.name: edit}, "by": body.decided_by}
    if isinstance(body, (e.HumanApprovalGranted, e.HumanApprovalDenied)):
        decision = {"verdict": _VERDICTS[type(body)], "message": body.message}
        return {"decide": {body.name: decision}, "by": body.decided_by}
    return None


def _is_next_verdict(step: _Step, body: EventBody) -> bool:
    """Tell whether a verdict follows another at once: both were sent before anything ran."""
    return "decide" in step.data and type(step.bodies[-1]) in _VERDICTS and type(body) in _VERDICTS


def _told(step: _Step, *, offline: bool) -> Data:
    answers = [] if offline else [_answer(body) for body in step.bodies if isinstance(body, e.ModelCalled)]
    expected = dict(_expected(step.bodies))
    return {**step.data, **({"model": answers} if answers else {}), **({"expect": expected} if expected else {})}


def _answer(called: e.ModelCalled) -> Data:
    if not called.tool_calls:
        return {"says": called.text}
    calls = [{call.name: call.args} for call in called.tool_calls]
    return {"calls": calls, **({"text": called.text} if called.text else {})}


def _expected(bodies: Sequence[EventBody]) -> Iterator[tuple[str, Any]]:
    replies = [body.text for body in bodies if isinstance(body, e.AssistantResponseGenerated)]
    if replies:
        yield "reply", {"contains": [replies[-1][:200]]}
    for body in bodies:
        if isinstance(body, e.ClarificationRequested):
            yield "asks", {"phrase": body.phrase, "options": [option.id for option in body.options]}
    if waits := [body.name for body in bodies if isinstance(body, e.HumanApprovalRequested)]:
        yield "waits", waits
    resolved = [body for body in bodies if isinstance(body, e.ReferenceResolved) and body.entities]
    if resolved:
        yield "resolved", {body.phrase: [entity.id for entity in body.entities] for body in resolved}
    if facts := [body.fact for body in bodies if isinstance(body, e.FactConfirmed)]:
        yield "facts", {fact.key: {"value": fact.value, "trust": fact.trust} for fact in facts}
    kinds = ("fact_superseded", "assumption_rejected", "decision_recorded", "tool_call_completed", "tool_call_failed")
    if happened := {body.type: 1 for body in bodies if body.type in (*kinds, "tool_call_rejected")}:
        counted = {kind: sum(body.type == kind for body in bodies) for kind in happened}
        yield "events", {"count": counted}
    outcomes = [body.outcome for body in bodies if isinstance(body, e.TurnEnded)]
    if outcomes and outcomes[-1] != "answered":
        yield "outcome", outcomes[-1]


def _guard(bodies: Sequence[EventBody]) -> str:
    return next((guard for kind, guard in _GUARDS.items() if any(isinstance(b, kind) for b in bodies)), "one path")


def _people(bodies: Sequence[EventBody]) -> Data:
    """Return who speaks, and those whom scenarios do not know."""
    speaker = next(body.principal for body in bodies if isinstance(body, e.UserMessageReceived))
    found: Data = {"by": speaker.user}
    if known_people().get(speaker.user) != speaker:
        found["people"] = {speaker.user: _person(speaker)}
    return found


def _person(principal: Principal) -> Data:
    return {"tenant": principal.tenant, "roles": list(principal.roles)}
