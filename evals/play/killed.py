"""Works on a turn until it is killed: `python -m evals.play.killed`, with a job on its standard input."""

import asyncio
import json
import signal
import sys
from datetime import timedelta
from typing import Any

from langgraph.types import Command

from dossier.services import open_services, utc_now
from evals.play.guards import all_guards
from evals.play.plain_settings import settings_of
from evals.play.schema import Staging
from evals.play.staged import Staged, always
from graphs.assembly import turn_graph
from graphs.served import demonstration
from state.principal import Principal


async def work(job: dict[str, Any]) -> None:
    """Do what the job says: send a message, or a decision."""

    def probe(point: str) -> None:
        if point == job["stop_at"]:
            print(point, flush=True)
            signal.pause()

    guard = all_guards()[job["guard"]]
    guard = guard.off() if job["off"] else guard
    app = guard.app(Staged(demonstration.application(), always(Staging.model_validate(job["staging"]))))
    offset = timedelta(seconds=job["seconds"])
    with guard.lifted():
        opening = open_services(settings_of(job["settings"]), app, probe=probe, now=lambda: utc_now() + offset)
        async with opening as services:
            graph = turn_graph(guard.services(services)).acting_as(Principal.model_validate(job["principal"]))
            given = Command(resume=job["resume"]) if "resume" in job else job["input"]
            await graph.ainvoke(given, {"configurable": {"thread_id": job["thread"]}})


if __name__ == "__main__":
    asyncio.run(work(json.loads(sys.stdin.readline())))
