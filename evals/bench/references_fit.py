"""Fit the weights of `dossier.references.ranking` anew, or measure them over folds.

    python -m evals.bench.references_fit --data F.jsonl --out dossier/references/ranking_weights.json
    python -m evals.bench.references_fit --data F.jsonl --folds domain

A conditional logit by AdaGrad (Duchi 2011) with a ridge, in plain Python; under a minute for 10,000 mentions. Weights
that come out small are dropped and the rest is fitted again. With folds (by domain, or by dialog), each fold is
ranked by weights fitted on the others.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from dossier.references.ranking import ANY, Weights, rank, softmax
from dossier.references.ranking_features import Scene, features
from evals.bench.data import read_rows
from evals.bench.references_score import coverage, percent
from evals.bench.show import progress
from evals.reference_format import MentionRow, mentions_of

PASSES = 12
RATE = 0.3
RIDGE = 4.0
"""Of the likelihood of all mentions together; the square of each weight is held down by half of it."""
RARE = 60
"""Features that hold for fewer candidates are left out."""
SMALL = 0.15
"""Weights below are dropped."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One mention as the fit sees it: what holds for each candidate, and which are right."""

    held: tuple[tuple[Key, ...], ...]
    right: tuple[bool, ...]


def main() -> None:
    """Fit, or measure over folds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="F.jsonl")
    parser.add_argument("--out", type=Path, metavar="W.json")
    parser.add_argument("--source", help="what the data is, for the provenance")
    parser.add_argument("--folds", choices=["domain", "dialog"])
    given = parser.parse_args()
    rows = read_rows(given.data, MentionRow)
    out = Console(stderr=True)
    if given.folds:
        return _measure(rows, given.folds, out)
    origin = {
        "fitted_by": "python -m evals.bench.references_fit",
        "source": given.source or given.data.name,
        "sha256": hashlib.sha256(given.data.read_bytes()).hexdigest(),
        "mentions": len(rows),
        "holds": "numbers only, no text of the data",
    }
    text = json.dumps({"provenance": origin, "weights": fit(rows, out)}, indent=1)
    given.out.write_text(text + "\n", encoding="utf-8") if given.out else print(text)
    return None


def fit(rows: Sequence[MentionRow], out: Console) -> Weights:
    """Return weights fitted on these mentions, rounded to two digits."""
    choices = [_choice(row) for row in rows]
    counts = Counter(key for c in choices for held in c.held for key in held)
    common = {key for key, n in counts.items() if n >= RARE}
    first = _descend(_only(choices, common), out)
    strong = {key for key, w in first.items() if abs(w) >= SMALL}
    final = _descend(_only(choices, strong), out)
    forms = sorted({form for form, _ in final})
    return {form: {f: round(w, 2) for (g, f), w in sorted(final.items()) if g == form} for form in forms}


def _choice(row: MentionRow) -> Choice:
    scene = Scene(*mentions_of(row))
    form = scene.said.form
    held = [features(scene, at) for at in range(len(row.candidates))]
    keys = tuple(tuple(key for f in fs for key in ((ANY, f), (form, f))) for fs in held)
    return Choice(keys, tuple(c.cluster == row.gold_cluster for c in row.candidates))


def _only(choices: Sequence[Choice], kept: set[Key]) -> list[Choice]:
    return [
        Choice(tuple(tuple(k for k in held if k in kept) for held in c.held), c.right)
        for c in choices
        if any(c.right) and not all(c.right)
    ]


def _descend(choices: Sequence[Choice], out: Console) -> dict[Key, float]:
    weights: dict[Key, float] = {key: 0.0 for c in choices for held in c.held for key in held}
    squares = dict.fromkeys(weights, 1e-6)
    shares = Counter(key for c in choices for key in {k for held in c.held for k in held})
    with progress(out) as shown:
        for _ in shown.track(range(PASSES), description=f"{len(weights)} weights"):
            for choice in choices:
                _step(choice, weights, squares, shares)
    return weights


def _step(choice: Choice, weights: dict[Key, float], squares: dict[Key, float], shares: Counter[Key]) -> None:
    """Go down the gradient of one mention; the ridge is spread over the mentions in which a weight takes part."""
    sums = [sum(weights[k] for k in held) for held in choice.held]
    chance = softmax(sums)
    total = sum(p for p, right in zip(chance, choice.right, strict=True) if right) or 1e-12
    slope: dict[Key, float] = {}
    for held, p, right in zip(choice.held, chance, choice.right, strict=True):
        pull = p - (p / total if right else 0.0)
        for key in held:
            slope[key] = slope.get(key, 0.0) + pull
    for key, pull in slope.items():
        grade = pull + RIDGE * weights[key] / shares[key]
        squares[key] += grade * grade
        weights[key] -= RATE * grade / math.sqrt(squares[key])


def _measure(rows: Sequence[MentionRow], by: str, out: Console) -> None:
    folds: dict[str, list[MentionRow]] = {}
    for row in rows:
        folds.setdefault(row.domain if by == "domain" else row.dialog[:1], []).append(row)
    answers: list[tuple[float, bool]] = []
    for name, held_out in sorted(folds.items()):
        weights = fit([row for other, of in folds.items() if other != name for row in of], out)
        here = [_answer(row, weights) for row in held_out]
        out.print(f"{name}: {percent(sum(ok for _, ok in here), len(here))} % of {len(here)}")
        answers += here
    print(json.dumps({"right": percent(sum(ok for _, ok in answers), len(answers)), "coverage": coverage(answers)}))


def _answer(row: MentionRow, weights: Weights) -> tuple[float, bool]:
    best = rank(*mentions_of(row), weights)[0]
    return best.confidence, row.candidates[best.at].cluster == row.gold_cluster


if __name__ == "__main__":
    main()
