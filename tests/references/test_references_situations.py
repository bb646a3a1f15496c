"""439 situations of many domains, written in eight sets, each before the rules were tried on it and mended for it."""

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
    "second-047": "the winners are who won",
    "third-008": "chairs arrive, the bookshelf has",
    "third-037": "a surgeon works in surgery",
    "fourth-023": "it is the one named last in the sentence",
    "fifth-023": "an owner whom nobody has named",
    "fifth-109": "the same is who did it before, not who is free",
    "fifth-114": "listeria contaminates",
    "sixth-010": "the harbour strike is no harbour",
    "sixth-027": "what was asked for is what the answer names first",
    "sixth-031": "what is due today",
    "sixth-033": "Izmir is Turkish",
    "eighth-004": "their keys are the museums'",
    "eighth-013": "who bids is a bidder",
    "eighth-034": "two persons, named in two sentences, can work together",
    "eighth-039": "what was ordered is cancelled by undoing the order",
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
    assert by_risk["irreversible"]["references"] >= 100
    assert (by_risk["irreversible"]["silent_wrong"], by_risk["write"]["silent_wrong"]) == (0.0, 0.0)


@pytest.mark.req("RF-1")
def test_nothing_is_found_where_nothing_refers(judged: list[Judged]) -> None:
    found = measures(judged)
    assert found["without_reference"] == 64
    assert {j.row.id for j in judged if not j.row.gold and not j.right} == {"sixth-010", "eighth-004"}


@pytest.mark.req("RF-1")
def test_the_situations_cover_each_kind_of_reference_and_many_domains() -> None:
    kinds = {gold.kind for row in ROWS for gold in row.gold}
    wanted = {"ordinal", "set", "pronoun", "demonstrative", "other", "same", "repeat", "continue", "definite", "name"}
    assert kinds == wanted
    assert len({row.domain for row in ROWS}) >= 12
    assert len({json.dumps([t.text for t in row.turns]) for row in ROWS}) >= 90
