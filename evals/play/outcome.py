"""What a run came to as a whole: shown, written, compared, and turned into an exit code."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from evals.bench.record import write_report
from evals.play.comparing import Comparison, accepted, compare, last_run, remember, verdicts
from evals.play.html import write_html
from evals.play.junit import write_junit
from evals.play.results import Played
from evals.play.running import pass_hat_k

_MARKS = {
    "passed": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "not_applicable": "[yellow]–[/]",
    "not_judged": "[yellow]?[/]",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """All runs of one command."""

    played: Sequence[Played]
    guards_off: bool = False
    """Every scenario was to fail."""
    repeat: int = 1

    def is_right(self, one: Played) -> bool:
        """Tell whether a run went as it should; what can't be played here is no failure, and no pass."""
        return one.verdict == "failed" if self.guards_off else one.verdict != "failed"

    @property
    def wrong(self) -> list[Played]:
        """Return the runs that went as they should not."""
        return [one for one in self.played if not self.is_right(one)]

    @property
    def right(self) -> list[Played]:
        """Return all others."""
        return [one for one in self.played if self.is_right(one)]


def conclude(outcome: Outcome, given: argparse.Namespace, out: Console) -> int:
    """Print, write and compare; return 0 when all is right, or nothing is worse than the baseline."""
    report = as_json(outcome)
    write_report(given.json, report)
    before = last_run(given.report, given.url or given.start)
    comparison = compare(outcome, before)
    if given.report:
        given.report.mkdir(parents=True, exist_ok=True)
        write_report(given.report / "report.json", report)
        write_junit(given.report / "junit.xml", outcome)
        write_html(given.report / "report.html", outcome, comparison)
    show(out, outcome, comparison)
    if given.report:
        out.print(f"Report: {given.report / 'report.html'}", soft_wrap=True)
        remember(given.report, given.url or given.start, outcome)
    known = accepted(given.baseline) if given.baseline else None
    if given.accept and given.baseline:
        given.baseline.write_text(json.dumps(verdicts(outcome), indent=1) + "\n", "utf-8")
        return 0
    worse = [one for one in outcome.wrong if known is None or known.get(one.name) == "passed" or one.name not in known]
    if known is not None:
        out.print(f"{len(outcome.wrong) - len(worse)} failures are in the baseline; {len(worse)} are not.")
    return 1 if worse else 0


def as_json(outcome: Outcome) -> dict[str, Any]:
    """Return the report: one entry for each run, with what failed, what was not judged and what could not be done."""
    return {
        "scenarios": [_entry(one) for one in outcome.played],
        "guards_off": outcome.guards_off,
        "counts": counts(outcome.played),
        **({"pass_hat_k": pass_hat_k(outcome.played, outcome.repeat)} if outcome.repeat > 1 else {}),
    }


def counts(played: Sequence[Played]) -> dict[str, int]:
    """Return how many runs came to what."""
    verdicts = [one.verdict for one in played]
    return {name: verdicts.count(name) for name in ("passed", "failed", "not_applicable") if name in verdicts}


def _entry(one: Played) -> dict[str, Any]:
    def of(verdict: str) -> list[str]:
        return [f"{where}: {c.what}: {c.detail}" for where, c in one.checks if c.verdict == verdict]

    return {
        "name": one.name,
        "passed": one.passed,
        "failures": one.failures,
        "verdict": one.verdict,
        "not_judged": of("not_judged"),
        "not_applicable": of("not_applicable"),
        "guard": one.guard,
        "tags": list(one.tags),
        "file": Path(one.file).name,
        "line": one.line,
        "run": one.run,
        "seconds": one.seconds,
        "turns": len(one.steps),
        "checks": len(one.checks),
    }


def show(out: Console, outcome: Outcome, comparison: Comparison) -> None:
    """Print what went wrong, what could not be played, what changed, and the count."""
    for one in outcome.wrong:
        out.print(
            f"{_MARKS[one.verdict]} [bold]{escape(one.name)}[/]  {Path(one.file).name}:{one.line}", highlight=False
        )
        told = one.failures or ["it passed with its guard switched off: " + one.guard]
        for failure in told[:8]:
            out.print(f"    {escape(failure)}", highlight=False, soft_wrap=True)
    for one in (one for one in outcome.played if one.verdict == "not_applicable"):
        why = next((c.detail for _, c in one.checks if c.verdict == "not_applicable"), "nothing was checked")
        out.print(f"{_MARKS['not_applicable']} {escape(one.name)}: not applicable: {escape(why)}", highlight=False)
    for line in comparison.lines:
        out.print(line, highlight=False)
    if outcome.repeat > 1:
        rates = pass_hat_k(outcome.played, outcome.repeat)
        out.print("  ".join(f"pass^{k} {rate}%" for k, rate in rates.items()), highlight=False)
    out.print(_told(outcome), highlight=False)


def _told(outcome: Outcome) -> str:
    found, total = counts(outcome.played), len(outcome.played)
    checks = [check for one in outcome.played for _, check in one.checks]
    unjudged = sum(check.verdict == "not_judged" for check in checks)
    if outcome.guards_off:
        return f"{found.get('failed', 0)} of {total} scenarios fail with their guard switched off, as they should."
    parts = [f"{found.get('passed', 0)} of {total} scenarios passed, {len(checks)} checks"]
    parts += [f"{found['not_applicable']} not applicable here"] if "not_applicable" in found else []
    return "; ".join([*parts, f"{unjudged} not judged"] if unjudged else parts) + "."
