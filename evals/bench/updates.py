"""Updates: annotated dialogues through the product's update path; live facts against the annotated states.

The acts of each user turn become proposals (`dossier.updates.slots`), which are judged and turned into events
(`dossier.updates.decide`); the events are folded into what is held (`state.knowledge`), as a turn does it.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from rich.console import Console

from dossier.updates import decide
from dossier.updates.slots import Said, Slots, Table, cleared, heard, put
from evals.bench.data import DataInvalid, read_rows
from evals.bench.record import write_report
from evals.bench.show import progress, table
from evals.bench.updates_format import Dialog, Frame, Reader, Turn, gold_of, offers_of, slots_of
from evals.bench.updates_peers import peers
from state import events as e
from state.facts import Fact
from state.knowledge import Knowledge, fold_knowledge
from state.log import GENESIS, Event, seal
from state.proposals import Proposal
from state.situation import Situation

_TENANT, _SALT = "bench", b"\0" * 16
_START = datetime(2019, 3, 1, tzinfo=UTC)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--dialogs", type=Path, nargs="+", required=True, metavar="F.jsonl", help="annotated dialogues")


def command(given: argparse.Namespace) -> int:
    """Measure, from the command line."""
    return run(given.dialogs, given.json)


def run(files: Sequence[Path], json_out: Path | None) -> int:
    """Play all dialogues, print a table, write JSON; return the process's exit code.

    Raises:
        DataInvalid: A file can't be read, or holds no user turn with a state.
    """
    out = Console(stderr=True)
    dialogs = [dialog for path in files for dialog in read_rows(path, Dialog)]
    slots = slots_of(dialogs)
    predictions: list[dict[str, Any]] = []
    with progress(out) as shown:
        for dialog in shown.track(dialogs, description="dialogues"):
            predictions += _Conversation(slots, dialog).play()
    if not predictions:
        names = ", ".join(path.name for path in files)
        raise DataInvalid(f"No user turn in {names} has a state.", hint="Give task dialogues in SGD's form.")
    report = {**summarise(predictions), "peers": peers(dialogs)}
    figures = {name: report[name] for name in ("frames", "all_right", "changed", "new_value", "stale_value")}
    out.print(
        table("Live facts after each user turn, against the annotated states", list(figures), [[*figures.values()]])
    )
    others = [(name, one["all_right"]) for name, one in {"dossier": report, **report["peers"]}.items()]
    out.print(table("Frames of which all is held, %", ("", "all right"), others))
    write_report(json_out, {**report, "predictions": predictions}, data=files)
    return 0


def summarise(predictions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the figures; percentages of frames, and of changed slots."""
    right = sum(one["all_right"] for one in predictions)
    changes = [change for one in predictions for change in one["changed"]]
    return {
        "frames": len(predictions),
        "all_right": _percent(right, len(predictions)),
        "changed": len(changes),
        "new_value": _percent(sum(change["new"] for change in changes), len(changes)),
        "stale_value": _percent(sum(change["stale"] for change in changes), len(changes)),
        "refused": sum(one["refused"] for one in predictions),
    }


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0


@dataclass
class _Conversation:
    """One dialogue: what is on the table, what is held, what was right before."""

    slots: Slots
    dialog: Dialog
    table: Table = field(default_factory=Table)
    knowledge: Knowledge = field(default_factory=Knowledge)
    gold: dict[str, dict[str, Sequence[str]]] = field(default_factory=dict)
    head: str = GENESIS
    seq: int = 0

    def __post_init__(self) -> None:
        self._reader = Reader(self.slots)
        self._ids = (f"{self.dialog.dialog}/{number}" for number in count())

    def play(self) -> Iterator[dict[str, Any]]:
        """Yield what is held after each user frame."""
        for turn in self.dialog.turns:
            refused = [self._heard(turn, frame) for frame in turn.frames]
            if turn.role == "user":
                yield from (self._seen(turn, frame, no) for frame, no in zip(turn.frames, refused, strict=True))

    @property
    def _facts(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.knowledge.of("fact") if isinstance(fact, Fact))

    def _heard(self, turn: Turn, frame: Frame) -> int:
        """Take one frame in; return how many proposals were refused."""
        if turn.role != "user":
            self.table = put(self.table, offers_of(frame, self.slots))
            return 0
        said = self._reader.said(frame, turn.text)
        bodies = self._decided(turn, said)
        self.knowledge = fold_knowledge(self.knowledge, [self._event(body, turn) for body in bodies])
        self.table = cleared(self.table, said)
        return sum(isinstance(body, e.StateUpdateRejected) for body in bodies)

    def _decided(self, turn: Turn, said: Said) -> Sequence[e.EventBody]:
        facts = self._facts
        situation = Situation(
            tenant=_TENANT,
            user="user",
            turn=str(turn.n),
            message=turn.text,
            now=_START + timedelta(minutes=turn.n),
            facts=facts,
            offered=self.table.offered,
        )
        claims = heard(self.table, said, self.slots, facts)
        proposals = [Proposal(content=claim, proposed_by="user_rule", tenant=_TENANT) for claim in claims]
        return decide(proposals, situation, self._ids.__next__)

    def _event(self, body: e.EventBody, turn: Turn) -> Event:
        self.seq += 1
        at = _START + timedelta(minutes=turn.n)
        header = seal(
            body, thread=self.dialog.dialog, seq=self.seq, prev=self.head, turn=str(turn.n), at=at, salt=_SALT
        )
        self.head = header.hash
        return Event(header, body)

    def _seen(self, turn: Turn, frame: Frame, refused: int) -> dict[str, Any]:
        service, gold = frame.service, gold_of(frame)
        by_key = {fact.key: fact.value for fact in self._facts}
        own = {
            slot.name: by_key[slot.key] for slot in self.slots.values() if slot.task == service and slot.key in by_key
        }
        before, self.gold[service] = self.gold.get(service, {}), dict(gold)
        return {
            "dialog": self.dialog.dialog,
            "turn": turn.n,
            "service": service,
            "live": own,
            "all_right": own.keys() == gold.keys() and all(value in gold[name] for name, value in own.items()),
            "changed": [
                {"slot": name, "new": own.get(name) in values, "stale": own.get(name) in before[name]}
                for name, values in gold.items()
                if name in before and not set(values) & set(before[name])
            ],
            "refused": refused,
        }
