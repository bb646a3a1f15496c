"""All figures in one go: every benchmark in order, on the files of a folder, each in a process of its own.

Which benchmark a file is for is told by the fields of its first row, so that any file of a format will do.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from rich.console import Console

from evals.bench.data import DataInvalid

FAULTS = 300
_KINDS: Mapping[str, frozenset[str]] = {
    "turns": frozenset({"conv", "id", "seq", "render"}),
    "questions": frozenset({"qid", "conv", "evidence"}),
    "runs": frozenset({"id", "messages"}),
    "mentions": frozenset({"mention", "gold_cluster"}),
    "situations": frozenset({"utterance", "candidates", "gold"}),
    "transactions": frozenset({"proposals", "executed", "approved"}),
    "dialogues": frozenset({"dialog", "services", "turns"}),
}
"""Fields that the rows of a kind have; the first kind that fits."""


@dataclass(frozen=True, slots=True)
class Job:
    """One command of `python -m evals`."""

    name: str
    """Of its JSON."""
    arguments: Sequence[str]


def jobs(folder: Path | None) -> list[Job]:
    """Return what is to be run, the quick ones first.

    Args:
        folder: With the data; without it what needs none is run, and the project's own samples.

    Raises:
        DataInvalid: The folder holds no file that a benchmark reads.
    """
    found = _by_kind(folder) if folder else {}
    if folder and not any(found.values()):
        raise DataInvalid(f"{folder} holds no file that a benchmark reads.", hint="Give a folder of JSON lines files.")
    return [*_own(), *_of_files(found), *_long(found)]


def measure(todo: Sequence[Job], into: Path, out: Console) -> list[Path]:
    """Run the commands one after the other; return the JSON of those that came to an end."""
    into.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    for number, job in enumerate(todo, start=1):
        out.rule(f"{number} of {len(todo)}: python -m evals {' '.join(job.arguments)}", align="left")
        path = into / f"{job.name}.json"
        path.unlink(missing_ok=True)
        subprocess.run([sys.executable, "-m", "evals", *job.arguments, "--json", str(path)], check=False)
        if path.exists():
            made.append(path)
        else:
            out.print(f"[red]{job.name} wrote no figures.[/]")
    return made


def _own() -> Iterator[Job]:
    yield Job("packing", ["bench", "packing"])
    yield Job("prefix", ["bench", "prefix"])
    sample = files("evals").joinpath("samples", "references.situations.jsonl")
    yield Job("references-own", ["bench", "references", "--data", str(sample)])


def _of_files(found: Mapping[str, Sequence[Path]]) -> Iterator[Job]:
    for kind in ("mentions", "situations"):
        for path in found.get(kind, ()):
            yield Job(f"references-{path.stem}", ["bench", "references", "--data", str(path)])
    for path in found.get("runs", ()):
        yield Job(f"tools-{path.stem}", ["bench", "tools", "--data", str(path)])
    if dialogues := found.get("dialogues"):
        yield Job("updates", ["bench", "updates", "--dialogs", *map(str, dialogues)])
    for turns, questions in _pairs(found.get("turns", ()), found.get("questions", ())):
        yield Job(f"context-{turns.stem}", ["bench", "context", "--turns", str(turns), "--qa", str(questions)])


def _long(found: Mapping[str, Sequence[Path]]) -> Iterator[Job]:
    for path in found.get("transactions", ()):
        yield Job(f"approvals-{path.stem}", ["bench", "approvals", "--data", str(path)])
    yield Job("run", ["run", "--report", ".evals"])
    yield Job("building", ["bench", "building"])
    yield Job("turns", ["bench", "turns"])
    yield Job("torture", ["torture", "--faults", str(FAULTS)])


def _pairs(turns: Sequence[Path], questions: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield files whose names begin alike: what stands before the kind, as in `a.turns.jsonl` and `a.qa.jsonl`."""
    asked = {path.stem.rpartition(".")[0]: path for path in questions}
    for path in turns:
        if match := asked.get(path.stem.rpartition(".")[0]):
            yield path, match


def _by_kind(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        fields = _first(path).keys()
        kind = next((kind for kind, needed in _KINDS.items() if needed <= fields), None)
        if kind is not None:
            found.setdefault(kind, []).append(path)
    return found


def _first(path: Path) -> Mapping[str, Any]:
    try:
        with path.open(encoding="utf-8") as lines:
            row = json.loads(next((line for line in lines if line.strip()), "{}"))
    except (OSError, ValueError):
        return {}
    return row if isinstance(row, dict) else {}
