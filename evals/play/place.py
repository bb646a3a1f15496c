"""Where a scenario is played: what a place can do, whatever stands behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

from dossier.context.alter import Alteration
from evals.play.records import Records
from evals.play.schema import Scenario, Step
from state.principal import Principal


@dataclass(frozen=True, slots=True)
class Told:
    """What a client was told."""

    reply: str | None = None
    """None when the turn waits, or was refused."""
    error: str | None = None
    """The code of a refusal; what is no refusal of ours has the name of its type."""
    detail: str = ""


class Place(Protocol):
    """A served graph, the people at it, and the world around it."""

    records: Records

    @property
    def requests(self) -> Sequence[Mapping[str, Any]]:
        """Return the bodies that a scripted model received, so far; of other models nothing is known."""
        ...

    def lacks(self, scenario: Scenario, step: Step) -> str:
        """Return why a step can't be done here; nothing if it can."""
        ...

    def person(self, name: str) -> Principal:
        """Return who has this name."""
        ...

    async def say(self, who: Principal, thread: str, given: Mapping[str, Any]) -> Told:
        """Send an input, and wait for the turn's end or for what waits."""
        ...

    async def resume(self, who: Principal, thread: str, command: Mapping[str, Any]) -> Told:
        """Send a command: {"resume": {id: decision}}, or what a forger makes of it."""
        ...

    async def session(self, thread: str) -> dict[str, Any] | None:
        """Return the session as the newest checkpoint has it."""
        ...

    async def new_thread(self, who: Principal) -> str:
        """Return the id for a thread of a person."""
        ...

    async def killed(self, who: Principal, thread: str, point: str, job: Mapping[str, Any]) -> None:
        """Let a process of its own do a job, {"input": ...} or {"resume": ...}, and kill it at a write point."""
        ...

    async def change(self, cases: Mapping[str, Mapping[str, str]]) -> None:
        """Change cases as somebody else would."""
        ...


@runtime_checkable
class Restarts(Protocol):
    """A place whose process is the runner's own."""

    async def restart(self) -> None:
        """End the process that serves, and start another."""
        ...


@runtime_checkable
class MovesTime(Protocol):
    """A place whose clock is the runner's own."""

    async def advance(self, span: timedelta) -> None:
        """Let time pass for everything."""
        ...


@runtime_checkable
class Alters(Protocol):
    """A place whose packages the runner can change."""

    async def say_altered(self, who: Principal, thread: str, given: Mapping[str, Any], alteration: Alteration) -> Told:
        """Send an input whose packages are changed, as in a rehearsal."""
        ...
