"""What playing a scenario came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Verdict = Literal["passed", "failed", "not_judged", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation and whether it held."""

    what: str
    verdict: Verdict
    detail: str = ""
    """What was there instead, or why nobody can say."""


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item of a package, shown or left out."""

    id: str
    kind: str
    tokens: int
    text: str = ""
    why: str = ""
    """By which rule it is in, or the reason why it is out."""


@dataclass(frozen=True, slots=True)
class ShownPackage:
    """What one model call was shown."""

    id: str
    budget: int
    tokens: int
    segments: tuple[tuple[str, int], ...]
    included: tuple[ShownItem, ...]
    excluded: tuple[ShownItem, ...]


@dataclass(frozen=True, slots=True)
class PlayedStep:
    """One step as it went."""

    number: int
    kind: str
    who: str
    said: str
    reply: str = ""
    refused: str = ""
    waits: tuple[str, ...] = ()
    note: str = ""
    events: tuple[tuple[int, str, str], ...] = ()
    """Number, type and gist."""
    packages: tuple[ShownPackage, ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()
    """What changed in the state: path, before, after."""
    checks: tuple[Check, ...] = ()
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Played:
    """One run of a scenario."""

    name: str
    file: str
    line: int
    tags: tuple[str, ...]
    guard: str
    thread: str = ""
    steps: tuple[PlayedStep, ...] = ()
    at_the_end: tuple[Check, ...] = ()
    broken: str = ""
    """Why it could not be played to its end."""
    run: int = 1
    seconds: float = 0.0
    model: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def checks(self) -> list[tuple[str, Check]]:
        """Return every check with where it belongs."""
        of_steps = [(f"step {step.number}", check) for step in self.steps for check in step.checks]
        return [*of_steps, *(("at the end", check) for check in self.at_the_end)]

    @property
    def failures(self) -> list[str]:
        """Return what failed, in words."""
        failed = [f"{where}: {c.what}: {c.detail}" for where, c in self.checks if c.verdict == "failed"]
        return [*failed, *([f"not played to its end: {self.broken}"] if self.broken else [])]

    @property
    def verdict(self) -> Verdict:
        """Return failed if anything failed, passed if all that counts was checked, else why not."""
        if self.failures:
            return "failed"
        verdicts = {check.verdict for _, check in self.checks}
        if "passed" not in verdicts or "not_applicable" in verdicts:
            return "not_applicable"
        return "passed"

    @property
    def passed(self) -> bool:
        """Tell whether it passed; what was not judged or could not be done has not."""
        return self.verdict == "passed"
