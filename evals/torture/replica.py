"""The driver's side of one process of the endpoint: its clients, and the pipe that stops it or looks into it."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from typing import Any

from evals.torture.actors import Actor, begun
from evals.torture.player import Told
from evals.torture.rest import DIED, Rest


class Replica(Actor):
    """An actor whose jobs are requests to a process of the endpoint."""

    def __init__(self, process: Process) -> None:
        super().__init__(process)
        self._rest: Rest | None = None
        self._port = 0
        self.hits: list[str] = []
        """The write points that the process came by."""
        self.troubles: list[str] = []
        self._checked: asyncio.Future[dict[str, Any]] | None = None
        self._over = asyncio.Event()
        self._died = asyncio.Event()
        self.code: int | None = None
        """How the last process ended."""

    @property
    def rest(self) -> Rest:
        """Return the client of the process."""
        if self._rest is None:
            self._rest = Rest(f"http://127.0.0.1:{self._port}")
        return self._rest

    def begin(self, verb: str, *args: Any) -> "asyncio.Future[Told]":
        """Begin a request, or several that are one job."""
        return asyncio.ensure_future(self._do(verb, args, self._died))

    async def _do(self, verb: str, args: Sequence[Any], died: asyncio.Event) -> Told:
        told = await getattr(self.rest, verb)(*args)
        if told == DIED:  # the connection knows before the pipe does
            async with asyncio.timeout(10):
                await died.wait()
        return told

    async def serve(self, job: Mapping[str, Any]) -> None:
        """Let a new process serve, and wait until it does."""
        self.hits, self.troubles = [], []
        self._over.clear()
        self._ready.clear()
        self.tell(**job)
        await self.ready()

    async def check(self, thread: str, *, ended: bool) -> dict[str, Any] | None:
        """Let the process look into a thread; None when it died."""
        self._checked = asyncio.get_running_loop().create_future()
        if self._over.is_set():
            return None
        self.tell(check=thread, ended=ended)
        over = asyncio.create_task(self._over.wait())
        await asyncio.wait((self._checked, over), return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        return self._checked.result() if self._checked.done() else None

    async def stop(self) -> None:
        """Tell the process to stop, as with SIGTERM, and wait until it has."""
        if not self._over.is_set():
            self.tell(stop=True)
        await self.over()

    async def over(self) -> None:
        """Wait until the process is gone."""
        async with asyncio.timeout(60):
            await self._over.wait()

    async def close(self) -> None:
        """End the process and the connections to it."""
        if self._rest is not None:
            await self._rest.aclose()
        await super().close()

    def _heard(self, said: Mapping[str, Any]) -> None:
        if "hit" in said:
            self.hits.append(said["hit"])
        elif "checked" in said:
            if self._checked is not None and not self._checked.done():
                self._checked.set_result(said["checked"])
        elif "crashed" in said:
            self.troubles.append(f"a process broke: {said['crashed']}")
        else:
            self._port = said.get("port", self._port)
            if "died" in said:
                self.code = said["died"]
                self._over.set()
                self._died.set()
                self._died = asyncio.Event()
            super()._heard(said)


async def replica() -> Replica:
    """Start what keeps processes of the endpoint at work."""
    return Replica(await begun("evals.torture.server"))
