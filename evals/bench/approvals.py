"""Replayed transactions: what is carried out must be what was approved, through the product's own turn.

Each transaction is a thread: the customer asks, the model proposes a call, an approval row waits, and the
answer of the file decides it. A refusal with changes is played as an edit or as a rejection upon which the
model proposes anew, by turns; after each decision the contrary one is sent as well, late, and must be refused.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zlib import crc32

from langgraph.types import Command
from rich.console import Console
from rich.progress import Progress

from dossier.adapters.embedded_postgres import start
from dossier.adapters.openai_wire import WireAnswer, WireCall, events
from dossier.errors import AlreadyDecided
from dossier.services import open_services
from dossier.settings import Settings
from evals.bench.approvals_desk import APPROVER, CUSTOMER, TOOL, TransactionDesk, executed
from evals.bench.approvals_format import Proposed, Transaction, read_transactions
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph

_HEADERS = [(b"content-type", b"text/event-stream")]
_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
_WIRE: dict[str, Any] = {"model": "replayed", "fingerprint": "replayed", "usage": _USAGE}
_PART = 60
"""Transactions that a process takes at a time."""


Replayed = tuple[int, dict[str, int], dict[str, list[dict[str, Any]]]]
"""How many transactions, what became of late decisions, and what was carried out by thread."""


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
    """
    out = Console(stderr=True)
    transactions = read_transactions(data)
    with Progress(console=out, transient=True) as progress:
        task = progress.add_task(f"{len(transactions)} transactions", total=len(transactions))
        report = measure(transactions, lambda count: progress.advance(task, count))
    out.print(
        f"{report['exact']} of {report['transactions']} transactions were carried out exactly as approved "
        f"({report['late_refused']} of {report['late_sent']} late contrary decisions refused, {report['seconds']} s). "
        f"The first proposal would have been wrong in {report['first_proposal_wrong']}."
    )
    if json_out is not None:
        json_out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0 if report["exact"] == report["transactions"] and report["late_refused"] == report["late_sent"] else 1


def measure(transactions: Sequence[Transaction], done: Callable[[int], object] = lambda count: None) -> dict[str, Any]:
    """Replay transactions on a PostgreSQL of their own, in a process a core; return the report."""
    began = time.monotonic()
    parts = [transactions[first : first + _PART] for first in range(0, len(transactions), _PART)]
    with tempfile.TemporaryDirectory(prefix="dossier-approvals-") as folder:
        server = start(Path(folder) / "data")
        calls: dict[str, list[dict[str, Any]]] = {}
        late: Counter[str] = Counter()
        try:
            for count, late_of_part, calls_of_part in _replayed(parts, folder):
                late.update(late_of_part)
                calls.update(calls_of_part)
                done(count)
        finally:
            server.close()
    return {**_report(transactions, calls), **late, "seconds": round(time.monotonic() - began, 1)}


def _replayed(parts: Sequence[Sequence[Transaction]], folder: str) -> Iterator[Replayed]:
    if len(parts) == 1:
        yield replay(parts[0], folder)
        return
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(replay, parts, [folder] * len(parts))


def replay(part: Sequence[Transaction], folder: str) -> Replayed:
    """Replay transactions in this process; return how many, what became of late decisions, and what was carried out."""

    async def played() -> Replayed:
        model = _Model()
        async with open_services(_settings(Path(folder)), TransactionDesk(), model_app=model) as services:
            made = _Replay(turn_graph(services), model)
            for transaction in part:
                await made.play(transaction)
            async with services.db.read(CUSTOMER.tenant) as cursor:
                calls = await executed(cursor, [one.id for one in part])
        return len(part), {"late_sent": made.late_sent, "late_refused": made.late_refused}, calls

    return asyncio.run(played())


def _settings(folder: Path) -> Settings:
    return Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]
        database_url=None,
        data_dir=folder / "data",
        openai_api_key=None,
        openai_base_url=None,
        model=None,
        pool_size=4,
    )


