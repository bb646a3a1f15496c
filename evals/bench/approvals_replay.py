"""The approvals benchmark's conversations: one thread a transaction, several at a time in one process."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from langgraph.types import Command

from dossier.adapters.openai_wire import WireAnswer, WireCall, events
from dossier.errors import AlreadyDecided
from dossier.services import open_services
from dossier.settings import Settings
from evals.bench.approvals_desk import APPROVER, CUSTOMER, TOOL, TransactionDesk, executed
from evals.bench.approvals_format import Proposed, Transaction
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph

AT_A_TIME = 8
_MARK = re.compile(rb"Transaction (\d+)\.")
_HEADERS = [(b"content-type", b"text/event-stream")]
_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
_WIRE: dict[str, Any] = {"model": "replayed", "fingerprint": "replayed", "usage": _USAGE}
_played: Any = None
"""Counts what this process and its siblings have played."""


class Replayed(NamedTuple):
    """What came of some transactions."""

    late: Counter[str]
    """Late decisions: `late_sent`, `late_refused`."""
    calls: dict[str, list[dict[str, Any]]]
    """What was carried out, by thread."""


def count_into(counter: Any) -> None:
    """Let this process count what it plays into a number that it shares with others."""
    global _played
    _played = counter


def replay(part: Sequence[Transaction], folder: str) -> Replayed:
    """Replay transactions in this process, on the PostgreSQL of a folder."""

    async def played() -> Replayed:
        model = _Model()
        async with open_services(_settings(Path(folder)), TransactionDesk(), model_app=model) as services:
            made, turns = _Replay(turn_graph(services), model), iter(enumerate(part))
            async with asyncio.TaskGroup() as at_once:
                for _ in range(AT_A_TIME):
                    at_once.create_task(made.play_all(turns))
            async with services.db.read(CUSTOMER.tenant) as cursor:
                return Replayed(made.late, await executed(cursor, [one.id for one in part]))

    return asyncio.run(played())


def _settings(folder: Path) -> Settings:
    return Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]
        database_url=None,
        data_dir=folder / "data",
        openai_api_key=None,
        openai_base_url=None,
        model=None,
        pool_size=AT_A_TIME,
    )


class _Model:
    """An OpenAI-compatible app that plays the answers laid out for the transaction that a request names."""

    def __init__(self) -> None:
        self.answers: dict[int, list[WireAnswer]] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
        named = _MARK.search(body)
        assert named is not None
        answer = b"".join(events(self.answers[int(named[1])].pop(0), include_usage=True))
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": answer})


@dataclass
class _Replay:
    graph: GatedGraph
    model: _Model
    late: Counter[str] = field(default_factory=Counter)

    async def play_all(self, turns: Any) -> None:
        """Play what is left, one after the other; others take from the same."""
        for number, one in turns:
            await self.play(number, one)
            if _played is not None:
                with _played.get_lock():
                    _played.value += 1

    async def play(self, mark: int, one: Transaction) -> None:
        """Hold the conversation of one transaction."""
        self.model.answers[mark] = list(_answers(one))
        words = f"{one.method}, please. Transaction {mark}."
        said = {"messages": [{"role": "user", "content": words, "id": "request"}]}
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
        self.late["late_sent"] += 1
        try:
            await self._decide(one, waiting, contrary)
        except AlreadyDecided:
            self.late["late_refused"] += 1


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
