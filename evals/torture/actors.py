"""The driver's side of the races: processes of one runtime, and the outside that they act upon."""

import asyncio
import json
import os
import signal
import sys
import uuid
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

from evals.torture.outside import Outside
from evals.torture.player import Told

Runtime = Literal["ours", "plain", "careful"]
"""Ours; LangGraph by its guides; the same with the options that would help."""
_STUCK_SECONDS = 60


class Actor:
    """One process of a runtime."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._answers: dict[int, asyncio.Future[Told]] = {}
        self._next = 0
        self._pid = 0
        self._ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def do(self, verb: str, *args: Any) -> Told:
        """Do one job and return its answer; {"code": "died"} when the process was killed meanwhile."""
        return await self.begin(verb, *args)

    def begin(self, verb: str, *args: Any) -> "asyncio.Future[Told]":
        """Begin a job; its number can be cancelled."""
        self._next += 1
        answer = self._answers[self._next] = asyncio.get_running_loop().create_future()
        self._write(n=self._next, do=verb, args=args)
        return answer

    def cancel_last(self) -> None:
        """Cancel the job that was begun last."""
        self._write(cancel=self._next)

    def arm(self, point: str, how: str) -> None:
        """Let the process stop where a fault point is reached."""
        self._write(arm=[point, how])

    async def ready(self) -> None:
        """Wait until the process can work."""
        async with asyncio.timeout(_STUCK_SECONDS):
            await self._ready.wait()

    async def frozen(self) -> None:
        """Wait until the process has stopped itself."""
        async with asyncio.timeout(_STUCK_SECONDS):
            while self._status() != "T":  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        os.kill(self._pid, signal.SIGCONT)

    async def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), 10)
        except TimeoutError:
            os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        self._reading.cancel()

    def _status(self) -> str:
        with open(f"/proc/{self._pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def _write(self, **line: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            said = json.loads(line)
            if "pid" in said:
                self._pid = said["pid"]
                self._ready.set()
            elif "died" in said:
                self._ready.clear()
                self._end_all()
            elif (answer := self._answers.pop(said["n"], None)) is not None and not answer.done():
                answer.set_result(said["answer"])
        self._end_all()

    def _end_all(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result({"code": "died"})
        self._answers.clear()


@dataclass(frozen=True, slots=True)
class Stage:
    """Two processes of one runtime over one database, and the outside."""

    runtime: Runtime
    one: Actor
    other: Actor
    outside: Outside
    database: str

    def thread(self) -> str:
        """Return a new thread's id."""
        return str(uuid.uuid4())

    async def acts(self, thread: str) -> list[str]:
        """Return what was done outside for a thread, sorted."""
        known = await asyncio.to_thread(self.outside.ask, "/of", thread=thread)
        return sorted(known["acts"])


@asynccontextmanager
async def stage(
    runtime: Runtime, database: str, secret: str, sink: int, settings: Mapping[str, Any] | None = None
) -> AsyncIterator[Stage]:
    """Start two processes of a runtime."""
    given = {"runtime": runtime, "database": database, "secret": secret, "sink": sink, "settings": dict(settings or {})}
    async with AsyncExitStack() as stack:
        actors: Sequence[Actor] = await asyncio.gather(_start(given), _start(given))
        for actor in actors:
            stack.push_async_callback(actor.close)
        await asyncio.gather(*(actor.ready() for actor in actors))
        yield Stage(runtime, actors[0], actors[1], Outside(sink), database)


async def _start(given: Mapping[str, Any]) -> Actor:
    command = [sys.executable, "-m", "evals.torture.actor"]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)
    assert process.stdin is not None
    process.stdin.write(json.dumps(given).encode() + b"\n")
    return Actor(process)
