"""One self-contained HTML file: each turn with its conversation, its package, what changed and every expectation."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment
from markupsafe import Markup

from evals.bench.record import provenance
from evals.play.benches import ShownBench, benches_in
from evals.play.comparing import Comparison
from evals.play.results import ShownPackage
from evals.play.running import pass_hat_k

if TYPE_CHECKING:
    from evals.play.outcome import Outcome

SEGMENTS = ("frame", "system", "contract", "request", "task", "turns", "evidence", "tools")
"""In the order of the bar; each has a colour in the template."""


class _Texts:
    """Texts of items, each kept once however often it was shown."""

    def __init__(self) -> None:
        self.all: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self.all.setdefault(text, len(self.all))


def write_html(path: Path, outcome: "Outcome", comparison: Comparison) -> None:
    """Write the report, with the benchmarks whose JSON lies in the same folder."""
    path.write_text(render(outcome, comparison, benches_in(path.parent)), encoding="utf-8")


def render(outcome: "Outcome", comparison: Comparison, benches: Sequence[ShownBench] = ()) -> str:
    """Return the report as HTML."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["bar"] = bar
    texts = _Texts()
    source = files("evals.play").joinpath("report.html").read_text("utf-8")
    return environment.from_string(source).render(
        outcome=outcome,
        comparison=comparison,
        counts=_counts(outcome),
        rates=pass_hat_k(outcome.played, outcome.repeat) if outcome.repeat > 1 else {},
        run=provenance(),
        at=datetime.now(UTC),
        text=texts,
        segments=SEGMENTS,
        benches=benches,
        texts=_Later(texts),
    )


def bar(package: ShownPackage) -> list[tuple[str, int, float]]:
    """Return the parts of a package's bar: segment, tokens, percent of the budget."""
    tokens: Mapping[str, int] = dict(package.segments)
    parts = [(name, tokens.get(name, 0)) for name in SEGMENTS if tokens.get(name)]
    whole = max(package.budget, package.tokens)
    return [(name, number, round(100 * number / whole, 2)) for name, number in parts]


def _counts(outcome: "Outcome") -> dict[str, int]:
    checks = [check.verdict for one in outcome.played for _, check in one.checks]
    return {
        "scenarios": len(outcome.played),
        "wrong": len(outcome.wrong),
        "failed": sum(one.verdict == "failed" for one in outcome.played),
        "passed": sum(one.passed for one in outcome.played),
        "skipped": sum(one.verdict == "not_applicable" for one in outcome.played),
        "checks": len(checks),
        "unjudged": checks.count("not_judged"),
        "seconds": round(sum(one.seconds for one in outcome.played)),
    }


class _Later:
    """The texts, once all of them are known."""

    def __init__(self, texts: _Texts) -> None:
        self._texts = texts

    def __html__(self) -> Any:
        data = json.dumps(list(self._texts.all), ensure_ascii=False)
        return Markup(data.replace("<", "\\u003c"))
