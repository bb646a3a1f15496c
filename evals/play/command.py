"""`python -m evals run`: play scenarios, and say what they came to."""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress, TaskID

from dossier.errors import InvalidInput
from dossier.settings import Settings
from evals.bench.numbers import whole
from evals.bench.show import progress
from evals.play.comparing import accepted, last_run
from evals.play.databases import databases
from evals.play.fixtures import fixtures, refuse_missing
from evals.play.guards import all_guards
from evals.play.judging import ModelJudge
from evals.play.models import hub
from evals.play.offline import no_network
from evals.play.outcome import Outcome, conclude
from evals.play.personas import personas
from evals.play.playing import Means, not_applicable
from evals.play.reading import Located, closest, read_scenarios
from evals.play.results import Played
from evals.play.running import Desks, Plan, play_all, play_without_guards
from evals.play.schema import Scenario
from graphs.served import demonstration

SCRIPTED, OFFLINE = "scripted", "offline"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add = parser.add_argument
    add("paths", nargs="*", type=Path, metavar="PATH", help="scenario files or folders; without any, all of the suite")
    door = parser.add_mutually_exclusive_group()
    door.add_argument("--start", choices=("endpoint", "dev"), help="start such a server, and play against it by URL")
    door.add_argument("--url", help="play against a server that runs: dossier serve, or langgraph dev")
    add("--model-port", type=whole(0), default=0, help="with --url: serve the scripts at this port of the loopback")
    add("--model", help="scripted (default), offline, or the name of a real model, with OPENAI_API_KEY or _BASE_URL")
    add("--judge", metavar="MODEL", help="the model that judges prose; without it prose is not judged")
    add("--only", action="append", default=[], metavar="PATTERN", help="names or tags, with *; may be repeated")
    add("--repeat", type=whole(1), default=1, metavar="N", help="play each N times, and give pass^k")
    add("--workers", type=whole(0), default=0, help="how many at a time")
    add("--seed", type=int, default=0, help="of the order in which they are played")
    add("--guards-off", action="store_true", help="play each with its guard switched off: every one must fail")
    add("--report", type=Path, metavar="DIR", help="folder for report.html, junit.xml and report.json")
    add("--baseline", type=Path, metavar="FILE", help="accepted results: only what is worse than these fails the run")
    add("--accept", action="store_true", help="write the results to the baseline's file")


def command(given: argparse.Namespace) -> int:
    """Play what was asked for."""
    out, prepared = Console(stderr=True), means(given)
    _refuse_what_would_come_to_nothing(given)
    scenarios = _chosen(read_scenarios(given.paths or [suite()]), given.only)
    if given.url or given.start:
        _refuse_what_only_works_here(given)
        from evals.play import at_server

        play = at_server.played_by_url if given.url else at_server.played_at_own
        played = play(scenarios, given, out, prepared, teller)
    else:
        played = played_here(scenarios, given, out, prepared)
    return conclude(Outcome(played, given.guards_off, given.repeat), given, out)


def _refuse_what_would_come_to_nothing(given: argparse.Namespace) -> None:
    """Refuse, before anything is played, what could not be used after it."""
    if given.accept and not given.baseline:
        raise InvalidInput("--accept writes to the baseline's file, and none is named.", hint="Add --baseline FILE.")
    if given.baseline and not given.accept and not given.baseline.exists():
        raise InvalidInput(f"There is no baseline {given.baseline}.", hint="Write it with --accept first.")
    if given.baseline and not given.accept:
        accepted(given.baseline)
    if given.report and given.report.exists() and not given.report.is_dir():
        raise InvalidInput(f"{given.report} is no folder.", hint="Name a folder for the report.")
    last_run(given.report, given.url or given.start)


def _refuse_what_only_works_here(given: argparse.Namespace) -> None:
    if given.guards_off:
        raise InvalidInput("A server's guards can't be switched off.", hint="Leave out --url or --start.")
    if given.model:
        raise InvalidInput("The model is the server's.", hint="Start the server with the model, or leave out --model.")


