"""Cost per turn as one thread grows: ours beside plain LangGraph, in milliseconds and in bytes written.

One conversation is held with each runtime, turn by turn in alternation, on one PostgreSQL of the
benchmark's own. The model answers at once, so a turn's time is the runtime's, its model client
included. Bytes are those of the write-ahead log, with whole-page images and autovacuum off for all;
the upkeep that autovacuum would do is done between turns and reported apart.

A machine that others use too is slower at some times than at others. So a young thread of ours goes
through its early turns while the long one goes through its late ones, turn beside turn: that ratio counts.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from rich.console import Console

from dossier.services import open_services
from dossier.settings import Settings
from evals.bench.numbers import whole
from evals.bench.record import write_report
from evals.bench.show import progress
from evals.bench.turns_cluster import CONDITIONS, Cluster, cluster
from evals.bench.turns_model import InstantModel
from evals.bench.turns_report import Row, Spans, summarise, table
from evals.bench.turns_runtimes import OURS, YOUNG, Runtime, ours, plain
from evals.bench.turns_talk import said
from graphs.served import application

LEAST = 12
"""A shorter thread has no early and late part to compare."""
LIMIT = 1.10
"""PE-3: what the late turns may cost at most, as a multiple of the early ones."""
UPKEEP_TURNS = 50
_OWN_DATABASE = "dossier"
_YOUNG_SAYS_AFTER = 2_000
"""The young thread says what the long one never will: equal texts would be stored once."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--turns", type=whole(LEAST), default=1050, help=f"length of the conversation, from {LEAST} on")


def command(given: argparse.Namespace) -> int:
    """Measure, from the command line."""
    return run(given.turns, given.json)


def run(turns: int, json_out: Path | None) -> int:
    """Hold the conversation, print a table, write JSON; return the process's exit code.

    Args:
        turns: Length of the conversation, at least 12.
        json_out: Where the JSON goes; nowhere if None.
    """
    out = Console(stderr=True)
    with progress(out) as shown:
        task = shown.add_task("turns with each runtime", total=turns)
        rows, upkeep = asyncio.run(measure(turns, lambda: shown.advance(task)))
    spans = Spans.of(turns)
    report = summarise(rows, upkeep, spans)
    out.print(table(rows, report, spans))
    kept = max(report["ratio_ms_beside_young"], report["ratio_bytes"]) <= LIMIT
    out.print(
        f"Late turns cost at most {LIMIT:.2f} times early ones, in time (of the young thread, at the same moment) "
        f"and in bytes (PE-3): {'yes' if kept else 'no'}."
    )
    conditions = {"model": "answers at once; nothing is subtracted", **CONDITIONS}
    write_report(json_out, {**report, "conditions": conditions})
    return 0


async def measure(turns: int, tick: Callable[[], None]) -> tuple[list[Row], dict[str, int]]:
    """Return what each turn of each runtime cost, and the bytes of upkeep by database.

    Args:
        turns: Length of the conversation.
        tick: Told after each turn.
    """
    rows: list[Row] = []
    upkeep: dict[str, int] = {}
    spans = Spans.of(turns)
    behind = spans.late.start - spans.early.start
    with tempfile.TemporaryDirectory(prefix="dossier-bench-") as folder, cluster(Path(folder)) as server:
        model = InstantModel()
        async with _runtimes(server, Path(folder), model) as (young, *runtimes):
            for turn in range(1, turns + 1):
                rows += [await _turn(runtime, turn, turn, model, server) for runtime in runtimes]
                if turn > behind:
                    rows.append(await _turn(young, turn - behind, turn + _YOUNG_SAYS_AFTER, model, server))
                if turn % UPKEEP_TURNS == 0:
                    for name in (runtime.database for runtime in runtimes):
                        upkeep[name] = upkeep.get(name, 0) + await asyncio.to_thread(server.upkeep, name)
                tick()
    return rows, upkeep


@asynccontextmanager
async def _runtimes(server: Cluster, folder: Path, model: InstantModel) -> AsyncIterator[list[Runtime]]:
    settings = Settings(_env_file=None, database_url=None, data_dir=folder)
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings, application(), model_app=model))
        found = [ours(services, _OWN_DATABASE, YOUNG), ours(services, _OWN_DATABASE, OURS)]
        for durability in ("async", "sync"):
            name = f"plain_{durability}"
            url = server.make_database(name)
            found.append(await stack.enter_async_context(plain(services, model, url, name, durability)))
        yield found


async def _turn(runtime: Runtime, turn: int, text: int, model: InstantModel, server: Cluster) -> Row:
    here = said(text)
    model.prepare(text, here)
    before, began = server.written(), time.perf_counter()
    reply = await runtime.say(turn, here.text)
    ms = (time.perf_counter() - began) * 1000
    return Row(runtime.name, turn, round(ms, 3), server.written() - before, reply == here.reply)
