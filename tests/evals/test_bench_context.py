"""The benchmark of context on a small conversation of our own, and on files that are none."""

import json

import pytest

from evals.__main__ import main

LINES = ["The lamp is by the door.", "Fine.", "The key hangs under the stairs.", "Good.", "Lunch is at noon.", "Yes."]
TURNS = [
    {"conv": "c", "seq": n, "id": f"D1:{n}", "session": 1, "date": "2026-01-05", "speaker": "AB"[n % 2]}
    | {"text": text, "caption": None, "render": f"{'AB'[n % 2]}: {text}", "tok": 10}
    for n, text in enumerate(LINES)
]
QUESTIONS = [
    {"qid": "q1", "conv": "c", "category": 4, "question": "Where is the key?", "evidence": ["D1:2"]},
    {"qid": "q2", "conv": "c", "category": 1, "question": "Where are lamp and key?", "evidence": ["D1:0", "D1:2"]},
    {"qid": "q3", "conv": "c", "category": 5, "question": "Who ate the moon?", "evidence": ["D1:5"]},
]


def written(folder, name, rows):
    path = folder / name
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def bench(folder, *more, turns=TURNS, questions=QUESTIONS):
    files = written(folder, "t.jsonl", turns), written(folder, "q.jsonl", questions)
    out = folder / "out.json"
    code = main(["bench", "context", "--turns", str(files[0]), "--qa", str(files[1]), "--json", str(out), *more])
    return code, json.loads(out.read_text("utf-8")) if out.exists() else None


@pytest.mark.req("CX-14", "EL-4")
def test_all_strategies_are_compared_in_one_run_and_scores_follow_from_the_predictions(tmp_path):
    code, report = bench(tmp_path, "--budgets", "10,20")
    assert code == 0
    rows = {(row["strategy"], row["budget"]): (row["recall"], row["all"], row["n"]) for row in report["rows"]}
    assert {name for name, _ in rows} == {"last-n", "tail", "summary-tail", "entity-memory", "retrieval", "dossier"}
    assert (rows["dossier", 10], rows["dossier", 20]) == ((75.0, 50.0, 2), (100.0, 100.0, 2))
    assert (rows["tail", 10], rows["tail", 20]) == ((0.0, 0.0, 2), (0.0, 0.0, 2))
    evidence = {row["qid"]: set(row["evidence"]) for row in QUESTIONS}
    for (strategy, budget), (recall, _, n) in rows.items():
        own = [p for p in report["predictions"] if (p["strategy"], p["budget"]) == (strategy, budget)]
        found = [len(evidence[p["qid"]] & set(p["included"])) / len(evidence[p["qid"]]) for p in own]
        assert (round(100 * sum(found) / len(found), 2), len(own)) == (recall, n)
        assert all(p["tokens"] <= budget for p in own)
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.req("GR-2")
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"turns": []}, "holds no rows"),
        ({"turns": [{"conv": "c"}]}, "line 1: id"),
        ({"turns": [TURNS[0], TURNS[0]]}, "twice"),
        ({"questions": [{**QUESTIONS[0], "conv": "other"}]}, "asks about 'other'"),
        ({"questions": [QUESTIONS[2]]}, "asks nothing"),
    ],
)
def test_a_malformed_or_empty_file_is_refused_with_what_is_wrong(tmp_path, capsys, change, says):
    assert bench(tmp_path, **change) == (2, None)
    assert says in capsys.readouterr().err


@pytest.mark.req("GR-2")
def test_budgets_that_are_no_numbers_are_refused(tmp_path, capsys):
    assert bench(tmp_path, "--budgets", "1k,2k") == (2, None)
    assert "no list of token counts" in capsys.readouterr().err
