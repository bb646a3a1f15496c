"""What every runtime in the races can be asked to do, and where it can be stopped."""

import asyncio
import os
import signal
from typing import Any, Literal, Protocol

Told = dict[str, Any]
"""`told`: the reply; or `waits`: {interrupt id: text} of what waits; or `code`: why it was refused."""


class Player(Protocol):
    """One process' runtime."""

    async def say(self, thread: str, number: int, words: str) -> Told:
        """Send a message under an id of its number."""
        ...

    async def again(self, thread: str, number: int, words: str) -> Told:
        """Do what the runtime's guide says a client does after a crash in that message's turn."""
        ...

    async def decide(self, thread: str, key: str | None, decision: Any, checkpoint: str | None = None) -> Told:
        """Answer what waits: by its id, or barely; from the newest checkpoint unless one is named."""
        ...

    async def decide_as_requester(self, thread: str, key: str, decision: Any) -> Told:
        """Answer as who asked for it, where the runtime can tell."""
        ...

    async def state(self, thread: str) -> dict[str, Any]:
        """Return `messages`: [[role, text]], `waits`, and `checkpoint`: the newest one's id."""
        ...


class Faults:
    """Stops the process where a job says so."""

    def __init__(self) -> None:
        self._point, self._how = "", ""

    def arm(self, point: str, how: Literal["kill", "freeze"] | str) -> None:
        """Stop at a point, once."""
        self._point, self._how = point, how

    def reached(self, point: str) -> None:
        """Come to a point; perhaps nothing comes after it, or only much later."""
        if point == self._point:
            self._point = ""
            os.kill(os.getpid(), signal.SIGKILL if self._how == "kill" else signal.SIGSTOP)

    async def model(self, point: str) -> None:
        """Come to the model; a slow one gives time to cancel."""
        if self._point == point and self._how == "slow":
            self._point = ""
            await asyncio.sleep(30)
        self.reached(point)
