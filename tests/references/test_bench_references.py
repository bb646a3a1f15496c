"""`python -m evals bench references`: both formats, the JSON's fields, and what it says of files it can't read."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.__main__ import main
from evals.bench.references_score import coverage, judge, measures
from evals.reference_format import GoldRow, PredictedPhrase, SituationRow

SAMPLES = Path(__file__).resolve().parents[2] / "evals" / "samples"


def measured(data: Path, out: Path) -> dict[str, Any]:
    assert main(["bench", "references", "--data", str(data), "--json", str(out)]) == 0
    return json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.req("EL-4", "RF-5")
def test_mentions_are_ranked_and_each_choice_is_told(tmp_path: Path) -> None:
    report = measured(SAMPLES / "references.mentions.jsonl", tmp_path / "out.json")
    assert (report["format"], report["n"], report["right"], report["silent_wrong"]) == ("mentions", 4, 100.0, 0.0)
    assert {name: of["n"] for name, of in report["by_type"].items()} == {
        "definite_np": 1,
        "it_that_them": 1,
        "person_pronoun": 1,
        "repeat_name": 1,
    }
    assert set(report["coverage"]) == {"50", "70", "90"}
    assert [p["text"] for p in report["predictions"]] == ["Martha", "the roses", "the lemon tree", "Green Corner"]
    assert report["ms_p50"] > 0 and report["ms_p50_200"] > 0


@pytest.mark.req("EL-4", "RF-4")
def test_situations_are_resolved_or_asked_and_each_phrase_is_told(tmp_path: Path) -> None:
    report = measured(SAMPLES / "references.situations.jsonl", tmp_path / "out.json")
    assert report["format"] == "situations"
    assert report["n"] == len(report["predictions"]) == 439
    assert set(report["by_risk"]) == {"read", "write", "irreversible"}
    assert report["predictions"][1] == {
        "id": "fresh-002",
        "pred": [
            {
                "phrase": "the report",
                "start": 16,
                "answer": "resolve",
                "ids": ["IR-12"],
                "action": None,
                "confidence": 0.9,
            }
        ],
    }


@pytest.mark.req("EL-4")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no rows"),
        ("\n\n", "holds no rows"),
        ("{", "line 1 is no JSON"),
        ('{"id": "x"}', "line 1: "),
        ('{"id": "x", "mention": 3}', "line 1: "),
        ("[1]", "line 1: "),
    ],
)
def test_a_file_that_is_empty_or_malformed_is_refused_with_the_line(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text(text, encoding="utf-8")
    assert main(["bench", "references", "--data", str(data)]) == 2
    assert told in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "references", "--data", str(tmp_path / "no.jsonl")]) == 2
    assert "no.jsonl can't be read" in capsys.readouterr().err


def row(answer: Any, ids: list[str], action: str | None = None) -> SituationRow:
    return SituationRow("x", (), (), "Undo it and that.", "write", (GoldRow("it", "pronoun", answer, ids, action),))


def said(phrase: str, answer: str, *ids: str, action: str | None = None) -> PredictedPhrase:
    at = "Undo it and that.".index(phrase)
    return {"phrase": phrase, "start": at, "answer": answer, "ids": list(ids), "action": action, "confidence": 0.9}


@pytest.mark.req("EL-4")
@pytest.mark.parametrize(
    ("gold", "found", "outcome", "spurious"),
    [
        (row("resolve", ["A"]), [said("it", "resolve", "A")], "right", 0),
        (row("resolve", ["A"]), [said("Undo it", "resolve", "A")], "right", 0),
        (row("resolve", ["A"]), [said("it", "resolve", "A"), said("Undo it", "ask", "B")], "right", 0),
        (row("resolve", ["A"]), [said("it", "resolve", "A"), said("that", "ask")], "right", 1),
        (row("resolve", ["A"]), [said("it", "resolve", "A", "B")], "silent_wrong", 0),
        (row("resolve", ["A"]), [said("it", "ask", "A")], "wrong_ask", 0),
        (row("resolve", ["A"]), [], "missed", 0),
        (row("resolve", ["A"], "undo"), [said("it", "resolve", "A")], "no_action", 0),
        (row("resolve", ["A"], "undo"), [said("it", "resolve", "A", action="redo")], "silent_wrong", 0),
        (row("resolve", [], "undo"), [said("it", "resolve", "C", action="undo")], "right", 0),
        (row("ask", ["A", "B"]), [said("it", "resolve", "A")], "silent_wrong", 0),
        (row("ask", ["A", "B"]), [said("it", "ask")], "right", 0),
    ],
)
def test_each_outcome_is_judged_by_its_definition(
    gold: SituationRow, found: list[PredictedPhrase], outcome: str, spurious: int
) -> None:
    judged = judge(gold, found)
    assert (judged.outcomes, judged.spurious) == ((outcome,), spurious)
    assert judged.right == (outcome == "right" and not spurious)


def test_shares_of_nothing_are_left_open() -> None:
    nothing = SituationRow("x", (), (), "Hello.", "read", ())
    found = measures([judge(nothing, [])])
    assert (found["right"], found["silent_wrong"], found["over_trigger"]) == (100.0, None, 0.0)
    assert coverage([]) == {"50": None, "70": None, "90": None}
    assert coverage([(0.9, True), (0.1, False)]) == {"50": 100.0, "70": 100.0, "90": 100.0}
