"""The kill runs: undisturbed ones first, then kills until every write point has had its share."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from evals.torture.plan import EACH, Plan
from evals.torture.scenarios import SCENARIOS, Scenario
from evals.torture.slots import Record, Slot, slots
from evals.torture.verdict import report_of, wrong_with

WORKERS = 8
"""Runs at a time: most of their time is spent waiting for a dead process' lease."""
POSTGRES_KILLS = (
    ("plain answers", "step.admit:after"),
    ("approved change", "effect.transaction:before"),
    ("approved notice", "sink.post:after"),
    ("note", "step.run_tools:before"),
    ("clarification", "checkpoint.put:after"),
    ("summaries", "step.summarise:before"),
)
POSTGRES = "PostgreSQL killed in mid-turn"


def measure(
    admin: str, *, faults: int = 0, workers: int = WORKERS, tell: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
    """Kill processes at every write point and return the report.

    Args:
        admin: URL of a role that may create databases.
        faults: Kills at least.
        workers: Runs at a time.
        tell: Gets a line now and then.
    """
    with slots(admin, workers) as places, ThreadPoolExecutor(workers) as pool:
        undisturbed = dict(zip([s.name for s in SCENARIOS], _spread(pool, places, SCENARIOS), strict=True))
        tell(f"{len(undisturbed)} scenarios were played undisturbed.")
        plan = Plan({name: record.lives[0].hits for name, record in undisturbed.items()}, each=EACH, faults=faults)
        killed = [record for made in pool.map(lambda place: list(_kills(plan, place)), places) for record in made]
    report = report_of([*undisturbed.values(), *killed], undisturbed, plan)
    tell(f"{sum(plan.hits.values())} processes were killed: {len(report['problems'])} problems.")
    return report


def kill_postgres(admin: str, data_dir: Path, *, tell: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """Kill the server itself, once in each of some turns, and return row and problems of the report."""
    with slots(admin, 1, data_dir=str(data_dir)) as [place]:
        found, restarts = [], 0
        for name, point in POSTGRES_KILLS:
            scenario = next(one for one in SCENARIOS if one.name == name)
            clean = place.run(name, len(scenario.steps), [])
            record = place.run(name, len(scenario.steps), [(point, 1)])
            restarts += sum(life.restarts for life in record.lives)
            found.append(wrong_with(record, clean))
    wrong = sum(1 for one in found if one)
    row = {"case": POSTGRES, "runs": restarts, "wrong": wrong, "plain_langgraph_wrong": None}
    tell(f"PostgreSQL was killed {restarts} times: {wrong} wrong.")
    return {"rows": [row], "problems": [f"{POSTGRES}: {text}" for one in found for text in one]}


def _spread(pool: ThreadPoolExecutor, places: Sequence[Slot], scenarios: Sequence[Scenario]) -> list[Record]:
    free = list(places)

    def one(scenario: Scenario) -> Record:
        place = free.pop()
        try:
            return place.run(scenario.name, len(scenario.steps), [])
        finally:
            free.append(place)

    return list(pool.map(one, scenarios))


def _kills(plan: Plan, place: Slot) -> Sequence[Record]:
    made = []
    while (planned := plan.next()) is not None:
        scenario = next(one for one in SCENARIOS if one.name == planned.scenario)
        record = place.run(planned.scenario, len(scenario.steps), planned.kills)
        plan.note(planned, [life.hits for life in record.lives], record.kills)
        made.append(record)
    return made
