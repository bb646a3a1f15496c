"""The driver's side of a process in the races: jobs go in, answers come out."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from typing import Any

from evals.torture.player import Told

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
        self.tell(n=self._next, do=verb, args=args)
        return answer

    def cancel_last(self) -> None:
        """Cancel the job that was begun last."""
        self.tell(cancel=self._next)

    def arm(self, point: str, how: str, nth: int = 1) -> None:
        """Let the process stop where a fault point is reached, the nth time."""
        self.tell(arm=[point, how, nth])

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

    def tell(self, **line: Any) -> None:
        """Write a line to the process."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._heard(json.loads(line))
        self._end_all()

    def _heard(self, said: Mapping[str, Any]) -> None:
        if "pid" in said:
            self._pid = said["pid"]
            self._ready.set()
        elif "died" in said:
            self._ready.clear()
            self._end_all()
        elif (answer := self._answers.pop(said["n"], None)) is not None and not answer.done():
            answer.set_result(said["answer"])

    def _end_all(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result({"code": "died"})
        self._answers.clear()


async def begun(module: str) -> Process:
    """Start a Python module with pipes to it."""
    command = [sys.executable, "-m", module]
    return await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True, limit=2**20)
