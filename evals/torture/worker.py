"""Plays scenarios until it is killed: `python -m evals.torture.worker`.

It reads a job a line, and forks a child for each, so that the imports are paid for once. The child
writes what it does, line by line: {"hit": point}, {"step": n, "said": reply}, {"outcome": ...}.
The parent ends each job with {"exit": status}.
"""

import asyncio
import faulthandler
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langgraph.types import Command

from dossier.adapters.embedded_postgres import start
from dossier.errors import DossierError
from dossier.services import Services
from evals.torture.checks import outcome, problems
from evals.torture.opening import opened, script_of, settings_on, warm
from evals.torture.outside import Outside, served
from evals.torture.scenarios import SCENARIOS, Say, Scenario
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph
from graphs.served import demonstration
from state.events import HumanApprovalRequested

TENANT = demonstration.requester.tenant
_AGAIN = ("thread_busy", "lease_lost", "unavailable", "database_unreachable")
_PATIENCE = 300
_TELL_SECONDS = 40
"""After this time a process tells where it stands; soon after, the driver ends it."""


class Faults:
    """Watches the write points, and kills at the one that the job names."""

    def __init__(self, kill: Sequence[Any] | None, data_dir: str | None) -> None:
        self._point, self._left = kill or ("", 0)
        self._data_dir = data_dir

    def __call__(self, point: str) -> None:
        """Take note of a point; perhaps nothing comes after it."""
        _write(hit=point)
        if point != self._point:
            return
        self._left -= 1
        if self._left == 0:
            _restart_postgres(Path(self._data_dir)) if self._data_dir else os.kill(os.getpid(), signal.SIGKILL)


def _restart_postgres(data_dir: Path) -> None:
    """Kill the server as a power cut would, and start it again."""
    postmaster = int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    start(data_dir)  # kept until this process ends
    _write(restarted=postmaster)


async def play(job: Mapping[str, Any]) -> None:
    """Play what is left of a scenario, from the step that the job names."""
    scenario = next(one for one in SCENARIOS if one.name == job["scenario"])
    probe = Faults(job["kill"], job.get("data_dir"))
    settings = settings_on(job["database_url"], job["secret"], pool_size=3, **scenario.settings)
    app = served(Outside(job["sink"]), probe)
    async with opened(settings, app, script_of(scenario), probe) as services:
        graph = turn_graph(services)
        requester = graph.acting_as(demonstration.requester)
        if found := await problems(services, requester, TENANT, job["thread"], ended=False):
            _write(problems=found)
        for number in range(job["step"], len(scenario.steps)):
            _write(step=number, said=await _step(services, graph, scenario, number, job))
        found = await problems(services, requester, TENANT, job["thread"], ended=True)
        _write(problems=found, outcome=await outcome(services, TENANT, job["thread"]))


async def _step(services: Services, graph: GatedGraph, scenario: Scenario, number: int, job: Mapping[str, Any]) -> str:
    """Do one step as a patient client does, and return what it was told."""
    step, thread = scenario.steps[number], job["thread"]
    for _ in range(_PATIENCE):
        try:
            if isinstance(step, Say):
                given: Any = {"messages": [{"role": "user", "content": step.text, "id": f"m{number}"}]}
                result = await graph.acting_as(demonstration.requester).ainvoke(given, _on(thread))
                return _told(await _looked_into(graph, result, job))
            given = Command(resume={await _asked(services, thread): dict(step.decision)})
            return _told(await graph.acting_as(demonstration.approver).ainvoke(given, _on(thread)))
        except DossierError as error:
            if error.code not in _AGAIN:
                return error.code
            await asyncio.sleep(0.1)
    return "no answer"


async def _looked_into(graph: GatedGraph, result: Any, job: Mapping[str, Any]) -> Any:
    """Let the approver find out what nobody else can: whether a call took place."""
    asked = [one for one in result.get("__interrupt__", ()) if one.value.get("about") == "outcome"]
    if not asked:
        return result
    rang = await asyncio.to_thread(Outside(job["sink"]).ask, "/of", thread=job["thread"])
    found = {"type": "approve" if rang["rings"] else "reject"}
    given = Command(resume={one.id: found for one in asked})
    return await graph.acting_as(demonstration.approver).ainvoke(given, _on(job["thread"]))


async def _asked(services: Services, thread: str) -> str:
    events = await services.log.events(TENANT, thread)
    return next(e.body.approval_id for e in reversed(events) if isinstance(e.body, HumanApprovalRequested))


def _told(result: Mapping[str, Any]) -> str:
    return "waits for approval" if "__interrupt__" in result else str(result["messages"][-1]["content"])


def _on(thread: str) -> Any:
    return {"configurable": {"thread_id": thread}}


def _write(**line: Any) -> None:
    os.write(1, json.dumps(line).encode() + b"\n")


def _child(job: Mapping[str, Any]) -> None:
    status = 1
    faulthandler.dump_traceback_later(_TELL_SECONDS)
    _write(pid=os.getpid())
    try:
        asyncio.run(play(job))
        status = 0
    except BaseException:
        _write(crashed=traceback.format_exc())
    finally:
        os._exit(status)


def main() -> None:
    """Serve jobs until the input ends."""
    logging.disable(logging.WARNING)  # of connections that a killed PostgreSQL leaves
    warm()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _child(json.loads(line))
        _, status = os.waitpid(child, 0)
        _write(exit=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
