"""The evaluations' command: `python -m evals torture`, `python -m evals bench turns`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser; each command's modules are imported when it is run."""
    root = argparse.ArgumentParser(prog="python -m evals", description=__doc__)
    commands = root.add_subparsers(dest="command", required=True)
    torture = commands.add_parser("torture", help="kill processes at every write point; nothing may be lost or doubled")
    torture.add_argument("--faults", type=int, default=0, help="kills at least; every point gets its share anyhow")
    torture.set_defaults(run=_torture)
    bench = commands.add_parser("bench", help="measure").add_subparsers(dest="bench", required=True)
    turns = bench.add_parser("turns", help="cost per turn as a thread grows, beside plain LangGraph")
    turns.add_argument("--turns", type=int, default=1050)
    turns.set_defaults(run=_turns)
    approvals = bench.add_parser("approvals", help="replayed transactions: what runs is what was approved")
    approvals.add_argument("--data", type=Path, required=True, metavar="F.jsonl")
    approvals.set_defaults(run=_approvals)
    for command in (torture, turns, approvals):
        command.add_argument("--json", type=Path, metavar="OUT", help="file for the report")
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = parser().parse_args(arguments)
    return given.run(given)


def _torture(given: argparse.Namespace) -> int:
    from evals.torture.run import torture

    return torture(given.faults, given.json)


def _turns(given: argparse.Namespace) -> int:
    from evals.bench.turns import run

    return run(given.turns, given.json)


def _approvals(given: argparse.Namespace) -> int:
    from evals.bench.approvals import run

    return run(given.data, given.json)


if __name__ == "__main__":
    sys.exit(main())
