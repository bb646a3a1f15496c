"""The benchmark of building measures the product's own builder on threads that it writes."""

import json
from pathlib import Path

import pytest

from evals.__main__ import main


@pytest.mark.req("EL-4")
def test_bench_building_tells_a_cold_and_a_usual_package_for_each_length(tmp_path: Path):
    out = tmp_path / "building.json"
    assert main(["bench", "building", "--turns", "12,40", "--rounds", "3", "--json", str(out)]) == 0
    report = json.loads(out.read_text())
    assert [row["turns"] for row in report["rows"]] == [12, 40]
    assert all(row["cpu_ms_p50"] > 0 and 0 < row["ms_p50"] <= row["ms_p95"] for row in report["rows"])
    # What can be recalled of 40 turns, each message and reply by itself, and more.
    assert [row["items"] >= 2 * row["turns"] for row in report["rows"]] == [True, True]
    assert report["ratio_ms"] == round(report["rows"][1]["ms_p50"] / report["rows"][0]["ms_p50"], 2)
