"""The deployed endpoint: its processes killed in mid-turn, and the races over REST; the command does both in full."""

import asyncio

import pytest

from evals.torture.endpoint_kills import places
from evals.torture.races import RACES
from evals.torture.races_run import race
from evals.torture.scenarios import SCENARIOS
from evals.torture.slots import Record, databases, sink
from evals.torture.verdict import wrong_with

KILLS = {
    "approved notice": ["stream.begin:after", "step.call_model:after", "approval.decide:after", "sink.post:after"],
    "bell that can't be asked": ["step.admit:after", "sink.ring:after"],
    "summaries": ["step.build_context:before", "step.update_state:after", "stream.finish:before"],
}
"""By scenario: where one process after the other dies."""


@pytest.mark.timeout(300)
@pytest.mark.req("PE-2", "EV-4", "AP-4", "SV-2", "SV-3")
def test_a_process_of_the_endpoint_may_die_in_a_turn_and_its_clients_go_on_with_the_next(cluster):
    async def played(names: list[str], port: int) -> dict[str, tuple[Record, Record]]:
        made = {}
        async with places(names, port) as [place]:
            for name, points in KILLS.items():
                scenario = next(one for one in SCENARIOS if one.name == name)
                clean = await place.run(scenario, [])
                made[name] = clean, await place.run(scenario, [(point, 1) for point in points])
        return made

    with sink() as port, databases(cluster, 1) as names:
        made = asyncio.run(played(names, port))
    assert {name: wrong_with(killed, clean) for name, (clean, killed) in made.items()} == {name: [] for name in KILLS}
    assert {name: killed.kills for name, (_, killed) in made.items()} == KILLS
    assert [clean.kills for clean, _ in made.values()] == [[]] * len(KILLS)


@pytest.mark.timeout(400)
@pytest.mark.req("AP-2", "AP-3", "AP-4", "AP-5", "UP-7", "PE-2", "SV-2", "SV-3")
def test_nothing_is_lost_doubled_or_unapproved_in_any_race_at_two_replicas(cluster):
    played = [one for one in RACES if one.fits("endpoint") and not one.name.startswith("32 messages")]
    report = race(cluster, races=played, share=0.02, runtimes=("endpoint",))
    assert report["problems"] == []
    assert {row["case"]: row["wrong"] for row in report["rows"]} == {one.name: 0 for one in played}
    assert len(played) >= 15


@pytest.mark.timeout(400)
@pytest.mark.req("AP-2", "AP-3", "AP-4", "UP-7", "SV-1")
def test_nothing_is_lost_doubled_or_unapproved_in_any_race_in_langgraph_dev(cluster):
    played = [one for one in RACES if one.fits("dev") and not one.settings and not one.name.startswith("32 messages")]
    report = race(cluster, races=played, share=0.01, runtimes=("dev",))
    assert report["problems"] == []
    assert {row["case"]: row["wrong"] for row in report["rows"]} == {one.name: 0 for one in played}
    assert len(played) >= 14