def _report(transactions: Sequence[Transaction], calls: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    predictions = [{"id": one.id, "executed": calls.get(one.id, [])} for one in transactions]
    exact = sum(made["executed"] == _expected(one) for one, made in zip(transactions, predictions, strict=True))
    first = sum(one.expected != (one.proposals[0].slots if one.proposals else None) for one in transactions)
    return {
        "transactions": len(transactions),
        "exact": exact,
        "first_proposal_wrong": first,
        "predictions": predictions,
    }


def _expected(one: Transaction) -> list[dict[str, Any]]:
    return [] if one.expected is None else [{"service": one.service, "method": one.method, "slots": one.expected}]


class _Model:
    """An OpenAI-compatible app that plays the answers laid out for it."""

    def __init__(self) -> None:
        self.answers: list[WireAnswer] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        body = b"".join(events(self.answers.pop(0), include_usage=True))
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": body})


@dataclass
class _Replay:
    graph: GatedGraph
    model: _Model
    late_sent: int = 0
    late_refused: int = 0

    async def play(self, one: Transaction) -> None:
        """Hold the conversation of one transaction."""
        self.model.answers = list(_answers(one))
        said = {"messages": [{"role": "user", "content": f"{one.method}, please.", "id": "request"}]}
        result = await self.graph.acting_as(CUSTOMER).ainvoke(said, _on(one.id))
        for number, proposal in enumerate(one.proposals):
            (waiting,) = result["__interrupt__"]
            result = await self._decide(one, waiting.id, _decision(one, number))
            await self._late(one, waiting.id, affirmed=proposal.affirmed)
            if "__interrupt__" not in result:
                return

    async def _decide(self, one: Transaction, waiting: str, decision: dict[str, Any]) -> Any:
        given = Command(resume={waiting: {"decisions": [decision]}})
        return await self.graph.acting_as(APPROVER).ainvoke(given, _on(one.id))

    async def _late(self, one: Transaction, waiting: str, *, affirmed: bool) -> None:
        """Send the contrary decision, or another edit, after the first."""
        contrary = {"type": "reject"} if affirmed else {"type": "approve"}
        self.late_sent += 1
        try:
            await self._decide(one, waiting, contrary)
        except AlreadyDecided:
            self.late_refused += 1


def _on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


def _edits(one: Transaction, number: int) -> bool:
    """Tell whether a refusal is played as an edit: half of those after which only the changed call was affirmed."""
    after = one.proposals[number + 1 :]
    changed = one.proposals[number].changed
    return len(after) == 1 and after[0].affirmed and after[0].slots == changed and crc32(one.id.encode()) % 2 == 0


def _decision(one: Transaction, number: int) -> dict[str, Any]:
    proposal = one.proposals[number]
    if proposal.changed != proposal.slots and (proposal.affirmed or _edits(one, number)):
        return {"type": "edit", "edited_action": {"name": TOOL, "args": _arguments(one, proposal.changed)}}
    return {"type": "approve"} if proposal.affirmed else {"type": "reject", "message": f"No. {proposal.words}"}


def _arguments(one: Transaction, slots: dict[str, str]) -> dict[str, Any]:
    return {"service": one.service, "method": one.method, "slots": slots}


def _answers(one: Transaction) -> Sequence[WireAnswer]:
    """Return what the model says: each proposal's call, then a closing word."""
    return [
        *(_call(one, proposal, number) for number, proposal in enumerate(one.proposals) if _is_put(one, number)),
        WireAnswer("closing", pieces=("That is settled.",), **_WIRE),
    ]


def _is_put(one: Transaction, number: int) -> bool:
    return number == 0 or not _edits(one, number - 1)


def _call(one: Transaction, proposal: Proposed, number: int) -> WireAnswer:
    call = WireCall(f"call_{number}", TOOL, json.dumps(_arguments(one, proposal.slots)))
    return WireAnswer(f"proposal-{number}", calls=(call,), finish="tool_calls", **_WIRE)
