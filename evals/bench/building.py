"""Time to build a package as a thread grows: gathering on PostgreSQL, recall, packing, rendering; no model.

Every message is distinct. The ratios say what does not depend on the machine: a package of a long thread against one
of a short thread, and against counting the tokens of its own prompt without a cache.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import tiktoken
from rich.console import Console

from dossier.adapters.tokens import count_messages
from dossier.context.budget import profile_named
from dossier.context.build import Build, build_package
from dossier.context.freshness import DEFAULT_RULES
from dossier.context.package import PackageHeader
from dossier.gathering import items
from dossier.recall.terms import stem, terms
from dossier.run import Run, Step
from dossier.services import Services, open_services
from dossier.settings import Settings
from dossier.sources import Sources
from evals.bench.building_talk import KEY, question, talk
from evals.bench.numbers import several, whole
from evals.bench.record import write_report
from evals.bench.show import progress, table
from graphs.served import application
from state.events import AssistantResponseGenerated, EventBody, ThreadCreated, TurnEnded, UserMessageReceived
from state.fold import fold
from state.principal import Principal
from state.session import Session

SIZES = "500,50000"
LIMITS = {500: 30.0, 50_000: 40.0}
"""Milliseconds that the median may take, by turns."""
ROUNDS = 30
_BATCH = 10
"""Turns written at once, as one: a turn of a real thread has about as many events."""
_LEASE = 86_400
"""Seconds: nobody else wants these threads."""


class Row(NamedTuple):
    """What building cost on a thread of some length."""

    turns: int
    cold_ms: float
    """The first package of the process."""
    ms_p50: float
    ms_p95: float
    cpu_ms_p50: float
    """Of this process; the rest is the database's, and whatever else the machine does."""
    items: int
    """Candidates that were gathered."""
    tokens: int
    """Of the package."""
    times_counting: float
    """The median, as a multiple of counting the prompt's tokens anew."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "--turns", type=several(1), default=SIZES, help=f"lengths of threads, with commas (default {SIZES})"
    )
    parser.add_argument("--rounds", type=whole(1), default=ROUNDS, help=f"packages for each (default {ROUNDS})")


def command(given: argparse.Namespace) -> int:
    """Run it, print a table, write JSON; return 1 when a median is over its limit."""
    out = Console(stderr=True)
    with progress(out) as shown:
        task = shown.add_task("turns written", total=sum(given.turns))
        rows = asyncio.run(measure(given.turns, given.rounds, lambda n: shown.advance(task, n)))
    columns = ("turns", "cold ms", "p50 ms", "p95 ms", "p50 CPU ms", "candidates", "tokens", "x counting")
    out.print(table("Building a package", columns, rows))
    ratio = round(rows[-1].ms_p50 / rows[0].ms_p50, 2)
    out.print(f"{rows[-1].turns:,} turns cost {ratio} times what {rows[0].turns:,} do.")
    write_report(given.json, {"rows": [row._asdict() for row in rows], "ratio_ms": ratio})
    return int(any(row.ms_p50 > LIMITS.get(row.turns, float("inf")) for row in rows))


async def measure(sizes: Sequence[int], rounds: int, tick: Callable[[int], None]) -> list[Row]:
    """Return a row for each length of thread, on a PostgreSQL of the benchmark's own."""
    with tempfile.TemporaryDirectory(prefix="dossier-bench-") as folder:
        settings = Settings(_env_file=None, database_url=None, data_dir=Path(folder), lease_seconds=_LEASE)
        async with open_services(settings, application()) as services:
            return [await _measured(services, size, rounds, tick) for size in sizes]


async def _measured(services: Services, size: int, rounds: int, tick: Callable[[int], None]) -> Row:
    run, session = await _filled(services, size, tick)
    build = await _builder(services)
    times: list[float] = []
    busy: list[float] = []
    gathered, tokens, counting = 0, 0, 1.0
    for turn in range(rounds + 1):
        own = replace(run, turn=f"ask-{turn}")
        received = UserMessageReceived(message_id="m", text=question(turn, size), principal=run.principal, tokens=12)
        recorded = await services.log.record(own, Step("ask"), [received], since=session.version)
        session = fold(session, recorded.since)
        if turn == 0:
            terms.cache_clear()
            stem.cache_clear()
        began, worked = time.perf_counter(), time.process_time()
        gathered, package = await build(own, session)
        times.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - worked) * 1000)
        tokens, counting = package.package.total_tokens, _counting(package.messages)
        ended = TurnEnded(outcome="answered")
        recorded = await services.log.record(own, Step("end"), [ended], since=session.version)
        session = fold(session, recorded.since)
    warm = sorted(times[1:])
    p50, p95 = median(warm), warm[int(0.95 * (len(warm) - 1))]
    cold, p50, p95, cpu = (round(ms, 2) for ms in (times[0], p50, p95, median(busy[1:])))
    return Row(size, cold, p50, p95, cpu, gathered, tokens, round(p50 / counting, 2))


async def _builder(services: Services) -> Callable[[Run, Session], Any]:
    limits = services.settings
    sources = Sources(
        services.app,
        services.log,
        services.db,
        services.knowledge,
        services.recollection,
        services.memories,
        recent_turns=limits.turn_limit_recent,
        documents=limits.documents_limit,
        memories_limit=limits.memories_limit,
    )
    made = Build(
        profile_named("casework"),
        limits.package_budget,
        services.counter.count,
        partial(_count, services),
        DEFAULT_RULES,
    )

    async def build(run: Run, session: Session) -> tuple[int, Any]:
        found = items(await sources.gather(run, session))
        header = PackageHeader(
            "p", run.tenant, run.principal.user, run.thread, run.turn, "m", "v", "v", session.version, "k"
        )
        return len(found), build_package(
            found, made, header, key=KEY, now=services.now(), allowed=lambda scope: scope.tenant == run.tenant
        )

    return build


def _count(services: Services, messages: list[dict[str, str]]) -> int:
    return count_messages(messages, [], services.counter)


def _counting(messages: list[dict[str, str]]) -> float:
    encode = tiktoken.get_encoding("o200k_base").encode_ordinary
    times: list[float] = []
    for _ in range(5):
        began = time.perf_counter()
        for message in messages:
            encode(message["content"])
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


async def _filled(services: Services, size: int, tick: Callable[[int], None]) -> tuple[Run, Session]:
    """Write a thread of so many turns, and return a run on it, its lease held, with its session."""
    principal = Principal(tenant="northgate", user="o.brandt", roles=("officer",))
    thread = f"long-{size}"
    await services.log.claim(principal, thread)
    run = Run(thread, "fill", principal, await services.leases.take(principal.tenant, thread))
    draw, session = random.Random(size), None
    for start in range(0, size, _BATCH):
        bodies: list[EventBody] = [] if start else [ThreadCreated(owner=principal)]
        for n in range(start, min(start + _BATCH, size)):
            asked, replied = talk(n, draw)
            bodies += [
                UserMessageReceived(message_id=f"m{n}", text=asked, principal=principal, tokens=20),
                AssistantResponseGenerated(message_id=f"r{n}", text=replied, tokens=30),
                TurnEnded(outcome="answered"),
            ]
        since = session.version if session else 0
        own = replace(run, turn=f"fill-{start}")
        recorded = await services.log.record(own, Step("fill"), bodies, since=since)
        session = fold(session, recorded.since)
        tick(min(_BATCH, size - start))
    assert session is not None
    return run, session
