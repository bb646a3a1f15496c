"""What runs with kills lost, doubled or said otherwise than undisturbed ones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from evals.torture.plan import Plan
from evals.torture.scenarios import SCENARIOS, Scenario
from evals.torture.slots import Record


def report_of(records: Sequence[Record], undisturbed: Mapping[str, Record], plan: Plan) -> dict[str, Any]:
    """Return the report of runs: rows by scenario, hits by write point, problems."""
    runs: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    problems: list[str] = []
    for record in records:
        found = wrong_with(record, undisturbed[record.scenario])
        runs[record.scenario] += 1
        wrong[record.scenario] += bool(found)
        problems += [f"{record.scenario}, killed at {record.kills}: {text}" for text in found]
    rows = [
        {"case": f"killed: {name}", "runs": runs[name], "wrong": wrong[name], "plain_langgraph_wrong": None}
        for name in undisturbed
    ]
    return {"rows": rows, "write_points": {p: plan.hits[p] for p in sorted(plan.points)}, "problems": problems}


def wrong_with(record: Record, clean: Record) -> list[str]:
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
