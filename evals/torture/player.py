"""What every runtime in the races can be asked to do, and where it can be stopped."""

import asyncio
import os
import signal
from collections.abc import Callable
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


_DELAYS = {"slow": 30, "pause": 1}


class Faults:
    """Stops the process where a job says so."""

    def __init__(self, told: Callable[[str], None] = lambda point: None) -> None:
        """Watch the points; `told` hears of each before anything happens there."""
        self._told = told
        self._point, self._how, self._left = "", "", 0

    def arm(self, point: str, how: Literal["kill", "freeze"] | str, nth: int = 1) -> None:
        """Stop at a point, once: when it is reached so many times."""
        self._point, self._how, self._left = point, how, nth

    def reached(self, point: str) -> None:
        """Come to a point; perhaps nothing comes after it, or only much later."""
        self._told(point)
        self._left -= point == self._point
        if point == self._point and self._left == 0:
            self._point = ""
            os.kill(os.getpid(), signal.SIGKILL if self._how == "kill" else signal.SIGSTOP)

    async def model(self, point: str) -> None:
        """Come to the model; a slow one gives time to cancel, one that pauses to go away."""
        if self._point == point and self._how in _DELAYS:
            self._point = ""
            await asyncio.sleep(_DELAYS[self._how])
        self.reached(point)
