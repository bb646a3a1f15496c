"""The kill runs as a whole: undisturbed ones first, then kills until every write point has had its share."""

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from dossier.adapters.embedded_postgres import start
from evals.torture.plan import Plan
from evals.torture.races_run import race
from evals.torture.scenarios import SCENARIOS, Scenario
from evals.torture.slots import Record, Slot, slots

EACH = 3
WORKERS = 6
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


def torture(faults: int = 0, json_out: Path | None = None) -> int:
    """Make the kill runs on a PostgreSQL of their own; return 0 when nothing was lost or doubled.

    Args:
        faults: Kills at least; every write point gets three on each side anyhow.
        json_out: File for the report.
    """
    out = Console()
    with tempfile.TemporaryDirectory(prefix="dossier-torture-") as folder:
        server = start(Path(folder) / "data")
        try:
            report = measure(server.url(), faults=faults, tell=out.print)
            postgres = kill_postgres(server.url(), server.data_dir)
            raced = race(server.url(), tell=out.print)
        finally:
            server.close()
    report["rows"].append(postgres["row"])
    report["rows"] += raced["rows"]
    report["problems"] += [*postgres["problems"], *raced["problems"]]
    report["plain_langgraph_options"] = raced["plain_langgraph_options"]
    if json_out is not None:
        json_out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    show(out, report)
    return 1 if report["problems"] or min(report["write_points"].values()) < EACH else 0


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
    return _report([*undisturbed.values(), *killed], undisturbed, plan)


def kill_postgres(admin: str, data_dir: Path) -> dict[str, Any]:
    """Kill the server itself, once in each of some turns, and return the row of the report."""
    with slots(admin, 1, data_dir=str(data_dir)) as [place]:
        found, restarts = [], 0
        for name, point in POSTGRES_KILLS:
            scenario = next(one for one in SCENARIOS if one.name == name)
            clean = place.run(name, len(scenario.steps), [])
            record = place.run(name, len(scenario.steps), [(point, 1)])
            restarts += sum(life.restarts for life in record.lives)
            found.append(_wrong(record, clean))
    wrong = sum(1 for one in found if one)
    row = {"case": POSTGRES, "runs": restarts, "wrong": wrong, "plain_langgraph_wrong": None}
    return {"row": row, "problems": [f"{POSTGRES}: {text}" for one in found for text in one]}


def show(out: Console, report: Mapping[str, Any]) -> None:
    """Print the report."""
    points = Table("write point", "before", "after", title="Processes killed")
    names = sorted({point.rsplit(":", 1)[0] for point in report["write_points"]})
    for name in names:
        points.add_row(name, *(str(report["write_points"].get(f"{name}:{side}", "")) for side in ("before", "after")))
    out.print(points)
    options = report.get("plain_langgraph_options", "with options")
    rows = Table("case", "runs", "wrong", "plain LangGraph wrong", f"the same with {options}")
    for row in report["rows"]:
        wrong = [row.get(name) for name in ("wrong", "plain_langgraph_wrong", "plain_langgraph_with_options_wrong")]
        rows.add_row(row["case"], str(row["runs"]), *("-" if count is None else str(count) for count in wrong))
    out.print(rows)
    for problem in report["problems"]:
        out.print(problem, style="red", markup=False)


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


def _report(records: Sequence[Record], undisturbed: Mapping[str, Record], plan: Plan) -> dict[str, Any]:
    runs: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    problems: list[str] = []
    for record in records:
        found = _wrong(record, undisturbed[record.scenario])
        runs[record.scenario] += 1
        wrong[record.scenario] += bool(found)
        problems += [f"{record.scenario}, killed at {record.kills}: {text}" for text in found]
    rows = [
        {"case": f"killed: {name}", "runs": runs[name], "wrong": wrong[name], "plain_langgraph_wrong": None}
        for name in undisturbed
    ]
    return {"rows": rows, "write_points": {p: plan.hits[p] for p in sorted(plan.points)}, "problems": problems}


def _wrong(record: Record, clean: Record) -> list[str]:
    """Return what a run lost, doubled or said otherwise than the undisturbed one."""
    scenario = next(one for one in SCENARIOS if one.name == record.scenario)
    found = list(record.problems)
    ended, expected = record.lives[-1].outcome or {}, clean.lives[-1].outcome or {}
    if _events(ended, scenario) != _events(expected, scenario):
        found.append(f"the log is {_events(ended, scenario)}, not {_events(expected, scenario)}")
    effects, wanted = ended.get("effects"), expected.get("effects")
    if effects != wanted:
        found.append(f"the effects are {effects}, not {wanted}")
    if record.outside["done"] != clean.outside["done"]:
        found.append(f"outside was done {record.outside['done']}, not {clean.outside['done']}")
    rang = {"never": (0,), "once": (1,), "at most once": (0, 1)}[scenario.rings]
    if record.outside["rings"] not in rang:
        found.append(f"the bell rang {record.outside['rings']} times")
    if record.said != clean.said:
        found.append(f"the client was told {record.said}, not {clean.said}")
    return found


def _events(outcome: Mapping[str, Any], scenario: Scenario) -> list[tuple[str, str]]:
    events = [(kind, turn) for kind, turn in outcome.get("events", ()) if kind not in scenario.ignored]
    if not scenario.may_be_unknown:
        return events
    return [
        ("tool_call_ended" if kind in ("tool_call_completed", "tool_call_failed") else kind, turn)
        for kind, turn in events
    ]
