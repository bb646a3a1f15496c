"""How references found in an utterance are held against gold: paired by overlap, then judged one by one.

An outcome is `right`, `wrong_ask` (asked, though it was clear), `silent_wrong` (something else was taken without a
word, or taken where one had to ask), `no_action` (the thing, but not the act that was named) or `missed`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evals.reference_format import GoldRow, PredictedPhrase, SituationRow

Outcome = Literal["right", "wrong_ask", "silent_wrong", "no_action", "missed"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Judged:
    """One situation with what became of each gold reference."""

    row: SituationRow
    outcomes: tuple[Outcome, ...]
    """In the order of gold."""
    confidences: tuple[float | None, ...]
    """Of the predictions that answered them; None for what was asked or missed."""
    predictions: int
    spurious: int
    """Predictions that touch no gold reference."""

    @property
    def right(self) -> bool:
        """Tell whether every reference is right and nothing else was found."""
        return not self.spurious and all(o == "right" for o in self.outcomes)


def judge(row: SituationRow, found: Sequence[PredictedPhrase]) -> Judged:
    """Hold what was found in one situation against its gold."""
    golds = [_spans(g.phrase, row.utterance)[:1] for g in row.gold]
    spans = [_spans(p["phrase"], row.utterance, p["start"]) for p in found]
    shared = sorted(
        (-share, g, p)
        for g, gold in enumerate(golds)
        for p, predicted in enumerate(spans)
        if (share := max((_overlap(a, b) for a in gold for b in predicted), default=0.0)) > 0
    )
    pairs: dict[int, int] = {}
    for _, g, p in shared:
        if g not in pairs and p not in pairs.values():
            pairs[g] = p
    answers = [found[pairs[g]] if g in pairs else None for g in range(len(golds))]
    return Judged(
        row,
        tuple(outcome(gold, answer) for gold, answer in zip(row.gold, answers, strict=True)),
        tuple(a["confidence"] if a and a["answer"] == "resolve" else None for a in answers),
        len(found),
        len(found) - len({p for _, _, p in shared}),
    )


def outcome(gold: GoldRow, answer: PredictedPhrase | None) -> Outcome:
    """Judge one answer."""
    if answer is None:
        return "missed"
    if gold.answer == "ask":
        return "right" if answer["answer"] == "ask" else "silent_wrong"
    if answer["answer"] == "ask":
        return "wrong_ask"
    action = answer["action"]
    alike = set(answer["ids"]) == set(gold.ids) or bool(gold.action and not gold.ids)
    if not alike or (gold.action and action and gold.action != action):
        return "silent_wrong"
    return "no_action" if gold.action and not action else "right"


def _spans(phrase: str, text: str, start: int | None = None) -> list[Span]:
    if start is not None and text[start : start + len(phrase)].lower() == phrase.lower():
        return [(start, start + len(phrase))]
    for flags in (re.RegexFlag(0), re.IGNORECASE):
        for pattern in (rf"(?<!\w){re.escape(phrase)}(?!\w)", re.escape(phrase)):
            if phrase and (found := [m.span() for m in re.finditer(pattern, text, flags)]):
                return found
    return []


def _overlap(a: Span, b: Span) -> float:
    both = min(a[1], b[1]) - max(a[0], b[0])
    return max(both, 0) / (max(a[1], b[1]) - min(a[0], b[0]))


def measures(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the rates of all situations, in percent."""
    nothing = [j for j in judged if not j.row.gold]
    return {
        "right": percent(sum(j.right for j in judged), len(judged)),
        **_rates([(g, o) for j in judged for g, o in zip(j.row.gold, j.outcomes, strict=True)]),
        "over_trigger": percent(sum(bool(j.predictions) for j in nothing), len(nothing)),
        "without_reference": len(nothing),
        "spurious": sum(j.spurious for j in judged),
        "by_type": {kind: _rates(of) for kind, of in _grouped((g.kind, g, o) for _, g, o in _all(judged)).items()},
        "by_risk": {
            risk: {"right": percent(sum(j.right for j in of), len(of)), **_rates([(g, o) for _, g, o in _all(of)])}
            for risk in ("read", "write", "irreversible")
            if (of := [j for j in judged if j.row.risk == risk])
        },
    }


def _all(judged: Iterable[Judged]) -> list[tuple[Judged, GoldRow, Outcome]]:
    return [(j, g, o) for j in judged for g, o in zip(j.row.gold, j.outcomes, strict=True)]


def _grouped(rows: Iterable[tuple[str, GoldRow, Outcome]]) -> dict[str, list[tuple[GoldRow, Outcome]]]:
    found: dict[str, list[tuple[GoldRow, Outcome]]] = {}
    for key, gold, result in sorted(rows, key=lambda x: x[0]):
        found.setdefault(key, []).append((gold, result))
    return found


def _rates(rows: Sequence[tuple[GoldRow, Outcome]]) -> dict[str, Any]:
    counts = Counter(o for _, o in rows)
    clear = sum(g.answer == "resolve" for g, _ in rows)
    return {
        "references": len(rows),
        "references_right": percent(counts["right"], len(rows)),
        "wrong_ask": percent(counts["wrong_ask"], clear),
        "silent_wrong": percent(counts["silent_wrong"], len(rows)),
        "missed": percent(counts["missed"], len(rows)),
    }


def coverage(answers: Iterable[tuple[float, bool]]) -> dict[str, float | None]:
    """Return how many in a hundred are right among the surest half, 70 and 90 % of the answers.

    Args:
        answers: Confidence of each answer, and whether it is right.
    """
    ordered = [right for _, right in sorted(answers, key=lambda a: -a[0])]
    cuts = {share: ordered[: max(1, len(ordered) * share // 100)] for share in (50, 70, 90)}
    return {str(share): percent(sum(cut), len(cut)) for share, cut in cuts.items()}


def percent(part: int, whole: int) -> float | None:
    """Return a share in percent; None of nothing."""
    return round(100 * part / whole, 2) if whole else None
