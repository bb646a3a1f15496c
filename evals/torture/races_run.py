"""Plays the races with each runtime, one after the other on the same PostgreSQL, and reports."""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from evals.torture.player_plain import set_up
from evals.torture.race import Race
from evals.torture.races import RACES
from evals.torture.slots import SECRET, databases, sink
from evals.torture.stage import OURS, PLAIN, Runtime, Stage, stage

RUNTIMES: tuple[Runtime, ...] = ("ours", "plain", "careful")
OPTIONS = "durability=sync, strict resume"
AT_A_TIME = 8
_COLUMN: dict[Runtime, str] = {
    "ours": "wrong",
    "endpoint": "wrong",
    "dev": "wrong",
    "plain": "plain_langgraph_wrong",
    "careful": "plain_langgraph_with_options_wrong",
}


def race(
    admin: str,
    *,
    races: Sequence[Race] = RACES,
    share: float = 1.0,
    most: int = 1_000,
    runtimes: Sequence[Runtime] = RUNTIMES,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, Any]:
    """Play the races and return rows and problems of a report.

    Args:
        admin: URL of a role that may create databases.
        races: Which.
        share: Of each race's trials, at least one.
        most: Trials of one race at most.
        runtimes: Which.
        tell: Gets a line now and then.
    """
    races = [
        replace(one, trials=min(most, max(1, round(one.trials * share))))
        for one in races
        if any(map(one.fits, runtimes))
    ]
    rows = [{"case": one.name, "runs": one.trials, **dict.fromkeys(_COLUMN.values())} for one in races]
    problems: list[str] = []
    with sink() as port, databases(admin, 2) as (for_ours, for_plain):
        if set(runtimes) & set(PLAIN):
            asyncio.run(set_up(for_plain))
        for runtime in runtimes:
            database = for_ours if runtime in OURS else for_plain
            found = asyncio.run(_play(runtime, database, port, races, tell))
            for row, of_race in zip(rows, found, strict=True):
                row[_COLUMN[runtime]] = None if of_race is None else sum(map(bool, of_race))
                if runtime in OURS:
                    problems += [f"{row['case']}: {text}" for trial in of_race or () for text in trial]
    return {"rows": rows, "problems": problems, "plain_langgraph_options": OPTIONS}


async def _play(
    runtime: Runtime, database: str, port: int, races: Sequence[Race], tell: Callable[[str], None]
) -> list[list[list[str]] | None]:
    played: list[list[list[str]] | None] = []
    async with AsyncExitStack() as stack:
        at = await stack.enter_async_context(stage(runtime, database, SECRET, port))
        for one in races:
            if not one.fits(runtime):
                played.append(None)
                continue
            if one.settings:
                async with stage(runtime, database, SECRET, port, one.settings) as own:
                    played.append(await _trials_of(one, own))
            else:
                played.append(await _trials_of(one, at))
            tell(f"{runtime}: {one.name}: {sum(map(bool, played[-1] or ()))} of {one.trials} wrong")
    return played


async def _trials_of(one: Race, at: Stage) -> list[list[str]]:
    """Play trials, several at a time unless they stop processes."""
    at_a_time = asyncio.Semaphore(1 if one.alone else AT_A_TIME)

    async def trial(number: int) -> list[str]:
        async with at_a_time:
            try:
                async with asyncio.timeout(90):
                    return await one.play(at, random.Random(number))
            except (KeyError, TimeoutError) as error:
                return [f"it could not be played: {error!r}"]

    return list(await asyncio.gather(*(trial(number) for number in range(one.trials))))
