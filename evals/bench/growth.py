"""Prompt tokens as a conversation grows, beside the conversation itself; and whether what was said first still answers.

A conversation is held on the real graph. It begins with facts; each is spoken of only once more, when it is asked for,
evenly over the rest. The built-in offline model answers these questions from the package that it is given.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from dossier.adapters import offline_model
from dossier.errors import InvalidInput
from dossier.services import Services, open_services
from dossier.settings import Settings
from evals.bench.record import write_report
from evals.bench.show import Axes, plot, progress, table
from evals.bench.turns_model import InstantModel
from evals.bench.turns_runtimes import OFFICER, ours
from evals.bench.turns_talk import said
from graphs.served import application
from state import events as e

_THREAD = "bench-growth"
EARLY = {
    "Dock Road": "Perpetua Lindqvist",
    "Mill Lane": "Casimir Okonjo",
    "Tanner Wharf": "Ottilie Brandvold",
    "Gull Quay": "Ignatius Moreau",
    "Bishop Hill": "Wilhelmina Zubair",
    "Lantern Court": "Evander Castellan",
    "Cooper Yard": "Saoirse Halloran",
    "Weir Bridge": "Lucjan Abernathy",
    "Chapel Row": "Thandeka Voss",
    "Osprey Point": "Balthazar Quill",
}
"""Who witnessed what where: said in the first turns, by place."""


@dataclass(frozen=True, slots=True)
class Row:
    """One turn."""

    turn: int
    tokens: int
    """Of its largest package."""
    talk: int
    """Of all that had been said by then, which a plain chat would send."""
    answered: bool | None
    """Whether an early fact that was asked for stood in the reply; None where none was."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--turns", type=int, default=300, help="length of the conversation")
    parser.add_argument("--budget", type=int, default=4_000, help="tokens that a package may take")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="where the plot goes (default: beside the JSON)")


def command(given: argparse.Namespace) -> int:
    """Measure, from the command line."""
    if given.turns < 3 * len(EARLY):
        raise InvalidInput(f"--turns {given.turns} is too short.", hint=f"Take {3 * len(EARLY)} or more.")
    out = Console(stderr=True)
    with progress(out) as shown:
        task = shown.add_task("turns", total=given.turns)
        rows = asyncio.run(measure(given.turns, given.budget, lambda: shown.advance(task)))
    report = summarise(rows, given.budget)
    columns = ("turns", "most tokens of a package", "budget", "tokens of the talk", "early facts answered")
    answered = f"{report['answered']} of {report['asked']}"
    cells = [(report["turns"], report["most"], given.budget, report["talk"], answered)]
    out.print(table("A conversation that grows", columns, cells))
    if png := given.plot or (given.json and given.json.with_suffix(".png")):
        plot(png, "Tokens sent for a turn", Axes("turn", "tokens"), _lines(rows, given.budget))
        out.print(f"Plot: {png}")
    write_report(given.json, {**report, "rows": [asdict(row) for row in rows]})
    return 0


def summarise(rows: list[Row], budget: int) -> dict[str, Any]:
    """Return what the rows come to."""
    asked = [row.answered for row in rows if row.answered is not None]
    return {
        "turns": len(rows),
        "budget": budget,
        "most": max(row.tokens for row in rows),
        "talk": rows[-1].talk,
        "asked": len(asked),
        "answered": sum(asked),
    }


async def measure(turns: int, budget: int, tick: Callable[[], None]) -> list[Row]:
    """Hold a conversation and return a row for each of its turns."""
    asking = _asked_at(turns)
    instant, answered = InstantModel(), dict[int, bool]()
    answers: Any = instant

    async def model(scope: Any, receive: Any, send: Any) -> None:
        await answers(scope, receive, send)

    with tempfile.TemporaryDirectory(prefix="dossier-bench-") as folder:
        settings = Settings(_env_file=None, database_url=None, data_dir=Path(folder), package_budget=budget)
        async with open_services(settings, application(), model_app=model) as services:
            runtime = ours(services, "dossier", _THREAD)
            for turn in range(1, turns + 1):
                place = asking.get(turn)
                answers = instant if place is None else offline_model.app
                instant.prepare(turn, said(turn))
                reply = await runtime.say(turn, _text(turn, place))
                if place is not None:
                    answered[turn] = EARLY[place] in reply
                tick()
            return await _rows(services, answered)


def _asked_at(turns: int) -> dict[int, str]:
    """Return which early fact is asked for in which turn: evenly, the last of them in the last turn."""
    first = len(EARLY)
    step = (turns - first) / first
    return {first + round(step * n): place for n, place in enumerate(EARLY, start=1)}


def _text(turn: int, asked: str | None) -> str:
    if asked is not None:
        return f"Who was the witness of the incident on {asked}?"
    if turn <= len(EARLY):
        place, name = list(EARLY.items())[turn - 1]
        return f"The witness of the incident on {place} is called {name}."
    return said(turn).text


async def _rows(services: Services, answered: dict[int, bool]) -> list[Row]:
    tokens: dict[int, int] = {}
    talk: dict[int, int] = {}
    total = 0
    for event in await services.log.events(OFFICER.tenant, _THREAD):
        turn = int((event.header.turn or "m0").removeprefix("m"))
        match event.body:
            case e.ContextPackageBuilt() as body:
                tokens[turn] = max(tokens.get(turn, 0), body.tokens)
            case e.UserMessageReceived() | e.AssistantResponseGenerated() as body:
                total += body.tokens
            case _:
                continue
        talk[turn] = total
    return [Row(turn, tokens.get(turn, 0), talk[turn], answered.get(turn)) for turn in sorted(talk)]


def _lines(rows: list[Row], budget: int) -> dict[str, list[tuple[float, float]]]:
    hits = [row for row in rows if row.answered]
    return {
        "the whole talk": [(row.turn, row.talk) for row in rows],
        "the package": [(row.turn, row.tokens) for row in rows],
        "its budget": [(rows[0].turn, budget), (rows[-1].turn, budget)],
        "an early fact is answered": [(row.turn, row.tokens) for row in hits],
    }
