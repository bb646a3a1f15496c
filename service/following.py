"""Follow a turn's stream wherever it runs, from any position, to how the turn stands in the log."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from dossier.adapters.bell import bell_of
from dossier.adapters.streams import Position, Seen, Streams
from dossier.errors import NotFound, Unavailable
from service.problems import Problem, Told
from service.replies import Replies, Reply

LOOK_SECONDS = 2.0
"""How long to wait for a bell before looking without one."""
PING_SECONDS = 15.0
"""How long a client hears nothing of a turn that runs here, and so rings for certain."""
FOLLOW_SECONDS = 300.0
"""After which a client has to come again: its turn may wait for a process that is gone."""


class Frame(NamedTuple):
    """One thing to tell a client."""

    event: str
    data: dict[str, Any]
    position: Position | None = None


class Follower:
    """Reads streams for clients."""

    def __init__(self, streams: Streams, replies: Replies, is_stopping: Callable[[], bool]) -> None:
        self._streams = streams
        self._replies = replies
        self._is_stopping = is_stopping

    async def frames(self, tenant: str, thread: str, turn: str, after: Position) -> AsyncIterator[Frame]:
        """Yield what a turn shows after a position, then `reply` or `problem`; `wait` when there is nothing to tell.

        A newer attempt than the one that was read begins with `reset`.
        """
        end = asyncio.get_running_loop().time() + FOLLOW_SECONDS
        is_quiet = False
        with self._streams.bell.waiting(bell_of(thread, turn)) as rung:
            while asyncio.get_running_loop().time() < end:
                rung.clear()
                seen = await self._streams.since(tenant, thread, turn, after)
                if seen.attempt != after.attempt and after.attempt:
                    yield Frame("reset", {})
                for position, chunk in seen.chunks:
                    yield Frame(chunk["event"], {k: v for k, v in chunk.items() if k != "event"}, position)
                after = _read(seen, after)
                # What runs here rings when it is over; of what runs elsewhere the bell, or the process, may be gone.
                is_lost = is_quiet and not self._streams.runs_here(tenant, thread, turn)
                if last := await self._last(seen, tenant, thread, turn, is_lost=is_lost):
                    yield last
                    return
                try:
                    runs_here = self._streams.runs_here(tenant, thread, turn)
                    await asyncio.wait_for(rung.wait(), PING_SECONDS if runs_here else LOOK_SECONDS)
                    is_quiet = False
                except TimeoutError:
                    is_quiet = True
                    yield Frame("wait", {})
                if self._is_stopping() and not self._streams.runs_here(tenant, thread, turn):
                    raise Unavailable("This process is about to stop.", hint="Follow the turn at another.")
        yield Frame("reply", (await self._replies.of_turn(tenant, thread, turn)).model_dump(mode="json"))

    async def reply(self, tenant: str, thread: str, turn: str) -> Reply:
        """Return how a turn stands once it has ended, waits for a decision, or failed.

        Raises:
            Told: The attempt failed.
        """
        async for frame in self.frames(tenant, thread, turn, Position()):
            if frame.event == "problem":
                raise Told(Problem.model_validate(frame.data))
            if frame.event == "reply":
                return Reply.model_validate(frame.data)
        raise AssertionError("a stream ends with a reply or a problem")

    async def _last(self, seen: Seen, tenant: str, thread: str, turn: str, *, is_lost: bool) -> Frame | None:
        """Return how the stream ends, if it does: the log has the last word, whatever became of the rows."""
        if seen.attempt and seen.outcome is None and not is_lost:
            return None  # it is on its way
        try:
            reply = await self._replies.of_turn(tenant, thread, turn)
        except NotFound:
            return None  # not admitted yet
        if reply.status == "working":
            failed = seen.outcome == "failed" and seen.problem
            return Frame("problem", dict(seen.problem or {})) if failed else None
        return Frame("reply", reply.model_dump(mode="json"))


def _read(seen: Seen, after: Position) -> Position:
    if seen.chunks:
        return seen.chunks[-1][0]
    return after if seen.attempt in (0, after.attempt) else Position(seen.attempt, 0)
