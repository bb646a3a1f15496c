"""Replayed transactions: what is carried out must be what was approved, through the product's own turn.

Each transaction is a thread: the customer asks, the model proposes a call, an approval row waits, and the
answer of the file decides it. A refusal with changes is played as an edit or as a rejection upon which the
model proposes anew, by turns; after each decision the contrary one is sent as well, late, and must be refused.
"""

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from rich.console import Console

from dossier.adapters.embedded_postgres import start
from evals.bench.approvals_format import Transaction, read_transactions
from evals.bench.approvals_replay import Replayed, count_into, replay
from evals.bench.record import write_report
from evals.bench.show import progress, table

_LOOK_SECONDS = 0.5


def options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `python -m evals bench approvals`."""
    parser.add_argument("--data", type=Path, required=True, metavar="F.jsonl", help="transactions, a line each")


def command(given: argparse.Namespace) -> int:
    """Replay the transactions and return the exit code."""
    return run(given.data, given.json)


def run(data: Path, json_out: Path | None) -> int:
    """Replay a file's transactions; return 0 when each came out exactly.

    Args:
        data: JSON lines; see `evals.bench.approvals_format`.
        json_out: File for the report.

    Raises:
        DataInvalid: The file can't be read as transactions.
    """
    out = Console(stderr=True)
    transactions = read_transactions(data)
    with progress(out) as bar:
        task = bar.add_task("transactions", total=len(transactions))
        report = measure(transactions, lambda done: bar.update(task, completed=done))
    Console().print(_shown(report))
    write_report(json_out, report, data=[data])
    return 0 if report["exact"] == report["transactions"] and report["late_refused"] == report["late_sent"] else 1


def measure(transactions: Sequence[Transaction], done: Callable[[int], object] = lambda count: None) -> dict[str, Any]:
    """Replay transactions on a PostgreSQL of their own, in a process a core; return the report.

    Args:
        transactions: What to replay.
        done: Told now and then how many were played.
    """
    began = time.monotonic()
    processes = min(os.cpu_count() or 1, len(transactions))
    with tempfile.TemporaryDirectory(prefix="dossier-approvals-") as folder:
        server = start(Path(folder) / "data")
        try:
            parts = [transactions[first::processes] for first in range(processes)]
            replayed = list(_replayed(parts, folder, done))
        finally:
            server.close()
    late = sum((one.late for one in replayed), Counter[str]())
    calls = {thread: made for one in replayed for thread, made in one.calls.items()}
    counted = {name: late[name] for name in ("late_sent", "late_refused")}
    return {**_report(transactions, calls), **counted, "seconds": round(time.monotonic() - began, 1)}


def _replayed(parts: Sequence[Sequence[Transaction]], folder: str, done: Callable[[int], object]) -> Iterator[Replayed]:
    context = get_context("spawn")
    counter = context.Value("i")
    with ProcessPoolExecutor(len(parts), context, initializer=count_into, initargs=(counter,)) as pool:
        waiting = {pool.submit(replay, part, folder) for part in parts}
        while waiting:
            ended, waiting = wait(waiting, timeout=_LOOK_SECONDS)
            done(counter.value)
            yield from (one.result() for one in ended)


def _report(transactions: Sequence[Transaction], calls: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    predictions = [{"id": one.id, "executed": calls.get(one.id, [])} for one in transactions]
    exact = sum(made["executed"] == _expected(one) for one, made in zip(transactions, predictions, strict=True))
    return {
        "transactions": len(transactions),
        "exact": exact,
        "first_proposal_wrong": sum(not one.first_was_right for one in transactions),
        "predictions": predictions,
    }


def _expected(one: Transaction) -> list[dict[str, Any]]:
    return [] if one.expected is None else [{"service": one.service, "method": one.method, "slots": one.expected}]


def _shown(report: dict[str, Any]) -> Any:
    total = report["transactions"]
    rows = [
        ("transactions carried out exactly as approved", report["exact"], total),
        ("late contrary decisions refused", report["late_refused"], report["late_sent"]),
        ("transactions in which the first proposal would have been wrong", report["first_proposal_wrong"], total),
    ]
    return table(f"Approvals, {report['seconds']} s", ("what", "count", "of"), rows)
