"""A conversation that grows: its packages do not, and what was said first still answers."""

import json
from itertools import pairwise

import pytest

from evals.__main__ import main
from evals.bench.growth import EARLY


@pytest.mark.req("CX-18", "EL-4")
@pytest.mark.timeout(240)
def test_packages_stay_within_their_budget_while_the_talk_outgrows_it_and_early_facts_are_answered(tmp_path):
    out = tmp_path / "growth.json"
    assert main(["bench", "growth", "--turns", "60", "--budget", "3000", "--json", str(out)]) == 0
    report = json.loads(out.read_text("utf-8"))
    rows = report["rows"]
    assert [row["turn"] for row in rows] == list(range(1, 61))
    assert report["most"] == max(row["tokens"] for row in rows) <= 3_000
    # What a plain chat would send has outgrown the budget in the second half, and goes on growing.
    assert all(earlier["talk"] < later["talk"] for earlier, later in pairwise(rows))
    assert report["talk"] == rows[-1]["talk"] > 3_000
    asked = {row["turn"]: row["answered"] for row in rows if row["answered"] is not None}
    assert asked == dict.fromkeys(range(15, 61, 5), True)
    assert (report["asked"], report["answered"]) == (len(EARLY), len(EARLY))
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.req("GR-2")
def test_a_conversation_too_short_to_grow_is_refused(capsys):
    assert main(["bench", "growth", "--turns", "12"]) == 2
    assert "Take 30 or more." in capsys.readouterr().err
