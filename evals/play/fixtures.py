"""What scenarios name must be there: people, cases, documents, tools, guards, personas."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pkgutil import iter_modules

import psycopg

import nodes
from dossier.application import Application
from evals.play.expecting import Expect
from evals.play.people import known_people
from evals.play.reading import Located, closest
from evals.play.schema import Clock, Decide, ModelStep, Restart, Simulated, Step, User, World
from evals.play.source import Place, Problem, ScenarioInvalid

_THINGS = "SELECT 'case' AS kind, id FROM casework.cases UNION SELECT 'document', id FROM casework.documents"
_LICENSEES = "SELECT id FROM casework.licensees"
POINTS = ("step.", "effect.", "checkpoint.", "approval.", "lease.", "thread.")
"""How write points begin."""


@dataclass(frozen=True, slots=True)
class Fixtures:
    """What there is to be named."""

    cases: Collection[str]
    things: Collection[str]
    """Cases, documents and licensees."""
    tools: Mapping[str, str]
    """Effect by name."""
    guards: Collection[str]
    personas: Collection[str]
    statuses: Collection[str] = ()
    """That a case can have, as a tool that sets it names them."""


def fixtures(database: str, app: Application, guards: Collection[str], personas: Collection[str]) -> Fixtures:
    """Read what there is: of the case desk from its database."""
    with psycopg.connect(database) as conn:
        rows = conn.execute(_THINGS).fetchall()
        licensees = [id for (id,) in conn.execute(_LICENSEES).fetchall()]
    cases = {id for kind, id in rows if kind == "case"}
    tools = {tool.name: tool.effect for tool in app.tools}
    things = sorted({*licensees, *(id for _, id in rows)})
    return Fixtures(sorted(cases), things, tools, guards, personas, _statuses(app))


def _statuses(app: Application) -> list[str]:
    fields = [tool.schema()["function"]["parameters"]["properties"].get("status", {}) for tool in app.tools]
    return next((field["enum"] for field in fields if "enum" in field), [])


def refuse_missing(scenarios: Iterable[Located], known: Fixtures) -> None:
    """Refuse scenarios that name what is not there, or expect what can't be.

    Raises:
        ScenarioInvalid: With every such place.
    """
    problems = [problem for one in scenarios for problem in _problems(one, known)]
    if problems:
        raise ScenarioInvalid(problems)


def _problems(one: Located, known: Fixtures) -> Iterator[Problem]:
    scenario = one.scenario
    people = {*known_people(), *scenario.people}
    yield from _named(one, "guard", [scenario.guard], known.guards, ("guard",))
    yield from _named(one, "tool", scenario.tools, known.tools, ("tools",))
    for name, brought in scenario.people.items():
        yield from _named(one, "role", brought.roles, _roles(), ("people", name, "roles"))
    for field in ("by", "approver"):
        yield from _named(one, "person", [getattr(scenario, field)], people, (field,))
    for number, step in enumerate(scenario.steps):
        at: Place = ("steps", number)
        yield from _step(one, step, known, people, at)
        yield from _expected(one, step.expect, known, (*at, "expect"))
    if isinstance(scenario.steps[0], Decide):
        yield one.problem("nothing can wait before the first message", "begin with a user step", "steps", 0, "decide")
    yield from _expected(one, scenario.finally_, known, ("finally",))


def _roles() -> list[str]:
    return sorted({role for who in known_people().values() for role in who.roles})


def _step(one: Located, step: Step, known: Fixtures, people: Collection[str], at: Place) -> Iterator[Problem]:
    if by := getattr(step, "by", ""):
        yield from _named(one, "person", [by], people, (*at, "by"))
    if isinstance(step, User):
        for number, selected in enumerate(step.select):
            yield from _named(one, "thing", [selected.id], known.things, (*at, "select", number))
    if isinstance(step, Decide) and isinstance(step.decide, dict):
        yield from _named(one, "tool", step.decide, known.tools, (*at, "decide"))
    if isinstance(step, World):
        yield from _named(one, "case", step.world, known.cases, (*at, "world"))
        for case, values in step.world.items():
            yield from _status(one, values.get("status"), known, (*at, "world", case, "status"))
    if isinstance(step, Simulated):
        yield from _named(one, "persona", [step.simulated], known.personas, (*at, "simulated"))
    if isinstance(step, ModelStep) and step.kill_at and not _is_point(step.kill_at):
        hint = _nearest_point(step.kill_at)
        yield one.problem(f"there is no write point {step.kill_at!r}", hint, *at, "kill_at")
    expect, is_silent = step.expect, isinstance(step, (Clock, World, Restart))
    if is_silent and (expect.reply or expect.error or expect.model_calls):
        hint = "expect it of the step in which somebody speaks"
        yield one.problem("nobody speaks in this step: no reply, no refusal, no model call", hint, *at, "expect")
    if isinstance(step, ModelStep):
        yield from _called(one, step, known, (*at, "model"))


def _called(one: Located, step: ModelStep, known: Fixtures, at: Place) -> Iterator[Problem]:
    """Refuse calls of what is nearly a tool; that a model calls what is none at all can be meant."""
    for number, answer in enumerate(step.model):
        for name in (name for call in answer.calls or () for name in call):
            near = get_close_matches(name, known.tools, n=1, cutoff=0.85)
            if near and near[0] != name:
                yield one.problem(f"there is no tool {name!r}", f"did you mean {near[0]!r}?", *at, number, "calls")


def _status(one: Located, status: str | None, known: Fixtures, at: Place) -> Iterator[Problem]:
    if status is not None and known.statuses:
        yield from _named(one, "status", [status], known.statuses, at)


def _expected(one: Located, expect: Expect, known: Fixtures, at: Place) -> Iterator[Problem]:
    yield from _named(one, "tool", expect.waits or (), known.tools, (*at, "waits"))
    for tool in expect.waits or ():
        if known.tools.get(tool) == "read":
            yield one.problem(f"{tool} only reads, so it never waits", "expect one that acts", *at, "waits")
    yield from _named(one, "tool", expect.effects, known.tools, (*at, "effects"))
    for tool, times in expect.effects.items():
        if times and known.tools.get(tool) == "read":
            what, hint = f"{tool} only reads, so it has no effect", "count its calls by events"
            yield one.problem(what, hint, *at, "effects", tool)
    yield from _named(one, "case", expect.status, known.cases, (*at, "status"))
    for case, status in expect.status.items():
        yield from _status(one, status, known, (*at, "status", case))
    yield from _named(one, "case", expect.unchanged, known.cases, (*at, "unchanged"))
    if expect.asks is not None:
        yield from _named(one, "thing", expect.asks.options or (), known.things, (*at, "asks"))
    for phrase, ids in expect.resolved.items():
        yield from _named(one, "thing", ids, known.things, (*at, "resolved", phrase))


def _named(one: Located, what: str, names: Iterable[str], known: Collection[str], at: Place) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield one.problem(f"there is no {what} {name!r}", closest(name, known), *at)


def _is_point(point: str) -> bool:
    name, _, side = point.partition(":")
    return name.startswith(POINTS) and side in ("before", "after") and not _nearest_step(name)


def _nearest_step(name: str) -> str:
    """Return the node that a step's name is nearly that of; nothing for others: there are steps beside the nodes."""
    kind, _, step = name.partition(".")
    known = [module.name for module in iter_modules(nodes.__path__)]
    near = get_close_matches(step, known, n=1, cutoff=0.8) if kind == "step" and step not in known else []
    return f"step.{near[0]}" if near else ""


def _nearest_point(point: str) -> str:
    name, _, side = point.partition(":")
    if near := _nearest_step(name):
        return f"did you mean '{near}:{side or 'after'}'?"
    return "a write point and its side, such as step.call_model:after"
