"""Cost per turn as one thread grows: ours beside plain LangGraph, in milliseconds and in bytes written.

One conversation is held with each runtime, turn by turn in alternation, on one PostgreSQL of the
benchmark's own. The model answers at once, so that a turn's time is the runtime's, the model's client
included. Bytes are those of the write-ahead log, with whole-page images and autovacuum off for all;
the upkeep that autovacuum would do is done between turns and reported apart.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from dossier.services import open_services
from dossier.settings import Settings
from evals.bench.turns_cluster import CONDITIONS, Cluster, cluster
from evals.bench.turns_model import InstantModel
from evals.bench.turns_runtimes import Runtime, ours, plain
from evals.bench.turns_talk import said
from graphs.served import application

SPAN = 100
"""Turns compared at each end of a long thread."""
LIMIT = 1.10
"""PE-3: what the late turns may cost at most, as a multiple of the early ones."""
UPKEEP_TURNS = 50


@dataclass(frozen=True, slots=True)
class Row:
    """What one turn cost."""

    runtime: str
    turn: int
    ms_p50: float
    """Milliseconds of the turn."""
    bytes: int
    """Of write-ahead log."""
    answered: bool
    """The model's reply came back; False when the runtime asked a question of its own."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Late turns over early ones."""

    ms: float
    """Of the medians."""
    bytes: float
    """Of the sums."""


def run(turns: int, json_out: Path | None) -> int:
    """Hold the conversation, print a table, write JSON; return the process's exit code.

    Args:
        turns: Length of the conversation, at least 12.
        json_out: Where the JSON goes; nowhere if None.
    """
    if turns < 12:
        raise ValueError("a thread has to have at least 12 turns for an early and a late part")
    out = Console(stderr=True)
    with Progress(console=out, transient=True) as progress:
        task = progress.add_task(f"{turns} turns, three runtimes", total=turns)
        rows, upkeep = asyncio.run(measure(turns, lambda: progress.advance(task)))
    report = summarise(rows, upkeep, turns)
    _print(out, report, rows)
    if json_out is not None:
        json_out.write_text(json.dumps(report, indent=1), encoding="utf-8")
    return 0


async def measure(turns: int, tick: Callable[[], None]) -> tuple[list[Row], dict[str, int]]:
    """Return what each turn of each runtime cost, and the bytes of upkeep by runtime."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="dossier-bench-") as folder, cluster(Path(folder)) as server:
        model = InstantModel()
        async with _runtimes(server, Path(folder), model) as runtimes:
            upkeep = dict.fromkeys((runtime.name for runtime in runtimes), 0)
            for turn in range(1, turns + 1):
                rows += [await _turn(runtime, turn, model, server) for runtime in runtimes]
                if turn % UPKEEP_TURNS == 0:
                    for runtime in runtimes:
                        upkeep[runtime.name] += await asyncio.to_thread(server.upkeep, runtime.database)
                tick()
    return rows, upkeep


@asynccontextmanager
async def _runtimes(server: Cluster, folder: Path, model: InstantModel) -> AsyncIterator[list[Runtime]]:
    settings = Settings(_env_file=None, database_url=None, data_dir=folder)
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings, application(), model_app=model))
        found = [ours(services, "dossier")]
        for durability in ("async", "sync"):
            name = f"plain_{durability}"
            url = server.make_database(name)
            found.append(await stack.enter_async_context(plain(services, model, url, name, durability)))
        yield found


async def _turn(runtime: Runtime, turn: int, model: InstantModel, server: Cluster) -> Row:
    here = said(turn)
    model.prepare(turn, here)
    before, began = server.written(), time.perf_counter()
    reply = await runtime.say(turn, here.text)
    ms = (time.perf_counter() - began) * 1000
    return Row(runtime.name, turn, round(ms, 3), server.written() - before, reply == here.reply)


def spans(turns: int) -> tuple[range, range]:
    """Return the early and the late turns that are compared: 51-150 and 951-1,050 of 1,050."""
    length = min(SPAN, turns // 4)
    early = length // 2 + 1
    return range(early, early + length), range(turns - length + 1, turns + 1)


def summarise(rows: Sequence[Row], upkeep: dict[str, int], turns: int) -> dict[str, Any]:
    """Return the report: a row a turn, and the late turns over the early ones."""
    early, late = spans(turns)
    growth = {name: _growth([row for row in rows if row.runtime == name], early, late) for name in upkeep}
    return {
        "ratio_ms": growth["dossier"].ms,
        "ratio_bytes": growth["dossier"].bytes,
        "early": [early[0], early[-1]],
        "late": [late[0], late[-1]],
        "growth": {name: asdict(one) for name, one in growth.items()},
        "unanswered": {name: sum(not r.answered for r in rows if r.runtime == name) for name in upkeep},
        "upkeep_bytes": upkeep,
        "conditions": {"model": "answers at once, nothing subtracted", **CONDITIONS},
        "rows": [asdict(row) for row in rows],
    }


def _growth(rows: Sequence[Row], early: range, late: range) -> Growth:
    def parts(cost: Callable[[Row], float]) -> tuple[list[float], list[float]]:
        return [cost(r) for r in rows if r.turn in early], [cost(r) for r in rows if r.turn in late]

    (first_ms, last_ms), (first, last) = parts(lambda r: r.ms_p50), parts(lambda r: r.bytes)
    return Growth(round(median(last_ms) / median(first_ms), 3), round(sum(last) / sum(first), 3))


def _print(out: Console, report: dict[str, Any], rows: Sequence[Row]) -> None:
    early, late = (range(first, last + 1) for first, last in (report["early"], report["late"]))
    table = Table(title="Cost per turn as one thread grows: time (p50) and bytes written (mean)")
    for heading in ("runtime", *(f"turns {part[0]}-{part[-1]}" for part in (early, late)), "time x", "bytes x"):
        table.add_column(heading, justify="left" if heading == "runtime" else "right")
    for name, growth in report["growth"].items():
        own = [row for row in rows if row.runtime == name]
        costs = [_cost([row for row in own if row.turn in part]) for part in (early, late)]
        table.add_row(name, *costs, f"{growth['ms']:.2f}", f"{growth['bytes']:.2f}")
    out.print(table)
    kept = max(report["ratio_ms"], report["ratio_bytes"]) <= LIMIT
    out.print(f"Growth of at most {LIMIT:.2f} (PE-3): {'kept' if kept else 'not kept'}.")


def _cost(rows: Sequence[Row]) -> str:
    return f"{median(row.ms_p50 for row in rows):.1f} ms {sum(row.bytes for row in rows) / len(rows) / 1000:.0f} kB"
