"""What references are without reading their words: the newest thing, or the newest that has the same head word."""

from collections.abc import Mapping, Sequence
from typing import Any

from evals.bench.references_score import Judged, judge, measures, percent
from evals.reference_format import EarlierRow, MentionRow, PredictedPhrase, SituationRow

NEWEST, HEAD = "most recent", "same head word, else most recent"
_MEASURES = ("right", "wrong_ask", "silent_wrong")


def mention_peers(rows: Sequence[MentionRow]) -> dict[str, dict[str, Any]]:
    """Return the share that each peer has right, in percent."""
    newest = [_is_right(row, _newest(row.candidates)) for row in rows]
    head = [_is_right(row, _same_head(row) or _newest(row.candidates)) for row in rows]
    return {NEWEST: {"right": percent(sum(newest), len(rows))}, HEAD: {"right": percent(sum(head), len(rows))}}


def situation_peers(rows: Sequence[SituationRow], found: Sequence[Sequence[PredictedPhrase]]) -> dict[str, Any]:
    """Return the measures of taking the newest thing for each phrase that ours found, and never asking."""
    judged = [_judged(row, phrases) for row, phrases in zip(rows, found, strict=True)]
    told: Mapping[str, Any] = measures(judged)
    return {f"{NEWEST}, never asks": {name: told[name] for name in _MEASURES}}


def _judged(row: SituationRow, phrases: Sequence[PredictedPhrase]) -> Judged:
    newest = max(row.candidates, key=lambda candidate: candidate.last_turn, default=None)
    ids = [newest.id] if newest else []
    answers: list[PredictedPhrase] = [{**phrase, "answer": "resolve", "ids": ids} for phrase in phrases]
    return judge(row, answers)


def _newest(candidates: Sequence[EarlierRow]) -> EarlierRow | None:
    return max(candidates, key=lambda one: (one.turn, one.start), default=None)


def _same_head(row: MentionRow) -> EarlierRow | None:
    head = _head(row.mention.text)
    return _newest([one for one in row.candidates if _head(one.text) == head])


def _head(text: str) -> str:
    return text.lower().split()[-1] if text.split() else ""


def _is_right(row: MentionRow, taken: EarlierRow | None) -> bool:
    return taken is not None and taken.cluster == row.gold_cluster
