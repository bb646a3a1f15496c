"""Scenario files: read, checked by the schema, and every error with its line and what was likely meant."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, get_args, get_origin

from pydantic import ValidationError

from evals.play.schema import STEPS, Scenario, Step
from evals.play.source import Place, Problem, ScenarioInvalid, Source, read_source
from evals.play.strict import Strict
from evals.play.wording import worded

_FOLLOWS = ("too_short", "literal_error")
"""Errors that say nothing where something inside is wrong."""


@dataclass(frozen=True, slots=True)
class Located:
    """A scenario and where it stands."""

    scenario: Scenario
    source: Source
    number: int | None
    """Its place in the file's list; None when the file holds just it."""

    def line(self, *place: str | int) -> int:
        """Return the line of a part."""
        return self.source.line(place if self.number is None else (self.number, *place))

    def problem(self, what: str, hint: str, *place: str | int) -> Problem:
        """Return a problem at a part."""
        return Problem(self.source.file, self.line(*place), what, hint)


def read_scenarios(paths: Iterable[Path]) -> list[Located]:
    """Read files, and the .yaml files of folders, in order.

    Raises:
        ScenarioInvalid: With all that is wrong, in all files.
    """
    found: list[Located] = []
    problems: list[Problem] = []
    for path in paths:
        for file in sorted(path.glob("**/*.yaml")) if path.is_dir() else [path]:
            try:
                found += _scenarios(read_source(file))
            except ScenarioInvalid as error:
                problems += error.problems
        if path.is_dir() and not any(path.glob("**/*.yaml")):
            problems.append(Problem(str(path), 1, "holds no scenarios", "a folder with .yaml files"))
    problems += _same_names(found)
    if problems:
        raise ScenarioInvalid(problems)
    return found


def closest(word: str, known: Iterable[str]) -> str:
    """Return a hint: the closest of the known words, else some of them."""
    words = list(map(str, known))
    near = get_close_matches(str(word), words, n=1, cutoff=0.55)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(words[:12])}{' ...' if len(words) > 12 else ''}"


def _scenarios(source: Source) -> list[Located]:
    many = isinstance(source.data, list)
    numbered: list[tuple[int | None, Any]] = list(enumerate(source.data)) if many else [(None, source.data)]
    found, problems = [], []
    for number, data in numbered:
        try:
            found.append(Located(Scenario.model_validate(data), source, number))
        except ValidationError as error:
            at: Place = () if number is None else (number,)
            problems += _problems(source, at, error)
    if problems:
        raise ScenarioInvalid(problems)
    return found


def _problems(source: Source, at: Place, error: ValidationError) -> list[Problem]:
    """Return one problem for each place, by line; what only follows from another is left out."""
    by_place: dict[Place, Problem] = {}
    places = [_place(source, at, one["loc"]) for one in error.errors(include_url=False)]
    for one in error.errors(include_url=False):
        place = _place(source, at, one["loc"])
        if one["type"] in _FOLLOWS and any(_is_within(other, place) for other in places):
            continue
        key = (*place, str(one["loc"][-1])) if one["type"] == "missing" else place
        by_place.setdefault(key, Problem(source.file, source.line(place), *_told(one, one["loc"])))
    return sorted(by_place.values(), key=lambda problem: problem.line)


def _is_within(inner: Place, outer: Place) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _place(source: Source, at: Place, loc: Place) -> Place:
    """Return where an error is in the file: what only the schema knows of is passed over."""
    here = at
    for number, part in enumerate(loc):
        is_tag = number == 2 and loc[0] == "steps"
        if not is_tag and (*here, part) in source.lines:
            here = (*here, part)
    return here


def _told(error: Any, loc: Place) -> tuple[str, str]:
    kind, value = error["type"], error.get("input")
    if kind == "extra_forbidden":
        if len(loc) == 4 and loc[0] == "steps" and loc[-1] in STEPS:
            return f"a step does one thing, not both {loc[2]} and {loc[3]}", "make two steps of it"
        return f"unknown field {str(loc[-1])!r}", closest(str(loc[-1]), _fields(loc[:-1]))
    if kind == "missing":
        return f"{str(loc[-1])!r} is missing", _such_as(loc, value)
    named = [str(part) for number, part in enumerate(loc) if number != 2 or loc[0] != "steps"]
    where = ".".join(part for part in named if part.isidentifier() or "." in part) or "the scenario"
    if kind == "literal_error":
        known = re.findall(r"'([^']+)'", error["msg"]) or [error["ctx"]["expected"].lower()]
        return f"{where}: {value!r} is not possible", closest(str(value), known)
    if kind == "unknown_word":
        return f"{where}: {error['msg']}", closest(error["ctx"]["value"], error["ctx"]["known"])
    if kind == "no_step":
        fields = value if isinstance(value, dict) else {}
        near = [hint for field in fields if (hint := closest(str(field), STEPS)).startswith("did")]
        return error["msg"], near[0] if near else ""
    told = worded(error)
    return f"{where}: {told.what}", told.hint


def _such_as(loc: Place, value: Any) -> str:
    """Return a field that was likely meant to be the missing one."""
    given = [str(key) for key in value] if isinstance(value, dict) else []
    near = get_close_matches(str(loc[-1]), [key for key in given if key not in _fields(loc[:-1])], n=1)
    return f"is {near[0]!r} meant?" if near else ""


def _fields(loc: Sequence[str | int]) -> list[str]:
    """Return the fields of the model that a place of the schema holds."""
    model: type[Strict] = Scenario
    for number, part in enumerate(loc):
        if number == 2 and loc[0] == "steps":
            model = STEPS[str(part)]
        elif isinstance(part, str):
            field = next((f for name, f in model.model_fields.items() if part in (name, f.alias)), None)
            models = [m for m in _models(field.annotation if field else None) if not issubclass(m, Step)]
            model = models[0] if models else model
    return [field.alias or name for name, field in model.model_fields.items()]


def _models(annotation: Any) -> list[type[Strict]]:
    if isinstance(annotation, type) and not isinstance(annotation, UnionType) and get_origin(annotation) is None:
        return [annotation] if issubclass(annotation, Strict) else []
    inner = get_args(annotation)[:1] if get_origin(annotation) is Annotated else get_args(annotation)
    return [model for part in inner for model in _models(part)]


def _same_names(found: Sequence[Located]) -> list[Problem]:
    first: dict[str, Located] = {}
    problems = []
    for one in found:
        before = first.setdefault(one.scenario.name, one)
        if before is not one:
            where = f"{before.source.file}:{before.line('name')}"
            problems.append(one.problem(f"the name {one.scenario.name!r} is used twice", f"first in {where}", "name"))
    return problems
