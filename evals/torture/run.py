"""The torture run as a whole, at one of two doors: kills, PostgreSQL killed, races; and how it is shown."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from dossier.adapters.embedded_postgres import start
from evals.bench.record import write_report
from evals.torture import endpoint_kills, kills
from evals.torture.plan import EACH
from evals.torture.races_run import race

Door = Literal["graph", "endpoint", "dev"]
MOST: dict[Door, int] = {"graph": 1_000, "endpoint": 300, "dev": 100}
"""Trials of a race: at the servers each is several requests."""
DEV_SHARE = 0.1
"""Of each race's trials: a run of langgraph dev takes a second at least."""
Tell = Callable[[str], None]


def torture(faults: int = 0, json_out: Path | None = None, door: Door = "graph", trials: int | None = None) -> int:
    """Make the run on a PostgreSQL of its own; return 0 when nothing was lost, doubled or unapproved.

    Args:
        faults: Kills at least; every write point gets three on each side anyhow.
        json_out: File for the report.
        door: The graph in process, beside plain LangGraph; or processes of the endpoint; or langgraph dev, races alone.
        trials: Of one race at most; none: as the door says.
    """
    out = Console()
    began = time.monotonic()

    def tell(text: str) -> None:
        out.print(f"{time.monotonic() - began:4.0f} s  {text}", markup=False, highlight=False)

    report = {"graph": _in_process, "endpoint": _at_endpoint, "dev": _at_dev}[door](faults, trials or MOST[door], tell)
    report["seconds"] = round(time.monotonic() - began)
    write_report(json_out, report)
    show(out, report)
    return 1 if report["problems"] or min(report.get("write_points", {}).values(), default=EACH) < EACH else 0


def _in_process(faults: int, most: int, tell: Tell) -> dict[str, Any]:
    with _postgres() as (url, data_dir):
        report = kills.measure(url, faults=faults, tell=tell)
        return _joined(report, kills.kill_postgres(url, data_dir, tell=tell), race(url, most=most, tell=tell))


def _at_endpoint(faults: int, most: int, tell: Tell) -> dict[str, Any]:
    with _postgres() as (url, _):
        report = endpoint_kills.measure(url, faults=faults, tell=tell)
        return _joined(report, race(url, runtimes=("endpoint",), most=most, tell=tell))


def _at_dev(faults: int, most: int, tell: Tell) -> dict[str, Any]:
    with _postgres() as (url, _):
        return race(url, runtimes=("dev",), share=DEV_SHARE, most=most, tell=tell)


@contextmanager
def _postgres() -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(prefix="dossier-torture-") as folder:
        server = start(Path(folder) / "data")
        try:
            yield server.url(), server.data_dir
        finally:
            server.close()


def _joined(first: dict[str, Any], *more: Mapping[str, Any]) -> dict[str, Any]:
    report = dict(first)
    for one in more:
        rows, problems = [*report["rows"], *one["rows"]], [*report["problems"], *one["problems"]]
        report = {**report, **one, "rows": rows, "problems": problems}
    return report


def show(out: Console, report: Mapping[str, Any]) -> None:
    """Print the report."""
    if "write_points" in report:
        out.print(_points(report["write_points"]))
    options = report.get("plain_langgraph_options", "with options")
    rows = Table("case", "runs", "wrong", "plain LangGraph wrong", f"the same with {options}")
    for row in report["rows"]:
        wrong = [row.get(name) for name in ("wrong", "plain_langgraph_wrong", "plain_langgraph_with_options_wrong")]
        rows.add_row(row["case"], str(row["runs"]), *("-" if count is None else str(count) for count in wrong))
    out.print(rows)
    for problem in report["problems"]:
        out.print(problem, style="red", markup=False)


def _points(hits: Mapping[str, int]) -> Table:
    points = Table("write point", "before", "after", title="Processes killed")
    names = sorted({point.rsplit(":", 1)[0] for point in hits})
    for name in names:
        points.add_row(name, *(str(hits.get(f"{name}:{side}", "")) for side in ("before", "after")))
    return points
