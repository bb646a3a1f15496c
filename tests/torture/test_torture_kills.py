"""Processes, and PostgreSQL itself, killed with SIGKILL in mid-turn: nothing is lost and nothing is doubled."""

from pathlib import Path

import pytest

from dossier.adapters.embedded_postgres import start
from evals.__main__ import main
from evals.torture.kills import POSTGRES_KILLS, kill_postgres, measure
from evals.torture.plan import EACH, Plan
from evals.torture.scenarios import SCENARIOS
from evals.torture.slots import slots

WRITE_POINTS = {
    "approval.decide",
    "approval.waits",
    "checkpoint.put",
    "checkpoint.writes",
    "effect.attempt",
    "effect.attempt_again",
    "effect.intent",
    "effect.outcome",
    "effect.transaction",
    "lease.release",
    "lease.renew",
    "lease.take",
    "sink.post",
    "sink.ring",
    "step.abandon",
    "step.admit",
    "step.ask_clarification",
    "step.ask_outcomes",
    "step.build_context",
    "step.call_model",
    "step.model_failure",
    "step.resolve_references",
    "step.review_tools",
    "step.run_tools",
    "step.settle_pending",
    "step.summarise",
    "step.update_state",
    "step.guard_tools",
    "step.verdicts",
    "step.verify",
    "tenant",
    "thread.claim",
}


@pytest.mark.timeout(300)
@pytest.mark.req("PE-2", "EV-2", "EV-4", "AP-4")
def test_a_process_may_die_before_and_after_every_write_and_nothing_is_lost_or_doubled(cluster):
    report = measure(cluster)
    assert report["problems"] == []
    assert {point.rsplit(":", 1)[0] for point in report["write_points"]} == WRITE_POINTS
    assert {point for point, hits in report["write_points"].items() if hits < EACH} == set()
    assert [row["case"] for row in report["rows"]] == [f"killed: {scenario.name}" for scenario in SCENARIOS]
    assert [row["wrong"] for row in report["rows"]] == [0] * len(SCENARIOS)


@pytest.mark.req("PE-2", "EV-4", "AP-4")
def test_postgresql_may_die_in_the_midst_of_a_turn(tmp_path: Path):
    server = start(tmp_path / "data")
    try:
        report = kill_postgres(server.url(), server.data_dir)
    finally:
        server.close()
    assert report["problems"] == []
    assert report["rows"][0]["runs"] == len(POSTGRES_KILLS) >= 5


@pytest.mark.req("PE-2")
def test_what_a_kill_run_is_compared_with_really_happened(cluster):
    """A scenario that did nothing would pass every comparison."""
    with slots(cluster, 1) as [place]:
        records = {s.name: place.run(s.name, len(s.steps), []) for s in SCENARIOS}
    assert {name: list(record.said.values()) for name, record in records.items()} == {
        "plain answers": ["Anything.", "Anything."],
        "read tool": ["Reported: get_case."],
        "note": ["Reported: add_note."],
        "clarification": ["Looked at.", records["clarification"].said[1], "Quoted."],
        "approved change": ["waits for approval", "Reported: change_status."],
        "denied change": ["waits for approval", "Reported: change_status."],
        "approved notice": ["waits for approval", "Reported: notify_licensee."],
        "edited notice": ["waits for approval", "Reported: notify_licensee."],
        "bell that can be asked": ["Reported: ring_and_ask."],
        "bell that can't be asked": ["Reported: ring."],
        "summaries": ["Anything.", "Anything."],
        "superseded approval": ["waits for approval", "Very well."],
        "turn that fails for good": ["model_context_too_long", "You are welcome."],
        "slow model": ["Slowly said."],
    }
    assert "1." in records["clarification"].said[1]
    outside = {name: (len(r.outside["done"]), r.outside["rings"]) for name, r in records.items()}
    assert {name: did for name, did in outside.items() if did != (0, 0)} == {
        "approved notice": (1, 0),
        "edited notice": (1, 0),
        "bell that can be asked": (0, 1),
        "bell that can't be asked": (0, 1),
    }
    effects = {name: r.lives[-1].outcome["effects"] for name, r in records.items() if r.lives[-1].outcome}
    assert {name for name, count in effects.items() if count["changes"]} == {"approved change"}
    assert {name for name, count in effects.items() if count["notes"]} == {"note"}


@pytest.mark.req("PE-2")
def test_kills_are_planned_until_every_point_has_its_share_and_points_that_a_kill_brings_out_too():
    plan = Plan({"one": ["a:before", "a:after", "b:before"], "two": ["a:before", "a:before"]}, each=3, faults=0)
    while (planned := plan.next()) is not None:
        lives = [[point] for point, _ in planned.kills]
        plan.note(planned, [*lives, ["c:before"]], [point for point, _ in planned.kills])
    assert plan.points == {"a:before", "a:after", "b:before", "c:before"}
    assert all(plan.hits[point] >= 3 for point in plan.points)


def test_the_command_line_names_what_it_can_do(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "torture" in capsys.readouterr().out
