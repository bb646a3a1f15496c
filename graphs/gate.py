"""The door to the graph: every way to run it passes here, in process and in a server.

LangGraph stores an input before any node runs, keys its tasks by checkpoint, lets
clients choose durability and validates nothing. So admission, identity, the lease and
the record of decisions stand here, before it. See docs/decisions/002-the-gate.md.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, NoReturn, Self, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import merge_configs
from langgraph.errors import GraphDrained
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StateSnapshot

from dossier.adapters.saver import FencedSaver, reading_tenant
from dossier.errors import ForgedInput, NotIdentified
from dossier.run import Run
from graphs.admission import Admitted, Continue, Decisions, Message, admit, checkpoint_of, refuse_steering, thread_of
from graphs.draining import Drain, stopping
from graphs.reception import Held, Leftover, Reception, Visit
from graphs.replay import answer_from_log
from graphs.stamp import stamped
from state.principal import Principal

Identify = Callable[[RunnableConfig], Principal | None]
"""Reads the verified principal that a server put into a run's config."""


@dataclass(frozen=True, slots=True)
class GatePorts:
    """What the gate works with."""

    reception: Reception
    saver: FencedSaver
    max_message_chars: int
    identify: Identify = lambda config: None
    """Of a server's verified user; in process the principal is given by `acting_as`."""
    drain: Drain = field(default_factory=Drain)


def gated(compiled: CompiledStateGraph[Any, Any, Any, Any], ports: GatePorts) -> "GatedGraph":
    """Return a compiled graph that can only be run through the gate."""
    return GatedGraph(ports=ports, **{**vars(compiled), "checkpointer": ports.saver})


