"""`python -m evals figures`: writes docs/figures.md from the JSON of runs, never by hand.

Each run's JSON says with what command, data, machine and date it was made; this puts its figures beside that, and its
plots into a folder beside the page. With `--measure` it first runs every benchmark.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from dossier.errors import InvalidInput
from evals.bench.pictures import picture_of
from evals.bench.show import plot
from evals.measuring import jobs, measure

FIGURES = Path("docs/figures.md")
_HEAD = """# Figures

Written by `python -m evals figures RUN.json ...` from what the commands wrote; do not edit. A figure is what one run on
one machine showed. Run the command to see your own.
"""
Lines = list[str]


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN.json", help="what commands wrote with --json")
    parser.add_argument("--measure", type=Path, metavar="DIR", help="run every benchmark first, its JSON into DIR")
    parser.add_argument("--data", type=Path, metavar="DIR", help="with --measure: a folder of files to measure on")
    parser.add_argument("--out", type=Path, default=FIGURES, help=f"the file to write, by default {FIGURES}")


def command(given: argparse.Namespace) -> int:
    """Write the page and its plots; return 1 when a benchmark wrote no figures."""
    todo = jobs(given.data) if given.measure else []
    measured = measure(todo, given.measure, Console(stderr=True)) if todo else []
    if not given.runs and not todo:
        raise InvalidInput(
            "There is nothing to write about.", hint="Give what commands wrote with --json, or --measure."
        )
    runs = [read_run(path) for path in (*given.runs, *measured)]
    _draw(runs, given.out.with_suffix(""))
    given.out.write_text(figures(runs, given.out.stem), encoding="utf-8")
    print(f"{given.out}: figures of {len(runs)} runs")
    return 0 if len(measured) == len(todo) else 1


@dataclass(frozen=True, slots=True)
class Run:
    """What a command wrote."""

    name: str
    """Of its file."""
    report: Mapping[str, Any]
    run: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Return what the command measures, in a few words."""
        return " ".join(word for word in self.run["command"].split()[3:5] if not word.startswith("-"))


def read_run(path: Path) -> Run:
    """Read one run's JSON.

    Raises:
        InvalidInput: It is none, or does not say how it was made.
    """
    try:
        report = json.loads(path.read_text("utf-8"))
        run = report["run"]
        if not {"command", "data", "machine", "at"} <= run.keys():
            raise KeyError("run")
    except OSError as error:
        raise InvalidInput(f"{path} can't be read: {error.strerror}.", hint="Give the file of --json.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"{path} is no run's JSON: it does not say how it was made.", hint="Write it anew with --json."
        ) from error
    return Run(path.stem, report, run)


def figures(runs: Sequence[Run], plots: str = "figures") -> str:
    """Return the page: one section a run, by title and date; its plots are in the folder of that name."""
    ordered = sorted(runs, key=lambda run: (run.title, run.run["at"]))
    return "\n".join([_HEAD, *(line for run in ordered for line in _section(run, plots))])


def _draw(runs: Sequence[Run], folder: Path) -> None:
    for run in runs:
        if picture := picture_of(run.report):
            plot(folder / f"{run.name}.png", picture.title, picture.axes, picture.lines)


def _section(run: Run, plots: str) -> Lines:
    picture = picture_of(run.report)
    drawn = [f"![{picture.title}]({plots}/{run.name}.png)", ""] if picture else []
    took = f", {run.run['seconds']} s" if "seconds" in run.run else ""
    data = ", ".join(f"{one['name']} (sha256 {one['sha256'][:12]})" for one in run.run["data"]) or "its own"
    machine = run.run["machine"]
    where = f"{machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}"
    return [
        f"## {run.title.capitalize()}",
        "",
        f"`{run.run['command']}`",
        "",
        f"Data: {data}. Machine: {where}. Date: {run.run['at']}{took}.",
        "",
        *_body(run.report),
        "",
        *drawn,
    ]


def _body(report: Mapping[str, Any]) -> Lines:
    shape = next((shape for key, shape in _SHAPES.items() if key in report), _scalars)
    return shape(report)


def _scenarios(report: Mapping[str, Any]) -> Lines:
    found = report["counts"]
    told = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in found.items())
    checks = sum(one["checks"] for one in report["scenarios"])
    lines = [f"{len(report['scenarios'])} runs of scenarios: {told}; {checks} checks."]
    if report.get("guards_off"):
        lines.append("Each was played with the guard that it tests switched off, and so should fail.")
    rates = report.get("pass_hat_k", {})
    return [*lines, *(f"pass^{k}: {rate} %." for k, rate in rates.items())]


def _growth(report: Mapping[str, Any]) -> Lines:
    early, late = ("-".join(map(str, report[name])) for name in ("early", "late"))
    rows = [[name, f"{one['ms']:.2f}", f"{one['bytes']:.2f}"] for name, one in report["growth"].items()]
    return _table(["runtime", f"time, turns {late} over {early}", "bytes written"], rows)


def _runtimes(report: Mapping[str, Any]) -> Lines:
    return _rows({"rows": [{"runtime": name, **one} for name, one in report["runtimes"].items()]})


def _write_points(report: Mapping[str, Any]) -> Lines:
    hits = report["write_points"]
    told = f"{sum(hits.values())} kills at {len(hits)} sides of write points, each at least {min(hits.values())} times."
    return [told, "", *_rows(report)]


def _rows(report: Mapping[str, Any]) -> Lines:
    rows = report["rows"]
    if not rows:
        return ["Nothing was measured."]
    names = list(rows[0])
    return _table(names, [[_cell(row.get(name)) for name in names] for row in rows])


def _scalars(report: Mapping[str, Any]) -> Lines:
    left_out = ("run", "predictions", "peers", "by_domain", "calibration")
    flat = [(name, value) for name, value in report.items() if name not in left_out]
    peers = {f"{name}, {score}": value for name, one in report.get("peers", {}).items() for score, value in one.items()}
    return _table(["figure", "value"], [[name, _cell(value)] for name, value in (*flat, *peers.items())])


_SHAPES: Mapping[str, Callable[[Mapping[str, Any]], Lines]] = {
    "scenarios": _scenarios,
    "growth": _growth,
    "write_points": _write_points,
    "runtimes": _runtimes,
    "rows": _rows,
}
"""By a field that only such reports have; the first that fits."""


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Lines:
    return [_row(names), _row(["---"] * len(names)), *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_cell(inner)}" for name, inner in value.items())
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value).replace("|", "\\|")
