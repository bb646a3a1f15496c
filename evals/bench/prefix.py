"""How much of the prompts of a conversation a provider's prompt cache would serve: the longest head seen before.

A conversation is held on the real graph; each stored prompt is compared with all earlier ones of its thread. Providers
serve what is the same from the first byte on: tools, then messages in their order.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from dossier.adapters.packages import Prompt
from dossier.adapters.tokens import TokenCounter
from dossier.services import Services, open_services
from dossier.settings import Settings
from evals.bench.numbers import whole
from evals.bench.prefix_peers import peers
from evals.bench.record import write_report
from evals.bench.show import progress, table
from evals.bench.turns_model import InstantModel
from evals.bench.turns_runtimes import OFFICER, OURS, ours
from evals.bench.turns_talk import said
from graphs.served import application
from state.events import ContextPackageBuilt

LEAST, STEP = 1_024, 128
"""OpenAI serves heads from so many tokens on, in steps of so many (platform.openai.com, Prompt caching)."""
_THREAD = "bench-prefix"


class Wire(NamedTuple):
    """A prompt as it is sent."""

    stable: str
    """Tools, instructions, policy and authority."""
    rest: str
    """What the turn is about, then the output contract."""


@dataclass(frozen=True, slots=True)
class Row:
    """One model call."""

    runtime: str
    call: int
    tokens: int
    same: int
    """Tokens of the longest head that an earlier prompt had."""
    served: int
    """Of these, what a cache with a least size and steps would serve."""
    stable: int
    """Tokens of tools, instructions, policy and authority. After these stands what the turn is about, so a later
    prompt can have more than them in common with an earlier one only where that is the same too."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--turns", type=whole(2), default=40, help="length of the conversation")


def command(given: argparse.Namespace) -> int:
    """Measure, from the command line."""
    out = Console(stderr=True)
    with progress(out) as shown:
        task = shown.add_task("turns", total=given.turns)
        rows = asyncio.run(measure(given.turns, lambda: shown.advance(task)))
    runtimes = {
        name: summarise([r for r in rows if r.runtime == name]) for name in dict.fromkeys(r.runtime for r in rows)
    }
    served = f"served % (from {LEAST}, steps of {STEP})"
    columns = ("", "calls", "prompt tokens", "stable head %", "same head %", served, "not served")
    out.print(
        table("Prompt tokens that a prompt cache would serve", columns, [(n, *o.values()) for n, o in runtimes.items()])
    )
    write_report(given.json, {**runtimes[OURS], "runtimes": runtimes, "rows": [asdict(row) for row in rows]})
    return 0


def summarise(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the shares of all prompt tokens, in percent; the first call, which nothing can serve, included."""
    tokens = sum(row.tokens for row in rows)
    return {
        "calls": len(rows),
        "tokens": tokens,
        "stable_percent": round(100 * sum(row.stable for row in rows[1:]) / max(1, tokens), 2),
        "same_percent": round(100 * sum(row.same for row in rows) / max(1, tokens), 2),
        "served_percent": round(100 * sum(row.served for row in rows) / max(1, tokens), 2),
        "not_served": tokens - sum(row.served for row in rows),
    }


async def measure(turns: int, tick: Callable[[], None]) -> list[Row]:
    """Hold a conversation and return a row for each of its model calls."""
    with tempfile.TemporaryDirectory(prefix="dossier-bench-") as folder:
        model = InstantModel()
        settings = Settings(_env_file=None, database_url=None, data_dir=Path(folder))
        async with open_services(settings, application(), model_app=model) as services:
            runtime = ours(services, "dossier", _THREAD)
            for turn in range(1, turns + 1):
                model.prepare(turn, said(turn))
                await runtime.say(turn, said(turn).text)
                tick()
            prompts = {OURS: [wire(prompt) for prompt in await _prompts(services)], **_others(turns, services)}
            return [row for name, of in prompts.items() for row in compared(name, of, services.counter)]


def _others(turns: int, services: Services) -> dict[str, Sequence[Wire]]:
    app, budget = services.app, services.settings.package_budget
    tools = [tool.schema() for tool in app.tools]
    told = peers(turns, app.prompt(app.task).instruction, tools, budget, services.counter)
    return {name: [Wire("", prompt) for prompt in prompts] for name, prompts in told.items()}


def compared(runtime: str, prompts: Sequence[Wire], counter: TokenCounter) -> list[Row]:
    """Return how much of each prompt an earlier one began with."""
    rows: list[Row] = []
    for n, (stable, rest) in enumerate(prompts):
        prompt, earlier = stable + rest, ("".join(one) for one in prompts[:n])
        same = counter.count(max((_same_head(prompt, one) for one in earlier), key=len, default=""))
        served = same // STEP * STEP if same >= LEAST else 0
        rows.append(Row(runtime, n + 1, counter.count(prompt), same, served, counter.count(stable)))
    return rows


def _same_head(one: str, other: str) -> str:
    end = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:end]


def wire(prompt: Prompt) -> Wire:
    """Return a prompt as text, in the order in which a provider compares."""
    first, *rest = (f"{message['role']}\n{message['content']}\n" for message in prompt.messages)
    return Wire(f"{json.dumps(list(prompt.tools), ensure_ascii=False)}\n{first}", "".join(rest))


async def _prompts(services: Services) -> list[Prompt]:
    events = await services.log.events(OFFICER.tenant, _THREAD)
    ids = [event.body.package_id for event in events if isinstance(event.body, ContextPackageBuilt)]
    return [await services.packages.by_id(OFFICER.tenant, package_id) for package_id in ids]