class GatedGraph(CompiledStateGraph[Any, Any, Any, Any]):
    """A graph that admits, identifies, leases and records before it runs."""

    def __init__(self, *, ports: GatePorts, principal: Principal | None = None, **compiled: Any) -> None:
        super().__init__(**compiled)
        self.ports = ports
        self.principal = principal

    def acting_as(self, principal: Principal) -> Self:
        """Return this graph for a caller that the embedding program has verified."""
        return self.copy({"principal": principal})

    async def astream(  # pyright: ignore[reportIncompatibleMethodOverride] - the same parameters, most passed on
        self,
        input: Any,
        config: RunnableConfig | None = None,
        *,
        interrupt_before: Any = None,
        interrupt_after: Any = None,
        **options: Any,
    ) -> AsyncIterator[Any]:
        """Run the graph on one message, one decision, or what was cut off.

        Raises:
            DossierError: With a code: forged or invalid input, a busy thread, a decision that is too late.
        """
        config = merge_configs(self.config, config)  # what is bound to a copy counts like what is given
        refuse_steering(config, interrupt_before, interrupt_after)
        principal, thread = self._identified(config), thread_of(config)
        admitted = admit(input, max_chars=self.ports.max_message_chars)
        with self.ports.drain.inside():
            async with aclosing(self._received(admitted, principal, thread, config, options)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def drain(self) -> None:
        """Stop for good, as on SIGTERM: steps that run end, their turns stay open and are gone on with elsewhere.

        Returns once nothing runs and no lease is held. From now on whoever calls meets `Draining`.
        """
        await self.ports.drain.wait()

    async def _received(
        self, admitted: Admitted, principal: Principal, thread: str, config: RunnableConfig, options: dict[str, Any]
    ) -> AsyncGenerator[Any]:
        desk, checkpoint, turn = self.ports.reception, checkpoint_of(config), None
        await desk.enter(admitted, principal, thread, addressed=checkpoint is not None)
        if isinstance(admitted, Decisions):
            admitted = await desk.named(admitted, principal, thread, checkpoint)
            turn = await desk.decide(admitted, principal, thread)
        async with desk.lease(principal, thread, wait=_patience(admitted)) as held:
            desk.refuse_overtaken(held, checkpoint)
            held = await self._finish_leftovers(held, admitted, config)
            visit = await desk.receive(held, admitted, turn)
            async with aclosing(self._visited(visit, config, options)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def _visited(self, visit: Visit, config: RunnableConfig, options: dict[str, Any]) -> AsyncGenerator[Any]:
        if visit.run is None:
            for chunk in answer_from_log(visit.answered, {"stream_mode": self.stream_mode, **options}):
                yield chunk
            return
        async with aclosing(self._entered(visit.input, visit.run, config, options)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def _entered(
        self, given: Any, run: Run, config: RunnableConfig, options: dict[str, Any]
    ) -> AsyncGenerator[Any]:
        options = {**options, "durability": "sync", "control": self.ports.drain.control}
        options.pop("checkpoint_during", None)
        # Without what is bound to this copy: it was merged into the config, and cleaned there.
        bare = self.copy({"config": None})
        running = CompiledStateGraph.astream(bare, given, stamped(config, run, resumes=given is None), **options)
        try:
            async with aclosing(cast(AsyncGenerator[Any], running)) as chunks:
                async for chunk in chunks:
                    yield chunk
        except GraphDrained as stopped:
            raise stopping() from stopped

    async def _finish_leftovers(self, held: Held, admitted: Admitted, config: RunnableConfig) -> Held:
        """Finish what was cut off before a new message may enter, or end it on record as failed."""
        desk = self.ports.reception
        while (leftover := await desk.leftover(held, admitted)) is not None:
            try:
                await self._finish(leftover, config)
            except Exception as error:
                await desk.abandon(held, leftover, error)
            held = await desk.anew(held)
        return held

    async def _finish(self, leftover: Leftover, config: RunnableConfig) -> None:
        """Run to its end what a crash cut off, for nobody: its reply is in the log."""
        async for _ in self._entered(leftover.input, leftover.run, config, {"stream_mode": "values"}):
            pass

    def _identified(self, config: RunnableConfig) -> Principal:
        principal = self.principal or self.ports.identify(config)
        if principal is None:
            raise NotIdentified(
                "Nobody verified who is calling.", hint="In process, use graph.acting_as(principal); else sign in."
            )
        return principal

    async def aget_state(self, config: RunnableConfig, *, subgraphs: bool = False) -> Any:
        """Return the thread's state, if the caller may see it."""
        await self._refuse_reading(config)
        with self._reading(config):
            return _still_waiting(await super().aget_state(config, subgraphs=subgraphs))

    async def aget_state_history(self, config: RunnableConfig, **options: Any) -> AsyncIterator[Any]:
        """Yield the thread's states, newest first, if the caller may see them."""
        await self._refuse_reading(config)
        with self._reading(config):
            found = [state async for state in super().aget_state_history(config, **options)]
        for state in found:
            yield _still_waiting(state)

    async def _refuse_reading(self, config: RunnableConfig) -> None:
        principal = self.principal or self.ports.identify(config)
        if principal is not None:  # else a server has judged the read, and set the tenant for it
            await self.ports.reception.refuse_reading(principal, thread_of(merge_configs(self.config, config)))

    def _reading(self, config: RunnableConfig) -> "_Reading":
        principal = self.principal or self.ports.identify(config)
        return _Reading(principal.tenant if principal else reading_tenant.get())

    async def aupdate_state(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: state changes only through validated events."""
        raise _no_direct_writes()

    async def abulk_update_state(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: state changes only through validated events."""
        raise _no_direct_writes()

    def update_state(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: state changes only through validated events."""
        raise _no_direct_writes()

    def bulk_update_state(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: state changes only through validated events."""
        raise _no_direct_writes()

    def stream(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: the graph runs asynchronously."""
        raise ForgedInput("The graph has no synchronous door.", hint="Use astream or ainvoke.")


class _Reading:
    """Binds reads of the saver to a tenant for a moment."""

    def __init__(self, tenant: str | None) -> None:
        self._tenant = tenant

    def __enter__(self) -> None:
        self._token = reading_tenant.set(self._tenant)

    def __exit__(self, *_: object) -> None:
        reading_tenant.reset(self._token)


def _still_waiting(state: StateSnapshot) -> StateSnapshot:
    """Return a state that is gone on with from here without the questions in it that were answered.

    LangGraph's history keeps them beside those that wait, and clients ask them again. A finished step stays as it was.
    """
    if all(task.result is not None for task in state.tasks):
        return state
    tasks = tuple(task if task.result is None else task._replace(interrupts=()) for task in state.tasks)
    return state._replace(tasks=tasks, interrupts=tuple(asked for task in tasks for asked in task.interrupts))


def _patience(admitted: Admitted) -> float:
    """Seconds to wait for the lease: a recorded decision is worth waiting a moment for."""
    return 0.0 if isinstance(admitted, (Message, Continue)) else 5.0


def _no_direct_writes() -> ForgedInput:
    return ForgedInput("State can't be written directly.", hint="Send a message, or decide what waits.")
