"""Turns that run in this process, apart from whoever asked: a client that goes away stops nothing.

What a turn shows goes to its stream; its reply is in the log. A turn that is cut off keeps no outcome, and is taken up
by the client's retry or by a sweeper.
"""

import asyncio
from contextlib import aclosing
from typing import Any

import structlog
from langgraph.types import Command

from dossier.adapters.streams import Feed, Streams
from dossier.errors import Conflict, DossierError, Unavailable
from dossier.services import Services
from dossier.stopping import stopped
from dossier.telemetry.instruments import turns_running
from graphs.gate import GatedGraph
from service.problems import problem_of
from service.shown import Shown
from state.events import UserMessageReceived
from state.principal import Principal

_log = structlog.get_logger(__name__)


class Turns:
    """Starts turns, and waits for them when the process is told to stop."""

    def __init__(self, services: Services, graph: GatedGraph) -> None:
        self._services = services
        self._streams: Streams = services.streams
        self._graph = graph
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_draining = False

    @property
    def running(self) -> int:
        """Return how many turns run here."""
        return len(self._tasks)

    async def send(self, principal: Principal, thread: str, turn: str, message: dict[str, Any]) -> None:
        """Start the turn of a message, or take it up again; return once it is admitted.

        Raises:
            DossierError: As the gate refuses it; nothing was stored.
        """
        await self._started(principal, thread, turn, {"messages": [message]})

    async def decided(self, principal: Principal, thread: str, turn: str, answers: dict[str, Any]) -> None:
        """Go on with a turn whose approvals were decided; the decisions are on record already."""
        try:
            await self._started(principal, thread, turn, Command(resume=answers))
        except (Conflict, Unavailable) as error:  # what runs now reads the decision, or a sweeper goes on
            _log.info("turn_left_to_sweeper", thread=thread, turn=turn, error=error.code)

    async def resume(self, tenant: str, thread: str, turn: str) -> None:
        """Take up a turn that was cut off, for whom it was begun, and wait for its end.

        Raises:
            DossierError: As the gate refuses it, such as when it goes on elsewhere.
        """
        events = await self._services.log.turn(tenant, thread, turn)
        received = next((event.body for event in events if isinstance(event.body, UserMessageReceived)), None)
        if received is not None:
            await (await self._started(received.principal, thread, turn, None))

    async def drain(self, seconds: float) -> None:
        """Let running turns end; cut off what takes longer, so that its lease is given back."""
        self.is_draining = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        if cut_off := set(self._tasks):
            _log.warning("turns_cut_off", turns=len(cut_off))
            await stopped(*cut_off)

    async def _started(self, principal: Principal, thread: str, turn: str, given: Any) -> asyncio.Task[None]:
        if self.is_draining:
            raise Unavailable("This process is about to stop.", hint="Send the message again.")
        admitted = asyncio.Event()
        task = asyncio.create_task(self._run(principal, thread, turn, given, admitted))
        self._tasks.add(task)
        turns_running.add(1)
        task.add_done_callback(self._over)
        entering = asyncio.create_task(admitted.wait())
        try:
            await asyncio.wait((task, entering), return_when=asyncio.FIRST_COMPLETED)
        finally:
            entering.cancel()
        if task.done() and not admitted.is_set():
            task.result()
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        turns_running.add(-1)

    async def _run(self, principal: Principal, thread: str, turn: str, given: Any, admitted: asyncio.Event) -> None:
        feed: Feed | None = None
        try:
            running = self._graph.acting_as(principal).astream(
                given, {"configurable": {"thread_id": thread}}, stream_mode=["tasks", "messages"]
            )
            shown = Shown()
            async with aclosing(running) as chunks:  # pyright: ignore[reportArgumentType]
                async for mode, data in chunks:
                    if feed is None and mode == "tasks":  # the gate has let it in: a step begins
                        feed = await self._streams.begin(principal.tenant, thread, turn)
                        admitted.set()
                    if feed is not None:
                        for chunk in shown.of(mode, data):
                            self._streams.add(feed, chunk)
            if feed is not None:
                await self._streams.finish(feed)
        except Exception as error:
            if feed is None:
                raise
            await self._fail(feed, error)
        finally:
            if feed is not None:
                self._streams.leave(feed)

    async def _fail(self, feed: Feed, error: Exception) -> None:
        told = problem_of(error)
        where = {"thread": feed.thread, "turn": feed.turn, "attempt": feed.attempt, "code": told.code}
        if told.status == 500:
            _log.error("turn_failed", **where, exc_info=error)
        else:
            _log.warning("turn_failed", **where)
        try:
            # Without an outcome it counts as cut off: what ails the database passes, and a sweeper goes on.
            if not isinstance(error, Unavailable):
                await self._streams.finish(feed, told.model_dump())
        except DossierError as second:
            _log.warning("outcome_not_written", **where, because=second.code)
