"""Under what a run of the graph reads and writes."""

from dataclasses import dataclass
from typing import Any

from dossier.errors import ForgedInput
from state.principal import Principal

RUN_KEY = "__dossier_run"
"""Where the gate puts the run into a config's `configurable`; the underscores keep it out of
checkpoint metadata. A client can't set it: the gate overwrites whatever stands there."""


@dataclass(frozen=True, slots=True)
class Run:
    """One invocation of the graph on one thread, holding the thread's lease."""

    thread: str
    turn: str
    principal: Principal
    """For whom the turn acts: recorded when its message was received."""
    token: int
    """Of the lease; every write proves it."""
    rehearsal: bool = False
    """The thread is a fork in which no call that has an effect may run."""

    @property
    def tenant(self) -> str:
        """Return the tenant that the thread belongs to."""
        return self.principal.tenant


@dataclass(frozen=True, slots=True)
class Step:
    """The key under which a step of a turn is recorded once."""

    name: str
    ordinal: int = 0
    """How often this step came before in the turn."""
    fan_out: int = 0


def run_of(config: Any) -> Run:
    """Return the run that the gate put into a config.

    Raises:
        ForgedInput: There is none: the graph was entered past the gate.
    """
    run = (config.get("configurable") or {}).get(RUN_KEY)
    if not isinstance(run, Run):
        raise ForgedInput(
            "The graph was entered past its gate.", hint="Invoke the graph that graphs.gate.gated returns."
        )
    return run
