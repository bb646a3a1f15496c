"""Let another process work on a turn, and kill it with SIGKILL at a write point."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from typing import Any

from dossier.errors import Unavailable
from evals.play.guards import Guard
from evals.play.schema import Scenario, Staging
from state.principal import Principal

STARTS_WITHIN = 60.0


def job_of(
    scenario: Scenario, guard: Guard, who: Principal, thread: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a process needs to know to work on a thread of a scenario."""
    return {
        "thread": thread,
        "principal": who.model_dump(),
        "staging": scenario.model_dump(mode="json", include=set(Staging.model_fields)),
        "guard": guard.name,
        "off": guard.is_off,
        "settings": dict(settings),
        "seconds": 0.0,
    }


async def kill_at(point: str, job: Mapping[str, Any]) -> None:
    """Start a process on a job, and kill it when it reaches the point.

    Raises:
        Unavailable: It ended, or did nothing for a minute, without reaching it.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "evals.play.killed", stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    assert child.stdin is not None and child.stdout is not None and child.stderr is not None
    child.stdin.write(json.dumps({**job, "stop_at": point}).encode() + b"\n")
    child.stdin.close()
    try:
        reached = (await asyncio.wait_for(child.stdout.readline(), STARTS_WITHIN)).decode().strip()
    except TimeoutError:
        reached = "nothing within a minute"
    if child.returncode is None:
        os.kill(child.pid, signal.SIGKILL)
    said = (await child.stderr.read()).decode().strip().splitlines()
    await child.wait()
    if reached != point:
        raise Unavailable(
            f"The process ended before {point}: {said[-1] if said else reached or 'it finished its work'}.",
            hint="Name a write point that the step passes, such as step.call_model:after.",
        )
