"""A process that works on a turn until it is killed: what `dossier demo` takes down.

Run as `python -m cli.killed_turn JOB`, with a JSON job on the command line. It stops at the
write point that the job names and waits there for its end.
"""

import asyncio
import json
import signal
import sys
from typing import Any

from langgraph.types import Command

from dossier.services import open_services
from dossier.settings import Settings
from graphs.assembly import turn_graph
from graphs.served import demonstration
from state.principal import Principal


def stop_here(point: str) -> None:
    """Tell the parent where this process stands, and stay there."""
    print(point, flush=True)
    signal.pause()


async def work(job: dict[str, Any]) -> None:
    """Do what the job says: send a message, or a decision."""

    def probe(point: str) -> None:
        if point == job["stop_at"]:
            stop_here(point)

    async with open_services(Settings(**job["settings"]), demonstration.application(), probe=probe) as services:
        graph = turn_graph(services).acting_as(Principal.model_validate(job["principal"]))
        given = Command(resume=job["resume"]) if "resume" in job else job["input"]
        await graph.ainvoke(given, {"configurable": {"thread_id": job["thread"]}})


if __name__ == "__main__":
    asyncio.run(work(json.loads(sys.argv[1])))
