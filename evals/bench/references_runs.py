"""The two kinds of runs: mentions ranked, situations resolved; both by the functions that a turn uses."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any, TypeVar

from dossier.references.candidates import Candidate, Situation
from dossier.references.mentions import Mention
from dossier.references.ranking import rank
from dossier.references.resolve import resolve
from evals.bench.references_peers import mention_peers, situation_peers
from evals.bench.references_score import Judged, coverage, judge, measures, percent
from evals.reference_format import MentionRow, SituationRow, mentions_of, predicted, situation_of

MANY = 200
"""Candidates of RF-5's bound on time."""
_TIMED = 60
Tick = Callable[[], None]
Answer = TypeVar("Answer")


def run_mentions(rows: Sequence[MentionRow], tick: Tick) -> dict[str, Any]:
    """Rank the earlier mentions of each row; the first one is the answer."""
    answers: list[tuple[MentionRow, int | None, float]] = []
    times: list[float] = []
    for row in rows:
        mention, earlier = mentions_of(row)
        best, ms = _timed(lambda m=mention, e=earlier: rank(m, e))
        times.append(ms)
        answers.append((row, best[0].at, best[0].confidence) if best else (row, None, 0.0))
        tick()
    rights = [_is_right(row, at) for row, at, _ in answers]
    right = percent(sum(rights), len(rows))
    judged = list(zip((sure for _, _, sure in answers), rights, strict=True))
    return {
        "format": "mentions",
        "n": len(rows),
        "right": right,
        "wrong_ask": 0.0,
        "silent_wrong": None if right is None else round(100 - right, 2),
        "by_type": _shares((row.type, ok) for (row, _, _), ok in zip(answers, rights, strict=True)),
        "by_domain": _shares((row.domain, ok) for (row, _, _), ok in zip(answers, rights, strict=True)),
        "by_risk": {},
        "coverage": coverage(judged),
        "calibration": calibration(judged),
        "peers": mention_peers(rows),
        "ms_p50": round(median(times), 3),
        "ms_p50_200": _ms_of_many_mentions(rows),
        "predictions": [
            {
                "id": row.id,
                "chosen": at,
                "text": None if at is None else row.candidates[at].text,
                "confidence": round(sure, 4),
            }
            for row, at, sure in answers
        ],
    }


def run_situations(rows: Sequence[SituationRow], tick: Tick) -> dict[str, Any]:
    """Find the references of each utterance, and resolve them or ask."""
    judged: list[Judged] = []
    predictions: list[dict[str, Any]] = []
    times: list[float] = []
    for row in rows:
        situation = situation_of(row)
        resolution, ms = _timed(lambda s=situation: resolve(s))
        times.append(ms)
        found = predicted(resolution)
        judged.append(judge(row, found))
        predictions.append({"id": row.id, "pred": found})
        tick()
    answers = [
        (sure, outcome == "right")
        for j in judged
        for sure, outcome in zip(j.confidences, j.outcomes, strict=True)
        if sure is not None
    ]
    return {
        "format": "situations",
        "n": len(rows),
        **measures(judged),
        "coverage": coverage(answers),
        "calibration": calibration(answers),
        "peers": situation_peers(rows, [one["pred"] for one in predictions]),
        "ms_p50": round(median(times), 3),
        "ms_p50_200": _ms_of_many_candidates(rows),
        "predictions": predictions,
    }


def calibration(answers: Sequence[tuple[float, bool]]) -> list[dict[str, Any]]:
    """Return for each tenth of confidence how many answers it has, how sure they are and how many are right."""
    tenths: dict[int, list[tuple[float, bool]]] = {}
    for sure, right in answers:
        tenths.setdefault(min(int(sure * 10), 9), []).append((sure, right))
    return [
        {
            "from": tenth / 10,
            "n": len(of),
            "confidence": round(100 * sum(s for s, _ in of) / len(of), 1),
            "right": percent(sum(r for _, r in of), len(of)),
        }
        for tenth, of in sorted(tenths.items())
    ]


def _is_right(row: MentionRow, at: int | None) -> bool:
    return at is not None and row.candidates[at].cluster == row.gold_cluster


def _shares(rows: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, list[bool]] = {}
    for key, ok in sorted(rows):
        found.setdefault(key, []).append(ok)
    return {key: {"n": len(of), "right": percent(sum(of), len(of))} for key, of in found.items()}


def _timed(work: Callable[[], Answer]) -> tuple[Answer, float]:
    began = time.perf_counter()
    answer = work()
    return answer, (time.perf_counter() - began) * 1000


def _ms_of_many_mentions(rows: Sequence[MentionRow]) -> float:
    """Time rankings of as many earlier mentions as the bound names, the file's own put together."""
    pool = [mention for row in rows[:MANY] for mention in mentions_of(row)[1]] or [Mention(0, "user", "it")]
    many = [pool[n % len(pool)] for n in range(MANY)]
    return _median(lambda row: rank(mentions_of(row)[0], [replace(m, turn=0) for m in many]), rows)


def _ms_of_many_candidates(rows: Sequence[SituationRow]) -> float:
    """Time resolutions with as many candidates as the bound names, those of other situations added."""
    pool = [c for row in rows for c in situation_of(row).candidates] or [Candidate("x", "thing", "Thing")]
    many = [replace(pool[n % len(pool)], id=f"more-{n}", first_turn=0, last_turn=0) for n in range(MANY)]

    def crowded(row: SituationRow) -> Situation:
        situation = situation_of(row)
        return replace(situation, candidates=(*situation.candidates, *many)[:MANY])

    situations = [crowded(row) for row in rows[:_TIMED]]
    return _median(resolve, situations)


def _median(work: Callable[[Any], object], over: Sequence[Any]) -> float:
    return round(median(_timed(lambda x=x: work(x))[1] for x in over[:_TIMED]), 3)
