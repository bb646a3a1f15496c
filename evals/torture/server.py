"""A process of the deployed endpoint: `python -m evals.torture.server`; it reads a job a line.

It forks a child that serves as `dossier serve` does, on one port for all children, and can be told to stop at a
point or to look into a thread. A child that was killed is followed by another one on the same job when the job says
so, else by the next job's.
"""

import asyncio
import json
import logging
import os
import signal
import socket
import sys
import traceback
from collections.abc import Mapping
from typing import Any

from cli.serve import Server
from evals.torture.actor import first_line
from evals.torture.checks import outcome, problems
from evals.torture.opening import opened, script_of, settings_on, warm
from evals.torture.outside import Outside, served
from evals.torture.player import Faults
from evals.torture.player_ours import telling
from evals.torture.scenarios import SCENARIOS
from evals.torture.talk import Model
from graphs.served import demonstration

TENANT = demonstration.requester.tenant
_DRIVER = 3
"""Where lines to the driver go; what is logged goes elsewhere."""
_SETTINGS = {"pool_size": 8, "messages_per_minute": 1_000_000, "sweep_seconds": 1.0}


async def serve(job: Mapping[str, Any], address: socket.socket) -> None:
    """Serve until told to stop."""
    scenario = next((one for one in SCENARIOS if one.name == job.get("scenario")), None)
    faults = Faults((lambda point: _write(hit=point)) if scenario else lambda point: None)
    outside = Outside(job["sink"])
    app = served(outside, faults.reached) if scenario else telling(outside, faults)
    model = script_of(scenario) if scenario else Model(faults.model)
    more = {**_SETTINGS, **(scenario.settings if scenario else {}), **job.get("settings", {})}
    server = Server(
        settings_on(job["database"], job["secret"], **more),
        app,
        opened=lambda settings, served: opened(settings, served, model, faults.reached),
    )
    serving = asyncio.create_task(server.serve([address]))
    while not server.started and not serving.done():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)
    _write(pid=os.getpid(), port=address.getsockname()[1])
    listening = asyncio.create_task(_listen(server, faults))
    await serving
    listening.cancel()


async def _listen(server: Server, faults: Faults) -> None:
    """Do what the driver says, until it says no more."""
    reader = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        given = json.loads(line)
        if "arm" in given:
            faults.arm(*given["arm"])
        elif "check" in given:
            _write(checked=await _checked(server, given["check"], ended=given["ended"]))
        else:
            os.kill(os.getpid(), signal.SIGTERM)
    os._exit(0)


async def _checked(server: Server, thread: str, *, ended: bool) -> dict[str, Any]:
    """Return what is wrong with a thread, and what it came to."""
    desk = server.desk
    asks = desk.graph.acting_as(demonstration.requester)
    found = await problems(desk.services, asks, TENANT, thread, ended=ended)
    return {"problems": found, "outcome": await outcome(desk.services, TENANT, thread) if ended else None}


def _write(**line: Any) -> None:
    os.write(_DRIVER, json.dumps(line).encode() + b"\n")


def _child(job: Mapping[str, Any], address: socket.socket) -> None:
    try:
        asyncio.run(serve(job, address))
    except BaseException:
        _write(crashed=traceback.format_exc())
        os._exit(1)
    os._exit(0)


def main() -> None:
    """Keep a child at work until the input ends."""
    os.dup2(1, _DRIVER)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logging.disable(logging.ERROR)
    warm()
    address = socket.create_server(("127.0.0.1", 0), backlog=128)
    while line := first_line():
        job = json.loads(line)
        if "sink" not in job:
            continue  # said to a child that was gone before it heard
        while True:
            child = os.fork()
            if child == 0:
                _child(job, address)
            _, status = os.waitpid(child, 0)
            code = os.waitstatus_to_exitcode(status)
            _write(died=code)
            os.set_blocking(0, True)  # as the child's loop did not leave it
            if not (job.get("again") and code == -signal.SIGKILL):
                break


if __name__ == "__main__":
    main()
