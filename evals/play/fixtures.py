"""What scenarios name must be there: people, cases, documents, tools, guards, personas."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import psycopg

from dossier.application import Application
from evals.play.expecting import Expect
from evals.play.people import known_people
from evals.play.reading import Located, closest
from evals.play.schema import Clock, Decide, ModelStep, Simulated, Step, User, World
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


def fixtures(database: str, app: Application, guards: Collection[str], personas: Collection[str]) -> Fixtures:
    """Read what there is: of the case desk from its database."""
    with psycopg.connect(database) as conn:
        rows = conn.execute(_THINGS).fetchall()
        licensees = [id for (id,) in conn.execute(_LICENSEES).fetchall()]
    cases = {id for kind, id in rows if kind == "case"}
    tools = {tool.name: tool.effect for tool in app.tools}
    return Fixtures(sorted(cases), sorted({*licensees, *(id for _, id in rows)}), tools, guards, personas)


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
    for field in ("by", "approver"):
        yield from _named(one, "person", [getattr(scenario, field)], people, (field,))
    for number, step in enumerate(scenario.steps):
        at: Place = ("steps", number)
        yield from _step(one, step, known, people, at)
        yield from _expected(one, step.expect, known, (*at, "expect"))
    if isinstance(scenario.steps[0], Decide):
        yield one.problem("nothing can wait before the first message", "begin with a user step", "steps", 0, "decide")
    yield from _expected(one, scenario.finally_, known, ("finally",))


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
    if isinstance(step, Simulated):
        yield from _named(one, "persona", [step.simulated], known.personas, (*at, "simulated"))
    if isinstance(step, ModelStep) and step.kill_at and not _is_point(step.kill_at):
        hint = "a write point and its side, such as step.call_model:after"
        yield one.problem(f"there is no write point {step.kill_at!r}", hint, *at, "kill_at")
    if isinstance(step, (Clock, World)) and (step.expect.reply or step.expect.error):
        yield one.problem("nobody speaks in this step, so it has no reply and no refusal", "", *at, "expect")


def _expected(one: Located, expect: Expect, known: Fixtures, at: Place) -> Iterator[Problem]:
    yield from _named(one, "tool", expect.waits or (), known.tools, (*at, "waits"))
    for tool in expect.waits or ():
        if known.tools.get(tool) == "read":
            yield one.problem(f"{tool} only reads, so it never waits", "expect one that acts", *at, "waits")
    yield from _named(one, "tool", expect.effects, known.tools, (*at, "effects"))
    yield from _named(one, "case", expect.status, known.cases, (*at, "status"))
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
    return name.startswith(POINTS) and side in ("before", "after")
