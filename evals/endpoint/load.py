"""Load on the endpoint: many conversations at once over two processes, with one of them killed if asked.

python -m evals.endpoint.load --conversations 200 --turns 3 [--kill] --json OUT
"""

import argparse
import asyncio
import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from evals.endpoint.conversation import Conversation, Outcome
from evals.endpoint.in_process import cpu_per_turn
from evals.endpoint.processes import Process, endpoint, free_port, ready, started

KEY = {"x-api-key": "officer"}


async def run(
    conversations: int,
    turns: int,
    *,
    kill: bool,
    seconds: float,
    processes: int = 2,
) -> dict[str, Any]:
    """Return what was lost, mixed or slow, and what the processes took."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dossier-load-")))
        port = free_port()
        model = stack.enter_context(started(["evals.endpoint.slow_model", str(port), str(seconds)], port, folder, {}))
        await ready(model, "/none")
        served = [stack.enter_context(endpoint(folder, _settings(port))) for _ in range(processes)]
        for process in served:
            await ready(process)
        found = await _loaded(served, conversations, turns, kill=kill)
        if found["cpu_ms_per_turn"] is None:
            return found
        own = await cpu_per_turn(folder / "data", f"http://127.0.0.1:{port}/v1", conversations, turns)
        ratio = round(found["cpu_ms_per_turn"] / own, 2)
        return {**found, "cpu_ms_per_turn_in_process": round(own, 1), "cpu_ratio": ratio}


async def _loaded(served: list[Process], conversations: int, turns: int, *, kill: bool) -> dict[str, Any]:
    total, done = conversations * turns, 0
    rss_early: dict[int, int] = {}

    def said() -> None:
        nonlocal done
        done += 1
        if done == max(1, (total + conversations) // 10):
            rss_early.update({p.port: p.rss for p in served if p.is_alive})
        if kill and done == conversations + max(1, total // 3) and served[-1].is_alive:
            served[-1].kill()

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(headers=KEY, timeout=120, limits=limits) as client:

        async def talked(turns: int) -> list[Outcome]:
            talks = [Conversation(client, lambda: [p.url for p in served], n) for n in range(conversations)]
            return await asyncio.gather(*(talk.talk(turns, said) for talk in talks))

        first = await talked(1)  # connections, statements and caches are paid for before the costs are measured
        cpu = {p.port: p.cpu for p in served}
        began = asyncio.get_running_loop().time()
        outcomes = await talked(turns)
    wrong = [wrong for outcome in first for wrong in outcome.wrong]
    took = asyncio.get_running_loop().time() - began
    figures = _figures(outcomes, total, took)
    return {**figures, "wrong": wrong + figures["wrong"], **_costs(served, rss_early, cpu, total)}


def _figures(outcomes: list[Outcome], total: int, took: float) -> dict[str, Any]:
    times = sorted(second for outcome in outcomes for second in outcome.seconds)
    return {
        "turns": total,
        "answered": sum(outcome.answered for outcome in outcomes),
        "wrong": [wrong for outcome in outcomes for wrong in outcome.wrong],
        "retries": sum(outcome.retries for outcome in outcomes),
        "seconds": round(took, 1),
        "turn_seconds_p50": round(median(times), 2),
        "turn_seconds_p99": round(times[int(len(times) * 0.99) - 1], 2),
    }


def _costs(served: list[Process], rss_early: dict[int, int], cpu: dict[int, float], total: int) -> dict[str, Any]:
    alive = [p for p in served if p.is_alive]
    growth = [p.rss / rss_early[p.port] for p in alive if p.port in rss_early]
    spent = sum(p.cpu - cpu[p.port] for p in alive)
    return {
        "processes_left": len(alive),
        "rss_growth": [round(g, 3) for g in growth],
        "cpu_ms_per_turn": round(1000 * spent / total, 1) if len(alive) == len(served) else None,
    }


def _settings(port: int) -> dict[str, str]:
    return {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "OPENAI_API_KEY": "none",
        "DOSSIER_MODEL": "slow",
        "DOSSIER_MODEL_ENCODING": "o200k_base",
        "DOSSIER_MODEL_WINDOW": "128000",
        "DOSSIER_MESSAGES_PER_MINUTE": "1000000",
        "DOSSIER_LEASE_SECONDS": "10",
        "DOSSIER_HEARTBEAT_SECONDS": "3",
        "DOSSIER_SWEEP_SECONDS": "2",
        "DOSSIER_POOL_SIZE": "20",
    }


def main() -> None:
    """Run from the command line; fail when anything was lost or mixed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="that the model takes")
    parser.add_argument("--kill", action="store_true", help="end one process with SIGKILL after a third")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    found = asyncio.run(run(args.conversations, args.turns, kill=args.kill, seconds=args.seconds))
    print(json.dumps(found, indent=2))
    if args.json:
        args.json.write_text(json.dumps(found))
    raise SystemExit(0 if found["answered"] == found["turns"] and not found["wrong"] else 1)


if __name__ == "__main__":
    main()
