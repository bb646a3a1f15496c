"""A process of the races: `python -m evals.torture.actor`; it reads its set-up, then a job a line.

It forks a child that does the jobs, several at a time, and another one when that was killed.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from evals.torture.outside import Outside
from evals.torture.player import Faults
from evals.torture.player_ours import ours
from evals.torture.player_plain import plain

_CANCELLED = {"code": "cancelled"}


async def serve(given: Mapping[str, Any]) -> None:
    """Do jobs until the input ends."""
    faults = Faults()
    async with _opened(given, faults) as player:
        reader = asyncio.StreamReader(limit=2**20)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        _write(pid=os.getpid())
        running: dict[int, asyncio.Task[None]] = {}
        while line := await reader.readline():
            job = json.loads(line)
            if "cancel" in job:
                running[job["cancel"]].cancel()
            elif "arm" in job:
                faults.arm(*job["arm"])
            else:
                running[job["n"]] = asyncio.create_task(_do(player, job))
    os._exit(0)


async def _do(player: Any, job: Mapping[str, Any]) -> None:
    try:
        answer = await getattr(player, job["do"])(*job["args"])
    except asyncio.CancelledError:
        answer = _CANCELLED
    _write(n=job["n"], answer=answer)


def _opened(given: Mapping[str, Any], faults: Faults) -> AbstractAsyncContextManager[Any]:
    outside = Outside(given["sink"])
    if given["runtime"] == "ours":
        return ours(given["database"], given["secret"], outside, faults, **given["settings"])
    return plain(given["database"], outside, faults, careful=given["runtime"] == "careful")


def _write(**line: Any) -> None:
    os.write(1, json.dumps(line).encode() + b"\n")


def main() -> None:
    """Keep a child at work until the input ends."""
    given = json.loads(first_line())
    while True:
        child = os.fork()
        if child == 0:
            asyncio.run(serve(given))
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == 0:
            return
        _write(died=os.waitstatus_to_exitcode(status))


def first_line() -> bytes:
    """Read no further than the next line, the rest is the child's; nothing when there is none."""
    line = b""
    while not line.endswith(b"\n") and (more := os.read(0, 1)):
        line += more
    return line


if __name__ == "__main__":
    main()
