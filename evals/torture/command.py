"""`python -m evals torture`."""

import argparse

from evals.torture.run import torture


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--faults", type=int, default=0, help="kills at least; every point gets its share anyhow")
    parser.add_argument("--trials", type=int, metavar="N", help="of one race at most; by default 1000 in process")
    parser.add_argument(
        "--door",
        choices=("graph", "endpoint", "dev"),
        default="graph",
        help="the graph in process (beside plain LangGraph), the deployed endpoint, or langgraph dev (races alone)",
    )


def command(given: argparse.Namespace) -> int:
    """Make the kill runs and the races."""
    return torture(given.faults, given.json, given.door, given.trials)
