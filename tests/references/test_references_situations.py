"""190 situations of many domains, written in four sets, each before the rules were tried on it and mended for it."""

import json
from pathlib import Path

import pytest

from dossier.references.resolve import resolve
from evals.bench.data import read_rows
from evals.bench.references_score import Judged, judge, measures
from evals.reference_format import SituationRow, predicted, situation_of

SAMPLE = Path(__file__).resolve().parents[2] / "evals" / "samples" / "references.situations.jsonl"
ROWS = read_rows(SAMPLE, SituationRow)
BEYOND = {
    "second-021": "what was before what plays now",
    "second-040": "a starter is who starts",
    "second-047": "the winners are who won",
    "third-004": "his is his complaint",
    "third-008": "chairs arrive, the bookshelf has",
    "third-037": "a surgeon works in surgery",
    "fourth-023": "it is the one named last in the sentence",
}
"""What the rules don't understand, and what it would take."""


@pytest.fixture(scope="module")
def judged() -> list[Judged]:
    return [judge(row, predicted(resolve(situation_of(row)))) for row in ROWS]


@pytest.mark.req("RF-1", "RF-3", "RF-4", "RF-5")
def test_situations_are_read_as_a_colleague_would_but_for_those_listed(judged: list[Judged]) -> None:
    assert {j.row.id for j in judged if not j.right} == set(BEYOND)


@pytest.mark.req("RF-4")
def test_no_irreversible_act_is_aimed_at_the_wrong_thing(judged: list[Judged]) -> None:
    by_risk = measures(judged)["by_risk"]
    assert by_risk["irreversible"]["references"] >= 40
    assert (by_risk["irreversible"]["silent_wrong"], by_risk["write"]["silent_wrong"]) == (0.0, 0.0)


@pytest.mark.req("RF-1")
def test_nothing_is_found_where_nothing_refers(judged: list[Judged]) -> None:
    found = measures(judged)
    assert (found["without_reference"], found["over_trigger"]) == (23, 0.0)


@pytest.mark.req("RF-1")
def test_the_situations_cover_each_kind_of_reference_and_many_domains() -> None:
    kinds = {gold.kind for row in ROWS for gold in row.gold}
    wanted = {"ordinal", "set", "pronoun", "demonstrative", "other", "same", "repeat", "continue", "definite", "name"}
    assert kinds == wanted
    assert len({row.domain for row in ROWS}) >= 12
    assert len({json.dumps([t.text for t in row.turns]) for row in ROWS}) >= 90
