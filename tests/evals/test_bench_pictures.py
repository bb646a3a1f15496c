"""What a report's numbers look like: the same lines on the page, in the PNG and among the figures."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evals.bench.data import DataInvalid
from evals.bench.pictures import Picture, picture_of
from evals.bench.show import Axes
from evals.bench.svg import svg
from evals.measuring import jobs
from evals.play.benches import benches_in

BUDGETS = [
    {"strategy": "dossier", "budget": 2000, "recall": 80.0},
    {"strategy": "dossier", "budget": 1000, "recall": 60.0},
    {"strategy": "tail", "budget": 1000, "recall": 3.0},
]
TURNS = [{"runtime": "dossier", "turn": turn, "ms_p50": float(turn)} for turn in range(1, 51)]
CALLS = [{"runtime": "dossier", "call": 1, "tokens": 100, "served": 0}]


@pytest.mark.req("EL-4")
@pytest.mark.parametrize(
    ("report", "lines"),
    [
        ({"rows": BUDGETS}, {"dossier": [(1000, 60.0), (2000, 80.0)], "tail": [(1000, 3.0)]}),
        ({"rows": TURNS}, {"dossier": [(12.5, 13.0), (37.5, 38.0)]}),
        ({"rows": CALLS}, {"dossier": [(1, 100)]}),
        ({"coverage": {"50": 95.0, "70": None, "90": 80.0}}, {"dossier": [(50.0, 95.0), (90.0, 80.0)]}),
    ],
)
def test_a_report_is_drawn_by_its_shape(report, lines):
    picture = picture_of(report)
    assert picture is not None
    assert picture.lines == lines


@pytest.mark.req("EL-4")
def test_what_has_no_known_shape_is_not_drawn():
    assert (picture_of({"rows": []}), picture_of({"exact": 3})) == (None, None)


@pytest.mark.req("EL-4")
@pytest.mark.parametrize("logarithmic", [True, False])
def test_a_picture_is_one_svg_whose_points_stay_within_it(logarithmic):
    lines = {"a <b>": [(1000, 0.0), (8000, 100.0)], "c": [(1000, 50.0)]}
    drawn = ElementTree.fromstring(svg(Picture("Title", Axes("x & y", "%", logarithmic), lines)))
    _, _, width, height = map(float, drawn.attrib["viewBox"].split())
    points = [point.split(",") for line in drawn.iter("polyline") for point in line.attrib["points"].split()]
    assert drawn.attrib["aria-label"] == "Title: a <b>, c"
    assert len(points) == 3
    assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in points)


@pytest.mark.req("EL-1", "EL-4")
def test_the_report_page_takes_the_benchmarks_that_lie_beside_it_and_no_other_file(tmp_path):
    run = {"command": "python -m evals bench context", "data": [{"name": "f.jsonl"}], "at": "2026-11-21T12:00:00+00:00"}
    (tmp_path / "context.json").write_text(json.dumps({"rows": BUDGETS, "run": run}), encoding="utf-8")
    (tmp_path / "report.json").write_text(json.dumps({"scenarios": [], "run": run}), encoding="utf-8")
    (tmp_path / "notes.json").write_text('["mine"]', encoding="utf-8")
    (shown,) = benches_in(tmp_path)
    assert (shown.title, shown.data, shown.at, len(shown.rows)) == (
        "Evidence in the package",
        "f.jsonl",
        "2026-11-21",
        3,
    )


@pytest.mark.req("EL-4")
def test_which_benchmark_a_file_is_for_is_told_by_its_first_row(tmp_path):
    rows = {
        "long.turns.jsonl": {"conv": "c", "id": "t", "seq": 1, "render": "a", "tok": 1},
        "long.qa.jsonl": {"qid": "q", "conv": "c", "evidence": []},
        "a.jsonl": {"id": "r", "messages": []},
        "b.jsonl": {"proposals": [], "executed": {}, "approved": True},
        "c.jsonl": {"dialog": "d", "services": [], "turns": []},
        "d.jsonl": {"mention": {}, "gold_cluster": 1},
        "e.jsonl": {"something": "else"},
    }
    for name, row in rows.items():
        (tmp_path / name).write_text(json.dumps(row) + "\n", encoding="utf-8")
    read = {
        job.name: [Path(word).name for word in job.arguments if word.startswith(str(tmp_path))]
        for job in jobs(tmp_path)
    }
    assert {name: files for name, files in read.items() if files} == {
        "references-d": ["d.jsonl"],
        "tools-a": ["a.jsonl"],
        "updates": ["c.jsonl"],
        "context-long.turns": ["long.turns.jsonl", "long.qa.jsonl"],
        "approvals-b": ["b.jsonl"],
    }


@pytest.mark.req("EL-4")
def test_a_folder_without_anything_to_measure_is_refused(tmp_path):
    with pytest.raises(DataInvalid, match="holds no file that a benchmark reads"):
        jobs(tmp_path)
