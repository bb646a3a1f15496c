"""A run beside the last one, and beside what was accepted."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evals.play.source import Problem, ScenarioInvalid

if TYPE_CHECKING:
    from evals.play.outcome import Outcome

_LAST = "last_run.json"


class Comparison(NamedTuple):
    """What is other than in the last run."""

    broken: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Return what to print."""
        named = zip(("broken", "mended", "new", "gone"), self, strict=True)
        return [f"since the last run {what}: {_listed(names)}" for what, names in named if names]


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def compare(outcome: "Outcome", before: Mapping[str, str] | None) -> Comparison:
    """Return what changed since the last run; nothing if there was none."""
    if before is None:
        return Comparison()
    now = verdicts(outcome)
    return Comparison(
        broken=tuple(n for n, v in now.items() if v == "failed" and before.get(n) == "passed"),
        mended=tuple(n for n, v in now.items() if v == "passed" and before.get(n) == "failed"),
        new=tuple(n for n in now if n not in before),
        gone=tuple(n for n in before if n not in now),
    )


def verdicts(outcome: "Outcome") -> dict[str, str]:
    """Return one verdict a scenario: of several runs the worst."""
    found: dict[str, str] = {}
    for one in outcome.played:
        found[one.name] = one.verdict if found.get(one.name) in (None, "passed") else found[one.name]
    return found


def last_run(folder: Path | None, door: str | None) -> dict[str, str] | None:
    """Return the verdicts of the last run in a report's folder, at the same kind of place."""
    file = folder / _LAST if folder else None
    if file is None or not file.exists():
        return None
    return _remembered(file).get(_where(door))


def remember(folder: Path, door: str | None, outcome: "Outcome") -> None:
    """Keep the verdicts for the next run."""
    file = folder / _LAST
    known = _remembered(file) if file.exists() else {}
    file.write_text(json.dumps({**known, _where(door): verdicts(outcome)}, indent=1) + "\n", "utf-8")


def _remembered(file: Path) -> dict[str, dict[str, str]]:
    try:
        return dict(json.loads(file.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ScenarioInvalid([Problem(str(file), 1, "does not say how the last run went", "delete it")]) from error


def accepted(file: Path) -> dict[str, str]:
    """Return accepted verdicts by scenario; none where there is no file yet.

    Raises:
        ScenarioInvalid: It is no such file.
    """
    if not file.exists():
        return {}
    try:
        data = json.loads(file.read_text("utf-8"))
        return {str(name): str(verdict) for name, verdict in data.items()}
    except (ValueError, AttributeError) as error:
        raise ScenarioInvalid([Problem(str(file), 1, "is no baseline", "write one with --accept")]) from error


def _where(door: str | None) -> str:
    """Return under what a run is remembered: addresses change, what stands there does not."""
    return "here" if door is None else door if door.isidentifier() else "by url"
