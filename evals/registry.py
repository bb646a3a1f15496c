"""The evaluations' commands: each is one line here, and a module that is imported only when it is run.

A command's module has two functions:

    def options(parser: argparse.ArgumentParser) -> None    adds its arguments; --json is there already
    def command(given: argparse.Namespace) -> int           does the work and returns the exit code

What can't be done is raised as a `DossierError`; its message and hint are printed, and the exit code is 2.
"""

from typing import NamedTuple


class Entry(NamedTuple):
    """A command and where it is."""

    module: str
    help: str


COMMANDS = {
    "figures": Entry("evals.figures", "write docs/figures.md from what runs wrote, or run everything first"),
    "run": Entry("evals.play.command", "play scripted conversations and check each step"),
    "torture": Entry("evals.torture.command", "kill processes at every write point; nothing may be lost or doubled"),
}

BENCHES = {
    "approvals": Entry("evals.bench.approvals", "replayed transactions: what runs is what was approved"),
    "growth": Entry("evals.bench.growth", "tokens sent as a conversation grows, and whether early facts still answer"),
    "packing": Entry(
        "evals.bench.packing", "the packer alone over many candidates, beside sorting and counting tokens"
    ),
    "prefix": Entry("evals.bench.prefix", "the share of prompt tokens that a provider's prompt cache would serve"),
    "tools": Entry(
        "evals.bench.tools", "what is shown before tool calls, at several budgets, beside trimming and search"
    ),
    "references": Entry("evals.bench.references", "what words refer to: mentions ranked, situations resolved or asked"),
    "building": Entry("evals.bench.building", "time to build a package as a thread grows"),
    "context": Entry("evals.bench.context", "evidence of long conversations in a package, by strategy and budget"),
    "turns": Entry("evals.bench.turns", "cost per turn as a thread grows, beside plain LangGraph"),
    "updates": Entry("evals.bench.updates", "live facts after each turn of annotated dialogues"),
}
