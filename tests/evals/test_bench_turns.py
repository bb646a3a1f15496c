"""The benchmark of turns, on a short thread: its report can be recomputed from its rows."""

import json
from statistics import median

import pytest

from evals.bench.turns import run, spans
from evals.bench.turns_talk import said

RUNTIMES = ["dossier", "langgraph (async)", "langgraph (sync)"]


def of(rows, runtime, turns):
    return [row for row in rows if row["runtime"] == runtime and turns[0] <= row["turn"] <= turns[1]]


@pytest.mark.req("PE-3")
def test_early_and_late_turns_of_a_thread_of_1050_are_those_that_are_promised():
    assert spans(1050) == (range(51, 151), range(951, 1051))


@pytest.mark.req("PE-3")
def test_no_two_turns_of_the_conversation_say_the_same():
    turns = [said(turn) for turn in range(1, 1051)]
    assert len({turn.text for turn in turns}) == len({turn.reply for turn in turns}) == 1050
    assert sum(turn.looks_up for turn in turns) == 105


@pytest.mark.req("PE-3")
def test_every_runtime_answers_every_turn_and_its_growth_follows_from_the_rows(tmp_path):
    assert run(30, tmp_path / "turns.json") == 0
    report = json.loads((tmp_path / "turns.json").read_text("utf-8"))
    rows = report["rows"]
    assert [(row["runtime"], row["turn"]) for row in rows] == [(n, t) for t in range(1, 31) for n in RUNTIMES]
    assert report["unanswered"] == dict.fromkeys(RUNTIMES, 0)
    assert all(row["ms_p50"] > 0 and row["bytes"] > 0 for row in rows)
    for name in RUNTIMES:
        early, late = of(rows, name, report["early"]), of(rows, name, report["late"])
        assert report["growth"][name] == {
            "ms": round(median(r["ms_p50"] for r in late) / median(r["ms_p50"] for r in early), 3),
            "bytes": round(sum(r["bytes"] for r in late) / sum(r["bytes"] for r in early), 3),
        }
    assert (report["ratio_ms"], report["ratio_bytes"]) == tuple(report["growth"]["dossier"].values())
