"""The benchmark of turns, on a short thread: its report can be recomputed from its rows."""

import json
from statistics import median

import pytest

from evals.__main__ import main
from evals.bench.turns import run
from evals.bench.turns_report import Spans
from evals.bench.turns_runtimes import YOUNG
from evals.bench.turns_talk import said

RUNTIMES = ["dossier", "langgraph (async)", "langgraph (sync)"]


def ratio(of, rows, cost, late, early):
    one, other = (
        of(row[cost] for row in rows if row["runtime"] == runtime and turns[0] <= row["turn"] <= turns[1])
        for runtime, turns in (late, early)
    )
    return round(one / other, 3)


@pytest.mark.req("PE-3")
def test_early_and_late_turns_of_a_thread_of_1050_are_those_that_are_promised():
    assert Spans.of(1050) == (range(51, 151), range(951, 1051))


@pytest.mark.req("PE-3")
def test_no_two_turns_of_the_conversation_say_the_same():
    turns = [said(turn) for turn in range(1, 1051)]
    assert len({turn.text for turn in turns}) == len({turn.reply for turn in turns}) == 1050
    assert sum(turn.looks_up for turn in turns) == 105


@pytest.mark.req("PE-3")
def test_every_runtime_answers_every_turn_and_its_growth_follows_from_the_rows(tmp_path):
    assert run(30, tmp_path / "turns.json") == 0
    report = json.loads((tmp_path / "turns.json").read_text("utf-8"))
    rows, early, late = report["rows"], report["early"], report["late"]
    behind = late[0] - early[0]
    assert {name: [row["turn"] for row in rows if row["runtime"] == name] for name in (*RUNTIMES, YOUNG)} == {
        **{name: list(range(1, 31)) for name in RUNTIMES},
        YOUNG: list(range(1, 31 - behind)),
    }
    assert report["unanswered"] == dict.fromkeys((*RUNTIMES, YOUNG), 0)
    assert all(row["ms_p50"] > 0 and row["bytes"] > 0 for row in rows)
    for name in RUNTIMES:
        assert report["growth"][name] == {
            "ms": ratio(median, rows, "ms_p50", (name, late), (name, early)),
            "bytes": ratio(sum, rows, "bytes", (name, late), (name, early)),
        }
    assert report["ratio_ms"] == report["growth"]["dossier"]["ms"]
    assert report["ratio_bytes"] == report["growth"]["dossier"]["bytes"]
    assert report["ratio_ms_beside_young"] == ratio(median, rows, "ms_p50", ("dossier", late), (YOUNG, early))


@pytest.mark.req("PE-3")
def test_a_thread_too_short_to_compare_is_refused_and_writes_nothing(tmp_path):
    assert main(["bench", "turns", "--turns", "11", "--json", str(tmp_path / "turns.json")]) == 2
    assert list(tmp_path.iterdir()) == []