def suite() -> Path:
    """Return the folder of the scenarios that come with the project."""
    return Path(str(files("evals").joinpath("scenarios")))


def played_here(scenarios: Sequence[Located], given: argparse.Namespace, out: Console, prepared: Means) -> list[Played]:
    """Play scenarios in this process, on a PostgreSQL of their own."""
    is_real = given.judge or given.model not in (None, SCRIPTED, OFFLINE)
    wall = nullcontext() if is_real else no_network()
    with wall, tempfile.TemporaryDirectory(prefix="dossier-evals-") as folder, databases(Path(folder)) as made:
        guards, known = all_guards(), prepared.personas
        refuse_missing(scenarios, fixtures(made.template(), demonstration.application(), guards, known.known))
        settings = model_settings(given.model)
        playable = [one for one in scenarios if fits_model(one.scenario, given.model)]

        async def work(tell: Any) -> list[Played]:
            async with hub() as served:
                desks = Desks(made, served, settings, guards)
                plan = Plan(playable, given.repeat, given.workers or workers(), given.seed)
                if given.guards_off:
                    return await play_without_guards(plan, guards, desks, prepared, tell)
                return await play_all(plan, desks.opening(), prepared, tell)

        with progress(out) as shown:
            played = asyncio.run(work(teller(shown, len(playable) * given.repeat)))
    return [*played, *(_not_for_model(one, given.model) for one in scenarios if one not in playable)]


def teller(shown: Progress, total: int) -> Any:
    """Return what moves the progress bar, and counts what failed."""
    bar: TaskID = shown.add_task("scenarios", total=total)
    failed: list[str] = []

    def tell(played: Played) -> None:
        if played.verdict == "failed":
            failed.append(played.name)
        text = f"scenarios, {len(failed)} failed" if failed else "scenarios"
        shown.update(bar, advance=1, description=text)

    return tell


def workers() -> int:
    """Return how many scenarios to play at a time: the graph and PostgreSQL share the cores."""
    return max(2, min(8, (os.cpu_count() or 2) + 1))


def model_settings(model: str | None) -> dict[str, Any]:
    """Return the settings of a real model from the environment; none for the built-in ones."""
    if model in (None, SCRIPTED, OFFLINE):
        return {}
    known = Settings(model=model)
    return {
        name: getattr(known, name)
        for name in ("model", "openai_api_key", "openai_base_url", "model_encoding", "model_window")
    }


def fits_model(scenario: Scenario, model: str | None) -> bool:
    """Tell whether a scenario can be played with a model: a script plays itself only."""
    if model in (None, SCRIPTED):
        return True
    return not scenario.is_scripted


def means(given: argparse.Namespace) -> Means:
    """Return personas and judge; a real model plays the personas too."""
    settings = Settings()
    url = settings.openai_base_url or "https://api.openai.com/v1"
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    if given.judge and not (key or settings.openai_base_url):
        raise InvalidInput("A judge needs an endpoint.", hint="Set OPENAI_API_KEY or OPENAI_BASE_URL.")
    real = given.model not in (None, SCRIPTED, OFFLINE)
    player = ModelJudge(given.model, url, key) if real else None
    return Means(personas(player), ModelJudge(given.judge, url, key) if given.judge else None)


def _chosen(scenarios: Sequence[Located], patterns: Sequence[str]) -> list[Located]:
    def fits(scenario: Scenario) -> bool:
        words = (scenario.name, scenario.guard, *scenario.tags)
        return not patterns or any(fnmatchcase(word, pattern) for word in words for pattern in patterns)

    chosen = [one for one in scenarios if fits(one.scenario)]
    if not chosen:
        words = {word for one in scenarios for word in (one.scenario.name, one.scenario.guard, *one.scenario.tags)}
        near = closest(patterns[0], sorted(words))
        raise InvalidInput(
            f"No scenario of {len(scenarios)} fits {patterns[0]!r}.", hint=f"{near} A name or tag, with *."
        )
    return chosen


def _not_for_model(one: Located, model: str | None) -> Played:
    return not_applicable(one, f"it plays a script, and {model} does not")
