"""Play many scenarios at once, some several times, each in a world of its own."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from math import comb
from typing import Any

import psycopg

from evals.play.databases import Databases
from evals.play.desk import desk
from evals.play.guards import Guard
from evals.play.models import Hub
from evals.play.place import Place
from evals.play.playing import Means, broken, play
from evals.play.reading import Located
from evals.play.results import Played

Open = Callable[[Located], AbstractAsyncContextManager[Place]]
Tell = Callable[[Played], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to play, and how."""

    scenarios: Sequence[Located]
    repeat: int = 1
    workers: int = 3
    seed: int = 0
    """Of the order in which they are played."""
    keep_order: bool = False
    """Play them in the order given, whatever the seed: starting servers anew takes longer than playing."""

    @property
    def runs(self) -> list[tuple[int, Located]]:
        """Return every run, numbered per scenario, in the seed's order."""
        runs = [(number, one) for number in range(1, self.repeat + 1) for one in self.scenarios]
        if not self.keep_order:
            random.Random(self.seed).shuffle(runs)
        return runs


async def play_all(plan: Plan, place: Open, means: Means, tell: Tell) -> list[Played]:
    """Play every run, some at a time; return them by the scenarios' order.

    Args:
        plan: What to play.
        place: Opens a place for one run.
        means: Personas and judge.
        tell: Gets each run when it is over.
    """
    waiting = asyncio.Semaphore(plan.workers)

    async def one(number: int, located: Located) -> Played:
        async with waiting:
            played = replace(await _played(located, place, means), run=number)
        tell(played)
        return played

    played = await asyncio.gather(*(one(number, located) for number, located in plan.runs))
    order = {located.scenario.name: place for place, located in enumerate(plan.scenarios)}
    return sorted(played, key=lambda done: (order[done.name], done.run))


async def _played(located: Located, place: Open, means: Means) -> Played:
    try:
        async with place(located) as opened:
            return await play(located, opened, means)
    except Exception as error:  # a place that can't be opened fails its scenario, and the others go on
        return broken(located, error)


async def play_without_guards(
    plan: Plan, guards: Mapping[str, Guard], desks: "Desks", means: Means, tell: Tell
) -> list[Played]:
    """Play every scenario with the guard that it names switched off, guard by guard."""
    played: list[Played] = []
    by_guard = sorted(plan.scenarios, key=lambda one: one.scenario.guard)
    for name, some in groupby(by_guard, key=lambda one: one.scenario.guard):
        guard = guards[name].off()
        with guard.lifted():
            played += await play_all(replace(plan, scenarios=list(some)), desks.opening(guard), means, tell)
    return played


@dataclass(frozen=True, slots=True)
class Desks:
    """Opens desks in this process, each on a fresh database."""

    databases: Databases
    hub: Hub
    settings: Mapping[str, Any]
    guards: Mapping[str, Guard]

    def opening(self, guard: Guard | None = None) -> Open:
        """Return what opens a place, with a guard switched off or with all in place."""

        @asynccontextmanager
        async def opened(located: Located) -> AsyncIterator[Place]:
            chosen = guard or self.guards[located.scenario.guard]
            url = await asyncio.to_thread(self.databases.make)
            try:
                if chosen.is_off and chosen.sql:
                    await asyncio.to_thread(_execute, url, chosen.sql)
                async with desk(located.scenario, url, chosen, self.hub, self.settings) as place:
                    yield place
            finally:
                await asyncio.to_thread(self.databases.drop, url)

        return opened


def _execute(url: str, statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(statements.encode())


def pass_hat_k(played: Iterable[Played], repeat: int) -> dict[int, float]:
    """Return pass^k: the chance, in percent, that k runs of a scenario taken at random all pass, for k up to `repeat`.

    For n runs with c passes it is C(c, k) / C(n, k), averaged over scenarios (tau-bench, arXiv 2406.12045).
    """
    passes: dict[str, list[bool]] = {}
    for one in played:
        if one.verdict in ("passed", "failed"):
            passes.setdefault(one.name, []).append(one.passed)
    if not passes:
        return {}
    rates = {
        k: [comb(sum(runs), k) / comb(len(runs), k) for runs in passes.values() if len(runs) >= k]
        for k in range(1, repeat + 1)
    }
    return {k: round(100 * sum(found) / len(found), 1) for k, found in rates.items() if found}
