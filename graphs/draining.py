"""A process that is to end: the running steps end, their turns go on elsewhere, nothing new begins."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from langgraph.runtime import RunControl

from dossier.errors import Draining


class Drain:
    """Counts the invocations of a process, and asks them to stop after the step at hand."""

    def __init__(self) -> None:
        self.control = RunControl()
        """Handed to every run of LangGraph, which looks at it between two steps."""
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Count an invocation while the block runs.

        Raises:
            Draining: The process is to end.
        """
        if self.control.drain_requested:
            raise stopping()
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if self._inside == 0:
                self._empty.set()

    async def wait(self) -> None:
        """Let nothing in any more, and return when the last invocation has stopped between two steps."""
        self.control.request_drain()
        await self._empty.wait()


def stopping() -> Draining:
    """Return what a caller is told: what was done is on record, and another process goes on with it."""
    return Draining(
        "This process is stopping; the turn goes on where it stands.", hint="Send the same message or decision again."
    )
