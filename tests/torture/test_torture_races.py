"""The races over real processes, each once or a few times; the command plays them in full, beside LangGraph."""

import pytest

from evals.torture.races import RACES
from evals.torture.races_run import race


@pytest.mark.timeout(400)
@pytest.mark.req("AP-3", "AP-4", "AP-5", "UP-5", "UP-7", "PE-2")
def test_nothing_is_lost_doubled_or_unapproved_in_any_race(cluster):
    played = [one for one in RACES if one.fits("ours") and not one.name.startswith("32 messages")]
    report = race(cluster, races=played, share=0.02, runtimes=("ours",))
    assert report["problems"] == []
    assert {row["case"]: row["wrong"] for row in report["rows"]} == {one.name: 0 for one in played}
    assert len(RACES) >= 15
    assert max(one.trials for one in RACES) == 1_000


@pytest.mark.req("AP-4")
def test_the_judge_of_a_race_sees_what_goes_wrong(cluster):
    """LangGraph alone lets both of two contrary decisions through, and takes a stale answer: the judge says so."""
    seen = [one for one in RACES if one.name.startswith(("contrary", "a late bare", "an answered"))]
    report = race(cluster, races=seen, share=0.01, runtimes=("plain",))
    assert [row["plain_langgraph_wrong"] for row in report["rows"]] == [row["runs"] for row in report["rows"]]
